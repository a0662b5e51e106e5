/* Moments as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail` */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/date.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void each_form_is_its_moment(void **state)
{
    static const struct {
        const char *text;
        int64_t wall_ms;
    } CASES[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00Z", 0},
        {"2027-01-31", INT64_C(1801353600000)},
        {"2027-01-31T18:00:00Z", INT64_C(1801418400000)},
        {"2027-01-31t18:00:00z", INT64_C(1801418400000)},
        {"2027-01-31T18:00:00.5Z", INT64_C(1801418400500)},
        {"2027-01-31T18:00:00.123456789Z", INT64_C(1801418400123)},
        {"2027-01-31T11:00:00-07:00", INT64_C(1801418400000)},
        {"2027-02-01T00:30:00+06:30", INT64_C(1801418400000)},
        {"2027-01-31T18:00:00-00:00", INT64_C(1801418400000)},
        {"2024-02-29", INT64_C(1709164800000)},
        {"2000-02-29T23:59:59.999Z", INT64_C(951868799999)},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799000)},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(CASES); i++) {
        int64_t wall_ms = -1;

        assert_int_equal(date_read(slice_of(CASES[i].text), &wall_ms), FAIL_NONE);
        assert_int_equal(wall_ms, CASES[i].wall_ms);
    }
}

static void everything_else_is_refused(void **state)
{
    static const char *const CASES[] = {
        "",
        "never",
        "2027",
        "2027-1-31",
        "27-01-31",
        "2027-01-3",
        "2027/01/31",
        "2027-13-01",
        "2027-00-01",
        "2027-01-00",
        "2027-01-32",
        "2027-02-29",
        "2100-02-29",
        "1969-12-31",
        " 2027-01-31",
        "2027-01-31 ",
        "2027-01-31T",
        "2027-01-31 18:00:00Z",
        "2027-01-31T18:00Z",
        "2027-01-31T18:00:00",
        "2027-01-31T24:00:00Z",
        "2027-01-31T18:60:00Z",
        "2027-01-31T18:00:60Z",
        "2027-01-31T18:00:00.Z",
        "2027-01-31T18:00:00.5",
        "2027-01-31T18:00:00,5Z",
        "2027-01-31T18:00:00Zz",
        "2027-01-31T18:00:00+0700",
        "2027-01-31T18:00:00+07",
        "2027-01-31T18:00:00+24:00",
        "2027-01-31T18:00:00+07:60",
        "2027-01-31T18:00:00*07:00",
        "2027-01-31T18-00-00Z",
        "20270131T180000Z",
        "+027-01-31",
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(CASES); i++) {
        int64_t wall_ms = -7;

        if (date_read(slice_of(CASES[i]), &wall_ms) != FAIL_INVALID) {
            print_error("%s\n", CASES[i]);
            assert_true(0);
        }
        assert_int_equal(wall_ms, -7);
    }
}

/* Against the C library, over more than a whole cycle of leap years. */
static void every_day_of_450_years_is_right(void **state)
{
    int64_t day;

    (void)state;
    for (day = 0; day < INT64_C(450) * 366; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm fields;
        char text[32];
        int64_t wall_ms = -1;

        assert_non_null(gmtime_r(&seconds, &fields));
        assert_true(strftime(text, sizeof(text), "%Y-%m-%d", &fields) == 10);
        assert_int_equal(date_read(slice_of(text), &wall_ms), FAIL_NONE);
        assert_int_equal(wall_ms, day * 86400000);
    }
}

/* Each form cut at each place is another form or nothing, never a crash. */
static void no_beginning_of_a_moment_is_read_past_its_end(void **state)
{
    static const char WHOLE[] = "2027-01-31T11:00:00.123-07:00";
    size_t length;

    (void)state;
    for (length = 0; length < sizeof(WHOLE) - 1; length++) {
        char *copy = test_malloc(length + 1);
        int64_t wall_ms;

        memcpy(copy, WHOLE, length);
        assert_int_equal(date_read(slice_make(copy, length), &wall_ms),
                         length == 10 ? FAIL_NONE : FAIL_INVALID);
        test_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_its_moment),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(every_day_of_450_years_is_right),
        cmocka_unit_test(no_beginning_of_a_moment_is_read_past_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
