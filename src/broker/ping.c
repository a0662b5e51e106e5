/* The way of a ping between loops.
 *
 * On the caller's loop the table says on which loop the terminal is. There the
 * table is asked again, because the terminal may have moved meanwhile; what is
 * found on its own loop cannot vanish under us. */
#include "broker/ping.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "broker/broker.h"

enum { HOPS_MAX = 3, NS_PER_US = 1000 };

struct counter ping_outcomes[PING_OUTCOMES];
struct histogram ping_time;

static void ping_send(struct ping *ping);

static void run_send(struct task *task)
{
    ping_send(TASK_OWNER(task, struct ping, task));
}

/* On the caller's loop; the ping is the caller's after it. */
static void answer(struct ping *ping, enum ping_outcome outcome)
{
    counter_add(&ping_outcomes[outcome], 1);
    histogram_observe(&ping_time, (clock_monotonic_ns() - ping->began_ns) / NS_PER_US);
    ping->done(ping, outcome);
}

static void run_done(struct task *task)
{
    struct ping *ping = TASK_OWNER(task, struct ping, task);

    answer(ping, ping->outcome);
}

void ping_finish(struct ping *ping, enum ping_outcome outcome)
{
    ping->outcome = outcome;
    if (ping->terminal_loop == ping->loop) {
        answer(ping, outcome);
        return;
    }
    ping->task.run = run_done;
    executor_post(ping->broker->loops[ping->loop], &ping->task);
}

/* On loop ping->terminal_loop. */
static void ping_send(struct ping *ping)
{
    struct broker *broker = ping->broker;
    struct presence_view view;

    if (presence_find(&broker->presence, ping->business, ping->code, &view) != FAIL_NONE ||
        !view.listening || ping->hops >= HOPS_MAX) {
        ping_finish(ping, PING_NOT_LISTENING);
        return;
    }
    if (view.loop == ping->terminal_loop) {
        broker->port.ping(view.entry, ping);
        return;
    }
    ping->hops++;
    ping->terminal_loop = view.loop;
    ping->task.run = run_send;
    executor_post(broker->loops[view.loop], &ping->task);
}

static void on_exists(struct device_query *query, enum fail fail)
{
    struct ping *ping = LIST_ITEM(query, struct ping, query);

    if (fail == FAIL_NONE) {
        answer(ping, PING_NOT_LISTENING);
    } else {
        answer(ping, fail == FAIL_NOT_FOUND ? PING_NOT_FOUND : PING_TROUBLE);
    }
}

void ping_start(struct broker *broker, struct ping *ping)
{
    struct presence_view view;

    assert(ping->message != NULL);
    ping->broker = broker;
    ping->hops = 0;
    ping->began_ns = clock_monotonic_ns();
    ping->terminal_loop = ping->loop;
    if (presence_find(&broker->presence, ping->business, ping->code, &view) == FAIL_NONE) {
        ping_send(ping);
        return;
    }
    /* Not connected: whether it exists at all is in the store. Unknown and
     * foreign codes take the same look-up (Law 5). */
    ping->query.business = ping->business;
    memcpy(ping->query.code, ping->code, sizeof(ping->query.code));
    ping->query.loop = ping->loop;
    ping->query.done = on_exists;
    device_query_start(broker, &ping->query);
}
