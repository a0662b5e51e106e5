/* Standard output and standard error of the command line.
 *
 * Names, messages and errors come from files and servers; a terminal emulator
 * acts on control characters, so none of them goes out unseen. */
#include "cli/output.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_SIZE = 8 * 1024, COLUMN_GAP = 2 };

void output_add(struct buf *out, struct slice text)
{
    bool is_utf8 = slice_is_utf8(text);
    size_t i;

    if (is_utf8 && !slice_has_control(text)) {
        buf_slice(out, text);
        return;
    }
    for (i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        /* A control character of C1 is two bytes: its first stands for both. */
        bool is_c1 = is_utf8 && byte == 0xc2 && (unsigned char)text.bytes[i + 1] < 0xa0;

        if (is_c1) {
            buf_byte(out, '?');
            i++;
        } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) {
            buf_byte(out, '?');
        } else {
            buf_byte(out, text.bytes[i]);
        }
    }
}

static void put_line(FILE *file, const char *before, const char *format, va_list arguments)
{
    char line[LINE_SIZE];
    struct buf safe;

    /* What is longer is cut: it is for people. */
    (void)vsnprintf(line, sizeof(line), format, arguments);
    buf_init(&safe, LINE_SIZE + sizeof("tillwire: "));
    buf_text(&safe, before);
    output_add(&safe, slice_of(line));
    buf_byte(&safe, '\n');
    if (buf_fail(&safe) == FAIL_NONE) {
        (void)fwrite(safe.bytes, 1, safe.length, file);
    }
    buf_finish(&safe);
}

void output_trouble(const char *format, ...)
{
    va_list arguments;

    (void)fflush(stdout);
    va_start(arguments, format);
    put_line(stderr, "tillwire: ", format, arguments);
    va_end(arguments);
}

int output_usage(const struct cli_command *command, const char *problem)
{
    output_trouble("%s", problem);
    output_trouble("'tillwire %s --help' tells more", command->path);
    return CLI_USAGE;
}

void output_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line(stdout, "", format, arguments);
    va_end(arguments);
}

void output_raw(struct slice bytes)
{
    if (bytes.length > 0) {
        (void)fwrite(bytes.bytes, 1, bytes.length, stdout);
    }
}

static void add_cell(struct buf *out, struct slice cell, size_t width)
{
    size_t used = slice_code_points(cell);

    output_add(out, cell);
    for (; used < width + COLUMN_GAP; used++) {
        buf_byte(out, ' ');
    }
}

static void measure(const struct slice *cells, size_t columns, size_t rows,
                    size_t widths[OUTPUT_COLUMNS_MAX])
{
    size_t i;

    assert(columns > 0 && columns <= OUTPUT_COLUMNS_MAX);
    memset(widths, 0, OUTPUT_COLUMNS_MAX * sizeof(*widths));
    for (i = 0; i < rows * columns; i++) {
        size_t width = slice_code_points(cells[i]);

        widths[i % columns] = width > widths[i % columns] ? width : widths[i % columns];
    }
}

size_t output_table_width(const struct slice *cells, size_t columns, size_t rows)
{
    size_t widths[OUTPUT_COLUMNS_MAX];
    size_t width = (columns - 1) * COLUMN_GAP;
    size_t column;

    measure(cells, columns, rows, widths);
    for (column = 0; column < columns; column++) {
        width += widths[column];
    }
    return width;
}

size_t output_width(void)
{
    const char *told = getenv("COLUMNS");
    struct winsize size;
    uint64_t columns;

    if (told != NULL && slice_to_unsigned(slice_of(told), INT32_MAX, &columns) == FAIL_NONE &&
        columns > 0) {
        return (size_t)columns;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return SIZE_MAX;
}

void output_table(struct buf *out, const struct slice *cells, size_t columns, size_t rows)
{
    size_t widths[OUTPUT_COLUMNS_MAX];
    size_t row;
    size_t column;

    measure(cells, columns, rows, widths);
    for (row = 0; row < rows; row++) {
        /* The last cell is not filled up: no blanks at the ends of lines. */
        for (column = 0; column + 1 < columns; column++) {
            add_cell(out, cells[row * columns + column], widths[column]);
        }
        output_add(out, cells[row * columns + columns - 1]);
        buf_byte(out, '\n');
    }
}
