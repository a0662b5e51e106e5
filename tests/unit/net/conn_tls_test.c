/* One connection with TLS: what goes through it, pauses, and who waits. */
#include "net/conn.h"

#include "unit/net/conn_tls_scene.h"
#include "unit/wire/failing_memory.h"

enum { PIECE = 64 * 1024, CROWD = 12 };

/* --- Bytes ---------------------------------------------------------------------------- */

static void its_owner_sees_plain_bytes(void **state)
{
    (void)state;
    start_open(false);
    assert_true(conn_is_secure(conn));
    say("hello");
    EXCHANGE_UNTIL(heard_length == 5);
    assert_string_equal(heard, "hello");
    write_text("wel");
    write_text("");
    write_text("come");
    EXCHANGE_UNTIL(tls_there.heard_length == 7);
    assert_string_equal(tls_there.heard, "welcome");
    finish();
    assert_int_equal(the_end, CONN_END_PEER);
}

static void as_much_as_may_wait_goes_out_later_in_order(void **state)
{
    char *bytes = malloc(CONN_OUT_MAX + PIECE);
    size_t length;
    size_t i;

    (void)state;
    assert_non_null(bytes);
    for (i = 0; i < CONN_OUT_MAX + PIECE; i++) {
        bytes[i] = (char)(i * 31 / 7);
    }
    start_open(true);
    in_call = true;
    conn_write(conn, slice_make(bytes, PIECE));
    assert_true(conn_waiting(conn) > 0);
    length = CONN_OUT_MAX - conn_waiting(conn); /* what its records add is allowed too */
    conn_write(conn, slice_make(bytes + PIECE, length));
    in_call = false;
    assert_true(conn_is_open(conn) && conn_waiting(conn) > CONN_OUT_MAX);
    EXCHANGE_UNTIL(tls_there.heard_length == PIECE + length);
    assert_memory_equal(tls_there.heard, bytes, PIECE + length);
    free(bytes);
    finish();
}

static void a_peer_that_does_not_read_is_cut(void **state)
{
    static char bytes[PIECE];
    unsigned writes = 0;

    (void)state;
    start_open(true);
    while (conn_is_open(conn) && writes < 100) {
        in_call = true;
        conn_write(conn, slice_make(bytes, sizeof(bytes)));
        in_call = false;
        writes++;
    }
    assert_in_range(writes, CONN_OUT_MAX / PIECE, CONN_OUT_MAX / PIECE + 8);
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_int_equal(the_end, CONN_END_SLOW);
    finish();
}

static void what_is_written_during_the_handshake_is_dropped(void **state)
{
    (void)state;
    start(false);
    write_text("HTTP/1.1 503 Service Unavailable\r\n");
    peer_receive_nothing(&peer);
    tls_there.state = tls_stream_start(tls_there.stream);
    EXCHANGE_UNTIL(tls_there.state == TLS_OPEN && tls_there.out_length == 0);
    write_text("now");
    EXCHANGE_UNTIL(tls_there.heard_length > 0);
    assert_string_equal(tls_there.heard, "now");
    finish();
}

/* --- Pausing ------------------------------------------------------------------------------ */

static void a_pause_stops_the_decrypting_and_keeps_the_order(void **state)
{
    (void)state;
    start_open(false);
    react = pause_now;
    say("one ");
    say("two ");
    say("three ");
    EXCHANGE_UNTIL(heard_length > 0);
    peer_run_until_quiet(loop);
    assert_string_equal(heard, "one ");
    say("four ");
    exchange();
    peer_run_until_quiet(loop);
    assert_string_equal(heard, "one ");
    resume_call(); /* which pauses again at once */
    resume_call();
    PEER_RUN_UNTIL(loop, heard_length == 8);
    peer_run_until_quiet(loop);
    assert_string_equal(heard, "one two ");
    react = NULL;
    resume_call();
    PEER_RUN_UNTIL(loop, heard_length == 19);
    assert_string_equal(heard, "one two three four ");
    write_text("and the other way");
    EXCHANGE_UNTIL(tls_there.heard_length > 0);
    finish();
}

