/* The direct JSON writer.
 *
 * There is no state but the buffer: a comma is due exactly when the last byte
 * written ends a value. So a document may follow a head or a line that ends in
 * a blank, a line feed or a colon, and whatever is nested closes itself right.
 *
 * Bytes that are not UTF-8 become U+FFFD, one for each maximal part of a
 * sequence (Unicode 15, 3.9, "U+FFFD Substitution of Maximal Subparts"), as
 * browsers do it. */
#include "wire/json_write.h"

#include <assert.h>
#include <string.h>

enum { SEPARATOR = 0x2028 /* and 0x2029: line ends to some scripts */ };

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

/* True when the buffer ends with a value, of whatever type. */
static bool value_ends_here(const struct buf *buf)
{
    char last = buf->length == 0 ? '\0' : buf->bytes[buf->length - 1];

    switch (last) {
    case '}':
    case ']':
    case '"':
    case 'e': /* true, false */
    case 'l': /* null */
        return true;
    default:
        return last >= '0' && last <= '9';
    }
}

/* What stands before a value: a comma if due, the name if it has one. */
static void value_start(struct buf *buf, const char *name)
{
    struct slice text = name == NULL ? (struct slice){NULL, 0} : slice_of(name);
    char *to = buf_reserve(buf, text.length + 4);
    size_t used = 0;

    if (to == NULL) {
        return;
    }
    if (value_ends_here(buf)) {
        to[used++] = ',';
    }
    if (name != NULL) {
        to[used++] = '"';
        memcpy(to + used, text.bytes, text.length);
        used += text.length;
        to[used++] = '"';
        to[used++] = ':';
    }
    buf_grown(buf, used);
}

void json_open_object(struct buf *buf, const char *name)
{
    value_start(buf, name);
    buf_byte(buf, '{');
}

void json_close_object(struct buf *buf)
{
    buf_byte(buf, '}');
}

void json_open_array(struct buf *buf, const char *name)
{
    value_start(buf, name);
    buf_byte(buf, '[');
}

void json_close_array(struct buf *buf)
{
    buf_byte(buf, ']');
}

/* ---- escaping ---- */

/* An ASCII character that stands for itself in a string, in HTML and in
 * scripts. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static void escape_write(struct buf *buf, unsigned code)
{
    static const char DIGITS[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u'};

    escape[2] = DIGITS[code >> 12 & 0xf];
    escape[3] = DIGITS[code >> 8 & 0xf];
    escape[4] = DIGITS[code >> 4 & 0xf];
    escape[5] = DIGITS[code & 0xf];
    buf_append(buf, escape, sizeof(escape));
}

static void ascii_write(struct buf *buf, unsigned char c)
{
    static const char SPECIAL[] = "\"\\\b\f\n\r\t";
    static const char LETTERS[] = "\"\\bfnrt";
    const char *at = c == 0 ? NULL : strchr(SPECIAL, c);

    if (at == NULL) {
        escape_write(buf, c);
        return;
    }
    buf_byte(buf, '\\');
    buf_byte(buf, LETTERS[at - SPECIAL]);
}

/* The lead byte of a sequence tells its length and what its second byte may
 * be (RFC 3629, 4); length 0: no sequence starts so. */
struct lead {
    unsigned char first;
    unsigned char last;
    unsigned char length;
    unsigned char second_first;
    unsigned char second_last;
};

static const struct lead LEADS[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_find(unsigned char c)
{
    size_t i;

    for (i = 0; i < sizeof(LEADS) / sizeof(LEADS[0]); i++) {
        if (c >= LEADS[i].first && c <= LEADS[i].last) {
            return &LEADS[i];
        }
    }
    return NULL;
}

/* How many bytes at the start of `text`, which starts above ASCII, are one
 * sequence (`*whole`) or the longest start of one; at least one. */
static size_t sequence_length(struct slice text, bool *whole)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    const struct lead *lead = lead_find(bytes[0]);
    size_t length = 1;

    *whole = false;
    if (lead == NULL || text.length < 2 || bytes[1] < lead->second_first ||
        bytes[1] > lead->second_last) {
        return 1;
    }
    do {
        length++;
    } while (length < lead->length && length < text.length && (bytes[length] & 0xc0) == 0x80);
    *whole = length == lead->length;
    return length;
}

/* Writes the sequence at the start of `text`; returns how long it was. */
static size_t sequence_write(struct buf *buf, struct slice text)
{
    bool whole;
    size_t length = sequence_length(text, &whole);

    if (!whole) {
        buf_text(buf, REPLACEMENT);
    } else if (length == 3 && memcmp(text.bytes, "\xe2\x80", 2) == 0 &&
               ((unsigned char)text.bytes[2] & 0xfe) == 0xa8) {
        escape_write(buf, SEPARATOR + ((unsigned char)text.bytes[2] & 1U));
    } else {
        buf_append(buf, text.bytes, length);
    }
    return length;
}

static void string_write(struct buf *buf, struct slice text)
{
    size_t at = 0;

    buf_byte(buf, '"');
    while (at < text.length) {
        size_t start = at;

        while (at < text.length && is_plain((unsigned char)text.bytes[at])) {
            at++;
        }
        buf_append(buf, text.bytes + start, at - start);
        if (at == text.length) {
            break;
        }
        if ((unsigned char)text.bytes[at] < 0x80) {
            ascii_write(buf, (unsigned char)text.bytes[at]);
            at++;
        } else {
            at += sequence_write(buf, slice_make(text.bytes + at, text.length - at));
        }
    }
    buf_byte(buf, '"');
}

/* ---- values ---- */

void json_add_text(struct buf *buf, const char *name, const char *text)
{
    if (text == NULL) {
        json_add_null(buf, name);
        return;
    }
    json_add_slice(buf, name, slice_of(text));
}

void json_add_slice(struct buf *buf, const char *name, struct slice text)
{
    value_start(buf, name);
    string_write(buf, text);
}

void json_add_integer(struct buf *buf, const char *name, int64_t value)
{
    value_start(buf, name);
    buf_signed(buf, value);
}

void json_add_bool(struct buf *buf, const char *name, bool value)
{
    value_start(buf, name);
    buf_text(buf, value ? "true" : "false");
}

void json_add_null(struct buf *buf, const char *name)
{
    value_start(buf, name);
    buf_text(buf, "null");
}

void json_add_raw(struct buf *buf, const char *name, struct slice json)
{
    assert(json.length > 0);
    /* Its last byte decides about the comma of the next value. */
    while (json.length > 1 && strchr(" \t\r\n", json.bytes[json.length - 1]) != NULL) {
        json.length--;
    }
    value_start(buf, name);
    buf_slice(buf, json);
}
