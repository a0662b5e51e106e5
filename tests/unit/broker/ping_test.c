/* The way of a ping between loops: found, moved, gone, and what the store says
 * of a terminal that is not connected. */
#include "base/clock.h"
#include "broker/ping.h"
#include "broker/presence.h"
#include "unit/broker/scene.h"

enum { CREATED_MS = 12345 };

/* --- The door, as the broker sees it -------------------------------------- */

static struct door {
    struct presence *presence; /* of the last ping that reached a terminal */
    struct ping *ping;
    unsigned pings;
} door;

static void port_ping(struct presence *presence, struct ping *ping)
{
    door.presence = presence;
    door.ping = ping;
    door.pings++;
}

static const struct port PORT = {.ping = port_ping};

static struct scene *open_scene(void)
{
    door = (struct door){0};
    return scene_make(&PORT, false);
}

/* --- Terminals -------------------------------------------------------------- */

static void no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
    abort(); /* no test here replaces anybody */
}

static struct presence terminal_make(int64_t business, const char *code, unsigned loop)
{
    struct presence presence = {.device = business * 10,
                                .business = business,
                                .created_ms = CREATED_MS,
                                .loop = loop,
                                .listening = true};

    memcpy(presence.code, code, CODE_SIZE);
    return presence;
}

static void come(struct scene *scene, struct presence *presence)
{
    WORKS(presence_add(&scene->broker->presence, presence, no_kick, NULL));
}

static void leave(struct scene *scene, struct presence *presence)
{
    assert_true(presence_remove(&scene->broker->presence, presence));
}

static void move(struct scene *scene, struct presence *presence, unsigned loop)
{
    leave(scene, presence);
    presence->loop = loop;
    come(scene, presence);
}

struct registering {
    int64_t business;
    struct device device;
};

static enum fail device_register(struct store_tx *tx, void *argument)
{
    struct registering *registering = argument;

    registering->device = device_add(tx, registering->business, "TW-1", "credential");
    return FAIL_NONE;
}

/* --- Pings ------------------------------------------------------------------- */

struct call {
    struct ping ping;
    unsigned answers;
    enum ping_outcome outcome;
};

static void on_done(struct ping *ping, enum ping_outcome outcome)
{
    struct call *call = LIST_ITEM(ping, struct call, ping);

    call->answers++;
    call->outcome = outcome;
}

static void ping_from(struct scene *scene, struct call *call, const char *code, unsigned loop)
{
    *call = (struct call){
        .ping = {.business = scene->business, .message = "", .loop = loop, .done = on_done}};
    memcpy(call->ping.code, code, CODE_SIZE);
    ping_start(scene->broker, &call->ping);
}

static void on_the_same_loop_nothing_is_posted(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 1);
    struct call call;

    (void)state;
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 1);
    assert_int_equal(door.pings, 1);
    assert_ptr_equal(door.presence, &terminal);
    assert_ptr_equal(door.ping, &call.ping);
    assert_int_equal(call.answers, 0);
    ping_finish(door.ping, PING_SHOWN);
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.outcome, PING_SHOWN);
    leave(scene, &terminal);
    scene_remove(scene);
}

static void on_another_loop_it_goes_there_and_its_answer_comes_back(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 2);
    struct call call;

    (void)state;
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 0);
    assert_int_equal(door.pings, 0);
    scene_run(scene, 2, 1);
    assert_ptr_equal(door.ping, &call.ping);
    ping_finish(door.ping, PING_NOT_LISTENING);
    assert_int_equal(call.answers, 0); /* not on the terminal's loop */
    scene_run(scene, 0, 1);
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.outcome, PING_NOT_LISTENING);
    leave(scene, &terminal);
    scene_remove(scene);
}

static void a_terminal_that_moved_meanwhile_is_followed(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 1);
    struct call call;

    (void)state;
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 0);
    move(scene, &terminal, 2);
    scene_run(scene, 1, 1);
    assert_int_equal(door.pings, 0);
    scene_run(scene, 2, 1);
    assert_int_equal(door.pings, 1);
    ping_finish(door.ping, PING_SHOWN);
    scene_run(scene, 0, 1);
    assert_int_equal(call.outcome, PING_SHOWN);
    leave(scene, &terminal);
    scene_remove(scene);
}

