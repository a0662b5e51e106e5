/* The database's birth, its renewal, and whom it refuses. */
#include <sys/stat.h>

#include "store/fixture.h"
#include "store/payment.h"

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
    assert_non_null(strstr(fixture->problem, "up to 3"));
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
    {"001_a", "CREATE TABLE a (x) STRICT; -- never run: the fixture is at 3"},
    {"002_a", "CREATE TABLE a (x) STRICT; -- nor this"},
    {"003_a", "CREATE TABLE a (x) STRICT; -- nor this"},
    {"004_b", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (2);"},
    {"005_c", "INSERT INTO b VALUES (3); CREATE TABLE c (x INTEGER) STRICT;"},
    {"006_d", "INSERT INTO b VALUES (4); INSERT INTO nowhere VALUES (4);"},
};

static void steps_run_in_order_from_where_the_database_is(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct fixture *fixture = *state;

    WORKS(schema_update(tx, STEPS, 5, fixture->problem));
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 5);
    assert_int_equal(fixture_number(fixture, "SELECT sum(x) FROM b"), 5);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM sqlite_schema"
                                             " WHERE name = 'a'"),
                     0);
}

static void a_step_that_fails_leaves_the_step_before_it(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct fixture *fixture = *state;

    assert_int_not_equal(schema_update(tx, STEPS, 6, fixture->problem), FAIL_NONE);
    assert_non_null(strstr(fixture->problem, "006_d"));
    assert_non_null(strstr(fixture->problem, "nowhere"));
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 5);
    assert_int_equal(fixture_number(fixture, "SELECT sum(x) FROM b"), 5);
    /* And the connection is fit for another try. */
    assert_false(sqlite_is_in_transaction(tx));
}

/* A step that was released is never changed: databases were made by it. */
static void released_steps_are_what_they_were(void **state)
{
    static const uint64_t sums[] = {UINT64_C(0xcfbfca1bc9e75dd3), UINT64_C(0x9ab2978a010070af)};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        const unsigned char *byte = (const unsigned char *)schema_steps[i].sql;
        uint64_t sum = 14695981039346656037U;

        for (; *byte != 0; byte++) {
            sum = (sum ^ *byte) * 1099511628211U;
        }
        assert_true(sum == sums[i]);
    }
}

/* With a row of each kind, as the first release left them. */
static void first_release_make(struct fixture *fixture)
{
    struct store_tx *tx = &fixture->tx;
    int file = open(fixture->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    (void)close(file);
    WORKS(sqlite_open(tx, fixture->path, SQLITE_WRITER));
    WORKS(sqlite_run(tx, "PRAGMA journal_mode = WAL"));
    WORKS(schema_update(tx, schema_steps, 1, fixture->problem));
    WORKS(sqlite_run(
        tx, "INSERT INTO business VALUES (3, 'Kept', 'USD', 0, 11);"
            "INSERT INTO user VALUES (4, 3, 'Ada', 'a@x', 'hash', zeroblob(32), 1, 12);"
            "INSERT INTO token VALUES (5, 3, 'Till', x'" /* 32 bytes */
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 1, 2, 3, 13);"
            "INSERT INTO device VALUES (6, 3, 'SN-1', 'JSV5', 'Front', 4, 14, zeroblob(32),"
            " NULL, 15, 0);"
            "INSERT INTO device VALUES (7, 3, 'SN-2', 'ABCD', '', NULL, 14, NULL, NULL, 15, 1);"));
    sqlite_close(tx, false);
}

static enum fail first_release_look(struct store_job *job, struct store_tx *tx)
{
    static const struct secret_hash none = {{0}};
    struct business business;
    struct device device;
    struct token token;
    bool is_next = true;
    unsigned wrong = 0;

    (void)job;
    WORKS(store_business_find(tx, 3, &business));
    assert_string_equal(business.name, "Kept");
    assert_false(business.rate_is_own || business.preset_helcim || business.api_mode);
    WORKS(store_token_find(tx, 3, 5, &token));
    assert_int_equal(token.permissions.processing, 3);
    assert_true(token.expires_ms == 0 && token.used_ms == 0 && token.old_until_ms == 0);
    WORKS(store_device_by_credential(tx, &none, &device, &is_next));
    assert_false(is_next);
    assert_string_equal(device.code, "JSV5");
    assert_int_equal(device.user, 4);
    assert_true(device.has_credential && !device.renew && device.seen_ms == 0);
    WORKS(store_device_wrong_pin(tx, 3, 6, &wrong));
    assert_int_equal(wrong, 1);
    assert_int_equal(store_device_by_code(tx, 3, "ABCD", &device), FAIL_NOT_FOUND);
    return FAIL_NONE;
}

