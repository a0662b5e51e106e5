/* Carries events to webhooks: signed, in order, until they are taken
 * (contract.md, Webhooks; core/delivery.h says when).
 *
 * One for the program, on one loop. The store is its memory: what waits there
 * is read when somebody says that there is something new, and at the start. An
 * endpoint that fails as such gets its oldest delivery only; an event that is
 * refused keeps only its payment's later events waiting. */
#ifndef HOOK_COURIER_H
#define HOOK_COURIER_H

#include <stdint.h>

#include "base/fail.h"
#include "base/metric.h"
#include "net/loop.h"
#include "net/post.h"
#include "store/store.h"

enum {
    COURIER_ENDPOINTS_MAX = 4096, /* with something waiting, in memory */
    COURIER_AT_ONCE_MAX = 8,      /* deliveries of one endpoint on their way */
    COURIER_POSTS_MAX = 256,      /* of all; the client must take as many */
};

struct courier;

/* How a post leaves: the poster's, or a test's. It is answered through the loop,
 * never before `send` returns. */
struct courier_client {
    void (*send)(void *context, struct post *post);
    void *context;
};

struct courier_options {
    struct loop *loop;     /* borrowed */
    struct executor *home; /* of that loop, as the store knows it */
    struct store *store;   /* borrowed */
    struct courier_client client;
};

/* What deliveries came to: delivered, refused, endpoint failed, dead. */
extern struct counter courier_delivered;
extern struct counter courier_refused;
extern struct counter courier_failed;
extern struct counter courier_dead;
/* From the event to its delivery. */
extern struct histogram courier_time;

/* On its loop, or before that runs. */
MUST_CHECK enum fail courier_create(struct courier **out, const struct courier_options *options);
/* On its loop: takes up what waits from before. */
void courier_start(struct courier *courier);
/* From any thread: this business has something new, or its webhook was changed. */
void courier_wake(struct courier *courier, int64_t business);
/* On its loop: begins nothing new. What is on its way is answered by the client,
 * or stays as it is in the store and goes again after the next start. */
void courier_stop(struct courier *courier);
/* When nothing is on its way any more, neither with the client nor with the
 * store, and the loop has run what was posted. Accepts NULL; sets the pointer
 * NULL. */
void courier_destroy(struct courier **courier);

#endif
