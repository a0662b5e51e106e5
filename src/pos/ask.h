/* The questions that a point of sale has about payments and transactions, and
 * its wish to cancel one: each is one call whose answer is read. */
#ifndef POS_ASK_H
#define POS_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "pos/call.h"
#include "pos/reading.h"

/* What the kit needs of the world; a test plugs in its own. */
struct pos_api {
    /* As pos_call; pos_said_finish the answer. */
    void (*call)(void *context, const struct pos_ask *ask, struct pos_said *said);
    /* For so long, or until a cancel is wanted. */
    void (*wait)(void *context, int64_t wait_ms);
    int64_t (*now_ms)(void *context); /* monotonic */
    bool (*is_cancel_wanted)(void *context);
    void *context; /* borrowed */
};

/* Why there is no answer that can be used. */
struct pos_refusal {
    enum pos_outcome outcome; /* never POS_SHOWN */
    int status;               /* of HTTP; 0: there was no answer */
    char problem[POS_PROBLEM_SIZE];
};

/* Each is true when `out` is filled, else `refusal` is. */
bool ask_payment(const struct pos_api *api, const char *code, int64_t payment,
                 struct pos_payment *out, struct pos_refusal *refusal);
/* The newest POS_LIST_MAX, newest first; `open_only`: those that are not final. */
struct pos_payment_list {
    size_t count;
    struct pos_payment items[POS_LIST_MAX];
};
bool ask_payments(const struct pos_api *api, const char *code, bool open_only,
                  struct pos_payment_list *out, struct pos_refusal *refusal);
bool ask_transaction(const struct pos_api *api, int64_t transaction, struct pos_transaction *out,
                     struct pos_refusal *refusal);
/* At most POS_LIST_MAX of those with the invoice number. */
struct pos_transaction_list {
    size_t count;
    struct pos_transaction items[POS_LIST_MAX];
};
bool ask_invoice(const struct pos_api *api, const char *invoice, struct pos_transaction_list *out,
                 struct pos_refusal *refusal);

/* Blocks for as long as the terminal takes to say what is true. */
struct pos_cancel {
    const char *code;
    int64_t payment;
    bool reverse_if_approved;
};
bool ask_cancel(const struct pos_api *api, const struct pos_cancel *cancel,
                struct pos_cancelled *out, struct pos_refusal *refusal);

#endif
