/* The file under the pairings: read whole, replaced whole, one writer at a time. */
#ifndef POS_PAIRINGS_FILE_H
#define POS_PAIRINGS_FILE_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"

/* Appends what is in the file. FAIL_NOT_FOUND when there is none, FAIL_LIMIT
 * past the buffer's limit, FAIL_INVALID when it is no regular file, else by
 * errno. */
MUST_CHECK enum fail pairings_file_read(const char *path, struct buf *out);

/* Waits for other writers; makes the folders above the file where they are
 * missing. The lock is a file beside it, PATH.lock, which stays: the file
 * itself is replaced, and a lock on it would go with the old one. */
MUST_CHECK enum fail pairings_file_lock(const char *path, int *lock);
void pairings_file_unlock(int lock);

/* Replaces the file: a new one beside it, fsync, rename, fsync of the folder.
 * Readable by its owner alone. A symbolic link is followed, not replaced. */
MUST_CHECK enum fail pairings_file_replace(const char *path, struct slice bytes);

#endif
