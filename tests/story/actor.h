/* For stories: a Smart Terminal that does what the script says, on a line in
 * memory in place of its WebSocket. */
#ifndef TESTS_STORY_ACTOR_H
#define TESTS_STORY_ACTOR_H

#include "story/stage.h"
#include "wire/json.h"
#include "wire/terminal_message.h"
#include "wire/websocket.h"

enum { ACTOR_SHOWN_MAX = 64 };

struct stage_ending {
    struct list_link link; /* in stage->endings */
};

struct actor {
    struct stage_ending ending;
    struct stage *stage;
    const char *name;
    const char *serial;
    unsigned loop;
    char credential[SECRET_TEXT_SIZE]; /* on its disk; "" for none */
    char code[CODE_SIZE];              /* of its last welcome */
    bool loses_power;                  /* before it has stored a new credential */
    bool hangs;                        /* answers neither probes nor anything else */
    struct line line;
    struct address address;  /* whence it connects */
    bool enrolled;           /* it has a place that is kept for it */
    struct session *session; /* NULL: not connected */
    bool closing;
    unsigned end_code;
    struct loop_timer silence;
    int64_t pings[ACTOR_SHOWN_MAX]; /* that it was asked to show */
    unsigned ping_count;
};

/* --- What it hears -------------------------------------------------------------- */

static inline void actor_ends(struct actor *actor, unsigned code)
{
    if (!actor->closing) {
        actor->closing = true;
        actor->end_code = code;
        list_push_back(&actor->stage->endings, &actor->ending.link);
    }
}

static inline void stage_endings_run(struct stage *stage)
{
    struct list_link *link;

    while ((link = list_pop_front(&stage->endings)) != NULL) {
        struct actor *actor = LIST_ITEM(link, struct actor, ending.link);
        struct session *session = actor->session;

        loop_timer_cancel(stage->loops[actor->loop], &actor->silence);
        actor->session = NULL;
        session_events.on_end(session, actor->end_code);
    }
}

static inline void actor_hears_welcome(struct actor *actor, const struct terminal_welcome *welcome)
{
    char words[64] = "";

    WORKS(slice_copy(welcome->code, actor->code, CODE_SIZE));
    if (welcome->credential.length > 0) {
        (void)text_format(words, sizeof(words), ", credential %c",
                          stage_credential_letter(actor->stage, welcome->credential));
        if (!actor->loses_power) {
            WORKS(slice_copy(welcome->credential, actor->credential, SECRET_TEXT_SIZE));
        }
    }
    stage_note(actor->stage, "%s <- welcome %.*s, %.*s%s%s", actor->name,
               welcome->code.length == 0 ? 7 : (int)welcome->code.length,
               welcome->code.length == 0 ? "no code" : welcome->code.bytes,
               (int)welcome->user.length, welcome->user.bytes, welcome->api_mode ? "" : ", API off",
               words);
}

static inline void actor_hears_ping(struct actor *actor, const struct terminal_ping *ping)
{
    assert_true(actor->ping_count < ACTOR_SHOWN_MAX);
    actor->pings[actor->ping_count++] = ping->id;
    if (!actor->stage->quiet) {
        stage_note(actor->stage, "%s <- ping %" PRId64 "%s%.*s", actor->name, ping->id,
                   ping->message.length > 0 ? " " : "", (int)ping->message.length,
                   ping->message.bytes);
    }
}

static inline void actor_hears_refusal(struct actor *actor,
                                       const struct terminal_log_in_refused *refused)
{
    char words[32] = "";

    if (refused->wait_seconds > 0) {
        (void)text_format(words, sizeof(words), ", wait %" PRId64 " s", refused->wait_seconds);
    }
    stage_note(actor->stage, "%s <- log_in_refused %.*s%s%s", actor->name,
               (int)refused->reason.length, refused->reason.bytes,
               refused->pin ? ", PIN enough" : "", words);
}

static inline void actor_hears_error(struct actor *actor, const struct terminal_error *error)
{
    char words[48] = "";

    if (error->retry_after_ms > 0) {
        (void)text_format(words, sizeof(words), ", not within %" PRId64 " ms",
                          error->retry_after_ms);
    }
    stage_note(actor->stage, "%s <- error %.*s%s", actor->name, (int)error->reason.length,
               error->reason.bytes, words);
}

