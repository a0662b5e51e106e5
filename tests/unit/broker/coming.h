/* For the tests of arrivals: a terminal comes, and what the store has of it. */
#ifndef TESTS_BROKER_COMING_H
#define TESTS_BROKER_COMING_H

#include "base/clock.h"
#include "broker/arrival.h"
#include "broker/departure.h"
#include "broker/usage.h"
#include "store/fault_vfs.h"
#include "unit/broker/scene.h"
#include "unit/heard.h"

static const struct port NO_PORT;

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static int64_t wall_ms;

static inline int64_t wall_now(void *context)
{
    (void)context;
    return wall_ms;
}

/* --- Arrivals ------------------------------------------------------------------ */

struct coming {
    struct arrival *arrival;
    unsigned answers;
    enum arrival_outcome outcome;
};

static inline void on_done(struct arrival *arrival, enum arrival_outcome outcome)
{
    struct coming *coming = arrival->context;

    coming->answers++;
    coming->outcome = outcome;
}

static inline struct coming coming_make(const char *serial, const char *credential)
{
    struct coming coming = {.arrival = arrival_new()};

    assert_non_null(coming.arrival);
    coming.arrival->done = on_done;
    coming.arrival->credential = hash_of(credential);
    (void)text_format(coming.arrival->serial, ACCOUNT_SERIAL_SIZE, "%s", serial);
    return coming;
}

static inline void come(struct scene *scene, struct coming *coming)
{
    coming->arrival->context = coming;
    arrival_start(scene->broker, coming->arrival);
}

/* With a store that answers at once. */
static inline enum arrival_outcome outcome_of(struct scene *scene, const char *serial,
                                              const char *credential)
{
    struct coming coming = coming_make(serial, credential);
    enum arrival_outcome outcome;

    come(scene, &coming);
    assert_int_equal(coming.answers, 1);
    outcome = coming.outcome;
    arrival_free(&coming.arrival);
    assert_null(coming.arrival);
    return outcome;
}

/* --- The store from the side ----------------------------------------------------- */

struct registering {
    const struct scene *scene;
    const char *credential;
    bool proven;
    struct device device; /* out */
};

static inline enum fail device_register(struct store_tx *tx, void *argument)
{
    struct registering *registering = argument;
    struct secret_hash hash = hash_of(registering->credential);
    struct store_registration registration = {.business = registering->scene->business,
                                              .serial = "TW-1",
                                              .user = registering->scene->user,
                                              .with_code = true,
                                              .proven = registering->proven,
                                              .credential = &hash,
                                              .now_ms = wall_ms};

    return store_device_register(tx, &registration, &registering->device);
}

static inline struct device registered_with(struct scene *scene, const char *credential,
                                            bool proven)
{
    struct registering registering = {.scene = scene, .credential = credential, .proven = proven};

    scene_do(scene, device_register, &registering);
    return registering.device;
}

static inline enum fail device_log_out(struct store_tx *tx, void *argument)
{
    const struct device *device = argument;

    return store_device_log_out(tx, device->business, device->id);
}

static inline enum fail device_remove(struct store_tx *tx, void *argument)
{
    const struct device *device = argument;

    return store_device_remove(tx, device->business, device->id);
}

static inline struct scene *open_scene(bool threads)
{
    wall_ms = 1000 * (int64_t)DAY_MS;
    return scene_make(&NO_PORT, threads);
}

static const struct clock_source COMING_CLOCK = {.wall_ms = wall_now};

#endif
