/* How connections end: clients that only stop sending, clients that do not
 * read, and the service itself. */
#include "unit/net/serve_scene.h"

enum { BIG = 400000, READ_MS = SERVE_READ_MS, FLOOD_MAX = 64 * 1024 * 1024 };

#define GET(path) "GET " path " HTTP/1.1\r\nHost: till\r\n\r\n"

static void stop_sending(void)
{
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    peer_run_until_quiet(loop);
}

/* --- Clients that send no more ----------------------------------------------------- */

static void who_only_stops_sending_gets_the_late_answer(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    stop_sending();
    peer_receive_nothing(&peer);
    scene_answer("late");
    peer_receive_end(&peer);
    assert_non_null(strstr(peer.got, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(peer.got, "\r\n\r\nlate"));
    assert_false(peer.reset);
    PEER_RUN_UNTIL(loop, serve_is_idle(serve)); /* and the connection is not waited for */
    scene_finish();
}

static void all_that_was_asked_is_answered_after_the_end(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later/1") GET("/now") GET("/later/2") "GET /half HTTP/1.1\r\n");
    scene_run_until_asked(1);
    stop_sending();
    scene_answer("first");
    peer_receive_text(&peer, "/now");
    scene_run_until_asked(1);
    scene_answer("second");
    peer_receive_end(&peer);
    assert_non_null(strstr(peer.got, "second"));
    assert_null(strstr(peer.got, "408"));
    scene_expect_log("GET /later/1 | GET /now | GET /later/2 | ");
    PEER_RUN_UNTIL(loop, serve_is_idle(serve));
    scene_finish();
}

static void who_stops_sending_between_or_inside_requests_is_closed(void **state)
{
    static const char *const before[] = {
        "", GET("/a"), "GET /half",
        "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 9\r\n\r\nhalf"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        scene_start(NULL, false);
        peer_send(&peer, before[i]);
        peer_run_until_quiet(loop);
        stop_sending();
        peer_receive_end(&peer);
        assert_false(peer.reset);
        assert_null(strstr(peer.got, "HTTP/1.1 4"));
        PEER_RUN_UNTIL(loop, serve_is_idle(serve));
        scene_finish();
    }
}

static void who_stops_sending_gets_the_whole_of_a_big_answer(void **state)
{
    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    peer_send(&peer, GET("/big/400000"));
    stop_sending();
    peer_receive_end(&peer);
    assert_in_range(peer.length, BIG, BIG + 1000);
    scene_finish();
}

/* --- Clients that do not read ------------------------------------------------------- */

static void nothing_more_is_asked_before_an_answer_was_taken(void **state)
{
    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    peer_send(&peer, GET("/big/400000") GET("/next") GET("/big/300000") GET("/end"));
    peer_run_until_quiet(loop);
    scene_expect_log("GET /big/400000 | ");
    peer_receive_text(&peer, "/next");
    peer_receive_text(&peer, "/end");
    scene_expect_log("GET /big/400000 | GET /next | GET /big/300000 | GET /end | ");
    scene_finish();
}

/* Sends for as long as somebody takes it. */
static void flood(void)
{
    static char rubbish[64 * 1024];
    unsigned refused = 0;
    size_t all = 0;

    memset(rubbish, 'r', sizeof(rubbish));
    while (refused < PEER_QUIET_ROUNDS && all < FLOOD_MAX) {
        ssize_t sent = send(peer.descriptor, rubbish, sizeof(rubbish), MSG_DONTWAIT | MSG_NOSIGNAL);

        refused = sent > 0 ? 0 : refused + 1;
        all += sent > 0 ? (size_t)sent : 0;
        peer_run(loop, -1, 0);
    }
    assert_true(all < FLOOD_MAX);
}

static void who_does_not_read_is_not_read_either(void **state)
{
    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    peer_send(&peer, GET("/big/400000"));
    peer_run_until_quiet(loop);
    flood(); /* what it sends meanwhile waits with the kernel */
    assert_false(serve_is_idle(serve));
    peer_receive(&peer, BIG + 100);
    assert_true(peer.length >= BIG + 100);
    peer_receive_end(&peer); /* what it sent was no request */
    scene_finish();
}

static void who_takes_nothing_of_an_answer_is_cut(void **state)
{
    size_t had;

    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    peer_send(&peer, GET("/big/400000"));
    peer_run_until_quiet(loop);
    peer_clock_move(loop, READ_MS - 1);
    assert_false(serve_is_idle(serve));
    peer_receive(&peer, peer.length + 200000); /* it reads after all: it has as long again */
    had = peer.length;
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 1);
    peer_clock_move(loop, READ_MS - 1);
    assert_false(serve_is_idle(serve));
    peer_clock_move(loop, 1);
    PEER_RUN_UNTIL(loop, serve_is_idle(serve));
    peer_receive_end(&peer);
    assert_in_range(peer.length, had, BIG - 1);
    scene_finish();
}

