/* The small steps that the moves of a life are made of. */
#include "terminal/life_part.h"

#include <assert.h>
#include <string.h>

#include "wire/websocket.h"

/* From where each state may be entered. A log-out can come in any welcomed
 * state, which is why so many lead to LIFE_LOGGING_IN. */
static const unsigned from_states[LIFE_STATES] = {
    [LIFE_OFF] = 0,
    [LIFE_WAITING] = LIFE_CONNECTED | LIFE_BIT(LIFE_HANGING_UP),
    [LIFE_CONNECTING] =
        LIFE_BIT(LIFE_OFF) | LIFE_BIT(LIFE_WAITING) | LIFE_BIT(LIFE_STORING_OFFLINE),
    [LIFE_GREETING] = LIFE_BIT(LIFE_CONNECTING),
    [LIFE_DELIVERING] = LIFE_BIT(LIFE_GREETING),
    [LIFE_LOGGING_IN] = LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_DELIVERING) |
                        LIFE_BIT(LIFE_LOG_IN_PAUSE) | LIFE_WELCOMED | LIFE_BIT(LIFE_LOGGING_OUT),
    [LIFE_LOG_IN_PAUSE] = LIFE_BIT(LIFE_LOGGING_IN),
    [LIFE_STORING] = LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_LOGGING_IN) | LIFE_WELCOMED,
    [LIFE_STORING_OFFLINE] = LIFE_BIT(LIFE_WAITING),
    [LIFE_REGISTERED] =
        LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_LOGGING_IN) | LIFE_BIT(LIFE_STORING),
    [LIFE_READYING] = LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_LOGGING_IN) | LIFE_BIT(LIFE_STORING),
    [LIFE_READY] = LIFE_BIT(LIFE_READYING),
    [LIFE_LOGGING_OUT] =
        LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_STORING) | LIFE_BIT(LIFE_REGISTERED),
    [LIFE_HANGING_UP] = LIFE_TALKING,
    [LIFE_CLOSING] = LIFE_CONNECTED | LIFE_BIT(LIFE_HANGING_UP),
    [LIFE_ENDED] = LIFE_BIT(LIFE_OFF) | LIFE_BIT(LIFE_WAITING) | LIFE_BIT(LIFE_STORING_OFFLINE) |
                   LIFE_CONNECTED | LIFE_BIT(LIFE_HANGING_UP) | LIFE_BIT(LIFE_CLOSING),
};

bool life_is_in(const struct life *life, unsigned set)
{
    return (set & LIFE_BIT(life->state)) != 0;
}

/* The one place where the state changes. */
void life_move(struct life *life, enum life_state to)
{
    assert(life_is_in(life, from_states[to]));
    life->state = to;
}

struct life_effect *life_add(struct life_effects *effects, enum life_effect_kind kind)
{
    struct life_effect *effect = &effects->list[effects->count];

    assert(effects->count < LIFE_EFFECTS_MAX);
    effects->count++;
    *effect = (struct life_effect){.kind = kind};
    return effect;
}

void life_send(struct life_effects *effects, enum terminal_message_type type)
{
    life_add(effects, LIFE_SEND)->send.type = type;
}

void life_say(struct life_effects *effects, enum life_saying what, const char *word,
              struct slice text)
{
    struct life_effect *effect = life_add(effects, LIFE_SAY);

    effect->say.what = what;
    effect->say.word = slice_of(word);
    effect->say.text = text;
}

void life_say_plainly(struct life_effects *effects, enum life_saying what)
{
    life_say(effects, what, "", slice_of(""));
}

void life_store(struct life *life, struct life_effects *effects)
{
    life_add(effects, LIFE_STORE);
    life->storing = true;
}

/* Waits before the next try: what was asked for, and each time up to twice as
 * long on top of it. */
void life_wait(struct life *life, uint32_t least_ms, struct life_effects *effects)
{
    struct life_effect *effect = life_add(effects, LIFE_WAIT);

    effect->wait.least_ms = least_ms;
    effect->wait.spread_ms = life->backoff_ms;
    life->backoff_ms *= 2;
    if (life->backoff_ms > LIFE_BACKOFF_MAX_MS) {
        life->backoff_ms = LIFE_BACKOFF_MAX_MS;
    }
}

void life_give_up(struct life *life, int exit_code, struct life_effects *effects)
{
    life->exit_code = exit_code;
    life_add(effects, LIFE_GIVE_UP)->exit_code = exit_code;
    life_move(life, LIFE_ENDED);
}

/* Ends for good: at once, or after the connection was closed. */
void life_finish_with(struct life *life, int exit_code, struct life_effects *effects)
{
    if (!life_is_in(life, LIFE_CONNECTED | LIFE_BIT(LIFE_HANGING_UP))) {
        life_give_up(life, exit_code, effects);
        return;
    }
    life->exit_code = exit_code;
    life_sale_plain(life, SALE_LOST, effects);
    if (life->state != LIFE_HANGING_UP) { /* there it was asked for already */
        life_add(effects, LIFE_CLOSE)->close_code = WEBSOCKET_CLOSE_NORMAL;
    }
    life_move(life, LIFE_CLOSING);
}

void life_drop_log_in(struct life *life, struct life_effects *effects)
{
    if (life->log_in != LIFE_LOG_IN_NONE) {
        life->log_in = LIFE_LOG_IN_NONE;
        life_add(effects, LIFE_DROP_LOG_IN);
    }
}

/* Copies what fits: only to compare with the next one. */
bool life_differs(char last[LIFE_REASON_SIZE], struct slice now)
{
    size_t length = now.length < LIFE_REASON_SIZE ? now.length : LIFE_REASON_SIZE - 1;

    if (slice_equals(slice_of(last), slice_make(now.bytes, length))) {
        return false;
    }
    if (length > 0) {
        memcpy(last, now.bytes, length);
    }
    last[length] = '\0';
    return true;
}

void life_be_replaced(struct life *life, struct life_effects *effects)
{
    life_say_plainly(effects, LIFE_SAY_REPLACED);
    life_finish_with(life, LIFE_EXIT_REPLACED, effects);
}

/* Its result is taken under the retired credential: it comes back once more, is
 * asked to log in, delivers, and ends then. */
static void come_back_to_deliver(struct life *life, struct life_effects *effects)
{
    if (life->state == LIFE_WAITING) { /* the close code told it */
        life_wait(life, 0, effects);
        return;
    }
    life_sale_plain(life, SALE_LOST, effects);
    life_add(effects, LIFE_CLOSE)->close_code = WEBSOCKET_CLOSE_NORMAL;
    life_move(life, LIFE_HANGING_UP);
}

/* An administrator does not want this terminal: no new log-in by itself. */
void life_be_removed(struct life *life, enum life_saying what, struct life_effects *effects)
{
    life_say_plainly(effects, what);
    life_drop_log_in(life, effects);
    if (sale_has_result(&life->sale)) {
        come_back_to_deliver(life, effects);
        return;
    }
    settings_forget(&life->settings);
    life_store(life, effects);
    life_finish_with(life, LIFE_EXIT_LOG_IN, effects);
}

void life_hang_up(struct life *life, const char *why, struct slice what,
                  struct life_effects *effects)
{
    life_say(effects, LIFE_SAY_PROBLEM, why, what);
    life_sale_plain(life, SALE_LOST, effects);
    life_add(effects, LIFE_CLOSE)->close_code = WEBSOCKET_CLOSE_POLICY;
    life_move(life, LIFE_HANGING_UP);
}
