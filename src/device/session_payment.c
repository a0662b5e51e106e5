/* What a terminal says of a payment, and how it is told how the payment stands.
 *
 * Each message is one operation of the broker; several may be under way at once,
 * and all answers are made of the payment's row as it is after the commit. So a
 * message that is repeated, late or lost has the same answer as the first one,
 * and nothing is remembered here but who asked.
 *
 * A result is taken even where nobody is logged in: it is older than the log-out
 * and may be all that is known of a charged card. */
#include "device/session_payment.h"

#include <assert.h>

#include "base/id.h"
#include "base/log.h"
#include "device/session_sale.h"
#include "wire/websocket.h"

/* So long a terminal keeps what could not be stored, and a little longer. */
enum { STORE_WAIT_MS = 2000, STORE_WAIT_MORE_MS = 3000 };

/* --- How it stands ------------------------------------------------------------ */

static struct slice word_of(const char *word)
{
    return slice_of(word == NULL ? "" : word);
}

static void tell_outcome(struct session *session, const struct payment_told *told)
{
    const struct attempt_row *attempt = &told->attempt;
    struct terminal_message message = {.type = TERMINAL_OUTCOME};

    message.outcome = (struct terminal_outcome){.payment = told->row.id,
                                                .attempt = attempt->number,
                                                .approved = attempt->approved,
                                                .transaction = attempt->transaction,
                                                .approval_code = slice_of(attempt->approval_code),
                                                .reason = slice_of(attempt->reason),
                                                .final = payment_is_final(told->row.payment.state)};
    session_tell(session, &message);
}

/* The table first, the word after (architecture.md, Threads and time). */
static void tell_ended(struct session *session, const struct payment_row *row)
{
    struct terminal_message message = {.type = TERMINAL_PAYMENT_ENDED};

    session_screen_clear(session, row->id);
    message.payment_ended = (struct terminal_payment_ended){
        .payment = row->id,
        .state = slice_of(payment_state_name(row->payment.state, SCREEN_NONE)),
        .reason = word_of(payment_reason_name(row->payment.reason))};
    session_tell(session, &message);
}

static void tell_resume(struct session *session, const struct payment_row *row)
{
    struct terminal_message message = {.type = TERMINAL_RESUME};

    message.resume = (struct terminal_resume){.payment = row->id, .attempt = row->payment.attempt};
    session_tell(session, &message);
}

/* Where it is for the terminal to cancel it. */
static void tell_cancel_requested(struct session *session, const struct payment_row *row)
{
    struct terminal_message message = {.type = TERMINAL_CANCEL_REQUESTED};

    if (row->payment.cancel_asked == REASON_NONE) {
        return;
    }
    message.cancel_requested = (struct terminal_cancel_requested){
        .payment = row->id, .by = slice_of(payment_reason_name(row->payment.cancel_asked))};
    session_tell(session, &message);
}

static bool is_decided(const struct payment_told *told)
{
    return told->attempt.number > 0 && told->attempt.ended_ms != 0;
}

/* The payment ended with this outcome, and not later without one. */
static bool ended_by_outcome(const struct payment_told *told)
{
    return is_decided(told) &&
           (told->attempt.approved || told->attempt.ended_ms >= told->row.ended_ms);
}

/* This terminal is at this payment now: so progress is believed, and the table
 * of who is connected knows. */
static void follow(struct session *session, const struct payment_row *row)
{
    if (device_is_registered(session->state) && session->presence.payment != row->id) {
        presence_set_screen(&session->hub->broker->presence, &session->presence, row->id,
                            SCREEN_NONE);
    }
}

/* Of an open one with its go, in answer to the terminal. */
static void answer_open(struct session *session, const struct payment_told *told,
                        enum payment_said said)
{
    enum payment_state state = told->row.payment.state;

    follow(session, &told->row);
    if (is_decided(told)) {
        tell_outcome(session, told);
    } else if (said == SAID_ASK || state != PAYMENT_AUTHORISING) {
        tell_resume(session, &told->row);
    } /* else: the outcome follows by itself */
    tell_cancel_requested(session, &told->row);
}

