/* A binary heap of pointers. */
#include "simulation/agenda.h"

#include <assert.h>
#include <stdlib.h>

static bool before(const struct moment *a, const struct moment *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void put_at(struct agenda *agenda, struct moment *moment, size_t place)
{
    agenda->slots[place] = moment;
    moment->place = place;
}

static void rise(struct agenda *agenda, struct moment *moment)
{
    size_t place = moment->place;

    while (place > 1 && before(moment, agenda->slots[place / 2])) {
        put_at(agenda, agenda->slots[place / 2], place);
        place /= 2;
    }
    put_at(agenda, moment, place);
}

static void sink(struct agenda *agenda, struct moment *moment)
{
    size_t place = moment->place;

    while (place * 2 <= agenda->count) {
        size_t child = place * 2;

        if (child < agenda->count && before(agenda->slots[child + 1], agenda->slots[child])) {
            child++;
        }
        if (!before(agenda->slots[child], moment)) {
            break;
        }
        put_at(agenda, agenda->slots[child], place);
        place = child;
    }
    put_at(agenda, moment, place);
}

void agenda_finish(struct agenda *agenda)
{
    free(agenda->slots);
    *agenda = (struct agenda){0};
}

void agenda_put(struct agenda *agenda, struct moment *moment, int64_t at_ms,
                void (*run)(struct moment *moment))
{
    agenda_take(agenda, moment);
    if (agenda->count + 1 >= agenda->capacity) {
        agenda->capacity = agenda->capacity == 0 ? 64 : agenda->capacity * 2;
        agenda->slots = realloc(agenda->slots, agenda->capacity * sizeof(struct moment *));
        assert(agenda->slots != NULL);
    }
    moment->at_ms = at_ms;
    moment->number = ++agenda->numbers;
    moment->run = run;
    put_at(agenda, moment, ++agenda->count);
    rise(agenda, moment);
}

void agenda_take(struct agenda *agenda, struct moment *moment)
{
    struct moment *last;
    size_t place = moment->place;

    if (place == 0) {
        return;
    }
    assert(agenda->slots[place] == moment);
    moment->place = 0;
    last = agenda->slots[agenda->count--];
    if (last != moment) {
        put_at(agenda, last, place);
        rise(agenda, last);
        sink(agenda, last);
    }
}

struct moment *agenda_first(const struct agenda *agenda)
{
    return agenda->count == 0 ? NULL : agenda->slots[1];
}
