/* WebSockets of terminals.
 *
 * Heartbeats cost an idle socket nothing: all sockets of a loop stand in one
 * list, the one that was heard longest ago first, and once a second the front
 * is looked at. Only a socket that was pinged and has not answered yet holds a
 * timer, and then it stands in no list.
 *
 * A socket comes with its connection's place among the guests. Once its
 * terminal has proven which one it is, all that is left of that is a flag: an
 * idle terminal is to cost as little as can be. */
#include "net/socket.h"

#include <assert.h>
#include <stdlib.h>

#include "net/conn.h"
#include "net/digest.h"
#include "net/guest.h"
#include "wire/websocket.h"

enum { SWEEP_MS = 1000, CLOSE_MS = 2000, OUT_MAX = 256 * 1024 };

enum socket_state {
    SOCKET_OPEN,
    SOCKET_CLOSING, /* our close frame is out, the other side's is awaited */
    SOCKET_ENDED,   /* nothing more is read or said; on_end is on its way */
};

struct socket {
    struct line line;
    struct conn *conn;
    struct socket_watch *watch;
    const struct line_events *events;
    void *context; /* borrowed: the owner's */
    union {
        struct list_link link;   /* in watch->quiet, unless `timed` */
        struct loop_timer timer; /* waiting for a sign of life, or for the close frame */
    };
    int64_t heard_ms;
    struct guest *guest; /* owned; NULL for an enrolled terminal that no proxy speaks for */
    struct websocket websocket;
    uint16_t close_code; /* what on_end will say */
    uint8_t state;       /* enum socket_state */
    bool timed;
    bool enrolled; /* it has a terminal's place at the gate */
};

struct socket_watch {
    struct loop *loop;
    struct socket_watch_options options;
    struct guests *guests; /* borrowed: of the loop's service; NULL before the first socket */
    struct list quiet;     /* by heard_ms */
    struct loop_timer sweep;
    struct buf out; /* frames are put together here */
};

/* --- List or timer -------------------------------------------------------- */

/* In no list, and without a timer. */
static void unwatch(struct socket *socket)
{
    if (socket->timed) {
        loop_timer_cancel(socket->watch->loop, &socket->timer);
        socket->timed = false;
        socket->link = (struct list_link){NULL, NULL};
    } else {
        list_remove(&socket->link);
    }
}

static void on_silence(struct loop_timer *timer)
{
    conn_cut(LIST_ITEM(timer, struct socket, timer)->conn);
}

/* Cuts the connection when `delay_ms` have passed. FAIL_MEMORY. */
static enum fail cut_later(struct socket *socket, int64_t delay_ms)
{
    unwatch(socket);
    socket->timed = true;
    socket->timer = (struct loop_timer){0};
    return loop_timer_set(socket->watch->loop, &socket->timer, delay_ms, on_silence);
}

/* --- Ends --------------------------------------------------------------- */

static void socket_free(struct socket *socket)
{
    unwatch(socket);
    guest_destroy(&socket->guest);
    if (socket->enrolled) {
        guests_terminal_left(socket->watch->guests);
    }
    websocket_finish(&socket->websocket);
    free(socket);
}

static void on_conn_end(void *context, enum conn_end end)
{
    struct socket *socket = context;

    (void)end;
    if (socket->events != NULL) {
        socket->events->on_end(socket->context, socket->close_code);
    }
    socket_free(socket);
}

/* False also for a line that its owner has just cut, or whose peer reads too
 * slowly: its end is on its way. */
static bool is_open(const struct socket *socket)
{
    return socket->state == SOCKET_OPEN && conn_is_open(socket->conn);
}

static void frame_send(struct socket *socket, enum websocket_opcode opcode, struct slice payload)
{
    struct buf *out = &socket->watch->out;

    buf_clear(out);
    websocket_write(out, opcode, payload, NULL);
    if (buf_fail(out) != FAIL_NONE) {
        conn_cut(socket->conn);
        return;
    }
    conn_write(socket->conn, buf_view(out));
}

static void close_with(struct socket *socket, unsigned code, const char *reason)
{
    struct buf *out = &socket->watch->out;

    if (!is_open(socket)) {
        return;
    }
    socket->state = SOCKET_CLOSING;
    socket->close_code = (uint16_t)code;
    buf_clear(out);
    websocket_write_close(out, (enum websocket_close)code, reason, NULL);
    if (buf_fail(out) != FAIL_NONE || cut_later(socket, CLOSE_MS) != FAIL_NONE) {
        conn_cut(socket->conn);
        return;
    }
    conn_write(socket->conn, buf_view(out));
}

