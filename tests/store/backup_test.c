/* A copy of the database while it is written: one moment, whole, and the
 * writer does not wait. */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/fault_vfs.h"
#include "store/writing.h"

enum { COPY_PATH_SIZE = FIXTURE_PATH_SIZE + 16, ROWS = 3000, TROUBLE_SIZE = 4096 };

struct copy {
    char path[COPY_PATH_SIZE];
    struct store_facts facts;
    char problem[STORE_PROBLEM_SIZE];
};

static struct copy copy_of(const struct fixture *fixture)
{
    struct copy copy = {.problem = ""};

    (void)snprintf(copy.path, sizeof(copy.path), "%s/copy.db", fixture->directory);
    return copy;
}

static enum fail copy_make(const struct fixture *fixture, struct copy *copy,
                           const struct progress *progress)
{
    return store_backup(fixture->path, copy->path, progress, &copy->facts, copy->problem);
}

static void copy_remove(const struct copy *copy)
{
    assert_int_equal(unlink(copy->path), 0);
}

/* A look into the copy, which leaves nothing beside it. */
static int64_t copy_number(const struct copy *copy, const char *sql)
{
    char uri[COPY_PATH_SIZE + 32];
    sqlite3 *handle;
    sqlite3_stmt *statement;
    int64_t number;

    (void)snprintf(uri, sizeof(uri), "file:%s?immutable=1", copy->path);
    assert_int_equal(sqlite3_open_v2(uri, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    return number;
}

static void on_trouble(void *context, const char *sentence)
{
    char *troubles = context;
    size_t length = strlen(troubles);

    (void)snprintf(troubles + length, TROUBLE_SIZE - length, "%s\n", sentence);
}

static void assert_whole(const struct copy *copy)
{
    char troubles[TROUBLE_SIZE] = "";
    struct store_check check = {
        .path = copy->path, .at_rest = true, .on_trouble = on_trouble, .context = troubles};
    struct store_facts facts;
    char problem[STORE_PROBLEM_SIZE];

    WORKS(store_check(&check, &facts, problem));
    assert_string_equal(troubles, "");
    assert_memory_equal(&facts, &copy->facts, sizeof(facts));
}

struct add_many {
    struct store_job job;
    int count;
};

static enum fail add_many_run(struct store_job *job, struct store_tx *tx)
{
    int i;

    for (i = 0; i < LIST_ITEM(job, struct add_many, job)->count; i++) {
        (void)business_add(tx, "A business whose name takes some room in the database");
    }
    return FAIL_NONE;
}

static void add_many(struct fixture *fixture, int count)
{
    struct add_many many = {.job.run = add_many_run, .count = count};

    WORKS(store_write_wait(fixture->store, &many.job));
}

/* --- What a copy is --------------------------------------------------------- */

static void a_copy_holds_what_was_committed_and_nothing_stands_beside_it(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);
    char beside[COPY_PATH_SIZE + 16];
    struct stat status;

    (void)state;
    fixture_open(fixture, true);
    add_many(fixture, 7); /* stands in the log alone */
    WORKS(copy_make(fixture, &copy, NULL));
    assert_int_equal(copy.facts.businesses, 7);
    assert_int_equal(copy.facts.devices, 0);
    assert_int_equal(copy.facts.schema, schema_step_count);
    assert_int_equal(copy_number(&copy, "SELECT count(*) FROM business"), 7);
    assert_whole(&copy);
    assert_int_equal(stat(copy.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    (void)snprintf(beside, sizeof(beside), "%s-wal", copy.path);
    assert_int_equal(access(beside, F_OK), -1);
    (void)snprintf(beside, sizeof(beside), "%s-shm", copy.path);
    assert_int_equal(access(beside, F_OK), -1);
    copy_remove(&copy);
    fixture_remove(fixture);
}

static void a_store_without_threads_and_one_that_is_closed_are_copied_alike(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);

    (void)state;
    fixture_open(fixture, false);
    add_many(fixture, 2);
    WORKS(copy_make(fixture, &copy, NULL));
    copy_remove(&copy);
    store_close(&fixture->store);
    WORKS(copy_make(fixture, &copy, NULL));
    assert_int_equal(copy.facts.businesses, 2);
    copy_remove(&copy);
    fixture_remove(fixture);
}

/* --- Beside a writer -------------------------------------------------------- */

struct meanwhile {
    struct fixture *fixture;
    int asked;
    int stop_at; /* 0: never */
    int64_t done;
    int64_t total;
};

/* The writer writes between the steps: every commit is answered while the copy
 * is under way. */
static bool write_meanwhile(void *context, int64_t done, int64_t total)
{
    struct meanwhile *meanwhile = context;

    assert_true(done >= meanwhile->done);
    meanwhile->done = done;
    meanwhile->total = total;
    meanwhile->asked++;
    add_many(meanwhile->fixture, 1);
    return meanwhile->asked != meanwhile->stop_at;
}

static void a_copy_is_one_moment_however_much_is_written_meanwhile(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);
    struct meanwhile meanwhile = {.fixture = fixture};
    struct progress progress = {.go_on = write_meanwhile, .context = &meanwhile};

    (void)state;
    fixture_open(fixture, true);
    add_many(fixture, 40000); /* several steps */
    WORKS(copy_make(fixture, &copy, &progress));
    assert_true(meanwhile.asked > 2);
    assert_int_equal(meanwhile.done, meanwhile.total);
    assert_int_equal(copy.facts.businesses, 40000);
    assert_int_equal(copy_number(&copy, "SELECT count(*) FROM business"), 40000);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM business"),
                     40000 + meanwhile.asked);
    assert_whole(&copy);
    copy_remove(&copy);
    fixture_remove(fixture);
}

