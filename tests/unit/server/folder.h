/* For the tests of the server's data: a directory of their own. */
#ifndef TESTS_SERVER_FOLDER_H
#define TESTS_SERVER_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail (*run)(...)` */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/data.h"

enum { FOLDER_SIZE = 256, FOLDER_PATH_SIZE = 512 };

struct folder {
    char path[FOLDER_SIZE];
    struct data data;
    long holder;
    char problem[DATA_PROBLEM_SIZE];
};

static inline struct folder *folder_make(void)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    const char *parent = getenv("TMPDIR");

    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof(folder->path), "%s/server-test-XXXXXX",
                   parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(folder->path));
    return folder;
}

static inline void folder_path(const struct folder *folder, const char *name,
                               char out[FOLDER_PATH_SIZE])
{
    assert_true(snprintf(out, FOLDER_PATH_SIZE, "%s/%s", folder->path, name) < FOLDER_PATH_SIZE);
}

static inline bool folder_has(const struct folder *folder, const char *name)
{
    char path[FOLDER_PATH_SIZE];

    folder_path(folder, name, path);
    return access(path, F_OK) == 0;
}

static inline void folder_write(const struct folder *folder, const char *name, const char *text)
{
    char path[FOLDER_PATH_SIZE];
    FILE *file;

    folder_path(folder, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The file's text, zero-terminated. */
static inline void folder_read(const struct folder *folder, const char *name, char *out,
                               size_t size)
{
    char path[FOLDER_PATH_SIZE];
    FILE *file;
    size_t length;

    folder_path(folder, name, path);
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(out, 1, size - 1, file);
    out[length] = '\0';
    assert_int_equal(fclose(file), 0);
}

static inline void folder_unlink(const struct folder *folder, const char *name)
{
    char path[FOLDER_PATH_SIZE];

    folder_path(folder, name, path);
    assert_int_equal(unlink(path), 0);
}

static inline void folder_remove(struct folder *folder)
{
    DIR *directory = opendir(folder->path);
    struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            folder_unlink(folder, entry->d_name);
        }
    }
    (void)closedir(directory);
    assert_int_equal(rmdir(folder->path), 0);
    free(folder);
}

static inline enum fail folder_try(struct folder *folder, bool make, bool reset)
{
    struct data_options options = {.directory = folder->path, .make = make, .reset = reset};

    folder->problem[0] = '\0';
    return data_open(&folder->data, &options, &folder->holder, folder->problem);
}

static inline void folder_open(struct folder *folder)
{
    assert_int_equal(folder_try(folder, true, false), FAIL_NONE);
}

#endif
