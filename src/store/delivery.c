/* Deliveries: what is on its way to a webhook, and what came of it.
 *
 * Three indexes hold only what waits, and each look-up takes the one that it
 * names: a backlog of any length is read from where it can go on, never from
 * end to end. That no earlier delivery of a payment waits is asked of the rows
 * themselves, so that order needs nobody's memory. */
#include "store/delivery.h"

#include <assert.h>

#include "base/id.h"
#include "core/delivery.h"
#include "store/query.h"
#include "store/sqlite.h"

enum { MESSAGE_RANDOM_LENGTH = 27 };

#define DELIVERY_COLUMNS                                                                           \
    "d.id, d.business, d.event, d.payment, e.kind, d.message_id, d.state, d.attempts, d.next_ms,"  \
    " d.created_ms, d.ended_ms, e.at_ms, e.\"transaction\", v.code, p.currency, p.amount,"         \
    " p.invoice, p.customer"
#define JOINED                                                                                     \
    " JOIN event e ON e.business = d.business AND e.number = d.event"                              \
    " JOIN payment p ON p.business = d.business AND p.id = d.payment"                              \
    " JOIN device v ON v.business = d.business AND v.id = p.device"
/* No earlier one of its payment waits. */
#define IS_FIRST                                                                                   \
    " AND NOT EXISTS (SELECT 1 FROM delivery o INDEXED BY delivery_order"                          \
    " WHERE o.business = d.business AND o.payment = d.payment AND o.state = 0 AND o.id < d.id)"

static const char ADD_SQL[] =
    "INSERT INTO delivery (business, event, payment, message_id, state, attempts, next_ms,"
    " created_ms) VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?5)";
static const char BUSINESS_SQL[] = "SELECT business FROM delivery INDEXED BY delivery_order"
                                   " WHERE state = 0 AND business > ?1 ORDER BY business LIMIT 1";
/* Sent before, with next_ms after ?2 and up to ?3. */
static const char AGAIN_SQL[] =
    "SELECT " DELIVERY_COLUMNS " FROM delivery d INDEXED BY delivery_again CROSS" JOINED
    " WHERE d.business = ?1 AND d.state = 0 AND d.attempts > 0 AND d.next_ms > ?2"
    " AND d.next_ms <= ?3" IS_FIRST " ORDER BY d.next_ms LIMIT ?4";
static const char FRESH_SQL[] =
    "SELECT " DELIVERY_COLUMNS " FROM delivery d INDEXED BY delivery_fresh CROSS" JOINED
    " WHERE d.business = ?1 AND d.state = 0 AND d.attempts = 0" IS_FIRST " ORDER BY d.id LIMIT ?2";
static const char NEXT_SQL[] =
    "SELECT next_ms FROM delivery INDEXED BY delivery_again WHERE business = ?1 AND state = 0"
    " AND attempts > 0 AND next_ms > ?2 AND next_ms <= ?3 ORDER BY next_ms LIMIT 1";
/* What delivery_answer_of calls DELIVERY_ENDPOINT_FAILED is asked of it. */
static const char TRIED_SQL[] =
    "SELECT d.id, (SELECT status FROM delivery_attempt a WHERE a.delivery = d.id"
    " ORDER BY number DESC LIMIT 1) FROM delivery d INDEXED BY delivery_again"
    " WHERE d.business = ?1 AND d.state = 0 AND d.attempts > 0";
static const char FIND_SQL[] = "SELECT " DELIVERY_COLUMNS " FROM delivery d CROSS" JOINED
                               " WHERE d.business = ?1 AND d.id = ?2";
static const char ATTEMPTED_SQL[] =
    "UPDATE delivery SET state = ?3, attempts = ?4, next_ms = ?5, ended_ms = ?6"
    " WHERE business = ?1 AND id = ?2 AND state = 0 AND attempts = ?4 - 1";
