/* What a sale does about each message of the server. A message of a payment
 * that is not here has been overtaken by something else (a power cut, a lost
 * connection, its end) and is answered or left aside, never acted upon. */
#include <assert.h>

#include "terminal/sale_part.h"

/* A payment that is open on the server and not here: nobody presents a card for
 * it. Nothing is kept, because the same is true after any restart. */
static void say_lost(const struct sale *sale, int64_t payment, struct sale_effects *effects)
{
    const char *lost = payment_reason_name(REASON_LOST);
    struct sale_effect *said;

    if (!sale->online) {
        return;
    }
    said = sale_add(effects, SALE_SAY);
    said->say.what = SALE_SAY_CANCEL;
    said->say.payment = payment;
    said->say.word = slice_of(lost);
    sale_send(sale, TERMINAL_CANCEL_PAYMENT, lost, effects);
    effects->list[effects->count - 1].send.payment = payment;
}

/* Whether it is the offer that is shown. */
static bool shows(const struct sale *sale, int64_t payment)
{
    return sale->state == SALE_OFFERED && sale->record.payment == payment;
}

static void take_offer(struct sale *sale, const struct terminal_offer *offer, int64_t now_ms,
                       struct sale_effects *effects)
{
    if (sale->state == SALE_OFFERED) { /* the server has given up on that one */
        sale_drop_offer(sale, "server", effects);
    }
    if (sale->state != SALE_IDLE) {
        return; /* still at another payment */
    }
    sale->record = sale_record_make(offer);
    sale->offered_ms = now_ms;
    sale_move(sale, SALE_OFFERED);
    (void)sale_say(sale, SALE_SAY_OFFERED, effects);
    sale_send(sale, TERMINAL_DISPLAYED, NULL, effects);
    sale_wait(SALE_TIMER_STEP, PAYMENT_OFFER_MS, effects);
}

static void take_withdraw(struct sale *sale, int64_t payment, struct sale_effects *effects)
{
    if (shows(sale, payment)) {
        sale_drop_offer(sale, "server", effects);
    }
}

/* By the clock too: a process that stood still reads a go before its timer. */
static void take_go(struct sale *sale, int64_t payment, int64_t now_ms,
                    struct sale_effects *effects)
{
    if (sale_has(sale, payment)) {
        return; /* it was taken */
    }
    if (shows(sale, payment) && now_ms - sale->offered_ms >= PAYMENT_OFFER_MS) {
        sale_drop_offer(sale, "time", effects);
    }
    if (!shows(sale, payment)) {
        say_lost(sale, payment, effects);
        return;
    }
    sale_move(sale, SALE_STARTING);
    sale_add(effects, SALE_STOP)->stop = SALE_TIMER_STEP;
    (void)sale_add(effects, SALE_STORE);
}

static void say_outcome(const struct sale *sale, const struct terminal_outcome *outcome,
                        struct sale_effects *effects)
{
    struct sale_effect *said =
        sale_say(sale, outcome->approved ? SALE_SAY_APPROVED : SALE_SAY_DECLINED, effects);

    said->say.attempt = (uint32_t)outcome->attempt;
    said->say.transaction = outcome->transaction;
    said->say.final = outcome->final;
    said->say.text = outcome->approved ? outcome->approval_code : outcome->reason;
}

/* True when it says something that was not heard before. An approval always is,
 * until the payment is over: it may have overtaken a cancel. */
static bool is_news(const struct sale *sale, const struct terminal_outcome *outcome)
{
    const struct sale_record *record = &sale->record;
    bool waited_for = record->unsent == UNSENT_ATTEMPT || record->unsent == UNSENT_RESULT;

    if (!sale_has(sale, outcome->payment) || sale->state == SALE_OVER) {
        return false;
    }
    if (record->unsent == UNSENT_RESULT && outcome->approved != record->approved) {
        return false; /* the terminal has decided: it goes on saying so */
    }
    if (outcome->attempt == record->attempt) {
        return waited_for || outcome->approved;
    }
    /* One that is on its way to the disk keeps its number. */
    return outcome->attempt > record->attempt && sale->state != SALE_KEEPING;
}

