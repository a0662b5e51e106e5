/* The table of a payment, and its moves.
 *
 * Thought through for each pair of state and event:
 *
 * - Before go no card can have been taken, so whatever goes wrong with an offer
 *   makes it REFUSED: nothing was sold, and its key is free.
 * - With the server's authority the server ends a payment by its own word, for
 *   a card that is presented after that is not charged. Only while the processor
 *   decides (AUTHORISING) is everybody else too late: the card may be charged
 *   already, and the POS can at most have an approval reversed.
 * - With the terminal's authority the server can only ask. A cancel and a time
 *   that is over leave the state as it is and ask; no answer in time makes it
 *   UNKNOWN, never ended. So it is never AUTHORISING either: the server learns
 *   of a card with its outcome.
 * - UNKNOWN is left by the authority's word or an administrator's, nobody else's.
 *   Whose device was removed while the server authorised cannot try again: a
 *   decline ends it.
 * - A decline makes a transaction; whatever ends the payment after it, it ends
 *   DECLINED. terminalCancel is for those that end without any transaction.
 * - What is final stays. What was said before is told apart from what crossed
 *   with the end, and both from an authority that contradicts itself: money may
 *   have moved then, and a person must look.
 *
 * An attempt that has its outcome was approved if it is the last one of a
 * payment that was approved (or reversed), and declined otherwise: so what is
 * on record of each attempt follows from the payment. */
#include "core/payment.h"

#include <assert.h>

struct payment payment_make(enum payment_kind kind, enum payment_authority authority,
                            int64_t now_ms)
{
    assert(kind < PAYMENT_KINDS && authority <= AUTHORITY_TERMINAL);
    return (struct payment){
        .kind = kind,
        .authority = authority,
        .state = PAYMENT_OFFERED,
        .deadline_ms = now_ms + PAYMENT_OFFER_MS,
    };
}

bool payment_is_final(enum payment_state state)
{
    assert(state < PAYMENT_STATES);
    return state >= PAYMENT_APPROVED;
}

/* --- What a move comes to ------------------------------------------------------ */

static struct payment_step nothing(enum payment_verdict verdict)
{
    return (struct payment_step){.verdict = verdict};
}

static struct payment_step taken(unsigned effects)
{
    return (struct payment_step){.verdict = PAYMENT_TAKEN, .effects = effects};
}

static struct payment_step wait_in(struct payment *payment, enum payment_state state,
                                   int64_t deadline_ms, unsigned effects)
{
    payment->state = state;
    payment->deadline_ms = deadline_ms;
    return taken(effects);
}

static struct payment_step end_as(struct payment *payment, enum payment_state state,
                                  enum payment_reason reason, unsigned effects)
{
    assert(payment_is_final(state));
    payment->reason = reason;
    payment->cancel_asked = REASON_NONE;
    return wait_in(payment, state, 0, effects);
}

/* It ends without an approval, by somebody's wish or time's. */
static struct payment_step give_up(struct payment *payment, enum payment_reason by)
{
    if (payment->declined) {
        return end_as(payment, PAYMENT_DECLINED, by, EFFECT_TELL);
    }
    return end_as(payment, by == REASON_TIME ? PAYMENT_EXPIRED : PAYMENT_CANCELLED, by,
                  EFFECT_TERMINAL_CANCEL | EFFECT_TELL);
}

static struct payment_step approve(struct payment *payment)
{
    if (payment->reverse_if_approved) {
        /* Also where the terminal decided: it is told that the payment was
         * cancelled by the POS, and its application takes the charge back. */
        payment->reversed = true;
        return end_as(payment, PAYMENT_CANCELLED, REASON_POS,
                      EFFECT_TRANSACTION | EFFECT_REVERSE | EFFECT_TELL);
    }
    return end_as(payment, PAYMENT_APPROVED, REASON_NONE, EFFECT_TRANSACTION | EFFECT_TELL);
}

