/* The numbered steps that make and renew the database. Private to store/. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "base/fail.h"
#include "store/store.h"

struct schema_step {
    const char *name; /* "001_first" */
    const char *sql;
};

/* Made by scripts/embed-schema from schema/; step i brings the database to
 * number i + 1. */
extern const struct schema_step schema_steps[];
extern const unsigned schema_step_count;

/* Whether the file is ours and not of a newer program; changes nothing. On
 * failure a sentence in `problem`: FAIL_VERSION, FAIL_INVALID (made by another
 * program), or what reading it met. */
MUST_CHECK enum fail schema_check(struct store_tx *tx, unsigned newest,
                                  char problem[STORE_PROBLEM_SIZE]);

/* Runs the steps that the database has not had, each in one transaction. A
 * step that fails leaves the database at the step before it. */
MUST_CHECK enum fail schema_update(struct store_tx *tx, const struct schema_step *steps,
                                   unsigned count, char problem[STORE_PROBLEM_SIZE]);

#endif
