/* Starting and stopping, in an order that leaves no answer without a listener:
 * at the end the admin socket goes first (it waits for loops), then calls in
 * flight end, then the loops close their connections and end, then the pools
 * and the store hand out their last answers, which are run on this thread, and
 * then everything is freed. */
#include "server/server.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "broker/payment_clock.h"
#include "broker/usage.h"
#include "net/local.h"
#include "net/tls.h"
#include "server/admin_door.h"
#include "server/doorway.h"
#include "server/node.h"
#include "server/operations.h"
#include "server/page.h"
#include "server/routes.h"
#include "server/sockets.h"
#include "server/upkeep.h"
#include "server/watchdog.h"
#include "server/webhooks.h"
#include "wire/terminal_message.h"

enum { PASSWORD_WORKERS = 2, PASSWORD_QUEUE_MAX = 256 };

/* Of the terminals that are sent away at the end, so many come back each
 * second at most: what full handshakes of one core can bear (docs/why/limits.md). */
enum { RETURNING_PER_SECOND = 1000, SPREAD_LEAST_MS = 1000, MS_PER_SECOND = 1000 };

struct server {
    struct data *data;
    struct sockets sockets;
    int64_t drain_ms;
    bool webhooks_to_loopback;
    struct tls_server *tls; /* NULL: plain */
    struct gate *gate;
    struct broker *broker;
    struct pool *passwords;
    struct webhooks webhooks;
    struct doorway doorway;
    struct local_server *local;
    struct admin admin;
    struct operations operations;
    atomic_bool is_draining;
    struct node_site site;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t drained;
    unsigned draining; /* nodes */
    struct upkeep *upkeep;
    struct watchdog *watchdog;
    unsigned node_count;
    struct node nodes[BROKER_LOOPS_MAX];
};

/* --- Starting ---------------------------------------------------------------------------- */

static void signals_of_ours(sigset_t *out)
{
    (void)sigemptyset(out);
    (void)sigaddset(out, SIGINT);
    (void)sigaddset(out, SIGTERM);
    (void)sigaddset(out, SIGHUP);
}

void server_signals_block(void)
{
    sigset_t signals;

    signals_of_ours(&signals);
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

static enum fail broker_make(struct server *server, const struct server_options *from)
{
    struct executor *executors[BROKER_LOOPS_MAX];
    struct port port = doorway_port(&server->doorway);
    struct broker_options options = {.store = server->data->store,
                                     .passwords = server->passwords,
                                     .port = &port,
                                     .loops = executors,
                                     .pin_key = server->data->pin_key,
                                     .rate = from->rate,
                                     .credential_life_ms = from->credential_life_ms};
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

static void on_admin(void *context, unsigned user, struct slice request, struct buf *reply)
{
    admin_door_answer(context, user, request, reply);
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
                                   .upkeep = upkeep_port(server->upkeep),
                                   .allow_loopback = server->webhooks_to_loopback};
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
        fail = gate_create(&server->gate, &options->gate);
    }
    if (fail == FAIL_NONE) {
        fail = loops_make(server, loops);
    }
    server->doorway.first = &server->nodes[0];
    if (fail == FAIL_NONE) {
        fail = broker_make(server, options);
    }
    if (fail == FAIL_NONE) {
        fail = webhooks_create(&server->webhooks, server->nodes[0].loop, server->data->store,
                               options->webhooks_to_loopback);
        server->doorway.courier = server->webhooks.courier;
    }
    return fail;
}

static void site_make(struct server *server, const struct server_options *options)
{
    server->operations = (struct operations){.broker = server->broker,
                                             .store = server->data->store,
                                             .gate = server->gate,
                                             .tls = server->tls,
                                             .passwords = server->passwords,
                                             .draining = &server->is_draining,
                                             .moment_ms = server->data->moment_ms,
                                             .started_ms = clock_wall_ms()};
    server->site = (struct node_site){.broker = server->broker,
                                      .courier = server->webhooks.courier,
                                      .serve = {.tls = server->tls,
                                                .gate = server->gate,
                                                .trusted = options->trusted,
                                                .trusted_count = options->trusted_count},
                                      .hub = options->hub,
                                      .operations = &server->operations,
                                      .operations_apart = options->has_operations,
                                      .loopback_hosts_only = options->loopback_hosts_only,
                                      .origins = options->origins,
                                      .origin_count = options->origin_count};
}

