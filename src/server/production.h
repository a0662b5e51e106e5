/* tillwire serve: the system as a shop's terminals need it, on a network. */
#ifndef SERVER_PRODUCTION_H
#define SERVER_PRODUCTION_H

#include <stdbool.h>

#include "server/config.h"

/* Runs until SIGINT or SIGTERM. `config` has passed config_check. When it is
 * ready it says so on standard output: a line for people, or with `json` one
 * object. Returns the process's exit code: 0, or 1 when it could not start (said
 * on standard error). */
int production_run(const struct config *config, bool json);

#endif
