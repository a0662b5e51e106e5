/* Log-ins that meet trouble: a user that goes meanwhile, a full disk, a full
 * queue, the end of the program. */
#include <semaphore.h>

#include "store/fault_vfs.h"
#include "unit/broker/attempt.h"

static enum fail user_remove(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;

    return store_user_remove(tx, scene->business, scene->user);
}

static void a_user_removed_during_the_check_is_not_logged_in(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    start(scene, &attempt);
    scene_do(scene, user_remove, scene);
    scene_run(scene, 0, 1);
    assert_int_equal(attempt.answers, 1);
    assert_int_equal(attempt.outcome, LOG_IN_TROUBLE);
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM device"), 0);
    log_in_free(&attempt.log_in);
    scene_remove(scene);
}

static void on_a_full_disk_nothing_is_given(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    assert_int_equal(outcome_of(scene, &attempt), LOG_IN_TROUBLE);
    fault_heal();
    log_in_free(&attempt.log_in);
    attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    assert_int_equal(outcome_of(scene, &attempt), LOG_IN_DONE);
    log_in_free(&attempt.log_in);
    scene_remove(scene);
}

static void a_stopping_broker_tries_nothing(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);

    (void)state;
    broker_stop(scene->broker);
    start(scene, &attempt);
    scene_run(scene, 0, 1);
    assert_int_equal(attempt.outcome, LOG_IN_TROUBLE);
    log_in_free(&attempt.log_in);
    scene_remove(scene);
}

/* At the end the store's last answers are run when the pool is gone. */
static void an_answer_after_the_end_asks_no_pool_that_is_gone(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, true);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    struct task *answer;

    (void)state;
    start(scene, &attempt);
    answer = scene_hold(&scene->loops[0]);
    broker_stop(scene->broker);
    pool_destroy(&scene->passwords);
    answer->run(answer);
    assert_int_equal(attempt.answers, 1);
    assert_int_equal(attempt.outcome, LOG_IN_TROUBLE);
    log_in_free(&attempt.log_in);
    scene_remove(scene);
}

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

static void nothing(struct task *task)
{
    (void)task;
}

static void too_many_at_once_are_told_so(void **state)
{
    struct scene *scene = scene_make(&NO_PORT, false);
    struct attempt attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    struct gate gate = {.task.run = gate_run};
    struct task waiting = {.run = nothing};
    struct pool *pool;

    (void)state;
    sem_init(&gate.running, 0, 0);
    sem_init(&gate.open, 0, 0);
    WORKS(pool_create(&pool, "one", 1, 1, NULL));
    WORKS(pool_submit(pool, &gate.task));
    sem_wait(&gate.running);
    WORKS(pool_submit(pool, &waiting));
    scene->broker->passwords = pool;
    start(scene, &attempt);
    assert_int_equal(attempt.answers, 1);
    assert_int_equal(attempt.outcome, LOG_IN_BUSY);
    assert_string_equal(attempt.log_in->password, "");
    sem_post(&gate.open);
    pool_destroy(&pool);
    log_in_free(&attempt.log_in);
    sem_destroy(&gate.running);
    sem_destroy(&gate.open);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_removed_during_the_check_is_not_logged_in),
        cmocka_unit_test(on_a_full_disk_nothing_is_given),
        cmocka_unit_test(a_stopping_broker_tries_nothing),
        cmocka_unit_test(an_answer_after_the_end_asks_no_pool_that_is_gone),
        cmocka_unit_test(too_many_at_once_are_told_so),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
