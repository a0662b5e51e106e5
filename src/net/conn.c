/* A TCP connection over libuv.
 *
 * Three states: open, lingering (everything written, our side shut down,
 * waiting for the peer to finish) and closed. conn_end is the only way to
 * closed. The owner hears of it from libuv's own callback, never from inside a
 * call that it made, so that nothing is freed under its feet. */
#include "net/conn_part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* For a slow peer to take what is still to be sent; then for it to finish. */
enum { FLUSH_MS = 10000, LINGER_MS = 2000 };

/* Of what may wait of a connection with TLS, a part as large comes on top: it
 * goes in records of 16 KB, of which each has a header and a tag. */
enum { CIPHER_PART = 128 };

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
    struct conn *conn = (struct conn *)(void *)handle;

    if (conn->events != NULL) {
        conn->events->on_end(conn->tcp.data, (enum conn_end)conn->end);
    }
    conn_tls_free(conn);
    free(conn->lingering);
    free(conn);
}

void conn_end(struct conn *conn, enum conn_end end)
{
    if (conn->state == CONN_CLOSED) {
        return;
    }
    if (conn->state == CONN_OPEN) {
        conn->end = (uint8_t)end; /* else it was said when it began to linger */
    }
    conn->state = CONN_CLOSED;
    if (conn->lingering != NULL) {
        loop_timer_cancel(conn_loop(conn), &conn->lingering->timer);
    }
    if (conn->tls != NULL) {
        conn_tls_stop(conn);
    }
    uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct loop_bytes buffer = loop_read_buffer(conn_loop((struct conn *)(void *)handle));

    (void)suggested;
    *out = uv_buf_init(buffer.bytes, (unsigned)buffer.length);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct conn *conn = (struct conn *)(void *)stream;

    if (conn->state == CONN_LINGERING) {
        if (length < 0) {
            conn_end(conn, CONN_END_OURS);
        }
        return; /* read and dropped, so that no reset overtakes our last words */
    }
    if (length > 0 && conn->tls != NULL) {
        conn_tls_take(conn, slice_make(buffer->base, (size_t)length));
    } else if (length > 0) {
        conn->events->on_bytes(conn->tcp.data, buffer->base, (size_t)length);
    } else if (length < 0 && conn->tls != NULL) {
        conn_tls_cut_off(conn);
        conn_end(conn, CONN_END_PEER);
    } else if (length == UV_EOF) {
        conn_finish(conn);
    } else if (length < 0) {
        conn_end(conn, CONN_END_PEER);
    }
}

void conn_finish(struct conn *conn)
{
    if (conn->events->on_finished == NULL) {
        conn_end(conn, CONN_END_PEER);
        return;
    }
    conn->finished = true;
    (void)uv_read_stop((uv_stream_t *)&conn->tcp);
    conn->events->on_finished(conn->tcp.data);
}

void conn_listen(struct conn *conn)
{
    int result = conn->finished ? 0 /* there is nothing to come */
                                : uv_read_start((uv_stream_t *)&conn->tcp, give_buffer, on_read);

    if (result != 0 && result != UV_EALREADY) {
        conn_end(conn, CONN_END_TROUBLE);
    }
}

enum fail conn_accept(struct conn **out, struct loop *loop, struct uv_stream_s *listener,
                      struct tls_server *tls, const struct conn_events *events, void *context)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    bool accepted;

    if (conn == NULL || (tls != NULL && conn_tls_create(conn, tls) != FAIL_NONE)) {
        free(conn);
        return FAIL_MEMORY;
    }
    if (uv_tcp_init(loop_uv(loop), &conn->tcp) != 0) {
        conn_tls_free(conn);
        free(conn);
        return FAIL_MEMORY;
    }
    conn->tcp.data = context;
    accepted = uv_accept(listener, (uv_stream_t *)&conn->tcp) == 0;
    if (accepted) {
        conn_listen(conn);
    }
    if (!accepted || conn->state != CONN_OPEN) {
        conn_end(conn, CONN_END_TROUBLE); /* it was never the caller's: no on_end */
        return FAIL_CLOSED;
    }
    conn->events = events;
    (void)uv_tcp_nodelay(&conn->tcp, 1);
    *out = conn;
    return FAIL_NONE;
}

