/* The server's side of a WebSocket that was upgraded from an exchange:
 * messages, heartbeats, the closing handshake. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "net/line.h"
#include "net/serve.h"

struct socket;
struct socket_watch; /* the heartbeats of one loop */

struct socket_watch_options {
    int64_t idle_ms;      /* without a byte: send a ping */
    int64_t answer_ms;    /* without a byte after that: the connection is dead */
    unsigned half_open_s; /* conn_keep_alive of each socket */
};
MUST_CHECK enum fail socket_watch_create(struct socket_watch **out, struct loop *loop,
                                         const struct socket_watch_options *options);
/* When no socket is left. Accepts NULL; sets the pointer NULL. */
void socket_watch_destroy(struct socket_watch **watch);

/* Checks the handshake of `head`; answers it with 101, or refuses it (400,
 * 405, 426) and sets `*out` NULL. Only from inside on_request; the exchange is
 * over either way. Nothing is delivered from inside this call. FAIL_MEMORY:
 * answered with 503. */
MUST_CHECK enum fail socket_upgrade(struct socket **out, struct exchange *exchange,
                                    const struct http_head *head, struct socket_watch *watch,
                                    uint32_t message_max);
/* Where messages and the end go; call it right after socket_upgrade. Returns
 * the line to talk back on; it is the socket's. */
struct line *socket_listen(struct socket *socket, const struct line_events *events, void *context);

/* CONN_ADDRESS_SIZE bytes, for logs. */
void socket_peer(const struct socket *socket, char *out);

#endif
