#include "simulation/world.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/id.h"
#include "simulation/cable.h"
#include "simulation/disk.h"
#include "simulation/invariant.h"
#include "simulation/receiver.h"
#include "simulation/server.h"
#include "simulation/shop.h"
#include "simulation/terminal.h"
#include "simulation/till.h"
#include "simulation/trouble.h"
#include "simulation/watch.h"

enum {
    LOOK_MS = 15000, /* whether all is quiet */
    LOOK_MAX_MS = 3600000,
    BUSY_LEAST_MS = 60000, /* how long things go wrong */
    BUSY_MOST_MS = 300000,
    BUSY_LONG_MS = 900000, /* in some runs */
    LONG_PERCENT = 10,
};
/* The courier's last attempt is made after 27 hours and 35 minutes, and a tenth of
 * it on top, and twice that where a payment has two events. */
#define QUIET_MAX_MS (INT64_C(70) * 3600000)

/* --- Clocks and chance of the program under test ------------------------------------- */

static int64_t monotonic_ns(void *context)
{
    return ((struct world *)context)->now_ms * 1000000;
}

static int64_t wall_ms(void *context)
{
    const struct world *world = context;

    return WORLD_WALL_MS + world->wall_ahead_ms + world->now_ms;
}

static void random_bytes(void *context, void *out, size_t length)
{
    struct world *world = context;
    unsigned char *bytes = out;
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < length; i++) {
        value = i % sizeof(value) == 0 ? chance_next(&world->chance) : value >> 8;
        bytes[i] = (unsigned char)value;
    }
}

int64_t world_way_ms(struct world *world)
{
    if (!world->calm && world_percent(world, 3)) {
        return world_between(world, 100, 5000);
    }
    return world_between(world, 1, 30);
}

/* --- Time ---------------------------------------------------------------------------------- */

/* The next thing that happens; false when nothing does before `until_ms`. */
static bool happen(struct world *world, int64_t until_ms)
{
    struct moment *first = agenda_first(&world->agenda);
    int64_t server_ms = server_due_ms(world);
    bool is_server = server_ms >= 0 && (first == NULL || server_ms < first->at_ms);
    int64_t at_ms = is_server ? server_ms : first == NULL ? until_ms : first->at_ms;

    if (at_ms >= until_ms) {
        world->now_ms = until_ms;
        server_turn(world);
        return false;
    }
    world->now_ms = at_ms;
    server_turn(world);
    if (!is_server && moment_is_set(first) && agenda_first(&world->agenda) == first) {
        agenda_take(&world->agenda, first);
        first->run(first);
        server_turn(world);
    }
    watch_look(world);
    return true;
}

static void go_on(struct world *world, int64_t delay_ms)
{
    int64_t until_ms = world->now_ms + delay_ms;

    while (happen(world, until_ms)) {
    }
}

/* --- A run ------------------------------------------------------------------------------------ */

static void shops_make(struct world *world)
{
    unsigned i;

    world->shop_count = 1 + chance_below(&world->chance, WORLD_SHOPS_MAX);
    for (i = 0; i < world->shop_count; i++) {
        struct shop *shop = calloc(1, sizeof(*shop));

        assert(shop != NULL);
        world->shops[i] = shop;
        shop->world = world;
        shop->number = i;
        shop->by_device = world_percent(world, 50);
        shop->preset_helcim = world_percent(world, 20);
        shop->api_mode = true;
        shop->receiver.world = world;
        shop->receiver.shop = i;
    }
}

/* Each shop has a terminal and a till at least. */
static void fittings_make(struct world *world)
{
    unsigned terminals = world->shop_count +
                         chance_below(&world->chance, WORLD_TERMINALS_MAX - world->shop_count + 1);
    unsigned tills =
        world->shop_count + chance_below(&world->chance, WORLD_TILLS_MAX - world->shop_count + 1);

    while (world->terminal_count < terminals) {
        struct shop *shop = world->shops[world->terminal_count % world->shop_count];

        world->terminals[world->terminal_count] = terminal_new(world, shop);
        world->terminal_count++;
    }
    while (world->till_count < tills) {
        struct shop *shop = world->shops[world->till_count % world->shop_count];

        world->tills[world->till_count] = till_new(world, shop);
        world->till_count++;
    }
}

