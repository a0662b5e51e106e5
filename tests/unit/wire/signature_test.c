/* Signatures of webhooks. The known answers were made with OpenSSL:
 *
 *   printf 'msg_2m5kq7.1768415898.{"id":"25764674","type":"cardTransaction"}' |
 *       openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f -binary | base64
 *
 * What two foreign libraries say of ours is in tests/end/signature.test.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/id.h"
#include "wire/signature.h"

#define ID "msg_2m5kq7"
#define BODY "{\"id\":\"25764674\",\"type\":\"cardTransaction\"}"
#define TOKEN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SIGNED "v1,oUPsCI6oxVGIZpd7d2LmKpnZSdKq/BBZU9gxc9P9A/0="
#define SIGNED_EMPTY "v1,OV284ya1hAgPh7kEIXL3GAV/0VN5R2HU7QJKCUV3lQs="
#define SIGNED_BY_OTHER "v1,3FNSufXKruP8O4Q3OktWOMzrtPrWO/xI/6z66MmgADY="
enum { AT_S = 1768415898 };
#define AT "1768415898"

static void secret_fill(uint8_t secret[SIGNATURE_SECRET_SIZE])
{
    unsigned i;

    for (i = 0; i < SIGNATURE_SECRET_SIZE; i++) {
        secret[i] = (uint8_t)i;
    }
}

/* Each text as its header has it; the body is BODY. */
static enum signature_verdict check(const char *id, const char *timestamp, const char *signatures,
                                    int64_t now_s)
{
    uint8_t secret[SIGNATURE_SECRET_SIZE];

    secret_fill(secret);
    return signature_check(slice_of(id), slice_of(timestamp), slice_of(signatures), slice_of(BODY),
                           secret, now_s);
}

static void a_signature_is_the_one_that_another_program_makes(void **state)
{
    struct signed_message message = {
        .id = slice_of(ID), .timestamp_s = AT_S, .body = slice_of(BODY)};
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    char signature[SIGNATURE_SIZE];

    (void)state;
    secret_fill(secret);
    signature_write(&message, secret, signature);
    assert_string_equal(signature, SIGNED);
    message.body = slice_make(NULL, 0);
    signature_write(&message, secret, signature);
    assert_string_equal(signature, SIGNED_EMPTY);
    message.body = slice_of(BODY);
    memset(secret, 0xff, sizeof(secret));
    signature_write(&message, secret, signature);
    assert_string_equal(signature, SIGNED_BY_OTHER);
}

static void a_token_is_base64_of_its_secret(void **state)
{
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    uint8_t read[SIGNATURE_SECRET_SIZE] = {0};
    char token[SIGNATURE_TOKEN_SIZE];

    (void)state;
    secret_fill(secret);
    signature_token_write(secret, token);
    assert_string_equal(token, TOKEN);
    assert_int_equal(signature_token_read(slice_of(TOKEN), read), FAIL_NONE);
    assert_memory_equal(read, secret, sizeof(secret));
    memset(read, 0, sizeof(read));
    assert_int_equal(signature_token_read(slice_of("whsec_" TOKEN), read), FAIL_NONE);
    assert_memory_equal(read, secret, sizeof(secret));
}

static void a_token_that_is_no_secret_is_refused_and_nothing_is_written(void **state)
{
    static const char *const tokens[] = {
        "",
        "whsec_",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",  /* 31 bytes */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",  /* 33 bytes */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",   /* not filled up */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",  /* bits beyond the end */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= ", /* a blank behind it */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH-8=",  /* the other alphabet */
        "AAECAwQFBgcICQoLDA0O\nxAREhMUFRYXGBkaGxwdHh8=", /* a line's end inside */
        "whsec_whsec_" TOKEN,
    };
    uint8_t secret[SIGNATURE_SECRET_SIZE] = {0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        assert_int_equal(signature_token_read(slice_of(tokens[i]), secret), FAIL_INVALID);
        assert_int_equal(secret[1], 0);
    }
}

static void one_good_signature_among_others_is_enough(void **state)
{
    (void)state;
    assert_int_equal(check(ID, AT, SIGNED, AT_S), SIGNATURE_GOOD);
    assert_int_equal(check(ID, AT, SIGNED_BY_OTHER " " SIGNED, AT_S), SIGNATURE_GOOD);
    assert_int_equal(check(ID, AT, SIGNED " " SIGNED_BY_OTHER, AT_S), SIGNATURE_GOOD);
    assert_int_equal(check(ID, AT, "v1a,AAAA  v2,BBBB " SIGNED " x", AT_S), SIGNATURE_GOOD);
}

