/* Request and answer of the client's handshake.
 *
 * The answer of something that is no WebSocket server is shown to the person
 * who typed the address, so a refusal is told with its status and the start of
 * its body ("403 Forbidden: ..."), cleaned into one line. */
#include "net/dial_handshake.h"

#include <assert.h>

#include <openssl/evp.h>

#include "base/id.h"
#include "net/dial.h"
#include "net/digest.h"
#include "wire/http.h"

enum { KEY_BYTES = 16, LENGTH_SHOWN_MAX = 1 << 30, STATUS_TOO_MANY = 429, STATUS_BUSY = 503 };

void dial_key_make(char key[WEBSOCKET_KEY_SIZE])
{
    unsigned char bytes[KEY_BYTES];
    int length;

    id_random(bytes, sizeof(bytes));
    length = EVP_EncodeBlock((unsigned char *)key, bytes, KEY_BYTES); /* with a closing zero */
    assert(length == WEBSOCKET_KEY_SIZE - 1);
    (void)length;
}

void dial_request_write(struct buf *out, const struct url *url, const char *path,
                        const char key[WEBSOCKET_KEY_SIZE])
{
    char authority[URL_HOST_SIZE + 8];

    url_authority(url, authority);
    buf_format(out, "GET %s%s HTTP/1.1\r\n", url->path, path);
    buf_format(out, "Host: %s\r\n", authority);
    buf_text(out, "Upgrade: websocket\r\n"
                  "Connection: Upgrade\r\n"
                  "Sec-WebSocket-Version: 13\r\n");
    buf_format(out, "Sec-WebSocket-Key: %s\r\n\r\n", key);
}

void dial_text_clean(struct slice text, char *out, size_t size)
{
    size_t start = 0;
    size_t length;
    size_t i;

    assert(size > 0);
    out[0] = '\0';
    if (!slice_is_utf8(text)) {
        return;
    }
    while (start < text.length && (unsigned char)text.bytes[start] <= ' ') {
        start++;
    }
    length = text.length - start;
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text.bytes[start + length] & 0xc0) == 0x80) {
            length--;
        }
    }
    for (i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text.bytes[start + i];

        out[i] = byte < ' ' || byte == 0x7f ? ' ' : (char)byte;
    }
    while (length > 0 && out[length - 1] == ' ') {
        length--;
    }
    out[length] = '\0';
}

/* The first bytes of a refusal's body, whole code points only. */
static struct slice body_start(struct slice body)
{
    size_t length = body.length < DIAL_BODY_SHOWN ? body.length : DIAL_BODY_SHOWN;

    while (length > 0 && length < body.length &&
           ((unsigned char)body.bytes[length] & 0xc0) == 0x80) {
        length--;
    }
    return slice_make(body.bytes, length);
}

/* How much of a body is worth waiting for. A chunked one is not taken apart
 * for a few words: it is not shown. */
static size_t body_wanted(const struct http_answer *answer)
{
    struct slice length_text = http_answer_value(answer, "Content-Length");
    uint64_t length = 0;

    if (http_answer_value(answer, "Transfer-Encoding").bytes != NULL) {
        return 0;
    }
    if (length_text.bytes == NULL) {
        return DIAL_BODY_SHOWN + 1; /* it ends with the connection */
    }
    if (slice_to_unsigned(length_text, LENGTH_SHOWN_MAX, &length) != FAIL_NONE) {
        return 0;
    }
    return length > DIAL_BODY_SHOWN ? DIAL_BODY_SHOWN + 1 : (size_t)length;
}

/* RFC 9110, 10.2.3, in seconds; a date is left aside, as clocks differ. */
static uint32_t retry_after_read(const struct http_answer *answer)
{
    struct slice value = http_answer_value(answer, "Retry-After");
    uint64_t seconds = 0;
    enum fail fail;

    if (answer->status != STATUS_TOO_MANY && answer->status != STATUS_BUSY) {
        return 0;
    }
    fail = slice_to_unsigned(value, DIAL_RETRY_AFTER_MAX_MS / 1000, &seconds);
    return fail == FAIL_LIMIT ? DIAL_RETRY_AFTER_MAX_MS : (uint32_t)seconds * 1000;
}

static enum dial_answer refusal_tell(const struct http_answer *answer, struct slice body,
                                     bool is_all, struct dial_refusal *refusal)
{
    size_t wanted = body_wanted(answer);
    char text[DIAL_BODY_SHOWN + 1];

    if (body.length < wanted && !is_all) {
        return DIAL_ANSWER_MORE;
    }
    if (body.length > wanted) {
        body.length = wanted;
    }
    dial_text_clean(body_start(body), text, sizeof(text));
    (void)text_format(refusal->reason, DIAL_REASON_SIZE, "the server answered %d %s%s%s",
                      answer->status, http_status_text(answer->status), text[0] == '\0' ? "" : ": ",
                      text);
    refusal->retry_after_ms = retry_after_read(answer);
    return DIAL_ANSWER_REFUSED;
}

/* RFC 6455, 4.1: what a 101 must say; NULL when it does. */
static const char *switch_problem(const struct http_answer *answer,
                                  const char key[WEBSOCKET_KEY_SIZE])
{
    char expected[WEBSOCKET_ACCEPT_SIZE];

    digest_websocket_accept(key, expected);
    if (!slice_is_ignoring_case(http_answer_value(answer, "Upgrade"), "websocket")) {
        return "the server switched to something that is not WebSocket";
    }
    if (!slice_list_holds(http_answer_value(answer, "Connection"), "upgrade")) {
        return "the server's handshake lacks Connection: Upgrade";
    }
    if (!slice_is(http_answer_value(answer, "Sec-WebSocket-Accept"), expected)) {
        return "the server's handshake does not prove that it speaks WebSocket "
               "(Sec-WebSocket-Accept is wrong)";
    }
    if (http_answer_value(answer, "Sec-WebSocket-Extensions").bytes != NULL ||
        http_answer_value(answer, "Sec-WebSocket-Protocol").bytes != NULL) {
        return "the server chose an extension or a subprotocol that was not offered";
    }
    return NULL;
}

enum dial_answer dial_answer_read(struct slice bytes, bool is_all,
                                  const char key[WEBSOCKET_KEY_SIZE], size_t *used,
                                  struct dial_refusal *refusal)
{
    struct http_answer answer;
    struct http_refusal broken;
    size_t head_length;
    const char *problem;

    switch (http_answer_read(&answer, bytes, &head_length, &broken)) {
    case HTTP_MORE:
        return DIAL_ANSWER_MORE;
    case HTTP_REFUSED:
        (void)text_format(refusal->reason, DIAL_REASON_SIZE,
                          "the server's answer is not proper HTTP: %s", broken.text);
        return DIAL_ANSWER_REFUSED;
    case HTTP_DONE:
        break;
    }
    if (answer.status != 101) {
        return refusal_tell(&answer,
                            slice_make(bytes.bytes + head_length, bytes.length - head_length),
                            is_all, refusal);
    }
    problem = switch_problem(&answer, key);
    if (problem != NULL) {
        (void)text_format(refusal->reason, DIAL_REASON_SIZE, "%s", problem);
        return DIAL_ANSWER_REFUSED;
    }
    *used = head_length;
    return DIAL_ANSWER_ACCEPTED;
}
