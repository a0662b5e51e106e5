/* The server's side of a WebSocket: handshake, messages, ends. The framing
 * itself has its own tests in tests/unit/wire. */
#include "unit/net/socket_scene.h"

/* --- The handshake ------------------------------------------------------------- */

static void a_handshake_is_answered_with_the_proof(void **state)
{
    char expected[CONN_ADDRESS_SIZE];
    char text[CONN_ADDRESS_SIZE];
    struct sockaddr_in address;
    socklen_t size = sizeof(address);

    (void)state;
    scene_start(); /* compares the answer */
    assert_int_equal(getsockname(peer.descriptor, (struct sockaddr *)&address, &size), 0);
    assert_true(text_format(expected, sizeof(expected), "127.0.0.1:%u", ntohs(address.sin_port)));
    socket_peer(sock, text);
    assert_string_equal(text, expected);
    scene_finish();
}

static void expect_refusal(const char *request, const char *status, bool says_version)
{
    scene_start_bare();
    peer_send(&peer, request);
    peer_receive_end(&peer);
    assert_true(slice_starts_with(slice_of(peer.got), status));
    assert_int_equal(strstr(peer.got, "\r\nSec-WebSocket-Version: 13\r\n") != NULL, says_version);
    assert_int_equal(scene_upgrade_fail, FAIL_NONE);
    assert_int_equal(scene_upgrades, 0);
    scene_finish();
}

