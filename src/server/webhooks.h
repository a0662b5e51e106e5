/* The way out: the courier, and the poster by which its letters leave. */
#ifndef SERVER_WEBHOOKS_H
#define SERVER_WEBHOOKS_H

#include <stdbool.h>

#include "base/fail.h"
#include "net/loop.h"
#include "store/store.h"

struct courier;
struct poster;

struct webhooks {
    struct courier *courier; /* on the loop it was made for */
    struct poster *poster;
};

/* `to_loopback`: also to this machine, and plain (dev). On failure what was
 * made is destroyed by webhooks_destroy. */
MUST_CHECK enum fail webhooks_create(struct webhooks *webhooks, struct loop *loop,
                                     struct store *store, bool to_loopback);
/* When the loop has ended: what is on its way is cut off, and its answer posted
 * to the loop, which stores it. */
void webhooks_stop(struct webhooks *webhooks);
/* When nothing is posted any more. */
void webhooks_destroy(struct webhooks *webhooks);

#endif
