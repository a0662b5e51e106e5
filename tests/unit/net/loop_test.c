/* A loop with its thread, and a still loop whose time a test moves. */
#include "net/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

enum { THREADS = 4, TASKS = 2000, LOG_SIZE = 256 };

static struct loop *loop;

/* What happened, in its order: a letter each. */
static char record[LOG_SIZE];
static size_t record_length;

static void record_start(void)
{
    memset(record, 0, sizeof(record));
    record_length = 0;
}

static void record_add(char letter)
{
    assert_true(record_length + 1 < sizeof(record));
    record[record_length++] = letter;
}

/* --- Tasks from other threads ------------------------------------------- */

struct counted {
    struct task task;
    unsigned thread;
    unsigned number;
};

static struct counted counted[THREADS][TASKS];
static unsigned next_of[THREADS]; /* on the loop's thread alone */
static unsigned ran;
static bool in_order;
static pthread_t loop_thread;

static void run_counted(struct task *task)
{
    struct counted *one = TASK_OWNER(task, struct counted, task);

    in_order = in_order && one->number == next_of[one->thread] &&
               pthread_equal(pthread_self(), loop_thread);
    next_of[one->thread]++;
    ran++;
    if (ran == THREADS * TASKS) {
        loop_stop(loop);
    }
}

static void *post_all(void *argument)
{
    struct counted *tasks = argument;
    unsigned i;

    for (i = 0; i < TASKS; i++) {
        executor_post(loop_executor(loop), &tasks[i].task);
    }
    return NULL;
}

static void *run_loop(void *argument)
{
    (void)argument;
    loop_run(loop);
    return NULL;
}

static void tasks_of_each_thread_run_in_its_order_on_the_loop(void **state)
{
    pthread_t threads[THREADS];
    unsigned i;
    unsigned k;

    (void)state;
    assert_int_equal(loop_create(&loop, 3), FAIL_NONE);
    assert_int_equal(loop_number(loop), 3);
    in_order = true;
    loop_thread = pthread_self();
    for (i = 0; i < THREADS; i++) {
        for (k = 0; k < TASKS; k++) {
            counted[i][k] =
                (struct counted){.task = {.run = run_counted}, .thread = i, .number = k};
        }
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, counted[i]), 0);
    }
    loop_run(loop);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(ran, THREADS * TASKS);
    assert_true(in_order);
    loop_destroy(&loop);
    assert_null(loop);
}

