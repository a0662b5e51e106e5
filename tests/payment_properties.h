/* What holds of a payment whatever is said, in whatever order: a walk keeps a
 * record of its own of what the effects have brought about, and says which rule
 * a step has broken. For tests that walk at random, and for the fuzzer. */
#ifndef PAYMENT_PROPERTIES_H
#define PAYMENT_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/payment.h"

enum walk_outcome { WALK_NONE, WALK_UNDECIDED, WALK_DECLINED, WALK_APPROVED };

struct walk {
    struct payment payment;
    int64_t now_ms;
    /* what the effects have come to */
    enum walk_outcome attempts[PAYMENT_ATTEMPTS_MAX + 1]; /* by number */
    unsigned gos;
    unsigned declines;
    unsigned approvals;
    unsigned reversals;
    unsigned terminal_cancels;
};

/* From bytes, or from chance. */
struct walk_choice {
    uint8_t kind;
    uint8_t number;
    uint8_t what;
};

static inline struct walk walk_begin(enum payment_authority authority)
{
    struct walk walk = {.now_ms = 1000000};

    walk.payment = payment_make(PAYMENT_PURCHASE, authority, walk.now_ms);
    return walk;
}

/* An event that could be said, and some that should not. The store's word,
 * `last_undecided`, is true. */
static inline struct payment_event walk_event(struct walk *walk, struct walk_choice choice)
{
    static const int64_t due_ms[] = {-1000, 0, 10000, 20000};
    const struct payment *payment = &walk->payment;
    struct payment_event event = {.kind = choice.kind % PAYMENT_EVENTS};

    walk->now_ms += choice.number == UINT8_MAX ? choice.what * 1000 : choice.what;
    event.now_ms = walk->now_ms;
    event.last_undecided =
        payment->attempt > 0 && walk->attempts[payment->attempt] == WALK_UNDECIDED;
    switch ((int)event.kind) {
    case PAYMENT_ATTEMPT:
    case PAYMENT_OUTCOME:
    case PAYMENT_RESULT:
        event.attempt.number = choice.number < 128 ? payment->attempt + choice.number % 2
                                                   : payment->attempt + choice.number % 5 - 2;
        event.attempt.approved = choice.what % 3 == 0;
        event.attempt.due_ms = walk->now_ms + due_ms[choice.what % 4];
        break;
    case PAYMENT_TERMINAL_CANCEL:
        event.by = choice.what % PAYMENT_REASONS;
        break;
    case PAYMENT_POS_CANCEL:
        event.reverse_if_approved = choice.what % 2 == 0;
        break;
    case PAYMENT_RESOLVED:
        event.resolved_state = choice.what % PAYMENT_STATES;
        break;
    default:
        break;
    }
    return event;
}

/* --- What the effects bring about ------------------------------------------------ */

static inline bool walk_has(struct payment_step step, enum payment_effect effect)
{
    return (step.effects & effect) != 0;
}

/* A transaction stands for one attempt, once, and comes after go. */
static inline const char *walk_book(struct walk *walk)
{
    const struct payment *payment = &walk->payment;
    bool is_approved = payment->state == PAYMENT_APPROVED || payment->reversed;
    enum walk_outcome *outcome = &walk->attempts[payment->attempt];

    if (walk->gos != 1) {
        return "a transaction without go";
    }
    if (payment->attempt == 0) {
        return "a transaction without an attempt";
    }
    if (*outcome == WALK_DECLINED || *outcome == WALK_APPROVED) {
        return "a second transaction of an attempt";
    }
    *outcome = is_approved ? WALK_APPROVED : WALK_DECLINED;
    walk->approvals += is_approved;
    walk->declines += !is_approved;
    return walk->approvals > 1 ? "two approved transactions" : NULL;
}

