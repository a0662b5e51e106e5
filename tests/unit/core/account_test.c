/* Names, addresses, passwords and PINs at their limits and one past them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "core/account.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* `count` times `unit`, at most 400 bytes; good until the next call. */
static struct slice repeated(const char *unit, size_t count)
{
    static char text[400];
    size_t length = strlen(unit);
    size_t i;

    assert_true(count * length <= sizeof(text));
    for (i = 0; i < count; i++) {
        memcpy(text + i * length, unit, length);
    }
    return slice_make(text, count * length);
}

static void a_name_has_1_to_80_characters(void **state)
{
    (void)state;
    assert_null(account_name_problem(slice_of("A")));
    assert_null(account_name_problem(slice_of("Caf\xc3\xa9 & Co. \"West\"")));
    assert_null(account_name_problem(repeated("x", 80)));
    assert_null(account_name_problem(repeated("\xf0\x9f\x8d\x8e", 80)));
    assert_non_null(account_name_problem(slice_of("")));
    assert_non_null(account_name_problem((struct slice){NULL, 0}));
    assert_non_null(account_name_problem(repeated("x", 81)));
    assert_non_null(account_name_problem(repeated("\xf0\x9f\x8d\x8e", 81)));
}

static void a_name_has_no_control_characters_nor_blanks_at_its_ends(void **state)
{
    static const char *const bad[] = {" A",   "A ",    "\tA",       "A\t",
                                      "A\nB", "A\x7f", "A\xc2\x85", "A\xff"};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(bad); i++) {
        assert_non_null(account_name_problem(slice_of(bad[i])));
    }
    assert_non_null(account_name_problem(slice_make("A\0B", 3)));
}

static void the_longest_name_fits_its_array(void **state)
{
    char out[ACCOUNT_NAME_SIZE];

    (void)state;
    assert_int_equal(slice_copy(repeated("\xf0\x9f\x8d\x8e", 80), out, sizeof(out)), FAIL_NONE);
}

static void an_email_address_has_one_at_sign_inside(void **state)
{
    static const char *const good[] = {"a@b", "ana+till@example.com", "A.B@x-y.example"};
    static const char *const bad[] = {"",      "@",     "a@",    "@b",    "ab",
                                      "a@b@c", "a b@c", "a@b c", "a@b\n", "a@caf\xc3\xa9"};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(good); i++) {
        assert_null(account_email_problem(slice_of(good[i])));
    }
    for (i = 0; i < COUNT_OF(bad); i++) {
        assert_non_null(account_email_problem(slice_of(bad[i])));
    }
}

static void an_email_address_has_at_most_254_bytes(void **state)
{
    char email[ACCOUNT_EMAIL_MAX + 1];

    (void)state;
    memset(email, 'x', sizeof(email));
    email[1] = '@';
    assert_null(account_email_problem(slice_make(email, ACCOUNT_EMAIL_MAX)));
    assert_non_null(account_email_problem(slice_make(email, ACCOUNT_EMAIL_MAX + 1)));
}

static void email_addresses_are_folded_to_lower_case(void **state)
{
    char longest[ACCOUNT_EMAIL_MAX];
    char out[ACCOUNT_EMAIL_SIZE];

    (void)state;
    account_email_fold(slice_of("Ana+[TILL]@Example.COM"), out);
    assert_string_equal(out, "ana+[till]@example.com");
    account_email_fold(slice_of(""), out);
    assert_string_equal(out, "");
    memset(longest, 'X', sizeof(longest));
    account_email_fold(slice_make(longest, sizeof(longest)), out);
    assert_int_equal(strlen(out), ACCOUNT_EMAIL_MAX);
    assert_int_equal(strspn(out, "x"), ACCOUNT_EMAIL_MAX);
}

static void a_password_has_8_characters_to_256_bytes(void **state)
{
    (void)state;
    assert_null(account_password_problem(repeated("x", 8)));
    assert_null(account_password_problem(repeated("x", 256)));
    assert_null(account_password_problem(slice_of("  pass word  ")));
    assert_non_null(account_password_problem(repeated("x", 7)));
    assert_non_null(account_password_problem(repeated("x", 257)));
    assert_non_null(account_password_problem((struct slice){NULL, 0}));
}

