/* Credentials: one current, at most one next, and what becomes of them. */
#include "store/fixture.h"

enum { CURRENT = 1, NEXT = 2, UNKNOWN = 3 };

static int state_of(struct store_tx *tx, const char *credential)
{
    struct secret_hash hash = hash_of(credential);
    struct device device;
    bool is_next = false;
    enum fail fail = store_device_by_credential(tx, &hash, &device, &is_next);

    if (fail == FAIL_NOT_FOUND) {
        return UNKNOWN;
    }
    WORKS(fail);
    return is_next ? NEXT : CURRENT;
}

static void log_in(struct store_tx *tx, int64_t business, const char *credential, bool proven)
{
    struct secret_hash hash = hash_of(credential);
    struct store_registration registration = {.business = business,
                                              .serial = "SN-1",
                                              .with_code = true,
                                              .proven = proven,
                                              .credential = &hash,
                                              .now_ms = 3000};
    struct device device;

    WORKS(store_device_register(tx, &registration, &device));
    assert_int_equal(device.credential_ms, 3000);
}

static void the_first_credential_is_current(void **state)
{
    struct store_tx *tx = verbs_of(state);

    log_in(tx, business_add(tx, "B"), "one", false);
    assert_int_equal(state_of(tx, "one"), CURRENT);
    assert_int_equal(state_of(tx, "two"), UNKNOWN);
}

static void a_proven_log_in_keeps_the_old_one_until_the_new_one_arrives(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device;

    log_in(tx, business, "one", false);
    log_in(tx, business, "two", true);
    assert_int_equal(state_of(tx, "one"), CURRENT);
    assert_int_equal(state_of(tx, "two"), NEXT);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    WORKS(store_device_promote(tx, business, device.id));
    assert_int_equal(state_of(tx, "one"), UNKNOWN);
    assert_int_equal(state_of(tx, "two"), CURRENT);
}

static void an_unproven_log_in_retires_all_older_ones(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");

    log_in(tx, business, "one", false);
    log_in(tx, business, "two", true);
    log_in(tx, business, "three", false);
    assert_int_equal(state_of(tx, "one"), UNKNOWN);
    assert_int_equal(state_of(tx, "two"), UNKNOWN);
    assert_int_equal(state_of(tx, "three"), CURRENT);
}

static void an_offer_replaces_a_next_that_never_came(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash three = hash_of("three");
    struct device device;

    log_in(tx, business, "one", false);
    log_in(tx, business, "two", true);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    WORKS(store_device_offer_credential(tx, business, device.id, &three, 4000));
    assert_int_equal(state_of(tx, "one"), CURRENT);
    assert_int_equal(state_of(tx, "two"), UNKNOWN);
    assert_int_equal(state_of(tx, "three"), NEXT);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_int_equal(device.credential_ms, 4000);
}

static void without_a_next_there_is_nothing_to_promote(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device;

    log_in(tx, business, "one", false);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_int_equal(store_device_promote(tx, business, device.id), FAIL_NOT_FOUND);
    assert_int_equal(state_of(tx, "one"), CURRENT);
}

static void removal_retires_both(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash three = hash_of("three");
    struct device device;

    log_in(tx, business, "one", false);
    log_in(tx, business, "two", true);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    WORKS(store_device_remove(tx, business, device.id));
    assert_int_equal(state_of(tx, "one"), UNKNOWN);
    assert_int_equal(state_of(tx, "two"), UNKNOWN);
    assert_int_equal(store_device_offer_credential(tx, business, device.id, &three, 1),
                     FAIL_NOT_FOUND);
    /* Proven by a connection that knew it before: there is no current one to
     * keep, so the new one becomes it. */
    log_in(tx, business, "four", true);
    assert_int_equal(state_of(tx, "four"), CURRENT);
}

static void a_credential_belongs_to_one_device(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash one = hash_of("one");
    struct store_registration registration = {
        .business = business, .serial = "SN-2", .credential = &one};
    struct device device;

    log_in(tx, business, "one", false);
    assert_int_equal(store_device_register(tx, &registration, &device), FAIL_CONFLICT);
}

/* --- What was dropped --------------------------------------------------- */