static struct payment_step decline(struct payment *payment, int64_t now_ms)
{
    const unsigned effects = EFFECT_TRANSACTION | EFFECT_TELL;
    bool is_ours = payment->authority == AUTHORITY_SERVER;

    payment->declined = true;
    if (payment->attempt >= PAYMENT_ATTEMPTS_MAX) {
        return end_as(payment, PAYMENT_DECLINED, REASON_NONE, effects);
    }
    if (is_ours && payment->reverse_if_approved) {
        return end_as(payment, PAYMENT_DECLINED, REASON_POS, effects);
    }
    if (is_ours && payment->state == PAYMENT_UNKNOWN) {
        return end_as(payment, PAYMENT_DECLINED, REASON_ADMINISTRATOR, effects);
    }
    if (payment->cancel_asked != REASON_NONE) {
        /* The terminal may offer Try again until it has answered. */
        return wait_in(payment, PAYMENT_RETRY, now_ms + PAYMENT_CANCEL_MS,
                       effects | EFFECT_ASK_CANCEL);
    }
    return wait_in(payment, PAYMENT_RETRY, now_ms + PAYMENT_LIMIT_MS, effects);
}

/* The authority speaks of an attempt that has its outcome. */
static struct payment_step compare(const struct payment *payment, uint32_t number, bool approved)
{
    bool was_approved =
        (payment->state == PAYMENT_APPROVED || payment->reversed) && number == payment->attempt;

    return nothing(approved == was_approved ? PAYMENT_REPEATED : PAYMENT_CONTRADICTED);
}

/* --- Moves that change nothing --------------------------------------------------- */

static struct payment_step bug(struct payment *payment, const struct payment_event *event)
{
    (void)payment;
    (void)event;
    return nothing(PAYMENT_UNEXPECTED);
}

static struct payment_step late(struct payment *payment, const struct payment_event *event)
{
    (void)payment;
    (void)event;
    return nothing(PAYMENT_LATE);
}

static struct payment_step same(struct payment *payment, const struct payment_event *event)
{
    (void)payment;
    (void)event;
    return nothing(PAYMENT_REPEATED);
}

/* --- Moves of an offer ------------------------------------------------------------ */

static struct payment_step refuse_as(struct payment *payment, enum payment_reason reason)
{
    return end_as(payment, PAYMENT_REFUSED, reason, EFFECT_WITHDRAW | EFFECT_FREE_KEY);
}

/* The terminal did not show it, or the offer's time is over. */
static struct payment_step miss(struct payment *payment, const struct payment_event *event)
{
    (void)event;
    return refuse_as(payment, REASON_NOT_SHOWN);
}

/* An offer that has died is not woken: the terminal has forgotten it, and would
 * not act upon go. */
static struct payment_step go(struct payment *payment, const struct payment_event *event)
{
    if (event->now_ms >= payment->deadline_ms) {
        return miss(payment, event);
    }
    return wait_in(payment, PAYMENT_DISPLAYED, event->now_ms + PAYMENT_LIMIT_MS, EFFECT_GO);
}

static struct payment_step void_pos(struct payment *payment, const struct payment_event *event)
{
    (void)event;
    return refuse_as(payment, REASON_POS);
}

static struct payment_step void_gone(struct payment *payment, const struct payment_event *event)
{
    (void)event;
    return refuse_as(payment, REASON_ADMINISTRATOR);
}

/* What a terminal may name: the POS and the administrator only where it was for
 * the terminal to decide, and they had to ask it. */
static bool may_name(const struct payment *payment, enum payment_reason by)
{
    static const bool ITS_OWN[PAYMENT_REASONS] = {
        [REASON_CUSTOMER] = true,
        [REASON_CASHIER] = true,
        [REASON_TIME] = true,
        [REASON_LOST] = true,
    };
    bool is_asked = payment->authority == AUTHORITY_TERMINAL;

    assert(by < PAYMENT_REASONS);
    return ITS_OWN[by] || (is_asked && (by == REASON_POS || by == REASON_ADMINISTRATOR));
}

