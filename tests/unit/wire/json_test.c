/* The JSON reader: verdicts, what the values say, numbers as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/wire/json_cases.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { AMOUNT_LAST_CENTS = 999999 };

/* A copy with nothing behind it, so that a sanitizer sees a read past the end. */
static struct slice exact_copy(const char *text, size_t length)
{
    char *copy = malloc(length == 0 ? 1 : length);

    assert_non_null(copy);
    memcpy(copy, text, length);
    return slice_make(copy, length);
}

static void free_copy(struct slice copy)
{
    free((void *)(uintptr_t)copy.bytes);
}

static void read_text(struct json_document *document, const char *text)
{
    json_document_init(document);
    assert_int_equal(json_read(document, slice_of(text)), FAIL_NONE);
}

static void assert_slice(struct slice slice, const char *expected)
{
    assert_int_equal(slice.length, strlen(expected));
    assert_memory_equal(slice.bytes, expected, slice.length);
}

static void check_case(struct json_document *document, const struct json_case *expected)
{
    struct slice copy = exact_copy(expected->text, expected->length);
    enum fail fail = json_read(document, copy);

    if ((fail == FAIL_NONE) != (expected->problem == NULL)) {
        fail_msg("%s: %s", expected->text, fail == FAIL_NONE ? "accepted" : document->problem);
    }
    if (expected->problem == NULL) {
        assert_null(document->problem);
        assert_true(document->count > 0);
    } else {
        assert_int_equal(fail, FAIL_INVALID);
        assert_string_equal(document->problem, expected->problem);
        if (document->problem_at != expected->at) {
            fail_msg("%s: at %zu, not %zu", expected->text, document->problem_at, expected->at);
        }
        assert_int_equal(document->count, 0);
    }
    free_copy(copy);
}

static void every_case_has_its_verdict(void **state)
{
    size_t i;

    (void)state;
    assert_true(JSON_CASE_COUNT >= 250);
    for (i = 0; i < JSON_CASE_COUNT; i++) {
        struct json_document document;

        json_document_init(&document);
        check_case(&document, &JSON_CASES[i]);
        json_document_finish(&document);
    }
}

static void a_used_document_gives_the_same_verdicts(void **state)
{
    struct json_document document;
    size_t i;

    (void)state;
    json_document_init(&document);
    for (i = 0; i < JSON_CASE_COUNT; i++) {
        check_case(&document, &JSON_CASES[i]);
        check_case(&document, &JSON_CASES[JSON_CASE_COUNT - 1 - i]);
    }
    json_document_finish(&document);
}

/* Every list, object and string that is cut short is refused, at its end at
 * the latest; of a number a start may be a number too. */
static void every_start_of_a_document_is_refused(void **state)
{
    struct json_document document;
    size_t i;
    size_t length;

    (void)state;
    json_document_init(&document);
    for (i = 0; i < JSON_CASE_COUNT; i++) {
        const struct json_case *whole = &JSON_CASES[i];
        struct slice text = slice_make(whole->text, whole->length);

        while (text.length > 0 && strchr(" \t\r\n", text.bytes[text.length - 1]) != NULL) {
            text.length--;
        }
        if (whole->problem != NULL || strchr("}]\"", text.bytes[text.length - 1]) == NULL) {
            continue;
        }
        for (length = 0; length < text.length; length++) {
            struct slice start = exact_copy(whole->text, length);

            assert_int_equal(json_read(&document, start), FAIL_INVALID);
            assert_true(document.problem_at <= length);
            free_copy(start);
        }
    }
    json_document_finish(&document);
}

static void values_are_found_by_name_and_in_order(void **state)
{
    const char *text = " {\"a\" : [ 1, true, \"x\" ], \"b\":{ \"a\":null}, \"c\":false } ";
    struct json_document document;
    const struct json_value *root;
    const struct json_value *list;
    const struct json_value *value;

    (void)state;
    read_text(&document, text);
    assert_int_equal(document.count, 8);
    root = json_root(&document);
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->name.length, 0);
    assert_int_equal(root->text.length, 0);
    assert_null(json_next(&document, root));

    list = json_member(&document, root, "a");
    assert_int_equal(list->type, JSON_ARRAY);
    assert_slice(list->name, "a");
    value = json_first(&document, list);
    assert_int_equal(value->type, JSON_NUMBER);
    assert_slice(value->text, "1");
    assert_int_equal(value->name.length, 0);
    value = json_next(&document, value);
    assert_int_equal(value->type, JSON_TRUE);
    value = json_next(&document, value);
    assert_int_equal(value->type, JSON_STRING);
    assert_slice(value->text, "x");
    assert_null(json_next(&document, value));

    value = json_next(&document, list);
    assert_slice(value->name, "b");
    assert_int_equal(json_member(&document, value, "a")->type, JSON_NULL);
    assert_null(json_member(&document, value, "b"));
    assert_int_equal(json_member(&document, root, "c")->type, JSON_FALSE);
    assert_null(json_member(&document, root, "d"));
    assert_null(json_member(&document, root, ""));
    assert_null(json_member(&document, list, "a"));
    json_document_finish(&document);
}

