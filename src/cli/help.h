/* Help texts, made from the tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buf.h"
#include "cli/command.h"

/* The help of one command. */
void help_of_command(struct buf *out, const struct cli_command *command);

/* One entry of a list of commands. */
struct help_entry {
    const char *path;
    const char *summary;
};
/* The help of a group ("pos", or "" for the whole program): what it is for,
 * then its entries. */
void help_of_group(struct buf *out, const char *path, const char *summary,
                   const struct help_entry *entries, size_t count);

#endif
