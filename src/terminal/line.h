/* What a terminal says, as one line: JSON for programs, English for people
 * (docs/headless-terminal.md, Events). Pure. */
#ifndef TERMINAL_LINE_H
#define TERMINAL_LINE_H

#include <stdbool.h>

#include "base/buf.h"
#include "terminal/life.h"

enum { LINE_MAX_BYTES = 8192 };

struct line_form {
    bool json;
    unsigned number; /* of the terminal among several; 0: it is alone */
};

/* Appends the line of a LIFE_SAY effect, or of a LIFE_DO_SALE that is a
 * SALE_SAY, with its line feed. A LIFE_SAY_PROBLEM is English in either form. */
void line_write(struct buf *out, const struct line_form *form, const struct settings *settings,
                const struct life_effect *effect);

#endif
