/* Making the broker, and its ways to the loops and the store. */
#include "broker/broker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "broker/access.h"
#include "broker/conflict.h"
#include "broker/payment_clock.h"
#include "broker/payment_watch.h"
#include "broker/usage.h"

enum fail broker_create(struct broker **out, const struct broker_options *options)
{
    struct broker *broker = calloc(1, sizeof(*broker));
    unsigned i;

    assert(options->loop_count > 0 && options->loop_count <= BROKER_LOOPS_MAX);
    if (broker == NULL) {
        return FAIL_MEMORY;
    }
    broker->store = options->store;
    broker->passwords = options->passwords;
    broker->port = *options->port;
    broker->loop_count = options->loop_count;
    broker->credential_life_ms = options->credential_life_ms;
    memcpy(broker->pin_key, options->pin_key, sizeof(broker->pin_key));
    broker->rate = options->rate;
    presence_table_init(&broker->presence);
    rate_table_init(&broker->rates, RATE_BUSINESSES_MAX);
    guard_init(&broker->unknown_tokens, GUARD_TOKENS_PER_MINUTE, GUARD_ADDRESSES_MAX);
    guard_init(&broker->unknown_codes, GUARD_CODES_PER_MINUTE, GUARD_BUSINESSES_MAX);
    lockout_table_init(&broker->lockouts, LOCKOUT_KEYS_MAX);
    if (usage_create(&broker->usage) != FAIL_NONE ||
        conflict_table_create(&broker->conflicts) != FAIL_NONE ||
        payment_watch_table_create(&broker->watches) != FAIL_NONE ||
        payment_clock_create(&broker->clock) != FAIL_NONE) {
        broker_destroy(&broker);
        return FAIL_MEMORY;
    }
    for (i = 0; i < options->loop_count; i++) {
        broker->loops[i] = options->loops[i];
        if (access_cache_create(&broker->access[i]) != FAIL_NONE) {
            broker_destroy(&broker);
            return FAIL_MEMORY;
        }
    }
    *out = broker;
    return FAIL_NONE;
}

void broker_destroy(struct broker **broker_at)
{
    struct broker *broker = *broker_at;
    unsigned i;

    if (broker == NULL) {
        return;
    }
    *broker_at = NULL;
    for (i = 0; i < broker->loop_count; i++) {
        access_cache_destroy(&broker->access[i]);
    }
    lockout_table_finish(&broker->lockouts);
    guard_finish(&broker->unknown_codes);
    guard_finish(&broker->unknown_tokens);
    rate_table_finish(&broker->rates);
    usage_destroy(&broker->usage);
    conflict_table_destroy(&broker->conflicts);
    payment_clock_destroy(&broker->clock);
    payment_watch_table_destroy(&broker->watches);
    presence_table_finish(&broker->presence);
    secret_wipe(broker->pin_key, sizeof(broker->pin_key));
    free(broker);
}

void broker_stop(struct broker *broker)
{
    atomic_store(&broker->stopping, true);
    payment_watch_tell_all(broker);
}

bool broker_is_stopping(const struct broker *broker)
{
    return atomic_load(&broker->stopping);
}

static void run_closed(struct task *task)
{
    struct store_job *job = TASK_OWNER(task, struct store_job, task);

    job->done(job, FAIL_CLOSED);
}

static bool turn_away(struct broker *broker, struct store_job *job)
{
    if (!broker_is_stopping(broker)) {
        return false;
    }
    job->task.run = run_closed;
    executor_post(job->home, &job->task);
    return true;
}

void broker_write(struct broker *broker, struct store_job *job, unsigned loop)
{
    job->home = broker->loops[loop];
    if (!turn_away(broker, job)) {
        store_write(broker->store, job);
    }
}

void broker_read(struct broker *broker, struct store_job *job, unsigned loop)
{
    job->home = broker->loops[loop];
    if (!turn_away(broker, job)) {
        store_read(broker->store, job);
    }
}

/* --- On every loop ------------------------------------------------------ */

struct round {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    unsigned left; /* by lock */
    struct broker *broker;
    void (*each)(struct broker *broker, unsigned loop, const void *argument);
    const void *argument;
};

struct round_stop {
    struct task task;
    struct round *round;
    unsigned loop;
};

