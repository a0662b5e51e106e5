/* A statement on its way: bind, step, read, end. Private to store/.
 *
 *   query_begin(&query, tx, find_sql);
 *   query_bind_integer(&query, 1, business);
 *   if (query_next(&query)) { id = query_integer(&query, 0); }
 *   fail = query_end(&query);
 *
 * The first failure sticks: nothing needs a check before the end. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/secret.h"
#include "store/store.h"

struct sqlite3_stmt;

struct query {
    struct store_tx *tx;            /* borrowed */
    struct sqlite3_stmt *statement; /* of tx */
    enum fail fail;
    bool has_row;
};

/* `sql` is static. The same statement must not be on its way already. */
void query_begin(struct query *query, struct store_tx *tx, const char *sql);
/* Parameters count from 1; what is bound stays borrowed until the end. */
void query_bind_integer(struct query *query, int at, int64_t value);
/* Zero is NULL in the database: nobody, never. */
void query_bind_id(struct query *query, int at, int64_t id);
/* NULL is NULL in the database. */
void query_bind_text(struct query *query, int at, const char *text);
void query_bind_hash(struct query *query, int at, const struct secret_hash *hash);

/* True while there is a row. */
bool query_next(struct query *query);
/* Columns count from 0. NULL reads as 0 and "". */
int64_t query_integer(const struct query *query, int column);
bool query_boolean(const struct query *query, int column);
/* A text that does not fit is a damaged database: FAIL_IO. */
void query_text(struct query *query, int column, char *out, size_t size);
/* False and `*out` untouched when it is NULL. */
bool query_hash(struct query *query, int column, struct secret_hash *out);

MUST_CHECK enum fail query_end(struct query *query);
/* The same, and FAIL_NOT_FOUND when the last query_next met no row. */
MUST_CHECK enum fail query_end_found(struct query *query);
/* For a change: steps and ends. */
MUST_CHECK enum fail query_run(struct query *query);
/* The same, and FAIL_NOT_FOUND when it changed no row. */
MUST_CHECK enum fail query_run_one(struct query *query);
/* The whole way at once, without parameters: for BEGIN and its like. */
MUST_CHECK enum fail query_run_plain(struct store_tx *tx, const char *sql);
/* For an INSERT ... RETURNING id. */
MUST_CHECK enum fail query_run_id(struct query *query, int64_t *id);

#endif
