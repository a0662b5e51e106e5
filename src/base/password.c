/* Argon2id by libsodium. */
#include "base/password.h"

#include <assert.h>

#include <sodium.h>

enum { MEMORY_BYTES = 7 * 1024 * 1024, PASSES = 5 };

static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_argon2id_STRBYTES, "libsodium's text size");

/* The hash of a password nobody has, so that an unknown user costs the same. */
static const char NOBODY[PASSWORD_HASH_SIZE] =
    "$argon2id$v=19$m=7168,t=5,p=1$c29tZXNhbHRzb21lc2FsdA$"
    "4o5TKZ5l4kZXhLUGLVoYkTfa0TsdfIKHOTtTcvFwmhE";

enum fail password_hash(struct slice password, char out[PASSWORD_HASH_SIZE])
{
    if (password.length > PASSWORD_MAX) {
        return FAIL_LIMIT;
    }
    if (crypto_pwhash_argon2id_str(out, password.bytes, password.length, PASSES, MEMORY_BYTES) !=
        0) {
        return FAIL_MEMORY;
    }
    return FAIL_NONE;
}

bool password_matches(const char *hash, struct slice password)
{
    bool known = hash != NULL;
    bool matches;

    if (password.length > PASSWORD_MAX) {
        password.length = PASSWORD_MAX;
        known = false;
    }
    matches = crypto_pwhash_argon2id_str_verify(known ? hash : NOBODY, password.bytes,
                                                password.length) == 0;
    return known && matches;
}
