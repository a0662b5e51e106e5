/* What the tests of the store share: a directory of their own, a store in it,
 * and a home for its answers.
 *
 * The verbs are tested on a bare connection, one statement a transaction;
 * jobs, crashes and faults on the whole store. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail (*run)(...)` */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store.h"

enum { FIXTURE_PATH_SIZE = 512, NOW_MS = 1000 };

#define WORKS(call) assert_int_equal((call), FAIL_NONE)

/* An executor whose tasks the test runs when it wants. */
struct home {
    struct executor executor;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list tasks; /* by lock */
};

static inline void home_post(struct executor *executor, struct task *task)
{
    struct home *home = LIST_ITEM(executor, struct home, executor);

    pthread_mutex_lock(&home->lock);
    list_push_back(&home->tasks, &task->link);
    pthread_cond_signal(&home->wake);
    pthread_mutex_unlock(&home->lock);
}

static inline void home_init(struct home *home)
{
    home->executor.post = home_post;
    pthread_mutex_init(&home->lock, NULL);
    pthread_cond_init(&home->wake, NULL);
    list_init(&home->tasks);
}

/* Waits for `count` answers and runs them in the order of their coming. */
static inline void home_run(struct home *home, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        struct task *task;

        pthread_mutex_lock(&home->lock);
        while (list_is_empty(&home->tasks)) {
            pthread_cond_wait(&home->wake, &home->lock);
        }
        task = LIST_ITEM(list_pop_front(&home->tasks), struct task, link);
        pthread_mutex_unlock(&home->lock);
        task->run(task);
    }
}

struct fixture {
    char directory[FIXTURE_PATH_SIZE / 2];
    char path[FIXTURE_PATH_SIZE]; /* of the database */
    struct store *store;
    struct store_tx tx; /* of the tests of verbs */
    struct home home;
    int broken_count;
    enum fail broken_fail;
    char problem[STORE_PROBLEM_SIZE];
};

static inline void on_broken(void *context, enum fail fail)
{
    struct fixture *fixture = context;

    fixture->broken_count++;
    fixture->broken_fail = fail;
}

static inline struct fixture *fixture_make(void)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    const char *parent = getenv("TMPDIR");

    assert_non_null(fixture);
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "%s/store-test-XXXXXX",
                   parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(fixture->directory));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/tillwire.db", fixture->directory);
    home_init(&fixture->home);
    return fixture;
}

static inline enum fail fixture_try(struct fixture *fixture, bool threads)
{
    struct store_options options = {.directory = fixture->directory,
                                    .threads = threads,
                                    .readers = 2,
                                    .broken = on_broken,
                                    .context = fixture};

    return store_open(&fixture->store, &options, fixture->problem);
}

static inline void fixture_open(struct fixture *fixture, bool threads)
{
    WORKS(fixture_try(fixture, threads));
}

static inline void fixture_remove(struct fixture *fixture)
{
    static const char *const names[] = {"tillwire.db", "tillwire.db-wal", "tillwire.db-shm",
                                        "tillwire.db-journal", "tillwire.lock"};
    char path[FIXTURE_PATH_SIZE];
    size_t i;

    store_close(&fixture->store);
    sqlite_close(&fixture->tx, true);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", fixture->directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(fixture->directory);
    free(fixture);
}

/* A look at the file from outside: the first column of the first row. */
static inline int64_t fixture_number(const struct fixture *fixture, const char *sql)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    /* Looking must not tidy up what the test is about. */
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    return number;
}

/* Setup and teardown of the tests of verbs: `*state` is a fixture whose `tx`
 * is open on an up-to-date database. */
static inline int verbs_setup(void **state)
{
    struct fixture *fixture = fixture_make();
    int file = open(fixture->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    (void)close(file);
    WORKS(sqlite_open(&fixture->tx, fixture->path, SQLITE_WRITER));
    WORKS(sqlite_run(&fixture->tx, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF"));
    WORKS(schema_update(&fixture->tx, schema_steps, schema_step_count, fixture->problem));
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_remove(*state);
    return 0;
}

static inline struct store_tx *verbs_of(void **state)
{
    struct fixture *fixture = *state;

    return &fixture->tx;
}

/* --- Short ways to rows ------------------------------------------------ */

/* A hash that nobody else has. */
static inline struct secret_hash hash_of(const char *text)
{
    return secret_hash_of(slice_of(text));
}

static inline int64_t business_add(struct store_tx *tx, const char *name)
{
    int64_t id = 0;

    WORKS(store_business_add(tx, name, "CAD", true, NOW_MS, &id));
    return id;
}

static inline int64_t user_add(struct store_tx *tx, int64_t business, const char *email,
                               const struct secret_hash *pin)
{
    struct store_user_new user = {.business = business,
                                  .name = "Ada",
                                  .email = email,
                                  .password_hash = "$argon2id$",
                                  .pin = pin,
                                  .role = ROLE_CASHIER,
                                  .now_ms = NOW_MS};
    const char *taken = NULL;
    int64_t id = 0;

    WORKS(store_user_add(tx, &user, &id, &taken));
    return id;
}

/* With a code; the credential is the hash of `credential`. */
static inline struct device device_add(struct store_tx *tx, int64_t business, const char *serial,
                                       const char *credential)
{
    struct secret_hash hash = hash_of(credential);
    struct store_registration registration = {.business = business,
                                              .serial = serial,
                                              .with_code = true,
                                              .credential = &hash,
                                              .now_ms = NOW_MS};
    struct device device = {0};

    WORKS(store_device_register(tx, &registration, &device));
    return device;
}

#define VERB_TEST(name) cmocka_unit_test_setup_teardown(name, verbs_setup, fixture_teardown)

#endif
