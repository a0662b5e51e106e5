/* For the files of the life alone: its states in sets, and its small steps. */
#ifndef TERMINAL_LIFE_PART_H
#define TERMINAL_LIFE_PART_H

#include "terminal/life.h"

#define LIFE_BIT(state) (1U << (state))
enum {
    LIFE_WELCOMED = LIFE_BIT(LIFE_STORING) | LIFE_BIT(LIFE_REGISTERED) | LIFE_BIT(LIFE_READYING) |
                    LIFE_BIT(LIFE_READY),
    /* hello was sent, and we listen to what the server says */
    LIFE_TALKING = LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_DELIVERING) | LIFE_BIT(LIFE_LOGGING_IN) |
                   LIFE_BIT(LIFE_LOG_IN_PAUSE) | LIFE_WELCOMED | LIFE_BIT(LIFE_LOGGING_OUT),
    LIFE_CONNECTED = LIFE_BIT(LIFE_CONNECTING) | LIFE_TALKING,
    /* payments may be talked of, or just could: the server may not know yet */
    LIFE_HEARS_PAYMENTS = LIFE_WELCOMED | LIFE_BIT(LIFE_DELIVERING) | LIFE_BIT(LIFE_LOGGING_OUT) |
                          LIFE_BIT(LIFE_LOGGING_IN) | LIFE_BIT(LIFE_LOG_IN_PAUSE),
};

bool life_is_in(const struct life *life, unsigned set);
/* The one place where the state changes; asserts that the move is allowed. */
void life_move(struct life *life, enum life_state to);

struct life_effect *life_add(struct life_effects *effects, enum life_effect_kind kind);
void life_send(struct life_effects *effects, enum terminal_message_type type);
void life_say(struct life_effects *effects, enum life_saying what, const char *word,
              struct slice text);
/* `what` of an event that has no words of its own. */
void life_say_plainly(struct life_effects *effects, enum life_saying what);
void life_store(struct life *life, struct life_effects *effects);
void life_wait(struct life *life, uint32_t least_ms, struct life_effects *effects);
void life_give_up(struct life *life, int exit_code, struct life_effects *effects);
void life_finish_with(struct life *life, int exit_code, struct life_effects *effects);
void life_drop_log_in(struct life *life, struct life_effects *effects);
/* True, and remembered, when `now` is not what `last` holds. */
bool life_differs(char last[LIFE_REASON_SIZE], struct slice now);
void life_be_replaced(struct life *life, struct life_effects *effects);
/* LIFE_SAY_REMOVED or LIFE_SAY_REVOKED. */
void life_be_removed(struct life *life, enum life_saying what, struct life_effects *effects);
void life_hang_up(struct life *life, const char *why, struct slice what,
                  struct life_effects *effects);

/* life_sale.c: something happens to its payment; nothing after LIFE_CLOSING. */
void life_sale(struct life *life, const struct sale_event *event, struct life_effects *effects);
void life_sale_plain(struct life *life, enum sale_event_kind kind, struct life_effects *effects);

/* life_message.c: logs in as life->wanted says; after what is new was stored, and a message in any
 * state. */
void life_log_in(struct life *life, struct life_effects *effects);
void life_go_on(struct life *life, struct life_effects *effects);
void life_take(struct life *life, const struct life_event *event, struct life_effects *effects);

#endif
