/* Amounts, against a counter of decimal text that carries by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/money.h"

enum { UNTOUCHED = -7 };

static int64_t read_minor(const char *text)
{
    int64_t minor = UNTOUCHED;
    const char *problem = money_read(slice_of(text), &minor);

    if (problem != NULL) {
        print_message("%s: %s\n", text, problem);
    }
    assert_null(problem);
    return minor;
}

static void assert_problem(const char *text, const char *expected)
{
    int64_t minor = UNTOUCHED;
    const char *problem = money_read(slice_of(text), &minor);

    if (problem == NULL || strcmp(problem, expected) != 0) {
        print_message("\"%s\": \"%s\"\n", text, problem != NULL ? problem : "taken");
    }
    assert_non_null(problem);
    assert_string_equal(problem, expected);
    assert_int_equal(minor, UNTOUCHED);
}

/* Adds a cent to "0000.00". */
static void counter_add(char *counter)
{
    size_t i = strlen(counter);

    while (i-- > 0) {
        if (counter[i] == '.') {
            continue;
        }
        if (counter[i] < '9') {
            counter[i]++;
            return;
        }
        counter[i] = '0';
    }
}

/* Without zeros in front of the last whole digit. */
static const char *counter_text(const char *counter)
{
    while (counter[0] == '0' && counter[1] != '.') {
        counter++;
    }
    return counter;
}

static void trim_behind(const char *text, char *out)
{
    size_t length = strlen(text);

    while (text[length - 1] == '0') {
        length--;
    }
    length -= text[length - 1] == '.';
    memcpy(out, text, length);
    out[length] = '\0';
}

static void every_amount_to_9999_99_is_read_and_written_exactly(void **state)
{
    char counter[] = "0000.00";
    char trimmed[MONEY_SIZE];
    char longer[MONEY_SIZE];
    char out[MONEY_SIZE];
    int64_t minor;

    (void)state;
    for (minor = 1; minor <= 999999; minor++) {
        const char *text;

        counter_add(counter);
        text = counter_text(counter);
        trim_behind(text, trimmed);
        snprintf(longer, sizeof(longer), "%s0", text);
        if (read_minor(text) != minor || read_minor(trimmed) != minor ||
            read_minor(longer) != minor) {
            fail_msg("%s", text);
        }
        money_show(minor, out);
        assert_string_equal(out, text);
        money_write(minor, out);
        assert_string_equal(out, trimmed);
    }
    assert_string_equal(counter, "9999.99");
}

static void exponents_shift_and_nothing_is_rounded(void **state)
{
    static const struct {
        const char *text;
        int64_t minor;
    } cases[] = {
        {"10.990", 1099},
        {"10.9900000000000000000000000000", 1099},
        {"1e2", 10000},
        {"1E2", 10000},
        {"1e+2", 10000},
        {"100e-2", 100},
        {"100E-4", 1},
        {"1e-2", 1},
        {"1.1e-1", 11},
        {"0.0001e2", 1},
        {"0.0001e+02", 1},
        {"0.00000000000000000000000001e24", 1},
        {"10000000000000000000000000e-27", 1},
        {"1e0", 100},
        {"1e-0", 100},
        {"1e00000000000000000000000000002", 10000},
        {"12.5e0", 1250},
        {"9.99999999e6", MONEY_MAX_MINOR},
        {"9999999.99", MONEY_MAX_MINOR},
        {"9999999.990", MONEY_MAX_MINOR},
        {"999999999e-2", MONEY_MAX_MINOR},
        {"9999999", 999999900},
        {"9000000.00", 900000000},
        {"1.00", 100},
        {"100", 10000},
        {"120.30", 12030},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_minor(cases[i].text), cases[i].minor);
    }
}

