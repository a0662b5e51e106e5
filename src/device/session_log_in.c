/* How a terminal becomes registered: it shows the credential of an earlier
 * connection (an arrival), or somebody logs in on it.
 *
 * Each question to the store is an operation of the broker that carries us as
 * its context; if we end first the context is cleared and the answer is thrown
 * away. An administrator may change something between the broker's look and
 * our acting on it: then we look once more. */
#include "device/session_log_in.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "broker/arrival.h"
#include "broker/log_in.h"
#include "device/session_payment.h"

enum { MS_PER_SECOND = 1000, SECONDS_PER_MINUTE = 60, SECONDS_SAID_MAX = 120 };

static void arrival_answered(struct arrival *arrival, enum arrival_outcome outcome);

/* --- Logged in, or not --------------------------------------------------- */

/* Another connection of this terminal, whose place is taken. */
struct kicking {
    struct broker *broker;
    bool kicked;
};

static void on_kicked(void *context, struct presence *old)
{
    struct kicking *kicking = context;

    kicking->kicked = true;
    executor_post(kicking->broker->loops[old->loop], &old->kick);
}

static void presence_fill(struct session *session, const struct device *device, bool api_mode)
{
    struct presence *presence = &session->presence;

    presence->device = device->id;
    presence->business = device->business;
    presence->created_ms = device->created_ms;
    memcpy(presence->code, device->code, sizeof(presence->code));
    presence->listening = api_mode && device->code[0] != '\0';
    session->pin_locked = device->wrong_pins >= LOCKOUT_WRONG_PINS_MAX;
    if (!session->proven) {
        session->proven = true;
        hub_session_proven(session->hub, &session->link);
        line_enrol(session->line);
    }
}

struct welcome {
    const struct device *device;
    const struct business *business;
    const struct user *user;
    const char *credential; /* "" for none */
    bool payment;           /* one may be open on it */
};

/* The table first, the words after (architecture.md, Threads and time). */
static void welcome(struct session *session, const struct welcome *with)
{
    struct hub *hub = session->hub;
    struct terminal_message message = {.type = TERMINAL_WELCOME};
    struct kicking kicking = {.broker = hub->broker};

    presence_fill(session, with->device, with->business->api_mode);
    session->given = session->given || with->credential[0] != '\0';
    session->user = with->user->id;
    if (presence_add(&hub->broker->presence, &session->presence, on_kicked, &kicking) !=
        FAIL_NONE) {
        session_no_memory(session);
        return;
    }
    message.welcome =
        (struct terminal_welcome){.business = with->business->id,
                                  .business_name = slice_of(with->business->name),
                                  .currency = slice_of(with->business->currency),
                                  .user = slice_of(with->user->name),
                                  .code = slice_of(with->device->code),
                                  .api_mode = with->business->api_mode,
                                  .heartbeat_seconds = hub->options.heartbeat_ms / MS_PER_SECOND,
                                  .credential = slice_of(with->credential)};
    session_tell(session, &message);
    log_event(LOG_INFO, "terminal.registered", log_number("business", with->business->id),
              log_text("code", with->device->code), log_text("serial", with->device->serial),
              log_number("user", with->user->id));
    /* The other connection may have begun one since it was looked up. */
    if (with->payment || kicking.kicked) {
        session_payment_arrive(session);
    }
}

/* A PIN is enough where the terminal is known, and was not guessed at. */
static bool takes_pin(const struct session *session)
{
    return session->proven && !session->pin_locked;
}

static void log_in_required(struct session *session, const char *reason, const char *business_name)
{
    struct terminal_message message = {.type = TERMINAL_LOG_IN_REQUIRED};

    message.log_in_required.reason = slice_of(reason);
    message.log_in_required.business_name = slice_of(business_name);
    message.log_in_required.pin = takes_pin(session);
    message.log_in_required.message =
        slice_of(takes_pin(session) ? "Log in with your PIN, or with e-mail and password."
                                    : "Log in with your e-mail address and password.");
    session_tell(session, &message);
}

static void log_in_refused_for(struct session *session, const char *reason, const char *words,
                               int64_t wait_seconds)
{
    struct terminal_message message = {.type = TERMINAL_LOG_IN_REFUSED};

    message.log_in_refused.reason = slice_of(reason);
    message.log_in_refused.message = slice_of(words);
    message.log_in_refused.pin = takes_pin(session);
    message.log_in_refused.wait_seconds = wait_seconds;
    session_tell(session, &message);
    log_limited(session_log_limit(session), LOG_INFO, "terminal.log_in_refused",
                log_number("business", session->presence.business), log_text("reason", reason));
}

static void log_in_refused(struct session *session, const char *reason, const char *words)
{
    log_in_refused_for(session, reason, words, 0);
}

