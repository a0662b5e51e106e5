/* One loop of the server with everything that lives on it: its listener, its
 * HTTP service, its hub of terminals, its thread. */
#ifndef SERVER_NODE_H
#define SERVER_NODE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/task.h"
#include "broker/broker.h"
#include "device/hub.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/serve.h"

struct courier;
struct operations;

/* What all nodes of a server share. Borrowed, all of it. */
struct node_site {
    struct broker *broker;
    struct courier *courier; /* on the first node's loop */
    struct serve_options serve;
    struct hub_options hub;
    struct operations *operations; /* what /healthz, /readyz and /metrics tell */
    bool operations_apart;         /* these have a listener of their own */
    bool loopback_hosts_only;
    const char *const *origins; /* of pages of other hosts that may act as a terminal */
    size_t origin_count;
};

struct node {
    struct loop *loop; /* made and destroyed by the server */
    const struct node_site *site;
    struct hub *hub;
    struct serve *serve;
    struct listener *listener;
    /* Of the listener for operations; on the first node alone, where there is one. */
    struct serve *operations_serve;
    struct listener *operations_listener;
    bool running; /* its thread was started */
    pthread_t thread;
    struct task drain;
    struct task stop;
    struct loop_timer usage_timer; /* on the first node alone, */
    struct loop_timer clock_timer; /* and likewise: the time limits of payments */
    struct task clock;
    atomic_bool clock_posted; /* `clock` has not run */
    struct loop_timer drain_timer;
    int64_t drain_until_ms;
    int64_t spread_ms;
    void (*drained)(void *context);
    void *context; /* of `drained` */
};

/* Hub, HTTP service and listener; its thread is started by node_run. The
 * descriptor is the node's from now on, also on failure. */
MUST_CHECK enum fail node_open(struct node *node, const struct node_site *site, int descriptor);
/* The listener for operations; before node_run. The descriptor likewise. */
MUST_CHECK enum fail node_open_operations(struct node *node, int descriptor);
MUST_CHECK enum fail node_run(struct node *node);

/* A time limit of payments has become sooner: the first node looks. From any
 * thread. */
void node_clock_sooner(struct node *node);

/* Takes no connection any more and lets calls in flight end, `limit_ms` at
 * most; then `drained` is called on the node's loop. From another thread. */
void node_drain(struct node *node, int64_t limit_ms, void (*drained)(void *context), void *context);
/* Sends the terminals away, each to come back at a moment of its own within
 * `spread_ms`, closes everything and ends the loop. From another thread; then
 * node_join. One that never ran is closed too. */
void node_stop(struct node *node, int64_t spread_ms);
void node_join(struct node *node);
/* When the loop has ended and nothing is left that could call back. */
void node_close(struct node *node);

#endif
