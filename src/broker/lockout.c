/* Subjects with delays stand in a list of their own: when the table is full,
 * the longest quiet one without delays is forgotten first. A flood of new keys
 * so pushes itself out; to push out one that is locked it would have to fill
 * the table with locked ones, which takes five looked-at passwords for each. */
#include "broker/lockout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    INPUT_SIZE = 384,      /* an e-mail and two numbers */
    FORGOTTEN_AT_ONCE = 2, /* for each new key: the table shrinks faster than it grows */
};

struct lockout_entry {
    struct list_link quiet; /* in table->light or table->heavy; in none while under way */
    struct secret_hash key;
    struct lockout lockout;
    bool said; /* somebody was told of the present delay */
};

/* --- Keys --------------------------------------------------------------------- */

static struct secret_hash key_of_user(const struct lockout_asker *asker)
{
    char input[INPUT_SIZE];

    if (!text_format(input, sizeof(input), "user %lld %s", (long long)asker->proven_business,
                     asker->email)) {
        assert(false);
    }
    return secret_hash_of(slice_of(input));
}

static struct secret_hash key_of_origin(const struct lockout_asker *asker)
{
    struct address network = address_network(&asker->address);
    char input[INPUT_SIZE] = "address";
    size_t length = strlen(input);

    if (asker->proven_device != 0) {
        (void)text_format(input, sizeof(input), "device %lld", (long long)asker->proven_device);
        return secret_hash_of(slice_of(input));
    }
    memcpy(input + length, network.bytes, sizeof(network.bytes));
    return secret_hash_of(slice_make(input, length + sizeof(network.bytes)));
}

static bool match_key(const void *item, const void *key)
{
    return memcmp(&((const struct lockout_entry *)item)->key, key, sizeof(struct secret_hash)) == 0;
}

static uint64_t hash_key(const void *item)
{
    return table_hash_of(&((const struct lockout_entry *)item)->key, sizeof(struct secret_hash));
}

/* --- The table ------------------------------------------------------------------ */

void lockout_table_init(struct lockout_table *table, size_t limit)
{
    pthread_mutex_init(&table->lock, NULL);
    table_init(&table->entries, limit, match_key, hash_key);
    list_init(&table->light);
    list_init(&table->heavy);
    list_init(&table->waiting);
    table->limit = limit;
}

static void forget(struct lockout_table *table, struct lockout_entry *entry)
{
    list_remove(&entry->quiet);
    table_remove(&table->entries, entry);
    free(entry);
}

static void forget_all(struct lockout_table *table, struct list *list)
{
    struct list_link *link;

    while ((link = list_first(list)) != NULL) {
        forget(table, LIST_ITEM(link, struct lockout_entry, quiet));
    }
}

void lockout_table_finish(struct lockout_table *table)
{
    forget_all(table, &table->light);
    forget_all(table, &table->heavy);
    assert(table->entries.count == 0); /* else a try is still under way */
    table_finish(&table->entries);
    pthread_mutex_destroy(&table->lock);
}

static void put_away(struct lockout_table *table, struct lockout_entry *entry)
{
    list_remove(&entry->quiet);
    if (entry->lockout.under_way > 0) {
        return;
    }
    if (entry->lockout.wrong == 0) {
        forget(table, entry);
    } else {
        list_push_back(lockout_is_heavy(&entry->lockout) ? &table->heavy : &table->light,
                       &entry->quiet);
    }
}

static void forget_over(struct lockout_table *table, struct list *list, int64_t now_ms)
{
    unsigned i;

    for (i = 0; i < FORGOTTEN_AT_ONCE; i++) {
        struct list_link *link = list_first(list);
        struct lockout_entry *entry;

        if (link == NULL) {
            return;
        }
        entry = LIST_ITEM(link, struct lockout_entry, quiet);
        if (!lockout_is_over(&entry->lockout, now_ms)) {
            return;
        }
        forget(table, entry);
    }
}

static void make_room(struct lockout_table *table, int64_t now_ms)
{
    struct list_link *link;

    forget_over(table, &table->light, now_ms);
    forget_over(table, &table->heavy, now_ms);
    if (table->entries.count < table->limit) {
        return;
    }
    link = list_first(&table->light);
    if (link == NULL) {
        link = list_first(&table->heavy);
    }
    if (link != NULL) {
        forget(table, LIST_ITEM(link, struct lockout_entry, quiet));
    }
}

static struct lockout_entry *find(struct lockout_table *table, const struct secret_hash *key)
{
    return table_find(&table->entries, table_hash_of(key, sizeof(*key)), key);
}

/* NULL when there is no memory, or every entry has a try under way. */
static struct lockout_entry *find_or_add(struct lockout_table *table, const struct secret_hash *key,
                                         int64_t now_ms)
{
    struct lockout_entry *entry = find(table, key);

    if (entry != NULL) {
        return entry;
    }
    make_room(table, now_ms);
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return NULL;
    }
    entry->key = *key;
    if (table_add(&table->entries, entry) != FAIL_NONE) {
        free(entry);
        return NULL;
    }
    return entry;
}

