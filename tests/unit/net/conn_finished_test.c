/* A peer that has said that it sends no more, and one that reads late: what
 * the owner of a connection hears of it when it wants to. */
#include "net/conn.h"

#include "unit/net/peer.h"

enum { PIECE = 64 * 1024, LINGER_MS = 2000 };

static struct loop *loop;
static struct listener *listener;
static struct conn *conn; /* NULL after its end */
static struct peer peer;
static size_t got;
static unsigned finishes;
static unsigned sents;
static unsigned ends;
static enum conn_end ended_by;

static void on_bytes(void *context, char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    got += length;
    assert_int_equal(finishes, 0);
}

static void on_end(void *context, enum conn_end end)
{
    (void)context;
    ends++;
    ended_by = end;
    conn = NULL;
}

static void on_finished(void *context)
{
    (void)context;
    assert_int_equal(ends, 0);
    finishes++;
}

static void on_sent(void *context)
{
    (void)context;
    assert_int_equal(conn_waiting(conn), 0);
    sents++;
}

static const struct conn_events events = {
    .on_bytes = on_bytes, .on_end = on_end, .on_finished = on_finished, .on_sent = on_sent};
static const struct conn_events plain_events = {.on_bytes = on_bytes, .on_end = on_end};

static void on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    assert_int_equal(conn_accept(&conn, loop, stream, NULL, &events, NULL), FAIL_NONE);
}

static void start(bool small)
{
    struct listener_events listens = {.on_connection = on_connection};

    got = 0;
    finishes = 0;
    sents = 0;
    ends = 0;
    peer_loop_start(&loop);
    peer_connect_small(&peer, loop, peer_listen(&listener, loop, &listens, "127.0.0.1", small),
                       small);
    PEER_RUN_UNTIL(loop, conn != NULL);
}

static void finish(void)
{
    listener_stop(&listener);
    if (conn != NULL) {
        conn_cut(conn);
    }
    peer_close(&peer);
    peer_loop_end(&loop);
    assert_int_equal(ends, 1);
}

static void peer_finishes(void)
{
    peer_send(&peer, "last words");
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    PEER_RUN_UNTIL(loop, finishes == 1);
    assert_int_equal(got, strlen("last words"));
}

static void a_peer_that_sends_no_more_may_still_read(void **state)
{
    (void)state;
    start(false);
    peer_finishes();
    peer_run_until_quiet(loop);
    assert_true(conn_is_open(conn));
    conn_write(conn, slice_of("answer"));
    conn_pause(conn);
    conn_resume(conn); /* it is told only once */
    peer_run_until_quiet(loop);
    conn_close(conn);
    peer_receive_end(&peer);
    assert_string_equal(peer.got, "answer");
    assert_false(peer.reset);
    PEER_RUN_UNTIL(loop, conn == NULL); /* without waiting for the peer, which said it already */
    assert_int_equal(ended_by, CONN_END_OURS);
    assert_int_equal(finishes, 1);
    finish();
}

static void a_reset_is_the_end(void **state)
{
    (void)state;
    start(false);
    peer_reset(&peer);
    PEER_RUN_UNTIL(loop, conn == NULL);
    assert_int_equal(ended_by, CONN_END_PEER);
    assert_int_equal(finishes, 0);
    finish();
}

static void writing_to_one_that_has_left_after_all_is_the_end(void **state)
{
    (void)state;
    start(false);
    peer_finishes();
    peer_reset(&peer);
    conn_write(conn, slice_of("to"));
    conn_write(conn, slice_of("nobody"));
    PEER_RUN_UNTIL(loop, conn == NULL);
    assert_int_equal(ended_by, CONN_END_PEER);
    finish();
}

static void an_owner_that_does_not_ask_hears_the_end(void **state)
{
    (void)state;
    start(false);
    conn_hand_over(conn, &plain_events, NULL);
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    PEER_RUN_UNTIL(loop, conn == NULL);
    assert_int_equal(ended_by, CONN_END_PEER);
    finish();

    start(false); /* also one that comes after it was said */
    peer_finishes();
    conn_hand_over(conn, &plain_events, NULL);
    assert_int_equal(ends, 0);
    PEER_RUN_UNTIL(loop, conn == NULL);
    assert_int_equal(ended_by, CONN_END_PEER);
    finish();
}

static void it_is_told_when_a_late_reader_has_taken_all(void **state)
{
    static char piece[PIECE];

    (void)state;
    start(true);
    conn_write(conn, slice_of("short"));
    peer_receive_text(&peer, "short");
    assert_int_equal(sents, 0); /* the kernel took it at once */
    assert_int_equal(conn_waiting(conn), 0);
    memset(piece, 'p', sizeof(piece));
    conn_write(conn, slice_make(piece, sizeof(piece)));
    conn_write(conn, slice_make(piece, sizeof(piece)));
    assert_in_range(conn_waiting(conn), PIECE, 2 * PIECE);
    peer_run_until_quiet(loop);
    assert_int_equal(sents, 0);
    peer_receive(&peer, strlen("short") + (size_t)2 * PIECE);
    PEER_RUN_UNTIL(loop, sents == 1);
    finish();

    start(true); /* and not when it is closing */
    conn_write(conn, slice_make(piece, sizeof(piece)));
    conn_close(conn);
    peer_receive_end(&peer);
    assert_int_equal(peer.length, sizeof(piece));
    assert_int_equal(sents, 0);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_that_sends_no_more_may_still_read),
        cmocka_unit_test(a_reset_is_the_end),
        cmocka_unit_test(writing_to_one_that_has_left_after_all_is_the_end),
        cmocka_unit_test(an_owner_that_does_not_ask_hears_the_end),
        cmocka_unit_test(it_is_told_when_a_late_reader_has_taken_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
