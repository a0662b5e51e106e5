/* The files by their sizes and checksums, then what is in the database. */
#include "server/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/file.h"
#include "store/check.h"

enum { SENTENCE_SIZE = DATA_PATH_SIZE + 256 };

__attribute__((format(printf, 2, 3))) static void tell(const struct check_report *report,
                                                       const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    report->on_trouble(report->context, sentence);
}

static enum fail check_database(const char *directory, bool at_rest,
                                const struct progress *progress, const struct check_report *report,
                                struct store_facts *facts, char problem[DATA_PROBLEM_SIZE])
{
    char path[DATA_PATH_SIZE];
    char sentence[STORE_PROBLEM_SIZE];
    struct store_check check = {.path = path,
                                .at_rest = at_rest,
                                .progress = progress,
                                .on_trouble = report->on_trouble,
                                .context = report->context};
    enum fail fail = data_path(directory, DATA_DATABASE_FILE, path);

    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "the directory's name is too long");
        return fail;
    }
    fail = store_check(&check, facts, sentence);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s", sentence);
    }
    return fail;
}

/* --- A data directory ------------------------------------------------------- */

static void check_key(const char *directory, const struct data_entry *entry,
                      const struct check_report *report)
{
    char path[DATA_PATH_SIZE];
    struct stat status;

    if (data_path(directory, entry->name, path) != FAIL_NONE) {
        return; /* the database was not found there either */
    }
    if (stat(path, &status) != 0) {
        if (errno != ENOENT) {
            tell(report, "%s cannot be read: %s", path, strerror(errno));
        } else if (entry->required) {
            tell(report,
                 "%s is missing: no PIN can be checked; take it from a backup, or give every user "
                 "a new PIN",
                 path);
        }
        return;
    }
    if (!S_ISREG(status.st_mode) || status.st_size != SECRET_KEY_SIZE) {
        tell(report, "%s is damaged: a key has %d bytes, this one %lld", path, SECRET_KEY_SIZE,
             (long long)status.st_size);
    } else if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        tell(report, "%s can be read or written by other users: chmod 600 it", path);
    }
}

enum fail check_data(const char *directory, const struct progress *progress,
                     const struct check_report *report, struct store_facts *facts,
                     char problem[DATA_PROBLEM_SIZE])
{
    enum fail fail = check_database(directory, false, progress, report, facts, problem);
    size_t i;

    for (i = 0; fail == FAIL_NONE && i < DATA_ENTRIES; i++) {
        if (DATA_ENTRY[i].kind == DATA_KEY) {
            check_key(directory, &DATA_ENTRY[i], report);
        }
    }
    return fail;
}

/* --- A backup --------------------------------------------------------------- */

static enum fail check_file(const char *directory, const struct manifest_file *file,
                            const struct progress *progress, const struct check_report *report,
                            bool *is_same)
{
    char path[DATA_PATH_SIZE];
    char sum[CHECKSUM_SIZE] = "";
    int64_t bytes = 0;
    enum fail fail = data_path(directory, file->name, path);

    *is_same = false;
    if (fail == FAIL_NONE) {
        fail = checksum_file(path, progress, sum, &bytes);
    }
    if (fail == FAIL_CLOSED) {
        return fail;
    }
    if (fail == FAIL_NOT_FOUND) {
        tell(report, "%s is missing", path);
    } else if (fail != FAIL_NONE) {
        tell(report, "%s cannot be read: %s", path, strerror(errno));
    } else if (bytes != file->bytes) {
        tell(report, "%s is not what was written: it has %lld bytes instead of %lld", path,
             (long long)bytes, (long long)file->bytes);
    } else if (strcmp(sum, file->sha256) != 0) {
        tell(report, "%s is not what was written: its SHA-256 is another one", path);
    } else if (data_entry_find(slice_of(file->name))->kind == DATA_KEY &&
               bytes != SECRET_KEY_SIZE) {
        tell(report, "%s is no key: it has %lld bytes", path, (long long)bytes);
    } else {
        *is_same = true;
    }
    return FAIL_NONE;
}

static void check_facts(const struct manifest *manifest, const struct store_facts *facts,
                        const struct check_report *report)
{
    if (facts->schema != manifest->facts.schema ||
        facts->businesses != manifest->facts.businesses ||
        facts->devices != manifest->facts.devices) {
        tell(report, "%s does not fit the database beside it", MANIFEST_FILE);
    }
}

enum fail check_backup(const char *directory, const struct progress *progress,
                       const struct check_report *report, struct manifest *out,
                       char problem[DATA_PROBLEM_SIZE])
{
    struct manifest manifest;
    struct store_facts facts;
    bool database_is_same = false;
    enum fail fail = manifest_read(directory, &manifest, problem);
    size_t i;

    for (i = 0; fail == FAIL_NONE && i < manifest.file_count; i++) {
        bool is_same = false;

        fail = check_file(directory, &manifest.files[i], progress, report, &is_same);
        if (strcmp(manifest.files[i].name, DATA_DATABASE_FILE) == 0) {
            database_is_same = is_same;
        }
        if (fail != FAIL_NONE) {
            (void)text_format(problem, DATA_PROBLEM_SIZE,
                              "the backup could not be checked: it was stopped");
        }
    }
    /* What is not what was written is not worth a look inside. */
    if (fail == FAIL_NONE && database_is_same) {
        fail = check_database(directory, true, progress, report, &facts, problem);
        if (fail == FAIL_NONE) {
            check_facts(&manifest, &facts, report);
        }
    }
    if (fail == FAIL_NONE) {
        *out = manifest;
    }
    return fail;
}
