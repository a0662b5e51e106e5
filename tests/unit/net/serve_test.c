/* HTTP over real sockets: what is asked, what is answered, in which order. */
#include "unit/net/serve_scene.h"

enum { PIPELINED = 1000, FLOOD_MAX = 64 * 1024 * 1024 };

#define GET(path) "GET " path " HTTP/1.1\r\nHost: till\r\n\r\n"
#define POST(path, length)                                                                         \
    "POST " path " HTTP/1.1\r\nHost: till\r\nContent-Length: " length "\r\n\r\n"

/* --- One request after the other -------------------------------------------- */

static void a_request_is_answered_to_the_byte(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/path?a=b"));
    peer_receive_text(&peer, "/path");
    assert_string_equal(peer.got,
                        "HTTP/1.1 200 OK\r\n" SCENE_DATE "Content-Type: text/plain\r\n" SCENE_ALWAYS
                        "Content-Length: 5\r\n\r\n/path");
    scene_expect_log("GET /path | ");
    scene_finish();
}

static void an_answer_may_have_headers_and_no_body(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/headers"));
    peer_receive_text(&peer, "\r\n\r\n");
    assert_string_equal(peer.got, "HTTP/1.1 202 Accepted\r\n" SCENE_DATE "Location: /there\r\n"
                                  "Retry-After: 5\r\n" SCENE_ALWAYS "Content-Length: 0\r\n\r\n");
    scene_finish();
}

static void a_head_request_gets_the_head_alone(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, "HEAD /big/70000 HTTP/1.1\r\nHost: till\r\n\r\n" GET("/next"));
    peer_receive_text(&peer, "/next");
    assert_non_null(strstr(peer.got, "Content-Length: 70000\r\n\r\nHTTP/1.1 200 OK\r\n"));
    scene_expect_log("HEAD /big/70000 | GET /next | ");
    scene_finish();
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    unsigned i;

    (void)state;
    scene_start(NULL, false);
    for (i = 0; i < 3; i++) {
        peer_send(&peer, GET("/again"));
        peer_receive_text(&peer, "/again");
        assert_null(strstr(peer.got, "Connection"));
        peer_forget(&peer);
    }
    scene_expect_log("GET /again | GET /again | GET /again | ");
    scene_finish();
}

static void expect_closed_after(const char *request)
{
    scene_start(NULL, false);
    peer_send(&peer, request);
    peer_send(&peer, GET("/not-served"));
    peer_receive_end(&peer);
    assert_false(peer.reset);
    assert_non_null(strstr(peer.got, "\r\nConnection: close\r\n"));
    assert_null(strstr(scene_log, "not-served"));
    scene_finish();
}

static void a_connection_is_closed_where_one_side_wants_it(void **state)
{
    (void)state;
    expect_closed_after("GET / HTTP/1.0\r\n\r\n");
    expect_closed_after("GET / HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n");
    expect_closed_after(GET("/close"));
}

static void what_is_no_request_is_refused_and_nothing_after_it_is_read(void **state)
{
    (void)state;
    expect_closed_after("GET / HTTP/1.1\r\nHost: till\r\nHost: other\r\n\r\n");
    expect_closed_after("\x16\x03\x01 nonsense\r\n");
    expect_closed_after(POST("/echo", "65537"));
    expect_closed_after(
        "POST /echo HTTP/1.1\r\nHost: till\r\nTransfer-Encoding: chunked\r\n\r\nzz");
    scene_expect_log("");
}

static void an_answer_that_would_become_two_is_not_sent(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/bad"));
    peer_receive_end(&peer);
    assert_int_equal(peer.length, 0);
    scene_finish();
}

static void the_peer_of_an_exchange_has_an_address(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/peer"));
    peer_receive_text(&peer, "\r\n\r\n127.0.0.1:");
    scene_finish();
}

/* --- In pieces ---------------------------------------------------------------- */

static void a_request_may_come_in_two_pieces_cut_anywhere(void **state)
{
    static const char request[] = POST("/echo", "4") "1234" GET("/next");
    size_t at;

    (void)state;
    for (at = 1; at < sizeof(request) - 1; at++) {
        scene_start(NULL, false);
        peer_send_bytes(&peer, request, at);
        peer_run(loop, -1, 0);
        peer_run(loop, -1, 0);
        peer_send_bytes(&peer, request + at, sizeof(request) - 1 - at);
        peer_receive_text(&peer, "/next");
        assert_non_null(strstr(peer.got, "\r\n\r\n1234HTTP/1.1"));
        scene_expect_log("POST /echo [1234] | GET /next | ");
        scene_finish();
    }
}

