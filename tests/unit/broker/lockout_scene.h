/* For the tests of lockouts: a small table, those who ask, and turns that come
 * when the test looks. */
#ifndef TESTS_LOCKOUT_SCENE_H
#define TESTS_LOCKOUT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/id.h"
#include "broker/lockout.h"
#include "unit/broker/moving_clock.h"

enum { KEYS = 12 };

static struct lockout_table table;

/* --- Turns ------------------------------------------------------------------------------- */

/* Whose turn has come, in the order in which they were woken. */
static struct {
    struct executor executor;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    struct list tasks;
} turns = {.lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER};

static inline void turn_post(struct executor *executor, struct task *task)
{
    (void)executor;
    pthread_mutex_lock(&turns.lock);
    list_push_back(&turns.tasks, &task->link);
    pthread_cond_broadcast(&turns.woken);
    pthread_mutex_unlock(&turns.lock);
}

/* Until this one's turn has come. */
static inline void turn_await(struct lockout_place *place)
{
    pthread_mutex_lock(&turns.lock);
    while (!list_holds(&place->turn.link)) {
        pthread_cond_wait(&turns.woken, &turns.lock);
    }
    list_remove(&place->turn.link);
    pthread_mutex_unlock(&turns.lock);
}

static inline bool turn_came(struct lockout_place *place)
{
    bool came = list_holds(&place->turn.link);

    list_remove(&place->turn.link);
    return came;
}

static inline int setup(void **state)
{
    (void)state;
    moving_clock_start();
    lockout_table_init(&table, KEYS);
    turns.executor.post = turn_post;
    list_init(&turns.tasks);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    lockout_table_finish(&table);
    moving_clock_stop();
    return 0;
}

static inline struct lockout_asker stranger(const char *email, const char *address)
{
    struct lockout_asker asker = {.email = email};

    assert_true(address_read(slice_of(address), &asker.address));
    return asker;
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
