/* errno, for the few files that SQLite does not open for us. */
#include "store/file_fail.h"

#include <errno.h>

enum fail file_fail(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ELOOP:
        return FAIL_DENIED;
    case ENOENT:
    case ENOTDIR:
        return FAIL_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    case ENOMEM:
        return FAIL_MEMORY;
    case EMFILE:
    case ENFILE:
    case ENAMETOOLONG:
        return FAIL_LIMIT;
    default:
        return FAIL_IO;
    }
}
