/* When somebody who guesses must wait: some tries are free, then each costs a
 * delay that doubles (bars.md, Guessing PIN or password).
 *
 * A try is counted before it is looked at, so that a hundred at once are not a
 * hundred free ones; what it came to is told afterwards. */
#ifndef CORE_LOCKOUT_H
#define CORE_LOCKOUT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LOCKOUT_FREE_TRIES = 5,        /* wrong ones before the first delay */
    LOCKOUT_DELAY_FIRST_MS = 1000, /* after the last free one; doubles with each more */
    LOCKOUT_DELAY_MAX_MS = 900000, /* 15 minutes */
    LOCKOUT_FORGET_MS = 3600000,   /* of quiet, from the end of the last delay */
    LOCKOUT_WRONG_PINS_MAX = 5,    /* in a row on one terminal: then no PIN is taken on it */
};

/* The tries of one subject: a user's, an address's, a terminal's. Zeros: none. */
struct lockout {
    int64_t last_ms; /* when the last one was counted */
    uint32_t wrong;  /* with those under way, which may be wrong */
    uint32_t under_way;
};

enum lockout_result {
    LOCKOUT_WRONG,
    LOCKOUT_RIGHT,   /* forgets all that are not under way */
    LOCKOUT_UNTRIED, /* was not looked at, or says nothing about this subject: as if never made */
};

/* How long nothing is looked at; 0: a try may be made now. All times are of one
 * clock that does not go back. */
int64_t lockout_wait_ms(const struct lockout *lockout, int64_t now_ms);

/* A try that was counted, as it is remembered until its end. */
struct lockout_try {
    int64_t at_ms;
    int64_t before_ms; /* when the one before it was counted */
};
/* Counts a try that is made now; lockout_wait_ms is 0. */
struct lockout_try lockout_begin(struct lockout *lockout, int64_t now_ms);
/* What it came to; once for each try. */
void lockout_end(struct lockout *lockout, const struct lockout_try *try,
                 enum lockout_result result);

/* It has delays: who forgets it early gives tries away. */
bool lockout_is_heavy(const struct lockout *lockout);
/* Nothing of it matters any more. */
bool lockout_is_over(const struct lockout *lockout, int64_t now_ms);

#endif
