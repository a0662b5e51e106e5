/* For tests of the poster: an endpoint that does what the path of each request
 * says, every connection on a thread of its own, and an executor on which the
 * test waits for answers.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_POST_SCENE_H
#define TESTS_POST_SCENE_H

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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/post.h"

enum {
    HOOK_CONNECTIONS_MAX = 1024,
    HOOK_REQUEST_MAX = 4096,
    HOOK_URL_SIZE = 96,
    HOOK_LIMIT_MS = 15000,
    HOOK_WAIT_S = 20,
};

/* --- The endpoint ------------------------------------------------------------------ */

struct hook;
struct hook_line {
    struct hook *hook;
    pthread_t thread;
    int descriptor; /* by the hook's lock; -1: closed */
};

struct hook {
    int listening;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool released;      /* what holds may go on */
    unsigned held;      /* requests that are held */
    unsigned held_most; /* so many at once */
    unsigned requests;  /* that were heard whole */
    size_t line_count;
    struct hook_line lines[HOOK_CONNECTIONS_MAX];
    char last[HOOK_REQUEST_MAX]; /* the last request */
};

static inline void hook_say(int descriptor, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t sent = send(descriptor, text, left, MSG_NOSIGNAL);

        if (sent <= 0) {
            return;
        }
        text += sent;
        left -= (size_t)sent;
    }
}

static inline bool hook_is_whole(const char *request, size_t length)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *body = end == NULL ? NULL : strstr(request, "Content-Length: ");

    return end != NULL && body != NULL &&
           length >= (size_t)(end + 4 - request) + strtoul(body + 16, NULL, 10);
}

/* False when the caller has left. */
static inline bool hook_hear(struct hook *hook, int descriptor, char request[HOOK_REQUEST_MAX])
{
    size_t length = 0;

    request[0] = '\0';
    while (!hook_is_whole(request, length)) {
        ssize_t more = recv(descriptor, request + length, HOOK_REQUEST_MAX - 1 - length, 0);

        if (more <= 0) {
            return false;
        }
        length += (size_t)more;
        request[length] = '\0';
    }
    pthread_mutex_lock(&hook->lock);
    memcpy(hook->last, request, length + 1);
    hook->requests++;
    pthread_cond_broadcast(&hook->changed);
    pthread_mutex_unlock(&hook->lock);
    return true;
}

/* Until hook_release. */
static inline void hook_hold(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    hook->held++;
    hook->held_most = hook->held > hook->held_most ? hook->held : hook->held_most;
    pthread_cond_broadcast(&hook->changed);
    while (!hook->released) {
        pthread_cond_wait(&hook->changed, &hook->lock);
    }
    hook->held--;
    pthread_mutex_unlock(&hook->lock);
}

static inline void hook_reset(int descriptor)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
}

/* Bytes until the caller has had enough. */
static inline size_t hook_pour(int descriptor)
{
    static const char bytes[65536];
    size_t poured = 0;
    ssize_t sent;

    while ((sent = send(descriptor, bytes, sizeof(bytes), MSG_NOSIGNAL)) > 0) {
        poured += (size_t)sent;
    }
    return poured;
}

/* False: the connection ends. */
static inline bool hook_answer(struct hook *hook, int descriptor, const char *path)
{
    char text[256];

    if (strncmp(path, "/status/", 8) == 0) {
        (void)snprintf(text, sizeof(text), "HTTP/1.1 %.3s X\r\nContent-Length: 2\r\n\r\nno",
                       path + 8);
        hook_say(descriptor, text);
        return true;
    }
    if (strncmp(path, "/say/", 5) == 0) { /* the head of an answer, '+' for CR LF, '_' for blank */
        const char *at;

        for (at = path + 5; *at != ' '; at++) {
            text[0] = *at == '_' ? ' ' : *at;
            text[1] = '\0';
            hook_say(descriptor, *at == '+' ? "\r\n" : text);
        }
        return false;
    }
    if (strncmp(path, "/hold", 5) == 0) {
        hook_hold(hook);
        hook_say(descriptor, "HTTP/1.1 204 No Content\r\n\r\n");
        return true;
    }
    if (strncmp(path, "/pour", 5) == 0) {
        hook_say(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
        (void)hook_pour(descriptor);
    } else if (strncmp(path, "/reset", 6) == 0) {
        hook_reset(descriptor);
    }
    return false;
}

static inline void *hook_line_run(void *argument)
{
    struct hook_line *line = argument;
    char request[HOOK_REQUEST_MAX];

    while (hook_hear(line->hook, line->descriptor, request) &&
           hook_answer(line->hook, line->descriptor, request + strlen("POST "))) {
    }
    pthread_mutex_lock(&line->hook->lock);
    (void)close(line->descriptor);
    line->descriptor = -1;
    pthread_mutex_unlock(&line->hook->lock);
    return NULL;
}

static inline void *hook_run(void *argument)
{
    struct hook *hook = argument;
    int descriptor;

    while ((descriptor = accept(hook->listening, NULL, NULL)) >= 0) {
        struct hook_line *line = &hook->lines[hook->line_count];

        line->hook = hook;
        line->descriptor = descriptor;
        if (hook->line_count == HOOK_CONNECTIONS_MAX ||
            pthread_create(&line->thread, NULL, hook_line_run, line) != 0) {
            (void)close(descriptor); /* where memory is short, it is short here, too */
            continue;
        }
        pthread_mutex_lock(&hook->lock);
        hook->line_count++;
        pthread_mutex_unlock(&hook->lock);
    }
    return NULL;
}

static inline struct hook *hook_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct hook *hook = calloc(1, sizeof(*hook));
    socklen_t size = sizeof(address);

    assert_non_null(hook);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_init(&hook->lock, NULL);
    pthread_cond_init(&hook->changed, NULL);
    hook->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(hook->listening, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(hook->listening, HOOK_CONNECTIONS_MAX), 0);
    assert_int_equal(getsockname(hook->listening, (struct sockaddr *)&address, &size), 0);
    hook->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&hook->thread, NULL, hook_run, hook), 0);
    return hook;
}