static inline const char *walk_do(struct walk *walk, struct payment_step step)
{
    const struct payment *payment = &walk->payment;
    const char *broken = NULL;

    walk->gos += walk_has(step, EFFECT_GO);
    walk->reversals += walk_has(step, EFFECT_REVERSE);
    walk->terminal_cancels += walk_has(step, EFFECT_TERMINAL_CANCEL);
    if (walk_has(step, EFFECT_AUTHORISE)) {
        if (walk->attempts[payment->attempt] != WALK_NONE) {
            return "an attempt is authorised twice";
        }
        walk->attempts[payment->attempt] = WALK_UNDECIDED;
    }
    if (walk_has(step, EFFECT_TRANSACTION)) {
        broken = walk_book(walk);
    }
    return broken;
}

/* --- What holds ---------------------------------------------------------------------- */

#define WALK_MUST(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return #condition;                                                                     \
        }                                                                                          \
    } while (0)

/* Of any payment at any time. */
static inline const char *walk_check_state(const struct walk *walk)
{
    const struct payment *payment = &walk->payment;
    bool is_ours = payment->authority == AUTHORITY_SERVER;
    bool is_final = payment_is_final(payment->state);
    bool is_timeless = is_final || payment->state == PAYMENT_UNKNOWN;

    WALK_MUST((payment->deadline_ms == 0) == is_timeless);
    WALK_MUST(is_final || payment->reason == REASON_NONE);
    WALK_MUST(!is_final || payment->cancel_asked == REASON_NONE);
    WALK_MUST(!is_ours || payment->cancel_asked == REASON_NONE);
    WALK_MUST(is_ours || payment->state != PAYMENT_AUTHORISING);
    WALK_MUST(payment->attempt <= PAYMENT_ATTEMPTS_MAX);
    WALK_MUST(payment->declined == (walk->declines > 0));
    WALK_MUST(payment->reversed == (walk->reversals == 1));
    WALK_MUST(walk->gos ==
              (payment->state != PAYMENT_OFFERED && payment->state != PAYMENT_REFUSED));
    WALK_MUST(payment->state != PAYMENT_RETRY || payment->declined);
    WALK_MUST(payment->state != PAYMENT_DECLINED || payment->declined);
    WALK_MUST(payment->state != PAYMENT_EXPIRED || payment->reason == REASON_TIME);
    WALK_MUST((walk->approvals == 1) == (payment->state == PAYMENT_APPROVED || payment->reversed));
    WALK_MUST(!payment->reversed || payment->state == PAYMENT_CANCELLED);
    return NULL;
}

/* terminalCancel: exactly of those that had their go and end without any
 * transaction; once, with the end. */
static inline const char *walk_check_end(const struct walk *walk, struct payment_step step)
{
    bool is_silent = walk->gos == 1 && walk->declines + walk->approvals == 0;

    WALK_MUST(walk->terminal_cancels <= 1);
    if (payment_is_final(walk->payment.state)) {
        WALK_MUST((walk->terminal_cancels == 1) == is_silent);
        WALK_MUST(walk_has(step, EFFECT_TERMINAL_CANCEL) == is_silent);
        WALK_MUST(walk_has(step, EFFECT_FREE_KEY) == (walk->gos == 0));
        WALK_MUST(walk_has(step, EFFECT_WITHDRAW) == (walk->gos == 0));
        WALK_MUST(walk_has(step, EFFECT_TELL) == (walk->gos == 1));
    } else {
        WALK_MUST(walk->terminal_cancels == 0);
        WALK_MUST(!walk_has(step, EFFECT_FREE_KEY | EFFECT_WITHDRAW));
    }
    return NULL;
}

/* Who may end a payment that got its go. */
static inline const char *walk_check_authority(const struct payment *before,
                                               const struct payment *after,
                                               enum payment_event_kind kind)
{
    bool is_decided = payment_is_final(after->state) && before->state != PAYMENT_OFFERED;
    bool is_pending = before->state == PAYMENT_AUTHORISING || before->state == PAYMENT_UNKNOWN;

