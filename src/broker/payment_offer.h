/* The part of a call that runs on the terminal's loop. Private to
 * broker/payment_call. */
#ifndef BROKER_PAYMENT_OFFER_H
#define BROKER_PAYMENT_OFFER_H

#include "broker/payment_call.h"

/* On the caller's loop: call->row is committed and is to be offered; ends with
 * payment_call_end. */
void payment_offer_start(struct payment_call *call);

/* From any loop: the answer goes to the caller's loop. */
void payment_call_end(struct payment_call *call, enum payment_answer answer);

#endif
