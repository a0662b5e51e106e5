/* What the HTTP service does not wait for, and what it does not hold: time
 * limits, the number of connections, memory. */
#include "unit/net/serve_scene.h"
#include "unit/wire/failing_memory.h"

enum { HOUR_MS = 3600 * 1000, ALLOCATIONS_MAX = 100 };

#define GET(path) "GET " path " HTTP/1.1\r\nHost: till\r\n\r\n"

static const struct serve_limits SHORT = {
    .connections_max = 2, .head_ms = 300, .body_ms = 500, .idle_ms = 700};

static void expect_silent_end(void)
{
    peer_receive_end(&peer);
    assert_string_equal(peer.got, "");
}

static void expect_408(void)
{
    peer_receive_end(&peer);
    assert_non_null(strstr(peer.got, "HTTP/1.1 408 Request Timeout\r\n"));
    assert_non_null(strstr(peer.got, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(peer.got, "\r\n\r\nthe request did not come in whole in time\n"));
}

/* Waits as long as nothing may happen, then one millisecond more. */
static void move_to_limit(int64_t limit_ms)
{
    peer_clock_move(loop, limit_ms - 1);
    peer_receive_nothing(&peer);
    peer_clock_move(loop, 1);
}

/* --- Time ---------------------------------------------------------------------- */

static void a_connection_that_says_nothing_is_closed_without_a_word(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_run_until_quiet(loop);
    move_to_limit(300);
    expect_silent_end();
    scene_finish();
}

static void a_kept_connection_is_closed_without_a_word(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, GET("/a"));
    scene_receive("/a");
    move_to_limit(700);
    expect_silent_end();
    scene_finish();
}

static void a_head_that_does_not_end_is_refused(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 299); /* its time runs from its first byte */
    peer_send(&peer, "GET /a HTTP/1.1\r\n");
    peer_run_until_quiet(loop);
    move_to_limit(300);
    expect_408();
    scene_finish();
}

static void a_head_in_drops_has_no_more_time(void **state)
{
    unsigned i;

    (void)state;
    scene_start(&SHORT, false);
    for (i = 0; i < 3; i++) {
        peer_send(&peer, i == 0 ? "GET /a HTTP/1.1\r\n" : "A: b\r\n");
        peer_run_until_quiet(loop);
        peer_receive_nothing(&peer);
        peer_clock_move(loop, 100);
    }
    expect_408();
    scene_finish();
}

static void the_head_of_a_kept_connection_has_its_time_from_its_first_byte(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, GET("/a"));
    scene_receive("/a");
    peer_clock_move(loop, 350); /* its idle time would last until 700 */
    peer_send(&peer, "GET");
    peer_run_until_quiet(loop);
    move_to_limit(300);
    expect_408();
    scene_finish();

    scene_start(&SHORT, false);
    peer_send(&peer, GET("/a") "GET");
    scene_receive("/a");
    move_to_limit(300);
    expect_408();
    scene_finish();
}

static void a_body_in_drops_has_no_more_time(void **state)
{
    unsigned i;

    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 100\r\n\r\n");
    for (i = 0; i < 5; i++) {
        peer_run_until_quiet(loop);
        peer_receive_nothing(&peer);
        peer_clock_move(loop, 100);
        if (i < 4) {
            peer_send(&peer, "drop");
        }
    }
    expect_408();
    scene_expect_log("");
    scene_finish();
}

static void what_has_come_of_a_body_gives_time_for_the_rest(void **state)
{
    static const struct serve_limits limits = {
        .connections_max = 2, .head_ms = 300, .body_ms = 500, .body_rate = 100, .idle_ms = 700};
    unsigned i;

    (void)state;
    scene_start(&limits, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 100\r\n\r\n");
    for (i = 0; i < 9; i++) { /* ten bytes in 100 ms: as fast as must be */
        peer_send(&peer, "0123456789");
        peer_run_until_quiet(loop);
        peer_clock_move(loop, 100);
    }
    peer_receive_nothing(&peer);
    move_to_limit(500); /* 500 ms + 90 bytes at 100 a second, since the beginning */
    expect_408();
    scene_finish();

    scene_start(&limits, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 100\r\n\r\n");
    for (i = 0; i < 10; i++) { /* five bytes in 100 ms are too slow in the end */
        peer_send(&peer, "01234");
        peer_run_until_quiet(loop);
        peer_receive_nothing(&peer);
        peer_clock_move(loop, 100);
    }
    expect_408();
    scene_finish();
}

static void a_request_just_in_time_is_served(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\n");
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 299);
    peer_send(&peer, "Host: till\r\nContent-Length: 4\r\n\r\n12");
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 499);
    peer_send(&peer, "34");
    scene_receive("\r\n\r\n1234");
    peer_clock_move(loop, 699);
    peer_send(&peer, GET("/a"));
    scene_receive("/a");
    scene_finish();
}

static void a_late_answer_has_all_the_time(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    peer_clock_move(loop, HOUR_MS);
    peer_receive_nothing(&peer);
    scene_answer("at last");
    scene_receive("at last");
    move_to_limit(700); /* from the answer on */
    expect_silent_end();
    scene_finish();
}