static inline void hook_release(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    hook->released = true;
    pthread_cond_broadcast(&hook->changed);
    pthread_mutex_unlock(&hook->lock);
}

static inline struct timespec hook_deadline(void)
{
    struct timespec end;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += HOOK_WAIT_S;
    return end;
}

static inline void hook_wait_held(struct hook *hook, unsigned count)
{
    struct timespec end = hook_deadline();

    pthread_mutex_lock(&hook->lock);
    while (hook->held < count) {
        if (pthread_cond_timedwait(&hook->changed, &hook->lock, &end) != 0) {
            fail_msg("held: %u, expected: %u", hook->held, count);
        }
    }
    pthread_mutex_unlock(&hook->lock);
}

static inline void hook_stop(struct hook *hook)
{
    size_t i;

    hook_release(hook);
    (void)shutdown(hook->listening, SHUT_RDWR);
    pthread_join(hook->thread, NULL);
    for (i = 0; i < hook->line_count; i++) {
        pthread_mutex_lock(&hook->lock);
        if (hook->lines[i].descriptor >= 0) {
            (void)shutdown(hook->lines[i].descriptor, SHUT_RDWR);
        }
        pthread_mutex_unlock(&hook->lock);
        pthread_join(hook->lines[i].thread, NULL);
    }
    (void)close(hook->listening);
    pthread_cond_destroy(&hook->changed);
    pthread_mutex_destroy(&hook->lock);
    free(hook);
}

/* --- Answers ------------------------------------------------------------------------- */

static struct {
    struct executor executor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct list tasks;
} home = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static inline void home_post(struct executor *executor, struct task *task)
{
    (void)executor;
    pthread_mutex_lock(&home.lock);
    list_push_back(&home.tasks, &task->link);
    pthread_cond_signal(&home.changed);
    pthread_mutex_unlock(&home.lock);
}

/* Runs the next one that comes. */
static inline void home_run_one(void)
{
    struct timespec end = hook_deadline();
    struct list_link *link;

    pthread_mutex_lock(&home.lock);
    while ((link = list_pop_front(&home.tasks)) == NULL) {
        if (pthread_cond_timedwait(&home.changed, &home.lock, &end) != 0) {
            fail_msg("nothing was answered");
        }
    }
    pthread_mutex_unlock(&home.lock);
    LIST_ITEM(link, struct task, link)->run(LIST_ITEM(link, struct task, link));
}

static inline bool home_is_empty(void)
{
    bool empty;

    pthread_mutex_lock(&home.lock);
    empty = list_is_empty(&home.tasks);
    pthread_mutex_unlock(&home.lock);
    return empty;
}

/* A post and its URL. */
struct letter {
    struct post post;
    char url[HOOK_URL_SIZE];
    unsigned answers;
};

static unsigned answered;

static inline void letter_done(struct post *post)
{
    LIST_ITEM(post, struct letter, post)->answers++;
    answered++;
}

static inline void letter_write(struct letter *letter, const char *url)
{
    *letter = (struct letter){.post = {.body = slice_of("{}"),
                                       .limit_ms = HOOK_LIMIT_MS,
                                       .home = &home.executor,
                                       .done = letter_done}};
    assert_true(text_format(letter->url, sizeof(letter->url), "%s", url));
    letter->post.url = letter->url;
}

static inline void letter_to(struct letter *letter, const struct hook *hook, const char *path)
{
    char url[HOOK_URL_SIZE];

    assert_true(text_format(url, sizeof(url), "http://127.0.0.1:%u%s", hook->port, path));
    letter_write(letter, url);
}

/* Sends it and waits for its answer. */
static inline void letter_send(struct poster *poster, struct letter *letter)
{
    letter->answers = 0;
    poster_send(poster, &letter->post);
    home_run_one();
    assert_int_equal(letter->answers, 1);
}

static inline struct poster *poster_of(unsigned at_once, const char *ca_file)
{
    const struct poster_options options = {
        .allow_loopback = true, .ca_file = ca_file, .at_once = at_once};
    struct poster *poster = NULL;

    home.executor.post = home_post;
    list_init(&home.tasks);
    answered = 0;
    assert_int_equal(poster_create(&poster, &options), FAIL_NONE);
    return poster;
}

static inline void poster_gone(struct poster **poster)
{
    poster_destroy(poster);
    assert_null(*poster);
    assert_true(home_is_empty()); /* all answers were run: none came twice */
}

#endif
