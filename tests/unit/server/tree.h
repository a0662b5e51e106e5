/* For the tests of backups: data with something in them, and directories that
 * hold directories. */
#ifndef TESTS_SERVER_TREE_H
#define TESTS_SERVER_TREE_H

#include "unit/server/folder.h"

#include <ftw.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "server/backup.h"
#include "server/check.h"
#include "server/restore.h"
#include "store/store.h"

enum { TREE_PATH_SIZE = 512, TREE_TROUBLES_SIZE = 4096 };

/* A folder for all of one test. */
struct tree {
    char path[TREE_PATH_SIZE / 2];
    char data[TREE_PATH_SIZE];
    char backup[TREE_PATH_SIZE];
    char troubles[TREE_TROUBLES_SIZE];
    char problem[DATA_PROBLEM_SIZE];
    struct manifest manifest;
    struct restore_done done;
};

static inline struct tree *tree_make(void)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    const char *parent = getenv("TMPDIR");

    assert_non_null(tree);
    (void)snprintf(tree->path, sizeof(tree->path), "%s/tree-test-XXXXXX",
                   parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(tree->path));
    (void)snprintf(tree->data, sizeof(tree->data), "%s/data", tree->path);
    (void)snprintf(tree->backup, sizeof(tree->backup), "%s/backup", tree->path);
    return tree;
}

static inline int tree_unlink(const char *path, const struct stat *status, int kind,
                              struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void tree_remove_below(const char *path)
{
    (void)nftw(path, tree_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void tree_remove(struct tree *tree)
{
    tree_remove_below(tree->path);
    free(tree);
}

static inline bool tree_has(const char *directory, const char *name)
{
    char path[DATA_PATH_SIZE + TREE_PATH_SIZE];

    assert_true(text_format(path, sizeof(path), "%s/%s", directory, name));
    return access(path, F_OK) == 0;
}

static inline void tree_write(const char *directory, const char *name, const char *text)
{
    char path[DATA_PATH_SIZE + TREE_PATH_SIZE];
    FILE *file;

    assert_true(text_format(path, sizeof(path), "%s/%s", directory, name));
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

struct tree_add {
    struct store_job job;
    const char *name;
};

static inline enum fail tree_add_run(struct store_job *job, struct store_tx *tx)
{
    int64_t id;

    return store_business_add(tx, LIST_ITEM(job, struct tree_add, job)->name, "CAD", true, 0, &id);
}

/* Adds `count` businesses of this name to data, made where they are missing. */
static inline void tree_fill(const char *data, const char *name, int count)
{
    struct data_options options = {.directory = data, .make = true};
    struct tree_add add = {.job.run = tree_add_run, .name = name};
    char problem[DATA_PROBLEM_SIZE] = "";
    struct data open;
    long holder;

    assert_int_equal(data_open(&open, &options, &holder, problem), FAIL_NONE);
    for (; count > 0; count--) {
        assert_int_equal(store_write_wait(open.store, &add.job), FAIL_NONE);
    }
    data_close(&open);
}

static inline enum fail tree_backup(struct tree *tree)
{
    return backup_make(tree->data, tree->backup, NULL, &tree->manifest, tree->problem);
}

static inline void tree_trouble(void *context, const char *sentence)
{
    struct tree *tree = context;
    size_t length = strlen(tree->troubles);

    (void)snprintf(tree->troubles + length, sizeof(tree->troubles) - length, "%s\n", sentence);
}

static inline struct check_report tree_report(struct tree *tree)
{
    tree->troubles[0] = '\0';
    return (struct check_report){.on_trouble = tree_trouble, .context = tree};
}

static inline enum fail tree_check_backup(struct tree *tree)
{
    struct check_report report = tree_report(tree);

    return check_backup(tree->backup, NULL, &report, &tree->manifest, tree->problem);
}

static inline enum fail tree_restore(struct tree *tree, bool force)
{
    struct restore_options options = {
        .directory = tree->data, .from = tree->backup, .force = force, .report = tree_report(tree)};

    return restore_run(&options, &tree->done, tree->problem);
}

#endif
