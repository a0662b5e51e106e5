/* Our own look at a request head, by RFC 9112 and without forgiveness.
 *
 * One pass from left to right: request line, then header after header. A head
 * that has not ended yet is looked at as far as it goes, so that garbage is
 * refused with its first line and not after a time-out. Each refusal belongs to
 * a byte, and the first one in the stream wins: reading the head again with
 * more bytes behind it gives the same answer. The few questions that only the
 * whole head can answer (a missing Host, an unknown coding, an expectation) are
 * asked at its empty line, framing first. */
#include "wire/http_check.h"

#include <assert.h>

enum { EMPTY_LINES_MAX = 2, METHOD_MAX = 32 };

struct check {
    struct http_head *head;
    struct http_cursor cursor;
    struct http_refusal *refusal;
    struct http_framing framing;
    struct slice method;
    struct slice target_host; /* of an absolute target, else empty */
    bool closes;              /* Connection holds close */
    bool keeps;               /* Connection holds keep-alive */
    bool upgrades;            /* Connection holds upgrade */
    bool names_websocket;     /* Upgrade holds websocket */
    bool expects_unknown;
};

static enum http_progress refuse(struct check *check, int status, const char *text)
{
    *check->refusal = (struct http_refusal){status, text};
    return HTTP_REFUSED;
}

/* Methods are case-sensitive (RFC 9110 9.1): `get` is a token that nobody
 * serves, as is TRACE. */
static enum http_method method_find(struct slice name)
{
    int method;

    for (method = HTTP_GET; method < HTTP_OTHER; method++) {
        if (slice_is(name, http_method_name((enum http_method)method))) {
            return (enum http_method)method;
        }
    }
    return HTTP_OTHER;
}

/* RFC 9112 2.2: some old clients send an empty line after a body. */
static enum http_progress empty_lines_skip(struct check *check)
{
    struct http_cursor *cursor = &check->cursor;
    int lines;

    for (lines = 0; lines < EMPTY_LINES_MAX; lines++) {
        if (cursor->at == cursor->end || *cursor->at != '\r') {
            return HTTP_DONE;
        }
        if (cursor->end - cursor->at < 2) {
            return HTTP_MORE;
        }
        if (cursor->at[1] != '\n') {
            return refuse(check, 400, "A carriage return stands without its line feed");
        }
        cursor->at += 2;
    }
    return HTTP_DONE;
}

static enum http_progress method_read(struct check *check)
{
    const char *start = check->cursor.at;
    const char *end = check->cursor.end;
    const char *at = start;

    while (at < end && http_byte_is(*at, HTTP_BYTE_TOKEN)) {
        at++;
    }
    if (at - start > METHOD_MAX) {
        return refuse(check, 501, "The method of the request is too long");
    }
    if (at == end) {
        return HTTP_MORE;
    }
    if (at == start || *at != ' ') {
        return refuse(check, 400, "The request does not begin with a method and a blank");
    }
    check->method = slice_make(start, (size_t)(at - start));
    check->head->method = method_find(check->method);
    check->cursor.at = at + 1;
    return HTTP_DONE;
}

static enum http_progress target_read(struct check *check)
{
    const char *start = check->cursor.at;
    const char *end = check->cursor.end;
    const char *at = start;

    if (end - start > HTTP_TARGET_MAX) {
        end = start + HTTP_TARGET_MAX + 1;
    }
    while (at<end && * at> ' ' && *at < 0x7f) {
        at++;
    }
    if (at - start > HTTP_TARGET_MAX) {
        return refuse(check, 414, "The target of the request is longer than 8 KB");
    }
    if (at == end) {
        return HTTP_MORE;
    }
    if (*at == '\r' || *at == '\n') {
        return refuse(check, 400, "The request line has no version");
    }
    if (at == start || *at != ' ') {
        return refuse(check, 400, "The target of the request is empty or holds a forbidden byte");
    }
    check->head->target = slice_make(start, (size_t)(at - start));
    check->cursor.at = at + 1;
    return HTTP_DONE;
}

static enum http_progress version_read(struct check *check)
{
    const char *start = check->cursor.at;
    enum http_progress progress = http_pattern_read(&check->cursor, "HTTP/#.#\r\n");

