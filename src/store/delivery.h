/* The store's verbs of webhooks and of what is on its way to them. All inside a
 * job. */
#ifndef STORE_DELIVERY_H
#define STORE_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "store/record.h"
#include "store/store.h"

/* --- Webhooks -------------------------------------------------------------- */

/* FAIL_NOT_FOUND: it has none. */
MUST_CHECK enum fail store_webhook_find(struct store_tx *tx, int64_t business, struct webhook *out);
/* The first one gets `secret`; where there is one, url and events change and its
 * secrets stay (`secret` may be NULL then; else FAIL_INVALID). FAIL_NOT_FOUND
 * without the business. */
MUST_CHECK enum fail store_webhook_set(struct store_tx *tx, int64_t business, const char *url,
                                       unsigned events, const uint8_t *secret, int64_t now_ms);
/* Another secret; the present one is good beside it until `old_until_ms`. */
MUST_CHECK enum fail store_webhook_rotate(struct store_tx *tx, int64_t business,
                                          const uint8_t *secret, int64_t old_until_ms);
/* What waits goes to the dead letters. */
MUST_CHECK enum fail store_webhook_remove(struct store_tx *tx, int64_t business, int64_t now_ms);

/* --- Deliveries -------------------------------------------------------------- */

/* Of an event of this business, in the event's own job. */
MUST_CHECK enum fail store_delivery_add(struct store_tx *tx, int64_t business, int64_t event,
                                        int64_t payment, int64_t now_ms);
/* The businesses that have deliveries waiting, in order of id, after the
 * business `after` (0: from the first), at most `limit`. */
MUST_CHECK enum fail store_deliveries_businesses(struct store_tx *tx, int64_t after, unsigned limit,
                                                 void (*each)(void *context, int64_t business),
                                                 void *context);

/* Those that may be sent now: they wait, their time has come, and no earlier
 * delivery of their payment waits. */
struct store_due {
    int64_t business;
    int64_t now_ms;
    int64_t latest_ms; /* a next_ms after it was written by a wrong clock: due */
    unsigned limit;
};
/* Those that were sent before first, then the others, oldest first. */
MUST_CHECK enum fail
store_deliveries_due(struct store_tx *tx, const struct store_due *due,
                     void (*each)(void *context, const struct delivery_row *row), void *context);
/* When the next one of those that were sent before is due, if that is not yet.
 * FAIL_NOT_FOUND: there is none. */
MUST_CHECK enum fail store_deliveries_next(struct store_tx *tx, const struct store_due *due,
                                           int64_t *next_ms);
/* The oldest that waits because the endpoint failed at its last attempt.
 * FAIL_NOT_FOUND: there is none. */
MUST_CHECK enum fail store_delivery_failing(struct store_tx *tx, int64_t business,
                                            struct delivery_row *out);
/* What came of an attempt: written down with the next number of this delivery
 * (`attempt->number` says nothing), and the delivery's new state, attempts,
 * next_ms and ended_ms as `row` has them. FAIL_NOT_FOUND: it does not wait any
 * more, or does not have one attempt less than `row` any more. */
MUST_CHECK enum fail store_delivery_attempted(struct store_tx *tx, const struct delivery_row *row,
                                              const struct delivery_attempt *attempt);
MUST_CHECK enum fail store_delivery_find(struct store_tx *tx, int64_t business, int64_t id,
                                         struct delivery_row *out);
/* Delivered or dead, it waits again, from its first attempt; one that waits is
 * due at once. FAIL_CONFLICT: the business has no webhook. */
MUST_CHECK enum fail store_delivery_resend(struct store_tx *tx, int64_t business, int64_t id,
                                           int64_t now_ms);
/* Every dead one of this business; how many. FAIL_CONFLICT as above. */
MUST_CHECK enum fail store_deliveries_resend_dead(struct store_tx *tx, int64_t business,
                                                  int64_t now_ms, int64_t *count);

/* For lists, newest first; `state` -1: of any. */
MUST_CHECK enum fail store_deliveries(struct store_tx *tx, int64_t business, int state,
                                      int64_t limit,
                                      void (*each)(void *context, const struct delivery_row *row),
                                      void *context);
/* In order of their numbers; none for a delivery of another business. */
MUST_CHECK enum fail
store_delivery_attempts(struct store_tx *tx, int64_t business, int64_t delivery,
                        void (*each)(void *context, const struct delivery_attempt *row),
                        void *context);

#endif
