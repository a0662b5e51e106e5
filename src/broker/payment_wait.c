/* Watch, read, and wait for the next move. The watch is added before the first
 * read, so no move is missed; a move during a read is followed by another one. */
#include "broker/payment_wait.h"

#include <assert.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "broker/payment_clock.h"

static void wait_read(struct payment_wait *wait);

/* The owner may free it in `done`; a watch whose task is still posted must come
 * back first. */
static void finish(struct payment_wait *wait, enum fail fail)
{
    wait->is_ended = true;
    wait->fail = fail;
    if (payment_watch_remove(&wait->watch)) {
        wait->done(wait, fail);
    }
}

static void on_moved(struct payment_watch *watch)
{
    struct payment_wait *wait = LIST_ITEM(watch, struct payment_wait, watch);

    if (wait->is_ended) {
        wait->done(wait, wait->fail);
    } else if (wait->reading) {
        wait->moved = true;
    } else {
        wait_read(wait);
    }
}

static enum fail read_run(struct store_job *job, struct store_tx *tx)
{
    struct payment_wait *wait = LIST_ITEM(job, struct payment_wait, job);

    return store_payment_find(tx, wait->business, wait->payment, &wait->row);
}

static void read_done(struct store_job *job, enum fail fail)
{
    struct payment_wait *wait = LIST_ITEM(job, struct payment_wait, job);

    wait->reading = false;
    if (fail != FAIL_NONE || wait->is_over(&wait->row)) {
        finish(wait, fail);
    } else if (clock_monotonic_ms() >= wait->due_ms) {
        finish(wait, FAIL_TIMEOUT);
    } else if (wait->moved) {
        wait_read(wait);
    }
}

static void wait_read(struct payment_wait *wait)
{
    wait->reading = true;
    wait->moved = false;
    wait->job.run = read_run;
    wait->job.done = read_done;
    broker_read(wait->broker, &wait->job, wait->loop);
}

void payment_wait_start(struct broker *broker, struct payment_wait *wait)
{
    enum fail fail;

    wait->broker = broker;
    wait->due_ms = clock_monotonic_ms() + wait->limit_ms;
    wait->moved = wait->is_ended = false;
    wait->watch =
        (struct payment_watch){.payment = wait->payment, .loop = wait->loop, .moved = on_moved};
    fail = payment_watch_add(broker, &wait->watch);
    if (fail != FAIL_NONE) {
        wait->done(wait, fail);
        return;
    }
    fail = payment_clock_wake(broker, wait->payment, wait->limit_ms);
    if (fail != FAIL_NONE) {
        finish(wait, fail);
        return;
    }
    wait_read(wait);
}