static const char ATTEMPT_ADD_SQL[] =
    "INSERT INTO delivery_attempt (delivery, number, at_ms, took_ms, status, problem)"
    " SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM delivery_attempt"
    " WHERE delivery = ?1";
static const char HAS_WEBHOOK_SQL[] = "SELECT 1 FROM webhook WHERE business = ?1";
static const char RESEND_SQL[] =
    "UPDATE delivery SET state = 0, ended_ms = NULL, attempts = iif(state = 0, attempts, 0),"
    " next_ms = iif(state = 0, 0, ?3) WHERE business = ?1 AND id = ?2";
static const char RESEND_DEAD_SQL[] =
    "UPDATE delivery INDEXED BY delivery_dead SET state = 0, ended_ms = NULL, attempts = 0,"
    " next_ms = ?2 WHERE business = ?1 AND state = 2";
/* Ids and numbers of events grow together: newest first is by either. */
static const char LIST_SQL[] = "SELECT " DELIVERY_COLUMNS " FROM delivery d CROSS" JOINED
                               " WHERE d.business = ?1 ORDER BY d.event DESC LIMIT ?2";
static const char LIST_WAITING_SQL[] =
    "SELECT " DELIVERY_COLUMNS " FROM (SELECT * FROM delivery INDEXED BY delivery_order"
    " WHERE business = ?1 AND state = 0 ORDER BY id DESC LIMIT ?2) d CROSS" JOINED
    " ORDER BY d.id DESC";
static const char LIST_DELIVERED_SQL[] =
    "SELECT " DELIVERY_COLUMNS " FROM delivery d CROSS" JOINED
    " WHERE d.business = ?1 AND d.state = 1 ORDER BY d.event DESC LIMIT ?2";
static const char LIST_DEAD_SQL[] =
    "SELECT " DELIVERY_COLUMNS " FROM delivery d INDEXED BY delivery_dead CROSS" JOINED
    " WHERE d.business = ?1 AND d.state = 2 ORDER BY d.id DESC LIMIT ?2";
static const char ATTEMPTS_SQL[] =
    "SELECT a.number, a.at_ms, a.took_ms, a.status, a.problem FROM delivery d"
    " CROSS JOIN delivery_attempt a ON a.delivery = d.id"
    " WHERE d.business = ?1 AND d.id = ?2 ORDER BY a.number";

static void delivery_row(struct query *query, struct delivery_row *out)
{
    *out = (struct delivery_row){
        .id = query_integer(query, 0),
        .business = query_integer(query, 1),
        .event = query_integer(query, 2),
        .payment = query_integer(query, 3),
        .kind = (enum event_kind)query_integer(query, 4),
        .state = (enum delivery_state)query_integer(query, 6),
        .attempts = (unsigned)query_integer(query, 7),
        .next_ms = query_integer(query, 8),
        .created_ms = query_integer(query, 9),
        .ended_ms = query_integer(query, 10),
        .at_ms = query_integer(query, 11),
        .transaction = query_integer(query, 12),
        .amount_minor = query_integer(query, 15),
    };
    query_text(query, 5, out->message_id, sizeof(out->message_id));
    query_text(query, 13, out->code, sizeof(out->code));
    query_text(query, 14, out->currency, sizeof(out->currency));
    query_text(query, 16, out->invoice, sizeof(out->invoice));
    query_text(query, 17, out->customer, sizeof(out->customer));
}

/* Calls `each` for every row; `*count` of them, where that is asked for. */
static enum fail deliveries_read(struct query *query,
                                 void (*each)(void *context, const struct delivery_row *row),
                                 void *context, unsigned *count)
{
    unsigned rows = 0;

    while (query_next(query)) {
        struct delivery_row row;

        delivery_row(query, &row);
        if (query->fail == FAIL_NONE) {
            each(context, &row);
            rows++;
        }
    }
    if (count != NULL) {
        *count = rows;
    }
    return query_end(query);
}

