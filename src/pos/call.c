/* A call by net/client, with the headers of a Smart Terminal API. */
#include "pos/call.h"

#include <assert.h>
#include <string.h>

#include "net/client.h"

/* The API answers within 3 s (contract.md, Devices); the rest is the way there
 * and back. HEADERS_MAX: api-token, Accept, Content-Type, idempotency-key. */
enum { CALL_LIMIT_MS = 10 * 1000, URL_MAX = POS_API_SIZE + POS_PATH_SIZE, HEADERS_MAX = 4 };

#define TELL(problem, ...) (void)text_format((problem), POS_PROBLEM_SIZE, __VA_ARGS__)

void pos_encode(struct buf *out, struct slice text)
{
    static const char UNRESERVED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    static const char HEX[] = "0123456789ABCDEF";
    size_t i;

    for (i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];

        if (byte != 0 && strchr(UNRESERVED, byte) != NULL) {
            buf_byte(out, (char)byte);
        } else {
            buf_byte(out, '%');
            buf_byte(out, HEX[byte >> 4]);
            buf_byte(out, HEX[byte & 15]);
        }
    }
}

int64_t pos_location_payment(const char *location, const char *code)
{
    static const char DEVICES[] = "/devices/";
    static const char PAYMENTS[] = "/payments/";
    const char *at = strstr(location, DEVICES);
    uint64_t id;

    if (at == NULL) {
        return 0;
    }
    at += sizeof(DEVICES) - 1;
    if (strncmp(at, code, strlen(code)) != 0) {
        return 0;
    }
    at += strlen(code);
    if (strncmp(at, PAYMENTS, sizeof(PAYMENTS) - 1) != 0) {
        return 0;
    }
    at += sizeof(PAYMENTS) - 1;
    return slice_to_unsigned(slice_of(at), INT64_MAX, &id) == FAIL_NONE ? (int64_t)id : 0;
}

/* The code in "/devices/JSV5/payment/purchase"; "" in other paths. */
static void code_of(const char *path, char *out, size_t size)
{
    struct slice rest = slice_of(path);
    struct slice part = {0};

    out[0] = '\0';
    if (slice_starts_with(rest, "/devices/")) {
        (void)slice_next_part(&rest, '/', &part);
        (void)slice_next_part(&rest, '/', &part);
        if (slice_next_part(&rest, '/', &part) && slice_copy(part, out, size) != FAIL_NONE) {
            out[0] = '\0';
        }
    }
}

static void perform(const struct pos_client *client, const struct pos_ask *ask, const char *url,
                    struct pos_said *said)
{
    struct client_header headers[HEADERS_MAX] = {{"api-token", client->token},
                                                 {"Accept", "application/json"}};
    struct client_request request = {.method = ask->method,
                                     .url = url,
                                     .headers = headers,
                                     .header_count = 2,
                                     .body = ask->body,
                                     .timeout_ms = CALL_LIMIT_MS,
                                     .ca_file = client->ca_file};
    char reason[CLIENT_PROBLEM_SIZE];
    struct client_reply reply;
    char code[16];
    enum fail fail;

    if (ask->body.length > 0) {
        headers[request.header_count++] =
            (struct client_header){"Content-Type", "application/json"};
    }
    if (ask->key != NULL) {
        headers[request.header_count++] = (struct client_header){"idempotency-key", ask->key};
    }
    fail = client_call(&request, &reply, reason);
    said->may_have_arrived = reply.may_have_arrived;
    if (fail != FAIL_NONE) {
        said->speaks_http = fail != FAIL_INVALID && fail != FAIL_LIMIT;
        TELL(said->problem, "%s", reason);
        return;
    }
    code_of(ask->path, code, sizeof(code));
    said->status = reply.status;
    said->payment = code[0] == '\0' ? 0 : pos_location_payment(reply.location, code);
    said->body = reply.body;
}

void pos_call(const struct pos_client *client, const struct pos_ask *ask, struct pos_said *said)
{
    char url[URL_MAX];

    assert(ask->path[0] == '/');
    memset(said, 0, sizeof(*said));
    buf_init(&said->body, 1); /* holds nothing yet */
    said->speaks_http = true;
    if (text_format(url, sizeof(url), "%s%s", client->base, ask->path)) {
        perform(client, ask, url, said);
    } else {
        TELL(said->problem, "the address of the call is too long");
    }
}

void pos_said_finish(struct pos_said *said)
{
    buf_finish(&said->body);
}

enum pos_outcome pos_said_refusal(struct pos_said *said)
{
    if (said->status != 0) {
        return pos_refusal_of(said->status, buf_view(&said->body), said->problem);
    }
    /* Something did answer, if not what was hoped for. */
    return said->speaks_http ? POS_UNREACHABLE : POS_UNEXPECTED;
}
