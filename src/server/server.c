/* Starting and stopping, in an order that leaves no answer without a listener:
 * at the end the admin socket goes first (it waits for loops), then the loops
 * close their connections and end, then the pools and the store hand out their
 * last answers, which are run on this thread, and then everything is freed. */
#include "server/server.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pool.h"
#include "broker/usage.h"
#include "device/session.h"
#include "net/local.h"
#include "server/admin_door.h"
#include "server/node.h"
#include "server/page.h"
#include "server/routes.h"
#include "server/upkeep.h"
#include "server/watchdog.h"

enum { PASSWORD_WORKERS = 2, PASSWORD_QUEUE_MAX = 256 };

struct server {
    struct data *data;
    struct listen_address address;
    struct broker *broker;
    struct pool *passwords;
    struct local_server *local;
    struct admin admin;
    struct upkeep *upkeep;
    struct watchdog *watchdog;
    unsigned node_count;
    struct node nodes[BROKER_LOOPS_MAX];
};

/* --- The broker's port --------------------------------------------------------------- */

static void port_ping(struct presence *presence, struct ping *ping)
{
    session_ping(LIST_ITEM(presence, struct session, presence), ping);
}

static struct hub *hub_of(void *context, unsigned loop)
{
    struct server *server = context;

    assert(loop < server->node_count);
    return server->nodes[loop].hub;
}

static void port_api_mode(void *context, unsigned loop, int64_t business, bool on)
{
    hub_api_mode(hub_of(context, loop), business, on);
}

static void port_device_removed(void *context, unsigned loop, int64_t business, int64_t device)
{
    hub_device_removed(hub_of(context, loop), business, device);
}

static void port_device_revoked(void *context, unsigned loop, int64_t business, int64_t device)
{
    hub_device_revoked(hub_of(context, loop), business, device);
}

static void port_device_moved(void *context, unsigned loop, int64_t business, int64_t device)
{
    hub_device_moved(hub_of(context, loop), business, device);
}

static void port_device_replaced(void *context, unsigned loop,
                                 const struct broker_replacement *replacement)
{
    hub_device_replaced(hub_of(context, loop), replacement);
}

static void port_business_removed(void *context, unsigned loop, int64_t business)
{
    hub_business_removed(hub_of(context, loop), business);
}

static void port_user_removed(void *context, unsigned loop, int64_t business, int64_t user)
{
    hub_user_removed(hub_of(context, loop), business, user);
}

/* --- Nodes ----------------------------------------------------------------------------- */

static void on_connection(void *context, struct uv_stream_s *stream)
{
    struct node *node = context;

    serve_accept(node->serve, stream);
}

static void *node_run(void *argument)
{
    struct node *node = argument;

    (void)pthread_setname_np(pthread_self(), "loop");
    loop_run(node->loop);
    return NULL;
}

static void node_stop(struct task *task)
{
    struct node *node = TASK_OWNER(task, struct node, stop);

    listener_stop(&node->listener);
    hub_stop(node->hub);
    serve_close_all(node->serve);
    loop_stop(node->loop);
}

static enum fail node_make(struct node *node, struct server *server, bool expose, int descriptor)
{
    struct serve_handler handler = {.on_request = routes_serve, .context = node};
    struct listener_events events = {.on_connection = on_connection, .context = node};
    enum fail fail;

    node->broker = server->broker;
    node->loopback_hosts_only = !expose;
    node->stop.run = node_stop;
    fail = hub_create(&node->hub, node->loop, server->broker, NULL);
    if (fail == FAIL_NONE) {
        fail = serve_create(&node->serve, node->loop, &handler, NULL);
    }
    if (fail != FAIL_NONE) {
        (void)close(descriptor);
        return fail;
    }
    fail = listener_start(&node->listener, node->loop, descriptor, &events);
    if (fail == FAIL_NONE) {
        node->running = pthread_create(&node->thread, NULL, node_run, node) == 0;
        fail = node->running ? FAIL_NONE : FAIL_MEMORY;
    }
    return fail;
}

