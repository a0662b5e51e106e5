/* What a check finds: each rule broken on purpose, by a hand that goes round
 * the constraints, is told in a sentence, and a good database in none. */
#include "store/check.h"
#include "store/delivery.h"
#include "store/paying.h"

enum { TROUBLE_SIZE = 16 * 1024 };

static void on_trouble(void *context, const char *sentence)
{
    char *troubles = context;
    size_t length = strlen(troubles);

    (void)snprintf(troubles + length, TROUBLE_SIZE - length, "%s\n", sentence);
}

static enum fail check(const struct fixture *fixture, char troubles[TROUBLE_SIZE],
                       struct store_facts *facts, char problem[STORE_PROBLEM_SIZE])
{
    struct store_check check = {
        .path = fixture->path, .on_trouble = on_trouble, .context = troubles};

    troubles[0] = '\0';
    return store_check(&check, facts, problem);
}

static void assert_finds(const struct fixture *fixture, const char *words)
{
    char troubles[TROUBLE_SIZE];
    char problem[STORE_PROBLEM_SIZE];
    struct store_facts facts;

    WORKS(check(fixture, troubles, &facts, problem));
    if (words == NULL) {
        assert_string_equal(troubles, "");
    } else if (strstr(troubles, words) == NULL) {
        print_error("expected: %s\nfound: %s", words, troubles);
        assert_true(false);
    }
}

/* Business 1: one payment declined, then approved; one cancelled and reversed;
 * one open; each with its events, on their way to a webhook. */
static void fill_payments(struct store_tx *tx)
{
    const uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};
    struct till till = {.business = 1};
    struct payment_row row;
    struct attempt_row declined = attempt_of(1, false);
    struct attempt_row approved = attempt_of(2, true);
    bool delivery = false;
    int i;

    WORKS(store_device_by_serial(tx, 1, "S-1", &till.device));
    WORKS(store_webhook_set(tx, 1, "https://shop.example/hook", 3, secret, 1));
    for (i = 0; i < 2; i++) {
        struct store_event event = {.business = 1, .kind = EVENT_CARD_TRANSACTION, .at_ms = 5};

        row = payment_of(&till, i == 0 ? "one" : "two");
        row.payment.attempt = 2;
        WORKS(store_payment_add(tx, &row));
        event.payment = row.id;
        if (i == 1) {
            declined.card = (struct card){.brand = CARD_UNKNOWN};
        }
        event.transaction = outcome_add(tx, &row, &declined, 2);
        WORKS(store_event_add(tx, &event, &delivery));
        event.transaction = row.approved = outcome_add(tx, &row, &approved, 3);
        WORKS(store_event_add(tx, &event, &delivery));
        if (i == 1) {
            WORKS(store_transaction_add(tx, &row, &approved, TRANSACTION_REVERSE, 4,
                                        &event.transaction));
            WORKS(store_event_add(tx, &event, &delivery));
            row.payment.reversed = true;
        }
        payment_end(tx, &row, i == 0 ? PAYMENT_APPROVED : PAYMENT_CANCELLED);
        assert_true(delivery);
    }
    (void)payment_begin(tx, &till);
}