static void what_is_no_json_number_is_no_amount(void **state)
{
    static const char *const cases[] = {
        "",      "-",         "+1",   "01",       "00",    "-01",   ".5",      "1.",
        "1.e2",  "1e",        "1e+",  "1e-",      "1e1.5", "0x10",  "1 ",      " 1",
        "10,99", "\"10.99\"", "NaN",  "Infinity", "1_0",   "1.2.3", "--1",     "1-",
        "e2",    "true",      "null", "1e2e2",    "$5",    "1a",    "00.5",    "١",
        "1\n",   "1/2",       "1:0",  "0-",       "-e1",   "-.5",   "1.5e+-2", "1E++2",
    };
    static const struct slice with_zero = {"1\0", 2};
    int64_t minor = UNTOUCHED;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_problem(cases[i], "must be a number");
    }
    assert_string_equal(money_read(with_zero, &minor), "must be a number");
    assert_string_equal(money_read((struct slice){0}, &minor), "must be a number");
    assert_int_equal(minor, UNTOUCHED);
}

static void a_slice_ends_where_it_says(void **state)
{
    int64_t minor = UNTOUCHED;

    (void)state;
    assert_null(money_read(slice_make("12.345", 4), &minor));
    assert_int_equal(minor, 1230);
    assert_null(money_read(slice_make("1e27", 3), &minor));
    assert_int_equal(minor, 10000);
    assert_string_equal(money_read(slice_make("12.34", 3), &minor), "must be a number");
    assert_string_equal(money_read(slice_make("1e2", 2), &minor), "must be a number");
    assert_string_equal(money_read(slice_make("-1", 1), &minor), "must be a number");
}

static void nothing_and_less_are_too_small(void **state)
{
    static const char *const cases[] = {
        "0", "-0", "0.00", "-0.00", "0e5", "0e400", "0E-400", "-1", "-0.005", "-1e400", "-10.99",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_problem(cases[i], "must be a number greater than 0");
    }
}

static void a_part_of_a_cent_is_refused(void **state)
{
    static const char *const cases[] = {
        "0.005",
        "0.001",
        "1.234",
        "10.999",
        "1e-3",
        "15e-3",
        "1E-400",
        "0.01e-1",
        "9999999.999",
        "9999999.991",
        "1e-99999999999999999999999999999",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_problem(cases[i], "must be a number with at most two decimals");
    }
}

static void one_cent_past_the_limit_is_too_large(void **state)
{
    static const char *const cases[] = {
        "10000000",
        "10000000.00",
        "99999999.99",
        "1e7",
        "1E400",
        "1e99999999999999999999999999999",
        "18446744073709551617",
        "1000000000e-2",
        "99999999999999999999999999999999",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_problem(cases[i], "must be a number of at most 9999999.99");
    }
}

static void thirty_two_characters_are_read_and_one_more_is_not(void **state)
{
    (void)state;
    /*                                   12345678901234567890123456789012 */
    assert_int_equal(read_minor("1.000000000000000000000000000000"), 100);
    assert_problem("1.0000000000000000000000000000000",
                   "must be a number of at most 32 characters");
    assert_problem("000000000000000000000000000000000x",
                   "must be a number of at most 32 characters");
}

static void large_sums_are_written_whole(void **state)
{
    char out[MONEY_SIZE];

    (void)state;
    money_show(0, out);
    assert_string_equal(out, "0.00");
    money_write(0, out);
    assert_string_equal(out, "0");
    money_write(MONEY_MAX_MINOR, out);
    assert_string_equal(out, "9999999.99");
    money_write(5250, out);
    assert_string_equal(out, "52.5");
    money_write(100, out);
    assert_string_equal(out, "1");
    money_write(100000, out);
    assert_string_equal(out, "1000");
    money_show(INT64_MAX, out);
    assert_string_equal(out, "92233720368547758.07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_amount_to_9999_99_is_read_and_written_exactly),
        cmocka_unit_test(exponents_shift_and_nothing_is_rounded),
        cmocka_unit_test(what_is_no_json_number_is_no_amount),
        cmocka_unit_test(a_slice_ends_where_it_says),
        cmocka_unit_test(nothing_and_less_are_too_small),
        cmocka_unit_test(a_part_of_a_cent_is_refused),
        cmocka_unit_test(one_cent_past_the_limit_is_too_large),
        cmocka_unit_test(thirty_two_characters_are_read_and_one_more_is_not),
        cmocka_unit_test(large_sums_are_written_whole),
    };

    return cmocka_run_group_tests_name("core/money", tests, NULL, NULL);
}
