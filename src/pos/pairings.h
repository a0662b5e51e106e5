/* The pairings of a POS: which name of its own stands for which device code.
 *
 * They are one JSON file that is only ever replaced as a whole, so that a
 * reader sees the old or the new one and a power cut leaves one of them:
 *
 *   {"version":1,"pairings":[{"name":"Till 1","code":"JSV5",
 *    "api":"http://127.0.0.1:8080/v2","pairedAt":"2026-01-22T18:00:36.123Z"}]} */
#ifndef POS_PAIRINGS_H
#define POS_PAIRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/fail.h"
#include "core/account.h"
#include "core/code.h"
#include "pos/client.h"

enum {
    PAIRINGS_MAX = 500,
    PAIRINGS_PROBLEM_SIZE = 4608, /* a path and a sentence */
};

struct pairing {
    char name[ACCOUNT_NAME_SIZE]; /* acceptable to account_name_problem */
    char code[CODE_SIZE];
    char api[POS_API_SIZE]; /* the base URL, as it was given */
    char paired_at[CLOCK_UTC_SIZE];
};

struct pairings {
    struct pairing *items; /* owned; in the order in which the names first came */
    size_t count;
};

/* Reads the file; one that does not exist holds no pairings. FAIL_INVALID for
 * a damaged file, FAIL_VERSION for one of a newer program, FAIL_DENIED,
 * FAIL_IO, FAIL_MEMORY; `problem` then is a sentence that names the file.
 * pairings_finish it. */
MUST_CHECK enum fail pairings_load(const char *path, struct pairings *out,
                                   char problem[PAIRINGS_PROBLEM_SIZE]);
void pairings_finish(struct pairings *pairings);

/* NULL when there is none; names are compared byte by byte. */
const struct pairing *pairings_find(const struct pairings *pairings, const char *name);

/* Adds the pairing, or replaces the one of that name, whose code is then in
 * `replaced` (else ""). Durable when it returns. Two processes at once do not
 * lose one; a file that cannot be read is not written. FAIL_LIMIT past
 * PAIRINGS_MAX, FAIL_FULL without room on the disk; else as pairings_load. */
MUST_CHECK enum fail pairings_put(const char *path, const struct pairing *pairing,
                                  char replaced[CODE_SIZE], char problem[PAIRINGS_PROBLEM_SIZE]);
/* FAIL_NOT_FOUND when there is none of that name; else as pairings_put. The
 * removed pairing's code is in `removed`. */
MUST_CHECK enum fail pairings_remove(const char *path, const char *name, char removed[CODE_SIZE],
                                     char problem[PAIRINGS_PROBLEM_SIZE]);

#endif
