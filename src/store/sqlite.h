/* One connection to the SQLite file, and what its result codes mean to us.
 * Private to store/. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>

#include "base/fail.h"
#include "store/store.h"

enum { SQLITE_STATEMENT_SLOTS = 512 }; /* a power of two; at most half are used */

/* A prepared statement, kept until the connection closes. */
struct sqlite_statement {
    const char *sql; /* static text: its address is the key */
    sqlite3_stmt *handle;
};

/* A verb gets one only while a transaction or a reader's view is open on it.
 * One thread at a time. */
struct store_tx {
    sqlite3 *handle;
    /* The worst of FAIL_MEMORY, FAIL_FULL and FAIL_IO since it was last set to
     * FAIL_NONE: whoever ends the transaction asks it, so that a job cannot
     * swallow such a failure. */
    enum fail trouble;
    int wal_frames; /* in the write-ahead log after the last commit; of the writer */
    size_t statement_count;
    struct sqlite_statement statements[SQLITE_STATEMENT_SLOTS];
};

enum sqlite_role {
    SQLITE_WRITER,
    SQLITE_READER,
    SQLITE_CHECKER, /* a reader that knows the CHECKs, which SQLite forgets in read-only files */
    SQLITE_AT_REST, /* a reader of what nobody writes; its `path` is a URI (store/facts.c) */
};

/* `path` exists. On failure `*tx` is closed again. */
MUST_CHECK enum fail sqlite_open(struct store_tx *tx, const char *path, enum sqlite_role role);
/* Accepts one that is closed. A writer checkpoints, unless `quietly`: then the
 * files stay as they are. */
void sqlite_close(struct store_tx *tx, bool quietly);

/* Any number of statements without parameters; rows are dropped. */
MUST_CHECK enum fail sqlite_run(struct store_tx *tx, const char *sql);
/* The prepared statement of `sql`, which must live as long as the connection. */
MUST_CHECK enum fail sqlite_prepare(struct store_tx *tx, const char *sql, sqlite3_stmt **out);

/* Moves the write-ahead log into the database. `wait_for_all`: FAIL_BUSY when
 * a reader stands in the way, and the log is empty afterwards; else as much as
 * readers allow. */
MUST_CHECK enum fail sqlite_checkpoint(struct store_tx *tx, bool wait_for_all);

/* False after SQLite has rolled back by itself, which it does after some
 * errors. */
bool sqlite_is_in_transaction(const struct store_tx *tx);

/* What a result code means, remembered in tx->trouble when it is one. */
MUST_CHECK enum fail sqlite_note(struct store_tx *tx, int code);

#endif
