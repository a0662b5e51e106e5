/* Reads the words after a subcommand by its table. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/command.h"

/* Where a value comes from. */
enum cli_source {
    CLI_NOWHERE, /* it has none */
    CLI_TYPED,   /* on the command line itself */
    CLI_ENVIRONMENT,
    CLI_SETTING,  /* a line of the configuration file */
    CLI_FALLBACK, /* the table */
};

struct problems;

/* What was given for one command, each in the table's order. The texts are
 * borrowed from the command line, the environment, the tables and `texts`. */
struct cli_given {
    const struct cli_command *command;
    const char *values[CLI_OPTIONS_MAX]; /* "true" or "false" for a flag */
    enum cli_source sources[CLI_OPTIONS_MAX];
    unsigned lines[CLI_OPTIONS_MAX];          /* of a CLI_SETTING */
    const char *arguments[CLI_ARGUMENTS_MAX]; /* NULL: one that may be left out, and was */
    const char *file;                         /* the configuration file; NULL: none was read */
    struct buf texts;                         /* owned: what stands in it */
    struct problems *problems; /* borrowed; of a command with a file: what is wrong so far */
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

/* The steps of options_read, for a reader with further sources
 * (cli/configured.h): the words alone; */
enum options_result options_read_words(const struct cli_command *command, int count,
                                       char *const *words, struct cli_given *out,
                                       char problem[OPTIONS_PROBLEM_SIZE]);
/* the option's place in the table, option_count when there is none; */
size_t options_place(const struct cli_command *command, struct slice name);
/* what its variable says, NULL when there is none or it is empty; */
const char *options_variable(const struct cli_option *option);
/* "none, read or write", when it must be one of these and is another; else "". */
void options_choices(const struct cli_option *option, const char *value,
                     char out[OPTIONS_PROBLEM_SIZE]);
bool options_is_flag(const struct cli_option *option);

/* Frees what it owns. */
void options_finish(struct cli_given *given);

/* NULL when it was not given and has no fallback. A name that is not in the
 * command's table is a bug. */
const char *options_value(const struct cli_given *given, const char *name);
bool options_flag(const struct cli_given *given, const char *name);
/* Stood on the command line, and did not come from the environment or the table. */
bool options_typed(const struct cli_given *given, const char *name);

#endif
