/* Another terminal takes a broken one's place. */
#include "store/fixture.h"

static void proven_log_in(struct store_tx *tx, const struct device *device, const char *credential)
{
    struct secret_hash hash = hash_of(credential);
    struct store_registration registration = {.business = device->business,
                                              .serial = device->serial,
                                              .with_code = true,
                                              .proven = true,
                                              .credential = &hash,
                                              .now_ms = 5000};
    struct device out;

    WORKS(store_device_register(tx, &registration, &out));
}

static enum fail replace(struct store_tx *tx, const struct device *device, const char *serial,
                         int64_t *other)
{
    struct store_replacement replacement = {
        .business = device->business, .device = device->id, .serial = serial, .other = -1};
    enum fail fail = store_device_replace(tx, &replacement);

    *other = replacement.other;
    return fail;
}

static struct device by_credential(struct store_tx *tx, const char *credential, bool is_next)
{
    struct secret_hash hash = hash_of(credential);
    struct device device;
    bool next;

    WORKS(store_device_by_credential(tx, &hash, &device, &next));
    assert_int_equal(next, is_next);
    return device;
}

static void is_unknown(struct store_tx *tx, const char *credential)
{
    struct secret_hash hash = hash_of(credential);
    struct device device;
    bool next;

    assert_int_equal(store_device_by_credential(tx, &hash, &device, &next), FAIL_NOT_FOUND);
}

static void was_dropped(struct store_tx *tx, const char *credential, int64_t device)
{
    struct secret_hash hash = hash_of(credential);
    struct device found;

    WORKS(store_device_by_old_credential(tx, &hash, &found));
    assert_int_equal(found.id, device);
}

static void a_registered_terminal_comes_with_its_credentials_and_leaves_its_code(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    int64_t user = user_add(tx, business, "a@x", NULL);
    struct device broken = device_add(tx, business, "OLD", "old");
    struct device spare = device_add(tx, business, "NEW", "new");
    struct device found;
    unsigned wrong;
    int64_t other;

    WORKS(store_device_set_name(tx, business, broken.id, "Front"));
    proven_log_in(tx, &spare, "newer");
    WORKS(store_device_wrong_pin(tx, business, spare.id, &wrong));
    WORKS(store_device_seen(tx, business, spare.id, 60000));
    WORKS(store_device_renew(tx, business, spare.id));
    WORKS(sqlite_run(tx, "UPDATE device SET user = 1 WHERE serial = 'NEW'"));
    WORKS(replace(tx, &broken, "NEW", &other));
    assert_int_equal(other, spare.id);

    found = by_credential(tx, "new", false);
    assert_int_equal(found.id, broken.id);
    assert_string_equal(found.serial, "NEW");
    assert_string_equal(found.code, broken.code);
    assert_string_equal(found.name, "Front");
    assert_int_equal(found.created_ms, broken.created_ms);
    assert_int_equal(found.user, user);
    assert_int_equal(found.wrong_pins, 1);
    assert_int_equal(found.seen_ms, 60000);
    assert_int_equal(found.credential_ms, 5000);
    assert_true(found.renew);
    assert_int_equal(by_credential(tx, "newer", true).id, broken.id);

    is_unknown(tx, "old");
    was_dropped(tx, "old", spare.id);
    assert_int_equal(store_device_by_code(tx, business, spare.code, &found), FAIL_NOT_FOUND);
    /* Repaired: it comes back under the code that was left for it. */
    found = device_add(tx, business, "OLD", "repaired");
    assert_int_equal(found.id, spare.id);
    assert_string_equal(found.code, spare.code);
    assert_string_equal(by_credential(tx, "new", false).code, broken.code);
}