static void a_request_may_come_byte_by_byte(void **state)
{
    static const char request[] =
        "POST /echo HTTP/1.1\r\nHost: till\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    size_t at;

    (void)state;
    scene_start(NULL, false);
    for (at = 0; at < sizeof(request) - 1; at++) {
        peer_send_bytes(&peer, request + at, 1);
        peer_run(loop, -1, 0);
    }
    scene_receive("\r\n\r\nabcd");
    scene_expect_log("POST /echo [abcd] | ");
    scene_finish();
}

static void a_body_up_to_the_limit_is_taken(void **state)
{
    static char body[HTTP_BODY_MAX];

    (void)state;
    memset(body, 'b', sizeof(body));
    scene_start(NULL, false);
    peer_send(&peer, POST("/echo", "65536"));
    peer_send_bytes(&peer, body, sizeof(body));
    peer_send(&peer, GET("/next"));
    peer_receive_text(&peer, "/next");
    assert_non_null(strstr(peer.got, "Content-Length: 65536\r\n"));
    scene_expect_log("POST /echo [long] | GET /next | ");
    scene_finish();
}

static void a_client_that_asks_is_told_to_go_on(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 2\r\n"
                     "Expect: 100-continue\r\n\r\n");
    peer_receive_text(&peer, "\r\n\r\n");
    assert_string_equal(peer.got, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_send(&peer, "ok");
    scene_receive("\r\n\r\nok");
    scene_finish();
}

/* --- Late answers -------------------------------------------------------------- */

static void pipelined_requests_are_answered_one_after_the_other(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later/1") GET("/now") GET("/later/2") GET("/end"));
    scene_run_until_asked(1);
    peer_receive_nothing(&peer);
    scene_expect_log("GET /later/1 | ");
    scene_answer("first");
    peer_receive_text(&peer, "/now");
    assert_non_null(strstr(peer.got, "\r\n\r\nfirstHTTP/1.1 200"));
    scene_expect_log("GET /later/1 | GET /now | GET /later/2 | ");
    peer_forget(&peer);
    scene_answer("second");
    peer_receive_text(&peer, "/end");
    assert_non_null(strstr(peer.got, "\r\n\r\nsecondHTTP/1.1 200"));
    scene_finish();
}

static void what_comes_while_an_answer_is_due_waits(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    peer_send(&peer, "GET /half HTTP/1.1\r\n");
    peer_run_until_quiet(loop);
    scene_answer("late");
    scene_receive("\r\n\r\nlate");
    peer_send(&peer, "Host: till\r\n\r\n");
    scene_receive("/half");
    scene_expect_log("GET /later | GET /half | ");
    scene_finish();
}

static void a_thousand_pipelined_requests_are_answered_in_order(void **state)
{
    char *at;
    unsigned i;

    (void)state;
    scene_start(NULL, false);
    for (i = 0; i < PIPELINED; i++) {
        char request[64];

        assert_true(text_format(request, sizeof(request), GET("/%04u"), i));
        peer_send(&peer, request);
    }
    peer_receive_text(&peer, "/0999");
    at = peer.got;
    for (i = 0; i < PIPELINED; i++) {
        char body[16];

        assert_true(text_format(body, sizeof(body), "\r\n\r\n/%04u", i));
        at = strstr(at, body);
        assert_non_null(at);
    }
    scene_finish();
}

/* Sends for as long as somebody takes it; how many whole requests that were. */
static size_t flood(const char *request)
{
    size_t length = strlen(request);
    size_t sent_all = 0;
    unsigned refused = 0;

    while (sent_all < FLOOD_MAX && refused < PEER_QUIET_ROUNDS) {
        size_t offset = sent_all % length;
        ssize_t sent =
            send(peer.descriptor, request + offset, length - offset, MSG_DONTWAIT | MSG_NOSIGNAL);

        refused = sent > 0 ? 0 : refused + 1;
        sent_all += sent > 0 ? (size_t)sent : 0;
        if (sent <= 0) {
            peer_run(loop, -1, 0);
        }
    }
    assert_true(sent_all < FLOOD_MAX); /* it came to an end: reading was stopped */
    peer_send(&peer, request + sent_all % length);
    return (sent_all + length - 1) / length;
}

static void requests_do_not_pile_up_behind_a_late_answer(void **state)
{
    static char request[32 * 1024];
    size_t length;
    size_t count;
    size_t i;

    (void)state;
    scene_start(NULL, true);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    length = (size_t)snprintf(request, sizeof(request), POST("/quiet", "30000"));
    memset(request + length, 'q', 30000);
    count = flood(request);
    scene_answer("late");
    for (i = 0; i < count; i++) {
        peer_receive_text(&peer, "/quiet");
        peer.length -= (size_t)(strstr(peer.got, "/quiet") + 6 - peer.got);
        memmove(peer.got, strstr(peer.got, "/quiet") + 6, peer.length + 1);
    }
    peer_send(&peer, GET("/end"));
    peer_receive_text(&peer, "/end");
    scene_finish();
}

