/* Puts the server's rooms together as src/server does, without sockets. What
 * the store's threads and the other loops post comes after a while of chance,
 * in order, so that anything may happen between a commit and the loop that
 * hears of it. */
#include "simulation/server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "broker/broker.h"
#include "broker/payment_clock.h"
#include "broker/ping.h"
#include "device/hub.h"
#include "device/session_payment.h"
#include "hook/courier.h"
#include "net/loop.h"
#include "simulation/cable.h"
#include "simulation/disk.h"
#include "simulation/receiver.h"
#include "simulation/server_part.h"

enum { ROUNDS = 6, DIRECTORY_SIZE = 256, LATE_PERCENT = 15, LATE_MS = 4 };

static const uint8_t PIN_KEY[SECRET_KEY_SIZE] = "a key for simulations";

/* --- Executors ---------------------------------------------------------------- */

static void hand_over(struct server_executor *executor)
{
    struct list_link *link = list_pop_front(&executor->posted);
    struct loop *loop = executor->server->loops[executor->loop];

    if (link != NULL) {
        executor_post(loop_executor(loop), LIST_ITEM(link, struct task, link));
    }
}

static void run_posted(struct moment *moment);

static void expect(struct server_executor *executor)
{
    struct world *world = executor->server->world;

    if (!list_is_empty(&executor->posted) && !moment_is_set(&executor->moment)) {
        world_later(world, &executor->moment,
                    world_percent(world, LATE_PERCENT) ? world_between(world, 1, LATE_MS) : 0,
                    run_posted);
    }
}

static void run_posted(struct moment *moment)
{
    struct server_executor *executor = LIST_ITEM(moment, struct server_executor, moment);

    hand_over(executor);
    loop_run_posted(executor->server->loops[executor->loop]);
    expect(executor);
}

static void executor_is_given(struct executor *executor, struct task *task)
{
    struct server_executor *own = LIST_ITEM(executor, struct server_executor, executor);

    if (own->server->tells_now) { /* and what it posts waits its turn */
        own->server->tells_now = false;
        task->run(task);
        own->server->tells_now = true;
        return;
    }
    list_push_back(&own->posted, &task->link);
    expect(own);
}

/* All that was posted, and what it posts. */
static void run_all_posted(struct server *server)
{
    bool any = true;
    unsigned i;

    while (any) {
        any = false;
        for (i = 0; i < WORLD_LOOPS; i++) {
            any = any || !list_is_empty(&server->executors[i].posted);
            hand_over(&server->executors[i]);
            loop_run_posted(server->loops[i]);
        }
    }
}

/* --- Time ---------------------------------------------------------------------------- */

static void clock_is_due(struct loop_timer *timer)
{
    LIST_ITEM(timer, struct server, clock_timer)->clock_is_sooner = true;
}

static void clock_turn(struct server *server)
{
    if (server->clock_is_sooner && !server->ending) {
        enum fail fail;
        int64_t delay_ms;

        server->clock_is_sooner = false;
        delay_ms = payment_clock_run(server->broker);
        loop_timer_cancel(server->loops[0], &server->clock_timer);
        fail = loop_timer_set(server->loops[0], &server->clock_timer, delay_ms, clock_is_due);
        assert(fail == FAIL_NONE);
        (void)fail;
    }
}

static void loops_turn(struct server *server)
{
    unsigned i;

    for (i = 0; i < WORLD_LOOPS; i++) {
        int64_t at_ms = server->world->now_ms - server->started_ms;

        loop_advance(server->loops[i], at_ms - loop_now_ms(server->loops[i]));
    }
}

void server_turn(struct world *world)
{
    struct server *server = world->server;
    unsigned round;

    for (round = 0; server->up && round < ROUNDS; round++) {
        loops_turn(server);
        clock_turn(server);
    }
    if (server->up && (server->silent || disk_has_failed())) {
        world_note(world, "the server's disk fails");
        server_end(world,
                   chance_percent(&world->chance, 50) ? SERVER_LOSES_POWER : SERVER_IS_KILLED);
    }
}

