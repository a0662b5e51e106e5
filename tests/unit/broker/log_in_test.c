/* Logging in on a terminal: who may, and what it is given. */
#include "store/mint.h"
#include "store/payment.h"
#include "unit/broker/attempt.h"

/* In place of the store's: a business that has used all its codes takes a
 * million rows. */
static bool no_codes_left;
static uint32_t codes_minted;

enum fail mint_code(struct store_tx *tx, int64_t business, char out[CODE_SIZE])
{
    (void)tx;
    (void)business;
    if (no_codes_left) {
        return FAIL_LIMIT;
    }
    code_from_number(codes_minted++, out);
    return FAIL_NONE;
}

/* --- What the store knows -------------------------------------------------------- */

struct credential_look {
    const char *credential;
    struct device device;
    bool is_next;
};

static enum fail credential_find(struct store_tx *tx, void *argument)
{
    struct credential_look *look = argument;
    struct secret_hash hash = hash_of(look->credential);

    return store_device_by_credential(tx, &hash, &look->device, &look->is_next);
}

/* "current", "next", or "none". */
static const char *standing(struct scene *scene, const char *credential)
{
    struct credential_look look = {.credential = credential};
    enum fail fail = scene_try(scene, credential_find, &look);

    if (fail == FAIL_NOT_FOUND) {
        return "none";
    }
    assert_int_equal(fail, FAIL_NONE);
    return look.is_next ? "next" : "current";
}

static enum fail api_mode_off(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;

    return store_business_set_api_mode(tx, scene->business, false);
}

/* --- Right and wrong ---------------------------------------------------------------- */

static void the_right_password_registers_the_terminal(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    assert_int_equal(outcome_of(scene, &attempt), LOG_IN_DONE);
    assert_int_equal(attempt.log_in->device.business, scene->business);
    assert_int_equal(strlen(attempt.log_in->device.code), CODE_LENGTH);
    assert_string_equal(attempt.log_in->device.serial, "TW-1");
    assert_int_equal(attempt.log_in->device.user, scene->user);
    assert_string_equal(attempt.log_in->business.name, "Shop");
    assert_string_equal(attempt.log_in->user.name, "Ada");
    assert_string_equal(standing(scene, attempt.log_in->credential), "current");
    assert_string_equal(attempt.log_in->password, ""); /* wiped */
    log_in_free(&attempt.log_in);
    assert_null(attempt.log_in);
    scene_remove(scene);
}

static void unknown_and_wrong_are_answered_alike(void **state)
{
    static const char *const cases[][2] = {{SCENE_EMAIL, "wrong horse"},
                                           {"nobody@example.com", SCENE_PASSWORD}};
    struct scene *scene = scene_make(&NO_PORT, false);
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct attempt attempt = by_password("TW-1", cases[i][0], cases[i][1]);

        assert_int_equal(outcome_of(scene, &attempt), LOG_IN_WRONG);
        assert_string_equal(attempt.log_in->credential, "");
        assert_string_equal(attempt.log_in->password, "");
        log_in_free(&attempt.log_in);
    }
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM device"), 0);
    scene_remove(scene);
}

static void a_pin_is_of_the_business_that_knows_the_terminal(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered terminal = registered_as(scene, "TW-1");
    struct attempt right = by_pin("TW-1", SCENE_PIN, &terminal.device);
    struct attempt wrong = by_pin("TW-1", "1235", &terminal.device);
    struct device elsewhere = terminal.device;
    struct attempt foreign;

    (void)state;
    assert_int_equal(outcome_of(scene, &right), LOG_IN_DONE);
    assert_string_equal(right.log_in->device.code, terminal.device.code);
    assert_int_equal(right.log_in->user.id, scene->user);
    assert_string_equal(right.log_in->pin, "");
    assert_int_equal(outcome_of(scene, &wrong), LOG_IN_WRONG);
    elsewhere.business = scene->other;
    foreign = by_pin("TW-1", SCENE_PIN, &elsewhere);
    assert_int_equal(outcome_of(scene, &foreign), LOG_IN_WRONG);
    log_in_free(&right.log_in);
    log_in_free(&wrong.log_in);
    log_in_free(&foreign.log_in);
    scene_remove(scene);
}

static void the_hash_of_a_pin_depends_on_key_business_and_pin(void **state)
{
    static const uint8_t other_key[SECRET_KEY_SIZE] = "another key";
    struct secret_hash hash = log_in_pin_hash(SCENE_PIN_KEY, 1, "1234");
    struct secret_hash same = log_in_pin_hash(SCENE_PIN_KEY, 1, "1234");
    struct secret_hash others[] = {
        log_in_pin_hash(other_key, 1, "1234"), log_in_pin_hash(SCENE_PIN_KEY, 11, "234"),
        log_in_pin_hash(SCENE_PIN_KEY, 2, "1234"), log_in_pin_hash(SCENE_PIN_KEY, 1, "12345")};
    size_t i;

    (void)state;
    assert_true(secret_hash_equals(&hash, &same));
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(secret_hash_equals(&hash, &others[i]));
    }
}

/* --- Serial numbers and codes ---------------------------------------------------------- */

static void no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
    abort();
}

