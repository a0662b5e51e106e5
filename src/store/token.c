/* Tokens: what a point of sale shows with every call. */
#include <stddef.h>

#include "store/query.h"
#include "store/rows.h"
#include "store/store.h"

static const char ADD_SQL[] =
    "INSERT INTO token (business, name, hash, general, settings, processing, created_ms,"
    " expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id";
static const char FIND_SQL[] =
    "SELECT " TOKEN_COLUMNS " FROM token WHERE business = ?1 AND id = ?2";
static const char BY_HASH_SQL[] = "SELECT " TOKEN_COLUMNS " FROM token WHERE hash = ?1";
static const char BY_OLD_HASH_SQL[] = "SELECT " TOKEN_COLUMNS " FROM token WHERE old_hash = ?1";
static const char SET_SQL[] =
    "UPDATE token SET name = coalesce(?3, name), general = coalesce(?4, general),"
    " settings = coalesce(?5, settings), processing = coalesce(?6, processing)"
    " WHERE business = ?1 AND id = ?2";
static const char SET_EXPIRY_SQL[] =
    "UPDATE token SET expires_ms = ?3 WHERE business = ?1 AND id = ?2";
/* The right-hand sides see the old row: the secret before the last rotation
 * goes at once. */
static const char ROTATE_SQL[] = "UPDATE token SET hash = ?3, old_until_ms = ?4,"
                                 " old_hash = iif(?4 IS NULL, NULL, hash)"
                                 " WHERE business = ?1 AND id = ?2";
static const char USED_SQL[] = "UPDATE token SET used_ms = ?3 WHERE business = ?1 AND id = ?2";
static const char REMOVE_SQL[] = "DELETE FROM token WHERE business = ?1 AND id = ?2";

void token_row(struct query *query, struct token *out)
{
    out->id = query_integer(query, 0);
    out->business = query_integer(query, 1);
    query_text(query, 2, out->name, sizeof(out->name));
    out->permissions.general = (uint8_t)query_integer(query, 3);
    out->permissions.settings = (uint8_t)query_integer(query, 4);
    out->permissions.processing = (uint8_t)query_integer(query, 5);
    out->created_ms = query_integer(query, 6);
    out->expires_ms = query_integer(query, 7);
    out->used_ms = query_integer(query, 8);
    out->old_until_ms = query_integer(query, 9);
}

static enum fail token_read(struct query *query, struct token *out)
{
    struct token row = {0};
    enum fail fail;

    if (query_next(query)) {
        token_row(query, &row);
    }
    fail = query_end_found(query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

/* At three parameters from `at`; nothing when NULL. */
static void bind_permissions(struct query *query, int at, const struct permissions *permissions)
{
    if (permissions != NULL) {
        query_bind_integer(query, at, permissions->general);
        query_bind_integer(query, at + 1, permissions->settings);
        query_bind_integer(query, at + 2, permissions->processing);
    }
}

enum fail store_token_add(struct store_tx *tx, const struct store_token_new *token, int64_t *id)
{
    struct query query;

    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, token->business);
    query_bind_text(&query, 2, token->name);
    query_bind_hash(&query, 3, &token->hash);
    bind_permissions(&query, 4, &token->permissions);
    query_bind_integer(&query, 7, token->now_ms);
    query_bind_id(&query, 8, token->expires_ms);
    return query_run_id(&query, id);
}

enum fail store_token_find(struct store_tx *tx, int64_t business, int64_t id, struct token *out)
{
    struct query query;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    return token_read(&query, out);
}

enum fail store_token_by_hash(struct store_tx *tx, const struct secret_hash *hash,
                              struct token *out)
{
    struct query query;

    query_begin(&query, tx, BY_HASH_SQL);
    query_bind_hash(&query, 1, hash);
    return token_read(&query, out);
}

enum fail store_token_by_old_hash(struct store_tx *tx, const struct secret_hash *hash,
                                  struct token *out)
{
    struct query query;

    query_begin(&query, tx, BY_OLD_HASH_SQL);
    query_bind_hash(&query, 1, hash);
    return token_read(&query, out);
}

enum fail store_token_set(struct store_tx *tx, int64_t business, int64_t id, const char *name,
                          const struct permissions *permissions)
{
    struct query query;

    query_begin(&query, tx, SET_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    query_bind_text(&query, 3, name);
    bind_permissions(&query, 4, permissions);
    return query_run_one(&query);
}

enum fail store_token_set_expiry(struct store_tx *tx, int64_t business, int64_t id,
                                 int64_t expires_ms)
{
    struct query query;

    query_begin(&query, tx, SET_EXPIRY_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    query_bind_id(&query, 3, expires_ms);
    return query_run_one(&query);
}

enum fail store_token_rotate(struct store_tx *tx, int64_t business, int64_t id,
                             const struct secret_hash *hash, int64_t old_until_ms)
{
    struct query query;

    query_begin(&query, tx, ROTATE_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    query_bind_hash(&query, 3, hash);
    query_bind_id(&query, 4, old_until_ms);
    return query_run_one(&query);
}

enum fail store_token_used(struct store_tx *tx, int64_t business, int64_t id, int64_t wall_ms)
{
    struct query query;

    query_begin(&query, tx, USED_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    query_bind_id(&query, 3, wall_ms);
    return query_run_one(&query);
}

enum fail store_token_remove(struct store_tx *tx, int64_t business, int64_t id)
{
    struct query query;

    query_begin(&query, tx, REMOVE_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    return query_run_one(&query);
}
