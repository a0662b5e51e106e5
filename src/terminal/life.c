/* What a Smart Terminal does about everything that can happen to it: one
 * function per event. The messages of the server are life_message.c's. */
#include "terminal/life.h"

#include <assert.h>

#include "base/secret.h"
#include "terminal/life_part.h"

static void on_continue(struct life *life, struct life_effects *effects)
{
    life->continue_wanted = true;
    if (life_is_in(life, LIFE_BIT(LIFE_STORING) | LIFE_BIT(LIFE_REGISTERED)) &&
        life->settings.code[0] != '\0') {
        life->settings.continued = true;
        life_store(life, effects);
        life_move(life, LIFE_STORING);
    }
}

/* The longer of what the server's last words and its refusal asked for. */
static uint32_t take_retry_after(struct life *life, uint32_t refusal_ms)
{
    uint32_t error_ms = life->retry_after_ms;

    life->retry_after_ms = 0;
    return error_ms > refusal_ms ? error_ms : refusal_ms;
}

static void on_closed(struct life *life, const struct life_event *event,
                      struct life_effects *effects)
{
    unsigned code = event->closed.code;
    struct slice reason = event->closed.reason;
    bool is_new = life->state != LIFE_HANGING_UP; /* else its error came before */

    if (life->state == LIFE_CLOSING) {
        life_give_up(life, life->exit_code, effects);
        return;
    }
    life_move(life, LIFE_WAITING);
    life_sale_plain(life, SALE_LOST, effects);
    if (code == LIFE_CLOSE_REPLACED) {
        life_be_replaced(life, effects);
        return;
    }
    if (code == LIFE_CLOSE_REMOVED && is_new) {
        life_be_removed(life, LIFE_SAY_REMOVED, effects);
        return;
    }
    if (life_differs(life->said_reason, reason) || life->said_close != code) {
        life->said_close = code;
        life_say(effects, LIFE_SAY_DISCONNECTED, "", reason);
        effects->list[effects->count - 1].say.code = code;
    }
    life_wait(life, take_retry_after(life, event->closed.retry_after_ms), effects);
}

static void on_time(struct life *life, struct life_effects *effects)
{
    if (life->state == LIFE_WAITING && life->storing) {
        /* A credential is durable before it is used (architecture.md, Law 6). */
        life_move(life, LIFE_STORING_OFFLINE);
    } else if (life->state == LIFE_WAITING) {
        life_add(effects, LIFE_CONNECT);
        life_move(life, LIFE_CONNECTING);
    } else if (life->state == LIFE_DELIVERING) { /* it is said again after the welcome */
        life_log_in(life, effects);
    } else if (life->state == LIFE_LOG_IN_PAUSE) {
        life_send(effects, TERMINAL_LOG_IN);
        life_move(life, LIFE_LOGGING_IN);
    }
}

/* Without a disk a terminal would forget who it is: it ends instead. The disk's
 * owner has said what was wrong. */
static void on_stored(struct life *life, enum fail fail, struct life_effects *effects)
{
    life->storing = false;
    if (life->state == LIFE_CLOSING || life->state == LIFE_ENDED) {
        return;
    }
    if (fail != FAIL_NONE) {
        life_finish_with(life, LIFE_EXIT_DATA, effects);
    } else if (life->state == LIFE_STORING) {
        life_go_on(life, effects);
    } else if (life->state == LIFE_STORING_OFFLINE) {
        life_add(effects, LIFE_CONNECT);
        life_move(life, LIFE_CONNECTING);
    }
}

/* A payment that cannot be kept may not go on, and no other may begin. */
static void on_sale(struct life *life, const struct sale_event *event, struct life_effects *effects)
{
    if (life->state == LIFE_CLOSING || life->state == LIFE_ENDED) {
        return;
    }
    life_sale(life, event, effects);
    if (event->kind == SALE_STORED && event->stored != FAIL_NONE) {
        life_finish_with(life, LIFE_EXIT_DATA, effects);
    }
}

static void on_stop(struct life *life, struct life_effects *effects)
{
    if (life->state == LIFE_CLOSING || life->state == LIFE_ENDED) {
        return;
    }
    if (life_is_in(life, LIFE_WELCOMED)) {
        life_send(effects, TERMINAL_BYE);
    }
    life_finish_with(life, LIFE_EXIT_STOPPED, effects);
}

/* --- Public ------------------------------------------------------------ */

void life_init(struct life *life, const struct settings *settings)
{
    const struct sale_record nothing = {0};
    const struct person person = person_default();

    assert(settings->serial[0] != '\0');
    *life = (struct life){
        .settings = *settings,
        .api_mode = true,
        .heartbeat_seconds = LIFE_HEARTBEAT_SECONDS,
        .backoff_ms = LIFE_BACKOFF_FIRST_MS,
    };
    life_take_up(life, &nothing, &person);
}

void life_take_up(struct life *life, const struct sale_record *record, const struct person *person)
{
    assert(life->state == LIFE_OFF);
    sale_init(&life->sale, record, person);
}

void life_finish(struct life *life)
{
    secret_wipe(&life->settings, sizeof(life->settings));
}

void life_step(struct life *life, const struct life_event *event, struct life_effects *effects)
{
    effects->count = 0;
    switch (event->kind) {
    case LIFE_LOG_IN_GIVEN:
        assert(life->state == LIFE_OFF);
        life->log_in = event->log_in;
        break;
    case LIFE_CONTINUE:
        on_continue(life, effects);
        break;
    case LIFE_START:
        life_sale_plain(life, SALE_BEGIN, effects);
        life_add(effects, LIFE_CONNECT);
        life_move(life, LIFE_CONNECTING);
        break;
    case LIFE_OPENED:
        if (life->state == LIFE_CONNECTING) { /* else it is being closed already */
            life_send(effects, TERMINAL_HELLO);
            life_move(life, LIFE_GREETING);
        }
        break;
    case LIFE_MESSAGE:
        life_take(life, event, effects);
        break;
    case LIFE_UNREADABLE:
        if (life_is_in(life, LIFE_TALKING)) {
            life_hang_up(life, "The server sent a message that cannot be read: ", event->problem,
                         effects);
        }
        break;
    case LIFE_CLOSED:
        on_closed(life, event, effects);
        break;
    case LIFE_TIME:
        on_time(life, effects);
        break;
    case LIFE_STORED:
        on_stored(life, event->stored, effects);
        break;
    case LIFE_SALE:
        on_sale(life, &event->sale, effects);
        break;
    case LIFE_STOP:
        on_stop(life, effects);
        break;
    }
}
