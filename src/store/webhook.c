/* Webhooks: one of a business, with what its messages are signed with. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "store/delivery.h"
#include "store/query.h"

static const char FIND_SQL[] =
    "SELECT url, events, secret, old_secret, old_until_ms, created_ms FROM webhook"
    " WHERE business = ?1";
static const char CHANGE_SQL[] = "UPDATE webhook SET url = ?2, events = ?3 WHERE business = ?1";
/* A business that does not exist is found before a secret that is missing. */
static const char ADD_SQL[] = "INSERT INTO webhook (business, url, events, secret, created_ms)"
                              " SELECT id, ?2, ?3, ?4, ?5 FROM business WHERE id = ?1";
/* The right-hand sides see the old row: the secret before the last rotation
 * goes at once. */
static const char ROTATE_SQL[] = "UPDATE webhook SET secret = ?2, old_until_ms = ?3,"
                                 " old_secret = iif(?3 IS NULL, NULL, secret) WHERE business = ?1";
static const char REMOVE_SQL[] = "DELETE FROM webhook WHERE business = ?1";
static const char BURY_SQL[] = "UPDATE delivery INDEXED BY delivery_order SET state = 2,"
                               " ended_ms = ?2 WHERE business = ?1 AND state = 0";

static_assert((size_t)WEBHOOK_SECRET_SIZE == (size_t)SECRET_HASH_SIZE,
              "a secret is read as a hash is");

/* False when the column is NULL. */
static bool secret_read(struct query *query, int column, uint8_t out[WEBHOOK_SECRET_SIZE])
{
    struct secret_hash bytes;

    if (!query_hash(query, column, &bytes)) {
        return false;
    }
    memcpy(out, bytes.bytes, WEBHOOK_SECRET_SIZE);
    secret_wipe(&bytes, sizeof(bytes));
    return true;
}

static void webhook_row(struct query *query, int64_t business, struct webhook *out)
{
    out->business = business;
    query_text(query, 0, out->url, sizeof(out->url));
    out->events = (unsigned)query_integer(query, 1);
    (void)secret_read(query, 2, out->secret);
    out->has_old_secret = secret_read(query, 3, out->old_secret);
    out->old_until_ms = query_integer(query, 4);
    out->created_ms = query_integer(query, 5);
}

enum fail store_webhook_find(struct store_tx *tx, int64_t business, struct webhook *out)
{
    struct webhook row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    if (query_next(&query)) {
        webhook_row(&query, business, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    secret_wipe(&row, sizeof(row));
    return fail;
}

static enum fail webhook_change(struct store_tx *tx, int64_t business, const char *url,
                                unsigned events)
{
    struct query query;

    query_begin(&query, tx, CHANGE_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, url);
    query_bind_integer(&query, 3, events);
    return query_run_one(&query);
}

/* `out` is bound until the statement's end. */
static const struct secret_hash *secret_bound(const uint8_t *secret, struct secret_hash *out)
{
    if (secret == NULL) {
        return NULL;
    }
    memcpy(out->bytes, secret, sizeof(out->bytes));
    return out;
}

enum fail store_webhook_set(struct store_tx *tx, int64_t business, const char *url, unsigned events,
                            const uint8_t *secret, int64_t now_ms)
{
    enum fail fail = webhook_change(tx, business, url, events);
    struct secret_hash bytes;
    struct query query;

    if (fail != FAIL_NOT_FOUND) {
        return fail;
    }
    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, url);
    query_bind_integer(&query, 3, events);
    query_bind_hash(&query, 4, secret_bound(secret, &bytes));
    query_bind_integer(&query, 5, now_ms);
    fail = query_run_one(&query);
    secret_wipe(&bytes, sizeof(bytes));
    return fail;
}

enum fail store_webhook_rotate(struct store_tx *tx, int64_t business, const uint8_t *secret,
                               int64_t old_until_ms)
{
    struct secret_hash bytes;
    struct query query;
    enum fail fail;

    query_begin(&query, tx, ROTATE_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_hash(&query, 2, secret_bound(secret, &bytes));
    query_bind_id(&query, 3, old_until_ms);
    fail = query_run_one(&query);
    secret_wipe(&bytes, sizeof(bytes));
    return fail;
}

enum fail store_webhook_remove(struct store_tx *tx, int64_t business, int64_t now_ms)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, REMOVE_SQL);
    query_bind_integer(&query, 1, business);
    fail = query_run_one(&query);
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, BURY_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, now_ms);
    return query_run(&query);
}
