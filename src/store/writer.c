/* Batches of jobs, one commit each.
 *
 * While one batch waits for the disk the next one gathers, so that the batch
 * grows with the load and nobody waits for company that does not come.
 *
 * A failure inside a job is that job's own: its savepoint is undone. A failure
 * of what surrounds the jobs (the transaction, the commit) is everybody's:
 * also a job that had failed by itself saw rows of neighbours that are undone
 * now, so its own answer is worth nothing. A failed COMMIT is never tried
 * again: after a failed fsync a second one reports success without writing. */
#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "store/job.h"
#include "store/query.h"

enum {
    CHECKPOINT_FRAMES = 1000, /* of 4 KiB in the log before it is moved into the database */
    NS_PER_US = 1000,
};

static const char BEGIN_SQL[] = "BEGIN IMMEDIATE";
static const char COMMIT_SQL[] = "COMMIT";
static const char ROLLBACK_SQL[] = "ROLLBACK";
static const char SAVEPOINT_SQL[] = "SAVEPOINT job";
static const char UNDO_SQL[] = "ROLLBACK TO job";
static const char RELEASE_SQL[] = "RELEASE job";

struct histogram store_commit_time;

struct writer {
    struct store_tx *tx;   /* borrowed; used by the thread alone */
    struct damage *damage; /* borrowed */
    bool in_batch;
    int checkpoint_at; /* frames */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct list waiting; /* struct store_job, by task.link */
    bool stopping;
    struct store_counters counters;
};

/* Returns what befell the whole batch; the job's own fate is in job->fail. */
static enum fail job_run(struct writer *writer, struct store_job *job)
{
    struct store_tx *tx = writer->tx;
    enum fail batch_fail = query_run_plain(writer->tx, SAVEPOINT_SQL);

    if (batch_fail != FAIL_NONE) {
        return batch_fail;
    }
    job->fail = job->run(job, tx);
    if (tx->trouble != FAIL_NONE) {
        job->fail = tx->trouble;
    }
    if (tx->trouble == FAIL_IO || !sqlite_is_in_transaction(tx)) {
        return tx->trouble == FAIL_NONE ? FAIL_IO : tx->trouble;
    }
    tx->trouble = FAIL_NONE;
    if (job->fail != FAIL_NONE) {
        batch_fail = query_run_plain(writer->tx, UNDO_SQL);
    }
    return batch_fail == FAIL_NONE ? query_run_plain(writer->tx, RELEASE_SQL) : batch_fail;
}

static enum fail commit(struct writer *writer)
{
    int64_t began_ns = clock_monotonic_ns();
    enum fail fail = query_run_plain(writer->tx, COMMIT_SQL);

    if (fail == FAIL_NONE) {
        histogram_observe(&store_commit_time, (clock_monotonic_ns() - began_ns) / NS_PER_US);
    }
    return fail;
}

static enum fail batch_run(struct writer *writer, const struct list *batch)
{
    struct list_link *link;
    enum fail fail;

    if (damage_is_known(writer->damage)) {
        return FAIL_IO;
    }
    writer->tx->trouble = FAIL_NONE;
    fail = query_run_plain(writer->tx, BEGIN_SQL);
    for (link = list_first(batch); link != NULL && fail == FAIL_NONE;
         link = list_next(batch, link)) {
        fail = job_run(writer, LIST_ITEM(link, struct store_job, task.link));
    }
    /* A reader may have met the damage meanwhile. */
    if (fail == FAIL_NONE && damage_is_known(writer->damage)) {
        fail = FAIL_IO;
    }
    if (fail == FAIL_NONE) {
        fail = commit(writer);
    }
    if (fail != FAIL_NONE && sqlite_is_in_transaction(writer->tx) &&
        query_run_plain(writer->tx, ROLLBACK_SQL) != FAIL_NONE) {
        fail = FAIL_IO; /* what the file holds is unknown now */
    }
    if (fail == FAIL_IO || writer->tx->trouble == FAIL_IO) {
        fail = FAIL_IO;
        damage_report(writer->damage, fail);
    }
    return fail;
}

/* By the lock. */
static void counters_add(struct writer *writer, enum fail fail, uint64_t written)
{
    struct store_counters *counters = &writer->counters;

    counters->jobs += written;
    counters->fail = fail;
    if (fail == FAIL_NONE) {
        counters->commits++;
    } else {
        counters->failures++;
        counters->failed_ms = clock_monotonic_ms();
    }
}

/* Leaves in each job what its caller is to be told. */
static void batch_finish(struct writer *writer, const struct list *batch, enum fail fail)
{
    static struct log_limit failures = {.per_minute = 6};
    struct list_link *link;
    uint64_t written = 0;

    for (link = list_first(batch); link != NULL; link = list_next(batch, link)) {
        struct store_job *job = LIST_ITEM(link, struct store_job, task.link);

        if (fail != FAIL_NONE) {
            job->fail = fail;
        }
        written += job->fail == FAIL_NONE;
    }
    pthread_mutex_lock(&writer->lock);
    counters_add(writer, fail, written);
    pthread_mutex_unlock(&writer->lock);
    if (fail != FAIL_NONE) {
        log_limited(&failures, LOG_ERROR, "store.commit_failed", log_text("why", fail_text(fail)),
                    log_text("do", fail == FAIL_FULL ? "make room on the disk of the data"
                                                     : "check the disk of the data"));
    }
}

