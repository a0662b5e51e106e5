/* The limits of the JSON reader: each at its limit, and one past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wire/json.h"

enum {
    TEXT_MAX = 2 * 1024 * 1024,
    MANY_NAMES = JSON_VALUES_MAX - 1, /* the object itself is a value too */
    SORTED_NAMES = 17,                /* the smallest object that is sorted */
};

#define TOO_DEEP "lists and objects are nested more than 16 deep"
#define TOO_MANY "there are more than 4,096 values"
#define TOO_LONG "the document is longer than 256 KB"
#define STRING_TOO_LONG "a string is longer than 65,535 bytes"
#define NUMBER_TOO_LONG "a number is longer than 32 characters"
#define TWICE "a name stands twice in one object"

static void repeat(struct buf *text, const char *part, size_t count)
{
    while (count-- > 0) {
        buf_text(text, part);
    }
}

/* Reads the text and ends it. `problem` NULL: it is accepted. */
static void check(struct buf *text, enum fail fail, const char *problem, size_t at)
{
    struct json_document document;

    assert_int_equal(buf_fail(text), FAIL_NONE);
    json_document_init(&document);
    assert_int_equal(json_read(&document, buf_view(text)), fail);
    if (problem == NULL) {
        assert_null(document.problem);
    } else {
        assert_string_equal(document.problem, problem);
        assert_int_equal(document.problem_at, at);
        assert_int_equal(document.count, 0);
    }
    json_document_finish(&document);
    buf_finish(text);
}

static struct buf text_start(void)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    return text;
}

static void check_depth(const char *open, const char *close, size_t depth, enum fail fail,
                        size_t at)
{
    struct buf text = text_start();

    repeat(&text, open, depth);
    buf_text(&text, "[]");
    repeat(&text, close, depth);
    check(&text, fail, fail == FAIL_NONE ? NULL : TOO_DEEP, at);
}

static void sixteen_containers_may_be_nested(void **state)
{
    (void)state;
    check_depth("[", "]", JSON_DEPTH_MAX - 1, FAIL_NONE, 0);
    check_depth("[", "]", JSON_DEPTH_MAX, FAIL_LIMIT, JSON_DEPTH_MAX);
    check_depth("{\"a\":", "}", JSON_DEPTH_MAX - 1, FAIL_NONE, 0);
    check_depth("{\"a\":", "}", JSON_DEPTH_MAX, FAIL_LIMIT, 5 * JSON_DEPTH_MAX);
    check_depth("[0,", "]", JSON_DEPTH_MAX, FAIL_LIMIT, 3 * JSON_DEPTH_MAX);
}

static void a_hundred_thousand_brackets_are_refused_early(void **state)
{
    struct buf text = text_start();

    (void)state;
    repeat(&text, "[", 100000);
    check(&text, FAIL_LIMIT, TOO_DEEP, JSON_DEPTH_MAX);
}

static void depth_counts_what_is_open_and_not_what_was(void **state)
{
    struct buf text = text_start();

    (void)state;
    buf_byte(&text, '[');
    repeat(&text, "[[[[[[[]]]]]]],", 100);
    buf_text(&text, "0]");
    check(&text, FAIL_NONE, NULL, 0);
}

static void check_list(size_t elements, enum fail fail, const char *problem)
{
    struct buf text = text_start();

    buf_text(&text, "[0");
    repeat(&text, ",0", elements - 1);
    buf_byte(&text, ']');
    check(&text, fail, problem, 2 * elements);
}

static void four_thousand_and_ninety_six_values_are_read(void **state)
{
    (void)state;
    check_list(JSON_VALUES_MAX - 1, FAIL_NONE, NULL);
    /* At the end of the value that is too many. */
    check_list(JSON_VALUES_MAX, FAIL_LIMIT, TOO_MANY);
}

