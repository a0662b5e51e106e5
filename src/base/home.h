/* Where a person's data lies (XDG Base Directory Specification). */
#ifndef BASE_HOME_H
#define BASE_HOME_H

#include <stddef.h>

#include "base/fail.h"

enum { HOME_PATH_SIZE = 4096 }; /* as FILE_PATH_SIZE */

/* "$XDG_DATA_HOME/tillwire/TAIL", or "~/.local/share/tillwire/TAIL" where that
 * variable is not set or holds no absolute path. FAIL_NOT_FOUND when HOME does
 * not help either, FAIL_LIMIT when the path is too long. */
MUST_CHECK enum fail home_data_path(const char *tail, char out[HOME_PATH_SIZE]);

#endif
