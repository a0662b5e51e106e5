/* Percent-encoding (RFC 3986 2.1) and the parameters of a query.
 *
 * A parameter that stands twice is a conflict and never a choice: of
 * `limit=5&limit=500` one program would take the first and the next the last.
 * Names are compared decoded, so that `l%69mit` cannot hide a second one. */
#include "wire/http.h"

#include <string.h>

#include "wire/http_check.h"

enum { DECODED_MAX = HTTP_TARGET_MAX };

/* Cuts the next byte, decoded, off `rest`, which is not empty. False for a
 * broken escape, and for a zero byte however it is written. */
static bool byte_decode(struct slice *rest, bool plus_is_blank, char *out)
{
    char c = rest->bytes[0];
    size_t length = 1;
    unsigned high;
    unsigned low;

    if (c == '%') {
        if (rest->length < 3 || !http_hex_value(rest->bytes[1], &high) ||
            !http_hex_value(rest->bytes[2], &low)) {
            return false;
        }
        c = (char)(unsigned char)(high << 4 | low);
        length = 3;
    } else if (c == '+' && plus_is_blank) {
        c = ' ';
    }
    rest->bytes += length;
    rest->length -= length;
    *out = c;
    return c != '\0';
}

/* Decodes into an array of its own first: `out` stays untouched on failure. */
static enum fail decode(struct slice encoded, bool plus_is_blank, char *out, size_t size)
{
    char decoded[DECODED_MAX];
    size_t length = 0;
    bool fits = true;

    while (encoded.length > 0) {
        char byte;

        if (!byte_decode(&encoded, plus_is_blank, &byte)) {
            return FAIL_INVALID;
        }
        if (length == sizeof(decoded)) {
            fits = false;
        } else {
            decoded[length++] = byte;
        }
    }
    if (!fits) {
        return FAIL_LIMIT;
    }
    if (!slice_is_utf8(slice_make(decoded, length))) {
        return FAIL_INVALID;
    }
    return slice_copy(slice_make(decoded, length), out, size);
}

enum fail http_path_decode(struct slice encoded, char *out, size_t size)
{
    return decode(encoded, false, out, size);
}

static bool name_is(struct slice encoded, const char *name)
{
    while (encoded.length > 0) {
        char byte;

        if (!byte_decode(&encoded, true, &byte) || byte != *name) {
            return false;
        }
        name++;
    }
    return *name == '\0';
}

enum fail http_query_find(struct slice query, const char *name, char *out, size_t size)
{
    struct slice part;
    struct slice found = {NULL, 0};

    while (slice_next_part(&query, '&', &part)) {
        const char *equals = part.length == 0 ? NULL : memchr(part.bytes, '=', part.length);
        struct slice value = slice_make(part.bytes + part.length, 0);

        if (equals != NULL) {
            value = slice_make(equals + 1, (size_t)(part.bytes + part.length - equals - 1));
            part.length = (size_t)(equals - part.bytes);
        }
        if (!name_is(part, name)) {
            continue;
        }
        if (found.bytes != NULL) {
            return FAIL_CONFLICT;
        }
        found = value;
    }
    return found.bytes == NULL ? FAIL_NOT_FOUND : decode(found, true, out, size);
}
