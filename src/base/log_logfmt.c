/* Lines for people and grep: name=value, quoted where a value could pretend to
 * be another field or line. */
#include "base/log_line.h"

#include <string.h>

enum { ESCAPE_MAX = 4 }; /* bytes that one byte, or one code point, becomes */

static bool is_plain(struct slice text)
{
    size_t i;

    for (i = 0; i < text.length; i++) {
        char c = text.bytes[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return text.length > 0;
}

/* `raw`: bytes above ASCII are part of harmless UTF-8 and stay readable. */
static void put_escaped(struct log_line *line, char c, bool raw)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)c;

    if (c == '"' || c == '\\') {
        log_line_put(line, '\\');
        log_line_put(line, c);
    } else if (c == '\n') {
        log_line_text(line, "\\n");
    } else if (byte < ' ' || byte == 0x7f || (byte > 0x7f && !raw)) {
        log_line_text(line, "\\x");
        log_line_put(line, hex[byte >> 4]);
        log_line_put(line, hex[byte & 15]);
    } else {
        log_line_put(line, c);
    }
}

/* Ends early rather than in the middle of an escape or a code point, so that the
 * closing quote always stands. */
static void put_quoted(struct log_line *line, struct slice text)
{
    bool raw = slice_is_utf8(text) && !slice_has_control(text);
    size_t i;

    log_line_put(line, '"');
    for (i = 0; i < text.length; i++) {
        bool inside = raw && ((unsigned char)text.bytes[i] & 0xc0) == 0x80;

        if (!inside && !log_line_has_room(line, ESCAPE_MAX + 1)) {
            break;
        }
        put_escaped(line, text.bytes[i], raw);
    }
    log_line_put(line, '"');
}

static void put_value(struct log_line *line, struct slice text)
{
    size_t i;

    if (!is_plain(text)) {
        put_quoted(line, text);
        return;
    }
    for (i = 0; i < text.length; i++) {
        log_line_put(line, text.bytes[i]);
    }
}

/* A field for whose name and a number there is no room is left out whole. */
static void put_field(struct log_line *line, const struct log_field *field)
{
    char room[LOG_SHORT_SIZE];

    if (!log_line_has_room(line, strlen(field->name) + LOG_NUMBER_SIZE)) {
        return;
    }
    log_line_put(line, ' ');
    log_line_text(line, field->name);
    log_line_put(line, '=');
    if (field->kind == LOG_FIELD_NUMBER) {
        log_line_number(line, field->number);
    } else {
        put_value(line, log_field_text(field, room));
    }
}

void log_logfmt_write(struct log_line *line, const struct log_entry *entry)
{
    size_t i;

    line->length = 0;
    line->tail = 1;
    log_line_text(line, "time=");
    log_line_text(line, entry->time);
    log_line_text(line, " level=");
    log_line_text(line, entry->level);
    log_line_text(line, " event=");
    log_line_text(line, entry->event);
    for (i = 0; i < entry->count; i++) {
        put_field(line, &entry->fields[i]);
    }
    line->bytes[line->length++] = '\n';
}
