/* The steps of a payment inside a store job.
 *
 * A job may be rolled back, and its answer may be lost: so nothing in here acts
 * or tells. It changes rows, and notes in the run what is to follow once they
 * are committed (Law 1). */
#include "broker/payment_run.h"

#include <assert.h>

#include "base/clock.h"

static const char RESOLVED_REASON[] = "Transaction Declined: RESOLVED - by an administrator";

/* --- Loading ----------------------------------------------------------------- */

enum fail payment_run_attempt_load(struct store_tx *tx, struct payment_told *told, uint32_t number)
{
    struct attempt_row attempt = {0};
    enum fail fail = store_attempt_find(tx, told->row.business, told->row.id, number, &attempt);

    if (fail == FAIL_NONE || fail == FAIL_NOT_FOUND) {
        told->attempt = attempt;
        return FAIL_NONE;
    }
    return fail;
}

static enum fail run_begin(struct store_tx *tx, struct payment_run *run, struct payment_told *told)
{
    *run = (struct payment_run){
        .now_ms = clock_wall_ms(), .before = told->row.payment.state, .verdict = PAYMENT_LATE};
    told->attempt = (struct attempt_row){0};
    return told->row.payment.attempt == 0
               ? FAIL_NONE
               : payment_run_attempt_load(tx, told, told->row.payment.attempt);
}

enum fail payment_run_load(struct store_tx *tx, struct payment_run *run, struct payment_told *told,
                           int64_t business, int64_t payment)
{
    enum fail fail = store_payment_find(tx, business, payment, &told->row);

    return fail == FAIL_NONE ? run_begin(tx, run, told) : fail;
}

enum fail payment_run_load_open(struct store_tx *tx, struct payment_run *run,
                                struct payment_told *told, int64_t business, int64_t device)
{
    enum fail fail = store_payment_open(tx, business, device, &told->row);

    return fail == FAIL_NONE ? run_begin(tx, run, told) : fail;
}

bool payment_run_is_undecided(const struct payment_told *told)
{
    return told->attempt.number > 0 && told->attempt.ended_ms == 0;
}

/* --- What is done in the commit ------------------------------------------------- */

static enum fail event_add(struct store_tx *tx, struct payment_run *run,
                           const struct payment_row *row, enum event_kind kind, int64_t transaction)
{
    struct store_event event = {.business = row->business,
                                .kind = kind,
                                .payment = row->id,
                                .transaction = transaction,
                                .at_ms = run->now_ms};
    bool delivery = false;
    enum fail fail = store_event_add(tx, &event, &delivery);

    run->delivery = run->delivery || delivery;
    return fail;
}

/* Its outcome, with its card where it was not on record yet. */
static enum fail attempt_store(struct store_tx *tx, const struct payment_run *run,
                               const struct payment_told *told)
{
    return run->attempt_is_new ? store_attempt_add(tx, &told->row, &told->attempt)
                               : store_attempt_save(tx, &told->row, &told->attempt);
}

/* The attempt's transaction, and its outcome written down. */
static enum fail transaction_make(struct store_tx *tx, struct payment_run *run,
                                  struct payment_told *told)
{
    enum transaction_type type =
        told->row.payment.kind == PAYMENT_REFUND ? TRANSACTION_REFUND : TRANSACTION_PURCHASE;
    enum fail fail;

    assert(told->attempt.ended_ms != 0 && told->attempt.transaction == 0);
    fail = store_transaction_add(tx, &told->row, &told->attempt, type, run->now_ms,
                                 &told->attempt.transaction);
    if (fail == FAIL_NONE) {
        fail = attempt_store(tx, run, told);
    }
    if (fail == FAIL_NONE) {
        fail = event_add(tx, run, &told->row, EVENT_CARD_TRANSACTION, told->attempt.transaction);
    }
    if (fail == FAIL_NONE && told->attempt.approved) {
        told->row.approved = told->attempt.transaction;
    }
    return fail;
}

static enum fail reversal_make(struct store_tx *tx, struct payment_run *run,
                               struct payment_told *told)
{
    int64_t transaction = 0;
    enum fail fail = store_transaction_add(tx, &told->row, &told->attempt, TRANSACTION_REVERSE,
                                           run->now_ms, &transaction);

