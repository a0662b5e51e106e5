/* What comes while the store is at work: its threads answer through a home that
 * runs nothing until the test says so, and in the order that the test says. */
#include "unit/hook/shops.h"

#include "hook/courier_part.h"
#include "hook/endpoint.h"
#include "hook/letter.h"

static void home_wait(struct home *home, unsigned count)
{
    unsigned there = 0;

    pthread_mutex_lock(&home->lock);
    while (there < count) {
        const struct list_link *link;

        there = 0;
        for (link = list_first(&home->tasks); link != NULL; link = list_next(&home->tasks, link)) {
            there++;
        }
        if (there < count) {
            pthread_cond_wait(&home->wake, &home->lock);
        }
    }
    pthread_mutex_unlock(&home->lock);
}

/* Waits for two, and runs the one that came last first. */
static void home_run_reversed(struct home *home)
{
    struct list_link *first;

    home_wait(home, 2);
    pthread_mutex_lock(&home->lock);
    first = list_pop_front(&home->tasks);
    list_push_back(&home->tasks, first);
    pthread_mutex_unlock(&home->lock);
    home_run(home, 2);
}

/* The courier of the scene anew, over a store with threads. */
static struct home *slow_begin(struct scene *scene)
{
    struct home *home = &scene->fixture->home;
    struct courier_options options = {
        .loop = scene->loop, .home = &home->executor, .client = {scene_send, scene}};

    courier_end(scene);
    store_close(&scene->fixture->store);
    fixture_open(scene->fixture, true);
    options.store = scene->fixture->store;
    WORKS(courier_create(&scene->courier, &options));
    scene->home = &home->executor;
    return home;
}

/* Whether the store has something of the courier's. */
static bool is_at_work(const struct scene *scene)
{
    const struct list *endpoints = &scene->courier->endpoints;
    struct list_link *one;
    bool saving = false;

    for (one = list_first(endpoints); one != NULL; one = list_next(endpoints, one)) {
        const struct list *letters = &LIST_ITEM(one, struct endpoint, link)->letters;
        struct list_link *link;

        for (link = list_first(letters); link != NULL; link = list_next(letters, link)) {
            saving = saving || LIST_ITEM(link, struct letter, link)->state == LETTER_SAVING;
        }
    }
    return saving || scene->courier->loads > 0 || scene->courier->scan.running;
}

static void let_it_finish(struct scene *scene)
{
    while (is_at_work(scene)) {
        home_run(&scene->fixture->home, 1);
    }
}

static void all_is_taken(struct scene *scene)
{
    while (unanswered(scene) > 0) {
        answer_all(scene, 200);
        let_it_finish(scene);
    }
}

static void slow_end(struct scene *scene)
{
    courier_stop(scene->courier);
    answer_all(scene, 0);
    let_it_finish(scene);
    courier_destroy(&scene->courier);
    store_close(&scene->fixture->store);
    scene->home = NULL;
    fixture_open(scene->fixture, false);
    courier_begin(scene);
}

static enum fail rotate(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;
    uint8_t secret[WEBHOOK_SECRET_SIZE];

    secret_of(2, secret);
    return store_webhook_rotate(tx, scene->till.business, secret, 0);
}

static bool is_signed(const struct sent *sent, uint8_t first)
{
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    char seconds[32];

    secret_of(first, secret);
    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)sent->seconds);
    return signature_check(slice_of(sent->id), slice_of(seconds), slice_of(sent->signatures),
                           slice_of(sent->body), secret, sent->seconds) == SIGNATURE_GOOD;
}

static void what_was_read_before_a_change_is_not_kept(void **state)
{
    struct scene *scene = *state;
    struct home *home = slow_begin(scene);

    pay_many(scene, NULL, 5);
    courier_wake(scene->courier, scene->till.business);
    home_run(home, 1); /* the load begins */
    home_wait(home, 1);
    scene_do(scene, rotate, scene);
    courier_wake(scene->courier, scene->till.business);
    home_run_reversed(home); /* the wake is heard before the load has come */
    assert_int_equal(scene->sent_count, 1);
    assert_true(is_signed(&scene->sent[0], 1));
    answer(scene, 0, 200);
    let_it_finish(scene);
    assert_true(scene->sent_count >= 2);
    assert_true(is_signed(&scene->sent[1], 2));
    slow_end(scene);
}

