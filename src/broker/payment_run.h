/* One store job's steps on one payment: load it, let core/payment decide, save
 * what that means in the same job (architecture.md, Threads and time: no loop
 * keeps payment state). What a step leaves to do after the commit stays in the
 * run, for broker/payment_news. Everything here is called inside a job. */
#ifndef BROKER_PAYMENT_RUN_H
#define BROKER_PAYMENT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "core/payment.h"
#include "store/payment.h"

/* How a payment stands, for whoever tells its terminal. */
struct payment_told {
    struct payment_row row;
    struct attempt_row attempt; /* the last one, or the one that is asked about; number 0: none */
};

struct payment_run {
    int64_t now_ms;               /* wall clock: of the steps, and of what they store */
    enum payment_state before;    /* when it was loaded */
    enum payment_verdict verdict; /* of the last step */
    unsigned effects;             /* of all steps; 0: nothing changed in what others must learn */
    bool taken;                   /* the row was saved */
    bool attempt_is_new;          /* told.attempt comes on record with its outcome */
    bool delivery;                /* its business has something new for its webhook */
};

/* The row and its last attempt; a new run begins now. FAIL_NOT_FOUND. */
MUST_CHECK enum fail payment_run_load(struct store_tx *tx, struct payment_run *run,
                                      struct payment_told *told, int64_t business, int64_t payment);
/* The same of the payment that is not final on this device. */
MUST_CHECK enum fail payment_run_load_open(struct store_tx *tx, struct payment_run *run,
                                           struct payment_told *told, int64_t business,
                                           int64_t device);

/* One step, and what it says is to be done in the commit. Where it makes a
 * transaction, `told->attempt` is the attempt with its outcome. Unless
 * run->verdict is PAYMENT_TAKEN afterwards, nothing has changed. */
MUST_CHECK enum fail payment_run_step(struct store_tx *tx, struct payment_run *run,
                                      struct payment_told *told, const struct payment_event *event);

/* An administrator says what became of an UNKNOWN one. */
MUST_CHECK enum fail payment_run_resolve(struct store_tx *tx, struct payment_run *run,
                                         struct payment_told *told, enum payment_state state);
/* Whether `told->attempt` is on record without an outcome: the processor has not
 * decided about it. */
bool payment_run_is_undecided(const struct payment_told *told);

/* For broker/payment_card: the two halves of a step, between which it does what
 * is its own; and told->attempt as it is on record, all zeros where there is none
 * of that number. */
unsigned payment_run_judge(struct payment_run *run, struct payment_told *told,
                           const struct payment_event *event);
MUST_CHECK enum fail payment_run_save(struct store_tx *tx, struct payment_run *run,
                                      struct payment_told *told, unsigned effects);
MUST_CHECK enum fail payment_run_attempt_load(struct store_tx *tx, struct payment_told *told,
                                              uint32_t number);

#endif