static void what_was_not_signed_so_is_wrong(void **state)
{
    static const char *const signatures[] = {
        SIGNED_BY_OTHER,
        SIGNED_EMPTY,
        "v2,oUPsCI6oxVGIZpd7d2LmKpnZSdKq/BBZU9gxc9P9A/0=",
        "V1,oUPsCI6oxVGIZpd7d2LmKpnZSdKq/BBZU9gxc9P9A/0=",
        "v1,oUPsCI6oxVGIZpd7d2LmKpnZSdKq/BBZU9gxc9P9A/0",
        "v1,oUPsCI6oxVGIZpd7d2LmKpnZSdKq/BBZU9gxc9P9A/0=x",
        "v1,",
        ",",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        assert_int_equal(check(ID, AT, signatures[i], AT_S), SIGNATURE_WRONG);
    }
    assert_int_equal(check("msg_2m5kq8", AT, SIGNED, AT_S), SIGNATURE_WRONG);
    assert_int_equal(check(ID, "1768415899", SIGNED, AT_S), SIGNATURE_WRONG);
    assert_int_equal(check(ID, "01768415898", SIGNED, AT_S), SIGNATURE_WRONG);
}

static void each_byte_of_the_body_counts(void **state)
{
    char body[] = BODY;
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    size_t i;

    (void)state;
    secret_fill(secret);
    for (i = 0; i < sizeof(body) - 1; i++) {
        body[i] ^= 1;
        assert_int_equal(signature_check(slice_of(ID), slice_of(AT), slice_of(SIGNED),
                                         slice_make(body, sizeof(body) - 1), secret, AT_S),
                         SIGNATURE_WRONG);
        body[i] ^= 1;
    }
}

static void each_bit_of_the_secret_counts(void **state)
{
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    unsigned i;

    (void)state;
    secret_fill(secret);
    for (i = 0; i < SIGNATURE_SECRET_SIZE * 8; i++) {
        secret[i / 8] ^= (uint8_t)(1U << (i % 8));
        assert_int_equal(signature_check(slice_of(ID), slice_of(AT), slice_of(SIGNED),
                                         slice_of(BODY), secret, AT_S),
                         SIGNATURE_WRONG);
        secret[i / 8] ^= (uint8_t)(1U << (i % 8));
    }
}

static void a_header_that_is_none_is_malformed(void **state)
{
    static const char *const timestamps[] = {
        "",
        "-1",
        "+1768415898",
        " 1768415898",
        "1768415898 ",
        "1768415898.0",
        "0x6967e59a",
        "now",
        "253402300800",
        "99999999999999999999999",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(timestamps) / sizeof(timestamps[0]); i++) {
        assert_int_equal(check(ID, timestamps[i], SIGNED, AT_S), SIGNATURE_MALFORMED);
    }
    assert_int_equal(check("", AT, SIGNED, AT_S), SIGNATURE_MALFORMED);
    assert_int_equal(check(ID, AT, "", AT_S), SIGNATURE_MALFORMED);
    assert_int_equal(check(ID, AT, " ", AT_S), SIGNATURE_MALFORMED);
    assert_int_equal(check(ID, AT, "sha256=00ff", AT_S), SIGNATURE_MALFORMED);
}

static void an_id_cannot_be_cut_otherwise_than_it_was_signed(void **state)
{
    uint8_t secret[SIGNATURE_SECRET_SIZE];

    (void)state;
    secret_fill(secret);
    /* the same bytes: "msg_2m5kq7.1768415898." and a body that begins with seconds */
    assert_int_equal(signature_check(slice_of(ID "." AT), slice_of("1768415898"), slice_of(SIGNED),
                                     slice_of(BODY), secret, AT_S),
                     SIGNATURE_MALFORMED);
}

static void a_message_is_good_for_five_minutes_in_both_directions(void **state)
{
    (void)state;
    assert_int_equal(check(ID, AT, SIGNED, AT_S + 300), SIGNATURE_GOOD);
    assert_int_equal(check(ID, AT, SIGNED, AT_S + 301), SIGNATURE_TOO_OLD);
    assert_int_equal(check(ID, AT, SIGNED, AT_S - 300), SIGNATURE_GOOD);
    assert_int_equal(check(ID, AT, SIGNED, AT_S - 301), SIGNATURE_TOO_OLD);
    /* of a stranger's one nothing is said about its age */
    assert_int_equal(check(ID, AT, SIGNED_BY_OTHER, AT_S + 301), SIGNATURE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_the_one_that_another_program_makes),
        cmocka_unit_test(a_token_is_base64_of_its_secret),
        cmocka_unit_test(a_token_that_is_no_secret_is_refused_and_nothing_is_written),
        cmocka_unit_test(one_good_signature_among_others_is_enough),
        cmocka_unit_test(what_was_not_signed_so_is_wrong),
        cmocka_unit_test(each_byte_of_the_body_counts),
        cmocka_unit_test(each_bit_of_the_secret_counts),
        cmocka_unit_test(a_header_that_is_none_is_malformed),
        cmocka_unit_test(an_id_cannot_be_cut_otherwise_than_it_was_signed),
        cmocka_unit_test(a_message_is_good_for_five_minutes_in_both_directions),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
