/* A terminal gets its row, its code and its credential.
 *
 * The row of (business, serial) is for life: whatever happened to the
 * terminal, it comes back under the code it had. The credential that it is
 * given now retires the old ones, unless it has proved one of them: then the
 * old one holds until the new one has arrived. */
#include <inttypes.h>
#include <stddef.h>

#include "store/mint.h"
#include "store/query.h"
#include "store/rows.h"
#include "store/store.h"

/* Removed ones too. */
static const char FIND_SQL[] =
    "SELECT " DEVICE_COLUMNS " FROM device WHERE business = ?1 AND serial = ?2";
static const char ADD_SQL[] =
    "INSERT INTO device (business, serial, code, user, created_ms, credential, credential_ms,"
    " seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?5)";
static const char GIVE_CODE_SQL[] =
    "UPDATE device SET code = ?3, created_ms = ?4 WHERE business = ?1 AND id = ?2";
/* Without a current credential there is nothing that `next` could stand
 * beside, proven or not. The right-hand sides see the old row. */
static const char RENEW_SQL[] = "UPDATE device SET removed = 0, user = ?3, credential_ms = ?4,"
                                " wrong_pins = 0, renew = 0, seen_ms = ?4,"
                                " old_credential = iif(?6, old_credential,"
                                " coalesce(credential, old_credential)),"
                                " next_credential = iif(?6 AND credential IS NOT NULL, ?5, NULL),"
                                " credential = iif(?6 AND credential IS NOT NULL, credential, ?5)"
                                " WHERE business = ?1 AND id = ?2";
/* Nobody is logged in with a credential that was retired meanwhile. */
static const char KEEP_SQL[] = "UPDATE device SET user = ?3, wrong_pins = 0, seen_ms = ?4"
                               " WHERE business = ?1 AND id = ?2"
                               " AND credential IS NOT NULL AND NOT removed";

static enum fail device_find(struct store_tx *tx, int64_t business, const char *serial,
                             struct device *out)
{
    struct device row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, serial);
    if (query_next(&query)) {
        device_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

/* Proven log-ins of a terminal that is there are everyday life, and no change. */
static enum fail registration_audit(struct store_tx *tx,
                                    const struct store_registration *registration,
                                    const char *action)
{
    char actor[AUDIT_WORDS_SIZE];
    char subject[AUDIT_WORDS_SIZE];
    struct store_audit audit = {.at_ms = registration->now_ms,
                                .business = registration->business,
                                .actor = actor,
                                .action = action,
                                .subject = subject,
                                .detail = ""};

    if (registration->user == 0) {
        (void)text_format(actor, sizeof(actor), "tillwire");
    } else {
        (void)text_format(actor, sizeof(actor), "user %" PRId64, registration->user);
    }
    (void)text_format(subject, sizeof(subject), "terminal %s", registration->serial);
    return store_audit_add(tx, &audit);
}

static enum fail device_add(struct store_tx *tx, const struct store_registration *registration)
{
    char code[CODE_SIZE] = "";
    struct query query;

    if (registration->with_code) {
        enum fail fail = mint_code(tx, registration->business, code);

        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, registration->business);
    query_bind_text(&query, 2, registration->serial);
    query_bind_text(&query, 3, code[0] == '\0' ? NULL : code);
    query_bind_id(&query, 4, registration->user);
    query_bind_integer(&query, 5, registration->now_ms);
    query_bind_hash(&query, 6, registration->credential);
    return query_run(&query);
}

static enum fail code_give(struct store_tx *tx, const struct device *device, int64_t now_ms)
{
    char code[CODE_SIZE];
    struct query query;
    enum fail fail = mint_code(tx, device->business, code);

    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, GIVE_CODE_SQL);
    query_bind_integer(&query, 1, device->business);
    query_bind_integer(&query, 2, device->id);
    query_bind_text(&query, 3, code);
    query_bind_integer(&query, 4, now_ms);
    return query_run_one(&query);
}

static enum fail device_renew(struct store_tx *tx, const struct device *device,
                              const struct store_registration *registration)
{
    struct query query;

    if (registration->with_code && device->code[0] == '\0') {
        enum fail fail = code_give(tx, device, registration->now_ms);

        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    query_begin(&query, tx, registration->credential == NULL ? KEEP_SQL : RENEW_SQL);
    query_bind_integer(&query, 1, device->business);
    query_bind_integer(&query, 2, device->id);
    query_bind_id(&query, 3, registration->user);
    query_bind_integer(&query, 4, registration->now_ms);
    if (registration->credential == NULL) {
        return query_run_one(&query);
    }
    query_bind_hash(&query, 5, registration->credential);
    query_bind_integer(&query, 6, registration->proven);
    return query_run_one(&query);
}

enum fail store_device_register(struct store_tx *tx, const struct store_registration *registration,
                                struct device *out)
{
    const char *action = NULL;
    struct device device;
    enum fail fail = device_find(tx, registration->business, registration->serial, &device);

    if (fail == FAIL_NONE) {
        action = registration->proven || registration->credential == NULL ? NULL
                 : device.removed                                         ? "device.come_back"
                                                                          : "device.log_in";
        fail = device_renew(tx, &device, registration);
    } else if (fail == FAIL_NOT_FOUND && registration->credential != NULL) {
        action = "device.register";
        fail = device_add(tx, registration);
    }
    if (fail == FAIL_NONE && action != NULL) {
        fail = registration_audit(tx, registration, action);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    return device_find(tx, registration->business, registration->serial, out);
}
