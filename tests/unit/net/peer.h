/* The other side of a connection, for tests of net/: a plain socket that looks
 * blocking, because while it waits it lets the loop under test run.
 *
 * Everything is on one thread, so that a test may touch what is on the loop at
 * any time. The machine's clock stands still until peer_clock_move, so that no
 * time limit is waited for and none passes by itself on a busy machine.
 *
 * To be included once, by the test's only source: it replaces clock_gettime. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "net/listen.h"
#include "net/loop.h"

enum {
    PEER_GOT_MAX = 5 * 1024 * 1024,
    PEER_ROUNDS_MAX = 10000, /* of at most a millisecond each, then a test has failed */
    PEER_QUIET_ROUNDS = 5,   /* without a byte: nothing more is coming */
    PEER_SMALL_BUFFER = 4096,
    PEER_DESCRIPTORS = 250, /* a test has fewer */
};

/* --- The clock: every monotonic one of the executable and of libuv --------- */

static int64_t peer_clock_ms = 1000000;

int clock_gettime(clockid_t id, struct timespec *out)
{
    if (id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE) {
        return (int)syscall(SYS_clock_gettime, id, out);
    }
    out->tv_sec = (time_t)(peer_clock_ms / 1000);
    out->tv_nsec = (long)(peer_clock_ms % 1000) * 1000000;
    return 0;
}

/* --- The loop --------------------------------------------------------------- */

static void peer_on_nothing(uv_poll_t *poll_handle, int status, int events)
{
    (void)poll_handle;
    (void)status;
    (void)events;
}

/* Makes libuv's table of descriptors large enough for all of a test: libuv ends
 * the program when it has no memory to make it larger. */
static inline void peer_loop_widen(struct loop *loop)
{
    uv_poll_t poll_handle;
    int pipes[2];
    int high;

    assert_int_equal(pipe(pipes), 0);
    high = fcntl(pipes[0], F_DUPFD_CLOEXEC, PEER_DESCRIPTORS);
    assert_true(high >= 0);
    assert_int_equal(uv_poll_init(loop_uv(loop), &poll_handle, high), 0);
    assert_int_equal(uv_poll_start(&poll_handle, UV_READABLE, peer_on_nothing), 0);
    uv_close((uv_handle_t *)&poll_handle, NULL);
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT); /* it is closed */
    (void)close(high);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

static inline void peer_loop_start(struct loop **out)
{
    (void)signal(SIGPIPE, SIG_IGN); /* as the server does */
    assert_int_equal(loop_create(out, 0), FAIL_NONE);
    peer_loop_widen(*out);
}

/* Runs what is ready on the loop, and waits a moment for `descriptor` (-1: none). */
static inline void peer_run(struct loop *loop, int descriptor, short events)
{
    struct pollfd waits[] = {{.fd = uv_backend_fd(loop_uv(loop)), .events = POLLIN},
                             {.fd = descriptor, .events = events}};

    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    (void)poll(waits, 2, 1);
}

static inline void peer_run_until_quiet(struct loop *loop)
{
    unsigned round;

    for (round = 0; round < PEER_QUIET_ROUNDS; round++) {
        peer_run(loop, -1, 0);
    }
}

