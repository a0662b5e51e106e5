/* Whoever waits for a payment to move: a call with the same key, a cancel, and
 * later calls that wait for the outcome. One locked table for all loops; a
 * watch costs no thread. */
#ifndef BROKER_PAYMENT_WATCH_H
#define BROKER_PAYMENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/list.h"
#include "base/task.h"

struct broker;
struct payment_watch_table;

enum { PAYMENT_WATCHES_MAX = 1 << 16 };

MUST_CHECK enum fail payment_watch_table_create(struct payment_watch_table **out);
void payment_watch_table_destroy(struct payment_watch_table **table);

/* Embedded in its owner. */
struct payment_watch {
    int64_t payment;
    unsigned loop;
    /* On `loop`, after a committed change of the payment: read the row again.
     * May come once more than there were changes. The watch stays. */
    void (*moved)(struct payment_watch *watch);
    /* of the table */
    struct broker *broker;
    struct list_link link;
    struct task task;
    bool posted; /* `task` has not run; by the table's lock */
    bool ended;
};

/* Add it first, then read the row: so nothing is missed. FAIL_LIMIT, FAIL_MEMORY. */
MUST_CHECK enum fail payment_watch_add(struct broker *broker, struct payment_watch *watch);
/* On its loop. False when its task is still posted: then `moved` comes once
 * more, with watch->ended true, and the owner must keep it until then. */
bool payment_watch_remove(struct payment_watch *watch);
/* From any thread, after the commit. */
void payment_watch_tell(struct broker *broker, int64_t payment);
/* The broker stops: whoever waits reads once more, is refused, and gives up. */
void payment_watch_tell_all(struct broker *broker);

#endif
