/* What a Smart Terminal API answers about payments and card transactions, read
 * from its JSON (contract.md, Results; What no vendor offers and we add). Only
 * what a sale needs is read; fields that are absent or strange are empty. */
#ifndef POS_READING_H
#define POS_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"
#include "core/payment.h"

enum {
    POS_WORD_SIZE = 24, /* a state, a reason, a status, an amount as its API wrote it */
    POS_DATE_SIZE = 32, /* a date as its API wrote it */
    POS_CARD_SIZE = 32, /* first six and last four */
    POS_LIST_MAX = 100, /* payments or transactions that are asked for at once */
};

struct pos_attempt {
    int64_t number;
    char state[POS_WORD_SIZE]; /* "authorising", "approved", "declined" */
    int64_t transaction;       /* 0: none yet */
    char warning[PAYMENT_REASON_SIZE];
};

struct pos_payment {
    int64_t id;
    char state[POS_WORD_SIZE];
    char reason[POS_WORD_SIZE]; /* of the end; "": none */
    char amount[POS_WORD_SIZE];
    char currency[POS_WORD_SIZE];
    char invoice[PAYMENT_INVOICE_SIZE];
    char created[POS_DATE_SIZE];
    int64_t transaction; /* the approved one; 0: none */
    bool reversed;
    size_t attempt_count;
    struct pos_attempt attempts[PAYMENT_ATTEMPTS_MAX];
};

struct pos_transaction {
    int64_t id;
    bool approved; /* APPROVED; everything else is not */
    char status[POS_WORD_SIZE];
    char type[POS_WORD_SIZE];
    char amount[POS_WORD_SIZE];
    char currency[POS_WORD_SIZE];
    char created[POS_DATE_SIZE];
    char card_type[POS_WORD_SIZE];
    char card_number[POS_CARD_SIZE];
    char approval_code[POS_WORD_SIZE];
    char invoice[PAYMENT_INVOICE_SIZE];
    char customer[PAYMENT_INVOICE_SIZE];
    char warning[PAYMENT_REASON_SIZE];
};

/* Each: FAIL_INVALID when it is no JSON of that kind, FAIL_MEMORY; then `out`
 * is not to be read. */
MUST_CHECK enum fail pos_read_payment(struct slice body, struct pos_payment *out);
MUST_CHECK enum fail pos_read_payments(struct slice body, struct pos_payment out[POS_LIST_MAX],
                                       size_t *count);
MUST_CHECK enum fail pos_read_transaction(struct slice body, struct pos_transaction *out);
MUST_CHECK enum fail pos_read_transactions(struct slice body,
                                           struct pos_transaction out[POS_LIST_MAX], size_t *count);

/* The answer to a cancel. */
struct pos_cancelled {
    char result[POS_WORD_SIZE]; /* "cancelled", "too late", "device unreachable" */
    char state[POS_WORD_SIZE];
    int64_t transaction; /* 0: none */
};
MUST_CHECK enum fail pos_read_cancelled(struct slice body, struct pos_cancelled *out);

#endif
