/* The courier as it runs in the program: a loop, the threads of the store, a
 * client on a thread of its own, and wakes from several threads at once. */
#include "store/paying.h"

#include "base/clock.h"
#include "base/log.h"
#include "hook/courier.h"
#include "store/delivery.h"
#include "store/fault_vfs.h"

enum { TILLS = 4, WAKERS = 3, PAYMENTS = 15, EVENTS = 2 }; /* of each waker at each till */
enum { ALL = TILLS * WAKERS * PAYMENTS * EVENTS };

/* On other threads than the test's a failure cannot go back to it. */
#define SURE(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* --- A client on a thread of its own ------------------------------------------------ */

struct answerer {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct list posts;
    bool stopping;
    unsigned count;
    char ids[ALL][DELIVERY_MESSAGE_SIZE]; /* of those that were taken */
};

static void on_answer(struct task *task)
{
    struct post *post = TASK_OWNER(task, struct post, task);

    post->done(post);
}

static void answerer_send(void *context, struct post *post)
{
    struct answerer *answerer = context;

    pthread_mutex_lock(&answerer->lock);
    list_push_back(&answerer->posts, &post->link);
    pthread_cond_signal(&answerer->wake);
    pthread_mutex_unlock(&answerer->lock);
}

/* Once for each. */
static void take(struct answerer *answerer, const struct post *post)
{
    unsigned i;

    SURE(answerer->count < ALL);
    for (i = 0; i < answerer->count; i++) {
        SURE(strcmp(answerer->ids[i], post->headers[1].value) != 0);
    }
    (void)snprintf(answerer->ids[answerer->count++], DELIVERY_MESSAGE_SIZE, "%s",
                   post->headers[1].value);
}

static void *answerer_run(void *context)
{
    struct answerer *answerer = context;

    pthread_mutex_lock(&answerer->lock);
    while (!answerer->stopping) {
        struct list_link *link = list_pop_front(&answerer->posts);

        if (link == NULL) {
            pthread_cond_wait(&answerer->wake, &answerer->lock);
        } else {
            struct post *post = LIST_ITEM(link, struct post, link);

            take(answerer, post);
            post->status = 200;
            post->task.run = on_answer;
            executor_post(post->home, &post->task);
        }
    }
    pthread_mutex_unlock(&answerer->lock);
    return NULL;
}

static void answerer_stop(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->lock);
    answerer->stopping = true;
    pthread_cond_signal(&answerer->wake);
    pthread_mutex_unlock(&answerer->lock);
    (void)pthread_join(answerer->thread, NULL);
}

/* --- The shop ------------------------------------------------------------------------ */

struct world {
    struct fixture *fixture;
    struct loop *loop;
    struct courier *courier;
    struct answerer answerer;
    struct till tills[TILLS];
    struct loop_timer look; /* whether all is done */
    struct store_job count_job;
    int64_t delivered;
};

struct work {
    struct store_job job;
    struct world *world;
    unsigned till;
};

static enum fail tills_run(struct store_job *job, struct store_tx *tx)
{
    struct work *work = LIST_ITEM(job, struct work, job);
    uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};
    unsigned i;

    for (i = 0; i < TILLS; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "till-%u", i);
        work->world->tills[i] = till_make(tx, name);
        WORKS(store_webhook_set(tx, work->world->tills[i].business, "https://x/", 3, secret, 0));
    }
    return FAIL_NONE;
}

static enum fail pay_run(struct store_job *job, struct store_tx *tx)
{
    struct work *work = LIST_ITEM(job, struct work, job);
    const struct till *till = &work->world->tills[work->till];
    struct payment_row row = payment_begin(tx, till);
    unsigned i;

