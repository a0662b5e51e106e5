/* One libuv loop and what belongs to its thread. */
#include "net/loop.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include <uv.h>

#include "net/timer_heap.h"

enum { READ_BUFFER_BYTES = 64 * 1024, PLAIN_BUFFER_BYTES = 16 * 1024, SIGNALS_MAX = 4 };

struct loop_signal {
    uv_signal_t handle;
    void (*run)(void *context, int signal_number);
    void *context;
};

struct loop {
    struct executor executor; /* first: the executor is the loop */
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t clock;  /* of the soonest timer */
    uv_idle_t later;   /* runs while timers are due that wait for the loop's next turn */
    bool in_clock;     /* on_clock runs, and sees to the soonest timer at its end */
    uv_idle_t worker;  /* runs while there are works */
    struct list works; /* struct loop_work */
    pthread_mutex_t lock;
    struct list posted; /* struct task, by lock */
    bool stop_asked;    /* by lock */
    bool stopping;
    bool still;     /* without libuv: `now_ms` is moved by loop_advance */
    int64_t now_ms; /* of a still loop */
    struct timer_heap timers;
    unsigned number;
    size_t signal_count;
    struct loop_signal signals[SIGNALS_MAX];
    char read_buffer[READ_BUFFER_BYTES];
    char plain_buffer[PLAIN_BUFFER_BYTES];
};

static void loop_post(struct executor *executor, struct task *task)
{
    struct loop *loop = (struct loop *)(void *)executor;
    bool wake;

    pthread_mutex_lock(&loop->lock);
    wake = list_is_empty(&loop->posted);
    list_push_back(&loop->posted, &task->link);
    pthread_mutex_unlock(&loop->lock);
    if (wake && !loop->still) {
        (void)uv_async_send(&loop->wake);
    }
}

static void close_own_handles(struct loop *loop)
{
    size_t i;

    if (loop->stopping) {
        return;
    }
    loop->stopping = true;
    for (i = 0; i < loop->signal_count; i++) {
        uv_close((uv_handle_t *)&loop->signals[i].handle, NULL);
    }
    /* The waker and the clock stay, but no longer keep the loop alive: what is
     * closing may still post tasks and set timers. */
    uv_unref((uv_handle_t *)&loop->wake);
    uv_unref((uv_handle_t *)&loop->clock);
    uv_unref((uv_handle_t *)&loop->later);
}

/* Runs what was posted; true when there was something, or when it is time to
 * stop (`*stop`). */
static bool run_posted_once(struct loop *loop, bool *stop)
{
    struct list taken;
    struct list_link *link;
    bool any = false;

    list_init(&taken);
    pthread_mutex_lock(&loop->lock);
    list_move_all(&loop->posted, &taken);
    *stop = loop->stop_asked;
    pthread_mutex_unlock(&loop->lock);
    while ((link = list_pop_front(&taken)) != NULL) {
        struct task *task = LIST_ITEM(link, struct task, link);

        task->run(task);
        any = true;
    }
    return any;
}

static void on_wake(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    bool stop;

    (void)run_posted_once(loop, &stop);
    if (stop) {
        close_own_handles(loop);
    }
}

void loop_run_posted(struct loop *loop)
{
    bool stop;

    while (run_posted_once(loop, &stop)) {
    }
}

static void on_clock(uv_timer_t *clock);

static void clock_set(struct loop *loop)
{
    struct loop_timer *first = timer_heap_first(&loop->timers);
    int64_t delay_ms;
    int result;

    if (loop->still || loop->in_clock) {
        return;
    }
    if (first == NULL) {
        (void)uv_timer_stop(&loop->clock);
        return;
    }
    delay_ms = first->due_ms - loop_now_ms(loop);
    result = uv_timer_start(&loop->clock, on_clock, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
    assert(result == 0);
    (void)result;
}

static void on_later(uv_idle_t *later)
{
    struct loop *loop = later->data;

    (void)uv_idle_stop(later);
    on_clock(&loop->clock);
}

/* No more than were set when it began, and then a turn of the loop: a timer that
 * sets itself anew without a delay must not keep all else waiting. libuv would
 * run a clock of 0 in this same turn, for ever; hence `later`. */
static void on_clock(uv_timer_t *clock)
{
    struct loop *loop = clock->data;
    int64_t now_ms = loop_now_ms(loop);
    size_t left = loop->timers.count;
    struct loop_timer *timer;

    loop->in_clock = true;
    while (left > 0 && (timer = timer_heap_first(&loop->timers)) != NULL &&
           timer->due_ms <= now_ms) {
        left--;
        timer_heap_take(&loop->timers, timer);
        timer->run(timer);
    }
    loop->in_clock = false;
    timer = timer_heap_first(&loop->timers);
    if (timer != NULL && timer->due_ms <= now_ms) {
        (void)uv_idle_start(&loop->later, on_later); /* fails only without a callback */
    } else {
        clock_set(loop);
    }
}

/* Once in a turn, before libuv looks what has arrived. */
static void on_turn(uv_idle_t *worker)
{
    struct loop *loop = worker->data;
    unsigned done;

    for (done = 0; done < LOOP_WORKS_PER_TURN && !list_is_empty(&loop->works); done++) {
        struct loop_work *work = LIST_ITEM(list_pop_front(&loop->works), struct loop_work, link);

        work->run(work);
    }
    if (list_is_empty(&loop->works)) {
        (void)uv_idle_stop(worker);
    }
}

enum fail loop_create(struct loop **out, unsigned number)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL) {
        return FAIL_MEMORY;
    }
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return FAIL_MEMORY;
    }
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0) {
        (void)uv_loop_close(&loop->uv);
        free(loop);
        return FAIL_MEMORY;
    }
    (void)uv_timer_init(&loop->uv, &loop->clock); /* cannot fail, */
    (void)uv_idle_init(&loop->uv, &loop->later);  /* nor this, */
    (void)uv_idle_init(&loop->uv, &loop->worker); /* nor this */
    loop->executor.post = loop_post;
    loop->uv.data = loop;
    loop->wake.data = loop;
    loop->clock.data = loop;
    loop->later.data = loop;
    loop->worker.data = loop;
    loop->number = number;
    list_init(&loop->posted);
    list_init(&loop->works);
    pthread_mutex_init(&loop->lock, NULL);
    *out = loop;
    return FAIL_NONE;
}

