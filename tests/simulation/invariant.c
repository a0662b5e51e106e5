/* One function for each sentence. */
#include "simulation/invariant.h"

#include <stdlib.h>
#include <string.h>

#include "simulation/rows.h"
#include "simulation/shop.h"
#include "simulation/terminal.h"
#include "simulation/till.h"
#include "simulation/watch.h"

/* --- Small questions -------------------------------------------------------------- */

static unsigned starts_of(struct world *world, const char *invoice, const struct shop *shop)
{
    unsigned starts = 0;
    unsigned i;
    size_t j;

    for (i = 0; i < world->terminal_count; i++) {
        const struct terminal *terminal = world->terminals[i];

        for (j = 0; terminal->shop == shop && j < terminal->note_count; j++) {
            if (strcmp(terminal->notes[j].invoice, invoice) == 0) {
                starts += terminal->notes[j].gos;
            }
        }
    }
    return starts;
}

/* Payments that are not refused. */
static unsigned payments_of(struct world *world, const char *invoice, const struct shop *shop)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < world->watch->count; i++) {
        const struct watch_payment *payment = &world->watch->payments[i];

        count += payment->business == shop->business && strcmp(payment->invoice, invoice) == 0 &&
                 payment->state != PAYMENT_REFUSED;
    }
    return count;
}

static const struct sale_note *note_of(struct world *world, const struct watch_payment *payment)
{
    unsigned i;
    size_t j;

    for (i = 0; i < world->terminal_count; i++) {
        const struct terminal *terminal = world->terminals[i];

        for (j = 0; j < terminal->note_count; j++) {
            if (terminal->notes[j].payment == payment->id) {
                return &terminal->notes[j];
            }
        }
    }
    return NULL;
}

/* --- What a till knows ----------------------------------------------------------------- */

/* I1: every 202 that a POS has seen is exactly one payment. */
static void check_accepted(struct world *world, const struct till_sale *sale)
{
    const struct watch_payment *payment = watch_find(world, sale->payment);

    if (sale->payment == 0) {
        return;
    }
    if (payment == NULL) {
        world_violation(world, "I1", "sale %s got 202, and there is no payment %lld", sale->invoice,
                        (long long)sale->payment);
        return;
    }
    if (payment->state == PAYMENT_REFUSED || payment->amount_minor != sale->amount_minor ||
        payment->device != sale->terminal->device || strcmp(payment->invoice, sale->invoice) != 0) {
        world_violation(world, "I1", "sale %s got 202 for payment %lld, which is another (%d)",
                        sale->invoice, (long long)payment->id, (int)payment->state);
    }
}

/* I2: one (business, key) is at most one payment, and at most one start. Without
 * a key the same holds of one call. */
static void check_once(struct world *world, const struct till_sale *sale)
{
    unsigned payments = payments_of(world, sale->invoice, sale->till->shop);
    unsigned starts = starts_of(world, sale->invoice, sale->till->shop);

    if (sale->till->shop->preset_helcim) {
        return; /* a key is forgotten after five minutes there */
    }
    if (payments > 1 || starts > 1) {
        world_violation(world, "I2", "sale %s is %u payments and was started %u times",
                        sale->invoice, payments, starts);
    }
}

/* I4: the POS never sees a final state that the authority denies. */
static void check_seen(struct world *world, const struct till_sale *sale)
{
    const struct watch_payment *payment = watch_find(world, sale->payment);

    if (payment == NULL) {
        return;
    }
    if (sale->saw_final && sale->final_state != payment->state) {
        world_violation(world, "I4", "sale %s was shown as %d, and payment %lld is %d",
                        sale->invoice, (int)sale->final_state, (long long)payment->id,
                        (int)payment->state);
    }
    if (sale->is_cancelled && payment->approved != 0 && !payment->reversed) {
        world_violation(world, "I4", "sale %s was cancelled, and payment %lld is approved",
                        sale->invoice, (long long)payment->id);
    }
    if (sale->was_too_late && payment_is_final(sale->too_late_state) &&
        sale->too_late_state != payment->state) {
        world_violation(world, "I4", "sale %s could not be cancelled as %d, and is %d",
                        sale->invoice, (int)sale->too_late_state, (int)payment->state);
    }
}

