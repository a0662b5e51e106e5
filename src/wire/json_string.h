/* Inside the JSON reader: one string. For json.c alone. */
#ifndef WIRE_JSON_STRING_H
#define WIRE_JSON_STRING_H

#include <stddef.h>

#include "base/fail.h"
#include "base/text.h"
#include "wire/json.h"

/* Reads the string whose opening quotation mark stands at `*at` of `bytes`,
 * and moves `*at` behind the closing one. `out` points into `bytes`, or into
 * document->strings when the string holds an escape. When it fails, the
 * document says why and where. */
MUST_CHECK enum fail json_string_read(struct json_document *document, struct slice bytes,
                                      size_t *at, struct slice *out);

/* The offset in `bytes` of the quotation mark that opened `text`, which
 * json_string_read gave. */
size_t json_string_offset(const struct json_document *document, struct slice bytes,
                          struct slice text);

/* Notes why a document is refused, and gives `fail` back to be returned. */
MUST_CHECK enum fail json_refuse(struct json_document *document, enum fail fail,
                                 const char *problem, size_t at);

#endif
