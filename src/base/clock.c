/* Clocks over clock_gettime; the Mountain Time of the contract by tzdata. */
#include "base/clock.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

enum { NS_PER_MS = 1000000, MS_PER_SECOND = 1000, SECONDS_TO_NS = 1000000000 };

static const char MOUNTAIN_ZONE[] = "America/Edmonton";

static struct clock_source replaced;

void clock_replace(const struct clock_source *source)
{
    replaced = (struct clock_source){0};
    if (source != NULL) {
        replaced = *source;
    }
}

static struct timespec now_of(clockid_t id)
{
    struct timespec now;
    int result = clock_gettime(id, &now);

    assert(result == 0);
    (void)result;
    return now;
}

int64_t clock_monotonic_ns(void)
{
    struct timespec now;

    if (replaced.monotonic_ns != NULL) {
        return replaced.monotonic_ns(replaced.context);
    }
    now = now_of(CLOCK_MONOTONIC);
    return (int64_t)now.tv_sec * SECONDS_TO_NS + now.tv_nsec;
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_ns() / NS_PER_MS;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;

    if (replaced.wall_ms != NULL) {
        return replaced.wall_ms(replaced.context);
    }
    now = now_of(CLOCK_REALTIME);
    return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / NS_PER_MS;
}

void clock_start(void)
{
    (void)setenv("TZ", MOUNTAIN_ZONE, 1);
    tzset();
    if (timezone == 0) { /* the C library takes a zone it cannot find for UTC, silently */
        (void)fprintf(stderr, "tillwire: no time zone data for %s: install tzdata\n",
                      MOUNTAIN_ZONE);
        exit(EXIT_FAILURE);
    }
}

/* Whole seconds, rounded down also before 1970. */
static time_t seconds_of(int64_t wall_ms)
{
    int64_t seconds = wall_ms / MS_PER_SECOND;

    return (time_t)(wall_ms % MS_PER_SECOND < 0 ? seconds - 1 : seconds);
}

void clock_mountain_text(int64_t wall_ms, char out[CLOCK_MOUNTAIN_SIZE])
{
    time_t seconds = seconds_of(wall_ms);
    struct tm parts;

    if (localtime_r(&seconds, &parts) == NULL ||
        strftime(out, CLOCK_MOUNTAIN_SIZE, "%Y-%m-%d %H:%M:%S", &parts) == 0) {
        (void)text_format(out, CLOCK_MOUNTAIN_SIZE, "0000-00-00 00:00:00");
    }
}

void clock_utc_text(int64_t wall_ms, char out[CLOCK_UTC_SIZE])
{
    time_t seconds = seconds_of(wall_ms);
    char text[CLOCK_MOUNTAIN_SIZE];
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
        (void)text_format(text, sizeof(text), "0000-00-00T00:00:00");
    }
    /* not wall_ms - seconds * 1000: that overflows at the far end */
    (void)text_format(out, CLOCK_UTC_SIZE, "%s.%03dZ", text,
                      (int)((wall_ms % MS_PER_SECOND + MS_PER_SECOND) % MS_PER_SECOND));
}
