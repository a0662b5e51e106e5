/* Worker threads: order, the limit of the queue, and a start that fails
 * half-way. Threads wait for each other on semaphores, never on time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The pool's own calls of calloc and pthread_create come here. Its source is
 * included for that, and not interposed, so that the thread sanitizer can
 * watch this test. */
static bool memory_refused;
static int threads_left = -1; /* -1: as many as wanted */

static void *calloc_or_not(size_t count, size_t size)
{
    return memory_refused ? NULL : calloc(count, size);
}

static int thread_or_not(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                         void *argument)
{
    if (threads_left == 0) {
        return EAGAIN;
    }
    if (threads_left > 0) {
        threads_left--;
    }
    return pthread_create(thread, attributes, run, argument);
}

#define calloc calloc_or_not
#define pthread_create thread_or_not
#include "base/pool.c"
#undef calloc
#undef pthread_create

enum { QUEUE_MAX = 5, WORKERS = 3 };

/* A task that says that it runs, and waits until it may end. */
struct gate {
    struct task task;
    sem_t running;
    sem_t open;
};

static void gate_run(struct task *task)
{
    struct gate *gate = TASK_OWNER(task, struct gate, task);

    sem_post(&gate->running);
    while (sem_wait(&gate->open) != 0) {
    }
}

static void gate_init(struct gate *gate)
{
    *gate = (struct gate){.task.run = gate_run};
    sem_init(&gate->running, 0, 0);
    sem_init(&gate->open, 0, 0);
}

static void gate_finish(struct gate *gate)
{
    sem_destroy(&gate->running);
    sem_destroy(&gate->open);
}

/* A task that notes when it ran. */
static atomic_int ran;

struct noted {
    struct task task;
    int place; /* 1 for the first that ran */
};

static void noted_run(struct task *task)
{
    TASK_OWNER(task, struct noted, task)->place = atomic_fetch_add(&ran, 1) + 1;
}

static void tasks_run_in_the_order_of_submission_up_to_the_limit(void **state)
{
    struct noted tasks[QUEUE_MAX + 1];
    struct pool *pool = NULL;
    struct gate gate;
    int i;

    (void)state;
    atomic_store(&ran, 0);
    gate_init(&gate);
    assert_int_equal(pool_create(&pool, "test", 1, QUEUE_MAX, NULL), FAIL_NONE);
    assert_int_equal(pool_submit(pool, &gate.task), FAIL_NONE);
    sem_wait(&gate.running); /* taken, so that it does not count as waiting */
    for (i = 0; i < QUEUE_MAX + 1; i++) {
        tasks[i] = (struct noted){.task.run = noted_run};
        assert_int_equal(pool_submit(pool, &tasks[i].task), i < QUEUE_MAX ? FAIL_NONE : FAIL_LIMIT);
        assert_int_equal(pool_load(pool).waiting, i < QUEUE_MAX ? i + 1 : QUEUE_MAX);
        assert_int_equal(pool_load(pool).max, QUEUE_MAX);
    }
    assert_false(list_holds(&tasks[QUEUE_MAX].task.link));
    sem_post(&gate.open);
    pool_destroy(&pool);
    assert_null(pool);
    for (i = 0; i < QUEUE_MAX; i++) {
        assert_int_equal(tasks[i].place, i + 1);
    }
    assert_int_equal(tasks[QUEUE_MAX].place, 0);
    gate_finish(&gate);
}

static void there_is_room_again_when_a_task_was_taken(void **state)
{
    struct gate first;
    struct gate second;
    struct noted third = {.task.run = noted_run};
    struct pool *pool = NULL;

    (void)state;
    gate_init(&first);
    gate_init(&second);
    assert_int_equal(pool_create(&pool, "test", 1, 1, NULL), FAIL_NONE);
    assert_int_equal(pool_submit(pool, &first.task), FAIL_NONE);
    sem_wait(&first.running);
    assert_int_equal(pool_submit(pool, &second.task), FAIL_NONE);
    assert_int_equal(pool_submit(pool, &third.task), FAIL_LIMIT);
    sem_post(&first.open);
    sem_wait(&second.running);
    assert_int_equal(pool_submit(pool, &third.task), FAIL_NONE);
    sem_post(&second.open);
    pool_destroy(&pool);
    assert_true(third.place > 0);
    gate_finish(&first);
    gate_finish(&second);
}

static void workers_run_side_by_side(void **state)
{
    struct gate gates[WORKERS];
    struct pool *pool = NULL;
    int i;

    (void)state;
    assert_int_equal(pool_create(&pool, "test", WORKERS, WORKERS, NULL), FAIL_NONE);
    for (i = 0; i < WORKERS; i++) {
        gate_init(&gates[i]);
        assert_int_equal(pool_submit(pool, &gates[i].task), FAIL_NONE);
    }
    for (i = 0; i < WORKERS; i++) {
        sem_wait(&gates[i].running); /* would wait for ever with fewer workers */
    }
    for (i = 0; i < WORKERS; i++) {
        sem_post(&gates[i].open);
    }
    pool_destroy(&pool);
    for (i = 0; i < WORKERS; i++) {
        gate_finish(&gates[i]);
    }
}

