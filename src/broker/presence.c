/* The table of connected terminals. */
#include "broker/presence.h"

#include <assert.h>
#include <string.h>

struct code_key {
    int64_t business;
    char code[8]; /* padded with zeros: the key is hashed whole */
};

static struct code_key code_key_of(int64_t business, const char *code)
{
    struct code_key key = {.business = business};

    memcpy(key.code, code, CODE_LENGTH);
    return key;
}

static uint64_t hash_code(const struct code_key *key)
{
    return table_hash_of(key, sizeof(*key));
}

static uint64_t hash_device(int64_t device)
{
    return table_hash_of(&device, sizeof(device));
}

static bool match_device(const void *item, const void *key)
{
    return ((const struct presence *)item)->device == *(const int64_t *)key;
}

static uint64_t item_hash_device(const void *item)
{
    return hash_device(((const struct presence *)item)->device);
}

static bool match_code(const void *item, const void *key)
{
    const struct presence *entry = item;
    const struct code_key *wanted = key;

    return entry->business == wanted->business &&
           memcmp(entry->code, wanted->code, CODE_LENGTH) == 0;
}

static uint64_t item_hash_code(const void *item)
{
    const struct presence *entry = item;
    struct code_key key = code_key_of(entry->business, entry->code);

    return hash_code(&key);
}

void presence_table_init(struct presence_table *table)
{
    pthread_mutex_init(&table->lock, NULL);
    table_init(&table->by_device, PRESENCE_MAX, match_device, item_hash_device);
    table_init(&table->by_code, PRESENCE_MAX, match_code, item_hash_code);
}

void presence_table_finish(struct presence_table *table)
{
    table_finish(&table->by_device);
    table_finish(&table->by_code);
    pthread_mutex_destroy(&table->lock);
}

/* With the lock held. */
static void take_out(struct presence_table *table, struct presence *entry)
{
    if (!entry->present) {
        return;
    }
    table_remove(&table->by_device, entry);
    if (entry->code[0] != '\0') {
        table_remove(&table->by_code, entry);
    }
    entry->present = false;
}

/* With the lock held. */
static enum fail put_in(struct presence_table *table, struct presence *entry)
{
    enum fail fail = table_add(&table->by_device, entry);

    if (fail != FAIL_NONE) {
        return fail;
    }
    if (entry->code[0] != '\0') {
        fail = table_add(&table->by_code, entry);
        if (fail != FAIL_NONE) {
            table_remove(&table->by_device, entry);
            return fail;
        }
    }
    entry->present = true;
    entry->ready = false; /* Continue is pressed on this connection, or not at all */
    entry->payment = 0;
    entry->screen = 0;
    return FAIL_NONE;
}

enum fail presence_add(struct presence_table *table, struct presence *entry,
                       void (*kick)(void *context, struct presence *old), void *context)
{
    struct presence *old;
    enum fail fail;

    pthread_mutex_lock(&table->lock);
    assert(!entry->present);
    old = table_find(&table->by_device, hash_device(entry->device), &entry->device);
    if (old != NULL) {
        take_out(table, old);
        old->kicked = true;
        kick(context, old);
    }
    fail = put_in(table, entry);
    pthread_mutex_unlock(&table->lock);
    return fail;
}

bool presence_remove(struct presence_table *table, struct presence *entry)
{
    bool free_now;

    pthread_mutex_lock(&table->lock);
    take_out(table, entry);
    free_now = !entry->kicked;
    pthread_mutex_unlock(&table->lock);
    return free_now;
}

void presence_kick_ran(struct presence_table *table, struct presence *entry)
{
    pthread_mutex_lock(&table->lock);
    entry->kicked = false;
    pthread_mutex_unlock(&table->lock);
}

void presence_set_listening(struct presence_table *table, struct presence *entry, bool listening)
{
    pthread_mutex_lock(&table->lock);
    entry->listening = listening;
    pthread_mutex_unlock(&table->lock);
}

void presence_set_ready(struct presence_table *table, struct presence *entry, bool ready)
{
    pthread_mutex_lock(&table->lock);
    entry->ready = ready;
    pthread_mutex_unlock(&table->lock);
}

void presence_set_screen(struct presence_table *table, struct presence *entry, int64_t payment,
                         unsigned screen)
{
    pthread_mutex_lock(&table->lock);
    entry->payment = payment;
    entry->screen = (uint8_t)screen;
    pthread_mutex_unlock(&table->lock);
}

/* With the lock held. */
static struct presence_view view_of(struct presence *entry)
{
    return (struct presence_view){.entry = entry,
                                  .loop = entry->loop,
                                  .listening = entry->listening,
                                  .ready = entry->listening && entry->ready,
                                  .screen = entry->screen,
                                  .payment = entry->payment,
                                  .created_ms = entry->created_ms};
}

enum fail presence_find(struct presence_table *table, int64_t business, const char *code,
                        struct presence_view *out)
{
    struct code_key key = code_key_of(business, code);
    struct presence *entry;

    pthread_mutex_lock(&table->lock);
    entry = table_find(&table->by_code, hash_code(&key), &key);
    if (entry != NULL) {
        *out = view_of(entry);
    }
    pthread_mutex_unlock(&table->lock);
    return entry == NULL ? FAIL_NOT_FOUND : FAIL_NONE;
}

enum fail presence_find_device(struct presence_table *table, int64_t business, int64_t device,
                               struct presence_view *out)
{
    struct presence *entry;

    pthread_mutex_lock(&table->lock);
    entry = table_find(&table->by_device, hash_device(device), &device);
    if (entry != NULL && entry->business != business) {
        entry = NULL;
    }
    if (entry != NULL) {
        *out = view_of(entry);
    }
    pthread_mutex_unlock(&table->lock);
    return entry == NULL ? FAIL_NOT_FOUND : FAIL_NONE;
}

bool presence_has_device(struct presence_table *table, int64_t device)
{
    bool has;

    pthread_mutex_lock(&table->lock);
    has = table_find(&table->by_device, hash_device(device), &device) != NULL;
    pthread_mutex_unlock(&table->lock);
    return has;
}

size_t presence_count(struct presence_table *table)
{
    size_t count;

    pthread_mutex_lock(&table->lock);
    count = table->by_device.count;
    pthread_mutex_unlock(&table->lock);
    return count;
}
