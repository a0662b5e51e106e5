/* Devices: a row and a code for life. */
#include "store/fixture.h"

static struct device again(struct store_tx *tx, const struct store_registration *registration)
{
    struct device device = {0};

    WORKS(store_device_register(tx, registration, &device));
    return device;
}

static void a_device_gets_a_code_and_is_found_by_it(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device = device_add(tx, business, "SN-1", "c");
    struct device found;
    char code[CODE_SIZE];

    assert_true(code_read(slice_of(device.code), code));
    assert_string_equal(device.serial, "SN-1");
    assert_string_equal(device.name, "");
    assert_int_equal(device.user, 0);
    assert_int_equal(device.created_ms, NOW_MS);
    assert_int_equal(device.credential_ms, NOW_MS);
    assert_false(device.removed);
    WORKS(store_device_by_code(tx, business, device.code, &found));
    assert_int_equal(found.id, device.id);
    WORKS(store_device_by_serial(tx, business, "SN-1", &found));
    assert_int_equal(found.id, device.id);
}

static void the_same_terminal_keeps_its_row_and_its_code(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    int64_t user = user_add(tx, business, "a@x", NULL);
    struct secret_hash credential = hash_of("second");
    struct device first = device_add(tx, business, "SN-1", "first");
    struct device second = again(tx, &(struct store_registration){.business = business,
                                                                  .serial = "SN-1",
                                                                  .user = user,
                                                                  .with_code = true,
                                                                  .credential = &credential,
                                                                  .now_ms = 2000});

    assert_int_equal(second.id, first.id);
    assert_string_equal(second.code, first.code);
    assert_int_equal(second.created_ms, NOW_MS);
    assert_int_equal(second.credential_ms, 2000);
    assert_int_equal(second.user, user);
}

static void a_code_comes_when_api_mode_does(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct secret_hash credentials[3] = {hash_of("1"), hash_of("2"), hash_of("3")};
    struct store_registration registration = {
        .business = business, .serial = "SN-1", .credential = &credentials[0], .now_ms = 1};
    struct device device = again(tx, &registration);
    char code[CODE_SIZE];

    assert_string_equal(device.code, "");
    assert_int_equal(device.created_ms, 1);
    registration.credential = &credentials[1];
    registration.with_code = true;
    registration.now_ms = 2;
    device = again(tx, &registration);
    assert_int_equal(strlen(device.code), CODE_LENGTH);
    assert_int_equal(device.created_ms, 2);
    memcpy(code, device.code, CODE_SIZE);
    /* And stays when API mode goes. */
    registration.credential = &credentials[2];
    registration.with_code = false;
    device = again(tx, &registration);
    assert_string_equal(device.code, code);
    assert_int_equal(device.created_ms, 2);
}

static void a_removed_device_is_gone_and_comes_back_with_its_code(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device first = device_add(tx, business, "SN-1", "c1");
    struct secret_hash credential = hash_of("c1");
    struct device device;
    bool is_next;

    WORKS(store_device_set_name(tx, business, first.id, "Bar"));
    WORKS(store_device_remove(tx, business, first.id));
    assert_int_equal(store_device_by_code(tx, business, first.code, &device), FAIL_NOT_FOUND);
    assert_int_equal(store_device_by_serial(tx, business, "SN-1", &device), FAIL_NOT_FOUND);
    assert_int_equal(store_device_by_credential(tx, &credential, &device, &is_next),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_device_set_name(tx, business, first.id, "X"), FAIL_NOT_FOUND);
    assert_int_equal(store_device_log_out(tx, business, first.id), FAIL_NOT_FOUND);
    assert_int_equal(store_device_remove(tx, business, first.id), FAIL_NOT_FOUND);
    device = device_add(tx, business, "SN-1", "c2");
    assert_int_equal(device.id, first.id);
    assert_string_equal(device.code, first.code);
    assert_string_equal(device.name, "Bar");
    assert_false(device.removed);
}

/* The first number that random gives is the code of a removed device; the
 * second one is free. */
static void repeat_then_advance(void *context, void *out, size_t length)
{
    unsigned *calls = context;
    uint32_t number = 10 * CODE_COUNT + (*calls < 2 ? 7 : 8); /* above what evenness rejects */

    assert_int_equal(length, sizeof(number));
    (*calls)++;
    memcpy(out, &number, length);
}

static void the_code_of_a_removed_device_is_given_to_nobody_else(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    unsigned calls = 0;
    struct device first;
    struct device second;

    id_replace(repeat_then_advance, &calls);
    first = device_add(tx, business, "SN-1", "c1");
    WORKS(store_device_remove(tx, business, first.id));
    second = device_add(tx, business, "SN-2", "c2");
    id_replace(NULL, NULL);
    assert_int_equal(calls, 3);
    assert_string_not_equal(second.code, first.code);
}

