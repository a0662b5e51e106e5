/* One connection with a plain socket as its peer. */
#include "net/conn.h"

#include "unit/net/peer.h"

enum { PIECE = 64 * 1024, HEARD_MAX = 4096, FLUSH_MS = 10000, LINGER_MS = 2000 };

static struct loop *loop;
static struct listener *listener;
static struct conn *conn; /* NULL after its end */
static struct peer peer;

/* What the owner of the connection heard. */
struct owner {
    char heard[HEARD_MAX];
    size_t length;
    bool ended;
    unsigned ends;
    enum conn_end end;
    void (*react)(void); /* to bytes; may be NULL */
};
static struct owner owner;
static struct owner heir;
static bool in_call; /* of conn.h: nobody may be called back */

static void on_bytes(void *context, char *bytes, size_t length)
{
    struct owner *whose = context;

    assert_false(in_call);
    assert_true(length > 0 && whose->length + length < sizeof(whose->heard));
    memcpy(whose->heard + whose->length, bytes, length);
    whose->length += length;
    memset(bytes, 'x', length); /* the callee may change it */
    if (whose->react != NULL) {
        whose->react();
    }
}

static void on_end(void *context, enum conn_end end)
{
    struct owner *whose = context;

    assert_false(in_call);
    whose->ended = true;
    whose->ends++;
    whose->end = end;
    conn = NULL;
}

static const struct conn_events events = {.on_bytes = on_bytes, .on_end = on_end};

static void on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    assert_int_equal(conn_accept(&conn, loop, stream, NULL, &events, &owner), FAIL_NONE);
}

/* A connection is open; with `small` the kernel takes little of what is written. */
static void start(bool small)
{
    struct listener_events accepts = {.on_connection = on_connection};
    uint16_t port;

    memset(&owner, 0, sizeof(owner));
    memset(&heir, 0, sizeof(heir));
    conn = NULL;
    peer_loop_start(&loop);
    port = peer_listen(&listener, loop, &accepts, "127.0.0.1", small);
    peer_connect_small(&peer, loop, port, small);
    PEER_RUN_UNTIL(loop, conn != NULL);
}

static void finish(void)
{
    peer_close(&peer);
    listener_stop(&listener);
    peer_loop_end(&loop);
    assert_null(conn);
    assert_int_equal(owner.ends + heir.ends, 1);
}

static void hear(struct owner *whose, const char *text)
{
    PEER_RUN_UNTIL(loop, whose->length >= strlen(text));
    assert_string_equal(whose->heard, text);
}

static void write_text(const char *text)
{
    in_call = true;
    conn_write(conn, slice_of(text));
    in_call = false;
}

/* Bytes that tell where they stand, so that none can be lost, doubled or moved. */
static void write_pattern(size_t from, size_t length)
{
    char *bytes = malloc(length + 1); /* one more: length may be 0 */
    size_t i;

    assert_non_null(bytes);
    for (i = 0; i < length; i++) {
        bytes[i] = (char)((from + i) * 31 / 7);
    }
    in_call = true;
    conn_write(conn, slice_make(bytes, length));
    in_call = false;
    free(bytes); /* nothing of it may be needed later */
}

static void assert_pattern(size_t length)
{
    size_t i;

    assert_int_equal(peer.length, length);
    for (i = 0; i < length; i++) {
        if (peer.got[i] != (char)(i * 31 / 7)) {
            fail_msg("byte %zu is not the one that was written", i);
        }
    }
}

static void find_waiting(uv_handle_t *handle, void *found)
{
    if (handle->type == UV_TCP && uv_stream_get_write_queue_size((uv_stream_t *)handle) > 0) {
        *(size_t *)found = uv_stream_get_write_queue_size((uv_stream_t *)handle);
    }
}

/* Bytes that were written and not yet taken by the kernel. */
static size_t waiting(void)
{
    size_t found = 0;

    uv_walk(loop_uv(loop), find_waiting, &found);
    return found;
}

/* --- Bytes ---------------------------------------------------------------- */

static void bytes_go_both_ways(void **state)
{
    (void)state;
    start(false);
    assert_true(conn_is_open(conn));
    peer_send(&peer, "hello");
    hear(&owner, "hello");
    write_text("wel");
    write_text("");
    write_text("come");
    peer_receive(&peer, 7);
    assert_string_equal(peer.got, "welcome");
    assert_int_equal(owner.ends, 0);
    peer_close(&peer);
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_PEER);
    finish();
}

static void the_peer_has_an_address(void **state)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    char expected[CONN_ADDRESS_SIZE];
    char text[CONN_ADDRESS_SIZE];

    (void)state;
    start(false);
    assert_int_equal(getsockname(peer.descriptor, (struct sockaddr *)&address, &size), 0);
    assert_true(text_format(expected, sizeof(expected), "127.0.0.1:%u", ntohs(address.sin_port)));
    conn_peer(conn, text);
    assert_string_equal(text, expected);
    finish();
}

