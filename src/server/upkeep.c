/* One job at a time, each on a new thread: they are rare and long. What the
 * last one has come to is kept until the next begins. */
#include "server/upkeep.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/backup.h"
#include "server/check.h"

enum { TROUBLES_MAX = 64 * 1024 };

enum upkeep_state {
    UPKEEP_IDLE,    /* nothing was begun yet */
    UPKEEP_RUNNING, /* the thread works; only it writes the result */
    UPKEEP_DONE,    /* the result is filled */
    UPKEEP_FAILED,  /* the problem is filled */
};

static const char *const STATE_NAME[] = {"idle", "running", "done", "failed"};
static const char *const WORK_NAME[] = {"backup", "check"};

struct upkeep {
    struct admin_upkeep port;
    char directory[DATA_PATH_SIZE];
    atomic_bool stopping;
    pthread_t thread;
    bool has_thread;      /* to be joined; of the callers' one thread */
    pthread_mutex_t lock; /* of what follows */
    enum upkeep_state state;
    enum admin_work work;
    char to[DATA_PATH_SIZE];
    int64_t job;
    int64_t done_bytes;
    int64_t total_bytes;
    struct manifest manifest; /* of a check the facts alone */
    unsigned trouble_count;
    struct buf troubles; /* a sentence, a zero byte, and so on */
    char problem[DATA_PROBLEM_SIZE];
};

struct counter upkeep_backups_made;
struct counter upkeep_backups_failed;
struct counter upkeep_troubles_found;

/* --- The work ---------------------------------------------------------------- */

static bool go_on(void *context, int64_t done_bytes, int64_t total_bytes)
{
    struct upkeep *upkeep = context;

    pthread_mutex_lock(&upkeep->lock);
    upkeep->done_bytes = done_bytes;
    upkeep->total_bytes = total_bytes;
    pthread_mutex_unlock(&upkeep->lock);
    return !atomic_load(&upkeep->stopping);
}

static void on_trouble(void *context, const char *sentence)
{
    struct upkeep *upkeep = context;

    log_event(LOG_ERROR, "check.trouble", log_text("what", sentence));
    counter_add(&upkeep_troubles_found, 1);
    pthread_mutex_lock(&upkeep->lock);
    upkeep->trouble_count++;
    buf_append(&upkeep->troubles, sentence, strlen(sentence) + 1);
    pthread_mutex_unlock(&upkeep->lock);
}

static void end(struct upkeep *upkeep, enum fail fail, const struct manifest *manifest,
                const char *problem)
{
    pthread_mutex_lock(&upkeep->lock);
    upkeep->state = fail == FAIL_NONE ? UPKEEP_DONE : UPKEEP_FAILED;
    upkeep->manifest = *manifest;
    (void)text_format(upkeep->problem, sizeof(upkeep->problem), "%s", problem);
    pthread_mutex_unlock(&upkeep->lock);
}

static void backup_run(struct upkeep *upkeep)
{
    struct progress progress = {.go_on = go_on, .context = upkeep};
    char problem[DATA_PROBLEM_SIZE] = "";
    struct manifest manifest = {.file_count = 0};
    int64_t began_ms = clock_monotonic_ms();
    enum fail fail = backup_make(upkeep->directory, upkeep->to, &progress, &manifest, problem);

    if (fail == FAIL_NONE) {
        counter_add(&upkeep_backups_made, 1);
        log_event(LOG_INFO, "backup.made", log_text("directory", upkeep->to),
                  log_number("bytes", manifest_bytes(&manifest)),
                  log_number("ms", clock_monotonic_ms() - began_ms));
    } else {
        counter_add(&upkeep_backups_failed, 1);
        log_event(LOG_ERROR, "backup.failed", log_text("directory", upkeep->to),
                  log_text("why", problem));
    }
    end(upkeep, fail, &manifest, problem);
}

static void check_run(struct upkeep *upkeep)
{
    struct progress progress = {.go_on = go_on, .context = upkeep};
    struct check_report report = {.on_trouble = on_trouble, .context = upkeep};
    char problem[DATA_PROBLEM_SIZE] = "";
    struct manifest manifest = {.file_count = 0};
    int64_t began_ms = clock_monotonic_ms();
    enum fail fail = check_data(upkeep->directory, &progress, &report, &manifest.facts, problem);

    if (fail == FAIL_NONE) {
        log_event(LOG_INFO, "check.done", log_number("troubles", upkeep->trouble_count),
                  log_number("ms", clock_monotonic_ms() - began_ms));
    } else {
        log_event(LOG_ERROR, "check.failed", log_text("why", problem));
    }
    end(upkeep, fail, &manifest, problem);
}

static void *upkeep_run(void *argument)
{
    struct upkeep *upkeep = argument;

    (void)pthread_setname_np(pthread_self(), "upkeep");
    if (upkeep->work == ADMIN_BACKUP) {
        backup_run(upkeep);
    } else {
        check_run(upkeep);
    }
    return NULL;
}

/* --- The port ----------------------------------------------------------------- */

static void forget_last(struct upkeep *upkeep)
{
    if (upkeep->has_thread) {
        pthread_join(upkeep->thread, NULL); /* it is at its end */
        upkeep->has_thread = false;
    }
    upkeep->job++;
    upkeep->done_bytes = 0;
    upkeep->total_bytes = 0;
    upkeep->trouble_count = 0;
    buf_clear(&upkeep->troubles);
    upkeep->problem[0] = '\0';
    upkeep->manifest = (struct manifest){.file_count = 0};
}

