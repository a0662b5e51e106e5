/* A stage for tests of dial: one loop with a dial on it and a server made of
 * bare libuv, which does what the test's functions say.
 *
 * Both sides keep a line of what they saw: `log` the client ("open | text hi |
 * end 1000: bye"), `record.text` the server's frames. The machine's clock can be
 * moved, so that no time limit is waited for. */
#ifndef TESTS_DIAL_SCENE_H
#define TESTS_DIAL_SCENE_H

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "net/dial.h"
#include "net/digest.h"
#include "unit/wire/websocket_record.h"

enum { SCENE_REQUEST_SIZE = 4096, SCENE_LOG_SIZE = 4096 };

struct scene;

/* What stands between the server's socket and what it understands: TLS. */
struct scene_wire {
    /* What arrived; what it means goes to scene_take. */
    void (*take)(struct scene *scene, const char *bytes, size_t length);
    /* What is to be sent, to scene_write_raw. */
    void (*write)(struct scene *scene, const char *bytes, size_t length);
};

struct scene {
    struct loop *loop;
    /* The server */
    uv_tcp_t listener;
    uv_tcp_t peer;
    bool has_peer;
    bool peer_has_ended; /* the client's end of the connection was seen */
    char request[SCENE_REQUEST_SIZE];
    size_t request_length;
    bool shaken;
    const struct scene_wire *wire; /* NULL: plain */
    struct websocket websocket;
    struct record record;
    void (*answer)(struct scene *scene); /* the request is whole */
    void (*react)(struct scene *scene);  /* the client's frames were recorded; may be NULL */
    /* The client */
    struct dial *dial;
    struct url url;
    size_t heard;
    size_t ends;
    uint32_t retry_after_ms; /* of its end */
    struct tls_client *tls;  /* NULL: plain */
    char log[SCENE_LOG_SIZE];
    size_t log_length;
    void (*on_open)(struct scene *scene);    /* may be NULL */
    void (*on_message)(struct scene *scene); /* may be NULL */
};

/* --- The clock: every clock_gettime of the executable and of libuv ------- */

static int64_t scene_ahead_ms;

int clock_gettime(clockid_t id, struct timespec *out)
{
    long result = syscall(SYS_clock_gettime, id, out);

    out->tv_sec += (time_t)(scene_ahead_ms / 1000);
    return (int)result;
}

static inline void scene_move_clock(int64_t by_ms)
{
    assert(by_ms % 1000 == 0);
    scene_ahead_ms += by_ms;
}

/* --- The server --------------------------------------------------------- */

struct scene_write {
    uv_write_t request;
    char bytes[];
};

static void scene_on_written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
}

static void scene_write_raw(struct scene *scene, const void *bytes, size_t length)
{
    struct scene_write *write = malloc(sizeof(*write) + length);
    uv_buf_t piece;

    assert_non_null(write);
    memcpy(write->bytes, bytes, length);
    write->request.data = write;
    piece = uv_buf_init(write->bytes, (unsigned)length);
    assert_int_equal(
        uv_write(&write->request, (uv_stream_t *)&scene->peer, &piece, 1, scene_on_written), 0);
}

static void scene_write(struct scene *scene, const void *bytes, size_t length)
{
    if (scene->wire != NULL) {
        scene->wire->write(scene, bytes, length);
    } else {
        scene_write_raw(scene, bytes, length);
    }
}

static inline void scene_write_text(struct scene *scene, const char *text)
{
    scene_write(scene, text, strlen(text));
}

static inline void scene_send(struct scene *scene, enum websocket_opcode opcode,
                              const char *payload)
{
    struct buf out;

    buf_init(&out, 1024);
    websocket_write(&out, opcode, slice_of(payload), NULL);
    scene_write(scene, out.bytes, out.length);
    buf_finish(&out);
}

static inline void scene_send_close(struct scene *scene, unsigned code, const char *reason)
{
    struct buf out;

    buf_init(&out, 1024);
    websocket_write_close(&out, (enum websocket_close)code, reason, NULL);
    scene_write(scene, out.bytes, out.length);
    buf_finish(&out);
}