static void the_usual_limits_are_ten_ten_and_sixty_seconds(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_run_until_quiet(loop);
    move_to_limit(10000);
    expect_silent_end();
    scene_finish();

    scene_start(NULL, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 1\r\n\r\n");
    peer_run_until_quiet(loop);
    move_to_limit(10000);
    expect_408();
    scene_finish();

    scene_start(NULL, false);
    peer_send(&peer, GET("/a"));
    scene_receive("/a");
    move_to_limit(60000);
    expect_silent_end();
    scene_finish();
}

/* --- Connections -------------------------------------------------------------- */

static void expect_served(struct peer *at)
{
    peer_send(at, GET("/served"));
    peer_receive_text(at, "\r\n\r\n/served");
    peer_forget(at);
}

static void one_connection_too_many_is_refused(void **state)
{
    struct peer second;
    struct peer third;

    (void)state;
    scene_start(&SHORT, false);
    peer_connect(&second, loop, port);
    expect_served(&peer);
    expect_served(&second);
    peer_connect(&third, loop, port);
    peer_send(&third, GET("/not-served"));
    peer_receive_end(&third);
    assert_non_null(strstr(third.got, "HTTP/1.1 503 Service Unavailable\r\n"));
    assert_non_null(strstr(third.got, "\r\n\r\ntoo many connections; try again in a moment\n"));
    assert_false(third.reset);
    peer_close(&third);
    peer_run_until_quiet(loop);
    expect_served(&peer); /* the others do not feel it */
    peer_close(&second);
    peer_run_until_quiet(loop);
    peer_connect(&third, loop, port);
    expect_served(&third); /* there is room again */
    peer_close(&third);
    scene_finish();
}

static void an_upgraded_connection_is_not_counted(void **state)
{
    struct peer second;
    struct peer third;

    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, GET("/upgrade"));
    peer_receive_text(&peer, "\r\n\r\n");
    assert_string_equal(peer.got, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Accept: proof\r\n\r\n");
    assert_int_equal(scene_rest, 0);
    peer_connect(&second, loop, port);
    peer_connect(&third, loop, port);
    expect_served(&second);
    expect_served(&third);
    peer_close(&second);
    peer_close(&third);
    peer_clock_move(loop, HOUR_MS); /* nor does it have our time limits */
    assert_non_null(scene_upgraded);
    assert_true(conn_is_open(scene_upgraded));
    conn_cut(scene_upgraded);
    scene_finish();
}

static void what_comes_behind_an_upgrade_is_handed_over(void **state)
{
    (void)state;
    scene_start(&SHORT, false);
    peer_send(&peer, GET("/a") GET("/upgrade") "12345");
    peer_receive_text(&peer, "proof\r\n\r\n");
    assert_int_equal(scene_rest, 5);
    conn_cut(scene_upgraded);
    scene_finish();
}

/* --- Memory ------------------------------------------------------------------- */

#define SIXTY "sixty-characters-of-a-header-that-nobody-reads-but-everybody-"

/* Runs until `text` or the end has come; allocates nothing. */
static void receive_or_end(const char *text)
{
    unsigned round;

    for (round = 0; round < PEER_ROUNDS_MAX; round++) {
        peer_take(&peer);
        if (peer.ended || strstr(peer.got, text) != NULL) {
            return;
        }
        peer_run(loop, peer.descriptor, POLLIN);
    }
    fail_msg("neither %s nor the end came: %s", text, peer.got);
}

/* Sends, unless the other side has closed. */
static void try_send(const char *text)
{
    if (!peer.ended) {
        (void)send(peer.descriptor, text, strlen(text), MSG_NOSIGNAL);
    }
}

/* A dialogue in which the nth allocation fails; true when there was an nth. It
 * ends with the last answer, with an error, or with the connection, and in any
 * case the next client is served. */
static bool walk(size_t nth)
{
    struct peer next;
    bool there_was_one;

    scene_start(NULL, true);
    failing_memory_start(nth);
    try_send(GET("/a"));
    receive_or_end("\r\n\r\n/a");
    /* Longer than what a buffer begins with: the next piece makes it grow. */
    try_send(
        "POST /echo HTTP/1.1\r\nHost: till\r\nTransfer-Encoding: chunked\r\nA: " SIXTY SIXTY SIXTY
        "\r\n");
    peer_run_until_quiet(loop);
    try_send("\r\n3\r\nabc\r\n0\r\n\r\n");
    receive_or_end("\r\n\r\nabc");
    try_send(GET("/big/100000"));
    receive_or_end("BBB");
    there_was_one = failing_memory_asked > nth;
    failing_memory_stop();
    assert_int_equal(peer.ended, there_was_one);
    peer_connect(&next, loop, port);
    expect_served(&next);
    peer_close(&next);
    scene_finish();
    return there_was_one;
}

static void any_allocation_may_fail_and_the_next_client_is_served(void **state)
{
    size_t nth = 0;

    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    while (walk(nth)) {
        nth++;
        assert_true(nth < ALLOCATIONS_MAX);
    }
    assert_in_range(nth, 6, ALLOCATIONS_MAX); /* connection, exchange, timer, answer, body, rest */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_says_nothing_is_closed_without_a_word),
        cmocka_unit_test(a_kept_connection_is_closed_without_a_word),
        cmocka_unit_test(a_head_that_does_not_end_is_refused),
        cmocka_unit_test(a_head_in_drops_has_no_more_time),
        cmocka_unit_test(the_head_of_a_kept_connection_has_its_time_from_its_first_byte),
        cmocka_unit_test(a_body_in_drops_has_no_more_time),
        cmocka_unit_test(what_has_come_of_a_body_gives_time_for_the_rest),
        cmocka_unit_test(a_request_just_in_time_is_served),
        cmocka_unit_test(a_late_answer_has_all_the_time),
        cmocka_unit_test(the_usual_limits_are_ten_ten_and_sixty_seconds),
        cmocka_unit_test(one_connection_too_many_is_refused),
        cmocka_unit_test(an_upgraded_connection_is_not_counted),
        cmocka_unit_test(what_comes_behind_an_upgrade_is_handed_over),
        cmocka_unit_test(any_allocation_may_fail_and_the_next_client_is_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
