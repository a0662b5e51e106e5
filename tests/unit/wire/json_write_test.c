/* The JSON writer: commas, escapes, repairs of what is not UTF-8, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/json.h"
#include "wire/json_write.h"

enum { OUT_MAX = 65536 };

/* U+FFFD, once and twice. */
#define BAD "\xef\xbf\xbd"
#define BAD2 BAD BAD

static void assert_written(struct buf *out, const char *expected)
{
    assert_int_equal(buf_fail(out), FAIL_NONE);
    assert_int_equal(out->length, strlen(expected));
    assert_memory_equal(out->bytes, expected, out->length);
    buf_finish(out);
}

static void fields_are_separated_by_commas(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    json_open_object(&out, NULL);
    json_add_text(&out, "text", "a");
    json_add_integer(&out, "integer", -5);
    json_add_bool(&out, "yes", true);
    json_add_bool(&out, "no", false);
    json_add_null(&out, "nothing");
    json_add_raw(&out, "amount", slice_of("52.5"));
    json_add_slice(&out, "slice", slice_make("bcd", 2));
    json_add_text(&out, "absent", NULL);
    json_close_object(&out);
    assert_written(&out, "{\"text\":\"a\",\"integer\":-5,\"yes\":true,\"no\":false,"
                         "\"nothing\":null,\"amount\":52.5,\"slice\":\"bc\",\"absent\":null}");
}

/* Every kind of value stands once before every other kind. */
static void add_kind(struct buf *out, size_t kind)
{
    switch (kind) {
    case 0:
        json_add_text(out, NULL, "");
        break;
    case 1:
        json_add_integer(out, NULL, 0);
        break;
    case 2:
        json_add_bool(out, NULL, true);
        break;
    case 3:
        json_add_bool(out, NULL, false);
        break;
    case 4:
        json_add_null(out, NULL);
        break;
    case 5:
        json_add_raw(out, NULL, slice_of(" [9] \r\n\t"));
        break;
    case 6:
        json_open_object(out, NULL);
        json_close_object(out);
        break;
    default:
        json_open_array(out, NULL);
        json_close_array(out);
        break;
    }
}

static void any_value_may_follow_any_other(void **state)
{
    enum { KINDS = 8 };
    size_t first;
    size_t second;

    (void)state;
    for (first = 0; first < KINDS; first++) {
        for (second = 0; second < KINDS; second++) {
            struct json_document document;
            struct buf out;

            buf_init(&out, OUT_MAX);
            json_open_array(&out, NULL);
            add_kind(&out, first);
            add_kind(&out, second);
            json_close_array(&out);
            json_document_init(&document);
            assert_int_equal(json_read(&document, buf_view(&out)), FAIL_NONE);
            assert_int_equal(document.count, 3 + (first == 5) + (second == 5));
            json_document_finish(&document);
            buf_finish(&out);
        }
    }
}

static void containers_nest(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    json_open_object(&out, NULL);
    json_open_array(&out, "errors");
    json_add_text(&out, NULL, "a");
    json_add_text(&out, NULL, "b");
    json_open_object(&out, NULL);
    json_close_object(&out);
    json_open_array(&out, NULL);
    json_add_integer(&out, NULL, 1);
    json_close_array(&out);
    json_close_array(&out);
    json_open_object(&out, "data");
    json_open_object(&out, "inner");
    json_close_object(&out);
    json_add_integer(&out, "last", 2);
    json_close_object(&out);
    json_close_object(&out);
    assert_written(&out, "{\"errors\":[\"a\",\"b\",{},[1]],\"data\":{\"inner\":{},\"last\":2}}");
}

static void a_document_may_follow_a_head_or_a_line(void **state)
{
    static const char *const BEFORE[] = {"HTTP/1.1 200 OK\r\n\r\n", "data: ", "{}\n"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(BEFORE) / sizeof(BEFORE[0]); i++) {
        struct buf out;
        char expected[64];

        buf_init(&out, OUT_MAX);
        buf_text(&out, BEFORE[i]);
        json_open_object(&out, NULL);
        json_close_object(&out);
        assert_true(text_format(expected, sizeof(expected), "%s{}", BEFORE[i]));
        assert_written(&out, expected);
    }
}

static void integers_have_their_whole_range(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    json_open_array(&out, NULL);
    json_add_integer(&out, NULL, INT64_MIN);
    json_add_integer(&out, NULL, 0);
    json_add_integer(&out, NULL, INT64_MAX);
    json_close_array(&out);
    assert_written(&out, "[-9223372036854775808,0,9223372036854775807]");
}

struct text_case {
    const char *text;
    const char *written; /* between the quotation marks */
};

