/* Inside the JSON reader: names that stand twice in one object. For json.c
 * alone. */
#ifndef WIRE_JSON_DUPLICATE_H
#define WIRE_JSON_DUPLICATE_H

#include <stdint.h>

#include "wire/json.h"

/* The index of the first member, in the order of the document, whose name a
 * member before it has too; 0 when all differ. `first` is the index of the
 * object's first member, 0 for none. */
uint32_t json_duplicate_find(const struct json_value *values, uint32_t first);

#endif
