/* Clocks over clock_gettime; the Mountain Time of the contract by tzdata. */
#include "base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

enum {
    NS_PER_MS = 1000000,
    MS_PER_SECOND = 1000,
    SECONDS_TO_NS = 1000000000,
    SECONDS_PER_DAY = 86400,
    YEAR_ZERO = 1900, /* of struct tm */
    DAY_LENGTH = 10,  /* "2026-01-22" */
    MOMENT_LENGTH = 19,
};

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

/* --- From Mountain Time ------------------------------------------------------ */

/* The whole number that `length` digits at `at` are; -1 when they are none. */
static int number_at(struct slice text, size_t at, size_t length)
{
    uint64_t number;

    if (slice_to_unsigned(slice_make(text.bytes + at, length), 9999, &number) != FAIL_NONE) {
        return -1;
    }
    return (int)number;
}

static bool day_parts_read(struct slice text, struct tm *parts)
{
    struct tm same;
    time_t seconds;

    *parts = (struct tm){.tm_year = number_at(text, 0, 4) - YEAR_ZERO,
                         .tm_mon = number_at(text, 5, 2) - 1,
                         .tm_mday = number_at(text, 8, 2)};
    if (text.bytes[4] != '-' || text.bytes[7] != '-' || parts->tm_year < -YEAR_ZERO) {
        return false;
    }
    same = *parts;
    seconds = timegm(&same); /* puts right what is no date, and so tells it */
    return gmtime_r(&seconds, &same) != NULL && same.tm_mon == parts->tm_mon &&
           same.tm_mday == parts->tm_mday;
}

static bool time_parts_read(struct slice text, struct tm *parts)
{
    parts->tm_hour = number_at(text, 11, 2);
    parts->tm_min = number_at(text, 14, 2);
    parts->tm_sec = number_at(text, 17, 2);
    return (text.bytes[10] == ' ' || text.bytes[10] == 'T') && text.bytes[13] == ':' &&
           text.bytes[16] == ':' && parts->tm_hour >= 0 && parts->tm_hour < 24 &&
           parts->tm_min >= 0 && parts->tm_min < 60 && parts->tm_sec >= 0 && parts->tm_sec < 60;
}

/* How far Mountain Time is from UTC at this moment. */
static time_t offset_at(time_t seconds)
{
    struct tm parts;

    return localtime_r(&seconds, &parts) == NULL ? 0 : (time_t)parts.tm_gmtoff;
}

/* The moments that the clocks of Mountain Time show as `parts`: one, or two in
 * autumn. The offsets of the day before and the day after are all that can hold. */
static void moments_of(const struct tm *parts, time_t *first, time_t *last)
{
    struct tm same = *parts;
    time_t as_utc = timegm(&same);
    time_t early = as_utc - offset_at(as_utc - SECONDS_PER_DAY);
    time_t late = as_utc - offset_at(as_utc + SECONDS_PER_DAY);

    *first = early; /* also of one that spring leaves out */
    *last = late;
    if (offset_at(late) != as_utc - late) {
        *last = early;
    } else if (offset_at(early) != as_utc - early) {
        *first = late;
    }
}

enum fail clock_mountain_read(struct slice text, int64_t *from_ms, int64_t *until_ms)
{
    bool is_day = text.length == DAY_LENGTH;
    struct tm parts;
    time_t first;
    time_t last;
    time_t until;

    if ((!is_day && text.length != MOMENT_LENGTH) || !day_parts_read(text, &parts) ||
        (!is_day && !time_parts_read(text, &parts))) {
        return FAIL_INVALID;
    }
    moments_of(&parts, &first, &last);
    if (is_day) {
        parts.tm_mday++;
        moments_of(&parts, &until, &last);
    } else {
        until = last + 1;
    }
    *from_ms = (int64_t)first * MS_PER_SECOND;
    *until_ms = (int64_t)until * MS_PER_SECOND;
    return FAIL_NONE;
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
