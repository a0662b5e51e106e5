/* A server for one call: it accepts once, writes the request down, sends what
 * the test gave it, whatever that is, and hangs up. */
#ifndef TESTS_FAKE_HTTP_H
#define TESTS_FAKE_HTTP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { FAKE_REQUEST_MAX = 64 * 1024, FAKE_URL_SIZE = 128 };

struct fake_http {
    int listening;
    pthread_t thread;
    const char *answer; /* borrowed */
    size_t answer_length;
    bool holds;        /* answers nothing, and waits until the caller has left */
    bool speaks_first; /* and reads until the caller has left */
    uint16_t port;
    char request[FAKE_REQUEST_MAX]; /* as it came; read it after fake_http_finish */
    size_t request_length;
};

static bool fake_http_is_whole(const struct fake_http *fake)
{
    const char *end = strstr(fake->request, "\r\n\r\n");
    const char *length = strstr(fake->request, "Content-Length: ");

    if (end == NULL) {
        return false;
    }
    return length == NULL || fake->request_length >=
                                 (size_t)(end + 4 - fake->request) + strtoul(length + 16, NULL, 10);
}

/* Reads until the request is whole or the caller has left. */
static void fake_http_read(struct fake_http *fake, int descriptor, bool until_left)
{
    ssize_t length = 1;

    while (length > 0 && (until_left || !fake_http_is_whole(fake))) {
        length = recv(descriptor, fake->request + fake->request_length,
                      sizeof(fake->request) - 1 - fake->request_length, 0);
        fake->request_length += length > 0 ? (size_t)length : 0;
        fake->request[fake->request_length] = '\0';
    }
}

static void *fake_http_run(void *argument)
{
    struct fake_http *fake = argument;
    int descriptor = accept(fake->listening, NULL, NULL);
    const char *at = fake->answer;
    size_t left = fake->answer_length;

    if (descriptor < 0) {
        return NULL; /* nobody called */
    }
    if (!fake->speaks_first) {
        fake_http_read(fake, descriptor, fake->holds);
    }
    while (left > 0) {
        ssize_t sent = send(descriptor, at, left, MSG_NOSIGNAL);

        if (sent <= 0) {
            break;
        }
        at += sent;
        left -= (size_t)sent;
    }
    if (fake->speaks_first) {
        fake_http_read(fake, descriptor, true);
    }
    (void)close(descriptor);
    return NULL;
}

/* `fake` is zeroed, but for how it is to behave; it may be started again. */
static inline void fake_http_start(struct fake_http *fake, const char *answer, size_t length)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);

    fake->request_length = 0;
    fake->request[0] = '\0';
    fake->answer = answer;
    fake->answer_length = length;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listening, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->listening, 1), 0);
    assert_int_equal(getsockname(fake->listening, (struct sockaddr *)&address, &size), 0);
    fake->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_http_run, fake), 0);
}

static inline void fake_http_finish(struct fake_http *fake)
{
    (void)shutdown(fake->listening, SHUT_RDWR); /* ends an accept for which nobody came */
    assert_int_equal(pthread_join(fake->thread, NULL), 0);
    (void)close(fake->listening);
}

#endif
