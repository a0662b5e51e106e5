/* An HTTP service for tests: it writes down each request ("GET /a [body] | ")
 * and answers by the path:
 *
 *   /later...  when the test says so (scene_answer)
 *   /big/N     N bytes
 *   /close     and closes the connection
 *   /echo      with the body of the request
 *   /headers   202 with two headers and no body
 *   /bad       with a header that must not be written
 *   /peer      with the address of the other side
 *   /client    with whom the request is for, "https" or "http", and its number
 *   /know      after saying that the client has proven something
 *   /add       with two headers that were added before
 *   /upgrade   101, and the connection is the test's
 *   others     with the path itself */
#ifndef TESTS_SERVE_SCENE_H
#define TESTS_SERVE_SCENE_H

#include <stdio.h>

#include "base/clock.h"
#include "base/id.h"
#include "net/conn.h"
#include "net/guest.h"
#include "net/serve.h"
#include "unit/net/peer.h"

enum { SCENE_LOG_MAX = 64 * 1024, SCENE_LATER_MAX = 8, SCENE_BODY_MAX = 4 * 1024 * 1024 };

static struct loop *loop;
static struct listener *listener;
static struct serve *serve;
static uint16_t port;
static struct peer peer;

static char scene_log[SCENE_LOG_MAX];
static size_t scene_log_length;
static struct exchange *scene_later[SCENE_LATER_MAX];
static size_t scene_later_count;
static struct conn *scene_upgraded;
static struct guest *scene_guest;
static size_t scene_rest; /* bytes that came behind the upgrade */
static char scene_body[SCENE_BODY_MAX];
/* Hears of every answer; a test sets it before scene_start. */
static void (*scene_on_answered)(void *context, struct exchange *exchange, int status,
                                 int64_t took_us);

/* --- The clock on the wall: 1994, as in RFC 9110 ------------------------------- */

static int64_t scene_wall_ms(void *context)
{
    (void)context;
    return INT64_C(784111777000);
}

static int64_t scene_monotonic_ns(void *context)
{
    (void)context;
    return peer_clock_ms * 1000000;
}

#define SCENE_DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

/* --- The first number: that of the first request, and its header --------------- */

#define SCENE_ID "request-id: 0000000000000000\r\n"
/* What stands in every answer, between the headers of its own and the last ones. */
#define SCENE_ALWAYS "X-Content-Type-Options: nosniff\r\n" SCENE_ID

static void scene_zeros(void *context, void *out, size_t length)
{
    (void)context;
    memset(out, 0, length);
}

/* --- The service ---------------------------------------------------------------- */

static inline void scene_answer_body(struct exchange *exchange, struct slice body, bool close)
{
    exchange_answer(exchange,
                    &(struct exchange_answer){
                        .status = 200, .content_type = "text/plain", .body = body, .close = close});
}

/* Answers the oldest request that waits. */
static inline void scene_answer(const char *body)
{
    struct exchange *exchange = scene_later[0];

    assert_true(scene_later_count > 0);
    scene_later_count--;
    memmove(&scene_later[0], &scene_later[1], scene_later_count * sizeof(scene_later[0]));
    scene_answer_body(exchange, slice_of(body), false);
}

static void scene_on_upgraded_bytes(void *context, char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
}

static void scene_on_upgraded_end(void *context, enum conn_end end)
{
    (void)context;
    (void)end;
    scene_upgraded = NULL;
    guest_destroy(&scene_guest);
}

static void scene_upgrade(struct exchange *exchange)
{
    static const struct conn_events events = {.on_bytes = scene_on_upgraded_bytes,
                                              .on_end = scene_on_upgraded_end};
    struct exchange_upgrade upgrade;

    exchange_upgrade(exchange, "proof", &upgrade);
    scene_upgraded = upgrade.conn;
    scene_guest = upgrade.guest;
    scene_rest = upgrade.rest.length;
    conn_hand_over(scene_upgraded, &events, NULL);
}

static void scene_answer_headers(struct exchange *exchange, bool bad)
{
    static const struct exchange_header headers[] = {{"Location", "/there"}, {"Retry-After", "5"}};
    static const struct exchange_header evil = {"Location", "/there\r\nSet-Cookie: a=b"};

    exchange_answer(exchange, &(struct exchange_answer){.status = 202,
                                                        .headers = bad ? &evil : headers,
                                                        .header_count = bad ? 1 : 2});
}

