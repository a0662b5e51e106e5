/* The options of a command that also has a configuration file (has_file):
 * the command line comes before the environment, that before the file, and
 * that before the table. Of what is wrong, everything is named. */
#ifndef CLI_CONFIGURED_H
#define CLI_CONFIGURED_H

#include "cli/options.h"
#include "cli/problems.h"

enum { CONFIGURED_WHERE_SIZE = 4352 };

/* Like options_read. Its --config option names the file; one that cannot be read
 * is a problem. OPTIONS_WRONG only for the words themselves, on which all else
 * depends; other problems are in `problems` (which is given->problems, too) when
 * it is OPTIONS_READY. options_finish in each case. */
enum options_result configured_read(const struct cli_command *command, int count,
                                    char *const *words, struct cli_given *out,
                                    struct problems *problems);

/* Where a person finds the option's value to change it: "--listen",
 * "$TILLWIRE_LISTEN", "/etc/tillwire.conf:3: listen". */
void configured_where(const struct cli_given *given, const char *name,
                      char out[CONFIGURED_WHERE_SIZE]);

#endif
