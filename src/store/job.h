/* How a job that has run finds its way home. Private to store/. */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include <pthread.h>
#include <stdbool.h>

#include "base/task.h"
#include "store/store.h"

/* Sends the job home, where `done` runs. The job is the caller's after it. */
void job_post(struct store_job *job, enum fail fail);
/* Runs `done` here and now: for a store without threads. */
void job_answer(struct store_job *job, enum fail fail);

/* A home for a thread that waits: posting wakes it, and `done` never runs. */
struct job_waiter {
    struct executor executor;
    struct executor *old_home; /* borrowed: the job's own, given back at the end */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool arrived; /* by lock */
};

/* Between these two the job is given to the store. */
void job_wait_begin(struct job_waiter *waiter, struct store_job *job);
MUST_CHECK enum fail job_wait_end(struct job_waiter *waiter, struct store_job *job);

#endif
