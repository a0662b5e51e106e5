/* Connections to SQLite 3.40.
 *
 * Only the writer's connection writes and checkpoints. It checkpoints when
 * the writer asks, never by SQLite's own hook: that one swallows the result,
 * and an fsync that failed unheard is how acknowledged rows are lost.
 *
 * Every result code becomes a failure here. The dividing line is durability:
 * a full disk is rolled back and heals; any other error of the disk or of the
 * file is FAIL_IO, after which nothing may be acknowledged (architecture.md,
 * Law 9). */
#include "store/sqlite.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 5000, ADDRESS_SHIFT = 4 };

static const char PRAGMAS_OF_ALL[] = "PRAGMA foreign_keys = ON;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA trusted_schema = OFF;"
                                     "PRAGMA cell_size_check = ON;"
                                     "PRAGMA wal_autocheckpoint = 0;";
/* The size limit gives the room back after a burst that readers kept in the log. */
static const char PRAGMAS_OF_WRITER[] = "PRAGMA synchronous = FULL;"
                                        "PRAGMA cache_size = -32768;"
                                        "PRAGMA journal_size_limit = 67108864;";
static const char PRAGMAS_OF_READER[] = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";

static enum fail fail_of_constraint(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return FAIL_NOT_FOUND; /* no such business, or no such user in it */
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_DATATYPE:
        return FAIL_INVALID;
    default:
        return FAIL_CONFLICT;
    }
}

static enum fail fail_of_io(int code)
{
    switch (code) {
    case SQLITE_IOERR_NOMEM:
        return FAIL_MEMORY;
    case SQLITE_IOERR_SHMSIZE:
        return FAIL_FULL; /* the log's index could not grow: it holds nothing durable */
    default:
        return FAIL_IO;
    }
}

static enum fail fail_of_code(int code)
{
    enum { PRIMARY_CODE = 0xff };

    switch (code & PRIMARY_CODE) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return FAIL_NONE;
    case SQLITE_NOMEM:
        return FAIL_MEMORY;
    case SQLITE_FULL:
        return FAIL_FULL;
    case SQLITE_IOERR:
        return fail_of_io(code);
    case SQLITE_CONSTRAINT:
        return fail_of_constraint(code);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FAIL_BUSY;
    case SQLITE_TOOBIG:
        return FAIL_LIMIT;
    case SQLITE_READONLY:
        /* The file was moved away under us: what is written goes nowhere. */
        return code == SQLITE_READONLY_DBMOVED ? FAIL_IO : FAIL_DENIED;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return FAIL_DENIED;
    default:
        return FAIL_IO; /* CORRUPT, NOTADB, CANTOPEN, and whatever we do not expect */
    }
}

enum fail sqlite_note(struct store_tx *tx, int code)
{
    enum fail fail = fail_of_code(code);

    assert(code != SQLITE_MISUSE && code != SQLITE_RANGE);
    if (fail == FAIL_IO || ((fail == FAIL_FULL || fail == FAIL_MEMORY) && tx->trouble != FAIL_IO)) {
        tx->trouble = fail;
    }
    return fail;
}

static int on_commit(void *context, sqlite3 *handle, const char *name, int frames)
{
    struct store_tx *tx = context;

    (void)handle;
    (void)name;
    tx->wal_frames = frames;
    return SQLITE_OK;
}

static enum fail connection_configure(struct store_tx *tx, enum sqlite_role role)
{
    enum fail fail;
    int code = sqlite3_extended_result_codes(tx->handle, 1);

    assert(code == SQLITE_OK);
    code |= sqlite3_busy_timeout(tx->handle, BUSY_TIMEOUT_MS);
    code |= sqlite3_db_config(tx->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    code |= sqlite3_db_config(tx->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    code |= sqlite3_db_config(tx->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (role != SQLITE_WRITER) {
        code |= sqlite3_db_config(tx->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    assert(code == SQLITE_OK);
    (void)code;
    fail = sqlite_run(tx, PRAGMAS_OF_ALL);
    if (fail == FAIL_NONE) {
        fail = sqlite_run(tx, role == SQLITE_WRITER ? PRAGMAS_OF_WRITER : PRAGMAS_OF_READER);
    }
    /* After the pragmas: wal_autocheckpoint takes the place of the hook. */
    (void)sqlite3_wal_hook(tx->handle, on_commit, tx);
    return fail;
}

enum fail sqlite_open(struct store_tx *tx, const char *path, enum sqlite_role role)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (role == SQLITE_WRITER || role == SQLITE_CHECKER ? SQLITE_OPEN_READWRITE
                                                                 : SQLITE_OPEN_READONLY) |
                (role == SQLITE_AT_REST ? SQLITE_OPEN_URI : 0);
    enum fail fail;

    memset(tx, 0, sizeof(*tx));
    fail = sqlite_note(tx, sqlite3_open_v2(path, &tx->handle, flags, NULL));
    if (fail == FAIL_NONE) {
        fail = connection_configure(tx, role);
    }
    if (fail != FAIL_NONE) {
        sqlite_close(tx, true);
    }
    return fail;
}

void sqlite_close(struct store_tx *tx, bool quietly)
{
    int code;
    size_t i;

    if (tx->handle == NULL) {
        return;
    }
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        (void)sqlite3_finalize(tx->statements[i].handle);
    }
    if (quietly) {
        (void)sqlite3_db_config(tx->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    code = sqlite3_close(tx->handle);
    assert(code == SQLITE_OK);
    (void)code;
    memset(tx, 0, sizeof(*tx));
}

enum fail sqlite_run(struct store_tx *tx, const char *sql)
{
    return sqlite_note(tx, sqlite3_exec(tx->handle, sql, NULL, NULL, NULL));
}

enum fail sqlite_prepare(struct store_tx *tx, const char *sql, sqlite3_stmt **out)
{
    size_t at = ((uintptr_t)sql >> ADDRESS_SHIFT) % SQLITE_STATEMENT_SLOTS;
    struct sqlite_statement *slot = &tx->statements[at];
    enum fail fail;

    while (slot->sql != NULL && slot->sql != sql) {
        at = (at + 1) % SQLITE_STATEMENT_SLOTS;
        slot = &tx->statements[at];
    }
    if (slot->sql == NULL) {
        assert(tx->statement_count < SQLITE_STATEMENT_SLOTS / 2);
        fail = sqlite_note(tx, sqlite3_prepare_v3(tx->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                                  &slot->handle, NULL));
        if (fail != FAIL_NONE) {
            return fail;
        }
        slot->sql = sql;
        tx->statement_count++;
    }
    *out = slot->handle;
    return FAIL_NONE;
}

enum fail sqlite_checkpoint(struct store_tx *tx, bool wait_for_all)
{
    int mode = wait_for_all ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

    return sqlite_note(tx, sqlite3_wal_checkpoint_v2(tx->handle, NULL, mode, NULL, NULL));
}

bool sqlite_is_in_transaction(const struct store_tx *tx)
{
    return sqlite3_get_autocommit(tx->handle) == 0;
}