/* Four characters of two bytes are no eight characters. */
static void the_characters_of_a_password_are_counted_not_its_bytes(void **state)
{
    (void)state;
    assert_non_null(account_password_problem(repeated("\xc3\xa9", 7)));
    assert_null(account_password_problem(repeated("\xc3\xa9", 8)));
    assert_null(account_password_problem(repeated("\xc3\xa9", 128)));
    assert_non_null(account_password_problem(repeated("\xc3\xa9", 129)));
}

static void a_password_is_text(void **state)
{
    (void)state;
    assert_non_null(account_password_problem(slice_of("pass\nword")));
    assert_non_null(account_password_problem(slice_of("password\xff")));
    assert_non_null(account_password_problem(slice_make("pass\0word", 9)));
}

static void a_pin_has_4_to_8_digits(void **state)
{
    static const char *const bad[] = {"",     "123",   "123456789", "123a", "12 4",
                                      "-123", "+1234", "12.4",      "/123", ":123"};
    size_t i;

    (void)state;
    assert_null(account_pin_problem(slice_of("0000")));
    assert_null(account_pin_problem(slice_of("12345678")));
    for (i = 0; i < COUNT_OF(bad); i++) {
        assert_non_null(account_pin_problem(slice_of(bad[i])));
    }
}

static void a_serial_number_has_1_to_64_plain_characters(void **state)
{
    static const char *const bad[] = {"",    " ",   "a b", "a/b",      "a:b", "a@b",
                                      "a[b", "a`b", "a{b", "\xc3\xa9", "a,b"};
    size_t i;

    (void)state;
    assert_null(account_serial_problem(slice_of("T")));
    assert_null(account_serial_problem(slice_of("TW-az.AZ_09")));
    assert_null(account_serial_problem(repeated("x", 64)));
    assert_non_null(account_serial_problem(repeated("x", 65)));
    for (i = 0; i < COUNT_OF(bad); i++) {
        assert_non_null(account_serial_problem(slice_of(bad[i])));
    }
}

static void the_currency_is_cad_or_usd(void **state)
{
    static const char *const bad[] = {"", "CA", "CADD", "cad", "EUR", "usd"};
    size_t i;

    (void)state;
    assert_null(account_currency_problem(slice_of("CAD")));
    assert_null(account_currency_problem(slice_of("USD")));
    for (i = 0; i < COUNT_OF(bad); i++) {
        assert_non_null(account_currency_problem(slice_of(bad[i])));
    }
}

static void roles_have_their_names(void **state)
{
    enum account_role role = ROLE_CASHIER;

    (void)state;
    assert_string_equal(account_role_name(ROLE_ADMINISTRATOR), "administrator");
    assert_string_equal(account_role_name(ROLE_CASHIER), "cashier");
    assert_true(account_role_read(slice_of("administrator"), &role));
    assert_int_equal(role, ROLE_ADMINISTRATOR);
    assert_false(account_role_read(slice_of("Cashier"), &role));
    assert_false(account_role_read(slice_of(""), &role));
    assert_int_equal(role, ROLE_ADMINISTRATOR);
    assert_true(account_role_read(slice_of("cashier"), &role));
    assert_int_equal(role, ROLE_CASHIER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_1_to_80_characters),
        cmocka_unit_test(a_name_has_no_control_characters_nor_blanks_at_its_ends),
        cmocka_unit_test(the_longest_name_fits_its_array),
        cmocka_unit_test(an_email_address_has_one_at_sign_inside),
        cmocka_unit_test(an_email_address_has_at_most_254_bytes),
        cmocka_unit_test(email_addresses_are_folded_to_lower_case),
        cmocka_unit_test(a_password_has_8_characters_to_256_bytes),
        cmocka_unit_test(the_characters_of_a_password_are_counted_not_its_bytes),
        cmocka_unit_test(a_password_is_text),
        cmocka_unit_test(a_pin_has_4_to_8_digits),
        cmocka_unit_test(a_serial_number_has_1_to_64_plain_characters),
        cmocka_unit_test(the_currency_is_cad_or_usd),
        cmocka_unit_test(roles_have_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