static void check_string(const char *before, const char *part, size_t count, enum fail fail,
                         size_t at)
{
    struct buf text = text_start();

    buf_text(&text, before);
    buf_byte(&text, '"');
    repeat(&text, part, count);
    buf_byte(&text, '"');
    buf_text(&text, before[0] == '{' ? ":1}" : "");
    check(&text, fail, fail == FAIL_NONE ? NULL : STRING_TOO_LONG, at);
}

static void a_string_has_65535_bytes_when_decoded(void **state)
{
    (void)state;
    check_string("", "a", JSON_STRING_MAX, FAIL_NONE, 0);
    check_string("", "a", JSON_STRING_MAX + 1, FAIL_LIMIT, 0);
    check_string("", "\\n", JSON_STRING_MAX, FAIL_NONE, 0);
    check_string("", "\\n", JSON_STRING_MAX + 1, FAIL_LIMIT, 0);
    check_string("", "\\u20ac", JSON_STRING_MAX / 3, FAIL_NONE, 0);
    check_string("", "\\u20ac", JSON_STRING_MAX / 3 + 1, FAIL_LIMIT, 0);
    check_string("  ", "\xc3\xa9", JSON_STRING_MAX / 2, FAIL_NONE, 0);
    check_string("  ", "\xc3\xa9", JSON_STRING_MAX / 2 + 1, FAIL_LIMIT, 2);
    check_string("{", "a", JSON_STRING_MAX, FAIL_NONE, 0);
    check_string("{", "a", JSON_STRING_MAX + 1, FAIL_LIMIT, 1);
}

static void check_number(const char *before, const char *part, size_t count, const char *after,
                         enum fail fail)
{
    struct buf text = text_start();

    buf_text(&text, before);
    repeat(&text, part, count);
    buf_text(&text, after);
    check(&text, fail, fail == FAIL_NONE ? NULL : NUMBER_TOO_LONG, 0);
}

static void a_number_has_32_characters(void **state)
{
    (void)state;
    check_number("", "9", 32, "", FAIL_NONE);
    check_number("", "9", 33, "", FAIL_LIMIT);
    check_number("-", "9", 31, "", FAIL_NONE);
    check_number("-", "9", 32, "", FAIL_LIMIT);
    check_number("0.", "0", 30, "", FAIL_NONE);
    check_number("0.", "0", 31, "", FAIL_LIMIT);
    check_number("1e", "9", 30, "", FAIL_NONE);
    check_number("1e", "9", 31, "", FAIL_LIMIT);
    check_number("1e+", "0", 28, "1", FAIL_NONE);
    check_number("1e+", "0", 30, "1", FAIL_LIMIT);
    check_number("", "9", 200000, "", FAIL_LIMIT);
}

static void a_document_has_256_kilobytes(void **state)
{
    struct buf text = text_start();

    (void)state;
    repeat(&text, " ", JSON_BYTES_MAX - 2);
    buf_text(&text, "[]");
    check(&text, FAIL_NONE, NULL, 0);

    text = text_start();
    repeat(&text, " ", JSON_BYTES_MAX - 1);
    buf_text(&text, "[]");
    check(&text, FAIL_LIMIT, TOO_LONG, JSON_BYTES_MAX);
}

static void a_million_digits_are_refused(void **state)
{
    struct buf text = text_start();

    (void)state;
    repeat(&text, "9", 1000000);
    check(&text, FAIL_LIMIT, TOO_LONG, JSON_BYTES_MAX);
}

/* ---- names that stand twice in large objects ---- */

/* An object of `count` names; the one at `second` is that at `first` again,
 * written with an escape when `escaped`. `*at` is where the later one is. */
static struct buf names_build(size_t count, size_t first, size_t second, bool escaped, size_t *at)
{
    struct buf text = text_start();
    size_t i;

