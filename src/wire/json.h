/* A strict JSON reader (RFC 8259) that keeps the text of numbers.
 *
 * A document is read whole into a flat array of values; nothing points to a
 * parent and nothing recurses. Numbers stay the text they were, because money
 * must never become binary floating point. Refused: duplicate names in one
 * object, lone surrogates, \u0000, invalid UTF-8, a byte order mark, trailing
 * bytes, comments, and everything past the limits below. */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"

enum {
    JSON_DEPTH_MAX = 16,    /* containers inside one another */
    JSON_VALUES_MAX = 4096, /* values in one document */
    JSON_BYTES_MAX = 256 * 1024,
    JSON_STRING_MAX = 65535, /* bytes of one decoded string */
    JSON_NUMBER_MAX = 32,    /* characters of one number (contract.md, Common) */
};

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_value {
    enum json_type type;
    struct slice text; /* a string decoded, a number as written; else empty */
    struct slice name; /* decoded; inside an object only */
    uint32_t next;     /* index of the next sibling, 0 for none */
    uint32_t first;    /* index of a container's first member, 0 for none */
};

/* Keeps its arrays between documents, so that reading many allocates little. */
struct json_document {
    struct json_value *values; /* owned */
    size_t capacity;
    size_t count;
    char *strings; /* owned: decoded strings that had escapes */
    size_t strings_capacity;
    size_t strings_used;
    /* When reading failed: */
    const char *problem; /* static text, "a name stands twice in one object" */
    size_t problem_at;   /* byte offset in the document */
};

void json_document_init(struct json_document *document);
void json_document_finish(struct json_document *document);

/* Reads `bytes`, which must stay valid as long as the document is used: plain
 * strings point into them. FAIL_INVALID (see problem), FAIL_LIMIT (likewise)
 * or FAIL_MEMORY. On failure the document holds no values. */
MUST_CHECK enum fail json_read(struct json_document *document, struct slice bytes);

/* The outermost value of a document that was read. */
const struct json_value *json_root(const struct json_document *document);
/* The member `name` of an object, or NULL (also when `object` is no object). */
const struct json_value *json_member(const struct json_document *document,
                                     const struct json_value *object, const char *name);
/* First member or element, then the next; NULL at the end. */
const struct json_value *json_first(const struct json_document *document,
                                    const struct json_value *container);
const struct json_value *json_next(const struct json_document *document,
                                   const struct json_value *value);

/* A whole number without fraction and exponent within the bounds; FAIL_INVALID
 * for another type or form, FAIL_LIMIT outside. */
MUST_CHECK enum fail json_to_integer(const struct json_value *value, int64_t minimum,
                                     int64_t maximum, int64_t *out);

#endif
