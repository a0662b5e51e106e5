/* A look at a database that need not be the store's own. */
#include "store/facts.h"

#include <assert.h>
#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/query.h"
#include "store/schema.h"
#include "store/sqlite.h"

/* Each byte of a path may become three characters of a URI. */
enum { URI_SIZE = 3 * PATH_MAX + 32 };

/* "file:PATH?immutable=1": then SQLite makes no file beside it, takes no lock,
 * and does not look for a log that a stranger may have left there. */
static bool uri_of(const char *path, char out[URI_SIZE])
{
    struct buf uri;
    bool fits;

    buf_init(&uri, URI_SIZE - 1);
    buf_text(&uri, "file:");
    for (; *path != '\0'; path++) {
        if (*path == '?' || *path == '#' || *path == '%') {
            buf_format(&uri, "%%%02x", (unsigned)*path);
        } else {
            buf_byte(&uri, *path);
        }
    }
    buf_text(&uri, "?immutable=1");
    fits = slice_copy(buf_view(&uri), out, URI_SIZE) == FAIL_NONE && buf_fail(&uri) == FAIL_NONE;
    buf_finish(&uri);
    return fits;
}

static enum fail facts_read(struct store_tx *tx, struct store_facts *facts)
{
    static const char *const SQL[] = {"PRAGMA user_version", "SELECT count(*) FROM business",
                                      "SELECT count(*) FROM device WHERE removed = 0"};
    int64_t numbers[sizeof(SQL) / sizeof(SQL[0])] = {0};
    struct query query;
    enum fail fail = FAIL_NONE;
    size_t i;

    for (i = 0; i < sizeof(SQL) / sizeof(SQL[0]) && fail == FAIL_NONE; i++) {
        query_begin(&query, tx, SQL[i]);
        if (query_next(&query)) {
            numbers[i] = query_integer(&query, 0);
        }
        fail = query_end_found(&query);
        if (fail == FAIL_NONE && i == 0 && numbers[0] == 0) {
            fail = FAIL_NOT_FOUND; /* no tables yet to count in */
        }
    }
    *facts =
        (struct store_facts){.schema = numbers[0], .businesses = numbers[1], .devices = numbers[2]};
    return fail;
}

static enum fail view_open(struct store_tx *tx, struct store_facts *facts,
                           char problem[STORE_PROBLEM_SIZE])
{
    enum fail fail = query_run_plain(tx, "BEGIN");

    if (fail == FAIL_NONE) {
        fail = schema_check(tx, schema_step_count, problem);
        if (fail != FAIL_NONE) {
            return fail;
        }
        fail = facts_read(tx, facts);
    }
    if (fail == FAIL_NOT_FOUND) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the database is empty");
    } else if (fail != FAIL_NONE) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the database cannot be read: %s",
                          sqlite3_errmsg(tx->handle));
    }
    return fail;
}

enum fail facts_open(struct store_tx *tx, const char *path, enum sqlite_role role,
                     struct store_facts *facts, char problem[STORE_PROBLEM_SIZE])
{
    char uri[URI_SIZE];
    enum fail fail;

    assert(path[0] == '/' || path[0] == '.'); /* SQLite takes "file:..." for a URI */
    if (access(path, F_OK) != 0) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "there is no database %s", path);
        return FAIL_NOT_FOUND;
    }
    if (role == SQLITE_AT_REST && !uri_of(path, uri)) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the name of the database is too long");
        return FAIL_LIMIT;
    }
    fail = sqlite_open(tx, role == SQLITE_AT_REST ? uri : path, role);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the database cannot be opened: %s",
                          fail_text(fail));
        return fail;
    }
    fail = view_open(tx, facts, problem);
    if (fail != FAIL_NONE) {
        sqlite_close(tx, true);
    }
    return fail;
}
