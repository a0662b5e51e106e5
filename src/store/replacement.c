/* A broken terminal's place is taken by another one.
 *
 * The device keeps its row, for its history hangs on it; what makes a terminal
 * this very terminal moves: serial number, credentials, who is logged in. */
#include <stddef.h>

#include "store/query.h"
#include "store/store.h"

static const char SERIAL_SQL[] =
    "SELECT serial FROM device WHERE business = ?1 AND id = ?2 AND removed = 0";
/* Removed ones too. */
static const char COMER_SQL[] =
    "SELECT id, user, credential, next_credential, old_credential, credential_ms, seen_ms,"
    " wrong_pins, renew FROM device WHERE business = ?1 AND serial = ?2";
/* '~' is in no serial number: unique for the moment that it is there. */
static const char LEAVE_SQL[] =
    "UPDATE device SET serial = '~', removed = 1, user = NULL, credential = NULL,"
    " next_credential = NULL, renew = 0, wrong_pins = 0, old_credential ="
    " (SELECT coalesce(broken.credential, broken.old_credential) FROM device broken"
    " WHERE broken.business = ?1 AND broken.id = ?3) WHERE business = ?1 AND id = ?2";
static const char SETTLE_SQL[] = "UPDATE device SET serial = ?3 WHERE business = ?1 AND id = ?2";
static const char TAKE_SQL[] =
    "UPDATE device SET serial = ?3, user = ?4, credential = ?5, next_credential = ?6,"
    " old_credential = ?7, credential_ms = ?8, seen_ms = ?9, wrong_pins = ?10, renew = ?11"
    " WHERE business = ?1 AND id = ?2 AND removed = 0";
/* Nobody of this serial number is known yet. */
static const char AWAIT_SQL[] =
    "UPDATE device SET serial = ?3, user = NULL, credential = NULL, next_credential = NULL,"
    " old_credential = coalesce(credential, old_credential), wrong_pins = 0, renew = 0"
    " WHERE business = ?1 AND id = ?2 AND removed = 0";

/* What moves with a terminal. */
struct comer {
    int64_t device;
    int64_t user;
    int64_t credential_ms;
    int64_t seen_ms;
    int64_t wrong_pins;
    int64_t renew;
    struct secret_hash credential;
    struct secret_hash next;
    struct secret_hash old;
    bool has_credential;
    bool has_next;
    bool has_old;
};

static enum fail serial_find(struct store_tx *tx, const struct store_replacement *replacement,
                             char serial[ACCOUNT_SERIAL_SIZE])
{
    struct query query;

    query_begin(&query, tx, SERIAL_SQL);
    query_bind_integer(&query, 1, replacement->business);
    query_bind_integer(&query, 2, replacement->device);
    if (query_next(&query)) {
        query_text(&query, 0, serial, ACCOUNT_SERIAL_SIZE);
    }
    return query_end_found(&query);
}

static enum fail comer_find(struct store_tx *tx, const struct store_replacement *replacement,
                            struct comer *comer)
{
    struct query query;

    query_begin(&query, tx, COMER_SQL);
    query_bind_integer(&query, 1, replacement->business);
    query_bind_text(&query, 2, replacement->serial);
    if (query_next(&query)) {
        comer->device = query_integer(&query, 0);
        comer->user = query_integer(&query, 1);
        comer->has_credential = query_hash(&query, 2, &comer->credential);
        comer->has_next = query_hash(&query, 3, &comer->next);
        comer->has_old = query_hash(&query, 4, &comer->old);
        comer->credential_ms = query_integer(&query, 5);
        comer->seen_ms = query_integer(&query, 6);
        comer->wrong_pins = query_integer(&query, 7);
        comer->renew = query_integer(&query, 8);
    }
    return query_end_found(&query);
}

static enum fail comer_leave(struct store_tx *tx, const struct store_replacement *replacement,
                             const struct comer *comer)
{
    struct query query;

    query_begin(&query, tx, LEAVE_SQL);
    query_bind_integer(&query, 1, replacement->business);
    query_bind_integer(&query, 2, comer->device);
    query_bind_integer(&query, 3, replacement->device);
    return query_run_one(&query);
}

static enum fail comer_take(struct store_tx *tx, const struct store_replacement *replacement,
                            const struct comer *comer)
{
    struct query query;

    query_begin(&query, tx, TAKE_SQL);
    query_bind_integer(&query, 1, replacement->business);
    query_bind_integer(&query, 2, replacement->device);
    query_bind_text(&query, 3, replacement->serial);
    query_bind_id(&query, 4, comer->user);
    query_bind_hash(&query, 5, comer->has_credential ? &comer->credential : NULL);
    query_bind_hash(&query, 6, comer->has_next ? &comer->next : NULL);
    query_bind_hash(&query, 7, comer->has_old ? &comer->old : NULL);
    query_bind_integer(&query, 8, comer->credential_ms);
    query_bind_id(&query, 9, comer->seen_ms);
    query_bind_integer(&query, 10, comer->wrong_pins);
    query_bind_integer(&query, 11, comer->renew);
    return query_run_one(&query);
}

/* A change that needs the device and a serial number. */
static enum fail serial_set(struct store_tx *tx, const char *sql, int64_t business, int64_t device,
                            const char *serial)
{
    struct query query;

    query_begin(&query, tx, sql);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    query_bind_text(&query, 3, serial);
    return query_run_one(&query);
}

enum fail store_device_replace(struct store_tx *tx, struct store_replacement *replacement)
{
    char broken[ACCOUNT_SERIAL_SIZE] = "";
    struct comer comer = {0};
    enum fail fail = serial_find(tx, replacement, broken);

    replacement->other = 0;
    if (fail == FAIL_NONE) {
        fail = comer_find(tx, replacement, &comer);
    } else {
        return fail;
    }
    if (fail == FAIL_NOT_FOUND) {
        return serial_set(tx, AWAIT_SQL, replacement->business, replacement->device,
                          replacement->serial);
    }
    if (fail == FAIL_NONE && comer.device == replacement->device) {
        return FAIL_CONFLICT;
    }
    if (fail == FAIL_NONE) {
        fail = comer_leave(tx, replacement, &comer);
    }
    if (fail == FAIL_NONE) {
        fail = comer_take(tx, replacement, &comer);
    }
    if (fail == FAIL_NONE) {
        fail = serial_set(tx, SETTLE_SQL, replacement->business, comer.device, broken);
    }
    if (fail == FAIL_NONE) {
        replacement->other = comer.device;
    }
    return fail;
}
