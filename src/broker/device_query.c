/* One indexed read. */
#include "broker/device_query.h"

#include "broker/broker.h"

static enum fail run(struct store_job *job, struct store_tx *tx)
{
    struct device_query *query = LIST_ITEM(job, struct device_query, job);
    struct device device;
    enum fail fail = store_device_by_code(tx, query->business, query->code, &device);

    if (fail == FAIL_NONE) {
        query->created_ms = device.created_ms;
    }
    return fail;
}

static void done(struct store_job *job, enum fail fail)
{
    struct device_query *query = LIST_ITEM(job, struct device_query, job);

    query->done(query, fail);
}

void device_query_start(struct broker *broker, struct device_query *query)
{
    query->job.run = run;
    query->job.done = done;
    broker_read(broker, &query->job, query->loop);
}
