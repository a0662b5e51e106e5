/* The calls of all businesses in one table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/id.h"
#include "base/log.h"
#include "broker/rate.h"
#include "unit/broker/moving_clock.h"
#include "unit/wire/failing_memory.h"

#define WORKS(call) assert_int_equal((call), FAIL_NONE)

static const struct rate_limits SMALL = {.concurrent = 2, .minute = 3};

static struct rate_table table;

static int setup(void **state)
{
    (void)state;
    moving_clock_start();
    rate_table_init(&table, 3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rate_table_finish(&table);
    moving_clock_stop();
    return 0;
}

static enum rate_answer enter(int64_t business, struct rate_place *place)
{
    struct rate_verdict verdict;

    *place = (struct rate_place){0};
    WORKS(rate_enter(&table, business, &SMALL, place, &verdict));
    assert_int_equal(place->entry != NULL, verdict.answer == RATE_ADMITTED);
    return verdict.answer;
}

/* Arrives, and is answered at once. */
static enum rate_answer call(int64_t business)
{
    struct rate_place place;
    enum rate_answer answer = enter(business, &place);

    rate_leave(&table, &place);
    assert_null(place.entry);
    return answer;
}

static void each_business_has_its_own_count(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(call(1), RATE_ADMITTED);
    }
    assert_int_equal(call(1), RATE_MINUTE);
    assert_int_equal(call(2), RATE_ADMITTED);
    moving_clock_ms += 61000;
    assert_int_equal(call(1), RATE_ADMITTED);
}

static void calls_under_way_are_counted_until_they_leave(void **state)
{
    struct rate_place a;
    struct rate_place b;
    struct rate_place c;

    (void)state;
    assert_int_equal(enter(1, &a), RATE_ADMITTED);
    assert_int_equal(enter(1, &b), RATE_ADMITTED);
    assert_int_equal(enter(1, &c), RATE_CONCURRENT);
    rate_leave(&table, &c); /* it is none */
    assert_int_equal(enter(1, &c), RATE_CONCURRENT);
    rate_leave(&table, &a);
    rate_leave(&table, &a); /* none any more */
    assert_int_equal(enter(1, &a), RATE_ADMITTED);
    rate_leave(&table, &a);
    rate_leave(&table, &b);
}

static void a_quiet_business_is_forgotten_by_those_that_come(void **state)
{
    (void)state;
    (void)call(1);
    (void)call(2);
    assert_int_equal(rate_table_count(&table), 2);
    moving_clock_ms += RATE_FORGET_MS - 1;
    (void)call(3);
    assert_int_equal(rate_table_count(&table), 3);
    moving_clock_ms += 1;
    (void)call(4);
    assert_int_equal(rate_table_count(&table), 2);
}

static void a_business_with_a_call_under_way_is_not_forgotten(void **state)
{
    struct rate_place place;

    (void)state;
    assert_int_equal(enter(1, &place), RATE_ADMITTED);
    moving_clock_ms += 100 * RATE_FORGET_MS;
    (void)call(2);
    (void)call(3);
    (void)call(4);
    (void)call(5);
    assert_int_equal(rate_table_count(&table), 3);
    rate_leave(&table, &place);
    moving_clock_ms += RATE_FORGET_MS;
    (void)call(6);
    assert_int_equal(rate_table_count(&table), 2); /* 5 and 6, or 1's place and 6 */
}

static void past_the_limit_of_the_table_the_longest_quiet_goes(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++) {
        (void)call(1);
    }
    (void)call(2);
    (void)call(3);
    (void)call(4);
    assert_int_equal(rate_table_count(&table), 3);
    assert_int_equal(call(1), RATE_ADMITTED); /* was forgotten */
    assert_int_equal(rate_table_count(&table), 3);
}

static void where_all_are_under_way_nobody_else_is_admitted(void **state)
{
    struct rate_place places[3];
    struct rate_place none = {0};
    struct rate_verdict verdict;
    int64_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(enter(i, &places[i]), RATE_ADMITTED);
    }
    assert_int_equal(rate_enter(&table, 9, &SMALL, &none, &verdict), FAIL_LIMIT);
    assert_null(none.entry);
    for (i = 0; i < 3; i++) {
        rate_leave(&table, &places[i]);
    }
    WORKS(rate_enter(&table, 9, &SMALL, &none, &verdict));
    rate_leave(&table, &none);
}

