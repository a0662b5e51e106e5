/* What is written down of each request: one line when it has been answered. */
#ifndef SERVER_CALL_LOG_H
#define SERVER_CALL_LOG_H

#include <stdint.h>

#include "base/address.h"
#include "base/metric.h"

struct call_record {
    uint64_t request;             /* its id, as in the answer's request-id */
    const struct address *client; /* borrowed */
    int64_t business;             /* 0: nobody has proven who asks */
    int64_t token;                /* its id; likewise */
    const char *method;           /* "GET"; NULL: it was refused before it was read */
    const char *route;            /* the path of the route table; NULL for none */
    const char *reason;           /* of a refusal: "no_permission"; NULL: what the status says */
    int status;
    int64_t took_us; /* from the whole request to its answer */
};

/* Refusals (401, 403, 429, 5xx) at info as call.refused, so many a minute of
 * each kind; all others at debug as call.answered. Counts refusals. */
void call_log_write(const struct call_record *record);

enum call_refusal {
    CALL_UNAUTHORIZED, /* 401 */
    CALL_FORBIDDEN,    /* 403 */
    CALL_TOO_MANY,     /* 429 */
    CALL_TROUBLE,      /* 5xx */
    CALL_REFUSALS,
};
extern struct counter call_refusals[CALL_REFUSALS];

#endif