void conn_hand_over(struct conn *conn, const struct conn_events *events, void *context)
{
    conn->events = events;
    conn->tcp.data = context;
    conn->large = false;
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
        conn->events->on_sent(conn->tcp.data);
    }
}

static size_t out_max(const struct conn *conn)
{
    return conn->large ? CONN_LARGE_MAX : CONN_OUT_MAX;
}

void conn_allow_large(struct conn *conn)
{
    conn->large = true;
}

/* Keeps a copy of what the kernel did not take. */
static void write_later(struct conn *conn, struct slice bytes)
{
    size_t most = out_max(conn) + (conn->tls != NULL ? out_max(conn) / CIPHER_PART : 0);
    struct rest *rest;
    uv_buf_t buffer;

    if (conn_waiting(conn) + bytes.length > most) {
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

void conn_send(struct conn *conn, struct slice bytes)
{
    uv_buf_t buffer;
    int written;

    if (conn->state != CONN_OPEN) {
        return;
    }
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

void conn_write(struct conn *conn, struct slice bytes)
{
    assert(bytes.length <= out_max(conn));
    if (conn->state != CONN_OPEN || bytes.length == 0) {
        return;
    }
    if (conn->tls != NULL) {
        conn_tls_write(conn, bytes);
    } else {
        conn_send(conn, bytes);
    }
}

bool conn_is_open(const struct conn *conn)
{
    return conn->state == CONN_OPEN;
}

bool conn_is_secure(const struct conn *conn)
{
    return conn->tls != NULL;
}

void conn_pause(struct conn *conn)
{
    if (conn->state != CONN_OPEN || conn->paused) {
        return;
    }
    conn->paused = true;
    (void)uv_read_stop((uv_stream_t *)&conn->tcp);
    if (conn->tls != NULL) {
        conn_tls_pause(conn);
    }
}

void conn_resume(struct conn *conn)
{
    if (conn->state != CONN_OPEN || !conn->paused) {
        return;
    }
    conn->paused = false;
    if (conn->tls != NULL) {
        conn_tls_resume(conn);
    } else {
        conn_listen(conn);
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
        loop_timer_set(conn_loop(conn), &conn->lingering->timer, LINGER_MS, on_linger_over) !=
            FAIL_NONE) {
        conn_end(conn, CONN_END_OURS);
    }
}

void conn_linger(struct conn *conn, enum conn_end end)
{
    struct lingering *lingering;

    conn_listen(conn); /* also when it was paused */
    if (conn->state != CONN_OPEN) {
        return;
    }
    lingering = calloc(1, sizeof(*lingering));
    if (lingering == NULL) {
        conn_end(conn, end);
        return;
    }
    conn->lingering = lingering;
    conn->state = CONN_LINGERING;
    conn->end = (uint8_t)end;
    lingering->conn = conn;
    lingering->shutdown.data = conn;
    if (loop_timer_set(conn_loop(conn), &lingering->timer, FLUSH_MS, on_linger_over) != FAIL_NONE ||
        uv_shutdown(&lingering->shutdown, (uv_stream_t *)&conn->tcp, on_shutdown) != 0) {
        conn_end(conn, end);
    }
}

void conn_close(struct conn *conn)
{
    if (conn->state == CONN_OPEN && conn->tls != NULL) {
        conn_tls_close(conn);
    }
    if (conn->state == CONN_OPEN) {
        conn_linger(conn, CONN_END_OURS);
    }
}

void conn_cut(struct conn *conn)
{
    conn_end(conn, CONN_END_OURS);
}