static void who_has_taken_all_is_kept(void **state)
{
    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    peer_send(&peer, GET("/big/400000"));
    peer_run_until_quiet(loop);
    peer_clock_move(loop, READ_MS - 1);
    peer_receive(&peer, BIG + 100);
    peer_run_until_quiet(loop);
    peer_clock_move(loop, READ_MS);
    peer_forget(&peer);
    peer_send(&peer, GET("/next"));
    scene_receive("/next");
    peer_clock_move(loop, SERVE_IDLE_MS - 1);
    peer_receive_nothing(&peer);
    peer_clock_move(loop, 1);
    peer_receive_end(&peer);
    scene_finish();
}

/* --- Draining -------------------------------------------------------------------------- */

static void draining_closes_who_has_nothing_under_way(void **state)
{
    struct peer asked;

    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/a"));
    scene_receive("/a");
    peer_connect(&asked, loop, port);
    peer_send(&asked, GET("/later"));
    scene_run_until_asked(1);
    serve_drain(serve);
    peer_clock_move(loop, SERVE_DRAIN_KEPT_MS - 1);
    peer_receive_nothing(&peer);
    peer_clock_move(loop, 1);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_int_equal(peer.length, 0);
    assert_false(serve_is_idle(serve));
    scene_answer("last");
    peer_receive_end(&asked);
    assert_non_null(strstr(asked.got, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(asked.got, "\r\n\r\nlast"));
    peer_close(&asked);
    peer_close(&peer);
    PEER_RUN_UNTIL(loop, serve_is_idle(serve));
    scene_finish();
}

static void a_request_that_was_on_its_way_is_served_while_draining(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later") GET("/behind") GET("/last"));
    scene_run_until_asked(1);
    serve_drain(serve);
    scene_answer("first");
    peer_receive_end(&peer);
    assert_non_null(strstr(peer.got, "\r\n\r\nfirstHTTP/1.1 200 OK"));
    assert_non_null(strstr(peer.got, "\r\n\r\n/behindHTTP/1.1 200 OK"));
    assert_non_null(strstr(peer.got, "\r\nConnection: close\r\nContent-Length: 5\r\n\r\n/last"));
    assert_ptr_equal(strstr(peer.got, "Connection: close"),
                     strstr(strstr(peer.got, "/behind"), "Connection: close")); /* only there */
    scene_finish();
}

static void a_request_that_crosses_the_end_on_a_kept_connection_is_served(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/first"));
    scene_receive("/first");
    peer_forget(&peer);
    peer_send(&peer, GET("/second")); /* nobody has read it when the end is told */
    serve_drain(serve);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_non_null(strstr(peer.got, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(peer.got, "\r\n\r\n/second"));
    scene_finish();
}

static void half_a_request_may_become_whole_while_draining(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 4\r\n\r\n12");
    peer_run_until_quiet(loop);
    serve_drain(serve);
    peer_receive_nothing(&peer);
    peer_send(&peer, "34");
    peer_receive_end(&peer);
    assert_non_null(strstr(peer.got, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(peer.got, "\r\n\r\n1234"));
    scene_finish();
}

static void who_has_just_connected_has_a_second_to_ask(void **state)
{
    struct peer late;

    (void)state;
    scene_start(NULL, false);
    peer_run_until_quiet(loop);
    serve_drain(serve);
    peer_clock_move(loop, SERVE_DRAIN_MS - 1);
    peer_receive_nothing(&peer);
    peer_connect(&late, loop, port); /* the listener is not stopped in this scene */
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 1);
    peer_receive_end(&peer);
    assert_int_equal(peer.length, 0);
    peer_send(&late, GET("/late"));
    peer_receive_end(&late);
    assert_non_null(strstr(late.got, "\r\n\r\n/late"));
    peer_close(&late);
    peer_connect(&late, loop, port);
    peer_run_until_quiet(loop);
    peer_clock_move(loop, SERVE_DRAIN_MS);
    peer_receive_end(&late);
    assert_int_equal(late.length, 0);
    peer_close(&late);
    scene_finish();
}

static void a_stub_whose_client_has_gone_is_waited_for(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    peer_reset(&peer);
    peer_run_until_quiet(loop);
    serve_drain(serve);
    assert_false(serve_is_idle(serve));
    scene_answer("to nobody");
    assert_true(serve_is_idle(serve));
    scene_finish();
}

/* --- What answers carry, and what is counted ---------------------------------------------- */

static void each_request_has_a_number_of_its_own(void **state)
{
    char seen[3][17];
    unsigned i;

    (void)state;
    scene_start(NULL, false);
    for (i = 0; i < 3; i++) {
        const char *header;

        peer_send(&peer, i == 2 ? "GET nonsense\r\n\r\n" : GET("/client"));
        if (i == 2) {
            peer_receive_end(&peer);
        } else {
            peer_receive_text(&peer, "\r\n\r\n127.0.0.1 http ");
        }
        header = strstr(peer.got, "\r\nrequest-id: ");
        assert_non_null(header);
        memcpy(seen[i], header + strlen("\r\nrequest-id: "), 16);
        seen[i][16] = '\0';
        if (i < 2) {
            assert_non_null(strstr(strstr(peer.got, "\r\n\r\n"), seen[i])); /* exchange_id */
        }
        peer_forget(&peer);
    }
    assert_string_equal(seen[0], "0000000000000000"); /* the scene's start */
    assert_string_not_equal(seen[1], seen[0]);
    assert_string_not_equal(seen[2], seen[1]);
    assert_string_not_equal(seen[1], "0000000000000001"); /* not a mere count */
    scene_finish();
}

static void headers_may_be_added_for_one_answer(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/add") GET("/next"));
    peer_receive_text(&peer, "/next");
    assert_non_null(strstr(peer.got, "Content-Type: text/plain\r\none: 1\r\ntwo: 2\r\nX-Content"));
    assert_null(strstr(strstr(peer.got, "added"), "one: 1"));
    scene_finish();
}

static uint64_t observed(void)
{
    uint64_t all = 0;
    size_t i;

    for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        all += counter_read(&serve_took.within[i]);
    }
    return all;
}

static void answers_are_counted_and_timed(void **state)
{
    uint64_t before[SERVE_STATUS_CLASSES];
    uint64_t took = observed();
    uint64_t slow = counter_read(&serve_took.within[13]); /* 1 s to 2.5 s */
    size_t i;

    (void)state;
    for (i = 0; i < SERVE_STATUS_CLASSES; i++) {
        before[i] = counter_read(&serve_answers[i]);
    }
    scene_start(NULL, false);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    peer_clock_move(loop, 1500);
    scene_answer("late");
    scene_receive("late");
    peer_send(&peer, GET("/headers") "nonsense\r\n\r\n");
    peer_receive_end(&peer);
    assert_int_equal(counter_read(&serve_answers[2]) - before[2], 2);
    assert_int_equal(counter_read(&serve_answers[4]) - before[4], 1);
    assert_int_equal(counter_read(&serve_answers[5]) - before[5], 0);
    assert_int_equal(observed() - took, 2); /* what was never asked took no time */
    assert_int_equal(counter_read(&serve_took.within[13]) - slow, 1);
    scene_finish();

    scene_start(NULL, false);
    peer_send(&peer, GET("/upgrade"));
    peer_receive_text(&peer, "\r\n\r\n");
    assert_int_equal(counter_read(&serve_answers[1]) - before[1], 1);
    conn_cut(scene_upgraded);
    scene_finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_only_stops_sending_gets_the_late_answer),
        cmocka_unit_test(all_that_was_asked_is_answered_after_the_end),
        cmocka_unit_test(who_stops_sending_between_or_inside_requests_is_closed),
        cmocka_unit_test(who_stops_sending_gets_the_whole_of_a_big_answer),
        cmocka_unit_test(nothing_more_is_asked_before_an_answer_was_taken),
        cmocka_unit_test(who_does_not_read_is_not_read_either),
        cmocka_unit_test(who_takes_nothing_of_an_answer_is_cut),
        cmocka_unit_test(who_has_taken_all_is_kept),
        cmocka_unit_test(draining_closes_who_has_nothing_under_way),
        cmocka_unit_test(a_request_that_was_on_its_way_is_served_while_draining),
        cmocka_unit_test(a_request_that_crosses_the_end_on_a_kept_connection_is_served),
        cmocka_unit_test(half_a_request_may_become_whole_while_draining),
        cmocka_unit_test(who_has_just_connected_has_a_second_to_ask),
        cmocka_unit_test(a_stub_whose_client_has_gone_is_waited_for),
        cmocka_unit_test(each_request_has_a_number_of_its_own),
        cmocka_unit_test(headers_may_be_added_for_one_answer),
        cmocka_unit_test(answers_are_counted_and_timed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
