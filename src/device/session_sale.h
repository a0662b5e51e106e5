/* Inside the sessions' files: what a session needs while a payment is on it.
 * It is there only then, so that a terminal that waits for one stays small. */
#ifndef DEVICE_SESSION_SALE_H
#define DEVICE_SESSION_SALE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "broker/payment_call.h"
#include "device/session.h"

struct session_sale {
    /* Offered on this connection, from its offer to its decision; NULL: none.
     * While it waits for the terminal's word it is in hub->offers too. */
    struct payment_call *call;
    struct list reports; /* struct payment_report that are under way */
    unsigned report_count;
    /* The terminal has shown a credential that was dropped or is too old: of this
     * device it may say results that are older, and no more. 0: it has not. */
    int64_t retired_business;
    int64_t retired_device;
    int64_t retired_before_ms; /* begun before it; 0: whenever */
};

/* Makes it where there is none. NULL when there is no memory. */
struct session_sale *session_sale_take(struct session *session);
/* Frees it where nothing is in it. */
void session_sale_tidy(struct session *session);

/* The payment is not on this terminal's screen any more. */
void session_screen_clear(struct session *session, int64_t payment);
/* It is offered here, and not decided yet. */
bool session_is_offered(const struct session *session, int64_t payment);
/* Where it is offered here and waits for the terminal: it waits no longer. */
void session_offer_void(struct session *session, int64_t payment);
/* Tells the terminal that an offer is void. */
void session_withdraw(struct session *session, int64_t payment);

#endif
