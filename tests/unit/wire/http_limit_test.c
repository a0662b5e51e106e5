/* Every limit of a request head, at it and one past it, cut in several ways. */
#include "wire/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/wire/http_run.h"

enum { BYTES_MAX = 64 * 1024 };

static const size_t STEPS[] = {1 << 20, 1, 7, 1000, 1460, 4096, 8191, 16383, 16384, 16385};

static void fill(struct buf *out, char byte, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        buf_byte(out, byte);
    }
}

/* Followed by the canary and cut in pieces of each size, the bytes (taken
 * over and freed) must be refused with `status`, or for 0 served. */
static void expect_status(struct buf *bytes, int status)
{
    size_t i;

    buf_text(bytes, RUN_CANARY);
    assert_int_equal(buf_fail(bytes), FAIL_NONE);
    for (i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
        struct run run = run_pieces(buf_view(bytes), STEPS[i], STEPS[i]);

        if (run.status != status || run.canaries != (status == 0 ? 1 : 0)) {
            fail_msg("in pieces of %zu: status %d, %zu requests", STEPS[i], run.status,
                     run.requests);
        }
    }
    buf_finish(bytes);
}

static struct buf with_target(size_t length)
{
    struct buf bytes;

    buf_init(&bytes, BYTES_MAX);
    buf_text(&bytes, "GET /");
    fill(&bytes, 'a', length - 1);
    buf_text(&bytes, " HTTP/1.1\r\nHost: a\r\n\r\n");
    return bytes;
}

static void a_target_of_8_kb_is_served_and_one_more_is_414(void **state)
{
    struct buf bytes = with_target(HTTP_TARGET_MAX);

    (void)state;
    expect_status(&bytes, 0);
    bytes = with_target(HTTP_TARGET_MAX + 1);
    expect_status(&bytes, 414);
    bytes = with_target(HTTP_HEAD_MAX * 2);
    expect_status(&bytes, 414);
}

static struct buf with_headers(size_t count)
{
    struct buf bytes;
    size_t i;

    buf_init(&bytes, BYTES_MAX);
    buf_text(&bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (i = 1; i < count; i++) {
        buf_format(&bytes, "X-%zu: %zu\r\n", i, i);
    }
    buf_text(&bytes, "\r\n");
    return bytes;
}

static void sixty_four_headers_are_served_and_one_more_is_431(void **state)
{
    struct buf bytes = with_headers(HTTP_HEADERS_MAX);

    (void)state;
    expect_status(&bytes, 0);
    bytes = with_headers(HTTP_HEADERS_MAX + 1);
    expect_status(&bytes, 431);
}

static struct buf with_head_of(size_t length, const char *before)
{
    struct buf bytes;

    buf_init(&bytes, BYTES_MAX);
    buf_text(&bytes, before);
    buf_text(&bytes, "GET / HTTP/1.1\r\nHost: a\r\napi-token: ");
    fill(&bytes, 'a', length - bytes.length - 4);
    buf_text(&bytes, "\r\n\r\n");
    assert_int_equal(bytes.length, length);
    return bytes;
}

static void a_head_of_16_kb_is_served_and_one_more_is_431(void **state)
{
    struct buf bytes = with_head_of(HTTP_HEAD_MAX, "");

    (void)state;
    expect_status(&bytes, 0);
    bytes = with_head_of(HTTP_HEAD_MAX, "\r\n\r\n");
    expect_status(&bytes, 0);
    bytes = with_head_of(HTTP_HEAD_MAX + 1, "");
    expect_status(&bytes, 431);
    bytes = with_head_of(HTTP_HEAD_MAX + 1, "\r\n");
    expect_status(&bytes, 431);
    bytes = with_head_of(BYTES_MAX - 1000, "");
    expect_status(&bytes, 431);
}

static void a_full_buffer_without_an_end_is_refused_at_once(void **state)
{
    struct buf bytes = with_head_of(HTTP_HEAD_MAX + 1, "");
    static struct http_head head;
    struct http_refusal refusal = {0, NULL};
    size_t used;

    (void)state;
    assert_int_equal(
        http_head_read(&head, slice_make(bytes.bytes, HTTP_HEAD_MAX - 1), &used, &refusal),
        HTTP_MORE);
    assert_int_equal(http_head_read(&head, slice_make(bytes.bytes, HTTP_HEAD_MAX), &used, &refusal),
                     HTTP_REFUSED);
    assert_int_equal(refusal.status, 431);
    buf_finish(&bytes);
}

static struct buf with_host(size_t length)
{
    struct buf bytes;

