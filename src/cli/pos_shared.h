/* What the subcommands of `tillwire pos` have in common. */
#ifndef CLI_POS_SHARED_H
#define CLI_POS_SHARED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/home.h"
#include "cli/options.h"
#include "pos/client.h"
#include "pos/pairings.h"

/* Where `tillwire dev` serves. */
#define POS_API_DEFAULT "http://127.0.0.1:8080/v2"

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

#define POS_TOKEN_OPTION                                                                           \
    {                                                                                              \
        .name = "token", .value = "T", .help = "your api-token", .environment = "TILLWIRE_TOKEN",  \
        .required = true                                                                           \
    }
/* Of a call for a paired name. No variable for the address: it would silently
 * go elsewhere than the pairing says. */
#define POS_CALL_OPTIONS                                                                           \
    {.name = "api", .value = "URL", .help = "another base address than the one paired with"},      \
        POS_TOKEN_OPTION, POS_CA_OPTION,                                                           \
    {                                                                                              \
        .name = "pairings", .value = "FILE", .help = POS_FILE_HELP                                 \
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

/* What is wrong with the words of POS_CALL_OPTIONS; NULL: nothing. */
const char *pos_words_problem(const struct cli_given *given);
/* The pairing that the first argument names. Another code than CLI_DONE: it has
 * said what is wrong. */
int pos_find_pairing(const struct cli_given *given, struct pairing *out);
/* The client for --api, else for the paired address; false as pos_find_ca_file. */
bool pos_find_client(const struct cli_given *given, const char *paired_api,
                     struct pos_client *client);

/* An object for scripts: begun with its outcome (NULL: none), then filled by
 * the caller, then closed, printed as one line, and freed. */
void pos_json_start(struct buf *object, const char *outcome);
void pos_json_print(struct buf *object);

#endif