/* --- Starting ---------------------------------------------------------------------------- */

void server_signals_block(void)
{
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* One for each processor that this process may use. */
static unsigned loops_wanted(void)
{
    cpu_set_t allowed;
    int count = 1;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
        count = CPU_COUNT(&allowed);
    }
    return count < 1 ? 1 : count > BROKER_LOOPS_MAX ? BROKER_LOOPS_MAX : (unsigned)count;
}

static void on_admin(void *context, unsigned user, struct slice request, struct buf *reply)
{
    admin_door_answer(context, user, request, reply);
}

static enum fail broker_make(struct server *server, int64_t credential_life_ms)
{
    struct executor *executors[BROKER_LOOPS_MAX];
    struct port port = {.ping = port_ping,
                        .api_mode = port_api_mode,
                        .device_removed = port_device_removed,
                        .device_revoked = port_device_revoked,
                        .device_moved = port_device_moved,
                        .device_replaced = port_device_replaced,
                        .business_removed = port_business_removed,
                        .user_removed = port_user_removed,
                        .context = server};
    struct broker_options options = {.store = server->data->store,
                                     .passwords = server->passwords,
                                     .port = &port,
                                     .loops = executors,
                                     .pin_key = server->data->pin_key,
                                     .credential_life_ms = credential_life_ms};
    unsigned i;

    for (i = 0; i < server->node_count; i++) {
        executors[i] = loop_executor(server->nodes[i].loop);
    }
    options.loop_count = server->node_count;
    return broker_create(&server->broker, &options);
}

static enum fail loops_make(struct server *server, unsigned count)
{
    while (server->node_count < count) {
        enum fail fail = loop_create(&server->nodes[server->node_count].loop, server->node_count);

        if (fail != FAIL_NONE) {
            return fail;
        }
        server->node_count++;
    }
    return FAIL_NONE;
}

static enum fail admin_make(struct server *server)
{
    struct local_handler handler = {.on_request = on_admin, .context = &server->admin};
    enum fail fail = upkeep_create(&server->upkeep, server->data->directory);

    if (fail != FAIL_NONE) {
        return fail;
    }
    server->admin = (struct admin){.store = server->data->store,
                                   .broker = server->broker,
                                   .pin_key = server->data->pin_key,
                                   .upkeep = upkeep_port(server->upkeep)};
    return local_serve(&server->local, server->data->directory, &handler);
}

static enum fail watchdog_make(struct server *server)
{
    struct executor *loops[BROKER_LOOPS_MAX];
    unsigned i;

    for (i = 0; i < server->node_count; i++) {
        loops[i] = loop_executor(server->nodes[i].loop);
    }
    return watchdog_start(&server->watchdog, loops, server->node_count);
}

/* Everything but the sockets. */
static enum fail parts_make(struct server *server, const struct server_options *options,
                            unsigned loops)
{
    enum fail fail =
        pool_create(&server->passwords, "passwords", PASSWORD_WORKERS, PASSWORD_QUEUE_MAX, NULL);

    if (fail == FAIL_NONE) {
        fail = loops_make(server, loops);
    }
    if (fail == FAIL_NONE) {
        fail = broker_make(server, options->credential_life_ms);
    }
    return fail;
}

static enum fail nodes_make(struct server *server, bool expose, const int *descriptors)
{
    enum fail fail = FAIL_NONE;
    unsigned i;

    for (i = 0; i < server->node_count; i++) {
        if (fail == FAIL_NONE) {
            fail = node_make(&server->nodes[i], server, expose, descriptors[i]);
        } else {
            (void)close(descriptors[i]);
        }
    }
    return fail;
}

