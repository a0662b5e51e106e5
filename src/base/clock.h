/* Two clocks, and how a moment is written.
 *
 * The machine's clock is monotonic and measures waits; the wall clock dates
 * what people read. Both come through here so that tests can replace them. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"

/* Nanoseconds since some fixed moment of this start of the machine. */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);
/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_ms(void);

struct clock_source {
    int64_t (*monotonic_ns)(void *context);
    int64_t (*wall_ms)(void *context);
    void *context; /* borrowed */
};
/* For tests; NULL brings the real clocks back. Not while threads run. */
void clock_replace(const struct clock_source *source);

/* Sets the zone of clock_mountain_text. Call once in main, before threads. */
void clock_start(void);

enum { CLOCK_MOUNTAIN_SIZE = 20, CLOCK_UTC_SIZE = 25 };
/* "2026-01-22 18:00:36", America/Edmonton, no zone (contract.md, Common). */
void clock_mountain_text(int64_t wall_ms, char out[CLOCK_MOUNTAIN_SIZE]);
/* The other way round, for what people ask for: a day, "2026-01-22", or one
 * second of it, "2026-01-22 18:00:36" (also with a T between). `*from_ms` is the
 * first moment that is so named, `*until_ms` the first after it; a second that
 * autumn names twice lasts from its first moment to the end of its second one,
 * one that spring leaves out is the one an hour later. FAIL_INVALID, and nothing
 * written, for anything else. */
MUST_CHECK enum fail clock_mountain_read(struct slice text, int64_t *from_ms, int64_t *until_ms);
/* "2026-01-22T18:00:36.123Z". */
void clock_utc_text(int64_t wall_ms, char out[CLOCK_UTC_SIZE]);

#endif
