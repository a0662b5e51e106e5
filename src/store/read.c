/* Lists.
 *
 * GET /devices is the one that a stranger's software calls often: it walks an
 * index that holds all it needs, in order, and stops at its limit. */
#include "store/read.h"

#include <assert.h>
#include <string.h>

#include "store/query.h"
#include "store/rows.h"

#define LISTED " FROM device WHERE business = ?1 AND code IS NOT NULL AND removed = 0"

static const char DEVICES_SQL[] =
    "SELECT code, created_ms" LISTED " AND (?2 = '' OR instr(code, ?2) > 0)"
    " ORDER BY created_ms, id LIMIT ?3 OFFSET ?4";
/* Four characters are a whole code: no need to walk. */
static const char ONE_DEVICE_SQL[] =
    "SELECT code, created_ms" LISTED " AND code = ?2 LIMIT ?3 OFFSET ?4";

static const char BUSINESSES_SQL[] = "SELECT " BUSINESS_COLUMNS " FROM business ORDER BY id";
static const char USERS_SQL[] = "SELECT " USER_COLUMNS " FROM user WHERE business = ?1 ORDER BY id";
static const char TOKENS_SQL[] =
    "SELECT " TOKEN_COLUMNS " FROM token WHERE business = ?1 ORDER BY id";
static const char DEVICE_ROWS_SQL[] =
    "SELECT " DEVICE_COLUMNS " FROM device WHERE business = ?1 ORDER BY id";

static const char AUDIT_SQL[] = "SELECT " AUDIT_COLUMNS " FROM audit ORDER BY id DESC LIMIT ?1";
static const char AUDIT_OF_SQL[] =
    "SELECT " AUDIT_COLUMNS " FROM audit WHERE business = ?2 ORDER BY id DESC LIMIT ?1";

static enum fail devices_run(struct store_job *job, struct store_tx *tx)
{
    struct read_devices *list = LIST_ITEM(job, struct read_devices, job);
    bool is_whole_code = strlen(list->code_part) == CODE_LENGTH;
    struct query query;

    list->count = 0;
    query_begin(&query, tx, is_whole_code ? ONE_DEVICE_SQL : DEVICES_SQL);
    query_bind_integer(&query, 1, list->business);
    query_bind_text(&query, 2, list->code_part);
    query_bind_integer(&query, 3, list->limit);
    query_bind_integer(&query, 4, list->offset > INT64_MAX ? INT64_MAX : (int64_t)list->offset);
    while (query_next(&query)) {
        struct read_device *row = &list->rows[list->count];

        assert(list->count < READ_DEVICES_MAX);
        query_text(&query, 0, row->code, sizeof(row->code));
        row->created_ms = query_integer(&query, 1);
        list->count++;
    }
    return query_end(&query);
}

static void devices_done(struct store_job *job, enum fail fail)
{
    struct read_devices *list = LIST_ITEM(job, struct read_devices, job);

    list->fail = fail;
    if (fail != FAIL_NONE) {
        list->count = 0;
    }
    list->done(list);
}

void read_devices_start(struct store *store, struct read_devices *query)
{
    assert(query->limit >= 1 && query->limit <= READ_DEVICES_MAX);
    query->count = 0;
    query->job = (struct store_job){.run = devices_run, .done = devices_done, .home = query->home};
    store_read(store, &query->job);
}

enum fail read_businesses(struct store_tx *tx,
                          void (*each)(void *context, const struct business *row), void *context)
{
    struct query query;

    query_begin(&query, tx, BUSINESSES_SQL);
    while (query_next(&query)) {
        struct business row = {0};

        business_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}

enum fail read_users(struct store_tx *tx, int64_t business,
                     void (*each)(void *context, const struct user *row), void *context)
{
    struct query query;

    query_begin(&query, tx, USERS_SQL);
    query_bind_integer(&query, 1, business);
    while (query_next(&query)) {
        struct user row = {0};

        user_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}

enum fail read_tokens(struct store_tx *tx, int64_t business,
                      void (*each)(void *context, const struct token *row), void *context)
{
    struct query query;

    query_begin(&query, tx, TOKENS_SQL);
    query_bind_integer(&query, 1, business);
    while (query_next(&query)) {
        struct token row = {0};

        token_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}

enum fail read_device_rows(struct store_tx *tx, int64_t business,
                           void (*each)(void *context, const struct device *row), void *context)
{
    struct query query;

    query_begin(&query, tx, DEVICE_ROWS_SQL);
    query_bind_integer(&query, 1, business);
    while (query_next(&query)) {
        struct device row = {0};

        device_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}

static enum fail audit_read(struct query *query, int64_t limit,
                            void (*each)(void *context, const struct audit *row), void *context)
{
    query_bind_integer(query, 1, limit);
    while (query_next(query)) {
        struct audit row = {0};

        audit_row(query, &row);
        if (query->fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(query);
}

enum fail read_audit(struct store_tx *tx, int64_t limit,
                     void (*each)(void *context, const struct audit *row), void *context)
{
    struct query query;

    query_begin(&query, tx, AUDIT_SQL);
    return audit_read(&query, limit, each, context);
}

enum fail read_audit_of(struct store_tx *tx, int64_t business, int64_t limit,
                        void (*each)(void *context, const struct audit *row), void *context)
{
    struct query query;

    query_begin(&query, tx, AUDIT_OF_SQL);
    query_bind_integer(&query, 2, business);
    return audit_read(&query, limit, each, context);
}