static void stop_may_come_from_another_thread_and_before_the_start(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    assert_int_equal(pthread_create(&thread, NULL, run_loop, NULL), 0);
    loop_stop(loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    loop_destroy(&loop);
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    loop_stop(loop);
    loop_run(loop);
    loop_destroy(&loop);
    loop_destroy(&loop); /* accepts NULL */
}

/* --- What was posted too late -------------------------------------------- */

struct letter {
    struct task task;
    char letter;
    struct letter *next; /* posted by it; may be NULL */
};

static void run_letter(struct task *task)
{
    struct letter *letter = TASK_OWNER(task, struct letter, task);

    record_add(letter->letter);
    if (letter->next != NULL) {
        executor_post(loop_executor(loop), &letter->next->task);
    }
}

static void what_was_posted_after_the_end_runs_when_asked_for(void **state)
{
    struct letter second = {.task = {.run = run_letter}, .letter = 'b'};
    struct letter first = {.task = {.run = run_letter}, .letter = 'a', .next = &second};
    struct letter third = {.task = {.run = run_letter}, .letter = 'c'};

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    loop_stop(loop);
    loop_run(loop);
    executor_post(loop_executor(loop), &first.task);
    assert_string_equal(record, "");
    loop_run_posted(loop);
    assert_string_equal(record, "ab"); /* with what it posted itself */
    executor_post(loop_executor(loop), &third.task);
    loop_destroy(&loop);
    assert_string_equal(record, "abc");
}

static void stop_letter(struct task *task)
{
    run_letter(task);
    loop_stop(loop);
}

static void what_was_posted_before_stop_still_runs(void **state)
{
    struct letter letters[] = {{.task = {.run = run_letter}, .letter = 'a'},
                               {.task = {.run = stop_letter}, .letter = 'b'},
                               {.task = {.run = run_letter}, .letter = 'c'}};
    size_t i;

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    for (i = 0; i < 3; i++) {
        executor_post(loop_executor(loop), &letters[i].task);
    }
    loop_run(loop);
    assert_string_equal(record, "abc");
    loop_destroy(&loop);
}

/* --- Timers --------------------------------------------------------------- */

struct bell {
    struct loop_timer timer;
    char letter;
    bool stops;
    struct bell *sets; /* for 10 ms later; may be NULL */
    struct bell *cancels;
    int64_t rang_ms;
};

static void ring(struct loop_timer *timer)
{
    struct bell *bell = LIST_ITEM(timer, struct bell, timer);

    record_add(bell->letter);
    bell->rang_ms = loop_now_ms(loop);
    if (bell->sets != NULL) {
        assert_int_equal(loop_timer_set(loop, &bell->sets->timer, 10, ring), FAIL_NONE);
    }
    if (bell->cancels != NULL) {
        loop_timer_cancel(loop, &bell->cancels->timer);
    }
    if (bell->stops) {
        loop_stop(loop);
    }
}

static void set(struct bell *bell, int64_t delay_ms)
{
    assert_int_equal(loop_timer_set(loop, &bell->timer, delay_ms, ring), FAIL_NONE);
    assert_true(loop_timer_is_set(&bell->timer));
}

static void timers_run_in_their_order_and_not_too_early(void **state)
{
    struct bell last = {.letter = 'z', .stops = true};
    struct bell first = {.letter = 'a'};
    struct bell moved = {.letter = 'm'};
    struct bell cancelled = {.letter = 'x'};
    int64_t start_ms;

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    start_ms = loop_now_ms(loop);
    set(&moved, 0);
    set(&cancelled, 1);
    set(&last, 4);
    set(&first, 2);
    set(&moved, 3); /* it was the first: the clock wakes for nothing once */
    loop_timer_cancel(loop, &cancelled.timer);
    loop_timer_cancel(loop, &cancelled.timer); /* does nothing more */
    assert_false(loop_timer_is_set(&cancelled.timer));
    loop_run(loop);
    assert_string_equal(record, "amz");
    assert_true(last.rang_ms - start_ms >= 4);
    assert_false(loop_timer_is_set(&last.timer));
    loop_destroy(&loop);
}

static void a_timer_may_be_moved_to_an_earlier_moment(void **state)
{
    struct bell bell = {.letter = 'a', .stops = true};

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    set(&bell, 3600 * 1000);
    set(&bell, 1);
    loop_run(loop); /* else this takes an hour */
    assert_string_equal(record, "a");
    loop_destroy(&loop);
}

static unsigned rings;

static void ring_at_once_again(struct loop_timer *timer)
{
    rings++;
    assert_true(rings < 10000); /* the task has its turn before that */
    assert_int_equal(loop_timer_set(loop, timer, 0, ring_at_once_again), FAIL_NONE);
}

static void stop_run(struct task *task)
{
    (void)task;
    loop_stop(loop);
}

static void a_timer_that_sets_itself_without_delay_keeps_nobody_waiting(void **state)
{
    struct loop_timer timer = {0};
    struct task stop = {.run = stop_run};

    (void)state;
    rings = 0;
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    assert_int_equal(loop_timer_set(loop, &timer, 0, ring_at_once_again), FAIL_NONE);
    executor_post(loop_executor(loop), &stop);
    loop_run(loop);
    assert_true(rings > 0);
    loop_timer_cancel(loop, &timer);
    loop_destroy(&loop);
}

static void close_timer(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

static void timers_still_run_after_stop_while_something_closes(void **state)
{
    struct bell bell = {.letter = 'a'};
    uv_timer_t open; /* stands for a connection that lingers */

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    assert_int_equal(uv_timer_init(loop_uv(loop), &open), 0);
    assert_int_equal(uv_timer_start(&open, close_timer, 5, 0), 0);
    set(&bell, 1);
    loop_stop(loop);
    loop_run(loop);
    assert_string_equal(record, "a");
    loop_destroy(&loop);
}

/* --- Signals -------------------------------------------------------------- */

/* --- Heavy work ------------------------------------------------------------- */

struct heavy {
    struct loop_work work;
    char letter;
    struct heavy *next; /* added when this one runs; may be NULL */
};

static void run_heavy(struct loop_work *work)
{
    struct heavy *heavy = LIST_ITEM(work, struct heavy, work);

    record_add(heavy->letter);
    if (heavy->next != NULL) {
        loop_work_add(loop, &heavy->next->work, run_heavy);
    }
}

static void turn(void)
{
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    record_add('.');
}

static void heavy_work_is_done_in_order_a_little_in_each_turn(void **state)
{
    struct heavy heavy[6] = {{.letter = 'a'}, {.letter = 'b'}, {.letter = 'c'},
                             {.letter = 'd'}, {.letter = 'e'}, {.letter = 'f'}};
    size_t i;

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    heavy[1].next = &heavy[5]; /* stands behind those that wait */
    for (i = 0; i < 5; i++) {
        loop_work_add(loop, &heavy[i].work, run_heavy);
    }
    loop_work_cancel(&heavy[2].work);
    loop_work_cancel(&heavy[2].work);
    assert_int_equal(record_length, 0); /* never from inside the call */
    turn();
    turn();
    turn();
    turn();
    assert_string_equal(record, "ab.de.f..");
    assert_false(uv_loop_alive(loop_uv(loop)) && uv_backend_timeout(loop_uv(loop)) == 0);
    loop_work_add(loop, &heavy[2].work, run_heavy); /* and it begins again */
    turn();
    assert_string_equal(record, "ab.de.f..c.");
    loop_work_add(loop, &heavy[3].work, run_heavy);
    loop_work_cancel(&heavy[3].work);
    turn();
    assert_string_equal(record, "ab.de.f..c..");
    loop_destroy(&loop);
}

static void on_signal(void *context, int signal_number)
{
    record_add(signal_number == SIGUSR1 ? *(const char *)context : '?');
    loop_stop(loop);
}

static void a_signal_calls_back_on_the_loop(void **state)
{
    char letter = 's';

    (void)state;
    record_start();
    assert_int_equal(loop_create(&loop, 0), FAIL_NONE);
    assert_int_equal(loop_on_signal(loop, SIGUSR1, on_signal, &letter), FAIL_NONE);
    assert_int_equal(raise(SIGUSR1), 0);
    loop_run(loop);
    assert_string_equal(record, "s");
    loop_destroy(&loop);
}

/* --- A loop that stands still --------------------------------------------- */

static void a_still_loop_moves_only_when_it_is_advanced(void **state)
{
    struct bell early = {.letter = 'a'};
    struct bell late = {.letter = 'b'};

    (void)state;
    record_start();
    assert_int_equal(loop_create_still(&loop, 9), FAIL_NONE);
    assert_int_equal(loop_number(loop), 9);
    set(&late, 3600 * 1000);
    set(&early, 50);
    loop_advance(loop, 49);
    assert_string_equal(record, "");
    assert_int_equal(loop_now_ms(loop), 49);
    loop_advance(loop, 1);
    assert_string_equal(record, "a");
    loop_advance(loop, 3600 * 1000);
    assert_string_equal(record, "ab");
    assert_int_equal(early.rang_ms, 50); /* each at its own moment */
    assert_int_equal(late.rang_ms, 3600 * 1000);
    assert_int_equal(loop_now_ms(loop), 50 + 3600 * 1000);
    loop_destroy(&loop);
}

static void what_a_timer_sets_or_cancels_on_the_way_counts(void **state)
{
    struct bell never = {.letter = 'x'};
    struct bell again = {.letter = 'b'};
    struct bell first = {.letter = 'a', .sets = &again, .cancels = &never};

    (void)state;
    record_start();
    assert_int_equal(loop_create_still(&loop, 0), FAIL_NONE);
    set(&first, 10);
    set(&never, 15);
    loop_advance(loop, 19);
    assert_string_equal(record, "a");
    loop_advance(loop, 1);
    assert_string_equal(record, "ab");
    assert_int_equal(again.rang_ms, 20);
    loop_destroy(&loop);
}

static struct letter from_timer = {.task = {.run = run_letter}, .letter = 't'};

static void post_from_timer(struct loop_timer *timer)
{
    (void)timer;
    record_add('a');
    executor_post(loop_executor(loop), &from_timer.task);
}

static void a_still_loop_runs_tasks_before_timers_and_between_them(void **state)
{
    struct letter posted = {.task = {.run = run_letter}, .letter = 'p'};
    struct loop_timer timer = {0};
    struct bell after = {.letter = 'b'};

    (void)state;
    record_start();
    assert_int_equal(loop_create_still(&loop, 0), FAIL_NONE);
    assert_int_equal(loop_timer_set(loop, &timer, 0, post_from_timer), FAIL_NONE);
    set(&after, 1);
    executor_post(loop_executor(loop), &posted.task);
    assert_string_equal(record, "");
    loop_advance(loop, 1);
    assert_string_equal(record, "patb");
    loop_stop(loop); /* it has nothing to stop */
    loop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_of_each_thread_run_in_its_order_on_the_loop),
        cmocka_unit_test(stop_may_come_from_another_thread_and_before_the_start),
        cmocka_unit_test(what_was_posted_after_the_end_runs_when_asked_for),
        cmocka_unit_test(what_was_posted_before_stop_still_runs),
        cmocka_unit_test(timers_run_in_their_order_and_not_too_early),
        cmocka_unit_test(a_timer_may_be_moved_to_an_earlier_moment),
        cmocka_unit_test(a_timer_that_sets_itself_without_delay_keeps_nobody_waiting),
        cmocka_unit_test(timers_still_run_after_stop_while_something_closes),
        cmocka_unit_test(heavy_work_is_done_in_order_a_little_in_each_turn),
        cmocka_unit_test(a_signal_calls_back_on_the_loop),
        cmocka_unit_test(a_still_loop_moves_only_when_it_is_advanced),
        cmocka_unit_test(what_a_timer_sets_or_cancels_on_the_way_counts),
        cmocka_unit_test(a_still_loop_runs_tasks_before_timers_and_between_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
