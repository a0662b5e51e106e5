/* Reading store_facts, for backup.c and check.c. Private to store/. */
#ifndef STORE_FACTS_H
#define STORE_FACTS_H

#include "store/backup.h"
#include "store/sqlite.h"

/* Opens a connection that only reads, and a view in it, and reads the facts of
 * that view. SQLITE_AT_REST: only the file itself counts, and nothing is made
 * beside it. On failure `*tx` is closed, and `problem` is a sentence; FAIL_NOT_FOUND,
 * FAIL_VERSION, FAIL_INVALID as schema_check. */
MUST_CHECK enum fail facts_open(struct store_tx *tx, const char *path, enum sqlite_role role,
                                struct store_facts *facts, char problem[STORE_PROBLEM_SIZE]);

#endif
