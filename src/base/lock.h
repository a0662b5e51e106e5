/* What belongs to one process at a time: a data directory, whose owner holds
 * the lock of a file in it. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/fail.h"

struct lock; /* an open, flock'ed file; the lock ends with the process at the latest */

/* Locks the file `path`, which is made where it is missing and stays. FAIL_BUSY:
 * another process holds it, and `*holder` is its process id (0 when it could
 * not be read). FAIL_DENIED, FAIL_NOT_FOUND, FAIL_FULL, FAIL_LIMIT, FAIL_IO,
 * with errno: it cannot be written. */
MUST_CHECK enum fail lock_take(struct lock **out, const char *path, long *holder);
/* Accepts NULL; sets the pointer NULL. */
void lock_release(struct lock **lock);

#endif
