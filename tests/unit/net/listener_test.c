/* A listener on a loop: whom it tells of, under which addresses it is reached,
 * and what becomes of a connection that nobody takes. */
#include "net/listen.h"

#include "unit/net/peer.h"
#include "unit/wire/failing_memory.h"

enum { SOCKETS = 3 };

static struct listen_address address; /* of open_one: at first any port, then the same */
static int descriptor;

static bool without_six;        /* the machine has no IPv6 */
static unsigned sockets_of_six; /* that were refused therefore */

int socket(int family, int type, int protocol)
{
    static int (*real)(int, int, int);

    failing_memory_real("socket", &real);
    if (without_six && family == AF_INET6) {
        sockets_of_six++;
        errno = EAFNOSUPPORT;
        return -1;
    }
    return real(family, type, protocol);
}

static bool has_six(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = probe >= 0 && bind(probe, (struct sockaddr *)&at, sizeof(at)) == 0;

    if (probe >= 0) {
        (void)close(probe);
    }
    return has;
}

static enum fail open_one(void)
{
    char problem[LISTEN_PROBLEM_SIZE];

    (void)text_format(address.host, sizeof(address.host), "127.0.0.1");
    return listen_open(&address, 1, &descriptor, problem);
}

static struct loop *loop;
static struct listener *listener;
static unsigned connections;
static unsigned taken_from; /* connections before this one are not taken */
static char peer_text[CONN_ADDRESS_SIZE];
static bool stop_in_callback;

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
}

static char listener_peer_text[ADDRESS_TEXT_SIZE];

static void on_connection(void *context, struct uv_stream_s *stream)
{
    struct address peer_address;
    static const struct conn_events events = {.on_bytes = on_bytes, .on_end = on_end};
    struct conn *conn;

    assert_ptr_equal(context, &connections);
    listener_peer(stream, &peer_address);
    address_text(&peer_address, listener_peer_text);
    if (connections++ >= taken_from) {
        assert_int_equal(conn_accept(&conn, loop, stream, NULL, &events, NULL), FAIL_NONE);
        conn_peer(conn, peer_text);
        conn_write(conn, slice_of("taken"));
        conn_close(conn);
    }
    if (stop_in_callback) {
        listener_stop(&listener);
    }
}

static const struct listener_events listens = {.on_connection = on_connection,
                                               .context = &connections};

static uint16_t start(unsigned from)
{
    connections = 0;
    taken_from = from;
    stop_in_callback = false;
    peer_loop_start(&loop);
    return peer_listen(&listener, loop, &listens, "127.0.0.1", false);
}

static void a_listener_tells_of_connections_until_it_is_stopped(void **state)
{
    uint16_t port = start(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct peer peer;
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    peer_connect(&peer, loop, port);
    peer_receive_end(&peer);
    assert_string_equal(peer.got, "taken");
    assert_string_equal(listener_peer_text, "127.0.0.1");
    peer_close(&peer);
    listener_stop(&listener);
    assert_null(listener);
    listener_stop(&listener); /* accepts NULL */
    peer_run_until_quiet(loop);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(late, (struct sockaddr *)&at, sizeof(at)), -1);
    (void)close(late);
    peer_loop_end(&loop);
    assert_int_equal(connections, 1);
}

static void what_nobody_takes_is_closed_and_the_next_is_taken(void **state)
{
    uint16_t port = start(2);
    struct peer peers[SOCKETS];
    unsigned i;

    (void)state;
    for (i = 0; i < SOCKETS; i++) {
        peer_connect(&peers[i], loop, port);
    }
    for (i = 0; i < SOCKETS; i++) {
        peer_receive_end(&peers[i]);
        assert_string_equal(peers[i].got, i < 2 ? "" : "taken");
        peer_close(&peers[i]);
    }
    listener_stop(&listener);
    peer_loop_end(&loop);
}

