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
 * secrets stay (`secret` may be NULL then). FAIL_NOT_FOUND without the business. */
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
/* The businesses that have deliveries waiting. */
MUST_CHECK enum fail store_deliveries_businesses(struct store_tx *tx,
                                                 void (*each)(void *context, int64_t business),
                                                 void *context);
/* Those that wait, oldest first, after the delivery `after` (0: from the
 * first), at most `limit`. */
MUST_CHECK enum fail
store_deliveries_waiting(struct store_tx *tx, int64_t business, int64_t after, unsigned limit,
                         void (*each)(void *context, const struct delivery_row *row),
                         void *context);
/* What came of an attempt: written down, and the delivery's new state, attempts
 * and next_ms as `row` has them. FAIL_NOT_FOUND: it does not wait any more. */
MUST_CHECK enum fail store_delivery_attempted(struct store_tx *tx, const struct delivery_row *row,
                                              const struct delivery_attempt *attempt);
MUST_CHECK enum fail store_delivery_find(struct store_tx *tx, int64_t business, int64_t id,
                                         struct delivery_row *out);
/* Delivered or dead, it waits again, from its first attempt. */
MUST_CHECK enum fail store_delivery_resend(struct store_tx *tx, int64_t business, int64_t id,
                                           int64_t now_ms);
/* Every dead one of this business; how many. */
MUST_CHECK enum fail store_deliveries_resend_dead(struct store_tx *tx, int64_t business,
                                                  int64_t now_ms, int64_t *count);

/* For lists, newest first; `state` -1: of any. */
MUST_CHECK enum fail store_deliveries(struct store_tx *tx, int64_t business, int state,
                                      int64_t limit,
                                      void (*each)(void *context, const struct delivery_row *row),
                                      void *context);
MUST_CHECK enum fail store_delivery_attempts(struct store_tx *tx, int64_t delivery,
                                             void (*each)(void *context,
                                                          const struct delivery_attempt *row),
                                             void *context);

#endif
