/* Which lines are written: levels, and limits of places that strangers can
 * make speak. A line is formatted on the stack and written with one call. */
#include "base/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"

enum { MINUTE_MS = 60000 };

static const char *const LEVELS[] = {"error", "warning", "info", "debug"};
static const char *const FORMATS[] = {"logfmt", "json"};
static atomic_int level_now = LOG_INFO;
static atomic_int format_now = LOG_FORMAT_LOGFMT;

void log_set_level(enum log_level level)
{
    atomic_store(&level_now, (int)level);
}

bool log_level_of(const char *word, enum log_level *out)
{
    int i;

    for (i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (slice_is(slice_of(word), LEVELS[i])) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_format(enum log_format format)
{
    atomic_store(&format_now, (int)format);
}

bool log_format_of(const char *word, enum log_format *out)
{
    int i;

    for (i = LOG_FORMAT_LOGFMT; i <= LOG_FORMAT_JSON; i++) {
        if (slice_is(slice_of(word), FORMATS[i])) {
            *out = (enum log_format)i;
            return true;
        }
    }
    return false;
}

bool log_is_written(enum log_level level)
{
    return (int)level <= atomic_load(&level_now);
}

static void line_write(enum log_level level, const char *event, const struct log_field *fields,
                       size_t count)
{
    struct log_line line;
    char time[CLOCK_UTC_SIZE];
    struct log_entry entry = {
        .time = time, .level = LEVELS[level], .event = event, .fields = fields, .count = count};

    clock_utc_text(clock_wall_ms(), time);
    if (atomic_load(&format_now) == LOG_FORMAT_JSON) {
        log_json_write(&line, &entry);
    } else {
        log_logfmt_write(&line, &entry);
    }
    if (write(STDERR_FILENO, line.bytes, line.length) < 0) {
        return; /* nowhere left to say it */
    }
}

/* --- Limits --------------------------------------------------------------- */

static pthread_mutex_t limits_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_limit *silenced; /* by the lock: those that have suppressed lines */
/* When the minute of one of them is over; 0: there are none. Read without the
 * lock by every line, written with it. */
static atomic_int_fast64_t due_ms;

/* What one place has suppressed, to be told. */
struct silence {
    enum log_level level;
    const char *event;
    uint64_t count;
};

static bool minute_is_over(const struct log_limit *limit, int64_t now_ms)
{
    return now_ms - limit->began_ms >= MINUTE_MS;
}

/* By the lock. */
static void due_update(void)
{
    const struct log_limit *limit;
    int64_t soonest_ms = 0;

    for (limit = silenced; limit != NULL; limit = limit->next) {
        int64_t ends_ms = limit->began_ms + MINUTE_MS;

        if (soonest_ms == 0 || ends_ms < soonest_ms) {
            soonest_ms = ends_ms;
        }
    }
    atomic_store(&due_ms, soonest_ms);
}

/* Takes one place whose minute is over, or any. False when there is none. */
static bool silence_take(int64_t now_ms, bool any, struct silence *out)
{
    struct log_limit **at = &silenced;
    struct log_limit *limit;

    pthread_mutex_lock(&limits_lock);
    while (*at != NULL && !any && !minute_is_over(*at, now_ms)) {
        at = &(*at)->next;
    }
    limit = *at;
    if (limit != NULL) {
        *at = limit->next;
        *out = (struct silence){limit->level, limit->event, limit->suppressed};
        limit->suppressed = 0;
        due_update();
    }
    pthread_mutex_unlock(&limits_lock);
    return limit != NULL;
}

static void silences_tell(int64_t now_ms, bool all)
{
    struct silence silence;

    while (silence_take(now_ms, all, &silence)) {
        struct log_field fields[] = {log_text("what", silence.event),
                                     log_number("lines", (int64_t)silence.count)};

        line_write(silence.level, "log.suppressed", fields, sizeof(fields) / sizeof(fields[0]));
    }
}

static void silences_tell_when_due(void)
{
    int64_t due = atomic_load(&due_ms);

    if (due != 0) {
        int64_t now_ms = clock_monotonic_ms();

        if (now_ms >= due) {
            silences_tell(now_ms, false);
        }
    }
}

/* By the lock. */
static void suppress(struct log_limit *limit, enum log_level level, const char *event)
{
    limit->event = event;
    limit->level = level;
    if (limit->suppressed++ == 0) {
        limit->next = silenced;
        silenced = limit;
        due_update();
    }
}

/* Counts a line; false when it is one too many. */
static bool limit_allows(struct log_limit *limit, enum log_level level, const char *event)
{
    int64_t now_ms = clock_monotonic_ms();
    bool allowed;

    assert(limit->per_minute > 0);
    pthread_mutex_lock(&limits_lock);
    if (limit->written == 0 || minute_is_over(limit, now_ms)) {
        limit->began_ms = now_ms;
        limit->written = 0;
    }
    allowed = limit->written < limit->per_minute;
    if (allowed) {
        limit->written++;
    } else {
        suppress(limit, level, event);
    }
    pthread_mutex_unlock(&limits_lock);
    return allowed;
}

/* --- Writing -------------------------------------------------------------- */

void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    if (log_is_written(level)) {
        silences_tell_when_due();
        line_write(level, event, fields, count);
    }
}

void log_write_limited(struct log_limit *limit, enum log_level level, const char *event,
                       const struct log_field *fields, size_t count)
{
    if (log_is_written(level)) {
        silences_tell_when_due(); /* also of this place, before its new minute begins */
        if (limit == NULL || limit_allows(limit, level, event)) {
            line_write(level, event, fields, count);
        }
    }
}

void log_finish(void)
{
    silences_tell(0, true);
}
