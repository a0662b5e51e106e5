/* A binary heap; slots[0] is the soonest. */
#include "broker/payment_heap.h"

#include <assert.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 256 };

void payment_heap_init(struct payment_heap *heap, size_t limit, size_t spare)
{
    *heap = (struct payment_heap){.limit = limit, .spare = spare};
}

void payment_heap_finish(struct payment_heap *heap)
{
    free(heap->slots);
    *heap = (struct payment_heap){0};
}

static enum fail make_room(struct payment_heap *heap)
{
    size_t capacity = heap->capacity == 0 ? CAPACITY_FIRST : heap->capacity * 2;
    struct payment_moment *slots;

    if (heap->count + heap->spare < heap->capacity) {
        return FAIL_NONE;
    }
    while (capacity <= heap->count + heap->spare) {
        capacity *= 2;
    }
    slots = realloc(heap->slots, capacity * sizeof(*slots));
    if (slots == NULL) {
        return FAIL_MEMORY;
    }
    heap->slots = slots;
    heap->capacity = capacity;
    return FAIL_NONE;
}

void payment_heap_put_back(struct payment_heap *heap, const struct payment_moment *moment)
{
    size_t at = heap->count++;

    assert(at < heap->capacity);
    while (at > 0 && moment->due_ms < heap->slots[(at - 1) / 2].due_ms) {
        heap->slots[at] = heap->slots[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->slots[at] = *moment;
}

enum fail payment_heap_put(struct payment_heap *heap, const struct payment_moment *moment)
{
    enum fail fail = heap->count >= heap->limit ? FAIL_LIMIT : make_room(heap);

    if (fail == FAIL_NONE) {
        payment_heap_put_back(heap, moment);
    }
    return fail;
}

const struct payment_moment *payment_heap_first(const struct payment_heap *heap)
{
    return heap->count == 0 ? NULL : &heap->slots[0];
}

struct payment_moment payment_heap_take(struct payment_heap *heap)
{
    struct payment_moment first;
    struct payment_moment last;
    size_t at = 0;
    size_t child;

    assert(heap->count > 0);
    first = heap->slots[0];
    last = heap->slots[--heap->count];
    for (child = 1; child < heap->count; child = at * 2 + 1) {
        if (child + 1 < heap->count && heap->slots[child + 1].due_ms < heap->slots[child].due_ms) {
            child++;
        }
        if (last.due_ms <= heap->slots[child].due_ms) {
            break;
        }
        heap->slots[at] = heap->slots[child];
        at = child;
    }
    heap->slots[at] = last;
    return first;
}
