/* A TCP connection over libuv.
 *
 * Three states: open, lingering (everything written, our side shut down,
 * waiting for the peer to finish) and closed. conn_end is the only way to
 * closed. The owner hears of it from libuv's own callback, never from inside a
 * call that it made, so that nothing is freed under its feet. */
#include "net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

/* For a slow peer to take what is still to be sent; then for it to finish. */
enum { FLUSH_MS = 10000, LINGER_MS = 2000 };

enum conn_state {
    CONN_OPEN,      /* bytes go both ways */
    CONN_LINGERING, /* nothing more is delivered; what was written is on its way */
    CONN_CLOSED,    /* nothing goes either way; on_end is on its way */
};

struct conn {
    uv_tcp_t tcp;
    struct loop *loop;                /* borrowed */
    const struct conn_events *events; /* borrowed */
    void *context;                    /* borrowed: the owner's */
    struct lingering *lingering;      /* owned; only while CONN_LINGERING */
    uint8_t state;                    /* enum conn_state */
    uint8_t end;                      /* enum conn_end, once CONN_CLOSED */
    bool paused;
    bool finished; /* the other side sends no more */
};

/* What only a closing connection needs. */
struct lingering {
    struct loop_timer timer;
    struct conn *conn;
    uv_shutdown_t shutdown;
};

/* A rest that the kernel did not take at once; the bytes follow it. */
struct rest {
    uv_write_t request;
    struct conn *conn;
    char bytes[];
};

static void on_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;

    if (conn->events != NULL) {
        conn->events->on_end(conn->context, (enum conn_end)conn->end);
    }
    free(conn->lingering);
    free(conn);
}

static void conn_end(struct conn *conn, enum conn_end end)
{
    if (conn->state == CONN_CLOSED) {
        return;
    }
    conn->state = CONN_CLOSED;
    conn->end = (uint8_t)end;
    if (conn->lingering != NULL) {
        loop_timer_cancel(conn->loop, &conn->lingering->timer);
    }
    uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct conn *conn = handle->data;
    struct loop_bytes buffer = loop_read_buffer(conn->loop);

    (void)suggested;
    *out = uv_buf_init(buffer.bytes, (unsigned)buffer.length);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct conn *conn = stream->data;

    if (conn->state == CONN_LINGERING) {
        if (length < 0) {
            conn_end(conn, CONN_END_OURS);
        }
        return; /* read and dropped, so that no reset overtakes our last words */
    }
    if (length > 0) {
        conn->events->on_bytes(conn->context, buffer->base, (size_t)length);
    } else if (length == UV_EOF && conn->events->on_finished != NULL) {
        conn->finished = true;
        conn->events->on_finished(conn->context);
    } else if (length < 0) {
        conn_end(conn, CONN_END_PEER);
    }
}

enum fail conn_accept(struct conn **out, struct loop *loop, struct uv_stream_s *listener,
                      struct tls_server *tls, const struct conn_events *events, void *context)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    (void)tls; /* FOUNDATION */

    if (conn == NULL) {
        return FAIL_MEMORY;
    }
    if (uv_tcp_init(loop_uv(loop), &conn->tcp) != 0) {
        free(conn);
        return FAIL_MEMORY;
    }
    conn->tcp.data = conn;
    conn->loop = loop;
    conn->events = events;
    conn->context = context;
    if (uv_accept(listener, (uv_stream_t *)&conn->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&conn->tcp, give_buffer, on_read) != 0) {
        conn->events = NULL; /* it was never the caller's: no on_end */
        conn_end(conn, CONN_END_TROUBLE);
        return FAIL_CLOSED;
    }
    (void)uv_tcp_nodelay(&conn->tcp, 1);
    *out = conn;
    return FAIL_NONE;
}

void conn_hand_over(struct conn *conn, const struct conn_events *events, void *context)
{
    conn->events = events;
    conn->context = context;
    if (conn->finished && events->on_finished == NULL) {
        conn_end(conn, CONN_END_PEER);
    }
}

size_t conn_waiting(const struct conn *conn)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&conn->tcp);
}

static void on_written(uv_write_t *request, int status)
{
    struct rest *rest = request->data;
    struct conn *conn = rest->conn;

    free(rest);
    if (status < 0) {
        conn_end(conn, CONN_END_PEER);
    } else if (conn->state == CONN_OPEN && conn_waiting(conn) == 0 &&
               conn->events->on_sent != NULL) {
        conn->events->on_sent(conn->context);
    }
}

/* Keeps a copy of what the kernel did not take. */
static void write_later(struct conn *conn, struct slice bytes)
{
    size_t waiting = uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp);
    struct rest *rest;
    uv_buf_t buffer;

    if (waiting + bytes.length > CONN_OUT_MAX) {
        conn_end(conn, CONN_END_SLOW);
        return;
    }
    rest = malloc(sizeof(*rest) + bytes.length);
    if (rest == NULL) {
        conn_end(conn, CONN_END_TROUBLE);
        return;
    }
    memcpy(rest->bytes, bytes.bytes, bytes.length);
    rest->conn = conn;
    rest->request.data = rest;
    buffer = uv_buf_init(rest->bytes, (unsigned)bytes.length);
    if (uv_write(&rest->request, (uv_stream_t *)&conn->tcp, &buffer, 1, on_written) != 0) {
        free(rest);
        conn_end(conn, CONN_END_TROUBLE);
    }
}

