/* The heap of timers against a model that cannot be wrong: an array in which
 * the soonest is looked for from one end to the other. */
#include "net/timer_heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/loop.h"
#include "unit/wire/failing_memory.h"

enum { TIMERS = 300, STEPS = 200000, CAPACITY_FIRST = 64 };

struct model {
    struct loop_timer timers[TIMERS];
    bool is_set[TIMERS];
    int64_t due_ms[TIMERS];
    size_t count;
};

static uint64_t seed;

/* Marsaglia's xorshift: the same walk in every run. */
static uint64_t random_below(uint64_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % bound;
}

static int64_t model_soonest(const struct model *model)
{
    int64_t soonest = INT64_MAX;
    size_t i;

    for (i = 0; i < TIMERS; i++) {
        if (model->is_set[i] && model->due_ms[i] < soonest) {
            soonest = model->due_ms[i];
        }
    }
    return soonest;
}

static void model_put(struct model *model, struct timer_heap *heap, size_t i, int64_t due_ms)
{
    assert_int_equal(timer_heap_put(heap, &model->timers[i], due_ms), FAIL_NONE);
    model->count += model->is_set[i] ? 0 : 1;
    model->is_set[i] = true;
    model->due_ms[i] = due_ms;
}

static void model_take(struct model *model, struct timer_heap *heap, size_t i)
{
    timer_heap_take(heap, &model->timers[i]);
    model->count -= model->is_set[i] ? 1 : 0;
    model->is_set[i] = false;
}

static void assert_same(const struct model *model, const struct timer_heap *heap)
{
    const struct loop_timer *first = timer_heap_first(heap);

    assert_int_equal(heap->count, model->count);
    assert_int_equal(first == NULL ? INT64_MAX : first->due_ms, model_soonest(model));
}

static void assert_well_formed(const struct model *model, const struct timer_heap *heap)
{
    size_t i;

    for (i = 1; i <= heap->count; i++) {
        assert_int_equal(heap->slots[i]->place, i);
        assert_true(i == 1 || heap->slots[i / 2]->due_ms <= heap->slots[i]->due_ms);
    }
    for (i = 0; i < TIMERS; i++) {
        assert_int_equal(loop_timer_is_set(&model->timers[i]), model->is_set[i]);
    }
}

static void random_steps_agree_with_a_model(void **state)
{
    static struct model model;
    struct timer_heap heap = {0};
    size_t step;

    (void)state;
    seed = 20260122;
    for (step = 0; step < STEPS; step++) {
        size_t i = (size_t)random_below(TIMERS);
        /* Now mostly filling, now mostly emptying; few moments, so that many are equal. */
        bool filling = step / 1000 % 2 == 0;

        if (random_below(10) < (filling ? 8 : 3)) {
            model_put(&model, &heap, i, (int64_t)random_below(step % 3 == 0 ? 20 : 100000));
        } else {
            model_take(&model, &heap, i);
        }
        assert_same(&model, &heap);
        if (step % 500 == 0) {
            assert_well_formed(&model, &heap);
        }
    }
    timer_heap_finish(&heap);
}

static void timers_come_out_in_the_order_of_their_moments(void **state)
{
    static struct loop_timer timers[TIMERS];
    struct timer_heap heap = {0};
    int64_t before = INT64_MIN;
    size_t i;

    (void)state;
    seed = 7;
    for (i = 0; i < TIMERS; i++) {
        assert_int_equal(timer_heap_put(&heap, &timers[i], (int64_t)random_below(1000) - 500),
                         FAIL_NONE);
    }
    for (i = 0; i < TIMERS; i++) {
        struct loop_timer *first = timer_heap_first(&heap);

        assert_true(first->due_ms >= before);
        before = first->due_ms;
        timer_heap_take(&heap, first);
        assert_false(loop_timer_is_set(first));
    }
    assert_null(timer_heap_first(&heap));
    timer_heap_finish(&heap);
}

static void a_timer_that_is_not_set_may_be_taken(void **state)
{
    struct timer_heap heap = {0};
    struct loop_timer timer = {0};
    struct loop_timer other = {0};

    (void)state;
    timer_heap_take(&heap, &timer);
    assert_null(timer_heap_first(&heap));
    assert_int_equal(timer_heap_put(&heap, &other, 5), FAIL_NONE);
    timer_heap_take(&heap, &timer);
    assert_ptr_equal(timer_heap_first(&heap), &other);
    timer_heap_finish(&heap);
}

/* Fills the first room of the heap to its last place. */
static size_t fill(struct timer_heap *heap, struct loop_timer *timers)
{
    size_t i;

    for (i = 0; i + 1 < CAPACITY_FIRST; i++) {
        assert_int_equal(timer_heap_put(heap, &timers[i], (int64_t)i), FAIL_NONE);
    }
    assert_int_equal(heap->count + 1, heap->capacity);
    return i;
}

static void without_memory_the_heap_stays_as_it_was(void **state)
{
    static struct loop_timer timers[CAPACITY_FIRST];
    struct timer_heap heap = {0};
    size_t last;

    (void)state;
    failing_memory_start(0);
    assert_int_equal(timer_heap_put(&heap, &timers[0], 1), FAIL_MEMORY);
    failing_memory_stop();
    assert_false(loop_timer_is_set(&timers[0]));
    last = fill(&heap, timers);
    failing_memory_start(0);
    assert_int_equal(timer_heap_put(&heap, &timers[last], -1), FAIL_MEMORY);
    /* One that is in already needs no room. */
    assert_int_equal(timer_heap_put(&heap, &timers[5], -2), FAIL_NONE);
    failing_memory_stop();
    assert_false(loop_timer_is_set(&timers[last]));
    assert_ptr_equal(timer_heap_first(&heap), &timers[5]);
    assert_int_equal(timer_heap_put(&heap, &timers[last], -3), FAIL_NONE);
    assert_ptr_equal(timer_heap_first(&heap), &timers[last]);
    timer_heap_finish(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_steps_agree_with_a_model),
        cmocka_unit_test(timers_come_out_in_the_order_of_their_moments),
        cmocka_unit_test(a_timer_that_is_not_set_may_be_taken),
        cmocka_unit_test(without_memory_the_heap_stays_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