static void an_answer_that_overtakes_a_look_into_the_store_is_not_sent_again(void **state)
{
    struct scene *scene = *state;
    struct home *home = slow_begin(scene);

    pay_many(scene, NULL, 2);
    courier_wake(scene->courier, scene->till.business);
    home_run(home, 2);
    answer(scene, 0, 200); /* from now on two at once */
    let_it_finish(scene);
    assert_int_equal(scene->sent_count, 2);
    courier_wake(scene->courier, scene->till.business);
    home_run(home, 1);
    home_wait(home, 1); /* a look that still sees the second one waiting */
    answer(scene, 1, 200);
    home_run_reversed(home);
    let_it_finish(scene);
    assert_int_equal(scene->sent_count, 2);
    slow_end(scene);
}

/* An alarm for a time that has passed would ring for ever. */
static void a_retry_that_is_due_while_the_store_is_read_goes_after_that(void **state)
{
    struct scene *scene = *state;
    struct home *home = slow_begin(scene);

    pay(scene, 1);
    courier_wake(scene->courier, scene->till.business);
    home_run(home, 2);
    answer(scene, 0, 500);
    let_it_finish(scene);
    pay(scene, 1);
    courier_wake(scene->courier, scene->till.business);
    home_run(home, 1); /* the load begins */
    loop_advance(scene->loop, 60000);
    assert_int_equal(scene->sent_count, 1);
    let_it_finish(scene);
    assert_int_equal(scene->sent_count, 2);
    assert_string_equal(scene->sent[1].id, scene->sent[0].id);
    slow_end(scene);
}

static void wakes_during_a_look_for_businesses_are_not_lost(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, COURIER_WOKEN_MAX + 20); /* more than have room */
    struct home *home = slow_begin(scene);
    unsigned i;

    courier_start(scene->courier);
    home_wait(home, 1); /* a look that has found nobody */
    scene_do(scene, shops_pay, &shops);
    for (i = 0; i < shops.count; i++) {
        courier_wake(scene->courier, shops.tills[i].business);
    }
    home_run_reversed(home);
    let_it_finish(scene);
    all_is_taken(scene);
    assert_int_equal(scene->sent_count, shops.count);
    slow_end(scene);
    free(shops.tills);
}

/* --- A writer that waits ------------------------------------------------------- */

struct holder {
    struct store_job job;
    struct home home;
    struct home held; /* where it says that it holds, */
    struct task holds;
    struct home released; /* and waits until it may go on */
    struct task goes_on;
};

static void nothing_run(struct task *task)
{
    (void)task;
}

static enum fail holder_run(struct store_job *job, struct store_tx *tx)
{
    struct holder *holder = LIST_ITEM(job, struct holder, job);

    (void)tx;
    executor_post(&holder->held.executor, &holder->holds);
    home_run(&holder->released, 1);
    return FAIL_NONE;
}

static void writer_hold(struct holder *holder, struct store *store)
{
    *holder = (struct holder){
        .job.run = holder_run, .holds.run = nothing_run, .goes_on.run = nothing_run};
    home_init(&holder->home);
    home_init(&holder->held);
    home_init(&holder->released);
    holder->job.home = &holder->home.executor;
    store_write(store, &holder->job);
    home_run(&holder->held, 1);
}

static void writer_release(struct holder *holder)
{
    executor_post(&holder->released.executor, &holder->goes_on);
    home_wait(&holder->home, 1);
}

/* A receiver that is faster than the disk. */
static void what_is_being_written_is_not_read_again_and_again(void **state)
{
    struct scene *scene = *state;
    struct home *home = slow_begin(scene);
    struct holder holder;
    unsigned loads;

    pay_many(scene, NULL, 3 * LOAD_ROWS);
    writer_hold(&holder, scene->fixture->store);
    courier_wake(scene->courier, scene->till.business);
    home_run(home, 2);
    answer_all(scene, 200);
    assert_int_equal(scene->sent_count, LOAD_ROWS);
    loads = scene->courier->loads;
    writer_release(&holder);
    assert_int_equal(loads, 0);
    let_it_finish(scene);
    all_is_taken(scene);
    assert_int_equal(scene->sent_count, 3 * LOAD_ROWS);
    slow_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_was_read_before_a_change_is_not_kept),
        SCENE_TEST(an_answer_that_overtakes_a_look_into_the_store_is_not_sent_again),
        SCENE_TEST(a_retry_that_is_due_while_the_store_is_read_goes_after_that),
        SCENE_TEST(wakes_during_a_look_for_businesses_are_not_lost),
        SCENE_TEST(what_is_being_written_is_not_read_again_and_again),
    };

    scene_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
