/* Moments and how they are written: Mountain Time over the changes of the
 * clocks, before 1970, after 2038, and past the last year that fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Milliseconds of a UTC moment, by the C library. */
static int64_t at(int year, int month, int day, int hour, int minute, int second)
{
    struct tm parts = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second};

    return (int64_t)timegm(&parts) * 1000;
}

static void assert_mountain(int64_t wall_ms, const char *expected)
{
    char text[CLOCK_MOUNTAIN_SIZE];

    clock_mountain_text(wall_ms, text);
    assert_string_equal(text, expected);
}

static void assert_utc(int64_t wall_ms, const char *expected)
{
    char text[CLOCK_UTC_SIZE];

    clock_utc_text(wall_ms, text);
    assert_string_equal(text, expected);
}

static void the_date_of_the_contract_is_written_as_there(void **state)
{
    (void)state;
    assert_mountain(at(2026, 1, 23, 1, 0, 36), "2026-01-22 18:00:36");
}

/* 2026-03-08 02:00 MST becomes 03:00 MDT. */
static void an_hour_is_missing_in_spring(void **state)
{
    (void)state;
    assert_mountain(at(2026, 3, 8, 8, 59, 59), "2026-03-08 01:59:59");
    assert_mountain(at(2026, 3, 8, 8, 59, 59) + 999, "2026-03-08 01:59:59");
    assert_mountain(at(2026, 3, 8, 9, 0, 0), "2026-03-08 03:00:00");
}

/* 2026-11-01 02:00 MDT becomes 01:00 MST: the hour from one to two comes twice. */
static void an_hour_comes_twice_in_autumn(void **state)
{
    (void)state;
    assert_mountain(at(2026, 11, 1, 7, 30, 0), "2026-11-01 01:30:00");
    assert_mountain(at(2026, 11, 1, 7, 59, 59), "2026-11-01 01:59:59");
    assert_mountain(at(2026, 11, 1, 8, 0, 0), "2026-11-01 01:00:00");
    assert_mountain(at(2026, 11, 1, 8, 30, 0), "2026-11-01 01:30:00");
    assert_mountain(at(2026, 11, 1, 9, 0, 0), "2026-11-01 02:00:00");
}

static void dates_go_on_after_2038(void **state)
{
    (void)state;
    assert_utc(2147483647999, "2038-01-19T03:14:07.999Z");
    assert_utc(2147483648000, "2038-01-19T03:14:08.000Z");
    assert_mountain(2147483648000, "2038-01-18 20:14:08");
    assert_mountain(at(2100, 7, 1, 12, 0, 0), "2100-07-01 06:00:00");
    assert_utc(at(2100, 3, 1, 0, 0, 0) - 1, "2100-02-28T23:59:59.999Z");
}

static void leap_days_are_written(void **state)
{
    (void)state;
    assert_utc(at(2028, 2, 29, 23, 59, 59), "2028-02-29T23:59:59.000Z");
    assert_mountain(at(2028, 3, 1, 6, 59, 59), "2028-02-29 23:59:59");
}

static void moments_before_1970_round_down(void **state)
{
    (void)state;
    assert_utc(0, "1970-01-01T00:00:00.000Z");
    assert_utc(-1, "1969-12-31T23:59:59.999Z");
    assert_utc(-1000, "1969-12-31T23:59:59.000Z");
    assert_utc(-1001, "1969-12-31T23:59:58.999Z");
    assert_mountain(-1, "1969-12-31 16:59:59");
}

static void a_moment_past_the_year_9999_is_written_as_zeros(void **state)
{
    (void)state;
    assert_utc(at(9999, 12, 31, 23, 59, 59) + 999, "9999-12-31T23:59:59.999Z");
    assert_utc(at(9999, 12, 31, 23, 59, 59) + 1000, "0000-00-00T00:00:00.000Z");
    assert_mountain(INT64_MAX, "0000-00-00 00:00:00");
    assert_utc(INT64_MAX, "0000-00-00T00:00:00.807Z");
    assert_utc(INT64_MIN, "0000-00-00T00:00:00.192Z");
}

/* --- Read back ------------------------------------------------------------------- */

static void assert_read(const char *text, int64_t from_ms, int64_t until_ms)
{
    int64_t from = 0;
    int64_t until = 0;

    assert_int_equal(clock_mountain_read(slice_of(text), &from, &until), FAIL_NONE);
    if (from != from_ms || until != until_ms) {
        print_message("%s: %lld to %lld\n", text, (long long)from, (long long)until);
    }
    assert_int_equal(from, from_ms);
    assert_int_equal(until, until_ms);
}

