/* A window of a minute for each key. A flood of addresses forgets the oldest of
 * itself: who owns so many needs to get around no count. */
#include "broker/guard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/rate.h"

enum {
    FORGOTTEN_AT_ONCE = 2, /* for each new key: the table shrinks faster than it grows */
    FORGET_MS = (RATE_PARTS + 1) * RATE_MINUTE_PART_MS,
};

struct counter guard_tokens_unknown;
struct counter guard_tokens_refused;
struct counter guard_codes_refused;

struct guard_entry {
    struct list_link quiet; /* in guard->quiet */
    struct guard_key key;
    int64_t last_ms;
    struct rate_window window;
};

static_assert(ADDRESS_BYTES == (int)GUARD_KEY_SIZE, "an address is a key");

struct guard_key guard_key_of_address(const struct address *address)
{
    struct address network = address_network(address);
    struct guard_key key;

    memcpy(key.bytes, network.bytes, sizeof(key.bytes));
    return key;
}

struct guard_key guard_key_of_business(int64_t business)
{
    struct guard_key key = {{0}};

    memcpy(key.bytes, &business, sizeof(business));
    return key;
}

static bool match_key(const void *item, const void *key)
{
    return memcmp(&((const struct guard_entry *)item)->key, key, sizeof(struct guard_key)) == 0;
}

static uint64_t hash_key(const void *item)
{
    return table_hash_of(&((const struct guard_entry *)item)->key, sizeof(struct guard_key));
}

void guard_init(struct guard *guard, uint32_t per_minute, size_t limit)
{
    pthread_mutex_init(&guard->lock, NULL);
    table_init(&guard->entries, limit, match_key, hash_key);
    list_init(&guard->quiet);
    guard->per_minute = per_minute;
    guard->limit = limit;
}

static void forget(struct guard *guard, struct guard_entry *entry)
{
    list_remove(&entry->quiet);
    table_remove(&guard->entries, entry);
    free(entry);
}

void guard_finish(struct guard *guard)
{
    struct list_link *link;

    while ((link = list_first(&guard->quiet)) != NULL) {
        forget(guard, LIST_ITEM(link, struct guard_entry, quiet));
    }
    table_finish(&guard->entries);
    pthread_mutex_destroy(&guard->lock);
}

static void forget_quiet(struct guard *guard, int64_t now_ms)
{
    unsigned i;

    for (i = 0; i < FORGOTTEN_AT_ONCE; i++) {
        struct list_link *link = list_first(&guard->quiet);
        struct guard_entry *entry;

        if (link == NULL) {
            return;
        }
        entry = LIST_ITEM(link, struct guard_entry, quiet);
        if (now_ms - entry->last_ms < FORGET_MS && guard->entries.count < guard->limit) {
            return;
        }
        forget(guard, entry);
    }
}

/* NULL when there is no memory. */
static struct guard_entry *entry_of(struct guard *guard, const struct guard_key *key,
                                    int64_t now_ms)
{
    struct guard_entry *entry = table_find(&guard->entries, table_hash_of(key, sizeof(*key)), key);

    if (entry != NULL) {
        return entry;
    }
    forget_quiet(guard, now_ms);
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return NULL;
    }
    entry->key = *key;
    if (table_add(&guard->entries, entry) != FAIL_NONE) {
        free(entry);
        return NULL;
    }
    return entry;
}

static int64_t entry_wrong(struct guard *guard, struct guard_entry *entry, int64_t now_ms)
{
    int64_t wait_ms =
        rate_window_wait_ms(&entry->window, guard->per_minute, RATE_MINUTE_PART_MS, now_ms);

    if (wait_ms == 0) {
        rate_window_add(&entry->window, RATE_MINUTE_PART_MS, now_ms);
        entry->last_ms = now_ms;
    }
    list_remove(&entry->quiet);
    list_push_back(&guard->quiet, &entry->quiet);
    return wait_ms;
}

int64_t guard_wrong(struct guard *guard, const struct guard_key *key)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t wait_ms = RATE_MINUTE_PART_MS;
    struct guard_entry *entry;

    if (guard->per_minute == 0) {
        return 0;
    }
    pthread_mutex_lock(&guard->lock);
    entry = entry_of(guard, key, now_ms);
    if (entry != NULL) {
        wait_ms = entry_wrong(guard, entry, now_ms);
    }
    pthread_mutex_unlock(&guard->lock);
    return wait_ms;
}

size_t guard_count(struct guard *guard)
{
    size_t count;

    pthread_mutex_lock(&guard->lock);
    count = guard->entries.count;
    pthread_mutex_unlock(&guard->lock);
    return count;
}
