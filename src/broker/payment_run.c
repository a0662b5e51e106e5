/* The steps of a payment inside a store job.
 *
 * A job may be rolled back, and its answer may be lost: so nothing in here acts
 * or tells. It changes rows, and notes in the run what is to follow once they
 * are committed (Law 1). */
#include "broker/payment_run.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "processor/processor.h"

static const char RESOLVED_REASON[] = "Transaction Declined: RESOLVED - by an administrator";

/* --- Loading ----------------------------------------------------------------- */

/* All zeros where there is none of that number. */
static enum fail attempt_load(struct store_tx *tx, struct payment_told *told, uint32_t number)
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
    return told->row.payment.attempt == 0 ? FAIL_NONE
                                          : attempt_load(tx, told, told->row.payment.attempt);
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

/* The rule alone: the row in memory, the verdict, the effects. */
static unsigned decide(struct payment_run *run, struct payment_told *told,
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

static enum fail save(struct store_tx *tx, struct payment_run *run, struct payment_told *told,
                      unsigned effects)
{
    enum fail fail = effects_store(tx, run, told, effects);

    return fail == FAIL_NONE ? store_payment_save(tx, &told->row) : fail;
}

enum fail payment_run_step(struct store_tx *tx, struct payment_run *run, struct payment_told *told,
                           const struct payment_event *event)
{
    unsigned effects = decide(run, told, event);

    return run->verdict == PAYMENT_TAKEN ? save(tx, run, told, effects) : FAIL_NONE;
}

static struct processor_verdict ask_processor(const struct payment_told *told)
{
    struct processor_request request = {.kind = told->row.payment.kind,
                                        .amount_minor = told->row.amount_minor,
                                        .card = &told->attempt.card,
                                        .duplicate = told->attempt.duplicate};

    id_random(&request.chance, sizeof(request.chance));
    return processor_test(&request);
}

/* The outcome of the attempt under way. */
static enum fail outcome_step(struct store_tx *tx, struct payment_run *run,
                              struct payment_told *told, const struct processor_verdict *verdict)
{
    struct payment_event event = {
        .kind = PAYMENT_OUTCOME,
        .now_ms = run->now_ms,
        .attempt = {.number = told->attempt.number, .approved = verdict->approved}};
    unsigned effects = decide(run, told, &event);

    if (run->verdict != PAYMENT_TAKEN) {
        return FAIL_NONE;
    }
    told->attempt.ended_ms = run->now_ms;
    told->attempt.approved = verdict->approved;
    memcpy(told->attempt.reason, verdict->reason, sizeof(told->attempt.reason));
    memcpy(told->attempt.approval_code, verdict->approval_code,
           sizeof(told->attempt.approval_code));
    return save(tx, run, told, effects);
}

enum fail payment_run_decide(struct store_tx *tx, struct payment_run *run,
                             struct payment_told *told)
{
    struct processor_verdict verdict;

    assert(payment_run_is_undecided(told));
    verdict = ask_processor(told);
    return outcome_step(tx, run, told, &verdict);
}

enum fail payment_run_resolve(struct store_tx *tx, struct payment_run *run,
                              struct payment_told *told, enum payment_state state)
{
    struct payment_event event = {
        .kind = PAYMENT_RESOLVED, .now_ms = run->now_ms, .resolved_state = state};
    unsigned effects = decide(run, told, &event);

    if (run->verdict != PAYMENT_TAKEN) {
        return FAIL_NONE;
    }
    if ((effects & EFFECT_TRANSACTION) != 0) {
        told->attempt.ended_ms = run->now_ms;
        told->attempt.approved = state == PAYMENT_APPROVED;
        (void)text_format(told->attempt.reason, sizeof(told->attempt.reason), "%s",
                          state == PAYMENT_APPROVED ? "" : RESOLVED_REASON);
    }
    return save(tx, run, told, effects);
}

/* --- Cards ------------------------------------------------------------------------ */

/* Under the preset alone, and never against a refund (contract.md, Results). */
static enum fail duplicate_look(struct store_tx *tx, const struct payment_run *run,
                                struct payment_told *told)
{
    struct business business = {0};
    enum fail fail = store_business_find(tx, told->row.business, &business);

    if (fail != FAIL_NONE || !business.preset_helcim ||
        told->row.payment.kind != PAYMENT_PURCHASE) {
        return fail;
    }
    return store_duplicate_find(tx, &told->row, &told->attempt.card,
                                run->now_ms - PROCESSOR_DUPLICATE_MS, &told->attempt.duplicate);
}

/* Of an attempt that is known already its row is what is told, whatever the
 * step says. */
static enum fail attempt_recall(struct store_tx *tx, struct payment_told *told, uint32_t number)
{
    if (number == 0 || number > told->row.payment.attempt) {
        return FAIL_NONE;
    }
    return attempt_load(tx, told, number);
}

/* A new attempt, and what the processor says of it; false where the rules do
 * not take it. */
static bool attempt_begin(struct payment_run *run, struct payment_told *told,
                          const struct processor_verdict *verdict)
{
    struct payment_event event = {
        .kind = PAYMENT_ATTEMPT,
        .now_ms = run->now_ms,
        .attempt = {.number = told->attempt.number, .due_ms = run->now_ms + verdict->delay_ms}};

    told->attempt.began_ms = run->now_ms;
    told->attempt.due_ms = event.attempt.due_ms;
    return (decide(run, told, &event) & EFFECT_AUTHORISE) != 0;
}

enum fail payment_run_attempt(struct store_tx *tx, struct payment_run *run,
                              struct payment_told *told, const struct attempt_row *said)
{
    struct attempt_row last;
    struct processor_verdict verdict;
    enum fail fail = attempt_recall(tx, told, said->number);

    if (fail != FAIL_NONE) {
        return fail;
    }
    last = told->attempt;
    told->attempt = (struct attempt_row){.number = said->number, .card = said->card};
    fail = duplicate_look(tx, run, told);
    if (fail != FAIL_NONE) {
        return fail;
    }
    verdict = ask_processor(told);
    if (!attempt_begin(run, told, &verdict)) {
        told->attempt = last;
        return FAIL_NONE;
    }
    if (verdict.delay_ms > 0) {
        fail = store_attempt_add(tx, &told->row, &told->attempt);
        return fail == FAIL_NONE ? store_payment_save(tx, &told->row) : fail;
    }
    run->attempt_is_new = true;
    return outcome_step(tx, run, told, &verdict);
}

enum fail payment_run_result(struct store_tx *tx, struct payment_run *run,
                             struct payment_told *told, const struct attempt_row *said)
{
    struct payment_event event = {.kind = PAYMENT_RESULT,
                                  .now_ms = run->now_ms,
                                  .attempt = {.number = said->number, .approved = said->approved}};
    unsigned effects;
    enum fail fail = attempt_recall(tx, told, said->number);

    if (fail != FAIL_NONE) {
        return fail;
    }
    effects = decide(run, told, &event);
    if (run->verdict != PAYMENT_TAKEN) {
        return FAIL_NONE;
    }
    told->attempt = *said;
    told->attempt.began_ms = told->attempt.due_ms = run->now_ms;
    told->attempt.ended_ms = run->now_ms;
    told->attempt.duplicate = false;
    told->attempt.transaction = 0;
    run->attempt_is_new = true;
    return save(tx, run, told, effects);
}
