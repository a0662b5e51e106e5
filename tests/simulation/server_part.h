/* For the files of the server alone: what it holds, and what its broker asks of
 * the doors. */
#ifndef TESTS_SIMULATION_SERVER_PART_H
#define TESTS_SIMULATION_SERVER_PART_H

#include "base/list.h"
#include "base/task.h"
#include "device/hub_port.h"
#include "net/loop.h"
#include "simulation/server.h"

struct courier;
struct pool;

struct server_executor {
    struct executor executor;
    struct server *server;
    unsigned loop;
    struct list posted; /* struct task */
    struct moment moment;
};

struct server {
    struct world *world;
    bool up;
    bool ending;
    bool silent; /* nothing gets out any more */
    bool tells_now;
    struct store *store;
    struct pool *passwords;
    struct broker *broker;
    struct courier *courier;
    struct loop *loops[WORLD_LOOPS];
    struct hub_table hubs;
    struct server_executor executors[WORLD_LOOPS];
    struct loop_timer clock_timer;
    bool clock_is_sooner;
    int64_t started_ms; /* a loop's time begins with 0 */
    unsigned calls;
    uint64_t starts;
};

struct port server_port(struct server *server);

#endif