static void a_connected_terminals_serial_number_is_not_given_away(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered real = registered_as(scene, "TW-1");
    struct presence presence = {.device = real.device.id, .business = scene->business};
    struct attempt claim = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    struct attempt itself = by_pin("TW-1", SCENE_PIN, &real.device);
    struct attempt other_serial = by_password("TW-2", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    WORKS(presence_add(&scene->broker->presence, &presence, no_kick, NULL));
    assert_int_equal(outcome_of(scene, &claim), LOG_IN_SERIAL_IN_USE);
    assert_string_equal(standing(scene, real.credential), "current");
    assert_int_equal(outcome_of(scene, &itself), LOG_IN_DONE);
    assert_int_equal(outcome_of(scene, &other_serial), LOG_IN_DONE);
    assert_true(presence_remove(&scene->broker->presence, &presence));
    log_in_free(&claim.log_in);
    claim = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    assert_int_equal(outcome_of(scene, &claim), LOG_IN_DONE);
    assert_string_equal(claim.log_in->device.code, real.device.code);
    log_in_free(&claim.log_in);
    log_in_free(&itself.log_in);
    log_in_free(&other_serial.log_in);
    scene_remove(scene);
}

static enum fail payment_open(struct store_tx *tx, void *argument)
{
    return store_payment_add(tx, argument);
}

static void one_with_an_open_payment_is_not_either_and_says_which(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered real = registered_as(scene, "TW-1");
    struct presence presence = {.device = real.device.id, .business = scene->business};
    struct payment_row row = {.business = scene->business,
                              .device = real.device.id,
                              .payment = payment_make(PAYMENT_PURCHASE, AUTHORITY_TERMINAL, 1),
                              .currency = "CAD",
                              .amount_minor = 1,
                              .created_ms = 1};
    struct attempt claim = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    scene_do(scene, payment_open, &row);
    assert_int_equal(outcome_of(scene, &claim), LOG_IN_SERIAL_IN_USE);
    assert_int_equal(claim.log_in->open_payment, row.id);
    log_in_free(&claim.log_in);
    WORKS(presence_add(&scene->broker->presence, &presence, no_kick, NULL));
    claim = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    assert_int_equal(outcome_of(scene, &claim), LOG_IN_SERIAL_IN_USE);
    assert_int_equal(claim.log_in->open_payment, 0); /* it is connected: that is said first */
    assert_true(presence_remove(&scene->broker->presence, &presence));
    log_in_free(&claim.log_in);
    scene_remove(scene);
}

static void without_a_code_left_no_terminal_is_added(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    no_codes_left = true;
    assert_int_equal(outcome_of(scene, &attempt), LOG_IN_NO_CODES_LEFT);
    no_codes_left = false;
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM device"), 0);
    log_in_free(&attempt.log_in);
    scene_remove(scene);
}

static void while_api_mode_is_off_a_terminal_gets_no_code(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    scene_do(scene, api_mode_off, scene);
    assert_int_equal(outcome_of(scene, &attempt), LOG_IN_DONE);
    assert_string_equal(attempt.log_in->device.code, "");
    assert_false(attempt.log_in->business.api_mode);
    log_in_free(&attempt.log_in);
    scene_remove(scene);
}

/* --- Credentials -------------------------------------------------------------------------- */

static void a_proven_terminal_keeps_its_credential_until_the_next_arrives(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered terminal = registered_as(scene, "TW-1");
    struct attempt again = by_pin("TW-1", SCENE_PIN, &terminal.device);

    (void)state;
    assert_int_equal(outcome_of(scene, &again), LOG_IN_DONE);
    assert_string_equal(standing(scene, terminal.credential), "current");
    assert_string_equal(standing(scene, again.log_in->credential), "next");
    log_in_free(&again.log_in);
    scene_remove(scene);
}

static void on_the_connection_that_gave_a_credential_none_is_given_again(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered terminal = registered_as(scene, "TW-1");
    struct attempt again = by_pin("TW-1", SCENE_PIN, &terminal.device);

    (void)state;
    again.log_in->keep_credential = true;
    assert_int_equal(outcome_of(scene, &again), LOG_IN_DONE);
    assert_string_equal(again.log_in->credential, "");
    assert_string_equal(standing(scene, terminal.credential), "current");
    log_in_free(&again.log_in);
    scene_remove(scene);
}

static void an_unproven_log_in_retires_the_old_credential(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered terminal = registered_as(scene, "TW-1");
    struct registered wiped = registered_as(scene, "TW-1");

    (void)state;
    assert_string_equal(wiped.device.code, terminal.device.code);
    assert_string_equal(standing(scene, terminal.credential), "none");
    assert_string_equal(standing(scene, wiped.credential), "current");
    scene_remove(scene);
}

/* What it has shown belongs to a row of the other business. */
static void a_terminal_that_moves_to_another_business_proves_nothing_there(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct registered here = registered_as(scene, "TW-1");
    struct attempt moved = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    moved.log_in->proven_device = here.device.id + 1;
    moved.log_in->proven_business = scene->other;
    moved.log_in->keep_credential = true; /* of the other row */
    assert_int_equal(outcome_of(scene, &moved), LOG_IN_DONE);
    assert_string_equal(standing(scene, moved.log_in->credential), "current");
    assert_string_equal(standing(scene, here.credential), "none");
    log_in_free(&moved.log_in);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_password_registers_the_terminal),
        cmocka_unit_test(unknown_and_wrong_are_answered_alike),
        cmocka_unit_test(a_pin_is_of_the_business_that_knows_the_terminal),
        cmocka_unit_test(the_hash_of_a_pin_depends_on_key_business_and_pin),
        cmocka_unit_test(a_connected_terminals_serial_number_is_not_given_away),
        cmocka_unit_test(one_with_an_open_payment_is_not_either_and_says_which),
        cmocka_unit_test(without_a_code_left_no_terminal_is_added),
        cmocka_unit_test(while_api_mode_is_off_a_terminal_gets_no_code),
        cmocka_unit_test(a_proven_terminal_keeps_its_credential_until_the_next_arrives),
        cmocka_unit_test(on_the_connection_that_gave_a_credential_none_is_given_again),
        cmocka_unit_test(an_unproven_log_in_retires_the_old_credential),
        cmocka_unit_test(a_terminal_that_moves_to_another_business_proves_nothing_there),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
