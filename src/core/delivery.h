/* When an event is sent to a webhook again (contract.md, Webhooks). */
#ifndef CORE_DELIVERY_H
#define CORE_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    DELIVERY_ATTEMPTS_MAX = 8,
    DELIVERY_ANSWER_MS = 15000,         /* for the endpoint to answer */
    DELIVERY_RETRY_AFTER_MAX_S = 86400, /* an endpoint may ask for no more */
};

/* What one attempt came to. */
enum delivery_answer {
    DELIVERY_TAKEN,           /* any 2xx */
    DELIVERY_REFUSED,         /* this event is refused: 4xx but 429, or a redirect */
    DELIVERY_ENDPOINT_FAILED, /* connect, TLS, time-out, 5xx, 429: nothing gets through */
};
/* Of an HTTP status; 0: there was none. */
enum delivery_answer delivery_answer_of(int status);

/* How long after the attempt `attempts` (1: the first) the next one is made;
 * -1: there is none, it waits in the dead-letter list. `chance` is any random
 * number: up to a tenth of the wait comes on top (jitter). `retry_after_s` is
 * what the endpoint asked for; 0: nothing. It lengthens a wait and never
 * shortens one. */
int64_t delivery_wait_ms(unsigned attempts, uint32_t chance, int64_t retry_after_s);

#endif
