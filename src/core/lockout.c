/* The delay follows from how many tries were wrong, and counts from the last. */
#include "core/lockout.h"

#include <assert.h>

static int64_t delay_ms(const struct lockout *lockout)
{
    int64_t delay = LOCKOUT_DELAY_FIRST_MS;
    uint32_t more;

    if (lockout->wrong < LOCKOUT_FREE_TRIES) {
        return 0;
    }
    for (more = lockout->wrong - LOCKOUT_FREE_TRIES; more > 0; more--) {
        delay *= 2;
        if (delay >= LOCKOUT_DELAY_MAX_MS) {
            return LOCKOUT_DELAY_MAX_MS;
        }
    }
    return delay;
}

bool lockout_is_over(const struct lockout *lockout, int64_t now_ms)
{
    return lockout->under_way == 0 &&
           (lockout->wrong == 0 ||
            now_ms - lockout->wrong_ms >= delay_ms(lockout) + LOCKOUT_FORGET_MS);
}

int64_t lockout_wait_ms(const struct lockout *lockout, int64_t now_ms)
{
    int64_t left = lockout->wrong_ms + delay_ms(lockout) - now_ms;

    return lockout_is_heavy(lockout) && left > 0 ? left : 0;
}

enum lockout_turn lockout_turn(const struct lockout *lockout, int64_t now_ms)
{
    if (lockout_wait_ms(lockout, now_ms) > 0) {
        return LOCKOUT_AFTER_DELAY;
    }
    return lockout->under_way > 0 &&
                   (uint64_t)lockout->wrong + lockout->under_way >= LOCKOUT_FREE_TRIES
               ? LOCKOUT_AFTER_OTHERS
               : LOCKOUT_NOW;
}

void lockout_begin(struct lockout *lockout, int64_t now_ms)
{
    assert(lockout_turn(lockout, now_ms) == LOCKOUT_NOW);
    if (lockout_is_over(lockout, now_ms)) {
        *lockout = (struct lockout){0};
    }
    lockout->under_way++;
}

void lockout_end(struct lockout *lockout, enum lockout_result result, int64_t now_ms)
{
    assert(lockout->under_way > 0);
    lockout->under_way--;
    if (result == LOCKOUT_RIGHT) {
        lockout->wrong = 0;
    } else if (result == LOCKOUT_WRONG) {
        lockout->wrong += lockout->wrong < UINT32_MAX;
        lockout->wrong_ms = now_ms;
    }
}

bool lockout_is_heavy(const struct lockout *lockout)
{
    return lockout->wrong >= LOCKOUT_FREE_TRIES;
}
