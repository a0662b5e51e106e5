/* The whole HTTP surface, in one table. */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "api/call.h"
#include "base/text.h"
#include "net/serve.h"
#include "wire/http.h"

struct node;

enum route_kind {
    ROUTE_API,      /* behind an api-token: `api` says the rest */
    ROUTE_TERMINAL, /* the terminal door, a WebSocket */
    ROUTE_REDIRECT, /* to `target` */
    ROUTE_HEALTH,   /* whether the server lives, */
    ROUTE_READY,    /* whether it can do its work, */
    ROUTE_METRICS,  /* and what it has counted: server/operations.h */
};

struct route {
    enum http_method method;
    const char *path; /* "{code}" and "{id}" stand for one segment each */
    enum route_kind kind;
    const struct api_route *api;
    const char *target;
};

extern const struct route routes[];
extern const size_t routes_count;

/* Serves one request; `context` is the node on whose loop it arrived. The
 * on_request of struct serve_handler. */
void routes_serve(void *context, struct exchange *exchange, const struct http_head *head,
                  struct slice body);

/* The same of the listener for operations: it knows their routes alone. */
void routes_serve_operations(void *context, struct exchange *exchange, const struct http_head *head,
                             struct slice body);

/* Writes the request down, once it has been answered. The on_answered of
 * struct serve_handler. */
void routes_answered(void *context, struct exchange *exchange, int status, int64_t took_us);

/* What stands in a path where its pattern has {code} and {id}, or empty. */
struct route_names {
    struct slice code;
    struct slice id;
};
/* True when `path` (a closing slash is ignored) has the form of `pattern`. */
bool route_matches(const char *pattern, struct slice path, struct route_names *names);

/* True for localhost, 127.0.0.0/8 and [::1], with or without a port. */
bool route_host_is_loopback(struct slice host);
/* True when an Origin header names the host that was asked. */
bool route_origin_is_ours(struct slice origin, struct slice host);

#endif
