/* Users: the people who log in on terminals. */
#include <stddef.h>

#include "store/query.h"
#include "store/rows.h"
#include "store/store.h"

static const char ADD_SQL[] =
    "INSERT INTO user (business, name, email, password_hash, pin, role, created_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";
static const char FIND_SQL[] = "SELECT " USER_COLUMNS " FROM user WHERE business = ?1 AND id = ?2";
static const char BY_EMAIL_SQL[] =
    "SELECT " USER_COLUMNS ", password_hash FROM user WHERE email = ?1";
static const char BY_PIN_SQL[] =
    "SELECT " USER_COLUMNS " FROM user WHERE business = ?1 AND pin = ?2";
static const char EMAIL_OF_OTHER_SQL[] = "SELECT id FROM user WHERE email = ?1 AND id <> ?2";
static const char SET_SQL[] =
    "UPDATE user SET name = coalesce(?3, name), email = coalesce(?4, email),"
    " password_hash = coalesce(?5, password_hash), pin = coalesce(?6, pin),"
    " role = coalesce(?7, role) WHERE business = ?1 AND id = ?2";
static const char LOG_OUT_SQL[] = "UPDATE device SET user = NULL WHERE business = ?1 AND user = ?2";
static const char REMOVE_SQL[] = "DELETE FROM user WHERE business = ?1 AND id = ?2";

void user_row(struct query *query, struct user *out)
{
    out->id = query_integer(query, 0);
    out->business = query_integer(query, 1);
    query_text(query, 2, out->name, sizeof(out->name));
    query_text(query, 3, out->email, sizeof(out->email));
    out->role = query_integer(query, 4) == ROLE_ADMINISTRATOR ? ROLE_ADMINISTRATOR : ROLE_CASHIER;
    out->has_pin = query_boolean(query, 5);
    out->created_ms = query_integer(query, 6);
}

static enum fail user_read(struct query *query, struct user *out)
{
    struct user row = {0};
    enum fail fail;

    if (query_next(query)) {
        user_row(query, &row);
    }
    fail = query_end_found(query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

/* After a conflict: which of the two unique fields it was. `id` 0: a new user. */
static enum fail taken_find(struct store_tx *tx, const char *email, int64_t id, const char **taken)
{
    struct query query;
    enum fail fail;

    if (email == NULL) {
        *taken = "pin";
        return FAIL_CONFLICT;
    }
    query_begin(&query, tx, EMAIL_OF_OTHER_SQL);
    query_bind_text(&query, 1, email);
    query_bind_integer(&query, 2, id);
    (void)query_next(&query);
    fail = query_end_found(&query);
    if (fail != FAIL_NONE && fail != FAIL_NOT_FOUND) {
        return fail;
    }
    *taken = fail == FAIL_NONE ? "email" : "pin";
    return FAIL_CONFLICT;
}

enum fail store_user_add(struct store_tx *tx, const struct store_user_new *user, int64_t *id,
                         const char **taken)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, user->business);
    query_bind_text(&query, 2, user->name);
    query_bind_text(&query, 3, user->email);
    query_bind_text(&query, 4, user->password_hash);
    query_bind_hash(&query, 5, user->pin);
    query_bind_integer(&query, 6, user->role);
    query_bind_integer(&query, 7, user->now_ms);
    fail = query_run_id(&query, id);
    return fail == FAIL_CONFLICT ? taken_find(tx, user->email, 0, taken) : fail;
}

enum fail store_user_find(struct store_tx *tx, int64_t business, int64_t id, struct user *out)
{
    struct query query;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    return user_read(&query, out);
}

enum fail store_user_by_email(struct store_tx *tx, const char *email, struct user *out,
                              char password_hash[PASSWORD_HASH_SIZE])
{
    char hash[PASSWORD_HASH_SIZE] = "";
    struct user row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, BY_EMAIL_SQL);
    query_bind_text(&query, 1, email);
    if (query_next(&query)) {
        user_row(&query, &row);
        query_text(&query, AFTER_USER_COLUMNS, hash, sizeof(hash));
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
        (void)text_format(password_hash, PASSWORD_HASH_SIZE, "%s", hash);
    }
    secret_wipe(hash, sizeof(hash));
    return fail;
}

enum fail store_user_by_pin(struct store_tx *tx, int64_t business, const struct secret_hash *pin,
                            struct user *out)
{
    struct query query;

    query_begin(&query, tx, BY_PIN_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_hash(&query, 2, pin);
    return user_read(&query, out);
}

enum fail store_user_set(struct store_tx *tx, int64_t business, int64_t id,
                         const struct store_user_change *change, const char **taken)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, SET_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    query_bind_text(&query, 3, change->name);
    query_bind_text(&query, 4, change->email);
    query_bind_text(&query, 5, change->password_hash);
    query_bind_hash(&query, 6, change->pin);
    if (change->role != NULL) {
        query_bind_integer(&query, 7, *change->role);
    }
    fail = query_run_one(&query);
    return fail == FAIL_CONFLICT ? taken_find(tx, change->email, id, taken) : fail;
}

enum fail store_user_remove(struct store_tx *tx, int64_t business, int64_t id)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, LOG_OUT_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    fail = query_run(&query);
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, REMOVE_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    return query_run_one(&query);
}