/* I12: a payment's 409 means that the terminal's journal has no go for it. */
static void check_refused(struct world *world, const struct till_sale *sale)
{
    if (sale->refused != sale->sent || sale->sent == 0) {
        return;
    }
    if (starts_of(world, sale->invoice, sale->till->shop) > 0 ||
        payments_of(world, sale->invoice, sale->till->shop) > 0) {
        world_violation(world, "I12", "sale %s got 409, and was started", sale->invoice);
    }
}

static void check_tills(struct world *world)
{
    unsigned i;

    for (i = 0; i < world->till_count; i++) {
        struct list *sales = &world->tills[i]->sales;
        struct list_link *link;

        for (link = list_first(sales); link != NULL; link = list_next(sales, link)) {
            const struct till_sale *sale = LIST_ITEM(link, struct till_sale, link);

            check_accepted(world, sale);
            check_once(world, sale);
            check_seen(world, sale);
            check_refused(world, sale);
        }
    }
}

/* --- What a terminal knows ------------------------------------------------------------------ */

struct card_transaction {
    struct world *world;
    const struct terminal *terminal;
    const struct sale_note *note;
    const struct watch_payment *payment;
    bool any[PAYMENT_ATTEMPTS_MAX + 2]; /* by attempt, that the server has */
    bool approved[PAYMENT_ATTEMPTS_MAX + 2];
};

static void take_transaction(void *context, sqlite3_stmt *row)
{
    struct card_transaction *all = context;
    int attempt = sqlite3_column_int(row, 0);

    if (attempt <= PAYMENT_ATTEMPTS_MAX) {
        all->any[attempt] = true;
        all->approved[attempt] = sqlite3_column_int(row, 1) != 0;
    }
    if (sqlite3_column_int64(row, 2) != all->payment->amount_minor) {
        world_violation(all->world, "I3", "a transaction of payment %lld has another amount",
                        (long long)all->payment->id);
    }
}

/* I3 and I4, an attempt: what the terminal has decided stands on the server, and
 * what it has shown is what stands there; and the other way round. */
static void check_attempt(const struct card_transaction *all, size_t attempt)
{
    const struct sale_note *note = all->note;
    bool result = note->attempts[attempt].result;
    bool approved = note->attempts[attempt].result_approved;

    if (result && (!all->any[attempt] || all->approved[attempt] != approved)) {
        world_violation(all->world, "I3",
                        "payment %lld/%zu was %s by its terminal, and the server has %s",
                        (long long)note->payment, attempt, approved ? "approved" : "declined",
                        !all->any[attempt] ? "nothing" : "the opposite");
    }
    if ((note->attempts[attempt].shown_approved || note->attempts[attempt].shown_declined) &&
        (!all->any[attempt] || all->approved[attempt] != note->attempts[attempt].shown_approved)) {
        world_violation(all->world, "I4", "terminal %u showed payment %lld/%zu as what it is not",
                        all->terminal->number, (long long)note->payment, attempt);
    }
    if (note->by_terminal && all->any[attempt] && !result) {
        world_violation(all->world, "I4", "the server has payment %lld/%zu, its terminal has not",
                        (long long)note->payment, attempt);
    }
    if (all->approved[attempt] && !note->attempts[attempt].shown_approved &&
        !all->payment->reversed) {
        world_violation(all->world, "I3", "payment %lld/%zu is approved, and was never shown so",
                        (long long)note->payment, attempt);
    }
}

static void check_end(const struct card_transaction *all)
{
    const char *state = payment_state_name(all->payment->state, SCREEN_NONE);
    const char *ended = all->note->ended;

    if (ended[0] != '\0' && strcmp(ended, "unknown") != 0 && strcmp(ended, state) != 0) {
        world_violation(all->world, "I4", "terminal %u showed payment %lld %s, and it is %s",
                        all->terminal->number, (long long)all->note->payment, ended, state);
    }
}

