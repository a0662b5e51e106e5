/* tillwire admin: one request per command, as JSON text, and its reply.
 *
 *   {"noun":"business","verb":"add","options":{"name":"N","currency":"CAD"}}
 *   {"ok":{"id":1,...}}  or  {"error":"a sentence for people"}
 *
 * Options have their names on the command line, without dashes in front, and
 * are JSON strings, "true" for a flag; an argument is "id", or "code" for a
 * device. --data, --json and --password-stdin are not among them: the first two
 * concern this side, and the third arrives as "password". */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "cli/options.h"

/* Carries a request to whoever owns the data directory, and appends the reply. */
typedef enum fail cli_admin_transport(const char *directory, struct slice request,
                                      struct buf *reply);

/* The transport from now on; for the assembly, and for tests. */
void cli_admin_use(cli_admin_transport *transport);

/* Runs any of the commands of admin_table.c. */
int cli_admin_run(const struct cli_given *given);

/* Options that every command of `tillwire admin` has, for the tables. */
#define CLI_ADMIN_DATA                                                                             \
    {                                                                                              \
        .name = "data", .value = "DIR",                                                            \
        .help = "the data directory, instead of tillwire/dev in your data folder",                 \
        .environment = "TILLWIRE_DATA"                                                             \
    }
#define CLI_ADMIN_JSON                                                                             \
    {                                                                                              \
        .name = "json", .help = "answer with one JSON value on one line"                           \
    }

#endif