static void scene_answer_client(struct exchange *exchange)
{
    char address[ADDRESS_TEXT_SIZE];
    char text[128];

    address_text(exchange_client(exchange), address);
    assert_true(text_format(text, sizeof(text), "%s %s %016llx", address,
                            exchange_is_secure(exchange) ? "https" : "http",
                            (unsigned long long)exchange_id(exchange)));
    scene_answer_body(exchange, slice_of(text), false);
}

static void scene_log_request(const struct http_head *head, struct slice body)
{
    int length = snprintf(scene_log + scene_log_length, sizeof(scene_log) - scene_log_length,
                          body.length == 0 ? "%s %.*s%s%.*s | " : "%s %.*s [%s%.*s] | ",
                          http_method_name(head->method), (int)head->path.length, head->path.bytes,
                          "", (int)body.length, body.bytes);

    assert_true(length > 0 && scene_log_length + (size_t)length < sizeof(scene_log));
    scene_log_length += (size_t)length;
}

static void scene_on_request(void *context, struct exchange *exchange, const struct http_head *head,
                             struct slice body)
{
    char address[CONN_ADDRESS_SIZE];
    uint64_t size = 0;

    (void)context;
    scene_log_request(head, body.length > 100 ? slice_of("long") : body);
    assert_ptr_equal(exchange_loop(exchange), loop);
    if (slice_starts_with(head->path, "/later")) {
        assert_true(scene_later_count < SCENE_LATER_MAX);
        scene_later[scene_later_count++] = exchange;
    } else if (slice_starts_with(head->path, "/big/")) {
        assert_int_equal(slice_to_unsigned(slice_make(head->path.bytes + 5, head->path.length - 5),
                                           sizeof(scene_body), &size),
                         FAIL_NONE);
        scene_answer_body(exchange, slice_make(scene_body, (size_t)size), false);
    } else if (slice_is(head->path, "/headers") || slice_is(head->path, "/bad")) {
        scene_answer_headers(exchange, slice_is(head->path, "/bad"));
    } else if (slice_is(head->path, "/upgrade")) {
        scene_upgrade(exchange);
    } else if (slice_is(head->path, "/peer")) {
        exchange_peer(exchange, address);
        scene_answer_body(exchange, slice_of(address), false);
    } else if (slice_is(head->path, "/client")) {
        scene_answer_client(exchange);
    } else if (slice_is(head->path, "/add")) {
        exchange_add_header(exchange, "one", "1");
        exchange_add_header(exchange, "two", "2");
        scene_answer_body(exchange, slice_of("added"), false);
    } else {
        if (slice_is(head->path, "/know")) {
            exchange_know(exchange);
        }
        scene_answer_body(exchange, slice_is(head->path, "/echo") ? body : head->path,
                          slice_is(head->path, "/close"));
    }
}

static void scene_on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    serve_accept(serve, stream);
}

/* --- Curtain ---------------------------------------------------------------------- */

/* A service that listens, and a peer that has connected. */
static inline void scene_start_with(const struct serve_options *options, bool small)
{
    static const struct clock_source clocks = {.monotonic_ns = scene_monotonic_ns,
                                               .wall_ms = scene_wall_ms};
    struct serve_handler handler = {.on_request = scene_on_request,
                                    .on_answered = scene_on_answered};
    struct listener_events events = {.on_connection = scene_on_connection};

    clock_replace(&clocks);
    id_replace(scene_zeros, NULL);
    scene_log[0] = '\0';
    scene_log_length = 0;
    scene_later_count = 0;
    peer_loop_start(&loop);
    assert_int_equal(serve_create(&serve, loop, &handler, options), FAIL_NONE);
    id_replace(NULL, NULL);
    port = peer_listen(&listener, loop, &events, "127.0.0.1", small);
    peer_connect_small(&peer, loop, port, small);
}

static inline void scene_start(const struct serve_limits *limits, bool small)
{
    scene_start_with(&(struct serve_options){.limits = limits}, small);
}

static inline void scene_finish(void)
{
    listener_stop(&listener);
    serve_close_all(serve);
    peer_close(&peer);
    peer_loop_end(&loop);
    assert_int_equal(scene_later_count, 0);
    serve_destroy(&serve);
}

static inline void scene_expect_log(const char *expected)
{
    assert_string_equal(scene_log, expected);
}

/* Runs until `count` requests wait for an answer. */
static inline void scene_run_until_asked(size_t count)
{
    PEER_RUN_UNTIL(loop, scene_later_count == count);
}

/* Receives one answer, which ends with `end`, and forgets it. */
static inline void scene_receive(const char *end)
{
    peer_receive_text(&peer, end);
    assert_string_equal(peer.got + peer.length - strlen(end), end);
    peer_forget(&peer);
}

#endif