/* Takes the sockets over. */
static enum fail nodes_open(struct server *server)
{
    struct sockets *sockets = &server->sockets;
    unsigned i;

    for (i = server->node_count; i > 0; i--) {
        struct node *node = &server->nodes[i - 1];
        enum fail fail = node_open(node, &server->site, sockets_take(sockets));

        if (fail != FAIL_NONE) {
            return fail;
        }
        server->doorway.hubs.by_loop[i - 1] = node->hub;
    }
    return sockets->operations < 0
               ? FAIL_NONE
               : node_open_operations(&server->nodes[0], sockets_take_operations(sockets));
}

static enum fail nodes_run(struct server *server)
{
    enum fail fail = FAIL_NONE;
    unsigned i;

    for (i = 0; i < server->node_count && fail == FAIL_NONE; i++) {
        fail = node_run(&server->nodes[i]);
    }
    return fail;
}

static enum fail tls_make(struct server *server, const struct server_options *options,
                          char problem[SERVER_PROBLEM_SIZE])
{
    struct tls_server_options tls = {.certificate_file = options->tls_certificate_file,
                                     .key_file = options->tls_key_file,
                                     .ticket_key = server->data->ticket_key};

    if (options->tls_certificate_file == NULL) {
        return FAIL_NONE;
    }
    return tls_server_create(&server->tls, &tls, problem);
}

/* From the sockets on; what was made is the server's, also on failure. */
static enum fail all_make(struct server *server, const struct server_options *options)
{
    enum fail fail = parts_make(server, options, server->sockets.count);

    if (fail == FAIL_NONE) {
        fail = payment_clock_recover(server->broker);
    }
    if (fail == FAIL_NONE) {
        site_make(server, options);
        fail = nodes_open(server);
    }
    if (fail == FAIL_NONE) {
        fail = admin_make(server);
    }
    return fail == FAIL_NONE ? nodes_run(server) : fail;
}

static_assert((int)SERVER_PROBLEM_SIZE >= (int)TLS_PROBLEM_SIZE &&
                  (int)SERVER_PROBLEM_SIZE >= (int)LISTEN_PROBLEM_SIZE,
              "every sentence fits");

enum fail server_start(struct server **out, const struct server_options *options,
                       char problem[SERVER_PROBLEM_SIZE])
{
    struct server *server = calloc(1, sizeof(*server));
    enum fail fail;

    if (server == NULL) {
        (void)text_format(problem, SERVER_PROBLEM_SIZE, "there is not enough memory to start");
        return FAIL_MEMORY;
    }
    page_start();
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->drained, NULL);
    server->data = options->data;
    server->drain_ms = options->drain_ms;
    server->webhooks_to_loopback = options->webhooks_to_loopback;
    sockets_init(&server->sockets);
    fail = tls_make(server, options, problem);
    if (fail == FAIL_NONE) {
        fail = sockets_open(&server->sockets, options, loops_wanted(), problem);
    }
    if (fail == FAIL_NONE) {
        fail = all_make(server, options);
        if (fail != FAIL_NONE) {
            (void)text_format(problem, SERVER_PROBLEM_SIZE, "cannot start: %s", fail_text(fail));
        }
    }
    if (fail == FAIL_NONE) {
        fail = watchdog_make(server);
    }
    if (fail != FAIL_NONE) {
        server_stop(&server);
        return fail;
    }
    *out = server;
    return FAIL_NONE;
}

void server_url(const struct server *server, char out[LISTEN_TEXT_SIZE])
{
    struct listen_address shown = server->sockets.address;
    struct tls_certificate certificate;

    if (shown.host[0] == '\0' && server->tls != NULL) {
        /* The name that callers must use, for the certificate is theirs to check. */
        tls_server_certificate(server->tls, &certificate);
        if (certificate.subject[0] != '*') {
            (void)text_format(shown.host, sizeof(shown.host), "%s", certificate.subject);
        }
    }
    sockets_url(&shown, server->tls != NULL, out);
}