static void a_terminal_that_moved_to_the_callers_loop_is_answered_at_once(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 1);
    struct call call;

    (void)state;
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 0);
    move(scene, &terminal, 0);
    scene_run(scene, 1, 1);
    scene_run(scene, 0, 1);
    assert_int_equal(door.pings, 1);
    ping_finish(door.ping, PING_SHOWN);
    assert_int_equal(call.answers, 1);
    leave(scene, &terminal);
    scene_remove(scene);
}

static void a_terminal_that_keeps_moving_is_given_up_after_three_hops(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 1);
    struct call call;

    (void)state;
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 0);
    move(scene, &terminal, 2);
    scene_run(scene, 1, 1); /* the second hop */
    move(scene, &terminal, 1);
    scene_run(scene, 2, 1); /* the third */
    move(scene, &terminal, 2);
    scene_run(scene, 1, 1);
    assert_int_equal(door.pings, 0);
    scene_run(scene, 0, 1);
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.outcome, PING_NOT_LISTENING);
    leave(scene, &terminal);
    scene_remove(scene);
}

static void a_terminal_that_leaves_on_the_way_is_not_listening(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 1);
    struct call call;

    (void)state;
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 0);
    leave(scene, &terminal);
    scene_run(scene, 1, 1);
    scene_run(scene, 0, 1);
    assert_int_equal(call.outcome, PING_NOT_LISTENING);
    scene_remove(scene);
}

static void a_terminal_that_does_not_listen_is_not_disturbed(void **state)
{
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 1);
    struct call call;

    (void)state;
    come(scene, &terminal);
    presence_set_listening(&scene->broker->presence, &terminal, false);
    ping_from(scene, &call, "JSV5", 1);
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.outcome, PING_NOT_LISTENING);
    presence_set_listening(&scene->broker->presence, &terminal, true);
    ping_from(scene, &call, "JSV5", 0);
    presence_set_listening(&scene->broker->presence, &terminal, false); /* on the way */
    scene_run(scene, 1, 1);
    scene_run(scene, 0, 1);
    assert_int_equal(call.outcome, PING_NOT_LISTENING);
    assert_int_equal(door.pings, 0);
    leave(scene, &terminal);
    scene_remove(scene);
}

static void a_registered_terminal_that_is_not_connected_is_not_listening(void **state)
{
    struct scene *scene = open_scene();
    struct registering registering = {.business = scene->business};
    struct call call;

    (void)state;
    scene_do(scene, device_register, &registering);
    ping_from(scene, &call, registering.device.code, 0);
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.outcome, PING_NOT_LISTENING);
    scene_remove(scene);
}

static void unknown_and_foreign_terminals_are_not_found(void **state)
{
    struct scene *scene = open_scene();
    struct registering foreign = {.business = scene->other};
    struct presence connected;
    struct call call;

    (void)state;
    ping_from(scene, &call, "ZZZZ", 0);
    assert_int_equal(call.outcome, PING_NOT_FOUND);
    scene_do(scene, device_register, &foreign);
    ping_from(scene, &call, foreign.device.code, 0);
    assert_int_equal(call.outcome, PING_NOT_FOUND);
    connected = terminal_make(scene->other, foreign.device.code, 0);
    come(scene, &connected);
    ping_from(scene, &call, foreign.device.code, 0);
    assert_int_equal(call.outcome, PING_NOT_FOUND);
    assert_int_equal(door.pings, 0);
    leave(scene, &connected);
    scene_remove(scene);
}

static void when_the_store_cannot_be_asked_nothing_is_claimed(void **state)
{
    struct scene *scene = open_scene();
    struct call call;

    (void)state;
    broker_stop(scene->broker);
    ping_from(scene, &call, "ZZZZ", 0);
    scene_run(scene, 0, 1);
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.outcome, PING_TROUBLE);
    scene_remove(scene);
}

