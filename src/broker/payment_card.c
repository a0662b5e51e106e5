/* Cards at a terminal: new ones, repeated ones, and the processor's word.
 *
 * An attempt that the processor answers at once comes on record with its
 * outcome, in one job and one row; one that takes its time is on record before,
 * with the moment of its outcome, so that a crash between them loses nothing. */
#include "broker/payment_card.h"

#include <assert.h>
#include <string.h>

#include "base/id.h"
#include "processor/processor.h"

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
    unsigned effects = payment_run_judge(run, told, &event);

    if (run->verdict != PAYMENT_TAKEN) {
        return FAIL_NONE;
    }
    told->attempt.ended_ms = run->now_ms;
    told->attempt.approved = verdict->approved;
    memcpy(told->attempt.reason, verdict->reason, sizeof(told->attempt.reason));
    memcpy(told->attempt.approval_code, verdict->approval_code,
           sizeof(told->attempt.approval_code));
    return payment_run_save(tx, run, told, effects);
}

enum fail payment_card_decide(struct store_tx *tx, struct payment_run *run,
                              struct payment_told *told)
{
    struct processor_verdict verdict;

    assert(payment_run_is_undecided(told));
    verdict = ask_processor(told);
    return outcome_step(tx, run, told, &verdict);
}

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
    return payment_run_attempt_load(tx, told, number);
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
    return (payment_run_judge(run, told, &event) & EFFECT_AUTHORISE) != 0;
}

enum fail payment_card_attempt(struct store_tx *tx, struct payment_run *run,
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

enum fail payment_card_result(struct store_tx *tx, struct payment_run *run,
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
    effects = payment_run_judge(run, told, &event);
    if (run->verdict != PAYMENT_TAKEN) {
        return FAIL_NONE;
    }
    told->attempt = *said;
    told->attempt.began_ms = told->attempt.due_ms = run->now_ms;
    told->attempt.ended_ms = run->now_ms;
    told->attempt.duplicate = false;
    told->attempt.transaction = 0;
    run->attempt_is_new = true;
    return payment_run_save(tx, run, told, effects);
}