/* What it has ended by itself needs no outcome; what ended otherwise may have
 * one that it has not heard. */
static void answer(struct session *session, const struct payment_report *report)
{
    const struct payment_told *told = &report->told;
    enum payment_state state = told->row.payment.state;
    bool ended_it = report->said == SAID_CANCEL && report->verdict == PAYMENT_TAKEN;

    if (payment_is_final(state)) {
        if (is_decided(told) && !ended_it) {
            tell_outcome(session, told);
        }
        tell_ended(session, &told->row);
        session_offer_void(session, told->row.id);
    } else if (state != PAYMENT_OFFERED) {
        answer_open(session, told, report->said);
    } else if (!session_is_offered(session, told->row.id)) {
        session_withdraw(session, told->row.id); /* it was offered on another connection */
    }
}

void session_payment_tell(struct session *session, const struct payment_told *told)
{
    const struct payment *payment = &told->row.payment;

    if (!device_is_registered(session->state) || payment->state == PAYMENT_OFFERED) {
        return;
    }
    if (session_is_offered(session, told->row.id)) {
        /* Nobody has told the terminal to go: its decision will be withdraw. */
        if (payment_is_final(payment->state)) {
            session_screen_clear(session, told->row.id);
            session_offer_void(session, told->row.id);
        }
        return;
    }
    if (payment->state == PAYMENT_REFUSED) {
        return; /* an offer of another connection, or one that was withdrawn */
    }
    if (payment_is_final(payment->state)) {
        if (ended_by_outcome(told)) {
            tell_outcome(session, told);
        }
        tell_ended(session, &told->row);
        return;
    }
    follow(session, &told->row);
    if (payment->cancel_asked != REASON_NONE) {
        tell_cancel_requested(session, &told->row);
    } else if (payment->state == PAYMENT_RETRY && is_decided(told)) {
        tell_outcome(session, told);
    }
}

/* --- The terminal's word and its answer ------------------------------------------ */

static const char *const SAID_NAMES[] = {[SAID_ATTEMPT] = "attempt",
                                         [SAID_RESULT] = "result",
                                         [SAID_CANCEL] = "cancel_payment",
                                         [SAID_ASK] = "ask_payment"};

static void result_refused(struct session *session, const struct payment_report *report,
                           const char *words)
{
    struct terminal_message message = {.type = TERMINAL_RESULT_REFUSED};

    message.result_refused = (struct terminal_result_refused){
        .payment = report->payment, .attempt = report->attempt.number, .message = slice_of(words)};
    session_tell(session, &message);
}

/* No payment of this terminal: another's, or of a database that was restored.
 * What is not known here is not confirmed; but the terminal must not ask for
 * ever. */
static void not_found(struct session *session, const struct payment_report *report)
{
    struct terminal_message message = {.type = TERMINAL_PAYMENT_ENDED};

    if (report->payment == 0) {
        return; /* we asked whether one is open: none is */
    }
    log_limited(session_log_limit(session), LOG_WARNING, "payment.not_found",
                log_number("business", report->business), log_text("code", session->presence.code),
                log_number("payment", report->payment), log_text("said", SAID_NAMES[report->said]));
    if (report->said == SAID_RESULT) {
        result_refused(session, report,
                       "This payment is not known here for this terminal. Keep the receipt, and "
                       "ask the point of sale what became of it.");
        return;
    }
    session_screen_clear(session, report->payment);
    message.payment_ended = (struct terminal_payment_ended){
        .payment = report->payment, .state = slice_of("unknown"), .reason = slice_of("")};
    session_tell(session, &message);
}

/* A person reads it, on the terminal. */
static void contradicted(struct session *session, const struct payment_report *report)
{
    static const char *const WORDS[] = {"declined", "approved"};
    const struct payment_told *told = &report->told;
    bool same = is_decided(told) && told->attempt.number == report->attempt.number;
    char words[TERMINAL_TEXT_MAX];

    (void)text_format(words, sizeof(words),
                      "The card was %s here, but that is stored as %s for good. Both are kept, and "
                      "the operator is told.",
                      WORDS[report->attempt.approved],
                      same ? WORDS[told->attempt.approved]
                           : payment_state_name(told->row.payment.state, SCREEN_NONE));
    result_refused(session, report, words);
}

