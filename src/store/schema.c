/* Which schema the database has, and how it gets the newest.
 *
 * PRAGMA user_version holds the number of the last step; it changes in the
 * transaction of the step, so a crash leaves the one or the other. There is
 * no way back: an older program refuses a newer database, because it would
 * break what it does not know. */
#include "store/schema.h"

#include <assert.h>
#include <stdint.h>

#include "store/query.h"
#include "store/sqlite.h"

enum { APPLICATION_ID = 0x54696c6c, PRAGMA_SIZE = 96 }; /* "Till" */

struct schema_state {
    int64_t application;
    int64_t version;
    int64_t tables;
};

static enum fail read_number(struct store_tx *tx, const char *sql, int64_t *out)
{
    struct query query;
    int64_t value = 0;
    enum fail fail;

    query_begin(&query, tx, sql);
    if (query_next(&query)) {
        value = query_integer(&query, 0);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = value;
    }
    return fail;
}

static enum fail read_state(struct store_tx *tx, struct schema_state *out)
{
    enum fail fail = read_number(tx, "PRAGMA application_id", &out->application);

    if (fail == FAIL_NONE) {
        fail = read_number(tx, "PRAGMA user_version", &out->version);
    }
    if (fail == FAIL_NONE) {
        fail = read_number(tx, "SELECT count(*) FROM sqlite_schema", &out->tables);
    }
    return fail;
}

enum fail schema_check(struct store_tx *tx, unsigned newest, char problem[STORE_PROBLEM_SIZE])
{
    struct schema_state state;
    enum fail fail = read_state(tx, &state);

    if (fail != FAIL_NONE) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the database cannot be read: %s",
                          sqlite3_errmsg(tx->handle));
        return fail;
    }
    if (state.application == 0 && state.version == 0 && state.tables == 0) {
        return FAIL_NONE; /* new */
    }
    if (state.application != APPLICATION_ID || state.version < 1) {
        (void)text_format(problem, STORE_PROBLEM_SIZE,
                          "the database was made by another program than tillwire");
        return FAIL_INVALID;
    }
    if (state.version > (int64_t)newest) {
        (void)text_format(problem, STORE_PROBLEM_SIZE,
                          "the database was made by a newer tillwire: its schema is version %lld, "
                          "this program (%s) knows versions up to %u",
                          (long long)state.version, TILLWIRE_VERSION, newest);
        return FAIL_VERSION;
    }
    return FAIL_NONE;
}

static enum fail step_run(struct store_tx *tx, const struct schema_step *step, unsigned number)
{
    char pragmas[PRAGMA_SIZE];
    bool fits = text_format(pragmas, sizeof(pragmas),
                            "PRAGMA application_id = %d; PRAGMA user_version = %u;", APPLICATION_ID,
                            number);
    enum fail fail = sqlite_run(tx, "BEGIN IMMEDIATE");

    assert(fits);
    (void)fits;
    if (fail == FAIL_NONE) {
        fail = sqlite_run(tx, step->sql);
    }
    if (fail == FAIL_NONE) {
        fail = sqlite_run(tx, pragmas);
    }
    if (fail == FAIL_NONE) {
        fail = sqlite_run(tx, "COMMIT");
    }
    return fail;
}

enum fail schema_update(struct store_tx *tx, const struct schema_step *steps, unsigned count,
                        char problem[STORE_PROBLEM_SIZE])
{
    int64_t version = 0;
    enum fail fail = read_number(tx, "PRAGMA user_version", &version);
    unsigned i;

    assert(version >= 0 && version <= (int64_t)count);
    for (i = (unsigned)version; fail == FAIL_NONE && i < count; i++) {
        fail = step_run(tx, &steps[i], i + 1);
        if (fail != FAIL_NONE) {
            /* Before the rollback, which overwrites the message. */
            (void)text_format(problem, STORE_PROBLEM_SIZE, "the schema step %s failed: %s",
                              steps[i].name, sqlite3_errmsg(tx->handle));
            if (sqlite_is_in_transaction(tx) && sqlite_run(tx, "ROLLBACK") != FAIL_NONE) {
                fail = FAIL_IO;
            }
        }
    }
    return fail;
}
