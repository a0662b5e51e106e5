/* The client's judgement of answers, as a table, each also cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"
#include "net/dial_handshake.h"

/* RFC 6455, 1.3. */
static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define HUNDRED                                                                                    \
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"  \
    "234567890"

struct answer_case {
    const char *text;
    bool is_all;
    enum dial_answer answer;
    const char *reason; /* of a refusal */
};

static const struct answer_case CASES[] = {
    {SWITCH UPGRADE CONNECTION ACCEPT "\r\n", false, DIAL_ANSWER_ACCEPTED, NULL},
    {SWITCH "upgrade: WEBSOCKET\r\nconnection: keep-alive, upgrade\r\n" ACCEPT "\r\n", false,
     DIAL_ANSWER_ACCEPTED, NULL},
    {SWITCH CONNECTION ACCEPT "\r\n", false, DIAL_ANSWER_REFUSED,
     "the server switched to something that is not WebSocket"},
    {SWITCH "Upgrade: h2c\r\n" CONNECTION ACCEPT "\r\n", false, DIAL_ANSWER_REFUSED,
     "the server switched to something that is not WebSocket"},
    {SWITCH UPGRADE ACCEPT "\r\n", false, DIAL_ANSWER_REFUSED,
     "the server's handshake lacks Connection: Upgrade"},
    {SWITCH UPGRADE CONNECTION "\r\n", false, DIAL_ANSWER_REFUSED,
     "the server's handshake does not prove that it speaks WebSocket (Sec-WebSocket-Accept is "
     "wrong)"},
    {SWITCH UPGRADE CONNECTION "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n\r\n", false,
     DIAL_ANSWER_REFUSED,
     "the server's handshake does not prove that it speaks WebSocket (Sec-WebSocket-Accept is "
     "wrong)"},
    {SWITCH UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", false,
     DIAL_ANSWER_REFUSED, "the server chose an extension or a subprotocol that was not offered"},
    {SWITCH UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: chat\r\n\r\n", false,
     DIAL_ANSWER_REFUSED, "the server chose an extension or a subprotocol that was not offered"},

    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, DIAL_ANSWER_REFUSED,
     "the server answered 200 OK"},
    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno no", false, DIAL_ANSWER_REFUSED,
     "the server answered 403 Forbidden: no no"},
    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nno no", false, DIAL_ANSWER_MORE, NULL},
    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nno no", true, DIAL_ANSWER_REFUSED,
     "the server answered 403 Forbidden: no no"},
    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno and what follows", false,
     DIAL_ANSWER_REFUSED, "the server answered 403 Forbidden: no"},
    {"HTTP/1.1 404 Not Found\r\n\r\nwhich?", false, DIAL_ANSWER_MORE, NULL},
    {"HTTP/1.1 404 Not Found\r\n\r\nwhich?", true, DIAL_ANSWER_REFUSED,
     "the server answered 404 Not Found: which?"},
    {"HTTP/1.1 500 x\r\nContent-Length: -1\r\n\r\nbody", false, DIAL_ANSWER_REFUSED,
     "the server's answer is not proper HTTP: Content-Length is not a number"},
    {"HTTP/1.1 500 x\r\nContent-Length: 99999999999999999999\r\n\r\nbody", false,
     DIAL_ANSWER_REFUSED, "the server's answer is not proper HTTP: Content-Length is not a number"},
    {"HTTP/1.1 500 x\r\nContent-Length: 99999999999\r\n\r\nbody", false, DIAL_ANSWER_REFUSED,
     "the server answered 500 Internal Server Error"},
    {"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", false,
     DIAL_ANSWER_REFUSED, "the server answered 500 Internal Server Error"},
    {"HTTP/1.1 599 x\r\nContent-Length: 9\r\n\r\n\r\n a\x1b\tb\n ", false, DIAL_ANSWER_REFUSED,
     "the server answered 599 Unknown: a  b"},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n\xff\xfe\xfd\xfc", false,
     DIAL_ANSWER_REFUSED, "the server answered 404 Not Found"},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 9999\r\n\r\n" HUNDRED HUNDRED "more", false,
     DIAL_ANSWER_REFUSED, "the server answered 404 Not Found: " HUNDRED HUNDRED},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 9999\r\n\r\n" HUNDRED
     "1234567890123456789012345678901234567890123456789012345678901234567890"
     "1234567890123456789012345678\xe2\x82\xac",
     false, DIAL_ANSWER_REFUSED,
     "the server answered 404 Not Found: " HUNDRED
     "1234567890123456789012345678901234567890123456789012345678901234567890"
     "1234567890123456789012345678"},
    {"SSH-2.0-OpenSSH_9.2\r\n", false, DIAL_ANSWER_REFUSED,
     "the server's answer is not proper HTTP: The answer does not begin with a status line"},
    {"", false, DIAL_ANSWER_MORE, NULL},
    {"HTTP/1.1 101 Switch", true, DIAL_ANSWER_MORE, NULL},
};

static const size_t COUNT = sizeof(CASES) / sizeof(CASES[0]);

static void each_answer_is_judged(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT; i++) {
        struct dial_refusal refusal = {.reason = ""};
        size_t used = 0;
        enum dial_answer answer =
            dial_answer_read(slice_of(CASES[i].text), CASES[i].is_all, KEY, &used, &refusal);

        if (answer != CASES[i].answer) {
            print_error("answer %zu: %s\n", i, CASES[i].text);
        }
        assert_int_equal(answer, CASES[i].answer);
        assert_string_equal(refusal.reason, CASES[i].reason == NULL ? "" : CASES[i].reason);
        assert_int_equal(used, answer == DIAL_ANSWER_ACCEPTED ? strlen(CASES[i].text) : 0);
    }
}