static void unexpected(struct session *session, const struct payment_report *report)
{
    char words[TERMINAL_TEXT_MAX];

    (void)text_format(words, sizeof(words), "%s has no place in this payment, which is %s",
                      SAID_NAMES[report->said],
                      payment_state_name(report->told.row.payment.state, SCREEN_NONE));
    session_protocol_error(session, words);
}

static void trouble(struct session *session)
{
    session_send_away(session, WEBSOCKET_CLOSE_INTERNAL, "trouble",
                      "The server cannot store now what this terminal says of its payment. The "
                      "terminal keeps it and says it again by itself.",
                      STORE_WAIT_MS + id_random_below(STORE_WAIT_MORE_MS));
}

static void report_act(struct session *session, const struct payment_report *report, enum fail fail)
{
    if (fail == FAIL_NOT_FOUND) {
        not_found(session, report);
    } else if (fail != FAIL_NONE) {
        trouble(session);
    } else if (report->verdict == PAYMENT_CONTRADICTED) {
        contradicted(session, report);
    } else if (report->verdict == PAYMENT_UNEXPECTED) {
        unexpected(session, report);
    } else {
        answer(session, report);
    }
}

/* We asked by ourselves whether a payment is open. */
static void arrival_act(struct session *session, const struct payment_told *told)
{
    if (!device_is_registered(session->state) || told->row.payment.state == PAYMENT_OFFERED) {
        return;
    }
    follow(session, &told->row);
    tell_resume(session, &told->row);
    tell_cancel_requested(session, &told->row);
}

static void report_answered(struct payment_report *report, enum fail fail)
{
    struct session *session = report->context;

    if (session != NULL) {
        list_remove(&report->link);
        session->sale->report_count--;
        if (session->state != DEVICE_GONE) {
            if (report->payment == 0 && fail == FAIL_NONE) {
                arrival_act(session, &report->told);
            } else {
                report_act(session, report, fail);
            }
        }
        session_sale_tidy(session);
    }
    payment_report_free(&report);
}

/* Whose payments it may speak of; false: it may not, and nobody answers. */
static bool report_address(const struct session *session, struct payment_report *report)
{
    const struct session_sale *sale = session->sale;

    if (device_is_registered(session->state) ||
        (report->said == SAID_RESULT && session->proven && session->presence.device != 0)) {
        report->business = session->presence.business;
        report->device = session->presence.device;
        return true;
    }
    if (report->said == SAID_RESULT && sale != NULL && sale->retired_device != 0) {
        report->business = sale->retired_business;
        report->device = sale->retired_device;
        report->begun_before_ms = sale->retired_before_ms;
        return true;
    }
    return false;
}

static void report_start(struct session *session, struct payment_report *report)
{
    if (session_sale_take(session) == NULL) {
        payment_report_free(&report);
        session_no_memory(session);
        return;
    }
    if (session->sale->report_count >= SESSION_REPORTS_MAX) {
        payment_report_free(&report);
        session_protocol_error(session, "too many messages of payments at once");
        return;
    }
    report->loop = loop_number(session->hub->loop);
    report->done = report_answered;
    report->context = session;
    list_push_back(&session->sale->reports, &report->link);
    session->sale->report_count++;
    payment_report_start(session->hub->broker, report);
}

/* NULL where it crossed with a log-out, or a stranger speaks; also when there is
 * no memory: then the terminal is told. */
static struct payment_report *report_new(struct session *session, enum payment_said said,
                                         int64_t payment)
{
    struct payment_report *report = payment_report_new();

    if (report == NULL) {
        session_no_memory(session);
        return NULL;
    }
    report->said = said;
    report->payment = payment;
    if (!report_address(session, report)) {
        payment_report_free(&report);
    }
    return report;
}

/* --- What the terminal says --------------------------------------------------------- */