static void a_terminal_that_is_not_known_yet_is_the_device_when_it_logs_in(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device broken = device_add(tx, business, "OLD", "old");
    struct device found;
    unsigned wrong;
    int64_t other;

    (void)user_add(tx, business, "a@x", NULL);
    WORKS(sqlite_run(tx, "UPDATE device SET user = 1"));
    WORKS(store_device_wrong_pin(tx, business, broken.id, &wrong));
    proven_log_in(tx, &broken, "older");
    WORKS(store_device_wrong_pin(tx, business, broken.id, &wrong));
    WORKS(store_device_renew(tx, business, broken.id));
    WORKS(replace(tx, &broken, "NEW", &other));
    assert_int_equal(other, 0);
    is_unknown(tx, "old");
    is_unknown(tx, "older");
    was_dropped(tx, "old", broken.id);
    WORKS(store_device_by_code(tx, business, broken.code, &found));
    assert_string_equal(found.serial, "NEW");
    assert_int_equal(found.user, 0);
    assert_int_equal(found.wrong_pins, 0);
    assert_false(found.has_credential);
    assert_false(found.renew);
    assert_int_equal(device_add(tx, business, "NEW", "new").id, broken.id);
    /* The old one has no claim on the code any more. */
    found = device_add(tx, business, "OLD", "repaired");
    assert_int_not_equal(found.id, broken.id);
    assert_string_not_equal(found.code, broken.code);
}

static void a_removed_terminal_is_as_good_as_one_that_is_not_known(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device broken = device_add(tx, business, "OLD", "old");
    struct device spare = device_add(tx, business, "NEW", "new");
    struct device found;
    int64_t other;

    WORKS(store_device_remove(tx, business, spare.id));
    WORKS(replace(tx, &broken, "NEW", &other));
    is_unknown(tx, "new");
    is_unknown(tx, "old");
    was_dropped(tx, "new", broken.id);
    was_dropped(tx, "old", spare.id);
    found = device_add(tx, business, "NEW", "newer");
    assert_string_equal(found.code, broken.code);
}

static void a_chain_of_replacements_keeps_every_code_with_one_terminal(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device a = device_add(tx, business, "A", "a");
    struct device b = device_add(tx, business, "B", "b");
    struct device c = device_add(tx, business, "C", "c");
    int64_t other;

    WORKS(replace(tx, &a, "B", &other));
    WORKS(replace(tx, &a, "C", &other));
    assert_int_equal(other, c.id);
    assert_int_equal(by_credential(tx, "c", false).id, a.id);
    is_unknown(tx, "b");
    assert_int_equal(device_add(tx, business, "A", "a again").id, b.id);
    assert_int_equal(device_add(tx, business, "B", "b again").id, c.id);
    WORKS(replace(tx, &a, "A", &other));
    assert_int_equal(by_credential(tx, "a again", false).id, a.id);
}

static void itself_a_removed_one_and_a_foreign_one_are_refused(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device = device_add(tx, business, "ONE", "one");
    struct device foreign = device_add(tx, business_add(tx, "C"), "TWO", "two");
    struct device as_ours = foreign;
    int64_t other;

    assert_int_equal(replace(tx, &device, "ONE", &other), FAIL_CONFLICT);
    as_ours.business = business;
    assert_int_equal(replace(tx, &as_ours, "NEW", &other), FAIL_NOT_FOUND);
    /* A foreign serial number is simply not known here. */
    WORKS(replace(tx, &device, "TWO", &other));
    assert_int_equal(other, 0);
    assert_int_equal(by_credential(tx, "two", false).id, foreign.id);
    WORKS(store_device_remove(tx, business, device.id));
    assert_int_equal(replace(tx, &device, "NEW", &other), FAIL_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_registered_terminal_comes_with_its_credentials_and_leaves_its_code),
        VERB_TEST(a_terminal_that_is_not_known_yet_is_the_device_when_it_logs_in),
        VERB_TEST(a_removed_terminal_is_as_good_as_one_that_is_not_known),
        VERB_TEST(a_chain_of_replacements_keeps_every_code_with_one_terminal),
        VERB_TEST(itself_a_removed_one_and_a_foreign_one_are_refused),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
