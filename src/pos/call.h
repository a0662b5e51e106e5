/* One call of a Smart Terminal API, and what it said: under the ping, the sale
 * and everything else that a point of sale asks. */
#ifndef POS_CALL_H
#define POS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "pos/client.h"

enum { POS_PATH_SIZE = 2048 };

struct pos_ask {
    const char *method; /* "GET" */
    const char *path;   /* below the base address: "/devices/JSV5/ping" */
    struct slice body;  /* JSON; empty: none */
    const char *key;    /* idempotency-key; NULL: none */
};

struct pos_said {
    int status;            /* 0: there was no answer, and `problem` says why */
    bool may_have_arrived; /* whether the API may have got the request */
    bool speaks_http;      /* false only with status 0: what answered is something else */
    int64_t payment;       /* that its Location names; 0: none */
    struct buf body;
    char problem[POS_PROBLEM_SIZE];
};

/* Blocks for at most ten seconds. `said` is filled in any case; pos_said_finish it. */
void pos_call(const struct pos_client *client, const struct pos_ask *ask, struct pos_said *said);
void pos_said_finish(struct pos_said *said);

/* Why an answer is not the hoped-for one: unreachable, unauthorized, not found
 * and so on, never POS_SHOWN; `problem` of `said` then is a sentence. */
enum pos_outcome pos_said_refusal(struct pos_said *said);

/* The payment in "/v2/devices/JSV5/payments/7", with whatever stands before
 * "/devices/"; 0 when it has another form or is of another device. The
 * api-token never goes where a Location leads: the payment is asked for below
 * the base address that was given. */
int64_t pos_location_payment(const char *location, const char *code);

/* For paths and queries (RFC 3986 2.3): everything but the unreserved characters as %XX. */
void pos_encode(struct buf *out, struct slice text);

#endif
