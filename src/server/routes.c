/* Which request goes to which door.
 *
 * The order: whose host is it, which path, which method, then the door. */
#include "server/routes.h"

#include <string.h>

#include "api/devices.h"
#include "api/payments.h"
#include "api/transactions.h"
#include "server/call_log.h"
#include "server/health.h"
#include "server/metrics.h"
#include "server/node.h"
#include "server/page.h"

const struct route routes[] = {
    {HTTP_GET, "/v2/connection-test", ROUTE_API, &api_connection_test, NULL},
    {HTTP_GET, "/v2/devices", ROUTE_API, &api_device_list, NULL},
    {HTTP_GET, "/v2/devices/{code}", ROUTE_API, &api_device_show, NULL},
    {HTTP_GET, "/v2/devices/{code}/ping", ROUTE_API, &api_device_ping, NULL},
    {HTTP_POST, "/v2/devices/{code}/payment/purchase", ROUTE_API, &api_payment_purchase, NULL},
    {HTTP_GET, "/v2/devices/{code}/payments", ROUTE_API, &api_payment_list, NULL},
    {HTTP_GET, "/v2/devices/{code}/payments/{id}", ROUTE_API, &api_payment_show, NULL},
    {HTTP_POST, "/v2/devices/{code}/payments/{id}/cancel", ROUTE_API, &api_payment_cancel, NULL},
    {HTTP_GET, "/v2/card-transactions", ROUTE_API, &api_transaction_list, NULL},
    {HTTP_GET, "/v2/card-transactions/{id}", ROUTE_API, &api_transaction_show, NULL},
    {HTTP_GET, "/device/v1", ROUTE_TERMINAL, NULL, NULL},
    {HTTP_GET, "/healthz", ROUTE_HEALTH, NULL, NULL},
    {HTTP_HEAD, "/healthz", ROUTE_HEALTH, NULL, NULL},
    {HTTP_GET, "/readyz", ROUTE_READY, NULL, NULL},
    {HTTP_HEAD, "/readyz", ROUTE_READY, NULL, NULL},
    {HTTP_GET, "/metrics", ROUTE_METRICS, NULL, NULL},
    {HTTP_GET, "/", ROUTE_REDIRECT, NULL, "/terminal"},
};
const size_t routes_count = sizeof(routes) / sizeof(routes[0]);

static const char TEXT_TYPE[] = "text/plain; charset=utf-8";

/* --- Matching ----------------------------------------------------------------- */

/* A name stands for anything but nothing. */
static bool segment_matches(struct slice want, struct slice have, struct route_names *names)
{
    bool is_code = slice_is(want, "{code}");
    bool is_id = slice_is(want, "{id}");

    if (is_code) {
        names->code = have;
    } else if (is_id) {
        names->id = have;
    }
    return is_code || is_id ? have.length > 0 : slice_equals(want, have);
}

bool route_matches(const char *pattern, struct slice path, struct route_names *names)
{
    struct slice wanted = slice_of(pattern);
    struct slice want;
    struct slice have;

    *names = (struct route_names){.code = {NULL, 0}};
    if (path.length > 1 && path.bytes[path.length - 1] == '/') {
        path.length--;
    }
    for (;;) {
        bool more = slice_next_part(&wanted, '/', &want);

        if (more != slice_next_part(&path, '/', &have)) {
            return false;
        }
        if (!more) {
            return true;
        }
        if (!segment_matches(want, have, names)) {
            return false;
        }
    }
}

/* "host:port" and "[v6]:port" without the port. */
static struct slice without_port(struct slice host)
{
    const char *at = host.length == 0 ? NULL : memrchr(host.bytes, ':', host.length);

    if (at == NULL || (host.bytes[0] == '[' && at[-1] != ']')) {
        return host;
    }
    return slice_make(host.bytes, (size_t)(at - host.bytes));
}

static bool is_ipv4_loopback(struct slice host)
{
    struct slice part;
    unsigned parts = 0;

    if (!slice_starts_with(host, "127.")) {
        return false;
    }
    while (slice_next_part(&host, '.', &part)) {
        uint64_t number;

        if (slice_to_unsigned(part, 255, &number) != FAIL_NONE) {
            return false;
        }
        parts++;
    }
    return parts == 4;
}

bool route_host_is_loopback(struct slice host)
{
    host = without_port(host);
    return slice_is_ignoring_case(host, "localhost") || slice_is(host, "[::1]") ||
           is_ipv4_loopback(host);
}

bool route_origin_is_ours(struct slice origin, struct slice host)
{
    static const char *const SCHEMES[] = {"http://", "https://"};
    size_t i;

    for (i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        size_t length = strlen(SCHEMES[i]);

        if (slice_starts_with(origin, SCHEMES[i]) && origin.length - length == host.length &&
            strncasecmp(origin.bytes + length, host.bytes, host.length) == 0) {
            return true;
        }
    }
    return false;
}

/* --- Serving ------------------------------------------------------------------- */

static void answer_text(struct exchange *exchange, int status, const char *text,
                        const struct exchange_header *header)
{
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = TEXT_TYPE,
                                                        .body = slice_of(text),
                                                        .headers = header,
                                                        .header_count = header == NULL ? 0 : 1});
}

