/* Jobs: batches, savepoints, answers, waits and limits. */
#include "store/read.h"
#include "store/writing.h"

enum { MANY = 100 };

static int64_t rows_of(const struct fixture *fixture, int number)
{
    char sql[96];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM business WHERE created_ms = %d", number);
    return fixture_number(fixture, sql);
}

static void jobs_that_wait_are_committed_together(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job adds[MANY];
    struct gate gate;
    uint64_t before;
    int i;

    (void)state;
    fixture_open(fixture, true);
    before = store_counters(fixture->store).commits;
    gate_close(fixture, &gate, store_write);
    for (i = 0; i < MANY; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        store_write(fixture->store, &adds[i].job);
    }
    assert_int_equal(store_counters(fixture->store).queue, MANY);
    gate_open(&gate);
    home_run(&fixture->home, MANY + 1);
    /* The gate alone, then 64, then 36. */
    assert_int_equal(store_counters(fixture->store).commits - before, 3);
    assert_int_equal(store_counters(fixture->store).jobs, MANY + 1);
    assert_int_equal(store_counters(fixture->store).queue, 0);
    for (i = 0; i < MANY; i++) {
        WORKS(adds[i].fail);
        assert_int_equal(rows_of(fixture, i + 1), 2);
    }
    fixture_remove(fixture);
}

static void a_failing_job_does_not_hurt_its_neighbours(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job adds[5];
    struct gate gate;
    int i;

    (void)state;
    fixture_open(fixture, true);
    gate_close(fixture, &gate, store_write);
    for (i = 0; i < 5; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        adds[i].fail_with = i % 2 == 1 ? FAIL_CONFLICT : FAIL_NONE;
        store_write(fixture->store, &adds[i].job);
    }
    gate_open(&gate);
    home_run(&fixture->home, 6);
    for (i = 0; i < 5; i++) {
        assert_int_equal(adds[i].fail, i % 2 == 1 ? FAIL_CONFLICT : FAIL_NONE);
        assert_int_equal(rows_of(fixture, i + 1), i % 2 == 1 ? 0 : 2);
    }
    assert_int_equal(store_counters(fixture->store).jobs, 4); /* with the gate */
    fixture_remove(fixture);
}

static void answers_come_in_the_order_of_the_questions(void **state)
{
    struct fixture *fixture = fixture_make();
    struct order *order = calloc(1, sizeof(*order));
    struct add_job *adds = calloc(1000, sizeof(*adds));
    int i;

    (void)state;
    assert_non_null(order);
    assert_non_null(adds);
    fixture_open(fixture, true);
    for (i = 0; i < 1000; i++) {
        adds[i] = add_job_make(fixture, i);
        adds[i].rows = 1;
        adds[i].order = order;
        adds[i].fail_with = i % 7 == 0 ? FAIL_INVALID : FAIL_NONE;
        store_write(fixture->store, &adds[i].job);
    }
    home_run(&fixture->home, 1000);
    assert_int_equal(order->count, 1000);
    for (i = 0; i < 1000; i++) {
        assert_int_equal(order->numbers[i], i);
    }
    free(adds);
    free(order);
    fixture_remove(fixture);
}

struct count_job {
    struct store_job job;
    int64_t count;
};

static void count_one(void *context, const struct business *row)
{
    int64_t *count = context;

    (void)row;
    (*count)++;
}

static enum fail count_run(struct store_job *job, struct store_tx *tx)
{
    struct count_job *count = LIST_ITEM(job, struct count_job, job);

    count->count = 0;
    return read_businesses(tx, count_one, &count->count);
}

static void a_reader_sees_what_is_committed_and_cannot_write(void **state)
{
    bool modes[] = {false, true};
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct fixture *fixture = fixture_make();
        struct count_job count = {.job.run = count_run};
        struct add_job add = add_job_make(fixture, 1);
        struct add_job bad = add_job_make(fixture, 2);

        fixture_open(fixture, modes[i]);
        WORKS(store_write_wait(fixture->store, &add.job));
        WORKS(store_read_wait(fixture->store, &count.job));
        assert_int_equal(count.count, 2);
        assert_int_equal(store_read_wait(fixture->store, &bad.job), FAIL_DENIED);
        WORKS(store_read_wait(fixture->store, &count.job));
        assert_int_equal(count.count, 2);
        assert_int_equal(fixture->broken_count, 0);
        fixture_remove(fixture);
    }
}

static void waiting_leaves_home_and_done_alone(void **state)
{
    bool modes[] = {false, true};
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct fixture *fixture = fixture_make();
        struct add_job add = add_job_make(fixture, 1);
        struct add_job bad = add_job_make(fixture, 2);

        bad.fail_with = FAIL_CONFLICT;
        fixture_open(fixture, modes[i]);
        WORKS(store_write_wait(fixture->store, &add.job));
        assert_false(add.answered);
        assert_ptr_equal(add.job.home, &fixture->home.executor);
        assert_int_equal(store_write_wait(fixture->store, &bad.job), FAIL_CONFLICT);
        assert_int_equal(rows_of(fixture, 2), 0);
        assert_true(list_is_empty(&fixture->home.tasks));
        /* The same job again. */
        WORKS(store_write_wait(fixture->store, &add.job));
        assert_int_equal(rows_of(fixture, 1), 4);
        fixture_remove(fixture);
    }
}