static void empty_containers_have_no_members(void **state)
{
    struct json_document document;

    (void)state;
    read_text(&document, "{}");
    assert_null(json_first(&document, json_root(&document)));
    assert_int_equal(json_read(&document, slice_of("[]")), FAIL_NONE);
    assert_null(json_first(&document, json_root(&document)));
    json_document_finish(&document);
}

static void strings_are_decoded(void **state)
{
    const char *text =
        "[\"plain\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\","
        "\"\\ud840\\udc00\\ud8bf\\udfff\","
        "\"\\u007f\\u0080\\u07ff\\u0800\\uffff\\ud800\\udc00\\udbff\\udfff\","
        "\"\xc3\xa9 and \\u00e9\",\"\"]";
    static const char *const DECODED[] = {
        "plain",
        "\"\\/\b\f\n\r\t",
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
        "\xf0\xa0\x80\x80\xf0\xbf\xbf\xbf",
        "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
        "\xc3\xa9 and \xc3\xa9",
        "",
    };
    struct json_document document;
    const struct json_value *value;
    size_t i = 0;

    (void)state;
    read_text(&document, text);
    for (value = json_first(&document, json_root(&document)); value != NULL;
         value = json_next(&document, value)) {
        assert_slice(value->text, DECODED[i++]);
    }
    assert_int_equal(i, sizeof(DECODED) / sizeof(DECODED[0]));
    json_document_finish(&document);
}

static void names_are_decoded(void **state)
{
    struct json_document document;

    (void)state;
    read_text(&document, "{\"\\u0063urrency\":\"CAD\",\"a\\nb\":1}");
    assert_slice(json_member(&document, json_root(&document), "currency")->text, "CAD");
    assert_slice(json_member(&document, json_root(&document), "a\nb")->text, "1");
    json_document_finish(&document);
}

static void plain_strings_are_not_copied(void **state)
{
    const char *text = "\"plain\"";
    struct json_document document;

    (void)state;
    read_text(&document, text);
    assert_ptr_equal(json_root(&document)->text.bytes, text + 1);
    assert_null(document.strings);
    json_document_finish(&document);
}

/* The room for decoded strings grows with the document. */
static void a_longer_document_may_follow_a_short_one(void **state)
{
    enum { BLANKS = 5000 };
    struct json_document document;
    char text[BLANKS + 4];

    (void)state;
    read_text(&document, "\"\\n\"");
    memset(text, ' ', BLANKS);
    memcpy(text + BLANKS, "\"\\t\"", 4);
    assert_int_equal(json_read(&document, slice_make(text, sizeof(text))), FAIL_NONE);
    assert_slice(json_root(&document)->text, "\t");
    assert_int_equal(json_read(&document, slice_of("\"\\n\"")), FAIL_NONE);
    assert_slice(json_root(&document)->text, "\n");
    json_document_finish(&document);
}

static void a_failed_reading_leaves_no_values(void **state)
{
    struct json_document document;

    (void)state;
    read_text(&document, "[1,2,3]");
    assert_int_equal(json_read(&document, slice_of("[1,2,3")), FAIL_INVALID);
    assert_int_equal(document.count, 0);
    assert_int_equal(json_read(&document, slice_of("[1]")), FAIL_NONE);
    assert_null(document.problem);
    assert_int_equal(document.count, 2);
    json_document_finish(&document);
}

static void a_text_without_bytes_is_refused(void **state)
{
    struct json_document document;

    (void)state;
    json_document_init(&document);
    assert_int_equal(json_read(&document, slice_make(NULL, 0)), FAIL_INVALID);
    assert_string_equal(document.problem, EARLY);
    json_document_finish(&document);
}

/* ---- numbers ---- */