static const struct text_case TEXT_CASES[] = {
    {"", ""},
    {"device with code JSV5 not listening", "device with code JSV5 not listening"},
    {"\"", "\\\""},
    {"\\", "\\\\"},
    {"a\"b\\c", "a\\\"b\\\\c"},
    {"\b\f\n\r\t", "\\b\\f\\n\\r\\t"},
    {"\x01\x0b\x1f", "\\u0001\\u000b\\u001f"},
    {"\x7f", "\x7f"},
    {"/", "/"},
    {"'", "'"},
    {"</script>", "\\u003c/script\\u003e"},
    {"<!--", "\\u003c!--"},
    {"a&b", "a\\u0026b"},
    {"\xc3\xa9", "\xc3\xa9"},
    {"\xe2\x80\xa8", "\\u2028"},
    {"\xe2\x80\xa9", "\\u2029"},
    {"\xe2\x80\xa7\xe2\x80\xaa", "\xe2\x80\xa7\xe2\x80\xaa"},
    {"\xe2\x81\xa8", "\xe2\x81\xa8"},
    {"\xe1\x80\xa8", "\xe1\x80\xa8"},
    {"\xef\xbf\xbf", "\xef\xbf\xbf"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"},
    {"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"},
    {"\xf0\x90\x80\x80\xf3\xbf\xbf\xbf", "\xf0\x90\x80\x80\xf3\xbf\xbf\xbf"},

    /* What is not UTF-8: one replacement for each maximal part. */
    {"\x80", BAD},
    {"a\xff"
     "b",
     "a" BAD "b"},
    {"\xc0\x80", BAD2},
    {"\xc1\xbf", BAD2},
    {"\xc3", BAD},
    {"\xc3(", BAD "("},
    {"\xc3\xc3\xa9", BAD "\xc3\xa9"},
    {"\xe2\x82", BAD},
    {"\xe2\x82\"", BAD "\\\""},
    {"\xe2\x82\xc3\xa9", BAD "\xc3\xa9"},
    {"\xe0\x9f\xbf", BAD2 BAD},
    {"\xed\xa0\x80", BAD2 BAD},
    {"\xed\xbf\xbf", BAD2 BAD},
    {"\xf0\x9f\x98", BAD},
    {"\xf0\x9f\x98"
     "a",
     BAD "a"},
    {"\xf0\x9f", BAD},
    {"\xf0\x8f\xbf\xbf", BAD2 BAD2},
    {"\xf4\x90\x80\x80", BAD2 BAD2},
    {"\xf5\x80\x80\x80", BAD2 BAD2},
    {"\xf8\x88\x80\x80\x80", BAD2 BAD2 BAD},
    {"\xfe\xff", BAD2},
    /* The example of Unicode 15, table 3-11. */
    {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", BAD2 BAD2 "A"},
};

static void texts_are_escaped_and_repaired(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(TEXT_CASES) / sizeof(TEXT_CASES[0]); i++) {
        const struct text_case *row = &TEXT_CASES[i];
        char expected[128];
        struct buf out;

        buf_init(&out, OUT_MAX);
        json_add_text(&out, NULL, row->text);
        assert_true(text_format(expected, sizeof(expected), "\"%s\"", row->written));
        assert_written(&out, expected);
    }
}

static void a_zero_byte_is_escaped(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    json_add_slice(&out, NULL, slice_make("a\0b", 3));
    assert_written(&out, "\"a\\u0000b\"");
}

/* What stands behind a slice does not complete its last character. */
static void a_slice_ends_where_it_ends(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    json_open_array(&out, NULL);
    json_add_slice(&out, NULL, slice_make("\xc3\xa9", 1));
    json_add_slice(&out, NULL, slice_make("\xe2\x82\xac", 2));
    json_add_slice(&out, NULL, slice_make("\xf0\x9f\x98\x80", 3));
    json_close_array(&out);
    assert_written(&out, "[\"" BAD "\",\"" BAD "\",\"" BAD "\"]");
}

static void an_empty_slice_is_an_empty_text(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    json_add_slice(&out, NULL, slice_make(NULL, 0));
    assert_written(&out, "\"\"");
}

/* What was written reads back as it was: every code point of the BMP that is
 * a character, and some above it. */
static void every_code_point_comes_back(void **state)
{
    uint32_t code;

    (void)state;
    for (code = 1; code < 0x10ffff; code += code < 0x10000 ? 1 : 997) {
        struct json_document document;
        struct buf escaped;
        struct buf out;

        if (code >= 0xd800 && code <= 0xdfff) {
            continue;
        }
        buf_init(&escaped, OUT_MAX);
        buf_init(&out, OUT_MAX);
        if (code < 0x10000) {
            buf_format(&escaped, "\"\\u%04x\"", code);
        } else {
            buf_format(&escaped, "\"\\u%04x\\u%04x\"", 0xd800 + ((code - 0x10000) >> 10),
                       0xdc00 + (code & 0x3ff));
        }
        json_document_init(&document);
        assert_int_equal(json_read(&document, buf_view(&escaped)), FAIL_NONE);
        json_add_slice(&out, NULL, json_root(&document)->text);
        buf_clear(&escaped);
        buf_slice(&escaped, json_root(&document)->text);
        assert_int_equal(json_read(&document, buf_view(&out)), FAIL_NONE);
        assert_true(slice_equals(json_root(&document)->text, buf_view(&escaped)));
        json_document_finish(&document);
        buf_finish(&escaped);
        buf_finish(&out);
    }
}

static void a_full_buffer_is_told_once_at_the_end(void **state)
{
    struct buf out;
    size_t i;

    (void)state;
    buf_init(&out, 16);
    json_open_object(&out, NULL);
    for (i = 0; i < 10; i++) {
        json_add_text(&out, "name", "v");
        json_open_array(&out, "list");
        json_close_array(&out);
    }
    json_close_object(&out);
    assert_int_equal(buf_fail(&out), FAIL_LIMIT);
    assert_true(out.length <= 16);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_separated_by_commas),
        cmocka_unit_test(any_value_may_follow_any_other),
        cmocka_unit_test(containers_nest),
        cmocka_unit_test(a_document_may_follow_a_head_or_a_line),
        cmocka_unit_test(integers_have_their_whole_range),
        cmocka_unit_test(texts_are_escaped_and_repaired),
        cmocka_unit_test(a_zero_byte_is_escaped),
        cmocka_unit_test(a_slice_ends_where_it_ends),
        cmocka_unit_test(an_empty_slice_is_an_empty_text),
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(a_full_buffer_is_told_once_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
