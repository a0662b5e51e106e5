/* HTTP/1.1 service on accepted connections: heads, bodies, keep-alive, limits.
 *
 * One request of a connection is answered before the next is read. An answer
 * may come later, from any callback on the loop; a client that went away
 * meanwhile costs nothing. What a request means is decided above. */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/fail.h"
#include "net/loop.h"
#include "wire/http.h"

struct serve;    /* the service on one loop */
struct exchange; /* one request and its answer to come */
struct uv_stream_s;

enum {
    SERVE_CONNECTIONS_MAX = 16384, /* of one loop, without those that were upgraded */
    SERVE_HEAD_MS = 10000,         /* for a head to be complete, from its first byte */
    SERVE_BODY_MS = 20000,         /* likewise for the body */
    SERVE_IDLE_MS = 60000,         /* of a kept connection without a request */
    SERVE_ANSWER_MAX = 448 * 1024, /* bytes of an answer's body */
};

/* The first four of these, where others are wanted. */
struct serve_limits {
    size_t connections_max;
    int64_t head_ms; /* a new connection has as long for its first byte */
    int64_t body_ms;
    int64_t idle_ms;
};

struct serve_handler {
    /* A whole request. `head` and `body` are borrowed and valid only during
     * the call. The exchange must be answered exactly once, now or later. */
    void (*on_request)(void *context, struct exchange *exchange, const struct http_head *head,
                       struct slice body);
    void *context; /* borrowed */
};

struct gate;
struct tls_server;
struct serve_options {
    const struct serve_limits *limits; /* NULL: the constants above */
    struct tls_server *tls;            /* borrowed; NULL: plain */
    struct gate *gate;                 /* borrowed; NULL: everybody may come in */
    /* Proxies, whose word about whom they speak for is taken. */
    const struct address_range *trusted; /* borrowed */
    size_t trusted_count;
};

/* `options` NULL: all as with zeros. */
MUST_CHECK enum fail serve_create(struct serve **out, struct loop *loop,
                                  const struct serve_handler *handler,
                                  const struct serve_options *options);
/* Closes every connection, after what was written to it. Exchanges that are
 * still to be answered may be, later. */
void serve_close_all(struct serve *serve);
/* When no exchange is left. Accepts NULL; sets the pointer NULL. */
void serve_destroy(struct serve **serve);

/* Takes a waiting connection of a listener. */
void serve_accept(struct serve *serve, struct uv_stream_s *stream);

struct exchange_header {
    const char *name; /* borrowed during the call */
    const char *value;
};

struct exchange_answer {
    int status;
    const char *content_type; /* NULL: no body, no such header */
    struct slice body;
    const struct exchange_header *headers; /* may be NULL */
    size_t header_count;
    bool close; /* and no further request on this connection */
};

/* Answers, and ends the exchange. Adds Date and Content-Length; a body is left
 * out for HEAD. In place of a body above SERVE_ANSWER_MAX goes a 500. */
void exchange_answer(struct exchange *exchange, const struct exchange_answer *answer);

/* Answers 101 and takes the connection out of the service: it is the caller's,
 * with what arrived after the request (`*rest`, borrowed until the caller
 * returns); it is to be handed over at once (conn_hand_over). The exchange is
 * over. Only from inside on_request. */
struct conn;
struct conn *exchange_upgrade(struct exchange *exchange, const char *websocket_accept,
                              struct loop_bytes *rest);

/* A header of the answer to come; `name` and `value` are copied. At most
 * EXCHANGE_HEADERS_SIZE bytes of them in all, with four more for each. */
enum { EXCHANGE_HEADERS_SIZE = 256 };
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);

/* Who asks: the other side's address, or, where that is a trusted proxy, whom
 * it says it speaks for. Valid until the exchange is answered. */
const struct address *exchange_client(const struct exchange *exchange);
/* Whether it came over TLS, to us or to a trusted proxy. */
bool exchange_is_secure(const struct exchange *exchange);
/* The number of this request, for logs and the answer's request-id. */
uint64_t exchange_id(const struct exchange *exchange);

/* "127.0.0.1:53412", for logs. CONN_ADDRESS_SIZE bytes. */
void exchange_peer(const struct exchange *exchange, char *out);
struct loop *exchange_loop(const struct exchange *exchange);

#endif
