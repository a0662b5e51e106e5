/* The data directory, opened and locked: database, keys, demo secrets. */
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
    int64_t moment_ms; /* the latest moment that the database knew of when it was opened; 0: none */
    uint8_t ticket_key[SECRET_KEY_SIZE]; /* for session tickets that survive a restart */
};

/* What is ours in the directory. */
enum data_kind {
    DATA_DATABASE, /* copied through SQLite alone while anybody may have it open */
    DATA_LOG,      /* belongs to the database as long as it is open; never copied */
    DATA_KEY,      /* SECRET_KEY_SIZE bytes */
    DATA_EXTRA,    /* may be missing */
    DATA_SOCKET,   /* of the running server */
};
struct data_entry {
    const char *name;
    enum data_kind kind;
    bool required; /* in a directory that has a database */
};
enum { DATA_ENTRIES = 7, DATA_NAME_SIZE = 32 };
extern const struct data_entry DATA_ENTRY[DATA_ENTRIES];

#define DATA_DATABASE_FILE "tillwire.db"

/* Whether the entry is part of a backup. */
bool data_is_kept(const struct data_entry *entry);
/* NULL when the name is none of ours. */
const struct data_entry *data_entry_find(struct slice name);

struct data_options {
    const char *directory; /* NULL: $XDG_DATA_HOME/tillwire/dev, or the same in ~/.local/share */
    bool make;             /* the directory, where it is missing */
    bool reset;            /* begin again: everything in it that is ours is removed */
    bool threads;          /* of the store */
};

/* FAIL_BUSY: another process holds it (then `holder` is its id, 0 if unknown).
 * A restore that was cut off is ended first, forward or back. On any failure `problem` is a
 * sentence for people. */
MUST_CHECK enum fail data_open(struct data *data, const struct data_options *options, long *holder,
                               char problem[DATA_PROBLEM_SIZE]);
void data_close(struct data *data);

/* Fills in the directory alone, with its whole path. FAIL_NOT_FOUND when there is no
 * home to find it, or no working directory. */
MUST_CHECK enum fail data_directory(const char *given, char out[DATA_PATH_SIZE]);
/* "DIR/NAME". */
MUST_CHECK enum fail data_path(const char *directory, const char *name, char out[DATA_PATH_SIZE]);

/* Takes the directory's lock and opens nothing: for work on the files. Failures as
 * data_open. */
MUST_CHECK enum fail data_lock(const char *directory, bool make, struct lock **lock, long *holder,
                               char problem[DATA_PROBLEM_SIZE]);

/* Root gives the file to the directory's owner, who is to use it; others own what
 * they make. */
MUST_CHECK enum fail data_give(const char *directory, const char *path);

/* Whether it holds a database, or will when a restore that was cut off is ended.
 * Of a directory that this user may not look into it is believed: data_lock says
 * then what is wrong. */
bool data_exists(const char *directory);

/* A small file of the directory: file_replace and file_read by its name. */
MUST_CHECK enum fail data_file_write(const char *directory, const char *name, struct slice bytes);
MUST_CHECK enum fail data_file_read(const char *directory, const char *name, struct buf *out);

#endif