    buf_byte(&text, '{');
    for (i = 0; i < count; i++) {
        size_t number = i == second ? first : i;

        if (i == second) {
            *at = text.length;
        }
        /* Scattered, of one to five digits, so that the document has them in no order. */
        buf_format(&text, "\"%s%zu\":0%s", i == second && escaped ? "\\u006e" : "n",
                   number * 7919 % 65536, i == count - 1 ? "}" : ",");
    }
    return text;
}

static void check_names(size_t count, size_t first, size_t second)
{
    size_t at = 0;
    struct buf text = names_build(count, first, second, false, &at);

    check(&text, FAIL_INVALID, TWICE, at);
    text = names_build(count, first, second, true, &at);
    check(&text, FAIL_INVALID, TWICE, at);
}

static void thousands_of_names_may_differ(void **state)
{
    static const size_t COUNTS[] = {1, 2, 15, 16, 17, 18, 31, 32, 33, 1000, MANY_NAMES};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
        size_t at = 0;
        struct buf text = names_build(COUNTS[i], 0, SIZE_MAX, false, &at);

        check(&text, FAIL_NONE, NULL, 0);
    }
}

static void one_name_that_stands_twice_is_found_anywhere(void **state)
{
    size_t first;
    size_t second;

    (void)state;
    for (second = 1; second < SORTED_NAMES; second++) {
        for (first = 0; first < second; first++) {
            check_names(SORTED_NAMES, first, second);
        }
    }
    check_names(SORTED_NAMES - 1, 0, SORTED_NAMES - 2);
    check_names(MANY_NAMES, 0, 1);
    check_names(MANY_NAMES, 0, MANY_NAMES - 1);
    check_names(MANY_NAMES, MANY_NAMES - 2, MANY_NAMES - 1);
    check_names(MANY_NAMES, 1234, 2345);
}

static void the_earliest_repetition_is_reported(void **state)
{
    struct buf text = text_start();
    size_t i;

    (void)state;
    buf_byte(&text, '{');
    for (i = 0; i < 20; i++) {
        buf_format(&text, "\"n%02zu\":0,", i);
    }
    buf_text(&text, "\"n07\":0,\"n03\":0,\"n07\":0}");
    check(&text, FAIL_INVALID, TWICE, 1 + 20 * 8);
}

static void long_names_that_differ_at_their_end_are_told_apart(void **state)
{
    struct buf text = text_start();
    size_t i;

    (void)state;
    buf_byte(&text, '{');
    for (i = 0; i < 26; i++) {
        buf_byte(&text, '"');
        repeat(&text, "x", 9000);
        buf_format(&text, "%c\":0%s", (char)('a' + i), i == 25 ? "}" : ",");
    }
    check(&text, FAIL_NONE, NULL, 0);
}

static void the_same_name_may_stand_in_many_objects(void **state)
{
    struct buf text = text_start();

    (void)state;
    buf_text(&text, "[{\"a\":1,\"b\":2}");
    repeat(&text, ",{\"a\":1,\"b\":2}", 1000);
    buf_byte(&text, ']');
    check(&text, FAIL_NONE, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_containers_may_be_nested),
        cmocka_unit_test(a_hundred_thousand_brackets_are_refused_early),
        cmocka_unit_test(depth_counts_what_is_open_and_not_what_was),
        cmocka_unit_test(four_thousand_and_ninety_six_values_are_read),
        cmocka_unit_test(a_string_has_65535_bytes_when_decoded),
        cmocka_unit_test(a_number_has_32_characters),
        cmocka_unit_test(a_document_has_256_kilobytes),
        cmocka_unit_test(a_million_digits_are_refused),
        cmocka_unit_test(thousands_of_names_may_differ),
        cmocka_unit_test(one_name_that_stands_twice_is_found_anywhere),
        cmocka_unit_test(the_earliest_repetition_is_reported),
        cmocka_unit_test(long_names_that_differ_at_their_end_are_told_apart),
        cmocka_unit_test(the_same_name_may_stand_in_many_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
