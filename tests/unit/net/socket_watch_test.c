/* Heartbeats of WebSockets: who is silent for 3 seconds is pinged, who is
 * silent for 2 more is cut. */
#include "unit/net/socket_scene.h"
#include "unit/wire/failing_memory.h"

enum { SECOND_MS = 1000, HOUR_MS = 3600 * 1000 };

static void a_silent_client_is_pinged_and_then_cut(void **state)
{
    (void)state;
    scene_start();
    peer_clock_move(loop, 2 * SECOND_MS);
    client_hears_no_more_than("");
    peer_clock_move(loop, SECOND_MS);
    client_hears("ping");
    peer_clock_move(loop, 2 * SECOND_MS - 1);
    assert_false(scene_ended);
    peer_clock_move(loop, 1);
    server_hears("end 1006");
    client_hears_no_more_than("ping"); /* one, and no goodbye */
    peer_receive_end(&peer);
    scene_finish();
}

static void a_client_that_answers_is_pinged_again_later(void **state)
{
    (void)state;
    scene_start();
    peer_clock_move(loop, 3 * SECOND_MS);
    client_hears("ping");
    peer_clock_move(loop, SECOND_MS);
    frame_send(WEBSOCKET_PONG, "");
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 2 * SECOND_MS);
    client_hears_no_more_than("ping");
    peer_clock_move(loop, SECOND_MS);
    client_hears("ping | ping");
    assert_false(scene_ended);
    scene_finish();
}

static void every_byte_is_a_sign_of_life(void **state)
{
    unsigned i;

    (void)state;
    scene_start();
    for (i = 0; i < 6; i++) {
        peer_send_bytes(&peer, "\x81\x84\0\0\0\0life" + i, 1);
        peer_run_until_quiet(loop);
        peer_clock_move(loop, 2 * SECOND_MS);
    }
    client_hears_no_more_than("");
    assert_false(scene_ended);
    scene_finish();
}

static void what_we_say_is_no_sign_of_life(void **state)
{
    (void)state;
    scene_start();
    peer_clock_move(loop, 2 * SECOND_MS);
    scene_send("are you there");
    peer_clock_move(loop, SECOND_MS);
    client_hears("text are you there | ping");
    scene_finish();
}

static void only_the_silent_one_of_two_is_pinged(void **state)
{
    struct peer other;

    (void)state;
    scene_start();
    peer_connect(&other, loop, port);
    handshake(&other);
    assert_int_equal(scene_upgrades, 2);
    peer_clock_move(loop, 2 * SECOND_MS);
    text_send("x"); /* now the other one was heard longest ago */
    server_hears("text x | ");
    peer_clock_move(loop, SECOND_MS);
    peer_receive(&other, 2);
    assert_memory_equal(other.got, "\x89\0", 2);
    client_hears_no_more_than("");
    peer_clock_move(loop, 2 * SECOND_MS);
    client_hears("ping");
    peer_receive_end(&other);
    peer_close(&other);
    assert_false(scene_ended);
    scene_finish();
}

static void a_probe_asks_at_once(void **state)
{
    (void)state;
    scene_start();
    scene_probe(500);
    client_hears("ping");
    peer_clock_move(loop, 300);
    scene_probe(500); /* a second one gives no more time */
    peer_clock_move(loop, 199);
    assert_false(scene_ended);
    client_hears_no_more_than("ping");
    peer_clock_move(loop, 1);
    server_hears("end 1006");
    scene_finish();
}

static void a_probe_that_is_answered_is_over(void **state)
{
    (void)state;
    scene_start();
    scene_probe(500);
    client_hears("ping");
    text_send("yes");
    server_hears("text yes | ");
    peer_clock_move(loop, 2 * SECOND_MS);
    assert_false(scene_ended);
    peer_clock_move(loop, SECOND_MS);
    client_hears("ping | ping"); /* and it is watched as before */
    scene_finish();
}

static void a_goodbye_is_not_cut_short_by_a_probe(void **state)
{
    (void)state;
    scene_start();
    scene_probe(500);
    scene_close(1000, "");
    peer_clock_move(loop, 500);
    assert_false(scene_ended);
    client_hears("ping | close 1000");
    scene_finish();
}

/* The machine slept: everything is due at once, also what has said goodbye. */
static void a_leap_of_the_clock_does_no_harm(void **state)
{
    (void)state;
    scene_start();
    close_send(1000, "");
    client_hears("close 1000");
    assert_false(scene_ended);
    peer_clock_move(loop, HOUR_MS);
    server_hears("end 1000");
    scene_finish();

    scene_start();
    scene_close(1001, "");
    client_hears("close 1001");
    peer_clock_move(loop, HOUR_MS);
    server_hears("end 1001");
    scene_finish();

    scene_start();
    peer_clock_move(loop, HOUR_MS);
    client_hears("ping"); /* asked, not cut unheard */
    assert_false(scene_ended);
    scene_finish();
}

static void fail_first(void)
{
    failing_memory_start(0);
}

static void without_memory_a_client_is_told_to_come_back(void **state)
{
    struct socket_watch *none = NULL;
    const struct socket_watch_options options = {.idle_ms = 1, .answer_ms = 1};

    (void)state;
    scene_start_bare();
    failing_memory_start(0);
    assert_int_equal(socket_watch_create(&none, loop, &options), FAIL_MEMORY);
    failing_memory_stop();
    assert_null(none);
    socket_watch_destroy(&none);                              /* accepts NULL */
    peer_send(&peer, "GET / HTTP/1.1\r\nHost: till\r\n\r\n"); /* the service's own memory */
    peer_receive_end(&peer);
    peer_close(&peer);
    peer_connect(&peer, loop, port);
    scene_on_upgrade = fail_first;
    peer_send(&peer, SCENE_REQUEST);
    PEER_RUN_UNTIL(loop, scene_upgrade_fail == FAIL_MEMORY);
    failing_memory_stop();
    peer_receive_end(&peer);
    assert_true(slice_starts_with(slice_of(peer.got), "HTTP/1.1 503 "));
    scene_finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_client_is_pinged_and_then_cut),
        cmocka_unit_test(a_client_that_answers_is_pinged_again_later),
        cmocka_unit_test(every_byte_is_a_sign_of_life),
        cmocka_unit_test(what_we_say_is_no_sign_of_life),
        cmocka_unit_test(only_the_silent_one_of_two_is_pinged),
        cmocka_unit_test(a_probe_asks_at_once),
        cmocka_unit_test(a_probe_that_is_answered_is_over),
        cmocka_unit_test(a_goodbye_is_not_cut_short_by_a_probe),
        cmocka_unit_test(a_leap_of_the_clock_does_no_harm),
        cmocka_unit_test(without_memory_a_client_is_told_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
