/* How SQLite finds the rows: every statement that the verbs have prepared is
 * asked for its plan, so that a new verb without an index shows here. */
#include "store/fixture.h"
#include "store/read.h"

static void ignore_business(void *context, const struct business *row)
{
    (void)context;
    (void)row;
}

static void ignore_user(void *context, const struct user *row)
{
    (void)context;
    (void)row;
}

static void ignore_token(void *context, const struct token *row)
{
    (void)context;
    (void)row;
}

static void ignore_device(void *context, const struct device *row)
{
    (void)context;
    (void)row;
}

static void use_users(struct store_tx *tx, int64_t business)
{
    struct secret_hash pin = hash_of("1234");
    int64_t id = user_add(tx, business, "a@x", &pin);
    struct store_user_new again = {
        .business = business, .name = "E", .email = "a@x", .password_hash = "h"};
    char password[PASSWORD_HASH_SIZE];
    const char *taken;
    struct user user;

    WORKS(store_user_find(tx, business, id, &user));
    WORKS(store_user_by_email(tx, "a@x", &user, password));
    WORKS(store_user_by_pin(tx, business, &pin, &user));
    WORKS(store_user_set(tx, business, id, &(struct store_user_change){.name = "N"}, &taken));
    assert_int_equal(store_user_add(tx, &again, &id, &taken), FAIL_CONFLICT);
    WORKS(read_users(tx, business, ignore_user, NULL));
    WORKS(store_user_remove(tx, business, user.id));
}

static void use_tokens(struct store_tx *tx, int64_t business)
{
    struct secret_hash hash = hash_of("token");
    struct secret_hash next = hash_of("next token");
    struct permissions permissions = {0};
    struct token token;
    int64_t id;

    WORKS(store_token_add(tx, &(struct store_token_new){business, "t", hash, permissions, 0, 0},
                          &id));
    WORKS(store_token_find(tx, business, id, &token));
    WORKS(store_token_by_hash(tx, &hash, &token));
    WORKS(store_token_set(tx, business, id, "u", NULL));
    WORKS(store_token_set_expiry(tx, business, id, 5));
    WORKS(store_token_used(tx, business, id, 5));
    WORKS(store_token_rotate(tx, business, id, &next, 5));
    WORKS(store_token_by_old_hash(tx, &hash, &token));
    WORKS(read_tokens(tx, business, ignore_token, NULL));
    WORKS(store_token_remove(tx, business, id));
}

static void use_replacements(struct store_tx *tx, int64_t business, int64_t device)
{
    struct store_replacement replacement = {.business = business, .device = device};

    replacement.serial = "S3";
    (void)device_add(tx, business, "S3", "three");
    WORKS(store_device_replace(tx, &replacement));
    replacement.serial = "S4"; /* not known */
    WORKS(store_device_replace(tx, &replacement));
}

static void ignore_audit(void *context, const struct audit *row)
{
    (void)context;
    (void)row;
}

static void use_audit(struct store_tx *tx, int64_t business)
{
    struct store_audit audit = {
        .business = business, .actor = "a", .action = "b", .subject = "c", .detail = ""};
    int64_t moment;

    WORKS(store_audit_add(tx, &audit));
    WORKS(read_audit(tx, 10, ignore_audit, NULL));
    WORKS(read_audit_of(tx, business, 10, ignore_audit, NULL));
    WORKS(store_moment_set(tx, 5));
    WORKS(store_moment(tx, &moment));
}

static void use_devices(struct store_tx *tx, int64_t business)
{
    struct secret_hash hash = hash_of("S2");
    struct secret_hash next = hash_of("next");
    struct store_registration uncoded = {.business = business, .serial = "S2", .credential = &hash};
    struct device device;
    unsigned wrong;
    bool is_next;

    WORKS(store_device_register(tx, &uncoded, &device));
    uncoded.with_code = true; /* given later */
    WORKS(store_device_register(tx, &uncoded, &device));
    WORKS(store_device_by_code(tx, business, device.code, &device));
    WORKS(store_device_by_serial(tx, business, "S2", &device));
    WORKS(store_device_by_credential(tx, &hash, &device, &is_next));
    WORKS(store_device_offer_credential(tx, business, device.id, &next, 1));
    WORKS(store_device_promote(tx, business, device.id));
    WORKS(store_device_log_out(tx, business, device.id));
    WORKS(store_device_set_name(tx, business, device.id, "n"));
    WORKS(store_device_wrong_pin(tx, business, device.id, &wrong));
    WORKS(store_device_seen(tx, business, device.id, 5));
    WORKS(store_device_renew(tx, business, device.id));
    use_replacements(tx, business, device.id);
    hash = hash_of("three");
    WORKS(store_device_by_old_credential(tx, &hash, &device));
    WORKS(store_device_by_serial(tx, business, "S4", &device));
    WORKS(store_device_revoke(tx, business, device.id));
    WORKS(read_device_rows(tx, business, ignore_device, NULL));
    WORKS(store_device_remove(tx, business, device.id));
}