static inline void actor_hears_outcome(struct actor *actor, const struct terminal_outcome *outcome)
{
    stage_note(actor->stage, "%s <- outcome %u/%" PRId64 " %s, transaction %u%s%.*s%s", actor->name,
               stage_payment_number(actor->stage, outcome->payment), outcome->attempt,
               outcome->approved ? "approved" : "declined",
               stage_transaction_number(actor->stage, outcome->transaction),
               outcome->reason.length > 0 ? ", " : "", (int)outcome->reason.length,
               outcome->reason.bytes, outcome->final ? "" : ", Try again");
    assert_int_equal(outcome->approval_code.length > 0, outcome->approved);
}

static inline void actor_hears_offer(struct actor *actor, const struct terminal_offer *offer)
{
    stage_note(actor->stage, "%s <- offer %u, %.*s %" PRId64 " %.*s%s%.*s, %.*s decides",
               actor->name, stage_payment_number(actor->stage, offer->payment),
               (int)offer->kind.length, offer->kind.bytes, offer->amount,
               (int)offer->currency.length, offer->currency.bytes,
               offer->invoice.length > 0 ? " " : "", (int)offer->invoice.length,
               offer->invoice.bytes, (int)offer->authority.length, offer->authority.bytes);
    assert_int_equal(offer->time_limit_seconds, 120);
}

/* True when it was about a payment. */
static inline bool actor_hears_payment(struct actor *actor, const struct terminal_message *message)
{
    struct stage *stage = actor->stage;
    const char *type = terminal_message_name(message->type);

    switch ((int)message->type) {
    case TERMINAL_OFFER:
        actor_hears_offer(actor, &message->offer);
        return true;
    case TERMINAL_WITHDRAW:
    case TERMINAL_GO:
        stage_note(stage, "%s <- %s %u", actor->name, type,
                   stage_payment_number(stage, message->type == TERMINAL_GO ? message->go
                                                                            : message->withdraw));
        return true;
    case TERMINAL_OUTCOME:
        actor_hears_outcome(actor, &message->outcome);
        return true;
    case TERMINAL_PAYMENT_ENDED:
        /* The table first, the word after: a call that follows is not too early. */
        assert_true(actor->session->presence.payment != message->payment_ended.payment);
        stage_note(stage, "%s <- %s %u %.*s%s%.*s", actor->name, type,
                   stage_payment_number(stage, message->payment_ended.payment),
                   (int)message->payment_ended.state.length, message->payment_ended.state.bytes,
                   message->payment_ended.reason.length > 0 ? ", " : "",
                   (int)message->payment_ended.reason.length, message->payment_ended.reason.bytes);
        return true;
    case TERMINAL_RESUME:
        stage_note(stage, "%s <- %s %u/%" PRId64, actor->name, type,
                   stage_payment_number(stage, message->resume.payment), message->resume.attempt);
        return true;
    case TERMINAL_CANCEL_REQUESTED:
        stage_note(stage, "%s <- %s %u by %.*s", actor->name, type,
                   stage_payment_number(stage, message->cancel_requested.payment),
                   (int)message->cancel_requested.by.length, message->cancel_requested.by.bytes);
        return true;
    case TERMINAL_RESULT_REFUSED:
        stage_note(stage, "%s <- %s %u/%" PRId64, actor->name, type,
                   stage_payment_number(stage, message->result_refused.payment),
                   message->result_refused.attempt);
        return true;
    default:
        return false;
    }
}