/* Ours, or one that the operator has listed. */
static bool origin_is_welcome(const struct node_site *site, struct slice origin, struct slice host)
{
    size_t i;

    for (i = 0; i < site->origin_count; i++) {
        if (slice_is_ignoring_case(origin, site->origins[i])) {
            return true;
        }
    }
    return route_origin_is_ours(origin, host);
}

static void serve_terminal(struct node *node, struct exchange *exchange,
                           const struct http_head *head)
{
    struct slice origin = http_header_value(head, "origin");

    if (origin.bytes != NULL && !origin_is_welcome(node->site, origin, head->host)) {
        answer_text(exchange, 403,
                    "A page of another site may not act as a terminal here (Origin).\n", NULL);
        return;
    }
    hub_upgrade(node->hub, exchange, head);
}

static void serve_route(struct node *node, const struct route *route, struct exchange *exchange,
                        const struct call_request *request)
{
    const struct http_head *head = request->head;
    struct exchange_header location = {"Location", route->target};

    switch (route->kind) {
    case ROUTE_API:
        call_start(node->site->broker, route->api, exchange, request);
        return;
    case ROUTE_TERMINAL:
        serve_terminal(node, exchange, head);
        return;
    case ROUTE_HEALTH:
        health_serve(exchange);
        return;
    case ROUTE_READY:
        health_serve_ready(node->site->operations, exchange);
        return;
    case ROUTE_METRICS:
        metrics_serve(node->site->operations, exchange, head, node->site->operations_apart);
        return;
    case ROUTE_REDIRECT:
        exchange_answer(exchange, &(struct exchange_answer){
                                      .status = 302, .headers = &location, .header_count = 1});
        return;
    }
}

/* The path is known, the method is not: Allow names those that are. */
static void refuse_method(struct exchange *exchange, const struct route *of)
{
    struct exchange_header allow = {"Allow", NULL};
    char methods[128] = "";
    size_t i;

    for (i = 0; i < routes_count; i++) {
        size_t length = strlen(methods);

        if (strcmp(routes[i].path, of->path) == 0) {
            (void)text_format(methods + length, sizeof(methods) - length, "%s%s",
                              length == 0 ? "" : ", ", http_method_name(routes[i].method));
        }
    }
    allow.value = methods;
    answer_text(exchange, 405, "Method Not Allowed\n", &allow);
}

/* Which of the two listeners a request came to. */
enum side { SIDE_MAIN, SIDE_OPERATIONS };

static bool route_is_on(const struct node_site *site, const struct route *route, enum side side)
{
    switch (route->kind) {
    case ROUTE_HEALTH:
    case ROUTE_READY:
    case ROUTE_METRICS:
        return side == SIDE_OPERATIONS || !site->operations_apart;
    case ROUTE_API:
    case ROUTE_TERMINAL:
    case ROUTE_REDIRECT:
        break;
    }
    return side == SIDE_MAIN;
}

/* True when the table has an answer for the request. */
static bool serve_by_table(struct node *node, enum side side, struct exchange *exchange,
                           const struct call_request *request)
{
    const struct http_head *head = request->head;
    const struct route *near = NULL;
    struct route_names names;
    size_t i;

    exchange_note(exchange)->method =
        head->method == HTTP_OTHER ? "other" : http_method_name(head->method);
    for (i = 0; i < routes_count; i++) {
        if (!route_is_on(node->site, &routes[i], side) ||
            !route_matches(routes[i].path, head->path, &names)) {
            continue;
        }
        exchange_note(exchange)->route = routes[i].path;
        if (routes[i].method == head->method) {
            serve_route(
                node, &routes[i], exchange,
                &(struct call_request){
                    .head = head, .body = request->body, .code = names.code, .id = names.id});
            return true;
        }
        near = &routes[i];
    }
    if (near != NULL) {
        refuse_method(exchange, near);
    }
    return near != NULL;
}

void routes_serve(void *context, struct exchange *exchange, const struct http_head *head,
                  struct slice body)
{
    const struct call_request request = {.head = head, .body = body};
    struct node *node = context;

    if (node->site->loopback_hosts_only && !route_host_is_loopback(head->host)) {
        answer_text(exchange, 403,
                    "This development server answers only as localhost. Start it with --expose to "
                    "let other machines in.\n",
                    NULL);
        return;
    }
    if (!serve_by_table(node, SIDE_MAIN, exchange, &request) && !page_serve(exchange, head)) {
        answer_text(exchange, 404, "404 page not found", NULL);
    }
}

void routes_serve_operations(void *context, struct exchange *exchange, const struct http_head *head,
                             struct slice body)
{
    const struct call_request request = {.head = head, .body = body};

    if (!serve_by_table(context, SIDE_OPERATIONS, exchange, &request)) {
        answer_text(exchange, 404, "Here are only /healthz, /readyz and /metrics.\n", NULL);
    }
}

void routes_answered(void *context, struct exchange *exchange, int status, int64_t took_us)
{
    const struct exchange_note *note = exchange_note(exchange);

    (void)context;
    call_log_write(&(struct call_record){.request = exchange_id(exchange),
                                         .client = exchange_client(exchange),
                                         .business = note->business,
                                         .token = note->token,
                                         .method = note->method,
                                         .route = note->route,
                                         .reason = note->reason,
                                         .status = status,
                                         .took_us = took_us});
}