static void without_memory_nobody_new_is_admitted(void **state)
{
    struct rate_place place = {0};
    struct rate_verdict verdict;
    enum fail fail;
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        failing_memory_start(i);
        fail = rate_enter(&table, 1, &SMALL, &place, &verdict);
        failing_memory_stop();
        assert_int_equal(fail, FAIL_MEMORY);
        assert_null(place.entry);
        assert_int_equal(rate_table_count(&table), 0);
    }
    assert_int_equal(call(1), RATE_ADMITTED);
    failing_memory_start(0);
    fail = rate_enter(&table, 1, &SMALL, &place, &verdict);
    failing_memory_stop();
    WORKS(fail); /* who is known needs none */
    rate_leave(&table, &place);
}

static void each_refusal_is_counted_by_its_kind(void **state)
{
    static const struct rate_limits hour = {.hour = 1};
    uint64_t concurrent = counter_read(&rate_refused_concurrent);
    uint64_t minute = counter_read(&rate_refused_minute);
    uint64_t hours = counter_read(&rate_refused_hour);
    struct rate_place places[3] = {{0}};
    struct rate_verdict verdict;

    (void)state;
    (void)enter(1, &places[0]);
    (void)enter(1, &places[1]);
    (void)enter(1, &places[2]);
    rate_leave(&table, &places[0]);
    rate_leave(&table, &places[1]);
    (void)call(1);
    (void)call(1);
    (void)call(1);
    WORKS(rate_enter(&table, 2, &hour, &places[0], &verdict));
    rate_leave(&table, &places[0]);
    WORKS(rate_enter(&table, 2, &hour, &places[0], &verdict));
    assert_int_equal(verdict.answer, RATE_HOUR);
    assert_int_equal(counter_read(&rate_refused_concurrent) - concurrent, 1);
    assert_int_equal(counter_read(&rate_refused_minute) - minute, 2);
    assert_int_equal(counter_read(&rate_refused_hour) - hours, 1);
}

/* --- Threads --------------------------------------------------------------------- */

enum { THREADS = 4, CALLS = 5000 };

static void *many_calls(void *argument)
{
    static const struct rate_limits limits = {.concurrent = 2, .minute = THREADS * CALLS / 2};
    uint32_t *admitted = argument;
    unsigned i;

    for (i = 0; i < CALLS; i++) {
        struct rate_place place = {0};
        struct rate_verdict verdict;

        if (rate_enter(&table, (int64_t)(i % 2), &limits, &place, &verdict) == FAIL_NONE &&
            verdict.answer == RATE_ADMITTED) {
            (*admitted)++;
        }
        rate_leave(&table, &place);
    }
    return NULL;
}

static void from_several_threads_no_call_is_lost_or_doubled(void **state)
{
    static const struct rate_limits limits = {.minute = THREADS * CALLS};
    pthread_t threads[THREADS];
    uint32_t admitted[THREADS] = {0};
    uint32_t total = 0;
    uint32_t counted = 0;
    int64_t business;
    unsigned i;

    (void)state;
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, many_calls, &admitted[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        total += admitted[i];
    }
    for (business = 0; business < 2; business++) {
        struct rate_place place = {0};
        struct rate_verdict verdict;

        WORKS(rate_enter(&table, business, &limits, &place, &verdict));
        counted += limits.minute - verdict.minute_left - 1;
        rate_leave(&table, &place);
    }
    assert_int_equal(counted, total);
    assert_true(total > CALLS);
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLE_TEST(each_business_has_its_own_count),
        TABLE_TEST(calls_under_way_are_counted_until_they_leave),
        TABLE_TEST(a_quiet_business_is_forgotten_by_those_that_come),
        TABLE_TEST(a_business_with_a_call_under_way_is_not_forgotten),
        TABLE_TEST(past_the_limit_of_the_table_the_longest_quiet_goes),
        TABLE_TEST(where_all_are_under_way_nobody_else_is_admitted),
        TABLE_TEST(without_memory_nobody_new_is_admitted),
        TABLE_TEST(each_refusal_is_counted_by_its_kind),
        TABLE_TEST(from_several_threads_no_call_is_lost_or_doubled),
    };

    id_start();
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
