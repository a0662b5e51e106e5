/* The handler does only what a handler may: it counts, and writes constants. */
#include "cli/interrupt.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static volatile sig_atomic_t is_asked; /* somebody has seen the first */
static const char *lines[2];
static int exit_code;

static void put(const char *line)
{
    /* There is nobody to tell that it cannot be written. */
    if (write(STDERR_FILENO, line, strlen(line)) < 0) {
        return;
    }
}

static void on_signal(int number)
{
    int kept = errno;

    (void)number;
    if (count > 0) {
        put(lines[1]);
        _exit(exit_code);
    }
    count = 1;
    put(lines[0]);
    errno = kept;
}

static void fill(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
}

void interrupt_start(const char *first, const char *second, int code)
{
    struct sigaction action = {.sa_handler = on_signal};
    int result;

    lines[0] = first;
    lines[1] = second;
    exit_code = code;
    fill(&action.sa_mask);
    result = sigaction(SIGINT, &action, NULL);
    assert(result == 0);
    result = sigaction(SIGTERM, &action, NULL);
    assert(result == 0);
    (void)result;
}

bool interrupt_happened(void)
{
    if (count == 0) {
        return false;
    }
    is_asked = 1;
    return true;
}

/* The signals are let in only while it waits, so that none comes between the
 * question and the wait. */
void interrupt_wait(int64_t wait_ms)
{
    const struct timespec time = {.tv_sec = wait_ms / 1000,
                                  .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    sigset_t blocked;
    sigset_t before;

    fill(&blocked);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    if (count == 0 || is_asked != 0) {
        (void)ppoll(NULL, 0, &time, &before);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}