/* A database with something in every table, closed. */
static struct fixture *filled(void)
{
    struct fixture *fixture = fixture_make();
    struct secret_hash pin = hash_of("4711");
    struct store_token_new token = {.name = "Till", .hash = hash_of("token")};
    int64_t id = 0;
    int file = open(fixture->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    (void)close(file);
    WORKS(sqlite_open(&fixture->tx, fixture->path, SQLITE_WRITER));
    WORKS(sqlite_run(&fixture->tx, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF"));
    WORKS(schema_update(&fixture->tx, schema_steps, schema_step_count, fixture->problem));
    token.business = business_add(&fixture->tx, "One");
    (void)business_add(&fixture->tx, "Two");
    (void)user_add(&fixture->tx, 1, "ada@example.com", &pin);
    (void)user_add(&fixture->tx, 2, "bob@example.com", &pin);
    WORKS(store_token_add(&fixture->tx, &token, &id));
    (void)device_add(&fixture->tx, 1, "S-1", "credential one");
    (void)device_add(&fixture->tx, 1, "S-2", "credential two");
    fill_payments(&fixture->tx);
    sqlite_close(&fixture->tx, false);
    return fixture;
}

static void harm(const struct fixture *fixture, const char *sql)
{
    sqlite3 *handle;
    char *why = NULL;

    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    if (sqlite3_exec(handle, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(handle, sql, NULL, NULL, &why) != SQLITE_OK) {
        print_error("%s: %s\n", sql, why);
        assert_true(false);
    }
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void a_good_database_has_no_trouble_and_its_facts_are_told(void **state)
{
    struct fixture *fixture = filled();
    char troubles[TROUBLE_SIZE];
    char problem[STORE_PROBLEM_SIZE];
    struct store_facts facts;

    (void)state;
    WORKS(check(fixture, troubles, &facts, problem));
    assert_string_equal(troubles, "");
    assert_int_equal(facts.schema, schema_step_count);
    assert_int_equal(facts.businesses, 2);
    assert_int_equal(facts.devices, 2);
    fixture_remove(fixture);
}

static void an_open_database_is_checked_beside_its_store(void **state)
{
    struct fixture *fixture = filled();

    (void)state;
    fixture_open(fixture, true);
    assert_finds(fixture, NULL);
    fixture_remove(fixture);
}

struct broken {
    const char *harm;  /* in SQL */
    const char *words; /* of what is told */
};

static const struct broken OF_BUSINESSES[] = {
    {"DROP INDEX device_code; UPDATE device SET code = 'JSV5'",
     "the device code JSV5 stands 2 times in business 1"},
    {"DROP INDEX device_code", "the index device_code is missing"},
    {"DROP INDEX token_business; CREATE INDEX token_business ON token (name)",
     "the index token_business is not as this version"},
    {"DROP TABLE token", "the table token is missing"},
    {"DROP INDEX device_credential; UPDATE device SET credential = zeroblob(32)",
     "a terminal credential of device 1 stands 2 times"},
    {"DROP INDEX device_next_credential; UPDATE device SET next_credential = zeroblob(32)",
     "a next terminal credential of device 1 stands 2 times"},
    {"UPDATE device SET next_credential = (SELECT credential FROM device WHERE id = 2)"
     " WHERE id = 1",
     "the credential of device 2 is the next one of device 1"},
    {"UPDATE device SET user = 2 WHERE id = 1",
     "user 2, who is logged in on device 1, is not of business 1"},
    {"UPDATE device SET user = 2 WHERE id = 1", "row 1 of the table device belongs to"},
    {"UPDATE device SET removed = 1 WHERE id = 2", "device 2 was removed and still has"},
    {"UPDATE token SET business = 9", "row 1 of the table token belongs to a row of business"},
    {"UPDATE token SET old_hash = hash, old_until_ms = 1",
     "the api-token 1 is what api-token 1 was before"},
    {"DROP INDEX token_old_hash; INSERT INTO token (id, business, name, hash, general, "
     "settings,"
     " processing, created_ms) SELECT 2, 1, 'T', zeroblob(32), 0, 0, 0, 0;"
     "UPDATE token SET old_hash = randomblob(32), old_until_ms = 1;"
     "UPDATE token SET old_hash = (SELECT old_hash FROM token WHERE id = 1)",
     "the api-token that 1 was before stands 2 times"},
    {"UPDATE token SET hash = x'00'", "the database is damaged: CHECK constraint failed"},
    {"UPDATE user SET role = 7 WHERE id = 1", "CHECK constraint failed in user"},
    {"DROP INDEX user_pin; UPDATE user SET business = 1",
     "users 1 and 2 of business 1 have the same PIN"},
    {"PRAGMA writable_schema = ON;"
     "UPDATE sqlite_schema SET sql = replace(sql, 'AND 80', 'AND 99') WHERE name = 'user'",
     "the table user is not as this version"},
};
static const struct broken OF_PAYMENTS[] = {
    {"UPDATE payment SET ended_ms = 5 WHERE state = 0",
     "the database is damaged: CHECK constraint failed in payment"},
    {"DROP INDEX payment_open; DROP TRIGGER payment_final;"
     "UPDATE payment SET state = 4, ended_ms = NULL, reversed = 0, approved = NULL",
     "3 payments of device 1 of business 1 are not final"},
    {"DROP TRIGGER payment_final", "the trigger payment_final is missing"},
    {"DROP INDEX payment_key; UPDATE payment SET key = 'one'",
     "of business 1 have the same idempotency key"},
    {"UPDATE payment SET amount = 1 WHERE state = 5",
     "was approved or reversed, but no approved transaction of it has its kind, amount"},
    {"UPDATE card_transaction SET currency = 'USD' WHERE status = 1",
     "was approved or reversed, but no approved transaction"},
    {"UPDATE payment SET kind = 1 WHERE state = 5",
     "was approved or reversed, but no approved transaction"},
    {"UPDATE card_transaction SET business = 2", "was approved or reversed, but no approved"},
    {"DROP INDEX transaction_approved; UPDATE card_transaction SET status = 1",
     "is approved, but its payment "},
    {"DROP INDEX transaction_approved; UPDATE card_transaction SET status = 1",
     "has 2 approved transactions of a kind"},
    {"DELETE FROM card_transaction WHERE type = 2", "is reversed, but there is no reversal"},
    {"DROP TRIGGER payment_final; UPDATE payment SET reversed = 0, state = 5 WHERE state = 7",
     ", which is not reversed"},
    {"UPDATE attempt SET \"transaction\" = NULL", "attempt 2 of payment "},
    {"UPDATE attempt SET number = 7 WHERE number = 2", "is approved, but its transaction"},
    {"UPDATE attempt SET number = 7 WHERE number = 1", "is after its last one"},
    {"UPDATE card_batch SET device = 2", "is in a batch of another device or currency"},
    {"UPDATE card_batch SET currency = 'USD'", "is in a batch of another device or currency"},
    {"UPDATE card SET token = 'AAAAAAAAAAAAAAAA'", "is of no card of business 1"},
};
static const struct broken OF_EVENTS[] = {
    {"DELETE FROM delivery WHERE event = 3; DELETE FROM event WHERE number = 3",
     "the events of business 1 have gaps: there are 4 from 1 to 5"},
    {"UPDATE counter SET last = 4 WHERE name = 'event'",
     "the last event of business 1 is 5, which is not the one"},
    {"DELETE FROM counter WHERE name = 'event'", "the last event of business 1 is 5"},
    {"UPDATE event SET payment = (SELECT max(payment) FROM event)",
     "event 1 of business 1 is of a transaction that is not its payment's"},
    {"UPDATE delivery SET payment = payment + 1",
     "delivery 1 is of event 1 of business 1, but not of its payment"},
    {"DELETE FROM event WHERE number = 2", "row 2 of the table delivery belongs to a row"},
    {"UPDATE counter SET last = last - 1 WHERE name = 'payment'",
     "has an id that may be given again"},
    {"DELETE FROM counter WHERE name = 'transaction'", "has an id that may be given again"},
};

static void assert_each_is_told(const struct broken *cases, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct fixture *fixture = filled();

        harm(fixture, cases[i].harm);
        assert_finds(fixture, cases[i].words);
        fixture_remove(fixture);
    }
}

static void each_broken_rule_is_told(void **state)
{
    (void)state;
    assert_each_is_told(OF_BUSINESSES, sizeof(OF_BUSINESSES) / sizeof(OF_BUSINESSES[0]));
    assert_each_is_told(OF_PAYMENTS, sizeof(OF_PAYMENTS) / sizeof(OF_PAYMENTS[0]));
    assert_each_is_told(OF_EVENTS, sizeof(OF_EVENTS) / sizeof(OF_EVENTS[0]));
}

/* Uniqueness that is part of a table's own words goes only with the table. */
static void doubles_that_no_index_forbids_any_more_are_told(void **state)
{
    static const char REBUILD[] =
        "CREATE TABLE copy AS SELECT * FROM %s; DROP TABLE %s; ALTER TABLE copy RENAME TO %s; %s";
    static const struct {
        const char *table;
        const char *harm;
        const char *words;
    } cases[] = {
        {"user", "UPDATE user SET email = 'x@example.com'", "the e-mail of user 1 stands 2 times"},
        {"token", "INSERT INTO token SELECT * FROM token", "the api-token 1 stands 2 times"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture *fixture = filled();
        char sql[1024];

        (void)snprintf(sql, sizeof(sql), REBUILD, cases[i].table, cases[i].table, cases[i].table,
                       cases[i].harm);
        harm(fixture, sql);
        assert_finds(fixture, cases[i].words);
        fixture_remove(fixture);
    }
}

static void an_index_that_has_lost_a_row_is_told(void **state)
{
    struct fixture *fixture = filled();

    (void)state;
    harm(fixture, "CREATE TABLE keep AS SELECT * FROM sqlite_schema WHERE name = 'token_business';"
                  "PRAGMA writable_schema = ON;"
                  "DELETE FROM sqlite_schema WHERE name = 'token_business'");
    harm(fixture, "INSERT INTO token (id, business, name, hash, general, settings, processing,"
                  " created_ms) VALUES (7, 1, 'T', zeroblob(32), 0, 0, 0, 0)");
    harm(fixture, "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM keep;"
                  "DROP TABLE keep");
    assert_finds(fixture, "missing from index token_business");
    fixture_remove(fixture);
}

static void file_overwrite(const struct fixture *fixture, long at, const char *bytes, size_t length)
{
    FILE *file = fopen(fixture->path, "r+b");

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void pages_that_are_garbage_are_told_and_never_believed(void **state)
{
    static char garbage[4096];
    long page;

    (void)state;
    memset(garbage, 0x5a, sizeof(garbage));
    for (page = 0; page < 8; page++) {
        struct fixture *fixture = filled();
        char troubles[TROUBLE_SIZE];
        char problem[STORE_PROBLEM_SIZE];
        struct store_facts facts;

        file_overwrite(fixture, page * 4096, garbage, sizeof(garbage));
        WORKS(check(fixture, troubles, &facts, problem));
        assert_true(strlen(troubles) > 0);
        fixture_remove(fixture);
    }
}

static void what_is_not_there_or_newer_cannot_be_checked(void **state)
{
    struct fixture *fixture = filled();
    char troubles[TROUBLE_SIZE];
    char problem[STORE_PROBLEM_SIZE] = "";
    struct store_facts facts;

    (void)state;
    harm(fixture, "PRAGMA user_version = 4711");
    assert_int_equal(check(fixture, troubles, &facts, problem), FAIL_VERSION);
    assert_non_null(strstr(problem, "newer"));
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(check(fixture, troubles, &facts, problem), FAIL_NOT_FOUND);
    assert_non_null(strstr(problem, fixture->path));
    fixture_remove(fixture);
}

static bool never(void *context, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    (*(int *)context)++;
    return false;
}

static void a_check_can_be_stopped(void **state)
{
    struct fixture *fixture = filled();
    char troubles[TROUBLE_SIZE] = "";
    char problem[STORE_PROBLEM_SIZE] = "";
    int asked = 0;
    struct progress progress = {.go_on = never, .context = &asked};
    struct store_check check = {.path = fixture->path,
                                .progress = &progress,
                                .on_trouble = on_trouble,
                                .context = troubles};
    struct store_facts facts;

    (void)state;
    harm(fixture,
         "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 90000)"
         " INSERT INTO business (id, name, currency, api_mode, created_ms)"
         " SELECT i, 'Many', 'CAD', 1, 0 FROM n");
    assert_int_equal(store_check(&check, &facts, problem), FAIL_CLOSED);
    assert_non_null(strstr(problem, "stopped"));
    assert_int_equal(asked, 1); /* at once */
    assert_string_equal(troubles, "");
    fixture_remove(fixture);
}

/* A copy may lie where nothing can be written, and under any name. */
static void a_copy_at_rest_is_checked_without_a_trace_whatever_it_is_called(void **state)
{
    struct fixture *fixture = filled();
    char troubles[TROUBLE_SIZE] = "";
    char problem[STORE_PROBLEM_SIZE] = "";
    char path[FIXTURE_PATH_SIZE + 32];
    char beside[FIXTURE_PATH_SIZE + 64];
    struct store_check check = {
        .path = path, .at_rest = true, .on_trouble = on_trouble, .context = troubles};
    struct store_facts facts;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/50%% #1?mode=rw&x%%20y", fixture->directory);
    assert_int_equal(rename(fixture->path, path), 0);
    WORKS(store_check(&check, &facts, problem));
    assert_string_equal(troubles, "");
    assert_int_equal(facts.devices, 2);
    (void)snprintf(beside, sizeof(beside), "%s-shm", path);
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(unlink(path), 0);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_database_has_no_trouble_and_its_facts_are_told),
        cmocka_unit_test(an_open_database_is_checked_beside_its_store),
        cmocka_unit_test(each_broken_rule_is_told),
        cmocka_unit_test(doubles_that_no_index_forbids_any_more_are_told),
        cmocka_unit_test(an_index_that_has_lost_a_row_is_told),
        cmocka_unit_test(pages_that_are_garbage_are_told_and_never_believed),
        cmocka_unit_test(what_is_not_there_or_newer_cannot_be_checked),
        cmocka_unit_test(a_check_can_be_stopped),
        cmocka_unit_test(a_copy_at_rest_is_checked_without_a_trace_whatever_it_is_called),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
