/* Opening and closing, and the ways in.
 *
 * The order of opening matters: a database of a newer program, or of another
 * program, must be left as it was found, so it is looked at before anything
 * writes. What a crash left in the log is moved into the database, heard to
 * the end, before the first job (architecture.md, Law 9). */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/damage.h"
#include "store/job.h"
#include "store/query.h"
#include "store/reader.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/writer.h"

struct store {
    bool threads;
    struct damage damage;
    struct store_tx tx; /* of the writer */
    struct writer *writer;
    struct readers *readers;
    char path[PATH_MAX];
};

/* SQLite would make it readable for all, and gives the log the same mode. */
static enum fail file_make(const char *path, char problem[STORE_PROBLEM_SIZE])
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0) {
        enum fail fail = file_fail(errno);

        const char *why = strerror(errno);

        (void)text_format(
            problem, STORE_PROBLEM_SIZE, "the database %s cannot be opened: %s%s", path, why,
            fail == FAIL_DENIED ? "; this user must be able to read and write it (chown, chmod 600)"
                                : "");
        return fail;
    }
    (void)close(file);
    return FAIL_NONE;
}

static enum fail log_start(struct store_tx *tx)
{
    struct query query;
    char mode[8] = "";
    enum fail fail;

    query_begin(&query, tx, "PRAGMA journal_mode = WAL");
    if (query_next(&query)) {
        query_text(&query, 0, mode, sizeof(mode));
    }
    fail = query_end(&query);
    if (fail == FAIL_NONE && strcmp(mode, "wal") != 0) {
        return FAIL_INVALID; /* a file system without shared memory */
    }
    return fail == FAIL_NONE ? sqlite_checkpoint(tx, true) : fail;
}

static void open_problem(const char *path, enum fail fail, char problem[STORE_PROBLEM_SIZE])
{
    if (fail == FAIL_IO) {
        (void)text_format(problem, STORE_PROBLEM_SIZE,
                          "the database %s cannot be read: it is none, or damaged, or the disk has "
                          "failed; restore a backup (tillwire admin restore)",
                          path);
    } else {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the database %s cannot be opened: %s", path,
                          fail_text(fail));
    }
}

/* On failure the files are left as they are: a log that could not be moved
 * now is moved by a start that can. */
static enum fail database_open(struct store *store, char problem[STORE_PROBLEM_SIZE])
{
    struct store_tx *tx = &store->tx;
    enum fail fail = file_make(store->path, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = sqlite_open(tx, store->path, SQLITE_WRITER);
    if (fail != FAIL_NONE) {
        open_problem(store->path, fail, problem);
        return fail;
    }
    fail = schema_check(tx, schema_step_count, problem);
    if (fail == FAIL_NONE) {
        fail = log_start(tx);
        if (fail != FAIL_NONE) {
            (void)text_format(problem, STORE_PROBLEM_SIZE,
                              "the database's write-ahead log cannot be used: %s (%s)",
                              fail_text(fail), sqlite3_errmsg(tx->handle));
        }
    }
    if (fail == FAIL_NONE) {
        fail = schema_update(tx, schema_steps, schema_step_count, problem);
    }
    return fail;
}

static enum fail workers_start(struct store *store, const struct store_options *options,
                               char problem[STORE_PROBLEM_SIZE])
{
    enum fail fail = readers_create(&store->readers, store->path,
                                    options->threads ? options->readers : 0, &store->damage);

    if (fail == FAIL_NONE) {
        fail = writer_create(&store->writer, &store->tx, &store->damage, options->threads);
    }
    if (fail != FAIL_NONE) {
        (void)text_format(problem, STORE_PROBLEM_SIZE,
                          "the threads of the database cannot be started: %s", fail_text(fail));
    }
    return fail;
}

enum fail store_open(struct store **out, const struct store_options *options,
                     char problem[STORE_PROBLEM_SIZE])
{
    struct store *store;
    bool is_absolute = options->directory[0] == '/';
    enum fail fail;

    assert(!options->threads || options->readers > 0);
    (void)text_format(problem, STORE_PROBLEM_SIZE, "the database cannot be opened: out of memory");
    store = calloc(1, sizeof(*store));
    if (store == NULL) {
        return FAIL_MEMORY;
    }
    store->threads = options->threads;
    store->damage.broken = options->broken;
    store->damage.context = options->context;
    /* "./": SQLite takes a name that begins with "file:" for a URI. */
    if (!text_format(store->path, sizeof(store->path), "%s%s/tillwire.db", is_absolute ? "" : "./",
                     options->directory)) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the data directory's name is too long");
        free(store);
        return FAIL_LIMIT;
    }
    fail = database_open(store, problem);
    if (fail == FAIL_NONE) {
        fail = workers_start(store, options, problem);
    }
    if (fail != FAIL_NONE) {
        atomic_store(&store->damage.known, true); /* close without a checkpoint */
        store_close(&store);
        return fail;
    }
    problem[0] = '\0';
    *out = store;
    return FAIL_NONE;
}

void store_close(struct store **store_at)
{
    struct store *store = *store_at;

    if (store == NULL) {
        return;
    }
    *store_at = NULL;
    writer_destroy(&store->writer);
    readers_destroy(&store->readers);
    sqlite_close(&store->tx, damage_is_known(&store->damage));
    free(store);
}

void store_write(struct store *store, struct store_job *job)
{
    enum fail fail;

    if (!store->threads) {
        job_answer(job, writer_run(store->writer, job));
        return;
    }
    fail = writer_add(store->writer, job);
    if (fail != FAIL_NONE) {
        job_post(job, fail);
    }
}

void store_read(struct store *store, struct store_job *job)
{
    enum fail fail;

    if (!store->threads) {
        job_answer(job, readers_run(store->readers, job));
        return;
    }
    fail = readers_add(store->readers, job);
    if (fail != FAIL_NONE) {
        job_post(job, fail);
    }
}

enum fail store_write_wait(struct store *store, struct store_job *job)
{
    struct job_waiter waiter;

    if (!store->threads) {
        return writer_run(store->writer, job);
    }
    job_wait_begin(&waiter, job);
    store_write(store, job);
    return job_wait_end(&waiter, job);
}

enum fail store_read_wait(struct store *store, struct store_job *job)
{
    struct job_waiter waiter;

    if (!store->threads) {
        return readers_run(store->readers, job);
    }
    job_wait_begin(&waiter, job);
    store_read(store, job);
    return job_wait_end(&waiter, job);
}

struct store_counters store_counters(struct store *store)
{
    struct store_counters counters = writer_counters(store->writer);

    counters.reading = readers_waiting(store->readers);
    counters.broken = damage_is_known(&store->damage);
    return counters;
}
