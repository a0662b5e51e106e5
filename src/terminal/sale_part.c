/* The small steps that the moves of a sale are made of. */
#include "terminal/sale_part.h"

#include <assert.h>

/* From where each state may be entered. */
static const unsigned from_states[SALE_STATES] = {
    [SALE_IDLE] = SALE_BIT(SALE_OFFERED) | SALE_STARTED,
    [SALE_OFFERED] = SALE_BIT(SALE_IDLE),
    [SALE_STARTING] = SALE_BIT(SALE_OFFERED),
    [SALE_CARD] = SALE_BIT(SALE_STARTING) | SALE_BIT(SALE_RETRY),
    [SALE_PIN] = SALE_BIT(SALE_CARD) | SALE_BIT(SALE_RETRY),
    [SALE_DECIDING] = SALE_BIT(SALE_CARD) | SALE_BIT(SALE_PIN) | SALE_BIT(SALE_RETRY),
    [SALE_KEEPING] = SALE_BIT(SALE_STARTING) | SALE_CANCELLABLE | SALE_BIT(SALE_DECIDING),
    [SALE_SAYING] = SALE_BIT(SALE_KEEPING),
    [SALE_RETRY] = SALE_BIT(SALE_SAYING),
    [SALE_OVER] = SALE_STARTED & ~SALE_BIT(SALE_OVER),
};

bool sale_is_in(const struct sale *sale, unsigned set)
{
    return (set & SALE_BIT(sale->state)) != 0;
}

/* The one place where the state changes. */
void sale_move(struct sale *sale, enum sale_state to)
{
    assert(sale_is_in(sale, from_states[to]));
    sale->state = to;
}

bool sale_has(const struct sale *sale, int64_t payment)
{
    return sale_is_in(sale, SALE_STARTED) && sale->record.payment == payment;
}

struct sale_effect *sale_add(struct sale_effects *effects, enum sale_effect_kind kind)
{
    struct sale_effect *effect = &effects->list[effects->count];

    assert(effects->count < SALE_EFFECTS_MAX);
    effects->count++;
    *effect = (struct sale_effect){.kind = kind};
    return effect;
}

void sale_send(const struct sale *sale, enum terminal_message_type type, const char *word,
               struct sale_effects *effects)
{
    struct sale_effect *effect;

    if (!sale->online) {
        return;
    }
    effect = sale_add(effects, SALE_SEND);
    effect->send.type = type;
    effect->send.payment = sale->record.payment;
    effect->send.word = word;
}

struct sale_effect *sale_say(const struct sale *sale, enum sale_saying what,
                             struct sale_effects *effects)
{
    struct sale_effect *effect = sale_add(effects, SALE_SAY);

    effect->say.what = what;
    effect->say.payment = sale->record.payment;
    effect->say.attempt = sale->record.attempt;
    effect->say.record = &sale->record;
    effect->say.card = &sale->record.card;
    return effect;
}

void sale_say_word(const struct sale *sale, enum sale_saying what, const char *word,
                   struct sale_effects *effects)
{
    sale_say(sale, what, effects)->say.word = slice_of(word);
}

void sale_wait(enum sale_timer timer, int64_t delay_ms, struct sale_effects *effects)
{
    struct sale_effect *effect = sale_add(effects, SALE_WAIT);

    effect->wait.timer = timer;
    effect->wait.delay_ms = delay_ms;
}

void sale_arm_backstop(const struct sale *sale, struct sale_effects *effects)
{
    sale_wait(SALE_TIMER_BACKSTOP,
              (sale->record.time_limit_seconds + SALE_BACKSTOP_SPARE_SECONDS) * 1000, effects);
}

void sale_keep(struct sale *sale, struct sale_effects *effects)
{
    sale_move(sale, SALE_KEEPING);
    (void)sale_add(effects, SALE_STORE);
}

void sale_cancel(struct sale *sale, enum payment_reason by, struct sale_effects *effects)
{
    sale->record.unsent = UNSENT_CANCEL;
    sale->record.by = by;
    sale_keep(sale, effects);
}

void sale_drop_offer(struct sale *sale, const char *why, struct sale_effects *effects)
{
    sale_say_word(sale, SALE_SAY_WITHDRAWN, why, effects);
    sale_add(effects, SALE_STOP)->stop = SALE_TIMER_STEP;
    sale->record = (struct sale_record){0};
    sale_move(sale, SALE_IDLE);
}

void sale_offer_retry(struct sale *sale, struct sale_effects *effects)
{
    sale->record.unsent = UNSENT_NOTHING; /* answered; the disk may go on saying it */
    sale_arm_backstop(sale, effects);
    sale_move(sale, SALE_RETRY);
    if (sale->cancel_asked != REASON_NONE) {
        sale_cancel(sale, sale->cancel_asked, effects);
    } else if (person_decide(&sale->person, PERSON_AT_RETRY, sale->record.attempt) !=
               PERSON_WAITS) {
        sale_wait(SALE_TIMER_STEP, sale->person.delay_ms, effects);
    }
}

void sale_forget(struct sale *sale, struct sale_effects *effects)
{
    sale->record = (struct sale_record){0};
    sale->card = (struct card){0};
    sale->cancel_asked = REASON_NONE;
    sale_move(sale, SALE_IDLE);
    (void)sale_add(effects, SALE_STORE);
    sale_add(effects, SALE_STOP)->stop = SALE_TIMER_STEP;
    sale_add(effects, SALE_STOP)->stop = SALE_TIMER_BACKSTOP;
}
