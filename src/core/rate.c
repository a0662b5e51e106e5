/* The limits that have a name. */
#include "core/rate.h"

const struct rate_limits RATE_HELCIM = {.concurrent = 5, .minute = 100, .hour = 3000};
const struct rate_limits RATE_SERVE = {.concurrent = 100, .minute = 6000, .hour = 100000};
const struct rate_limits RATE_OFF = {0};