static void device_query_tells_when_a_device_got_its_code(void **state)
{
    struct scene *scene = open_scene();
    struct registering registering = {.business = scene->business};
    struct call call;

    (void)state;
    scene_do(scene, device_register, &registering);
    ping_from(scene, &call, registering.device.code, 0);
    assert_int_equal(call.ping.query.created_ms, NOW_MS);
    scene_remove(scene);
}

/* --- Counted ------------------------------------------------------------------- */

static int64_t counted_now_ms;

static int64_t counted_monotonic(void *context)
{
    (void)context;
    return counted_now_ms * 1000000;
}

static uint64_t pings_timed(void)
{
    uint64_t count = 0;
    size_t i;

    for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        count += counter_read(&ping_time.within[i]);
    }
    return count;
}

/* Outcomes are counted once each, and how long each ping took. */
static void each_end_of_a_ping_is_counted_with_its_time(void **state)
{
    const struct clock_source clock = {.monotonic_ns = counted_monotonic};
    struct scene *scene = open_scene();
    struct presence terminal = terminal_make(scene->business, "JSV5", 2);
    uint64_t shown = counter_read(&ping_outcomes[PING_SHOWN]);
    uint64_t silent = counter_read(&ping_outcomes[PING_NOT_LISTENING]);
    uint64_t unknown = counter_read(&ping_outcomes[PING_NOT_FOUND]);
    uint64_t took_us = counter_read(&ping_time.sum_us);
    uint64_t timed = pings_timed();
    struct call call;

    (void)state;
    clock_replace(&clock);
    come(scene, &terminal);
    ping_from(scene, &call, "JSV5", 0); /* on another loop */
    scene_run(scene, 2, 1);
    counted_now_ms += 7;
    ping_finish(door.ping, PING_SHOWN);
    assert_int_equal(counter_read(&ping_outcomes[PING_SHOWN]), shown);
    counted_now_ms += 2;
    scene_run(scene, 0, 1);
    assert_int_equal(counter_read(&ping_outcomes[PING_SHOWN]), shown + 1);
    assert_int_equal(counter_read(&ping_time.sum_us) - took_us, 9000);

    ping_from(scene, &call, "JSV5", 2); /* on its own */
    counted_now_ms += 3000;
    ping_finish(door.ping, PING_NOT_LISTENING);
    assert_int_equal(counter_read(&ping_outcomes[PING_NOT_LISTENING]), silent + 1);
    assert_int_equal(counter_read(&ping_time.sum_us) - took_us, 3009000);

    ping_from(scene, &call, "ZZZZ", 0); /* nowhere */
    assert_int_equal(counter_read(&ping_outcomes[PING_NOT_FOUND]), unknown + 1);
    assert_int_equal(pings_timed() - timed, 3);
    clock_replace(NULL);
    leave(scene, &terminal);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_same_loop_nothing_is_posted),
        cmocka_unit_test(on_another_loop_it_goes_there_and_its_answer_comes_back),
        cmocka_unit_test(a_terminal_that_moved_meanwhile_is_followed),
        cmocka_unit_test(a_terminal_that_moved_to_the_callers_loop_is_answered_at_once),
        cmocka_unit_test(a_terminal_that_keeps_moving_is_given_up_after_three_hops),
        cmocka_unit_test(a_terminal_that_leaves_on_the_way_is_not_listening),
        cmocka_unit_test(a_terminal_that_does_not_listen_is_not_disturbed),
        cmocka_unit_test(a_registered_terminal_that_is_not_connected_is_not_listening),
        cmocka_unit_test(unknown_and_foreign_terminals_are_not_found),
        cmocka_unit_test(when_the_store_cannot_be_asked_nothing_is_claimed),
        cmocka_unit_test(device_query_tells_when_a_device_got_its_code),
        cmocka_unit_test(each_end_of_a_ping_is_counted_with_its_time),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
