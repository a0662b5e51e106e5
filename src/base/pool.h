/* A few threads that run tasks which would block a loop: password hashing,
 * reading the database. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

#include "base/fail.h"
#include "base/task.h"

struct pool;

/* Called once on each thread: `start` before its first task, `stop` after its
 * last. Both may be NULL. */
struct pool_hooks {
    void (*start)(void *context, unsigned worker);
    void (*stop)(void *context, unsigned worker);
    void *context; /* borrowed */
};

/* `name` (at most 15 characters) is the thread's name in debuggers; at most
 * `queue_max` tasks wait. With `threads` 0 there are none: a task runs inside
 * pool_submit, and the hooks are called as if by a worker 0 (simulation). */
MUST_CHECK enum fail pool_create(struct pool **out, const char *name, unsigned threads,
                                 size_t queue_max, const struct pool_hooks *hooks);
/* Runs what is queued, stops the threads, sets the pointer NULL. Accepts NULL. */
void pool_destroy(struct pool **pool);

/* FAIL_LIMIT, and the task is not taken, when the queue is full. From any thread. */
MUST_CHECK enum fail pool_submit(struct pool *pool, struct task *task);

struct pool_load {
    size_t waiting; /* tasks that no thread has begun */
    size_t max;
};
/* From any thread. */
struct pool_load pool_load(struct pool *pool);

#endif
