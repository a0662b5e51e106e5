/* admin data: long work on all of the data, done beside everything else. A verb
 * begins it and answers at once; others ask how far it is. */
#ifndef ADMIN_DATA_H
#define ADMIN_DATA_H

#include <stdbool.h>

#include "admin/admin.h"

enum admin_work { ADMIN_BACKUP, ADMIN_CHECK };

/* Who does the work: the running server (server/upkeep.h). One at a time. */
struct admin_upkeep {
    /* Begins it. `to` is an absolute path, where a backup is to be. False with a
     * sentence when another is under way. `*job` is its number. */
    bool (*start)(void *context, enum admin_work work, const char *to, int64_t *job,
                  char problem[ADMIN_PROBLEM_SIZE]);
    /* One row about the last that was begun. */
    void (*show)(void *context, const struct admin_sink *sink);
    /* A row for each trouble that it has found. */
    void (*list_troubles)(void *context, const struct admin_sink *sink);
    void *context; /* borrowed */
};

#endif