/* What a person has said is kept; an approval that contradicts it is refused, so
 * that somebody looks, and is never just forgotten. */
static void check_resolved(struct world *world, const struct sale_note *note,
                           const struct watch_payment *payment)
{
    size_t i;

    for (i = 1; i <= PAYMENT_ATTEMPTS_MAX; i++) {
        if (note->attempts[i].result_approved && payment->approved == 0 && !note->refused) {
            world_violation(world, "I3", "payment %lld/%zu was approved, and nobody heard of it",
                            (long long)note->payment, i);
        }
    }
}

static void check_note(struct world *world, const struct terminal *terminal,
                       const struct sale_note *note)
{
    const struct watch_payment *payment = watch_find(world, note->payment);
    struct card_transaction all = {
        .world = world, .terminal = terminal, .note = note, .payment = payment};
    char sql[200];
    size_t i;

    if (payment == NULL) {
        world_violation(world, "I3", "terminal %u knows payment %lld, and the server does not",
                        terminal->number, (long long)note->payment);
        return;
    }
    if (payment->resolved) {
        check_resolved(world, note, payment); /* a person has said what no journal knows */
        return;
    }
    (void)text_format(sql, sizeof(sql),
                      "SELECT attempt, status, amount FROM card_transaction"
                      " WHERE payment = %lld AND type < 2",
                      (long long)note->payment);
    if (!rows_read(world, sql, take_transaction, &all)) {
        world_violation(world, "read", "transactions cannot be read");
    }
    for (i = 1; i <= PAYMENT_ATTEMPTS_MAX; i++) {
        check_attempt(&all, i);
    }
    check_end(&all);
}

/* I5: sums of approved amounts agree per device. */
static void check_sums(struct world *world, const struct terminal *terminal)
{
    int64_t shown = 0;
    int64_t stored = 0;
    size_t i;
    size_t j;

    for (i = 0; i < world->watch->count; i++) {
        const struct watch_payment *payment = &world->watch->payments[i];
        const struct sale_note *note = note_of(world, payment);

        if (payment->device != terminal->device || payment->resolved || payment->reversed) {
            continue;
        }
        stored += payment->approved != 0 ? payment->amount_minor : 0;
        for (j = 1; note != NULL && j <= PAYMENT_ATTEMPTS_MAX; j++) {
            shown += note->attempts[j].shown_approved ? note->amount_minor : 0;
        }
    }
    if (shown != stored) {
        world_violation(world, "I5", "terminal %u approved %lld in all, the server %lld",
                        terminal->number, (long long)shown, (long long)stored);
    }
}

static void check_terminals(struct world *world)
{
    unsigned i;
    size_t j;

    for (i = 0; i < world->terminal_count; i++) {
        const struct terminal *terminal = world->terminals[i];

        for (j = 0; j < terminal->note_count; j++) {
            check_note(world, terminal, &terminal->notes[j]);
        }
        check_sums(world, terminal);
    }
}

/* --- What is left over -------------------------------------------------------------------------
 */

static void check_quiet(struct world *world)
{
    unsigned i;
    size_t j;

    for (j = 0; j < world->watch->count; j++) {
        const struct watch_payment *payment = &world->watch->payments[j];

        if (!payment_is_final(payment->state)) {
            world_violation(world, "open", "payment %lld is still open, %d", (long long)payment->id,
                            (int)payment->state);
        }
    }
    for (i = 0; i < world->terminal_count; i++) {
        const struct terminal *terminal = world->terminals[i];

        if (!terminal->on || terminal->life.state != LIFE_READY ||
            terminal->life.sale.state != SALE_IDLE) {
            world_violation(world, "quiet", "terminal %u is not ready: %d, its sale %d", i,
                            (int)terminal->life.state, (int)terminal->life.sale.state);
        }
    }
    if (rows_number(world, "SELECT count(*) FROM delivery WHERE state = 0") != 0) {
        world_violation(world, "quiet", "a delivery still waits");
    }
}

void invariants_check(struct world *world)
{
    watch_look(world);
    check_quiet(world);
    check_tills(world);
    check_terminals(world);
    invariants_check_deliveries(world);
}
