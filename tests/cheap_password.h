/* A password hash that is checked in no time, for tests that log in often. The
 * text names its own cost, so password_matches takes it like any other. */
#ifndef TESTS_CHEAP_PASSWORD_H
#define TESTS_CHEAP_PASSWORD_H

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/password.h"

static inline void cheap_password_hash(const char *password, char out[PASSWORD_HASH_SIZE])
{
    int result = crypto_pwhash_argon2id_str(out, password, strlen(password),
                                            crypto_pwhash_argon2id_OPSLIMIT_MIN,
                                            crypto_pwhash_argon2id_MEMLIMIT_MIN);

    assert(result == 0);
    (void)result;
}

#endif
