/* The reply to an admin command, printed. */
#ifndef CLI_ADMIN_REPLY_H
#define CLI_ADMIN_REPLY_H

#include "base/text.h"
#include "cli/options.h"

struct admin_words {
    char noun[16]; /* "business", "user", "token", "device" */
    char verb[16]; /* "add", "list", "show", "set", "remove" */
};

/* With --json the ok object on one line; else a table for a list, lines for
 * one thing, a sentence for a change. An error goes to standard error, with
 * --json as an object to standard output too. Returns the exit code. */
int admin_reply_print(const struct cli_given *given, const struct admin_words *words,
                      struct slice reply);

#endif