static struct payment_step void_here(struct payment *payment, const struct payment_event *event)
{
    return may_name(payment, event->by) ? refuse_as(payment, event->by)
                                        : nothing(PAYMENT_UNEXPECTED);
}

/* --- Moves of every payment that got its go ------------------------------------------ */

/* TERMINAL_CANCEL */
static struct payment_step quit(struct payment *payment, const struct payment_event *event)
{
    return may_name(payment, event->by) ? give_up(payment, event->by) : nothing(PAYMENT_UNEXPECTED);
}

/* REMOVED: from now on its terminal can be asked nothing; it may still come back
 * with what it knows. */
static struct payment_step lose(struct payment *payment, const struct payment_event *event)
{
    unsigned effects = 0;

    (void)event;
    if (payment->authority == AUTHORITY_TERMINAL) {
        if (payment->cancel_asked == REASON_NONE) {
            payment->cancel_asked = REASON_ADMINISTRATOR;
        }
        effects = EFFECT_ASK_CANCEL;
    }
    return wait_in(payment, PAYMENT_UNKNOWN, 0, effects);
}

/* A terminal that decides had a card of which we have not heard: the next
 * attempt. A person who has seen its journal or the card's statement says so.
 * Nobody is left to take a charge back that the POS wanted reversed, so it stands
 * as what it is. */
static struct payment_step settle_unheard(struct payment *payment, enum payment_state state)
{
    const unsigned effects = EFFECT_TRANSACTION | EFFECT_TELL;

    payment->attempt++;
    payment->declined = payment->declined || state == PAYMENT_DECLINED;
    return end_as(payment, state, REASON_ADMINISTRATOR, effects);
}

/* RESOLVED of an UNKNOWN one. What a person says goes to the attempt that has no
 * outcome; one that has it keeps it. */
static struct payment_step settle(struct payment *payment, const struct payment_event *event)
{
    enum payment_state state = event->resolved_state;
    bool is_undecided = payment->attempt > 0 && event->last_undecided;
    unsigned effects = EFFECT_TELL;
    struct payment_step step;

    if (state == PAYMENT_CANCELLED) {
        return give_up(payment, REASON_ADMINISTRATOR);
    }
    if (payment->authority == AUTHORITY_TERMINAL &&
        (state == PAYMENT_APPROVED || (state == PAYMENT_DECLINED && !payment->declined))) {
        return settle_unheard(payment, state);
    }
    if (state == PAYMENT_APPROVED && is_undecided) {
        step = approve(payment);
        payment->reason = payment->reversed ? REASON_POS : REASON_ADMINISTRATOR;
        return step;
    }
    if (state == PAYMENT_DECLINED && (is_undecided || payment->declined)) {
        payment->declined = true;
        effects |= is_undecided ? EFFECT_TRANSACTION : 0;
        return end_as(payment, PAYMENT_DECLINED, REASON_ADMINISTRATOR, effects);
    }
    return nothing(PAYMENT_UNEXPECTED);
}

/* --- Moves of the server's authority -------------------------------------------------- */

/* ATTEMPT */
static struct payment_step present(struct payment *payment, const struct payment_event *event)
{
    uint32_t number = event->attempt.number;
    int64_t due_ms = event->attempt.due_ms;

    if (number == 0 || number > payment->attempt + 1) {
        return nothing(PAYMENT_UNEXPECTED);
    }
    if (number <= payment->attempt) {
        return nothing(PAYMENT_REPEATED);
    }
    payment->attempt = number;
    return wait_in(payment, PAYMENT_AUTHORISING, due_ms > event->now_ms ? due_ms : event->now_ms,
                   EFFECT_AUTHORISE);
}

/* ATTEMPT while one is being decided: the next may only follow its outcome. */
static struct payment_step present_twice(struct payment *payment, const struct payment_event *event)
{
    uint32_t number = event->attempt.number;

