/* A hash table of things that somebody else owns: device codes, tokens.
 *
 * It holds pointers only (eight bytes a slot, at most 7/8 full); the things
 * themselves know their keys. Hashes are keyed, so that nobody outside can
 * choose colliding keys. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* True when `item` has the key `key`. */
typedef bool table_match(const void *item, const void *key);
/* The hash of an item, as given when it was added. */
typedef uint64_t table_hash(const void *item);

struct table {
    void **slots; /* owned; the things are not */
    size_t capacity;
    size_t count;
    size_t limit; /* things */
    table_match *match;
    table_hash *hash;
};

void table_init(struct table *table, size_t limit, table_match *match, table_hash *hash);
void table_finish(struct table *table);

/* SipHash-2-4 with a key made at the first call of id_start. */
uint64_t table_hash_of(const void *bytes, size_t length);

/* NULL when there is none. */
void *table_find(const struct table *table, uint64_t hash, const void *key);
/* The caller has made sure that the key is not there yet. FAIL_LIMIT or
 * FAIL_MEMORY leave the table as it was. */
MUST_CHECK enum fail table_add(struct table *table, void *item);
/* Does nothing when the very item is not there. */
void table_remove(struct table *table, const void *item);
/* The first thing at or after slot `*at`, which moves past it; NULL at the
 * end. The table must not change meanwhile. */
void *table_each(const struct table *table, size_t *at);

#endif
