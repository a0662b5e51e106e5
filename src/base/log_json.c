/* Lines for machines: each is one JSON object (RFC 8259), whatever its values
 * hold and wherever it had to be cut. The writer of wire/ stands above this
 * room, and grows buffers, which a log must not need. */
#include "base/log_line.h"

#include <string.h>

enum { UNIT_SIZE = 8 }; /* an escape of six characters, or a code point */

/* Bytes of the code point at the start of the text; 0 when there is none. */
static size_t code_point_length(struct slice text)
{
    unsigned char first = (unsigned char)text.bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (length > text.length || !slice_is_utf8(slice_make(text.bytes, length))) {
        return 0;
    }
    return length;
}

/* What the first character of the text becomes; returns the bytes it took. */
static size_t escape(struct slice text, char out[UNIT_SIZE])
{
    static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */
    size_t length = code_point_length(text);
    unsigned char first = (unsigned char)text.bytes[0];

    if (length == 0) {
        (void)text_format(out, UNIT_SIZE, "%s", REPLACEMENT);
        return 1;
    }
    if (first == '"' || first == '\\') {
        (void)text_format(out, UNIT_SIZE, "\\%c", first);
    } else if (first == '\n') {
        (void)text_format(out, UNIT_SIZE, "\\n");
    } else if (first < ' ' || first == 0x7f) {
        (void)text_format(out, UNIT_SIZE, "\\u%04x", first);
    } else if (slice_has_control(slice_make(text.bytes, length))) {
        (void)text_format(out, UNIT_SIZE, "\\u%04x", (unsigned char)text.bytes[1]); /* C1 */
    } else {
        memcpy(out, text.bytes, length);
        out[length] = '\0';
    }
    return length;
}

/* Ends early where the line does, never inside an escape or a code point. */
static void put_string(struct log_line *line, struct slice text)
{
    char unit[UNIT_SIZE];

    log_line_put(line, '"');
    while (text.length > 0) {
        size_t used = escape(text, unit);

        if (!log_line_has_room(line, strlen(unit) + 1)) {
            break;
        }
        log_line_text(line, unit);
        text = slice_make(text.bytes + used, text.length - used);
    }
    log_line_put(line, '"');
}

/* A field for whose name and a number there is no room is left out whole. */
static void put_field(struct log_line *line, const struct log_field *field)
{
    char room[LOG_SHORT_SIZE];

    if (!log_line_has_room(line, strlen(field->name) + LOG_NUMBER_SIZE)) {
        return;
    }
    log_line_text(line, ",\"");
    log_line_text(line, field->name);
    log_line_text(line, "\":");
    if (field->kind == LOG_FIELD_NUMBER) {
        log_line_number(line, field->number);
    } else {
        put_string(line, log_field_text(field, room));
    }
}

void log_json_write(struct log_line *line, const struct log_entry *entry)
{
    size_t i;

    line->length = 0;
    line->tail = 2;
    log_line_text(line, "{\"time\":");
    put_string(line, slice_of(entry->time));
    log_line_text(line, ",\"level\":");
    put_string(line, slice_of(entry->level));
    log_line_text(line, ",\"event\":");
    put_string(line, slice_of(entry->event));
    for (i = 0; i < entry->count; i++) {
        put_field(line, &entry->fields[i]);
    }
    line->bytes[line->length++] = '}';
    line->bytes[line->length++] = '\n';
}