/* After the last frame of the peer that we can read. */
static void end(struct socket *socket)
{
    socket->state = SOCKET_ENDED;
    if (!socket->timed) { /* else it is cut when that time has passed */
        unwatch(socket);
    }
    conn_close(socket->conn);
}

/* --- What arrives ------------------------------------------------------- */

static void on_message(void *context, bool is_text, struct slice message)
{
    struct socket *socket = context;

    if (!is_open(socket)) {
        return;
    }
    if (!is_text) {
        close_with(socket, WEBSOCKET_CLOSE_UNSUPPORTED, "only text messages are understood");
        return;
    }
    socket->events->on_message(socket->context, message);
}

static void on_ping(void *context, struct slice payload)
{
    struct socket *socket = context;

    if (is_open(socket)) {
        frame_send(socket, WEBSOCKET_PONG, payload);
    }
}

static void on_pong(void *context, struct slice payload)
{
    (void)context; /* every byte is a sign of life, see heard() */
    (void)payload;
}

static void on_close(void *context, unsigned code, struct slice reason)
{
    struct socket *socket = context;
    struct buf *out = &socket->watch->out;

    (void)reason;
    if (is_open(socket)) {
        socket->close_code = (uint16_t)code;
        buf_clear(out);
        websocket_write_close(out, (enum websocket_close)code, "", NULL);
        conn_write(socket->conn, buf_view(out));
    }
    end(socket);
}

static const struct websocket_handler handler = {
    .on_message = on_message, .on_ping = on_ping, .on_pong = on_pong, .on_close = on_close};

static void heard(struct socket *socket)
{
    if (socket->state != SOCKET_OPEN) {
        return;
    }
    socket->heard_ms = loop_now_ms(socket->watch->loop);
    unwatch(socket);
    list_push_back(&socket->watch->quiet, &socket->link);
}

static const char *trouble_text(enum websocket_close code)
{
    if (code == WEBSOCKET_CLOSE_TOO_BIG) {
        return "the message is too long";
    }
    if (code == WEBSOCKET_CLOSE_INVALID_TEXT) {
        return "the text is not valid UTF-8";
    }
    if (code == WEBSOCKET_CLOSE_INTERNAL) {
        return "there is no memory left for this message";
    }
    return "the frame breaks RFC 6455";
}

static void on_bytes(void *context, char *bytes, size_t length)
{
    struct socket *socket = context;
    enum websocket_close trouble;

    heard(socket);
    trouble = websocket_read(&socket->websocket, &handler, socket, bytes, length);
    if (trouble == WEBSOCKET_OPEN) {
        return;
    }
    /* Where the peer's next frame begins is no longer known, so that its close
     * frame cannot be waited for (RFC 6455, 7.1.7). */
    close_with(socket, trouble, trouble_text(trouble));
    end(socket);
}

static const struct conn_events conn_events = {.on_bytes = on_bytes, .on_end = on_conn_end};

/* --- The handshake ------------------------------------------------------ */

static void refuse(struct exchange *exchange, int status, const char *problem)
{
    /* With 426 they are due (RFC 9110, 15.5.22; RFC 6455, 4.4). */
    static const struct exchange_header wanted[] = {{"Upgrade", "websocket"},
                                                    {"Sec-WebSocket-Version", "13"}};
    char sentence[256];

    (void)text_format(sentence, sizeof(sentence), "%s\n", problem);
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = "text/plain; charset=utf-8",
                                                        .body = slice_of(sentence),
                                                        .headers = wanted,
                                                        .header_count = status == 426 ? 2 : 0,
                                                        .close = true});
}

/* The connection of an exchange is the socket's from now on. */
static void take_over(struct socket *socket, struct exchange_upgrade *upgrade)
{
    struct socket_watch *watch = socket->watch;

    assert(watch->guests == NULL || watch->guests == upgrade->guest->guests);
    watch->guests = upgrade->guest->guests;
    socket->conn = upgrade->conn;
    socket->guest = upgrade->guest;
    socket->guest->rank = GUEST_UPGRADED;
    guest_waits(socket->guest);
    conn_hand_over(socket->conn, &conn_events, socket);
    conn_keep_alive(socket->conn, watch->options.half_open_s);
    heard(socket);
}

