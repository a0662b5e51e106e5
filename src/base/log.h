/* The log: one line per event, logfmt or JSON, to standard error.
 *
 *   time=2026-01-22T18:00:36.123Z level=info event=terminal.connected code=JSV5
 *   {"time":"2026-01-22T18:00:36.123Z","level":"info","event":"terminal.connected","code":"JSV5"}
 *
 * Never a token, PIN, password or credential: there is no field kind for one.
 * Every event is listed in docs/operating.md. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/text.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_field {
    const char *name; /* a plain identifier */
    struct slice text;
    int64_t number;
    const struct address *address; /* borrowed */
    enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER, LOG_FIELD_ID, LOG_FIELD_ADDRESS } kind;
};

/* Nothing above this level is written; LOG_INFO at first. */
void log_set_level(enum log_level level);
/* Whether lines of this level are written: to save the work of making them. */
bool log_is_written(enum log_level level);
/* True and `*out` set when `word` is error, warning, info or debug. */
bool log_level_of(const char *word, enum log_level *out);
/* Lines from now on; LOG_FORMAT_LOGFMT at first. */
void log_set_format(enum log_format format);
/* True and `*out` set when `word` is logfmt or json. */
bool log_format_of(const char *word, enum log_format *out);

static inline struct log_field log_text(const char *name, const char *text)
{
    return (struct log_field){.name = name, .text = slice_of(text == NULL ? "" : text)};
}

static inline struct log_field log_slice(const char *name, struct slice text)
{
    return (struct log_field){.name = name, .text = text};
}

static inline struct log_field log_number(const char *name, int64_t number)
{
    return (struct log_field){.name = name, .number = number, .kind = LOG_FIELD_NUMBER};
}

/* As 16 hexadecimal digits: of a request. */
static inline struct log_field log_id(const char *name, uint64_t id)
{
    return (struct log_field){.name = name, .number = (int64_t)id, .kind = LOG_FIELD_ID};
}

/* "192.0.2.1", or "?" for one that is not known. */
static inline struct log_field log_address(const char *name, const struct address *address)
{
    return (struct log_field){.name = name, .address = address, .kind = LOG_FIELD_ADDRESS};
}

/* From any thread; a line is written whole, at most 2 KB. */
void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);

/* log_event(LOG_INFO, "ping.shown", log_text("code", code), log_number("ms", 3)) */
#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* A place of the program whose lines strangers can cause: so many of them a
 * minute are written, so that nobody can fill a disk. How many were not stands
 * in a line log.suppressed, written with the first line of any place after
 * that minute. Static, and the first member alone is given:
 *
 *   static struct log_limit limit = {.per_minute = 30}; */
struct log_limit {
    unsigned per_minute;
    /* of log.c, by its lock */
    unsigned written; /* in the minute that began last */
    uint64_t suppressed;
    int64_t began_ms;       /* of the machine's clock */
    const char *event;      /* of the line that was suppressed last */
    enum log_level level;   /* likewise */
    struct log_limit *next; /* that has suppressed lines */
};
void log_write_limited(struct log_limit *limit, enum log_level level, const char *event,
                       const struct log_field *fields, size_t count);
/* log_limited(&limit, LOG_INFO, "call.refused", log_number("status", 403)); a
 * limit that is NULL is none. */
#define log_limited(limit, level, event, ...)                                                      \
    log_write_limited((limit), (level), (event), (const struct log_field[]){__VA_ARGS__},          \
                      sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
/* Writes how many lines were suppressed that nobody has been told of yet: at
 * the end of the program. */
void log_finish(void);

#endif