enum fail store_delivery_add(struct store_tx *tx, int64_t business, int64_t event, int64_t payment,
                             int64_t now_ms)
{
    char message[DELIVERY_MESSAGE_SIZE] = "msg_";
    struct query query;

    static_assert(sizeof("msg_") + MESSAGE_RANDOM_LENGTH <= DELIVERY_MESSAGE_SIZE, "it fits");
    id_random_text(message + sizeof("msg_") - 1, MESSAGE_RANDOM_LENGTH);
    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, event);
    query_bind_integer(&query, 3, payment);
    query_bind_text(&query, 4, message);
    query_bind_integer(&query, 5, now_ms);
    return query_run(&query);
}

enum fail store_deliveries_businesses(struct store_tx *tx, int64_t after, unsigned limit,
                                      void (*each)(void *context, int64_t business), void *context)
{
    enum fail fail = FAIL_NONE;

    for (; limit > 0 && fail == FAIL_NONE; limit--) {
        struct query query;

        query_begin(&query, tx, BUSINESS_SQL);
        query_bind_integer(&query, 1, after);
        if (query_next(&query)) {
            after = query_integer(&query, 0);
        }
        fail = query_end_found(&query);
        if (fail == FAIL_NONE) {
            each(context, after);
        }
    }
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

/* Sent before, with next_ms after `from_ms` and up to `to_ms`. */
static void again_begin(struct query *query, struct store_tx *tx, int64_t business, int64_t from_ms,
                        int64_t to_ms)
{
    query_begin(query, tx, AGAIN_SQL);
    query_bind_integer(query, 1, business);
    query_bind_integer(query, 2, from_ms);
    query_bind_integer(query, 3, to_ms);
}

enum fail store_deliveries_due(struct store_tx *tx, const struct store_due *due,
                               void (*each)(void *context, const struct delivery_row *row),
                               void *context)
{
    unsigned left = due->limit;
    unsigned count = 0;
    struct query query;
    enum fail fail;

    again_begin(&query, tx, due->business, INT64_MIN, due->now_ms);
    query_bind_integer(&query, 4, left);
    fail = deliveries_read(&query, each, context, &count);
    left -= count;
    if (fail == FAIL_NONE) {
        again_begin(&query, tx, due->business, due->latest_ms, INT64_MAX);
        query_bind_integer(&query, 4, left);
        fail = deliveries_read(&query, each, context, &count);
        left -= count;
    }
    if (fail == FAIL_NONE) {
        query_begin(&query, tx, FRESH_SQL);
        query_bind_integer(&query, 1, due->business);
        query_bind_integer(&query, 2, left);
        fail = deliveries_read(&query, each, context, NULL);
    }
    return fail;
}

enum fail store_deliveries_next(struct store_tx *tx, const struct store_due *due, int64_t *next_ms)
{
    struct query query;
    int64_t value = 0;
    enum fail fail;

    query_begin(&query, tx, NEXT_SQL);
    query_bind_integer(&query, 1, due->business);
    query_bind_integer(&query, 2, due->now_ms);
    query_bind_integer(&query, 3, due->latest_ms);
    if (query_next(&query)) {
        value = query_integer(&query, 0);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *next_ms = value;
    }
    return fail;
}

enum fail store_delivery_failing(struct store_tx *tx, int64_t business, struct delivery_row *out)
{
    int64_t oldest = 0;
    struct query query;
    enum fail fail;

    query_begin(&query, tx, TRIED_SQL);
    query_bind_integer(&query, 1, business);
    while (query_next(&query)) {
        int64_t id = query_integer(&query, 0);

        if (delivery_answer_of((int)query_integer(&query, 1)) == DELIVERY_ENDPOINT_FAILED &&
            (oldest == 0 || id < oldest)) {
            oldest = id;
        }
    }
    fail = query_end(&query);
    if (fail != FAIL_NONE) {
        return fail;
    }
    return oldest == 0 ? FAIL_NOT_FOUND : store_delivery_find(tx, business, oldest, out);
}

enum fail store_delivery_attempted(struct store_tx *tx, const struct delivery_row *row,
                                   const struct delivery_attempt *attempt)
{
    struct query query;
    enum fail fail;

    assert((row->state == DELIVERY_WAITING) == (row->ended_ms == 0) && row->attempts > 0);
    query_begin(&query, tx, ATTEMPTED_SQL);
    query_bind_integer(&query, 1, row->business);
    query_bind_integer(&query, 2, row->id);
    query_bind_integer(&query, 3, row->state);
    query_bind_integer(&query, 4, row->attempts);
    query_bind_integer(&query, 5, row->next_ms);
    query_bind_id(&query, 6, row->ended_ms);
    fail = query_run_one(&query);
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, ATTEMPT_ADD_SQL);
    query_bind_integer(&query, 1, row->id);
    query_bind_integer(&query, 2, attempt->at_ms);
    query_bind_integer(&query, 3, attempt->took_ms);
    query_bind_integer(&query, 4, attempt->status);
    query_bind_text(&query, 5, attempt->problem);
    return query_run(&query);
}

