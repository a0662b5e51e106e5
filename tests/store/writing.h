/* Jobs for the tests of the whole store: one that adds businesses, and a gate
 * that holds the writer until the test lets it go. */
#ifndef TESTS_STORE_WRITING_H
#define TESTS_STORE_WRITING_H

#include "store/fixture.h"

enum { ORDER_MAX = 16384 };

/* In which order the answers came. */
struct order {
    unsigned count;
    int numbers[ORDER_MAX];
};

struct add_job {
    struct store_job job;
    int number;
    unsigned rows;       /* how many it adds */
    enum fail fail_with; /* what it says after adding them */
    struct order *order; /* borrowed; may be NULL */
    bool answered;
    enum fail fail; /* the answer */
    int64_t id;     /* of the last one */
};

static inline enum fail add_run(struct store_job *job, struct store_tx *tx)
{
    struct add_job *add = LIST_ITEM(job, struct add_job, job);
    unsigned i;

    for (i = 0; i < add->rows; i++) {
        char name[32];
        enum fail fail;

        (void)snprintf(name, sizeof(name), "job %d", add->number);
        fail = store_business_add(tx, name, "CAD", true, add->number, &add->id);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    return add->fail_with;
}

static inline void add_done(struct store_job *job, enum fail fail)
{
    struct add_job *add = LIST_ITEM(job, struct add_job, job);

    assert_false(add->answered);
    add->answered = true;
    add->fail = fail;
    if (add->order != NULL) {
        add->order->numbers[add->order->count++] = add->number;
    }
}

static inline struct add_job add_job_make(struct fixture *fixture, int number)
{
    return (struct add_job){
        .job = {.run = add_run, .done = add_done, .home = &fixture->home.executor},
        .number = number,
        .rows = 2,
    };
}

struct gate {
    struct store_job job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool entered; /* by lock */
    bool open;    /* by lock */
};

static inline enum fail gate_run(struct store_job *job, struct store_tx *tx)
{
    struct gate *gate = LIST_ITEM(job, struct gate, job);

    (void)tx;
    pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    pthread_cond_broadcast(&gate->wake);
    while (!gate->open) {
        pthread_cond_wait(&gate->wake, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
    return FAIL_NONE;
}

static inline void gate_done(struct store_job *job, enum fail fail)
{
    (void)job;
    (void)fail;
}

/* Returns when the store's thread stands in it. */
static inline void gate_close(struct fixture *fixture, struct gate *gate,
                              void (*give)(struct store *store, struct store_job *job))
{
    memset(gate, 0, sizeof(*gate));
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->wake, NULL);
    gate->job.run = gate_run;
    gate->job.done = gate_done;
    gate->job.home = &fixture->home.executor;
    give(fixture->store, &gate->job);
    pthread_mutex_lock(&gate->lock);
    while (!gate->entered) {
        pthread_cond_wait(&gate->wake, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
}

static inline void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->wake);
    pthread_mutex_unlock(&gate->lock);
}

#endif
