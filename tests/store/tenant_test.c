/* Two businesses never see each other: every verb that takes a business is
 * given the other one's row, says FAIL_NOT_FOUND, and changes nothing
 * (architecture.md, Law 5). */
#include "store/fixture.h"
#include "store/read.h"

struct shop {
    int64_t business;
    int64_t user;
    int64_t token;
    struct device device;
    struct secret_hash pin;
    struct secret_hash hash;
};

static struct shop shop_make(struct store_tx *tx, const char *name)
{
    struct shop shop = {.business = business_add(tx, name)};
    struct permissions permissions = {1, 1, 1};
    char text[32];

    (void)snprintf(text, sizeof(text), "%s@x", name);
    shop.pin = hash_of(text);
    shop.user = user_add(tx, shop.business, text, &shop.pin);
    (void)snprintf(text, sizeof(text), "token of %s", name);
    shop.hash = hash_of(text);
    WORKS(store_token_add(
        tx, &(struct store_token_new){shop.business, name, shop.hash, permissions, NOW_MS, 0},
        &shop.token));
    (void)snprintf(text, sizeof(text), "serial-%s", name);
    shop.device = device_add(tx, shop.business, text, text);
    return shop;
}

static void copy_database(struct store_tx *tx, const char *to)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "CREATE TEMP TABLE %s_user AS SELECT * FROM user;"
                   "CREATE TEMP TABLE %s_token AS SELECT * FROM token;",
                   to, to);
    WORKS(sqlite_run(tx, sql));
    (void)snprintf(sql, sizeof(sql), "CREATE TEMP TABLE %s_device AS SELECT * FROM device;", to);
    WORKS(sqlite_run(tx, sql));
}

static int64_t number_of(struct store_tx *tx, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(tx->handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

static void nothing_changed(struct store_tx *tx)
{
    assert_int_equal(number_of(tx, "SELECT count(*) FROM (SELECT * FROM user EXCEPT"
                                   " SELECT * FROM before_user)"),
                     0);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM (SELECT * FROM token EXCEPT"
                                   " SELECT * FROM before_token)"),
                     0);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM (SELECT * FROM device EXCEPT"
                                   " SELECT * FROM before_device)"),
                     0);
    assert_int_equal(number_of(tx, "SELECT (SELECT count(*) FROM user)"
                                   " + (SELECT count(*) FROM token)"
                                   " + (SELECT count(*) FROM device)"),
                     6);
}

static void users_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct shop other = shop_make(tx, "two");
    struct store_user_change change = {.name = "Stolen"};
    const char *taken = NULL;
    struct user user;

    copy_database(tx, "before");
    assert_int_equal(store_user_find(tx, own.business, other.user, &user), FAIL_NOT_FOUND);
    assert_int_equal(store_user_by_pin(tx, own.business, &other.pin, &user), FAIL_NOT_FOUND);
    assert_int_equal(store_user_set(tx, own.business, other.user, &change, &taken), FAIL_NOT_FOUND);
    assert_int_equal(store_user_remove(tx, own.business, other.user), FAIL_NOT_FOUND);
    nothing_changed(tx);
}

static void tokens_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct shop other = shop_make(tx, "two");
    struct token token;

    copy_database(tx, "before");
    assert_int_equal(store_token_find(tx, own.business, other.token, &token), FAIL_NOT_FOUND);
    assert_int_equal(store_token_set(tx, own.business, other.token, "Stolen", NULL),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_token_set_expiry(tx, own.business, other.token, 1), FAIL_NOT_FOUND);
    assert_int_equal(store_token_rotate(tx, own.business, other.token, &own.hash, 1),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_token_used(tx, own.business, other.token, 1), FAIL_NOT_FOUND);
    assert_int_equal(store_token_remove(tx, own.business, other.token), FAIL_NOT_FOUND);
    nothing_changed(tx);
}

static void devices_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct shop other = shop_make(tx, "two");
    struct secret_hash credential = hash_of("stolen");
    struct store_replacement replacement = {.business = own.business, .serial = "stolen"};
    int64_t id = other.device.id;
    struct device device;
    unsigned wrong;

    /* So that promoting would have something to do. */
    WORKS(store_device_offer_credential(tx, other.business, id, &(struct secret_hash){{1}}, 1));
    copy_database(tx, "before");
    assert_int_equal(store_device_by_code(tx, own.business, other.device.code, &device),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_device_by_serial(tx, own.business, other.device.serial, &device),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_device_promote(tx, own.business, id), FAIL_NOT_FOUND);
    assert_int_equal(store_device_offer_credential(tx, own.business, id, &credential, 9),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_device_log_out(tx, own.business, id), FAIL_NOT_FOUND);
    assert_int_equal(store_device_set_name(tx, own.business, id, "Stolen"), FAIL_NOT_FOUND);
    assert_int_equal(store_device_revoke(tx, own.business, id), FAIL_NOT_FOUND);
    assert_int_equal(store_device_renew(tx, own.business, id), FAIL_NOT_FOUND);
    assert_int_equal(store_device_seen(tx, own.business, id, 1), FAIL_NOT_FOUND);
    assert_int_equal(store_device_wrong_pin(tx, own.business, id, &wrong), FAIL_NOT_FOUND);
    replacement.device = id;
    assert_int_equal(store_device_replace(tx, &replacement), FAIL_NOT_FOUND);
    assert_int_equal(store_device_remove(tx, own.business, id), FAIL_NOT_FOUND);
    nothing_changed(tx);
}

struct seen {
    int64_t business;
    unsigned count;
};

static void see_user(void *context, const struct user *row)
{
    struct seen *seen = context;

    seen->count++;
    assert_int_equal(row->business, seen->business);
}

static void see_token(void *context, const struct token *row)
{
    struct seen *seen = context;

    seen->count++;
    assert_int_equal(row->business, seen->business);
}

static void see_device(void *context, const struct device *row)
{
    struct seen *seen = context;

    seen->count++;
    assert_int_equal(row->business, seen->business);
}

static void lists_hold_the_rows_of_one_business(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct seen seen = {.business = own.business};

    (void)shop_make(tx, "two");
    WORKS(read_users(tx, own.business, see_user, &seen));
    WORKS(read_tokens(tx, own.business, see_token, &seen));
    WORKS(read_device_rows(tx, own.business, see_device, &seen));
    assert_int_equal(seen.count, 3);
}

static void the_database_refuses_a_log_in_across_businesses(void **state)
{
    struct store_tx *tx = verbs_of(state);

    (void)shop_make(tx, "one");
    (void)shop_make(tx, "two");
    assert_int_equal(sqlite_run(tx, "UPDATE device SET user = (SELECT id FROM user AS u"
                                    " WHERE u.business <> device.business)"),
                     FAIL_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(users_of_another_business_do_not_exist),
        VERB_TEST(tokens_of_another_business_do_not_exist),
        VERB_TEST(devices_of_another_business_do_not_exist),
        VERB_TEST(lists_hold_the_rows_of_one_business),
        VERB_TEST(the_database_refuses_a_log_in_across_businesses),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
