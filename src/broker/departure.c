/* One write. */
#include "broker/departure.h"

#include <stdlib.h>

#include "broker/broker.h"

struct departure *departure_new(void)
{
    return calloc(1, sizeof(struct departure));
}

void departure_free(struct departure **departure)
{
    free(*departure);
    *departure = NULL;
}

static enum fail run(struct store_job *job, struct store_tx *tx)
{
    struct departure *departure = LIST_ITEM(job, struct departure, job);

    return store_device_log_out(tx, departure->business, departure->device);
}

static void done(struct store_job *job, enum fail fail)
{
    struct departure *departure = LIST_ITEM(job, struct departure, job);

    departure->done(departure, fail);
}

void departure_start(struct broker *broker, struct departure *departure)
{
    departure->job.run = run;
    departure->job.done = done;
    broker_write(broker, &departure->job, departure->loop);
}