struct integer_case {
    const char *text;
    int64_t minimum;
    int64_t maximum;
    enum fail fail;
    int64_t value;
};

static const struct integer_case INTEGER_CASES[] = {
    {"0", 0, 0, FAIL_NONE, 0},
    {"-0", 0, 0, FAIL_NONE, 0},
    {"1", 1, 16, FAIL_NONE, 1},
    {"16", 1, 16, FAIL_NONE, 16},
    {"17", 1, 16, FAIL_LIMIT, 0},
    {"0", 1, 16, FAIL_LIMIT, 0},
    {"-5", -5, 5, FAIL_NONE, -5},
    {"-6", -5, 5, FAIL_LIMIT, 0},
    {"9223372036854775807", INT64_MIN, INT64_MAX, FAIL_NONE, INT64_MAX},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, FAIL_NONE, INT64_MIN},
    {"9223372036854775808", INT64_MIN, INT64_MAX, FAIL_LIMIT, 0},
    {"-9223372036854775809", INT64_MIN, INT64_MAX, FAIL_LIMIT, 0},
    {"99999999999999999999999999999999", 0, INT64_MAX, FAIL_LIMIT, 0},
    {"1.0", 0, 9, FAIL_INVALID, 0},
    {"1e0", 0, 9, FAIL_INVALID, 0},
    {"1E0", 0, 9, FAIL_INVALID, 0},
    {"\"1\"", 0, 9, FAIL_INVALID, 0},
    {"\"-1\"", -9, 9, FAIL_INVALID, 0},
    {"true", 0, 9, FAIL_INVALID, 0},
    {"null", 0, 9, FAIL_INVALID, 0},
    {"[1]", 0, 9, FAIL_INVALID, 0},
    {"{}", 0, 9, FAIL_INVALID, 0},
};

static void whole_numbers_keep_their_bounds(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(INTEGER_CASES) / sizeof(INTEGER_CASES[0]); i++) {
        const struct integer_case *row = &INTEGER_CASES[i];
        struct json_document document;
        int64_t value = 77;

        read_text(&document, row->text);
        assert_int_equal(json_to_integer(json_root(&document), row->minimum, row->maximum, &value),
                         row->fail);
        assert_true(value == (row->fail == FAIL_NONE ? row->value : 77));
        json_document_finish(&document);
    }
}

/* An amount as text, written into a body and read from it, is the same text. */
static void check_amount(struct json_document *document, struct buf *body, struct slice amount)
{
    buf_clear(body);
    json_open_object(body, NULL);
    json_add_text(body, "currency", "CAD");
    json_add_raw(body, "transactionAmount", amount);
    json_close_object(body);
    assert_int_equal(buf_fail(body), FAIL_NONE);
    assert_int_equal(json_read(document, buf_view(body)), FAIL_NONE);
    assert_true(slice_equals(json_member(document, json_root(document), "transactionAmount")->text,
                             amount));
}

static void every_amount_keeps_its_text(void **state)
{
    struct json_document document;
    struct buf body;
    unsigned cents;

    (void)state;
    json_document_init(&document);
    buf_init(&body, 256);
    for (cents = 1; cents <= AMOUNT_LAST_CENTS; cents++) {
        char text[16];
        size_t length;

        assert_true(text_format(text, sizeof(text), "%u.%02u", cents / 100, cents % 100));
        length = strlen(text);
        check_amount(&document, &body, slice_make(text, length));
        if (cents % 10 == 0) { /* also without its trailing zeros: 52.5, 1 */
            length -= cents % 100 == 0 ? 3 : 1;
            check_amount(&document, &body, slice_make(text, length));
        }
    }
    buf_finish(&body);
    json_document_finish(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_its_verdict),
        cmocka_unit_test(a_used_document_gives_the_same_verdicts),
        cmocka_unit_test(every_start_of_a_document_is_refused),
        cmocka_unit_test(values_are_found_by_name_and_in_order),
        cmocka_unit_test(empty_containers_have_no_members),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(names_are_decoded),
        cmocka_unit_test(plain_strings_are_not_copied),
        cmocka_unit_test(a_longer_document_may_follow_a_short_one),
        cmocka_unit_test(a_failed_reading_leaves_no_values),
        cmocka_unit_test(a_text_without_bytes_is_refused),
        cmocka_unit_test(whole_numbers_keep_their_bounds),
        cmocka_unit_test(every_amount_keeps_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
