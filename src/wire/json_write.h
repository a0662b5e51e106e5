/* A direct JSON writer onto a buffer: no tree, commas kept by looking at the
 * last byte written. Field functions take the name as a plain identifier that
 * needs no escaping; values are escaped, and bytes that are not valid UTF-8
 * become U+FFFD. `<`, `>`, `&`, U+2028 and U+2029 are escaped too, so that the
 * text is safe inside HTML and scripts. */
#ifndef WIRE_JSON_WRITE_H
#define WIRE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Containers; `name` NULL where there is none (the root, array elements). */
void json_open_object(struct buf *buf, const char *name);
void json_close_object(struct buf *buf);
void json_open_array(struct buf *buf, const char *name);
void json_close_array(struct buf *buf);

/* `name` NULL inside arrays. */
void json_add_text(struct buf *buf, const char *name, const char *text); /* NULL text: null */
void json_add_slice(struct buf *buf, const char *name, struct slice text);
void json_add_integer(struct buf *buf, const char *name, int64_t value);
void json_add_bool(struct buf *buf, const char *name, bool value);
void json_add_null(struct buf *buf, const char *name);
/* Already JSON text, trusted. */
void json_add_raw(struct buf *buf, const char *name, struct slice json);

#endif
