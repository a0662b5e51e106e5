/* Waits until a payment has moved as somebody wants: a watch, the row read
 * after each move, and a limit. For a call whose key belongs to a payment that
 * is undecided, and for a cancel. */
#ifndef BROKER_PAYMENT_WAIT_H
#define BROKER_PAYMENT_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "broker/payment_watch.h"
#include "store/payment.h"

struct broker;

/* Embedded in its owner, who keeps it until `done`. */
struct payment_wait {
    /* in */
    int64_t business;
    int64_t payment;
    int64_t limit_ms; /* by the machine's clock */
    unsigned loop;
    /* Whether this is what is waited for. */
    bool (*is_over)(const struct payment_row *row);
    /* On `loop`, also before payment_wait_start has returned. FAIL_NONE: `row` is
     * what was waited for. FAIL_TIMEOUT: it is not, and `row` is how it stands.
     * Others: the row could not be read, or waited for. */
    void (*done)(struct payment_wait *wait, enum fail fail);
    /* out */
    struct payment_row row;
    /* own */
    struct broker *broker;
    int64_t due_ms;
    bool reading;  /* `job` is the store's */
    bool moved;    /* while it was */
    bool is_ended; /* `fail` is the answer; the watch is on its way out */
    enum fail fail;
    struct payment_watch watch;
    struct store_job job;
};

/* On its loop. */
void payment_wait_start(struct broker *broker, struct payment_wait *wait);

#endif
