/* Work handed from one thread to another.
 *
 * A task is embedded in whatever it is about, so that handing it over
 * allocates nothing and cannot fail. An executor is a place where tasks run
 * one after another: an event loop, a worker, or (in tests) the caller. */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include "base/list.h"

struct task {
    struct list_link link;
    void (*run)(struct task *task);
};

struct executor {
    /* Takes the task and runs it later on the executor's thread, in the order
     * of posting. May be called from any thread. */
    void (*post)(struct executor *executor, struct task *task);
};

/* The thing of type `type` whose member `member` is the task `task`. */
#define TASK_OWNER(task, type, member) LIST_ITEM(task, type, member)

static inline void executor_post(struct executor *executor, struct task *task)
{
    executor->post(executor, task);
}

#endif