static void what_the_kernel_does_not_take_goes_out_later_in_order(void **state)
{
    size_t length = 0;

    (void)state;
    start(true);
    while (length < (size_t)PIECE * 6) {
        write_pattern(length, PIECE / 2 + length % 1000);
        length += PIECE / 2 + length % 1000;
    }
    assert_true(waiting() > 0);
    peer_receive(&peer, length);
    assert_pattern(length);
    assert_int_equal(waiting(), 0);
    write_text("more");
    peer_receive(&peer, length + 4);
    assert_string_equal(peer.got + length, "more");
    finish();
}

static void as_much_as_may_wait_is_sent(void **state)
{
    size_t rest;

    (void)state;
    start(true);
    write_pattern(0, PIECE);
    rest = CONN_OUT_MAX - waiting();
    write_pattern(PIECE, rest);
    assert_true(conn_is_open(conn));
    assert_int_equal(waiting(), CONN_OUT_MAX);
    peer_receive(&peer, PIECE + rest);
    assert_pattern(PIECE + rest);
    finish();
}

static void a_peer_that_does_not_read_is_cut_at_one_byte_more(void **state)
{
    (void)state;
    start(true);
    write_pattern(0, PIECE);
    write_pattern(0, CONN_OUT_MAX - waiting());
    assert_true(conn_is_open(conn));
    write_text("+");
    assert_false(conn_is_open(conn));
    assert_int_equal(owner.ends, 0);
    write_text("ignored from now on");
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_SLOW);
    finish();
}

static void a_large_answer_may_wait_for_its_owner_alone(void **state)
{
    (void)state;
    start(true);
    conn_allow_large(conn);
    write_pattern(0, CONN_LARGE_MAX);
    assert_true(conn_is_open(conn) && waiting() > CONN_OUT_MAX);
    conn_hand_over(conn, &events, &owner);
    write_text("+");
    PEER_RUN_UNTIL(loop, owner.ended);
    finish();
}

static void writing_to_a_peer_that_reset_ends_the_connection(void **state)
{
    unsigned round;

    (void)state;
    start(false);
    conn_pause(conn); /* so that only writing can find it out */
    peer_reset(&peer);
    for (round = 0; round < PEER_ROUNDS_MAX && conn_is_open(conn); round++) {
        write_text("anybody there?");
    }
    assert_int_equal(owner.ends, 0);
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_PEER);
    finish();
}

static void a_rest_that_cannot_be_sent_ends_the_connection(void **state)
{
    (void)state;
    start(true);
    write_pattern(0, PIECE * 2);
    conn_pause(conn);
    assert_true(waiting() > 0);
    peer_reset(&peer);
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_PEER);
    finish();
}

/* --- Pausing ---------------------------------------------------------------- */

static void nothing_arrives_while_it_is_paused(void **state)
{
    (void)state;
    start(false);
    conn_pause(conn);
    conn_pause(conn);
    peer_send(&peer, "first");
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    peer_run_until_quiet(loop);
    assert_int_equal(owner.length, 0);
    assert_int_equal(owner.ends, 0); /* nor is the end noticed */
    write_text("writing goes on");
    peer_receive_text(&peer, "writing goes on");
    conn_resume(conn);
    conn_resume(conn);
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_string_equal(owner.heard, "first");
    assert_int_equal(owner.end, CONN_END_PEER);
    finish();
}

static void pause_now(void)
{
    conn_pause(conn);
}

static void it_may_be_paused_while_bytes_are_delivered(void **state)
{
    (void)state;
    start(false);
    owner.react = pause_now;
    peer_send(&peer, "one");
    hear(&owner, "one");
    peer_send(&peer, "two");
    peer_run_until_quiet(loop);
    assert_string_equal(owner.heard, "one");
    conn_resume(conn);
    hear(&owner, "onetwo");
    conn_resume(conn);
    finish();
}

/* --- Closing ----------------------------------------------------------------- */

static void close_call(void)
{
    in_call = true;
    conn_close(conn);
    in_call = false;
}

static void closing_sends_the_rest_first(void **state)
{
    (void)state;
    start(true);
    write_pattern(0, PIECE * 4);
    assert_true(waiting() > 0);
    close_call();
    assert_false(conn_is_open(conn));
    write_text("ignored once it is closed");
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_pattern(PIECE * 4);
    assert_int_equal(owner.ends, 0); /* the peer may still want to finish */
    peer_close(&peer);
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_OURS);
    finish();
}

static void a_closed_connection_lingers_for_two_seconds_at_most(void **state)
{
    (void)state;
    start(false);
    close_call();
    close_call();
    peer_receive_end(&peer);
    peer_clock_move(loop, LINGER_MS - 1);
    assert_int_equal(owner.ends, 0);
    peer_clock_move(loop, 1);
    assert_int_equal(owner.ends, 1);
    assert_int_equal(owner.end, CONN_END_OURS);
    finish();
}

