/* Businesses: the rows that all others belong to. */
#include <stddef.h>

#include "store/payment.h"
#include "store/query.h"
#include "store/rows.h"
#include "store/store.h"

static const char ADD_SQL[] =
    "INSERT INTO business (name, currency, api_mode, created_ms) VALUES (?1, ?2, ?3, ?4)"
    " RETURNING id";
static const char FIND_SQL[] = "SELECT " BUSINESS_COLUMNS " FROM business WHERE id = ?1";
static const char SET_NAME_SQL[] = "UPDATE business SET name = ?2 WHERE id = ?1";
static const char SET_API_MODE_SQL[] = "UPDATE business SET api_mode = ?2 WHERE id = ?1";
static const char SET_PRESET_SQL[] = "UPDATE business SET preset_helcim = ?2 WHERE id = ?1";
static const char SET_RATE_SQL[] = "UPDATE business SET rate_concurrent = ?2, rate_minute = ?3,"
                                   " rate_hour = ?4 WHERE id = ?1";
static const char SET_PROCESSOR_SQL[] = "UPDATE business SET processor = ?2 WHERE id = ?1";
static const char HAS_OPEN_SQL[] = "SELECT 1 FROM payment WHERE business = ?1 AND state < 5";
static const char REMOVE_SQL[] = "DELETE FROM business WHERE id = ?1";

/* What points before what it points at. */
static const char *const BELONGINGS_SQL[] = {
    "DELETE FROM delivery_attempt WHERE delivery IN (SELECT id FROM delivery WHERE business = ?1)",
    "DELETE FROM delivery WHERE business = ?1",
    "DELETE FROM webhook WHERE business = ?1",
    "DELETE FROM event WHERE business = ?1",
    "DELETE FROM card_transaction WHERE business = ?1",
    "DELETE FROM card_batch WHERE business = ?1",
    "DELETE FROM attempt WHERE payment IN (SELECT id FROM payment WHERE business = ?1)",
    "DELETE FROM card WHERE business = ?1",
    "DELETE FROM payment WHERE business = ?1",
    "DELETE FROM counter WHERE business = ?1",
    "DELETE FROM device WHERE business = ?1",
    "DELETE FROM token WHERE business = ?1",
    "DELETE FROM user WHERE business = ?1",
};
enum { BELONGINGS = sizeof(BELONGINGS_SQL) / sizeof(BELONGINGS_SQL[0]) };

void business_row(struct query *query, struct business *out)
{
    out->id = query_integer(query, 0);
    query_text(query, 1, out->name, sizeof(out->name));
    query_text(query, 2, out->currency, sizeof(out->currency));
    out->api_mode = query_boolean(query, 3);
    out->created_ms = query_integer(query, 4);
    out->preset_helcim = query_boolean(query, 5);
    out->rate_is_own = query_boolean(query, 6);
    out->rate.concurrent = (uint32_t)query_integer(query, 7);
    out->rate.minute = (uint32_t)query_integer(query, 8);
    out->rate.hour = (uint32_t)query_integer(query, 9);
    out->processor = (unsigned)query_integer(query, 10);
}

enum fail store_business_add(struct store_tx *tx, const char *name, const char *currency,
                             bool api_mode, int64_t now_ms, int64_t *id)
{
    struct query query;

    query_begin(&query, tx, ADD_SQL);
    query_bind_text(&query, 1, name);
    query_bind_text(&query, 2, currency);
    query_bind_integer(&query, 3, api_mode);
    query_bind_integer(&query, 4, now_ms);
    return query_run_id(&query, id);
}

enum fail store_business_find(struct store_tx *tx, int64_t business, struct business *out)
{
    struct business row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    if (query_next(&query)) {
        business_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

enum fail store_business_set_name(struct store_tx *tx, int64_t business, const char *name)
{
    struct query query;

    query_begin(&query, tx, SET_NAME_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, name);
    return query_run_one(&query);
}

enum fail store_business_set_api_mode(struct store_tx *tx, int64_t business, bool on)
{
    struct query query;

    query_begin(&query, tx, SET_API_MODE_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, on);
    return query_run_one(&query);
}

enum fail store_business_set_preset(struct store_tx *tx, int64_t business, bool helcim)
{
    struct query query;

    query_begin(&query, tx, SET_PRESET_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, helcim);
    return query_run_one(&query);
}

enum fail store_business_set_rate(struct store_tx *tx, int64_t business,
                                  const struct rate_limits *rate)
{
    struct query query;

    query_begin(&query, tx, SET_RATE_SQL);
    query_bind_integer(&query, 1, business);
    if (rate != NULL) {
        query_bind_integer(&query, 2, rate->concurrent);
        query_bind_integer(&query, 3, rate->minute);
        query_bind_integer(&query, 4, rate->hour);
    }
    return query_run_one(&query);
}

enum fail store_business_set_processor(struct store_tx *tx, int64_t business, unsigned processor)
{
    struct query query;

    query_begin(&query, tx, SET_PROCESSOR_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, processor);
    return query_run_one(&query);
}

/* FAIL_NOT_FOUND: every payment of it is final. */
static enum fail open_payment_find(struct store_tx *tx, int64_t business)
{
    struct query query;

    query_begin(&query, tx, HAS_OPEN_SQL);
    query_bind_integer(&query, 1, business);
    (void)query_next(&query);
    return query_end_found(&query);
}

enum fail store_business_remove(struct store_tx *tx, int64_t business)
{
    struct query query;
    enum fail fail = open_payment_find(tx, business);
    size_t i;

    if (fail != FAIL_NOT_FOUND) {
        return fail == FAIL_NONE ? FAIL_BUSY : fail;
    }
    for (i = 0; i < BELONGINGS; i++) {
        query_begin(&query, tx, BELONGINGS_SQL[i]);
        query_bind_integer(&query, 1, business);
        fail = query_run(&query);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    query_begin(&query, tx, REMOVE_SQL);
    query_bind_integer(&query, 1, business);
    return query_run_one(&query);
}