enum fail server_start(struct server **out, const struct server_options *options,
                       char problem[SERVER_PROBLEM_SIZE])
{
    int descriptors[BROKER_LOOPS_MAX];
    struct server *server = calloc(1, sizeof(*server));
    unsigned loops = loops_wanted();
    enum fail fail;

    if (server == NULL) {
        (void)text_format(problem, SERVER_PROBLEM_SIZE, "there is not enough memory to start");
        return FAIL_MEMORY;
    }
    page_start();
    server->data = options->data;
    server->address = options->address;
    fail = listen_open(&server->address, loops, descriptors, problem);
    if (fail != FAIL_NONE) {
        free(server);
        return fail;
    }
    if (!server->address.loopback && !options->expose) {
        (void)text_format(problem, SERVER_PROBLEM_SIZE,
                          "%s can be reached from other machines; say --expose if that is meant",
                          server->address.host);
        while (loops > 0) {
            (void)close(descriptors[--loops]);
        }
        free(server);
        return FAIL_DENIED;
    }
    fail = parts_make(server, options, loops);
    if (fail == FAIL_NONE) {
        fail = nodes_make(server, options->expose, descriptors);
    }
    if (fail == FAIL_NONE) {
        fail = admin_make(server);
    }
    if (fail == FAIL_NONE) {
        fail = watchdog_make(server);
    }
    if (fail != FAIL_NONE) {
        (void)text_format(problem, SERVER_PROBLEM_SIZE, "cannot start: %s", fail_text(fail));
        server_stop(&server);
        return fail;
    }
    *out = server;
    return FAIL_NONE;
}

void server_url(const struct server *server, char out[LISTEN_TEXT_SIZE])
{
    const char *host = server->address.host[0] == '\0' ? "127.0.0.1" : server->address.host;
    bool six = strchr(host, ':') != NULL;

    (void)text_format(out, LISTEN_TEXT_SIZE, "http://%s%s%s:%u", six ? "[" : "", host,
                      six ? "]" : "", server->address.port);
}

void server_wait(struct server *server)
{
    sigset_t signals;
    int signal_number;

    (void)server;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigwait(&signals, &signal_number);
    log_event(LOG_INFO, "server.stopping", log_number("signal", signal_number));
}

/* --- Stopping ------------------------------------------------------------------------------ */

static void nodes_stop(struct server *server)
{
    unsigned i;

    for (i = 0; i < server->node_count; i++) {
        if (server->nodes[i].running) {
            executor_post(loop_executor(server->nodes[i].loop), &server->nodes[i].stop);
        } else {
            listener_stop(&server->nodes[i].listener);
        }
    }
    for (i = 0; i < server->node_count; i++) {
        if (server->nodes[i].running) {
            pthread_join(server->nodes[i].thread, NULL);
        }
    }
}

/* Late answers of the store may post further ones from loop to loop. */
static void posted_run(struct server *server)
{
    unsigned round;
    unsigned i;

    for (round = 0; round < 3; round++) {
        for (i = 0; i < server->node_count; i++) {
            loop_run_posted(server->nodes[i].loop);
        }
    }
}

void server_stop(struct server **server_at)
{
    struct server *server = *server_at;
    unsigned i;

    if (server == NULL) {
        return;
    }
    *server_at = NULL;
    local_stop(&server->local);
    upkeep_destroy(&server->upkeep);
    if (server->broker != NULL) {
        broker_stop(server->broker);
    }
    nodes_stop(server);
    pool_destroy(&server->passwords);
    if (server->broker != NULL && usage_write(server->broker) != FAIL_NONE) {
        log_event(LOG_WARNING, "usage.lost",
                  log_text("do", "nothing: when tokens and terminals "
                                 "were last used may be a minute old"));
    }
    store_close(&server->data->store);
    watchdog_stop(server->watchdog);
    posted_run(server);
    watchdog_destroy(&server->watchdog);
    for (i = 0; i < server->node_count; i++) {
        hub_destroy(&server->nodes[i].hub);
        serve_destroy(&server->nodes[i].serve);
    }
    for (i = 0; i < server->node_count; i++) {
        loop_destroy(&server->nodes[i].loop);
    }
    broker_destroy(&server->broker);
    free(server);
}
