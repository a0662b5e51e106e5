/* A terminal door for tests, in a thread of its own: a dialogue written down
 * as straight code. What it hears goes into a transcript, which the test
 * compares after the thread has ended (cmocka's asserts work only on the
 * test's own thread). Frames are written and read by hand, so that this is not
 * our own code talking to itself. */
#ifndef TESTS_FAKE_SERVER_H
#define TESTS_FAKE_SERVER_H

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/digest.h"
#include "wire/websocket.h"

enum { FAKE_TEXT_MAX = 8192, FAKE_CONNECTIONS = 4, FAKE_PATIENCE_SECONDS = 10 };

struct fake_server {
    int listener;
    uint16_t port;
    pthread_t thread;
    void (*dialogue)(struct fake_server *server);
    int connections[FAKE_CONNECTIONS];
    int connection; /* the one that is talked to */
    char transcript[FAKE_TEXT_MAX];
    size_t length;
    const char *output; /* the file that the terminal prints to; NULL: none */
};

static inline void fake_note(struct fake_server *server, const char *text)
{
    int wrote =
        snprintf(server->transcript + server->length, FAKE_TEXT_MAX - server->length, "%s\n", text);

    assert(wrote > 0 && (size_t)wrote < FAKE_TEXT_MAX - server->length);
    server->length += (size_t)wrote;
}

static inline bool fake_read(struct fake_server *server, void *bytes, size_t length)
{
    return recv(server->connection, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

static inline void fake_write(struct fake_server *server, const void *bytes, size_t length)
{
    (void)!send(server->connection, bytes, length, MSG_NOSIGNAL);
}

/* The next connection, kept in `place`, before its handshake. */
static inline void fake_accept_raw(struct fake_server *server, unsigned place)
{
    const struct timeval patience = {.tv_sec = FAKE_PATIENCE_SECONDS};
    int connection = accept(server->listener, NULL, NULL);

    if (connection < 0) {
        fake_note(server, "nobody came");
        return;
    }
    (void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    server->connections[place] = connection;
    server->connection = connection;
}

static inline void fake_shake(struct fake_server *server)
{
    char request[FAKE_TEXT_MAX] = "";
    char key[WEBSOCKET_KEY_SIZE] = "";
    char input[WEBSOCKET_ACCEPT_INPUT_SIZE];
    char accept_text[WEBSOCKET_ACCEPT_SIZE];
    char answer[512];
    uint8_t digest[DIGEST_SHA1_SIZE];
    size_t used = 0;
    const char *at;

    while (strstr(request, "\r\n\r\n") == NULL && used < sizeof(request) - 1 &&
           fake_read(server, request + used, 1)) {
        request[++used] = '\0';
    }
    at = strstr(request, "Sec-WebSocket-Key: ");
    if (at == NULL || strstr(request, "GET /device/v1 HTTP/1.1\r\n") != request) {
        fake_note(server, "not a handshake");
        return;
    }
    memcpy(key, at + strlen("Sec-WebSocket-Key: "), sizeof(key) - 1);
    digest_sha1(input, websocket_accept_input(key, input), digest);
    websocket_accept_text(digest, accept_text);
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                   accept_text);
    fake_write(server, answer, strlen(answer));
}

static inline void fake_accept(struct fake_server *server, unsigned place)
{
    fake_accept_raw(server, place);
    fake_shake(server);
}

static inline void fake_turn_to(struct fake_server *server, unsigned place)
{
    server->connection = server->connections[place];
}

/* Notes a text as it is, a close frame as "close CODE", an end as "end". */
static inline void fake_hear(struct fake_server *server)
{
    uint8_t head[2];
    uint8_t more[2] = {0, 0};
    uint8_t mask[4];
    char text[FAKE_TEXT_MAX] = "";
    size_t length;
    size_t i;

    if (!fake_read(server, head, 2)) {
        fake_note(server, "end");
        return;
    }
    length = head[1] & 0x7f;
    if (length == 126 && fake_read(server, more, 2)) {
        length = (size_t)more[0] << 8 | more[1];
    }
    if (!fake_read(server, mask, 4) || length >= sizeof(text) || !fake_read(server, text, length)) {
        fake_note(server, "a broken frame");
        return;
    }
    for (i = 0; i < length; i++) {
        text[i] = (char)(text[i] ^ (char)mask[i % 4]);
    }
    if ((head[0] & 0x0f) == WEBSOCKET_CLOSE) {
        unsigned code = length < 2 ? 1005 : (unsigned)(uint8_t)text[0] << 8 | (uint8_t)text[1];

        (void)snprintf(text, sizeof(text), "close %u", code);
    }
    fake_note(server, text);
}

static inline void fake_frame(struct fake_server *server, unsigned opcode, const char *bytes,
                              size_t length)
{
    uint8_t head[4] = {(uint8_t)(0x80 | opcode), (uint8_t)length};
    size_t head_length = 2;

    if (length > 125) {
        head[1] = 126;
        head[2] = (uint8_t)(length >> 8);
        head[3] = (uint8_t)length;
        head_length = 4;
    }
    fake_write(server, head, head_length);
    fake_write(server, bytes, length);
}

static inline void fake_say(struct fake_server *server, const char *json)
{
    fake_frame(server, WEBSOCKET_TEXT, json, strlen(json));
}

/* Says goodbye and waits for the terminal to go. */
static inline void fake_close(struct fake_server *server, unsigned code)
{
    const char payload[2] = {(char)(code >> 8), (char)code};

    fake_frame(server, WEBSOCKET_CLOSE, payload, sizeof(payload));
    fake_hear(server);
    (void)close(server->connection);
}

/* After the terminal's own goodbye. */
static inline void fake_answer_close(struct fake_server *server)
{
    const char payload[2] = {(char)(1000 >> 8), (char)(1000 & 0xff)};

    fake_frame(server, WEBSOCKET_CLOSE, payload, sizeof(payload));
    (void)close(server->connection);
}

static inline void fake_welcome(struct fake_server *server, const char *code,
                                const char *credential)
{
    char json[512];

    (void)snprintf(json, sizeof(json),
                   "{\"type\":\"welcome\",\"business\":7,\"businessName\":\"Demo Shop\","
                   "\"currency\":\"CAD\",\"user\":\"Ada\",\"code\":\"%s\",\"apiMode\":true,"
                   "\"heartbeatSeconds\":1,\"credential\":%s}",
                   code, credential);
    fake_say(server, json);
}

static inline void *fake_run(void *context)
{
    struct fake_server *server = context;

    server->dialogue(server);
    return NULL;
}

static inline void fake_start(struct fake_server *server, void (*dialogue)(struct fake_server *))
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = FAKE_PATIENCE_SECONDS};
    socklen_t length = sizeof(address);
    int result;

    *server = (struct fake_server){.dialogue = dialogue, .output = server->output};
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(server->listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    result = bind(server->listener, (struct sockaddr *)&address, sizeof(address));
    assert(result == 0);
    result = listen(server->listener, 16);
    assert(result == 0);
    result = getsockname(server->listener, (struct sockaddr *)&address, &length);
    assert(result == 0);
    server->port = ntohs(address.sin_port);
    result = pthread_create(&server->thread, NULL, fake_run, server);
    assert(result == 0);
    (void)result;
}

static inline void fake_finish(struct fake_server *server)
{
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
}

#endif