static void world_begin(struct world *world, const struct world_options *options)
{
    struct clock_source clock = {
        .monotonic_ns = monotonic_ns, .wall_ms = wall_ms, .context = world};
    unsigned i;

    world->chance.state = options->seed;
    story_begin(&world->story, options->seed, options->aloud);
    list_init(&world->cables);
    list_init(&world->ways);
    clock_replace(&clock);
    id_replace(random_bytes, world);
    disk_begin(&world->chance);
    server_create(world);
    watch_create(world);
    shops_make(world);
    fittings_make(world);
    server_start(world);
    shops_open(world);
    for (i = 0; i < world->terminal_count; i++) {
        terminal_return(world->terminals[i], world_between(world, 0, 2000));
    }
    for (i = 0; i < world->till_count; i++) {
        till_open(world->tills[i]);
    }
}

/* Nothing goes wrong any more: what is open must come to its end. */
static void come_to_rest(struct world *world)
{
    int64_t until_ms = world->now_ms + QUIET_MAX_MS;
    int64_t look_ms = LOOK_MS;
    unsigned i;

    world_note(world, "all is calm");
    world->calm = true;
    for (i = 0; i < world->till_count; i++) {
        till_calm(world->tills[i]);
    }
    trouble_end(world);
    do {
        go_on(world, look_ms);
        look_ms = look_ms * 2 < LOOK_MAX_MS ? look_ms * 2 : LOOK_MAX_MS;
    } while (!watch_is_quiet(world) && world->now_ms < until_ms);
}

static void world_end(struct world *world)
{
    unsigned i;

    if (server_is_up(world)) {
        server_end(world, SERVER_STOPS);
    }
    for (i = 0; i < world->terminal_count; i++) {
        terminal_lose_power(world->terminals[i]);
        agenda_take(&world->agenda, &world->terminals[i]->power);
    }
    while (agenda_first(&world->agenda) != NULL) { /* what was on its way is freed */
        struct moment *first = agenda_first(&world->agenda);

        agenda_take(&world->agenda, first);
        first->run(first);
    }
    cable_free_all(world);
    for (i = 0; i < WORLD_TILLS_MAX; i++) {
        till_destroy(&world->tills[i]);
    }
    for (i = 0; i < WORLD_TERMINALS_MAX; i++) {
        terminal_destroy(&world->terminals[i]);
    }
    for (i = 0; i < WORLD_SHOPS_MAX; i++) {
        shop_destroy(&world->shops[i]);
    }
    trouble_destroy(world);
    watch_destroy(world);
    server_destroy(world);
    agenda_finish(&world->agenda);
    disk_end();
    clock_replace(NULL);
    id_replace(NULL, NULL);
}

/* An assert has failed: what led there, before the process ends. */
static const struct story *told;

static void on_abort(int signal_number)
{
    (void)signal_number;
    if (told != NULL) {
        story_tell(told, STDERR_FILENO, STORY_KEPT_MAX);
    }
}

struct world_result world_run(const struct world_options *options)
{
    struct world *world = calloc(1, sizeof(*world));
    struct world_result result;

    assert(world != NULL);
    told = &world->story;
    (void)signal(SIGABRT, on_abort);
    world_begin(world, options);
    trouble_begin(world);
    go_on(world, world_between(world, BUSY_LEAST_MS,
                               world_percent(world, LONG_PERCENT) ? BUSY_LONG_MS : BUSY_MOST_MS));
    come_to_rest(world);
    invariants_check(world);
    world_end(world);
    if (sqlite3_memory_used() != 0) {
        world_violation(world, "memory", "%lld bytes of SQLite's were not freed",
                        (long long)sqlite3_memory_used());
    }
    result = (struct world_result){.violations = world->story.violations,
                                   .sum = world->story.sum,
                                   .lines = world->story.lines};
    if (result.violations > 0 && options->tells) {
        (void)fflush(stdout);
        story_tell(&world->story, STDOUT_FILENO, STORY_KEPT_MAX);
    }
    told = NULL;
    story_end(&world->story);
    free(world);
    return result;
}
