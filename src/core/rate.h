/* How many calls somebody may make: at once, in a minute, in an hour
 * (contract.md, Common).
 *
 * A window slides in RATE_PARTS parts of its length and counts whole parts: in
 * no stretch of a minute (an hour) are more than the limit let through, and a
 * call is forgotten up to one part late, which is a second (a minute). */
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

bool rate_is_off(const struct rate_limits *limits);

/* --- One window ------------------------------------------------------------ */

enum { RATE_PARTS = 60, RATE_MINUTE_PART_MS = 1000, RATE_HOUR_PART_MS = 60000 };

/* How often something happened lately. Zeros: never. All times are of one
 * clock that does not go back; a moment before the last one counts as that.
 * A window is always asked with the same `part_ms`. */
struct rate_window {
    int64_t part; /* the newest one's number since the clock's beginning */
    uint32_t total;
    uint32_t counts[RATE_PARTS + 1]; /* of the part with that number modulo these */
};

void rate_window_add(struct rate_window *window, int64_t part_ms, int64_t now_ms);
/* How often, in the parts that the window holds now. */
uint32_t rate_window_count(struct rate_window *window, int64_t part_ms, int64_t now_ms);
/* Until the window holds less than `limit` (> 0); 0: it does. */
int64_t rate_window_wait_ms(struct rate_window *window, uint32_t limit, int64_t part_ms,
                            int64_t now_ms);

/* --- All the limits of a business -------------------------------------------- */

/* What a business has used. Zeros: nothing. */
struct rate_meter {
    struct rate_window minute;
    struct rate_window hour;
    uint32_t under_way;
};

enum rate_answer { RATE_ADMITTED, RATE_CONCURRENT, RATE_MINUTE, RATE_HOUR };

struct rate_verdict {
    enum rate_answer answer;
    uint32_t minute_left; /* after this call; 0 where there is no such limit */
    uint32_t hour_left;
    int64_t wait_ms; /* 0 when admitted: before it is worth to try again */
};

/* A call that is admitted is counted, until rate_end among those under way. One
 * that is refused is not counted: a client that tries again too early waits no
 * longer for it. */
struct rate_verdict rate_ask(struct rate_meter *meter, const struct rate_limits *limits,
                             int64_t now_ms);
void rate_end(struct rate_meter *meter);

/* After so long without a call there is nothing to remember. */
#define RATE_FORGET_MS ((int64_t)(RATE_PARTS + 1) * RATE_HOUR_PART_MS)

#endif
