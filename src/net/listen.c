/* Sockets made by hand, because libuv binds without SO_REUSEPORT.
 *
 * "Every address" is one socket of IPv6 that takes IPv4 as well, whatever the
 * machine's net.ipv6.bindv6only says, so that a client finds the server under
 * either; on a machine without IPv6 it is IPv4 alone.
 *
 * TCP_DEFER_ACCEPT is not set: it would leave connections that never speak in
 * the kernel's queue, which is short, is the same for everybody, and knows
 * nothing of whose turn it is to go. Ours does. */
#include "net/listen.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, PORT_TEXT_SIZE = 6 };

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

static bool socket_set(int descriptor, int level, int option, int value)
{
    return setsockopt(descriptor, level, option, &value, sizeof(value)) == 0;
}

/* Binds; -1 with errno when that failed. */
static int socket_bind(const struct sockaddr *address, socklen_t length, bool shared)
{
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int trouble;

    if (descriptor < 0) {
        return -1;
    }
    if (socket_set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (!shared || socket_set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) &&
        (address->sa_family != AF_INET6 || socket_set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
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
            "this user may not listen on port %u; choose one above 1023 with --listen, or allow "
            "it (CAP_NET_BIND_SERVICE)",
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
    if (getaddrinfo(address->host, port, &hints, &found) != 0) {
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

/* Whether this machine does not do IPv6, which is no trouble where IPv4 will do. */
static bool is_without_six(int trouble)
{
    return trouble == EAFNOSUPPORT || trouble == EADDRNOTAVAIL || trouble == EPROTONOSUPPORT;
}

/* On every address: by IPv6 with IPv4 in it, or by IPv4 alone. */
static int bind_everywhere(struct listen_address *address, unsigned count, int *descriptors)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct addrinfo found = {.ai_addr = (struct sockaddr *)(void *)&six, .ai_addrlen = sizeof(six)};
    int trouble = bind_all(&found, address, count, descriptors);

    if (is_without_six(trouble)) {
        found = (struct addrinfo){.ai_addr = (struct sockaddr *)(void *)&four,
                                  .ai_addrlen = sizeof(four)};
        trouble = bind_all(&found, address, count, descriptors);
    }
    return trouble;
}

enum fail listen_open(struct listen_address *address, unsigned count, int *descriptors,
                      char problem[LISTEN_PROBLEM_SIZE])
{
    struct addrinfo *found;
    int trouble;

    assert(count > 0);
    if (address->host[0] == '\0') {
        address->loopback = false;
        trouble = bind_everywhere(address, count, descriptors);
        return trouble == 0 ? FAIL_NONE : explain(trouble, address, problem);
    }
    found = host_find(address);
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
