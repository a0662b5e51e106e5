/* Whether a file is byte for byte what it was: the SHA-256 of all of it, as
 * the command sha256sum prints it, so that nobody needs us to compare. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stdint.h>

#include "base/fail.h"
#include "base/progress.h"

enum { CHECKSUM_SIZE = 65 }; /* 64 hexadecimal digits and a closing zero */

/* `*bytes` is the file's length. Failures as file_read, with errno; FAIL_CLOSED
 * when `progress` (may be NULL) says stop. */
MUST_CHECK enum fail checksum_file(const char *path, const struct progress *progress,
                                   char out[CHECKSUM_SIZE], int64_t *bytes);

#endif
