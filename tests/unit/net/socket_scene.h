/* A WebSocket for tests: the server's side through serve and socket, the
 * client's as a plain socket with our own reader.
 *
 * Both keep a line of what they heard: `scene_log` the server's side ("text hi |
 * end 1000"), `record.text` the client ("text welcome | ping | close 1000 bye"). */
#ifndef TESTS_SOCKET_SCENE_H
#define TESTS_SOCKET_SCENE_H

#include <stdio.h>

#include "net/conn.h"
#include "net/socket.h"
#include "unit/net/peer.h"
#include "unit/wire/websocket_record.h"

enum { SCENE_MESSAGE_MAX = 1000, SCENE_LOG_MAX = 8192, SCENE_FRAMES_MAX = 16 * 1024 };

static struct loop *loop;
static struct listener *listener;
static struct serve *serve;
static struct socket_watch *watch;
static uint16_t port;

/* Before scene_start; NULL: everybody may come in, and nobody is believed. */
static struct gate *scene_gate;
static const struct address_range *scene_trusted;

static struct peer peer;
static struct websocket client;
static struct record record;
static size_t recorded; /* bytes of peer.got */

static struct socket *sock;
static struct line *line;
static bool scene_ended;
static char scene_log[SCENE_LOG_MAX];
static size_t scene_log_length;
static bool scene_in_call; /* of the line: nobody may be called back */
static unsigned scene_upgrades;
static enum fail scene_upgrade_fail;
static void (*scene_on_text)(void);    /* after it was logged; may be NULL */
static void (*scene_on_upgrade)(void); /* before it; may be NULL */

/* --- The server's side -------------------------------------------------------- */

static void scene_log_event(const char *what, struct slice text, const char *after)
{
    int length = snprintf(scene_log + scene_log_length, sizeof(scene_log) - scene_log_length,
                          "%s %.*s%s", what, (int)text.length, text.bytes, after);

    assert_true(length > 0 && scene_log_length + (size_t)length < sizeof(scene_log));
    scene_log_length += (size_t)length;
}

static void scene_on_message(void *context, struct slice message)
{
    assert_ptr_equal(context, &scene_log);
    assert_false(scene_in_call);
    scene_log_event("text", message.length > 100 ? slice_of("long") : message, " | ");
    if (scene_on_text != NULL) {
        scene_on_text();
    }
}

static void scene_on_end(void *context, unsigned code)
{
    char text[16];

    assert_ptr_equal(context, &scene_log);
    assert_false(scene_in_call || scene_ended);
    assert_true(text_format(text, sizeof(text), "%u", code));
    scene_log_event("end", slice_of(text), "");
    scene_ended = true;
    sock = NULL;
    line = NULL;
}

static const struct line_events scene_line_events = {.on_message = scene_on_message,
                                                     .on_end = scene_on_end};

/* Sockets after the first are nobody's. */
static void scene_on_other_message(void *context, struct slice message)
{
    (void)context;
    (void)message;
}

static void scene_on_other_end(void *context, unsigned code)
{
    (void)context;
    (void)code;
}

static const struct line_events scene_other_events = {.on_message = scene_on_other_message,
                                                      .on_end = scene_on_other_end};

static void scene_on_request(void *context, struct exchange *exchange, const struct http_head *head,
                             struct slice body)
{
    struct socket *upgraded = NULL;

    (void)context;
    (void)body;
    if (scene_on_upgrade != NULL) {
        scene_on_upgrade();
    }
    scene_upgrade_fail = socket_upgrade(&upgraded, exchange, head, watch, SCENE_MESSAGE_MAX);
    if (upgraded == NULL) {
        return;
    }
    scene_upgrades++;
    if (scene_upgrades > 1) {
        (void)socket_listen(upgraded, &scene_other_events, NULL);
        return;
    }
    sock = upgraded;
    line = socket_listen(upgraded, &scene_line_events, &scene_log);
}

static void scene_on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    serve_accept(serve, stream);
}

static inline void scene_send(const char *text)
{
    scene_in_call = true;
    line_send(line, slice_of(text));
    scene_in_call = false;
}

static inline void scene_close(unsigned code, const char *reason)
{
    scene_in_call = true;
    line_close(line, code, reason);
    scene_in_call = false;
}

static inline void scene_cut(void)
{
    scene_in_call = true;
    line_cut(line);
    scene_in_call = false;
}

static inline void scene_probe(int64_t answer_ms)
{
    scene_in_call = true;
    line_probe(line, answer_ms);
    scene_in_call = false;
}

