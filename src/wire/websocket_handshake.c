/* The server's side of the opening handshake (RFC 6455, 4.2.1).
 *
 * http_head_read has already refused whatever is no proper HTTP. Here a proper
 * request is asked whether it wants what we give; the first thing that is
 * wrong decides. Extensions and subprotocols are never accepted, so what is
 * said about them is not looked at. Origin is the door's business. */
#include "wire/websocket.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

enum { KEY_LENGTH = WEBSOCKET_KEY_SIZE - 1, KEY_PADDING = 2 };

static_assert(sizeof(GUID) + KEY_LENGTH == WEBSOCKET_ACCEPT_INPUT_SIZE, "key, GUID and a zero");

/* How many headers have the name; the value of the first in `*value`. */
static size_t header_count(const struct http_head *head, const char *name, struct slice *value)
{
    size_t count = 0;
    size_t i;

    for (i = 0; i < head->header_count; i++) {
        if (!slice_is_ignoring_case(head->headers[i].name, name)) {
            continue;
        }
        if (count == 0) {
            *value = head->headers[i].value;
        }
        count++;
    }
    return count;
}

/* Several headers of one name are one list (RFC 9110, 5.3). */
static bool header_names(const struct http_head *head, const char *name, const char *token)
{
    size_t i;

    for (i = 0; i < head->header_count; i++) {
        if (slice_is_ignoring_case(head->headers[i].name, name) &&
            slice_list_holds(head->headers[i].value, token)) {
            return true;
        }
    }
    return false;
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* 16 bytes in base64: 22 characters and two of padding. The four bits that the
 * last character has too many may be anything, as in the RFC's own example. */
static bool key_is_valid(struct slice key)
{
    size_t i;

    if (key.length != KEY_LENGTH) {
        return false;
    }
    for (i = 0; i < KEY_LENGTH - KEY_PADDING; i++) {
        if (!is_base64(key.bytes[i])) {
            return false;
        }
    }
    return key.bytes[i] == '=' && key.bytes[i + 1] == '=';
}

static int refuse(int status, const char *text, const char **problem)
{
    *problem = text;
    return status;
}

/* Method, version, host, and no body: a body's bytes would be read as frames. */
static int request_check(const struct http_head *head, const char **problem)
{
    if (head->method != HTTP_GET) {
        return refuse(405, "A WebSocket handshake must be a GET request", problem);
    }
    if (head->minor_version < 1) {
        return refuse(400, "A WebSocket handshake needs HTTP/1.1", problem);
    }
    if (head->host.length == 0) {
        return refuse(400, "The Host header is missing", problem);
    }
    if (head->chunked || (head->has_length && head->length > 0)) {
        return refuse(400, "A WebSocket handshake must not have a body", problem);
    }
    return 0;
}

static int upgrade_check(const struct http_head *head, const char **problem)
{
    struct slice version = {NULL, 0};

    if (!header_names(head, "Upgrade", "websocket")) {
        return refuse(426, "This address speaks WebSocket: the Upgrade header must name websocket",
                      problem);
    }
    if (!header_names(head, "Connection", "upgrade")) {
        return refuse(400, "The Connection header must name upgrade", problem);
    }
    if (header_count(head, "Sec-WebSocket-Version", &version) > 1) {
        return refuse(400, "Sec-WebSocket-Version stands more than once", problem);
    }
    if (!slice_is(version, "13")) {
        return refuse(426, "Sec-WebSocket-Version must be 13", problem);
    }
    return 0;
}

int websocket_handshake_check(const struct http_head *head, char key[WEBSOCKET_KEY_SIZE],
                              const char **problem)
{
    struct slice value = {NULL, 0};
    size_t count;
    int status = request_check(head, problem);

    if (status == 0) {
        status = upgrade_check(head, problem);
    }
    if (status != 0) {
        return status;
    }
    count = header_count(head, "Sec-WebSocket-Key", &value);
    if (count != 1) {
        return refuse(400,
                      count == 0 ? "Sec-WebSocket-Key is missing"
                                 : "Sec-WebSocket-Key stands more than once",
                      problem);
    }
    if (!key_is_valid(value)) {
        return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64", problem);
    }
    memcpy(key, value.bytes, KEY_LENGTH);
    key[KEY_LENGTH] = '\0';
    return 0;
}

size_t websocket_accept_input(const char key[WEBSOCKET_KEY_SIZE],
                              char out[WEBSOCKET_ACCEPT_INPUT_SIZE])
{
    assert(strlen(key) == KEY_LENGTH);
    memcpy(out, key, KEY_LENGTH);
    memcpy(out + KEY_LENGTH, GUID, sizeof(GUID));
    return WEBSOCKET_ACCEPT_INPUT_SIZE - 1;
}

void websocket_accept_text(const uint8_t digest[WEBSOCKET_DIGEST_SIZE],
                           char out[WEBSOCKET_ACCEPT_SIZE])
{
    (void)sodium_bin2base64(out, WEBSOCKET_ACCEPT_SIZE, digest, WEBSOCKET_DIGEST_SIZE,
                            sodium_base64_VARIANT_ORIGINAL);
}
