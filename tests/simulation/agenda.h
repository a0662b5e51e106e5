/* What is to happen, in virtual time: by its moment, and by the order in which
 * it was noted down where moments are the same. */
#ifndef TESTS_SIMULATION_AGENDA_H
#define TESTS_SIMULATION_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in its owner. */
struct moment {
    int64_t at_ms;
    uint64_t number;
    size_t place; /* of the agenda: 0 when it is not in it */
    void (*run)(struct moment *moment);
};

struct agenda {
    struct moment **slots; /* owned; a heap from place 1 */
    size_t count;
    size_t capacity;
    uint64_t numbers;
};

void agenda_finish(struct agenda *agenda);
/* One that is in it already is moved. */
void agenda_put(struct agenda *agenda, struct moment *moment, int64_t at_ms,
                void (*run)(struct moment *moment));
/* Does nothing when it is not in it. */
void agenda_take(struct agenda *agenda, struct moment *moment);
/* NULL when nothing is to happen. */
struct moment *agenda_first(const struct agenda *agenda);

static inline bool moment_is_set(const struct moment *moment)
{
    return moment->place != 0;
}

#endif
