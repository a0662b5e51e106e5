/* Files that must be whole and must survive a power cut: settings, keys,
 * pairings, copies of the database. Whatever fails, errno says more than the failure does. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/progress.h"
#include "base/text.h"

enum { FILE_PATH_SIZE = 4096 };

/* What an errno of the file system means to the program. */
enum fail file_fail(int error);

/* Appends the whole file. FAIL_NOT_FOUND when there is none, FAIL_LIMIT past
 * the buffer's limit, FAIL_INVALID when it is no regular file. */
MUST_CHECK enum fail file_read(const char *path, struct buf *out);

/* Replaces the file, or makes it, readable by its owner alone (0600): a new
 * file beside it (PATH.new) is written and synced, renamed, and the directory is
 * synced. After any failure the old file is still whole. A sync is never tried
 * twice: after a failed one a second would lie. One writer at a time: the
 * caller holds a lock. */
MUST_CHECK enum fail file_replace(const char *path, struct slice bytes);

/* Makes the directory (0700) with its parents where they are missing; each new
 * name survives a power cut. FAIL_DENIED when something else has the name. */
MUST_CHECK enum fail directory_make(const char *path);

/* Copies a file of any size to a new one (0600), synced; its name is not yet
 * (file_sync of its directory). FAIL_CONFLICT when `to` exists. After any other
 * failure, and FAIL_CLOSED when `progress` (may be NULL) says stop, there is no
 * `to`. */
MUST_CHECK enum fail file_copy(const char *from, const char *to, const struct progress *progress);
/* Gives a file another name in the same file system, replacing what has it;
 * survives a power cut only after file_sync of both directories. */
MUST_CHECK enum fail file_rename(const char *from, const char *to);
/* Makes a file's bytes, or the names in a directory, survive a power cut. */
MUST_CHECK enum fail file_sync(const char *path);

/* The calls that reach the disk, for tests that make them fail or note their
 * order. Each is as the function of its name, with `context` in front; a NULL
 * one is the real one. */
struct file_disk {
    long (*write)(void *context, int file, const void *bytes, size_t length);
    int (*sync)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    void *context; /* borrowed */
};
/* NULL brings the real disk back. Not while threads run. */
void file_disk_replace(const struct file_disk *disk);

#endif
