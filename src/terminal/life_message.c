/* What a life does about each message of the server: a table that says in
 * which states it is expected and who takes it. Anything that is not expected
 * is a broken server: hang up and begin again with back-off. */
#include <string.h>

#include "base/secret.h"
#include "terminal/life_part.h"

/* Logs in with what is at hand, or ends because nothing fits. */
static void log_in(struct life *life, bool pin_is_enough, struct life_effects *effects)
{
    const char *problem = NULL;

    if (life->log_in == LIFE_LOG_IN_NONE) {
        problem = pin_is_enough ? "This terminal is not logged in: start it again with --email and "
                                  "--password, or with --pin."
                                : "This terminal is not logged in: start it again with --email and "
                                  "--password.";
    } else if (life->log_in == LIFE_LOG_IN_PIN && !pin_is_enough &&
               life->settings.credential[0] != '\0') {
        problem = "The server accepts no PIN on this terminal now: start it again with --email "
                  "and --password.";
    } else if (life->log_in == LIFE_LOG_IN_PIN && !pin_is_enough) {
        problem = "The first log-in of a terminal needs --email and --password; "
                  "a PIN is enough after that.";
    }
    if (problem != NULL) {
        life_say(effects, LIFE_SAY_PROBLEM, problem, slice_of(""));
        life_finish_with(life, LIFE_EXIT_LOG_IN, effects);
        return;
    }
    life_send(effects, TERMINAL_LOG_IN);
    life_move(life, LIFE_LOGGING_IN);
}

/* What was stored now holds: show the code and go on. */
void life_go_on(struct life *life, struct life_effects *effects)
{
    const char *code = life->settings.code;

    if (code[0] != '\0' && strcmp(code, life->said_code) != 0) {
        memcpy(life->said_code, code, sizeof(life->said_code));
        life_say(effects, LIFE_SAY_REGISTERED, "", slice_of(code));
    }
    if (code[0] == '\0' && life->api_mode && life->log_in != LIFE_LOG_IN_NONE) {
        life_send(effects, TERMINAL_LOG_OUT); /* a code comes only with a log-in */
        life_move(life, LIFE_LOGGING_OUT);
    } else if (code[0] != '\0' && life->settings.continued) {
        life_send(effects, TERMINAL_READY);
        life_move(life, LIFE_READYING);
    } else if (life->state != LIFE_REGISTERED) {
        life_move(life, LIFE_REGISTERED);
    }
}

static void hear_api_mode(struct life *life, bool on, struct life_effects *effects)
{
    if (life->api_mode != on) {
        life->api_mode = on;
        life_say_plainly(effects, LIFE_SAY_API_MODE);
        effects->list[effects->count - 1].say.on = on;
    }
}

/* --- Messages of the server -------------------------------------------- */

void life_log_in(struct life *life, struct life_effects *effects)
{
    struct settings before = life->settings;

    if (life->wanted.unknown_credential) {
        settings_forget(&life->settings);
    }
    life->settings.continued = false;
    if (!settings_equal(&before, &life->settings)) {
        life_store(life, effects);
    }
    secret_wipe(&before, sizeof(before));
    log_in(life, life->wanted.pin_is_enough, effects);
}

/* What the terminal itself has decided is said before the credential under which
 * it was begun is forgotten, and before the log-in, which may be of another
 * business (docs/terminal-protocol.md, Payments). */
static void take_log_in_required(struct life *life, const struct terminal_message *message,
                                 struct life_effects *effects)
{
    const struct terminal_log_in_required *required = &message->log_in_required;

    life->wanted.pin_is_enough = required->pin;
    life->wanted.unknown_credential = slice_is(required->reason, "unknown_credential");
    if (life->settings.credential[0] == '\0' || !sale_keeps_result(&life->sale)) {
        life_log_in(life, effects);
        return;
    }
    life_sale_plain(life, SALE_KNOWN, effects);
    life_add(effects, LIFE_WAIT)->wait.least_ms = LIFE_DELIVERY_MS;
    life_move(life, LIFE_DELIVERING);
}

/* Whether trying the same again later makes sense. Log-in data that have been
 * right once on this start are right: then it is others' mistakes that a lock
 * comes from, and it passes. Else it is a person who must look. */
