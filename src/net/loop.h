/* An event loop and its thread's belongings: tasks from other threads, timers,
 * signals, and the read buffer that all its connections share.
 *
 * libuv does the waiting. Nothing on a loop may block. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/list.h"
#include "base/task.h"

struct loop;

/* `number` tells the loops of one process apart, from 0. */
MUST_CHECK enum fail loop_create(struct loop **out, unsigned number);
/* A loop without libuv, whose time stands still until loop_advance: for
 * stories and simulations. It has tasks and timers, but no sockets. */
MUST_CHECK enum fail loop_create_still(struct loop **out, unsigned number);
/* Runs what was posted, moves the time of a still loop on by `delay_ms`, and
 * runs what becomes due on the way, at its own moment. */
void loop_advance(struct loop *loop, int64_t delay_ms);
/* In how many milliseconds a still loop's next timer is due; -1: none is set. */
int64_t loop_due_in_ms(const struct loop *loop);
/* After loop_run has returned, and after everything on it was closed. Accepts
 * NULL; sets the pointer NULL. */
void loop_destroy(struct loop **loop);

/* Runs on the calling thread until loop_stop, then until nothing is open. */
void loop_run(struct loop *loop);
/* From any thread, or from a signal callback of the loop. Handles that are
 * still open keep loop_run going: close them first, or from a posted task. */
void loop_stop(struct loop *loop);

/* Runs what other threads have posted, now, on the calling thread: for the end,
 * when loop_run has returned but a late answer of the store was still posted.
 * loop_destroy does it too. */
void loop_run_posted(struct loop *loop);

unsigned loop_number(const struct loop *loop);
/* Where other threads post tasks for this loop; borrowed. */
struct executor *loop_executor(struct loop *loop);
/* The monotonic clock as it was when the loop last woke. */
int64_t loop_now_ms(const struct loop *loop);

/* A timer is embedded in its owner and costs nothing while it is not set. */
struct loop_timer {
    size_t place; /* of the loop: its place in the heap, 0 when not set */
    int64_t due_ms;
    void (*run)(struct loop_timer *timer);
};
/* Runs `run` once, `delay_ms` from now, on the loop; a set timer is moved.
 * FAIL_MEMORY: the timer is not set. */
MUST_CHECK enum fail loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
                                    void (*run)(struct loop_timer *timer));
/* Does nothing when it is not set. */
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);
static inline bool loop_timer_is_set(const struct loop_timer *timer)
{
    return timer->place != 0;
}

/* Heavy work that can wait, as handshakes are: at most LOOP_WORKS_PER_TURN pieces
 * of it are done in one turn of the loop, first come first served, so that what
 * is light is answered between them. Embedded in its owner. Not on a still loop. */
enum { LOOP_WORKS_PER_TURN = 2 };
struct loop_work {
    struct list_link link;
    void (*run)(struct loop_work *work);
};
void loop_work_add(struct loop *loop, struct loop_work *work, void (*run)(struct loop_work *work));
/* Does nothing when it is not waiting. */
void loop_work_cancel(struct loop_work *work);

/* Calls back on the loop when the process gets the signal; until loop_stop. */
MUST_CHECK enum fail loop_on_signal(struct loop *loop, int signal_number,
                                    void (*run)(void *context, int signal_number), void *context);

/* For the files of net/ alone; its `data` is the loop. */
struct uv_loop_s *loop_uv(struct loop *loop);
struct loop_bytes {
    char *bytes; /* borrowed; changed freely within one read callback */
    size_t length;
};
struct loop_bytes loop_read_buffer(struct loop *loop);
/* Where TLS puts what it has decrypted: one record. */
struct loop_bytes loop_plain_buffer(struct loop *loop);

#endif