static void on_devices(struct read_devices *query)
{
    (void)query;
}

/* The list belongs to a store of its own; what it runs is run here again. */
static void use_device_lists(struct store_tx *tx, int64_t business)
{
    static const char *const parts[] = {"", "AAAA"};
    struct fixture *other = fixture_make();
    size_t i;

    fixture_open(other, false);
    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct read_devices query = {.business = business, .limit = 1, .done = on_devices};

        (void)snprintf(query.code_part, sizeof(query.code_part), "%s", parts[i]);
        read_devices_start(other->store, &query);
        WORKS(query.job.run(&query.job, tx));
    }
    fixture_remove(other);
}

static void use_every_verb(struct store_tx *tx)
{
    int64_t business = business_add(tx, "B");
    struct business row;

    WORKS(store_business_find(tx, business, &row));
    WORKS(store_business_set_name(tx, business, "C"));
    WORKS(store_business_set_api_mode(tx, business, false));
    WORKS(store_business_set_preset(tx, business, true));
    WORKS(store_business_set_rate(tx, business, NULL));
    WORKS(read_businesses(tx, ignore_business, NULL));
    use_users(tx, business);
    use_tokens(tx, business);
    use_devices(tx, business);
    use_device_lists(tx, business);
    use_audit(tx, business);
    WORKS(store_business_remove(tx, business));
}

/* True when a line of the plan holds `word`. */
static bool plan_holds(struct store_tx *tx, const char *sql, const char *word)
{
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *plan;
    bool holds = false;

    assert_int_equal(sqlite3_prepare_v2(tx->handle, explain, -1, &plan, NULL), SQLITE_OK);
    sqlite3_free(explain);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        holds = holds || strstr((const char *)sqlite3_column_text(plan, 3), word) != NULL;
    }
    (void)sqlite3_finalize(plan);
    return holds;
}

static void only_the_lists_of_all_scan_a_table(void **state)
{
    struct store_tx *tx = verbs_of(state);
    unsigned scans = 0;
    unsigned statements = 0;
    size_t i;

    use_every_verb(tx);
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        const char *sql = tx->statements[i].sql;

        if (sql == NULL || strncmp(sql, "PRAGMA", strlen("PRAGMA")) == 0) {
            continue;
        }
        statements++;
        if (plan_holds(tx, sql, "SCAN")) {
            scans++;
            if (strstr(sql, "FROM business ORDER BY id") == NULL &&
                strstr(sql, "FROM audit ORDER BY id DESC LIMIT") == NULL) {
                print_error("scans: %s\n", sql);
            }
        }
    }
    assert_true(statements > 50);
    assert_int_equal(scans, 2);
}

static void the_page_of_devices_reads_one_index_in_order(void **state)
{
    struct store_tx *tx = verbs_of(state);
    unsigned found = 0;
    size_t i;

    use_every_verb(tx);
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        const char *sql = tx->statements[i].sql;

        if (sql != NULL && strstr(sql, "instr(code") != NULL) {
            found++;
            assert_true(plan_holds(tx, sql, "USING COVERING INDEX device_list"));
            assert_false(plan_holds(tx, sql, "TEMP B-TREE"));
        }
    }
    assert_int_equal(found, 1);
}

/* Foreign keys are looked up by the engine itself, in no plan: but it counts. */
static void removing_a_user_does_not_walk_the_devices(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    int64_t user = user_add(tx, business, "a@x", NULL);
    int steps = 0;
    size_t i;

    WORKS(sqlite_run(tx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                         " WHERE i < 1000) INSERT INTO device (business, serial, created_ms,"
                         " credential_ms) SELECT 1, 'S' || i, 0, 0 FROM n"));
    WORKS(store_user_remove(tx, business, user));
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        sqlite3_stmt *handle = tx->statements[i].handle;

        if (handle != NULL && strstr(sqlite3_sql(handle), "DELETE FROM user") != NULL) {
            steps += sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 0);
        }
    }
    assert_in_range(steps, 1, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(only_the_lists_of_all_scan_a_table),
        VERB_TEST(the_page_of_devices_reads_one_index_in_order),
        VERB_TEST(removing_a_user_does_not_walk_the_devices),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
