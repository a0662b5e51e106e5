/* Not every run has all kinds of trouble: what one kind hides another run shows. */
#include "simulation/trouble.h"

#include <assert.h>
#include <stdlib.h>

#include "simulation/cable.h"
#include "simulation/disk.h"
#include "simulation/server.h"
#include "simulation/shop.h"
#include "simulation/terminal.h"
#include "simulation/till.h"

enum trouble_kind {
    TROUBLE_SERVER,
    TROUBLE_SERVER_DISK,
    TROUBLE_DISK_FULL,
    TROUBLE_TERMINAL,
    TROUBLE_CABLE,
    TROUBLE_SILENCE,
    TROUBLE_TILL,
    TROUBLE_RECEIVER,
    TROUBLE_CLOCK,
    TROUBLE_API_MODE,
    TROUBLE_RESOLVE,
    TROUBLE_KINDS,
};

struct source {
    struct trouble *trouble;
    struct moment moment;
};

struct trouble {
    struct world *world;
    struct source sources[TROUBLE_KINDS];
    struct moment server_back;
    struct moment disk_free;
};

static struct terminal *some_terminal(struct world *world)
{
    return world->terminals[chance_below(&world->chance, world->terminal_count)];
}

static struct shop *some_shop(struct world *world)
{
    return world->shops[chance_below(&world->chance, world->shop_count)];
}

/* --- The server ----------------------------------------------------------------------- */

static void run_server_back(struct moment *moment)
{
    struct trouble *trouble = LIST_ITEM(moment, struct trouble, server_back);

    if (!server_is_up(trouble->world)) {
        server_start(trouble->world);
    }
    /* And it is looked at again, for its disk may have failed on the way. */
    world_later(trouble->world, moment, world_between(trouble->world, 500, 15000), run_server_back);
}

static void server_fails(struct world *world)
{
    if (server_is_up(world)) {
        server_end(world, (enum server_end)chance_below(&world->chance, 3));
    }
}

/* In the middle of a commit, most likely; a broken disk is as good as new at the
 * next start, for another one has been put in its place. */
static void server_disk_fails(struct world *world)
{
    unsigned calls = chance_below(&world->chance, 40);

    if (!server_is_up(world)) {
        return;
    }
    world_note(world, "the server's disk fails after %u calls", calls);
    disk_arm(calls, world_percent(world, 75));
}

static void run_disk_free(struct moment *moment)
{
    disk_set_full(false);
    world_note(LIST_ITEM(moment, struct trouble, disk_free)->world, "the disk has room");
}

static void disk_fills(struct world *world)
{
    world_note(world, "the disk is full");
    disk_set_full(true);
    world_later(world, &world->trouble->disk_free, world_between(world, 10, 8000), run_disk_free);
}

/* --- The others ------------------------------------------------------------------------- */

static void terminal_fails(struct world *world)
{
    struct terminal *terminal = some_terminal(world);

    if (world_percent(world, 60)) {
        terminal->wants_power_cut = terminal->on;
    } else if (terminal->on) {
        terminal_lose_power(terminal);
        terminal_return(terminal,
                        world_between(world, 200, world_percent(world, 25) ? 400000 : 20000));
    }
}

static void cable_fails(struct world *world)
{
    struct terminal *terminal = some_terminal(world);

    if (terminal->cable != NULL) {
        cable_cut(terminal->cable);
    }
    if (world_percent(world, 25)) {
        terminal->dark_until_ms = world->now_ms + world_between(world, 1000, 200000);
    }
}

static void cable_is_silent(struct world *world)
{
    struct terminal *terminal = some_terminal(world);

    if (terminal->cable != NULL) {
        cable_stall(terminal->cable,
                    world_between(world, 100, world_percent(world, 50) ? 4000 : 60000));
    }
}

static void till_fails(struct world *world)
{
    till_lose_power(world->tills[chance_below(&world->chance, world->till_count)],
                    world_between(world, 500, 40000));
}

static void receiver_changes(struct world *world)
{
    struct receiver *receiver = &some_shop(world)->receiver;

    receiver->mood = (enum receiver_mood)chance_below(&world->chance, RECEIVER_MOODS);
    world_note(world, "receiver %u is in mood %d", receiver->shop, (int)receiver->mood);
}

