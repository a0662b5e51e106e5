/* Devices after their registration (registration.c): found by what a caller
 * knows, and changed.
 *
 * A removed device keeps its row for its code; to every verb here it does not
 * exist. */
#include <stddef.h>

#include "store/query.h"
#include "store/rows.h"
#include "store/store.h"

#define SELECT_DEVICE "SELECT " DEVICE_COLUMNS
#define THIS_DEVICE " WHERE business = ?1 AND id = ?2 AND removed = 0"

static const char BY_CODE_SQL[] =
    SELECT_DEVICE " FROM device WHERE business = ?1 AND code = ?2 AND removed = 0";
static const char BY_SERIAL_SQL[] =
    SELECT_DEVICE " FROM device WHERE business = ?1 AND serial = ?2 AND removed = 0";
static const char BY_CREDENTIAL_SQL[] =
    SELECT_DEVICE ", next_credential IS ?1 FROM device"
                  " WHERE (credential = ?1 OR next_credential = ?1) AND removed = 0";
static const char PROMOTE_SQL[] =
    "UPDATE device SET old_credential = credential, credential = next_credential,"
    " next_credential = NULL" THIS_DEVICE " AND next_credential IS NOT NULL";
static const char OFFER_SQL[] =
    "UPDATE device SET next_credential = ?3, credential_ms = ?4, renew = 0" THIS_DEVICE;
static const char LOG_OUT_SQL[] = "UPDATE device SET user = NULL" THIS_DEVICE;
static const char SET_NAME_SQL[] = "UPDATE device SET name = ?3" THIS_DEVICE;
static const char WRONG_PIN_SQL[] =
    "UPDATE device SET wrong_pins = min(wrong_pins + 1, 1000)" THIS_DEVICE " RETURNING wrong_pins";
/* The right-hand sides see the old row. */
#define RETIRE                                                                                     \
    "user = NULL, renew = 0, credential = NULL, next_credential = NULL,"                           \
    " old_credential = coalesce(credential, old_credential)"
static const char REVOKE_SQL[] = "UPDATE device SET " RETIRE THIS_DEVICE;
static const char REMOVE_SQL[] = "UPDATE device SET removed = 1, " RETIRE THIS_DEVICE;
static const char RENEW_SQL[] =
    "UPDATE device SET renew = 1" THIS_DEVICE " AND credential IS NOT NULL";
static const char SEEN_SQL[] = "UPDATE device SET seen_ms = ?3" THIS_DEVICE;
/* Removed ones too: their credential was dropped. */
static const char BY_OLD_CREDENTIAL_SQL[] =
    SELECT_DEVICE " FROM device WHERE old_credential = ?1 LIMIT 1";

void device_row(struct query *query, struct device *out)
{
    out->id = query_integer(query, 0);
    out->business = query_integer(query, 1);
    query_text(query, 2, out->serial, sizeof(out->serial));
    query_text(query, 3, out->code, sizeof(out->code));
    query_text(query, 4, out->name, sizeof(out->name));
    out->user = query_integer(query, 5);
    out->created_ms = query_integer(query, 6);
    out->credential_ms = query_integer(query, 7);
    out->removed = query_boolean(query, 8);
    out->seen_ms = query_integer(query, 9);
    out->wrong_pins = (unsigned)query_integer(query, 10);
    out->renew = query_boolean(query, 11);
    out->has_credential = query_boolean(query, 12);
}

static enum fail device_by_text(struct store_tx *tx, const char *sql, int64_t business,
                                const char *text, struct device *out)
{
    struct device row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, sql);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, text);
    if (query_next(&query)) {
        device_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

enum fail store_device_by_code(struct store_tx *tx, int64_t business, const char *code,
                               struct device *out)
{
    return device_by_text(tx, BY_CODE_SQL, business, code, out);
}

enum fail store_device_by_serial(struct store_tx *tx, int64_t business, const char *serial,
                                 struct device *out)
{
    return device_by_text(tx, BY_SERIAL_SQL, business, serial, out);
}

enum fail store_device_by_credential(struct store_tx *tx, const struct secret_hash *credential,
                                     struct device *out, bool *is_next)
{
    struct device row = {0};
    bool row_is_next = false;
    struct query query;
    enum fail fail;

    query_begin(&query, tx, BY_CREDENTIAL_SQL);
    query_bind_hash(&query, 1, credential);
    if (query_next(&query)) {
        device_row(&query, &row);
        row_is_next = query_boolean(&query, AFTER_DEVICE_COLUMNS);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
        *is_next = row_is_next;
    }
    return fail;
}

enum fail store_device_by_old_credential(struct store_tx *tx, const struct secret_hash *credential,
                                         struct device *out)
{
    struct device row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, BY_OLD_CREDENTIAL_SQL);
    query_bind_hash(&query, 1, credential);
    if (query_next(&query)) {
        device_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

/* A change of one device that needs no more than its id. */
static enum fail device_change(struct store_tx *tx, const char *sql, int64_t business,
                               int64_t device)
{
    struct query query;

    query_begin(&query, tx, sql);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    return query_run_one(&query);
}

enum fail store_device_promote(struct store_tx *tx, int64_t business, int64_t device)
{
    return device_change(tx, PROMOTE_SQL, business, device);
}

enum fail store_device_offer_credential(struct store_tx *tx, int64_t business, int64_t device,
                                        const struct secret_hash *credential, int64_t now_ms)
{
    struct query query;

    query_begin(&query, tx, OFFER_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    query_bind_hash(&query, 3, credential);
    query_bind_integer(&query, 4, now_ms);
    return query_run_one(&query);
}

enum fail store_device_log_out(struct store_tx *tx, int64_t business, int64_t device)
{
    return device_change(tx, LOG_OUT_SQL, business, device);
}

enum fail store_device_set_name(struct store_tx *tx, int64_t business, int64_t device,
                                const char *name)
{
    struct query query;

    query_begin(&query, tx, SET_NAME_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    query_bind_text(&query, 3, name);
    return query_run_one(&query);
}

enum fail store_device_remove(struct store_tx *tx, int64_t business, int64_t device)
{
    return device_change(tx, REMOVE_SQL, business, device);
}

enum fail store_device_revoke(struct store_tx *tx, int64_t business, int64_t device)
{
    return device_change(tx, REVOKE_SQL, business, device);
}

enum fail store_device_renew(struct store_tx *tx, int64_t business, int64_t device)
{
    return device_change(tx, RENEW_SQL, business, device);
}

enum fail store_device_seen(struct store_tx *tx, int64_t business, int64_t device, int64_t wall_ms)
{
    struct query query;

    query_begin(&query, tx, SEEN_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    query_bind_id(&query, 3, wall_ms);
    return query_run_one(&query);
}

enum fail store_device_wrong_pin(struct store_tx *tx, int64_t business, int64_t device,
                                 unsigned *wrong)
{
    struct query query;
    int64_t count = 0;
    enum fail fail;

    query_begin(&query, tx, WRONG_PIN_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    fail = query_run_id(&query, &count);
    if (fail == FAIL_NONE && count == 0) {
        return FAIL_NOT_FOUND;
    }
    if (fail == FAIL_NONE) {
        *wrong = (unsigned)count;
    }
    return fail;
}
