/* What reaches the service manager, over a real datagram socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail` */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/notify.h"

enum { TEXT_SIZE = 256, PATH_SIZE = 64 };

/* A manager that listens at `name`; a leading '@' is a zero byte. */
static int manager_listen(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(file >= 0);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    assert_int_equal(bind(file, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return file;
}

static void assert_hears(int manager, const char *expected)
{
    char text[TEXT_SIZE];
    ssize_t length = recv(manager, text, sizeof(text) - 1, 0);

    assert_true(length >= 0);
    text[length] = '\0';
    assert_string_equal(text, expected);
}

static void each_state_arrives_as_one_datagram(void **state)
{
    char folder[] = "/tmp/tillwire-notify-XXXXXX";
    char path[PATH_SIZE];
    int manager;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/socket", folder);
    manager = manager_listen(path);
    assert_int_equal(notify_send("READY=1\nSTATUS=serving"), FAIL_NONE);
    assert_int_equal(notify_send("STOPPING=1"), FAIL_NONE);
    assert_hears(manager, "READY=1\nSTATUS=serving");
    assert_hears(manager, "STOPPING=1");
    (void)close(manager);
    assert_int_equal(notify_send("READY=1"), FAIL_CLOSED); /* the name is there, nobody listens */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(notify_send("READY=1"), FAIL_CLOSED);
    assert_int_equal(rmdir(folder), 0);
}

static void a_name_outside_the_file_system_is_reached(void **state)
{
    char name[PATH_SIZE];
    int manager;

    (void)state;
    (void)snprintf(name, sizeof(name), "@tillwire-notify-test-%d", (int)getpid());
    manager = manager_listen(name);
    assert_int_equal(notify_send("WATCHDOG=1"), FAIL_NONE);
    assert_hears(manager, "WATCHDOG=1");
    (void)close(manager);
}

static void without_a_manager_nothing_is_sent(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_int_equal(notify_send("READY=1"), FAIL_NOT_FOUND);
    assert_int_equal(setenv("NOTIFY_SOCKET", "", 1), 0);
    assert_int_equal(notify_send("READY=1"), FAIL_NOT_FOUND);
}

static void a_name_that_cannot_be_one_is_refused(void **state)
{
    static const char *const names[] = {"relative", "@", "/", "vsock:1:2"};
    char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
        assert_int_equal(notify_send("READY=1"), FAIL_INVALID);
    }
    memset(name, 'x', sizeof(name));
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    assert_int_equal(notify_send("READY=1"), FAIL_INVALID);
    name[sizeof(name) - 2] = '\0'; /* the longest that fits */
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    assert_int_equal(notify_send("READY=1"), FAIL_CLOSED);
}

static void a_manager_that_does_not_read_holds_nothing_up(void **state)
{
    char name[PATH_SIZE];
    int manager;
    unsigned sent = 0;

    (void)state;
    (void)snprintf(name, sizeof(name), "@tillwire-notify-full-%d", (int)getpid());
    manager = manager_listen(name);
    while (notify_send("WATCHDOG=1") == FAIL_NONE) {
        sent++;
        assert_true(sent < 100000);
    }
    assert_true(sent > 0);
    (void)close(manager);
}

static void assert_watchdog(const char *interval, const char *process, int64_t expected_ms)
{
    assert_int_equal(setenv("WATCHDOG_USEC", interval, 1), 0);
    if (process == NULL) {
        assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
    } else {
        assert_int_equal(setenv("WATCHDOG_PID", process, 1), 0);
    }
    assert_int_equal(notify_watchdog_ms(), expected_ms);
}

static void the_watchdogs_interval_counts_only_for_the_process_that_is_meant(void **state)
{
    char own[PATH_SIZE];

    (void)state;
    (void)snprintf(own, sizeof(own), "%d", (int)getpid());
    assert_watchdog("30000000", NULL, 30000);
    assert_watchdog("30000000", own, 30000);
    assert_watchdog("30000000", "1", 0);
    assert_watchdog("30000000", "", 0);
    assert_watchdog("", own, 0);
    assert_watchdog("soon", own, 0);
    assert_watchdog("-1", own, 0);
    assert_watchdog("0", own, 0);
    assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
    assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_arrives_as_one_datagram),
        cmocka_unit_test(a_name_outside_the_file_system_is_reached),
        cmocka_unit_test(without_a_manager_nothing_is_sent),
        cmocka_unit_test(a_name_that_cannot_be_one_is_refused),
        cmocka_unit_test(a_manager_that_does_not_read_holds_nothing_up),
        cmocka_unit_test(the_watchdogs_interval_counts_only_for_the_process_that_is_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