    payment_end(tx, &row, PAYMENT_DECLINED);
    for (i = 1; i <= EVENTS; i++) {
        struct store_event event = {.business = till->business,
                                    .kind = EVENT_CARD_TRANSACTION,
                                    .payment = row.id,
                                    .transaction = i,
                                    .at_ms = clock_wall_ms()};
        bool delivery;

        SURE(store_event_add(tx, &event, &delivery) == FAIL_NONE);
    }
    return FAIL_NONE;
}

/* Pays at every till in turn, and wakes the courier as the broker does. */
static void *waker_run(void *context)
{
    struct world *world = context;
    unsigned i;

    for (i = 0; i < TILLS * PAYMENTS; i++) {
        struct work work = {.job.run = pay_run, .world = world, .till = i % TILLS};

        SURE(store_write_wait(world->fixture->store, &work.job) == FAIL_NONE);
        courier_wake(world->courier, world->tills[i % TILLS].business);
    }
    return NULL;
}

/* --- The end ---------------------------------------------------------------------------- */

static void on_look(struct loop_timer *timer);

static enum fail count_run(struct store_job *job, struct store_tx *tx)
{
    struct world *world = LIST_ITEM(job, struct world, count_job);

    world->delivered = number_of(tx, "SELECT count(*) FROM delivery WHERE state = 1");
    return FAIL_NONE;
}

static void on_counted(struct store_job *job, enum fail fail)
{
    struct world *world = LIST_ITEM(job, struct world, count_job);

    SURE(fail == FAIL_NONE);
    if (world->delivered == ALL) {
        courier_stop(world->courier);
        loop_stop(world->loop);
    } else {
        SURE(loop_timer_set(world->loop, &world->look, 5, on_look) == FAIL_NONE);
    }
}

static void on_look(struct loop_timer *timer)
{
    struct world *world = LIST_ITEM(timer, struct world, look);

    world->count_job.run = count_run;
    world->count_job.done = on_counted;
    world->count_job.home = loop_executor(world->loop);
    store_read(world->fixture->store, &world->count_job);
}

static void *loop_thread(void *context)
{
    struct world *world = context;

    courier_start(world->courier);
    SURE(loop_timer_set(world->loop, &world->look, 5, on_look) == FAIL_NONE);
    loop_run(world->loop);
    return NULL;
}

static void world_make(struct world *world)
{
    struct courier_options options = {.client = {answerer_send, &world->answerer}};
    struct work work = {.job.run = tills_run, .world = world};

    world->fixture = fixture_make();
    fixture_open(world->fixture, true);
    WORKS(store_write_wait(world->fixture->store, &work.job));
    WORKS(loop_create(&world->loop, 0));
    options.loop = world->loop;
    options.home = loop_executor(world->loop);
    options.store = world->fixture->store;
    WORKS(courier_create(&world->courier, &options));
    list_init(&world->answerer.posts);
    pthread_mutex_init(&world->answerer.lock, NULL);
    pthread_cond_init(&world->answerer.wake, NULL);
    assert_int_equal(pthread_create(&world->answerer.thread, NULL, answerer_run, &world->answerer),
                     0);
}

static void every_event_is_delivered_once_whoever_wakes_and_when(void **state)
{
    static struct world world;
    pthread_t wakers[WAKERS];
    pthread_t loop;
    unsigned i;

    (void)state;
    world_make(&world);
    assert_int_equal(pthread_create(&loop, NULL, loop_thread, &world), 0);
    for (i = 0; i < WAKERS; i++) {
        assert_int_equal(pthread_create(&wakers[i], NULL, waker_run, &world), 0);
    }
    for (i = 0; i < WAKERS; i++) {
        (void)pthread_join(wakers[i], NULL);
    }
    (void)pthread_join(loop, NULL);
    answerer_stop(&world.answerer);
    assert_int_equal(world.answerer.count, ALL);
    loop_run_posted(world.loop);
    courier_destroy(&world.courier);
    loop_destroy(&world.loop);
    fixture_remove(world.fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_delivered_once_whoever_wakes_and_when),
    };

    id_start();
    fault_install();
    fault.skips_syncs = true;
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
