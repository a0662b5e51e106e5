/* HMAC-SHA256 over id, seconds and body, by libsodium.
 *
 * The signature is compared before the age is judged: "too old" is then said
 * of a message that was ours, and a stranger learns nothing from it. Each
 * signature that was sent is compared, also after one that fits, so that the
 * time tells nothing of which one it was.
 *
 * A dot in an id would let the parts be cut otherwise than they were signed:
 * such an id is refused. */
#include "wire/signature.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/secret.h"

enum { BLANK = ' ', TIMESTAMP_SIZE = 21 };
/* The last second of the year 9999; no clock is so wrong. */
#define TIMESTAMP_MAX_S UINT64_C(253402300799)

static const char VERSION[] = "v1,";
static const char SECRET_PREFIX[] = "whsec_";

static_assert(SIGNATURE_SECRET_SIZE == crypto_auth_hmacsha256_KEYBYTES, "the key of HMAC-SHA256");
static_assert(SIGNATURE_TOKEN_SIZE ==
                  sodium_base64_ENCODED_LEN(SIGNATURE_SECRET_SIZE, sodium_base64_VARIANT_ORIGINAL),
              "a token is base64 of the secret");
static_assert(SIGNATURE_SIZE == sizeof(VERSION) - 1 +
                                    sodium_base64_ENCODED_LEN(crypto_auth_hmacsha256_BYTES,
                                                              sodium_base64_VARIANT_ORIGINAL),
              "a signature is base64 of the code");

void signature_token_write(const uint8_t secret[SIGNATURE_SECRET_SIZE],
                           char out[SIGNATURE_TOKEN_SIZE])
{
    (void)sodium_bin2base64(out, SIGNATURE_TOKEN_SIZE, secret, SIGNATURE_SECRET_SIZE,
                            sodium_base64_VARIANT_ORIGINAL);
}

enum fail signature_token_read(struct slice token, uint8_t secret[SIGNATURE_SECRET_SIZE])
{
    uint8_t bytes[SIGNATURE_SECRET_SIZE];
    size_t length = 0;
    enum fail fail = FAIL_INVALID;

    if (slice_starts_with(token, SECRET_PREFIX)) {
        token.bytes += sizeof(SECRET_PREFIX) - 1;
        token.length -= sizeof(SECRET_PREFIX) - 1;
    }
    if (token.length == SIGNATURE_TOKEN_SIZE - 1 &&
        sodium_base642bin(bytes, sizeof(bytes), token.bytes, token.length, NULL, &length, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        length == sizeof(bytes)) {
        memcpy(secret, bytes, sizeof(bytes));
        fail = FAIL_NONE;
    }
    secret_wipe(bytes, sizeof(bytes));
    return fail;
}

static void hash_slice(crypto_auth_hmacsha256_state *state, struct slice slice)
{
    (void)crypto_auth_hmacsha256_update(state, (const unsigned char *)slice.bytes, slice.length);
}

/* The timestamp as it stands in its header, so that it is hashed as it was sent. */
static void sign(struct slice id, struct slice timestamp, struct slice body,
                 const uint8_t secret[SIGNATURE_SECRET_SIZE], char out[SIGNATURE_SIZE])
{
    crypto_auth_hmacsha256_state state;
    unsigned char code[crypto_auth_hmacsha256_BYTES];

    (void)crypto_auth_hmacsha256_init(&state, secret, SIGNATURE_SECRET_SIZE);
    hash_slice(&state, id);
    hash_slice(&state, slice_of("."));
    hash_slice(&state, timestamp);
    hash_slice(&state, slice_of("."));
    hash_slice(&state, body);
    (void)crypto_auth_hmacsha256_final(&state, code);
    memcpy(out, VERSION, sizeof(VERSION) - 1);
    (void)sodium_bin2base64(out + sizeof(VERSION) - 1, SIGNATURE_SIZE - (sizeof(VERSION) - 1), code,
                            sizeof(code), sodium_base64_VARIANT_ORIGINAL);
    secret_wipe(&state, sizeof(state));
}

void signature_write(const struct signed_message *message,
                     const uint8_t secret[SIGNATURE_SECRET_SIZE], char out[SIGNATURE_SIZE])
{
    char timestamp[TIMESTAMP_SIZE];
    bool fits = text_format(timestamp, sizeof(timestamp), "%lld", (long long)message->timestamp_s);

    assert(fits);
    (void)fits;
    sign(message->id, slice_of(timestamp), message->body, secret, out);
}

/* Whether one of them is `own`; `*any`: one looks like a signature of any version. */
static bool signatures_hold(struct slice signatures, const char own[SIGNATURE_SIZE], bool *any)
{
    struct slice part;
    bool found = false;

    while (slice_next_part(&signatures, BLANK, &part)) {
        *any = *any || memchr(part.bytes, ',', part.length) != NULL;
        if (part.length == SIGNATURE_SIZE - 1) {
            found |= sodium_memcmp(part.bytes, own, SIGNATURE_SIZE - 1) == 0;
        }
    }
    return found;
}

enum signature_verdict signature_check(struct slice id, struct slice timestamp,
                                       struct slice signatures, struct slice body,
                                       const uint8_t secret[SIGNATURE_SECRET_SIZE], int64_t now_s)
{
    char own[SIGNATURE_SIZE];
    uint64_t seconds;
    bool any = false;
    bool found;

    if (id.length == 0 || memchr(id.bytes, '.', id.length) != NULL || signatures.length == 0 ||
        slice_to_unsigned(timestamp, TIMESTAMP_MAX_S, &seconds) != FAIL_NONE) {
        return SIGNATURE_MALFORMED;
    }
    sign(id, timestamp, body, secret, own);
    found = signatures_hold(signatures, own, &any);
    secret_wipe(own, sizeof(own));
    if (!found) {
        return any ? SIGNATURE_WRONG : SIGNATURE_MALFORMED;
    }
    if ((int64_t)seconds < now_s - SIGNATURE_TOLERANCE_S ||
        (int64_t)seconds > now_s + SIGNATURE_TOLERANCE_S) {
        return SIGNATURE_TOO_OLD;
    }
    return SIGNATURE_GOOD;
}
