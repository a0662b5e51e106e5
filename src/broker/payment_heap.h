/* The moments at which payments are to be looked at, soonest first: a binary
 * heap of values. Those of one payment may be several; an outdated one is found
 * out when it is due, for the row has another deadline then. Private to
 * broker/payment_clock. */
#ifndef BROKER_PAYMENT_HEAP_H
#define BROKER_PAYMENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct payment_moment {
    int64_t due_ms; /* by the machine's clock */
    int64_t business;
    int64_t payment;
    int64_t deadline_ms; /* the row's, for which this is */
    bool wake;           /* not a deadline: its watches are told */
};

struct payment_heap {
    struct payment_moment *slots; /* owned */
    size_t count;
    size_t capacity;
    size_t limit;
    size_t spare; /* places that payment_heap_put keeps free for payment_heap_put_back */
};

void payment_heap_init(struct payment_heap *heap, size_t limit, size_t spare);
void payment_heap_finish(struct payment_heap *heap);

/* FAIL_LIMIT or FAIL_MEMORY leave it as it was. */
MUST_CHECK enum fail payment_heap_put(struct payment_heap *heap,
                                      const struct payment_moment *moment);
/* One that was taken: there is room for it, as long as no more than `spare` are
 * out. */
void payment_heap_put_back(struct payment_heap *heap, const struct payment_moment *moment);
/* The one that is due first; NULL when there is none. */
const struct payment_moment *payment_heap_first(const struct payment_heap *heap);
/* Takes it out. */
struct payment_moment payment_heap_take(struct payment_heap *heap);

#endif
