/* A backup or a check from a command: by the running server where there is
 * one, else here, on the data themselves. */
#ifndef SERVER_UPKEEP_CALL_H
#define SERVER_UPKEEP_CALL_H

#include <stdbool.h>

#include "admin/data.h"
#include "base/fail.h"
#include "server/data.h"
#include "server/manifest.h"

struct upkeep_call {
    const char *directory; /* of the data */
    enum admin_work work;
    const char *to; /* of a backup: absolute */
    /* Now and then while it goes on; both 0 where it is not known. May be NULL. */
    void (*on_progress)(void *context, int64_t done_bytes, int64_t total_bytes);
    /* For each trouble that a check has found. */
    void (*on_trouble)(void *context, const char *sentence);
    void *context; /* borrowed */
};

struct upkeep_answer {
    bool by_server;
    int64_t files; /* of a backup, with their bytes */
    int64_t bytes;
    char made[MANIFEST_TIME_SIZE];
    char program[MANIFEST_PROGRAM_SIZE];
    struct store_facts facts;
};

/* Blocks until it is done. FAIL_NONE: a backup is made, a check has looked at
 * everything. Else `problem` is a sentence; FAIL_BUSY when whoever owns the data
 * does not answer. */
MUST_CHECK enum fail upkeep_call(const struct upkeep_call *call, struct upkeep_answer *answer,
                                 char problem[DATA_PROBLEM_SIZE]);

#endif
