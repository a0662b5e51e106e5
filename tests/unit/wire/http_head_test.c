/* Request heads: the whole table of cases, cut in every way, and then what a
 * served head says. */
#include "wire/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/wire/http_cases.h"
#include "unit/wire/http_run.h"

static struct http_head head;
static struct http_refusal refusal;

/* The status of `text` read whole: 0 when it is done, -1 when more is needed. */
static int status_of(struct slice bytes)
{
    size_t used = 0;
    enum http_progress progress = http_head_read(&head, bytes, &used, &refusal);

    if (progress == HTTP_DONE) {
        assert_int_equal(used, bytes.length);
        return 0;
    }
    return progress == HTTP_MORE ? -1 : refusal.status;
}

static void read_head(const char *text)
{
    int status = status_of(slice_of(text));

    if (status != 0) {
        fail_msg("%d %s: %s", status, status > 0 ? refusal.text : "more", text);
    }
}

static void expect_slice(struct slice slice, const char *text)
{
    if (!slice_is(slice, text)) {
        fail_msg("\"%.*s\" instead of \"%s\"", (int)slice.length, slice.bytes, text);
    }
}

static struct buf with_canary(const struct http_case *one)
{
    struct buf bytes;

    buf_init(&bytes, 1024 * 1024);
    buf_append(&bytes, one->bytes, one->length);
    buf_text(&bytes, RUN_CANARY);
    assert_int_equal(buf_fail(&bytes), FAIL_NONE);
    return bytes;
}

static void expect_run(const struct http_case *one, const struct run *run, size_t cut)
{
    /* The canary is the last request of a stream that is read to its end. */
    size_t canaries = one->status == 0 && run->requests > 1 ? 1 : 0;

    if (run->status != one->status || run->requests != one->requests || run->canaries != canaries) {
        fail_msg("%s, cut at %zu: status %d, %zu requests, %zu canaries", one->name, cut,
                 run->status, run->requests, run->canaries);
    }
}

static void every_case_has_its_status(void **state)
{
    size_t i;

    (void)state;
    assert_true(HTTP_CASE_COUNT >= 250);
    for (i = 0; i < HTTP_CASE_COUNT; i++) {
        struct buf bytes = with_canary(&HTTP_CASES[i]);
        struct run run = run_pieces(buf_view(&bytes), bytes.length, 1);

        expect_run(&HTTP_CASES[i], &run, bytes.length);
        buf_finish(&bytes);
    }
}

static void every_case_has_the_same_status_byte_by_byte(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < HTTP_CASE_COUNT; i++) {
        struct buf bytes = with_canary(&HTTP_CASES[i]);
        struct run run = run_pieces(buf_view(&bytes), 1, 1);

        expect_run(&HTTP_CASES[i], &run, 1);
        buf_finish(&bytes);
    }
}

static void every_case_has_the_same_status_split_at_each_offset(void **state)
{
    size_t i;
    size_t cut;

    (void)state;
    for (i = 0; i < HTTP_CASE_COUNT; i++) {
        struct buf bytes = with_canary(&HTTP_CASES[i]);

        for (cut = 1; cut < bytes.length; cut++) {
            struct run run = run_pieces(buf_view(&bytes), cut, bytes.length);

            expect_run(&HTTP_CASES[i], &run, cut);
        }
        buf_finish(&bytes);
    }
}

/* Here llhttp is not asked yet: our own check has to see it alone. */
static void a_refusal_comes_before_the_head_has_ended(void **state)
{
    static const char *const starts[] = {
        " ",
        "G\x01",
        "GET  ",
        "GET /\r",
        "GET /aaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbb",
        "GET /aaaaaaaaaaaaaaaa\x7f",
        "GET * HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\n:",
        "GET / HTTP/1.1\r\nHost: a\r\n ",
        "GET / HTTP/1.1\r\nHost: a\rX",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        "GET / HTTP/1.1\r\nX: aaaaaaaaaaa\x7f"
        "aaaaaaaaaaaaaaaa",
        "GET / HTTP/1.1\r\nX: aaaaaaaaaaa\x1f!aaaaaaaaaaaaaaaa",
        "GET / HTTP/1.1\r\nX: aaaaaaaaaaa\naaaaaaaaaaaaaaaa",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (status_of(slice_of(starts[i])) != 400) {
            fail_msg("not refused: %s", starts[i]);
        }
    }
    assert_int_equal(status_of(slice_of("GET / HTTP/2.0\r\n")), 505);
}

