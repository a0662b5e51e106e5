/* For the tests of the broker: a real store in a directory of its own, loops
 * whose tasks run when the test says so, and two businesses. */
#ifndef TESTS_BROKER_SCENE_H
#define TESTS_BROKER_SCENE_H

#include "store/fixture.h"

#include "broker/broker.h"
#include "broker/log_in.h"
#include "cheap_password.h"

enum { SCENE_LOOPS = 3 };

#define SCENE_EMAIL "ada@example.com"
#define SCENE_PASSWORD "correct horse"
#define SCENE_PIN "1234"

struct scene {
    struct fixture *fixture;
    struct home loops[SCENE_LOOPS];
    struct pool *passwords;
    struct broker *broker;
    struct store *store; /* the fixture's */
    int64_t business;
    int64_t other; /* business */
    int64_t user;  /* of `business` */
};

static const uint8_t SCENE_PIN_KEY[SECRET_KEY_SIZE] = "a key for the broker's tests";

/* --- The store ---------------------------------------------------------- */

/* What a test does to the store from the side: one job, and its answer waited
 * for. */
typedef enum fail scene_verb(struct store_tx *tx, void *argument);

struct scene_job {
    struct store_job job;
    scene_verb *verb;
    void *argument;
};

static inline enum fail scene_job_run(struct store_job *job, struct store_tx *tx)
{
    struct scene_job *scene_job = LIST_ITEM(job, struct scene_job, job);

    return scene_job->verb(tx, scene_job->argument);
}

static inline enum fail scene_try(struct scene *scene, scene_verb *verb, void *argument)
{
    struct scene_job job = {.job.run = scene_job_run, .verb = verb, .argument = argument};

    return store_write_wait(scene->store, &job.job);
}

static inline void scene_do(struct scene *scene, scene_verb *verb, void *argument)
{
    WORKS(scene_try(scene, verb, argument));
}

static inline enum fail scene_people(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;
    char hash[PASSWORD_HASH_SIZE];
    struct secret_hash pin;
    struct store_user_new user = {.name = "Ada",
                                  .email = SCENE_EMAIL,
                                  .password_hash = hash,
                                  .pin = &pin,
                                  .role = ROLE_CASHIER,
                                  .now_ms = NOW_MS};
    const char *taken = NULL;

    scene->business = business_add(tx, "Shop");
    scene->other = business_add(tx, "Other");
    cheap_password_hash(SCENE_PASSWORD, hash);
    pin = log_in_pin_hash(SCENE_PIN_KEY, scene->business, SCENE_PIN);
    user.business = scene->business;
    return store_user_add(tx, &user, &scene->user, &taken);
}

/* --- The scene ---------------------------------------------------------- */

/* The broker on the scene's store; also after a restart of both. */
static inline void scene_broker(struct scene *scene, const struct port *port)
{
    struct executor *executors[SCENE_LOOPS];
    struct broker_options options = {
        .port = port, .loop_count = SCENE_LOOPS, .loops = executors, .pin_key = SCENE_PIN_KEY};
    unsigned i;

    for (i = 0; i < SCENE_LOOPS; i++) {
        executors[i] = &scene->loops[i].executor;
    }
    options.store = scene->store;
    options.passwords = scene->passwords;
    WORKS(broker_create(&scene->broker, &options));
}

static inline struct scene *scene_make(const struct port *port, bool threads)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    unsigned i;

    assert_non_null(scene);
    scene->fixture = fixture_make();
    fixture_open(scene->fixture, threads);
    scene->store = scene->fixture->store;
    for (i = 0; i < SCENE_LOOPS; i++) {
        home_init(&scene->loops[i]);
    }
    WORKS(pool_create(&scene->passwords, "passwords", 0, 1, NULL));
    scene_broker(scene, port);
    scene_do(scene, scene_people, scene);
    return scene;
}

static inline void scene_remove(struct scene *scene)
{
    unsigned i;

    for (i = 0; i < SCENE_LOOPS; i++) {
        assert_true(list_is_empty(&scene->loops[i].tasks));
    }
    broker_destroy(&scene->broker);
    pool_destroy(&scene->passwords);
    fixture_remove(scene->fixture);
    free(scene);
}

/* --- Loops --------------------------------------------------------------- */

/* The next task of a loop, waited for and taken out, but not run yet. */
static inline struct task *scene_hold(struct home *loop)
{
    struct task *task;

    pthread_mutex_lock(&loop->lock);
    while (list_is_empty(&loop->tasks)) {
        pthread_cond_wait(&loop->wake, &loop->lock);
    }
    task = LIST_ITEM(list_pop_front(&loop->tasks), struct task, link);
    pthread_mutex_unlock(&loop->lock);
    return task;
}

static inline void scene_run(struct scene *scene, unsigned loop, unsigned tasks)
{
    home_run(&scene->loops[loop], tasks);
}

/* Something of the broker that waits for every loop, as the administrator's
 * thread does it: each loop runs its share, in their order. */
struct scene_change {
    struct broker *broker;
    void (*change)(struct broker *broker);
};

static inline void *scene_change_run(void *argument)
{
    struct scene_change *change = argument;

    change->change(change->broker);
    return NULL;
}

static inline void scene_on_every_loop(struct scene *scene, void (*change)(struct broker *broker))
{
    struct scene_change argument = {.broker = scene->broker, .change = change};
    pthread_t thread;
    unsigned i;

    assert_int_equal(pthread_create(&thread, NULL, scene_change_run, &argument), 0);
    for (i = 0; i < SCENE_LOOPS; i++) {
        scene_run(scene, i, 1);
    }
    pthread_join(thread, NULL);
}

#endif