struct hooks_seen {
    atomic_int started[WORKERS];
    atomic_int stopped[WORKERS];
    char name[32]; /* of the first worker's thread */
};

static void on_start(void *context, unsigned worker)
{
    struct hooks_seen *seen = context;

    atomic_fetch_add(&seen->started[worker], 1);
    if (worker == 0) {
        (void)pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    }
}

static void on_stop(void *context, unsigned worker)
{
    struct hooks_seen *seen = context;

    atomic_fetch_add(&seen->stopped[worker], 1);
}

static void each_worker_starts_and_stops_once_under_its_name(void **state)
{
    struct hooks_seen seen = {.name = ""};
    const struct pool_hooks hooks = {on_start, on_stop, &seen};
    struct pool *pool = NULL;
    int i;

    (void)state;
    assert_int_equal(pool_create(&pool, "fifteen-letters-and-more", WORKERS, 1, &hooks), FAIL_NONE);
    pool_destroy(&pool);
    for (i = 0; i < WORKERS; i++) {
        assert_int_equal(atomic_load(&seen.started[i]), 1);
        assert_int_equal(atomic_load(&seen.stopped[i]), 1);
    }
    assert_string_equal(seen.name, "fifteen-letters");
}

/* For simulations: everything happens on the caller's thread, at once. */
static void without_workers_a_task_runs_where_it_is_submitted(void **state)
{
    struct hooks_seen seen = {.name = ""};
    const struct pool_hooks hooks = {on_start, on_stop, &seen};
    struct noted tasks[2] = {{.task.run = noted_run}, {.task.run = noted_run}};
    struct pool *pool = NULL;

    (void)state;
    atomic_store(&ran, 0);
    assert_int_equal(pool_create(&pool, "test", 0, 1, &hooks), FAIL_NONE);
    assert_int_equal(atomic_load(&seen.started[0]), 1);
    assert_int_equal(pool_submit(pool, &tasks[0].task), FAIL_NONE);
    assert_int_equal(tasks[0].place, 1);
    assert_int_equal(pool_submit(pool, &tasks[1].task), FAIL_NONE);
    assert_int_equal(tasks[1].place, 2);
    assert_int_equal(atomic_load(&seen.stopped[0]), 0);
    pool_destroy(&pool);
    assert_null(pool);
    assert_int_equal(atomic_load(&seen.started[0]), 1);
    assert_int_equal(atomic_load(&seen.stopped[0]), 1);
}

static void destroying_nothing_is_allowed(void **state)
{
    struct pool *pool = NULL;

    (void)state;
    pool_destroy(&pool);
    assert_null(pool);
}

static void no_task_is_lost_among_several_workers(void **state)
{
    enum { TASKS = 2000 };
    static struct noted tasks[TASKS];
    struct pool *pool = NULL;
    int i;

    (void)state;
    atomic_store(&ran, 0);
    assert_int_equal(pool_create(&pool, "test", WORKERS, TASKS, NULL), FAIL_NONE);
    for (i = 0; i < TASKS; i++) {
        tasks[i] = (struct noted){.task.run = noted_run};
        assert_int_equal(pool_submit(pool, &tasks[i].task), FAIL_NONE);
    }
    pool_destroy(&pool);
    assert_int_equal(atomic_load(&ran), TASKS);
}

static void without_memory_there_is_no_pool(void **state)
{
    struct pool *pool = NULL;

    (void)state;
    memory_refused = true;
    assert_int_equal(pool_create(&pool, "test", 1, 1, NULL), FAIL_MEMORY);
    memory_refused = false;
    assert_null(pool);
}

/* The threads that did start are stopped again: worker 0 in two of the three
 * rounds, worker 1 in one, worker 2 in none. */
static void without_its_threads_there_is_no_pool(void **state)
{
    struct hooks_seen seen = {.name = ""};
    const struct pool_hooks hooks = {on_start, on_stop, &seen};
    struct pool *pool = NULL;
    int threads;
    int i;

    (void)state;
    for (threads = 0; threads < WORKERS; threads++) {
        threads_left = threads;
        assert_int_equal(pool_create(&pool, "test", WORKERS, 1, &hooks), FAIL_MEMORY);
        threads_left = -1;
        assert_null(pool);
    }
    for (i = 0; i < WORKERS; i++) {
        assert_int_equal(atomic_load(&seen.started[i]), WORKERS - 1 - i);
        assert_int_equal(atomic_load(&seen.stopped[i]), WORKERS - 1 - i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_in_the_order_of_submission_up_to_the_limit),
        cmocka_unit_test(there_is_room_again_when_a_task_was_taken),
        cmocka_unit_test(workers_run_side_by_side),
        cmocka_unit_test(each_worker_starts_and_stops_once_under_its_name),
        cmocka_unit_test(without_workers_a_task_runs_where_it_is_submitted),
        cmocka_unit_test(destroying_nothing_is_allowed),
        cmocka_unit_test(no_task_is_lost_among_several_workers),
        cmocka_unit_test(without_memory_there_is_no_pool),
        cmocka_unit_test(without_its_threads_there_is_no_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
