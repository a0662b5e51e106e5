/* The ping of a POS: one GET, and what its answer means.
 *
 * The status decides; the text of the error only where one status has two
 * meanings (409: not listening or busy) or where something else than a Smart
 * Terminal API may have answered: a plain "404 page not found" says that the
 * address is wrong, not that the device is unknown, and a shop must not be told
 * the second when the first is true. */
#include "pos/client.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "core/code.h"
#include "net/client.h"
#include "wire/json.h"
#include "wire/url.h"

/* The API answers within 3 s (contract.md, Devices); the rest is the way there and back. */
enum { CALL_LIMIT_MS = 10 * 1000, TARGET_MAX = 4 * 1024 };

#define TELL(problem, ...) (void)text_format((problem), POS_PROBLEM_SIZE, __VA_ARGS__)

static const char *const OUTCOME_NAMES[] = {
    [POS_SHOWN] = "shown",
    [POS_NOT_FOUND] = "not_found",
    [POS_NOT_LISTENING] = "not_listening",
    [POS_BUSY] = "busy",
    [POS_UNAUTHORIZED] = "unauthorized",
    [POS_UNREACHABLE] = "unreachable",
    [POS_UNEXPECTED] = "unexpected",
};

const char *pos_outcome_name(enum pos_outcome outcome)
{
    assert((size_t)outcome < sizeof(OUTCOME_NAMES) / sizeof(OUTCOME_NAMES[0]));
    return OUTCOME_NAMES[outcome];
}

const char *pos_message_problem(struct slice message)
{
    if (message.length == 0 || !slice_is_utf8(message) || slice_has_control(message) ||
        slice_code_points(message) > POS_MESSAGE_MAX) {
        return "a message has 1 to 80 characters and no control characters";
    }
    return NULL;
}

const char *pos_api_problem(const char *api)
{
    struct slice base = slice_of(api);
    const char *problem = NULL;
    struct url url;

    if (!slice_starts_with(base, "http://") && !slice_starts_with(base, "https://")) {
        return "the address must start with http:// or https://";
    }
    if (!slice_is_visible_ascii(base) || base.length >= POS_API_SIZE) {
        return "the address has at most 1023 visible ASCII characters and no blanks";
    }
    return url_read(base, &url, &problem) == FAIL_NONE ? NULL : problem;
}

const char *pos_token_problem(const char *token)
{
    struct slice text = slice_of(token);

    if (!slice_is_visible_ascii(text) || text.length > POS_TOKEN_MAX) {
        return "an api-token has 1 to 1024 visible ASCII characters and no blanks";
    }
    return NULL;
}

void pos_client_init(struct pos_client *client, const char *api, const char *token,
                     const char *ca_file)
{
    struct slice base = slice_of(api);
    enum fail fail;

    assert(pos_api_problem(api) == NULL);
    assert(pos_token_problem(token) == NULL);
    while (base.bytes[base.length - 1] == '/') {
        base.length--;
    }
    fail = slice_copy(base, client->base, sizeof(client->base));
    assert(fail == FAIL_NONE);
    (void)fail;
    client->token = token;
    client->ca_file = ca_file;
}

/* --- The answer ------------------------------------------------------- */

/* Bytes of another program, on their way to a person's screen. */
static void append_error(struct buf *out, struct slice text)
{
    size_t i;

    if (out->length > 0) {
        buf_text(out, "; ");
    }
    if (slice_has_control(text)) {
        for (i = 0; i < text.length; i++) {
            buf_byte(out, text.bytes[i] >= ' ' && text.bytes[i] <= '~' ? text.bytes[i] : '?');
        }
        return;
    }
    buf_slice(out, text);
}

/* The strings of "errors": one, or a non-empty array of nothing but strings. */
static bool collect_errors(const struct json_document *document, struct buf *out)
{
    const struct json_value *errors = json_member(document, json_root(document), "errors");
    const struct json_value *each;

    if (errors == NULL) {
        return false;
    }
    if (errors->type == JSON_STRING) {
        append_error(out, errors->text);
        return out->length > 0;
    }
    if (errors->type != JSON_ARRAY) {
        return false;
    }
    for (each = json_first(document, errors); each != NULL; each = json_next(document, each)) {
        if (each->type != JSON_STRING) {
            return false;
        }
        append_error(out, each->text);
    }
    return out->length > 0;
}