static void a_handshake_that_breaks_the_rules_is_refused(void **state)
{
    (void)state;
    expect_refusal("GET / HTTP/1.1\r\nHost: till\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 8\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                   "HTTP/1.1 426 ", true);
    expect_refusal("GET / HTTP/1.1\r\nHost: till\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\n\r\n",
                   "HTTP/1.1 400 ", false);
    expect_refusal("POST / HTTP/1.1\r\nHost: till\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                   "HTTP/1.1 405 ", false);
}

static void a_client_that_speaks_before_the_answer_is_cut(void **state)
{
    (void)state;
    scene_start_bare();
    peer_send(&peer, SCENE_REQUEST "\x81\x80\x37\xfa\x21\x3d");
    peer_receive_end(&peer);
    assert_int_equal(scene_upgrade_fail, FAIL_NONE);
    assert_int_equal(scene_upgrades, 0);
    scene_finish();
    assert_string_equal(scene_log, ""); /* nobody was ever told of it */
}

/* --- Messages -------------------------------------------------------------------- */

static void messages_go_both_ways(void **state)
{
    (void)state;
    scene_start();
    text_send("hello");
    text_send("");
    text_send("gr\xc3\xbc\xc3\x9f");
    server_hears("text hello | text  | text gr\xc3\xbc\xc3\x9f | ");
    scene_send("welcome");
    scene_send("");
    client_hears("text welcome | text");
    scene_finish();
}

static void a_message_may_come_byte_by_byte_and_in_fragments(void **state)
{
    /* "Hel" "lo", with a ping between them, all with a mask of zeros. */
    static const char frames[] = "\x01\x83\0\0\0\0Hel\x89\x81\0\0\0\0p\x80\x82\0\0\0\0lo";
    size_t at;

    (void)state;
    scene_start();
    for (at = 0; at < sizeof(frames) - 1; at++) {
        peer_send_bytes(&peer, frames + at, 1);
        peer_run(loop, -1, 0);
    }
    server_hears("text Hello | ");
    client_hears("pong p");
    scene_finish();
}

static void a_ping_is_answered_and_a_pong_is_not(void **state)
{
    (void)state;
    scene_start();
    frame_send(WEBSOCKET_PONG, "nobody asked");
    frame_send(WEBSOCKET_PING, "one");
    frame_send(WEBSOCKET_PING, "");
    frame_send(WEBSOCKET_PING, "three");
    client_hears("pong one | pong | pong three");
    assert_string_equal(scene_log, "");
    scene_finish();
}

static void a_message_up_to_the_limit_is_taken(void **state)
{
    char text[SCENE_MESSAGE_MAX + 1];

    (void)state;
    memset(text, 'm', SCENE_MESSAGE_MAX);
    text[SCENE_MESSAGE_MAX] = '\0';
    scene_start();
    text_send(text);
    server_hears("text long | ");
    scene_finish();
}

/* --- What breaks the rules -------------------------------------------------------- */

/* The client is told why, and the connection ends without waiting for it. */
static void expect_failure(const char *frames, size_t length, const char *heard, const char *log)
{
    scene_start();
    peer_send_bytes(&peer, frames, length);
    client_hears(heard);
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_false(scene_ended); /* it may still finish its side */
    peer_close(&peer);
    server_hears(log);
    scene_finish();
}

static void what_breaks_the_rules_is_told_and_closed(void **state)
{
    static const char unmasked[] = "\x81\x02hi";
    static const char not_utf8[] = "\x81\x82\0\0\0\0\xc3\x28";
    static const char too_long[] = "\x81\xfe\x03\xe9\0\0\0\0";
    static const char late[] = "\x81\x81\0\0\0\0a\x83\x80\0\0\0\0\x81\x81\0\0\0\0b";

    (void)state;
    expect_failure(unmasked, sizeof(unmasked) - 1, "close 1002 the frame breaks RFC 6455",
                   "end 1002");
    expect_failure(not_utf8, sizeof(not_utf8) - 1, "close 1007 the text is not valid UTF-8",
                   "end 1007");
    expect_failure(too_long, sizeof(too_long) - 1, "close 1009 the message is too long",
                   "end 1009");
    expect_failure(late, sizeof(late) - 1, "close 1002 the frame breaks RFC 6455",
                   "text a | end 1002");
}

static void a_binary_message_is_refused(void **state)
{
    (void)state;
    scene_start();
    frame_send(WEBSOCKET_BINARY, "bits");
    text_send("ignored from now on");
    client_hears("close 1003 only text messages are understood");
    close_send(1003, "");
    peer_receive_end(&peer);
    scene_finish();
    assert_string_equal(scene_log, "end 1003");
}

/* --- Ends --------------------------------------------------------------------------- */

static void a_client_may_close(void **state)
{
    (void)state;
    scene_start();
    text_send("last");
    close_send(1000, "bye");
    text_send("after a goodbye nothing is read");
    client_hears("close 1000");
    peer_receive_end(&peer);
    peer_close(&peer);
    server_hears("text last | end 1000");
    scene_finish();
}

static void a_client_may_close_with_a_code_of_its_own_or_none(void **state)
{
    (void)state;
    scene_start();
    close_send(4999, "");
    client_hears("close 4999");
    scene_finish();
    assert_string_equal(scene_log, "end 4999");

    scene_start();
    close_send(WEBSOCKET_CLOSE_NO_STATUS, "");
    client_hears("close 1005"); /* the record's word for an empty one */
    scene_finish();
    assert_string_equal(scene_log, "end 1005");
}

static void the_owner_may_close_and_the_client_answers(void **state)
{
    (void)state;
    scene_start();
    scene_send("one more");
    scene_close(4001, "replaced");
    scene_close(1000, "a second goodbye is not sent");
    scene_send("nor anything else");
    scene_probe(1);
    client_hears("text one more | close 4001 replaced");
    text_send("ignored");
    frame_send(WEBSOCKET_PING, "ignored as well");
    client_hears_no_more_than("text one more | close 4001 replaced");
    assert_false(peer.ended); /* it is waited for */
    close_send(1000, "");
    peer_receive_end(&peer);
    peer_close(&peer);
    server_hears("end 4001"); /* the code of whoever closed first */
    scene_finish();
}

static void a_client_that_does_not_answer_a_goodbye_is_cut_after_two_seconds(void **state)
{
    (void)state;
    scene_start();
    scene_close(1001, "stopping");
    client_hears("close 1001 stopping");
    peer_clock_move(loop, 1999);
    assert_false(scene_ended);
    text_send("still here");
    peer_run_until_quiet(loop);
    peer_clock_move(loop, 1);
    server_hears("end 1001");
    peer_receive_end(&peer);
    scene_finish();
}

static void an_error_after_our_goodbye_ends_it(void **state)
{
    (void)state;
    scene_start();
    scene_close(1000, "");
    client_hears("close 1000");
    peer_send(&peer, "\x83");
    peer_receive_end(&peer);
    assert_string_equal(record.text, "close 1000"); /* and no second one */
    scene_finish();
    assert_string_equal(scene_log, "end 1000");
}

static void a_client_that_vanishes_leaves_1006(void **state)
{
    (void)state;
    scene_start();
    peer_send_bytes(&peer, "\x81\x85", 2);
    peer_run_until_quiet(loop);
    peer_reset(&peer);
    server_hears("end 1006");
    scene_finish();
}

static void a_line_may_be_cut(void **state)
{
    (void)state;
    scene_start();
    scene_cut();
    assert_false(scene_ended);
    scene_send("ignored");
    scene_close(1000, "ignored");
    server_hears("end 1006");
    peer_receive_end(&peer);
    assert_string_equal(record.text, "");
    scene_finish();
}

static void close_politely(void)
{
    scene_close(1008, "enough");
}

static void what_comes_with_the_last_message_is_not_delivered(void **state)
{
    static const char three[] = "\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b\x89\x80\0\0\0\0";

    (void)state;
    scene_start();
    scene_on_text = scene_cut;
    peer_send_bytes(&peer, three, sizeof(three) - 1);
    server_hears("text a | end 1006");
    scene_finish();

    scene_start();
    scene_on_text = close_politely;
    peer_send_bytes(&peer, three, sizeof(three) - 1);
    client_hears("close 1008 enough");
    scene_finish();
    assert_string_equal(scene_log, "text a | end 1008");
}

static void a_client_that_does_not_read_is_cut(void **state)
{
    static char text[128 * 1024];
    unsigned i;

    (void)state;
    memset(text, 't', sizeof(text) - 1);
    scene_start();
    for (i = 0; i < 1000 && !scene_ended; i++) {
        scene_send(text);
        if (i % 10 == 0) {
            peer_run(loop, -1, 0);
        }
    }
    server_hears("end 1006");
    scene_finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_is_answered_with_the_proof),
        cmocka_unit_test(a_handshake_that_breaks_the_rules_is_refused),
        cmocka_unit_test(a_client_that_speaks_before_the_answer_is_cut),
        cmocka_unit_test(messages_go_both_ways),
        cmocka_unit_test(a_message_may_come_byte_by_byte_and_in_fragments),
        cmocka_unit_test(a_ping_is_answered_and_a_pong_is_not),
        cmocka_unit_test(a_message_up_to_the_limit_is_taken),
        cmocka_unit_test(what_breaks_the_rules_is_told_and_closed),
        cmocka_unit_test(a_binary_message_is_refused),
        cmocka_unit_test(a_client_may_close),
        cmocka_unit_test(a_client_may_close_with_a_code_of_its_own_or_none),
        cmocka_unit_test(the_owner_may_close_and_the_client_answers),
        cmocka_unit_test(a_client_that_does_not_answer_a_goodbye_is_cut_after_two_seconds),
        cmocka_unit_test(an_error_after_our_goodbye_ends_it),
        cmocka_unit_test(a_client_that_vanishes_leaves_1006),
        cmocka_unit_test(a_line_may_be_cut),
        cmocka_unit_test(what_comes_with_the_last_message_is_not_delivered),
        cmocka_unit_test(a_client_that_does_not_read_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
