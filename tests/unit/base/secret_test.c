/* Secrets and their hashes, against values from other implementations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/secret.h"

static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Computed with Python's hashlib and hmac. */
static const char BLAKE2B_OF_ABC[] =
    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
static const char BLAKE2B_OF_NOTHING[] =
    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
static const char HMAC_OF_1234[] =
    "20762dbc7bc22e821b2bd42087b7097e766def6c7c617c6463963f2f52a997c1";

static void assert_hash(const struct secret_hash *hash, const char *hex)
{
    size_t i;

    for (i = 0; i < SECRET_HASH_SIZE; i++) {
        char pair[3] = {hex[i * 2], hex[i * 2 + 1], '\0'};

        assert_int_equal(hash->bytes[i], strtoul(pair, NULL, 16));
    }
}

static void a_secret_is_43_characters_of_base64url(void **state)
{
    char secret[SECRET_TEXT_SIZE];
    char other[SECRET_TEXT_SIZE];

    (void)state;
    secret_make(secret);
    secret_make(other);
    assert_int_equal(strlen(secret), SECRET_TEXT_SIZE - 1);
    assert_int_equal(strspn(secret, BASE64URL), SECRET_TEXT_SIZE - 1);
    assert_string_not_equal(secret, other);
}

static void ones(void *context, void *out, size_t length)
{
    (void)context;
    memset(out, 0xff, length);
}

static void all_256_bits_are_in_the_text(void **state)
{
    char secret[SECRET_TEXT_SIZE];

    (void)state;
    id_replace(ones, NULL);
    secret_make(secret);
    id_replace(NULL, NULL);
    assert_string_equal(secret, "__________________________________________8");
}

static void the_hash_is_blake2b(void **state)
{
    struct secret_hash hash = secret_hash_of(slice_of("abc"));
    struct secret_hash nothing = secret_hash_of((struct slice){NULL, 0});

    (void)state;
    assert_hash(&hash, BLAKE2B_OF_ABC);
    assert_hash(&nothing, BLAKE2B_OF_NOTHING);
}

static void the_keyed_hash_is_hmac_and_depends_on_the_key(void **state)
{
    uint8_t key[SECRET_KEY_SIZE];
    struct secret_hash first;
    struct secret_hash second;
    uint8_t i;

    (void)state;
    for (i = 0; i < SECRET_KEY_SIZE; i++) {
        key[i] = i;
    }
    first = secret_keyed_hash(key, slice_of("1234"));
    assert_hash(&first, HMAC_OF_1234);
    key[SECRET_KEY_SIZE - 1] ^= 1;
    second = secret_keyed_hash(key, slice_of("1234"));
    assert_false(secret_hash_equals(&first, &second));
}

static void hashes_are_equal_when_every_bit_is(void **state)
{
    struct secret_hash one = secret_hash_of(slice_of("one"));
    struct secret_hash same = one;
    size_t i;

    (void)state;
    assert_true(secret_hash_equals(&one, &same));
    for (i = 0; i < SECRET_HASH_SIZE; i++) {
        same.bytes[i] ^= 0x80;
        assert_false(secret_hash_equals(&one, &same));
        same.bytes[i] ^= 0x80;
    }
}

static void wiping_overwrites(void **state)
{
    char secret[8] = "secret!";
    static const char zeros[8];

    (void)state;
    secret_wipe(secret, 6);
    assert_memory_equal(secret, "\0\0\0\0\0\0!", 8);
    secret_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, zeros, sizeof(zeros));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_43_characters_of_base64url),
        cmocka_unit_test(all_256_bits_are_in_the_text),
        cmocka_unit_test(the_hash_is_blake2b),
        cmocka_unit_test(the_keyed_hash_is_hmac_and_depends_on_the_key),
        cmocka_unit_test(hashes_are_equal_when_every_bit_is),
        cmocka_unit_test(wiping_overwrites),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
