/* backup.json: what a backup holds. It is written last, so that a directory
 * without it is no backup. */
#ifndef SERVER_MANIFEST_H
#define SERVER_MANIFEST_H

#include <stdint.h>

#include "base/checksum.h"
#include "base/fail.h"
#include "server/data.h"
#include "store/backup.h"

#define MANIFEST_FILE "backup.json"

enum { MANIFEST_FORMAT = 1, MANIFEST_PROGRAM_SIZE = 64, MANIFEST_TIME_SIZE = 32 };

struct manifest_file {
    char name[DATA_NAME_SIZE];
    int64_t bytes;
    char sha256[CHECKSUM_SIZE];
};

struct manifest {
    char program[MANIFEST_PROGRAM_SIZE]; /* "tillwire 0.1.0" */
    char made[MANIFEST_TIME_SIZE];       /* "2026-01-22T18:00:36.123Z", when it was begun */
    struct store_facts facts;
    size_t file_count;
    struct manifest_file files[DATA_ENTRIES];
};

/* All bytes of its files. */
int64_t manifest_bytes(const struct manifest *manifest);

/* Durable and in one piece. */
MUST_CHECK enum fail manifest_write(const char *directory, const struct manifest *manifest,
                                    char problem[DATA_PROBLEM_SIZE]);

/* On failure a sentence in `problem`: FAIL_NOT_FOUND when there is none,
 * FAIL_VERSION when a newer program made it, FAIL_INVALID when it is none of ours,
 * names a file that is none of a backup's, or lacks one that each backup has. */
MUST_CHECK enum fail manifest_read(const char *directory, struct manifest *out,
                                   char problem[DATA_PROBLEM_SIZE]);

#endif
