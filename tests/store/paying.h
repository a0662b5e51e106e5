/* Short ways to a payment and what becomes of it, for the tests of the store. */
#ifndef TESTS_STORE_PAYING_H
#define TESTS_STORE_PAYING_H

#include "store/fixture.h"
#include "store/payment.h"

/* A business with one device. */
struct till {
    int64_t business;
    struct device device;
};

static inline struct till till_make(struct store_tx *tx, const char *name)
{
    struct till till = {.business = business_add(tx, name)};

    till.device = device_add(tx, till.business, name, name);
    return till;
}

/* Not in the database yet; `key` "": none. */
static inline struct payment_row payment_of(const struct till *till, const char *key)
{
    struct payment_row row = {.business = till->business,
                              .device = till->device.id,
                              .token = 7,
                              .payment = {.kind = PAYMENT_PURCHASE,
                                          .authority = AUTHORITY_SERVER,
                                          .state = PAYMENT_OFFERED,
                                          .deadline_ms = NOW_MS + PAYMENT_OFFER_MS},
                              .currency = "CAD",
                              .amount_minor = 1234,
                              .created_ms = NOW_MS};

    (void)snprintf(row.key, sizeof(row.key), "%s", key);
    return row;
}

static inline struct payment_row payment_begin(struct store_tx *tx, const struct till *till)
{
    struct payment_row row = payment_of(till, "");

    WORKS(store_payment_add(tx, &row));
    return row;
}

static inline void payment_end(struct store_tx *tx, struct payment_row *row,
                               enum payment_state state)
{
    row->payment.state = state;
    row->payment.deadline_ms = 0;
    row->ended_ms = NOW_MS + 1;
    WORKS(store_payment_save(tx, row));
}

static inline struct card card_of(const char *reference)
{
    struct card card = {.brand = CARD_VISA,
                        .kind = CARD_CREDIT,
                        .entry = CARD_INSERT,
                        .first_six = "412493",
                        .last_four = "9990",
                        .holder = "ADA LOVELACE"};

    (void)snprintf(card.reference, sizeof(card.reference), "%s", reference);
    return card;
}

/* One that has its outcome. */
static inline struct attempt_row attempt_of(uint32_t number, bool approved)
{
    struct attempt_row row = {.number = number,
                              .began_ms = NOW_MS + 2,
                              .due_ms = NOW_MS + 2,
                              .ended_ms = NOW_MS + 3,
                              .approved = approved,
                              .card = card_of("cardofada")};

    (void)snprintf(row.reason, sizeof(row.reason), "%s",
                   approved ? "" : "Transaction Declined: EXPIRED CARD - Expired Card");
    (void)snprintf(row.approval_code, sizeof(row.approval_code), "%s", approved ? "T4E5S6" : "");
    return row;
}

/* What a job does with an outcome: the transaction, the attempt. */
static inline int64_t outcome_add(struct store_tx *tx, const struct payment_row *payment,
                                  struct attempt_row *attempt, int64_t now_ms)
{
    WORKS(store_transaction_add(tx, payment, attempt,
                                payment->payment.kind == PAYMENT_PURCHASE ? TRANSACTION_PURCHASE
                                                                          : TRANSACTION_REFUND,
                                now_ms, &attempt->transaction));
    WORKS(store_attempt_add(tx, payment, attempt));
    return attempt->transaction;
}

/* A whole sale, from the offer to its approval. */
static inline struct payment_row sale_approved(struct store_tx *tx, struct payment_row row,
                                               int64_t now_ms)
{
    struct attempt_row attempt = attempt_of(1, true);

    WORKS(store_payment_add(tx, &row));
    row.approved = outcome_add(tx, &row, &attempt, now_ms);
    row.payment.attempt = 1;
    payment_end(tx, &row, PAYMENT_APPROVED);
    return row;
}

static inline int64_t number_of(struct store_tx *tx, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(tx->handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

#endif
