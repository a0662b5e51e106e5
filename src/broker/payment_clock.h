/* The time limits of payments: one heap for the program, of the shop's
 * deadlines. What is due is decided by the row, in a store job; the heap only
 * remembers when to look (architecture.md, Threads and time).
 *
 * Waits are measured by the machine's clock, so a wall clock that jumps neither
 * ends nor keeps a payment; stored deadlines are wall times, clamped at start. */
#ifndef BROKER_PAYMENT_CLOCK_H
#define BROKER_PAYMENT_CLOCK_H

#include <stdint.h>

#include "base/fail.h"
#include "store/record.h"

struct broker;
struct payment_clock;

enum {
    PAYMENT_CLOCK_LOOK_MS = 60000,
    PAYMENT_CLOCK_AGAIN_MS = 1000, /* after a look that the store could not do */
    PAYMENT_CLOCK_MAX = 1 << 22,   /* moments that are remembered */
};

MUST_CHECK enum fail payment_clock_create(struct payment_clock **out);
void payment_clock_destroy(struct payment_clock **clock);

/* From any thread: the row's deadline is looked at when it comes. `now_ms` is
 * the wall clock's moment from which it was reckoned. Where this cannot be
 * remembered (memory, the limit), all open payments are read again soon, until
 * it can. */
void payment_clock_follow(struct broker *broker, const struct payment_row *row, int64_t now_ms);
/* From any thread: tells the watches of this payment when so much has passed.
 * FAIL_MEMORY, FAIL_LIMIT. */
MUST_CHECK enum fail payment_clock_wake(struct broker *broker, int64_t payment, int64_t delay_ms);

/* At the start of a server, before its doors open; blocks. Offers that a stop
 * or a crash has cut off are refused, and the deadlines of what is open are
 * taken up. */
MUST_CHECK enum fail payment_clock_recover(struct broker *broker);

/* On loop 0, whose owner keeps one timer and calls it once when the loop starts:
 * looks at what is due and returns in how many milliseconds to call again (at
 * most PAYMENT_CLOCK_LOOK_MS). From then on port.clock is called when that has
 * become sooner; after broker_stop nothing is looked at any more. */
int64_t payment_clock_run(struct broker *broker);

#endif
