#include "simulation/watch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "simulation/rows.h"
#include "simulation/server.h"
#include "simulation/shop.h"
#include "simulation/terminal.h"

void watch_create(struct world *world)
{
    world->watch = calloc(1, sizeof(*world->watch));
    assert(world->watch != NULL);
    world->watch->world = world;
}

void watch_destroy(struct world *world)
{
    free(world->watch->payments);
    free(world->watch);
    world->watch = NULL;
}

struct watch_payment *watch_find(struct world *world, int64_t payment)
{
    struct watch *watch = world->watch;
    size_t i;

    for (i = 0; i < watch->count; i++) {
        if (watch->payments[i].id == payment) {
            return &watch->payments[i];
        }
    }
    return NULL;
}

void watch_resolved(struct world *world, int64_t payment)
{
    struct watch_payment *found = watch_find(world, payment);

    if (found != NULL) {
        found->resolved = true;
    }
}

static struct watch_payment row_take(sqlite3_stmt *row)
{
    struct watch_payment payment = {
        .id = sqlite3_column_int64(row, 0),
        .business = sqlite3_column_int64(row, 1),
        .device = sqlite3_column_int64(row, 2),
        .authority = (enum payment_authority)sqlite3_column_int(row, 3),
        .state = (enum payment_state)sqlite3_column_int(row, 4),
        .reason = (enum payment_reason)sqlite3_column_int(row, 5),
        .attempt = (uint32_t)sqlite3_column_int(row, 6),
        .reversed = sqlite3_column_int(row, 7) != 0,
        .approved = sqlite3_column_int64(row, 8),
        .amount_minor = sqlite3_column_int64(row, 9),
    };

    (void)text_format(payment.invoice, sizeof(payment.invoice), "%s",
                      (const char *)sqlite3_column_text(row, 10));
    return payment;
}

static void compare(struct watch *watch, const struct watch_payment *old,
                    const struct watch_payment *now)
{
    if (payment_is_final(old->state) &&
        (old->state != now->state || old->reason != now->reason || old->reversed != now->reversed ||
         old->approved != now->approved)) {
        world_violation(watch->world, "I6", "payment %lld was final, %d, and is %d now",
                        (long long)now->id, (int)old->state, (int)now->state);
    }
    if (now->attempt < old->attempt || old->amount_minor != now->amount_minor ||
        old->device != now->device || strcmp(old->invoice, now->invoice) != 0) {
        world_violation(watch->world, "I6", "payment %lld has become another one",
                        (long long)now->id);
    }
    if (old->state != PAYMENT_OFFERED && now->state == PAYMENT_OFFERED) {
        world_violation(watch->world, "I6", "payment %lld went back", (long long)now->id);
    }
}

static void payment_add(struct watch *watch, size_t at, const struct watch_payment *now)
{
    if (watch->count == watch->capacity) {
        watch->capacity = watch->capacity * 2 + 32;
        watch->payments = realloc(watch->payments, watch->capacity * sizeof(*watch->payments));
        assert(watch->payments != NULL);
    }
    memmove(&watch->payments[at + 1], &watch->payments[at],
            (watch->count - at) * sizeof(*watch->payments));
    watch->payments[at] = *now;
    watch->count++;
}

static void is_gone(struct watch *watch, const struct watch_payment *payment)
{
    world_violation(watch->world, "I1", "payment %lld was there and is not any more",
                    (long long)payment->id);
}

/* Rows and what is known of them come in the same order. */
static void row_look(void *context, sqlite3_stmt *row)
{
    struct watch *watch = context;
    struct watch_payment now = row_take(row);
    struct watch_payment *old;

    while (watch->next < watch->count && watch->payments[watch->next].id < now.id) {
        is_gone(watch, &watch->payments[watch->next++]);
    }
    if (watch->next == watch->count || watch->payments[watch->next].id != now.id) {
        payment_add(watch, watch->next, &now);
    }
    old = &watch->payments[watch->next++];
    compare(watch, old, &now);
    now.resolved = old->resolved;
    *old = now;
}

static void look_at_devices(struct world *world)
{
    const struct watch *watch = world->watch;
    unsigned i;
    size_t j;

    for (i = 0; i < world->terminal_count; i++) {
        unsigned open = 0;

        for (j = 0; j < watch->count; j++) {
            open += watch->payments[j].device == world->terminals[i]->device &&
                    watch->payments[j].business == world->terminals[i]->shop->business &&
                    !payment_is_final(watch->payments[j].state);
        }
        if (open > 1) {
            world_violation(world, "I7", "%u payments are open on terminal %u", open, i);
        }
    }
}

void watch_look(struct world *world)
{
    struct watch *watch = world->watch;

    if (!server_is_up(world) ||
        (server_commits(world) == watch->commits && server_starts(world) == watch->starts)) {
        return;
    }
    watch->commits = server_commits(world);
    watch->starts = server_starts(world);
    watch->next = 0;
    if (!rows_read(world,
                   "SELECT id, business, device, authority, state, reason, attempt, reversed,"
                   " approved, amount, invoice FROM payment ORDER BY id",
                   row_look, watch)) {
        return;
    }
    while (watch->next < watch->count) {
        is_gone(watch, &watch->payments[watch->next++]);
    }
    look_at_devices(world);
}

bool watch_is_quiet(struct world *world)
{
    unsigned i;

    for (i = 0; i < world->terminal_count; i++) {
        if (!world->terminals[i]->on || world->terminals[i]->life.sale.state != SALE_IDLE) {
            return false;
        }
    }
    return rows_number(world, "SELECT count(*) FROM payment WHERE state < 5") == 0 &&
           rows_number(world, "SELECT count(*) FROM delivery WHERE state = 0") == 0;
}
