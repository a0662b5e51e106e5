/* One line is on its way at a time: the thread waits until it was taken, so
 * that a fast typist, or a file, fills no memory. */
#include "terminal/typing.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct typing {
    struct executor *home; /* borrowed */
    int file;
    void (*on_line)(void *context, struct slice line);
    void *context;
    int wake[2]; /* a pipe: its reading end is ready when the thread is to end */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t taken;
    bool told; /* guarded: a line is on its way */
    bool over; /* guarded: the thread is to end */
    struct task line_task;
    char line[TYPING_LINE_MAX];
    size_t length;
};

static void run_line(struct task *task)
{
    struct typing *typing = TASK_OWNER(task, struct typing, line_task);
    bool over;

    (void)pthread_mutex_lock(&typing->lock);
    over = typing->over;
    (void)pthread_mutex_unlock(&typing->lock);
    if (!over) {
        typing->on_line(typing->context, slice_make(typing->line, typing->length));
    }
    (void)pthread_mutex_lock(&typing->lock);
    typing->told = false;
    (void)pthread_cond_signal(&typing->taken);
    (void)pthread_mutex_unlock(&typing->lock);
}

/* Tells the line and waits until it was taken; false when it is over. */
static bool tell(struct typing *typing)
{
    bool over;

    (void)pthread_mutex_lock(&typing->lock);
    over = typing->over;
    if (!over) {
        typing->told = true;
        executor_post(typing->home, &typing->line_task);
        while (typing->told && !typing->over) {
            (void)pthread_cond_wait(&typing->taken, &typing->lock);
        }
        over = typing->over;
    }
    (void)pthread_mutex_unlock(&typing->lock);
    return !over;
}

/* The next byte; false at the end, and when it is over. */
static bool next_byte(struct typing *typing, char *byte)
{
    struct pollfd ends[2] = {{typing->file, POLLIN, 0}, {typing->wake[0], POLLIN, 0}};
    ssize_t got;

    do {
        if (poll(ends, 2, -1) < 0 && errno != EINTR) {
            return false;
        }
        if (ends[1].revents != 0) {
            return false;
        }
        got = ends[0].revents == 0 ? -1 : read(typing->file, byte, 1);
    } while (got < 0 && (ends[0].revents == 0 || errno == EINTR || errno == EAGAIN));
    return got == 1;
}

static void *run(void *context)
{
    struct typing *typing = context;
    bool go_on = true;
    char byte;

    while (go_on && next_byte(typing, &byte)) {
        if (byte == '\n') {
            go_on = tell(typing);
            typing->length = 0;
        } else if (typing->length < sizeof(typing->line)) {
            typing->line[typing->length++] = byte;
        }
    }
    if (go_on && typing->length > 0) { /* a last line without an end */
        (void)tell(typing);
    }
    return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct typing *typing)
{
    sigset_t all;
    sigset_t before;
    int result;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&typing->thread, NULL, run, typing);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

enum fail typing_start(struct typing **out, struct executor *home, int file,
                       void (*on_line)(void *context, struct slice line), void *context)
{
    struct typing *typing = calloc(1, sizeof(*typing));

    if (typing == NULL) {
        return FAIL_MEMORY;
    }
    typing->home = home;
    typing->file = file;
    typing->on_line = on_line;
    typing->context = context;
    typing->line_task.run = run_line;
    (void)pthread_mutex_init(&typing->lock, NULL);
    (void)pthread_cond_init(&typing->taken, NULL);
    if (pipe2(typing->wake, O_CLOEXEC) != 0) {
        free(typing);
        return FAIL_LIMIT;
    }
    if (start_thread(typing) != 0) {
        (void)close(typing->wake[0]);
        (void)close(typing->wake[1]);
        free(typing);
        return FAIL_LIMIT;
    }
    *out = typing;
    return FAIL_NONE;
}

void typing_finish(struct typing **typing_at, void (*run_posted)(void *context), void *context)
{
    struct typing *typing = *typing_at;

    if (typing == NULL) {
        return;
    }
    *typing_at = NULL;
    (void)pthread_mutex_lock(&typing->lock);
    typing->over = true;
    (void)pthread_cond_signal(&typing->taken);
    (void)pthread_mutex_unlock(&typing->lock);
    (void)close(typing->wake[1]); /* which makes the other end ready */
    (void)pthread_join(typing->thread, NULL);
    run_posted(context);
    assert(!list_holds(&typing->line_task.link));
    (void)close(typing->wake[0]);
    (void)pthread_cond_destroy(&typing->taken);
    (void)pthread_mutex_destroy(&typing->lock);
    free(typing);
}
