/* dial against a server that does one thing in each test. */
#include "unit/net/dial_scene.h"

#include <dlfcn.h>
#include <netdb.h>
#include <signal.h>

#include "base/id.h"

static struct scene scene;

static void answer_well(struct scene *at)
{
    scene_shake(at, "", 0);
}

static void assert_log(const char *expected)
{
    assert_string_equal(scene.log, expected);
}

static void assert_log_starts(const char *expected)
{
    if (strncmp(scene.log, expected, strlen(expected)) != 0) {
        fail_msg("\"%s\" does not start with \"%s\"", scene.log, expected);
    }
}

/* --- A whole conversation ----------------------------------------------- */

static void send_hello(struct scene *at)
{
    dial_send(at->dial, slice_of("hello"));
}

static void say_goodbye(struct scene *at)
{
    dial_close(at->dial, 1000, "bye");
    dial_send(at->dial, slice_of("too late"));
}

static void converse(struct scene *at)
{
    if (strcmp(at->record.text, "text hello") == 0) {
        scene_send(at, WEBSOCKET_TEXT, "welcome");
    } else if (strcmp(at->record.text, "text hello | close 1000 bye") == 0) {
        scene_send(at, WEBSOCKET_TEXT, "sent before the goodbye was read");
        scene_send_close(at, 1000, "bye, terminal");
        scene_hang_up(at);
    }
}

static void a_conversation_goes_both_ways_and_ends_politely(void **state)
{
    (void)state;
    scene_start(&scene, answer_well);
    (void)snprintf(scene.url.path, sizeof(scene.url.path), "/base");
    scene.on_open = send_hello;
    scene.on_message = say_goodbye;
    scene.react = converse;
    scene_play(&scene);
    assert_log("open | text welcome | end 1000: bye, terminal");
    assert_string_equal(scene.record.text, "text hello | close 1000 bye");
    assert_int_equal(scene.heard, 1); /* after a goodbye nobody watches */
    scene_finish(&scene);
}

static void hang_up(struct scene *at)
{
    scene_hang_up(at);
}

static void the_request_is_what_the_rfc_asks_for(void **state)
{
    char expected[512];
    char *key;

    (void)state;
    scene_start(&scene, hang_up);
    (void)snprintf(scene.url.path, sizeof(scene.url.path), "/base");
    scene_play(&scene);
    key = strstr(scene.request, "Sec-WebSocket-Key: ");
    assert_non_null(key);
    memset(key + 19, 'k', 22); /* it is random */
    (void)snprintf(expected, sizeof(expected),
                   "GET /base/device/v1 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: kkkkkkkkkkkkkkkkkkkkkk==\r\n\r\n",
                   scene.url.port);
    assert_string_equal(scene.request, expected);
    assert_log("end 1006: the server ended the connection without a goodbye");
    scene_finish(&scene);
}

static void answer_with_frames(struct scene *at)
{
    static const char FRAMES[] = "\x81\x05"
                                 "early\x01\x02in\x89\x01p\x80\x04 two\x88\x04\x0f\xa1ok";

    scene_shake(at, FRAMES, sizeof(FRAMES) - 1);
}

static void frames_may_come_with_the_handshake(void **state)
{
    (void)state;
    scene_start(&scene, answer_with_frames);
    scene_play(&scene);
    assert_log("open | text early | text in two | end 4001: ok");
    scene_finish(&scene);
}

/* --- Handshakes that fail ------------------------------------------------ */

