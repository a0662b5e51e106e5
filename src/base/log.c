/* Log lines: formatted on the stack, written with one call. */
#include "base/log.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

enum { LINE_MAX_BYTES = 2048, VALUE_MAX_BYTES = 512, NUMBER_SIZE = 24 };
enum { ESCAPE_MAX = 4 }; /* bytes that one byte, or one code point, becomes */

static const char *const LEVELS[] = {"error", "warning", "info", "debug"};
static atomic_int level_now = LOG_INFO;

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

struct line {
    char bytes[LINE_MAX_BYTES];
    size_t length;
};

/* Room for `length` bytes more, with one kept for the closing newline. */
static bool has_room(const struct line *line, size_t length)
{
    return length < sizeof(line->bytes) - line->length;
}

static void put(struct line *line, char c)
{
    if (has_room(line, 1)) {
        line->bytes[line->length++] = c;
    }
}

static void put_text(struct line *line, const char *text)
{
    while (*text != '\0') {
        put(line, *text++);
    }
}

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
static void put_escaped(struct line *line, char c, bool raw)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)c;

    if (c == '"' || c == '\\') {
        put(line, '\\');
        put(line, c);
    } else if (c == '\n') {
        put_text(line, "\\n");
    } else if (byte < ' ' || byte == 0x7f || (byte > 0x7f && !raw)) {
        put_text(line, "\\x");
        put(line, hex[byte >> 4]);
        put(line, hex[byte & 15]);
    } else {
        put(line, c);
    }
}

/* A byte of a UTF-8 code point after its first. */
static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* At most `limit` bytes of the text, none of them half a code point. */
static struct slice shortened(struct slice text, size_t limit)
{
    size_t cut = limit;

    if (text.length <= limit) {
        return text;
    }
    /* a code point has at most three bytes after its first */
    while (cut > 0 && limit - cut < 3 && is_continuation(text.bytes[cut])) {
        cut--;
    }
    return slice_make(text.bytes, cut);
}

/* Ends early rather than in the middle of an escape or a code point, so that the
 * closing quote always stands. */
static void put_quoted(struct line *line, struct slice text)
{
    bool raw = slice_is_utf8(text) && !slice_has_control(text);
    size_t i;

    put(line, '"');
    for (i = 0; i < text.length; i++) {
        bool inside = raw && is_continuation(text.bytes[i]);

        if (!inside && !has_room(line, ESCAPE_MAX + 1)) {
            break;
        }
        put_escaped(line, text.bytes[i], raw);
    }
    put(line, '"');
}

static void put_value(struct line *line, struct slice text)
{
    size_t i;

    text = shortened(text, VALUE_MAX_BYTES);
    if (!is_plain(text)) {
        put_quoted(line, text);
        return;
    }
    for (i = 0; i < text.length; i++) {
        put(line, text.bytes[i]);
    }
}

/* A field for whose name and a number there is no room is left out whole. */
static void put_field(struct line *line, const struct log_field *field)
{
    char digits[NUMBER_SIZE];

    if (!has_room(line, strlen(field->name) + NUMBER_SIZE)) {
        return;
    }
    put(line, ' ');
    put_text(line, field->name);
    put(line, '=');
    if (field->kind == LOG_FIELD_NUMBER) {
        (void)text_format(digits, sizeof(digits), "%lld", (long long)field->number);
        put_text(line, digits);
        return;
    }
    put_value(line, field->text);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    struct line line;
    char time[CLOCK_UTC_SIZE];
    size_t i;

    if ((int)level > atomic_load(&level_now)) {
        return;
    }
    line.length = 0;
    clock_utc_text(clock_wall_ms(), time);
    put_text(&line, "time=");
    put_text(&line, time);
    put_text(&line, " level=");
    put_text(&line, LEVELS[level]);
    put_text(&line, " event=");
    put_text(&line, event);
    for (i = 0; i < count; i++) {
        put_field(&line, &fields[i]);
    }
    line.bytes[line.length++] = '\n';
    if (write(STDERR_FILENO, line.bytes, line.length) < 0) {
        return; /* nowhere left to say it */
    }
}
