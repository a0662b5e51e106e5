/* Answers, written and read. */
#include "wire/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct http_answer answer;
static struct http_refusal refusal;

static struct buf written(int status, size_t length)
{
    struct buf out;

    buf_init(&out, 1024);
    http_answer_start(&out, status);
    http_answer_header(&out, "X", "a b");
    http_answer_end(&out, status, length);
    assert_int_equal(buf_fail(&out), FAIL_NONE);
    return out;
}

static void expect_written(int status, size_t length, const char *text)
{
    struct buf out = written(status, length);

    assert_true(slice_is(buf_view(&out), text));
    buf_finish(&out);
}

static void an_answer_is_written_with_its_length(void **state)
{
    (void)state;
    expect_written(202, 0, "HTTP/1.1 202 Accepted\r\nX: a b\r\nContent-Length: 0\r\n\r\n");
    expect_written(200, 15, "HTTP/1.1 200 OK\r\nX: a b\r\nContent-Length: 15\r\n\r\n");
    expect_written(299, 1, "HTTP/1.1 299 Unknown\r\nX: a b\r\nContent-Length: 1\r\n\r\n");
}

static void an_answer_without_a_body_has_no_length(void **state)
{
    (void)state;
    expect_written(100, 0, "HTTP/1.1 100 Continue\r\nX: a b\r\n\r\n");
    expect_written(101, 0, "HTTP/1.1 101 Switching Protocols\r\nX: a b\r\n\r\n");
    expect_written(204, 0, "HTTP/1.1 204 No Content\r\nX: a b\r\n\r\n");
    expect_written(304, 0, "HTTP/1.1 304 Not Modified\r\nX: a b\r\n\r\n");
}

static void expect_header_failure(const char *name, const char *value)
{
    struct buf out;

    buf_init(&out, 1024);
    http_answer_header(&out, name, value);
    assert_int_equal(buf_fail(&out), FAIL_INVALID);
    assert_int_equal(out.length, 0);
    buf_finish(&out);
}

static void a_header_that_would_become_two_is_never_written(void **state)
{
    (void)state;
    expect_header_failure("X", "a\r\nY: b");
    expect_header_failure("X", "a\nY: b");
    expect_header_failure("X", "a\rb");
    expect_header_failure("X", "\x7f");
    expect_header_failure("X: a\r\nY", "b");
    expect_header_failure("X Y", "b");
    expect_header_failure("", "b");
}

static void each_status_has_its_text(void **state)
{
    (void)state;
    assert_string_equal(http_status_text(202), "Accepted");
    assert_string_equal(http_status_text(431), "Request Header Fields Too Large");
    assert_string_equal(http_status_text(99), "Unknown");
}

/* 0 when it is done (at its end, or before `extra` bytes), -1 for more. */
static int status_of(struct slice bytes, size_t extra)
{
    size_t used = 0;
    enum http_progress progress = http_answer_read(&answer, bytes, &used, &refusal);

    if (progress == HTTP_DONE) {
        assert_int_equal(used + extra, bytes.length);
        return 0;
    }
    return progress == HTTP_MORE ? -1 : refusal.status;
}

#define UPGRADED "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"

static void an_answer_is_read(void **state)
{
    const char *text = UPGRADED "Sec-WebSocket-Accept:  abc= \r\n\r\n";
    size_t length;

    (void)state;
    assert_int_equal(status_of(slice_of(text), 0), 0);
    assert_int_equal(answer.status, 101);
    assert_int_equal(answer.header_count, 2);
    assert_true(slice_is(http_answer_value(&answer, "sec-websocket-accept"), "abc="));
    assert_null(http_answer_value(&answer, "Connection").bytes);
    for (length = 0; length < strlen(text); length++) {
        assert_int_equal(status_of(slice_make(text, length), 0), -1);
    }
    assert_int_equal(status_of(slice_of(UPGRADED "\r\n\x81\x05hello"), 7), 0);
    assert_int_equal(status_of(slice_of("HTTP/1.0 404 \r\nContent-Length: 5\r\n\r\n"), 0), 0);
    assert_int_equal(status_of(slice_of("HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n"), 0), 0);
    assert_int_equal(status_of(slice_of("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n"), 0), 0);
}

/* Whole, and growing byte by byte until the refusal. */
static void expect_refused(struct slice bytes)
{
    size_t length;
    int status = -1;

    assert_int_equal(status_of(bytes, 0), 400);
    for (length = 0; length <= bytes.length && status == -1; length++) {
        status = status_of(slice_make(bytes.bytes, length), 0);
    }
    assert_int_equal(status, 400);
}

static void a_broken_answer_is_refused(void **state)
{
    static const char *const texts[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "HTTP/2.0 101 X\r\n\r\n",
        "HTTP/1.2 101 X\r\n\r\n",
        "http/1.1 101 X\r\n\r\n",
        "HTTP/1.1  101 X\r\n\r\n",
        "HTTP/1.1 101\r\n\r\n",
        "HTTP/1.1 1010 X\r\n\r\n",
        "HTTP/1.1 10 X\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 600 X\r\n\r\n",
        "HTTP/1.1 101 X\n\r\n",
        "HTTP/1.1 101 X\rY\r\n\r\n",
        "HTTP/1.1 101 X\x01\r\n\r\n",
        "\r\nHTTP/1.1 101 X\r\n\r\n",
        UPGRADED " folded\r\n\r\n",
        UPGRADED "X : a\r\n\r\n",
        UPGRADED "X: a\n\r\n",
        UPGRADED "X\r\n\r\n",
        UPGRADED "Content-Length: 5\r\n\r\n",
        UPGRADED "Transfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        expect_refused(slice_of(texts[i]));
    }
    expect_refused(slice_make(UPGRADED "X: a\0b\r\n\r\n", sizeof(UPGRADED "X: a\0b\r\n\r\n") - 1));
}

static void an_answer_has_the_limits_of_a_request(void **state)
{
    struct buf bytes;
    int i;

    (void)state;
    buf_init(&bytes, (size_t)2 * HTTP_HEAD_MAX);
    buf_text(&bytes, UPGRADED);
    for (i = 1; i < HTTP_HEADERS_MAX; i++) {
        buf_text(&bytes, "X: a\r\n");
    }
    assert_int_equal(status_of(buf_view(&bytes), 0), -1);
    buf_text(&bytes, "X: a\r\n");
    assert_int_equal(status_of(buf_view(&bytes), 0), 431);
    buf_clear(&bytes);
    buf_text(&bytes, UPGRADED "X: ");
    while (bytes.length < HTTP_HEAD_MAX - 4) {
        buf_byte(&bytes, 'a');
    }
    buf_text(&bytes, "\r\n\r\n");
    assert_int_equal(status_of(buf_view(&bytes), 0), 0);
    bytes.bytes[HTTP_HEAD_MAX - 4] = 'a';
    buf_text(&bytes, "\r\n\r\n");
    bytes.bytes[HTTP_HEAD_MAX - 3] = 'a';
    bytes.bytes[HTTP_HEAD_MAX - 2] = 'a';
    bytes.bytes[HTTP_HEAD_MAX - 1] = 'a';
    assert_int_equal(status_of(buf_view(&bytes), 0), 431);
    buf_finish(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_written_with_its_length),
        cmocka_unit_test(an_answer_without_a_body_has_no_length),
        cmocka_unit_test(a_header_that_would_become_two_is_never_written),
        cmocka_unit_test(each_status_has_its_text),
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(a_broken_answer_is_refused),
        cmocka_unit_test(an_answer_has_the_limits_of_a_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
