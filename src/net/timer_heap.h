/* The timers of one loop, soonest first: a binary heap of pointers, so that a
 * set timer costs eight bytes and the loop needs only one clock of libuv. */
#ifndef NET_TIMER_HEAP_H
#define NET_TIMER_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct loop_timer;

struct timer_heap {
    struct loop_timer **slots; /* owned; slots[0] is unused, so that place 0 means not set */
    size_t count;
    size_t capacity;
};

void timer_heap_finish(struct timer_heap *heap);
/* Puts it in, or to its new place when it is in already. FAIL_MEMORY leaves it
 * out, or where it was. */
MUST_CHECK enum fail timer_heap_put(struct timer_heap *heap, struct loop_timer *timer,
                                    int64_t due_ms);
void timer_heap_take(struct timer_heap *heap, struct loop_timer *timer);
/* The one that is due first; NULL when there is none. */
struct loop_timer *timer_heap_first(const struct timer_heap *heap);

#endif