static void a_peer_that_does_not_read_is_not_waited_for_longer(void **state)
{
    (void)state;
    start(true);
    write_pattern(0, PIECE * 4);
    close_call();
    peer_clock_move(loop, FLUSH_MS - 1);
    assert_int_equal(owner.ends, 0);
    peer_clock_move(loop, 1);
    assert_int_equal(owner.ends, 1);
    assert_int_equal(owner.end, CONN_END_OURS);
    finish();
}

static void a_slow_peer_gets_all_of_it(void **state)
{
    (void)state;
    start(true);
    write_pattern(0, PIECE * 4);
    close_call();
    peer_clock_move(loop, FLUSH_MS - 1);
    peer_receive_end(&peer);
    assert_pattern(PIECE * 4);
    peer_clock_move(loop, LINGER_MS - 1);
    assert_int_equal(owner.ends, 0);
    peer_clock_move(loop, 1);
    assert_int_equal(owner.ends, 1);
    finish();
}

static void what_arrives_after_closing_is_read_and_dropped(void **state)
{
    (void)state;
    start(false);
    write_text("bye");
    conn_pause(conn); /* closing reads all the same */
    close_call();
    peer_send(&peer, "you did not let me finish");
    peer_run_until_quiet(loop);
    peer_receive_end(&peer);
    assert_string_equal(peer.got, "bye");
    assert_false(peer.reset); /* what was not read would have become a reset */
    assert_int_equal(owner.length, 0);
    finish();
}

static void closing_and_cutting_may_come_from_inside_a_delivery(void **state)
{
    (void)state;
    start(false);
    owner.react = close_call;
    peer_send(&peer, "close");
    peer_receive_end(&peer);
    assert_int_equal(owner.ends, 0);
    finish();
}

static void cut_call(void)
{
    in_call = true;
    conn_cut(conn);
    in_call = false;
}

static void cutting_ends_it_at_once(void **state)
{
    (void)state;
    start(true);
    write_pattern(0, PIECE * 4);
    owner.react = cut_call;
    peer_send(&peer, "cut");
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_OURS);
    peer_receive_end(&peer);
    assert_true(peer.length < PIECE * 4); /* nobody waited for the rest */
    finish();
}

static void a_lingering_connection_may_be_cut(void **state)
{
    (void)state;
    start(false);
    close_call();
    cut_call();
    cut_call();
    PEER_RUN_UNTIL(loop, owner.ended);
    assert_int_equal(owner.end, CONN_END_OURS);
    peer_clock_move(loop, LINGER_MS); /* its timer went with it */
    finish();
}

/* --- Another owner -------------------------------------------------------------- */

static void hand_over(void)
{
    conn_hand_over(conn, &events, &heir);
}

static void after_handing_over_all_goes_to_the_new_owner(void **state)
{
    (void)state;
    start(false);
    owner.react = hand_over;
    peer_send(&peer, "yours");
    hear(&owner, "yours");
    peer_send(&peer, "mine");
    hear(&heir, "mine");
    peer_close(&peer);
    PEER_RUN_UNTIL(loop, heir.ended);
    assert_int_equal(owner.length, 5);
    assert_int_equal(owner.ends, 0);
    assert_int_equal(heir.end, CONN_END_PEER);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways),
        cmocka_unit_test(the_peer_has_an_address),
        cmocka_unit_test(what_the_kernel_does_not_take_goes_out_later_in_order),
        cmocka_unit_test(as_much_as_may_wait_is_sent),
        cmocka_unit_test(a_peer_that_does_not_read_is_cut_at_one_byte_more),
        cmocka_unit_test(a_large_answer_may_wait_for_its_owner_alone),
        cmocka_unit_test(writing_to_a_peer_that_reset_ends_the_connection),
        cmocka_unit_test(a_rest_that_cannot_be_sent_ends_the_connection),
        cmocka_unit_test(nothing_arrives_while_it_is_paused),
        cmocka_unit_test(it_may_be_paused_while_bytes_are_delivered),
        cmocka_unit_test(closing_sends_the_rest_first),
        cmocka_unit_test(a_closed_connection_lingers_for_two_seconds_at_most),
        cmocka_unit_test(a_peer_that_does_not_read_is_not_waited_for_longer),
        cmocka_unit_test(a_slow_peer_gets_all_of_it),
        cmocka_unit_test(what_arrives_after_closing_is_read_and_dropped),
        cmocka_unit_test(closing_and_cutting_may_come_from_inside_a_delivery),
        cmocka_unit_test(cutting_ends_it_at_once),
        cmocka_unit_test(a_lingering_connection_may_be_cut),
        cmocka_unit_test(after_handing_over_all_goes_to_the_new_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