/* True, and the joined texts in `text`, for {"errors":[...]} or {"errors":"..."};
 * a text that does not fit is cut between two characters. */
static bool read_errors(struct slice body, char text[POS_PROBLEM_SIZE])
{
    struct json_document document;
    struct buf joined;
    bool found = false;

    json_document_init(&document);
    buf_init(&joined, JSON_BYTES_MAX);
    if (json_read(&document, body) == FAIL_NONE && collect_errors(&document, &joined) &&
        buf_fail(&joined) == FAIL_NONE) {
        struct slice view = buf_view(&joined);

        if (view.length >= POS_PROBLEM_SIZE) {
            view.length = POS_PROBLEM_SIZE - 1;
            while (view.length > 0 && ((unsigned char)view.bytes[view.length] & 0xc0) == 0x80) {
                view.length--;
            }
        }
        found = slice_copy(view, text, POS_PROBLEM_SIZE) == FAIL_NONE;
    }
    buf_finish(&joined);
    json_document_finish(&document);
    return found;
}

static enum pos_outcome conflict_of(bool readable, const char *problem)
{
    if (readable && strstr(problem, "not listening") != NULL) {
        return POS_NOT_LISTENING;
    }
    if (readable && strstr(problem, "busy") != NULL) {
        return POS_BUSY;
    }
    return POS_UNEXPECTED;
}

enum pos_outcome pos_outcome_of(int status, struct slice body, char problem[POS_PROBLEM_SIZE])
{
    bool readable = status != 202 && read_errors(body, problem);

    if (status == 202) {
        return POS_SHOWN;
    }
    if (!readable) {
        TELL(problem, "the answer was %d, without a reason that a Smart Terminal API would give",
             status);
    }
    if (status == 401 || status == 403) {
        if (!readable) {
            TELL(problem, "the api-token was not accepted (%d)", status);
        }
        return POS_UNAUTHORIZED;
    }
    if (status == 404 && readable) {
        return POS_NOT_FOUND;
    }
    if (status == 404) {
        TELL(problem, "there is no Smart Terminal API at this address: should it end in /v2?");
    }
    return status == 409 ? conflict_of(readable, problem) : POS_UNEXPECTED;
}

/* --- The call --------------------------------------------------------- */

/* RFC 3986 2.3: everything but the unreserved characters as %XX. */
static void append_encoded(struct buf *out, struct slice text)
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

static enum pos_outcome call(const struct pos_client *client, const char *target,
                             char problem[POS_PROBLEM_SIZE])
{
    const struct client_header headers[] = {{"api-token", client->token},
                                            {"Accept", "application/json"}};
    const struct client_request request = {
        .method = "GET",
        .url = target,
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
        .timeout_ms = CALL_LIMIT_MS,
        .ca_file = client->ca_file,
    };
    struct client_reply reply;
    char reason[CLIENT_PROBLEM_SIZE];
    enum pos_outcome outcome;
    enum fail fail = client_call(&request, &reply, reason);

    if (fail != FAIL_NONE) {
        TELL(problem, "%s", reason);
        /* Something did answer, if not what was hoped for. */
        return fail == FAIL_INVALID || fail == FAIL_LIMIT ? POS_UNEXPECTED : POS_UNREACHABLE;
    }
    outcome = pos_outcome_of(reply.status, buf_view(&reply.body), problem);
    buf_finish(&reply.body);
    return outcome;
}

enum pos_outcome pos_client_ping(const struct pos_client *client, const char *code,
                                 const char *message, char problem[POS_PROBLEM_SIZE])
{
    struct buf target;
    enum pos_outcome outcome = POS_UNREACHABLE;

    assert(strlen(code) == CODE_LENGTH);
    assert(message == NULL || pos_message_problem(slice_of(message)) == NULL);
    buf_init(&target, TARGET_MAX);
    buf_text(&target, client->base);
    buf_text(&target, "/devices/");
    append_encoded(&target, slice_of(code));
    buf_text(&target, "/ping");
    if (message != NULL) {
        buf_text(&target, "?message=");
        append_encoded(&target, slice_of(message));
    }
    buf_byte(&target, '\0');
    if (buf_fail(&target) == FAIL_NONE) {
        outcome = call(client, target.bytes, problem);
    } else {
        TELL(problem, "%s", fail_text(buf_fail(&target)));
    }
    buf_finish(&target);
    return outcome;
}