    buf_init(&bytes, BYTES_MAX);
    buf_text(&bytes, "GET / HTTP/1.1\r\nHost: ");
    fill(&bytes, 'a', length);
    buf_text(&bytes, "\r\n\r\n");
    return bytes;
}

static void a_host_of_255_bytes_is_served_and_one_more_is_400(void **state)
{
    struct buf bytes = with_host(255);

    (void)state;
    expect_status(&bytes, 0);
    bytes = with_host(256);
    expect_status(&bytes, 400);
}

static void a_token_of_10_kb_is_a_header_like_others(void **state)
{
    struct buf bytes = with_head_of(10 * 1024, "");

    (void)state;
    expect_status(&bytes, 0);
}

static void an_earlier_fault_comes_before_a_limit(void **state)
{
    struct buf bytes;

    (void)state;
    buf_init(&bytes, BYTES_MAX);
    buf_text(&bytes, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nX: ");
    fill(&bytes, 'a', HTTP_HEAD_MAX);
    expect_status(&bytes, 400);
    buf_init(&bytes, BYTES_MAX);
    buf_text(&bytes, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nX: ");
    fill(&bytes, 'a', HTTP_HEAD_MAX);
    expect_status(&bytes, 431); /* the coding is judged at the end of the head */
}

static void a_body_of_64_kb_is_served_in_both_forms(void **state)
{
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 2 * BYTES_MAX);
    buf_text(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n");
    fill(&bytes, 'a', HTTP_BODY_MAX);
    expect_status(&bytes, 0);
    buf_init(&bytes, 2 * BYTES_MAX);
    buf_text(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n");
    fill(&bytes, 'a', 0x8000);
    buf_text(&bytes, "\r\n8000\r\n");
    fill(&bytes, 'a', 0x8000);
    buf_text(&bytes, "\r\n0\r\n\r\n");
    expect_status(&bytes, 0);
    buf_init(&bytes, 2 * BYTES_MAX);
    buf_text(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n");
    fill(&bytes, 'a', HTTP_BODY_MAX);
    buf_text(&bytes, "\r\n1\r\na\r\n0\r\n\r\n");
    expect_status(&bytes, 413);
}

static void a_thousand_requests_in_a_row_are_all_read(void **state)
{
    struct buf bytes;
    struct run run;
    int i;

    (void)state;
    buf_init(&bytes, BYTES_MAX);
    for (i = 0; i < 1000; i++) {
        buf_text(&bytes, RUN_CANARY);
    }
    run = run_pieces(buf_view(&bytes), 1460, 1460);
    assert_int_equal(run.canaries, 1000);
    assert_int_equal(run.status, 0);
    buf_finish(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_of_8_kb_is_served_and_one_more_is_414),
        cmocka_unit_test(sixty_four_headers_are_served_and_one_more_is_431),
        cmocka_unit_test(a_head_of_16_kb_is_served_and_one_more_is_431),
        cmocka_unit_test(a_full_buffer_without_an_end_is_refused_at_once),
        cmocka_unit_test(a_host_of_255_bytes_is_served_and_one_more_is_400),
        cmocka_unit_test(a_token_of_10_kb_is_a_header_like_others),
        cmocka_unit_test(an_earlier_fault_comes_before_a_limit),
        cmocka_unit_test(a_body_of_64_kb_is_served_in_both_forms),
        cmocka_unit_test(a_thousand_requests_in_a_row_are_all_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
