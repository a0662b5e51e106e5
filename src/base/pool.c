/* Worker threads over one locked list. */
#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/text.h"

enum { THREADS_MAX = 16, NAME_SIZE = 16 };

struct worker {
    struct pool *pool;
    pthread_t thread;
    unsigned number;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list waiting; /* struct task, by lock */
    size_t waiting_count;
    size_t queue_max;
    bool stopping;
    struct pool_hooks hooks;
    char name[NAME_SIZE];
    bool inlined; /* without threads: tasks run inside pool_submit */
    unsigned started;
    struct worker workers[THREADS_MAX];
};

/* The next task, or NULL when the pool stops and nothing is left. */
static struct task *next_task(struct pool *pool)
{
    struct list_link *link;

    pthread_mutex_lock(&pool->lock);
    while (list_is_empty(&pool->waiting) && !pool->stopping) {
        pthread_cond_wait(&pool->wake, &pool->lock);
    }
    link = list_pop_front(&pool->waiting);
    if (link != NULL) {
        pool->waiting_count--;
    }
    pthread_mutex_unlock(&pool->lock);
    return link == NULL ? NULL : LIST_ITEM(link, struct task, link);
}

static void *worker_run(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    struct task *task;

    (void)pthread_setname_np(pthread_self(), pool->name);
    if (pool->hooks.start != NULL) {
        pool->hooks.start(pool->hooks.context, worker->number);
    }
    while ((task = next_task(pool)) != NULL) {
        task->run(task);
    }
    if (pool->hooks.stop != NULL) {
        pool->hooks.stop(pool->hooks.context, worker->number);
    }
    return NULL;
}

enum fail pool_create(struct pool **out, const char *name, unsigned threads, size_t queue_max,
                      const struct pool_hooks *hooks)
{
    struct pool *pool;
    unsigned i;

    assert(threads <= THREADS_MAX && queue_max > 0);
    pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    list_init(&pool->waiting);
    pool->queue_max = queue_max;
    if (hooks != NULL) {
        pool->hooks = *hooks;
    }
    (void)text_format(pool->name, sizeof(pool->name), "%s", name);
    for (i = 0; i < threads; i++) {
        struct worker *worker = &pool->workers[i];

        worker->pool = pool;
        worker->number = i;
        if (pthread_create(&worker->thread, NULL, worker_run, worker) != 0) {
            pool_destroy(&pool);
            return FAIL_MEMORY;
        }
        pool->started++;
    }
    pool->inlined = threads == 0;
    if (pool->inlined && pool->hooks.start != NULL) {
        pool->hooks.start(pool->hooks.context, 0);
    }
    *out = pool;
    return FAIL_NONE;
}

void pool_destroy(struct pool **pool_at)
{
    struct pool *pool = *pool_at;
    unsigned i;

    if (pool == NULL) {
        return;
    }
    *pool_at = NULL;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    if (pool->inlined && pool->hooks.stop != NULL) {
        pool->hooks.stop(pool->hooks.context, 0);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

enum fail pool_submit(struct pool *pool, struct task *task)
{
    enum fail fail = FAIL_NONE;

    if (pool->inlined) {
        task->run(task);
        return FAIL_NONE;
    }
    pthread_mutex_lock(&pool->lock);
    if (pool->waiting_count >= pool->queue_max) {
        fail = FAIL_LIMIT;
    } else {
        list_push_back(&pool->waiting, &task->link);
        pool->waiting_count++;
        pthread_cond_signal(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    return fail;
}

struct pool_load pool_load(struct pool *pool)
{
    struct pool_load load = {.max = pool->queue_max};

    pthread_mutex_lock(&pool->lock);
    load.waiting = pool->waiting_count;
    pthread_mutex_unlock(&pool->lock);
    return load;
}