enum fail socket_upgrade(struct socket **out, struct exchange *exchange,
                         const struct http_head *head, struct socket_watch *watch,
                         uint32_t message_max)
{
    char key[WEBSOCKET_KEY_SIZE];
    char accept[WEBSOCKET_ACCEPT_SIZE];
    const char *problem = NULL;
    int status = websocket_handshake_check(head, key, &problem);
    struct exchange_upgrade upgrade;
    struct socket *socket;

    *out = NULL;
    if (status != 0) {
        refuse(exchange, status, problem);
        return FAIL_NONE;
    }
    socket = calloc(1, sizeof(*socket));
    if (socket == NULL) {
        refuse(exchange, 503, "there is no memory left for another terminal; try again later");
        return FAIL_MEMORY;
    }
    digest_websocket_accept(key, accept);
    exchange_upgrade(exchange, accept, &upgrade);
    socket->watch = watch;
    socket->close_code = WEBSOCKET_CLOSE_ABNORMAL;
    websocket_init(&socket->websocket, WEBSOCKET_SERVER, message_max);
    take_over(socket, &upgrade);
    if (upgrade.rest.length > 0) {
        conn_cut(socket->conn); /* it spoke before it had read our 101 (RFC 6455, 4.1) */
        return FAIL_NONE;
    }
    *out = socket;
    return FAIL_NONE;
}

/* --- Heartbeats --------------------------------------------------------- */

static void probe(struct socket *socket, int64_t answer_ms)
{
    if (!is_open(socket) || socket->timed) {
        return;
    }
    if (cut_later(socket, answer_ms) != FAIL_NONE) {
        conn_cut(socket->conn);
        return;
    }
    frame_send(socket, WEBSOCKET_PING, slice_make(NULL, 0));
}

static void on_sweep(struct loop_timer *timer)
{
    struct socket_watch *watch = LIST_ITEM(timer, struct socket_watch, sweep);
    int64_t before_ms = loop_now_ms(watch->loop) - watch->options.idle_ms;
    struct list_link *link;

    /* First, before a probe takes the place that has just become free. */
    if (loop_timer_set(watch->loop, &watch->sweep, SWEEP_MS, on_sweep) != FAIL_NONE) {
        assert(false);
    }
    while ((link = list_first(&watch->quiet)) != NULL) {
        struct socket *socket = LIST_ITEM(link, struct socket, link);

        if (socket->heard_ms > before_ms) {
            break;
        }
        list_remove(link);
        probe(socket, watch->options.answer_ms);
    }
}

enum fail socket_watch_create(struct socket_watch **out, struct loop *loop,
                              const struct socket_watch_options *options)
{
    struct socket_watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL) {
        return FAIL_MEMORY;
    }
    watch->loop = loop;
    watch->options = *options;
    list_init(&watch->quiet);
    buf_init(&watch->out, OUT_MAX);
    if (loop_timer_set(loop, &watch->sweep, SWEEP_MS, on_sweep) != FAIL_NONE) {
        free(watch);
        return FAIL_MEMORY;
    }
    *out = watch;
    return FAIL_NONE;
}

void socket_watch_destroy(struct socket_watch **watch)
{
    if (*watch == NULL) {
        return;
    }
    assert(list_is_empty(&(*watch)->quiet));
    loop_timer_cancel((*watch)->loop, &(*watch)->sweep);
    buf_finish(&(*watch)->out);
    free(*watch);
    *watch = NULL;
}

/* --- As a line ----------------------------------------------------------- */

static struct socket *socket_of(struct line *line)
{
    return LIST_ITEM(line, struct socket, line);
}

static void send_text(struct line *line, struct slice text)
{
    struct socket *socket = socket_of(line);

    if (is_open(socket)) {
        frame_send(socket, WEBSOCKET_TEXT, text);
    }
}

static void close_line(struct line *line, unsigned code, const char *reason)
{
    close_with(socket_of(line), code, reason);
}

static void cut_line(struct line *line)
{
    conn_cut(socket_of(line)->conn);
}

static void probe_line(struct line *line, int64_t answer_ms)
{
    probe(socket_of(line), answer_ms);
}

static void enrol_line(struct line *line)
{
    struct socket *socket = socket_of(line);

    if (socket->guest != NULL && !socket->enrolled) {
        socket->enrolled = guest_enrol(&socket->guest, loop_now_ms(socket->watch->loop));
    }
}

static struct address address_of_line(const struct line *line)
{
    const struct socket *socket = socket_of((struct line *)(uintptr_t)line);
    struct address address;

    if (socket->guest != NULL) {
        return socket->guest->client;
    }
    conn_address(socket->conn, &address);
    return address;
}

static const struct line_kind socket_line = {.send = send_text,
                                             .close = close_line,
                                             .cut = cut_line,
                                             .probe = probe_line,
                                             .enrol = enrol_line,
                                             .address = address_of_line};

struct line *socket_listen(struct socket *socket, const struct line_events *events, void *context)
{
    socket->events = events;
    socket->context = context;
    socket->line.kind = &socket_line;
    return &socket->line;
}

void socket_peer(const struct socket *socket, char *out)
{
    conn_peer(socket->conn, out);
}
