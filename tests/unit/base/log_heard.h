/* For tests of the log: standard error is a pipe while they listen, and the
 * clocks stand still until they are moved. */
#ifndef TESTS_LOG_HEARD_H
#define TESTS_LOG_HEARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { LINE_MAX = 2048 };

static char written[4 * LINE_MAX];
static size_t written_length;
static int standard_error;
static int pipe_ends[2];
static int64_t now_ms; /* of the machine's clock */

static inline int64_t fixed_wall(void *context)
{
    (void)context;
    return 1769104836123; /* 2026-01-22T18:00:36.123Z */
}

static inline int64_t fixed_monotonic(void *context)
{
    (void)context;
    return now_ms * 1000000;
}

static const struct clock_source fixed_clock = {.wall_ms = fixed_wall,
                                                .monotonic_ns = fixed_monotonic};

/* Standard error is a pipe from here to heard(). */
static inline void listen_now(void)
{
    assert_int_equal(pipe(pipe_ends), 0);
    standard_error = dup(STDERR_FILENO);
    assert_true(standard_error >= 0);
    assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
}

static inline const char *heard(void)
{
    ssize_t length = 0;

    assert_true(dup2(standard_error, STDERR_FILENO) >= 0);
    close(standard_error);
    close(pipe_ends[1]);
    written_length = 0;
    while ((length = read(pipe_ends[0], written + written_length,
                          sizeof(written) - 1 - written_length)) > 0) {
        written_length += (size_t)length;
    }
    close(pipe_ends[0]);
    written[written_length] = '\0';
    return written;
}

static inline int clocks_start(void **state)
{
    (void)state;
    clock_start();
    clock_replace(&fixed_clock);
    return 0;
}

#endif
