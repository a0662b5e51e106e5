/* HTTP/1.1 requests and answers (RFC 9112, RFC 9110): bytes <-> meaning.
 *
 * A head is first looked at whole by our own strict check (http_check.c:
 * lines, names, Host, one length, version, target) and only then given to
 * llhttp. Whatever two programs could read in two ways is refused with 400 and
 * the connection closed, so that nothing of the rest is taken for a request. */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"

enum {
    HTTP_HEAD_MAX = 16 * 1024, /* bytes of request line and headers, closing line included */
    HTTP_HEADERS_MAX = 64,
    HTTP_TARGET_MAX = 8 * 1024, /* 8 KB is served, one more is 414 */
    HTTP_BODY_MAX = 64 * 1024,
};

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER, /* a well-formed method that nothing here serves (TRACE, CONNECT, ...) */
};

struct http_header {
    struct slice name;
    struct slice value; /* without blanks around it */
};

/* A request head. Slices point into the bytes it was read from. */
struct http_head {
    enum http_method method;
    struct slice target; /* as sent */
    struct slice path;   /* of the target, still percent-encoded; for absolute form its path */
    struct slice query;  /* after the first '?', without it; empty when there is none */
    struct slice host;   /* of the Host header, or of an absolute target */
    int minor_version;   /* 0 or 1 of HTTP/1.x */
    bool keep_alive;
    bool expects_continue;
    bool wants_websocket; /* Upgrade names websocket, Connection names upgrade, GET, HTTP/1.1 */
    bool chunked;
    bool has_length;
    uint64_t length; /* of the body, when has_length */
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};

enum http_progress {
    HTTP_MORE,    /* everything so far is acceptable; more bytes are needed */
    HTTP_DONE,    /* complete; `*used` bytes belong to it */
    HTTP_REFUSED, /* answer with the refusal, then close */
};

struct http_refusal {
    int status;       /* 400, 413, 414, 417, 431, 501, 505 */
    const char *text; /* static, for people: "Content-Length stands twice" */
};

/* Reads a request head from the start of `bytes` (empty lines before it are
 * skipped, at most two). Refuses as early as it can. Nothing is kept between
 * calls: with more bytes it starts again, at most HTTP_HEAD_MAX. */
enum http_progress http_head_read(struct http_head *head, struct slice bytes, size_t *used,
                                  struct http_refusal *refusal);

/* The value of the only header of that name; an empty slice with NULL bytes
 * when there is none. When a header stands more than once, the first. */
struct slice http_header_value(const struct http_head *head, const char *name);

/* The body that follows a head; a state of its own, because bodies come in
 * pieces. */
struct http_body {
    enum { HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED } kind;
    uint64_t left;    /* bytes of the body or of this chunk still to come */
    unsigned state;   /* of the chunk reader */
    size_t line_used; /* bytes of the present chunk or trailer line, for its limit */
    size_t limit;
    size_t taken;
    size_t overhead; /* bytes of all chunk extensions and trailers, for their limit */
};

/* HTTP_DONE when there is no body, HTTP_REFUSED (413) when the announced
 * length is above `limit`, else HTTP_MORE. */
enum http_progress http_body_start(struct http_body *body, const struct http_head *head,
                                   size_t limit, struct http_refusal *refusal);
/* Takes what belongs to the body out of `bytes`; appends its content to `out`
 * (NULL: drops it). `*used` is how many bytes it took. */
enum http_progress http_body_read(struct http_body *body, struct slice bytes, size_t *used,
                                  struct buf *out, struct http_refusal *refusal);

/* Percent-decodes (RFC 3986, no '+'): FAIL_INVALID for a broken or zero escape
 * or when the result is not UTF-8, FAIL_LIMIT when it does not fit. The result
 * is zero-terminated. */
MUST_CHECK enum fail http_path_decode(struct slice encoded, char *out, size_t size);

/* One parameter of a query, in application/x-www-form-urlencoded form ('+' is
 * a blank). FAIL_NOT_FOUND when it is absent, FAIL_CONFLICT when it stands
 * twice, FAIL_INVALID and FAIL_LIMIT as http_path_decode. */
MUST_CHECK enum fail http_query_find(struct slice query, const char *name, char *out, size_t size);

/* "Accepted" for 202; "Unknown" for a status that is not in the table. */
const char *http_status_text(int status);
/* "GET"; "OTHER" has no name and is an assert. */
const char *http_method_name(enum http_method method);

/* Starts an answer: status line, Date is left to the caller's headers. */
void http_answer_start(struct buf *out, int status);
/* A name that is no token, or a value with a control character, makes the
 * buffer fail (FAIL_INVALID) instead of becoming a second header. */
void http_answer_header(struct buf *out, const char *name, const char *value);
/* Closes the head: Content-Length (none for 101, 204 and 304) and the empty line. */
void http_answer_end(struct buf *out, int status, size_t content_length);

/* An answer's head, for our own client side of the WebSocket handshake. */
struct http_answer {
    int status;
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};
enum http_progress http_answer_read(struct http_answer *answer, struct slice bytes, size_t *used,
                                    struct http_refusal *refusal);
struct slice http_answer_value(const struct http_answer *answer, const char *name);

#endif
