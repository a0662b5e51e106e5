/* Strings of the JSON reader (RFC 8259, 7).
 *
 * A plain string is not copied, it points into the document. One with escapes
 * is decoded into `strings`, at the very offset that it has in the document.
 * Decoding never makes a text longer, so one allocation of the document's
 * length is always enough, nothing that was decoded ever moves, and the place
 * of any string can be told from its address.
 *
 * Whether the bytes are UTF-8 is asked of the text as written: an escape is
 * ASCII, so it can neither mend nor break a sequence around it. */
#include "wire/json_string.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    SURROGATE_FIRST = 0xd800,
    SURROGATE_LOW_FIRST = 0xdc00,
    SURROGATE_LAST = 0xdfff,
    ESCAPE_LENGTH = 6, /* of \u1234 */
};

static const char ENDS_EARLY[] = "the document ends too early";

enum fail json_refuse(struct json_document *document, enum fail fail, const char *problem,
                      size_t at)
{
    document->problem = problem;
    document->problem_at = at;
    return fail;
}

/* -1 when there are not four hexadecimal digits at `at`, all before `end`. */
static int32_t hex_read(const char *at, const char *end)
{
    int32_t code = 0;
    size_t i;

    if (end - at < 4) {
        return -1;
    }
    for (i = 0; i < 4; i++) {
        char c = text_lower(at[i]);

        if (c >= '0' && c <= '9') {
            code = code * 16 + (c - '0');
        } else if (c >= 'a' && c <= 'f') {
            code = code * 16 + (c - 'a' + 10);
        } else {
            return -1;
        }
    }
    return code;
}

/* RFC 3629, 3. Returns the place behind what it wrote. */
static char *code_point_write(char *to, int32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xc0 | (code >> 6));
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xe0 | (code >> 12));
        } else {
            *to++ = (char)(0xf0 | (code >> 18));
            *to++ = (char)(0x80 | ((code >> 12) & 0x3f));
        }
        *to++ = (char)(0x80 | ((code >> 6) & 0x3f));
    }
    *to++ = (char)(0x80 | (code & 0x3f));
    return to;
}

