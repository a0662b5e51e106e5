/* A server's public key as people write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_pin.h"

#define ZEROS_40 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* RFC 7469, 2.1.1 */
#define EXAMPLE "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM="

static void a_pin_is_read_with_and_without_its_prefix(void **state)
{
    static const uint8_t FIRST[] = {0x77, 0xaa, 0xb3, 0x46, 0xef, 0x73};
    uint8_t plain[TLS_PIN_SIZE];
    uint8_t prefixed[TLS_PIN_SIZE];

    (void)state;
    assert_true(tls_pin_read(slice_of(EXAMPLE), plain));
    assert_memory_equal(plain, FIRST, sizeof(FIRST));
    assert_int_equal(plain[TLS_PIN_SIZE - 1], 0x63);
    assert_true(tls_pin_read(slice_of("sha256//" EXAMPLE), prefixed));
    assert_memory_equal(plain, prefixed, TLS_PIN_SIZE);
}

static void what_is_no_pin_is_refused(void **state)
{
    static const char *const WRONG[] = {
        "",
        "=",
        "sha256//",
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM",
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM==",
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmMA",
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmN=", /* bits that mean nothing */
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWm==",
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZW-M=",
        "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZW M=",
        " d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWm=",
        "sha256/" EXAMPLE,
        "SHA256//" EXAMPLE,
        "sha1//" EXAMPLE,
        "77aab346ef7338409bf7451ecf6ef15a5b4db23d1ed4c77b1a4618915a195a63",
    };
    uint8_t pin[TLS_PIN_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        memset(pin, 0x5a, sizeof(pin));
        if (tls_pin_read(slice_of(WRONG[i]), pin)) {
            fail_msg("taken for a pin: %s", WRONG[i]);
        }
        assert_int_equal(pin[0], 0x5a);
    }
}

/* Each of the sixteen last characters that 32 bytes can have, and no other. */
static void every_last_character_is_judged(void **state)
{
    static const char ALL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(ALL) - 1; i++) {
        char text[] = ZEROS_40 "AA?=";
        uint8_t pin[TLS_PIN_SIZE];

        text[42] = ALL[i];
        assert_int_equal(tls_pin_read(slice_of(text), pin), i % 4 == 0);
        if (i % 4 == 0) {
            assert_int_equal(pin[TLS_PIN_SIZE - 1], i / 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_read_with_and_without_its_prefix),
        cmocka_unit_test(what_is_no_pin_is_refused),
        cmocka_unit_test(every_last_character_is_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