    if (!is_decided) {
        return NULL;
    }
    if (after->authority == AUTHORITY_TERMINAL) {
        WALK_MUST(kind == PAYMENT_RESULT || kind == PAYMENT_TERMINAL_CANCEL ||
                  kind == PAYMENT_RESOLVED);
    } else if (is_pending) {
        WALK_MUST(kind == PAYMENT_OUTCOME || kind == PAYMENT_RESOLVED);
    }
    WALK_MUST(after->state != PAYMENT_APPROVED || kind == PAYMENT_OUTCOME ||
              kind == PAYMENT_RESULT || kind == PAYMENT_RESOLVED);
    WALK_MUST(kind != PAYMENT_RESOLVED || before->state == PAYMENT_UNKNOWN);
    return NULL;
}

static inline const char *walk_check_move(const struct payment *before, const struct payment *after,
                                          struct payment_step step, int64_t now_ms)
{
    WALK_MUST(!payment_is_final(before->state));
    WALK_MUST(before->kind == after->kind && before->authority == after->authority);
    WALK_MUST(after->attempt == before->attempt || after->attempt == before->attempt + 1);
    WALK_MUST(after->reverse_if_approved || !before->reverse_if_approved);
    WALK_MUST(after->declined || !before->declined);
    WALK_MUST(!walk_has(step, EFFECT_GO) ||
              (before->state == PAYMENT_OFFERED && after->state == PAYMENT_DISPLAYED &&
               now_ms < before->deadline_ms));
    WALK_MUST(walk_has(step, EFFECT_AUTHORISE) ==
              (before->state != PAYMENT_AUTHORISING && after->state == PAYMENT_AUTHORISING));
    WALK_MUST(!walk_has(step, EFFECT_ASK_CANCEL) || after->cancel_asked != REASON_NONE);
    /* What a person has seen charged by a terminal that decides stays charged. */
    WALK_MUST(after->state != PAYMENT_APPROVED || !after->reverse_if_approved ||
              (after->authority == AUTHORITY_TERMINAL && after->reason == REASON_ADMINISTRATOR));
    WALK_MUST(after->state == before->state || after->state != PAYMENT_UNKNOWN ||
              !walk_has(step, EFFECT_TELL));
    return NULL;
}

/* An attempt that has its outcome is never taken again, and whether its
 * authority repeats itself is told from whether it contradicts itself. */
static inline const char *walk_check_repeat(const struct walk *walk,
                                            const struct payment_event *event,
                                            enum payment_verdict verdict)
{
    bool is_authority =
        event->kind ==
        (walk->payment.authority == AUTHORITY_SERVER ? PAYMENT_OUTCOME : PAYMENT_RESULT);
    enum walk_outcome outcome;

    if (!is_authority || event->attempt.number > PAYMENT_ATTEMPTS_MAX) {
        return NULL;
    }
    outcome = walk->attempts[event->attempt.number];
    if (outcome == WALK_DECLINED || outcome == WALK_APPROVED) {
        WALK_MUST(verdict == ((outcome == WALK_APPROVED) == event->attempt.approved
                                  ? PAYMENT_REPEATED
                                  : PAYMENT_CONTRADICTED));
    }
    return NULL;
}

static inline const char *walk_first(const char *a, const char *b)
{
    return a != NULL ? a : b;
}

/* NULL, or the rule that this step has broken. */
static inline const char *walk_step(struct walk *walk, const struct payment_event *event,
                                    struct payment_step *step)
{
    struct payment before;
    const char *broken;

    memcpy(&before, &walk->payment, sizeof(before));
    *step = payment_step(&walk->payment, event);
    if (step->verdict != PAYMENT_TAKEN) {
        WALK_MUST(memcmp(&before, &walk->payment, sizeof(before)) == 0);
        WALK_MUST(step->effects == 0);
        return walk_check_repeat(walk, event, step->verdict);
    }
    broken = walk_check_repeat(walk, event, step->verdict);
    broken = walk_first(broken, walk_check_move(&before, &walk->payment, *step, walk->now_ms));
    broken = walk_first(broken, walk_check_authority(&before, &walk->payment, event->kind));
    if (broken != NULL) {
        return broken;
    }
    broken = walk_do(walk, *step);
    broken = walk_first(broken, walk_check_state(walk));
    return walk_first(broken, walk_check_end(walk, *step));
}

#endif