/* --- Arrival -------------------------------------------------------------- */

static void arrive(struct session *session, struct arrival *arrival)
{
    memcpy(arrival->serial, session->serial, strlen(session->serial) + 1);
    arrival->loop = loop_number(session->hub->loop);
    arrival->done = arrival_answered;
    session_asked(session, &arrival->context);
    arrival_start(session->hub->broker, arrival);
}

void session_is_new(struct session *session)
{
    (void)session_step(session, DEVICE_UNKNOWN);
    log_in_required(session, "new", "");
}

void session_arrive(struct session *session, struct slice credential)
{
    struct arrival *arrival = arrival_new();

    if (arrival == NULL) {
        session_no_memory(session);
        return;
    }
    arrival->credential = secret_hash_of(credential);
    arrive(session, arrival);
}

/* The administrator changed something between our look and now. While somebody
 * logs in, the terminal has not shown the credential that it is given. */
static bool look_again(struct session *session, const struct arrival *arrival, uint64_t changes)
{
    struct arrival *again;

    if (changes == broker_changes(session->hub->broker)) {
        return false;
    }
    again = arrival_new();
    if (again == NULL) {
        session_no_memory(session);
        return true;
    }
    again->again = arrival->device.business;
    again->by_serial = session->state == DEVICE_LOGGING_IN;
    again->credential = arrival->credential;
    memcpy(again->next, arrival->next, sizeof(again->next));
    arrive(session, again);
    return true;
}

/* An administrator removed the user or the device while they were logging in. */
static bool refuse_crossed(struct session *session, enum arrival_outcome outcome)
{
    if (session->state != DEVICE_LOGGING_IN || outcome == ARRIVAL_LOGGED_IN) {
        return false;
    }
    if (outcome == ARRIVAL_UNKNOWN) {
        session->proven = false; /* the device is gone, and its credentials with it */
    } /* else what it had proven still holds, and what it was to be given it never saw */
    (void)session_step(session, DEVICE_UNKNOWN);
    log_in_refused(session, "trouble",
                   "An administrator has just changed this user or device. Log in again.");
    return true;
}

static void arrival_act(struct session *session, const struct arrival *arrival,
                        enum arrival_outcome outcome)
{
    if (outcome != ARRIVAL_TROUBLE && refuse_crossed(session, outcome)) {
        return;
    }
    switch (outcome) {
    case ARRIVAL_TROUBLE:
        session_trouble(session);
        return;
    case ARRIVAL_UNKNOWN:
        (void)session_step(session, DEVICE_UNKNOWN);
        if (arrival->was_dropped || arrival->has_ended) {
            session_payment_retired(session, &arrival->device, arrival->has_ended);
        }
        log_in_required(session, "unknown_credential", "");
        return;
    case ARRIVAL_LOGGED_OUT:
        presence_fill(session, &arrival->device, arrival->business.api_mode);
        (void)session_step(session, DEVICE_UNKNOWN);
        log_in_required(session, "logged_out", arrival->business.name);
        return;
    case ARRIVAL_LOGGED_IN:
        break;
    }
    if (session_step(session, DEVICE_KNOWN)) {
        welcome(session, &(struct welcome){.device = &arrival->device,
                                           .business = &arrival->business,
                                           .user = &arrival->user,
                                           .credential = arrival->next,
                                           .payment = arrival->open_payment});
    }
}

static void arrival_answered(struct arrival *arrival, enum arrival_outcome outcome)
{
    struct session *session = session_answered(&arrival->context);

    if (session != NULL && session->state != DEVICE_GONE &&
        (outcome == ARRIVAL_TROUBLE || outcome == ARRIVAL_UNKNOWN ||
         !look_again(session, arrival, arrival->changes))) {
        arrival_act(session, arrival, outcome);
    }
    arrival_free(&arrival);
}

/* --- Log-in --------------------------------------------------------------- */

