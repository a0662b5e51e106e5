/* A stream socket in the file system. A request ends where its sender shuts
 * down its side, the reply where ours closes. The path goes through
 * /proc/self/fd, because a socket's own path may only have 107 characters. */
#include "net/local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    REQUEST_SECONDS = 5,
    REPLY_SECONDS = 30,
    ACCEPT_AGAIN_MS = 100,
    PIECE = 4096,
    BACKLOG = 16,
};

static const char SOCKET_NAME[] = "admin.sock";

struct local_server {
    struct local_handler handler;
    pthread_t thread;
    int directory;
    int listening;
    int stop; /* an eventfd */
};

static void close_if_open(int descriptor)
{
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
}

static struct sockaddr_un address_in(int directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)text_format(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
                      SOCKET_NAME);
    return address;
}

static void time_limit_set(int descriptor, long seconds)
{
    struct timeval limit = {.tv_sec = seconds};

    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static enum fail receive_all(int descriptor, struct buf *out)
{
    char piece[PIECE];
    enum fail fail = FAIL_NONE;
    ssize_t length;

    do {
        length = recv(descriptor, piece, sizeof(piece), 0);
        if (length > 0) {
            buf_append(out, piece, (size_t)length);
            fail = buf_fail(out);
        } else if (length < 0 && errno != EINTR) {
            fail = errno == EAGAIN ? FAIL_TIMEOUT : FAIL_CLOSED;
        }
    } while (length != 0 && fail == FAIL_NONE);
    explicit_bzero(piece, sizeof(piece));
    return fail;
}

static enum fail send_all(int descriptor, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t length = send(descriptor, bytes.bytes, bytes.length, MSG_NOSIGNAL);

        if (length > 0) {
            bytes = slice_make(bytes.bytes + length, bytes.length - (size_t)length);
        } else if (errno != EINTR) {
            return errno == EAGAIN ? FAIL_TIMEOUT : FAIL_CLOSED;
        }
    }
    return FAIL_NONE;
}

/* --- The server ------------------------------------------------------------- */

static bool peer_is_welcome(int descriptor, unsigned *user)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return false;
    }
    *user = peer.uid;
    return peer.uid == geteuid() || peer.uid == 0;
}

static void serve_one(struct local_server *server, int descriptor)
{
    struct buf request;
    struct buf reply;
    unsigned user;

    buf_init(&request, LOCAL_REQUEST_MAX);
    buf_init(&reply, LOCAL_REPLY_MAX);
    time_limit_set(descriptor, REQUEST_SECONDS);
    if (peer_is_welcome(descriptor, &user) && receive_all(descriptor, &request) == FAIL_NONE) {
        server->handler.on_request(server->handler.context, user, buf_view(&request), &reply);
        if (buf_fail(&reply) == FAIL_NONE) {
            (void)send_all(descriptor, buf_view(&reply)); /* who hung up does not want it */
        }
    }
    buf_wipe(&request);
    buf_wipe(&reply);
}

static void *server_run(void *argument)
{
    struct local_server *server = argument;
    struct pollfd waits[] = {{.fd = server->listening, .events = POLLIN},
                             {.fd = server->stop, .events = POLLIN}};

    (void)pthread_setname_np(pthread_self(), "admin");
    while (waits[1].revents == 0) {
        int descriptor;

        if (poll(waits, 2, -1) < 0 || waits[1].revents != 0 || (waits[0].revents & POLLIN) == 0) {
            continue;
        }
        descriptor = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor >= 0) {
            serve_one(server, descriptor);
            (void)close(descriptor);
        } else if (errno != EAGAIN && errno != ECONNABORTED) {
            /* No descriptor is free: the call waits, and we must not spin. */
            (void)poll(&waits[1], 1, ACCEPT_AGAIN_MS);
        }
    }
    return NULL;
}

static int socket_listen_in(int directory)
{
    struct sockaddr_un address = address_in(directory);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (descriptor < 0) {
        return -1;
    }
    (void)unlinkat(directory, SOCKET_NAME, 0);
    if (fchmod(descriptor, S_IRUSR | S_IWUSR) == 0 &&
        bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(descriptor, BACKLOG) == 0) {
        return descriptor;
    }
    (void)close(descriptor);
    return -1;
}

static void server_free(struct local_server *server)
{
    close_if_open(server->listening);
    close_if_open(server->stop);
    close_if_open(server->directory);
    free(server);
}

enum fail local_serve(struct local_server **out, const char *directory,
                      const struct local_handler *handler)
{
    struct local_server *server = calloc(1, sizeof(*server));

    if (server == NULL) {
        return FAIL_MEMORY;
    }
    server->handler = *handler;
    server->stop = eventfd(0, EFD_CLOEXEC);
    server->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    server->listening = server->directory < 0 ? -1 : socket_listen_in(server->directory);
    if (server->stop < 0 || server->listening < 0 ||
        pthread_create(&server->thread, NULL, server_run, server) != 0) {
        server_free(server);
        return FAIL_IO;
    }
    *out = server;
    return FAIL_NONE;
}

void local_stop(struct local_server **server_at)
{
    struct local_server *server = *server_at;
    uint64_t one = 1;

    if (server == NULL) {
        return;
    }
    *server_at = NULL;
    while (write(server->stop, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    pthread_join(server->thread, NULL);
    (void)unlinkat(server->directory, SOCKET_NAME, 0);
    server_free(server);
}

/* --- The caller ---------------------------------------------------------------- */

static enum fail socket_connect_in(int directory, int *out)
{
    struct sockaddr_un address = address_in(directory);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int trouble;

    if (descriptor < 0) {
        return errno == ENOMEM || errno == ENOBUFS ? FAIL_MEMORY : FAIL_LIMIT;
    }
    time_limit_set(descriptor, REPLY_SECONDS); /* a full backlog makes connect wait, too */
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0) {
        *out = descriptor;
        return FAIL_NONE;
    }
    trouble = errno;
    (void)close(descriptor);
    if (trouble == EACCES || trouble == EPERM) {
        return FAIL_DENIED;
    }
    return trouble == EAGAIN ? FAIL_TIMEOUT : FAIL_CLOSED;
}

enum fail local_call(const char *directory, struct slice request, struct buf *reply)
{
    int place;
    int descriptor;
    enum fail fail;

    if (request.length > LOCAL_REQUEST_MAX) {
        return FAIL_LIMIT;
    }
    place = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) {
        return errno == EACCES || errno == EPERM ? FAIL_DENIED : FAIL_CLOSED;
    }
    fail = socket_connect_in(place, &descriptor);
    (void)close(place);
    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = send_all(descriptor, request);
    if (fail == FAIL_NONE) {
        (void)shutdown(descriptor, SHUT_WR);
        fail = receive_all(descriptor, reply);
    }
    (void)close(descriptor);
    return fail == FAIL_NONE && reply->length == 0 ? FAIL_CLOSED : fail;
}
