/* Who calls: from an api-token to its business and permissions.
 *
 * Each loop keeps the tokens it has seen; a change to any token empties all of
 * these caches before it is answered (architecture.md, Threads and time). */
#ifndef BROKER_ACCESS_H
#define BROKER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/secret.h"
#include "core/permission.h"
#include "core/rate.h"
#include "store/store.h"

struct broker;
struct access_cache;

enum { ACCESS_CACHE_MAX = 4096, ACCESS_TOKEN_MAX = 512 };

struct access_grant {
    int64_t token;
    int64_t business;
    struct permissions permissions;
    /* Of the business, where it has its own (also by the preset); else the
     * server's default holds. */
    bool rate_is_own;
    struct rate_limits rate;
    bool preset_helcim;
    int64_t expires_ms; /* wall clock, from then on it is unknown; 0: never */
};

MUST_CHECK enum fail access_cache_create(struct access_cache **out);
void access_cache_destroy(struct access_cache **cache);

/* True when the loop knows the token, and it has not expired. Notes its use. */
bool access_known(struct broker *broker, unsigned loop, const struct secret_hash *token,
                  struct access_grant *out);

/* A look-up in the store, embedded in the caller's struct. `done` runs on
 * `loop`: FAIL_NONE with the grant, FAIL_NOT_FOUND for a token that does not
 * exist (any more), another failure when nothing could be learned. */
struct access_query {
    struct secret_hash token;
    unsigned loop;
    void (*done)(struct access_query *query, enum fail fail);
    struct access_grant grant; /* out */
    struct broker *broker;     /* of the query, as all that follows */
    uint64_t generation;
    unsigned tries;
    struct store_job job;
};
void access_start(struct broker *broker, struct access_query *query);

/* Empties the caches of all loops, and returns when all are empty. Call it
 * after the change is committed. Never from a loop. */
void access_forget(struct broker *broker);

#endif
