/* The last steps of a job. */
#include "store/job.h"

static void run_done(struct task *task)
{
    struct store_job *job = TASK_OWNER(task, struct store_job, task);

    job->done(job, job->fail);
}

void job_post(struct store_job *job, enum fail fail)
{
    job->fail = fail;
    job->task.run = run_done;
    executor_post(job->home, &job->task);
}

void job_answer(struct store_job *job, enum fail fail)
{
    job->fail = fail;
    job->done(job, fail);
}

static void waiter_post(struct executor *executor, struct task *task)
{
    struct job_waiter *waiter = LIST_ITEM(executor, struct job_waiter, executor);

    (void)task;
    pthread_mutex_lock(&waiter->lock);
    waiter->arrived = true;
    /* Under the lock: the waiter is gone as soon as it may wake. */
    pthread_cond_signal(&waiter->wake);
    pthread_mutex_unlock(&waiter->lock);
}

void job_wait_begin(struct job_waiter *waiter, struct store_job *job)
{
    waiter->executor.post = waiter_post;
    waiter->old_home = job->home;
    waiter->arrived = false;
    pthread_mutex_init(&waiter->lock, NULL);
    pthread_cond_init(&waiter->wake, NULL);
    job->home = &waiter->executor;
}

enum fail job_wait_end(struct job_waiter *waiter, struct store_job *job)
{
    pthread_mutex_lock(&waiter->lock);
    while (!waiter->arrived) {
        pthread_cond_wait(&waiter->wake, &waiter->lock);
    }
    pthread_mutex_unlock(&waiter->lock);
    pthread_cond_destroy(&waiter->wake);
    pthread_mutex_destroy(&waiter->lock);
    job->home = waiter->old_home;
    return job->fail;
}
