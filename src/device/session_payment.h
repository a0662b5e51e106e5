/* Of the sessions: payments. */
#ifndef DEVICE_SESSION_PAYMENT_H
#define DEVICE_SESSION_PAYMENT_H

#include "base/metric.h"
#include "broker/payment_call.h"
#include "broker/payment_report.h"
#include "device/session.h"

/* Payment messages of one terminal whose answers are awaited; one more breaks
 * the protocol. */
enum { SESSION_REPORTS_MAX = 16 };

/* Fields that were left out of what terminals say of payments. */
extern struct counter session_fields_dropped;

/* What the broker's port asks (broker/port.h). */
void session_offer(struct session *session, struct payment_call *call);
void session_offer_decided(struct session *session, struct payment_call *call, bool go);
void session_payment_tell(struct session *session, const struct payment_told *told);

/* Of the hub: the terminal's time to show it is over. */
void session_offer_expired(struct payment_call *call);

/* What the terminal says. */
void session_displayed(struct session *session, int64_t payment);
void session_progress(struct session *session, const struct terminal_progress *from);
void session_attempt(struct session *session, const struct terminal_message *message);
void session_result(struct session *session, const struct terminal_message *message);
void session_cancel_payment(struct session *session, const struct terminal_cancel_payment *from);
void session_ask_payment(struct session *session, int64_t payment);

/* It has just been welcomed and may have a payment open: it is told which. */
void session_payment_arrive(struct session *session);
/* It has shown a credential that was dropped, or one that is the device's own
 * and too old: of that device it may still say results of payments that were
 * begun under it (architecture.md, Law 6). */
void session_payment_retired(struct session *session, const struct device *device, bool is_own);
/* It does not listen any more: an offer that waits is missed. */
void session_payment_leave(struct session *session);
/* Its connection has ended: what is under way finds nobody. */
void session_payment_end(struct session *session);

#endif
