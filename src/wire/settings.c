/* The reader of configuration files: line by line and without memory of its
 * own, so that whoever knows the names can name every line that is wrong. */
#include "wire/settings.h"

#include <string.h>

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

void settings_start(struct settings_reader *reader, struct slice text)
{
    size_t mark = sizeof(BYTE_ORDER_MARK) - 1;

    *reader = (struct settings_reader){.rest = text};
    if (slice_starts_with(text, BYTE_ORDER_MARK)) {
        reader->rest = slice_make(text.bytes + mark, text.length - mark);
    }
}

static enum settings_step refuse(const char **problem, const char *why)
{
    *problem = why;
    return SETTINGS_WRONG;
}

/* Tabs are blanks; a carriage return belongs to the end of a line. */
static bool has_control(struct slice line)
{
    struct slice part;

    while (slice_next_part(&line, '\t', &part)) {
        if (slice_has_control(part)) {
            return true;
        }
    }
    return false;
}

static bool is_name(struct slice name)
{
    return name.length <= SETTINGS_NAME_MAX && slice_is_visible_ascii(name) &&
           memchr(name.bytes, '"', name.length) == NULL &&
           memchr(name.bytes, '#', name.length) == NULL;
}

/* " #" in a value looks like a comment and would be taken for a part of it. */
static bool has_comment(struct slice value)
{
    size_t i;

    for (i = 0; i < value.length; i++) {
        if (value.bytes[i] == '#' &&
            (i == 0 || value.bytes[i - 1] == ' ' || value.bytes[i - 1] == '\t')) {
            return true;
        }
    }
    return false;
}

/* Takes the quotes off. */
static enum settings_step read_quoted(struct slice value, struct slice *out, const char **problem)
{
    const char *second = memchr(value.bytes + 1, '"', value.length - 1);

    if (second == NULL || second != value.bytes + value.length - 1) {
        return refuse(problem,
                      "a value that begins with a quote ends with one, and has none inside");
    }
    *out = slice_make(value.bytes + 1, value.length - 2);
    return SETTINGS_FOUND;
}

static enum settings_step read_value(struct slice value, struct slice *out, const char **problem)
{
    if (value.length == 0) {
        return refuse(problem, "there is no value after the equals sign");
    }
    if (value.bytes[0] == '"') {
        return read_quoted(value, out, problem);
    }
    if (has_comment(value)) {
        return refuse(problem, "a comment needs a line of its own, a value with a # needs quotes");
    }
    *out = value;
    return SETTINGS_FOUND;
}

static enum settings_step read_line(struct slice line, struct setting *out, const char **problem)
{
    const char *equals = memchr(line.bytes, '=', line.length);
    struct setting found;
    enum settings_step step;

    if (!slice_is_utf8(line)) {
        return refuse(problem, "the line is not UTF-8 text");
    }
    if (has_control(line)) {
        return refuse(problem, "the line has a control character in it");
    }
    if (line.bytes[0] == '[') {
        return refuse(problem, "there are no sections: each line is NAME = VALUE");
    }
    if (equals == NULL) {
        return refuse(problem, "a line is NAME = VALUE, or a comment that begins with #");
    }
    found.name = slice_trim(slice_make(line.bytes, (size_t)(equals - line.bytes)));
    if (!is_name(found.name)) {
        return refuse(problem, "what stands before the equals sign is no name of a setting");
    }
    step = read_value(
        slice_trim(slice_make(equals + 1, line.length - (size_t)(equals - line.bytes) - 1)),
        &found.value, problem);
    if (step == SETTINGS_FOUND) {
        *out = found;
    }
    return step;
}

enum settings_step settings_next(struct settings_reader *reader, struct setting *out,
                                 const char **problem)
{
    struct slice line;

    while (slice_next_part(&reader->rest, '\n', &line)) {
        if (reader->rest.bytes == NULL && line.length == 0) {
            break; /* what follows the last line feed is no line */
        }
        reader->line++;
        if (reader->line > SETTINGS_LINES_MAX) {
            reader->rest = (struct slice){NULL, 0};
            return refuse(problem, "the file has more than 1000 lines");
        }
        if (line.length > 0 && line.bytes[line.length - 1] == '\r') {
            line.length--;
        }
        line = slice_trim(line);
        if (line.length > 0 && line.bytes[0] != '#') {
            return read_line(line, out, problem);
        }
    }
    return SETTINGS_END;
}
