/* The assembly: loops and their threads, doors, broker, the admin socket. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fail.h"
#include "core/rate.h"
#include "device/hub.h"
#include "net/gate.h"
#include "net/listen.h"
#include "server/data.h"

struct server;

enum { SERVER_PROBLEM_SIZE = 512 };

/* All that it points to is borrowed, and stays until server_stop. */
struct server_options {
    struct data *data; /* open, with threads */
    struct listen_address address;
    bool expose;              /* it may be reached from other machines */
    bool loopback_hosts_only; /* answers only as localhost (dev) */
    bool has_operations;      /* /healthz, /readyz and /metrics have a listener of their own */
    struct listen_address operations;
    const char *tls_certificate_file; /* NULL: plain */
    const char *tls_key_file;
    const struct address_range *trusted; /* proxies */
    size_t trusted_count;
    const char *const *origins; /* of pages of other hosts that may act as a terminal */
    size_t origin_count;
    struct rate_limits rate; /* of businesses that have none of their own */
    struct gate_options gate;
    struct hub_options hub;
    bool webhooks_to_loopback;  /* and plain: for tests on this machine (dev) */
    int64_t credential_life_ms; /* a terminal that was away longer logs in anew; 0: for ever */
    int64_t drain_ms;           /* at the end, for calls in flight */
};

/* SIGINT, SIGTERM and SIGHUP wait for server_wait, on this thread and all that
 * it makes from now on: call it before the first thread is made (the store
 * makes some). SIGPIPE is ignored. */
void server_signals_block(void);

/* Listens and serves from now on. On failure `problem` is a sentence for
 * people. */
MUST_CHECK enum fail server_start(struct server **out, const struct server_options *options,
                                  char problem[SERVER_PROBLEM_SIZE]);
/* "http://127.0.0.1:8080", the address that was taken. */
void server_url(const struct server *server, char out[LISTEN_TEXT_SIZE]);
/* Likewise of the listener for operations; only where there is one. */
void server_operations_url(const struct server *server, char out[LISTEN_TEXT_SIZE]);
/* Until SIGINT or SIGTERM. SIGHUP reads the certificate again. */
void server_wait(struct server *server);
/* Lets calls in flight end, tells terminals to come back, ends everything and
 * frees it; the store of `data` is closed, too, because its last answers are
 * for the loops. Accepts NULL; sets the pointer NULL. */
void server_stop(struct server **server);

#endif
