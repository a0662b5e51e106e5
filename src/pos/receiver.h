/* A receiver of webhooks for developers: it listens, takes what is genuine,
 * passes it on where that is wanted, and tells what came. */
#ifndef POS_RECEIVER_H
#define POS_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "pos/ask.h"
#include "pos/webhook.h"

enum { RECEIVER_PROBLEM_SIZE = 384, RECEIVER_AT_ONCE = 64 };

/* What became of one message. */
struct received {
    const char *refused;           /* why it was not believed; NULL: it was */
    const struct webhook *webhook; /* NULL when refused */
    struct slice body;
    bool repeated;               /* its webhook-id came before */
    int answer;                  /* the status that was given back */
    int forwarded;               /* the status of the other server; 0: none, or not asked */
    const char *forward_problem; /* why there was none; NULL: nothing to say */
    const struct pos_transaction *transaction; /* NULL: not asked, or see next */
    const char *fetch_problem;                 /* why not; NULL: nothing to say */
};

struct receiver_options {
    const char *host; /* "127.0.0.1" */
    uint16_t port;    /* 0: any free */
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    const char *forward;             /* URL; NULL: nowhere. Its status is the answer */
    const char *ca_file;             /* PEM, of an https server to forward to; NULL: the system's */
    const struct pos_client *client; /* asks for transactions; NULL: they are not asked for */
    void (*on_ready)(void *context, const char *address); /* "127.0.0.1:9090" */
    void (*on_received)(void *context, const struct received *received);
    void *context;
};

/* Runs until SIGINT or SIGTERM. All that is in the options is borrowed. A
 * failure to begin is that of listen_open, with a sentence in `problem`. */
MUST_CHECK enum fail receiver_run(const struct receiver_options *options,
                                  char problem[RECEIVER_PROBLEM_SIZE]);

#endif
