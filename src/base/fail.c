/* The words for failures. */
#include "base/fail.h"

const char *fail_text(enum fail fail)
{
    switch (fail) {
    case FAIL_NONE:
        return "no failure";
    case FAIL_MEMORY:
        return "out of memory";
    case FAIL_LIMIT:
        return "over the limit";
    case FAIL_INVALID:
        return "not valid";
    case FAIL_NOT_FOUND:
        return "not found";
    case FAIL_CONFLICT:
        return "already exists or has changed";
    case FAIL_BUSY:
        return "in use";
    case FAIL_DENIED:
        return "not permitted";
    case FAIL_FULL:
        return "no room on the disk";
    case FAIL_IO:
        return "input or output error";
    case FAIL_CLOSED:
        return "closed";
    case FAIL_TIMEOUT:
        return "no answer in time";
    case FAIL_VERSION:
        return "made by a newer version";
    }
    return "unknown failure";
}
