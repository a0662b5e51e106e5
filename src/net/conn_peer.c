/* Who is at the other end of a connection, and whether it still is. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>

#include "net/conn_part.h"

enum { MS_PER_SECOND = 1000, PROBES = 3, MAPPED_PREFIX = 12 };

/* False once it is gone. */
static bool peer_read(const struct conn *conn, struct address *out, uint16_t *port)
{
    struct sockaddr_storage socket_address;
    int length = sizeof(socket_address);

    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&socket_address, &length) != 0) {
        return false;
    }
    if (socket_address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(void *)&socket_address;

        memcpy(out->bytes, &six->sin6_addr, sizeof(out->bytes));
        *port = ntohs(six->sin6_port);
        return true;
    }
    if (socket_address.ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(void *)&socket_address;

        *out = (struct address){.bytes = {[10] = 0xff, [11] = 0xff}};
        memcpy(out->bytes + MAPPED_PREFIX, &four->sin_addr, sizeof(four->sin_addr));
        *port = ntohs(four->sin_port);
        return true;
    }
    return false;
}

void conn_address(const struct conn *conn, struct address *out)
{
    uint16_t port;

    if (!peer_read(conn, out, &port)) {
        *out = (struct address){{0}};
    }
}

void conn_peer(const struct conn *conn, char out[CONN_ADDRESS_SIZE])
{
    char text[ADDRESS_TEXT_SIZE];
    struct address address = {{0}};
    uint16_t port = 0;

    (void)peer_read(conn, &address, &port);
    address_text(&address, text);
    (void)text_format(out, CONN_ADDRESS_SIZE, strchr(text, ':') != NULL ? "[%s]:%u" : "%s:%u", text,
                      port);
}

/* Silence, then three probes; the last without an answer ends it. The kernel
 * counts both what we sent and it did not confirm, and its silence. */
void conn_keep_alive(struct conn *conn, unsigned seconds)
{
    int on = seconds > 0;
    int between_s = seconds > 8 ? (int)seconds / 8 : 1;
    int idle_s = (int)seconds > PROBES * between_s ? (int)seconds - PROBES * between_s : 1;
    int probes = PROBES;
    /* Half a second less, or the last probe might just miss it. */
    unsigned timeout_ms = seconds > 0 ? seconds * MS_PER_SECOND - MS_PER_SECOND / 2 : 0;
    uv_os_fd_t file;

    if (uv_fileno((const uv_handle_t *)&conn->tcp, &file) != 0) {
        return; /* closed */
    }
    /* None of these can fail on a TCP socket with numbers in their ranges. */
    (void)setsockopt(file, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    (void)setsockopt(file, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof(between_s));
    (void)setsockopt(file, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    (void)setsockopt(file, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
    (void)setsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}
