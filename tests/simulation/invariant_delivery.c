/* I8: every final state reaches every receiver at least once with one webhook-id,
 * in order per payment, or stands in the dead-letter list. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "simulation/invariant.h"
#include "simulation/rows.h"
#include "simulation/shop.h"
#include "store/record.h"

/* What happened, has its event and its delivery: each of these finds nothing. */
static const struct {
    const char *what;
    const char *sql;
} nothing[] = {
    {"a transaction without an event",
     "SELECT count(*) FROM card_transaction t WHERE NOT EXISTS (SELECT 1 FROM event e"
     " WHERE e.business = t.business AND e.\"transaction\" = t.id)"},
    {"two events of a transaction", "SELECT count(*) FROM (SELECT 1 FROM event WHERE kind = 0"
                                    " GROUP BY business, \"transaction\" HAVING count(*) > 1)"},
    {"a payment that ended without a transaction and without terminalCancel",
     "SELECT count(*) FROM payment p WHERE state IN (7, 8) AND NOT EXISTS (SELECT 1 FROM"
     " card_transaction t WHERE t.payment = p.id) AND NOT EXISTS (SELECT 1 FROM event e"
     " WHERE e.payment = p.id AND e.kind = 1)"},
    {"a terminalCancel of a payment that has a transaction",
     "SELECT count(*) FROM event e WHERE kind = 1 AND EXISTS (SELECT 1 FROM card_transaction t"
     " WHERE t.payment = e.payment)"},
    {"two terminalCancels of a payment",
     "SELECT count(*) FROM (SELECT 1 FROM event WHERE kind = 1 GROUP BY payment"
     " HAVING count(*) > 1)"},
    {"an approved payment without its transaction",
     "SELECT count(*) FROM payment p WHERE state = 5 AND NOT EXISTS (SELECT 1 FROM"
     " card_transaction t WHERE t.payment = p.id AND t.id = p.approved AND t.status = 1)"},
    {"an approved transaction of a payment that is not",
     "SELECT count(*) FROM card_transaction t JOIN payment p ON p.id = t.payment"
     " WHERE t.status = 1 AND t.type < 2 AND p.approved IS NOT t.id"},
    {"a refused payment with an event",
     "SELECT count(*) FROM event e JOIN payment p ON p.id = e.payment WHERE p.state = 9"},
    {"an event without a delivery",
     "SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT 1 FROM delivery d"
     " WHERE d.business = e.business AND d.event = e.number)"},
    {"a gap in the numbers of events", "SELECT count(*) FROM (SELECT 1 FROM event GROUP BY business"
                                       " HAVING max(number) <> count(*))"},
};

struct checking {
    struct world *world;
    struct shop *shop;
    /* the delivery before, of the same payment */
    int64_t payment;
    bool delivered;
    size_t taken; /* where the receiver took it first */
};

/* Where it was heard first; taken, if that is asked for. */
static size_t heard_first(const struct receiver *receiver, const char *id, bool taken)
{
    size_t i;

    for (i = 0; i < receiver->count; i++) {
        if (strcmp(receiver->journal[i].id, id) == 0 && (receiver->journal[i].taken || !taken)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void check_delivery(void *context, sqlite3_stmt *row)
{
    struct checking *checking = context;
    const struct receiver *receiver = &checking->shop->receiver;
    int64_t payment = sqlite3_column_int64(row, 0);
    const char *id = (const char *)sqlite3_column_text(row, 1);
    bool delivered = sqlite3_column_int(row, 2) == DELIVERY_DELIVERED;
    size_t first = heard_first(receiver, id, false);
    size_t taken = heard_first(receiver, id, true);

    if (delivered && taken == SIZE_MAX) {
        world_violation(checking->world, "I8", "%s counts as delivered, and was not taken", id);
    }
    if (payment == checking->payment && checking->delivered && first != SIZE_MAX &&
        first < checking->taken) {
        world_violation(checking->world, "I8", "%s came before the one before it", id);
    }
    checking->payment = payment;
    checking->delivered = delivered;
    checking->taken = taken;
}

static void check_ids(struct world *world, const struct receiver *receiver)
{
    size_t i;
    size_t j;

    for (i = 0; i < receiver->count; i++) {
        const struct received *one = &receiver->journal[i];

        for (j = 0; j < i; j++) {
            const struct received *other = &receiver->journal[j];
            bool same_id = strcmp(one->id, other->id) == 0;
            bool same_body = strcmp(one->body, other->body) == 0;
            bool is_cancel = strstr(one->body, "terminalCancel") != NULL;

            if (same_id != same_body && !(same_body && is_cancel)) {
                world_violation(world, "I8", "%s and %s are not one event with one id", one->id,
                                other->id);
            }
        }
    }
}

void invariants_check_deliveries(struct world *world)
{
    size_t i;

    for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        int64_t count = rows_number(world, nothing[i].sql);

        if (count != 0) {
            world_violation(world, "I8", "%s: %lld", nothing[i].what, (long long)count);
        }
    }
    for (i = 0; i < world->shop_count; i++) {
        struct checking checking = {.world = world, .shop = world->shops[i]};
        char sql[200];

        (void)text_format(sql, sizeof(sql),
                          "SELECT payment, message_id, state FROM delivery WHERE business = %lld"
                          " ORDER BY payment, event",
                          (long long)world->shops[i]->business);
        if (!rows_read(world, sql, check_delivery, &checking)) {
            world_violation(world, "read", "deliveries cannot be read");
        }
        check_ids(world, &world->shops[i]->receiver);
    }
}
