/* Secrets over libsodium. */
#include "base/secret.h"

#include <assert.h>

#include <sodium.h>

#include "base/id.h"

enum { SECRET_BYTES = 32 };

static_assert(SECRET_HASH_SIZE == crypto_generichash_BYTES, "BLAKE2b-256");
static_assert(SECRET_HASH_SIZE == crypto_auth_BYTES, "HMAC-SHA-512/256");
static_assert(SECRET_KEY_SIZE == crypto_auth_KEYBYTES, "HMAC-SHA-512/256 key");

void secret_make(char out[SECRET_TEXT_SIZE])
{
    uint8_t bytes[SECRET_BYTES];

    id_random(bytes, sizeof(bytes));
    (void)sodium_bin2base64(out, SECRET_TEXT_SIZE, bytes, sizeof(bytes),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    secret_wipe(bytes, sizeof(bytes));
}

struct secret_hash secret_hash_of(struct slice secret)
{
    struct secret_hash hash;
    int result = crypto_generichash(hash.bytes, sizeof(hash.bytes),
                                    (const unsigned char *)secret.bytes, secret.length, NULL, 0);

    assert(result == 0);
    (void)result;
    return hash;
}

struct secret_hash secret_keyed_hash(const uint8_t key[SECRET_KEY_SIZE], struct slice text)
{
    struct secret_hash hash;
    int result = crypto_auth(hash.bytes, (const unsigned char *)text.bytes, text.length, key);

    assert(result == 0);
    (void)result;
    return hash;
}

bool secret_hash_equals(const struct secret_hash *a, const struct secret_hash *b)
{
    return sodium_memcmp(a->bytes, b->bytes, SECRET_HASH_SIZE) == 0;
}

void secret_wipe(void *bytes, size_t length)
{
    sodium_memzero(bytes, length);
}
