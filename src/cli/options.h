/* Reads the words after a subcommand by its table. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

#include "cli/command.h"

/* What was given for one command. All texts are borrowed from the command
 * line, the environment and the tables. */
struct cli_given {
    const struct cli_command *command;
    const char *values[CLI_OPTIONS_MAX]; /* in the table's order; "true" for a flag */
    bool typed[CLI_OPTIONS_MAX];         /* on the command line itself */
    const char *arguments[CLI_ARGUMENTS_MAX];
};

enum options_result {
    OPTIONS_READY, /* `out` is filled */
    OPTIONS_HELP,  /* --help was among the words */
    OPTIONS_WRONG, /* `problem` says what, without a full stop */
};

enum { OPTIONS_PROBLEM_SIZE = 384 };

/* `--name VALUE`, `--name=VALUE`, flags, and arguments in any order; after `--`
 * only arguments. What is not given comes from the environment (an empty
 * variable counts as not set), then from the table. A value that begins with
 * two dashes must be given with '='. `problem` never holds a value of an
 * option, which may be a secret. */
enum options_result options_read(const struct cli_command *command, int count, char *const *words,
                                 struct cli_given *out, char problem[OPTIONS_PROBLEM_SIZE]);

/* NULL when it was not given and has no fallback. A name that is not in the
 * command's table is a bug. */
const char *options_value(const struct cli_given *given, const char *name);
bool options_flag(const struct cli_given *given, const char *name);
/* Stood on the command line, and did not come from the environment or the table. */
bool options_typed(const struct cli_given *given, const char *name);

#endif
