/* What a subcommand is: one table entry, from which its options are read and
 * its help is made. Everything here is constant and borrowed. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of the whole program; `tillwire terminal` has some of its own
 * (terminal/script.h). */
enum cli_exit {
    CLI_DONE = 0,
    CLI_REFUSED = 1,     /* the answer is no: not found, not listening, busy, refused */
    CLI_USAGE = 2,       /* the command line makes no sense */
    CLI_DENIED = 3,      /* the api-token was not accepted */
    CLI_UNREACHABLE = 4, /* no answer, or none that means anything */
    CLI_FILE = 5,        /* the pairings file, or standard output, cannot be used */
    /* of a sale: */
    CLI_DECLINED = 6,  /* the card was declined */
    CLI_CANCELLED = 7, /* it was cancelled, or nobody presented a card in time */
    CLI_UNKNOWN = 8,   /* how it ended, or whether it was started, is not known */
};

enum { CLI_OPTIONS_MAX = 32, CLI_ARGUMENTS_MAX = 2 };

struct cli_option {
    const char *name;        /* "api": given as --api */
    const char *value;       /* "URL": what its value is called in the help; NULL: a flag */
    const char *choices;     /* "on|off": nothing else is accepted; NULL: anything */
    const char *help;        /* one line */
    const char *environment; /* the variable that stands in for it; NULL: none */
    const char *fallback;    /* the value when nothing was given; NULL: none */
    bool required;
    bool not_in_file; /* of a command with a configuration file: it does not stand there */
};

struct cli_argument {
    const char *name; /* "CODE" */
    const char *help; /* one line */
};

struct cli_given;

struct cli_command {
    const char *path;                     /* "pos pair" */
    const char *summary;                  /* one line, no full stop */
    const char *text;                     /* a few lines for its help, each ended; NULL: none */
    const char *example;                  /* lines, each ended */
    const struct cli_argument *arguments; /* all of them are required, */
    bool argument_optional;               /* unless this is set: then none is */
    size_t argument_count;
    const struct cli_option *options;
    size_t option_count;
    /* Its options may also come from the file that --config names; a flag may
     * be given a value, true or false, to overrule the file. It runs also when
     * there are problems (given->problems), adds its own, and says them all. */
    bool has_file;
    /* Returns the exit code of the process. */
    int (*run)(const struct cli_given *given);
};

/* For tables: an array and how many there are in it. */
#define CLI_COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* The members of a command that name its tables. */
#define CLI_OPTIONS(table) .options = (table), .option_count = CLI_COUNT(table)
#define CLI_ARGUMENTS(table) .arguments = (table), .argument_count = CLI_COUNT(table)

#endif
