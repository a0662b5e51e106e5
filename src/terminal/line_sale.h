/* For line.c alone: what a terminal says of a payment. */
#ifndef TERMINAL_LINE_SALE_H
#define TERMINAL_LINE_SALE_H

#include "base/buf.h"
#include "terminal/sale.h"

/* "payment_offered". */
const char *line_sale_name(enum sale_saying what);
/* The fields of a SALE_SAY effect, in an object that is open. */
void line_sale_json(struct buf *out, const struct sale_effect *effect);
/* Its sentence, without a line feed. `add_clean` appends a text of others so
 * that it cannot move the cursor. */
void line_sale_english(struct buf *out, const struct sale_effect *effect,
                       void (*add_clean)(struct buf *out, struct slice text));

#endif
