/* What a process asks for itself, each tried in a child, because most of it
 * cannot be taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail` */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"

enum { SOFT = 64, HARD = 100 };

/* Whether `works` is true in a process of its own. */
static bool child_says(bool (*works)(void))
{
    pid_t child = fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(works() ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool no_core(void)
{
    struct rlimit core = {.rlim_cur = 1, .rlim_max = 1};

    return prctl(PR_GET_DUMPABLE) == 1 && process_harden() == FAIL_NONE &&
           prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
           core.rlim_cur == 0 && core.rlim_max == 0;
}

static void a_hardened_process_leaves_no_core(void **state)
{
    (void)state;
    assert_true(child_says(no_core));
}

static bool file_is_private(void)
{
    char path[] = "/tmp/tillwire-process-XXXXXX";
    struct stat status;
    int folder;
    int file;
    bool is_private;

    (void)umask(022);
    if (process_harden() != FAIL_NONE || mkdtemp(path) == NULL) {
        return false;
    }
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    file = openat(folder, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    is_private = file >= 0 && fstat(file, &status) == 0 && (status.st_mode & 0777) == 0600;
    (void)close(file);
    (void)unlinkat(folder, "file", 0);
    (void)close(folder);
    return rmdir(path) == 0 && is_private;
}

static void new_files_of_a_hardened_process_are_its_owners_alone(void **state)
{
    (void)state;
    assert_true(child_says(file_is_private));
}

static bool limits_set(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool soft_limit_is_raised(void)
{
    struct rlimit limit = {0};
    size_t have = 0;

    return limits_set(SOFT, HARD) && process_descriptors(HARD, &have) == FAIL_NONE &&
           have == HARD && getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == HARD &&
           limit.rlim_max == HARD;
}

static bool too_few_are_told(void)
{
    size_t have = 0;

    return limits_set(SOFT, HARD) && process_descriptors(HARD + 1, &have) == FAIL_LIMIT &&
           have == HARD;
}

static void the_soft_limit_of_files_goes_up_to_the_hard_one(void **state)
{
    (void)state;
    assert_true(child_says(soft_limit_is_raised));
}

static void too_low_a_hard_limit_is_told_with_its_number(void **state)
{
    (void)state;
    assert_true(child_says(too_few_are_told));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hardened_process_leaves_no_core),
        cmocka_unit_test(new_files_of_a_hardened_process_are_its_owners_alone),
        cmocka_unit_test(the_soft_limit_of_files_goes_up_to_the_hard_one),
        cmocka_unit_test(too_low_a_hard_limit_is_told_with_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
