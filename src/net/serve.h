/* HTTP/1.1 service on accepted connections: heads, bodies, keep-alive, limits.
 *
 * One request of a connection is answered before the next is read. An answer
 * may come later, from any callback on the loop; a client that went away
 * meanwhile costs nothing, one that only shut down its sending side gets it.
 * What a request means is decided above. */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/metric.h"
#include "net/gate.h"
#include "net/loop.h"
#include "wire/http.h"

struct serve;    /* the service on one loop */
struct exchange; /* one request and its answer to come */
struct uv_stream_s;

enum {
    SERVE_CONNECTIONS_MAX = 16384,      /* of one loop without a gate; without those upgraded */
    SERVE_HEAD_MS = 10000,              /* for a head to be complete, from its first byte */
    SERVE_BODY_MS = 10000,              /* for a body to be complete, and more time */
    SERVE_BODY_RATE = 1024,             /* for what has come of it: a second for so many bytes */
    SERVE_READ_MS = 30000,              /* without taking a byte of an answer: the client is cut */
    SERVE_IDLE_MS = 60000,              /* of a kept connection without a request */
    SERVE_DRAIN_MS = 1000,              /* serve_drain, for a first request */
    SERVE_DRAIN_KEPT_MS = 250,          /* and for one that is on its way on a kept connection */
    SERVE_ANSWER_MAX = 3 * 1024 * 1024, /* bytes of an answer's body */
    SERVE_WAITING_MAX = 64 * 1024 * 1024, /* of answers that one loop's clients have not taken */
};

/* Some of these, where others are wanted. */
struct serve_limits {
    size_t connections_max; /* only where there is no gate */
    int64_t head_ms;        /* a new connection has as long for its first byte */
    int64_t body_ms;
    int64_t body_rate; /* 0: no more time, whatever has come */
    int64_t idle_ms;
};

struct serve_handler {
    /* A whole request. `head` and `body` are borrowed and valid only during
     * the call. The exchange must be answered exactly once, now or later. */
    void (*on_request)(void *context, struct exchange *exchange, const struct http_head *head,
                       struct slice body);
    /* Its answer is on its way; NULL: nobody asks. Also of a request that was
     * refused before on_request, which took no time. */
    void (*on_answered)(void *context, struct exchange *exchange, int status, int64_t took_us);
    void *context; /* borrowed */
};

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
/* The end is near: a connection without a request is closed, and every answer
 * is the last one of its connection (Connection: close) unless another request
 * has come behind it already, which was on its way and is served. So is one that
 * comes within SERVE_DRAIN_KEPT_MS on a kept connection: it was sent before its
 * client could know. Who has just connected has SERVE_DRAIN_MS to ask. Stop the
 * listeners first. */
void serve_drain(struct serve *serve);
/* Whether no connection and no unanswered request is left. */
bool serve_is_idle(const struct serve *serve);
/* Closes every connection, after what was written to it. Exchanges that are
 * still to be answered may be, later. */
void serve_close_all(struct serve *serve);
/* When no exchange is left. Accepts NULL; sets the pointer NULL. */
void serve_destroy(struct serve **serve);

/* Takes a waiting connection of a listener, or leaves it to the listener to be
 * closed when the gate does not let it in. */
void serve_accept(struct serve *serve, struct uv_stream_s *stream);
/* Closes the connection that is the first to go, as when the gate is full; false
 * when none may be asked to. For a listener that has no descriptor left. */
bool serve_make_room(struct serve *serve);

/* Counted since the start, of all loops. */
enum { SERVE_STATUS_CLASSES = 6 };
extern struct counter serve_answers[SERVE_STATUS_CLASSES]; /* by the status's first digit */
extern struct histogram serve_took;                        /* from the whole head to the answer */
extern struct counter serve_refused[GATE_ANSWERS];         /* connections, by enum gate_answer */
extern struct counter serve_evicted;                       /* connections that made room */

/* A body above this is large. */
enum { SERVE_LARGE = 64 * 1024 };

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
 * out for HEAD. In place of a body above SERVE_ANSWER_MAX goes a 500, and of a
 * large one (SERVE_LARGE) a 503 while clients have not taken SERVE_WAITING_MAX
 * of others. */
void exchange_answer(struct exchange *exchange, const struct exchange_answer *answer);

/* Answers 101 and takes the connection out of the service: it is the caller's,
 * with its place and with what arrived after the request. The connection is to
 * be handed over at once (conn_hand_over). The exchange is over. Only from
 * inside on_request. */
struct conn;
struct guest;
struct exchange_upgrade {
    struct conn *conn;
    struct guest *guest;    /* the caller's: guest_destroy it when the connection has ended */
    struct loop_bytes rest; /* borrowed until the caller returns */
};
void exchange_upgrade(struct exchange *exchange, const char *websocket_accept,
                      struct exchange_upgrade *upgrade);

/* A header of the answer to come; `name` and `value` are copied. At most
 * EXCHANGE_HEADERS_SIZE bytes of them in all, with four more for each. */
enum { EXCHANGE_HEADERS_SIZE = 256 };
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);

/* Who asks: the other side's address, or, where that is a trusted proxy, whom
 * it says it speaks for. Valid until the exchange is answered. */
const struct address *exchange_client(const struct exchange *exchange);
/* Who asks has proven something (a token that holds): its connection is among
 * the last to go when there is no room, and its address is known. */
void exchange_know(struct exchange *exchange);
/* Whether it came over TLS, to us or to a trusted proxy. */
bool exchange_is_secure(const struct exchange *exchange);
/* What is known of a request by the time of its answer, for whoever writes it
 * down. Zeros at first; whoever learns something notes it. */
struct exchange_note {
    const char *method; /* all texts are static */
    const char *route;  /* of the route table */
    const char *reason; /* of a refusal, one word */
    int64_t business;
    int64_t token; /* its id, never the token */
};
struct exchange_note *exchange_note(struct exchange *exchange);
/* The number of this request, for logs and the answer's request-id. */
uint64_t exchange_id(const struct exchange *exchange);

/* "127.0.0.1:53412", for logs. CONN_ADDRESS_SIZE bytes. */
void exchange_peer(const struct exchange *exchange, char *out);
struct loop *exchange_loop(const struct exchange *exchange);

#endif
