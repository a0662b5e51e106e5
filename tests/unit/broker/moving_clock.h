/* A machine's clock that stands still until the test moves it. The wall clock
 * stands with it, or so far ahead of it as the test says. */
#ifndef TESTS_MOVING_CLOCK_H
#define TESTS_MOVING_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

static int64_t moving_clock_ms;
static int64_t moving_clock_wall_ahead_ms;

static inline int64_t moving_clock_monotonic(void *context)
{
    (void)context;
    return moving_clock_ms * 1000000;
}

static inline int64_t moving_clock_wall(void *context)
{
    (void)context;
    return moving_clock_ms + moving_clock_wall_ahead_ms;
}

/* Somewhere in the middle of a part of any window. */
static inline void moving_clock_start(void)
{
    static const struct clock_source source = {.monotonic_ns = moving_clock_monotonic,
                                               .wall_ms = moving_clock_wall};

    moving_clock_ms = INT64_C(1000) * 3600 * 1000 + 30400;
    moving_clock_wall_ahead_ms = 0;
    clock_replace(&source);
}

static inline void moving_clock_stop(void)
{
    clock_replace(NULL);
}

#endif