static void a_database_of_the_first_release_is_brought_up_to_date(void **state)
{
    struct fixture *fixture = fixture_make();
    struct store_job job = {.run = first_release_look};

    (void)state;
    first_release_make(fixture);
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 1);
    fixture_open(fixture, false);
    WORKS(store_write_wait(fixture->store, &job));
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), schema_step_count);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                     1);
    fixture_remove(fixture);
}

/* With a row of each kind, as the second release left them. */
static void second_release_make(struct fixture *fixture)
{
    struct store_tx *tx = &fixture->tx;
    int file = open(fixture->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    (void)close(file);
    WORKS(sqlite_open(tx, fixture->path, SQLITE_WRITER));
    WORKS(sqlite_run(tx, "PRAGMA journal_mode = WAL"));
    WORKS(schema_update(tx, schema_steps, 2, fixture->problem));
    WORKS(sqlite_run(
        tx,
        "INSERT INTO business VALUES (3, 'Kept', 'USD', 1, 11, 1, 5, 100, 3000);"
        "INSERT INTO user VALUES (4, 3, 'Ada', 'a@x', 'hash', NULL, 1, 12);"
        "INSERT INTO token VALUES (5, 3, 'Till', zeroblob(32), 1, 2, 3, 13, 14, 15, NULL, NULL);"
        "INSERT INTO device VALUES (6, 3, 'SN-1', 'JSV5', 'Front', 4, 14, zeroblob(32),"
        " NULL, 15, 0, 16, 2, NULL, 0);"
        "INSERT INTO audit VALUES (1, 17, 3, 'a', 'b', 'c', 'd');"
        "INSERT INTO moment VALUES (1, 18)"));
    sqlite_close(tx, false);
}

/* What was there is as it was, and takes its first payment. */
static enum fail second_release_look(struct store_job *job, struct store_tx *tx)
{
    struct payment_row row = {.business = 3,
                              .device = 6,
                              .payment.deadline_ms = 1,
                              .currency = "USD",
                              .amount_minor = 1,
                              .created_ms = 1};
    struct business business;
    struct device device;
    struct token token;

    (void)job;
    WORKS(store_business_find(tx, 3, &business));
    assert_int_equal(business.processor, 0);
    assert_true(business.preset_helcim && business.rate_is_own && business.rate.hour == 3000);
    WORKS(store_token_find(tx, 3, 5, &token));
    assert_true(token.expires_ms == 14 && token.used_ms == 15);
    WORKS(store_device_by_code(tx, 3, "JSV5", &device));
    assert_true(device.user == 4 && device.wrong_pins == 2 && device.seen_ms == 16);
    WORKS(store_payment_add(tx, &row));
    assert_string_equal(row.code, "JSV5");
    return FAIL_NONE;
}

static void a_database_of_the_second_release_is_brought_up_to_date(void **state)
{
    struct fixture *fixture = fixture_make();
    struct store_job job = {.run = second_release_look};

    (void)state;
    second_release_make(fixture);
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 2);
    fixture_open(fixture, false);
    WORKS(store_write_wait(fixture->store, &job));
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 3);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM audit"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT wall_ms FROM moment"), 18);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                     1);
    fixture_remove(fixture);
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
    assert_int_equal(sqlite_run(tx, "UPDATE token SET old_hash = x'00', old_until_ms = 1"),
                     FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE token SET old_until_ms = 1"), FAIL_INVALID);
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
        cmocka_unit_test(released_steps_are_what_they_were),
        cmocka_unit_test(a_database_of_the_first_release_is_brought_up_to_date),
        cmocka_unit_test(a_database_of_the_second_release_is_brought_up_to_date),
        VERB_TEST(secrets_fit_only_as_hashes_of_32_bytes),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
