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

struct broker;
struct payment_clock;

MUST_CHECK enum fail payment_clock_create(struct payment_clock **out);
void payment_clock_destroy(struct payment_clock **clock);

/* From any thread: look at this payment when so much has passed. */
MUST_CHECK enum fail payment_clock_set(struct broker *broker, int64_t business, int64_t payment,
                                       int64_t delay_ms);

/* At the start of a server, before its doors open; blocks. Offers that a stop
 * or a crash has cut off are refused, and the deadlines of what is open are
 * taken up. */
MUST_CHECK enum fail payment_clock_recover(struct broker *broker);

/* On loop 0, whose owner keeps one timer: looks at what is due and returns in
 * how many milliseconds to call again (at most PAYMENT_CLOCK_LOOK_MS). port.clock
 * is called when that has become sooner. */
enum { PAYMENT_CLOCK_LOOK_MS = 60000 };
int64_t payment_clock_run(struct broker *broker);

#endif
