/* A connection's TLS: what its owner reads and writes is plain, what the
 * network carries is not.
 *
 * A pause stops the decrypting too. What had come by then stays with the
 * stream, still encrypted, and is taken at the loop's next turn after the
 * owner goes on; only after that is more read, so that the order stays.
 *
 * Who does not speak costs no TLS: it begins with the first bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/log.h"
#include "net/conn_part.h"
#include "net/tls.h"

/* A hello above this is taken at once: what waits is bounded. */
enum { HELLO_MAX = 4096 };

/* A client's hello that waits for its turn; the bytes follow it. */
struct hello {
    struct loop_work work;
    struct conn *conn;
    size_t length;
    char bytes[];
};

struct conn_tls {
    struct tls_server *server; /* borrowed */
    /* Owned; NULL before the first byte has come, so that who never speaks
     * costs no more than without TLS, and once nothing more goes through it. */
    struct tls_stream *stream;
    struct hello *hello; /* owned; NULL: none waits */
    struct conn *conn;
    struct loop_timer again; /* to take what is held */
    bool taking;             /* tls_stream_take is under us on the stack */
    bool held;               /* it was paused meanwhile */
};

static void on_cipher(void *context, struct slice bytes)
{
    conn_send(context, bytes);
}

static void on_plain(void *context, char *bytes, size_t length)
{
    struct conn *conn = context;

    if (conn->state == CONN_OPEN) {
        conn->events->on_bytes(conn->tcp.data, bytes, length);
    }
}

static const struct tls_stream_events stream_events = {.on_cipher = on_cipher,
                                                       .on_plain = on_plain};

enum fail conn_tls_create(struct conn *conn, struct tls_server *server)
{
    struct conn_tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL) {
        return FAIL_MEMORY;
    }
    tls->server = server;
    tls->conn = conn;
    conn->tls = tls;
    return FAIL_NONE;
}

void conn_tls_free(struct conn *conn)
{
    if (conn->tls == NULL) {
        return;
    }
    tls_stream_free(&conn->tls->stream);
    free(conn->tls);
    conn->tls = NULL;
}

static bool is_in(const struct conn *conn, enum tls_state state)
{
    return conn->tls->stream != NULL && tls_stream_state(conn->tls->stream) == state;
}

/* --- Ends ----------------------------------------------------------------- */

/* Strangers do this all day: never above debug. */
static void failed(struct conn *conn, const char *event, const char *reason)
{
    char peer[CONN_ADDRESS_SIZE];

    conn_peer(conn, peer);
    log_event(LOG_DEBUG, event, log_text("peer", peer), log_text("reason", reason));
}

/* OpenSSL has sent its alert, which a reset must not overtake. */
static void broken(struct conn *conn, bool was_shaking)
{
    failed(conn, was_shaking ? "tls.failed" : "tls.broken", tls_stream_problem(conn->tls->stream));
    conn_linger(conn, CONN_END_PEER);
}

static void went_away(struct conn *conn)
{
    counter_add(&tls_failures, 1);
    failed(conn, "tls.failed", "the other side went away during the handshake");
}

void conn_tls_cut_off(struct conn *conn)
{
    if (is_in(conn, TLS_SHAKING)) {
        went_away(conn);
    }
}

/* It may still read, as after the end of a plain one (RFC 8446, 6.1). */
static void said_goodbye(struct conn *conn)
{
    if (conn->events->on_finished == NULL) {
        tls_stream_close(conn->tls->stream);
    }
    conn_finish(conn);
}

/* For a person who typed http:// and the port of https. */
static void plain_http(struct conn *conn)
{
    static const char ANSWER[] = "HTTP/1.1 400 Bad Request\r\n"
                                 "Content-Type: text/plain; charset=utf-8\r\n"
                                 "Content-Length: 58\r\n"
                                 "Connection: close\r\n"
                                 "\r\n"
                                 "this port speaks https: write https:// before the address\n";

    counter_add(&tls_failures, 1);
    failed(conn, "tls.failed", "what came is plain HTTP");
    conn_send(conn, slice_make(ANSWER, sizeof(ANSWER) - 1));
    conn_linger(conn, CONN_END_PEER);
}

/* --- What arrives ---------------------------------------------------------- */

static void on_again(struct loop_timer *timer)
{
    struct conn *conn = LIST_ITEM(timer, struct conn_tls, again)->conn;

    if (conn->state != CONN_OPEN) {
        return; /* it was closed meanwhile */
    }
    conn_tls_take(conn, slice_make(NULL, 0));
    if (conn->state == CONN_OPEN && !conn->paused) {
        conn_listen(conn);
    }
}

/* At the loop's next turn: the owner is still in the call that goes on. */
static void take_again_soon(struct conn *conn)
{
    if (loop_timer_set(conn_loop(conn), &conn->tls->again, 0, on_again) != FAIL_NONE) {
        conn_end(conn, CONN_END_TROUBLE);
    }
}

