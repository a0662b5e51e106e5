/* First the files, each synced, then their names, then the list, which makes
 * a backup of them. The keys never change once they are made, so they fit any
 * moment of the database. */
#include "server/backup.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/file.h"

enum { DIRECTORY_MODE = 0700 };

static enum fail explain(enum fail fail, const char *what, const char *path,
                         char problem[DATA_PROBLEM_SIZE])
{
    (void)text_format(problem, DATA_PROBLEM_SIZE, "%s %s: %s", path, what,
                      fail == FAIL_CLOSED ? "it was stopped"
                      : fail == FAIL_FULL ? "there is no room left on the disk"
                                          : strerror(errno));
    return fail;
}

/* --- The directory ---------------------------------------------------------- */

static bool is_empty(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    bool empty = directory != NULL;

    while (empty && (entry = readdir(directory)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    return empty;
}

static enum fail refuse_full(const char *path, char problem[DATA_PROBLEM_SIZE])
{
    char manifest[DATA_PATH_SIZE];
    bool is_backup =
        data_path(path, MANIFEST_FILE, manifest) == FAIL_NONE && access(manifest, F_OK) == 0;

    (void)text_format(problem, DATA_PROBLEM_SIZE, "%s %s; name a directory that is new or empty",
                      path, is_backup ? "is a backup already" : "is there and is not empty");
    return FAIL_CONFLICT;
}

/* `*made`: it was not there. */
static enum fail directory_prepare(const char *path, bool *made, char problem[DATA_PROBLEM_SIZE])
{
    struct stat status;
    enum fail fail;
    int error;

    *made = lstat(path, &status) != 0;
    if (*made) {
        fail = directory_make(path);
        if (fail == FAIL_NONE) {
            return fail;
        }
        error = errno;
        (void)rmdir(path); /* it is there when only its name was not safe */
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s cannot be made: %s%s", path,
                          strerror(error),
                          error == EROFS || error == EACCES
                              ? "; a server that runs as a service writes only where its unit "
                                "allows it (ReadWritePaths=)"
                              : "");
        return fail;
    }
    if (!S_ISDIR(status.st_mode)) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s is there and is no directory", path);
        return FAIL_CONFLICT;
    }
    if (access(path, R_OK | W_OK | X_OK) != 0) {
        fail = file_fail(errno);
        return explain(fail, "cannot be written", path, problem);
    }
    if (!is_empty(path)) {
        return refuse_full(path, problem);
    }
    return chmod(path, DIRECTORY_MODE) == 0 ? FAIL_NONE
                                            : explain(FAIL_DENIED, "is not ours", path, problem);
}

/* What a backup that failed has written so far; the list first, which may be there
 * when only its name was not safe. */
static void directory_clear(const char *path, bool made)
{
    char file[DATA_PATH_SIZE];
    size_t i;

    if (data_path(path, MANIFEST_FILE, file) == FAIL_NONE) {
        (void)unlink(file);
    }
    for (i = 0; i < DATA_ENTRIES; i++) {
        if (data_path(path, DATA_ENTRY[i].name, file) == FAIL_NONE) {
            (void)unlink(file);
        }
    }
    if (made) {
        (void)rmdir(path);
    }
}

/* --- The files -------------------------------------------------------------- */

static enum fail entry_copy(const struct data_entry *entry, const char *from, const char *to,
                            struct progress *progress, struct store_facts *facts,
                            char problem[DATA_PROBLEM_SIZE])
{
    char sentence[STORE_PROBLEM_SIZE];
    enum fail fail;

    if (entry->kind == DATA_DATABASE) {
        fail = store_backup(from, to, progress, facts, sentence);
        if (fail != FAIL_NONE) {
            (void)text_format(problem, DATA_PROBLEM_SIZE, "%s", sentence);
        }
        return fail;
    }
    fail = file_copy(from, to, NULL);
    if (fail == FAIL_NOT_FOUND && !entry->required) {
        return FAIL_NONE;
    }
    return fail == FAIL_NONE ? fail : explain(fail, "could not be copied", from, problem);
}

/* How far the copying is was told; this only asks. */
static bool may_go_on(void *context, int64_t done_bytes, int64_t total_bytes)
{
    (void)done_bytes;
    (void)total_bytes;
    return progress_go_on(context, 0, 0);
}

static enum fail entry_note(const struct data_entry *entry, const char *to,
                            struct progress *progress, struct manifest *manifest,
                            char problem[DATA_PROBLEM_SIZE])
{
    struct manifest_file *file = &manifest->files[manifest->file_count];
    struct progress quiet = {.go_on = may_go_on, .context = progress};
    enum fail fail =
        checksum_file(to, progress == NULL ? NULL : &quiet, file->sha256, &file->bytes);

    if (fail == FAIL_NOT_FOUND && !entry->required) {
        return FAIL_NONE;
    }
    if (fail != FAIL_NONE) {
        return explain(fail, "could not be read again", to, problem);
    }
    (void)text_format(file->name, sizeof(file->name), "%s", entry->name);
    manifest->file_count++;
    return FAIL_NONE;
}

static enum fail entries_copy(const char *directory, const char *to, struct progress *progress,
                              struct manifest *manifest, char problem[DATA_PROBLEM_SIZE])
{
    char source[DATA_PATH_SIZE];
    char copy[DATA_PATH_SIZE];
    enum fail fail = FAIL_NONE;
    size_t i;

    for (i = 0; i < DATA_ENTRIES && fail == FAIL_NONE; i++) {
        const struct data_entry *entry = &DATA_ENTRY[i];

        if (!data_is_kept(entry)) {
            continue;
        }
        if (data_path(directory, entry->name, source) != FAIL_NONE ||
            data_path(to, entry->name, copy) != FAIL_NONE) {
            errno = ENAMETOOLONG;
            return explain(FAIL_LIMIT, "cannot be used", to, problem);
        }
        fail = entry_copy(entry, source, copy, progress, &manifest->facts, problem);
        if (fail == FAIL_NONE) {
            fail = entry_note(entry, copy, progress, manifest, problem);
        }
    }
    if (fail == FAIL_NONE) {
        fail = file_sync(to);
        if (fail != FAIL_NONE) {
            (void)explain(fail, "could not be written", to, problem);
        }
    }
    return fail;
}

enum fail backup_make(const char *directory, const char *to, struct progress *progress,
                      struct manifest *out, char problem[DATA_PROBLEM_SIZE])
{
    struct manifest manifest = {.program = "tillwire " TILLWIRE_VERSION};
    bool made = false;
    enum fail fail = directory_prepare(to, &made, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    clock_utc_text(clock_wall_ms(), manifest.made);
    fail = entries_copy(directory, to, progress, &manifest, problem);
    if (fail == FAIL_NONE) {
        fail = manifest_write(to, &manifest, problem);
    }
    if (fail != FAIL_NONE) {
        directory_clear(to, made);
        return fail;
    }
    *out = manifest;
    return FAIL_NONE;
}
