/* How a connection with TLS ends: goodbyes, truncations, failed handshakes. */
#include "net/conn.h"

#include "unit/net/conn_tls_scene.h"

/* --- Ends ------------------------------------------------------------------------------------ */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, group_start, group_finish);
}
