/* Connections of tills and terminals, and the wait for whatever comes on them. */
#include "load/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256 };

static int poll_set;
static struct sockaddr_in server;

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("sale_load: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\n", stderr);
    va_end(arguments);
    exit(1);
}

int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

void links_init(unsigned short port)
{
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    poll_set = epoll_create1(EPOLL_CLOEXEC);
    if (poll_set < 0) {
        die("no epoll: %s", strerror(errno));
    }
}

void link_open(struct link *link)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    int one = 1;

    link->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->descriptor < 0 ||
        connect(link->descriptor, (struct sockaddr *)&server, sizeof(server)) != 0 ||
        fcntl(link->descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        setsockopt(link->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
        epoll_ctl(poll_set, EPOLL_CTL_ADD, link->descriptor, &event) != 0) {
        die("no connection to the server: %s", strerror(errno));
    }
}

void link_send(struct link *link, const void *bytes, size_t length)
{
    if (write(link->descriptor, bytes, length) != (ssize_t)length) {
        die("the server does not read: %s", strerror(errno));
    }
}

void link_drop(struct link *link, size_t length)
{
    link->held -= length;
    memmove(link->bytes, link->bytes + length, link->held + 1);
}

bool link_take_head(struct link *link, const char *status)
{
    const char *end = strstr(link->bytes, "\r\n\r\n");

    if (end == NULL) {
        return false;
    }
    if (strncmp(link->bytes, status, strlen(status)) != 0) {
        die("a %s was answered: %s", link->is_till ? "till" : "terminal", link->bytes);
    }
    link_drop(link, (size_t)(end - link->bytes) + 4);
    return true;
}

static void link_read(struct link *link)
{
    ssize_t length = read(link->descriptor, link->bytes + link->held, LINK_BYTES - link->held);

    if (length <= 0) {
        die("the server has closed the connection of a %s: %s", link->is_till ? "till" : "terminal",
            strerror(errno));
    }
    link->held += (size_t)length;
    link->bytes[link->held] = '\0';
    if (link->is_till) {
        till_read((struct till *)link);
    } else {
        terminal_read((struct terminal *)link);
    }
}

void links_turn(int64_t until_ns)
{
    struct epoll_event events[EVENTS];
    int64_t wait_ns = until_ns - now_ns();
    struct timespec wait;
    int count;
    int i;

    wait_ns = wait_ns > 0 ? wait_ns : 0;
    wait = (struct timespec){.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
    count = epoll_pwait2(poll_set, events, EVENTS, &wait, NULL);
    for (i = 0; i < count; i++) {
        link_read(events[i].data.ptr);
    }
}
