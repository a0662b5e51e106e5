/* Limits and switches of the process.
 *
 * PR_SET_DUMPABLE is the one that matters: RLIMIT_CORE alone does not hold a
 * core dump back that is piped to a program (core(5)). It also hands /proc/PID
 * to root, so that other processes of the same user cannot read our memory. */
#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { OWNER_ALONE = 077 };

enum fail process_harden(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

    (void)umask(OWNER_ALONE);
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return FAIL_DENIED;
    }
    return FAIL_NONE;
}

enum fail process_descriptors(size_t needed, size_t *have)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return FAIL_DENIED;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    *have = (size_t)limit.rlim_cur;
    return *have < needed ? FAIL_LIMIT : FAIL_NONE;
}
