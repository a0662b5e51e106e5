/* How many calls a business may make: concurrent, in a minute, in an hour
 * (contract.md, Common). */
#ifndef CORE_RATE_H
#define CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Calls; 0: no limit of that kind. */
struct rate_limits {
    uint32_t concurrent;
    uint32_t minute;
    uint32_t hour;
};

/* Helcim's own, which the preset `helcim` sets, and those of `serve`. */
extern const struct rate_limits RATE_HELCIM;
extern const struct rate_limits RATE_SERVE;
extern const struct rate_limits RATE_OFF;

#endif