    if (progress == HTTP_REFUSED) {
        return refuse(check, 400, "The request line does not end with HTTP/1.1");
    }
    if (progress == HTTP_MORE) {
        return HTTP_MORE;
    }
    if (start[5] != '1' || start[7] > '1') {
        return refuse(check, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    check->head->minor_version = start[7] - '0';
    return HTTP_DONE;
}

static enum http_progress request_line_read(struct check *check)
{
    const char *problem;
    enum http_progress progress = method_read(check);

    if (progress == HTTP_DONE) {
        progress = target_read(check);
    }
    if (progress == HTTP_DONE) {
        progress = version_read(check);
    }
    if (progress != HTTP_DONE) {
        return progress;
    }
    problem =
        http_target_read(check->head, slice_is(check->method, "CONNECT"), &check->target_host);
    return problem == NULL ? HTTP_DONE : refuse(check, 400, problem);
}

static const char *host_take(struct check *check, struct slice value)
{
    if (check->head->host.bytes != NULL) {
        return "Host stands twice";
    }
    if (!http_host_is_valid(value, false)) {
        return "Host is empty or not a host";
    }
    check->head->host = value;
    return NULL;
}

static const char *framing_take(struct check *check, const struct http_header *header)
{
    const char *problem = http_framing_take(&check->framing, header);

    if (problem == NULL && check->framing.has_coding && check->head->minor_version == 0) {
        return "Transfer-Encoding stands in an HTTP/1.0 request";
    }
    return problem;
}

static void connection_take(struct check *check, struct slice value)
{
    check->closes = check->closes || slice_list_holds(value, "close");
    check->keeps = check->keeps || slice_list_holds(value, "keep-alive");
    check->upgrades = check->upgrades || slice_list_holds(value, "upgrade");
}

/* RFC 9110 10.1.1: an expectation that is not known is 417, but HTTP/1.0 has
 * no 100 to wait for. */
static void expect_take(struct check *check, struct slice value)
{
    if (!slice_is_ignoring_case(value, "100-continue")) {
        check->expects_unknown = true;
    } else if (check->head->minor_version == 1) {
        check->head->expects_continue = true;
    }
}

/* The length of the name leaves at most one header that it can be. */
static const char *header_take(struct check *check, const struct http_header *header)
{
    switch (header->name.length) {
    case sizeof("Host") - 1:
        if (slice_is_ignoring_case(header->name, "Host")) {
            return host_take(check, header->value);
        }
        break;
    case sizeof("Content-Length") - 1:
    case sizeof("Transfer-Encoding") - 1:
        return framing_take(check, header);
    case sizeof("Connection") - 1:
        if (slice_is_ignoring_case(header->name, "Connection")) {
            connection_take(check, header->value);
        }
        break;
    case sizeof("Upgrade") - 1:
        if (slice_is_ignoring_case(header->name, "Upgrade")) {
            check->names_websocket =
                check->names_websocket || slice_list_holds(header->value, "websocket");
        }
        break;
    case sizeof("Expect") - 1:
        if (slice_is_ignoring_case(header->name, "Expect")) {
            expect_take(check, header->value);
        }
        break;
    default:
        break;
    }
    return NULL;
}

static enum http_progress headers_read(struct check *check)
{
    struct http_head *head = check->head;
    struct http_cursor *cursor = &check->cursor;

    for (;;) {
        struct http_header header;
        const char *problem = NULL;
        enum http_progress progress;

        if (head->header_count == HTTP_HEADERS_MAX && cursor->at < cursor->end &&
            *cursor->at != '\r') {
            return refuse(check, 431, "The request has more than 64 headers");
        }
        progress = http_line_read(cursor, &header, &problem);
        if (progress == HTTP_REFUSED) {
            return refuse(check, 400, problem);
        }
        if (progress == HTTP_MORE || header.name.length == 0) {
            return progress;
        }
        assert(head->header_count < HTTP_HEADERS_MAX);
        head->headers[head->header_count++] = header;
        problem = header_take(check, &header);
        if (problem != NULL) {
            return refuse(check, 400, problem);
        }
    }
}

/* What only the whole head can tell. */
static enum http_progress head_close(struct check *check)
{
    struct http_head *head = check->head;
    bool has_body;

    if (head->host.bytes == NULL && head->minor_version == 1) {
        return refuse(check, 400, "Host is missing");
    }
    if (check->framing.has_coding && !check->framing.chunked) {
        return refuse(check, 501, "The only Transfer-Encoding that is known here is chunked");
    }
    if (check->expects_unknown) {
        return refuse(check, 417, "The only expectation that can be met is 100-continue");
    }
    if (check->target_host.length > 0) {
        head->host = check->target_host; /* RFC 9112 3.2.2 */
    }
    head->chunked = check->framing.chunked;
    head->has_length = check->framing.has_length;
    head->length = check->framing.length;
    head->keep_alive = !check->closes && (head->minor_version == 1 || check->keeps);
    if (slice_is(check->method, "CONNECT")) {
        head->keep_alive = false; /* a client may already send what is meant for the tunnel */
    }
    /* With a body before it, where the frames begin could be read in two ways. */
    has_body = head->chunked || head->length > 0;
    head->wants_websocket = head->method == HTTP_GET && head->minor_version == 1 &&
                            check->upgrades && check->names_websocket && !has_body;
    return HTTP_DONE;
}

enum http_progress http_check_read(struct http_head *head, struct slice bytes, struct slice *whole,
                                   struct slice *method, struct http_refusal *refusal)
{
    bool is_full = bytes.length >= HTTP_HEAD_MAX;
    struct check check = {.head = head, .refusal = refusal};
    const char *start;
    enum http_progress progress;

    if (bytes.length == 0) {
        return HTTP_MORE;
    }
    check.cursor.at = bytes.bytes;
    check.cursor.end = bytes.bytes + (is_full ? (size_t)HTTP_HEAD_MAX : bytes.length);
    head->host = (struct slice){NULL, 0};
    head->expects_continue = false;
    head->header_count = 0;
    progress = empty_lines_skip(&check);
    start = check.cursor.at;
    if (progress == HTTP_DONE) {
        progress = request_line_read(&check);
    }
    if (progress == HTTP_DONE) {
        progress = headers_read(&check);
    }
    if (progress == HTTP_MORE && is_full) {
        return refuse(&check, 431, "The head of the request is longer than 16 KB");
    }
    if (progress != HTTP_DONE) {
        return progress;
    }
    *whole = slice_make(start, (size_t)(check.cursor.at - start));
    *method = check.method;
    return head_close(&check);
}
