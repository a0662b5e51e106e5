/* What a terminal says of a payment: one store job, and its answer. */
#ifndef BROKER_PAYMENT_REPORT_H
#define BROKER_PAYMENT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/metric.h"
#include "broker/payment_run.h"
#include "core/payment.h"
#include "store/payment.h"

struct broker;

enum payment_said {
    SAID_ATTEMPT, /* a card was presented: the server decides */
    SAID_RESULT,  /* a card was presented, and the terminal has decided */
    SAID_CANCEL,  /* it ended there without an approval */
    SAID_ASK,     /* how does it stand? Of payment 0: the one that is open on this device */
};

/* Of the whole program: what terminals have said that contradicts what is on
 * record. Each is a person's matter. */
extern struct counter payment_contradictions;

/* The session's, from payment_report_new to payment_report_free; its own between
 * payment_report_start and `done`. */
struct payment_report {
    /* in */
    enum payment_said said;
    int64_t business;
    int64_t device; /* of the session: a payment of another device is not found */
    int64_t payment;
    int64_t begun_before_ms;    /* not 0: one that began later is not found */
    struct attempt_row attempt; /* of SAID_ATTEMPT and SAID_RESULT: number, card, approved,
                                   reason, approval_code */
    enum payment_reason by;     /* of SAID_CANCEL */
    unsigned loop;
    /* FAIL_NONE: look at `verdict` and `told`. FAIL_NOT_FOUND: no such payment of
     * this device. FAIL_FULL and others: nothing is known, the terminal keeps
     * what it has said and repeats it. */
    void (*done)(struct payment_report *report, enum fail fail);
    void *context; /* the session's; see session_asked */
    /* of the door: one of the session's that are under way */
    struct list_link link;
    /* out */
    enum payment_verdict verdict;
    struct payment_told told; /* as it stands after it; `attempt` is the one that was said, if it
                                 is on record, else the last one */
    /* of the broker */
    struct broker *broker;
    struct store_job job;
    struct payment_run run;
};

/* NULL when there is no memory; all zeros. */
struct payment_report *payment_report_new(void);
/* Accepts NULL; sets the pointer NULL. */
void payment_report_free(struct payment_report **report);
void payment_report_start(struct broker *broker, struct payment_report *report);

#endif