/* Runs until `condition` holds. */
#define PEER_RUN_UNTIL(loop, condition)                                                            \
    do {                                                                                           \
        unsigned peer_round = 0;                                                                   \
                                                                                                   \
        while (!(condition)) {                                                                     \
            if (peer_round++ == PEER_ROUNDS_MAX) {                                                 \
                fail_msg("what was waited for did not happen: %s", #condition);                    \
            }                                                                                      \
            peer_run((loop), -1, 0);                                                               \
        }                                                                                          \
    } while (0)

/* Moves the clock and runs what has become due. */
static inline void peer_clock_move(struct loop *loop, int64_t by_ms)
{
    peer_clock_ms += by_ms;
    peer_run_until_quiet(loop);
}

/* Ends when everything on the loop is closed. */
static inline void peer_loop_end(struct loop **loop)
{
    loop_stop(*loop);
    PEER_RUN_UNTIL(*loop, !uv_loop_alive(loop_uv(*loop)));
    loop_destroy(loop);
}

/* Listens on a free port of this machine. `small` makes the kernel take little
 * of what the loop's side writes. Returns the port. */
static inline uint16_t peer_listen(struct listener **out, struct loop *loop,
                                   const struct listener_events *events, const char *host,
                                   bool small)
{
    struct listen_address address = {.port = 0};
    char problem[LISTEN_PROBLEM_SIZE];
    int size = PEER_SMALL_BUFFER;
    int descriptor;

    assert_true(text_format(address.host, sizeof(address.host), "%s", host));
    assert_int_equal(listen_open(&address, 1, &descriptor, problem), FAIL_NONE);
    if (small) {
        assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    }
    assert_int_equal(listener_start(out, loop, descriptor, events), FAIL_NONE);
    return address.port;
}

/* --- The peer --------------------------------------------------------------- */

struct peer {
    struct loop *loop;
    int descriptor;
    char *got; /* owned: all that came; a zero byte stands behind it */
    size_t length;
    bool ended; /* the other side's end, or a reset, was seen */
    bool reset;
};

/* A socket that is not connected yet. */
static inline void peer_socket(struct peer *peer, struct loop *loop, bool small)
{
    int size = PEER_SMALL_BUFFER;
    int on = 1;

    *peer = (struct peer){.loop = loop, .got = calloc(1, PEER_GOT_MAX)};
    assert_non_null(peer->got);
    peer->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(peer->descriptor >= 0);
    if (small) {
        assert_int_equal(setsockopt(peer->descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
                         0);
    }
    assert_int_equal(setsockopt(peer->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
}

static inline void peer_reach(struct peer *peer, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(peer->descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
}

static inline void peer_connect_small(struct peer *peer, struct loop *loop, uint16_t port,
                                      bool small)
{
    peer_socket(peer, loop, small);
    peer_reach(peer, port);
}

/* From another address of this machine: "127.0.0.2". */
static inline void peer_connect_from(struct peer *peer, struct loop *loop, uint16_t port,
                                     const char *from)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    peer_socket(peer, loop, false);
    assert_int_equal(inet_pton(AF_INET, from, &address.sin_addr), 1);
    assert_int_equal(bind(peer->descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    peer_reach(peer, port);
}

static inline void peer_connect(struct peer *peer, struct loop *loop, uint16_t port)
{
    peer_connect_small(peer, loop, port, false);
}

/* Closes with a reset instead of an end. */
static inline void peer_reset(struct peer *peer)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(peer->descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
                     0);
    (void)close(peer->descriptor);
    peer->descriptor = -1;
}

static inline void peer_close(struct peer *peer)
{
    if (peer->descriptor >= 0) {
        (void)close(peer->descriptor);
    }
    free(peer->got);
    *peer = (struct peer){.loop = peer->loop, .descriptor = -1};
}

/* Takes what is there. */
static inline void peer_take(struct peer *peer)
{
    ssize_t length;

    while (!peer->ended) {
        assert_true(peer->length < PEER_GOT_MAX - 1);
        length = recv(peer->descriptor, peer->got + peer->length, PEER_GOT_MAX - 1 - peer->length,
                      MSG_DONTWAIT);
        if (length < 0 && errno == EAGAIN) {
            return;
        }
        peer->ended = length <= 0;
        peer->reset = length < 0;
        peer->length += length > 0 ? (size_t)length : 0;
        peer->got[peer->length] = '\0';
    }
}

/* Sends all of it, as far as the other side takes it. */
static inline void peer_send_bytes(struct peer *peer, const char *bytes, size_t length)
{
    unsigned rounds = 0;

    while (length > 0) {
        ssize_t sent = send(peer->descriptor, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (errno != EAGAIN || rounds++ == PEER_ROUNDS_MAX) {
            fail_msg("the peer cannot send: %s", strerror(errno));
        } else {
            peer_run(peer->loop, peer->descriptor, POLLOUT);
        }
    }
}

static inline void peer_send(struct peer *peer, const char *text)
{
    peer_send_bytes(peer, text, strlen(text));
}

/* Runs until `length` bytes have come in all, or the other side has ended. */
static inline void peer_receive(struct peer *peer, size_t length)
{
    unsigned rounds = 0;

    peer_take(peer);
    while (peer->length < length && !peer->ended) {
        if (rounds++ == PEER_ROUNDS_MAX) {
            fail_msg("only %zu of %zu bytes came: %s", peer->length, length, peer->got);
        }
        peer_run(peer->loop, peer->descriptor, POLLIN);
        peer_take(peer);
    }
}

static inline void peer_receive_end(struct peer *peer)
{
    peer_receive(peer, SIZE_MAX);
    assert_true(peer->ended);
}

/* Runs until `text` has come. */
static inline void peer_receive_text(struct peer *peer, const char *text)
{
    peer_take(peer);
    while (strstr(peer->got, text) == NULL) {
        if (peer->ended) {
            fail_msg("the end came before \"%s\": %s", text, peer->got);
        }
        peer_receive(peer, peer->length + 1);
    }
}

/* Nothing has come, and nothing comes. */
static inline void peer_receive_nothing(struct peer *peer)
{
    peer_run_until_quiet(peer->loop);
    peer_take(peer);
    if (peer->length > 0 || peer->ended) {
        fail_msg("nothing should have come, but: %s%s", peer->got, peer->ended ? " (end)" : "");
    }
}

/* Forgets what has come so far. */
static inline void peer_forget(struct peer *peer)
{
    peer->length = 0;
    peer->got[0] = '\0';
}

#endif
