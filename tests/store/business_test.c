/* Businesses. */
#include "store/fixture.h"

static void a_business_is_added_and_found(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct business business;
    int64_t id = 0;

    WORKS(store_business_add(tx, "Caf\xc3\xa9 Nord", "USD", false, 123456789012, &id));
    assert_true(id >= 1);
    WORKS(store_business_find(tx, id, &business));
    assert_int_equal(business.id, id);
    assert_string_equal(business.name, "Caf\xc3\xa9 Nord");
    assert_string_equal(business.currency, "USD");
    assert_false(business.api_mode);
    assert_int_equal(business.created_ms, 123456789012);
}

static void name_and_api_mode_change(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t id = business_add(tx, "Old");
    int64_t other = business_add(tx, "Other");
    struct business business;

    WORKS(store_business_set_name(tx, id, "New"));
    WORKS(store_business_set_api_mode(tx, id, false));
    WORKS(store_business_find(tx, id, &business));
    assert_string_equal(business.name, "New");
    assert_false(business.api_mode);
    WORKS(store_business_find(tx, other, &business));
    assert_string_equal(business.name, "Other");
    assert_true(business.api_mode);
}

static void an_unknown_business_is_not_found(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct business business = {.id = 77};

    assert_int_equal(store_business_find(tx, 1, &business), FAIL_NOT_FOUND);
    assert_int_equal(business.id, 77); /* untouched */
    assert_int_equal(store_business_set_name(tx, 1, "X"), FAIL_NOT_FOUND);
    assert_int_equal(store_business_set_api_mode(tx, 1, true), FAIL_NOT_FOUND);
    assert_int_equal(store_business_remove(tx, 1), FAIL_NOT_FOUND);
}

static void a_name_of_eighty_characters_fits_and_one_more_does_not(void **state)
{
    struct store_tx *tx = verbs_of(state);
    char name[81 * 4 + 1] = "";
    struct business business;
    int64_t id = 0;
    int i;

    for (i = 0; i < 81; i++) {
        memcpy(name + i * 4, "\xf0\x9f\x9a\x80", 5);
    }
    assert_int_equal(store_business_add(tx, name, "CAD", true, 0, &id), FAIL_INVALID);
    name[sizeof(name) - 1 - 4] = '\0';
    WORKS(store_business_add(tx, name, "CAD", true, 0, &id));
    WORKS(store_business_find(tx, id, &business));
    assert_string_equal(business.name, name);
    assert_int_equal(store_business_set_name(tx, id, ""), FAIL_INVALID);
}

static void removal_takes_all_that_belongs_to_it_and_nothing_else(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct permissions permissions = {0};
    struct secret_hash hashes[2] = {hash_of("token one"), hash_of("token two")};
    int64_t business[2] = {business_add(tx, "One"), business_add(tx, "Two")};
    int64_t user[2] = {user_add(tx, business[0], "a@x", NULL),
                       user_add(tx, business[1], "b@x", NULL)};
    struct device device[2] = {device_add(tx, business[0], "S1", "c1"),
                               device_add(tx, business[1], "S1", "c2")};
    int64_t token[2] = {0};
    struct device found;
    struct user person;
    struct token found_token;
    bool is_next;
    struct secret_hash credential = hash_of("c1");

    WORKS(store_token_add(
        tx, &(struct store_token_new){business[0], "t", hashes[0], permissions, 0, 0}, &token[0]));
    WORKS(store_token_add(
        tx, &(struct store_token_new){business[1], "t", hashes[1], permissions, 0, 0}, &token[1]));
    WORKS(sqlite_run(tx, "UPDATE device SET user = (SELECT id FROM user AS u"
                         " WHERE u.business = device.business)"));
    WORKS(store_business_remove(tx, business[0]));
    assert_int_equal(store_user_find(tx, business[0], user[0], &person), FAIL_NOT_FOUND);
    assert_int_equal(store_token_by_hash(tx, &hashes[0], &found_token), FAIL_NOT_FOUND);
    assert_int_equal(store_device_by_credential(tx, &credential, &found, &is_next), FAIL_NOT_FOUND);
    WORKS(store_user_find(tx, business[1], user[1], &person));
    WORKS(store_token_by_hash(tx, &hashes[1], &found_token));
    WORKS(store_device_by_code(tx, business[1], device[1].code, &found));
    assert_int_equal(found.user, user[1]);
}

static void an_id_is_never_given_twice(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t first = business_add(tx, "One");

    WORKS(store_business_remove(tx, first));
    assert_true(business_add(tx, "Two") > first);
}

static void a_business_behaves_as_it_was_told_to(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t id = business_add(tx, "B");
    struct rate_limits rate = {.concurrent = 5, .minute = 0, .hour = 3000};
    struct business business;

    WORKS(store_business_find(tx, id, &business));
    assert_false(business.preset_helcim);
    assert_false(business.rate_is_own);
    WORKS(store_business_set_preset(tx, id, true));
    WORKS(store_business_set_rate(tx, id, &rate));
    WORKS(store_business_find(tx, id, &business));
    assert_true(business.preset_helcim);
    assert_true(business.rate_is_own);
    assert_int_equal(business.rate.concurrent, 5);
    assert_int_equal(business.rate.minute, 0);
    assert_int_equal(business.rate.hour, 3000);
    WORKS(store_business_set_preset(tx, id, false));
    WORKS(store_business_set_rate(tx, id, NULL));
    WORKS(store_business_find(tx, id, &business));
    assert_false(business.preset_helcim);
    assert_false(business.rate_is_own);
    assert_int_equal(store_business_set_preset(tx, id + 1, true), FAIL_NOT_FOUND);
    assert_int_equal(store_business_set_rate(tx, id + 1, &rate), FAIL_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_business_behaves_as_it_was_told_to),
        VERB_TEST(a_business_is_added_and_found),
        VERB_TEST(name_and_api_mode_change),
        VERB_TEST(an_unknown_business_is_not_found),
        VERB_TEST(a_name_of_eighty_characters_fits_and_one_more_does_not),
        VERB_TEST(removal_takes_all_that_belongs_to_it_and_nothing_else),
        VERB_TEST(an_id_is_never_given_twice),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
