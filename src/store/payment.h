/* The store's verbs of payments, attempts, transactions and events. All inside
 * a job; each takes the business (architecture.md, Law 5). */
#ifndef STORE_PAYMENT_H
#define STORE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "store/record.h"
#include "store/store.h"

MUST_CHECK enum fail store_business_set_processor(struct store_tx *tx, int64_t business,
                                                  unsigned processor);

/* `row` without id and code: they are filled in. FAIL_BUSY: a payment is not
 * final on this device. FAIL_CONFLICT: the key is taken. FAIL_NOT_FOUND: no such
 * device in this business. */
MUST_CHECK enum fail store_payment_add(struct store_tx *tx, struct payment_row *row);
MUST_CHECK enum fail store_payment_find(struct store_tx *tx, int64_t business, int64_t id,
                                        struct payment_row *out);
MUST_CHECK enum fail store_payment_by_key(struct store_tx *tx, int64_t business, const char *key,
                                          struct payment_row *out);
/* The one that is not final on this device. */
MUST_CHECK enum fail store_payment_open(struct store_tx *tx, int64_t business, int64_t device,
                                        struct payment_row *out);
/* What core/payment says of it (row->payment), its approved transaction, and
 * when it ended. */
MUST_CHECK enum fail store_payment_save(struct store_tx *tx, const struct payment_row *row);
/* The key may be used again. */
MUST_CHECK enum fail store_payment_free_key(struct store_tx *tx, int64_t business, int64_t id);

/* Every payment that is not final, of every business, soonest deadline first
 * (0 last): for the start of a server. */
struct payment_deadline {
    int64_t business;
    int64_t payment;
    enum payment_state state;
    int64_t deadline_ms;
};
MUST_CHECK enum fail
store_payments_open(struct store_tx *tx,
                    void (*each)(void *context, const struct payment_deadline *row), void *context);

/* --- Attempts ---------------------------------------------------------------- */

/* FAIL_CONFLICT: this payment has an attempt of that number. */
MUST_CHECK enum fail store_attempt_add(struct store_tx *tx, const struct payment_row *payment,
                                       const struct attempt_row *attempt);
MUST_CHECK enum fail store_attempt_find(struct store_tx *tx, int64_t business, int64_t payment,
                                        uint32_t number, struct attempt_row *out);
/* Its outcome: ended_ms, approved, reason, approval_code, transaction. */
MUST_CHECK enum fail store_attempt_save(struct store_tx *tx, const struct payment_row *payment,
                                        const struct attempt_row *attempt);
/* In order of their numbers. */
MUST_CHECK enum fail store_attempts(struct store_tx *tx, int64_t business, int64_t payment,
                                    void (*each)(void *context, const struct attempt_row *row),
                                    void *context);
/* The suspected-duplicate rule: the same card (its reference and holder) and
 * amount was approved on a purchase of this business since `since_ms`, by
 * another payment. */
MUST_CHECK enum fail store_duplicate_find(struct store_tx *tx, const struct payment_row *payment,
                                          const struct card *card, int64_t since_ms, bool *found);

/* --- Transactions -------------------------------------------------------------- */

/* The transaction of an attempt that has its outcome, of the payment's own kind
 * or TRANSACTION_REVERSE: with the next id (random gaps, below 2^53), in the
 * open batch of its device and currency, which is opened where there is none,
 * with the card's token of this business, and with the invoice and customer of
 * the payment, or with new ones where the POS has sent none (INV001000...,
 * CST1000...; those of the payment's first transaction for all that follow;
 * never one that a transaction of this business has already). */
MUST_CHECK enum fail store_transaction_add(struct store_tx *tx, const struct payment_row *payment,
                                           const struct attempt_row *attempt,
                                           enum transaction_type type, int64_t now_ms, int64_t *id);
MUST_CHECK enum fail store_transaction_find(struct store_tx *tx, int64_t business, int64_t id,
                                            struct transaction_row *out);

/* --- Events -------------------------------------------------------------------- */

struct store_event {
    int64_t business;
    enum event_kind kind;
    int64_t payment;
    int64_t transaction; /* of EVENT_CARD_TRANSACTION */
    int64_t at_ms;
};
/* With the next number of its business, and a delivery where the business has a
 * webhook that wants this kind; `*delivery` tells whether it has. */
MUST_CHECK enum fail store_event_add(struct store_tx *tx, const struct store_event *event,
                                     bool *delivery);

#endif
