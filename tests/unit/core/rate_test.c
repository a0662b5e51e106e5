/* Windows that slide, and what a business may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rate.h"

enum { SECOND = RATE_MINUTE_PART_MS, MINUTE = RATE_HOUR_PART_MS, HOUR = 60 * MINUTE };

/* Somewhere in the middle of a part of either kind. */
#define BEGIN_MS (INT64_C(1234567) * MINUTE + 30 * SECOND + 400)

/* --- One window ------------------------------------------------------------ */

static void a_window_forgets_after_its_length_and_at_most_one_part_more(void **state)
{
    struct rate_window window = {0};

    (void)state;
    rate_window_add(&window, SECOND, BEGIN_MS);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS), 1);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 60 * SECOND), 1);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 60 * SECOND + 599), 1);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 60 * SECOND + 600), 0);
}

static void a_window_forgets_all_after_a_long_quiet(void **state)
{
    struct rate_window window = {0};
    int64_t i;

    (void)state;
    for (i = 0; i < 200; i++) {
        rate_window_add(&window, SECOND, BEGIN_MS + i * 500);
    }
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 100000 + 10 * HOUR), 0);
    rate_window_add(&window, SECOND, BEGIN_MS + 100000 + 10 * HOUR);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 100000 + 10 * HOUR), 1);
}

static void a_window_slides_over_any_gap(void **state)
{
    int64_t gap;

    (void)state;
    for (gap = 1; gap < 70; gap++) {
        struct rate_window window = {0};

        rate_window_add(&window, SECOND, BEGIN_MS);
        rate_window_add(&window, SECOND, BEGIN_MS + gap * SECOND);
        assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + gap * SECOND),
                         gap <= 60 ? 2 : 1);
        assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 61 * SECOND), 1);
        assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + (gap + 61) * SECOND), 0);
    }
}

static void the_beginning_of_the_clock_is_a_moment_like_others(void **state)
{
    struct rate_window window = {0};

    (void)state;
    assert_int_equal(rate_window_wait_ms(&window, 1, SECOND, 0), 0);
    rate_window_add(&window, SECOND, 0);
    assert_int_equal(rate_window_count(&window, SECOND, 0), 1);
    assert_int_equal(rate_window_wait_ms(&window, 1, SECOND, 0), 61 * SECOND);
    assert_int_equal(rate_window_wait_ms(&window, 1, SECOND, 61 * SECOND - 1), 1);
    assert_int_equal(rate_window_wait_ms(&window, 1, SECOND, 61 * SECOND), 0);
}

static void a_moment_before_the_last_one_counts_as_that(void **state)
{
    struct rate_window window = {0};

    (void)state;
    rate_window_add(&window, SECOND, BEGIN_MS);
    rate_window_add(&window, SECOND, BEGIN_MS - 5000);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS - 5000), 2);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 60 * SECOND), 2);
    assert_int_equal(rate_window_count(&window, SECOND, BEGIN_MS + 61 * SECOND), 0);
}

static void the_wait_ends_when_enough_is_forgotten(void **state)
{
    struct rate_window window = {0};
    int64_t i;

    (void)state;
    for (i = 0; i < 10; i++) {
        rate_window_add(&window, SECOND, BEGIN_MS + i * 2 * SECOND);
    }
    assert_int_equal(rate_window_wait_ms(&window, 11, SECOND, BEGIN_MS + 20 * SECOND), 0);
    /* The first leaves its part's length after a minute. */
    assert_int_equal(rate_window_wait_ms(&window, 10, SECOND, BEGIN_MS + 20 * SECOND),
                     40 * SECOND + 600);
    /* A limit that was lowered: seven must go. */
    assert_int_equal(rate_window_wait_ms(&window, 4, SECOND, BEGIN_MS + 20 * SECOND),
                     52 * SECOND + 600);
}

/* A generator of our own, the same on every machine. */
static uint32_t draw(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % bound;
}

