/* Opening the data directory. Whoever holds its lock owns what is in it. */
#include "server/data.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/home.h"
#include "base/id.h"
#include "base/log.h"

enum { EXIT_BROKEN = 74, READERS = 2, MS_PER_SECOND = 1000, CLOCK_BEHIND_MS = 5 * 60 * 1000 };

static const char LOCK_FILE[] = "tillwire.lock";
static const char PIN_KEY_FILE[] = "pin.key";
static const char DATABASE_FILE[] = "tillwire.db";
static const char *const OURS[] = {DATABASE_FILE, "tillwire.db-wal", "tillwire.db-shm",
                                   "dev.json",    PIN_KEY_FILE,      "admin.sock"};

enum fail data_path(const char *directory, const char *name, char out[DATA_PATH_SIZE])
{
    return text_format(out, DATA_PATH_SIZE, "%s/%s", directory, name) ? FAIL_NONE : FAIL_LIMIT;
}

enum fail data_directory(const char *given, char out[DATA_PATH_SIZE])
{
    if (given == NULL) {
        return home_data_path("dev", out);
    }
    return text_format(out, DATA_PATH_SIZE, "%s", given) ? FAIL_NONE : FAIL_LIMIT;
}

bool data_exists(const char *directory)
{
    char path[DATA_PATH_SIZE];

    return data_path(directory, DATABASE_FILE, path) == FAIL_NONE && access(path, F_OK) == 0;
}

enum fail data_file_write(const char *directory, const char *name, struct slice bytes)
{
    char path[DATA_PATH_SIZE];
    enum fail fail = data_path(directory, name, path);

    return fail != FAIL_NONE ? fail : file_replace(path, bytes);
}

enum fail data_file_read(const char *directory, const char *name, struct buf *out)
{
    char path[DATA_PATH_SIZE];
    enum fail fail = data_path(directory, name, path);

    return fail != FAIL_NONE ? fail : file_read(path, out);
}

/* Law 9: after an error of the disk nothing may be acknowledged. */
static void on_broken(void *context, enum fail fail)
{
    (void)context;
    log_event(LOG_ERROR, "store.broken", log_text("why", fail_text(fail)),
              log_text("do", "check the disk, then start again"));
    _exit(EXIT_BROKEN);
}

static enum fail explain_lock(enum fail fail, const char *directory, long holder,
                              char problem[DATA_PROBLEM_SIZE])
{
    if (fail == FAIL_BUSY) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "another tillwire (process %ld) uses the data in %s; stop it, or choose "
                          "another directory with --data",
                          holder, directory);
    } else {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "cannot write in the data directory %s: %s; choose another with --data",
                          directory, fail_text(fail));
    }
    return fail;
}

static enum fail remove_ours(const char *directory)
{
    char path[DATA_PATH_SIZE];
    size_t i;

    for (i = 0; i < sizeof(OURS) / sizeof(OURS[0]); i++) {
        if (data_path(directory, OURS[i], path) != FAIL_NONE) {
            return FAIL_LIMIT;
        }
        (void)unlink(path); /* what is not there need not go */
        if (access(path, F_OK) == 0) {
            return FAIL_DENIED;
        }
    }
    return FAIL_NONE;
}

/* The key is made before the database: one without the other was lost. */
static void warn_if_lost(const struct data *data)
{
    if (data_exists(data->directory)) {
        log_event(LOG_WARNING, "data.pin_key_lost", log_text("directory", data->directory),
                  log_text("do", "restore pin.key from a backup, or give every user a new PIN"));
    }
}

/* The key of the PINs' hashes, made once; outside the database, so that a copy
 * of the database alone does not tell them. */
static enum fail pin_key_load(struct data *data)
{
    struct buf bytes;
    enum fail fail;

    buf_init(&bytes, SECRET_KEY_SIZE);
    fail = data_file_read(data->directory, PIN_KEY_FILE, &bytes);
    if (fail == FAIL_NONE && bytes.length == SECRET_KEY_SIZE) {
        memcpy(data->pin_key, bytes.bytes, SECRET_KEY_SIZE);
    } else if (fail == FAIL_NONE) {
        fail = FAIL_INVALID;
    } else if (fail == FAIL_NOT_FOUND) {
        warn_if_lost(data);
        id_random(data->pin_key, SECRET_KEY_SIZE);
        fail = data_file_write(data->directory, PIN_KEY_FILE,
                               slice_make((const char *)data->pin_key, SECRET_KEY_SIZE));
    }
    buf_wipe(&bytes);
    return fail;
}

struct moment_read {
    struct store_job job;
    int64_t wall_ms;
};

static enum fail moment_run(struct store_job *job, struct store_tx *tx)
{
    return store_moment(tx, &LIST_ITEM(job, struct moment_read, job)->wall_ms);
}

/* Whoever sets a clock back by mistake gets expired secrets accepted and new
 * ones dated into the past: it is said, and nothing is refused, because the
 * earlier clock may have been the wrong one. */
static void clock_check(struct store *store)
{
    struct moment_read moment = {.job.run = moment_run};
    int64_t now_ms = clock_wall_ms();
    char last[CLOCK_UTC_SIZE];

    if (store_read_wait(store, &moment.job) != FAIL_NONE ||
        moment.wall_ms - now_ms <= CLOCK_BEHIND_MS) {
        return;
    }
    clock_utc_text(moment.wall_ms, last);
    log_event(LOG_WARNING, "clock.behind", log_text("last_written", last),
              log_number("seconds", (moment.wall_ms - now_ms) / MS_PER_SECOND),
              log_text("do", "check the clock of this machine"));
}

static enum fail store_start(struct data *data, bool threads, char problem[DATA_PROBLEM_SIZE])
{
    struct store_options options = {
        .directory = data->directory, .threads = threads, .readers = READERS, .broken = on_broken};
    char sentence[STORE_PROBLEM_SIZE];
    enum fail fail = pin_key_load(data);

    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "the PIN key %s/%s cannot be used: %s",
                          data->directory, PIN_KEY_FILE, fail_text(fail));
        return fail;
    }
    fail = store_open(&data->store, &options, sentence);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s", sentence);
        return fail;
    }
    clock_check(data->store);
    return FAIL_NONE;
}

enum fail data_open(struct data *data, const struct data_options *options, long *holder,
                    char problem[DATA_PROBLEM_SIZE])
{
    char path[DATA_PATH_SIZE];
    enum fail fail;

    *data = (struct data){0};
    *holder = 0;
    fail = data_directory(options->directory, data->directory);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s",
                          fail == FAIL_LIMIT
                              ? "the name of the data directory is too long"
                              : "there is no home directory to keep the data in; name one with "
                                "--data");
        return fail;
    }
    fail = options->make ? directory_make(data->directory) : FAIL_NONE;
    if (fail == FAIL_NONE) {
        fail = data_path(data->directory, LOCK_FILE, path);
    }
    if (fail == FAIL_NONE) {
        fail = lock_take(&data->lock, path, holder);
    }
    if (fail != FAIL_NONE) {
        return explain_lock(fail, data->directory, *holder, problem);
    }
    fail = options->reset ? remove_ours(data->directory) : FAIL_NONE;
    if (fail != FAIL_NONE) {
        (void)explain_lock(fail, data->directory, 0, problem);
    } else {
        fail = store_start(data, options->threads, problem);
    }
    if (fail != FAIL_NONE) {
        data_close(data);
    }
    return fail;
}

void data_close(struct data *data)
{
    store_close(&data->store);
    lock_release(&data->lock);
    secret_wipe(data->pin_key, sizeof(data->pin_key));
}
