/* Who is at the other end of a connection, and how its silence is watched. */
#include "net/conn.h"

#include "unit/net/peer.h"

static struct loop *loop;
static struct listener *listener;
static struct conn *conn; /* NULL after its end */
static int descriptor;    /* of the client */

static void on_bytes(void *context, char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
}

static void on_end(void *context, enum conn_end end)
{
    (void)context;
    (void)end;
    conn = NULL;
}

static const struct conn_events events = {.on_bytes = on_bytes, .on_end = on_end};

static void on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    assert_int_equal(conn_accept(&conn, loop, stream, NULL, &events, NULL), FAIL_NONE);
}

/* Returns the port that the client has got. */
static uint16_t start(const char *host, const struct sockaddr *to, socklen_t length)
{
    struct listener_events accepts = {.on_connection = on_connection};
    struct sockaddr_in6 address; /* large enough for both families */
    socklen_t size = sizeof(address);
    uint16_t port;

    conn = NULL;
    peer_loop_start(&loop);
    port = peer_listen(&listener, loop, &accepts, host, false);
    memcpy(&address, to, length);
    address.sin6_port = htons(port); /* at the same place in both */
    descriptor = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, length), 0);
    PEER_RUN_UNTIL(loop, conn != NULL);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin6_port);
}

static uint16_t start_four(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return start("127.0.0.1", (struct sockaddr *)&address, sizeof(address));
}

static void finish(void)
{
    (void)close(descriptor);
    listener_stop(&listener);
    peer_loop_end(&loop);
    assert_null(conn);
}

static void assert_address(const char *host, const char *form, uint16_t port)
{
    char expected[CONN_ADDRESS_SIZE];
    char text[CONN_ADDRESS_SIZE];
    struct address address;

    conn_address(conn, &address);
    address_text(&address, text);
    assert_string_equal(text, host);
    assert_true(text_format(expected, sizeof(expected), "%s:%u", form, port));
    conn_peer(conn, text);
    assert_string_equal(text, expected);
}

static void an_address_is_told_in_both_families(void **state)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    uint16_t port = start_four();
    struct address read;
    struct address told;

    (void)state;
    assert_address("127.0.0.1", "127.0.0.1", port);
    assert_true(address_read(slice_of("127.0.0.1"), &read));
    conn_address(conn, &told);
    assert_true(address_equals(&read, &told));
    finish();
    port = start("::1", (struct sockaddr *)&six, sizeof(six));
    assert_address("::1", "[::1]", port);
    finish();
}

static void who_is_gone_has_no_address(void **state)
{
    struct address told;
    char text[CONN_ADDRESS_SIZE];

    (void)state;
    (void)start_four();
    conn_cut(conn);
    conn_address(conn, &told);
    assert_false(address_is_known(&told));
    conn_peer(conn, text);
    assert_string_equal(text, "?:0");
    conn_keep_alive(conn, 20); /* does no harm */
    finish();
}

static void find_connected(uv_handle_t *handle, void *found)
{
    struct sockaddr_in6 peer;
    int length = sizeof(peer);
    uv_os_fd_t file;

    if (handle->type == UV_TCP &&
        uv_tcp_getpeername((uv_tcp_t *)(void *)handle, (struct sockaddr *)&peer, &length) == 0 &&
        uv_fileno(handle, &file) == 0) {
        *(int *)found = file;
    }
}

static int option(int level, int name)
{
    int file = -1;
    int value = -1;
    socklen_t size = sizeof(value);

    uv_walk(loop_uv(loop), find_connected, &file);
    assert_int_equal(getsockopt(file, level, name, &value, &size), 0);
    return value;
}

/* The last probe goes out, and the kernel gives up, within the time. */
static void assert_watched(unsigned seconds)
{
    int idle_s;
    int between_s;
    int probes;

    conn_keep_alive(conn, seconds);
    idle_s = option(IPPROTO_TCP, TCP_KEEPIDLE);
    between_s = option(IPPROTO_TCP, TCP_KEEPINTVL);
    probes = option(IPPROTO_TCP, TCP_KEEPCNT);
    assert_int_equal(option(SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(idle_s + between_s * probes, seconds);
    assert_true(idle_s >= 1 && between_s >= 1 && probes >= 3);
    assert_int_equal(option(IPPROTO_TCP, TCP_USER_TIMEOUT), (int)seconds * 1000 - 500);
}

static void silence_is_watched_by_the_kernel(void **state)
{
    (void)state;
    (void)start_four();
    assert_int_equal(option(SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_watched(20);
    assert_int_equal(option(IPPROTO_TCP, TCP_KEEPIDLE), 14);
    assert_watched(4);
    assert_watched(7);
    assert_watched(600);
    conn_keep_alive(conn, 1);
    assert_int_equal(option(SOL_SOCKET, SO_KEEPALIVE), 1);
    conn_keep_alive(conn, 0);
    assert_int_equal(option(SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_told_in_both_families),
        cmocka_unit_test(who_is_gone_has_no_address),
        cmocka_unit_test(silence_is_watched_by_the_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
