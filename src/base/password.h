/* Passwords: argon2id with 7 MiB and 5 passes (architecture.md, Threads and
 * time). Each call takes tens of milliseconds: never on a loop. */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/text.h"

enum { PASSWORD_HASH_SIZE = 128, PASSWORD_MIN = 8, PASSWORD_MAX = 256 };

/* A text that holds parameters, salt and hash, zero-terminated. */
MUST_CHECK enum fail password_hash(struct slice password, char out[PASSWORD_HASH_SIZE]);
/* False also for a `hash` that is no hash. `hash` NULL does the same work and
 * is false: for a user that does not exist. */
bool password_matches(const char *hash, struct slice password);

#endif
