/* Of the sessions: payments. */
#ifndef DEVICE_SESSION_PAYMENT_H
#define DEVICE_SESSION_PAYMENT_H

#include "broker/payment_call.h"
#include "broker/payment_report.h"
#include "device/session.h"

/* What the broker's port asks (broker/port.h). */
void session_offer(struct session *session, struct payment_call *call);
void session_offer_decided(struct session *session, struct payment_call *call, bool go);
void session_payment_tell(struct session *session, const struct payment_told *told);

/* What the terminal says. */
void session_displayed(struct session *session, int64_t payment);
void session_progress(struct session *session, const struct terminal_progress *from);
void session_attempt(struct session *session, const struct terminal_message *message);
void session_result(struct session *session, const struct terminal_message *message);
void session_cancel_payment(struct session *session, const struct terminal_cancel_payment *from);
void session_ask_payment(struct session *session, int64_t payment);

/* It has just been welcomed: is a payment open on it? */
void session_payment_arrive(struct session *session);
/* It does not listen any more: an offer that waits is missed. */
void session_payment_leave(struct session *session);

#endif