#define HOUR_MS INT64_C(3600000)

static void clock_jumps(struct world *world)
{
    static const int64_t jumps_ms[] = {HOUR_MS, 24 * HOUR_MS, 10 * 365 * 24 * HOUR_MS, 3000, 90000};
    int64_t jump_ms = jumps_ms[chance_below(&world->chance, 5)];

    jump_ms = world_percent(world, 50) ? jump_ms : -jump_ms;
    world->wall_ahead_ms += jump_ms;
    world_note(world, "the wall clock jumps by %lld ms", (long long)jump_ms);
}

static void api_mode_changes(struct world *world)
{
    struct shop *shop = some_shop(world);

    shop_set_api_mode(shop, !shop->api_mode);
}

static void somebody_resolves(struct world *world)
{
    shop_resolve(some_shop(world));
}

static const struct {
    void (*happens)(struct world *world);
    unsigned percent; /* of the runs have it */
    int64_t least_ms; /* from one to the next */
    int64_t most_ms;
} kinds[TROUBLE_KINDS] = {
    [TROUBLE_SERVER] = {server_fails, 50, 1000, 90000},
    [TROUBLE_SERVER_DISK] = {server_disk_fails, 60, 1000, 60000},
    [TROUBLE_DISK_FULL] = {disk_fills, 25, 1000, 60000},
    [TROUBLE_TERMINAL] = {terminal_fails, 60, 500, 30000},
    [TROUBLE_CABLE] = {cable_fails, 60, 500, 30000},
    [TROUBLE_SILENCE] = {cable_is_silent, 50, 500, 30000},
    [TROUBLE_TILL] = {till_fails, 30, 1000, 90000},
    [TROUBLE_RECEIVER] = {receiver_changes, 60, 1000, 60000},
    [TROUBLE_CLOCK] = {clock_jumps, 25, 1000, 90000},
    [TROUBLE_API_MODE] = {api_mode_changes, 25, 5000, 60000},
    [TROUBLE_RESOLVE] = {somebody_resolves, 60, 500, 5000},
};

static void run_source(struct moment *moment)
{
    struct source *source = LIST_ITEM(moment, struct source, moment);
    struct world *world = source->trouble->world;
    size_t kind = (size_t)(source - source->trouble->sources);

    kinds[kind].happens(world);
    world_later(world, moment, world_between(world, kinds[kind].least_ms, kinds[kind].most_ms),
                run_source);
}

void trouble_begin(struct world *world)
{
    struct trouble *trouble = calloc(1, sizeof(*trouble));
    size_t i;

    assert(trouble != NULL);
    world->trouble = trouble;
    trouble->world = world;
    for (i = 0; i < TROUBLE_KINDS; i++) {
        trouble->sources[i].trouble = trouble;
        if (world_percent(world, kinds[i].percent)) {
            world_later(world, &trouble->sources[i].moment,
                        world_between(world, kinds[i].least_ms, kinds[i].most_ms), run_source);
        }
    }
    world_later(world, &trouble->server_back, 1000, run_server_back);
}

void trouble_end(struct world *world)
{
    struct trouble *trouble = world->trouble;
    unsigned i;

    for (i = 0; i < TROUBLE_KINDS; i++) {
        agenda_take(&world->agenda, &trouble->sources[i].moment);
    }
    agenda_take(&world->agenda, &trouble->server_back);
    agenda_take(&world->agenda, &trouble->disk_free);
    disk_set_full(false);
    disk_disarm();
    server_turn(world); /* one that has failed by now ends */
    if (!server_is_up(world)) {
        server_start(world);
    }
    cable_calm(world);
    for (i = 0; i < world->shop_count; i++) {
        world->shops[i]->receiver.mood = RECEIVER_WELL;
        if (!world->shops[i]->api_mode) {
            shop_set_api_mode(world->shops[i], true);
        }
    }
    for (i = 0; i < world->terminal_count; i++) {
        world->terminals[i]->dark_until_ms = 0;
        world->terminals[i]->wants_power_cut = false;
        if (!world->terminals[i]->on) {
            terminal_return(world->terminals[i], world_between(world, 0, 5000));
        }
    }
}

void trouble_destroy(struct world *world)
{
    free(world->trouble);
    world->trouble = NULL;
}