static void stream_take(struct conn *conn, struct slice cipher)
{
    struct conn_tls *tls = conn->tls;
    struct loop_bytes plain = loop_plain_buffer(conn_loop(conn));
    bool was_shaking = tls_stream_state(tls->stream) == TLS_SHAKING;
    enum tls_state state;

    tls->taking = true;
    tls->held = false;
    state = tls_stream_take(tls->stream, cipher, plain.bytes, plain.length);
    tls->taking = false;
    if (conn->state != CONN_OPEN) {
        return; /* its owner has closed it meanwhile */
    }
    if (state == TLS_BROKEN) {
        broken(conn, was_shaking);
    } else if (state == TLS_ENDED) {
        said_goodbye(conn);
    } else if (tls->held && !conn->paused) {
        take_again_soon(conn);
    }
}

/* The first step of a handshake, in which the server signs: half a millisecond
 * and more of a processor. When a thousand terminals come back at once, pings
 * must not wait for all of them. */
static void handshake_begin(struct conn *conn, struct slice hello)
{
    const struct tls_stream_options options = {
        .server = conn->tls->server, .events = &stream_events, .context = conn};

    if (tls_stream_create(&conn->tls->stream, &options) != FAIL_NONE) {
        conn_end(conn, CONN_END_TROUBLE);
        return;
    }
    stream_take(conn, hello);
    if (conn->state != CONN_OPEN) {
        tls_stream_free(&conn->tls->stream);
    }
}

/* While a hello waits nobody reads, so that an end is not noticed. */
static bool peer_is_gone(const struct conn *conn)
{
    uv_os_fd_t file;
    char byte;
    ssize_t length;

    if (uv_fileno((const uv_handle_t *)&conn->tcp, &file) != 0) {
        return true;
    }
    length = recv(file, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
}

static void on_turn(struct loop_work *work)
{
    struct hello *hello = LIST_ITEM(work, struct hello, work);
    struct conn *conn = hello->conn;

    conn->tls->hello = NULL;
    if (peer_is_gone(conn)) {
        went_away(conn);
        conn_end(conn, CONN_END_PEER);
    } else {
        handshake_begin(conn, slice_make(hello->bytes, hello->length));
    }
    free(hello);
    if (conn->state == CONN_OPEN && !conn->paused) {
        conn_listen(conn);
    }
}

/* Nothing more is read before its turn. */
static void hello_wait(struct conn *conn, struct slice bytes)
{
    struct hello *hello = calloc(1, sizeof(*hello) + bytes.length);

    if (hello == NULL) {
        conn_end(conn, CONN_END_TROUBLE);
        return;
    }
    hello->conn = conn;
    hello->length = bytes.length;
    memcpy(hello->bytes, bytes.bytes, bytes.length);
    conn->tls->hello = hello;
    (void)uv_read_stop((uv_stream_t *)&conn->tcp);
    loop_work_add(conn_loop(conn), &hello->work, on_turn);
}

static void hello_drop(struct conn *conn)
{
    if (conn->tls->hello != NULL) {
        loop_work_cancel(&conn->tls->hello->work);
        free(conn->tls->hello);
        conn->tls->hello = NULL;
    }
}

static void take_first(struct conn *conn, struct slice bytes)
{
    if (bytes.bytes[0] >= 'A' && bytes.bytes[0] <= 'Z') { /* a method */
        plain_http(conn);
    } else if (bytes.length <= HELLO_MAX) {
        hello_wait(conn, bytes);
    } else {
        handshake_begin(conn, bytes);
    }
}

void conn_tls_take(struct conn *conn, struct slice cipher)
{
    if (conn->tls->stream == NULL) {
        take_first(conn, cipher);
        return;
    }
    stream_take(conn, cipher);
    if (conn->state != CONN_OPEN) {
        tls_stream_free(&conn->tls->stream); /* lingering costs no more than a plain one */
    }
}

/* --- What the owner asks ----------------------------------------------------- */

void conn_tls_write(struct conn *conn, struct slice plain)
{
    if ((is_in(conn, TLS_OPEN) || is_in(conn, TLS_ENDED)) &&
        tls_stream_write(conn->tls->stream, plain) == TLS_BROKEN) {
        conn_end(conn, CONN_END_TROUBLE);
    }
}

void conn_tls_pause(struct conn *conn)
{
    if (conn->tls->taking) {
        conn->tls->held = true;
        tls_stream_hold(conn->tls->stream);
    }
}

void conn_tls_resume(struct conn *conn)
{
    if (conn->tls->taking) {
        return; /* stream_take sees to it */
    }
    if (conn->tls->held) {
        take_again_soon(conn);
    } else if (conn->tls->hello == NULL) {
        conn_listen(conn);
    }
}

void conn_tls_close(struct conn *conn)
{
    hello_drop(conn);
    if (conn->tls->stream != NULL) {
        tls_stream_close(conn->tls->stream);
    }
    if (!conn->tls->taking) {
        tls_stream_free(&conn->tls->stream);
    }
}

void conn_tls_stop(struct conn *conn)
{
    hello_drop(conn);
    loop_timer_cancel(conn_loop(conn), &conn->tls->again);
}