static void take_outcome(struct sale *sale, const struct terminal_outcome *outcome,
                         struct sale_effects *effects)
{
    if (!is_news(sale, outcome)) {
        return;
    }
    say_outcome(sale, outcome, effects);
    sale->record.attempt = (uint32_t)outcome->attempt;
    if (outcome->approved || outcome->final) {
        sale->record.unsent = UNSENT_NOTHING; /* payment_ended is asked for if it is lost */
        sale_move(sale, SALE_OVER);
    } else if (sale->state == SALE_SAYING && sale->record.unsent != UNSENT_CANCEL) {
        sale_offer_retry(sale, effects);
    }
}

/* An approval that the terminal has decided itself is true: only its own answer
 * (outcome, result_refused) or an end that agrees makes the terminal forget it. */
static bool must_be_answered(const struct sale *sale, const struct terminal_payment_ended *ended)
{
    return sale->record.unsent == UNSENT_RESULT && sale->record.approved &&
           !slice_is(ended->state, "approved");
}

static void take_payment_ended(struct sale *sale, const struct terminal_payment_ended *ended,
                               struct sale_effects *effects)
{
    struct sale_effect *said;

    if (shows(sale, ended->payment)) {
        sale_drop_offer(sale, "server", effects);
        return;
    }
    if (!sale_has(sale, ended->payment) || must_be_answered(sale, ended)) {
        return;
    }
    said = sale_say(sale, SALE_SAY_ENDED, effects);
    said->say.word = ended->state;
    said->say.text = ended->reason;
    sale_forget(sale, effects);
}

/* After a welcome everything was said by itself already. */
static void take_resume(struct sale *sale, const struct terminal_resume *resume,
                        struct sale_effects *effects)
{
    if (sale_has(sale, resume->payment)) {
        sale_arm_backstop(sale, effects);
        return;
    }
    if (shows(sale, resume->payment)) {
        sale_drop_offer(sale, "server", effects);
    }
    say_lost(sale, resume->payment, effects);
}

static void take_cancel_requested(struct sale *sale, const struct terminal_cancel_requested *wanted,
                                  struct sale_effects *effects)
{
    enum payment_reason by = REASON_POS;
    bool known = payment_reason_read(wanted->by, &by);

    assert(known); /* the wire has checked the word */
    (void)known;
    if (!sale_has(sale, wanted->payment)) {
        say_lost(sale, wanted->payment, effects);
        return;
    }
    if (sale->record.authority == AUTHORITY_SERVER) {
        return; /* then the server alone ends it */
    }
    sale->cancel_asked = by;
    if (sale_is_in(sale, SALE_CANCELLABLE)) {
        sale_cancel(sale, by, effects);
    }
}

static void take_result_refused(struct sale *sale, const struct terminal_result_refused *refused,
                                struct sale_effects *effects)
{
    if (!sale_has(sale, refused->payment) || sale->record.unsent != UNSENT_RESULT ||
        (int64_t)sale->record.attempt != refused->attempt) {
        return;
    }
    sale_say(sale, SALE_SAY_RESULT_REFUSED, effects)->say.text = refused->message;
    sale_forget(sale, effects);
}

void sale_take(struct sale *sale, const struct sale_event *event, struct sale_effects *effects)
{
    const struct terminal_message *message = event->heard.message;
    int64_t now_ms = event->heard.now_ms;

    if (message->type == TERMINAL_OFFER) {
        take_offer(sale, &message->offer, now_ms, effects);
    } else if (message->type == TERMINAL_WITHDRAW) {
        take_withdraw(sale, message->withdraw, effects);
    } else if (message->type == TERMINAL_GO) {
        take_go(sale, message->go, now_ms, effects);
    } else if (message->type == TERMINAL_OUTCOME) {
        take_outcome(sale, &message->outcome, effects);
    } else if (message->type == TERMINAL_PAYMENT_ENDED) {
        take_payment_ended(sale, &message->payment_ended, effects);
    } else if (message->type == TERMINAL_RESUME) {
        take_resume(sale, &message->resume, effects);
    } else if (message->type == TERMINAL_CANCEL_REQUESTED) {
        take_cancel_requested(sale, &message->cancel_requested, effects);
    } else {
        assert(message->type == TERMINAL_RESULT_REFUSED);
        take_result_refused(sale, &message->result_refused, effects);
    }
}
