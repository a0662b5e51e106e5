/* What those who run the server look at: /healthz, /readyz and /metrics. */
#ifndef SERVER_OPERATIONS_H
#define SERVER_OPERATIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct broker;
struct gate;
struct pool;
struct store;
struct tls_server;

/* Where the answers come from. One for all loops; all of it is borrowed. */
struct operations {
    struct broker *broker;
    struct store *store;
    struct pool *passwords;
    struct gate *gate;           /* NULL: everybody may come in */
    struct tls_server *tls;      /* NULL: plain */
    const atomic_bool *draining; /* the server is stopping; NULL: it never says so */
    int64_t started_ms;          /* wall clock */
    /* The latest moment that the database knew of at the start (wall clock), so
     * that a clock which was set back is seen; 0: it knew of none. */
    int64_t moment_ms;
};

#endif