/* The status of a request in which `byte` stands at `place` of a run of letters. */
static int status_with_byte(const char *before, const char *after, unsigned byte, size_t place)
{
    char text[128];
    size_t length = strlen(before) + 24 + strlen(after);

    assert_true(text_format(text, sizeof(text), "%s%024d%s", before, 0, after));
    text[strlen(before) + place] = (char)(unsigned char)byte;
    return status_of(slice_make(text, length));
}

/* Runs are looked at in words of eight bytes: no place in a word may differ. */
static void each_byte_is_judged_alike_at_each_place(void **state)
{
    size_t place;
    unsigned byte;

    (void)state;
    for (byte = 0; byte < 256; byte++) {
        bool in_value = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
        bool in_query = byte > 0x20 && byte < 0x7f && strchr("\"<>#", (int)byte) == NULL;

        for (place = 0; place < 24; place++) {
            assert_int_equal(
                status_with_byte("GET / HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n", byte, place),
                in_value ? 0 : 400);
            assert_int_equal(
                status_with_byte("GET /?", " HTTP/1.1\r\nHost: a\r\n\r\n", byte, place),
                in_query ? 0 : 400);
        }
    }
}

static void an_unfinished_head_needs_more(void **state)
{
    const char *text = "\r\nGET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    size_t length;

    (void)state;
    for (length = 0; length < strlen(text); length++) {
        assert_int_equal(status_of(slice_make(text, length)), -1);
    }
    assert_int_equal(status_of(slice_make(NULL, 0)), -1);
}

static void a_head_says_what_was_sent(void **state)
{
    const char *text = "\r\nPOST /v2/devices/?a=b&c HTTP/1.1\r\nHost: pos:8443\r\n"
                       "api-token: \t xyz \t\r\nContent-Length: 12\r\nX:\r\nx: second\r\n\r\n";

    (void)state;
    read_head(text);
    assert_int_equal(head.method, HTTP_POST);
    expect_slice(head.target, "/v2/devices/?a=b&c");
    expect_slice(head.path, "/v2/devices/");
    expect_slice(head.query, "a=b&c");
    expect_slice(head.host, "pos:8443");
    assert_int_equal(head.minor_version, 1);
    assert_true(head.keep_alive && head.has_length);
    assert_false(head.chunked || head.expects_continue || head.wants_websocket);
    assert_int_equal(head.length, 12);
    assert_int_equal(head.header_count, 5);
    expect_slice(http_header_value(&head, "API-Token"), "xyz");
    expect_slice(http_header_value(&head, "x"), "");
    assert_non_null(http_header_value(&head, "x").bytes);
    assert_null(http_header_value(&head, "y").bytes);
}

static void nothing_of_an_earlier_head_stays(void **state)
{
    (void)state;
    read_head("GET /?q HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: "
              "100-continue\r\n\r\n");
    assert_true(head.chunked && head.expects_continue);
    read_head("GET / HTTP/1.0\r\n\r\n");
    assert_false(head.chunked || head.expects_continue || head.has_length || head.keep_alive);
    assert_int_equal(head.query.length, 0);
    assert_null(head.host.bytes);
    assert_int_equal(head.header_count, 0);
    assert_int_equal(head.minor_version, 0);
}

