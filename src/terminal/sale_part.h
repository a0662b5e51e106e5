/* For the files of the sale alone: its small steps. */
#ifndef TERMINAL_SALE_PART_H
#define TERMINAL_SALE_PART_H

#include "terminal/sale.h"

#define SALE_BIT(state) (1U << (state))
enum {
    /* a person may still cancel it: nothing is unanswered, nothing is being decided */
    SALE_CANCELLABLE = SALE_BIT(SALE_CARD) | SALE_BIT(SALE_PIN) | SALE_BIT(SALE_RETRY),
    /* go was taken: it is the server's too until payment_ended */
    SALE_STARTED = SALE_CANCELLABLE | SALE_BIT(SALE_STARTING) | SALE_BIT(SALE_DECIDING) |
                   SALE_BIT(SALE_KEEPING) | SALE_BIT(SALE_SAYING) | SALE_BIT(SALE_OVER),
};

bool sale_is_in(const struct sale *sale, unsigned set);
/* The one place where the state changes; asserts that the move is allowed. */
void sale_move(struct sale *sale, enum sale_state to);
/* Whether this payment is the one that was started here. */
bool sale_has(const struct sale *sale, int64_t payment);

struct sale_effect *sale_add(struct sale_effects *effects, enum sale_effect_kind kind);
/* Only on a connection: else nothing is sent. */
void sale_send(const struct sale *sale, enum terminal_message_type type, const char *word,
               struct sale_effects *effects);
/* `what` of the payment in the record and its last attempt. */
struct sale_effect *sale_say(const struct sale *sale, enum sale_saying what,
                             struct sale_effects *effects);
void sale_say_word(const struct sale *sale, enum sale_saying what, const char *word,
                   struct sale_effects *effects);
void sale_wait(enum sale_timer timer, int64_t delay_ms, struct sale_effects *effects);
void sale_arm_backstop(const struct sale *sale, struct sale_effects *effects);

/* What the record holds now is durable before anything else is said. */
void sale_keep(struct sale *sale, struct sale_effects *effects);
/* Ended here, by `by`, without an approval. */
void sale_cancel(struct sale *sale, enum payment_reason by, struct sale_effects *effects);
/* The offer is not there any more; `why` for the journal. */
void sale_drop_offer(struct sale *sale, const char *why, struct sale_effects *effects);
/* Declined, not final: Try again is offered. */
void sale_offer_retry(struct sale *sale, struct sale_effects *effects);
/* Nothing more happens with it: forget it. */
void sale_forget(struct sale *sale, struct sale_effects *effects);

/* sale_message.c: a message of the server. */
void sale_take(struct sale *sale, const struct sale_event *event, struct sale_effects *effects);

#endif