/* --- Tries ------------------------------------------------------------------------ */

/* Those that wait for this entry ask again: each sees what is so by then. */
static void wake(struct lockout_table *table, const struct lockout_entry *entry)
{
    struct list_link *link = list_first(&table->waiting);

    while (link != NULL) {
        struct lockout_place *place = LIST_ITEM(link, struct lockout_place, waiting);

        link = list_next(&table->waiting, link);
        if (place->awaited == entry) {
            list_remove(&place->waiting);
            place->awaited = NULL;
            executor_post(place->home, &place->turn);
        }
    }
}

static void claim_end(struct lockout_table *table, struct lockout_entry **claim,
                      enum lockout_result result, int64_t now_ms)
{
    struct lockout_entry *entry = *claim;

    if (entry == NULL) {
        return;
    }
    *claim = NULL;
    lockout_end(&entry->lockout, result, now_ms);
    entry->said = entry->said && result == LOCKOUT_UNTRIED;
    wake(table, entry);
    put_away(table, entry);
}

/* While a try is under way its entry is in no list. */
static void claim_begin(struct lockout_entry *entry, int64_t now_ms, struct lockout_entry **claim)
{
    list_remove(&entry->quiet);
    lockout_begin(&entry->lockout, now_ms);
    *claim = entry;
}

/* Both, or neither: then false. */
static bool claim_both(struct lockout_table *table, const struct secret_hash *user,
                       const struct secret_hash *origin, int64_t now_ms,
                       struct lockout_place *place)
{
    struct lockout_entry *entry = find_or_add(table, user, now_ms);

    if (entry == NULL) {
        return false;
    }
    claim_begin(entry, now_ms, &place->user);
    if (origin == NULL) {
        return true;
    }
    entry = find_or_add(table, origin, now_ms);
    if (entry == NULL) {
        claim_end(table, &place->user, LOCKOUT_UNTRIED, now_ms);
        return false;
    }
    claim_begin(entry, now_ms, &place->origin);
    return true;
}

/* What stands against a try: a delay before others, the longest of them all. */
static void ask(struct lockout_table *table, const struct secret_hash *key, int64_t now_ms,
                struct lockout_place *place, struct lockout_verdict *verdict)
{
    struct lockout_entry *entry = find(table, key);

    if (entry == NULL) {
        return;
    }
    switch (lockout_turn(&entry->lockout, now_ms)) {
    case LOCKOUT_NOW:
        return;
    case LOCKOUT_AFTER_OTHERS:
        if (verdict->answer == LOCKOUT_ADMITTED) {
            verdict->answer = LOCKOUT_WAITING;
            place->awaited = entry;
        }
        return;
    case LOCKOUT_AFTER_DELAY:
        verdict->answer = LOCKOUT_LOCKED;
        verdict->is_first = verdict->is_first || !entry->said;
        entry->said = true;
        if (verdict->wait_ms < lockout_wait_ms(&entry->lockout, now_ms)) {
            verdict->wait_ms = lockout_wait_ms(&entry->lockout, now_ms);
        }
        return;
    }
}

struct lockout_verdict lockout_enter(struct lockout_table *table, const struct lockout_asker *asker,
                                     struct lockout_place *place)
{
    struct lockout_verdict verdict = {.answer = LOCKOUT_ADMITTED};
    int64_t now_ms = clock_monotonic_ms();
    /* Many strangers share a loopback address: it is a proxy's, or ours. */
    bool has_origin = asker->proven_device != 0 || !address_is_loopback(&asker->address);
    struct secret_hash user = key_of_user(asker);
    struct secret_hash origin = key_of_origin(asker);

    pthread_mutex_lock(&table->lock);
    ask(table, &user, now_ms, place, &verdict);
    if (has_origin) {
        ask(table, &origin, now_ms, place, &verdict);
    }
    if (verdict.answer == LOCKOUT_WAITING) {
        list_push_back(&table->waiting, &place->waiting);
    } else {
        place->awaited = NULL;
    }
    if (verdict.answer == LOCKOUT_ADMITTED &&
        !claim_both(table, &user, has_origin ? &origin : NULL, now_ms, place)) {
        verdict.answer = LOCKOUT_NO_ROOM;
    }
    pthread_mutex_unlock(&table->lock);
    return verdict;
}

void lockout_leave(struct lockout_table *table, struct lockout_place *place,
                   enum lockout_result result)
{
    int64_t now_ms = clock_monotonic_ms();

    pthread_mutex_lock(&table->lock);
    claim_end(table, &place->user, result, now_ms);
    claim_end(table, &place->origin, result == LOCKOUT_RIGHT ? LOCKOUT_UNTRIED : result, now_ms);
    pthread_mutex_unlock(&table->lock);
}

size_t lockout_table_count(struct lockout_table *table)
{
    size_t count;

    pthread_mutex_lock(&table->lock);
    count = table->entries.count;
    pthread_mutex_unlock(&table->lock);
    return count;
}
