/* The data directory of terminals: one process at a time, said in sentences. */
#ifndef TERMINAL_FOLDER_H
#define TERMINAL_FOLDER_H

#include "base/fail.h"
#include "base/lock.h"

enum { FOLDER_PATH_SIZE = 512, FOLDER_PROBLEM_SIZE = 1024 };

/* Makes the directory and locks it. On failure a sentence for people in
 * `problem`; FAIL_BUSY names the process that holds it. */
MUST_CHECK enum fail folder_lock_take(struct lock **out, const char *path,
                                      char problem[FOLDER_PROBLEM_SIZE]);

#endif
