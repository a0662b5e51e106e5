/* Reading beside the writer.
 *
 * Each job sees one moment of the database, however many queries it makes,
 * and the writer never waits for it. A reader that meets an error of the disk
 * stops the whole store: what cannot be read may not have been written. */
#include "store/reader.h"

#include <assert.h>
#include <stdlib.h>

#include "base/pool.h"
#include "store/job.h"
#include "store/query.h"
#include "store/sqlite.h"

static const char BEGIN_SQL[] = "BEGIN";
static const char END_SQL[] = "ROLLBACK";

struct reader {
    struct store_tx tx;
    struct damage *damage; /* borrowed */
};

struct readers {
    struct pool *pool; /* NULL without threads */
    unsigned count;
    struct reader reader[READERS_MAX];
};

/* A pool's task does not say which worker runs it. */
static _Thread_local struct reader *own_reader;

static enum fail view_run(struct reader *reader, struct store_job *job)
{
    struct store_tx *tx = &reader->tx;
    enum fail fail;

    if (damage_is_known(reader->damage)) {
        return FAIL_IO;
    }
    tx->trouble = FAIL_NONE;
    /* Without memory the last view may not have been ended. */
    fail = sqlite_is_in_transaction(tx) ? query_run_plain(tx, END_SQL) : FAIL_NONE;
    if (fail == FAIL_NONE) {
        fail = query_run_plain(tx, BEGIN_SQL);
    }
    if (fail == FAIL_NONE) {
        fail = job->run(job, tx);
    }
    if (sqlite_is_in_transaction(tx)) {
        enum fail end_fail = query_run_plain(tx, END_SQL);

        fail = fail == FAIL_NONE ? end_fail : fail;
    }
    if (tx->trouble != FAIL_NONE) {
        fail = tx->trouble;
    }
    if (fail == FAIL_IO) {
        damage_report(reader->damage, fail);
    }
    return fail;
}

static void task_run(struct task *task)
{
    struct store_job *job = TASK_OWNER(task, struct store_job, task);

    assert(own_reader != NULL);
    job_post(job, view_run(own_reader, job));
}

static void on_worker_start(void *context, unsigned worker)
{
    struct readers *readers = context;

    own_reader = &readers->reader[worker];
}

enum fail readers_create(struct readers **out, const char *path, unsigned threads,
                         struct damage *damage)
{
    struct readers *readers = calloc(1, sizeof(*readers));
    struct pool_hooks hooks = {.start = on_worker_start, .context = readers};
    enum fail fail = FAIL_NONE;
    unsigned wanted = threads == 0 ? 1 : threads;

    assert(wanted <= READERS_MAX);
    if (readers == NULL) {
        return FAIL_MEMORY;
    }
    while (fail == FAIL_NONE && readers->count < wanted) {
        struct reader *reader = &readers->reader[readers->count];

        reader->damage = damage;
        fail = sqlite_open(&reader->tx, path, SQLITE_READER);
        readers->count += fail == FAIL_NONE;
    }
    if (fail == FAIL_NONE && threads > 0) {
        fail = pool_create(&readers->pool, "store-reader", threads, STORE_QUEUE_MAX, &hooks);
    }
    if (fail != FAIL_NONE) {
        readers_destroy(&readers);
        return fail;
    }
    *out = readers;
    return FAIL_NONE;
}

void readers_destroy(struct readers **readers_at)
{
    struct readers *readers = *readers_at;
    unsigned i;

    if (readers == NULL) {
        return;
    }
    *readers_at = NULL;
    pool_destroy(&readers->pool);
    for (i = 0; i < readers->count; i++) {
        sqlite_close(&readers->reader[i].tx, true);
    }
    free(readers);
}

enum fail readers_add(struct readers *readers, struct store_job *job)
{
    job->task.run = task_run;
    return pool_submit(readers->pool, &job->task);
}

enum fail readers_run(struct readers *readers, struct store_job *job)
{
    assert(readers->pool == NULL);
    job->fail = view_run(&readers->reader[0], job);
    return job->fail;
}

size_t readers_waiting(struct readers *readers)
{
    return readers->pool == NULL ? 0 : pool_load(readers->pool).waiting;
}
