/* Listening sockets: who gets a port, who is refused and in which words. */
#include "net/listen.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/resource.h>

#include "unit/net/peer.h"
#include "unit/wire/failing_memory.h"

enum { SOCKETS = 3 };

static struct listen_address address;
static int descriptors[SOCKETS];
static char problem[LISTEN_PROBLEM_SIZE];

/* --- The system, where it would say something else on another machine ------- */

static int socket_trouble; /* errno of the next socket; 0: ask the system */

int socket(int family, int type, int protocol)
{
    static int (*real)(int, int, int);

    failing_memory_real("socket", &real);
    if (socket_trouble != 0) {
        errno = socket_trouble;
        socket_trouble = 0;
        return -1;
    }
    return real(family, type, protocol);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    failing_memory_real("getaddrinfo", &real);
    if (host != NULL && strcmp(host, "nobody.test") == 0) {
        return EAI_NONAME;
    }
    return real(host, service, hints, out);
}

static enum fail open_at(const char *host, uint16_t port, unsigned count)
{
    enum fail fail;

    address = (struct listen_address){.port = port};
    problem[0] = '\0';
    assert_true(text_format(address.host, sizeof(address.host), "%s", host));
    fail = listen_open(&address, count, descriptors, problem);
    if (fail != FAIL_NONE) {
        memset(descriptors, 0, sizeof(descriptors)); /* what may stand there is not ours */
    }
    return fail;
}

static void close_all(void)
{
    size_t i;

    for (i = 0; i < SOCKETS; i++) {
        if (descriptors[i] > 0) {
            (void)close(descriptors[i]);
        }
        descriptors[i] = 0;
    }
}

static void assert_taken(unsigned port)
{
    char expected[LISTEN_PROBLEM_SIZE];

    assert_true(text_format(expected, sizeof(expected),
                            "port %u on 127.0.0.1 is in use by another program; stop that one, or "
                            "choose another with --listen (port 0 takes any free one)",
                            port));
    assert_string_equal(problem, expected);
}

/* --- Ports ------------------------------------------------------------------- */

static uint16_t port_of(int descriptor)
{
    struct sockaddr_in at;
    socklen_t size = sizeof(at);

    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&at, &size), 0);
    return ntohs(at.sin_port);
}

static void any_free_port_is_shared_by_all_sockets(void **state)
{
    unsigned i;

    (void)state;
    assert_int_equal(open_at("127.0.0.1", 0, SOCKETS), FAIL_NONE);
    assert_true(address.port > 0);
    for (i = 0; i < SOCKETS; i++) {
        int listening = 0;
        socklen_t size = sizeof(listening);

        assert_int_equal(port_of(descriptors[i]), address.port);
        assert_int_equal(getsockopt(descriptors[i], SOL_SOCKET, SO_ACCEPTCONN, &listening, &size),
                         0);
        assert_int_equal(listening, 1);
    }
    close_all();
    assert_int_equal(open_at("127.0.0.1", address.port, 1), FAIL_NONE); /* at once again */
    close_all();
}

static void a_port_of_another_program_is_refused(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(open_at("127.0.0.1", port_of(other), SOCKETS), FAIL_BUSY);
    assert_taken(port_of(other));
    (void)close(other);
}

static void a_second_server_is_refused_although_sockets_share(void **state)
{
    struct listen_address second;
    int more[SOCKETS];

    (void)state;
    assert_int_equal(open_at("127.0.0.1", 0, SOCKETS), FAIL_NONE);
    second = address;
    assert_int_equal(listen_open(&second, SOCKETS, more, problem), FAIL_BUSY);
    assert_taken(address.port);
    assert_true(text_format(second.host, sizeof(second.host), "0.0.0.0"));
    assert_int_equal(listen_open(&second, SOCKETS, more, problem), FAIL_BUSY);
    close_all();
}

static void a_port_that_the_user_may_not_have_is_refused(void **state)
{
    (void)state;
    socket_trouble = EACCES;
    assert_int_equal(open_at("127.0.0.1", 443, 1), FAIL_DENIED);
    assert_string_equal(
        problem, "this user may not listen on port 443; choose one above 1023 with --listen, or "
                 "allow it (CAP_NET_BIND_SERVICE)");
}

