/* Listening sockets: one per loop on the same address, so that the kernel
 * spreads connections over the loops (SO_REUSEPORT). */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "net/conn.h"
#include "net/loop.h"

enum { LISTEN_HOST_SIZE = 254, LISTEN_PROBLEM_SIZE = 384, LISTEN_TEXT_SIZE = 300 };

struct listen_address {
    /* in: a name or address; "" for every address, of IPv4 and IPv6 where the
     * machine has both; "::" likewise; "0.0.0.0" for every address of IPv4. */
    char host[LISTEN_HOST_SIZE];
    uint16_t port; /* in: 0 for any free; out: the one that was taken */
    bool loopback; /* out: reachable from this machine only */
};

/* Makes `count` sockets on the address. The first is bound without
 * SO_REUSEPORT, as a probe, so that a second server on the port is refused.
 * FAIL_BUSY (the port is taken), FAIL_DENIED, FAIL_NOT_FOUND (no such host
 * here), FAIL_IO; `problem` says it for people. The descriptors are the
 * caller's. */
MUST_CHECK enum fail listen_open(struct listen_address *address, unsigned count, int *descriptors,
                                 char problem[LISTEN_PROBLEM_SIZE]);

/* A listening socket at work on a loop. */
struct listener;
struct listener_events {
    /* A connection waits: take it with conn_accept, or it is closed. */
    void (*on_connection)(void *context, struct uv_stream_s *stream);
    /* A connection waits, but the process has no descriptor left: closes one
     * that can be done without (conn_cut); false when there is none. May be
     * NULL. */
    bool (*on_shortage)(void *context);
    void *context; /* borrowed */
};
/* The descriptor is the listener's from now on, also on failure. */
MUST_CHECK enum fail listener_start(struct listener **out, struct loop *loop, int descriptor,
                                    const struct listener_events *events);
/* Whose connection waits; only from inside on_connection, before it is taken. */
void listener_peer(const struct uv_stream_s *stream, struct address *out);
/* Accepts NULL; sets the pointer NULL. */
void listener_stop(struct listener **listener);

#endif