static bool dropped(struct store_tx *tx, const char *credential)
{
    struct secret_hash hash = hash_of(credential);
    struct device device;
    enum fail fail = store_device_by_old_credential(tx, &hash, &device);

    assert_true(fail == FAIL_NONE || fail == FAIL_NOT_FOUND);
    return fail == FAIL_NONE && strcmp(device.serial, "SN-1") == 0;
}

static void the_one_that_was_dropped_last_is_remembered(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device;

    log_in(tx, business, "one", false);
    assert_false(dropped(tx, "one"));
    log_in(tx, business, "two", true);
    assert_false(dropped(tx, "one")); /* it holds until the other arrives */
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    WORKS(store_device_promote(tx, business, device.id));
    assert_true(dropped(tx, "one"));
    assert_false(dropped(tx, "two"));
    log_in(tx, business, "three", false);
    assert_false(dropped(tx, "one"));
    assert_true(dropped(tx, "two"));
    WORKS(store_device_revoke(tx, business, device.id));
    assert_true(dropped(tx, "three"));
    WORKS(store_device_revoke(tx, business, device.id)); /* again: nothing to drop */
    WORKS(store_device_remove(tx, business, device.id));
    assert_true(dropped(tx, "three"));
    log_in(tx, business, "four", true);
    assert_true(dropped(tx, "three"));
    WORKS(store_device_remove(tx, business, device.id));
    assert_true(dropped(tx, "four"));
}

/* --- Revoked and renewed -------------------------------------------------- */

static void revocation_retires_both_and_keeps_the_device(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct store_registration keep = {.business = business, .serial = "SN-1", .proven = true};
    struct device device;
    struct device after;

    log_in(tx, business, "one", false);
    log_in(tx, business, "two", true);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_true(device.has_credential);
    WORKS(store_device_renew(tx, business, device.id));
    WORKS(store_device_revoke(tx, business, device.id));
    assert_int_equal(state_of(tx, "one"), UNKNOWN);
    assert_int_equal(state_of(tx, "two"), UNKNOWN);
    WORKS(store_device_by_code(tx, business, device.code, &after));
    assert_false(after.has_credential);
    assert_false(after.renew);
    assert_false(after.removed);
    assert_int_equal(store_device_register(tx, &keep, &after), FAIL_NOT_FOUND);
    log_in(tx, business, "three", false);
    assert_int_equal(state_of(tx, "three"), CURRENT);
}

static void a_device_to_be_renewed_is_until_it_got_another_credential(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash two = hash_of("two");
    struct device device;

    log_in(tx, business, "one", false);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_false(device.renew);
    WORKS(store_device_renew(tx, business, device.id));
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_true(device.renew);
    WORKS(store_device_offer_credential(tx, business, device.id, &two, 4000));
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_false(device.renew);
    WORKS(store_device_renew(tx, business, device.id));
    log_in(tx, business, "three", true);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_false(device.renew);
    WORKS(store_device_revoke(tx, business, device.id));
    assert_int_equal(store_device_renew(tx, business, device.id), FAIL_NOT_FOUND);
}

static void the_database_takes_nothing_but_hashes(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");

    log_in(tx, business, "one", false);
    assert_int_equal(sqlite_run(tx, "UPDATE device SET credential = x'00'"), FAIL_INVALID);
    assert_int_equal(
        sqlite_run(tx, "UPDATE device SET next_credential = 'a secret in the clear!!!'"),
        FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE device SET next_credential = credential"),
                     FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE device SET old_credential = x'00'"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE device SET removed = 1"), FAIL_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(the_first_credential_is_current),
        VERB_TEST(a_proven_log_in_keeps_the_old_one_until_the_new_one_arrives),
        VERB_TEST(an_unproven_log_in_retires_all_older_ones),
        VERB_TEST(an_offer_replaces_a_next_that_never_came),
        VERB_TEST(without_a_next_there_is_nothing_to_promote),
        VERB_TEST(removal_retires_both),
        VERB_TEST(a_credential_belongs_to_one_device),
        VERB_TEST(the_one_that_was_dropped_last_is_remembered),
        VERB_TEST(revocation_retires_both_and_keeps_the_device),
        VERB_TEST(a_device_to_be_renewed_is_until_it_got_another_credential),
        VERB_TEST(the_database_takes_nothing_but_hashes),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
