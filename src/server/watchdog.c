/* A loop that hangs in one of its callbacks runs no task: then the manager
 * hears nothing, and starts the program again. */
#include "server/watchdog.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "server/notify.h"

enum { MS_PER_SECOND = 1000, NS_PER_MS = 1000000, NS_PER_SECOND = 1000000000 };

struct watched {
    struct task task; /* the loop's while it was asked and has not answered */
    struct executor *loop;
    atomic_bool answered;
};

struct watchdog {
    int64_t round_ms;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stopping;
    size_t count;
    struct watched watched[WATCHDOG_LOOPS_MAX]; /* of the rounds; `answered` of the loops, too */
};

static void on_asked(struct task *task)
{
    atomic_store(&TASK_OWNER(task, struct watched, task)->answered, true);
}

bool watchdog_round(struct watchdog *watchdog)
{
    bool all = true;
    size_t i;

    for (i = 0; i < watchdog->count; i++) {
        all = atomic_load(&watchdog->watched[i].answered) && all;
    }
    if (all && notify_send("WATCHDOG=1") != FAIL_NONE) {
        log_event(LOG_WARNING, "watchdog.unheard",
                  log_text("do", "see whether the service manager runs"));
    }
    for (i = 0; i < watchdog->count; i++) {
        struct watched *watched = &watchdog->watched[i];

        if (atomic_load(&watched->answered)) {
            atomic_store(&watched->answered, false);
            executor_post(watched->loop, &watched->task);
        }
    }
    return all;
}

static struct timespec moment_after_ms(int64_t ms)
{
    struct timespec moment;

    (void)clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += ms / MS_PER_SECOND;
    moment.tv_nsec += ms % MS_PER_SECOND * NS_PER_MS;
    if (moment.tv_nsec >= NS_PER_SECOND) {
        moment.tv_sec++;
        moment.tv_nsec -= NS_PER_SECOND;
    }
    return moment;
}

static void *watchdog_run(void *argument)
{
    struct watchdog *watchdog = argument;
    bool alive = true;

    (void)pthread_setname_np(pthread_self(), "watchdog");
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->stopping) {
        struct timespec next = moment_after_ms(watchdog->round_ms);
        bool was_alive = alive;

        alive = watchdog_round(watchdog);
        if (was_alive && !alive) {
            log_event(LOG_ERROR, "watchdog.loop_hangs",
                      log_text("do", "nothing: the service manager starts the program again"));
        }
        while (!watchdog->stopping &&
               pthread_cond_timedwait(&watchdog->wake, &watchdog->lock, &next) == 0) {
        }
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

/* Waits are measured by the monotonic clock. */
static void wake_init(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

enum fail watchdog_start(struct watchdog **out, struct executor *const *loops, size_t count)
{
    struct watchdog *watchdog = calloc(1, sizeof(*watchdog));
    int64_t interval_ms = notify_watchdog_ms();
    size_t i;

    assert(count <= WATCHDOG_LOOPS_MAX);
    if (watchdog == NULL) {
        return FAIL_MEMORY;
    }
    watchdog->count = count;
    for (i = 0; i < count; i++) {
        watchdog->watched[i].loop = loops[i];
        watchdog->watched[i].task.run = on_asked;
        atomic_init(&watchdog->watched[i].answered, true);
    }
    pthread_mutex_init(&watchdog->lock, NULL);
    wake_init(&watchdog->wake);
    if (interval_ms > 0) {
        watchdog->round_ms = interval_ms / 2 > 0 ? interval_ms / 2 : 1;
        watchdog->has_thread = pthread_create(&watchdog->thread, NULL, watchdog_run, watchdog) == 0;
        if (!watchdog->has_thread) {
            watchdog_destroy(&watchdog);
            return FAIL_MEMORY;
        }
    }
    *out = watchdog;
    return FAIL_NONE;
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (watchdog == NULL || !watchdog->has_thread) {
        return;
    }
    pthread_mutex_lock(&watchdog->lock);
    watchdog->stopping = true;
    pthread_cond_signal(&watchdog->wake);
    pthread_mutex_unlock(&watchdog->lock);
    pthread_join(watchdog->thread, NULL);
    watchdog->has_thread = false;
}

void watchdog_destroy(struct watchdog **watchdog_at)
{
    struct watchdog *watchdog = *watchdog_at;

    if (watchdog == NULL) {
        return;
    }
    *watchdog_at = NULL;
    assert(!watchdog->has_thread);
    pthread_cond_destroy(&watchdog->wake);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}
