/* One header line, and what it says about the length of a body.
 *
 * Requests and answers share these lines. Nothing is forgiven: a line ends
 * with CR LF and nothing else, a name is a token right before its colon, a
 * value holds no control character, and no line goes on in the next (RFC 9112
 * 2.2, 5.1, 5.2 let a server choose; a proxy before us may have chosen
 * otherwise). */
#include "wire/http_check.h"

#include <assert.h>
#include <string.h>

/* Rows of sixteen from 0x00, zero from 0x80. T: token, P: path, B: both, A: these and host. */
enum {
    T = HTTP_BYTE_TOKEN,
    P = HTTP_BYTE_PATH,
    B = HTTP_BYTE_TOKEN | HTTP_BYTE_PATH,
    A = HTTP_BYTE_TOKEN | HTTP_BYTE_PATH | HTTP_BYTE_HOST,
};
const unsigned char http_byte_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
    0, B, 0, T, B, B, B, B, P, P, B, B, P, A, A, P, /*  !"#$%&'()*+,-./ */
    A, A, A, A, A, A, A, A, A, A, P, P, 0, P, 0, 0, /* 0123456789:;<=>? */
    P, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* @ABCDEFGHIJKLMNO */
    A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, T, A, /* PQRSTUVWXYZ[\]^_ */
    T, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* `abcdefghijklmno */
    A, A, A, A, A, A, A, A, A, A, A, 0, T, 0, A, 0, /* pqrstuvwxyz{|}~  */
};

/* Skips a value eight bytes at a time while none of them is a control
 * character: most of a head is values. The byte that ends it is among the next
 * eight, for a loop over single bytes to find. */
static const char *value_skip(const char *at, const char *end)
{
    const uint64_t ones = UINT64_MAX / 0xff; /* 0x01 in each byte */
    const uint64_t high = ones << 7;

    while (end - at >= (ptrdiff_t)sizeof(uint64_t)) {
        uint64_t word;
        uint64_t del;
        uint64_t found;

        memcpy(&word, at, sizeof(word));
        /* The high bit of a byte that is below 0x20, or is 0x7f, comes out set.
         * A borrow may set others too, but never without a true one. */
        del = word ^ ones * 0x7f;
        found = ((word - ones * 0x20) & ~word) | ((del - ones) & ~del);
        if ((found & high) != 0) {
            break;
        }
        at += sizeof(word);
    }
    return at;
}

bool http_token_is_valid(struct slice token)
{
    size_t i;

    for (i = 0; i < token.length; i++) {
        if (!http_byte_is(token.bytes[i], HTTP_BYTE_TOKEN)) {
            return false;
        }
    }
    return token.length > 0;
}

struct slice http_headers_find(const struct http_header *headers, size_t count, const char *name)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (slice_is_ignoring_case(headers[i].name, name)) {
            return headers[i].value;
        }
    }
    return (struct slice){NULL, 0};
}

enum http_progress http_pattern_read(struct http_cursor *cursor, const char *pattern)
{
    const char *at;

    for (at = cursor->at; *pattern != '\0'; at++, pattern++) {
        if (at == cursor->end) {
            return HTTP_MORE;
        }
        if (*pattern == '#' ? *at < '0' || *at > '9' : *at != *pattern) {
            return HTTP_REFUSED;
        }
    }
    cursor->at = at;
    return HTTP_DONE;
}

/* CR has been seen at `at`: only LF may follow. */
static enum http_progress line_end(struct http_cursor *cursor, const char *at, const char **problem)
{
    if (cursor->end - at < 2) {
        return HTTP_MORE;
    }
    if (at[1] != '\n') {
        *problem = "A carriage return stands without its line feed";
        return HTTP_REFUSED;
    }
    cursor->at = at + 2;
    return HTTP_DONE;
}

static const char *name_problem(char byte, bool first)
{
    if (byte == ' ' || byte == '\t') {
        return first ? "A header line is folded" : "A blank stands before the colon of a header";
    }
    if (byte == ':') {
        return "A header has no name";
    }
    if (byte == '\r' || byte == '\n') {
        return "A header line has no colon, or ends without a carriage return";
    }
    return "A header name holds a byte that cannot be in one";
}

enum http_progress http_line_read(struct http_cursor *cursor, struct http_header *header,
                                  const char **problem)
{
    const char *start = cursor->at;
    const char *end = cursor->end;
    const char *at = start;
    const char *value;
    enum http_progress progress;

    if (at < end && *at == '\r') {
        header->name = (struct slice){at, 0};
        header->value = header->name;
        return line_end(cursor, at, problem);
    }
    while (at < end && http_byte_is(*at, HTTP_BYTE_TOKEN)) {
        at++;
    }
    if (at == end) {
        return HTTP_MORE;
    }
    if (*at != ':' || at == start) {
        *problem = name_problem(*at, at == start);
        return HTTP_REFUSED;
    }
    header->name = slice_make(start, (size_t)(at - start));
    value = ++at;
    at = value_skip(at, end);
    while (at < end && http_byte_is_value(*at)) {
        at++;
    }
    if (at == end) {
        return HTTP_MORE;
    }
    if (*at != '\r') {
        *problem = *at == '\n' ? "A header line ends without a carriage return"
                               : "A header value holds a control character";
        return HTTP_REFUSED;
    }
    progress = line_end(cursor, at, problem);
    if (progress == HTTP_DONE) {
        header->value = slice_trim(slice_make(value, (size_t)(at - value)));
    }
    return progress;
}

static const char *length_take(struct http_framing *framing, struct slice value)
{
    if (framing->has_length) {
        return "Content-Length stands twice";
    }
    if (framing->has_coding) {
        return "Content-Length and Transfer-Encoding stand together";
    }
    if (slice_to_unsigned(value, UINT64_MAX, &framing->length) != FAIL_NONE) {
        return "Content-Length is not a number";
    }
    framing->has_length = true;
    return NULL;
}

/* Exactly `chunked` is served. A list in which every coding has a name but
 * chunked is at most the last one is well-formed and unknown (501); anything
 * else could be framed in two ways. */
static const char *coding_take(struct http_framing *framing, struct slice value)
{
    struct slice part;
    bool chunked = false;

    if (framing->has_coding) {
        return "Transfer-Encoding stands twice";
    }
    if (framing->has_length) {
        return "Content-Length and Transfer-Encoding stand together";
    }
    framing->has_coding = true;
    framing->chunked = slice_is_ignoring_case(value, "chunked");
    while (slice_next_part(&value, ',', &part)) {
        part = slice_trim(part);
        if (chunked || !http_token_is_valid(part)) {
            return "Transfer-Encoding is not a list that ends with chunked";
        }
        chunked = slice_is_ignoring_case(part, "chunked");
    }
    return NULL;
}

const char *http_framing_take(struct http_framing *framing, const struct http_header *header)
{
    assert(header->name.length > 0 && header->value.bytes != NULL);
    if (slice_is_ignoring_case(header->name, "Content-Length")) {
        return length_take(framing, header->value);
    }
    if (slice_is_ignoring_case(header->name, "Transfer-Encoding")) {
        return coding_take(framing, header->value);
    }
    return NULL;
}
