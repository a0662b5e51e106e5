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
            now_ms - lockout->last_ms >= delay_ms(lockout) + LOCKOUT_FORGET_MS);
}

int64_t lockout_wait_ms(const struct lockout *lockout, int64_t now_ms)
{
    int64_t left = lockout->last_ms + delay_ms(lockout) - now_ms;

    return lockout_is_heavy(lockout) && left > 0 ? left : 0;
}

struct lockout_try lockout_begin(struct lockout *lockout, int64_t now_ms)
{
    struct lockout_try try;

    assert(lockout_wait_ms(lockout, now_ms) == 0);
    if (lockout_is_over(lockout, now_ms)) {
        *lockout = (struct lockout){0};
    }
    try = (struct lockout_try){.at_ms = now_ms, .before_ms = lockout->last_ms};
    assert(lockout->wrong < UINT32_MAX);
    lockout->wrong++;
    lockout->under_way++;
    lockout->last_ms = now_ms;
    return try;
}

void lockout_end(struct lockout *lockout, const struct lockout_try *try, enum lockout_result result)
{
    assert(lockout->under_way > 0 && lockout->wrong >= lockout->under_way);
    lockout->under_way--;
    if (result == LOCKOUT_RIGHT) {
        lockout->wrong = lockout->under_way;
    } else if (result == LOCKOUT_UNTRIED) {
        lockout->wrong--;
        if (lockout->last_ms == try->at_ms) {
            lockout->last_ms = try->before_ms; /* else the delay would begin anew */
        }
    }
}

bool lockout_is_heavy(const struct lockout *lockout)
{
    return lockout->wrong >= LOCKOUT_FREE_TRIES;
}