static void pause_and_resume_now(void)
{
    conn_pause(conn);
    conn_resume(conn);
}

static void a_pause_that_is_over_at_once_loses_nothing(void **state)
{
    (void)state;
    start_open(false);
    react = pause_and_resume_now;
    say("one ");
    say("two ");
    say("three ");
    EXCHANGE_UNTIL(heard_length == 14);
    assert_string_equal(heard, "one two three ");
    say("four");
    EXCHANGE_UNTIL(heard_length == 18);
    finish();
}

static void what_is_held_comes_before_the_end(void **state)
{
    (void)state;
    start_open(false);
    react = pause_now;
    say("one ");
    say("two ");
    tls_stream_close(tls_there.stream);
    exchange();
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    PEER_RUN_UNTIL(loop, heard_length > 0);
    peer_run_until_quiet(loop);
    assert_string_equal(heard, "one ");
    assert_int_equal(ends, 0);
    react = NULL;
    resume_call();
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_string_equal(heard, "one two ");
    assert_int_equal(the_end, CONN_END_PEER);
    finish();
}

static void a_pause_without_bytes_is_as_without_tls(void **state)
{
    (void)state;
    start_open(false);
    conn_pause(conn);
    say("later");
    exchange();
    peer_run_until_quiet(loop);
    assert_int_equal(heard_length, 0);
    resume_call();
    PEER_RUN_UNTIL(loop, heard_length == 5);
    finish();
}

/* --- Waiting for a turn ------------------------------------------------------------------- */

/* More clients than are served in a turn say hello before the loop runs. */
static void hellos_wait_for_their_turn(void **state)
{
    uint64_t before = counter_read(&tls_handshakes_full);
    struct peer crowd[8];
    size_t i;

    (void)state;
    start(false);
    tls_there.state = tls_stream_start(tls_there.stream);
    for (i = 0; i < 8; i++) {
        conn = NULL;
        peer_connect(&crowd[i], loop, port_of_listener);
        PEER_RUN_UNTIL(loop, conn != NULL);
    }
    for (i = 0; i < 8; i++) {
        peer_send_bytes(&crowd[i], tls_there.out, tls_there.out_length);
    }
    for (i = 0; i < 8 / LOOP_WORKS_PER_TURN; i++) {
        size_t answered = 0;
        size_t k;

        peer_run(loop, -1, 0);
        for (k = 0; k < 8; k++) {
            peer_take(&crowd[k]);
            answered += crowd[k].length > 0;
        }
        assert_in_range(answered, 0, (i + 1) * LOOP_WORKS_PER_TURN);
    }
    for (i = 0; i < 8; i++) {
        peer_receive(&crowd[i], 100);
        peer_close(&crowd[i]);
    }
    peer_close(&peer);
    listener_stop(&listener);
    peer_loop_end(&loop);
    tls_side_finish(&tls_there);
    tls_client_destroy(&client);
    assert_int_equal(ends, 9);
    assert_int_equal(counter_read(&tls_handshakes_full), before);
}

static void say_hello(void)
{
    tls_there.state = tls_stream_start(tls_there.stream);
    peer_send_bytes(&peer, tls_there.out, tls_there.out_length);
    tls_there.out_length = 0;
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT); /* read, but its turn comes in the next */
    peer_take(&peer);
    assert_int_equal(peer.length, 0);
}

static void closing_while_a_hello_waits_drops_it(void **state)
{
    (void)state;
    start(false);
    say_hello();
    close_call();
    peer_receive_end(&peer);
    assert_int_equal(peer.length, 0);
    finish();
    assert_int_equal(the_end, CONN_END_OURS);
    start(false);
    say_hello();
    cut_call();
    PEER_RUN_UNTIL(loop, ends == 1);
    finish();
}

