/* What the command line says: answers to standard output, troubles to standard
 * error, and nothing that could command the screen it is shown on. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/command.h"

enum { OUTPUT_MAX = 4 * 1024 * 1024 };

/* Appends the text; control characters and broken UTF-8 become '?'. */
void output_add(struct buf *out, struct slice text);
/* "tillwire: SENTENCE." to standard error, made safe likewise. */
__attribute__((format(printf, 1, 2))) void output_trouble(const char *format, ...);
/* Says what is wrong with the words given for a command and where there is
 * help; returns CLI_USAGE. */
int output_usage(const struct cli_command *command, const char *problem);
/* One line to standard output, made safe; the line feed is added. */
__attribute__((format(printf, 1, 2))) void output_line(const char *format, ...);
/* The bytes as they are, to standard output. */
void output_raw(struct slice bytes);

/* A table: `rows` times `columns` cells, the first row its head; appended with
 * columns as wide as they must be. At most OUTPUT_COLUMNS_MAX columns. */
enum { OUTPUT_COLUMNS_MAX = 16 };
void output_table(struct buf *out, const struct slice *cells, size_t columns, size_t rows);
/* Of its widest line. */
size_t output_table_width(const struct slice *cells, size_t columns, size_t rows);
/* Characters in a line of standard output: by COLUMNS, else of the terminal;
 * SIZE_MAX where it is none. */
size_t output_width(void);

#endif
