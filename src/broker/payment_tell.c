/* The way of what is told to its terminal's loop: always through that loop's
 * queue, behind whatever an earlier commit has posted there, so that a terminal
 * hears things in the order in which they were committed. */
#include "broker/payment_tell.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/task.h"
#include "broker/broker.h"

enum { HOPS_MAX = 3 };

struct telling {
    struct task task;
    struct broker *broker;
    unsigned loop;
    unsigned hops;
    struct payment_told told;
};

static void telling_run(struct task *task);

/* False when its terminal is not connected. */
static bool telling_post(struct telling *telling)
{
    const struct payment_row *row = &telling->told.row;
    struct broker *broker = telling->broker;
    struct presence_view view;

    if (presence_find_device(&broker->presence, row->business, row->device, &view) != FAIL_NONE) {
        return false;
    }
    telling->loop = view.loop;
    telling->task.run = telling_run;
    executor_post(broker->loops[view.loop], &telling->task);
    return true;
}

static void telling_run(struct task *task)
{
    struct telling *telling = TASK_OWNER(task, struct telling, task);
    const struct payment_row *row = &telling->told.row;
    struct broker *broker = telling->broker;
    struct presence_view view;

    if (presence_find_device(&broker->presence, row->business, row->device, &view) == FAIL_NONE) {
        if (view.loop == telling->loop) {
            broker->port.payment_tell(view.entry, &telling->told);
        } else if (telling->hops++ < HOPS_MAX && telling_post(telling)) {
            return;
        }
    }
    free(telling);
}

void payment_tell(struct broker *broker, const struct payment_told *told)
{
    struct presence_view view;
    struct telling *telling;

    if (presence_find_device(&broker->presence, told->row.business, told->row.device, &view) !=
        FAIL_NONE) {
        return;
    }
    telling = calloc(1, sizeof(*telling));
    if (telling == NULL) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "a terminal's news"));
        return;
    }
    telling->broker = broker;
    telling->told = *told;
    if (!telling_post(telling)) {
        free(telling);
    }
}
