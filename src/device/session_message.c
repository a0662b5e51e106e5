/* What a terminal says, and what follows from it, but for the log-in, which is
 * in session_log_in.c: hello, log-out, Continue, goodbye. */
#include <string.h>

#include "broker/departure.h"
#include "device/session.h"
#include "device/session_log_in.h"
#include "device/session_payment.h"
#include "wire/websocket.h"

/* --- Hello ---------------------------------------------------------------- */

static void take_hello(struct session *session, const struct terminal_hello *hello)
{
    if (!session_step(session, DEVICE_HELLO)) {
        session_protocol_error(session, "hello is the first message and comes only once");
        return;
    }
    hub_session_known(session->hub, &session->link);
    session->serial = strndup(hello->serial.bytes, hello->serial.length);
    if (session->serial == NULL) {
        session_no_memory(session);
        return;
    }
    if (hello->credential.length == 0) {
        session_is_new(session);
        return;
    }
    session_arrive(session, hello->credential);
}

/* --- Log-out, Continue, goodbye ------------------------------------------- */

static void departure_answered(struct departure *departure, enum fail fail)
{
    struct session *session = session_answered(&departure->context);
    struct terminal_message message = {.type = TERMINAL_LOGGED_OUT};

    if (session != NULL && session->state != DEVICE_GONE) {
        if (fail != FAIL_NONE) {
            session_trouble(session);
        } else if (session_step(session, DEVICE_LEFT)) {
            session->user = 0;
            session_tell(session, &message);
        }
    }
    departure_free(&departure);
}

static void take_log_out(struct session *session)
{
    struct departure *departure;
    bool registered = device_is_registered(session->state);

    if (!session_step(session, DEVICE_LOG_OUT)) {
        session_protocol_error(session, "log_out has no place here");
        return;
    }
    if (!registered) {
        return; /* it crossed with a removal of the user */
    }
    session_stop_listening(session);
    departure = departure_new();
    if (departure == NULL) {
        session_no_memory(session);
        return;
    }
    departure->business = session->presence.business;
    departure->device = session->presence.device;
    departure->loop = loop_number(session->hub->loop);
    departure->done = departure_answered;
    session_asked(session, &departure->context);
    departure_start(session->hub->broker, departure);
}

static void take_continue(struct session *session)
{
    struct terminal_message message = {.type = TERMINAL_READY_CONFIRMED};

    if (!session_step(session, DEVICE_CONTINUE)) {
        session_protocol_error(session, "ready has no place here");
        return;
    }
    if (session->state == DEVICE_READY) {
        /* The table first, the word after (architecture.md, Threads and time). */
        presence_set_ready(&session->hub->broker->presence, &session->presence, true);
        session_tell(session, &message);
    }
}

static void take_ping_shown(struct session *session, int64_t id)
{
    if (!session_step(session, DEVICE_PING_SHOWN)) {
        session_protocol_error(session, "ping_shown has no place here");
        return;
    }
    session_ping_shown(session, id);
}

static void take_bye(struct session *session)
{
    if (device_expects(session->state, DEVICE_BYE)) {
        session_close(session, WEBSOCKET_CLOSE_NORMAL, "goodbye");
        return;
    }
    session_protocol_error(session, "bye before hello");
}

static void take_probe(struct session *session)
{
    struct terminal_message message = {.type = TERMINAL_PROBE_ANSWERED};

    if (!device_expects(session->state, DEVICE_BYE)) {
        session_protocol_error(session, "probe before hello");
        return;
    }
    session_tell(session, &message);
}

static void take_displayed(struct session *session, int64_t payment)
{
    if (!session_step(session, DEVICE_OFFER_SHOWN)) {
        session_protocol_error(session, "displayed has no place here");
        return;
    }
    if (session->state == DEVICE_READY) {
        session_displayed(session, payment);
    } /* else: it crossed with a log-out, and the offer is missed */
}

static void take_payment(struct session *session, const struct terminal_message *message)
{
    if (!session_step(session, DEVICE_PAYMENT)) {
        session_protocol_error(session, "there is nothing to say of a payment before welcome");
        return;
    }
    switch ((int)message->type) {
    case TERMINAL_PROGRESS:
        session_progress(session, &message->progress);
        return;
    case TERMINAL_ATTEMPT:
        session_attempt(session, message);
        return;
    case TERMINAL_RESULT:
        session_result(session, message);
        return;
    case TERMINAL_CANCEL_PAYMENT:
        session_cancel_payment(session, &message->cancel_payment);
        return;
    default:
        session_ask_payment(session, message->ask_payment);
        return;
    }
}

void session_take(struct session *session, struct slice text)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;

    if (terminal_message_read(&message, &session->hub->document, text, problem) != FAIL_NONE) {
        session_protocol_error(session, problem);
        return;
    }
    switch ((int)message.type) {
    case TERMINAL_HELLO:
        take_hello(session, &message.hello);
        return;
    case TERMINAL_LOG_IN:
        session_log_in(session, &message.log_in);
        return;
    case TERMINAL_LOG_OUT:
        take_log_out(session);
        return;
    case TERMINAL_READY:
        take_continue(session);
        return;
    case TERMINAL_PING_SHOWN:
        take_ping_shown(session, message.ping_shown);
        return;
    case TERMINAL_BYE:
        take_bye(session);
        return;
    case TERMINAL_PROBE:
        take_probe(session);
        return;
    case TERMINAL_DISPLAYED:
        take_displayed(session, message.displayed);
        return;
    case TERMINAL_PROGRESS:
    case TERMINAL_ATTEMPT:
    case TERMINAL_RESULT:
    case TERMINAL_CANCEL_PAYMENT:
    case TERMINAL_ASK_PAYMENT:
        take_payment(session, &message);
        return;
    default:
        session_protocol_error(session, "this message goes from the server to the terminal");
        return;
    }
}
