/* An offer on one terminal: from the broker's question whether it shows the
 * amount to the decision, go or withdraw (architecture.md, Law 4).
 *
 * Here is the one place where either the terminal's word or the end of its time
 * is taken: an offer waits in hub->offers, and whoever takes it out answers the
 * broker. The session keeps the call until the decision; if the session ends
 * first the call forgets it, and nobody is told. */
#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "broker/payment_call.h"
#include "device/session_payment.h"
#include "device/session_sale.h"

enum { MS_PER_SECOND = 1000 };

/* --- What is kept while a payment is there --------------------------------- */

struct session_sale *session_sale_take(struct session *session)
{
    if (session->sale == NULL) {
        session->sale = calloc(1, sizeof(*session->sale));
        if (session->sale != NULL) {
            list_init(&session->sale->reports);
        }
    }
    return session->sale;
}

void session_sale_tidy(struct session *session)
{
    const struct session_sale *sale = session->sale;

    if (sale != NULL && sale->call == NULL && sale->report_count == 0 &&
        sale->retired_device == 0) {
        free(session->sale);
        session->sale = NULL;
    }
}

void session_screen_clear(struct session *session, int64_t payment)
{
    if (session->presence.payment == payment) {
        presence_set_screen(&session->hub->broker->presence, &session->presence, 0, SCREEN_NONE);
    }
}

/* --- The offer ---------------------------------------------------------------- */

void session_withdraw(struct session *session, int64_t payment)
{
    struct terminal_message message = {.type = TERMINAL_WITHDRAW, .withdraw = payment};

    session_tell(session, &message);
}

static void tell_go(struct session *session, int64_t payment)
{
    struct terminal_message message = {.type = TERMINAL_GO, .go = payment};

    session_tell(session, &message);
}

static void tell_offer(struct session *session, const struct payment_row *row)
{
    struct terminal_message message = {.type = TERMINAL_OFFER};

    message.offer = (struct terminal_offer){
        .payment = row->id,
        .kind = slice_of(payment_kind_name(row->payment.kind)),
        .amount = row->amount_minor,
        .currency = slice_of(row->currency),
        .invoice = slice_of(row->invoice),
        .authority = slice_of(row->payment.authority == AUTHORITY_SERVER ? "server" : "terminal"),
        .time_limit_seconds = PAYMENT_LIMIT_MS / MS_PER_SECOND};
    session_tell(session, &message);
}

static bool takes_offers(const struct session *session)
{
    return session->line != NULL && session->state == DEVICE_READY && session->presence.listening &&
           (session->sale == NULL || session->sale->call == NULL);
}

void session_offer(struct session *session, struct payment_call *call)
{
    call->terminal = NULL;
    if (!takes_offers(session) || session_sale_take(session) == NULL ||
        hub_offer_waits(session->hub, call) != FAIL_NONE) {
        session_sale_tidy(session);
        payment_call_missed(call);
        return;
    }
    call->terminal = session;
    session->sale->call = call;
    presence_set_screen(&session->hub->broker->presence, &session->presence, call->row.id,
                        SCREEN_NONE);
    tell_offer(session, &call->row);
}

/* The one that waits for the terminal's word, or NULL. */
static struct payment_call *offer_waiting(const struct session *session)
{
    struct payment_call *call = session->sale == NULL ? NULL : session->sale->call;

    return call != NULL && list_holds(&call->due) ? call : NULL;
}

void session_displayed(struct session *session, int64_t payment)
{
    struct payment_call *call = offer_waiting(session);

    if (call != NULL && call->row.id == payment) {
        list_remove(&call->due);
        payment_call_shown(call);
        return;
    }
    /* Said twice, or while it is being decided: then the decision is the answer. */
    if (payment != session->presence.payment) {
        session_withdraw(session, payment);
    }
}

void session_offer_expired(struct payment_call *call)
{
    struct session *session = call->terminal;

    list_remove(&call->due);
    log_event(LOG_INFO, "payment.offer_unanswered",
              log_number("business", session->presence.business),
              log_text("code", session->presence.code), log_number("payment", call->row.id));
    if (session->line != NULL) {
        line_probe(session->line, HUB_PROBE_MS);
    }
    payment_call_missed(call);
}

void session_offer_decided(struct session *session, struct payment_call *call, bool go)
{
    int64_t payment = call->row.id;

    assert(session->sale != NULL && session->sale->call == call);
    session->sale->call = NULL;
    session_sale_tidy(session);
    /* Logged out meanwhile, or ended by the POS: the terminal is at it no more. */
    if (go && device_is_registered(session->state) && session->presence.payment == payment) {
        tell_go(session, payment);
        return;
    }
    session_screen_clear(session, payment);
    session_withdraw(session, payment);
}

void session_payment_leave(struct session *session)
{
    struct payment_call *waiting = offer_waiting(session);
    bool gone = session->line == NULL || session->state == DEVICE_GONE;

    if (gone && session->sale != NULL && session->sale->call != NULL) {
        session->sale->call->terminal = NULL;
        session->sale->call = NULL;
    }
    if (waiting != NULL) {
        list_remove(&waiting->due);
        payment_call_missed(waiting);
    }
    session_sale_tidy(session);
}

void session_offer_void(struct session *session, int64_t payment)
{
    struct payment_call *call = offer_waiting(session);

    if (call != NULL && call->row.id == payment) {
        list_remove(&call->due);
        payment_call_missed(call);
    }
}

bool session_is_offered(const struct session *session, int64_t payment)
{
    return session->sale != NULL && session->sale->call != NULL &&
           session->sale->call->row.id == payment;
}
