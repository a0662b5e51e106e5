/* Free tries, growing delays, and how they are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/lockout.h"

#define BEGIN_MS INT64_C(5000000)

static void guess(struct lockout *lockout, int64_t now_ms, enum lockout_result result)
{
    lockout_begin(lockout, now_ms);
    lockout_end(lockout, result, now_ms);
}

/* `count` wrong ones, each as early as it may be; the moment of the last. */
static int64_t guess_wrong(struct lockout *lockout, int64_t now_ms, unsigned count)
{
    while (count > 0) {
        now_ms += lockout_wait_ms(lockout, now_ms);
        guess(lockout, now_ms, LOCKOUT_WRONG);
        count--;
    }
    return now_ms;
}

static void five_wrong_ones_are_free_then_the_delay_doubles_up_to_a_quarter_of_an_hour(void **state)
{
    static const int64_t waits_s[] = {0,  0,  0,   0,   1,   2,   4,   8,  16,
                                      32, 64, 128, 256, 512, 900, 900, 900};
    struct lockout lockout = {0};
    int64_t now_ms = BEGIN_MS;
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
        assert_int_equal(lockout_wait_ms(&lockout, now_ms), 0);
        guess(&lockout, now_ms, LOCKOUT_WRONG);
        assert_int_equal(lockout_wait_ms(&lockout, now_ms), waits_s[i] * 1000);
        if (waits_s[i] > 0) {
            assert_int_equal(lockout_wait_ms(&lockout, now_ms + waits_s[i] * 1000 - 1), 1);
        }
        now_ms += waits_s[i] * 1000;
    }
}

static void the_delay_never_passes_its_limit(void **state)
{
    struct lockout lockout = {.wrong = UINT32_MAX, .wrong_ms = BEGIN_MS};

    (void)state;
    assert_int_equal(lockout_wait_ms(&lockout, BEGIN_MS), LOCKOUT_DELAY_MAX_MS);
    guess(&lockout, BEGIN_MS + LOCKOUT_DELAY_MAX_MS, LOCKOUT_WRONG);
    assert_int_equal(lockout_wait_ms(&lockout, BEGIN_MS + LOCKOUT_DELAY_MAX_MS),
                     LOCKOUT_DELAY_MAX_MS);
}

static void a_hundred_at_once_are_not_a_hundred_free_ones(void **state)
{
    struct lockout lockout = {0};
    unsigned i;

    (void)state;
    for (i = 0; i < 5; i++) {
        assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_NOW);
        lockout_begin(&lockout, BEGIN_MS);
    }
    assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_AFTER_OTHERS);
    assert_int_equal(lockout_wait_ms(&lockout, BEGIN_MS), 0);
    for (i = 0; i < 5; i++) {
        assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_AFTER_OTHERS);
        lockout_end(&lockout, LOCKOUT_WRONG, BEGIN_MS);
    }
    assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_AFTER_DELAY);
}

/* Twenty terminals of a shop that log in at once. */
static void right_ones_at_once_follow_each_other(void **state)
{
    struct lockout lockout = {0};
    unsigned i;

    (void)state;
    for (i = 0; i < 5; i++) {
        lockout_begin(&lockout, BEGIN_MS);
    }
    for (i = 0; i < 15; i++) {
        assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_AFTER_OTHERS);
        lockout_end(&lockout, LOCKOUT_RIGHT, BEGIN_MS);
        assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_NOW);
        lockout_begin(&lockout, BEGIN_MS);
    }
}

static void wrong_ones_leave_less_room_at_once(void **state)
{
    struct lockout lockout = {0};

    (void)state;
    (void)guess_wrong(&lockout, BEGIN_MS, 3);
    lockout_begin(&lockout, BEGIN_MS);
    assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_NOW);
    lockout_begin(&lockout, BEGIN_MS);
    assert_int_equal(lockout_turn(&lockout, BEGIN_MS), LOCKOUT_AFTER_OTHERS);
}

static void behind_a_delay_one_is_looked_at_at_a_time(void **state)
{
    struct lockout lockout = {0};
    int64_t now_ms = guess_wrong(&lockout, BEGIN_MS, 6) + 2000;

    (void)state;
    assert_int_equal(lockout_turn(&lockout, now_ms - 1), LOCKOUT_AFTER_DELAY);
    lockout_begin(&lockout, now_ms);
    assert_int_equal(lockout_turn(&lockout, now_ms), LOCKOUT_AFTER_OTHERS);
    lockout_end(&lockout, LOCKOUT_WRONG, now_ms + 50);
    assert_int_equal(lockout_wait_ms(&lockout, now_ms + 50), 4000); /* from its answer */
}

