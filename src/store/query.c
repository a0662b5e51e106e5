/* Statements, with failures that stick. */
#include "store/query.h"

#include <assert.h>
#include <string.h>

#include "store/sqlite.h"

static void query_note(struct query *query, int code)
{
    enum fail fail = sqlite_note(query->tx, code);

    if (query->fail == FAIL_NONE) {
        query->fail = fail;
    }
}

void query_begin(struct query *query, struct store_tx *tx, const char *sql)
{
    *query = (struct query){.tx = tx};
    query->fail = sqlite_prepare(tx, sql, &query->statement);
    assert(query->fail != FAIL_NONE || !sqlite3_stmt_busy(query->statement));
}

void query_bind_integer(struct query *query, int at, int64_t value)
{
    if (query->fail == FAIL_NONE) {
        query_note(query, sqlite3_bind_int64(query->statement, at, value));
    }
}

void query_bind_id(struct query *query, int at, int64_t id)
{
    if (id != 0) {
        query_bind_integer(query, at, id);
    }
}

void query_bind_text(struct query *query, int at, const char *text)
{
    if (query->fail == FAIL_NONE) {
        query_note(query, sqlite3_bind_text(query->statement, at, text, -1, SQLITE_STATIC));
    }
}

void query_bind_hash(struct query *query, int at, const struct secret_hash *hash)
{
    if (query->fail == FAIL_NONE && hash != NULL) {
        query_note(query, sqlite3_bind_blob(query->statement, at, hash->bytes, SECRET_HASH_SIZE,
                                            SQLITE_STATIC));
    }
}

bool query_next(struct query *query)
{
    int code;

    query->has_row = false;
    if (query->fail != FAIL_NONE) {
        return false;
    }
    code = sqlite3_step(query->statement);
    query_note(query, code);
    query->has_row = code == SQLITE_ROW;
    return query->has_row;
}

int64_t query_integer(const struct query *query, int column)
{
    assert(query->has_row);
    return sqlite3_column_int64(query->statement, column);
}

bool query_boolean(const struct query *query, int column)
{
    return query_integer(query, column) != 0;
}

void query_text(struct query *query, int column, char *out, size_t size)
{
    const char *text;
    size_t length;

    assert(query->has_row);
    text = (const char *)sqlite3_column_text(query->statement, column);
    if (text == NULL && sqlite3_column_type(query->statement, column) != SQLITE_NULL) {
        query_note(query, SQLITE_NOMEM);
        return;
    }
    length = (size_t)sqlite3_column_bytes(query->statement, column);
    if (slice_copy(slice_make(text, length), out, size) != FAIL_NONE) {
        query_note(query, SQLITE_CORRUPT);
    }
}

bool query_hash(struct query *query, int column, struct secret_hash *out)
{
    const void *bytes;

    assert(query->has_row);
    if (sqlite3_column_type(query->statement, column) == SQLITE_NULL) {
        return false;
    }
    bytes = sqlite3_column_blob(query->statement, column);
    if (bytes == NULL) {
        query_note(query, SQLITE_NOMEM);
        return false;
    }
    if (sqlite3_column_bytes(query->statement, column) != SECRET_HASH_SIZE) {
        query_note(query, SQLITE_CORRUPT);
        return false;
    }
    memcpy(out->bytes, bytes, SECRET_HASH_SIZE);
    return true;
}

enum fail query_end(struct query *query)
{
    if (query->statement != NULL) {
        /* Repeats the failure that the step already told. */
        (void)sqlite3_reset(query->statement);
        (void)sqlite3_clear_bindings(query->statement);
    }
    return query->fail;
}

enum fail query_end_found(struct query *query)
{
    bool found = query->has_row;
    enum fail fail = query_end(query);

    return fail == FAIL_NONE && !found ? FAIL_NOT_FOUND : fail;
}

enum fail query_run(struct query *query)
{
    bool row = query_next(query);

    assert(!row);
    (void)row;
    return query_end(query);
}

enum fail query_run_one(struct query *query)
{
    enum fail fail = query_run(query);

    if (fail == FAIL_NONE && sqlite3_changes(query->tx->handle) == 0) {
        return FAIL_NOT_FOUND;
    }
    return fail;
}

enum fail query_run_plain(struct store_tx *tx, const char *sql)
{
    struct query query;

    query_begin(&query, tx, sql);
    return query_run(&query);
}

enum fail query_run_id(struct query *query, int64_t *id)
{
    int64_t value = 0;
    enum fail fail;

    if (query_next(query)) {
        value = query_integer(query, 0);
        (void)query_next(query); /* a change is complete only at its end */
    }
    fail = query_end(query);
    if (fail == FAIL_NONE) {
        *id = value;
    }
    return fail;
}
