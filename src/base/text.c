/* Slices, and the small strict readers that every room needs. */
#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NEAREST_WORD_MAX = 40, NEAREST_DISTANCE_MAX = 3 };

struct slice slice_make(const char *bytes, size_t length)
{
    assert(bytes != NULL || length == 0);
    return (struct slice){bytes, length};
}

struct slice slice_of(const char *text)
{
    assert(text != NULL);
    return slice_make(text, strlen(text));
}

bool slice_equals(struct slice a, struct slice b)
{
    if (a.length != b.length) {
        return false;
    }
    return a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0;
}

bool slice_is(struct slice slice, const char *text)
{
    return slice_equals(slice, slice_of(text));
}

char text_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool slice_is_ignoring_case(struct slice slice, const char *text)
{
    size_t i;

    for (i = 0; i < slice.length; i++) {
        if (text[i] == '\0' || text_lower(slice.bytes[i]) != text_lower(text[i])) {
            return false;
        }
    }
    return text[i] == '\0';
}

bool slice_starts_with(struct slice slice, const char *prefix)
{
    size_t length = strlen(prefix);

    return slice.length >= length &&
           slice_equals(slice_make(slice.bytes, length), slice_of(prefix));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice slice)
{
    while (slice.length > 0 && is_blank(slice.bytes[0])) {
        slice.bytes++;
        slice.length--;
    }
    while (slice.length > 0 && is_blank(slice.bytes[slice.length - 1])) {
        slice.length--;
    }
    return slice;
}

bool slice_next_part(struct slice *rest, char separator, struct slice *part)
{
    const char *at;

    if (rest->bytes == NULL) {
        return false;
    }
    at = memchr(rest->bytes, separator, rest->length);
    if (at == NULL) {
        *part = *rest;
        *rest = (struct slice){NULL, 0};
        return true;
    }
    *part = slice_make(rest->bytes, (size_t)(at - rest->bytes));
    rest->length -= part->length + 1;
    rest->bytes = at + 1;
    return true;
}

bool slice_list_holds(struct slice list, const char *word)
{
    struct slice part;

    while (slice_next_part(&list, ',', &part)) {
        if (slice_is_ignoring_case(slice_trim(part), word)) {
            return true;
        }
    }
    return false;
}

enum fail slice_copy(struct slice slice, char *out, size_t size)
{
    if (slice.length > 0 && memchr(slice.bytes, '\0', slice.length) != NULL) {
        return FAIL_INVALID;
    }
    if (slice.length >= size) {
        return FAIL_LIMIT;
    }
    if (slice.length > 0) {
        memcpy(out, slice.bytes, slice.length);
    }
    out[slice.length] = '\0';
    return FAIL_NONE;
}

void slice_keep(struct slice slice, char *out, size_t size)
{
    enum fail fail;

    memset(out, 0, size);
    fail = slice_copy(slice, out, size);
    assert(fail == FAIL_NONE);
    (void)fail;
}

enum fail slice_to_unsigned(struct slice slice, uint64_t maximum, uint64_t *out)
{
    uint64_t value = 0;
    size_t i;

    if (slice.length == 0) {
        return FAIL_INVALID;
    }
    for (i = 0; i < slice.length; i++) {
        if (slice.bytes[i] < '0' || slice.bytes[i] > '9') {
            return FAIL_INVALID;
        }
    }
    for (i = 0; i < slice.length; i++) {
        uint64_t digit = (uint64_t)(slice.bytes[i] - '0');

        /* value * 10 + digit <= maximum, asked without overflow */
        if (digit > maximum || value > (maximum - digit) / 10) {
            return FAIL_LIMIT;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return FAIL_NONE;
}

/* Whether `second` may follow `lead`, the first byte of several: RFC 3629 4. */
static bool second_is_valid(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf; /* less would be overlong */
    case 0xed:
        return second >= 0x80 && second <= 0x9f; /* more would be a surrogate */
    case 0xf0:
        return second >= 0x90 && second <= 0xbf; /* less would be overlong */
    case 0xf4:
        return second >= 0x80 && second <= 0x8f; /* more would be past U+10FFFF */
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

/* The length of the code point that starts at `at`, 0 when it is not valid. */
static size_t code_point_length(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    size_t length;
    size_t i;

    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (left < length || !second_is_valid(lead, at[1])) {
        return 0;
    }
    for (i = 2; i < length; i++) {
        if (at[i] < 0x80 || at[i] > 0xbf) {
            return 0;
        }
    }
    return length;
}

bool slice_is_utf8(struct slice slice)
{
    size_t at = 0;

    while (at < slice.length) {
        size_t length =
            code_point_length((const unsigned char *)slice.bytes + at, slice.length - at);

        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

size_t slice_code_points(struct slice slice)
{
    size_t count = 0;
    size_t i;

    for (i = 0; i < slice.length; i++) {
        if (((unsigned char)slice.bytes[i] & 0xc0) != 0x80) {
            count++;
        }
    }
    return count;
}

bool slice_is_visible_ascii(struct slice slice)
{
    size_t i;

    for (i = 0; i < slice.length; i++) {
        if (slice.bytes[i] < 0x21 || slice.bytes[i] > 0x7e) {
            return false;
        }
    }
    return slice.length > 0;
}

bool slice_has_control(struct slice slice)
{
    size_t i;

    for (i = 0; i < slice.length; i++) {
        unsigned char c = (unsigned char)slice.bytes[i];

        if (c < 0x20 || c == 0x7f) {
            return true;
        }
        if (c == 0xc2 && i + 1 < slice.length && (unsigned char)slice.bytes[i + 1] < 0xa0) {
            return true;
        }
    }
    return false;
}

bool text_format(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    return length >= 0 && (size_t)length < size;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein distance with one row; both texts at most NEAREST_WORD_MAX. */
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned row[NEAREST_WORD_MAX + 1];
    size_t i;
    size_t j;

    for (j = 0; j <= b_length; j++) {
        row[j] = (unsigned)j;
    }
    for (i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (j = 1; j <= b_length; j++) {
            unsigned above = row[j];
            unsigned change = a[i - 1] == b[j - 1] ? 0 : 1;

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + change);
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    unsigned best = NEAREST_DISTANCE_MAX + 1;
    size_t length = strlen(word);
    size_t i;

    if (length > NEAREST_WORD_MAX) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        size_t other = strlen(words[i]);
        unsigned distance;

        if (other > NEAREST_WORD_MAX) {
            continue;
        }
        distance = edit_distance(word, length, words[i], other);
        if (distance < best && (size_t)distance * 2 < other) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
