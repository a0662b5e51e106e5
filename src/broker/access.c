/* Token caches, one a loop, without a lock. */
#include "broker/access.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"
#include "broker/broker.h"
#include "broker/usage.h"

enum { TRIES_MAX = 3 };

struct access_entry {
    struct secret_hash token;
    struct access_grant grant;
    int64_t noted_minute; /* when its use was last noted */
};

struct access_cache {
    struct table entries;
    uint64_t generation; /* counts how often it was emptied */
};

static uint64_t hash_token(const struct secret_hash *token)
{
    uint64_t hash;

    memcpy(&hash, token->bytes, sizeof(hash)); /* a hash already, and nobody can choose it */
    return hash;
}

static bool match_token(const void *item, const void *key)
{
    return secret_hash_equals(&((const struct access_entry *)item)->token, key);
}

static uint64_t item_hash(const void *item)
{
    return hash_token(&((const struct access_entry *)item)->token);
}

enum fail access_cache_create(struct access_cache **out)
{
    struct access_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL) {
        return FAIL_MEMORY;
    }
    table_init(&cache->entries, ACCESS_CACHE_MAX, match_token, item_hash);
    *out = cache;
    return FAIL_NONE;
}

static void cache_empty(struct access_cache *cache)
{
    struct access_entry *entry;
    size_t at = 0;

    while ((entry = table_each(&cache->entries, &at)) != NULL) {
        free(entry);
    }
    table_finish(&cache->entries);
    cache->generation++;
}

void access_cache_destroy(struct access_cache **cache)
{
    if (*cache == NULL) {
        return;
    }
    cache_empty(*cache);
    free(*cache);
    *cache = NULL;
}

static bool has_expired(const struct access_grant *grant)
{
    return grant->expires_ms != 0 && clock_wall_ms() >= grant->expires_ms;
}

/* Once a minute for a token and a loop: not more often than need be does a call
 * ask for the lock of the notes. */
static void use_note(struct broker *broker, unsigned loop, struct access_entry *entry)
{
    int64_t minute = clock_wall_ms() / USAGE_MINUTE_MS;

    if (entry->noted_minute != minute) {
        entry->noted_minute = minute;
        usage_token(broker, loop, entry->grant.business, entry->grant.token);
    }
}

bool access_known(struct broker *broker, unsigned loop, const struct secret_hash *token,
                  struct access_grant *out)
{
    struct access_entry *entry =
        table_find(&broker->access[loop]->entries, hash_token(token), token);

    if (entry == NULL) {
        return false;
    }
    if (has_expired(&entry->grant)) {
        return false; /* the store is asked, and says that there is no such token */
    }
    *out = entry->grant;
    use_note(broker, loop, entry);
    return true;
}

/* Remembering is a favour: without memory the next call asks the store again. */
static void cache_add(struct access_cache *cache, const struct secret_hash *token,
                      const struct access_grant *grant)
{
    struct access_entry *entry;

    if (table_find(&cache->entries, hash_token(token), token) != NULL) {
        return; /* two first calls at once */
    }
    if (cache->entries.count >= ACCESS_CACHE_MAX) {
        cache_empty(cache);
    }
    entry = malloc(sizeof(*entry));
    if (entry == NULL) {
        return;
    }
    *entry = (struct access_entry){.token = *token, .grant = *grant};
    if (table_add(&cache->entries, entry) != FAIL_NONE) {
        free(entry);
    }
}

/* By the present secret, or by the one before its rotation, which ends sooner. */
static enum fail token_find(struct store_tx *tx, const struct secret_hash *secret,
                            struct token *out)
{
    enum fail fail = store_token_by_hash(tx, secret, out);

    if (fail != FAIL_NOT_FOUND) {
        return fail;
    }
    fail = store_token_by_old_hash(tx, secret, out);
    if (fail == FAIL_NONE && (out->expires_ms == 0 || out->expires_ms > out->old_until_ms)) {
        out->expires_ms = out->old_until_ms;
    }
    return fail;
}

static void grant_fill(struct access_grant *grant, const struct token *token,
                       const struct business *business)
{
    *grant = (struct access_grant){.token = token->id,
                                   .business = token->business,
                                   .permissions = token->permissions,
                                   .rate_is_own = business->rate_is_own,
                                   .rate = business->rate,
                                   .preset_helcim = business->preset_helcim,
                                   .expires_ms = token->expires_ms};
    if (business->preset_helcim && !business->rate_is_own) {
        grant->rate_is_own = true;
        grant->rate = RATE_HELCIM;
    }
}

static enum fail query_run(struct store_job *job, struct store_tx *tx)
{
    struct access_query *query = LIST_ITEM(job, struct access_query, job);
    struct business business;
    struct token token;
    enum fail fail = token_find(tx, &query->token, &token);

    if (fail == FAIL_NONE) {
        fail = store_business_find(tx, token.business, &business);
    }
    if (fail == FAIL_NONE) {
        grant_fill(&query->grant, &token, &business);
    }
    return fail == FAIL_NONE && has_expired(&query->grant) ? FAIL_NOT_FOUND : fail;
}

static void query_ask(struct access_query *query)
{
    query->generation = query->broker->access[query->loop]->generation;
    query->tries++;
    broker_read(query->broker, &query->job, query->loop);
}

static void query_done(struct store_job *job, enum fail fail)
{
    struct access_query *query = LIST_ITEM(job, struct access_query, job);
    struct access_cache *cache = query->broker->access[query->loop];

    if (fail == FAIL_NONE && cache->generation != query->generation) {
        /* Tokens changed while we read: what we read may be from before. */
        if (query->tries < TRIES_MAX) {
            query_ask(query);
            return;
        }
        fail = FAIL_CONFLICT;
    }
    if (fail == FAIL_NONE) {
        cache_add(cache, &query->token, &query->grant);
        usage_token(query->broker, query->loop, query->grant.business, query->grant.token);
    }
    query->done(query, fail);
}

void access_start(struct broker *broker, struct access_query *query)
{
    query->broker = broker;
    query->tries = 0;
    query->job.run = query_run;
    query->job.done = query_done;
    query_ask(query);
}

static void forget_on_loop(struct broker *broker, unsigned loop, const void *argument)
{
    (void)argument;
    cache_empty(broker->access[loop]);
}

void access_forget(struct broker *broker)
{
    broker_on_every_loop(broker, forget_on_loop, NULL);
}