/* With fewer bytes an answer is undecided or already what it will be. */
static void no_beginning_of_an_answer_is_judged_otherwise(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT; i++) {
        size_t length = strlen(CASES[i].text);
        size_t cut;

        for (cut = 0; cut < length; cut++) {
            char *bytes = malloc(cut + 1); /* exactly so long, for the sanitizer */
            struct dial_refusal refusal = {.reason = ""};
            size_t used;
            enum dial_answer answer;

            assert_non_null(bytes);
            memcpy(bytes, CASES[i].text, cut);
            answer = dial_answer_read(slice_make(bytes, cut), false, KEY, &used, &refusal);
            if (answer != DIAL_ANSWER_MORE) {
                assert_int_equal(answer, CASES[i].answer);
                assert_string_equal(refusal.reason, CASES[i].reason);
            }
            free(bytes);
        }
    }
}

static void frames_after_the_answer_are_not_used(void **state)
{
    static const char TEXT[] = SWITCH UPGRADE CONNECTION ACCEPT "\r\n\x81\x01z";
    struct dial_refusal refusal;
    size_t used = 0;

    (void)state;
    assert_int_equal(dial_answer_read(slice_of(TEXT), false, KEY, &used, &refusal),
                     DIAL_ANSWER_ACCEPTED);
    assert_int_equal(used, strlen(TEXT) - 3);
}

static void a_busy_server_says_when_to_come_back(void **state)
{
    static const struct {
        const char *text;
        uint32_t retry_after_ms;
    } RETRIES[] = {
        {"503 Service Unavailable\r\nRetry-After: 7\r\n", 7000},
        {"429 Too Many Requests\r\nretry-after:  1 \r\n", 1000},
        {"503 Service Unavailable\r\nRetry-After: 0\r\n", 0},
        {"503 Service Unavailable\r\n", 0},
        {"503 Service Unavailable\r\nRetry-After:\r\n", 0},
        {"503 Service Unavailable\r\nRetry-After: -7\r\n", 0},
        {"503 Service Unavailable\r\nRetry-After: 7.5\r\n", 0},
        {"503 Service Unavailable\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", 0},
        {"503 Service Unavailable\r\nRetry-After: 3600\r\n", 3600000},
        {"503 Service Unavailable\r\nRetry-After: 3601\r\n", 3600000},
        {"503 Service Unavailable\r\nRetry-After: 99999999999999999999999\r\n", 3600000},
        {"403 Forbidden\r\nRetry-After: 7\r\n", 0},
        {"500 Internal Server Error\r\nRetry-After: 7\r\n", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(RETRIES) / sizeof(RETRIES[0]); i++) {
        struct dial_refusal refusal = {.retry_after_ms = 1};
        char text[256];
        size_t used;

        (void)snprintf(text, sizeof(text), "HTTP/1.1 %sContent-Length: 0\r\n\r\n", RETRIES[i].text);
        assert_int_equal(dial_answer_read(slice_of(text), false, KEY, &used, &refusal),
                         DIAL_ANSWER_REFUSED);
        assert_int_equal(refusal.retry_after_ms, RETRIES[i].retry_after_ms);
    }
}

static void every_key_is_new(void **state)
{
    char first[WEBSOCKET_KEY_SIZE];
    char second[WEBSOCKET_KEY_SIZE];

    (void)state;
    dial_key_make(first);
    dial_key_make(second);
    assert_int_equal(strlen(first), 24);
    assert_string_equal(first + 22, "==");
    assert_string_not_equal(first, second);
}

static void a_request_names_a_host_as_a_host_header_does(void **state)
{
    struct url url = {.host = "::1", .host_is_ipv6 = true, .port = 8080};
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    dial_request_write(&out, &url, "/device/v1", KEY);
    buf_byte(&out, '\0');
    assert_int_equal(buf_fail(&out), FAIL_NONE);
    assert_non_null(strstr(out.bytes, "GET /device/v1 HTTP/1.1\r\nHost: [::1]:8080\r\n"));
    buf_finish(&out);
}

static void a_text_is_cut_and_cleaned(void **state)
{
    char out[6];

    (void)state;
    dial_text_clean(slice_of("  abcdefg"), out, sizeof(out));
    assert_string_equal(out, "abcde");
    dial_text_clean(slice_of("abcd\xe2\x82\xac"), out, sizeof(out));
    assert_string_equal(out, "abcd");
    dial_text_clean(slice_of("ab\xe2\x82\xac"), out, sizeof(out));
    assert_string_equal(out, "ab\xe2\x82\xac");
    dial_text_clean(slice_make("a\0b", 3), out, sizeof(out));
    assert_string_equal(out, "a b");
    dial_text_clean(slice_of(" \n "), out, sizeof(out));
    assert_string_equal(out, "");
    dial_text_clean(slice_make(NULL, 0), out, sizeof(out));
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_judged),
        cmocka_unit_test(no_beginning_of_an_answer_is_judged_otherwise),
        cmocka_unit_test(frames_after_the_answer_are_not_used),
        cmocka_unit_test(a_busy_server_says_when_to_come_back),
        cmocka_unit_test(every_key_is_new),
        cmocka_unit_test(a_request_names_a_host_as_a_host_header_does),
        cmocka_unit_test(a_text_is_cut_and_cleaned),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