enum fail store_delivery_find(struct store_tx *tx, int64_t business, int64_t id,
                              struct delivery_row *out)
{
    struct delivery_row row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    if (query_next(&query)) {
        delivery_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

/* What waits without a webhook would wait for ever. */
static enum fail webhook_check(struct store_tx *tx, int64_t business)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, HAS_WEBHOOK_SQL);
    query_bind_integer(&query, 1, business);
    (void)query_next(&query);
    fail = query_end_found(&query);
    return fail == FAIL_NOT_FOUND ? FAIL_CONFLICT : fail;
}

enum fail store_delivery_resend(struct store_tx *tx, int64_t business, int64_t id, int64_t now_ms)
{
    struct delivery_row row;
    struct query query;
    enum fail fail = store_delivery_find(tx, business, id, &row);

    if (fail == FAIL_NONE) {
        fail = webhook_check(tx, business);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, RESEND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    query_bind_integer(&query, 3, now_ms);
    return query_run_one(&query);
}

enum fail store_deliveries_resend_dead(struct store_tx *tx, int64_t business, int64_t now_ms,
                                       int64_t *count)
{
    struct query query;
    enum fail fail = webhook_check(tx, business);

    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, RESEND_DEAD_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, now_ms);
    fail = query_run(&query);
    if (fail == FAIL_NONE) {
        *count = sqlite3_changes(tx->handle);
    }
    return fail;
}

enum fail store_deliveries(struct store_tx *tx, int64_t business, int state, int64_t limit,
                           void (*each)(void *context, const struct delivery_row *row),
                           void *context)
{
    static const char *const OF_STATE[] = {[DELIVERY_WAITING] = LIST_WAITING_SQL,
                                           [DELIVERY_DELIVERED] = LIST_DELIVERED_SQL,
                                           [DELIVERY_DEAD] = LIST_DEAD_SQL};
    struct query query;

    assert(state >= -1 && state <= DELIVERY_DEAD);
    query_begin(&query, tx, state == -1 ? LIST_SQL : OF_STATE[state]);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, limit);
    return deliveries_read(&query, each, context, NULL);
}

static void attempt_row(struct query *query, struct delivery_attempt *out)
{
    *out = (struct delivery_attempt){
        .number = (unsigned)query_integer(query, 0),
        .at_ms = query_integer(query, 1),
        .took_ms = query_integer(query, 2),
        .status = (int)query_integer(query, 3),
    };
    query_text(query, 4, out->problem, sizeof(out->problem));
}

enum fail store_delivery_attempts(struct store_tx *tx, int64_t business, int64_t delivery,
                                  void (*each)(void *context, const struct delivery_attempt *row),
                                  void *context)
{
    struct query query;

    query_begin(&query, tx, ATTEMPTS_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, delivery);
    while (query_next(&query)) {
        struct delivery_attempt row;

        attempt_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}
