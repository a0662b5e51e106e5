/* What is wrong too often in a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "broker/guard.h"
#include "unit/broker/moving_clock.h"
#include "unit/wire/failing_memory.h"

static struct guard guard;

static int setup(void **state)
{
    (void)state;
    moving_clock_start();
    guard_init(&guard, 3, 4);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    guard_finish(&guard);
    moving_clock_stop();
    return 0;
}

static int64_t wrong(int64_t business)
{
    struct guard_key key = guard_key_of_business(business);

    return guard_wrong(&guard, &key);
}

static void past_the_limit_it_says_how_long_to_wait(void **state)
{
    (void)state;
    assert_int_equal(wrong(1), 0);
    assert_int_equal(wrong(1), 0);
    moving_clock_ms += 10000;
    assert_int_equal(wrong(1), 0);
    assert_int_equal(wrong(1), 50600);
    assert_int_equal(wrong(1), 50600); /* not counted again */
    assert_int_equal(wrong(2), 0);
    moving_clock_ms += 50600;
    assert_int_equal(wrong(1), 0);
    assert_int_equal(wrong(1), 0);
    assert_int_equal(wrong(1), 10000);
}

static void an_address_is_counted_with_its_network(void **state)
{
    struct address addresses[4];
    struct guard_key keys[4];
    unsigned i;

    (void)state;
    assert_true(address_read(slice_of("2001:db8::1"), &addresses[0]));
    assert_true(address_read(slice_of("2001:db8::2:3"), &addresses[1]));
    assert_true(address_read(slice_of("192.0.2.1"), &addresses[2]));
    assert_true(address_read(slice_of("192.0.2.2"), &addresses[3]));
    for (i = 0; i < 4; i++) {
        keys[i] = guard_key_of_address(&addresses[i]);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(guard_wrong(&guard, &keys[0]), 0);
        assert_int_equal(guard_wrong(&guard, &keys[2]), 0);
    }
    assert_true(guard_wrong(&guard, &keys[1]) > 0);
    assert_true(guard_wrong(&guard, &keys[2]) > 0);
    assert_int_equal(guard_wrong(&guard, &keys[3]), 0);
}

static void it_remembers_no_more_than_its_limit(void **state)
{
    int64_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        (void)wrong(1);
    }
    for (i = 2; i < 100; i++) {
        assert_int_equal(wrong(i), 0);
        assert_true(guard_count(&guard) <= 4);
    }
    assert_int_equal(wrong(1), 0); /* was forgotten */
}

static void who_goes_on_is_not_the_one_that_is_forgotten(void **state)
{
    int64_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        (void)wrong(1);
    }
    for (i = 2; i < 100; i++) {
        assert_int_equal(wrong(i), 0);
        assert_true(wrong(1) > 0);
    }
}

static void a_quiet_one_is_forgotten_by_those_that_come(void **state)
{
    (void)state;
    (void)wrong(1);
    (void)wrong(2);
    moving_clock_ms += 61000 - 1;
    (void)wrong(3);
    assert_int_equal(guard_count(&guard), 3);
    moving_clock_ms += 1;
    (void)wrong(4);
    assert_int_equal(guard_count(&guard), 2);
}

static void with_a_limit_of_nothing_nothing_is_counted(void **state)
{
    unsigned i;

    (void)state;
    guard.per_minute = 0;
    for (i = 0; i < 100; i++) {
        assert_int_equal(wrong(1), 0);
    }
    assert_int_equal(guard_count(&guard), 0);
}

static void without_memory_the_answer_is_to_wait(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        int64_t wait_ms;

        failing_memory_start(i);
        wait_ms = wrong(1);
        failing_memory_stop();
        assert_int_equal(wait_ms, 1000);
        assert_int_equal(guard_count(&guard), 0);
    }
    assert_int_equal(wrong(1), 0);
}

#define GUARD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUARD_TEST(past_the_limit_it_says_how_long_to_wait),
        GUARD_TEST(an_address_is_counted_with_its_network),
        GUARD_TEST(it_remembers_no_more_than_its_limit),
        GUARD_TEST(who_goes_on_is_not_the_one_that_is_forgotten),
        GUARD_TEST(a_quiet_one_is_forgotten_by_those_that_come),
        GUARD_TEST(with_a_limit_of_nothing_nothing_is_counted),
        GUARD_TEST(without_memory_the_answer_is_to_wait),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
