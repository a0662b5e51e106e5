/* Passwords, and the hash of nobody, which must cost what a real one costs.
 * The source is included for that constant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/id.h"
#include "base/password.c"

static void a_password_matches_its_own_hash_alone(void **state)
{
    char hash[PASSWORD_HASH_SIZE];

    (void)state;
    assert_int_equal(password_hash(slice_of("correct horse"), hash), FAIL_NONE);
    assert_true(password_matches(hash, slice_of("correct horse")));
    assert_false(password_matches(hash, slice_of("correct horsf")));
    assert_false(password_matches(hash, slice_of("correct hors")));
    assert_false(password_matches(hash, slice_of("")));
}

static void two_hashes_of_one_password_differ(void **state)
{
    char first[PASSWORD_HASH_SIZE];
    char second[PASSWORD_HASH_SIZE];

    (void)state;
    assert_int_equal(password_hash(slice_of("correct horse"), first), FAIL_NONE);
    assert_int_equal(password_hash(slice_of("correct horse"), second), FAIL_NONE);
    assert_string_not_equal(first, second);
}

static void a_hash_has_the_agreed_parameters(void **state)
{
    char hash[PASSWORD_HASH_SIZE];

    (void)state;
    assert_int_equal(password_hash(slice_of("correct horse"), hash), FAIL_NONE);
    assert_true(slice_starts_with(slice_of(hash), "$argon2id$v=19$m=7168,t=5,p=1$"));
}

static void a_password_of_256_bytes_is_the_longest(void **state)
{
    char longest[PASSWORD_MAX + 1];
    char hash[PASSWORD_HASH_SIZE] = "untouched";

    (void)state;
    memset(longest, 'x', sizeof(longest));
    assert_int_equal(password_hash(slice_make(longest, PASSWORD_MAX + 1), hash), FAIL_LIMIT);
    assert_string_equal(hash, "untouched");
    assert_int_equal(password_hash(slice_make(longest, PASSWORD_MAX), hash), FAIL_NONE);
    assert_true(password_matches(hash, slice_make(longest, PASSWORD_MAX)));
    assert_false(password_matches(hash, slice_make(longest, PASSWORD_MAX + 1)));
    assert_false(password_matches(hash, slice_make(longest, PASSWORD_MAX - 1)));
}

static void what_is_no_hash_matches_nothing(void **state)
{
    (void)state;
    assert_false(password_matches("", slice_of("")));
    assert_false(password_matches("correct horse", slice_of("correct horse")));
}

static void nobody_has_no_password(void **state)
{
    (void)state;
    assert_false(password_matches(NULL, slice_of("correct horse")));
    assert_false(password_matches(NULL, slice_of("")));
}

/* libsodium sets EINVAL only when it has computed the hash and it differs; a
 * text that it cannot read fails before, and would tell who exists by time. */
static void nobody_costs_as_much_as_somebody(void **state)
{
    static const char broken[PASSWORD_HASH_SIZE] = "$argon2id$broken";

    (void)state;
    errno = 0;
    assert_int_equal(crypto_pwhash_argon2id_str_verify(NOBODY, "correct horse", 13), -1);
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_int_equal(crypto_pwhash_argon2id_str_verify(broken, "x", 1), -1);
    assert_int_not_equal(errno, EINVAL);
    assert_int_equal(crypto_pwhash_argon2id_str_needs_rehash(NOBODY, PASSES, MEMORY_BYTES), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_matches_its_own_hash_alone),
        cmocka_unit_test(two_hashes_of_one_password_differ),
        cmocka_unit_test(a_hash_has_the_agreed_parameters),
        cmocka_unit_test(a_password_of_256_bytes_is_the_longest),
        cmocka_unit_test(what_is_no_hash_matches_nothing),
        cmocka_unit_test(nobody_has_no_password),
        cmocka_unit_test(nobody_costs_as_much_as_somebody),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