/* --- Ends ------------------------------------------------------------------------ */

static void a_client_that_leaves_while_its_answer_is_due_is_forgotten(void **state)
{
    char address[CONN_ADDRESS_SIZE];

    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, GET("/later") GET("/never"));
    scene_run_until_asked(1);
    peer_reset(&peer);
    peer_run_until_quiet(loop);
    exchange_peer(scene_later[0], address);
    assert_string_equal(address, "gone");
    scene_answer("to nobody");
    peer_close(&peer);
    peer_connect(&peer, loop, port);
    peer_send(&peer, GET("/next"));
    scene_receive("/next");
    scene_expect_log("GET /later | GET /next | ");
    scene_finish();
}

static void a_client_that_leaves_in_the_middle_of_a_request_is_forgotten(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_send(&peer, POST("/echo", "10") "half");
    peer_run_until_quiet(loop);
    peer_reset(&peer);
    peer_run_until_quiet(loop);
    scene_expect_log("");
    scene_finish();
}

static void closing_all_does_not_wait_for_late_answers(void **state)
{
    struct peer idle;

    (void)state;
    scene_start(NULL, false);
    peer_connect(&idle, loop, port);
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    serve_close_all(serve);
    peer_receive_end(&peer);
    peer_receive_end(&idle);
    assert_int_equal(peer.length, 0);
    peer_close(&idle);
    peer_close(&peer);
    peer_run_until_quiet(loop);
    scene_answer("to nobody");
    scene_finish();
}

/* --- Big answers ------------------------------------------------------------------ */

static void a_big_answer_reaches_a_client_that_reads_slowly(void **state)
{
    char request[64];
    char *body;

    (void)state;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    assert_true(text_format(request, sizeof(request), GET("/big/%d"), SERVE_ANSWER_MAX));
    peer_send(&peer, request);
    peer_receive_text(&peer, "\r\n\r\n");
    body = strstr(peer.got, "\r\n\r\n") + 4;
    peer_receive(&peer, (size_t)(body - peer.got) + SERVE_ANSWER_MAX);
    assert_memory_equal(body, scene_body, SERVE_ANSWER_MAX);
    peer_forget(&peer);
    peer_send(&peer, GET("/next"));
    scene_receive("/next");
    scene_finish();
}

static void an_answer_that_is_too_big_becomes_an_error(void **state)
{
    char request[64];

    (void)state;
    scene_start(NULL, false);
    assert_true(text_format(request, sizeof(request), GET("/big/%d"), SERVE_ANSWER_MAX + 1));
    peer_send(&peer, request);
    scene_receive("\r\n\r\nthe answer is too large; ask for less at once\n");
    peer_send(&peer, GET("/next"));
    scene_receive("/next");
    scene_finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_to_the_byte),
        cmocka_unit_test(an_answer_may_have_headers_and_no_body),
        cmocka_unit_test(a_head_request_gets_the_head_alone),
        cmocka_unit_test(a_connection_is_kept_for_the_next_request),
        cmocka_unit_test(a_connection_is_closed_where_one_side_wants_it),
        cmocka_unit_test(what_is_no_request_is_refused_and_nothing_after_it_is_read),
        cmocka_unit_test(an_answer_that_would_become_two_is_not_sent),
        cmocka_unit_test(the_peer_of_an_exchange_has_an_address),
        cmocka_unit_test(a_request_may_come_in_two_pieces_cut_anywhere),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(a_body_up_to_the_limit_is_taken),
        cmocka_unit_test(a_client_that_asks_is_told_to_go_on),
        cmocka_unit_test(pipelined_requests_are_answered_one_after_the_other),
        cmocka_unit_test(what_comes_while_an_answer_is_due_waits),
        cmocka_unit_test(a_thousand_pipelined_requests_are_answered_in_order),
        cmocka_unit_test(requests_do_not_pile_up_behind_a_late_answer),
        cmocka_unit_test(a_client_that_leaves_while_its_answer_is_due_is_forgotten),
        cmocka_unit_test(a_client_that_leaves_in_the_middle_of_a_request_is_forgotten),
        cmocka_unit_test(closing_all_does_not_wait_for_late_answers),
        cmocka_unit_test(a_big_answer_reaches_a_client_that_reads_slowly),
        cmocka_unit_test(an_answer_that_is_too_big_becomes_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