void conn_write(struct conn *conn, struct slice bytes)
{
    uv_buf_t buffer;
    int written;

    if (conn->state != CONN_OPEN || bytes.length == 0) {
        return;
    }
    assert(bytes.length <= CONN_OUT_MAX);
    /* libuv wants a pointer it may not write through either way. */
    buffer.base = (char *)(uintptr_t)bytes.bytes;
    buffer.len = bytes.length;
    written = uv_try_write((uv_stream_t *)&conn->tcp, &buffer, 1);
    if (written < 0 && written != UV_EAGAIN) {
        conn_end(conn, CONN_END_PEER);
        return;
    }
    if (written > 0) {
        bytes = slice_make(bytes.bytes + written, bytes.length - (size_t)written);
    }
    if (bytes.length > 0) {
        write_later(conn, bytes);
    }
}

bool conn_is_open(const struct conn *conn)
{
    return conn->state == CONN_OPEN;
}

void conn_pause(struct conn *conn)
{
    if (conn->state == CONN_OPEN && !conn->paused) {
        conn->paused = true;
        (void)uv_read_stop((uv_stream_t *)&conn->tcp);
    }
}

void conn_resume(struct conn *conn)
{
    if (conn->state == CONN_OPEN && conn->paused) {
        conn->paused = false;
        if (!conn->finished &&
            uv_read_start((uv_stream_t *)&conn->tcp, give_buffer, on_read) != 0) {
            conn_end(conn, CONN_END_TROUBLE);
        }
    }
}

static void on_linger_over(struct loop_timer *timer)
{
    struct lingering *lingering = (struct lingering *)(void *)timer;

    conn_end(lingering->conn, CONN_END_OURS);
}

/* Everything is sent. */
static void on_shutdown(uv_shutdown_t *request, int status)
{
    struct conn *conn = request->data;

    if (conn->state == CONN_CLOSED) {
        return;
    }
    if (status < 0 || conn->finished ||
        loop_timer_set(conn->loop, &conn->lingering->timer, LINGER_MS, on_linger_over) !=
            FAIL_NONE) {
        conn_end(conn, CONN_END_OURS);
    }
}

void conn_close(struct conn *conn)
{
    struct lingering *lingering;

    if (conn->state != CONN_OPEN) {
        return;
    }
    conn_resume(conn);
    if (conn->state != CONN_OPEN) {
        return;
    }
    lingering = calloc(1, sizeof(*lingering));
    if (lingering == NULL) {
        conn_end(conn, CONN_END_OURS);
        return;
    }
    conn->lingering = lingering;
    conn->state = CONN_LINGERING;
    lingering->conn = conn;
    lingering->shutdown.data = conn;
    if (loop_timer_set(conn->loop, &lingering->timer, FLUSH_MS, on_linger_over) != FAIL_NONE ||
        uv_shutdown(&lingering->shutdown, (uv_stream_t *)&conn->tcp, on_shutdown) != 0) {
        conn_end(conn, CONN_END_OURS);
    }
}

void conn_cut(struct conn *conn)
{
    conn_end(conn, CONN_END_OURS);
}

bool conn_is_secure(const struct conn *conn)
{
    (void)conn; /* FOUNDATION */
    return false;
}

void conn_keep_alive(struct conn *conn, unsigned seconds)
{
    (void)conn; /* FOUNDATION */
    (void)seconds;
}

void conn_address(const struct conn *conn, struct address *out)
{
    char text[CONN_ADDRESS_SIZE]; /* FOUNDATION */
    char *colon;

    conn_peer(conn, text);
    colon = strrchr(text, ':');
    *out = (struct address){{0}};
    if (colon != NULL) {
        *colon = '\0';
        (void)address_read(slice_of(text), out);
    }
}

void conn_peer(const struct conn *conn, char out[CONN_ADDRESS_SIZE])
{
    struct sockaddr_storage address;
    int length = sizeof(address);
    char host[INET6_ADDRSTRLEN] = "?";
    uint16_t port = 0;
    bool is_six = false;

    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&address, &length) == 0) {
        if (address.ss_family == AF_INET) {
            struct sockaddr_in *four = (struct sockaddr_in *)(void *)&address;

            (void)inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
            port = ntohs(four->sin_port);
        } else if (address.ss_family == AF_INET6) {
            struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)&address;

            is_six = true;
            (void)inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
            port = ntohs(six->sin6_port);
        }
    }
    (void)text_format(out, CONN_ADDRESS_SIZE, is_six ? "[%s]:%u" : "%s:%u", host, port);
}