    return fail == FAIL_NONE ? event_add(tx, run, &told->row, EVENT_CARD_TRANSACTION, transaction)
                             : fail;
}

static enum fail key_free(struct store_tx *tx, struct payment_row *row)
{
    enum fail fail = FAIL_NONE;

    if (row->key[0] != '\0') {
        fail = store_payment_free_key(tx, row->business, row->id);
    }
    if (fail == FAIL_NONE) {
        row->key[0] = '\0';
    }
    return fail;
}

static enum fail effects_store(struct store_tx *tx, struct payment_run *run,
                               struct payment_told *told, unsigned effects)
{
    enum fail fail = FAIL_NONE;

    if ((effects & EFFECT_TRANSACTION) != 0) {
        fail = transaction_make(tx, run, told);
    }
    if (fail == FAIL_NONE && (effects & EFFECT_REVERSE) != 0) {
        fail = reversal_make(tx, run, told);
    }
    if (fail == FAIL_NONE && (effects & EFFECT_TERMINAL_CANCEL) != 0) {
        fail = event_add(tx, run, &told->row, EVENT_TERMINAL_CANCEL, 0);
    }
    if (fail == FAIL_NONE && (effects & EFFECT_FREE_KEY) != 0) {
        fail = key_free(tx, &told->row);
    }
    return fail;
}

/* --- Steps ------------------------------------------------------------------------ */

unsigned payment_run_judge(struct payment_run *run, struct payment_told *told,
                           const struct payment_event *event)
{
    struct payment_row *row = &told->row;
    struct payment_event asked = *event;
    struct payment_step step;

    asked.last_undecided = payment_run_is_undecided(told);
    step = payment_step(&row->payment, &asked);

    run->verdict = step.verdict;
    if (step.verdict != PAYMENT_TAKEN) {
        return 0;
    }
    run->taken = true;
    run->effects |= step.effects;
    if (payment_is_final(row->payment.state)) {
        row->ended_ms = run->now_ms;
    }
    return step.effects;
}

enum fail payment_run_save(struct store_tx *tx, struct payment_run *run, struct payment_told *told,
                           unsigned effects)
{
    enum fail fail = effects_store(tx, run, told, effects);

    return fail == FAIL_NONE ? store_payment_save(tx, &told->row) : fail;
}

enum fail payment_run_step(struct store_tx *tx, struct payment_run *run, struct payment_told *told,
                           const struct payment_event *event)
{
    unsigned effects = payment_run_judge(run, told, event);

    return run->verdict == PAYMENT_TAKEN ? payment_run_save(tx, run, told, effects) : FAIL_NONE;
}

/* What a person says of the payment's last attempt. One that its terminal has
 * never told of comes on record now, and nothing is known of its card. */
static void attempt_resolve(struct payment_run *run, struct payment_told *told, bool approved)
{
    struct attempt_row *attempt = &told->attempt;

    if (attempt->number != told->row.payment.attempt) {
        *attempt = (struct attempt_row){.number = told->row.payment.attempt,
                                        .began_ms = run->now_ms,
                                        .due_ms = run->now_ms,
                                        .card = {.brand = CARD_UNKNOWN}};
        run->attempt_is_new = true;
    }
    attempt->ended_ms = run->now_ms;
    attempt->approved = approved;
    (void)text_format(attempt->reason, sizeof(attempt->reason), "%s",
                      approved ? "" : RESOLVED_REASON);
}

enum fail payment_run_resolve(struct store_tx *tx, struct payment_run *run,
                              struct payment_told *told, enum payment_state state)
{
    struct payment_event event = {
        .kind = PAYMENT_RESOLVED, .now_ms = run->now_ms, .resolved_state = state};
    unsigned effects = payment_run_judge(run, told, &event);

    if (run->verdict != PAYMENT_TAKEN) {
        return FAIL_NONE;
    }
    if ((effects & EFFECT_TRANSACTION) != 0) {
        attempt_resolve(run, told, state == PAYMENT_APPROVED);
    }
    return payment_run_save(tx, run, told, effects);
}
