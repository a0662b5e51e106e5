/* One connection with TLS: a plain socket as its peer, over which the test
 * speaks with a client's stream. */
#include "net/conn.h"

#include "unit/net/peer.h"
#include "unit/net/short_memory.h"
#include "unit/net/tls_scene.h"

enum { LINGER_MS = 2000, PIECE = 64 * 1024 };

static struct identity shop;
static struct tls_server *server;
static struct tls_client *client;

static struct loop *loop;
static struct listener *listener;
static struct conn *conn; /* NULL after its end */
static struct peer peer;

/* What the owner of the connection heard. */
static char heard[PEER_GOT_MAX];
static size_t heard_length;
static unsigned ends;
static enum conn_end the_end;
static void (*react)(void); /* to bytes; may be NULL */
static bool in_call;        /* of conn.h: nobody may be called back */

static void on_bytes(void *context, char *bytes, size_t length)
{
    assert_ptr_equal(context, &conn);
    assert_false(in_call);
    assert_true(length > 0 && heard_length + length < sizeof(heard));
    memcpy(heard + heard_length, bytes, length);
    heard_length += length;
    heard[heard_length] = '\0';
    memset(bytes, 'x', length); /* the callee may change it */
    if (react != NULL) {
        react();
    }
}

static void on_end(void *context, enum conn_end end)
{
    assert_ptr_equal(context, &conn);
    assert_false(in_call);
    ends++;
    the_end = end;
    conn = NULL;
}

static const struct conn_events plain_events = {.on_bytes = on_bytes, .on_end = on_end};

static unsigned finishes; /* how often it heard that the peer sends no more */

static void on_finished(void *context)
{
    assert_ptr_equal(context, &conn);
    assert_false(in_call);
    finishes++;
}

static const struct conn_events patient_events = {
    .on_bytes = on_bytes, .on_end = on_end, .on_finished = on_finished};

static const struct conn_events *events = &plain_events;

static void on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    assert_int_equal(conn_accept(&conn, loop, stream, server, events, &conn), FAIL_NONE);
}

static int group_start(void **state)
{
    (void)state;
    tls_folder_make();
    identity_make(&shop, &(struct identity_wish){.alternatives = "DNS:pos.example.com"});
    server = tls_server_of(identity_certificates("shop.pem", &shop, NULL),
                           identity_key("shop.key", &shop, NULL));
    return 0;
}

static int group_finish(void **state)
{
    (void)state;
    tls_server_destroy(&server);
    identity_finish(&shop);
    tls_folder_remove();
    return 0;
}

/* --- A client over the peer's socket --------------------------------------------- */

/* What the client said goes to the socket; what came from it to the client. */
static void exchange(void)
{
    peer_send_bytes(&peer, tls_there.out, tls_there.out_length);
    tls_there.out_length = 0;
    peer_run(loop, peer.descriptor, POLLIN);
    peer_take(&peer);
    if (peer.length > 0) {
        tls_there.state = tls_stream_take(tls_there.stream, slice_make(peer.got, peer.length),
                                          tls_room, TLS_ROOM);
        peer_forget(&peer);
    }
}

#define EXCHANGE_UNTIL(condition)                                                                  \
    do {                                                                                           \
        unsigned tls_round = 0;                                                                    \
                                                                                                   \
        while (!(condition)) {                                                                     \
            if (tls_round++ == PEER_ROUNDS_MAX) {                                                  \
                fail_msg("what was waited for did not happen: %s", #condition);                    \
            }                                                                                      \
            exchange();                                                                            \
        }                                                                                          \
    } while (0)

/* A TCP connection, on which nothing was said yet. */
static void start(bool small)
{
    struct listener_events accepts = {.on_connection = on_connection};
    uint16_t port;

    memset(heard, 0, sizeof(heard));
    heard_length = 0;
    ends = 0;
    react = NULL;
    conn = NULL;
    client = tls_client_of(tls_path("shop.pem"), NULL);
    peer_loop_start(&loop);
    port = peer_listen(&listener, loop, &accepts, "127.0.0.1", small);
    peer_connect_small(&peer, loop, port, small);
    PEER_RUN_UNTIL(loop, conn != NULL);
    tls_side_start(&tls_there);
    assert_int_equal(tls_stream_create(&tls_there.stream,
                                       &(struct tls_stream_options){.client = client,
                                                                    .host = "pos.example.com",
                                                                    .events = &tls_side_events,
                                                                    .context = &tls_there}),
                     FAIL_NONE);
}

static void start_open(bool small)
{
    start(small);
    tls_there.state = tls_stream_start(tls_there.stream);
    EXCHANGE_UNTIL(tls_there.state == TLS_OPEN && tls_there.out_length == 0);
    exchange();
    peer_run_until_quiet(loop);
}

static void finish(void)
{
    peer_close(&peer);
    listener_stop(&listener);
    peer_loop_end(&loop);
    tls_side_finish(&tls_there);
    tls_client_destroy(&client);
    assert_null(conn);
    assert_int_equal(ends, 1);
}

static void say(const char *text)
{
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of(text)), TLS_OPEN);
}