static void checkpoint_when_due(struct writer *writer)
{
    struct store_tx *tx = writer->tx;

    if (tx->wal_frames < writer->checkpoint_at || damage_is_known(writer->damage)) {
        return;
    }
    /* A full disk is no harm: the rows are safe in the log, and after another
     * thousand frames it is tried again. So are readers in the way. */
    if (sqlite_checkpoint(tx, false) == FAIL_IO) {
        damage_report(writer->damage, FAIL_IO);
    }
    writer->checkpoint_at = tx->wal_frames + CHECKPOINT_FRAMES;
}

static void batch_process(struct writer *writer, const struct list *batch)
{
    int frames = writer->tx->wal_frames;

    assert(!writer->in_batch); /* a job must not wait for another job */
    writer->in_batch = true;
    batch_finish(writer, batch, batch_run(writer, batch));
    writer->in_batch = false;
    /* All of the log had been moved, and it has begun anew. */
    if (writer->tx->wal_frames < frames) {
        writer->checkpoint_at = CHECKPOINT_FRAMES;
    }
}

/* Waits for jobs; false when the writer stops and nothing is left. */
static bool batch_take(struct writer *writer, struct list *batch)
{
    unsigned count = 0;

    pthread_mutex_lock(&writer->lock);
    while (list_is_empty(&writer->waiting) && !writer->stopping) {
        pthread_cond_wait(&writer->wake, &writer->lock);
    }
    while (!list_is_empty(&writer->waiting) && count < STORE_BATCH_MAX) {
        list_push_back(batch, list_pop_front(&writer->waiting));
        count++;
    }
    writer->counters.queue -= count;
    pthread_mutex_unlock(&writer->lock);
    return count > 0;
}

static void *thread_run(void *argument)
{
    struct writer *writer = argument;
    struct list batch;

    list_init(&batch);
    (void)pthread_setname_np(pthread_self(), "store-writer");
    while (batch_take(writer, &batch)) {
        batch_process(writer, &batch);
        while (!list_is_empty(&batch)) {
            struct store_job *job = LIST_ITEM(list_pop_front(&batch), struct store_job, task.link);

            job_post(job, job->fail);
        }
        checkpoint_when_due(writer); /* after the answers: nobody waits for it */
    }
    return NULL;
}

/* While there is memory: without it a batch must still be undone, for else
 * nobody could say what the file holds. */
static enum fail statements_prepare(struct store_tx *tx)
{
    static const char *const SQL[] = {BEGIN_SQL,     COMMIT_SQL, ROLLBACK_SQL,
                                      SAVEPOINT_SQL, UNDO_SQL,   RELEASE_SQL};
    enum fail fail = FAIL_NONE;
    size_t i;

    for (i = 0; i < sizeof(SQL) / sizeof(SQL[0]) && fail == FAIL_NONE; i++) {
        struct query query;

        query_begin(&query, tx, SQL[i]);
        fail = query_end(&query);
    }
    return fail;
}

enum fail writer_create(struct writer **out, struct store_tx *tx, struct damage *damage,
                        bool thread)
{
    struct writer *writer;
    enum fail fail = statements_prepare(tx);

    if (fail != FAIL_NONE) {
        return fail;
    }
    writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return FAIL_MEMORY;
    }
    writer->tx = tx;
    writer->damage = damage;
    writer->checkpoint_at = CHECKPOINT_FRAMES;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    list_init(&writer->waiting);
    if (thread && pthread_create(&writer->thread, NULL, thread_run, writer) != 0) {
        writer_destroy(&writer);
        return FAIL_MEMORY;
    }
    writer->has_thread = thread;
    *out = writer;
    return FAIL_NONE;
}

void writer_destroy(struct writer **writer_at)
{
    struct writer *writer = *writer_at;

    if (writer == NULL) {
        return;
    }
    *writer_at = NULL;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    if (writer->has_thread) {
        pthread_join(writer->thread, NULL);
    }
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

enum fail writer_add(struct writer *writer, struct store_job *job)
{
    enum fail fail = FAIL_NONE;

    pthread_mutex_lock(&writer->lock);
    if (writer->stopping) {
        fail = FAIL_CLOSED;
    } else if (writer->counters.queue >= STORE_QUEUE_MAX) {
        fail = FAIL_LIMIT;
    } else {
        list_push_back(&writer->waiting, &job->task.link);
        writer->counters.queue++;
        pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->lock);
    return fail;
}

enum fail writer_run(struct writer *writer, struct store_job *job)
{
    struct list batch;

    list_init(&batch);
    list_push_back(&batch, &job->task.link);
    batch_process(writer, &batch);
    list_remove(&job->task.link);
    checkpoint_when_due(writer);
    return job->fail;
}

struct store_counters writer_counters(struct writer *writer)
{
    struct store_counters counters;

    pthread_mutex_lock(&writer->lock);
    counters = writer->counters;
    pthread_mutex_unlock(&writer->lock);
    return counters;
}