static void round_run(struct task *task)
{
    struct round_stop *stop = TASK_OWNER(task, struct round_stop, task);
    struct round *round = stop->round;

    round->each(round->broker, stop->loop, round->argument);
    pthread_mutex_lock(&round->lock);
    round->left--;
    pthread_cond_signal(&round->ended);
    pthread_mutex_unlock(&round->lock);
}

void broker_on_every_loop(struct broker *broker,
                          void (*each)(struct broker *broker, unsigned loop, const void *argument),
                          const void *argument)
{
    struct round round = {.broker = broker,
                          .each = each,
                          .argument = argument,
                          .left = broker->loop_count,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .ended = PTHREAD_COND_INITIALIZER};
    struct round_stop stops[BROKER_LOOPS_MAX] = {0};
    unsigned i;

    for (i = 0; i < broker->loop_count; i++) {
        stops[i].round = &round;
        stops[i].loop = i;
        stops[i].task.run = round_run;
        executor_post(broker->loops[i], &stops[i].task);
    }
    pthread_mutex_lock(&round.lock);
    while (round.left > 0) {
        pthread_cond_wait(&round.ended, &round.lock);
    }
    pthread_mutex_unlock(&round.lock);
    pthread_cond_destroy(&round.ended);
    pthread_mutex_destroy(&round.lock);
}

/* --- What administrators change ----------------------------------------- */

struct change {
    int64_t business;
    int64_t subject; /* the device or the user */
    bool on;
};

uint64_t broker_changes(const struct broker *broker)
{
    return atomic_load(&broker->changes);
}

static void tell(struct broker *broker,
                 void (*each)(struct broker *broker, unsigned loop, const void *argument),
                 const void *change)
{
    atomic_fetch_add(&broker->changes, 1);
    broker_on_every_loop(broker, each, change);
}

static void tell_api_mode(struct broker *broker, unsigned loop, const void *argument)
{
    const struct change *change = argument;

    broker->port.api_mode(broker->port.context, loop, change->business, change->on);
}

void broker_api_mode_changed(struct broker *broker, int64_t business, bool on)
{
    tell(broker, tell_api_mode, &(struct change){.business = business, .on = on});
}

static void tell_device(struct broker *broker, unsigned loop, const void *argument)
{
    const struct change *change = argument;

    broker->port.device_removed(broker->port.context, loop, change->business, change->subject);
}

void broker_device_removed(struct broker *broker, int64_t business, int64_t device)
{
    tell(broker, tell_device, &(struct change){.business = business, .subject = device});
}

static void tell_revoked(struct broker *broker, unsigned loop, const void *argument)
{
    const struct change *change = argument;

    broker->port.device_revoked(broker->port.context, loop, change->business, change->subject);
}

void broker_device_revoked(struct broker *broker, int64_t business, int64_t device)
{
    tell(broker, tell_revoked, &(struct change){.business = business, .subject = device});
}

static void tell_moved(struct broker *broker, unsigned loop, const void *argument)
{
    const struct change *change = argument;

    broker->port.device_moved(broker->port.context, loop, change->business, change->subject);
}

void broker_device_moved(struct broker *broker, int64_t business, int64_t device)
{
    tell(broker, tell_moved, &(struct change){.business = business, .subject = device});
}

static void tell_replaced(struct broker *broker, unsigned loop, const void *argument)
{
    broker->port.device_replaced(broker->port.context, loop, argument);
}

void broker_device_replaced(struct broker *broker, const struct broker_replacement *replacement)
{
    tell(broker, tell_replaced, replacement);
}

static void tell_business(struct broker *broker, unsigned loop, const void *argument)
{
    const struct change *change = argument;

    broker->port.business_removed(broker->port.context, loop, change->business);
}

void broker_business_removed(struct broker *broker, int64_t business)
{
    tell(broker, tell_business, &(struct change){.business = business});
}

static void tell_user(struct broker *broker, unsigned loop, const void *argument)
{
    const struct change *change = argument;

    broker->port.user_removed(broker->port.context, loop, change->business, change->subject);
}

void broker_user_removed(struct broker *broker, int64_t business, int64_t user)
{
    tell(broker, tell_user, &(struct change){.business = business, .subject = user});
}
