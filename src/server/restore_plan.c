/* Moving may be begun again at any point: what still stands in DATA/restore has
 * not been moved, so the file of that name in DATA is an old one; and a name
 * that the new data do not have can only be an old one. */
#include "server/restore_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "server/restore.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { PLAN_MAX = 8 * 1024 };

bool restore_path(const char *directory, const char *folder, const char *name,
                  char out[DATA_PATH_SIZE])
{
    return text_format(out, DATA_PATH_SIZE, "%s/%s/%s", directory, folder, name);
}

bool restore_is_there(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

/* --- The plan ---------------------------------------------------------------- */

enum fail restore_plan_write(const char *directory, const struct restore_plan *plan)
{
    char path[DATA_PATH_SIZE];
    struct buf text;
    enum fail fail;
    size_t i;

    buf_init(&text, PLAN_MAX);
    json_open_object(&text, NULL);
    json_add_text(&text, "aside", plan->aside);
    json_open_array(&text, "files");
    for (i = 0; i < DATA_ENTRIES; i++) {
        if (plan->is_new[i]) {
            json_add_text(&text, NULL, DATA_ENTRY[i].name);
        }
    }
    json_close_array(&text);
    json_close_object(&text);
    buf_byte(&text, '\n');
    fail = buf_fail(&text);
    if (fail == FAIL_NONE) {
        fail = data_file_write(directory, RESTORE_PLAN_FILE, buf_view(&text));
    }
    if (fail == FAIL_NONE && data_path(directory, RESTORE_PLAN_FILE, path) == FAIL_NONE) {
        fail = data_give(directory, path);
    }
    buf_finish(&text);
    return fail;
}

static bool plan_take(const struct json_document *document, struct restore_plan *out)
{
    const struct json_value *aside = json_member(document, json_root(document), "aside");
    const struct json_value *files = json_member(document, json_root(document), "files");
    const struct json_value *each;

    if (aside == NULL || aside->type != JSON_STRING || files == NULL || files->type != JSON_ARRAY ||
        memchr(aside->text.bytes, '/', aside->text.length) != NULL ||
        !slice_starts_with(aside->text, "before-restore-") ||
        slice_copy(aside->text, out->aside, sizeof(out->aside)) != FAIL_NONE) {
        return false;
    }
    for (each = json_first(document, files); each != NULL; each = json_next(document, each)) {
        const struct data_entry *entry = data_entry_find(each->text);

        if (entry == NULL || !data_is_kept(entry)) {
            return false;
        }
        out->is_new[entry - DATA_ENTRY] = true;
    }
    return true;
}

enum fail restore_plan_read(const char *directory, struct restore_plan *out)
{
    struct json_document document;
    struct restore_plan plan = {.aside = ""};
    struct buf text;
    enum fail fail;

    buf_init(&text, PLAN_MAX);
    json_document_init(&document);
    fail = data_file_read(directory, RESTORE_PLAN_FILE, &text);
    if (fail == FAIL_NONE &&
        (json_read(&document, buf_view(&text)) != FAIL_NONE || !plan_take(&document, &plan))) {
        fail = FAIL_INVALID;
    }
    json_document_finish(&document);
    buf_finish(&text);
    if (fail == FAIL_NONE) {
        *out = plan;
    }
    return fail;
}

bool restore_is_under_way(const char *directory)
{
    char path[DATA_PATH_SIZE];

    return data_path(directory, RESTORE_PLAN_FILE, path) == FAIL_NONE && restore_is_there(path);
}

/* --- Moving ------------------------------------------------------------------- */

/* Whether the entry of that name in the data directory belongs to the old data. */
static bool is_old(const char *directory, const struct restore_plan *plan, size_t entry)
{
    char staged[DATA_PATH_SIZE];

    if (DATA_ENTRY[entry].kind == DATA_SOCKET) {
        return false; /* a start makes its own */
    }
    return !plan->is_new[entry] ||
           (restore_path(directory, RESTORE_STAGE, DATA_ENTRY[entry].name, staged) &&
            restore_is_there(staged));
}

static enum fail move(const char *from, const char *to)
{
    return restore_is_there(from) ? file_rename(from, to) : FAIL_NONE;
}

static enum fail move_old_aside(const char *directory, const struct restore_plan *plan)
{
    char from[DATA_PATH_SIZE];
    char to[DATA_PATH_SIZE];
    enum fail fail = FAIL_NONE;
    size_t i;

    if (data_path(directory, plan->aside, to) != FAIL_NONE) {
        return FAIL_LIMIT;
    }
    fail = directory_make(to);
    if (fail == FAIL_NONE) {
        fail = data_give(directory, to);
    }
    for (i = 0; i < DATA_ENTRIES && fail == FAIL_NONE; i++) {
        if (data_path(directory, DATA_ENTRY[i].name, from) != FAIL_NONE ||
            !restore_path(directory, plan->aside, DATA_ENTRY[i].name, to)) {
            return FAIL_LIMIT;
        }
        if (is_old(directory, plan, i)) {
            fail = move(from, to);
        }
    }
    if (fail == FAIL_NONE && data_path(directory, plan->aside, to) == FAIL_NONE) {
        fail = file_sync(to);
    }
    return fail == FAIL_NONE ? file_sync(directory) : fail;
}

static enum fail move_new_in(const char *directory, const struct restore_plan *plan)
{
    char from[DATA_PATH_SIZE];
    char to[DATA_PATH_SIZE];
    enum fail fail = FAIL_NONE;
    size_t i;

    for (i = 0; i < DATA_ENTRIES && fail == FAIL_NONE; i++) {
        if (!restore_path(directory, RESTORE_STAGE, DATA_ENTRY[i].name, from) ||
            data_path(directory, DATA_ENTRY[i].name, to) != FAIL_NONE) {
            return FAIL_LIMIT;
        }
        if (plan->is_new[i]) {
            fail = move(from, to);
        }
    }
    return fail == FAIL_NONE ? file_sync(directory) : fail;
}

enum fail restore_stage_remove(const char *directory)
{
    char path[DATA_PATH_SIZE];
    size_t i;

    for (i = 0; i < DATA_ENTRIES; i++) {
        if (restore_path(directory, RESTORE_STAGE, DATA_ENTRY[i].name, path)) {
            (void)unlink(path); /* what is not there need not go */
        }
    }
    if (data_path(directory, RESTORE_STAGE, path) != FAIL_NONE) {
        return FAIL_LIMIT;
    }
    return rmdir(path) == 0 || errno == ENOENT ? FAIL_NONE : file_fail(errno);
}

/* An old data directory that held nothing leaves no empty one aside. */
static void aside_remove_empty(const char *directory, const struct restore_plan *plan)
{
    char path[DATA_PATH_SIZE];

    if (data_path(directory, plan->aside, path) == FAIL_NONE) {
        (void)rmdir(path); /* refused when there is anything in it */
    }
}

enum fail restore_plan_run(const char *directory, const struct restore_plan *plan)
{
    char path[DATA_PATH_SIZE];
    enum fail fail = move_old_aside(directory, plan);

    if (fail == FAIL_NONE) {
        fail = move_new_in(directory, plan);
    }
    if (fail == FAIL_NONE) {
        fail = restore_stage_remove(directory);
    }
    if (fail != FAIL_NONE || data_path(directory, RESTORE_PLAN_FILE, path) != FAIL_NONE) {
        return fail;
    }
    aside_remove_empty(directory, plan);
    if (unlink(path) != 0) {
        return file_fail(errno);
    }
    return file_sync(directory);
}
