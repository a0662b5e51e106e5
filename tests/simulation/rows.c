#include "simulation/rows.h"

#include <assert.h>

#include "simulation/server.h"
#include "store/sqlite.h"

struct reading {
    struct store_job job;
    const char *sql;
    void (*each)(void *context, sqlite3_stmt *row);
    void *context;
};

static enum fail reading_run(struct store_job *job, struct store_tx *tx)
{
    struct reading *reading = LIST_ITEM(job, struct reading, job);
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(tx->handle, reading->sql, -1, &statement, NULL);

    if (code != SQLITE_OK) {
        return FAIL_IO;
    }
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        reading->each(reading->context, statement);
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? FAIL_NONE : FAIL_IO;
}

bool rows_read(struct world *world, const char *sql, void (*each)(void *context, sqlite3_stmt *row),
               void *context)
{
    struct reading reading = {.job.run = reading_run, .sql = sql, .each = each, .context = context};

    return server_is_up(world) && server_read(world, &reading.job) == FAIL_NONE;
}

static void take_number(void *context, sqlite3_stmt *row)
{
    *(int64_t *)context = sqlite3_column_int64(row, 0);
}

int64_t rows_number(struct world *world, const char *sql)
{
    int64_t number = -1;

    return rows_read(world, sql, take_number, &number) ? number : -1;
}
