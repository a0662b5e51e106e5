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
#include "pos/call.h"
#include "wire/json.h"
#include "wire/url.h"

#define TELL(problem, ...) (void)text_format((problem), POS_PROBLEM_SIZE, __VA_ARGS__)

static const char *const OUTCOME_NAMES[] = {
    [POS_SHOWN] = "shown",
    [POS_NOT_FOUND] = "not_found",
    [POS_NOT_LISTENING] = "not_listening",
    [POS_BUSY] = "busy",
    [POS_UNAUTHORIZED] = "unauthorized",
    [POS_REFUSED] = "refused",
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
    return readable ? POS_REFUSED : POS_UNEXPECTED;
}

enum pos_outcome pos_outcome_of(int status, struct slice body, char problem[POS_PROBLEM_SIZE])
{
    return status == 202 ? POS_SHOWN : pos_refusal_of(status, body, problem);
}

enum pos_outcome pos_refusal_of(int status, struct slice body, char problem[POS_PROBLEM_SIZE])
{
    bool readable = read_errors(body, problem);

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
    if (status == 400 && readable) {
        return POS_REFUSED;
    }
    return status == 409 ? conflict_of(readable, problem) : POS_UNEXPECTED;
}

/* --- The call --------------------------------------------------------- */

enum pos_outcome pos_client_ping(const struct pos_client *client, const char *code,
                                 const char *message, char problem[POS_PROBLEM_SIZE])
{
    struct buf path;
    struct pos_said said;
    enum pos_outcome outcome;

    assert(strlen(code) == CODE_LENGTH);
    assert(message == NULL || pos_message_problem(slice_of(message)) == NULL);
    buf_init(&path, POS_PATH_SIZE);
    buf_format(&path, "/devices/%s/ping", code);
    if (message != NULL) {
        buf_text(&path, "?message=");
        pos_encode(&path, slice_of(message));
    }
    buf_byte(&path, '\0');
    if (buf_fail(&path) != FAIL_NONE) {
        TELL(problem, "%s", fail_text(buf_fail(&path)));
        buf_finish(&path);
        return POS_UNREACHABLE;
    }
    pos_call(client, &(struct pos_ask){.method = "GET", .path = path.bytes}, &said);
    outcome = said.status == 202 ? POS_SHOWN : pos_said_refusal(&said);
    if (outcome != POS_SHOWN) {
        TELL(problem, "%s", said.problem);
    }
    pos_said_finish(&said);
    buf_finish(&path);
    return outcome;
}