static void a_pause_while_a_hello_waits_holds_only_what_follows(void **state)
{
    (void)state;
    start(false);
    say_hello();
    conn_pause(conn);
    resume_call();
    EXCHANGE_UNTIL(tls_there.state == TLS_OPEN && tls_there.out_length == 0);
    say("hello");
    EXCHANGE_UNTIL(heard_length == 5);
    finish();
    start(false);
    say_hello();
    conn_pause(conn);
    peer_run_until_quiet(loop); /* its turn comes; then it stays paused */
    exchange();
    exchange();
    assert_int_equal(tls_there.state, TLS_OPEN);
    say("later");
    exchange();
    peer_run_until_quiet(loop);
    assert_int_equal(heard_length, 0);
    resume_call();
    PEER_RUN_UNTIL(loop, heard_length == 5);
    finish();
}

static void who_went_away_before_its_turn_costs_no_handshake(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    start(false);
    say_hello();
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_int_equal(the_end, CONN_END_PEER);
    peer_receive_end(&peer);
    assert_int_equal(peer.length, 0);
    assert_int_equal(counter_read(&tls_failures), failures + 1);
    finish();
}

/* So many others that ours is not among the first turn's. */
static void crowd_starts(struct peer *crowd, struct slice hello)
{
    struct conn *ours = conn;
    size_t i;

    for (i = 0; i < CROWD; i++) {
        conn = NULL;
        peer_connect(&crowd[i], loop, port_of_listener);
        PEER_RUN_UNTIL(loop, conn != NULL);
    }
    for (i = 0; i < CROWD; i++) {
        peer_send_bytes(&crowd[i], hello.bytes, hello.length);
    }
    conn = ours;
}

static void crowd_ends(struct peer *crowd)
{
    size_t i;

    for (i = 0; i < CROWD; i++) {
        peer_close(&crowd[i]);
    }
    finish_all(CROWD + 1);
}

/* All parts of what ours says are there before its turn comes. */
static void what_follows_a_waiting_hello_waits_too(void **state)
{
    struct peer crowd[CROWD];
    struct slice hello;

    (void)state;
    start(false);
    tls_there.state = tls_stream_start(tls_there.stream);
    hello = slice_make(tls_there.out, tls_there.out_length);
    crowd_starts(crowd, hello);
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    peer_send_bytes(&peer, hello.bytes, 50);
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    peer_send_bytes(&peer, hello.bytes + 50, 30);
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    conn_pause(conn);
    resume_call();
    peer_send_bytes(&peer, hello.bytes + 80, hello.length - 80);
    tls_there.out_length = 0;
    EXCHANGE_UNTIL(tls_there.state == TLS_OPEN && tls_there.out_length == 0);
    crowd_ends(crowd);
}

static void cutting_one_that_waits_takes_it_out_of_the_queue(void **state)
{
    struct peer crowd[CROWD];
    struct slice hello;

    (void)state;
    start(false);
    tls_there.state = tls_stream_start(tls_there.stream);
    hello = slice_make(tls_there.out, tls_there.out_length);
    crowd_starts(crowd, hello);
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    peer_send_bytes(&peer, hello.bytes, hello.length);
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    cut_call();
    PEER_RUN_UNTIL(loop, ends == 1);
    peer_receive_end(&peer);
    assert_int_equal(peer.length, 0);
    crowd_ends(crowd);
}

static void resume_and_cut(struct task *task)
{
    (void)task;
    resume_call();
    cut_call();
}

static void going_on_and_cutting_at_once_delivers_nothing(void **state)
{
    struct task task = {.run = resume_and_cut};

    (void)state;
    start_open(false);
    react = pause_now;
    say("one");
    say("two");
    EXCHANGE_UNTIL(heard_length > 0);
    executor_post(loop_executor(loop), &task); /* from inside the loop's turn */
    PEER_RUN_UNTIL(loop, ends == 1);
    peer_run_until_quiet(loop);
    assert_string_equal(heard, "one");
    finish();
}

