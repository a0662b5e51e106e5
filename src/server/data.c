/* Opening the data directory. Whoever holds its lock owns what is in it. */
#include "server/data.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/home.h"
#include "base/id.h"
#include "base/log.h"
#include "server/restore.h"

enum { EXIT_BROKEN = 74, READERS = 2, MS_PER_SECOND = 1000, CLOCK_BEHIND_MS = 5 * 60 * 1000 };

static const char LOCK_FILE[] = "tillwire.lock";
static const char PIN_KEY_FILE[] = "pin.key";
static const char TICKET_KEY_FILE[] = "tickets.key";

const struct data_entry DATA_ENTRY[DATA_ENTRIES] = {
    {DATA_DATABASE_FILE, DATA_DATABASE, true},
    {DATA_DATABASE_FILE "-wal", DATA_LOG, false},
    {DATA_DATABASE_FILE "-shm", DATA_LOG, false},
    {PIN_KEY_FILE, DATA_KEY, true},
    {TICKET_KEY_FILE, DATA_KEY, false}, /* a lost one costs each peer one whole handshake */
    {"dev.json", DATA_EXTRA, false},
    {"admin.sock", DATA_SOCKET, false},
};

bool data_is_kept(const struct data_entry *entry)
{
    return entry->kind == DATA_DATABASE || entry->kind == DATA_KEY || entry->kind == DATA_EXTRA;
}

const struct data_entry *data_entry_find(struct slice name)
{
    size_t i;

    for (i = 0; i < DATA_ENTRIES; i++) {
        if (slice_is(name, DATA_ENTRY[i].name)) {
            return &DATA_ENTRY[i];
        }
    }
    return NULL;
}

enum fail data_path(const char *directory, const char *name, char out[DATA_PATH_SIZE])
{
    return text_format(out, DATA_PATH_SIZE, "%s/%s", directory, name) ? FAIL_NONE : FAIL_LIMIT;
}

enum fail data_directory(const char *given, char out[DATA_PATH_SIZE])
{
    char here[DATA_PATH_SIZE];

    if (given == NULL) {
        return home_data_path("dev", out);
    }
    if (given[0] == '/') {
        return text_format(out, DATA_PATH_SIZE, "%s", given) ? FAIL_NONE : FAIL_LIMIT;
    }
    if (getcwd(here, sizeof(here)) == NULL) {
        return errno == ERANGE ? FAIL_LIMIT : file_fail(errno);
    }
    return text_format(out, DATA_PATH_SIZE, "%s/%s", here, given) ? FAIL_NONE : FAIL_LIMIT;
}

