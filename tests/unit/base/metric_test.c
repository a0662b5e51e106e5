/* Counters and histograms: what falls between which bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/metric.h"

static uint64_t observed(const struct histogram *histogram)
{
    uint64_t count = 0;
    size_t i;

    for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        count += counter_read(&histogram->within[i]);
    }
    return count;
}

static void the_bounds_rise_from_100_us_to_10_s(void **state)
{
    size_t i;

    (void)state;
    assert_int_equal(HISTOGRAM_BOUND_US[0], 100);
    assert_int_equal(HISTOGRAM_BOUND_US[HISTOGRAM_BOUNDS - 1], 10000000);
    for (i = 1; i < HISTOGRAM_BOUNDS; i++) {
        assert_true(HISTOGRAM_BOUND_US[i] > HISTOGRAM_BOUND_US[i - 1]);
    }
}

static void a_bound_itself_falls_below_it_and_one_more_above(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < HISTOGRAM_BOUNDS; i++) {
        struct histogram histogram = {0};

        histogram_observe(&histogram, HISTOGRAM_BOUND_US[i]);
        assert_int_equal(counter_read(&histogram.within[i]), 1);
        histogram_observe(&histogram, HISTOGRAM_BOUND_US[i] + 1);
        assert_int_equal(counter_read(&histogram.within[i + 1]), 1);
        assert_int_equal(observed(&histogram), 2);
    }
}

static void the_times_are_added_up(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    histogram_observe(&histogram, 30);
    histogram_observe(&histogram, 12000000);
    histogram_observe(&histogram, 0);
    assert_int_equal(counter_read(&histogram.sum_us), 12000030);
    assert_int_equal(observed(&histogram), 3);
}

static void a_negative_time_counts_as_none(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    histogram_observe(&histogram, -5);
    assert_int_equal(counter_read(&histogram.sum_us), 0);
    assert_int_equal(counter_read(&histogram.within[0]), 1);
}

enum { THREADS = 4, TIMES = 20000 };
static struct counter shared;

static void *add_often(void *argument)
{
    int i;

    (void)argument;
    for (i = 0; i < TIMES; i++) {
        counter_add(&shared, 3);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    pthread_t threads[THREADS];
    int i;

    (void)state;
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_often, NULL), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(counter_read(&shared), 3 * THREADS * TIMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bounds_rise_from_100_us_to_10_s),
        cmocka_unit_test(a_bound_itself_falls_below_it_and_one_more_above),
        cmocka_unit_test(the_times_are_added_up),
        cmocka_unit_test(a_negative_time_counts_as_none),
        cmocka_unit_test(threads_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
