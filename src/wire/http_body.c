/* Bodies: by Content-Length, or chunked (RFC 9112 7.1), in pieces of any size.
 *
 * The chunk reader is a state machine over single bytes; only the content is
 * taken in runs. It is stricter than the grammar where readers are known to
 * differ: a size has 1 to 16 hex digits and is followed at once by `;` or CR
 * (no blanks), an extension holds printable ASCII, and every line ends with CR
 * LF. Extensions and trailers are thrown away; because they cost without
 * filling the body, each line and all of them together have a limit. */
#include "wire/http.h"

#include <assert.h>
#include <string.h>

#include "wire/http_check.h"

enum {
    SIZE_DIGITS_MAX = 16,
    LINE_MAX_BYTES = 512,         /* of one size line or trailer line */
    OVERHEAD_MAX_BYTES = 8 * 1024 /* of all extensions and trailers of a body */
};

enum state {
    STATE_SIZE,          /* digits of a chunk size; line_used of them so far */
    STATE_EXTENSION,     /* behind the `;` */
    STATE_SIZE_LF,       /* CR of a size line seen */
    STATE_DATA,          /* `left` bytes of content to come */
    STATE_DATA_CR,       /* content complete */
    STATE_DATA_LF,       /* and its CR seen */
    STATE_TRAILER_START, /* after the last chunk or a trailer */
    STATE_TRAILER_NAME,  /* line_used bytes of it so far */
    STATE_TRAILER_VALUE, /* behind the colon */
    STATE_TRAILER_LF,    /* CR of a trailer seen */
    STATE_END_LF,        /* CR of the closing line seen */
    STATE_END,
    STATE_MASK = 0xff,
    CANDIDATE_BIT = 0x100, /* shifted left by n: the trailer's name may still be FORBIDDEN[n] */
};

/* Trailers that would frame or route the message anew (RFC 9110 6.5.1). */
static const char *const FORBIDDEN[] = {"Content-Length", "Host", "Transfer-Encoding"};
enum { FORBIDDEN_COUNT = sizeof(FORBIDDEN) / sizeof(FORBIDDEN[0]) };

static enum http_progress refuse(struct http_refusal *refusal, int status, const char *text)
{
    *refusal = (struct http_refusal){status, text};
    return HTTP_REFUSED;
}

static enum http_progress too_large(struct http_refusal *refusal)
{
    return refuse(refusal, 413, "The body of the request is too large");
}

static void state_set(struct http_body *body, enum state state)
{
    body->state = (unsigned)state;
    body->line_used = 0;
}

enum http_progress http_body_start(struct http_body *body, const struct http_head *head,
                                   size_t limit, struct http_refusal *refusal)
{
    assert(!(head->chunked && head->has_length));
    *body = (struct http_body){.kind = HTTP_BODY_LENGTH, .limit = limit};
    if (head->chunked) {
        body->kind = HTTP_BODY_CHUNKED;
        state_set(body, STATE_SIZE);
        return HTTP_MORE;
    }
    if (!head->has_length || head->length == 0) {
        return HTTP_DONE;
    }
    if (head->length > limit) {
        return too_large(refusal);
    }
    body->left = head->length;
    return HTTP_MORE;
}

/* Takes what there is of the `left` bytes; says how many that was. */
static size_t content_take(struct http_body *body, struct slice bytes, struct buf *out)
{
    size_t length = body->left < bytes.length ? (size_t)body->left : bytes.length;

    assert(length <= body->limit - body->taken);
    if (out != NULL) {
        buf_append(out, bytes.bytes, length);
    }
    body->left -= length;
    body->taken += length;
    return length;
}

/* Counts one byte of an extension or a trailer. */
static bool overhead_fits(struct http_body *body)
{
    body->line_used++;
    body->overhead++;
    return body->line_used <= LINE_MAX_BYTES && body->overhead <= OVERHEAD_MAX_BYTES;
}

static enum http_progress size_byte(struct http_body *body, char byte, struct http_refusal *refusal)
{
    unsigned value;

    if (http_hex_value(byte, &value)) {
        if (body->line_used == SIZE_DIGITS_MAX) {
            return refuse(refusal, 400, "A chunk size has more than 16 digits");
        }
        body->left = body->left << 4 | value;
        body->line_used++;
        return HTTP_MORE;
    }
    if (body->line_used == 0 || (byte != ';' && byte != '\r')) {
        return refuse(refusal, 400, "A chunk size is not a hexadecimal number");
    }
    if (body->left > body->limit - body->taken) {
        return too_large(refusal);
    }
    state_set(body, byte == ';' ? STATE_EXTENSION : STATE_SIZE_LF);
    return HTTP_MORE;
}

static enum http_progress extension_byte(struct http_body *body, char byte,
                                         struct http_refusal *refusal)
{
    if (byte == '\r') {
        state_set(body, STATE_SIZE_LF);
        return HTTP_MORE;
    }
    if (!http_byte_is_value(byte) || (unsigned char)byte >= 0x80) {
        return refuse(refusal, 400, "A chunk extension holds a forbidden byte");
    }
    if (!overhead_fits(body)) {
        return refuse(refusal, 400, "The chunk extensions are too long");
    }
    return HTTP_MORE;
}