    return nothing(number > 0 && number <= payment->attempt ? PAYMENT_REPEATED
                                                            : PAYMENT_UNEXPECTED);
}

/* ATTEMPT when no card is taken any more: what is presented now is not charged. */
static struct payment_step present_late(struct payment *payment, const struct payment_event *event)
{
    return event->attempt.number == payment->attempt + 1 ? nothing(PAYMENT_LATE)
                                                         : present_twice(payment, event);
}

/* OUTCOME, in any state */
static struct payment_step decide(struct payment *payment, const struct payment_event *event)
{
    uint32_t number = event->attempt.number;
    bool is_undecided = payment->state == PAYMENT_AUTHORISING ||
                        (payment->state == PAYMENT_UNKNOWN && event->last_undecided);

    if (number == 0 || number > payment->attempt) {
        return nothing(PAYMENT_UNEXPECTED);
    }
    if (number < payment->attempt || !is_undecided) {
        return compare(payment, number, event->attempt.approved);
    }
    return event->attempt.approved ? approve(payment) : decline(payment, event->now_ms);
}

static struct payment_step end_pos(struct payment *payment, const struct payment_event *event)
{
    (void)event;
    return give_up(payment, REASON_POS);
}

static struct payment_step end_time(struct payment *payment, const struct payment_event *event)
{
    (void)event;
    return give_up(payment, REASON_TIME);
}

/* POS_CANCEL while the processor decides: too late for all but a reversal. */
static struct payment_step reverse(struct payment *payment, const struct payment_event *event)
{
    if (!event->reverse_if_approved) {
        return nothing(PAYMENT_LATE);
    }
    if (payment->reverse_if_approved) {
        return nothing(PAYMENT_REPEATED);
    }
    payment->reverse_if_approved = true;
    return taken(0);
}

/* --- Moves of the terminal's authority -------------------------------------------------- */

/* RESULT */
static struct payment_step hear(struct payment *payment, const struct payment_event *event)
{
    uint32_t number = event->attempt.number;

    if (number == 0 || number > payment->attempt + 1) {
        return nothing(PAYMENT_UNEXPECTED);
    }
    if (number <= payment->attempt) {
        return compare(payment, number, event->attempt.approved);
    }
    payment->attempt = number;
    return event->attempt.approved ? approve(payment) : decline(payment, event->now_ms);
}

/* RESULT when it has ended. One that is new and declined changes nothing for
 * anybody; numbers may be missing before it, for none was taken since the end. */
static struct payment_step hear_late(struct payment *payment, const struct payment_event *event)
{
    uint32_t number = event->attempt.number;

    if (number == 0) {
        return nothing(PAYMENT_UNEXPECTED);
    }
    if (number <= payment->attempt) {
        return compare(payment, number, event->attempt.approved);
    }
    return nothing(event->attempt.approved ? PAYMENT_CONTRADICTED : PAYMENT_LATE);
}

/* POS_CANCEL: the terminal is asked once; asking again gives it no more time. */
static struct payment_step ask_pos(struct payment *payment, const struct payment_event *event)
{
    bool is_asked = payment->cancel_asked != REASON_NONE;
    bool is_new = event->reverse_if_approved && !payment->reverse_if_approved;

    payment->reverse_if_approved |= is_new;
    if (is_asked) {
        return is_new ? taken(0) : nothing(PAYMENT_REPEATED);
    }
    payment->cancel_asked = REASON_POS;
    return wait_in(payment, payment->state, event->now_ms + PAYMENT_CANCEL_MS, EFFECT_ASK_CANCEL);
}

/* POS_CANCEL of an UNKNOWN one: it does no harm to ask as often as the POS wants. */
static struct payment_step ask_again(struct payment *payment, const struct payment_event *event)
{
    payment->cancel_asked = REASON_POS;
    payment->reverse_if_approved |= event->reverse_if_approved;
    return taken(EFFECT_ASK_CANCEL);
}