static void a_right_one_forgets_the_wrong_ones(void **state)
{
    struct lockout lockout = {0};
    int64_t now_ms = guess_wrong(&lockout, BEGIN_MS, 9) + 16000;

    (void)state;
    guess(&lockout, now_ms, LOCKOUT_RIGHT);
    assert_int_equal(lockout_wait_ms(&lockout, now_ms), 0);
    assert_int_equal(lockout.wrong, 0);
    assert_true(lockout_is_over(&lockout, now_ms));
}

static void a_right_one_does_not_forget_those_under_way(void **state)
{
    struct lockout lockout = {0};
    unsigned i;

    (void)state;
    for (i = 0; i < 5; i++) {
        lockout_begin(&lockout, BEGIN_MS);
    }
    lockout_end(&lockout, LOCKOUT_RIGHT, BEGIN_MS);
    for (i = 0; i < 4; i++) {
        lockout_end(&lockout, LOCKOUT_WRONG, BEGIN_MS);
    }
    assert_int_equal(lockout.wrong, 4);
    guess(&lockout, BEGIN_MS, LOCKOUT_WRONG);
    assert_int_equal(lockout_wait_ms(&lockout, BEGIN_MS), 1000);
}

static void one_that_was_not_looked_at_counts_for_nothing(void **state)
{
    struct lockout lockout = {0};
    int64_t now_ms = guess_wrong(&lockout, BEGIN_MS, 7);
    unsigned i;

    (void)state;
    assert_int_equal(lockout_wait_ms(&lockout, now_ms), 4000);
    for (i = 0; i < 100; i++) {
        guess(&lockout, now_ms + 4000, LOCKOUT_UNTRIED);
        assert_int_equal(lockout_wait_ms(&lockout, now_ms + 4000), 0);
    }
    assert_int_equal(lockout.wrong, 7);
    guess(&lockout, now_ms + 4000, LOCKOUT_WRONG);
    assert_int_equal(lockout_wait_ms(&lockout, now_ms + 4000), 8000);
}

static void an_hour_of_quiet_after_the_last_delay_forgets(void **state)
{
    struct lockout lockout = {0};
    int64_t now_ms = guess_wrong(&lockout, BEGIN_MS, 7);

    (void)state;
    assert_false(lockout_is_over(&lockout, now_ms + 4000 + LOCKOUT_FORGET_MS - 1));
    assert_true(lockout_is_over(&lockout, now_ms + 4000 + LOCKOUT_FORGET_MS));
    guess(&lockout, now_ms + 4000 + LOCKOUT_FORGET_MS, LOCKOUT_WRONG);
    assert_int_equal(lockout.wrong, 1);
}

static void an_hour_that_is_not_over_forgets_nothing(void **state)
{
    struct lockout lockout = {0};
    int64_t now_ms = guess_wrong(&lockout, BEGIN_MS, 4);

    (void)state;
    guess(&lockout, now_ms + LOCKOUT_FORGET_MS - 1, LOCKOUT_WRONG);
    assert_int_equal(lockout.wrong, 5);
}

static void one_under_way_is_never_over(void **state)
{
    struct lockout lockout = {0};

    (void)state;
    lockout_begin(&lockout, BEGIN_MS);
    assert_false(lockout_is_over(&lockout, BEGIN_MS + 100 * (int64_t)LOCKOUT_FORGET_MS));
}

static void with_delays_it_is_heavy(void **state)
{
    struct lockout lockout = {0};

    (void)state;
    (void)guess_wrong(&lockout, BEGIN_MS, 4);
    assert_false(lockout_is_heavy(&lockout));
    (void)guess_wrong(&lockout, BEGIN_MS, 1);
    assert_true(lockout_is_heavy(&lockout));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            five_wrong_ones_are_free_then_the_delay_doubles_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(the_delay_never_passes_its_limit),
        cmocka_unit_test(a_hundred_at_once_are_not_a_hundred_free_ones),
        cmocka_unit_test(right_ones_at_once_follow_each_other),
        cmocka_unit_test(wrong_ones_leave_less_room_at_once),
        cmocka_unit_test(behind_a_delay_one_is_looked_at_at_a_time),
        cmocka_unit_test(a_right_one_forgets_the_wrong_ones),
        cmocka_unit_test(a_right_one_does_not_forget_those_under_way),
        cmocka_unit_test(one_that_was_not_looked_at_counts_for_nothing),
        cmocka_unit_test(an_hour_of_quiet_after_the_last_delay_forgets),
        cmocka_unit_test(an_hour_that_is_not_over_forgets_nothing),
        cmocka_unit_test(one_under_way_is_never_over),
        cmocka_unit_test(with_delays_it_is_heavy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