static void a_full_queue_says_so_through_done(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job *adds = calloc(STORE_QUEUE_MAX + 1, sizeof(*adds));
    struct gate gate;
    int i;

    (void)state;
    assert_non_null(adds);
    fixture_open(fixture, true);
    gate_close(fixture, &gate, store_write);
    for (i = 0; i <= STORE_QUEUE_MAX; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        adds[i].rows = 0;
        store_write(fixture->store, &adds[i].job);
    }
    home_run(&fixture->home, 1);
    assert_true(adds[STORE_QUEUE_MAX].answered);
    assert_int_equal(adds[STORE_QUEUE_MAX].fail, FAIL_LIMIT);
    gate_open(&gate);
    home_run(&fixture->home, STORE_QUEUE_MAX + 1);
    for (i = 0; i < STORE_QUEUE_MAX; i++) {
        WORKS(adds[i].fail);
    }
    free(adds);
    fixture_remove(fixture);
}

static void a_full_queue_of_readers_says_so_too(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job *adds = calloc(STORE_QUEUE_MAX + 1, sizeof(*adds));
    struct gate gates[2]; /* one for each reader */
    int i;

    (void)state;
    assert_non_null(adds);
    fixture_open(fixture, true);
    gate_close(fixture, &gates[0], store_read);
    gate_close(fixture, &gates[1], store_read);
    for (i = 0; i <= STORE_QUEUE_MAX; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        adds[i].rows = 0;
        store_read(fixture->store, &adds[i].job);
    }
    home_run(&fixture->home, 1);
    assert_int_equal(adds[STORE_QUEUE_MAX].fail, FAIL_LIMIT);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    home_run(&fixture->home, STORE_QUEUE_MAX + 2);
    WORKS(adds[0].fail);
    free(adds);
    fixture_remove(fixture);
}

static void *opener(void *argument)
{
    struct gate *gate = argument;

    gate_open(gate);
    return NULL;
}

static void closing_finishes_what_is_queued(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job adds[MANY];
    struct gate gate;
    pthread_t thread;
    int i;

    (void)state;
    fixture_open(fixture, true);
    gate_close(fixture, &gate, store_write);
    for (i = 0; i < MANY; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        store_write(fixture->store, &adds[i].job);
    }
    assert_int_equal(pthread_create(&thread, NULL, opener, &gate), 0);
    store_close(&fixture->store);
    assert_null(fixture->store);
    (void)pthread_join(thread, NULL);
    home_run(&fixture->home, MANY + 1);
    for (i = 0; i < MANY; i++) {
        WORKS(adds[i].fail);
    }
    fixture_open(fixture, false);
    assert_int_equal(rows_of(fixture, MANY), 2);
    fixture_remove(fixture);
}

static void without_threads_done_has_run_before_the_call_returns(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job add = add_job_make(fixture, 1);
    struct add_job bad = add_job_make(fixture, 2);
    struct add_job reading = add_job_make(fixture, 3);

    (void)state;
    bad.fail_with = FAIL_NOT_FOUND;
    reading.rows = 0;
    fixture_open(fixture, false);
    store_write(fixture->store, &add.job);
    assert_true(add.answered);
    WORKS(add.fail);
    assert_int_equal(rows_of(fixture, 1), 2); /* committed, seen from outside */
    store_write(fixture->store, &bad.job);
    assert_true(bad.answered);
    assert_int_equal(bad.fail, FAIL_NOT_FOUND);
    assert_int_equal(rows_of(fixture, 2), 0);
    store_read(fixture->store, &reading.job);
    assert_true(reading.answered);
    assert_true(list_is_empty(&fixture->home.tasks));
    assert_int_equal(store_counters(fixture->store).jobs, 1);
    fixture_remove(fixture);
}

struct chain {
    struct add_job first;
    struct add_job second;
    struct fixture *fixture;
};

static void chain_done(struct store_job *job, enum fail fail)
{
    struct chain *chain = LIST_ITEM(job, struct chain, first.job);

    WORKS(fail);
    store_write(chain->fixture->store, &chain->second.job);
}

static void without_threads_an_answer_may_ask_the_next_question(void **state)
{
    struct fixture *fixture = fixture_make();
    struct chain chain = {
        .first = add_job_make(fixture, 1), .second = add_job_make(fixture, 2), .fixture = fixture};

    (void)state;
    chain.first.job.done = chain_done;
    fixture_open(fixture, false);
    store_write(fixture->store, &chain.first.job);
    assert_true(chain.second.answered);
    assert_int_equal(rows_of(fixture, 2), 2);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_that_wait_are_committed_together),
        cmocka_unit_test(a_failing_job_does_not_hurt_its_neighbours),
        cmocka_unit_test(answers_come_in_the_order_of_the_questions),
        cmocka_unit_test(a_reader_sees_what_is_committed_and_cannot_write),
        cmocka_unit_test(waiting_leaves_home_and_done_alone),
        cmocka_unit_test(a_full_queue_says_so_through_done),
        cmocka_unit_test(a_full_queue_of_readers_says_so_too),
        cmocka_unit_test(closing_finishes_what_is_queued),
        cmocka_unit_test(without_threads_done_has_run_before_the_call_returns),
        cmocka_unit_test(without_threads_an_answer_may_ask_the_next_question),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
