/* Help for one command and for a group of them. */
#include "cli/help.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

enum { LEFT_SIZE = 96, GAP = 2, INDENT = 2, PARAGRAPH_INDENT = 6, ROWS_MAX = CLI_OPTIONS_MAX + 1 };

/* Two columns: what is typed, and what it means. */
struct row {
    char left[LEFT_SIZE];
    const struct cli_option *option; /* NULL: `help` alone */
    const char *help;
};

static void add_blanks(struct buf *out, size_t count)
{
    for (; count > 0; count--) {
        buf_byte(out, ' ');
    }
}

/* "(TILLWIRE_API; default http://...)" behind the help of an option. */
static void add_origin(struct buf *out, const struct cli_option *option)
{
    const char *glue = " (";

    if (option->required) {
        buf_text(out, glue);
        buf_text(out, "required");
        glue = "; ";
    }
    if (option->environment != NULL) {
        buf_text(out, glue);
        buf_text(out, "or $");
        buf_text(out, option->environment);
        glue = "; ";
    }
    if (option->fallback != NULL) {
        buf_text(out, glue);
        buf_text(out, "default ");
        buf_text(out, option->fallback);
        glue = "; ";
    }
    if (glue[0] == ';') {
        buf_byte(out, ')');
    }
}

static void add_rows(struct buf *out, const struct row *rows, size_t count)
{
    size_t width = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        size_t length = strlen(rows[i].left);

        width = length > width ? length : width;
    }
    for (i = 0; i < count; i++) {
        add_blanks(out, INDENT);
        buf_text(out, rows[i].left);
        add_blanks(out, width - strlen(rows[i].left) + GAP);
        buf_text(out, rows[i].help);
        if (rows[i].option != NULL) {
            add_origin(out, rows[i].option);
        }
        buf_byte(out, '\n');
    }
}

/* For many options with long names: what is typed, its variable and its default
 * on one line, what it means on the next. */
static void add_paragraphs(struct buf *out, const struct row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        add_blanks(out, INDENT);
        buf_text(out, rows[i].left);
        if (rows[i].option != NULL) {
            add_origin(out, rows[i].option);
        }
        buf_byte(out, '\n');
        add_blanks(out, PARAGRAPH_INDENT);
        buf_text(out, rows[i].help);
        buf_byte(out, '\n');
    }
}

static void add_arguments(struct buf *out, const struct cli_command *command)
{
    struct row rows[CLI_ARGUMENTS_MAX];
    size_t i;

    if (command->argument_count == 0) {
        return;
    }
    for (i = 0; i < command->argument_count; i++) {
        rows[i] = (struct row){.help = command->arguments[i].help};
        (void)text_format(rows[i].left, LEFT_SIZE, "%s", command->arguments[i].name);
    }
    buf_text(out, "\nArguments:\n");
    add_rows(out, rows, command->argument_count);
}

static void add_options(struct buf *out, const struct cli_command *command)
{
    struct row rows[ROWS_MAX];
    size_t i;

    for (i = 0; i < command->option_count; i++) {
        const struct cli_option *option = &command->options[i];
        const char *value = option->choices != NULL ? option->choices : option->value;

        rows[i] = (struct row){.help = option->help, .option = option};
        (void)text_format(rows[i].left, LEFT_SIZE, "--%s%s%s", option->name,
                          value == NULL ? "" : " ", value == NULL ? "" : value);
    }
    rows[i] = (struct row){.left = "--help", .help = "this text"};
    buf_text(out, "\nOptions:\n");
    if (command->has_file) {
        add_paragraphs(out, rows, command->option_count + 1);
    } else {
        add_rows(out, rows, command->option_count + 1);
    }
}

static void add_indented(struct buf *out, const char *lines)
{
    struct slice rest = slice_of(lines);
    struct slice line;

    while (slice_next_part(&rest, '\n', &line)) {
        if (line.length > 0) {
            add_blanks(out, INDENT);
            buf_slice(out, line);
            buf_byte(out, '\n');
        }
    }
}

void help_of_command(struct buf *out, const struct cli_command *command)
{
    size_t i;

    assert(command->option_count <= CLI_OPTIONS_MAX);
    buf_text(out, "Usage: tillwire ");
    buf_text(out, command->path);
    for (i = 0; i < command->argument_count; i++) {
        buf_format(out, command->argument_optional ? " [%s]" : " %s", command->arguments[i].name);
    }
    buf_text(out, " [options]\n\n");
    buf_text(out, command->summary);
    buf_text(out, ".\n");
    if (command->text != NULL) {
        buf_byte(out, '\n');
        buf_text(out, command->text);
    }
    add_arguments(out, command);
    add_options(out, command);
    buf_text(out, "\nExample:\n");
    add_indented(out, command->example);
}

void help_of_group(struct buf *out, const char *path, const char *summary,
                   const struct help_entry *entries, size_t count)
{
    size_t width = 0;
    size_t i;

    buf_format(out, "Usage: tillwire %s%sCOMMAND ...\n\n%s.\n\nCommands:\n", path,
               path[0] == '\0' ? "" : " ", summary);
    for (i = 0; i < count; i++) {
        size_t length = strlen(entries[i].path);

        width = length > width ? length : width;
    }
    for (i = 0; i < count; i++) {
        add_blanks(out, INDENT);
        buf_text(out, entries[i].path);
        add_blanks(out, width - strlen(entries[i].path) + GAP);
        buf_text(out, entries[i].summary);
        buf_byte(out, '\n');
    }
    buf_format(out, "\n'tillwire %s%sCOMMAND --help' tells more about one of them.\n", path,
               path[0] == '\0' ? "" : " ");
}
