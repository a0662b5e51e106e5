/* A POS wants a payment cancelled, and is told the truth (contract.md, What no
 * vendor offers). */
#ifndef BROKER_PAYMENT_CANCEL_H
#define BROKER_PAYMENT_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/payment_run.h"
#include "broker/payment_wait.h"
#include "core/code.h"
#include "store/payment.h"

struct broker;

enum { PAYMENT_CANCEL_WAIT_MS = 5000 }; /* for what is under way to be decided */

enum payment_cancel_answer {
    CANCEL_CANCELLED,          /* no sale: it was ended by this, or had been cancelled */
    CANCEL_TOO_LATE,           /* it ended otherwise, or its card is being decided about */
    CANCEL_DEVICE_UNREACHABLE, /* the terminal decides, and cannot be asked now; it will be */
    CANCEL_NO_DEVICE,          /* 404 */
    CANCEL_NO_PAYMENT,         /* 404 */
    CANCEL_TROUBLE,            /* 503 */
};

struct payment_cancel {
    /* in */
    int64_t business;
    char code[CODE_SIZE];
    int64_t payment;
    bool reverse_if_approved;
    unsigned loop;
    void (*done)(struct payment_cancel *cancel, enum payment_cancel_answer answer);
    void *context; /* the caller's */
    /* out, of the first three answers */
    struct payment_row row;
    /* of the broker */
    struct broker *broker;
    int64_t due_ms;   /* by the machine's clock */
    bool has_payment; /* else `answer` says what is missing */
    enum payment_cancel_answer answer;
    struct payment_told told;
    struct payment_run run;
    struct payment_wait wait;
    struct store_job job;
};

/* NULL when there is no memory; all zeros. */
struct payment_cancel *payment_cancel_new(void);
/* Accepts NULL; sets the pointer NULL. */
void payment_cancel_free(struct payment_cancel **cancel);
/* On the caller's loop. */
void payment_cancel_start(struct broker *broker, struct payment_cancel *cancel);

#endif
