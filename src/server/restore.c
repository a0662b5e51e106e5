/* Three moments decide which data a start finds:
 *
 *   1. The backup's files are copied to DATA/restore, and compared again. Until
 *      here the data are untouched; a start throws DATA/restore away.
 *   2. The file restore.json appears, in one piece: it names the directory for
 *      the old data and the new files. From now on the new data are the data.
 *      The old files are moved aside, the new ones to their places, and each
 *      directory is synced between the two.
 *   3. restore.json goes.
 *
 * The second moment's work may be begun again at any point (restore_plan.c). */
#include "server/restore.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "server/restore_plan.h"

enum { ASIDE_TRIES = 100 };

__attribute__((format(printf, 3, 4))) static enum fail
say(enum fail fail, char problem[DATA_PROBLEM_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(problem, DATA_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
    return fail;
}

static enum fail say_disk(enum fail fail, const char *directory, char problem[DATA_PROBLEM_SIZE])
{
    return say(fail, problem, "the files in %s could not be written: %s", directory,
               fail == FAIL_FULL ? "there is no room left on the disk" : strerror(errno));
}

enum fail restore_settle(const char *directory, char problem[DATA_PROBLEM_SIZE])
{
    char stage[DATA_PATH_SIZE];
    struct restore_plan plan;
    enum fail fail = restore_plan_read(directory, &plan);

    if (fail == FAIL_NONE) {
        fail = restore_plan_run(directory, &plan);
        if (fail != FAIL_NONE) {
            return say(fail, problem,
                       "a restore that was cut off cannot be ended: %s (%s); the next start tries "
                       "again",
                       fail_text(fail), strerror(errno));
        }
        log_event(LOG_WARNING, "restore.finished", log_text("directory", directory),
                  log_text("aside", plan.aside));
        return FAIL_NONE;
    }
    if (fail != FAIL_NOT_FOUND) {
        return say(fail, problem, "%s/%s, which a restore has left, cannot be read: %s", directory,
                   RESTORE_PLAN_FILE, fail_text(fail));
    }
    if (data_path(directory, RESTORE_STAGE, stage) != FAIL_NONE || !restore_is_there(stage)) {
        return FAIL_NONE;
    }
    fail = restore_stage_remove(directory);
    if (fail != FAIL_NONE) {
        return say(fail, problem, "%s, which a restore has left, cannot be removed: %s", stage,
                   strerror(errno));
    }
    log_event(LOG_WARNING, "restore.undone", log_text("directory", directory));
    return FAIL_NONE;
}

/* --- Restoring ---------------------------------------------------------------- */

struct troubles {
    const struct check_report *report;
    unsigned count;
};

static void count_trouble(void *context, const char *sentence)
{
    struct troubles *troubles = context;

    troubles->count++;
    troubles->report->on_trouble(troubles->report->context, sentence);
}

static enum fail backup_verify(const struct restore_options *options, struct manifest *manifest,
                               char problem[DATA_PROBLEM_SIZE])
{
    struct troubles troubles = {.report = &options->report};
    struct check_report report = {.on_trouble = count_trouble, .context = &troubles};
    enum fail fail = check_backup(options->from, NULL, &report, manifest, problem);

    if (fail == FAIL_NONE && troubles.count > 0) {
        return say(FAIL_INVALID, problem, "the backup %s is damaged; nothing was changed",
                   options->from);
    }
    return fail;
}

/* Whether any file of ours would have to be moved. */
static bool holds_data(const char *directory)
{
    char path[DATA_PATH_SIZE];
    size_t i;

    for (i = 0; i < DATA_ENTRIES; i++) {
        if (DATA_ENTRY[i].kind != DATA_SOCKET &&
            data_path(directory, DATA_ENTRY[i].name, path) == FAIL_NONE && restore_is_there(path)) {
            return true;
        }
    }
    return false;
}

/* A name that nothing has: "before-restore-20260122T180036Z". */
static enum fail aside_name(const char *directory, char out[RESTORE_ASIDE_SIZE])
{
    char now[CLOCK_UTC_SIZE];
    char path[DATA_PATH_SIZE];
    unsigned i;

    clock_utc_text(clock_wall_ms(), now);
    for (i = 0; i < ASIDE_TRIES; i++) {
        bool fits =
            text_format(out, RESTORE_ASIDE_SIZE, "before-restore-%.4s%.2s%.2sT%.2s%.2s%.2sZ", now,
                        now + 5, now + 8, now + 11, now + 14, now + 17);

        if (fits && i > 0) {
            size_t length = strlen(out);

            fits = text_format(out + length, RESTORE_ASIDE_SIZE - length, "-%u", i);
        }
        if (!fits || data_path(directory, out, path) != FAIL_NONE) {
            return FAIL_LIMIT;
        }
        if (!restore_is_there(path)) {
            return FAIL_NONE;
        }
    }
    return FAIL_CONFLICT;
}

/* The copies are compared, so that what was checked is what is used. */
static enum fail file_stage(const struct restore_options *options, const struct manifest_file *file,
                            char problem[DATA_PROBLEM_SIZE])
{
    char from[DATA_PATH_SIZE];
    char to[DATA_PATH_SIZE];
    char sum[CHECKSUM_SIZE];
    int64_t bytes;
    enum fail fail;

    if (data_path(options->from, file->name, from) != FAIL_NONE ||
        !restore_path(options->directory, RESTORE_STAGE, file->name, to)) {
        return say(FAIL_LIMIT, problem, "the name of a directory is too long");
    }
    fail = file_copy(from, to, NULL);
    if (fail == FAIL_NONE) {
        fail = data_give(options->directory, to);
    }
    if (fail == FAIL_NONE) {
        fail = checksum_file(to, NULL, sum, &bytes);
    }
    if (fail != FAIL_NONE) {
        return say_disk(fail, options->directory, problem);
    }
    if (strcmp(sum, file->sha256) != 0) {
        return say(FAIL_INVALID, problem, "%s changed while it was read", from);
    }
    return FAIL_NONE;
}

static enum fail files_stage(const struct restore_options *options, const struct manifest *manifest,
                             struct restore_plan *plan, char problem[DATA_PROBLEM_SIZE])
{
    char stage[DATA_PATH_SIZE];
    enum fail fail = data_path(options->directory, RESTORE_STAGE, stage);
    size_t i;

    if (fail == FAIL_NONE) {
        fail = directory_make(stage);
    }
    if (fail != FAIL_NONE) {
        return say_disk(fail, options->directory, problem);
    }
    for (i = 0; i < manifest->file_count && fail == FAIL_NONE; i++) {
        fail = file_stage(options, &manifest->files[i], problem);
        plan->is_new[data_entry_find(slice_of(manifest->files[i].name)) - DATA_ENTRY] = true;
    }
    if (fail == FAIL_NONE) {
        fail = file_sync(stage);
        if (fail != FAIL_NONE) {
            (void)say_disk(fail, options->directory, problem);
        }
    }
    return fail;
}

/* Back, where that is still possible. */
static enum fail give_up(enum fail fail, const char *directory, char problem[DATA_PROBLEM_SIZE])
{
    size_t length = strlen(problem);

    if (!restore_is_under_way(directory)) {
        if (restore_stage_remove(directory) == FAIL_NONE) {
            return fail;
        }
        (void)text_format(problem + length, DATA_PROBLEM_SIZE - length,
                          "; the data are as they were, and the next start clears up");
        return fail;
    }
    (void)text_format(problem + length, DATA_PROBLEM_SIZE - length,
                      "; the next start of the server ends the restore");
    return fail;
}

/* Everything under the lock. */
static enum fail run_locked(const struct restore_options *options, struct restore_done *done,
                            char problem[DATA_PROBLEM_SIZE])
{
    struct restore_plan plan = {.aside = ""};
    bool had_data;
    enum fail fail = restore_settle(options->directory, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    had_data = holds_data(options->directory);
    if (had_data && !options->force) {
        return say(FAIL_CONFLICT, problem,
                   "there are data in %s; say --force, and they are moved aside, not removed",
                   options->directory);
    }
    fail = aside_name(options->directory, plan.aside);
    if (fail != FAIL_NONE) {
        return say(fail, problem, "there is no name for the old data in %s", options->directory);
    }
    fail = files_stage(options, &done->manifest, &plan, problem);
    if (fail == FAIL_NONE) {
        fail = restore_plan_write(options->directory, &plan);
        if (fail == FAIL_NONE) {
            fail = restore_plan_run(options->directory, &plan);
        }
        if (fail != FAIL_NONE) {
            (void)say_disk(fail, options->directory, problem);
        }
    }
    if (fail != FAIL_NONE) {
        return give_up(fail, options->directory, problem);
    }
    return had_data ? data_path(options->directory, plan.aside, done->aside) : FAIL_NONE;
}

enum fail restore_run(const struct restore_options *options, struct restore_done *done,
                      char problem[DATA_PROBLEM_SIZE])
{
    struct restore_done result = {.aside = ""};
    struct lock *lock = NULL;
    long holder;
    enum fail fail = backup_verify(options, &result.manifest, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = data_lock(options->directory, true, &lock, &holder, problem);
    if (fail == FAIL_BUSY) {
        return say(fail, problem,
                   "a tillwire (process %ld) runs on the data in %s: stop it, then restore", holder,
                   options->directory);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = run_locked(options, &result, problem);
    lock_release(&lock);
    if (fail == FAIL_NONE) {
        *done = result;
    }
    return fail;
}