static inline void actor_hears(struct actor *actor, const struct terminal_message *message)
{
    struct stage *stage = actor->stage;

    if (actor_hears_payment(actor, message)) {
        return;
    }
    switch ((int)message->type) {
    case TERMINAL_LOG_IN_REQUIRED:
        stage_note(stage, "%s <- log_in_required %.*s%s", actor->name,
                   (int)message->log_in_required.reason.length,
                   message->log_in_required.reason.bytes,
                   message->log_in_required.pin ? ", PIN enough" : "");
        return;
    case TERMINAL_LOG_IN_REFUSED:
        actor_hears_refusal(actor, &message->log_in_refused);
        return;
    case TERMINAL_WELCOME:
        actor_hears_welcome(actor, &message->welcome);
        return;
    case TERMINAL_PING:
        actor_hears_ping(actor, &message->ping);
        return;
    case TERMINAL_API_MODE:
        stage_note(stage, "%s <- api_mode %s", actor->name, message->api_mode ? "on" : "off");
        return;
    case TERMINAL_ERROR:
        actor_hears_error(actor, &message->error);
        return;
    case TERMINAL_READY_CONFIRMED:
        assert_true(actor->session->presence.ready);
        stage_note(stage, "%s <- ready_confirmed", actor->name);
        return;
    default:
        stage_note(stage, "%s <- %s", actor->name, terminal_message_name(message->type));
        return;
    }
}

static inline void actor_line_send(struct line *line, struct slice text)
{
    struct actor *actor = LIST_ITEM(line, struct actor, line);
    char problem[TERMINAL_PROBLEM_SIZE] = "";
    struct terminal_message message;
    struct json_document document;

    if (actor->closing) {
        return;
    }
    STAGE_SERVER_ENDS();
    json_document_init(&document);
    WORKS(terminal_message_read(&message, &document, text, problem));
    assert_false(terminal_message_from_terminal(message.type));
    actor_hears(actor, &message);
    json_document_finish(&document);
    STAGE_SERVER_BEGINS();
}

static inline void actor_line_close(struct line *line, unsigned code, const char *reason)
{
    struct actor *actor = LIST_ITEM(line, struct actor, line);

    STAGE_SERVER_ENDS();
    assert_true(reason[0] != '\0');
    if (!actor->closing) {
        stage_note(actor->stage, "%s <- close %u", actor->name, code);
    }
    actor_ends(actor, code);
    STAGE_SERVER_BEGINS();
}

static inline void actor_line_cut(struct line *line)
{
    struct actor *actor = LIST_ITEM(line, struct actor, line);

    STAGE_SERVER_ENDS();
    stage_note(actor->stage, "%s is cut off", actor->name);
    actor_ends(actor, WEBSOCKET_CLOSE_ABNORMAL);
    STAGE_SERVER_BEGINS();
}

static inline void actor_is_silent(struct loop_timer *timer)
{
    struct actor *actor = LIST_ITEM(timer, struct actor, silence);

    actor_line_cut(&actor->line);
}

static inline void actor_line_probe(struct line *line, int64_t answer_ms)
{
    struct actor *actor = LIST_ITEM(line, struct actor, line);

    STAGE_SERVER_ENDS();
    stage_note(actor->stage, "%s is probed", actor->name);
    if (actor->hangs && !loop_timer_is_set(&actor->silence)) {
        WORKS(loop_timer_set(actor->stage->loops[actor->loop], &actor->silence, answer_ms,
                             actor_is_silent));
    }
    STAGE_SERVER_BEGINS();
}

static inline void actor_line_enrol(struct line *line)
{
    struct actor *actor = LIST_ITEM(line, struct actor, line);

    assert_false(actor->enrolled);
    actor->enrolled = true;
}

static inline struct address actor_line_address(const struct line *line)
{
    return LIST_ITEM((uintptr_t)line, struct actor, line)->address;
}

static const struct line_kind actor_line_kind = {.send = actor_line_send,
                                                 .close = actor_line_close,
                                                 .cut = actor_line_cut,
                                                 .probe = actor_line_probe,
                                                 .enrol = actor_line_enrol,
                                                 .address = actor_line_address};

/* --- What it says ------------------------------------------------------------------ */

static inline struct actor actor_make(struct stage *stage, const char *name, const char *serial,
                                      unsigned loop)
{
    return (struct actor){.stage = stage,
                          .name = name,
                          .serial = serial,
                          .loop = loop,
                          .line = {.kind = &actor_line_kind}};
}

static inline void actor_connects(struct actor *actor)
{
    assert_null(actor->session);
    actor->closing = false;
    actor->ping_count = 0;
    actor->enrolled = false;
    actor->session = session_new(actor->stage->hubs.by_loop[actor->loop]);
    assert_non_null(actor->session);
    actor->session->line = &actor->line;
}