/* Drops the candidates that `byte`, the next of the name, rules out. */
static void candidates_match(struct http_body *body, char byte)
{
    size_t at = body->line_used;
    unsigned i;

    for (i = 0; i < FORBIDDEN_COUNT; i++) {
        if (at >= strlen(FORBIDDEN[i]) || text_lower(FORBIDDEN[i][at]) != text_lower(byte)) {
            body->state &= ~((unsigned)CANDIDATE_BIT << i);
        }
    }
}

static bool name_is_forbidden(const struct http_body *body)
{
    unsigned i;

    for (i = 0; i < FORBIDDEN_COUNT; i++) {
        if ((body->state & (unsigned)CANDIDATE_BIT << i) != 0 &&
            body->line_used == strlen(FORBIDDEN[i])) {
            return true;
        }
    }
    return false;
}

static enum http_progress trailer_name_byte(struct http_body *body, char byte,
                                            struct http_refusal *refusal)
{
    if (byte == ':' && body->line_used > 0) {
        if (name_is_forbidden(body)) {
            return refuse(refusal, 400, "A trailer changes the length or the host of the request");
        }
        /* The line goes on: line_used stays, for its limit. */
        body->state = STATE_TRAILER_VALUE;
        return HTTP_MORE;
    }
    if (!http_byte_is(byte, HTTP_BYTE_TOKEN)) {
        return refuse(refusal, 400, "A trailer is not a header line");
    }
    candidates_match(body, byte);
    if (!overhead_fits(body)) {
        return refuse(refusal, 400, "The trailers are too long");
    }
    return HTTP_MORE;
}

static enum http_progress trailer_value_byte(struct http_body *body, char byte,
                                             struct http_refusal *refusal)
{
    if (byte == '\r') {
        state_set(body, STATE_TRAILER_LF);
        return HTTP_MORE;
    }
    if (!http_byte_is_value(byte)) {
        return refuse(refusal, 400, "A trailer holds a control character");
    }
    if (!overhead_fits(body)) {
        return refuse(refusal, 400, "The trailers are too long");
    }
    return HTTP_MORE;
}

static enum http_progress trailer_start_byte(struct http_body *body, char byte,
                                             struct http_refusal *refusal)
{
    if (byte == '\r') {
        state_set(body, STATE_END_LF);
        return HTTP_MORE;
    }
    state_set(body, STATE_TRAILER_NAME);
    body->state |= (unsigned)CANDIDATE_BIT * ((1U << FORBIDDEN_COUNT) - 1);
    return trailer_name_byte(body, byte, refusal);
}

/* A byte that can only be `wanted`; then `next`. */
static enum http_progress wanted_byte(struct http_body *body, bool is_wanted, enum state next,
                                      struct http_refusal *refusal)
{
    if (!is_wanted) {
        return refuse(refusal, 400, "A line of the chunked body does not end where it must");
    }
    state_set(body, next);
    return next == STATE_END ? HTTP_DONE : HTTP_MORE;
}

/* Any state but STATE_DATA. */
static enum http_progress chunked_byte(struct http_body *body, char byte,
                                       struct http_refusal *refusal)
{
    switch (body->state & STATE_MASK) {
    case STATE_SIZE:
        return size_byte(body, byte, refusal);
    case STATE_EXTENSION:
        return extension_byte(body, byte, refusal);
    case STATE_SIZE_LF:
        return wanted_byte(body, byte == '\n', body->left > 0 ? STATE_DATA : STATE_TRAILER_START,
                           refusal);
    case STATE_DATA_CR:
        return wanted_byte(body, byte == '\r', STATE_DATA_LF, refusal);
    case STATE_DATA_LF:
        return wanted_byte(body, byte == '\n', STATE_SIZE, refusal);
    case STATE_TRAILER_START:
        return trailer_start_byte(body, byte, refusal);
    case STATE_TRAILER_NAME:
        return trailer_name_byte(body, byte, refusal);
    case STATE_TRAILER_VALUE:
        return trailer_value_byte(body, byte, refusal);
    case STATE_TRAILER_LF:
        return wanted_byte(body, byte == '\n', STATE_TRAILER_START, refusal);
    case STATE_END_LF:
        return wanted_byte(body, byte == '\n', STATE_END, refusal);
    default:
        assert(false); /* a chunk reader that has ended, or was never started */
        return HTTP_REFUSED;
    }
}

static enum http_progress chunked_read(struct http_body *body, struct slice bytes, size_t *used,
                                       struct buf *out, struct http_refusal *refusal)
{
    enum http_progress progress = HTTP_MORE;
    size_t at = 0;

    while (at < bytes.length && progress == HTTP_MORE) {
        if (body->state == STATE_DATA) {
            at += content_take(body, slice_make(bytes.bytes + at, bytes.length - at), out);
            if (body->left == 0) {
                state_set(body, STATE_DATA_CR);
            }
        } else {
            progress = chunked_byte(body, bytes.bytes[at], refusal);
            at++;
        }
    }
    *used = at;
    return progress;
}

enum http_progress http_body_read(struct http_body *body, struct slice bytes, size_t *used,
                                  struct buf *out, struct http_refusal *refusal)
{
    if (body->kind == HTTP_BODY_CHUNKED) {
        if (body->state == STATE_END) {
            *used = 0;
            return HTTP_DONE;
        }
        return chunked_read(body, bytes, used, out, refusal);
    }
    *used = content_take(body, bytes, out);
    return body->left == 0 ? HTTP_DONE : HTTP_MORE;
}