void session_progress(struct session *session, const struct terminal_progress *from)
{
    enum payment_screen screen;

    if (!device_is_registered(session->state) || from->payment != session->presence.payment ||
        session_is_offered(session, from->payment)) {
        return; /* it crossed with the end */
    }
    if (payment_screen_read(from->screen, &screen)) {
        presence_set_screen(&session->hub->broker->presence, &session->presence, from->payment,
                            screen);
    }
}

/* Never the names of the fields, nor what was in them. */
static void alarm_dropped(const struct session *session, const struct payment_report *report,
                          unsigned dropped)
{
    if (dropped > 0) {
        counter_add(&session_fields_dropped, dropped);
        log_limited(session_log_limit(session), LOG_ERROR, "terminal.card_data_dropped",
                    log_number("business", report->business),
                    log_text("code", session->presence.code), log_number("fields", dropped));
    }
}

/* The limits were kept by the reader of messages. */
static void card_fill(struct card *card, const struct terminal_attempt *from)
{
    bool known = card_brand_read(from->brand, &card->brand) &&
                 card_kind_read(from->card, &card->kind) &&
                 card_entry_read(from->entry, &card->entry);

    assert(known);
    (void)known;
    slice_keep(from->first_six, card->first_six, sizeof(card->first_six));
    slice_keep(from->last_four, card->last_four, sizeof(card->last_four));
    slice_keep(from->holder, card->holder, sizeof(card->holder));
    slice_keep(from->reference, card->reference, sizeof(card->reference));
}

static void attempt_fill(struct attempt_row *attempt, const struct terminal_attempt *from)
{
    attempt->number = (uint32_t)from->attempt;
    card_fill(&attempt->card, from);
}

void session_attempt(struct session *session, const struct terminal_message *message)
{
    struct payment_report *report = report_new(session, SAID_ATTEMPT, message->attempt.payment);

    if (report != NULL) {
        alarm_dropped(session, report, message->dropped);
        attempt_fill(&report->attempt, &message->attempt);
        report_start(session, report);
    }
}

void session_result(struct session *session, const struct terminal_message *message)
{
    const struct terminal_result *from = &message->result;
    struct payment_report *report = report_new(session, SAID_RESULT, from->attempt.payment);

    if (report != NULL) {
        struct attempt_row *attempt = &report->attempt;

        alarm_dropped(session, report, message->dropped);
        attempt_fill(attempt, &from->attempt);
        attempt->approved = from->approved;
        slice_keep(from->approval_code, attempt->approval_code, sizeof(attempt->approval_code));
        slice_keep(from->reason, attempt->reason, sizeof(attempt->reason));
        report_start(session, report);
    }
}

void session_cancel_payment(struct session *session, const struct terminal_cancel_payment *from)
{
    struct payment_report *report = report_new(session, SAID_CANCEL, from->payment);

    if (report != NULL) {
        bool known = payment_reason_read(from->by, &report->by);

        assert(known);
        (void)known;
        report_start(session, report);
    }
}

void session_ask_payment(struct session *session, int64_t payment)
{
    struct payment_report *report = report_new(session, SAID_ASK, payment);

    if (report != NULL) {
        report_start(session, report);
    }
}

/* --- Coming and going ------------------------------------------------------------------ */

void session_payment_arrive(struct session *session)
{
    if (session->sale != NULL) {
        session->sale->retired_device = 0; /* it has logged in since */
    }
    session_ask_payment(session, 0);
}

void session_payment_retired(struct session *session, const struct device *device, bool is_own)
{
    struct session_sale *sale = session_sale_take(session);

    if (sale == NULL) {
        session_no_memory(session);
        return;
    }
    sale->retired_business = device->business;
    sale->retired_device = device->id;
    sale->retired_before_ms = device->has_credential && !is_own ? device->credential_ms : 0;
}

void session_payment_end(struct session *session)
{
    struct list_link *link;

    session_payment_leave(session);
    if (session->sale == NULL) {
        return;
    }
    while ((link = list_pop_front(&session->sale->reports)) != NULL) {
        LIST_ITEM(link, struct payment_report, link)->context = NULL;
        session->sale->report_count--;
    }
    session->sale->retired_device = 0;
    session_sale_tidy(session);
    assert(session->sale == NULL);
}