static void write_text(const char *text)
{
    in_call = true;
    conn_write(conn, slice_of(text));
    in_call = false;
}

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

static void what_the_kernel_does_not_take_goes_out_later_in_order(void **state)
{
    char *bytes = malloc(CONN_OUT_MAX);
    size_t i;

    (void)state;
    assert_non_null(bytes);
    for (i = 0; i < CONN_OUT_MAX; i++) {
        bytes[i] = (char)(i * 31 / 7);
    }
    start_open(true);
    in_call = true;
    conn_write(conn, slice_make(bytes, CONN_OUT_MAX)); /* as much as may wait, and its records */
    in_call = false;
    assert_true(conn_is_open(conn));
    EXCHANGE_UNTIL(tls_there.heard_length == CONN_OUT_MAX);
    assert_memory_equal(tls_there.heard, bytes, CONN_OUT_MAX);
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

static void pause_now(void)
{
    conn_pause(conn);
}

static void resume_call(void)
{
    in_call = true;
    conn_resume(conn);
    in_call = false;
}

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

/* --- Ends ------------------------------------------------------------------------------------ */

static void close_call(void)
{
    in_call = true;
    conn_close(conn);
    in_call = false;
}

static void closing_says_goodbye(void **state)
{
    (void)state;
    start_open(false);
    write_text("last words");
    close_call();
    close_call();
    assert_true(conn_is_secure(conn));
    write_text("ignored once it is closed");
    EXCHANGE_UNTIL(tls_there.state == TLS_ENDED);
    assert_string_equal(tls_there.heard, "last words");
    assert_int_equal(ends, 0);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    peer_clock_move(loop, LINGER_MS);
    assert_int_equal(ends, 1);
    assert_int_equal(the_end, CONN_END_OURS);
    finish();
}

static void closing_and_cutting_may_come_from_inside_a_delivery(void **state)
{
    (void)state;
    start_open(false);
    react = close_call;
    say("one");
    say("dropped");
    EXCHANGE_UNTIL(tls_there.state == TLS_ENDED);
    assert_string_equal(heard, "one");
    finish();
}

static void cut_call(void)
{
    in_call = true;
    conn_cut(conn);
    in_call = false;
}

static void cutting_from_inside_a_delivery_ends_it_at_once(void **state)
{
    (void)state;
    start_open(false);
    react = cut_call;
    say("one");
    say("dropped");
    exchange();
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_string_equal(heard, "one");
    assert_int_equal(the_end, CONN_END_OURS);
    assert_int_equal(tls_there.state, TLS_OPEN); /* no goodbye */
    finish();
}

static void closing_while_it_holds_something_drops_it(void **state)
{
    (void)state;
    start_open(false);
    react = pause_now;
    say("one");
    say("two");
    exchange();
    PEER_RUN_UNTIL(loop, heard_length > 0);
    resume_call(); /* would deliver the second at the next turn */
    close_call();
    EXCHANGE_UNTIL(tls_there.state == TLS_ENDED);
    assert_string_equal(heard, "one");
    peer_send(&peer, "read and dropped");
    peer_run_until_quiet(loop);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    finish();
}

static void cutting_while_it_holds_something_drops_it(void **state)
{
    (void)state;
    start_open(false);
    react = pause_now;
    say("one");
    say("two");
    exchange();
    PEER_RUN_UNTIL(loop, heard_length > 0);
    resume_call();
    cut_call();
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_string_equal(heard, "one");
    finish();
}

static void the_peers_goodbye_is_answered(void **state)
{
    (void)state;
    start_open(false);
    say("bye");
    tls_stream_close(tls_there.stream);
    peer_send_bytes(&peer, tls_there.out, tls_there.out_length);
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_string_equal(heard, "bye");
    assert_int_equal(the_end, CONN_END_PEER);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_in_range(peer.length, 20, 40); /* one alert, sealed */
    finish();
}

static void who_says_goodbye_may_still_be_answered(void **state)
{
    (void)state;
    events = &patient_events;
    finishes = 0;
    start_open(false);
    say("question");
    tls_stream_close(tls_there.stream);
    peer_send_bytes(&peer, tls_there.out, tls_there.out_length);
    tls_there.out_length = 0;
    PEER_RUN_UNTIL(loop, finishes == 1);
    assert_string_equal(heard, "question");
    assert_true(conn_is_open(conn));
    conn_pause(conn);
    resume_call(); /* there is nothing to come: does no harm */
    peer_run_until_quiet(loop);
    assert_int_equal(ends, 0);
    peer_receive_nothing(&peer);
    write_text("answer");
    peer_receive(&peer, 28);
    assert_in_range(peer.length, 28, 40); /* its record */
    close_call();
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_in_range(peer.length, 50, 80); /* and our goodbye */
    PEER_RUN_UNTIL(loop, ends == 1);      /* without lingering: the peer has said all */
    assert_int_equal(the_end, CONN_END_OURS);
    finish();
    events = &plain_events;
}

static void an_owner_without_patience_ends_what_was_said_goodbye_to(void **state)
{
    (void)state;
    events = &patient_events;
    finishes = 0;
    start_open(false);
    tls_stream_close(tls_there.stream);
    exchange();
    PEER_RUN_UNTIL(loop, finishes == 1);
    in_call = true;
    conn_hand_over(conn, &plain_events, &conn);
    in_call = false;
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_int_equal(the_end, CONN_END_PEER);
    finish();
    events = &plain_events;
}

static void a_truncation_is_no_goodbye(void **state)
{
    (void)state;
    events = &patient_events;
    finishes = 0;
    start_open(false);
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_int_equal(the_end, CONN_END_PEER);
    assert_int_equal(finishes, 0);
    finish();
    events = &plain_events;
}

static void a_truncated_connection_ends_as_by_the_peer(void **state)
{
    (void)state;
    start_open(false);
    say("half a wo");
    tls_there.out_length -= 5;
    exchange();
    assert_int_equal(shutdown(peer.descriptor, SHUT_WR), 0);
    PEER_RUN_UNTIL(loop, ends == 1);
    assert_int_equal(heard_length, 0);
    assert_int_equal(the_end, CONN_END_PEER);
    finish();
}

static void a_handshake_that_fails_sends_its_alert_and_ends(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    start(false);
    peer_send(&peer, "SSH-2.0-OpenSSH_9.2\r\n"); /* begins with a capital letter, as HTTP does */
    peer_receive_text(&peer, "HTTP/1.1 400 Bad Request\r\n");
    finish();
    start(false);
    peer_send_bytes(&peer, "\x16\x03\x01\0\4what", 9);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_in_range(peer.length, 7, 7); /* one alert */
    assert_int_equal(peer.got[0], 21);
    assert_false(conn_is_open(conn));
    assert_int_equal(ends, 0);
    peer_clock_move(loop, LINGER_MS);
    assert_int_equal(ends, 1);
    assert_int_equal(the_end, CONN_END_PEER);
    assert_int_equal(heard_length, 0);
    assert_int_equal(counter_read(&tls_failures), failures + 2);
    finish();
}

static void a_client_that_does_not_trust_us_ends_it(void **state)
{
    uint64_t failures = counter_read(&tls_failures);
    uint8_t nobodys[TLS_PIN_SIZE] = {0};

    (void)state;
    start(false);
    tls_client_destroy(&client);
    client = tls_client_of(NULL, nobodys);
    tls_stream_free(&tls_there.stream);
    assert_int_equal(tls_stream_create(&tls_there.stream,
                                       &(struct tls_stream_options){.client = client,
                                                                    .host = "pos.example.com",
                                                                    .events = &tls_side_events,
                                                                    .context = &tls_there}),
                     FAIL_NONE);
    tls_there.state = tls_stream_start(tls_there.stream);
    EXCHANGE_UNTIL(tls_there.state == TLS_BROKEN && tls_there.out_length == 0);
    PEER_RUN_UNTIL(loop, !conn_is_open(conn));
    assert_int_equal(counter_read(&tls_failures), failures + 1);
    finish();
    assert_int_equal(the_end, CONN_END_PEER);
}

static void plain_http_is_told_to_use_https(void **state)
{
    (void)state;
    start(false);
    peer_send(&peer, "GET / HTTP/1.1\r\nHost: pos.example.com\r\n\r\n");
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_string_equal(peer.got, "HTTP/1.1 400 Bad Request\r\n"
                                  "Content-Type: text/plain; charset=utf-8\r\n"
                                  "Content-Length: 58\r\n"
                                  "Connection: close\r\n"
                                  "\r\n"
                                  "this port speaks https: write https:// before the address\n");
    assert_int_equal(strlen(strstr(peer.got, "\r\n\r\n") + 4), 58);
    assert_int_equal(heard_length, 0);
    finish();
}

static void going_away_in_the_handshake_is_a_failure_only_after_a_word(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    start(false); /* as a load balancer does that only looks */
    finish();
    assert_int_equal(the_end, CONN_END_PEER);
    assert_int_equal(counter_read(&tls_failures), failures);
    start(false);
    peer_send(&peer, "\x16\x03\x01");
    peer_run_until_quiet(loop);
    finish();
    assert_int_equal(counter_read(&tls_failures), failures + 1);
}

static void closing_in_the_handshake_says_nothing(void **state)
{
    (void)state;
    start(false);
    close_call();
    peer_receive_end(&peer);
    assert_int_equal(peer.length, 0);
    finish();
    assert_int_equal(the_end, CONN_END_OURS);
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
        cmocka_unit_test(what_the_kernel_does_not_take_goes_out_later_in_order),
        cmocka_unit_test(a_peer_that_does_not_read_is_cut),
        cmocka_unit_test(what_is_written_during_the_handshake_is_dropped),
        cmocka_unit_test(a_pause_stops_the_decrypting_and_keeps_the_order),
        cmocka_unit_test(a_pause_that_is_over_at_once_loses_nothing),
        cmocka_unit_test(what_is_held_comes_before_the_end),
        cmocka_unit_test(a_pause_without_bytes_is_as_without_tls),
        cmocka_unit_test(closing_says_goodbye),
        cmocka_unit_test(closing_and_cutting_may_come_from_inside_a_delivery),
        cmocka_unit_test(cutting_from_inside_a_delivery_ends_it_at_once),
        cmocka_unit_test(closing_while_it_holds_something_drops_it),
        cmocka_unit_test(cutting_while_it_holds_something_drops_it),
        cmocka_unit_test(the_peers_goodbye_is_answered),
        cmocka_unit_test(who_says_goodbye_may_still_be_answered),
        cmocka_unit_test(an_owner_without_patience_ends_what_was_said_goodbye_to),
        cmocka_unit_test(a_truncation_is_no_goodbye),
        cmocka_unit_test(a_truncated_connection_ends_as_by_the_peer),
        cmocka_unit_test(a_handshake_that_fails_sends_its_alert_and_ends),
        cmocka_unit_test(a_client_that_does_not_trust_us_ends_it),
        cmocka_unit_test(plain_http_is_told_to_use_https),
        cmocka_unit_test(going_away_in_the_handshake_is_a_failure_only_after_a_word),
        cmocka_unit_test(closing_in_the_handshake_says_nothing),
        cmocka_unit_test(without_memory_none_is_accepted),
        cmocka_unit_test(without_memory_to_hold_it_ends),
    };

    return cmocka_run_group_tests(tests, group_start, group_finish);
}