static void a_long_hello_does_not_wait(void **state)
{
    static char bytes[8192];

    (void)state;
    start(false);
    memcpy(bytes, "\x16\3\1\x10\0", 5); /* a record, and a message of no kind in it */
    peer_send_bytes(&peer, bytes, sizeof(bytes));
    peer_receive_end(&peer); /* an alert: it was no good */
    assert_int_equal(peer.got[0], 21);
    finish();
}

/* --- Without memory ------------------------------------------------------------------------------
 */

static enum fail accepted;
static size_t successes;

static void on_connection_short(void *context, struct uv_stream_s *stream)
{
    (void)context;
    failing_memory_start(successes);
    accepted = conn_accept(&conn, loop, stream, server, events, &conn);
    failing_memory_stop();
}

/* The connection is taken or refused whole; a refused one stays in the kernel's
 * hands until the listener closes. */
static void without_memory_none_is_accepted(void **state)
{
    struct listener_events accepts = {.on_connection = on_connection_short};

    (void)state;
    accepted = FAIL_MEMORY;
    for (successes = 0; accepted != FAIL_NONE; successes++) {
        uint16_t port;

        assert_true(successes < 200);
        ends = 0;
        conn = NULL;
        accepted = FAIL_BUSY;
        peer_loop_start(&loop);
        port = peer_listen(&listener, loop, &accepts, "127.0.0.1", false);
        peer_connect(&peer, loop, port);
        PEER_RUN_UNTIL(loop, accepted != FAIL_BUSY);
        assert_true((accepted == FAIL_NONE) == (conn != NULL));
        assert_int_equal(ends, 0);
        peer_close(&peer);
        listener_stop(&listener);
        peer_loop_end(&loop);
        assert_int_equal(ends, accepted == FAIL_NONE ? 1 : 0);
    }
    assert_int_equal(successes, 3); /* the connection, and what is of TLS */
}

static void starve(void)
{
    failing_memory_start(0);
    conn_pause(conn);
}

static void without_memory_to_hold_it_ends(void **state)
{
    (void)state;
    start_open(false);
    react = starve;
    say("one");
    say("two");
    exchange();
    PEER_RUN_UNTIL(loop, ends == 1);
    failing_memory_stop();
    assert_string_equal(heard, "one");
    assert_int_equal(the_end, CONN_END_PEER);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_owner_sees_plain_bytes),
        cmocka_unit_test(as_much_as_may_wait_goes_out_later_in_order),
        cmocka_unit_test(a_peer_that_does_not_read_is_cut),
        cmocka_unit_test(what_is_written_during_the_handshake_is_dropped),
        cmocka_unit_test(a_pause_stops_the_decrypting_and_keeps_the_order),
        cmocka_unit_test(a_pause_that_is_over_at_once_loses_nothing),
        cmocka_unit_test(what_is_held_comes_before_the_end),
        cmocka_unit_test(a_pause_without_bytes_is_as_without_tls),
        cmocka_unit_test(hellos_wait_for_their_turn),
        cmocka_unit_test(closing_while_a_hello_waits_drops_it),
        cmocka_unit_test(a_pause_while_a_hello_waits_holds_only_what_follows),
        cmocka_unit_test(who_went_away_before_its_turn_costs_no_handshake),
        cmocka_unit_test(what_follows_a_waiting_hello_waits_too),
        cmocka_unit_test(cutting_one_that_waits_takes_it_out_of_the_queue),
        cmocka_unit_test(going_on_and_cutting_at_once_delivers_nothing),
        cmocka_unit_test(a_long_hello_does_not_wait),
        cmocka_unit_test(without_memory_none_is_accepted),
        cmocka_unit_test(without_memory_to_hold_it_ends),
    };

    return cmocka_run_group_tests(tests, group_start, group_finish);
}
