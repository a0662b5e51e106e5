/* Random bytes by libsodium, or by the test that replaced it. */
#include "base/id.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

static const char ALPHABET[] = "abcdefghijkmnpqrstuvwxyz23456789";
enum { ALPHABET_MASK = 31 };
static_assert(sizeof(ALPHABET) == ALPHABET_MASK + 2, "32 characters, five bits each");

static id_source *replaced_source;
static void *replaced_context;

void id_start(void)
{
    if (sodium_init() < 0) {
        (void)fputs("tillwire: libsodium cannot start: the system gives no randomness\n", stderr);
        abort();
    }
}

void id_replace(id_source *source, void *context)
{
    replaced_source = source;
    replaced_context = context;
}

void id_random(void *out, size_t length)
{
    if (replaced_source != NULL) {
        replaced_source(replaced_context, out, length);
        return;
    }
    randombytes_buf(out, length);
}

uint32_t id_random_below(uint32_t bound)
{
    uint32_t reject_below;
    uint32_t value;

    assert(bound > 0);
    reject_below = (uint32_t)(-bound) % bound; /* keeps every value equally likely */
    do {
        id_random(&value, sizeof(value));
    } while (value < reject_below);
    return value % bound;
}

void id_random_text(char *out, size_t length)
{
    size_t i;

    id_random(out, length);
    for (i = 0; i < length; i++) {
        out[i] = ALPHABET[(unsigned char)out[i] & ALPHABET_MASK];
    }
    out[length] = '\0';
}
