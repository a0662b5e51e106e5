/* One line of the log while it is put together. Private to log*.c. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/text.h"

enum { LOG_LINE_MAX = 2048, LOG_VALUE_MAX = 512, LOG_NUMBER_SIZE = 24, LOG_SHORT_SIZE = 48 };

struct log_line {
    char bytes[LOG_LINE_MAX];
    size_t length;
    size_t tail; /* bytes that are kept for its end */
};

/* What a line says. */
struct log_entry {
    const char *time;
    const char *level;
    const char *event;
    const struct log_field *fields;
    size_t count;
};

/* The whole line, with its newline. */
void log_logfmt_write(struct log_line *line, const struct log_entry *entry);
void log_json_write(struct log_line *line, const struct log_entry *entry);

/* Room for `length` bytes more, beside the tail. */
bool log_line_has_room(const struct log_line *line, size_t length);
/* Does nothing when there is no room. */
void log_line_put(struct log_line *line, char c);
void log_line_text(struct log_line *line, const char *text);
void log_line_number(struct log_line *line, int64_t number);

/* The text of a field that is no number, at most LOG_VALUE_MAX bytes and none
 * of them half a code point; `room` is for what has to be put into words. */
struct slice log_field_text(const struct log_field *field, char room[LOG_SHORT_SIZE]);

#endif