/* Against a list of all that was let through. */
static void never_more_than_the_limit_in_any_minute(void **state)
{
    enum { LIMIT = 7, TRIES = 20000 };
    static int64_t admitted[TRIES];
    struct rate_window window = {0};
    int64_t now_ms = BEGIN_MS;
    uint64_t seed = 1;
    size_t count = 0;
    size_t i;

    (void)state;
    for (i = 0; i < TRIES; i++) {
        int64_t wait_ms = rate_window_wait_ms(&window, LIMIT, SECOND, now_ms);

        if (wait_ms == 0) {
            rate_window_add(&window, SECOND, now_ms);
            admitted[count++] = now_ms;
            if (count > LIMIT) {
                assert_true(now_ms - admitted[count - 1 - LIMIT] > 60 * SECOND);
            }
        } else {
            /* Refused only where a minute and a part really hold so many. */
            assert_true(count >= LIMIT);
            assert_true(now_ms - admitted[count - LIMIT] < 61 * SECOND);
            if (draw(&seed, 4) == 0) {
                assert_true(rate_window_wait_ms(&window, LIMIT, SECOND, now_ms + wait_ms - 1) > 0);
                now_ms += wait_ms;
                assert_int_equal(rate_window_wait_ms(&window, LIMIT, SECOND, now_ms), 0);
            }
        }
        now_ms += draw(&seed, 12000);
    }
    assert_true(count > TRIES / 4);
}

/* --- A business --------------------------------------------------------------- */

static void a_business_without_limits_is_let_through(void **state)
{
    struct rate_meter meter = {0};
    unsigned i;

    (void)state;
    assert_true(rate_is_off(&RATE_OFF));
    assert_false(rate_is_off(&RATE_HELCIM));
    assert_false(rate_is_off(&(struct rate_limits){.concurrent = 1}));
    assert_false(rate_is_off(&(struct rate_limits){.minute = 1}));
    assert_false(rate_is_off(&(struct rate_limits){.hour = 1}));
    for (i = 0; i < 10000; i++) {
        assert_int_equal(rate_ask(&meter, &RATE_OFF, BEGIN_MS).answer, RATE_ADMITTED);
    }
}

static void the_named_limits_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(RATE_HELCIM.concurrent, 5);
    assert_int_equal(RATE_HELCIM.minute, 100);
    assert_int_equal(RATE_HELCIM.hour, 3000);
    assert_int_equal(RATE_SERVE.concurrent, 100);
    assert_int_equal(RATE_SERVE.minute, 6000);
    assert_int_equal(RATE_SERVE.hour, 100000);
}

static void calls_at_once_are_counted_until_their_end(void **state)
{
    const struct rate_limits limits = {.concurrent = 2};
    struct rate_meter meter = {0};
    struct rate_verdict verdict;

    (void)state;
    assert_int_equal(rate_ask(&meter, &limits, BEGIN_MS).answer, RATE_ADMITTED);
    assert_int_equal(rate_ask(&meter, &limits, BEGIN_MS).answer, RATE_ADMITTED);
    verdict = rate_ask(&meter, &limits, BEGIN_MS + HOUR);
    assert_int_equal(verdict.answer, RATE_CONCURRENT);
    assert_int_equal(verdict.wait_ms, 1000);
    rate_end(&meter);
    assert_int_equal(rate_ask(&meter, &limits, BEGIN_MS + HOUR).answer, RATE_ADMITTED);
    assert_int_equal(rate_ask(&meter, &limits, BEGIN_MS + HOUR).answer, RATE_CONCURRENT);
}

static enum rate_answer one(struct rate_meter *meter, const struct rate_limits *limits,
                            int64_t now_ms, struct rate_verdict *verdict)
{
    *verdict = rate_ask(meter, limits, now_ms);
    if (verdict->answer == RATE_ADMITTED) {
        rate_end(meter);
    }
    return verdict->answer;
}

static void what_is_left_is_told_with_each_answer(void **state)
{
    struct rate_meter meter = {0};
    struct rate_verdict verdict;
    uint32_t i;

    (void)state;
    for (i = 1; i <= 100; i++) {
        assert_int_equal(one(&meter, &RATE_HELCIM, BEGIN_MS, &verdict), RATE_ADMITTED);
        assert_int_equal(verdict.minute_left, 100 - i);
        assert_int_equal(verdict.hour_left, 3000 - i);
        assert_int_equal(verdict.wait_ms, 0);
    }
    assert_int_equal(one(&meter, &RATE_HELCIM, BEGIN_MS, &verdict), RATE_MINUTE);
    assert_int_equal(verdict.minute_left, 0);
    assert_int_equal(verdict.hour_left, 2900);
    assert_int_equal(verdict.wait_ms, 60 * SECOND + 600);
}

static void a_refused_call_makes_nobody_wait_longer(void **state)
{
    const struct rate_limits limits = {.minute = 2, .hour = 5};
    struct rate_meter meter = {0};
    struct rate_verdict verdict;
    int64_t i;

    (void)state;
    (void)one(&meter, &limits, BEGIN_MS, &verdict);
    (void)one(&meter, &limits, BEGIN_MS, &verdict);
    for (i = 0; i < 1000; i++) {
        assert_int_equal(one(&meter, &limits, BEGIN_MS + i * 10, &verdict), RATE_MINUTE);
        assert_int_equal(verdict.hour_left, 3);
    }
    assert_int_equal(one(&meter, &limits, BEGIN_MS + 61 * SECOND, &verdict), RATE_ADMITTED);
}

