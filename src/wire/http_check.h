/* Shared by the files that read HTTP heads and bodies; nobody outside wire/http_*.c includes it.
 *
 * All readers go from left to right and stop at the first byte that decides.
 * Whatever a reader has refused after n bytes it refuses with the same status
 * after more, so the way a head is cut into packets cannot change its fate. */
#ifndef WIRE_HTTP_CHECK_H
#define WIRE_HTTP_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "wire/http.h"

/* What a byte may stand in; bytes from 0x80 in none of these. */
enum {
    HTTP_BYTE_TOKEN = 1, /* RFC 9110 5.6.2: methods, header names, members of lists */
    HTTP_BYTE_HOST = 2,  /* names and IPv4 addresses as they exist */
    HTTP_BYTE_PATH = 4,  /* RFC 3986 3.3, '/' included */
};
extern const unsigned char http_byte_classes[256];

static inline bool http_byte_is(char byte, unsigned class)
{
    unsigned char c = (unsigned char)byte;

    return (http_byte_classes[c] & class) != 0;
}

/* RFC 9110 5.5: visible, blank, tab, and bytes from 0x80 (opaque). */
static inline bool http_byte_is_value(char byte)
{
    unsigned char c = (unsigned char)byte;

    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* The value of one hex digit; false, and `*value` untouched, when it is none. */
static inline bool http_hex_value(char c, unsigned *value)
{
    char lower = text_lower(c);

    if (lower >= '0' && lower <= '9') {
        *value = (unsigned)(lower - '0');
        return true;
    }
    if (lower >= 'a' && lower <= 'f') {
        *value = (unsigned)(lower - 'a') + 10;
        return true;
    }
    return false;
}

/* What is not read yet. */
struct http_cursor {
    const char *at;
    const char *end;
};

/* Reads what `pattern` says, in which '#' stands for a digit. Moves the cursor
 * on HTTP_DONE only. */
enum http_progress http_pattern_read(struct http_cursor *cursor, const char *pattern);
/* Reads one header line; the empty line that closes a head gives a header with
 * an empty name. Moves the cursor on HTTP_DONE only; on HTTP_REFUSED `*problem`
 * says why (always a 400). */
enum http_progress http_line_read(struct http_cursor *cursor, struct http_header *header,
                                  const char **problem);
bool http_token_is_valid(struct slice token);
struct slice http_headers_find(const struct http_header *headers, size_t count, const char *name);

/* What the headers say about the length of the body (RFC 9112 6), collected
 * line by line; the same for requests and answers. */
struct http_framing {
    bool has_length;
    bool has_coding;
    bool chunked; /* else, with has_coding: a coding that we do not know */
    uint64_t length;
};
/* Takes Content-Length and Transfer-Encoding, ignores others. NULL, or why it is a 400. */
const char *http_framing_take(struct http_framing *framing, const struct http_header *header);

/* A host with or without port, as in Host (RFC 9112 3.2) or in a target. */
bool http_host_is_valid(struct slice host, bool needs_port);
/* Finds the form of head->target, fills path and query; `*host` is that of an
 * absolute target, else left alone. NULL, or why it is a 400. */
const char *http_target_read(struct http_head *head, bool connect, struct slice *host);

/* Our own look at a request head. `*whole` runs from the first byte of the
 * method to the end of the empty line; `*method` is its first word. */
enum http_progress http_check_read(struct http_head *head, struct slice bytes, struct slice *whole,
                                   struct slice *method, struct http_refusal *refusal);

#endif
