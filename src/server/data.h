/* The data directory, opened and locked: database, PIN key, demo secrets. */
#ifndef SERVER_DATA_H
#define SERVER_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/secret.h"
#include "store/store.h"

enum { DATA_PATH_SIZE = FILE_PATH_SIZE, DATA_PROBLEM_SIZE = 1024 };

struct data {
    char directory[DATA_PATH_SIZE];
    struct lock *lock;
    struct store *store;
    uint8_t pin_key[SECRET_KEY_SIZE];
};

struct data_options {
    const char *directory; /* NULL: $XDG_DATA_HOME/tillwire/dev, or the same in ~/.local/share */
    bool make;             /* the directory, where it is missing */
    bool reset;            /* begin again: everything in it that is ours is removed */
    bool threads;          /* of the store */
};

/* FAIL_BUSY: another process holds it (then `holder` is its id, 0 if unknown).
 * On any failure `problem` is a sentence for people. */
MUST_CHECK enum fail data_open(struct data *data, const struct data_options *options, long *holder,
                               char problem[DATA_PROBLEM_SIZE]);
void data_close(struct data *data);

/* Fills in the directory alone. FAIL_NOT_FOUND when there is no home to find it. */
MUST_CHECK enum fail data_directory(const char *given, char out[DATA_PATH_SIZE]);
/* "DIR/NAME". */
MUST_CHECK enum fail data_path(const char *directory, const char *name, char out[DATA_PATH_SIZE]);

/* Whether it holds a database. */
bool data_exists(const char *directory);

/* A small file of the directory: file_replace and file_read by its name. */
MUST_CHECK enum fail data_file_write(const char *directory, const char *name, struct slice bytes);
MUST_CHECK enum fail data_file_read(const char *directory, const char *name, struct buf *out);

#endif