int64_t server_due_ms(const struct world *world)
{
    const struct server *server = world->server;
    int64_t due_ms = -1;
    unsigned i;

    for (i = 0; server->up && i < WORLD_LOOPS; i++) {
        int64_t in_ms = loop_due_in_ms(server->loops[i]);

        if (in_ms >= 0 && (due_ms < 0 || world->now_ms + in_ms < due_ms)) {
            due_ms = world->now_ms + in_ms;
        }
    }
    return server->up && server->clock_is_sooner ? world->now_ms : due_ms;
}

/* --- Its process ------------------------------------------------------------------------ */

static void on_broken(void *context, enum fail fail)
{
    (void)fail;
    ((struct server *)context)->silent = true;
}

/* The store makes the database's file by itself before SQLite comes, and so there
 * must be a directory; what stands in the file is disk.c's. One for all runs. */
static char directory[DIRECTORY_SIZE];

static void directory_remove(void)
{
    char path[DIRECTORY_SIZE + 16];

    (void)snprintf(path, sizeof(path), "%s/tillwire.db", directory);
    (void)unlink(path);
    (void)rmdir(directory);
}

static const char *directory_make(void)
{
    const char *parent = getenv("TMPDIR");
    const char *made;

    if (directory[0] == '\0') {
        (void)snprintf(directory, sizeof(directory), "%s/simulation-XXXXXX",
                       parent == NULL ? "/tmp" : parent);
        made = mkdtemp(directory);
        assert(made != NULL);
        (void)made;
        (void)atexit(directory_remove);
    }
    return directory;
}

/* False when the disk has failed meanwhile. */
static bool store_begin(struct server *server)
{
    char problem[STORE_PROBLEM_SIZE];
    struct store_options options = {
        .directory = directory_make(), .readers = 1, .broken = on_broken, .context = server};

    if (store_open(&server->store, &options, problem) == FAIL_NONE) {
        return true;
    }
    world_note(server->world, "the store does not open: %s", problem);
    if (!disk_has_failed() && !disk_is_full()) {
        world_violation(server->world, "start", "%s", problem);
    }
    return false;
}

#define WORKS(call)                                                                                \
    do {                                                                                           \
        enum fail fail_of_call = (call);                                                           \
        assert(fail_of_call == FAIL_NONE);                                                         \
        (void)fail_of_call;                                                                        \
    } while (0)

static void broker_begin(struct server *server)
{
    struct executor *executors[WORLD_LOOPS];
    struct port port = server_port(server);
    struct broker_options options = {.store = server->store,
                                     .passwords = server->passwords,
                                     .port = &port,
                                     .loop_count = WORLD_LOOPS,
                                     .loops = executors,
                                     .pin_key = PIN_KEY};
    struct courier_options courier = {.store = server->store};
    unsigned i;

    for (i = 0; i < WORLD_LOOPS; i++) {
        struct server_executor *executor = &server->executors[i];

        WORKS(loop_create_still(&server->loops[i], i));
        *executor = (struct server_executor){
            .executor.post = executor_is_given, .server = server, .loop = i};
        list_init(&executor->posted);
        executors[i] = &executor->executor;
    }
    WORKS(broker_create(&server->broker, &options));
    for (i = 0; i < WORLD_LOOPS; i++) {
        WORKS(hub_create(&server->hubs.by_loop[i], server->loops[i], server->broker, NULL));
    }
    courier.loop = server->loops[0];
    courier.home = executors[0];
    courier.client = (struct courier_client){.send = receiver_send, .context = server->world};
    WORKS(courier_create(&server->courier, &courier));
}

