/* The data directory belongs to one process: who holds its lock owns the
 * database (architecture.md, Threads and time). */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/fail.h"

struct lock; /* an open, flock'ed file */

/* FAIL_BUSY: another process holds it, and `*holder` is its process id (0 when
 * it could not be read). FAIL_DENIED, FAIL_NOT_FOUND, FAIL_FULL, FAIL_IO: the
 * directory cannot be written. The lock ends with the process at the latest. */
MUST_CHECK enum fail lock_take(struct lock **out, const char *directory, long *holder);
/* Accepts NULL; sets the pointer NULL. */
void lock_release(struct lock **lock);

/* Makes `directory` (0700) with its parents where they are missing. */
MUST_CHECK enum fail directory_make(const char *directory);

#endif
