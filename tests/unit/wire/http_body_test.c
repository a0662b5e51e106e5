/* Bodies: what they hold, however they are cut, and what they may cost. */
#include "wire/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT = 1024 };

struct reading {
    enum http_progress progress;
    size_t used;
    int status;
    struct buf out;
};

static struct http_head head_of(bool chunked, uint64_t length)
{
    return (struct http_head){.chunked = chunked, .has_length = !chunked, .length = length};
}

/* Reads a chunked body in pieces of `step` bytes. The caller frees `out`. */
static struct reading chunked_reading(struct slice bytes, size_t step, size_t limit)
{
    struct http_head head = head_of(true, 0);
    struct http_refusal refusal = {0, NULL};
    struct reading reading = {.used = 0};
    struct http_body body;

    buf_init(&reading.out, LIMIT * LIMIT);
    reading.progress = http_body_start(&body, &head, limit, &refusal);
    while (reading.progress == HTTP_MORE && reading.used < bytes.length) {
        size_t left = bytes.length - reading.used;
        struct slice piece = slice_make(bytes.bytes + reading.used, left < step ? left : step);
        size_t used = 0;

        reading.progress = http_body_read(&body, piece, &used, &reading.out, &refusal);
        reading.used += used;
    }
    reading.status = refusal.status;
    return reading;
}

static void expect_content(const char *text, const char *content, size_t used)
{
    size_t step;

    for (step = 1; step <= strlen(text); step++) {
        struct reading reading = chunked_reading(slice_of(text), step, LIMIT);

        assert_int_equal(reading.progress, HTTP_DONE);
        assert_int_equal(reading.used, used);
        assert_true(slice_is(buf_view(&reading.out), content));
        buf_finish(&reading.out);
    }
}

static void expect_refusal(struct slice bytes, int status)
{
    size_t step;

    for (step = 1; step <= bytes.length; step += step < 64 ? 1 : 97) {
        struct reading reading = chunked_reading(bytes, step, LIMIT);

        assert_int_equal(reading.progress, HTTP_REFUSED);
        assert_int_equal(reading.status, status);
        buf_finish(&reading.out);
    }
}

static void chunks_are_put_together(void **state)
{
    (void)state;
    expect_content("5\r\nhello\r\n6;a=\"b\"\r\n world\r\n00\r\n\r\nGET /", "hello world", 33);
    expect_content("0\r\nX: a\r\nY:\r\n\r\nrest", "", 15);
    expect_content("a\r\n\r\n0\r\n\r\nabc\r\n0\r\n\r\n", "\r\n0\r\n\r\nabc", 20);
}

static void a_body_of_known_length_takes_exactly_that(void **state)
{
    struct http_head head = head_of(false, 5);
    struct http_refusal refusal;
    struct http_body body;
    struct buf out;
    size_t used;

    (void)state;
    buf_init(&out, LIMIT);
    assert_int_equal(http_body_start(&body, &head, LIMIT, &refusal), HTTP_MORE);
    assert_int_equal(http_body_read(&body, slice_of("he"), &used, &out, &refusal), HTTP_MORE);
    assert_int_equal(used, 2);
    assert_int_equal(http_body_read(&body, slice_make("", 0), &used, &out, &refusal), HTTP_MORE);
    assert_int_equal(used, 0);
    assert_int_equal(http_body_read(&body, slice_of("lloGET"), &used, &out, &refusal), HTTP_DONE);
    assert_int_equal(used, 3);
    assert_true(slice_is(buf_view(&out), "hello"));
    assert_int_equal(http_body_read(&body, slice_of("GET"), &used, &out, &refusal), HTTP_DONE);
    assert_int_equal(used, 0);
    buf_finish(&out);
}

static void no_length_and_length_zero_are_no_body(void **state)
{
    struct http_head head = head_of(false, 0);
    struct http_refusal refusal;
    struct http_body body;

    (void)state;
    assert_int_equal(http_body_start(&body, &head, LIMIT, &refusal), HTTP_DONE);
    head.has_length = false;
    assert_int_equal(http_body_start(&body, &head, 0, &refusal), HTTP_DONE);
}

