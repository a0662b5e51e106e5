/* A node's life: opened, run, drained, stopped, closed.
 *
 * Draining comes before stopping because a ping that is on its way needs the
 * terminal that is to show it: the terminals go last. */
#include "server/node.h"

#include <assert.h>
#include <unistd.h>

#include "broker/payment_clock.h"
#include "broker/usage.h"
#include "hook/courier.h"
#include "server/routes.h"

enum { DRAIN_LOOK_MS = 20, USAGE_MS = 60000 };

static void on_connection(void *context, struct uv_stream_s *stream)
{
    struct node *node = context;

    serve_accept(node->serve, stream);
}

/* No descriptor is left for a connection that waits. */
static bool on_shortage(void *context)
{
    struct node *node = context;

    return serve_make_room(node->serve);
}

static void on_operations_connection(void *context, struct uv_stream_s *stream)
{
    struct node *node = context;

    serve_accept(node->operations_serve, stream);
}

/* --- Every minute --------------------------------------------------------------- */

/* When tokens and terminals were last used is written down, also when nobody
 * uses anything any more. */
static void on_usage(struct loop_timer *timer)
{
    struct node *node = LIST_ITEM(timer, struct node, usage_timer);

    if (loop_timer_set(node->loop, timer, USAGE_MS, on_usage) != FAIL_NONE) {
        assert(false); /* the place that has just become free is there */
    }
    usage_tick(node->site->broker, loop_number(node->loop));
}

/* --- The time limits of payments ------------------------------------------------- */

static void on_clock(struct loop_timer *timer)
{
    struct node *node = LIST_ITEM(timer, struct node, clock_timer);
    int64_t delay_ms = payment_clock_run(node->site->broker);

    if (loop_timer_set(node->loop, timer, delay_ms, on_clock) != FAIL_NONE) {
        assert(false); /* the place that has just become free is there */
    }
}

static void clock_run(struct task *task)
{
    struct node *node = TASK_OWNER(task, struct node, clock);

    atomic_store(&node->clock_posted, false);
    if (loop_timer_is_set(&node->clock_timer)) { /* else the node is stopping */
        loop_timer_cancel(node->loop, &node->clock_timer);
        on_clock(&node->clock_timer);
    }
}

void node_clock_sooner(struct node *node)
{
    if (!atomic_exchange(&node->clock_posted, true)) {
        node->clock.run = clock_run;
        executor_post(loop_executor(node->loop), &node->clock);
    }
}

/* --- Starting ------------------------------------------------------------------- */

/* What is on the first node alone. */
static enum fail first_open(struct node *node)
{
    enum fail fail = loop_timer_set(node->loop, &node->usage_timer, USAGE_MS, on_usage);

    if (fail == FAIL_NONE) {
        fail = loop_timer_set(node->loop, &node->clock_timer, 0, on_clock);
    }
    if (fail == FAIL_NONE) {
        courier_start(node->site->courier);
    }
    return fail;
}

enum fail node_open(struct node *node, const struct node_site *site, int descriptor)
{
    struct serve_handler handler = {
        .on_request = routes_serve, .on_answered = routes_answered, .context = node};
    struct listener_events events = {
        .on_connection = on_connection, .on_shortage = on_shortage, .context = node};
    enum fail fail;

    node->site = site;
    fail = hub_create(&node->hub, node->loop, site->broker, &site->hub);
    if (fail == FAIL_NONE) {
        fail = serve_create(&node->serve, node->loop, &handler, &site->serve);
    }
    if (fail != FAIL_NONE) {
        (void)close(descriptor);
        return fail;
    }
    fail = listener_start(&node->listener, node->loop, descriptor, &events);
    if (fail == FAIL_NONE && loop_number(node->loop) == 0) {
        fail = first_open(node);
    }
    return fail;
}

enum fail node_open_operations(struct node *node, int descriptor)
{
    struct serve_handler handler = {
        .on_request = routes_serve_operations, .on_answered = routes_answered, .context = node};
    struct listener_events events = {
        .on_connection = on_operations_connection, .on_shortage = on_shortage, .context = node};
    enum fail fail = serve_create(&node->operations_serve, node->loop, &handler, NULL);

    if (fail != FAIL_NONE) {
        (void)close(descriptor);
        return fail;
    }
    return listener_start(&node->operations_listener, node->loop, descriptor, &events);
}

static void *thread_run(void *argument)
{
    struct node *node = argument;

    (void)pthread_setname_np(pthread_self(), "loop");
    loop_run(node->loop);
    return NULL;
}

enum fail node_run(struct node *node)
{
    node->running = pthread_create(&node->thread, NULL, thread_run, node) == 0;
    return node->running ? FAIL_NONE : FAIL_MEMORY;
}

/* --- Draining ------------------------------------------------------------------- */

static void drain_look(struct loop_timer *timer)
{
    struct node *node = LIST_ITEM(timer, struct node, drain_timer);

    if (!serve_is_idle(node->serve) && loop_now_ms(node->loop) < node->drain_until_ms &&
        loop_timer_set(node->loop, &node->drain_timer, DRAIN_LOOK_MS, drain_look) == FAIL_NONE) {
        return;
    }
    node->drained(node->context);
}

static void drain_run(struct task *task)
{
    struct node *node = TASK_OWNER(task, struct node, drain);

    listener_stop(&node->listener);
    serve_drain(node->serve);
    node->drain_until_ms += loop_now_ms(node->loop);
    drain_look(&node->drain_timer);
}

void node_drain(struct node *node, int64_t limit_ms, void (*drained)(void *context), void *context)
{
    node->drain_until_ms = limit_ms; /* from when the loop gets to it */
    node->drained = drained;
    node->context = context;
    node->drain.run = drain_run;
    executor_post(loop_executor(node->loop), &node->drain);
}

/* --- Stopping ------------------------------------------------------------------- */

static void stop_run(struct task *task)
{
    struct node *node = TASK_OWNER(task, struct node, stop);

    loop_timer_cancel(node->loop, &node->drain_timer);
    loop_timer_cancel(node->loop, &node->usage_timer);
    loop_timer_cancel(node->loop, &node->clock_timer);
    if (loop_number(node->loop) == 0) {
        courier_stop(node->site->courier);
    }
    listener_stop(&node->listener);
    listener_stop(&node->operations_listener);
    hub_stop(node->hub, node->spread_ms);
    serve_close_all(node->serve);
    if (node->operations_serve != NULL) {
        serve_close_all(node->operations_serve);
    }
    loop_stop(node->loop);
}

void node_stop(struct node *node, int64_t spread_ms)
{
    if (!node->running) {
        if (node->site != NULL && loop_number(node->loop) == 0) {
            courier_stop(node->site->courier);
        }
        listener_stop(&node->listener);
        listener_stop(&node->operations_listener);
        return;
    }
    node->spread_ms = spread_ms;
    node->stop.run = stop_run;
    executor_post(loop_executor(node->loop), &node->stop);
}

void node_join(struct node *node)
{
    if (node->running) {
        pthread_join(node->thread, NULL);
    }
}

void node_close(struct node *node)
{
    loop_timer_cancel(node->loop, &node->usage_timer);
    loop_timer_cancel(node->loop, &node->clock_timer);
    hub_destroy(&node->hub);
    serve_destroy(&node->serve);
    serve_destroy(&node->operations_serve);
}