static void a_day_is_read_from_midnight_to_midnight(void **state)
{
    (void)state;
    assert_read("2026-01-22", at(2026, 1, 22, 7, 0, 0), at(2026, 1, 23, 7, 0, 0));
    assert_read("2026-07-01", at(2026, 7, 1, 6, 0, 0), at(2026, 7, 2, 6, 0, 0));
    assert_read("2026-12-31", at(2026, 12, 31, 7, 0, 0), at(2027, 1, 1, 7, 0, 0));
    assert_read("2028-02-29", at(2028, 2, 29, 7, 0, 0), at(2028, 3, 1, 7, 0, 0));
    assert_read("2100-02-28", at(2100, 2, 28, 7, 0, 0), at(2100, 3, 1, 7, 0, 0));
}

static void a_day_on_which_the_clocks_change_has_its_own_length(void **state)
{
    (void)state;
    assert_read("2026-03-07", at(2026, 3, 7, 7, 0, 0), at(2026, 3, 8, 7, 0, 0));
    assert_read("2026-03-08", at(2026, 3, 8, 7, 0, 0), at(2026, 3, 9, 6, 0, 0)); /* 23 hours */
    assert_read("2026-03-09", at(2026, 3, 9, 6, 0, 0), at(2026, 3, 10, 6, 0, 0));
    assert_read("2026-10-31", at(2026, 10, 31, 6, 0, 0), at(2026, 11, 1, 6, 0, 0));
    assert_read("2026-11-01", at(2026, 11, 1, 6, 0, 0), at(2026, 11, 2, 7, 0, 0)); /* 25 hours */
    assert_read("2026-11-02", at(2026, 11, 2, 7, 0, 0), at(2026, 11, 3, 7, 0, 0));
}

static void a_second_is_read_also_with_a_t(void **state)
{
    int64_t second = at(2026, 1, 23, 1, 0, 36);

    (void)state;
    assert_read("2026-01-22 18:00:36", second, second + 1000);
    assert_read("2026-01-22T18:00:36", second, second + 1000);
    assert_read("2026-01-22 23:59:59", at(2026, 1, 23, 6, 59, 59), at(2026, 1, 23, 7, 0, 0));
    assert_read("2026-01-22 00:00:00", at(2026, 1, 22, 7, 0, 0), at(2026, 1, 22, 7, 0, 1));
}

static void a_second_that_comes_twice_lasts_to_the_end_of_the_second_one(void **state)
{
    (void)state;
    assert_read("2026-11-01 00:59:59", at(2026, 11, 1, 6, 59, 59), at(2026, 11, 1, 7, 0, 0));
    assert_read("2026-11-01 01:00:00", at(2026, 11, 1, 7, 0, 0), at(2026, 11, 1, 8, 0, 1));
    assert_read("2026-11-01 01:30:00", at(2026, 11, 1, 7, 30, 0), at(2026, 11, 1, 8, 30, 1));
    assert_read("2026-11-01 01:59:59", at(2026, 11, 1, 7, 59, 59), at(2026, 11, 1, 9, 0, 0));
    assert_read("2026-11-01 02:00:00", at(2026, 11, 1, 9, 0, 0), at(2026, 11, 1, 9, 0, 1));
}

static void a_second_that_is_left_out_is_the_one_an_hour_later(void **state)
{
    (void)state;
    assert_read("2026-03-08 01:59:59", at(2026, 3, 8, 8, 59, 59), at(2026, 3, 8, 9, 0, 0));
    assert_read("2026-03-08 02:00:00", at(2026, 3, 8, 9, 0, 0), at(2026, 3, 8, 9, 0, 1));
    assert_read("2026-03-08 02:30:00", at(2026, 3, 8, 9, 30, 0), at(2026, 3, 8, 9, 30, 1));
    assert_read("2026-03-08 03:00:00", at(2026, 3, 8, 9, 0, 0), at(2026, 3, 8, 9, 0, 1));
}

