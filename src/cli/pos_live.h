/* The point of sale in the real world: calls by HTTP, waits by the clock, and a
 * cancel is wanted when somebody has pressed Ctrl-C. */
#ifndef CLI_POS_LIVE_H
#define CLI_POS_LIVE_H

#include "pos/ask.h"

/* `client` is borrowed. */
struct pos_api pos_live(struct pos_client *client);

#endif
