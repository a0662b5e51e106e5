/* The administrator's steps: the same rules, in the administrator's own job. */
#include "broker/payment_admin.h"

#include <stddef.h>

#include "broker/broker.h"
#include "broker/payment_news.h"

enum fail payment_resolve(struct store_tx *tx, int64_t business, int64_t payment,
                          enum payment_state state, int64_t now_ms, struct payment_after *after)
{
    enum fail fail = payment_run_load(tx, &after->run, &after->told, business, payment);

    if (fail != FAIL_NONE) {
        return fail;
    }
    after->run.now_ms = now_ms;
    if (after->told.row.payment.state != PAYMENT_UNKNOWN) {
        return FAIL_CONFLICT;
    }
    fail = payment_run_resolve(tx, &after->run, &after->told, state);
    return fail == FAIL_NONE && after->run.verdict != PAYMENT_TAKEN ? FAIL_INVALID : fail;
}

enum fail payment_device_removed(struct store_tx *tx, int64_t business, int64_t device,
                                 int64_t now_ms, struct payment_after *after)
{
    struct payment_event event = {.kind = PAYMENT_REMOVED, .now_ms = now_ms};
    enum fail fail = payment_run_load_open(tx, &after->run, &after->told, business, device);

    if (fail != FAIL_NONE) {
        return fail;
    }
    after->run.now_ms = now_ms;
    return payment_run_step(tx, &after->run, &after->told, &event);
}

void payment_after(struct broker *broker, const struct payment_after *after)
{
    if (broker != NULL) {
        payment_news_to_terminal(broker, &after->told, &after->run);
    }
}