static void a_listener_may_be_stopped_from_inside_its_call(void **state)
{
    uint16_t port = start(0);
    struct peer peer;

    (void)state;
    stop_in_callback = true;
    peer_connect(&peer, loop, port);
    peer_receive_end(&peer);
    assert_null(listener);
    peer_close(&peer);
    peer_loop_end(&loop);

    port = start(1); /* and leave the connection where it is */
    stop_in_callback = true;
    peer_connect(&peer, loop, port);
    peer_receive_end(&peer);
    peer_close(&peer);
    peer_loop_end(&loop);

    port = start(1); /* and while one is being refused */
    peer_connect(&peer, loop, port);
    PEER_RUN_UNTIL(loop, connections == 1);
    listener_stop(&listener);
    peer_receive_end(&peer);
    peer_close(&peer);
    peer_loop_end(&loop);
}

static void a_listener_speaks_version_six(void **state)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof(at);
    char expected[CONN_ADDRESS_SIZE];
    int client;

    (void)state;
    if (!has_six()) {
        skip();
    }
    connections = 0;
    taken_from = 0;
    peer_loop_start(&loop);
    at.sin6_port = htons(peer_listen(&listener, loop, &listens, "::1", false));
    client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof(at)), 0);
    PEER_RUN_UNTIL(loop, connections == 1);
    assert_int_equal(getsockname(client, (struct sockaddr *)&at, &size), 0);
    assert_true(text_format(expected, sizeof(expected), "[::1]:%u", ntohs(at.sin6_port)));
    assert_string_equal(peer_text, expected);
    assert_string_equal(listener_peer_text, "::1");
    (void)close(client);
    listener_stop(&listener);
    peer_loop_end(&loop);
}

/* What a client gets from the listener at `host`. */
static void expect_reached(const char *host, uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool is_six = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
    unsigned before = connections;
    int client = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!is_six) {
        assert_int_equal(inet_pton(AF_INET, host, &four.sin_addr), 1);
    }
    assert_int_equal(
        connect(client, is_six ? (struct sockaddr *)(void *)&six : (struct sockaddr *)(void *)&four,
                is_six ? sizeof(six) : sizeof(four)),
        0);
    PEER_RUN_UNTIL(loop, connections == before + 1);
    assert_string_equal(listener_peer_text, host);
    (void)close(client);
}

static void every_address_is_reached_under_both_families(void **state)
{
    static const char *const everywhere[] = {"", "::"};
    uint16_t port;
    size_t i;

    (void)state;
    if (!has_six()) {
        skip();
    }
    for (i = 0; i < 2; i++) {
        connections = 0;
        taken_from = 0;
        peer_loop_start(&loop);
        port = peer_listen(&listener, loop, &listens, everywhere[i], false);
        expect_reached("127.0.0.1", port);
        expect_reached("::1", port);
        listener_stop(&listener);
        peer_loop_end(&loop);
    }
}

static void without_version_six_every_address_is_of_version_four(void **state)
{
    uint16_t port;

    (void)state;
    without_six = true;
    sockets_of_six = 0;
    connections = 0;
    taken_from = 0;
    peer_loop_start(&loop);
    port = peer_listen(&listener, loop, &listens, "", false);
    without_six = false;
    assert_int_equal(sockets_of_six, 1);
    expect_reached("127.0.0.1", port);
    listener_stop(&listener);
    peer_loop_end(&loop);
}

static void a_listener_that_cannot_start_closes_its_descriptor(void **state)
{
    struct listener *none = NULL;
    int pipes[2];

    (void)state;
    peer_loop_start(&loop);
    assert_int_equal(open_one(), FAIL_NONE);
    failing_memory_start(0);
    assert_int_equal(listener_start(&none, loop, descriptor, &listens), FAIL_MEMORY);
    failing_memory_stop();
    assert_int_equal(open_one(), FAIL_NONE); /* it is free again */
    (void)close(descriptor);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(listener_start(&none, loop, pipes[0], &listens), FAIL_IO);
    assert_null(none);
    peer_loop_end(&loop);
    assert_int_equal(write(pipes[1], "x", 1), -1); /* nobody reads any more */
    (void)close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_tells_of_connections_until_it_is_stopped),
        cmocka_unit_test(what_nobody_takes_is_closed_and_the_next_is_taken),
        cmocka_unit_test(a_listener_may_be_stopped_from_inside_its_call),
        cmocka_unit_test(a_listener_speaks_version_six),
        cmocka_unit_test(every_address_is_reached_under_both_families),
        cmocka_unit_test(without_version_six_every_address_is_of_version_four),
        cmocka_unit_test(a_listener_that_cannot_start_closes_its_descriptor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
