/* One look of a reader: webhook, secrets and rows are of the same moment. */
#include "hook/load.h"

#include <assert.h>

#include "hook/courier_part.h"

static void on_row(void *context, const struct delivery_row *row)
{
    struct load *load = context;

    assert(load->count < LOAD_ROWS);
    load->rows[load->count++] = *row;
}

static enum fail webhook_load(struct load *load, struct store_tx *tx)
{
    enum fail fail = store_webhook_find(tx, load->due.business, &load->webhook);

    load->has_webhook = fail == FAIL_NONE;
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static enum fail probe_load(struct load *load, struct store_tx *tx)
{
    enum fail fail = FAIL_NOT_FOUND;

    if (load->find_failing) {
        fail = store_delivery_failing(tx, load->due.business, &load->probe_row);
    } else if (load->probe != 0) {
        fail = store_delivery_find(tx, load->due.business, load->probe, &load->probe_row);
    }
    load->has_probe = fail == FAIL_NONE && load->probe_row.state == DELIVERY_WAITING;
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static enum fail next_load(struct load *load, struct store_tx *tx)
{
    enum fail fail = store_deliveries_next(tx, &load->due, &load->next_ms);

    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static enum fail load_run(struct store_job *job, struct store_tx *tx)
{
    struct load *load = LIST_ITEM(job, struct load, job);
    enum fail fail = webhook_load(load, tx);

    if (fail == FAIL_NONE) {
        fail = probe_load(load, tx);
    }
    if (fail == FAIL_NONE && load->due.limit > 0) {
        fail = store_deliveries_due(tx, &load->due, on_row, load);
    }
    return fail == FAIL_NONE ? next_load(load, tx) : fail;
}

static void on_loaded(struct store_job *job, enum fail fail)
{
    struct load *load = LIST_ITEM(job, struct load, job);

    load->done(load, fail);
}

void load_start(struct courier *courier, struct load *load)
{
    assert(load->due.limit <= LOAD_ROWS);
    load->count = 0;
    load->next_ms = INT64_MAX;
    load->job.run = load_run;
    load->job.done = on_loaded;
    load->job.home = courier->home;
    store_read(courier->store, &load->job);
}
