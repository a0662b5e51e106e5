/* Whether a data directory, or a backup, is whole. */
#ifndef SERVER_CHECK_H
#define SERVER_CHECK_H

#include "base/fail.h"
#include "base/progress.h"
#include "server/data.h"
#include "server/manifest.h"
#include "store/backup.h"

/* Where the troubles go: a sentence each, without a full stop. */
struct check_report {
    void (*on_trouble)(void *context, const char *sentence);
    void *context; /* borrowed */
};

/* Looks at all of the data of `directory`, and changes nothing. Blocks. The
 * caller owns its lock; the database may be open in this process. FAIL_NONE when
 * all was looked at, with or without troubles; else `problem` says why not:
 * FAIL_NOT_FOUND without a database, FAIL_VERSION, FAIL_CLOSED when `progress`
 * says stop. */
MUST_CHECK enum fail check_data(const char *directory, const struct progress *progress,
                                const struct check_report *report, struct store_facts *facts,
                                char problem[DATA_PROBLEM_SIZE]);

/* The same for a backup: its files are those of its list, and the database in
 * it is whole. FAIL_NOT_FOUND, FAIL_INVALID, FAIL_VERSION as manifest_read. */
MUST_CHECK enum fail check_backup(const char *directory, const struct progress *progress,
                                  const struct check_report *report, struct manifest *manifest,
                                  char problem[DATA_PROBLEM_SIZE]);

#endif
