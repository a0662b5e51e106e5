/* Tokens. */
#include "store/fixture.h"

static const struct permissions SOME = {.general = 1, .settings = 2, .processing = 3};

static void a_token_is_found_by_its_hash_and_by_its_id(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash hash = hash_of("token");
    int64_t business = business_add(tx, "B");
    struct token token;
    int64_t id = 0;

    WORKS(store_token_add(tx, &(struct store_token_new){business, "Till 1", hash, SOME, NOW_MS, 0},
                          &id));
    WORKS(store_token_by_hash(tx, &hash, &token));
    assert_int_equal(token.id, id);
    assert_int_equal(token.business, business);
    assert_string_equal(token.name, "Till 1");
    assert_int_equal(token.permissions.general, 1);
    assert_int_equal(token.permissions.settings, 2);
    assert_int_equal(token.permissions.processing, 3);
    assert_int_equal(token.created_ms, NOW_MS);
    memset(&token, 0, sizeof(token));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.id, id);
}

static void a_hash_is_unique(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash hash = hash_of("token");
    int64_t business = business_add(tx, "B");
    int64_t other = business_add(tx, "C");
    int64_t id = 0;

    WORKS(
        store_token_add(tx, &(struct store_token_new){business, "t", hash, SOME, NOW_MS, 0}, &id));
    assert_int_equal(
        store_token_add(tx, &(struct store_token_new){other, "t", hash, SOME, NOW_MS, 0}, &id),
        FAIL_CONFLICT);
}

static void a_token_needs_a_business_and_permissions_that_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash hash = hash_of("token");
    struct permissions beyond = {.general = 3};
    int64_t id = 0;

    assert_int_equal(store_token_add(tx, &(struct store_token_new){9, "t", hash, SOME, 0, 0}, &id),
                     FAIL_NOT_FOUND);
    assert_int_equal(
        store_token_add(
            tx, &(struct store_token_new){business_add(tx, "B"), "t", hash, beyond, 0, 0}, &id),
        FAIL_INVALID);
}

static void name_and_permissions_change_and_the_hash_stays(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash hash = hash_of("token");
    struct permissions none = {0};
    int64_t business = business_add(tx, "B");
    struct token token;
    int64_t id = 0;

    WORKS(
        store_token_add(tx, &(struct store_token_new){business, "t", hash, SOME, NOW_MS, 0}, &id));
    WORKS(store_token_set(tx, business, id, "u", NULL));
    WORKS(store_token_by_hash(tx, &hash, &token));
    assert_string_equal(token.name, "u");
    assert_int_equal(token.permissions.processing, 3);
    WORKS(store_token_set(tx, business, id, NULL, &none));
    WORKS(store_token_by_hash(tx, &hash, &token));
    assert_string_equal(token.name, "u");
    assert_int_equal(token.permissions.processing, 0);
}

static void a_token_ends_when_it_was_told_to_or_never(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash hash = hash_of("secret");
    struct token token;
    int64_t id;

    WORKS(
        store_token_add(tx, &(struct store_token_new){business, "t", hash, SOME, NOW_MS, 77}, &id));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.expires_ms, 77);
    WORKS(store_token_set(tx, business, id, "u", NULL));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.expires_ms, 77);
    WORKS(store_token_set_expiry(tx, business, id, 0));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.expires_ms, 0);
    assert_int_equal(store_token_set_expiry(tx, business + 1, id, 5), FAIL_NOT_FOUND);
}

static bool found_by(struct store_tx *tx, const char *secret, bool old)
{
    struct secret_hash hash = hash_of(secret);
    struct token token;
    enum fail fail =
        old ? store_token_by_old_hash(tx, &hash, &token) : store_token_by_hash(tx, &hash, &token);

    assert_true(fail == FAIL_NONE || fail == FAIL_NOT_FOUND);
    return fail == FAIL_NONE;
}

static void a_rotation_keeps_one_old_secret_for_a_while_or_none(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash hashes[] = {hash_of("one"), hash_of("two"), hash_of("three"),
                                   hash_of("four")};
    struct token token;
    int64_t id;

    WORKS(
        store_token_add(tx, &(struct store_token_new){business, "t", hashes[0], SOME, 1, 0}, &id));
    WORKS(store_token_rotate(tx, business, id, &hashes[1], 500));
    assert_true(found_by(tx, "one", true) && found_by(tx, "two", false));
    assert_false(found_by(tx, "one", false) || found_by(tx, "two", true));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.old_until_ms, 500);
    WORKS(store_token_rotate(tx, business, id, &hashes[2], 600));
    assert_false(found_by(tx, "one", true) || found_by(tx, "one", false));
    assert_true(found_by(tx, "two", true) && found_by(tx, "three", false));
    WORKS(store_token_rotate(tx, business, id, &hashes[3], 0));
    assert_false(found_by(tx, "three", true) || found_by(tx, "two", true));
    assert_true(found_by(tx, "four", false));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.old_until_ms, 0);
    assert_int_equal(store_token_rotate(tx, business + 1, id, &hashes[0], 0), FAIL_NOT_FOUND);
}

static void the_last_use_is_noted(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash hash = hash_of("secret");
    struct token token;
    int64_t id;

    WORKS(store_token_add(tx, &(struct store_token_new){business, "t", hash, SOME, 1, 0}, &id));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.used_ms, 0);
    WORKS(store_token_used(tx, business, id, 60000));
    WORKS(store_token_find(tx, business, id, &token));
    assert_int_equal(token.used_ms, 60000);
    assert_int_equal(store_token_used(tx, business + 1, id, 1), FAIL_NOT_FOUND);
}

static void a_removed_token_is_gone(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash hash = hash_of("token");
    int64_t business = business_add(tx, "B");
    struct token token = {.id = -1};
    int64_t id = 0;

    WORKS(
        store_token_add(tx, &(struct store_token_new){business, "t", hash, SOME, NOW_MS, 0}, &id));
    WORKS(store_token_remove(tx, business, id));
    assert_int_equal(store_token_by_hash(tx, &hash, &token), FAIL_NOT_FOUND);
    assert_int_equal(token.id, -1);
    assert_int_equal(store_token_find(tx, business, id, &token), FAIL_NOT_FOUND);
    assert_int_equal(store_token_set(tx, business, id, "x", NULL), FAIL_NOT_FOUND);
    assert_int_equal(store_token_remove(tx, business, id), FAIL_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_token_is_found_by_its_hash_and_by_its_id),
        VERB_TEST(a_hash_is_unique),
        VERB_TEST(a_token_needs_a_business_and_permissions_that_exist),
        VERB_TEST(name_and_permissions_change_and_the_hash_stays),
        VERB_TEST(a_token_ends_when_it_was_told_to_or_never),
        VERB_TEST(a_rotation_keeps_one_old_secret_for_a_while_or_none),
        VERB_TEST(the_last_use_is_noted),
        VERB_TEST(a_removed_token_is_gone),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