void server_operations_url(const struct server *server, char out[LISTEN_TEXT_SIZE])
{
    sockets_url(&server->sockets.operations_address, false, out);
}

/* --- Running ------------------------------------------------------------------------------- */

static void reload(struct server *server)
{
    char problem[TLS_PROBLEM_SIZE];
    struct tls_certificate certificate;
    char until[CLOCK_UTC_SIZE];

    if (server->tls == NULL) {
        log_event(LOG_INFO, "server.nothing_to_reload", log_text("why", "it runs without TLS"));
    } else if (tls_server_reload(server->tls, problem) != FAIL_NONE) {
        log_event(
            LOG_ERROR, "tls.reload_failed", log_text("why", problem),
            log_text("do", "mend it and send SIGHUP again; the old certificate is still shown"));
    } else {
        tls_server_certificate(server->tls, &certificate);
        clock_utc_text(certificate.not_after_ms, until);
        log_event(LOG_INFO, "tls.reloaded", log_text("subject", certificate.subject),
                  log_text("until", until));
    }
}

void server_wait(struct server *server)
{
    sigset_t signals;
    int signal_number = 0;

    signals_of_ours(&signals);
    while (signal_number != SIGINT && signal_number != SIGTERM) {
        (void)sigwait(&signals, &signal_number);
        if (signal_number == SIGHUP) {
            reload(server);
        }
    }
    log_event(LOG_INFO, "server.stopping", log_number("signal", signal_number));
}

/* --- Stopping ------------------------------------------------------------------------------ */

static void on_drained(void *context)
{
    struct server *server = context;

    pthread_mutex_lock(&server->lock);
    server->draining--;
    pthread_cond_signal(&server->drained);
    pthread_mutex_unlock(&server->lock);
}

/* Calls in flight end, on all loops at once. */
static void nodes_drain(struct server *server)
{
    unsigned i;

    atomic_store(&server->is_draining, true);
    for (i = 0; i < server->node_count; i++) {
        if (server->nodes[i].running) {
            pthread_mutex_lock(&server->lock);
            server->draining++;
            pthread_mutex_unlock(&server->lock);
            node_drain(&server->nodes[i], server->drain_ms, on_drained, server);
        }
    }
    pthread_mutex_lock(&server->lock);
    while (server->draining > 0) {
        pthread_cond_wait(&server->drained, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

/* So long that the terminals do not come back faster than they can be taken. */
static int64_t spread_of(struct server *server)
{
    size_t count = server->broker == NULL ? 0 : presence_count(&server->broker->presence);
    int64_t spread_ms = SPREAD_LEAST_MS + (int64_t)count * MS_PER_SECOND / RETURNING_PER_SECOND;

    return spread_ms < TERMINAL_RETRY_AFTER_MS_MAX ? spread_ms : TERMINAL_RETRY_AFTER_MS_MAX;
}

static void nodes_stop(struct server *server)
{
    int64_t spread_ms = spread_of(server);
    unsigned i;

    for (i = 0; i < server->node_count; i++) {
        node_stop(&server->nodes[i], spread_ms);
    }
    for (i = 0; i < server->node_count; i++) {
        node_join(&server->nodes[i]);
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
    nodes_drain(server);
    upkeep_destroy(&server->upkeep);
    if (server->broker != NULL) {
        broker_stop(server->broker);
    }
    nodes_stop(server);
    webhooks_stop(&server->webhooks); /* its last answers are stored before the store goes */
    posted_run(server);
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
    webhooks_destroy(&server->webhooks);
    for (i = 0; i < server->node_count; i++) {
        node_close(&server->nodes[i]);
    }
    for (i = 0; i < server->node_count; i++) {
        loop_destroy(&server->nodes[i].loop);
    }
    broker_destroy(&server->broker);
    sockets_close(&server->sockets);
    gate_destroy(&server->gate);
    tls_server_destroy(&server->tls);
    pthread_cond_destroy(&server->drained);
    pthread_mutex_destroy(&server->lock);
    free(server);
    log_finish();
}