bool data_exists(const char *directory)
{
    char path[DATA_PATH_SIZE];

    return (data_path(directory, DATA_DATABASE_FILE, path) == FAIL_NONE &&
            (access(path, F_OK) == 0 || errno == EACCES)) ||
           restore_is_under_way(directory);
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
    } else if (fail == FAIL_DENIED) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "this user (number %u) may not write in the data directory %s; do it as "
                          "the user whom it belongs to, or choose another with --data",
                          (unsigned)geteuid(), directory);
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

    for (i = 0; i < DATA_ENTRIES; i++) {
        if (data_path(directory, DATA_ENTRY[i].name, path) != FAIL_NONE) {
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

/* A key is made once. `*is_new` tells that it was made now. */
static enum fail key_load(const char *directory, const char *name, uint8_t key[SECRET_KEY_SIZE],
                          bool *is_new)
{
    struct buf bytes;
    enum fail fail;

    buf_init(&bytes, SECRET_KEY_SIZE);
    fail = data_file_read(directory, name, &bytes);
    *is_new = fail == FAIL_NOT_FOUND;
    if (fail == FAIL_NONE && bytes.length == SECRET_KEY_SIZE) {
        memcpy(key, bytes.bytes, SECRET_KEY_SIZE);
    } else if (fail == FAIL_NONE) {
        fail = FAIL_INVALID;
    } else if (fail == FAIL_NOT_FOUND) {
        id_random(key, SECRET_KEY_SIZE);
        fail = data_file_write(directory, name, slice_make((const char *)key, SECRET_KEY_SIZE));
    }
    buf_wipe(&bytes);
    return fail;
}

/* The keys stand outside the database, so that a copy of the database alone
 * does not tell the PINs. */
static enum fail keys_load(struct data *data, char problem[DATA_PROBLEM_SIZE])
{
    const char *name = PIN_KEY_FILE;
    bool is_new = false;
    enum fail fail = key_load(data->directory, name, data->pin_key, &is_new);

    if (fail == FAIL_NONE && is_new) {
        warn_if_lost(data);
    }
    if (fail == FAIL_NONE) {
        name = TICKET_KEY_FILE;
        fail = key_load(data->directory, name, data->ticket_key, &is_new);
    }
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "the key %s/%s cannot be used: %s",
                          data->directory, name, fail_text(fail));
    }
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
static void clock_check(struct data *data)
{
    struct moment_read moment = {.job.run = moment_run};
    int64_t now_ms = clock_wall_ms();
    char last[CLOCK_UTC_SIZE];

    if (store_read_wait(data->store, &moment.job) != FAIL_NONE) {
        return;
    }
    data->moment_ms = moment.wall_ms;
    if (moment.wall_ms - now_ms <= CLOCK_BEHIND_MS) {
        return;
    }
    clock_utc_text(moment.wall_ms, last);
    log_event(LOG_WARNING, "clock.behind", log_text("last_written", last),
              log_number("seconds", (moment.wall_ms - now_ms) / MS_PER_SECOND),
              log_text("do", "check the clock of this machine"));
}

/* What root made on the way: the first business may be added before the server's
 * first start, by another user than the server's. */
static enum fail give_all(const char *directory, char problem[DATA_PROBLEM_SIZE])
{
    enum fail fail = FAIL_NONE;
    char path[DATA_PATH_SIZE];
    size_t i;

    for (i = 0; i < DATA_ENTRIES && fail == FAIL_NONE; i++) {
        fail = data_path(directory, DATA_ENTRY[i].name, path);
        if (fail == FAIL_NONE) {
            fail = data_give(directory, path);
        }
        if (fail == FAIL_NOT_FOUND) {
            fail = FAIL_NONE;
        }
    }
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "%s cannot be given to the user whom its directory belongs to: %s", path,
                          fail_text(fail));
    }
    return fail;
}

static enum fail store_start(struct data *data, bool threads, char problem[DATA_PROBLEM_SIZE])
{
    struct store_options options = {
        .directory = data->directory, .threads = threads, .readers = READERS, .broken = on_broken};
    char sentence[STORE_PROBLEM_SIZE];
    enum fail fail = keys_load(data, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = store_open(&data->store, &options, sentence);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s", sentence);
        return fail;
    }
    clock_check(data);
    return give_all(data->directory, problem);
}

enum fail data_give(const char *directory, const char *path)
{
    struct stat owner;

    if (geteuid() != 0) {
        return FAIL_NONE;
    }
    if (stat(directory, &owner) != 0 || lchown(path, owner.st_uid, owner.st_gid) != 0) {
        return file_fail(errno);
    }
    return FAIL_NONE;
}

enum fail data_lock(const char *directory, bool make, struct lock **lock, long *holder,
                    char problem[DATA_PROBLEM_SIZE])
{
    char path[DATA_PATH_SIZE];
    enum fail fail = make ? directory_make(directory) : FAIL_NONE;

    *holder = 0;
    if (fail == FAIL_NONE) {
        fail = data_path(directory, LOCK_FILE, path);
    }
    if (fail == FAIL_NONE) {
        fail = lock_take(lock, path, holder);
    }
    if (fail == FAIL_NONE) {
        fail = data_give(directory, path);
        if (fail != FAIL_NONE) {
            lock_release(lock);
        }
    }
    return fail == FAIL_NONE ? fail : explain_lock(fail, directory, *holder, problem);
}

enum fail data_open(struct data *data, const struct data_options *options, long *holder,
                    char problem[DATA_PROBLEM_SIZE])
{
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
    fail = data_lock(data->directory, options->make, &data->lock, holder, problem);
    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = restore_settle(data->directory, problem);
    if (fail == FAIL_NONE && options->reset) {
        fail = remove_ours(data->directory);
        if (fail != FAIL_NONE) {
            (void)explain_lock(fail, data->directory, 0, problem);
        }
    }
    if (fail == FAIL_NONE) {
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
    secret_wipe(data->ticket_key, sizeof(data->ticket_key));
}
