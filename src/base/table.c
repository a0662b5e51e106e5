/* Open addressing with linear probing; removal shifts back, so there are no
 * tombstones and a table that lives for years stays quick. */
#include "base/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include <sodium.h>

enum { CAPACITY_FIRST = 16 };

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void hash_key_make(void)
{
    crypto_shorthash_keygen(hash_key);
}

uint64_t table_hash_of(const void *bytes, size_t length)
{
    uint64_t hash;

    static_assert(sizeof(hash) == crypto_shorthash_BYTES, "SipHash-2-4");
    (void)pthread_once(&hash_key_once, hash_key_make);
    (void)crypto_shorthash((unsigned char *)&hash, bytes, length, hash_key);
    return hash;
}

void table_init(struct table *table, size_t limit, table_match *match, table_hash *hash)
{
    *table = (struct table){.limit = limit, .match = match, .hash = hash};
}

void table_finish(struct table *table)
{
    free(table->slots);
    table->slots = NULL;
    table->capacity = 0;
    table->count = 0;
}

void *table_find(const struct table *table, uint64_t hash, const void *key)
{
    size_t mask = table->capacity - 1;
    size_t at;

    if (table->count == 0) {
        return NULL;
    }
    for (at = hash & mask; table->slots[at] != NULL; at = (at + 1) & mask) {
        if (table->match(table->slots[at], key)) {
            return table->slots[at];
        }
    }
    return NULL;
}

static void put(struct table *table, void *item)
{
    size_t mask = table->capacity - 1;
    size_t at = table->hash(item) & mask;

    while (table->slots[at] != NULL) {
        at = (at + 1) & mask;
    }
    table->slots[at] = item;
}

static enum fail grow(struct table *table)
{
    size_t capacity = table->capacity == 0 ? CAPACITY_FIRST : table->capacity * 2;
    struct table larger = *table;
    size_t i;

    larger.slots = calloc(capacity, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return FAIL_MEMORY;
    }
    larger.capacity = capacity;
    for (i = 0; i < table->capacity; i++) {
        if (table->slots[i] != NULL) {
            put(&larger, table->slots[i]);
        }
    }
    free(table->slots);
    *table = larger;
    return FAIL_NONE;
}

enum fail table_add(struct table *table, void *item)
{
    assert(item != NULL);
    if (table->count >= table->limit) {
        return FAIL_LIMIT;
    }
    if ((table->count + 1) * 8 > table->capacity * 7) {
        enum fail fail = grow(table);

        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    put(table, item);
    table->count++;
    return FAIL_NONE;
}

/* Moves later members of the run into the hole, so that probing still finds
 * them. */
static void close_hole(struct table *table, size_t hole)
{
    size_t mask = table->capacity - 1;
    size_t at = hole;

    for (;;) {
        size_t home;

        at = (at + 1) & mask;
        if (table->slots[at] == NULL) {
            break;
        }
        home = table->hash(table->slots[at]) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = NULL;
}

void table_remove(struct table *table, const void *item)
{
    size_t mask = table->capacity - 1;
    size_t at;

    if (table->count == 0) {
        return;
    }
    for (at = table->hash(item) & mask; table->slots[at] != NULL; at = (at + 1) & mask) {
        if (table->slots[at] == item) {
            close_hole(table, at);
            table->count--;
            return;
        }
    }
}

void *table_each(const struct table *table, size_t *at)
{
    while (*at < table->capacity) {
        void *item = table->slots[(*at)++];

        if (item != NULL) {
            return item;
        }
    }
    return NULL;
}