/* --- The client ----------------------------------------------------------------- */

static const uint8_t SCENE_MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

static inline void frame_send(enum websocket_opcode opcode, const char *payload)
{
    struct buf out;

    buf_init(&out, SCENE_FRAMES_MAX);
    websocket_write(&out, opcode, slice_of(payload), SCENE_MASK);
    assert_int_equal(buf_fail(&out), FAIL_NONE);
    peer_send_bytes(&peer, out.bytes, out.length);
    buf_finish(&out);
}

static inline void text_send(const char *text)
{
    frame_send(WEBSOCKET_TEXT, text);
}

static inline void close_send(unsigned code, const char *reason)
{
    struct buf out;

    buf_init(&out, SCENE_FRAMES_MAX);
    websocket_write_close(&out, (enum websocket_close)code, reason, SCENE_MASK);
    peer_send_bytes(&peer, out.bytes, out.length);
    buf_finish(&out);
}

static inline void client_take(void)
{
    peer_take(&peer);
    if (peer.length > recorded) {
        record_read(&record, peer.got + recorded, peer.length - recorded);
        recorded = peer.length;
    }
}

/* Runs until the client has heard exactly this. */
static inline void client_hears(const char *expected)
{
    unsigned round;

    for (round = 0; round < PEER_ROUNDS_MAX; round++) {
        client_take();
        if (strlen(record.text) >= strlen(expected) || peer.ended) {
            break;
        }
        peer_run(loop, peer.descriptor, POLLIN);
    }
    assert_string_equal(record.text, expected);
}

/* Nothing new comes to the client. */
static inline void client_hears_no_more_than(const char *expected)
{
    peer_run_until_quiet(loop);
    client_take();
    assert_string_equal(record.text, expected);
}

/* Runs until the server's side has heard exactly this. */
static inline void server_hears(const char *expected)
{
    unsigned round;

    for (round = 0; scene_log_length < strlen(expected) && round < PEER_ROUNDS_MAX; round++) {
        peer_run(loop, -1, 0);
    }
    assert_string_equal(scene_log, expected);
}

/* --- Curtain ---------------------------------------------------------------------- */

#define SCENE_REQUEST                                                                              \
    "GET / HTTP/1.1\r\nHost: till\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/* The example of RFC 6455, 1.3. */
#define SCENE_ANSWER                                                                               \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

/* A connection without a handshake. */
static inline void scene_start_bare(void)
{
    static const struct socket_watch_options options = {.idle_ms = 3000, .answer_ms = 2000};
    struct serve_handler handler = {.on_request = scene_on_request};
    struct listener_events events = {.on_connection = scene_on_connection};

    scene_ended = false;
    scene_log[0] = '\0';
    scene_log_length = 0;
    scene_upgrades = 0;
    scene_upgrade_fail = FAIL_NONE;
    scene_on_text = NULL;
    scene_on_upgrade = NULL;
    sock = NULL;
    line = NULL;
    peer_loop_start(&loop);
    assert_int_equal(socket_watch_create(&watch, loop, &options), FAIL_NONE);
    assert_int_equal(
        serve_create(&serve, loop, &handler,
                     &(struct serve_options){.gate = scene_gate,
                                             .trusted = scene_trusted,
                                             .trusted_count = scene_trusted != NULL ? 1 : 0}),
        FAIL_NONE);
    port = peer_listen(&listener, loop, &events, "127.0.0.1", false);
    peer_connect(&peer, loop, port);
    websocket_init(&client, WEBSOCKET_CLIENT, SCENE_FRAMES_MAX);
    record_start(&record, &client);
    recorded = 0;
}

static inline void handshake(struct peer *with)
{
    peer_send(with, SCENE_REQUEST);
    peer_receive(with, strlen(SCENE_ANSWER));
    assert_string_equal(with->got, SCENE_ANSWER);
    peer_forget(with);
}

static inline void scene_start(void)
{
    scene_start_bare();
    handshake(&peer);
    assert_non_null(sock);
}

static inline void scene_finish(void)
{
    listener_stop(&listener);
    serve_close_all(serve);
    peer_close(&peer);
    PEER_RUN_UNTIL(loop, sock == NULL);
    peer_run_until_quiet(loop);
    socket_watch_destroy(&watch);
    assert_null(watch);
    peer_loop_end(&loop);
    serve_destroy(&serve);
    websocket_finish(&client);
}

#endif
