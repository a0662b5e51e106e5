/* Answers: writing ours, and reading another server's head for our own
 * WebSocket client.
 *
 * A header whose name or value could end the line early is never written: the
 * buffer fails instead (FAIL_INVALID), and with it the whole answer, because a
 * value may come from outside and must not become a second header. */
#include "wire/http.h"

#include <assert.h>

#include "wire/http_check.h"

struct status {
    int number;
    const char *text;
};
static const struct status STATUSES[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_text(int status)
{
    size_t i;

    for (i = 0; i < sizeof(STATUSES) / sizeof(STATUSES[0]); i++) {
        if (STATUSES[i].number == status) {
            return STATUSES[i].text;
        }
    }
    return "Unknown";
}

void http_answer_start(struct buf *out, int status)
{
    assert(status >= 100 && status <= 599);
    buf_text(out, "HTTP/1.1 ");
    buf_unsigned(out, (uint64_t)status);
    buf_byte(out, ' ');
    buf_text(out, http_status_text(status));
    buf_text(out, "\r\n");
}

void http_answer_header(struct buf *out, const char *name, const char *value)
{
    const char *at;
    bool is_valid = http_token_is_valid(slice_of(name));

    for (at = value; *at != '\0'; at++) {
        is_valid = is_valid && http_byte_is_value(*at);
    }
    if (!is_valid) {
        if (out->fail == FAIL_NONE) {
            out->fail = FAIL_INVALID;
        }
        return;
    }
    buf_text(out, name);
    buf_text(out, ": ");
    buf_text(out, value);
    buf_text(out, "\r\n");
}

/* RFC 9110 8.6. */
static bool status_has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

void http_answer_end(struct buf *out, int status, size_t content_length)
{
    if (status_has_length(status)) {
        buf_text(out, "Content-Length: ");
        buf_unsigned(out, content_length);
        buf_text(out, "\r\n");
    }
    buf_text(out, "\r\n");
}

static enum http_progress refuse(struct http_refusal *refusal, int status, const char *text)
{
    *refusal = (struct http_refusal){status, text};
    return HTTP_REFUSED;
}

/* The reason phrase may be empty; nobody reads it. */
static enum http_progress reason_skip(struct http_cursor *cursor, struct http_refusal *refusal)
{
    enum http_progress progress;

    while (cursor->at < cursor->end && http_byte_is_value(*cursor->at)) {
        cursor->at++;
    }
    progress = http_pattern_read(cursor, "\r\n");
    if (progress == HTTP_REFUSED) {
        return refuse(refusal, 400, "The status line of the answer does not end as it must");
    }
    return progress;
}

static enum http_progress status_line_read(struct http_answer *answer, struct http_cursor *cursor,
                                           struct http_refusal *refusal)
{
    const char *start = cursor->at;
    enum http_progress progress = http_pattern_read(cursor, "HTTP/1.# ### ");

    if (progress == HTTP_REFUSED) {
        return refuse(refusal, 400, "The answer does not begin with a status line");
    }
    if (progress == HTTP_MORE) {
        return HTTP_MORE;
    }
    answer->status = (start[9] - '0') * 100 + (start[10] - '0') * 10 + (start[11] - '0');
    if (start[7] > '1' || answer->status < 100 || answer->status > 599) {
        return refuse(refusal, 400, "The answer has an unknown version or status");
    }
    return reason_skip(cursor, refusal);
}

/* RFC 9112 6.1: bytes after a 101 are frames, and nobody may claim them for a
 * body. A 304 names the length that a 200 would have had. */
static const char *body_problem(const struct http_answer *answer,
                                const struct http_framing *framing)
{
    bool has_body = framing->has_coding || framing->length > 0;

    if (has_body && !status_has_length(answer->status) && answer->status != 304) {
        return "The answer has a body where none may be";
    }
    return NULL;
}

/* Why a header must not stand in this answer, or the answer must not end there. */
static const char *header_take(struct http_answer *answer, struct http_framing *framing,
                               const struct http_header *header)
{
    if (header->name.length == 0) {
        return body_problem(answer, framing);
    }
    assert(answer->header_count < HTTP_HEADERS_MAX);
    answer->headers[answer->header_count++] = *header;
    return http_framing_take(framing, header);
}

static enum http_progress headers_read(struct http_answer *answer, struct http_cursor *cursor,
                                       struct http_refusal *refusal)
{
    struct http_framing framing = {0};
    struct http_header header = {0};
    enum http_progress progress;

    do {
        const char *problem = NULL;

        if (answer->header_count == HTTP_HEADERS_MAX && cursor->at < cursor->end &&
            *cursor->at != '\r') {
            return refuse(refusal, 431, "The answer has more than 64 headers");
        }
        progress = http_line_read(cursor, &header, &problem);
        if (progress == HTTP_DONE) {
            problem = header_take(answer, &framing, &header);
        }
        if (problem != NULL) {
            return refuse(refusal, 400, problem);
        }
    } while (progress == HTTP_DONE && header.name.length > 0);
    return progress;
}

enum http_progress http_answer_read(struct http_answer *answer, struct slice bytes, size_t *used,
                                    struct http_refusal *refusal)
{
    bool is_full = bytes.length >= HTTP_HEAD_MAX;
    struct http_cursor cursor;
    enum http_progress progress;

    if (bytes.length == 0) {
        return HTTP_MORE;
    }
    cursor.at = bytes.bytes;
    cursor.end = bytes.bytes + (is_full ? (size_t)HTTP_HEAD_MAX : bytes.length);
    answer->header_count = 0;
    progress = status_line_read(answer, &cursor, refusal);
    if (progress == HTTP_DONE) {
        progress = headers_read(answer, &cursor, refusal);
    }
    if (progress == HTTP_MORE && is_full) {
        return refuse(refusal, 431, "The head of the answer is longer than 16 KB");
    }
    if (progress == HTTP_DONE) {
        *used = (size_t)(cursor.at - bytes.bytes);
    }
    return progress;
}

struct slice http_answer_value(const struct http_answer *answer, const char *name)
{
    return http_headers_find(answer->headers, answer->header_count, name);
}