static void answer_wrong_accept(struct scene *at)
{
    scene_write_text(at, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

static void a_wrong_accept_value_is_no_websocket(void **state)
{
    (void)state;
    scene_start(&scene, answer_wrong_accept);
    scene_play(&scene);
    assert_log("end 1006: the server's handshake does not prove that it speaks WebSocket "
               "(Sec-WebSocket-Accept is wrong)");
    scene_finish(&scene);
}

static void answer_403(struct scene *at)
{
    scene_write_text(at, "HTTP/1.1 403 Forbidden\r\nContent-Length: 27\r\n\r\n");
    scene_write_text(at, "this origin\r\nis not allowed\n");
}

static void a_refusal_is_told_with_its_body(void **state)
{
    (void)state;
    scene_start(&scene, answer_403);
    scene_play(&scene);
    assert_log("end 1006: the server answered 403 Forbidden: this origin  is not allowed");
    scene_finish(&scene);
}

static uv_shutdown_t goodbye;

static void answer_404_and_hang_up(struct scene *at)
{
    scene_write_text(at, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n404 page not found\n");
    assert_int_equal(uv_shutdown(&goodbye, (uv_stream_t *)&at->peer, NULL), 0);
}

static void a_refusal_may_end_with_the_connection(void **state)
{
    (void)state;
    scene_start(&scene, answer_404_and_hang_up);
    scene_play(&scene);
    assert_log("end 1006: the server answered 404 Not Found: 404 page not found");
    scene_finish(&scene);
}

static void answer_never(struct scene *at)
{
    (void)at;
    scene_move_clock(10000);
}

static void a_handshake_without_answer_ends_after_ten_seconds(void **state)
{
    (void)state;
    scene_start(&scene, answer_never);
    scene_play(&scene);
    assert_log("end 1006: the server did not answer the handshake in time");
    scene_finish(&scene);
}

static uv_prepare_t before_next_poll;

static void on_prepare(uv_prepare_t *prepare)
{
    scene_move_clock(10000);
    uv_close((uv_handle_t *)prepare, NULL);
}

/* The clock moves just before the loop reads, so that what was written arrives
 * before the time is up. */
static void answer_500_that_never_ends(struct scene *at)
{
    scene_write_text(at, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 900\r\n\r\nsorry");
    assert_int_equal(uv_prepare_init(loop_uv(at->loop), &before_next_poll), 0);
    assert_int_equal(uv_prepare_start(&before_next_poll, on_prepare), 0);
}

static void a_refusal_whose_body_stays_away_is_told_in_the_end(void **state)
{
    (void)state;
    scene_start(&scene, answer_500_that_never_ends);
    scene_play(&scene);
    assert_log("end 1006: the server answered 500 Internal Server Error: sorry");
    scene_finish(&scene);
}

/* --- Connections that fail ----------------------------------------------- */

/* A port of which nobody listens: bound, and never listened on. */
static void a_refused_connection_is_told(void **state)
{
    struct sockaddr_in address;
    struct sockaddr_storage bound;
    int size = sizeof(bound);
    uv_tcp_t silent;

    (void)state;
    scene_start(&scene, answer_well);
    assert_int_equal(uv_tcp_init(loop_uv(scene.loop), &silent), 0);
    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    assert_int_equal(uv_tcp_bind(&silent, (const struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_tcp_getsockname(&silent, (struct sockaddr *)&bound, &size), 0);
    memcpy(&address, &bound, sizeof(address));
    scene.url.port = ntohs(address.sin_port);
    uv_unref((uv_handle_t *)&silent);
    scene_play(&scene);
    assert_log_starts("end 1006: no connection to 127.0.0.1:");
    assert_non_null(strstr(scene.log, "connection refused"));
    uv_close((uv_handle_t *)&silent, NULL);
    scene_finish(&scene);
}

/* The look-up of libuv comes here: two.test has two addresses, and the scene
 * listens on the second one only. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *found = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo *first;
    int result;

    memcpy(&real, &found, sizeof(found));
    if (strcmp(host, "two.test") != 0) {
        return real(host, service, hints, out);
    }
    result = real("127.0.0.2", service, hints, &first);
    if (result == 0) {
        result = real("127.0.0.1", service, hints, &first->ai_next);
        *out = first;
    }
    return result;
}

static void every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    scene_start(&scene, answer_with_frames);
    (void)snprintf(scene.url.host, sizeof(scene.url.host), "two.test");
    scene_play(&scene);
    assert_log("open | text early | text in two | end 4001: ok");
    scene_finish(&scene);
}

static void a_name_without_address_is_told(void **state)
{
    (void)state;
    scene_start(&scene, answer_well);
    (void)snprintf(scene.url.host, sizeof(scene.url.host), "not..a..name");
    scene_play(&scene);
    assert_log_starts("end 1006: no address is known of not..a..name:");
    scene_finish(&scene);
}

static void giving_up_before_it_is_open_ends_it(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 2; i++) {
        scene_start(&scene, answer_well);
        assert_int_equal(scene_dial(&scene), FAIL_NONE);
        dial_send(scene.dial, slice_of("too early"));
        if (i == 0) {
            dial_close(scene.dial, 1000, "bye");
        } else {
            dial_cut(scene.dial);
        }
        dial_cut(scene.dial);
        assert_int_equal(scene.ends, 0);
        loop_run(scene.loop);
        assert_int_equal(scene.ends, 1);
        assert_log(i == 0 ? "end 1006: given up before the connection was open"
                          : "end 1006: cut off by this side");
        scene_finish(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_goes_both_ways_and_ends_politely),
        cmocka_unit_test(the_request_is_what_the_rfc_asks_for),
        cmocka_unit_test(frames_may_come_with_the_handshake),
        cmocka_unit_test(a_wrong_accept_value_is_no_websocket),
        cmocka_unit_test(a_refusal_is_told_with_its_body),
        cmocka_unit_test(a_refusal_may_end_with_the_connection),
        cmocka_unit_test(a_handshake_without_answer_ends_after_ten_seconds),
        cmocka_unit_test(a_refusal_whose_body_stays_away_is_told_in_the_end),
        cmocka_unit_test(a_refused_connection_is_told),
        cmocka_unit_test(every_address_of_a_name_is_tried),
        cmocka_unit_test(a_name_without_address_is_told),
        cmocka_unit_test(giving_up_before_it_is_open_ends_it),
    };

    id_start();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)alarm(60); /* a hang is a failure */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