/* The value that proves the handshake, for the key that came. */
static void scene_accept_value(struct scene *scene, char out[WEBSOCKET_ACCEPT_SIZE])
{
    static const char NAME[] = "Sec-WebSocket-Key: ";
    const char *at = strstr(scene->request, NAME);
    char key[WEBSOCKET_KEY_SIZE];
    char input[WEBSOCKET_ACCEPT_INPUT_SIZE];
    uint8_t digest[DIGEST_SHA1_SIZE];

    assert_non_null(at);
    memcpy(key, at + strlen(NAME), sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    digest_sha1(input, websocket_accept_input(key, input), digest);
    websocket_accept_text(digest, out);
}

/* A good handshake, followed at once by `frames`. */
static inline void scene_shake(struct scene *scene, const void *frames, size_t length)
{
    char accept[WEBSOCKET_ACCEPT_SIZE];
    char head[256];
    char both[1024];

    scene_accept_value(scene, accept);
    (void)snprintf(head, sizeof(head),
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
                   "Connection: upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                   accept);
    assert_true(strlen(head) + length <= sizeof(both));
    memcpy(both, head, strlen(head));
    memcpy(both + strlen(head), frames, length);
    scene_write(scene, both, strlen(head) + length);
    scene->shaken = true;
}

static void scene_give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static char bytes[65536];

    (void)handle;
    (void)suggested;
    *out = uv_buf_init(bytes, sizeof(bytes));
}

static void scene_take_request(struct scene *scene, const char *bytes, size_t length)
{
    assert_true(scene->request_length + length < sizeof(scene->request));
    memcpy(scene->request + scene->request_length, bytes, length);
    scene->request_length += length;
    scene->request[scene->request_length] = '\0';
    if (strstr(scene->request, "\r\n\r\n") != NULL) {
        scene->answer(scene);
    }
}

static void scene_take(struct scene *scene, char *bytes, size_t length)
{
    if (!scene->shaken) {
        scene_take_request(scene, bytes, length);
    } else {
        record_read(&scene->record, bytes, length);
    }
}

static void scene_on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct scene *scene = stream->data;

    if (length < 0) {
        scene->peer_has_ended = true;
        (void)uv_read_stop(stream);
    } else if (length > 0 && scene->wire != NULL) {
        scene->wire->take(scene, buffer->base, (size_t)length);
    } else if (length > 0) {
        scene_take(scene, buffer->base, (size_t)length);
    }
    if (scene->react != NULL && scene->shaken) {
        scene->react(scene);
    }
}

static void scene_on_connection(uv_stream_t *listener, int status)
{
    struct scene *scene = listener->data;

    assert_int_equal(status, 0);
    assert_false(scene->has_peer);
    assert_int_equal(uv_tcp_init(loop_uv(scene->loop), &scene->peer), 0);
    scene->has_peer = true;
    scene->peer.data = scene;
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&scene->peer), 0);
    assert_int_equal(uv_read_start((uv_stream_t *)&scene->peer, scene_give_buffer, scene_on_read),
                     0);
}

static inline void scene_hang_up(struct scene *scene)
{
    if (scene->has_peer && !uv_is_closing((uv_handle_t *)&scene->peer)) {
        uv_close((uv_handle_t *)&scene->peer, NULL);
    }
}

/* --- The client --------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void scene_log(struct scene *scene, const char *format,
                                                            ...)
{
    size_t room = sizeof(scene->log) - scene->log_length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(scene->log + scene->log_length, room, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && (size_t)length < room);
    scene->log_length += (size_t)length;
}

static void scene_on_open(void *context)
{
    struct scene *scene = context;

    scene_log(scene, "open | ");
    if (scene->on_open != NULL) {
        scene->on_open(scene);
    }
}

static void scene_on_message(void *context, struct slice message)
{
    struct scene *scene = context;

    scene_log(scene, "text %.*s | ", (int)message.length, message.bytes);
    if (scene->on_message != NULL) {
        scene->on_message(scene);
    }
}

static void scene_on_heard(void *context)
{
    struct scene *scene = context;

    scene->heard++;
}

static void scene_on_end(void *context, const struct dial_end *end)
{
    struct scene *scene = context;

    scene_log(scene, "end %u: %s", end->code, end->reason);
    scene->retry_after_ms = end->retry_after_ms;
    scene->ends++;
    scene_hang_up(scene);
    uv_close((uv_handle_t *)&scene->listener, NULL);
    loop_stop(scene->loop);
}

static const struct dial_events *scene_events(struct scene *scene)
{
    static struct dial_events events;

    events =
        (struct dial_events){scene_on_open, scene_on_message, scene_on_heard, scene_on_end, scene};
    return &events;
}

/* --- Curtain ------------------------------------------------------------ */

static inline void scene_start(struct scene *scene, void (*answer)(struct scene *scene))
{
    struct sockaddr_in address;
    struct sockaddr_storage bound;
    int size = sizeof(bound);

    memset(scene, 0, sizeof(*scene));
    scene->answer = answer;
    assert_int_equal(loop_create(&scene->loop, 0), FAIL_NONE);
    assert_int_equal(uv_tcp_init(loop_uv(scene->loop), &scene->listener), 0);
    scene->listener.data = scene;
    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    assert_int_equal(uv_tcp_bind(&scene->listener, (const struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&scene->listener, 4, scene_on_connection), 0);
    assert_int_equal(uv_tcp_getsockname(&scene->listener, (struct sockaddr *)&bound, &size), 0);
    memcpy(&address, &bound, sizeof(address));
    scene->url.port = ntohs(address.sin_port);
    (void)snprintf(scene->url.host, sizeof(scene->url.host), "127.0.0.1");
    websocket_init(&scene->websocket, WEBSOCKET_SERVER, 65536);
    record_start(&scene->record, &scene->websocket);
}

static inline enum fail scene_dial(struct scene *scene)
{
    const struct dial_target target = {&scene->url, "/device/v1", scene->tls};

    return dial_start(&scene->dial, scene->loop, &target, scene_events(scene));
}

/* Dials, and runs until on_end and everything is closed. */
static inline void scene_play(struct scene *scene)
{
    assert_int_equal(scene_dial(scene), FAIL_NONE);
    assert_int_equal(scene->ends, 0); /* never from inside dial_start */
    loop_run(scene->loop);
    assert_int_equal(scene->ends, 1);
}

static inline void scene_finish(struct scene *scene)
{
    loop_destroy(&scene->loop);
    websocket_finish(&scene->websocket);
}

#endif