/* Says it and no more; what follows from it is left to the story. */
static inline void actor_says_only(struct actor *actor, const struct terminal_message *message)
{
    struct buf text;

    assert_non_null(actor->session);
    buf_init(&text, TERMINAL_MESSAGE_MAX);
    terminal_message_write(&text, message);
    WORKS(buf_fail(&text));
    STAGE_SERVER_BEGINS();
    session_events.on_message(actor->session, buf_view(&text));
    STAGE_SERVER_ENDS();
    buf_finish(&text);
}

static inline void actor_says(struct actor *actor, enum terminal_message_type type)
{
    struct terminal_message message = {.type = type};

    if (type == TERMINAL_BYE) {
        message.bye.reason = slice_of("sleep");
    }
    stage_note(actor->stage, "%s -> %s", actor->name, terminal_message_name(type));
    actor_says_only(actor, &message);
    stage_settle(actor->stage);
}

/* Bytes that are no message of the protocol. */
static inline void actor_babbles(struct actor *actor, const char *text)
{
    stage_note(actor->stage, "%s -> %s", actor->name, text);
    session_events.on_message(actor->session, slice_of(text));
    stage_settle(actor->stage);
}

/* It connects from there from now on; all zeros, and so one address, at first. */
static inline void actor_is_at(struct actor *actor, const char *address)
{
    assert_true(address_read(slice_of(address), &actor->address));
}

/* Connects and says hello; what follows from it is left to the story. */
static inline void actor_greets_only(struct actor *actor)
{
    struct terminal_message message = {.type = TERMINAL_HELLO};
    char words[32] = "";

    message.hello.protocol = TERMINAL_PROTOCOL;
    message.hello.serial = slice_of(actor->serial);
    message.hello.version = slice_of("story");
    message.hello.credential = slice_of(actor->credential);
    if (actor->credential[0] != '\0') {
        (void)text_format(words, sizeof(words), ", credential %c",
                          stage_credential_letter(actor->stage, slice_of(actor->credential)));
    }
    actor_connects(actor);
    stage_note(actor->stage, "%s -> hello %s%s", actor->name, actor->serial, words);
    actor_says_only(actor, &message);
}

static inline void actor_greets(struct actor *actor)
{
    actor_greets_only(actor);
    stage_settle(actor->stage);
}

static inline void actor_logs_in_only(struct actor *actor, const char *email, const char *password)
{
    struct terminal_message message = {.type = TERMINAL_LOG_IN};

    message.log_in.email = slice_of(email);
    message.log_in.password = slice_of(password);
    stage_note(actor->stage, "%s -> log_in %s", actor->name, email);
    actor_says_only(actor, &message);
}

static inline void actor_logs_in(struct actor *actor)
{
    actor_logs_in_only(actor, STAGE_EMAIL, STAGE_PASSWORD);
    stage_settle(actor->stage);
}

static inline void actor_pin_only(struct actor *actor, const char *pin)
{
    struct terminal_message message = {.type = TERMINAL_LOG_IN};

    message.log_in.pin = slice_of(pin);
    stage_note(actor->stage, "%s -> log_in PIN %s", actor->name, pin);
    actor_says_only(actor, &message);
}

static inline void actor_pin(struct actor *actor, const char *pin)
{
    actor_pin_only(actor, pin);
    stage_settle(actor->stage);
}

/* The whole way of a new terminal, or of one that comes back. */
static inline void actor_registers(struct actor *actor)
{
    actor_greets(actor);
    if (actor->credential[0] == '\0') {
        actor_logs_in(actor);
    }
}

static inline void actor_shows(struct actor *actor, int64_t id)
{
    struct terminal_message message = {.type = TERMINAL_PING_SHOWN, .ping_shown = id};

    if (!actor->stage->quiet) {
        stage_note(actor->stage, "%s -> ping_shown %" PRId64, actor->name, id);
    }
    actor_says_only(actor, &message);
    stage_settle(actor->stage);
}

/* Its connection is lost, or it closes it. */
static inline void actor_hangs_up(struct actor *actor)
{
    stage_note(actor->stage, "%s hangs up", actor->name);
    actor_ends(actor, WEBSOCKET_CLOSE_ABNORMAL);
    stage_settle(actor->stage);
}

#endif