enum fail loop_create_still(struct loop **out, unsigned number)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL) {
        return FAIL_MEMORY;
    }
    loop->still = true;
    loop->executor.post = loop_post;
    loop->number = number;
    list_init(&loop->posted);
    list_init(&loop->works);
    pthread_mutex_init(&loop->lock, NULL);
    *out = loop;
    return FAIL_NONE;
}

void loop_advance(struct loop *loop, int64_t delay_ms)
{
    int64_t end_ms = loop->now_ms + delay_ms;
    struct loop_timer *timer;

    assert(loop->still);
    loop_run_posted(loop);
    while ((timer = timer_heap_first(&loop->timers)) != NULL && timer->due_ms <= end_ms) {
        if (timer->due_ms > loop->now_ms) {
            loop->now_ms = timer->due_ms;
        }
        timer_heap_take(&loop->timers, timer);
        timer->run(timer);
        loop_run_posted(loop);
    }
    loop->now_ms = end_ms;
}

int64_t loop_due_in_ms(const struct loop *loop)
{
    const struct loop_timer *first = timer_heap_first(&loop->timers);

    assert(loop->still);
    if (first == NULL) {
        return -1;
    }
    return first->due_ms > loop->now_ms ? first->due_ms - loop->now_ms : 0;
}

static void uv_end(struct loop *loop)
{
    int result;

    close_own_handles(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->clock, NULL);
    uv_close((uv_handle_t *)&loop->later, NULL);
    uv_close((uv_handle_t *)&loop->worker, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    result = uv_loop_close(&loop->uv);
    assert(result == 0); /* else something on it was never closed */
    (void)result;
}

void loop_destroy(struct loop **loop_at)
{
    struct loop *loop = *loop_at;

    if (loop == NULL) {
        return;
    }
    *loop_at = NULL;
    loop_run_posted(loop);
    if (!loop->still) {
        uv_end(loop);
    }
    timer_heap_finish(&loop->timers);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void loop_run(struct loop *loop)
{
    assert(!loop->still);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->stop_asked = true;
    pthread_mutex_unlock(&loop->lock);
    if (!loop->still) {
        (void)uv_async_send(&loop->wake);
    }
}

unsigned loop_number(const struct loop *loop)
{
    return loop->number;
}

struct executor *loop_executor(struct loop *loop)
{
    return &loop->executor;
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->still ? loop->now_ms : (int64_t)uv_now(&loop->uv);
}

enum fail loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
                         void (*run)(struct loop_timer *timer))
{
    struct loop_timer *first = timer_heap_first(&loop->timers);
    enum fail fail;

    assert(delay_ms >= 0 && run != NULL);
    fail = timer_heap_put(&loop->timers, timer, loop_now_ms(loop) + delay_ms);
    if (fail != FAIL_NONE) {
        return fail;
    }
    timer->run = run;
    /* A timer that moved later may leave the clock early: on_clock then finds
     * nothing due and sets it anew. */
    if (first == NULL || timer_heap_first(&loop->timers) == timer) {
        clock_set(loop);
    }
    return FAIL_NONE;
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
    timer_heap_take(&loop->timers, timer);
}

void loop_work_add(struct loop *loop, struct loop_work *work, void (*run)(struct loop_work *work))
{
    assert(!loop->still);
    work->run = run;
    list_push_back(&loop->works, &work->link);
    (void)uv_idle_start(&loop->worker, on_turn); /* fails only without a callback */
}

void loop_work_cancel(struct loop_work *work)
{
    list_remove(&work->link);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
    struct loop_signal *signal = handle->data;

    signal->run(signal->context, signal_number);
}

enum fail loop_on_signal(struct loop *loop, int signal_number,
                         void (*run)(void *context, int signal_number), void *context)
{
    struct loop_signal *signal = &loop->signals[loop->signal_count];

    assert(!loop->still && loop->signal_count < SIGNALS_MAX);
    if (uv_signal_init(&loop->uv, &signal->handle) != 0) {
        return FAIL_MEMORY;
    }
    signal->handle.data = signal;
    signal->run = run;
    signal->context = context;
    loop->signal_count++;
    return uv_signal_start(&signal->handle, on_signal, signal_number) == 0 ? FAIL_NONE
                                                                           : FAIL_INVALID;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    assert(!loop->still);
    return &loop->uv;
}

struct loop_bytes loop_read_buffer(struct loop *loop)
{
    return (struct loop_bytes){loop->read_buffer, sizeof(loop->read_buffer)};
}

struct loop_bytes loop_plain_buffer(struct loop *loop)
{
    return (struct loop_bytes){loop->plain_buffer, sizeof(loop->plain_buffer)};
}