static bool refusal_passes(const struct life *life, const struct terminal_log_in_refused *refused)
{
    if (slice_is(refused->reason, "locked")) {
        return life->has_logged_in && (life->log_in != LIFE_LOG_IN_PIN || refused->pin);
    }
    return slice_is(refused->reason, "busy") || slice_is(refused->reason, "trouble");
}

static void say_refusal(struct life_effects *effects, enum life_saying what, const char *word,
                        const struct terminal_log_in_refused *refused)
{
    life_say(effects, what, word, refused->message);
    effects->list[effects->count - 1].say.wait_seconds = refused->wait_seconds;
}

static void take_log_in_refused(struct life *life, const struct terminal_message *message,
                                struct life_effects *effects)
{
    const struct terminal_log_in_refused *refused = &message->log_in_refused;
    bool passes = refusal_passes(life, refused);

    if (life_differs(life->said_refusal, refused->reason) || !passes) {
        say_refusal(effects, LIFE_SAY_LOG_IN_REFUSED, "", refused);
        effects->list[effects->count - 1].say.word = refused->reason;
        effects->list[effects->count - 1].say.is_final = !passes;
    }
    if (passes) {
        life_wait(life, (uint32_t)refused->wait_seconds * 1000, effects);
        life_move(life, LIFE_LOG_IN_PAUSE);
        return;
    }
    say_refusal(effects, LIFE_SAY_PROBLEM, "The log-in was refused: ", refused);
    life_drop_log_in(life, effects);
    life_finish_with(life, LIFE_EXIT_LOG_IN, effects);
}

static void take_welcome(struct life *life, const struct terminal_message *message,
                         struct life_effects *effects)
{
    const struct terminal_welcome *welcome = &message->welcome;
    struct settings *settings = &life->settings;
    struct settings before = *settings;

    if (welcome->credential.length > 0) {
        slice_keep(welcome->credential, settings->credential, sizeof(settings->credential));
    }
    slice_keep(welcome->code, settings->code, sizeof(settings->code));
    slice_keep(welcome->business_name, settings->business_name, sizeof(settings->business_name));
    settings->business = welcome->business;
    settings->continued |= life->continue_wanted && welcome->code.length > 0;
    life->backoff_ms = LIFE_BACKOFF_FIRST_MS;
    life->has_logged_in |= life->state == LIFE_LOGGING_IN;
    life->said_close = 0;
    life->said_reason[0] = life->said_refusal[0] = '\0';
    life->heartbeat_seconds = LIFE_HEARTBEAT_SECONDS;
    if (welcome->heartbeat_seconds > 0 &&
        welcome->heartbeat_seconds <= LIFE_HEARTBEAT_MAX_SECONDS) {
        life->heartbeat_seconds = (unsigned)welcome->heartbeat_seconds;
    }
    hear_api_mode(life, welcome->api_mode, effects);
    life_sale_plain(life, SALE_WELCOMED, effects);
    /* Kept only for the log-in that brings the code, once API mode is on. */
    if (welcome->code.length > 0 || (life->state == LIFE_LOGGING_IN && welcome->api_mode)) {
        life_drop_log_in(life, effects);
    }
    if (settings_equal(&before, settings)) {
        life_go_on(life, effects);
    } else {
        life_store(life, effects);
        life_move(life, LIFE_STORING);
    }
    secret_wipe(&before, sizeof(before));
}

static void take_logged_out(struct life *life, const struct terminal_message *message,
                            struct life_effects *effects)
{
    (void)message;
    life_sale_plain(life, SALE_LOST, effects);
    if (life->state != LIFE_LOGGING_OUT) {
        life_say_plainly(effects, LIFE_SAY_LOGGED_OUT);
    }
    if (life->settings.continued) {
        life->settings.continued = false;
        life_store(life, effects);
    }
    log_in(life, true, effects);
}

static void take_ready_confirmed(struct life *life, const struct terminal_message *message,
                                 struct life_effects *effects)
{
    (void)message;
    life_move(life, LIFE_READY);
    life_say_plainly(effects, LIFE_SAY_READY);
}

/* Said first: the acknowledgement promises that it can be seen. */
static void take_ping(struct life *life, const struct terminal_message *message,
                      struct life_effects *effects)
{
    (void)life;
    life_say(effects, LIFE_SAY_PING, "", message->ping.message);
    life_send(effects, TERMINAL_PING_SHOWN);
    effects->list[effects->count - 1].send.ping = message->ping.id;
}