void server_start(struct world *world)
{
    struct server *server = world->server;

    assert(!server->up);
    disk_power_on();
    server->silent = server->ending = false;
    if (!store_begin(server)) {
        server->silent = true;
        return;
    }
    world_note(world, "the server starts");
    server->started_ms = world->now_ms;
    server->starts++;
    WORKS(pool_create(&server->passwords, "passwords", 0, 1, NULL));
    broker_begin(server);
    server->up = true;
    if (payment_clock_recover(server->broker) != FAIL_NONE) {
        world_note(world, "the server does not recover");
        server_end(world, SERVER_IS_KILLED);
        return;
    }
    courier_start(server->courier);
    server->clock_is_sooner = true;
}

static void everything_closes(struct server *server)
{
    unsigned i;

    loop_timer_cancel(server->loops[0], &server->clock_timer);
    for (i = 0; i < WORLD_LOOPS; i++) {
        agenda_take(&server->world->agenda, &server->executors[i].moment);
    }
    courier_destroy(&server->courier);
    for (i = 0; i < WORLD_LOOPS; i++) {
        hub_destroy(&server->hubs.by_loop[i]);
    }
    for (i = 0; i < WORLD_LOOPS; i++) {
        loop_destroy(&server->loops[i]);
    }
    broker_destroy(&server->broker);
}

/* Where it does not end in good order, the disk is dead and nothing gets out
 * from the first line: what is done below frees its memory, and no more. */
void server_end(struct world *world, enum server_end end)
{
    static const char *const words[] = {[SERVER_STOPS] = "stops",
                                        [SERVER_IS_KILLED] = "is killed",
                                        [SERVER_LOSES_POWER] = "loses its power"};
    struct server *server = world->server;
    unsigned i;

    assert(server->up && !server->ending);
    world_note(world, "the server %s", words[end]);
    server->ending = true;
    if (end != SERVER_STOPS) {
        server->silent = true;
        disk_power_off();
    }
    broker_stop(server->broker);
    courier_stop(server->courier);
    for (i = 0; i < WORLD_LOOPS; i++) {
        hub_stop(server->hubs.by_loop[i], 0);
    }
    run_all_posted(server);
    cable_server_ends(world, end == SERVER_LOSES_POWER);
    receivers_cut(world);
    run_all_posted(server);
    pool_destroy(&server->passwords);
    store_close(&server->store);
    run_all_posted(server);
    assert(server->calls == 0);
    assert(presence_count(&server->broker->presence) == 0);
    everything_closes(server);
    server->up = server->ending = false;
}

void server_create(struct world *world)
{
    struct server *server = calloc(1, sizeof(*server));

    assert(server != NULL);
    server->world = world;
    world->server = server;
}

void server_destroy(struct world *world)
{
    assert(!world->server->up);
    free(world->server);
    world->server = NULL;
}

bool server_is_up(const struct world *world)
{
    return world->server->up && !world->server->ending && !world->server->silent;
}

bool server_is_silent(const struct world *world)
{
    return world->server->silent || disk_has_failed();
}

struct broker *server_broker(struct world *world)
{
    return world->server->broker;
}

struct hub *server_hub(struct world *world, unsigned loop)
{
    return world->server->hubs.by_loop[loop];
}

struct store *server_store(struct world *world)
{
    return world->server->store;
}

struct executor *server_executor(struct world *world, unsigned loop)
{
    return &world->server->executors[loop].executor;
}

unsigned *server_calls(struct world *world)
{
    return &world->server->calls;
}

uint64_t server_commits(struct world *world)
{
    return store_counters(world->server->store).commits;
}

uint64_t server_starts(const struct world *world)
{
    return world->server->starts;
}

enum fail server_read(struct world *world, struct store_job *job)
{
    return store_read_wait(world->server->store, job);
}

enum fail server_write(struct world *world, struct store_job *job)
{
    return store_write_wait(world->server->store, job);
}

void server_tell_now(struct world *world, bool now)
{
    world->server->tells_now = now;
}
