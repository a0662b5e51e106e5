/* Events: what a point of sale is told, numbered within its business. The
 * number is taken in the job of what it tells, so a reader that has seen number
 * n has seen all before it. */
#include <assert.h>

#include "store/delivery.h"
#include "store/number.h"
#include "store/payment.h"
#include "store/query.h"

static const char ADD_SQL[] =
    "INSERT INTO event (business, number, at_ms, kind, payment, \"transaction\")"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
/* The bit of its kind. */
static const char WANTED_SQL[] = "SELECT events & (1 << ?2) FROM webhook WHERE business = ?1";

static enum fail event_insert(struct store_tx *tx, const struct store_event *event, int64_t number)
{
    struct query query;

    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, event->business);
    query_bind_integer(&query, 2, number);
    query_bind_integer(&query, 3, event->at_ms);
    query_bind_integer(&query, 4, event->kind);
    query_bind_integer(&query, 5, event->payment);
    query_bind_id(&query, 6, event->transaction);
    return query_run(&query);
}

static enum fail is_wanted(struct store_tx *tx, const struct store_event *event, bool *wanted)
{
    struct query query;

    query_begin(&query, tx, WANTED_SQL);
    query_bind_integer(&query, 1, event->business);
    query_bind_integer(&query, 2, event->kind);
    *wanted = query_next(&query) && query_boolean(&query, 0);
    return query_end(&query);
}

enum fail store_event_add(struct store_tx *tx, const struct store_event *event, bool *delivery)
{
    struct number number = {.name = "event", .business = event->business, .first = 1, .step = 1};
    bool wanted = false;
    int64_t value = 0;
    enum fail fail = number_next(tx, &number, &value);

    assert((event->kind == EVENT_CARD_TRANSACTION) == (event->transaction != 0));
    if (fail == FAIL_NONE) {
        fail = event_insert(tx, event, value);
    }
    if (fail == FAIL_NONE) {
        fail = is_wanted(tx, event, &wanted);
    }
    if (fail == FAIL_NONE && wanted) {
        fail = store_delivery_add(tx, event->business, value, event->payment, event->at_ms);
    }
    if (fail == FAIL_NONE) {
        *delivery = wanted;
    }
    return fail;
}
