/* What an administrator does to payments; blocking, never from a loop. Inside
 * the administrator's own job, then after its commit. */
#ifndef BROKER_PAYMENT_ADMIN_H
#define BROKER_PAYMENT_ADMIN_H

#include <stdint.h>

#include "broker/payment_run.h"
#include "core/payment.h"
#include "store/payment.h"

struct broker;

/* What a step in a job has left to do after its commit. */
struct payment_after {
    struct payment_told told;
    struct payment_run run;
};

/* In a job. An UNKNOWN payment is approved, declined or cancelled because a
 * person says so. FAIL_NOT_FOUND; FAIL_CONFLICT: it is not unknown, see
 * after->told.row. FAIL_INVALID: a card's outcome needs a card: there is no
 * attempt without an outcome to approve or decline, nor one declined before. */
MUST_CHECK enum fail payment_resolve(struct store_tx *tx, int64_t business, int64_t payment,
                                     enum payment_state state, int64_t now_ms,
                                     struct payment_after *after);
/* In a job: the open payment of a device that is removed by force stays unknown
 * until a person resolves it. FAIL_NOT_FOUND: none is open. */
MUST_CHECK enum fail payment_device_removed(struct store_tx *tx, int64_t business, int64_t device,
                                            int64_t now_ms, struct payment_after *after);
/* After the commit. `broker` may be NULL where no server runs. */
void payment_after(struct broker *broker, const struct payment_after *after);

#endif
