/* The whole of a run: a server, its terminals, points of sale and receivers,
 * the network between them, and what goes wrong. All in one thread and in
 * virtual time, from a seed. */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "simulation/agenda.h"
#include "simulation/chance.h"
#include "simulation/story.h"

enum {
    WORLD_SHOPS_MAX = 3,
    WORLD_TERMINALS_MAX = 6,
    WORLD_TILLS_MAX = 5,
    WORLD_LOOPS = 2,
};
/* 2026-01-22 18:00:00 in Edmonton. */
#define WORLD_WALL_MS INT64_C(1769130000000)

struct server;
struct terminal;
struct till;
struct shop;
struct trouble;
struct watch;

struct world {
    struct chance chance;
    struct agenda agenda;
    struct story story;
    int64_t now_ms;
    int64_t wall_ahead_ms;
    bool calm; /* nothing goes wrong any more, and nothing new is begun */
    struct server *server;
    struct list cables; /* struct cable, all that ever were */
    unsigned cable_count;
    struct list ways; /* posts to receivers that are under way */
    unsigned shop_count;
    struct shop *shops[WORLD_SHOPS_MAX];
    unsigned terminal_count;
    struct terminal *terminals[WORLD_TERMINALS_MAX];
    unsigned till_count;
    struct till *tills[WORLD_TILLS_MAX];
    struct trouble *trouble;
    struct watch *watch;
};

struct world_options {
    uint64_t seed;
    bool aloud; /* each line as it comes */
    bool tells; /* the last lines where a rule was broken */
};

struct world_result {
    unsigned violations;
    uint64_t sum;
    uint64_t lines;
};

/* One run, from its beginning to its end. */
struct world_result world_run(const struct world_options *options);

/* Chances of this run. */
static inline bool world_percent(struct world *world, unsigned percent)
{
    return chance_percent(&world->chance, percent);
}

static inline int64_t world_between(struct world *world, int64_t least, int64_t most)
{
    return chance_between(&world->chance, least, most);
}

/* So many milliseconds from now. */
static inline void world_later(struct world *world, struct moment *moment, int64_t delay_ms,
                               void (*run)(struct moment *moment))
{
    agenda_put(&world->agenda, moment, world->now_ms + delay_ms, run);
}

/* How long a message takes over the network. */
int64_t world_way_ms(struct world *world);

#define world_note(world, ...) story_note(&(world)->story, (world)->now_ms, __VA_ARGS__)
#define world_violation(world, name, ...) story_violation(&(world)->story, name, __VA_ARGS__)

#endif
