/* The heap of timers. */
#include "net/timer_heap.h"

#include <assert.h>
#include <stdlib.h>

#include "net/loop.h"

enum { CAPACITY_FIRST = 64, SLOT_BYTES = sizeof(void *) };

void timer_heap_finish(struct timer_heap *heap)
{
    free(heap->slots);
    *heap = (struct timer_heap){0};
}

struct loop_timer *timer_heap_first(const struct timer_heap *heap)
{
    return heap->count == 0 ? NULL : heap->slots[1];
}

static void place(struct timer_heap *heap, size_t at, struct loop_timer *timer)
{
    heap->slots[at] = timer;
    timer->place = at;
}

static void sift_up(struct timer_heap *heap, size_t at, struct loop_timer *timer)
{
    while (at > 1 && heap->slots[at / 2]->due_ms > timer->due_ms) {
        place(heap, at, heap->slots[at / 2]);
        at /= 2;
    }
    place(heap, at, timer);
}

static void sift_down(struct timer_heap *heap, size_t at, struct loop_timer *timer)
{
    for (;;) {
        size_t child = at * 2;

        if (child > heap->count) {
            break;
        }
        if (child < heap->count && heap->slots[child + 1]->due_ms < heap->slots[child]->due_ms) {
            child++;
        }
        if (heap->slots[child]->due_ms >= timer->due_ms) {
            break;
        }
        place(heap, at, heap->slots[child]);
        at = child;
    }
    place(heap, at, timer);
}

/* Lets the timer find its place from `at` in either direction. */
static void settle(struct timer_heap *heap, size_t at, struct loop_timer *timer)
{
    if (at > 1 && heap->slots[at / 2]->due_ms > timer->due_ms) {
        sift_up(heap, at, timer);
    } else {
        sift_down(heap, at, timer);
    }
}

static enum fail make_room(struct timer_heap *heap)
{
    size_t capacity = heap->capacity == 0 ? CAPACITY_FIRST : heap->capacity * 2;
    struct loop_timer **slots;

    if (heap->count + 1 < heap->capacity) {
        return FAIL_NONE;
    }
    slots = realloc(heap->slots, capacity * SLOT_BYTES);
    if (slots == NULL) {
        return FAIL_MEMORY;
    }
    heap->slots = slots;
    heap->capacity = capacity;
    return FAIL_NONE;
}

enum fail timer_heap_put(struct timer_heap *heap, struct loop_timer *timer, int64_t due_ms)
{
    enum fail fail;

    if (timer->place != 0) {
        timer->due_ms = due_ms;
        settle(heap, timer->place, timer);
        return FAIL_NONE;
    }
    fail = make_room(heap);
    if (fail != FAIL_NONE) {
        return fail;
    }
    timer->due_ms = due_ms;
    heap->count++;
    sift_up(heap, heap->count, timer);
    return FAIL_NONE;
}

void timer_heap_take(struct timer_heap *heap, struct loop_timer *timer)
{
    size_t at = timer->place;
    struct loop_timer *last;

    if (at == 0) {
        return;
    }
    assert(heap->slots[at] == timer);
    timer->place = 0;
    last = heap->slots[heap->count];
    heap->count--;
    if (last != timer) {
        settle(heap, at, last);
    }
}
