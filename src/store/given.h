/* What a payment's transactions have beside its own words: the invoice and the
 * customer, the card's token, the open batch. Private to store/. */
#ifndef STORE_GIVEN_H
#define STORE_GIVEN_H

#include "store/payment.h"

struct given {
    char invoice[PAYMENT_INVOICE_SIZE];
    char customer[PAYMENT_INVOICE_SIZE];
    char card_token[CARD_TOKEN_SIZE];
    int64_t batch;
};

/* Finds them, or makes them. */
MUST_CHECK enum fail given_take(struct store_tx *tx, const struct payment_row *payment,
                                const struct card *card, int64_t now_ms, struct given *out);

#endif
