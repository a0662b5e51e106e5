/* Many points of sale on three loops of three threads, one terminal, the real
 * store with its threads: whatever the order, each key is one payment, and the
 * device has one at a time. */
#include "unit/broker/payment_scene.h"

#include <stdatomic.h>

enum { CALLS = 300, KEYS = 40 };

/* --- Loops as threads ------------------------------------------------------------------- */

struct runner {
    struct task stop;
    struct home *loop;
    atomic_bool stopped;
    pthread_t thread;
};

static void on_stop(struct task *task)
{
    atomic_store(&TASK_OWNER(task, struct runner, stop)->stopped, true);
}

static void *runner_run(void *argument)
{
    struct runner *runner = argument;

    while (!atomic_load(&runner->stopped)) {
        home_run(runner->loop, 1);
    }
    return NULL;
}

static void runner_start(struct runner *runner, struct home *loop)
{
    runner->loop = loop;
    runner->stop.run = on_stop;
    atomic_store(&runner->stopped, false);
    assert_int_equal(pthread_create(&runner->thread, NULL, runner_run, runner), 0);
}

static void runner_stop(struct runner *runner)
{
    executor_post(&runner->loop->executor, &runner->stop);
    pthread_join(runner->thread, NULL);
}

/* What came of it all, by the lock. */
static struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned answered;
    unsigned reported; /* cards that were approved, and their terminal told */
    unsigned answers[PAYMENT_ANSWERS];
    int64_t payment[KEYS]; /* that was accepted under this key */
    unsigned differing;
} crowd;

/* --- The terminal, on its loop ------------------------------------------------------------- */

static unsigned gos;    /* of the terminal's loop, until all is answered */
static unsigned offers; /* likewise */

static void on_reported(struct payment_report *report, enum fail fail)
{
    assert_int_equal(fail, FAIL_NONE);
    assert_int_equal(report->told.row.payment.state, PAYMENT_APPROVED);
    payment_report_free(&report);
    pthread_mutex_lock(&crowd.lock);
    crowd.reported++;
    pthread_cond_signal(&crowd.wake);
    pthread_mutex_unlock(&crowd.lock);
}

/* Every third amount is not shown. */
static void offer(struct presence *presence, struct payment_call *call)
{
    (void)presence;
    call->terminal = &gos;
    if (++offers % 3 == 0) {
        payment_call_missed(call);
    } else {
        payment_call_shown(call);
    }
}

static void offer_decided(struct payment_call *call, bool go)
{
    struct word unused;
    struct payment_report *report;

    if (!go) {
        return;
    }
    gos++;
    report = word_make(shop_now, &unused, SAID_ATTEMPT, call->row.id);
    report->attempt.number = 1;
    report->attempt.card = test_card_find(slice_of("visa"))->card;
    report->context = NULL;
    report->done = on_reported;
    payment_report_start(shop_now->scene->broker, report);
}

static void deliveries(void *context, int64_t business)
{
    (void)context;
    (void)business;
}

static void clock_sooner(void *context)
{
    (void)context;
}

static void payment_tell_any(struct presence *presence, const struct payment_told *told)
{
    (void)presence;
    (void)told;
}

static const struct port THREAD_PORT = {.offer = offer,
                                        .offer_decided = offer_decided,
                                        .payment_tell = payment_tell_any,
                                        .deliveries = deliveries,
                                        .clock = clock_sooner};

/* --- Points of sale -------------------------------------------------------------------------- */

struct customer {
    struct task task;
    struct payment_call *call;
    unsigned key;
};

/* A payment that was accepted under a key is the only one for ever. */
static void on_answer(struct payment_call *call, enum payment_answer answer)
{
    struct customer *customer = call->context;

    pthread_mutex_lock(&crowd.lock);
    crowd.answers[answer]++;
    if (answer == PAYMENT_ACCEPTED) {
        int64_t *known = &crowd.payment[customer->key];

        crowd.differing += *known != 0 && *known != call->payment;
        *known = call->payment;
    }
    crowd.answered++;
    pthread_cond_signal(&crowd.wake);
    pthread_mutex_unlock(&crowd.lock);
    payment_call_free(&call);
}

static void customer_run(struct task *task)
{
    struct customer *customer = TASK_OWNER(task, struct customer, task);

    payment_call_start(shop_now->scene->broker, customer->call);
}

static void customer_come(struct shop *shop, struct customer *customer, unsigned number)
{
    char key[16];
    struct pos unused;

    customer->key = number / (CALLS / KEYS + 1);
    (void)text_format(key, sizeof(key), "key-%u", customer->key);
    customer->call = pos_make(shop, &unused, key);
    customer->call->loop = number % SCENE_LOOPS;
    customer->call->context = customer;
    customer->call->done = on_answer;
    customer->task.run = customer_run;
    executor_post(&shop->scene->loops[customer->call->loop].executor, &customer->task);
}

/* Every go came before its answer: then `gos` is the number of cards. */
static void wait_for_all(void)
{
    pthread_mutex_lock(&crowd.lock);
    while (crowd.answered < CALLS || crowd.reported < gos) {
        pthread_cond_wait(&crowd.wake, &crowd.lock);
    }
    pthread_mutex_unlock(&crowd.lock);
}

static struct shop *open_shop(void)
{
    struct shop *shop = shop_open_with(true);

    crowd = (struct crowd){.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    gos = offers = 0;
    shop->scene->broker->port = THREAD_PORT;
    return shop;
}

static void stop_all(struct shop *shop, struct runner runners[SCENE_LOOPS])
{
    unsigned i;

    for (i = 0; i < SCENE_LOOPS; i++) {
        runner_stop(&runners[i]);
    }
    shop_turn(shop);
}

static void each_key_is_one_payment_and_one_is_open_at_a_time(void **state)
{
    struct shop *shop = open_shop();
    struct customer *customers = calloc(CALLS, sizeof(*customers));
    struct runner runners[SCENE_LOOPS] = {0};
    unsigned i;

    (void)state;
    assert_non_null(customers);
    for (i = 0; i < SCENE_LOOPS; i++) {
        runner_start(&runners[i], &shop->scene->loops[i]);
    }
    for (i = 0; i < CALLS; i++) {
        customer_come(shop, &customers[i], i);
    }
    wait_for_all();
    stop_all(shop, runners);
    assert_int_equal(crowd.differing, 0);
    assert_int_equal(crowd.answers[PAYMENT_TROUBLE], 0);
    assert_int_equal(crowd.answers[PAYMENT_KEY_TAKEN], 0);
    assert_true(crowd.answers[PAYMENT_ACCEPTED] > 0);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE status = 1"),
                     gos);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE state = 5"), gos);
    assert_int_equal(shop_count(shop, "SELECT count(*) - count(DISTINCT key) FROM payment"
                                      " WHERE state = 5"),
                     0);
    assert_true(gos <= KEYS);
    free(customers);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_one_payment_and_one_is_open_at_a_time),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
