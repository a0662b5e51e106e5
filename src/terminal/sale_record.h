/* The record of a payment: what a terminal must still know of it after a power
 * cut, and the JSON text that it is on disk (sale.json). Pure; memory.h does
 * the disk.
 *
 * With authority `terminal` this record is what is true of the payment: the
 * stand-in for a certified application has no other journal. */
#ifndef TERMINAL_SALE_RECORD_H
#define TERMINAL_SALE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "core/card.h"
#include "core/payment.h"
#include "wire/terminal_message.h"

enum {
    SALE_RECORD_TEXT_MAX = 8192,
    SALE_RECORD_PROBLEM_SIZE = 300,
    SALE_CURRENCY_SIZE = 4,
};

/* What was to be said to the server, and may not have been answered. */
enum sale_unsent {
    UNSENT_NOTHING, /* go was taken, and no card was presented */
    UNSENT_ATTEMPT, /* a card: the server decides */
    UNSENT_RESULT,  /* a card, and what this terminal has decided */
    UNSENT_CANCEL,  /* it ended here without an approval */
    UNSENT_KINDS,
};

struct sale_record {
    int64_t payment; /* 0: there is none, and nothing below counts */
    enum payment_kind kind;
    int64_t amount_minor;
    char currency[SALE_CURRENCY_SIZE];
    char invoice[TERMINAL_INVOICE_MAX + 1]; /* "": none */
    enum payment_authority authority;
    int64_t time_limit_seconds;
    uint32_t attempt; /* the last card's number, from 1; 0: none */
    enum sale_unsent unsent;
    enum payment_reason by; /* of UNSENT_CANCEL */
    struct card card;       /* of the last attempt */
    bool approved;          /* of UNSENT_RESULT, like the two below */
    char approval_code[PAYMENT_APPROVAL_SIZE];
    char reason[PAYMENT_REASON_SIZE];
};

/* A payment as it is offered, without any attempt. */
struct sale_record sale_record_make(const struct terminal_offer *offer);
/* "attempt", "result", "cancel_payment"; NULL for UNSENT_NOTHING. */
const char *sale_unsent_name(enum sale_unsent unsent);
/* The unsent message, whole; its texts are borrowed from the record, which has
 * one (assert). */
void sale_record_message(const struct sale_record *record, struct terminal_message *out);

/* Appends the JSON text, a line feed at the end. */
void sale_record_write(struct buf *out, const struct sale_record *record);
/* Reads it back, with a closed schema. FAIL_INVALID when it is damaged,
 * FAIL_VERSION when a newer program wrote it, FAIL_MEMORY; `problem` then holds
 * half a sentence for people. */
MUST_CHECK enum fail sale_record_read(struct slice text, struct sale_record *out,
                                      char problem[SALE_RECORD_PROBLEM_SIZE]);

#endif
