/* The listening sockets of a server, from the moment they are opened until the
 * nodes take them over: one for each loop, and one for operations where it is
 * wanted. They are opened first, so that a port in use is said before anything
 * else is made. */
#ifndef SERVER_SOCKETS_H
#define SERVER_SOCKETS_H

#include <stdbool.h>

#include "base/fail.h"
#include "broker/broker.h"
#include "net/listen.h"
#include "server/server.h"

struct sockets {
    struct listen_address address; /* with the port that was taken */
    struct listen_address operations_address;
    unsigned count; /* of `descriptors` that nobody took over yet */
    int descriptors[BROKER_LOOPS_MAX];
    int operations; /* -1: none, or taken over */
};

void sockets_init(struct sockets *sockets);
/* Those that nobody took over. */
void sockets_close(struct sockets *sockets);

/* FAIL_DENIED when other machines could reach it and nobody said that this is
 * meant; else as listen_open. Then `problem` says it for people. */
MUST_CHECK enum fail sockets_open(struct sockets *sockets, const struct server_options *options,
                                  unsigned loops, char problem[SERVER_PROBLEM_SIZE]);
/* One of them, which is the caller's from now on. */
int sockets_take(struct sockets *sockets);
int sockets_take_operations(struct sockets *sockets);

/* "https://[::1]:8443". */
void sockets_url(const struct listen_address *address, bool secure, char out[LISTEN_TEXT_SIZE]);

#endif
