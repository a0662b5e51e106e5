/* The database's birth, its renewal, and whom it refuses. */
#include <sys/stat.h>

#include "store/fixture.h"

static void file_run(const struct fixture *fixture, const char *sql)
{
    sqlite3 *handle;

    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void a_new_database_is_ours_and_private(void **state)
{
    struct fixture *fixture = fixture_make();
    char log[FIXTURE_PATH_SIZE + 8];
    struct stat status;

    (void)state;
    fixture_open(fixture, true);
    assert_string_equal(fixture->problem, "");
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), schema_step_count);
    assert_int_equal(fixture_number(fixture, "PRAGMA application_id"), 0x54696c6c);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_journal_mode"
                                             " WHERE journal_mode = 'wal'"),
                     1);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    (void)snprintf(log, sizeof(log), "%s-wal", fixture->path);
    assert_int_equal(stat(log, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    (void)snprintf(log, sizeof(log), "%s-shm", fixture->path);
    assert_int_equal(stat(log, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    fixture_remove(fixture);
}

static void opening_again_runs_no_step_twice(void **state)
{
    struct fixture *fixture = fixture_make();

    (void)state;
    fixture_open(fixture, false);
    store_close(&fixture->store);
    file_run(fixture, "INSERT INTO business (id, name, currency, api_mode, created_ms)"
                      " VALUES (7, 'Kept', 'CAD', 1, 0)");
    fixture_open(fixture, false);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM business WHERE id = 7"), 1);
    fixture_remove(fixture);
}

/* A hash of the whole file. */
static uint64_t file_sum(const struct fixture *fixture)
{
    FILE *file = fopen(fixture->path, "rb");
    uint64_t sum = 14695981039346656037U;
    int byte;

    assert_non_null(file);
    while ((byte = fgetc(file)) != EOF) {
        sum = (sum ^ (uint64_t)byte) * 1099511628211U;
    }
    (void)fclose(file);
    return sum;
}

static void a_newer_database_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = fixture_make();
    uint64_t sum;

    (void)state;
    fixture_open(fixture, false);
    store_close(&fixture->store);
    file_run(fixture, "PRAGMA user_version = 4711");
    sum = file_sum(fixture);
    assert_int_equal(fixture_try(fixture, true), FAIL_VERSION);
    assert_null(fixture->store);
    assert_non_null(strstr(fixture->problem, "newer"));
    assert_non_null(strstr(fixture->problem, "4711"));
    assert_non_null(strstr(fixture->problem, "up to 2"));
    assert_true(file_sum(fixture) == sum);
    fixture_remove(fixture);
}

static void the_database_of_another_program_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = fixture_make();
    uint64_t sum;

    (void)state;
    file_run(fixture, "CREATE TABLE recipe (text)");
    sum = file_sum(fixture);
    assert_int_equal(fixture_try(fixture, false), FAIL_INVALID);
    assert_non_null(strstr(fixture->problem, "another program"));
    assert_true(file_sum(fixture) == sum);
    fixture_remove(fixture);
}

static void what_is_no_database_is_refused(void **state)
{
    struct fixture *fixture = fixture_make();
    FILE *file = fopen(fixture->path, "wb");
    int i;

    (void)state;
    assert_non_null(file);
    for (i = 0; i < 10000; i++) {
        (void)fputs("not a database ", file);
    }
    (void)fclose(file);
    assert_int_equal(fixture_try(fixture, false), FAIL_IO);
    assert_true(strlen(fixture->problem) > 0);
    assert_int_equal(fixture->broken_count, 0);
    fixture_remove(fixture);
}

static void a_directory_that_is_not_there_is_named_as_such(void **state)
{
    struct fixture *fixture = fixture_make();

    (void)state;
    (void)rmdir(fixture->directory);
    assert_int_equal(fixture_try(fixture, false), FAIL_NOT_FOUND);
    assert_non_null(strstr(fixture->problem, "No such file or directory"));
    fixture_remove(fixture);
}

static const struct schema_step STEPS[] = {
    {"001_a", "CREATE TABLE a (x) STRICT; -- never run: the fixture is at 2"},
    {"002_a", "CREATE TABLE a (x) STRICT; -- nor this"},
    {"003_b", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (2);"},
    {"004_c", "INSERT INTO b VALUES (3); CREATE TABLE c (x INTEGER) STRICT;"},
    {"005_d", "INSERT INTO b VALUES (4); INSERT INTO nowhere VALUES (4);"},
};

static void steps_run_in_order_from_where_the_database_is(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct fixture *fixture = *state;

    WORKS(schema_update(tx, STEPS, 4, fixture->problem));
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 4);
    assert_int_equal(fixture_number(fixture, "SELECT sum(x) FROM b"), 5);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM sqlite_schema"
                                             " WHERE name = 'a'"),
                     0);
}

static void a_step_that_fails_leaves_the_step_before_it(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct fixture *fixture = *state;

    assert_int_not_equal(schema_update(tx, STEPS, 5, fixture->problem), FAIL_NONE);
    assert_non_null(strstr(fixture->problem, "005_d"));
    assert_non_null(strstr(fixture->problem, "nowhere"));
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 4);
    assert_int_equal(fixture_number(fixture, "SELECT sum(x) FROM b"), 5);
    /* And the connection is fit for another try. */
    assert_false(sqlite_is_in_transaction(tx));
}

static void secrets_fit_only_as_hashes_of_32_bytes(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");

    assert_int_equal(business, 1);
    assert_int_equal(sqlite_run(tx,
                                "INSERT INTO token (business, name, hash, general, settings,"
                                " processing, created_ms) VALUES (1, 't', x'0011', 0, 0, 0, 0)"),
                     FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "INSERT INTO token (business, name, hash, general, settings,"
                                    " processing, created_ms) VALUES (1, 't', 'text', 0, 0, 0, 0)"),
                     FAIL_INVALID);
    WORKS(sqlite_run(tx, "INSERT INTO token (business, name, hash, general, settings,"
                         " processing, created_ms) VALUES (1, 't', zeroblob(32), 0, 0, 0, 0)"));
    assert_int_equal(
        sqlite_run(tx, "INSERT INTO user VALUES (1, 1, 'n', 'e@x', 'h', zeroblob(31), 0, 0)"),
        FAIL_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_database_is_ours_and_private),
        cmocka_unit_test(opening_again_runs_no_step_twice),
        cmocka_unit_test(a_newer_database_is_refused_and_left_alone),
        cmocka_unit_test(the_database_of_another_program_is_refused_and_left_alone),
        cmocka_unit_test(what_is_no_database_is_refused),
        cmocka_unit_test(a_directory_that_is_not_there_is_named_as_such),
        VERB_TEST(steps_run_in_order_from_where_the_database_is),
        VERB_TEST(a_step_that_fails_leaves_the_step_before_it),
        VERB_TEST(secrets_fit_only_as_hashes_of_32_bytes),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