static void take_api_mode(struct life *life, const struct terminal_message *message,
                          struct life_effects *effects)
{
    hear_api_mode(life, message->api_mode, effects);
    if (life->state == LIFE_REGISTERED) {
        life_go_on(life, effects);
    }
}

/* The server closes after it, and then the close code says what to do; these
 * count even when that code is lost on its way. */
static void take_error(struct life *life, const struct terminal_message *message,
                       struct life_effects *effects)
{
    if (slice_is(message->error.reason, "replaced")) {
        life_be_replaced(life, effects);
    } else if (slice_is(message->error.reason, "removed")) {
        life_be_removed(life, LIFE_SAY_REMOVED, effects);
    } else if (slice_is(message->error.reason, "revoked")) {
        life_be_removed(life, LIFE_SAY_REVOKED, effects);
    } else {
        life->retry_after_ms = (uint32_t)message->error.retry_after_ms;
        life_say(effects, LIFE_SAY_PROBLEM, "The server says: ", message->error.message);
    }
}

typedef void taker(struct life *life, const struct terminal_message *message,
                   struct life_effects *effects);

static const struct {
    unsigned expected;
    taker *take; /* NULL: the sale's */
} takers[TERMINAL_MESSAGE_TYPES] = {
    [TERMINAL_LOG_IN_REQUIRED] = {LIFE_BIT(LIFE_GREETING), take_log_in_required},
    [TERMINAL_LOG_IN_REFUSED] = {LIFE_BIT(LIFE_LOGGING_IN), take_log_in_refused},
    [TERMINAL_WELCOME] = {LIFE_BIT(LIFE_GREETING) | LIFE_BIT(LIFE_LOGGING_IN), take_welcome},
    [TERMINAL_LOGGED_OUT] = {LIFE_WELCOMED | LIFE_BIT(LIFE_LOGGING_OUT), take_logged_out},
    [TERMINAL_READY_CONFIRMED] = {LIFE_BIT(LIFE_READYING), take_ready_confirmed},
    [TERMINAL_PING] = {LIFE_WELCOMED | LIFE_BIT(LIFE_LOGGING_OUT), take_ping},
    [TERMINAL_API_MODE] = {LIFE_WELCOMED | LIFE_BIT(LIFE_LOGGING_OUT), take_api_mode},
    [TERMINAL_PROBE_ANSWERED] = {0, NULL}, /* never asked for: a dial sees the server's pings */
    [TERMINAL_ERROR] = {LIFE_TALKING, take_error},
    [TERMINAL_OFFER] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_WITHDRAW] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_GO] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_OUTCOME] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_PAYMENT_ENDED] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_RESUME] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_CANCEL_REQUESTED] = {LIFE_HEARS_PAYMENTS, NULL},
    [TERMINAL_RESULT_REFUSED] = {LIFE_HEARS_PAYMENTS, NULL},
};

/* An offer that crossed with the end of being ready is not answered, like one
 * that never came. */
static void hand_to_sale(struct life *life, const struct life_event *event,
                         struct life_effects *effects)
{
    const struct terminal_message *message = event->heard.message;
    const struct sale_event heard = {
        .kind = SALE_MESSAGE,
        .heard = {message, event->heard.now_ms},
    };

    if (message->type != TERMINAL_OFFER || life->state == LIFE_READY) {
        life_sale(life, &heard, effects);
    }
    if (life->state == LIFE_DELIVERING && !sale_keeps_result(&life->sale) &&
        life->sale.state != SALE_OVER) { /* there payment_ended is to follow */
        life_log_in(life, effects);
    }
}

void life_take(struct life *life, const struct life_event *event, struct life_effects *effects)
{
    const struct terminal_message *message = event->heard.message;

    if (!life_is_in(life, LIFE_TALKING)) {
        return; /* we are closing: too late */
    }
    if (!life_is_in(life, takers[message->type].expected)) {
        life_hang_up(life, "The server sent a message that is not due now: ",
                     slice_of(terminal_message_name(message->type)), effects);
        return;
    }
    if (takers[message->type].take == NULL) {
        hand_to_sale(life, event, effects);
    } else {
        takers[message->type].take(life, message, effects);
    }
}
