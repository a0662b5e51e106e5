/* A listening socket at work on a loop. */
#include "net/listen.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

enum { BACKLOG = 4096, RESERVE_COUNT = 4, SHORTAGE_NS = 20 * 1000 * 1000 };

struct listener {
    uv_tcp_t tcp;
    uv_tcp_t refused; /* takes what nobody took, to close it */
    unsigned open;    /* of these two; the last one frees us */
    struct listener_events events;
    int reserve[RESERVE_COUNT]; /* descriptors for a shortage of them; -1: given away */
    bool shedding;              /* the next connection has one of the reserve: it is closed */
};

void listener_peer(const struct uv_stream_s *stream, struct address *out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof(address);

    *out = (struct address){{0}};
    /* libuv has accepted it already and keeps it here until uv_accept, which
     * would cost a connection's memory, and its TLS, before we know whose it is. */
    (void)getpeername(stream->accepted_fd, (struct sockaddr *)&address, &length);
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&address;

        *out = address_of_four((const uint8_t *)&four->sin_addr);
    } else if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)&address;

        memcpy(out->bytes, &six->sin6_addr, sizeof(out->bytes));
    }
}

static void reserve_fill(struct listener *listener)
{
    size_t i;

    for (i = 0; i < RESERVE_COUNT; i++) {
        if (listener->reserve[i] < 0) {
            listener->reserve[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        }
    }
}

/* Closes one of the reserve; false when none is left. */
static bool reserve_give(struct listener *listener)
{
    size_t i;

    for (i = 0; i < RESERVE_COUNT; i++) {
        if (listener->reserve[i] >= 0) {
            (void)close(listener->reserve[i]);
            listener->reserve[i] = -1;
            return true;
        }
    }
    return false;
}

static void release(struct listener *listener)
{
    listener->open--;
    if (listener->open == 0) {
        while (reserve_give(listener)) {
        }
        free(listener);
    }
}

static void on_listener_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_refused_closed(uv_handle_t *handle);

/* libuv stops listening while a connection waits to be taken. One that could
 * not be (there was no memory for it) is closed, so that the next can come. */
static void refuse_waiting(struct listener *listener)
{
    if (!uv_is_closing((uv_handle_t *)&listener->refused) &&
        uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&listener->refused) == 0) {
        uv_close((uv_handle_t *)&listener->refused, on_refused_closed);
    }
}

static void on_refused_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;

    if (uv_is_closing((uv_handle_t *)&listener->tcp)) {
        release(listener);
        return;
    }
    (void)uv_tcp_init(handle->loop, &listener->refused); /* makes no socket: cannot fail */
    refuse_waiting(listener);
}

/* There is no descriptor for a connection that waits. libuv has one in reserve,
 * with which it takes and closes what waits; but another thread may snatch it.
 * Then libuv calls us, and again and again without returning to its loop, until
 * it can accept: so we must help. */
static void on_shortage(struct listener *listener)
{
    static const struct timespec moment = {.tv_nsec = SHORTAGE_NS};
    const struct listener_events *events = &listener->events;

    if (events->on_shortage != NULL && events->on_shortage(events->context)) {
        return; /* one that can be done without made room */
    }
    listener->shedding = reserve_give(listener);
    if (!listener->shedding) {
        (void)nanosleep(&moment, NULL); /* another thread must close something first */
    }
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;

    if (status == UV_EMFILE || status == UV_ENFILE) {
        on_shortage(listener);
    } else if (status == 0 && listener->shedding) {
        listener->shedding = false;
        refuse_waiting(listener);
        reserve_fill(listener);
    } else if (status == 0) {
        listener->events.on_connection(listener->events.context, stream);
        refuse_waiting(listener);
    }
}

/* --- Starting and stopping ------------------------------------------------ */

enum fail listener_start(struct listener **out, struct loop *loop, int descriptor,
                         const struct listener_events *events)
{
    struct listener *listener = calloc(1, sizeof(*listener));

    if (listener == NULL) {
        (void)close(descriptor);
        return FAIL_MEMORY;
    }
    listener->events = *events;
    memset(listener->reserve, -1, sizeof(listener->reserve));
    if (uv_tcp_init(loop_uv(loop), &listener->tcp) != 0) {
        (void)close(descriptor);
        free(listener);
        return FAIL_MEMORY;
    }
    (void)uv_tcp_init(loop_uv(loop), &listener->refused); /* makes no socket: cannot fail */
    listener->open = 2;
    reserve_fill(listener);
    listener->tcp.data = listener;
    listener->refused.data = listener;
    if (uv_tcp_open(&listener->tcp, descriptor) != 0) {
        (void)close(descriptor);
        listener_stop(&listener);
        return FAIL_IO;
    }
    if (uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection) != 0) {
        listener_stop(&listener);
        return FAIL_IO;
    }
    *out = listener;
    return FAIL_NONE;
}

void listener_stop(struct listener **listener_at)
{
    struct listener *listener = *listener_at;

    if (listener == NULL) {
        return;
    }
    *listener_at = NULL;
    uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
    if (!uv_is_closing((uv_handle_t *)&listener->refused)) {
        uv_close((uv_handle_t *)&listener->refused, on_refused_closed);
    }
}
