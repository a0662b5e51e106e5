/* The bytes of a line, and the texts of fields, for both formats. */
#include "base/log_line.h"

#include <assert.h>
#include <inttypes.h>

bool log_line_has_room(const struct log_line *line, size_t length)
{
    return length + line->tail <= sizeof(line->bytes) - line->length;
}

void log_line_put(struct log_line *line, char c)
{
    if (log_line_has_room(line, 1)) {
        line->bytes[line->length++] = c;
    }
}

void log_line_text(struct log_line *line, const char *text)
{
    while (*text != '\0') {
        log_line_put(line, *text++);
    }
}

void log_line_number(struct log_line *line, int64_t number)
{
    char digits[LOG_NUMBER_SIZE];

    (void)text_format(digits, sizeof(digits), "%" PRId64, number);
    log_line_text(line, digits);
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

struct slice log_field_text(const struct log_field *field, char room[LOG_SHORT_SIZE])
{
    static_assert((int)LOG_SHORT_SIZE >= (int)ADDRESS_TEXT_SIZE, "an address fits");

    switch (field->kind) {
    case LOG_FIELD_ID:
        (void)text_format(room, LOG_SHORT_SIZE, "%016" PRIx64, (uint64_t)field->number);
        return slice_of(room);
    case LOG_FIELD_ADDRESS:
        address_text(field->address, room);
        return slice_of(room);
    case LOG_FIELD_TEXT:
    case LOG_FIELD_NUMBER:
        break;
    }
    return shortened(field->text, LOG_VALUE_MAX);
}