/* Every hour of three years, written and read. */
static void what_is_written_is_read_back(void **state)
{
    int64_t end = at(2029, 1, 1, 0, 0, 0);
    int64_t moment;

    (void)state;
    for (moment = at(2026, 1, 1, 0, 0, 0); moment < end; moment += 3600000) {
        char text[CLOCK_MOUNTAIN_SIZE];
        int64_t from;
        int64_t until;

        clock_mountain_text(moment, text);
        assert_int_equal(clock_mountain_read(slice_of(text), &from, &until), FAIL_NONE);
        assert_true(from <= moment && moment < until);
        assert_true(until - from == 1000 || until - from == 3601000);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-1-22",
        "2026-01-2",
        "2026-01-222",
        "2026/01/22",
        "2026-01/22",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2026-01-32",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "-026-01-22",
        "+026-01-22",
        "2026-01-2x",
        "20x6-01-22",
        "2026-0 -22",
        " 2026-01-22",
        "2026-01-22 ",
        "2026-01-22 18",
        "2026-01-22 18:00",
        "2026-01-22 18:00:3",
        "2026-01-22 24:00:00",
        "2026-01-22 18:60:00",
        "2026-01-22 18:00:60",
        "2026-01-22 18:00.00",
        "2026-01-22 18.00:00",
        "2026-01-22 18:00:0x",
        "2026-01-22 -8:00:00",
        "2026-01-22 18:-1:00",
        "2026-01-22_18:00:36",
        "2026-01-22 18:00:36Z",
        "2026-01-22 18:00:36.000",
        "2026-02-30 18:00:36",
        "today",
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(wrong); i++) {
        int64_t from = 1;
        int64_t until = 2;

        if (clock_mountain_read(slice_of(wrong[i]), &from, &until) != FAIL_INVALID || from != 1 ||
            until != 2) {
            fail_msg("'%s' was read", wrong[i]);
        }
    }
}

static int64_t fixed_monotonic(void *context)
{
    return *(const int64_t *)context;
}

static int64_t fixed_wall(void *context)
{
    return *(const int64_t *)context + 1;
}

static void a_test_can_replace_both_clocks(void **state)
{
    int64_t now = 5999999;
    const struct clock_source source = {fixed_monotonic, fixed_wall, &now};

    (void)state;
    clock_replace(&source);
    assert_int_equal(clock_monotonic_ns(), 5999999);
    assert_int_equal(clock_monotonic_ms(), 5);
    assert_int_equal(clock_wall_ms(), 6000000);
    clock_replace(NULL);
    assert_true(clock_wall_ms() > 6000000);
}

static void the_real_clocks_run_forward_and_near_the_system(void **state)
{
    int64_t before = clock_monotonic_ns();
    int64_t wall_ms = clock_wall_ms();

    (void)state;
    assert_true(clock_monotonic_ns() >= before);
    assert_true(clock_monotonic_ms() >= before / 1000000);
    assert_in_range(wall_ms / 1000, (int64_t)time(NULL) - 2, (int64_t)time(NULL) + 2);
}

/* Without zone data the C library would write UTC and say nothing. */
static void a_start_without_zone_data_ends_the_program(void **state)
{
    pid_t child = fork();
    int status = 0;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        (void)setenv("TZDIR", "/nonexistent", 1);
        (void)setenv("TZ", "UTC0", 1); /* so that the zone is looked for again */
        tzset();
        if (freopen("/dev/null", "w", stderr) != NULL) {
            clock_start();
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

/* The container's own zone must not matter. */
static int start_elsewhere(void **state)
{
    (void)state;
    (void)setenv("TZ", "Asia/Tokyo", 1);
    clock_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_date_of_the_contract_is_written_as_there),
        cmocka_unit_test(an_hour_is_missing_in_spring),
        cmocka_unit_test(an_hour_comes_twice_in_autumn),
        cmocka_unit_test(dates_go_on_after_2038),
        cmocka_unit_test(leap_days_are_written),
        cmocka_unit_test(moments_before_1970_round_down),
        cmocka_unit_test(a_moment_past_the_year_9999_is_written_as_zeros),
        cmocka_unit_test(a_day_is_read_from_midnight_to_midnight),
        cmocka_unit_test(a_day_on_which_the_clocks_change_has_its_own_length),
        cmocka_unit_test(a_second_is_read_also_with_a_t),
        cmocka_unit_test(a_second_that_comes_twice_lasts_to_the_end_of_the_second_one),
        cmocka_unit_test(a_second_that_is_left_out_is_the_one_an_hour_later),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(a_test_can_replace_both_clocks),
        cmocka_unit_test(the_real_clocks_run_forward_and_near_the_system),
        cmocka_unit_test(a_start_without_zone_data_ends_the_program),
    };

    return cmocka_run_group_tests(tests, start_elsewhere, NULL);
}
