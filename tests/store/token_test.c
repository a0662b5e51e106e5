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
        VERB_TEST(a_removed_token_is_gone),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
