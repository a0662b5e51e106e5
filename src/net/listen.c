/* Sockets made by hand, because libuv binds without SO_REUSEPORT. */
#include "net/listen.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

enum { BACKLOG = 4096, PORT_TEXT_SIZE = 6 };

struct listener {
    uv_tcp_t tcp;
    uv_tcp_t refused; /* takes what nobody took, to close it */
    unsigned open;    /* of these two; the last one frees us */
    struct listener_events events;
};

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;

        return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static void port_write(struct sockaddr *address, uint16_t port)
{
    if (address->sa_family == AF_INET) {
        ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
    }
}

/* Binds; -1 with errno when that failed. */
static int socket_bind(const struct sockaddr *address, socklen_t length, bool shared)
{
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    int trouble;

    if (descriptor < 0) {
        return -1;
    }
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        (!shared || setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
        bind(descriptor, address, length) == 0) {
        return descriptor;
    }
    trouble = errno;
    (void)close(descriptor);
    errno = trouble;
    return -1;
}

/* Both families keep the port in the same place. */
static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
              "one reader for both");

static uint16_t socket_port(int descriptor)
{
    struct sockaddr_in6 address = {0};
    socklen_t length = sizeof(address);

    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) {
        return 0;
    }
    return ntohs(address.sin6_port);
}

static enum fail explain(int trouble, const struct listen_address *address,
                         char problem[LISTEN_PROBLEM_SIZE])
{
    const char *host = address->host[0] == '\0' ? "every address" : address->host;

    switch (trouble) {
    case EADDRINUSE:
        (void)text_format(problem, LISTEN_PROBLEM_SIZE,
                          "port %u on %s is in use by another program; stop that one, or choose "
                          "another with --listen (port 0 takes any free one)",
                          address->port, host);
        return FAIL_BUSY;
    case EACCES:
    case EPERM:
        (void)text_format(
            problem, LISTEN_PROBLEM_SIZE,
            "this user may not listen on port %u; choose one above 1023 with --listen",
            address->port);
        return FAIL_DENIED;
    case EADDRNOTAVAIL:
        (void)text_format(problem, LISTEN_PROBLEM_SIZE,
                          "%s is not an address of this machine; choose another with --listen",
                          host);
        return FAIL_NOT_FOUND;
    default:
        (void)text_format(problem, LISTEN_PROBLEM_SIZE, "cannot listen on %s port %u: %s", host,
                          address->port, strerror(trouble));
        return FAIL_IO;
    }
}

/* The first address of the host; freed by the caller. */
static struct addrinfo *host_find(const struct listen_address *address)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char port[PORT_TEXT_SIZE];

    (void)text_format(port, sizeof(port), "%u", address->port);
    if (getaddrinfo(address->host[0] == '\0' ? NULL : address->host, port, &hints, &found) != 0) {
        return NULL;
    }
    return found;
}

static void close_all(const int *descriptors, unsigned count)
{
    while (count > 0) {
        (void)close(descriptors[--count]);
    }
}

/* Binds and listens on all of them; errno of the first trouble, or 0. */
static int bind_all(struct addrinfo *found, struct listen_address *address, unsigned count,
                    int *descriptors)
{
    int probe = socket_bind(found->ai_addr, found->ai_addrlen, false);
    unsigned made = 0;

    if (probe < 0) {
        return errno;
    }
    address->port = socket_port(probe);
    port_write(found->ai_addr, address->port);
    (void)close(probe);
    while (made < count) {
        int trouble;

        descriptors[made] = socket_bind(found->ai_addr, found->ai_addrlen, true);
        if (descriptors[made] >= 0 && listen(descriptors[made++], BACKLOG) == 0) {
            continue;
        }
        trouble = errno;
        close_all(descriptors, made);
        return trouble;
    }
    return 0;
}

enum fail listen_open(struct listen_address *address, unsigned count, int *descriptors,
                      char problem[LISTEN_PROBLEM_SIZE])
{
    struct addrinfo *found = host_find(address);
    int trouble;

    assert(count > 0);
    if (found == NULL) {
        (void)text_format(problem, LISTEN_PROBLEM_SIZE,
                          "there is no host named %s; give --listen an address of this machine",
                          address->host);
        return FAIL_NOT_FOUND;
    }
    address->loopback = is_loopback(found->ai_addr);
    trouble = bind_all(found, address, count, descriptors);
    freeaddrinfo(found);
    return trouble == 0 ? FAIL_NONE : explain(trouble, address, problem);
}

static void release(struct listener *listener)
{
    listener->open--;
    if (listener->open == 0) {
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

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;

    if (status == 0) {
        listener->events.on_connection(listener->events.context, stream);
        refuse_waiting(listener);
    }
}

enum fail listener_start(struct listener **out, struct loop *loop, int descriptor,
                         const struct listener_events *events)
{
    struct listener *listener = calloc(1, sizeof(*listener));

    if (listener == NULL) {
        (void)close(descriptor);
        return FAIL_MEMORY;
    }
    listener->events = *events;
    if (uv_tcp_init(loop_uv(loop), &listener->tcp) != 0) {
        (void)close(descriptor);
        free(listener);
        return FAIL_MEMORY;
    }
    (void)uv_tcp_init(loop_uv(loop), &listener->refused); /* makes no socket: cannot fail */
    listener->open = 2;
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
