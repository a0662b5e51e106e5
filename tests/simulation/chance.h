/* Everything that is left to chance in a run comes from one seed, by SplitMix64:
 * the same on every machine. */
#ifndef TESTS_SIMULATION_CHANCE_H
#define TESTS_SIMULATION_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t value = chance->state += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* From 0 to `bound` - 1. */
static inline unsigned chance_below(struct chance *chance, unsigned bound)
{
    return (unsigned)(chance_next(chance) % bound);
}

static inline bool chance_percent(struct chance *chance, unsigned percent)
{
    return chance_below(chance, 100) < percent;
}

/* Both ends included. */
static inline int64_t chance_between(struct chance *chance, int64_t least, int64_t most)
{
    return least + (int64_t)(chance_next(chance) % (uint64_t)(most - least + 1));
}

#endif
