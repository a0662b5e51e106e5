/* Counters and histograms, also from several threads at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/metric.h"

enum { THREADS = 4, ROUNDS = 20000 };

static void a_counter_counts(void **state)
{
    struct counter counter = {0};

    (void)state;
    assert_int_equal(counter_read(&counter), 0);
    counter_add(&counter, 1);
    counter_add(&counter, 41);
    assert_int_equal(counter_read(&counter), 42);
}

/* The place at which the only observation is counted. */
static unsigned place_of(int64_t took_us)
{
    struct histogram histogram = {0};
    unsigned place = HISTOGRAM_BOUNDS + 1;
    unsigned i;

    histogram_observe(&histogram, took_us);
    for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        if (counter_read(&histogram.within[i]) == 1) {
            assert_int_equal(place, HISTOGRAM_BOUNDS + 1); /* in one place only */
            place = i;
        }
    }
    assert_int_equal(counter_read(&histogram.sum_us), took_us < 0 ? 0 : (uint64_t)took_us);
    return place;
}

static void each_bound_belongs_to_the_place_below_it(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < HISTOGRAM_BOUNDS; i++) {
        assert_int_equal(place_of(HISTOGRAM_BOUND_US[i]), i);
        assert_int_equal(place_of(HISTOGRAM_BOUND_US[i] + 1), i + 1);
    }
    assert_int_equal(place_of(0), 0);
    assert_int_equal(place_of(INT64_C(1) << 40), HISTOGRAM_BOUNDS);
}

static void a_time_below_nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(place_of(-1), 0);
    assert_int_equal(place_of(INT64_MIN), 0);
}

static void the_bounds_ascend_from_100_us_to_10_s(void **state)
{
    unsigned i;

    (void)state;
    assert_int_equal(HISTOGRAM_BOUND_US[0], 100);
    assert_int_equal(HISTOGRAM_BOUND_US[HISTOGRAM_BOUNDS - 1], 10000000);
    for (i = 1; i < HISTOGRAM_BOUNDS; i++) {
        assert_true(HISTOGRAM_BOUND_US[i] > HISTOGRAM_BOUND_US[i - 1]);
    }
}

static struct counter shared_counter;
static struct histogram shared_histogram;

static void *count(void *context)
{
    int i;

    (void)context;
    for (i = 0; i < ROUNDS; i++) {
        counter_add(&shared_counter, 2);
        histogram_observe(&shared_histogram, 3);
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    pthread_t threads[THREADS];
    unsigned i;

    (void)state;
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(counter_read(&shared_counter), 2 * THREADS * ROUNDS);
    assert_int_equal(counter_read(&shared_histogram.within[0]), THREADS * ROUNDS);
    assert_int_equal(counter_read(&shared_histogram.sum_us), 3 * THREADS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_counts),
        cmocka_unit_test(each_bound_belongs_to_the_place_below_it),
        cmocka_unit_test(a_time_below_nothing_is_nothing),
        cmocka_unit_test(the_bounds_ascend_from_100_us_to_10_s),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