static void each_method_is_known_by_its_name(void **state)
{
    int method;

    (void)state;
    for (method = HTTP_GET; method < HTTP_OTHER; method++) {
        char text[64];

        assert_true(text_format(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n\r\n",
                                http_method_name((enum http_method)method)));
        read_head(text);
        assert_int_equal(head.method, method);
    }
    read_head("get / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(head.method, HTTP_OTHER);
    read_head("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(head.method, HTTP_OTHER);
}

static void an_absolute_target_brings_its_own_host(void **state)
{
    (void)state;
    read_head("GET HTTP://b.example:81/x/y?z=/? HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_slice(head.host, "b.example:81");
    expect_slice(head.path, "/x/y");
    expect_slice(head.query, "z=/?");
    read_head("GET https://b?q HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_slice(head.host, "b");
    expect_slice(head.path, "/");
    expect_slice(head.query, "q");
}

static void connect_and_options_have_a_star_for_a_path(void **state)
{
    (void)state;
    read_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(head.method, HTTP_OPTIONS);
    expect_slice(head.path, "*");
    read_head("CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(head.method, HTTP_OTHER);
    expect_slice(head.path, "*");
    expect_slice(head.target, "b:80");
    assert_false(head.keep_alive);
}

static bool wants_websocket(const char *line, const char *fields)
{
    char text[512];

    assert_true(text_format(text, sizeof(text), "%s\r\nHost: a\r\n%s\r\n", line, fields));
    read_head(text);
    return head.wants_websocket;
}

static void websocket_is_wanted_by_both_headers_of_a_get(void **state)
{
    static const char line[] = "GET / HTTP/1.1";
    static const char good[] = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

    (void)state;
    assert_true(wants_websocket(line, good));
    assert_true(wants_websocket(line, "upgrade: h2c, WebSocket\r\n"
                                      "connection: keep-alive , uPGRADE\r\n"));
    assert_true(wants_websocket(line, "Upgrade: h2c\r\nUpgrade: websocket\r\n"
                                      "Connection: x\r\nConnection: upgrade\r\n"));
    assert_true(wants_websocket(line, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                      "Content-Length: 0\r\n"));
    assert_false(wants_websocket(line, "Upgrade: websocket\r\n"));
    assert_false(wants_websocket(line, "Connection: Upgrade\r\n"));
    assert_false(wants_websocket(line, "Upgrade: websocket\r\nConnection: upgraded\r\n"));
    assert_false(wants_websocket(line, "Upgrade: websocket2\r\nConnection: upgrade\r\n"));
    assert_false(wants_websocket(line, "Upgrade: h2c\r\nConnection: upgrade\r\n"));
    assert_false(wants_websocket("POST / HTTP/1.1", good));
    assert_false(wants_websocket("GET / HTTP/1.0", good));
    assert_false(wants_websocket(line, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                       "Content-Length: 5\r\n"));
    assert_false(wants_websocket(line, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                       "Transfer-Encoding: chunked\r\n"));
}

static void only_http_1_1_expects_a_continue(void **state)
{
    (void)state;
    read_head("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n");
    assert_true(head.expects_continue);
    read_head("PUT / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    assert_false(head.expects_continue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_its_status),
        cmocka_unit_test(every_case_has_the_same_status_byte_by_byte),
        cmocka_unit_test(every_case_has_the_same_status_split_at_each_offset),
        cmocka_unit_test(a_refusal_comes_before_the_head_has_ended),
        cmocka_unit_test(each_byte_is_judged_alike_at_each_place),
        cmocka_unit_test(an_unfinished_head_needs_more),
        cmocka_unit_test(a_head_says_what_was_sent),
        cmocka_unit_test(nothing_of_an_earlier_head_stays),
        cmocka_unit_test(each_method_is_known_by_its_name),
        cmocka_unit_test(an_absolute_target_brings_its_own_host),
        cmocka_unit_test(connect_and_options_have_a_star_for_a_path),
        cmocka_unit_test(websocket_is_wanted_by_both_headers_of_a_get),
        cmocka_unit_test(only_http_1_1_expects_a_continue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
