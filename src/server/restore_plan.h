/* Inside server/restore.c: the part of a restore that may be cut off and begun
 * again, from the file restore.json on. */
#ifndef SERVER_RESTORE_PLAN_H
#define SERVER_RESTORE_PLAN_H

#include <stdbool.h>

#include "base/fail.h"
#include "server/data.h"

#define RESTORE_PLAN_FILE "restore.json"
/* The directory in the data directory where the new data wait. */
#define RESTORE_STAGE "restore"

enum { RESTORE_ASIDE_SIZE = 64 };

/* What restore.json says. */
struct restore_plan {
    char aside[RESTORE_ASIDE_SIZE]; /* "before-restore-...", in the data directory */
    bool is_new[DATA_ENTRIES];      /* the new data have it: it waits, or is in its place */
};

/* Once it is written the new data are the data. Durable and in one piece. */
MUST_CHECK enum fail restore_plan_write(const char *directory, const struct restore_plan *plan);
/* FAIL_NOT_FOUND: none was written, or it was carried out. FAIL_INVALID: it is
 * none of ours. */
MUST_CHECK enum fail restore_plan_read(const char *directory, struct restore_plan *out);
/* Carries it out from wherever it was left, and removes it. */
MUST_CHECK enum fail restore_plan_run(const char *directory, const struct restore_plan *plan);

/* Throws away what waits, complete or not. */
MUST_CHECK enum fail restore_stage_remove(const char *directory);

/* "DIRECTORY/FOLDER/NAME"; false when it is too long. */
bool restore_path(const char *directory, const char *folder, const char *name,
                  char out[DATA_PATH_SIZE]);
/* Whatever it is, a link is not followed. */
bool restore_is_there(const char *path);

#endif
