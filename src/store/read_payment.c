/* Payments for the doors: one with its attempts, those of a device, and those
 * of a business for its administrator.
 *
 * The device is looked up first, as every door does it: unknown and foreign
 * codes do the same work (architecture.md, Law 5). */
#include <assert.h>

#include "store/payment.h"
#include "store/query.h"
#include "store/read.h"
#include "store/rows.h"

#define NEWEST_FIRST " ORDER BY id DESC LIMIT ?3"

/* By the index that begins with the device: the planner would as soon walk all of a
 * business. */
static const char OF_DEVICE_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment INDEXED BY payment_device"
    " WHERE business = ?1 AND device = ?2 AND id < ?4" NEWEST_FIRST;
static const char OPEN_OF_DEVICE_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment INDEXED BY payment_open"
    " WHERE business = ?1 AND device = ?2 AND id < ?4 AND state < 5" NEWEST_FIRST;
static const char OF_BUSINESS_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment WHERE business = ?1" NEWEST_FIRST;
static const char OPEN_OF_BUSINESS_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment INDEXED BY payment_open"
    " WHERE business = ?1 AND state < 5" NEWEST_FIRST;

static const char EVENTS_SQL[] =
    "SELECT e.number, e.kind, e.at_ms, e.\"transaction\", d.id, d.state FROM event e"
    " LEFT JOIN delivery d ON d.business = e.business AND d.event = e.number"
    " WHERE e.business = ?1 AND e.payment = ?2 ORDER BY e.number";

/* --- One ----------------------------------------------------------------------- */

static void take_attempt(void *context, const struct attempt_row *row)
{
    struct read_payment *read = context;

    assert(read->attempt_count < READ_ATTEMPTS_MAX); /* the rules allow no more */
    read->attempts[read->attempt_count++] = *row;
}

static enum fail payment_run(struct store_job *job, struct store_tx *tx)
{
    struct read_payment *read = LIST_ITEM(job, struct read_payment, job);
    struct device device;
    enum fail fail = store_device_by_code(tx, read->business, read->code, &device);

    read->attempt_count = 0;
    read->device_found = fail == FAIL_NONE;
    if (fail == FAIL_NONE) {
        fail = store_payment_find(tx, read->business, read->payment, &read->row);
    }
    if (fail == FAIL_NONE && read->row.device != device.id) {
        fail = FAIL_NOT_FOUND;
    }
    if (fail == FAIL_NONE) {
        fail = store_attempts(tx, read->business, read->payment, take_attempt, read);
    }
    return fail;
}

static void payment_done(struct store_job *job, enum fail fail)
{
    struct read_payment *read = LIST_ITEM(job, struct read_payment, job);

    read->fail = fail;
    read->done(read);
}

void read_payment_start(struct store *store, struct read_payment *query)
{
    query->device_found = false;
    query->attempt_count = 0;
    query->job = (struct store_job){.run = payment_run, .done = payment_done, .home = query->home};
    store_read(store, &query->job);
}

/* --- Those of a device ----------------------------------------------------------- */

static enum fail payments_run(struct store_job *job, struct store_tx *tx)
{
    struct read_payments *read = LIST_ITEM(job, struct read_payments, job);
    struct device device;
    struct query query;
    enum fail fail = store_device_by_code(tx, read->business, read->code, &device);

    read->count = 0;
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, read->open_only ? OPEN_OF_DEVICE_SQL : OF_DEVICE_SQL);
    query_bind_integer(&query, 1, read->business);
    query_bind_integer(&query, 2, device.id);
    query_bind_integer(&query, 3, read->limit);
    query_bind_integer(&query, 4, read->before == 0 ? INT64_MAX : read->before);
    while (query_next(&query)) {
        struct payment_row *row = &read->rows[read->count];

        assert(read->count < READ_PAYMENTS_MAX);
        *row = (struct payment_row){0};
        payment_row(&query, row);
        read->count++;
    }
    return query_end(&query);
}

static void payments_done(struct store_job *job, enum fail fail)
{
    struct read_payments *read = LIST_ITEM(job, struct read_payments, job);

    read->fail = fail;
    if (fail != FAIL_NONE) {
        read->count = 0;
    }
    read->done(read);
}

void read_payments_start(struct store *store, struct read_payments *query)
{
    assert(query->limit >= 1 && query->limit <= READ_PAYMENTS_MAX);
    query->count = 0;
    query->job =
        (struct store_job){.run = payments_run, .done = payments_done, .home = query->home};
    store_read(store, &query->job);
}

/* --- Those of a business ---------------------------------------------------------- */

enum fail read_payment_rows(struct store_tx *tx, int64_t business, bool open_only, int64_t limit,
                            void (*each)(void *context, const struct payment_row *row),
                            void *context)
{
    struct query query;

    query_begin(&query, tx, open_only ? OPEN_OF_BUSINESS_SQL : OF_BUSINESS_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 3, limit);
    while (query_next(&query)) {
        struct payment_row row = {0};

        payment_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}

/* --- Events of one ------------------------------------------------------------------ */

enum fail read_payment_events(struct store_tx *tx, int64_t business, int64_t payment,
                              void (*each)(void *context, const struct event_row *row),
                              void *context)
{
    struct query query;

    query_begin(&query, tx, EVENTS_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, payment);
    while (query_next(&query)) {
        const struct event_row row = {.number = query_integer(&query, 0),
                                      .kind = (enum event_kind)query_integer(&query, 1),
                                      .at_ms = query_integer(&query, 2),
                                      .transaction = query_integer(&query, 3),
                                      .delivery = query_integer(&query, 4),
                                      .state = (enum delivery_state)query_integer(&query, 5)};

        each(context, &row);
    }
    return query_end(&query);
}