static void two_businesses_may_have_the_same_serial_and_the_same_code(void **state)
{
    struct store_tx *tx = verbs_of(state);
    unsigned calls = 0;
    struct device first;
    struct device second;

    id_replace(repeat_then_advance, &calls);
    first = device_add(tx, business_add(tx, "B"), "SN-1", "c1");
    second = device_add(tx, business_add(tx, "C"), "SN-1", "c2");
    id_replace(NULL, NULL);
    assert_string_equal(first.code, second.code);
    assert_int_not_equal(first.id, second.id);
}

static void a_registration_needs_its_business_and_a_user_of_it(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash credential = hash_of("c");
    int64_t business = business_add(tx, "B");
    int64_t stranger = user_add(tx, business_add(tx, "C"), "a@x", NULL);
    struct store_registration registration = {
        .business = business + 50, .serial = "SN-1", .credential = &credential};
    struct device device;

    assert_int_equal(store_device_register(tx, &registration, &device), FAIL_NOT_FOUND);
    registration.business = business;
    registration.user = stranger;
    assert_int_equal(store_device_register(tx, &registration, &device), FAIL_NOT_FOUND);
}

static void a_log_out_and_a_name_reach_the_row(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct secret_hash credential = hash_of("c");
    int64_t business = business_add(tx, "B");
    struct device device =
        again(tx, &(struct store_registration){.business = business,
                                               .serial = "SN-1",
                                               .user = user_add(tx, business, "a@x", NULL),
                                               .credential = &credential});

    assert_int_not_equal(device.user, 0);
    WORKS(store_device_log_out(tx, business, device.id));
    WORKS(store_device_set_name(tx, business, device.id, "Front desk"));
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_int_equal(device.user, 0);
    assert_string_equal(device.name, "Front desk");
    WORKS(store_device_set_name(tx, business, device.id, ""));
}

static void wrong_pins_are_counted_until_somebody_logs_in(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device = device_add(tx, business, "SN-1", "one");
    struct store_registration keep = {.business = business, .serial = "SN-1", .proven = true};
    unsigned wrong = 0;
    unsigned i;

    assert_int_equal(device.wrong_pins, 0);
    for (i = 1; i <= 6; i++) {
        WORKS(store_device_wrong_pin(tx, business, device.id, &wrong));
        assert_int_equal(wrong, i);
    }
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_int_equal(device.wrong_pins, 6);
    assert_int_equal(store_device_wrong_pin(tx, business + 1, device.id, &wrong), FAIL_NOT_FOUND);
    assert_int_equal(wrong, 6);
    WORKS(store_device_register(tx, &keep, &device)); /* keeps its credential */
    assert_int_equal(device.wrong_pins, 0);
    WORKS(store_device_wrong_pin(tx, business, device.id, &wrong));
    assert_int_equal(wrong, 1);
    assert_int_equal(device_add(tx, business, "SN-1", "two").wrong_pins, 0);
    for (i = 0; i < 1001; i++) {
        WORKS(store_device_wrong_pin(tx, business, device.id, &wrong));
    }
    assert_int_equal(wrong, 1000);
}

static void when_it_was_last_here_is_noted(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct device device = device_add(tx, business, "SN-1", "one");

    assert_int_equal(device.seen_ms, NOW_MS); /* it has just logged in */
    WORKS(store_device_seen(tx, business, device.id, 60000));
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    assert_int_equal(device.seen_ms, 60000);
    assert_int_equal(store_device_seen(tx, business + 1, device.id, 1), FAIL_NOT_FOUND);
    assert_int_equal(device_add(tx, business, "SN-1", "two").seen_ms, NOW_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(wrong_pins_are_counted_until_somebody_logs_in),
        VERB_TEST(when_it_was_last_here_is_noted),
        VERB_TEST(a_device_gets_a_code_and_is_found_by_it),
        VERB_TEST(the_same_terminal_keeps_its_row_and_its_code),
        VERB_TEST(a_code_comes_when_api_mode_does),
        VERB_TEST(a_removed_device_is_gone_and_comes_back_with_its_code),
        VERB_TEST(the_code_of_a_removed_device_is_given_to_nobody_else),
        VERB_TEST(two_businesses_may_have_the_same_serial_and_the_same_code),
        VERB_TEST(a_registration_needs_its_business_and_a_user_of_it),
        VERB_TEST(a_log_out_and_a_name_reach_the_row),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
