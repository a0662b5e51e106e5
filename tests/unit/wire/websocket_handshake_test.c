/* The server's look at handshakes, as a table: what is changed in a good
 * request, and the status that comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/websocket.h"

enum { CASE_HEADERS_MAX = 8 };

static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";

struct case_header {
    const char *name;
    const char *value;
};

struct handshake_case {
    const char *name;
    int status;
    enum http_method method;
    bool is_http_1_0;
    bool has_no_host;
    bool is_chunked;
    uint64_t length;
    struct case_header headers[CASE_HEADERS_MAX];
};

/* A good request's headers, and lists of them with one of another value. */
// clang-format off
#define HOST {"Host", "localhost:8080"}
#define UPGRADE {"Upgrade", "websocket"}
#define CONNECTION {"Connection", "Upgrade"}
#define VERSION {"Sec-WebSocket-Version", "13"}
#define KEY_GOOD {"Sec-WebSocket-Key", KEY}
#define ALL_GOOD {HOST, UPGRADE, CONNECTION, VERSION, KEY_GOOD}
#define UPGRADE_OF(value) {HOST, CONNECTION, VERSION, KEY_GOOD, {"Upgrade", (value)}}
#define CONNECTION_OF(value) {HOST, UPGRADE, VERSION, KEY_GOOD, {"Connection", (value)}}
#define VERSION_OF(value) {HOST, UPGRADE, CONNECTION, KEY_GOOD, {"Sec-WebSocket-Version", (value)}}
#define KEY_OF(value) {HOST, UPGRADE, CONNECTION, VERSION, {"Sec-WebSocket-Key", (value)}}
// clang-format on

