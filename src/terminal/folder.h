/* Data directories: making them, and the lock that gives one to one process. */
#ifndef TERMINAL_FOLDER_H
#define TERMINAL_FOLDER_H

#include "base/fail.h"

enum { FOLDER_PATH_SIZE = 512, FOLDER_PROBLEM_SIZE = 1024 };

/* What an errno of the file system means to the program. */
enum fail folder_fail(int why);

/* Makes `path` (0700) with its parents where they are missing. On failure
 * errno says why. FAIL_LIMIT: longer than FOLDER_PATH_SIZE - 1. */
MUST_CHECK enum fail folder_make(const char *path);

struct folder_lock; /* an open, flock'ed file; the lock ends with the process at the latest */

/* Makes the folder and locks it. On failure a sentence for people in
 * `problem`; FAIL_BUSY names the process that holds it. */
MUST_CHECK enum fail folder_lock_take(struct folder_lock **out, const char *path,
                                      char problem[FOLDER_PROBLEM_SIZE]);
/* Accepts NULL; sets the pointer NULL. */
void folder_lock_release(struct folder_lock **lock);

#endif
