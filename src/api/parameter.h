/* The parameters of a query: each is read for itself, and what is wrong with it
 * is added to the call's flaws. */
#ifndef API_PARAMETER_H
#define API_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/flaws.h"

struct parameter_number {
    const char *name;
    uint64_t minimum;
    uint64_t maximum;
    const char *rule; /* "must be a whole number from 1 to 100" */
};
/* Whether it is there; `out` stays as it was where it is not, or is wrong. */
bool parameter_number(struct flaws *flaws, const char *query, const struct parameter_number *what,
                      uint64_t *out);

/* "true" or "false"; `out` stays as it was for anything else. */
void parameter_bool(struct flaws *flaws, const char *query, const char *name, bool *out);

struct parameter_text {
    const char *name;
    size_t size;
    const char *rule; /* "must be a text of at most 64 characters" */
};
/* "" when it is not there, or is wrong: twice, no text, or too long for `size`
 * (the rule says so). */
void parameter_text(struct flaws *flaws, const char *query, const struct parameter_text *what,
                    char *out);

#endif
