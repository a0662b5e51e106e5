/* Whether a database is whole, and keeps the rules that it was made with. */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/progress.h"
#include "store/backup.h"
#include "store/store.h"

struct store_check {
    const char *path; /* of the database file */
    /* It is a copy that nobody writes: nothing is made beside it, not even
     * where the folder could be written. The CHECKs of its tables are not looked
     * at: a copy has been compared with its checksum. */
    bool at_rest;
    const struct progress *progress; /* may be NULL; its numbers are 0 */
    /* For each trouble that was found, a sentence without a full stop. */
    void (*on_trouble)(void *context, const char *sentence);
    void *context; /* borrowed */
};

/* Reads all of it, as one more reader on the calling thread; changes nothing.
 * The writer of an open store is not held up. FAIL_NONE when all was looked at:
 * then on_trouble was called once for each trouble, and `*facts` is filled, as
 * far as it could be read. Else it could not be looked at, and `problem` says
 * why: as facts_open, and FAIL_CLOSED when `progress` says stop. */
MUST_CHECK enum fail store_check(const struct store_check *check, struct store_facts *facts,
                                 char problem[STORE_PROBLEM_SIZE]);

#endif
