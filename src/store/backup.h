/* A copy of the database as it is at one moment, while it is written. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdint.h>

#include "base/fail.h"
#include "base/progress.h"
#include "store/store.h"

/* What is said about a database without opening it. */
struct store_facts {
    int64_t schema; /* the number of its last step */
    int64_t businesses;
    int64_t devices; /* not the removed ones */
};

/* Copies the database file `from`, which this process may have open as a store
 * (else the caller holds the directory's lock), to the new file `to` (0600),
 * synced; its name is not yet. The writer is not held up: this is one more
 * reader, on the calling thread. On failure there is no `to`, and `problem` is a
 * sentence: FAIL_NOT_FOUND without a database or with an empty one, FAIL_CONFLICT
 * when `to` exists, FAIL_VERSION when a newer program made it, FAIL_CLOSED when
 * `progress` (may be NULL) says stop, FAIL_FULL. No failure here says anything
 * about the store: the trouble may be the other disk's. */
MUST_CHECK enum fail store_backup(const char *from, const char *to, const struct progress *progress,
                                  struct store_facts *facts, char problem[STORE_PROBLEM_SIZE]);

#endif
