/* Users: what is unique, and where. */
#include "store/fixture.h"

static void a_user_is_found_by_id_email_and_pin(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash pin = hash_of("1234");
    int64_t business = business_add(tx, "B");
    int64_t id = user_add(tx, business, "ada@example.com", &pin);
    char password[PASSWORD_HASH_SIZE] = "";
    struct user user;

    WORKS(store_user_find(tx, business, id, &user));
    assert_int_equal(user.id, id);
    assert_int_equal(user.business, business);
    assert_string_equal(user.name, "Ada");
    assert_string_equal(user.email, "ada@example.com");
    assert_int_equal(user.role, ROLE_CASHIER);
    assert_true(user.has_pin);
    assert_int_equal(user.created_ms, NOW_MS);
    memset(&user, 0, sizeof(user));
    WORKS(store_user_by_email(tx, "ada@example.com", &user, password));
    assert_int_equal(user.id, id);
    assert_string_equal(password, "$argon2id$");
    memset(&user, 0, sizeof(user));
    WORKS(store_user_by_pin(tx, business, &pin, &user));
    assert_int_equal(user.id, id);
}

static void nobody_is_found_by_what_nobody_has(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash pin = hash_of("9999");
    int64_t business = business_add(tx, "B");
    char password[PASSWORD_HASH_SIZE] = "kept";
    struct user user;

    (void)user_add(tx, business, "ada@example.com", NULL);
    assert_int_equal(store_user_by_email(tx, "eve@example.com", &user, password), FAIL_NOT_FOUND);
    assert_string_equal(password, "kept");
    assert_int_equal(store_user_by_pin(tx, business, &pin, &user), FAIL_NOT_FOUND);
}

static void an_email_is_unique_in_the_system_and_a_pin_in_its_business(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash pin = hash_of("1234");
    int64_t business = business_add(tx, "B");
    int64_t other = business_add(tx, "C");
    struct store_user_new user = {
        .business = other, .name = "Eve", .email = "ada@example.com", .password_hash = "h"};
    const char *taken = NULL;
    int64_t id = 99;

    (void)user_add(tx, business, "ada@example.com", &pin);
    assert_int_equal(store_user_add(tx, &user, &id, &taken), FAIL_CONFLICT);
    assert_string_equal(taken, "email");
    user.business = business;
    user.email = "eve@example.com";
    user.pin = &pin;
    assert_int_equal(store_user_add(tx, &user, &id, &taken), FAIL_CONFLICT);
    assert_string_equal(taken, "pin");
    assert_int_equal(id, 99);
    user.business = other;
    WORKS(store_user_add(tx, &user, &id, &taken));
}

static void any_number_of_users_have_no_pin(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");

    assert_true(user_add(tx, business, "a@x", NULL) != user_add(tx, business, "b@x", NULL));
}

static void a_user_needs_a_business_and_a_folded_email(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct store_user_new user = {.business = 5, .name = "E", .email = "e@x", .password_hash = "h"};
    const char *taken = NULL;
    int64_t id = 0;

    assert_int_equal(store_user_add(tx, &user, &id, &taken), FAIL_NOT_FOUND);
    user.business = business_add(tx, "B");
    user.email = "E@x";
    assert_int_equal(store_user_add(tx, &user, &id, &taken), FAIL_INVALID);
}

static void only_the_given_fields_change(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash pin = hash_of("4321");
    enum account_role role = ROLE_ADMINISTRATOR;
    int64_t business = business_add(tx, "B");
    int64_t id = user_add(tx, business, "ada@example.com", NULL);
    const char *taken = NULL;
    char password[PASSWORD_HASH_SIZE];
    struct user user;

    WORKS(store_user_set(tx, business, id, &(struct store_user_change){.name = "Ada L."}, &taken));
    WORKS(store_user_set(tx, business, id, &(struct store_user_change){.role = &role}, &taken));
    WORKS(store_user_set(tx, business, id, &(struct store_user_change){.pin = &pin}, &taken));
    WORKS(store_user_by_email(tx, "ada@example.com", &user, password));
    assert_string_equal(user.name, "Ada L.");
    assert_int_equal(user.role, ROLE_ADMINISTRATOR);
    assert_true(user.has_pin);
    assert_string_equal(password, "$argon2id$");
    WORKS(store_user_set(tx, business, id,
                         &(struct store_user_change){.email = "l@x", .password_hash = "new"},
                         &taken));
    WORKS(store_user_by_email(tx, "l@x", &user, password));
    assert_string_equal(password, "new");
    assert_string_equal(user.name, "Ada L.");
    WORKS(store_user_by_pin(tx, business, &pin, &user));
}

static void a_change_cannot_take_what_another_has(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash pin = hash_of("1234");
    struct store_user_change email = {.email = "a@x"};
    struct store_user_change number = {.pin = &pin};
    int64_t business = business_add(tx, "B");
    int64_t first = user_add(tx, business, "a@x", &pin);
    int64_t second = user_add(tx, business, "b@x", NULL);
    const char *taken = NULL;
    struct user user;

    assert_int_equal(store_user_set(tx, business, second, &email, &taken), FAIL_CONFLICT);
    assert_string_equal(taken, "email");
    assert_int_equal(store_user_set(tx, business, second, &number, &taken), FAIL_CONFLICT);
    assert_string_equal(taken, "pin");
    number.email = "c@x";
    assert_int_equal(store_user_set(tx, business, second, &number, &taken), FAIL_CONFLICT);
    assert_string_equal(taken, "pin");
    number.email = "b@x"; /* its own: it is the PIN that is taken */
    assert_int_equal(store_user_set(tx, business, second, &number, &taken), FAIL_CONFLICT);
    assert_string_equal(taken, "pin");
    WORKS(store_user_find(tx, business, second, &user));
    assert_string_equal(user.email, "b@x");
    /* Its own is not taken. */
    number.email = "a@x";
    WORKS(store_user_set(tx, business, first, &number, &taken));
}

static void removal_logs_out_of_every_device(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash credential = hash_of("c");
    int64_t business = business_add(tx, "B");
    int64_t id = user_add(tx, business, "a@x", NULL);
    int64_t other = user_add(tx, business, "b@x", NULL);
    struct store_registration registration = {
        .business = business, .serial = "S1", .user = id, .credential = &credential};
    struct secret_hash second = hash_of("d");
    struct device device;
    struct user user;

    WORKS(store_device_register(tx, &registration, &device));
    assert_int_equal(device.user, id);
    registration.serial = "S2";
    registration.user = other;
    registration.credential = &second;
    WORKS(store_device_register(tx, &registration, &device));
    WORKS(store_user_remove(tx, business, id));
    assert_int_equal(store_user_find(tx, business, id, &user), FAIL_NOT_FOUND);
    assert_int_equal(store_user_remove(tx, business, id), FAIL_NOT_FOUND);
    WORKS(store_device_by_serial(tx, business, "S1", &device));
    assert_int_equal(device.user, 0);
    WORKS(store_device_by_serial(tx, business, "S2", &device));
    assert_int_equal(device.user, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_user_is_found_by_id_email_and_pin),
        VERB_TEST(nobody_is_found_by_what_nobody_has),
        VERB_TEST(an_email_is_unique_in_the_system_and_a_pin_in_its_business),
        VERB_TEST(any_number_of_users_have_no_pin),
        VERB_TEST(a_user_needs_a_business_and_a_folded_email),
        VERB_TEST(only_the_given_fields_change),
        VERB_TEST(a_change_cannot_take_what_another_has),
        VERB_TEST(removal_logs_out_of_every_device),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
