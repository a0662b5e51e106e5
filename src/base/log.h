/* The log: one line per event, logfmt, to standard error.
 *
 *   time=2026-01-22T18:00:36.123Z level=info event=terminal.connected code=JSV5
 *
 * Never a token, PIN, password or credential: there is no field kind for one.
 * Every event is listed in docs/operating.md. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log_field {
    const char *name;
    struct slice text;
    int64_t number;
    enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER } kind;
};

/* Nothing above this level is written; LOG_INFO at first. */
void log_set_level(enum log_level level);
/* True and `*out` set when `word` is error, warning, info or debug. */
bool log_level_of(const char *word, enum log_level *out);

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

/* From any thread; a line is written whole, at most 2 KB. */
void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);

/* log_event(LOG_INFO, "ping.shown", log_text("code", code), log_number("ms", 3)) */
#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