/* TIME: first it is asked, then nobody knows. */
static struct payment_step ask_time(struct payment *payment, const struct payment_event *event)
{
    if (payment->cancel_asked != REASON_NONE) {
        return wait_in(payment, PAYMENT_UNKNOWN, 0, 0);
    }
    payment->cancel_asked = REASON_TIME;
    return wait_in(payment, payment->state, event->now_ms + PAYMENT_CANCEL_MS, EFFECT_ASK_CANCEL);
}

/* --- The table ---------------------------------------------------------------------------- */

/* clang-format off */
static struct payment_step (*const MOVES[][PAYMENT_STATES][PAYMENT_EVENTS])(
    struct payment *payment, const struct payment_event *event) = {
#define OFFER \
                           {go,   miss,  bug,           bug,    bug,       void_here, void_pos,  miss,     void_gone, late}
#define SERVER_FINAL \
                           {late, late,  present_late,  decide, bug,       late,      late,      late,     late,      late}
#define TERMINAL_FINAL \
                           {late, late,  bug,           bug,    hear_late, late,      late,      late,     late,      late}
    [AUTHORITY_SERVER] = {
        /*                  SHOWN NOT_SHOWN ATTEMPT     OUTCOME RESULT     TERMINAL_  POS_       TIME      REMOVED    RESOLVED
         *                                                                 CANCEL     CANCEL */
        [PAYMENT_OFFERED] = OFFER,
        [PAYMENT_DISPLAYED] =
                           {same, late,  present,       decide, bug,       quit,      end_pos,   end_time, lose,      late},
        [PAYMENT_AUTHORISING] =
                           {late, late,  present_twice, decide, bug,       late,      reverse,   late,     lose,      late},
        [PAYMENT_RETRY] =
                           {late, late,  present,       decide, bug,       quit,      end_pos,   end_time, lose,      late},
        [PAYMENT_UNKNOWN] =
                           {late, late,  present_late,  decide, bug,       late,      reverse,   late,     same,      settle},
        [PAYMENT_APPROVED] = SERVER_FINAL,
        [PAYMENT_DECLINED] = SERVER_FINAL,
        [PAYMENT_CANCELLED] = SERVER_FINAL,
        [PAYMENT_EXPIRED] = SERVER_FINAL,
        [PAYMENT_REFUSED] = SERVER_FINAL,
    },
    [AUTHORITY_TERMINAL] = {
        [PAYMENT_OFFERED] = OFFER,
        [PAYMENT_DISPLAYED] =
                           {same, late,  bug,           bug,    hear,      quit,      ask_pos,   ask_time, lose,      late},
        [PAYMENT_AUTHORISING] = /* never */
                           {bug,  bug,   bug,           bug,    bug,       bug,       bug,       bug,      bug,       bug},
        [PAYMENT_RETRY] =
                           {late, late,  bug,           bug,    hear,      quit,      ask_pos,   ask_time, lose,      late},
        [PAYMENT_UNKNOWN] =
                           {late, late,  bug,           bug,    hear,      quit,      ask_again, late,     same,      settle},
        [PAYMENT_APPROVED] = TERMINAL_FINAL,
        [PAYMENT_DECLINED] = TERMINAL_FINAL,
        [PAYMENT_CANCELLED] = TERMINAL_FINAL,
        [PAYMENT_EXPIRED] = TERMINAL_FINAL,
        [PAYMENT_REFUSED] = TERMINAL_FINAL,
    },
#undef OFFER
#undef SERVER_FINAL
#undef TERMINAL_FINAL
};
/* clang-format on */

struct payment_step payment_step(struct payment *payment, const struct payment_event *event)
{
    assert(payment->authority <= AUTHORITY_TERMINAL && payment->state < PAYMENT_STATES);
    assert(event->kind < PAYMENT_EVENTS);
    return MOVES[payment->authority][payment->state][event->kind](payment, event);
}
