/* When a token was last used and a terminal last here, to the minute.
 *
 * Noted in memory, and written by one job at most once a minute, so that no
 * call waits for it. What a crash loses is a minute of notes. */
#ifndef BROKER_USAGE_H
#define BROKER_USAGE_H

#include <stdint.h>

#include "base/fail.h"

struct broker;
struct usage;

/* Notes of each kind; more within one minute are lost. */
enum { USAGE_NOTES_MAX = 1 << 16 };
#define USAGE_MINUTE_MS (60LL * 1000)

MUST_CHECK enum fail usage_create(struct usage **out);
/* Accepts NULL; sets the pointer NULL. What was not written is lost. */
void usage_destroy(struct usage **usage);

/* On loop `loop`, at any rate: writes when a minute has passed since it last did. */
void usage_token(struct broker *broker, unsigned loop, int64_t business, int64_t token);
void usage_device(struct broker *broker, unsigned loop, int64_t business, int64_t device);
/* About once a minute on any one loop: writes what is noted, if anything is. */
void usage_tick(struct broker *broker, unsigned loop);

/* Writes all that is noted and the moment of it, and waits: for the
 * administrator's thread, and at the end, before the store is closed. Never
 * from a loop. */
MUST_CHECK enum fail usage_write(struct broker *broker);

#endif
