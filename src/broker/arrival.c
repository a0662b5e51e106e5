/* Look-up on a reader; only a credential that is new, or old enough to be
 * renewed, costs a write, so that a storm of reconnecting terminals does not
 * queue behind the writer. */
#include "broker/arrival.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "broker/broker.h"
#include "broker/conflict.h"
#include "broker/usage.h"
#include "store/payment.h"

struct arrival *arrival_new(void)
{
    return calloc(1, sizeof(struct arrival));
}

void arrival_free(struct arrival **arrival)
{
    if (*arrival == NULL) {
        return;
    }
    secret_wipe(*arrival, sizeof(**arrival));
    free(*arrival);
    *arrival = NULL;
}

static void finish(struct arrival *arrival)
{
    arrival->done(arrival, arrival->logged_in ? ARRIVAL_LOGGED_IN : ARRIVAL_LOGGED_OUT);
}

/* By its credential; or, after a log-in, by business and serial number. */
static enum fail device_find(struct arrival *arrival, struct store_tx *tx)
{
    enum fail fail;

    if (arrival->again != 0 && arrival->by_serial) {
        return store_device_by_serial(tx, arrival->again, arrival->serial, &arrival->device);
    }
    fail =
        store_device_by_credential(tx, &arrival->credential, &arrival->device, &arrival->is_next);
    if (fail == FAIL_NONE && !slice_is(slice_of(arrival->device.serial), arrival->serial)) {
        return FAIL_NOT_FOUND; /* a credential belongs to one serial number */
    }
    return fail;
}

/* A clock that was set back makes ages negative: then nothing has expired. */
static bool has_expired(const struct arrival *arrival)
{
    int64_t life_ms = arrival->broker->credential_life_ms;

    return life_ms != 0 && clock_wall_ms() - arrival->device.credential_ms > life_ms;
}

static bool is_to_renew(const struct arrival *arrival)
{
    int64_t age_ms = clock_wall_ms() - arrival->device.credential_ms;

    return arrival->device.renew || age_ms > ARRIVAL_RENEW_MS || age_ms < -ARRIVAL_AHEAD_MS;
}

/* --- The write, where one is due ---------------------------------------- */

/* Looks again before it acts: between the reader's look and now another log-in
 * may have replaced this very credential. */
static enum fail credential_run(struct store_job *job, struct store_tx *tx)
{
    struct arrival *arrival = LIST_ITEM(job, struct arrival, job);
    enum fail fail = device_find(arrival, tx);

    if (fail == FAIL_NONE && arrival->device.user != arrival->user.id) {
        arrival->logged_in = false;
    }
    if (fail == FAIL_NONE && arrival->is_next) {
        fail = store_device_promote(tx, arrival->business.id, arrival->device.id);
    }
    if (fail == FAIL_NONE && !is_to_renew(arrival)) {
        /* Another connection of it was quicker; a second one would retire that. */
        secret_wipe(arrival->next, sizeof(arrival->next));
    }
    if (fail == FAIL_NONE && arrival->next[0] != '\0') {
        struct secret_hash next = secret_hash_of(slice_of(arrival->next));

        fail = store_device_offer_credential(tx, arrival->business.id, arrival->device.id, &next,
                                             clock_wall_ms());
    }
    return fail;
}

static void credential_done(struct store_job *job, enum fail fail)
{
    struct arrival *arrival = LIST_ITEM(job, struct arrival, job);

    if (fail != FAIL_NONE && fail != FAIL_NOT_FOUND && !arrival->is_next) {
        /* Only the renewal could not be stored: the old one is as good as it was. */
        secret_wipe(arrival->next, sizeof(arrival->next));
        fail = FAIL_NONE;
    }
    if (fail == FAIL_NONE) {
        finish(arrival);
    } else {
        arrival->done(arrival, fail == FAIL_NOT_FOUND ? ARRIVAL_UNKNOWN : ARRIVAL_TROUBLE);
    }
}

/* --- The look-up -------------------------------------------------------- */

/* In the same look-up, for a storm of terminals must not ask twice. */
static enum fail payment_look(struct arrival *arrival, struct store_tx *tx)
{
    struct payment_row row;
    enum fail fail = store_payment_open(tx, arrival->device.business, arrival->device.id, &row);

    arrival->open_payment = fail == FAIL_NONE;
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static enum fail find_run(struct store_job *job, struct store_tx *tx)
{
    struct arrival *arrival = LIST_ITEM(job, struct arrival, job);
    enum fail fail = device_find(arrival, tx);

    if (fail == FAIL_NOT_FOUND && arrival->again == 0) {
        enum fail old = store_device_by_old_credential(tx, &arrival->credential, &arrival->device);

        arrival->was_dropped = old == FAIL_NONE;
        fail = old == FAIL_NONE ? FAIL_NOT_FOUND : old;
    }
    if (fail == FAIL_NONE) {
        fail = store_business_find(tx, arrival->device.business, &arrival->business);
    }
    if (fail == FAIL_NONE && arrival->device.user != 0) {
        fail = store_user_find(tx, arrival->device.business, arrival->device.user, &arrival->user);
        arrival->logged_in = fail == FAIL_NONE;
    }
    if (fail == FAIL_NONE && arrival->logged_in) {
        fail = payment_look(arrival, tx);
    }
    return fail;
}

static void find_done(struct store_job *job, enum fail fail)
{
    struct arrival *arrival = LIST_ITEM(job, struct arrival, job);

    if (fail == FAIL_NONE && arrival->again == 0 && has_expired(arrival)) {
        log_event(LOG_INFO, "device.credential_expired",
                  log_number("business", arrival->device.business),
                  log_text("code", arrival->device.code));
        arrival->has_ended = true;
        fail = FAIL_NOT_FOUND;
    }
    if (arrival->was_dropped) {
        conflict_old_credential(arrival->broker, arrival->loop, &arrival->device);
    }
    if (fail == FAIL_NOT_FOUND) {
        arrival->done(arrival, ARRIVAL_UNKNOWN);
        return;
    }
    if (fail != FAIL_NONE) {
        arrival->done(arrival, ARRIVAL_TROUBLE);
        return;
    }
    if (arrival->again != 0) {
        finish(arrival);
        return;
    }
    usage_device(arrival->broker, arrival->loop, arrival->device.business, arrival->device.id);
    if (is_to_renew(arrival)) {
        secret_make(arrival->next);
    }
    if (!arrival->is_next && arrival->next[0] == '\0') {
        finish(arrival);
        return;
    }
    arrival->job.run = credential_run;
    arrival->job.done = credential_done;
    broker_write(arrival->broker, &arrival->job, arrival->loop);
}

void arrival_start(struct broker *broker, struct arrival *arrival)
{
    arrival->broker = broker;
    arrival->changes = broker_changes(broker);
    arrival->is_next = false;
    arrival->logged_in = false;
    arrival->was_dropped = false;
    arrival->has_ended = false;
    arrival->job.run = find_run;
    arrival->job.done = find_done;
    broker_read(broker, &arrival->job, arrival->loop);
}