/* Rounded up: who waits so long is not refused for having come too early. */
static void log_in_locked(struct session *session, int64_t wait_ms)
{
    int64_t seconds = (wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;
    char words[TERMINAL_TEXT_MAX];

    if (seconds < SECONDS_SAID_MAX) {
        (void)text_format(words, sizeof(words),
                          "Too many wrong log-ins. Try again in %" PRId64 " second%s.", seconds,
                          seconds == 1 ? "" : "s");
    } else {
        (void)text_format(words, sizeof(words),
                          "Too many wrong log-ins. Try again in %" PRId64 " minutes.",
                          (seconds + SECONDS_PER_MINUTE - 1) / SECONDS_PER_MINUTE);
    }
    log_in_refused_for(session, "locked", words, seconds);
}

static void log_in_pin_locked(struct session *session)
{
    session->pin_locked = true;
    log_in_refused(session, "locked",
                   "Too many wrong PINs on this terminal. Log in with e-mail and password.");
}

/* Who took back a terminal's credential in the middle of a sale meets this, too. */
static void log_in_serial_in_use(struct session *session, int64_t payment)
{
    char words[TERMINAL_TEXT_MAX];

    if (payment == 0) {
        log_in_refused(session, "serial_in_use",
                       "Another terminal with this serial number is connected. Switch that one "
                       "off, or give this one its own serial number.");
        return;
    }
    (void)text_format(words, sizeof(words),
                      "Payment %" PRId64 " of the terminal with this serial number is not over. "
                      "Log in when it has ended. If it does not end by itself, your administrator "
                      "must say what became of it ('payment resolve %" PRId64 "').",
                      payment, payment);
    log_in_refused(session, "serial_in_use", words);
}

static void log_in_explain(struct session *session, const struct log_in *log_in,
                           enum log_in_outcome outcome)
{
    switch (outcome) {
    case LOG_IN_WRONG:
        log_in_refused(session, "wrong",
                       takes_pin(session)
                           ? "That did not match. Check the PIN, or the e-mail and password."
                           : "E-mail or password is wrong.");
        return;
    case LOG_IN_LOCKED:
        log_in_locked(session, log_in->wait_ms);
        return;
    case LOG_IN_PIN_LOCKED:
        log_in_pin_locked(session);
        return;
    case LOG_IN_SERIAL_IN_USE:
        log_in_serial_in_use(session, log_in->open_payment);
        return;
    case LOG_IN_NO_CODES_LEFT:
        log_in_refused(session, "no_codes_left",
                       "This business has used all its device codes; no terminal can be added.");
        return;
    case LOG_IN_BUSY:
        log_in_refused(session, "busy", "Too many log-ins at once. Try again in a moment.");
        return;
    case LOG_IN_TROUBLE:
    case LOG_IN_DONE:
    case LOG_IN_OUTCOMES:
        log_in_refused(session, "trouble", "The server could not store the log-in. Try again.");
        return;
    }
}

static void log_in_act(struct session *session, const struct log_in *log_in)
{
    struct arrival seen = {.device = log_in->device};

    memcpy(seen.next, log_in->credential, sizeof(seen.next));
    if (!look_again(session, &seen, log_in->changes) && session_step(session, DEVICE_KNOWN)) {
        welcome(session, &(struct welcome){.device = &log_in->device,
                                           .business = &log_in->business,
                                           .user = &log_in->user,
                                           .credential = log_in->credential,
                                           .payment = true});
    }
    secret_wipe(seen.next, sizeof(seen.next));
}

static void log_in_answered(struct log_in *log_in, enum log_in_outcome outcome)
{
    struct session *session = session_answered(&log_in->context);

    if (session != NULL && session->state != DEVICE_GONE) {
        if (outcome == LOG_IN_DONE) {
            log_in_act(session, log_in);
        } else {
            (void)session_step(session, DEVICE_UNKNOWN);
            log_in_explain(session, log_in, outcome);
        }
    }
    log_in_free(&log_in);
}

/* The limits were kept by the reader of messages: copying cannot fail. */
static void log_in_fill(struct log_in *log_in, const struct terminal_log_in *from)
{
    char email[ACCOUNT_EMAIL_SIZE];

    if (slice_copy(from->email, email, sizeof(email)) != FAIL_NONE ||
        slice_copy(from->password, log_in->password, sizeof(log_in->password)) != FAIL_NONE ||
        slice_copy(from->pin, log_in->pin, sizeof(log_in->pin)) != FAIL_NONE) {
        assert(false);
    }
    account_email_fold(slice_of(email), log_in->email);
}

void session_log_in(struct session *session, const struct terminal_log_in *from)
{
    struct log_in *log_in;

    if (!session_step(session, DEVICE_LOG_IN)) {
        session_protocol_error(session, "log_in has no place here");
        return;
    }
    if (from->pin.length > 0 && !session->proven) {
        (void)session_step(session, DEVICE_UNKNOWN);
        log_in_refused(session, "wrong",
                       "The first log-in on a terminal needs e-mail and password.");
        return;
    }
    log_in = log_in_new();
    if (log_in == NULL) {
        session_no_memory(session);
        return;
    }
    log_in_fill(log_in, from);
    memcpy(log_in->serial, session->serial, strlen(session->serial) + 1);
    if (session->proven) {
        log_in->proven_device = session->presence.device;
        log_in->proven_business = session->presence.business;
        log_in->keep_credential = session->given;
    }
    log_in->address = line_address(session->line);
    log_in->loop = loop_number(session->hub->loop);
    log_in->done = log_in_answered;
    session_asked(session, &log_in->context);
    log_in_start(session->hub->broker, log_in);
}