static bool is_running(struct upkeep *upkeep)
{
    bool running;

    pthread_mutex_lock(&upkeep->lock);
    running = upkeep->state == UPKEEP_RUNNING;
    pthread_mutex_unlock(&upkeep->lock);
    return running;
}

static bool start(void *context, enum admin_work work, const char *to, int64_t *job,
                  char problem[ADMIN_PROBLEM_SIZE])
{
    struct upkeep *upkeep = context;

    if (is_running(upkeep)) {
        (void)text_format(problem, ADMIN_PROBLEM_SIZE,
                          "a %s is under way; try again when it is done", WORK_NAME[upkeep->work]);
        return false;
    }
    forget_last(upkeep); /* no thread runs: nobody else looks at it */
    upkeep->work = work;
    if (!text_format(upkeep->to, sizeof(upkeep->to), "%s", to)) {
        (void)text_format(problem, ADMIN_PROBLEM_SIZE, "the name of the directory is too long");
        return false;
    }
    upkeep->state = UPKEEP_RUNNING;
    if (pthread_create(&upkeep->thread, NULL, upkeep_run, upkeep) != 0) {
        upkeep->state = UPKEEP_IDLE;
        (void)text_format(problem, ADMIN_PROBLEM_SIZE, "no thread could be started for it");
        return false;
    }
    upkeep->has_thread = true;
    *job = upkeep->job;
    return true;
}

static void show_result(const struct upkeep *upkeep, const struct admin_sink *sink)
{
    const struct manifest *manifest = &upkeep->manifest;

    if (upkeep->work == ADMIN_BACKUP) {
        sink->text(sink->context, "directory", upkeep->to);
        sink->text(sink->context, "program", manifest->program);
        sink->text(sink->context, "made", manifest->made);
        sink->number(sink->context, "files", (int64_t)manifest->file_count);
        sink->number(sink->context, "bytes", manifest_bytes(manifest));
    } else {
        sink->number(sink->context, "troubles", upkeep->trouble_count);
    }
    sink->number(sink->context, "schema", manifest->facts.schema);
    sink->number(sink->context, "businesses", manifest->facts.businesses);
    sink->number(sink->context, "devices", manifest->facts.devices);
}

static void show(void *context, const struct admin_sink *sink)
{
    struct upkeep *upkeep = context;

    pthread_mutex_lock(&upkeep->lock);
    sink->open_row(sink->context);
    sink->number(sink->context, "job", upkeep->job);
    sink->text(sink->context, "state", STATE_NAME[upkeep->state]);
    if (upkeep->state != UPKEEP_IDLE) {
        sink->text(sink->context, "work", WORK_NAME[upkeep->work]);
        sink->number(sink->context, "doneBytes", upkeep->done_bytes);
        sink->number(sink->context, "totalBytes", upkeep->total_bytes);
    }
    if (upkeep->state == UPKEEP_DONE) {
        show_result(upkeep, sink);
    } else if (upkeep->state == UPKEEP_FAILED) {
        sink->text(sink->context, "problem", upkeep->problem);
    }
    sink->close_row(sink->context);
    pthread_mutex_unlock(&upkeep->lock);
}

static void list_troubles(void *context, const struct admin_sink *sink)
{
    struct upkeep *upkeep = context;
    size_t at = 0;

    pthread_mutex_lock(&upkeep->lock);
    sink->open_list(sink->context, NULL);
    while (at < upkeep->troubles.length) {
        const char *sentence = upkeep->troubles.bytes + at;

        sink->open_row(sink->context);
        sink->text(sink->context, "trouble", sentence);
        sink->close_row(sink->context);
        at += strlen(sentence) + 1;
    }
    sink->close_list(sink->context);
    pthread_mutex_unlock(&upkeep->lock);
}

/* --- Its life ------------------------------------------------------------------ */

enum fail upkeep_create(struct upkeep **out, const char *directory)
{
    struct upkeep *upkeep = calloc(1, sizeof(*upkeep));

    if (upkeep == NULL) {
        return FAIL_MEMORY;
    }
    if (!text_format(upkeep->directory, sizeof(upkeep->directory), "%s", directory)) {
        free(upkeep);
        return FAIL_LIMIT;
    }
    upkeep->port = (struct admin_upkeep){
        .start = start, .show = show, .list_troubles = list_troubles, .context = upkeep};
    buf_init(&upkeep->troubles, TROUBLES_MAX);
    pthread_mutex_init(&upkeep->lock, NULL);
    *out = upkeep;
    return FAIL_NONE;
}

void upkeep_stop(struct upkeep *upkeep)
{
    atomic_store(&upkeep->stopping, true);
}

void upkeep_destroy(struct upkeep **upkeep_at)
{
    struct upkeep *upkeep = *upkeep_at;

    if (upkeep == NULL) {
        return;
    }
    *upkeep_at = NULL;
    upkeep_stop(upkeep);
    if (upkeep->has_thread) {
        pthread_join(upkeep->thread, NULL);
    }
    buf_finish(&upkeep->troubles);
    pthread_mutex_destroy(&upkeep->lock);
    free(upkeep);
}

const struct admin_upkeep *upkeep_port(const struct upkeep *upkeep)
{
    return &upkeep->port;
}
