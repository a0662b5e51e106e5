/* What the subcommands of `tillwire pos` have in common. */
#ifndef CLI_POS_SHARED_H
#define CLI_POS_SHARED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/home.h"
#include "cli/options.h"
#include "pos/client.h"

#define POS_FILE_HELP "the pairings file, instead of tillwire/pairings.json in your data folder"
#define POS_JSON_HELP "answer with one JSON object"
#define POS_EXIT_CODES                                                                             \
    "Exit codes: 0 done; 1 the terminal was not found, is not listening or is busy, or\n"          \
    "the name is not paired; 2 wrong usage; 3 the api-token was not accepted;\n"                   \
    "4 no usable answer from the API; 5 the pairings file cannot be used.\n"

#define POS_CA_HELP "certificates (PEM) that vouch for an https server, not the system's"
#define POS_CA_OPTION                                                                              \
    {                                                                                              \
        .name = "ca-file", .value = "FILE", .help = POS_CA_HELP, .environment = "TILLWIRE_CA_FILE" \
    }

int pos_exit_of(enum pos_outcome outcome);

/* Each says why and returns the exit code. With --json an object with
 * `outcome` and `problem` goes to standard output as well. */
int pos_refuse(const struct cli_given *given, const char *outcome, int code, const char *problem);
int pos_refuse_file(const struct cli_given *given, const char *problem);

/* The CA file for calls of `api`; NULL in `out` for none. False after it has
 * said what is wrong with it: the exit code is CLI_USAGE. */
bool pos_find_ca_file(const struct cli_given *given, const char *api, const char **out);

/* The pairings file that is meant; false after it has said why not. */
bool pos_find_file(const struct cli_given *given, char path[HOME_PATH_SIZE]);

/* An object for scripts: begun with its outcome (NULL: none), then filled by
 * the caller, then closed, printed as one line, and freed. */
void pos_json_start(struct buf *object, const char *outcome);
void pos_json_print(struct buf *object);

#endif