/* The second half of a surrogate pair at `at`, or -1. */
static int32_t low_surrogate_read(const char *at, const char *end)
{
    int32_t low;

    if (end - at < ESCAPE_LENGTH || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    low = hex_read(at + 2, end);
    return low >= SURROGATE_LOW_FIRST && low <= SURROGATE_LAST ? low : -1;
}

/* Decodes the \u escape at `*from`, a surrogate pair as one. NULL when it
 * worked, else the problem, and `*from` and `*to` stay. */
static const char *unicode_escape_read(const char **from, const char *end, char **to)
{
    const char *at = *from;
    int32_t code = hex_read(at + 2, end);

    if (code < 0) {
        return "\\u needs four hexadecimal digits";
    }
    if (code == 0) {
        return "the character \\u0000 is not accepted";
    }
    at += ESCAPE_LENGTH;
    if (code >= SURROGATE_FIRST && code <= SURROGATE_LAST) {
        int32_t low = low_surrogate_read(at, end);

        if (code >= SURROGATE_LOW_FIRST || low < 0) {
            return "half of a surrogate pair stands alone";
        }
        code = 0x10000 + ((code - SURROGATE_FIRST) << 10) + (low - SURROGATE_LOW_FIRST);
        at += ESCAPE_LENGTH;
    }
    *to = code_point_write(*to, code);
    *from = at;
    return NULL;
}

/* Decodes the two-character escape at `*from`; otherwise as above. */
static const char *short_escape_read(const char **from, char **to)
{
    static const char LETTERS[] = "\"\\/bfnrt";
    static const char MEANINGS[] = "\"\\/\b\f\n\r\t";
    size_t i;

    for (i = 0; LETTERS[i] != '\0'; i++) {
        if ((*from)[1] == LETTERS[i]) {
            *(*to)++ = MEANINGS[i];
            *from += 2;
            return NULL;
        }
    }
    return "an escape is none that JSON knows";
}

/* Until the first escape of a document nothing was decoded, so that the array
 * may then still be replaced by a larger one. */
static bool strings_reserve(struct json_document *document, size_t length)
{
    char *strings;

    if (document->strings_capacity >= length) {
        return true;
    }
    strings = realloc(document->strings, length);
    if (strings == NULL) {
        return false;
    }
    document->strings = strings;
    document->strings_capacity = length;
    return true;
}

/* Sets `*text`, the bytes between two quotation marks, to what they mean. */
static enum fail string_decode(struct json_document *document, struct slice bytes,
                               struct slice *text)
{
    const char *from = text->bytes;
    const char *end = from + text->length;
    char *start;
    char *to;

    if (!strings_reserve(document, bytes.length)) {
        return json_refuse(document, FAIL_MEMORY, "out of memory", (size_t)(from - bytes.bytes));
    }
    start = document->strings + (from - bytes.bytes);
    to = start;
    while (from < end) {
        const char *problem = NULL;

        if (*from != '\\') {
            *to++ = *from++;
        } else if (from[1] == 'u') {
            problem = unicode_escape_read(&from, end, &to);
        } else {
            problem = short_escape_read(&from, &to);
        }
        if (problem != NULL) {
            return json_refuse(document, FAIL_INVALID, problem, (size_t)(from - bytes.bytes));
        }
    }
    *text = slice_make(start, (size_t)(to - start));
    document->strings_used = (size_t)(to - document->strings);
    return FAIL_NONE;
}

/* What a look over a string's bytes tells. */
struct scan {
    size_t end; /* where the closing quotation mark stands */
    bool escaped;
    bool ascii;
};

static enum fail string_scan(struct json_document *document, struct slice bytes, size_t start,
                             struct scan *scan)
{
    unsigned char seen = 0;
    bool escaped = false;
    size_t at;

    for (at = start; at < bytes.length; at++) {
        unsigned char c = (unsigned char)bytes.bytes[at];

        if (c == '"') {
            *scan = (struct scan){.end = at, .escaped = escaped, .ascii = seen < 0x80};
            return FAIL_NONE;
        }
        if (c < 0x20) {
            return json_refuse(document, FAIL_INVALID, "a control character stands in a string",
                               at);
        }
        seen |= c;
        if (c == '\\') {
            escaped = true;
            at++; /* whatever it is, it ends nothing; string_decode looks at it */
        }
    }
    return json_refuse(document, FAIL_INVALID, ENDS_EARLY, bytes.length);
}

enum fail json_string_read(struct json_document *document, struct slice bytes, size_t *at,
                           struct slice *out)
{
    size_t start = *at + 1;
    struct scan scan;
    struct slice text;
    enum fail fail;

    fail = string_scan(document, bytes, start, &scan);
    if (fail != FAIL_NONE) {
        return fail;
    }
    text = slice_make(bytes.bytes + start, scan.end - start);
    if (!scan.ascii && !slice_is_utf8(text)) {
        return json_refuse(document, FAIL_INVALID, "a string is not valid UTF-8", *at);
    }
    if (scan.escaped) {
        fail = string_decode(document, bytes, &text);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    if (text.length > JSON_STRING_MAX) {
        return json_refuse(document, FAIL_LIMIT, "a string is longer than 65,535 bytes", *at);
    }
    *out = text;
    *at = scan.end + 1;
    return FAIL_NONE;
}

size_t json_string_offset(const struct json_document *document, struct slice bytes,
                          struct slice text)
{
    uintptr_t address = (uintptr_t)text.bytes;
    uintptr_t strings = (uintptr_t)document->strings;

    if (address >= strings && address - strings < document->strings_capacity) {
        return (size_t)(address - strings) - 1;
    }
    return (size_t)(address - (uintptr_t)bytes.bytes) - 1;
}
