/* A backup becomes the data again. Nothing is destroyed: what was there is
 * moved aside. Cut off at any moment, it leaves the old data or the new, whole,
 * to the next start. */
#ifndef SERVER_RESTORE_H
#define SERVER_RESTORE_H

#include <stdbool.h>

#include "base/fail.h"
#include "server/check.h"
#include "server/data.h"
#include "server/manifest.h"

struct restore_options {
    const char *directory;      /* the data directory; made where it is missing */
    const char *from;           /* the backup */
    bool force;                 /* also where there are data: they are moved aside */
    struct check_report report; /* what is wrong with the backup */
};

struct restore_done {
    struct manifest manifest;
    char aside[DATA_PATH_SIZE]; /* where the old data are now; "" when there were none */
};

/* Takes the directory's lock. Blocks. On failure the data are as they were, and
 * `problem` is a sentence: FAIL_BUSY when a server runs on them, FAIL_CONFLICT when
 * there are data and `force` was not said, FAIL_INVALID when the backup is damaged
 * (the report was told how), FAIL_VERSION when a newer program made it. After a
 * failure of the disk half-way the next start ends what was begun. */
MUST_CHECK enum fail restore_run(const struct restore_options *options, struct restore_done *done,
                                 char problem[DATA_PROBLEM_SIZE]);

/* Ends a restore that was cut off: forward once all of the new data were
 * there, else back. The caller holds the lock, and nothing is open yet. */
MUST_CHECK enum fail restore_settle(const char *directory, char problem[DATA_PROBLEM_SIZE]);

/* One was cut off after its new data were complete. */
bool restore_is_under_way(const char *directory);

#endif
