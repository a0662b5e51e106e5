#include "simulation/till.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/server.h"
#include "simulation/shop.h"
#include "simulation/terminal.h"
#include "simulation/till_call.h"

enum {
    THINK_MS = 25000,
    KEY_PERCENT = 70,
    TWICE_PERCENT = 12,
    CANCEL_PERCENT = 30,
    FOLLOW_PERCENT = 50,
    FOLLOWS_MAX = 6,
    CANCELS_MAX = 3,
    SENT_MAX = 5,
};

/* --- Amounts --------------------------------------------------------------------- */

/* Decimals that the test processor has an answer of its own for come often. */
static int64_t some_amount(struct world *world)
{
    static const int cents[] = {0, 0, 0, 10, 25, 51, 55, 58, 62, 67, 68, 69, 70, 99};
    int64_t units = world_between(world, 1, 99);

    return units * 100 + cents[chance_below(&world->chance, sizeof(cents) / sizeof(cents[0]))];
}

/* --- Following and cancelling -------------------------------------------------------- */

static void run_follow(struct moment *moment)
{
    struct till_sale *sale = LIST_ITEM(moment, struct till_sale, follow);
    struct world *world = sale->till->world;

    if (sale->till->on) {
        till_call_read(sale);
    }
    if (!sale->saw_final && sale->follows++ < FOLLOWS_MAX) {
        world_later(world, moment, world_between(world, 200, 30000), run_follow);
    }
}

static void run_cancel(struct moment *moment)
{
    struct till_sale *sale = LIST_ITEM(moment, struct till_sale, cancel);
    struct world *world = sale->till->world;

    if (sale->till->on) {
        bool reverse = world_percent(world, 30);

        sale->reverse |= reverse;
        till_call_cancel(sale, reverse);
    }
    if (++sale->cancels < CANCELS_MAX && world_percent(world, 30)) {
        world_later(world, moment, world_between(world, 0, 20000), run_cancel);
    }
}

void till_is_accepted(struct till_sale *sale, int64_t payment)
{
    struct world *world = sale->till->world;

    if (sale->payment != 0 && sale->payment != payment) {
        world_violation(world, "I2", "sale %s was answered with payments %lld and %lld",
                        sale->invoice, (long long)sale->payment, (long long)payment);
    }
    if (sale->payment != 0) {
        return;
    }
    sale->payment = payment;
    agenda_take(&world->agenda, &sale->again);
    if (world_percent(world, FOLLOW_PERCENT)) {
        world_later(world, &sale->follow, world_between(world, 0, 5000), run_follow);
    }
    if (world_percent(world, CANCEL_PERCENT)) {
        world_later(world, &sale->cancel,
                    world_between(world, 0, world_percent(world, 50) ? 3000 : 100000), run_cancel);
    }
}

/* --- Asking ------------------------------------------------------------------------------ */

static void ask(struct till_sale *sale);

/* Without a key nobody knows whether it would be another sale. */
static void run_again(struct moment *moment)
{
    struct till_sale *sale = LIST_ITEM(moment, struct till_sale, again);

    if (sale->key[0] != '\0' && sale->sent < SENT_MAX && sale->till->on) {
        ask(sale);
    }
}

static void ask(struct till_sale *sale)
{
    struct world *world = sale->till->world;

    till_call_post(sale);
    if (sale->key[0] != '\0' && world_percent(world, TWICE_PERCENT)) {
        till_call_post(sale);
    }
    world_later(world, &sale->again, world_between(world, 2000, 30000), run_again);
}

static struct terminal *some_terminal(struct till *till)
{
    struct world *world = till->world;
    struct terminal *terminal;

    do {
        terminal = world->terminals[chance_below(&world->chance, world->terminal_count)];
    } while (terminal->shop != till->shop);
    return terminal;
}

static void sale_begin(struct till *till)
{
    struct world *world = till->world;
    struct till_sale *sale = calloc(1, sizeof(*sale));

    assert(sale != NULL);
    sale->till = till;
    sale->number = ++till->sale_count;
    sale->terminal = some_terminal(till);
    sale->amount_minor = some_amount(world);
    (void)text_format(sale->invoice, sizeof(sale->invoice), "INV%u-%u", till->number, sale->number);
    if (world_percent(world, KEY_PERCENT)) {
        (void)text_format(sale->key, sizeof(sale->key), "key-of-till-%u-sale-%u", till->number,
                          sale->number);
    }
    list_push_back(&till->sales, &sale->link);
    ask(sale);
}

static void run_think(struct moment *moment)
{
    struct till *till = LIST_ITEM(moment, struct till, think);
    struct world *world = till->world;

    if (world->calm) {
        return;
    }
    till->on = true;
    sale_begin(till);
    world_later(world, moment, world_between(world, 50, THINK_MS), run_think);
}

/* --- Public --------------------------------------------------------------------------------- */

struct till *till_new(struct world *world, struct shop *shop)
{
    struct till *till = calloc(1, sizeof(*till));

    assert(till != NULL);
    till->world = world;
    till->shop = shop;
    till->number = world->till_count;
    list_init(&till->sales);
    return till;
}

void till_destroy(struct till **till_at)
{
    struct till *till = *till_at;
    struct list_link *link;

    if (till == NULL) {
        return;
    }
    *till_at = NULL;
    agenda_take(&till->world->agenda, &till->think);
    while ((link = list_pop_front(&till->sales)) != NULL) {
        struct till_sale *sale = LIST_ITEM(link, struct till_sale, link);

        agenda_take(&till->world->agenda, &sale->again);
        agenda_take(&till->world->agenda, &sale->follow);
        agenda_take(&till->world->agenda, &sale->cancel);
        free(sale);
    }
    free(till);
}

void till_open(struct till *till)
{
    world_later(till->world, &till->think, world_between(till->world, 0, 3000), run_think);
}

void till_lose_power(struct till *till, int64_t delay_ms)
{
    world_note(till->world, "till %u is off", till->number);
    till->on = false;
    world_later(till->world, &till->think, delay_ms, run_think);
}

void till_calm(struct till *till)
{
    agenda_take(&till->world->agenda, &till->think);
    till->on = true;
}