static const struct handshake_case CASES[] = {
    {.name = "good", .headers = ALL_GOOD},
    {.name = "extensions offered, not taken",
     .headers = {HOST,
                 UPGRADE,
                 CONNECTION,
                 VERSION,
                 KEY_GOOD,
                 {"Sec-WebSocket-Extensions", "permessage-deflate"}}},
    {.name = "names in lower case",
     .headers = {{"host", "a"},
                 {"upgrade", "websocket"},
                 {"connection", "upgrade"},
                 {"sec-websocket-version", "13"},
                 {"sec-websocket-key", KEY}}},

    {.name = "POST", .status = 405, .method = HTTP_POST, .headers = ALL_GOOD},
    {.name = "HEAD", .status = 405, .method = HTTP_HEAD, .headers = ALL_GOOD},
    {.name = "HTTP/1.0", .status = 400, .is_http_1_0 = true, .headers = ALL_GOOD},
    {.name = "no Host", .status = 400, .has_no_host = true, .headers = ALL_GOOD},
    {.name = "a body", .status = 400, .length = 1, .headers = ALL_GOOD},
    {.name = "a chunked body", .status = 400, .is_chunked = true, .headers = ALL_GOOD},

    {.name = "no Upgrade", .status = 426, .headers = {HOST, CONNECTION, VERSION, KEY_GOOD}},
    {.name = "Upgrade in capitals", .headers = UPGRADE_OF("WebSocket")},
    {.name = "Upgrade as a list", .headers = UPGRADE_OF("h2c ,\tWEBSOCKET , x")},
    {.name = "Upgrade in two headers",
     .headers = {HOST, {"Upgrade", "h2c"}, UPGRADE, CONNECTION, VERSION, KEY_GOOD}},
    {.name = "Upgrade to h2c", .status = 426, .headers = UPGRADE_OF("h2c")},
    {.name = "Upgrade to websockets", .status = 426, .headers = UPGRADE_OF("websockets")},
    {.name = "Upgrade to web", .status = 426, .headers = UPGRADE_OF("web")},
    {.name = "Upgrade to two words", .status = 426, .headers = UPGRADE_OF("websocket x")},
    {.name = "Upgrade empty", .status = 426, .headers = UPGRADE_OF("")},

    {.name = "no Connection", .status = 400, .headers = {HOST, UPGRADE, VERSION, KEY_GOOD}},
    {.name = "Connection keep-alive", .status = 400, .headers = CONNECTION_OF("keep-alive")},
    {.name = "Connection as a list", .headers = CONNECTION_OF("keep-alive, uPGRADE")},
    {.name = "Connection in two headers",
     .headers = {HOST, UPGRADE, {"Connection", "keep-alive"}, CONNECTION, VERSION, KEY_GOOD}},

    {.name = "no version", .status = 426, .headers = {HOST, UPGRADE, CONNECTION, KEY_GOOD}},
    {.name = "version 8", .status = 426, .headers = VERSION_OF("8")},
    {.name = "version 8, no key",
     .status = 426,
     .headers = {HOST, UPGRADE, CONNECTION, {"Sec-WebSocket-Version", "8"}}},
    {.name = "version 013", .status = 426, .headers = VERSION_OF("013")},
    {.name = "version 130", .status = 426, .headers = VERSION_OF("130")},
    {.name = "version 13, 8", .status = 426, .headers = VERSION_OF("13, 8")},
    {.name = "version empty", .status = 426, .headers = VERSION_OF("")},
    {.name = "version twice",
     .status = 400,
     .headers = {HOST, UPGRADE, CONNECTION, VERSION, VERSION, KEY_GOOD}},

    {.name = "no key", .status = 400, .headers = {HOST, UPGRADE, CONNECTION, VERSION}},
    {.name = "two keys",
     .status = 400,
     .headers = {HOST,
                 UPGRADE,
                 CONNECTION,
                 VERSION,
                 KEY_GOOD,
                 {"Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA=="}}},
    {.name = "the same key twice",
     .status = 400,
     .headers = {HOST, UPGRADE, CONNECTION, VERSION, KEY_GOOD, KEY_GOOD}},
    {.name = "key empty", .status = 400, .headers = KEY_OF("")},
    {.name = "key of 15 bytes", .status = 400, .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4P")},
    {.name = "key of 17 bytes", .status = 400, .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4PEBE=")},
    {.name = "key of 18 bytes", .status = 400, .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4PEBES")},
    {.name = "key without padding", .status = 400, .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4PEA")},
    {.name = "key with too much padding",
     .status = 400,
     .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4PEA===")},
    {.name = "key in base64url", .status = 400, .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4-_A==")},
    {.name = "key with a blank", .status = 400, .headers = KEY_OF("AQIDBAUGBwgJ gsMDQ4PEA==")},
    {.name = "padding in the middle", .status = 400, .headers = KEY_OF("AQIDBAUGBw==CgsMDQ4PEA==")},
    {.name = "key of the RFC, 4.1", .headers = KEY_OF("AQIDBAUGBwgJCgsMDQ4PEC==")},
    {.name = "key with + and /", .headers = KEY_OF("+/+/+/+/+/+/+/+/+/+/+w==")},
};

static void head_build(struct http_head *head, const struct handshake_case *one)
{
    size_t i;

    memset(head, 0, sizeof(*head));
    head->method = one->method;
    head->minor_version = one->is_http_1_0 ? 0 : 1;
    head->chunked = one->is_chunked;
    head->has_length = one->length > 0;
    head->length = one->length;
    if (!one->has_no_host) {
        head->host = slice_of("localhost:8080");
    }
    for (i = 0; i < CASE_HEADERS_MAX && one->headers[i].name != NULL; i++) {
        head->headers[i] =
            (struct http_header){slice_of(one->headers[i].name), slice_of(one->headers[i].value)};
        head->header_count++;
    }
}

static void each_handshake_gets_its_status(void **state)
{
    static struct http_head head;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char key[WEBSOCKET_KEY_SIZE] = "untouched";
        const char *problem = NULL;
        int status;

        head_build(&head, &CASES[i]);
        status = websocket_handshake_check(&head, key, &problem);
        if (status != CASES[i].status) {
            print_error("case \"%s\"\n", CASES[i].name);
        }
        assert_int_equal(status, CASES[i].status);
        if (status == 0) {
            assert_null(problem);
            assert_int_equal(strlen(key), WEBSOCKET_KEY_SIZE - 1);
        } else {
            assert_non_null(problem);
            assert_string_equal(key, "untouched");
        }
    }
}

static void a_length_of_zero_is_no_body(void **state)
{
    static struct http_head head;
    char key[WEBSOCKET_KEY_SIZE];
    const char *problem;

    (void)state;
    head_build(&head, &CASES[0]);
    head.has_length = true;
    assert_int_equal(websocket_handshake_check(&head, key, &problem), 0);
    assert_string_equal(key, KEY);
}

/* RFC 6455, 1.3. */
static void the_accept_value_is_the_one_of_the_rfc(void **state)
{
    static const uint8_t DIGEST[WEBSOCKET_DIGEST_SIZE] = {0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f,
                                                          0x16, 0x90, 0xf6, 0x46, 0x06, 0xcf, 0x38,
                                                          0x59, 0x45, 0xb2, 0xbe, 0xc4, 0xea};
    char input[WEBSOCKET_ACCEPT_INPUT_SIZE];
    char text[WEBSOCKET_ACCEPT_SIZE];

    (void)state;
    assert_int_equal(websocket_accept_input(KEY, input), 60);
    assert_string_equal(input, "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    websocket_accept_text(DIGEST, text);
    assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_handshake_gets_its_status),
        cmocka_unit_test(a_length_of_zero_is_no_body),
        cmocka_unit_test(the_accept_value_is_the_one_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