static void an_announced_length_above_the_limit_is_413(void **state)
{
    struct http_head head = head_of(false, LIMIT);
    struct http_refusal refusal;
    struct http_body body;

    (void)state;
    assert_int_equal(http_body_start(&body, &head, LIMIT, &refusal), HTTP_MORE);
    head.length = LIMIT + 1;
    assert_int_equal(http_body_start(&body, &head, LIMIT, &refusal), HTTP_REFUSED);
    assert_int_equal(refusal.status, 413);
    head.length = UINT64_MAX;
    assert_int_equal(http_body_start(&body, &head, LIMIT, &refusal), HTTP_REFUSED);
    assert_int_equal(refusal.status, 413);
}

static void content_may_be_dropped(void **state)
{
    struct http_head head = head_of(true, 0);
    struct slice bytes = slice_of("5\r\nhello\r\n0\r\n\r\n");
    struct http_refusal refusal;
    struct http_body body;
    size_t used;

    (void)state;
    assert_int_equal(http_body_start(&body, &head, LIMIT, &refusal), HTTP_MORE);
    assert_int_equal(http_body_read(&body, bytes, &used, NULL, &refusal), HTTP_DONE);
    assert_int_equal(used, bytes.length);
    assert_int_equal(body.taken, 5);
    assert_int_equal(http_body_read(&body, bytes, &used, NULL, &refusal), HTTP_DONE);
    assert_int_equal(used, 0);
}

static void chunks_past_the_limit_are_413(void **state)
{
    struct reading reading = chunked_reading(slice_of("400\r\n"), 9, LIMIT);

    (void)state;
    assert_int_equal(reading.progress, HTTP_MORE);
    buf_finish(&reading.out);
    expect_refusal(slice_of("401\r\n"), 413);
    expect_refusal(slice_of("5\r\nhello\r\n3fc\r\n"), 413);
    expect_refusal(slice_of("5\r\nhello\r\nffffffffffffffff\r\n"), 413);
    expect_refusal(slice_of("5\r\nhello\r\nfffffffffffffffb\r\n"), 413);
}

/* `before`, `count` times `unit`, `after`. */
static struct buf repeated(const char *before, const char *unit, size_t count, const char *after)
{
    struct buf bytes;
    size_t i;

    buf_init(&bytes, LIMIT * LIMIT);
    buf_text(&bytes, before);
    for (i = 0; i < count; i++) {
        buf_text(&bytes, unit);
    }
    buf_text(&bytes, after);
    return bytes;
}

static void expect_limit(struct buf bytes, bool is_past)
{
    if (is_past) {
        expect_refusal(buf_view(&bytes), 400);
    } else {
        struct reading reading = chunked_reading(buf_view(&bytes), 7, LIMIT);

        assert_int_equal(reading.progress, HTTP_DONE);
        buf_finish(&reading.out);
    }
    buf_finish(&bytes);
}

static void one_line_has_512_bytes_of_extension_or_trailer(void **state)
{
    (void)state;
    expect_limit(repeated("0;", "a", 512, "\r\n\r\n"), false);
    expect_limit(repeated("0;", "a", 513, "\r\n\r\n"), true);
    expect_limit(repeated("0\r\nX:", "a", 511, "\r\n\r\n"), false);
    expect_limit(repeated("0\r\nX:", "a", 512, "\r\n\r\n"), true);
    expect_limit(repeated("0\r\n", "a", 512, ":\r\n\r\n"), false);
    expect_limit(repeated("0\r\n", "a", 513, ":\r\n\r\n"), true);
}

static void all_extensions_and_trailers_together_have_8_kb(void **state)
{
    static const char chunk[] = "1;abcdefgh\r\na\r\n";
    static const char trailer[] = "abcdefg:h\r\n";

    (void)state;
    expect_limit(repeated("", chunk, 1023, "0;abcdefgh\r\n\r\n"), false);
    expect_limit(repeated("", chunk, 1023, "0;abcdefghi\r\n\r\n"), true);
    expect_limit(repeated("0\r\n", trailer, 1024, "\r\n"), false);
    expect_limit(repeated("0\r\n", trailer, 1024, "X:\r\n\r\n"), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_put_together),
        cmocka_unit_test(a_body_of_known_length_takes_exactly_that),
        cmocka_unit_test(no_length_and_length_zero_are_no_body),
        cmocka_unit_test(an_announced_length_above_the_limit_is_413),
        cmocka_unit_test(content_may_be_dropped),
        cmocka_unit_test(chunks_past_the_limit_are_413),
        cmocka_unit_test(one_line_has_512_bytes_of_extension_or_trailer),
        cmocka_unit_test(all_extensions_and_trailers_together_have_8_kb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