static void a_copy_that_is_stopped_leaves_no_file(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);
    struct meanwhile meanwhile = {.fixture = fixture, .stop_at = 1};
    struct progress progress = {.go_on = write_meanwhile, .context = &meanwhile};

    (void)state;
    fixture_open(fixture, true);
    add_many(fixture, ROWS);
    assert_int_equal(copy_make(fixture, &copy, &progress), FAIL_CLOSED);
    assert_non_null(strstr(copy.problem, "stopped"));
    assert_int_equal(access(copy.path, F_OK), -1);
    assert_int_equal(meanwhile.asked, 1);
    fixture_remove(fixture);
}

/* --- What is refused -------------------------------------------------------- */

static void a_file_that_is_there_is_never_written_over(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);

    (void)state;
    fixture_open(fixture, false);
    WORKS(copy_make(fixture, &copy, NULL));
    assert_int_equal(copy_make(fixture, &copy, NULL), FAIL_CONFLICT);
    assert_non_null(strstr(copy.problem, copy.path));
    assert_whole(&copy);
    copy_remove(&copy);
    fixture_remove(fixture);
}

static void without_a_database_there_is_no_copy(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);
    FILE *file;

    (void)state;
    assert_int_equal(copy_make(fixture, &copy, NULL), FAIL_NOT_FOUND);
    file = fopen(fixture->path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(copy_make(fixture, &copy, NULL), FAIL_NOT_FOUND);
    assert_non_null(strstr(copy.problem, "empty"));
    assert_int_equal(access(copy.path, F_OK), -1);
    fixture_remove(fixture);
}

static void a_newer_database_is_not_copied(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);

    (void)state;
    fixture_open(fixture, false);
    store_close(&fixture->store);
    (void)fixture_number(fixture, "PRAGMA page_size"); /* as it is */
    assert_int_equal(
        fixture_number(fixture, "SELECT 1 FROM pragma_user_version WHERE user_version > 0"), 1);
    {
        sqlite3 *handle;

        assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
        assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 4711", NULL, NULL, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    }
    assert_int_equal(copy_make(fixture, &copy, NULL), FAIL_VERSION);
    assert_non_null(strstr(copy.problem, "newer"));
    assert_int_equal(access(copy.path, F_OK), -1);
    fixture_remove(fixture);
}

/* --- The other disk fails ---------------------------------------------------- */

/* Each write of the copy fails once, and the store does not mind. */
static void a_full_disk_of_the_copy_is_told_and_harms_nothing(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);
    int nth = 0;

    (void)state;
    fixture_open(fixture, true);
    add_many(fixture, ROWS);
    for (;;) {
        enum fail fail;

        fault_arm(FAULT_WRITE, FAULT_DATABASE, nth, SQLITE_FULL);
        fail = copy_make(fixture, &copy, NULL);
        fault_heal();
        if (fail == FAIL_NONE) {
            break;
        }
        assert_int_equal(fail, FAIL_FULL);
        assert_non_null(strstr(copy.problem, "no room"));
        assert_int_equal(access(copy.path, F_OK), -1);
        nth += 1 + nth / 4;
    }
    assert_true(nth > 3);
    assert_int_equal(fixture->broken_count, 0);
    add_many(fixture, 1);
    assert_whole(&copy);
    copy_remove(&copy);
    fixture_remove(fixture);
}

static void a_disk_that_cannot_be_read_is_told_and_the_store_is_left_to_find_out(void **state)
{
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);
    int nth;

    (void)state;
    fixture_open(fixture, false);
    add_many(fixture, ROWS);
    store_close(&fixture->store);
    for (nth = 0; nth < 3; nth++) {
        fault_arm(FAULT_READ, FAULT_DATABASE, nth * 15, SQLITE_IOERR_READ);
        assert_int_equal(copy_make(fixture, &copy, NULL), FAIL_IO);
        fault_heal();
        assert_int_equal(access(copy.path, F_OK), -1);
    }
    fixture_remove(fixture);
}

static int sync_fails(void *context, int file)
{
    (void)context;
    (void)file;
    errno = EIO;
    return -1;
}

static void a_copy_that_is_not_safe_on_the_disk_is_no_copy(void **state)
{
    static const struct file_disk disk = {.sync = sync_fails};
    struct fixture *fixture = fixture_make();
    struct copy copy = copy_of(fixture);

    (void)state;
    fixture_open(fixture, false);
    file_disk_replace(&disk);
    assert_int_equal(copy_make(fixture, &copy, NULL), FAIL_IO);
    file_disk_replace(NULL);
    assert_int_equal(access(copy.path, F_OK), -1);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_holds_what_was_committed_and_nothing_stands_beside_it),
        cmocka_unit_test(a_store_without_threads_and_one_that_is_closed_are_copied_alike),
        cmocka_unit_test(a_copy_is_one_moment_however_much_is_written_meanwhile),
        cmocka_unit_test(a_copy_that_is_stopped_leaves_no_file),
        cmocka_unit_test(a_file_that_is_there_is_never_written_over),
        cmocka_unit_test(without_a_database_there_is_no_copy),
        cmocka_unit_test(a_newer_database_is_not_copied),
        cmocka_unit_test(a_full_disk_of_the_copy_is_told_and_harms_nothing),
        cmocka_unit_test(a_disk_that_cannot_be_read_is_told_and_the_store_is_left_to_find_out),
        cmocka_unit_test(a_copy_that_is_not_safe_on_the_disk_is_no_copy),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