/* --- Hosts ------------------------------------------------------------------- */

static void a_host_that_is_not_here_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_at("nobody.test", 0, 1), FAIL_NOT_FOUND);
    assert_string_equal(problem, "there is no host named nobody.test; give --listen an address of "
                                 "this machine");
    socket_trouble =
        EADDRNOTAVAIL; /* 192.0.2.0/24 is nobody's, but a machine may be told otherwise */
    assert_int_equal(open_at("192.0.2.1", 0, 1), FAIL_NOT_FOUND);
    assert_string_equal(
        problem, "192.0.2.1 is not an address of this machine; choose another with --listen");
}

static void expect_loopback(const char *host, bool expected)
{
    assert_int_equal(open_at(host, 0, 1), FAIL_NONE);
    assert_int_equal(address.loopback, expected);
    close_all();
}

/* An address at which other machines reach this one; false when it has none. */
static bool find_own_address(char host[INET_ADDRSTRLEN])
{
    struct ifaddrs *all;
    struct ifaddrs *one;
    bool found = false;

    assert_int_equal(getifaddrs(&all), 0);
    for (one = all; one != NULL && !found; one = one->ifa_next) {
        if (one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET &&
            (one->ifa_flags & IFF_LOOPBACK) == 0) {
            const struct sockaddr_in *at = (const struct sockaddr_in *)(const void *)one->ifa_addr;

            found = inet_ntop(AF_INET, &at->sin_addr, host, INET_ADDRSTRLEN) != NULL;
        }
    }
    freeifaddrs(all);
    return found;
}

static void it_is_known_who_can_reach_an_address(void **state)
{
    char host[INET_ADDRSTRLEN];

    (void)state;
    expect_loopback("127.0.0.1", true);
    expect_loopback("127.4.5.6", true);
    expect_loopback("0.0.0.0", false);
    expect_loopback("", false);
    if (find_own_address(host)) {
        expect_loopback(host, false);
    }
}

static bool has_six(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = descriptor >= 0 && bind(descriptor, (struct sockaddr *)&at, sizeof(at)) == 0;

    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return has;
}

static void loopback_of_version_six_is_known(void **state)
{
    (void)state;
    if (!has_six()) {
        skip();
    }
    expect_loopback("::1", true);
    expect_loopback("::", false);
}

static void trouble_at_every_address_is_told(void **state)
{
    (void)state;
    socket_trouble = EMFILE;
    assert_int_equal(open_at("", 0, 1), FAIL_IO);
    assert_non_null(strstr(problem, "cannot listen on every address port 0: Too many open files"));
    assert_int_equal(open_at("", 0, SOCKETS), FAIL_NONE);
    assert_false(address.loopback);
    close_all();
}

static void trouble_on_the_way_leaves_nothing_open(void **state)
{
    struct rlimit usual;
    struct rlimit low;
    int next = dup(0); /* the lowest that is free */

    (void)state;
    assert_true(next > 0);
    (void)close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = usual;
    low.rlim_cur = (rlim_t)next + 2;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(open_at("127.0.0.1", 0, SOCKETS), FAIL_IO);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_non_null(strstr(problem, "cannot listen on 127.0.0.1 port "));
    assert_non_null(strstr(problem, ": Too many open files"));
    assert_int_equal(dup(0), next);
    (void)close(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_free_port_is_shared_by_all_sockets),
        cmocka_unit_test(a_port_of_another_program_is_refused),
        cmocka_unit_test(a_second_server_is_refused_although_sockets_share),
        cmocka_unit_test(a_port_that_the_user_may_not_have_is_refused),
        cmocka_unit_test(a_host_that_is_not_here_is_refused),
        cmocka_unit_test(it_is_known_who_can_reach_an_address),
        cmocka_unit_test(trouble_on_the_way_leaves_nothing_open),
        cmocka_unit_test(loopback_of_version_six_is_known),
        cmocka_unit_test(trouble_at_every_address_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
