/* Secrets of 256 bits (api-tokens, terminal credentials) and their hashes.
 *
 * Only the hash is ever stored. A secret of 256 random bits needs no slow
 * hash: it cannot be guessed. Passwords can, and go through password.h. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { SECRET_HASH_SIZE = 32, SECRET_TEXT_SIZE = 44, SECRET_KEY_SIZE = 32 };

struct secret_hash {
    uint8_t bytes[SECRET_HASH_SIZE];
};

/* A new secret as 43 characters of base64url and a closing zero. */
void secret_make(char out[SECRET_TEXT_SIZE]);

/* BLAKE2b-256 of the text. */
struct secret_hash secret_hash_of(struct slice secret);
/* Keyed (HMAC-SHA-512/256): for PINs, which are too short for a bare hash. */
struct secret_hash secret_keyed_hash(const uint8_t key[SECRET_KEY_SIZE], struct slice text);

/* In constant time. */
bool secret_hash_equals(const struct secret_hash *a, const struct secret_hash *b);

/* Overwrites, also where the compiler would think it useless. */
void secret_wipe(void *bytes, size_t length);

#endif
