/* A backup: a directory with a copy of the database, the keys, and a list of
 * what it holds (server/manifest.h). */
#ifndef SERVER_BACKUP_H
#define SERVER_BACKUP_H

#include "base/fail.h"
#include "base/progress.h"
#include "server/data.h"
#include "server/manifest.h"

/* Copies the data of `directory` to `to`, which is made, or is there and empty.
 * Blocks. The caller owns the lock of `directory`; its database may be open in
 * this process and is written meanwhile. Durable and whole when it returns
 * FAIL_NONE; after a failure nothing of it is left in `to`, and `problem` is a
 * sentence: FAIL_CONFLICT when `to` is not empty, FAIL_CLOSED when `progress` says
 * stop, FAIL_NOT_FOUND when there is nothing to copy. */
MUST_CHECK enum fail backup_make(const char *directory, const char *to, struct progress *progress,
                                 struct manifest *manifest, char problem[DATA_PROBLEM_SIZE]);

#endif
