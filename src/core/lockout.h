/* When somebody who guesses must wait: some tries are free, then each costs a
 * delay that doubles (bars.md, Guessing PIN or password).
 *
 * What is being looked at counts as if it were wrong, so that a hundred at once
 * are not a hundred free tries: the others wait for their turn, and may find
 * that it was right. */
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
    int64_t wrong_ms; /* when the last one turned out wrong */
    uint32_t wrong;
    uint32_t under_way; /* are being looked at */
};

enum lockout_turn {
    LOCKOUT_NOW,
    LOCKOUT_AFTER_OTHERS, /* those under way decide */
    LOCKOUT_AFTER_DELAY,
};
/* When a try may be made. All times are of one clock that does not go back. */
enum lockout_turn lockout_turn(const struct lockout *lockout, int64_t now_ms);
/* How long nothing is looked at; 0: no delay runs. */
int64_t lockout_wait_ms(const struct lockout *lockout, int64_t now_ms);

enum lockout_result {
    LOCKOUT_WRONG,
    LOCKOUT_RIGHT,   /* forgets the wrong ones, but not those under way */
    LOCKOUT_UNTRIED, /* was not looked at, or says nothing about this subject */
};
/* A try is made: lockout_turn is LOCKOUT_NOW. */
void lockout_begin(struct lockout *lockout, int64_t now_ms);
/* What it came to; once for each. */
void lockout_end(struct lockout *lockout, enum lockout_result result, int64_t now_ms);

/* It has delays: who forgets it early gives tries away. */
bool lockout_is_heavy(const struct lockout *lockout);
/* Nothing of it matters any more. */
bool lockout_is_over(const struct lockout *lockout, int64_t now_ms);

#endif