static void the_hour_counts_what_the_minute_has_forgotten(void **state)
{
    const struct rate_limits limits = {.minute = 2, .hour = 5};
    struct rate_meter meter = {0};
    struct rate_verdict verdict;
    int64_t i;

    (void)state;
    for (i = 0; i < 5; i++) {
        assert_int_equal(one(&meter, &limits, BEGIN_MS + i * 2 * MINUTE, &verdict), RATE_ADMITTED);
    }
    assert_int_equal(one(&meter, &limits, BEGIN_MS + 20 * MINUTE, &verdict), RATE_HOUR);
    assert_int_equal(verdict.hour_left, 0);
    assert_int_equal(verdict.minute_left, 2);
    assert_int_equal(one(&meter, &limits, BEGIN_MS + 20 * MINUTE + verdict.wait_ms - 1, &verdict),
                     RATE_HOUR);
    assert_int_equal(one(&meter, &limits, BEGIN_MS + 61 * MINUTE, &verdict), RATE_ADMITTED);
}

static void of_several_limits_the_longest_wait_is_told(void **state)
{
    const struct rate_limits limits = {.concurrent = 1, .minute = 1, .hour = 1};
    struct rate_meter meter = {0};
    struct rate_verdict verdict;

    (void)state;
    assert_int_equal(rate_ask(&meter, &limits, BEGIN_MS).answer, RATE_ADMITTED);
    verdict = rate_ask(&meter, &limits, BEGIN_MS);
    assert_int_equal(verdict.answer, RATE_HOUR);
    assert_int_equal(verdict.wait_ms, 61 * MINUTE - 30 * SECOND - 400);
}

static void the_hour_may_be_over_before_the_minute(void **state)
{
    const struct rate_limits limits = {.minute = 1, .hour = 2};
    struct rate_meter meter = {0};
    struct rate_verdict verdict;

    (void)state;
    assert_int_equal(one(&meter, &limits, BEGIN_MS, &verdict), RATE_ADMITTED);
    assert_int_equal(one(&meter, &limits, BEGIN_MS + HOUR, &verdict), RATE_ADMITTED);
    assert_int_equal(one(&meter, &limits, BEGIN_MS + HOUR, &verdict), RATE_MINUTE);
    assert_int_equal(verdict.wait_ms, 60 * SECOND + 600);
}

static void a_limit_that_is_lowered_holds_at_once(void **state)
{
    const struct rate_limits lower = {.minute = 3};
    struct rate_meter meter = {0};
    struct rate_verdict verdict;
    unsigned i;

    (void)state;
    for (i = 0; i < 10; i++) {
        (void)one(&meter, &RATE_HELCIM, BEGIN_MS, &verdict);
    }
    assert_int_equal(one(&meter, &lower, BEGIN_MS, &verdict), RATE_MINUTE);
    assert_int_equal(verdict.minute_left, 0);
    assert_int_equal(one(&meter, &RATE_HELCIM, BEGIN_MS, &verdict), RATE_ADMITTED);
    assert_int_equal(verdict.minute_left, 89);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_forgets_after_its_length_and_at_most_one_part_more),
        cmocka_unit_test(a_window_forgets_all_after_a_long_quiet),
        cmocka_unit_test(a_window_slides_over_any_gap),
        cmocka_unit_test(the_beginning_of_the_clock_is_a_moment_like_others),
        cmocka_unit_test(a_moment_before_the_last_one_counts_as_that),
        cmocka_unit_test(the_wait_ends_when_enough_is_forgotten),
        cmocka_unit_test(never_more_than_the_limit_in_any_minute),
        cmocka_unit_test(a_business_without_limits_is_let_through),
        cmocka_unit_test(the_named_limits_are_those_of_the_contract),
        cmocka_unit_test(calls_at_once_are_counted_until_their_end),
        cmocka_unit_test(what_is_left_is_told_with_each_answer),
        cmocka_unit_test(a_refused_call_makes_nobody_wait_longer),
        cmocka_unit_test(the_hour_counts_what_the_minute_has_forgotten),
        cmocka_unit_test(of_several_limits_the_longest_wait_is_told),
        cmocka_unit_test(the_hour_may_be_over_before_the_minute),
        cmocka_unit_test(a_limit_that_is_lowered_holds_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
