/* The heap of moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "broker/payment_heap.h"
#include "unit/wire/failing_memory.h"

enum { LIMIT = 5000, SPARE = 10 };

static struct payment_moment moment_at(int64_t due_ms)
{
    return (struct payment_moment){.due_ms = due_ms, .payment = due_ms * 2};
}

static void moments_come_out_in_their_order(void **state)
{
    struct payment_heap heap;
    int64_t seed = 12345;
    int64_t last = -1;
    int i;

    (void)state;
    payment_heap_init(&heap, LIMIT, SPARE);
    for (i = 0; i < 3000; i++) {
        struct payment_moment moment;

        seed = (seed * 1103515245 + 12345) % 2147483648;
        moment = moment_at(seed % 500);
        assert_int_equal(payment_heap_put(&heap, &moment), FAIL_NONE);
    }
    for (i = 0; i < 3000; i++) {
        int64_t first = payment_heap_first(&heap)->due_ms;
        struct payment_moment moment = payment_heap_take(&heap);

        assert_int_equal(moment.due_ms, first);
        assert_int_equal(moment.payment, moment.due_ms * 2);
        assert_true(moment.due_ms >= last);
        last = moment.due_ms;
    }
    assert_null(payment_heap_first(&heap));
    payment_heap_finish(&heap);
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
    struct payment_heap heap;
    struct payment_moment moment = moment_at(7);
    int i;

    (void)state;
    payment_heap_init(&heap, LIMIT, SPARE);
    for (i = 0; i < LIMIT; i++) {
        assert_int_equal(payment_heap_put(&heap, &moment), FAIL_NONE);
    }
    assert_int_equal(payment_heap_put(&heap, &moment), FAIL_LIMIT);
    (void)payment_heap_take(&heap);
    assert_int_equal(payment_heap_put(&heap, &moment), FAIL_NONE);
    payment_heap_finish(&heap);
}

/* Whatever came meanwhile: what was taken finds its place without memory. */
static void what_was_taken_always_has_a_way_back(void **state)
{
    struct payment_heap heap;
    struct payment_moment moment = moment_at(7);
    unsigned i;

    (void)state;
    payment_heap_init(&heap, LIMIT, SPARE);
    assert_int_equal(payment_heap_put(&heap, &moment), FAIL_NONE);
    failing_memory_start(0);
    while (payment_heap_put(&heap, &moment) == FAIL_NONE) {
    }
    assert_int_equal(payment_heap_put(&heap, &moment), FAIL_MEMORY);
    for (i = 0; i < SPARE; i++) {
        payment_heap_put_back(&heap, &moment);
    }
    failing_memory_stop();
    assert_int_equal(heap.count, heap.capacity);
    payment_heap_finish(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_come_out_in_their_order),
        cmocka_unit_test(there_is_room_for_so_many_and_no_more),
        cmocka_unit_test(what_was_taken_always_has_a_way_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
