/* Who is let in, who goes when there is no room, and for whom a proxy speaks. */
#include "net/gate.h"
#include "unit/net/serve_scene.h"
#include "unit/wire/failing_memory.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: till\r\n\r\n"

enum { PEERS_MAX = 8, ALLOCATIONS_MAX = 50 };

static const struct gate_options SMALL = {.strangers_max = 3,
                                          .terminals_max = 2,
                                          .address_max = 3,
                                          .address_per_minute = 1000,
                                          .address_known_times = 2};
/* Only the whole is small: three, of which one is lent while there is no terminal. */
static const struct gate_options CROWDED = {.strangers_max = 2,
                                            .terminals_max = 1,
                                            .address_max = 3,
                                            .address_per_minute = 1000,
                                            .address_known_times = 2};

/* Whose connections all are, instead of a loopback address; NULL: their own. */
static const char *scene_other_peer;

int getpeername(int descriptor, __SOCKADDR_ARG at, socklen_t *size)
{
    static int (*real)(int, __SOCKADDR_ARG, socklen_t *);
    struct sockaddr_in other = {.sin_family = AF_INET};

    failing_memory_real("getpeername", &real);
    if (scene_other_peer == NULL) {
        return real(descriptor, at, size);
    }
    assert_int_equal(inet_pton(AF_INET, scene_other_peer, &other.sin_addr), 1);
    memcpy(at.__sockaddr__, &other, sizeof(other));
    *size = sizeof(other);
    return 0;
}

static struct gate *gate;
static struct peer peers[PEERS_MAX];

/* A service behind a gate; `peer` is already inside, from 127.0.0.1. */
static void start(const struct gate_options *options, const char *trusted)
{
    static struct address_range range;

    memset(peers, 0, sizeof(peers));
    assert_int_equal(gate_create(&gate, options), FAIL_NONE);
    if (trusted != NULL) {
        assert_true(address_range_read(slice_of(trusted), &range));
    }
    scene_start_with(&(struct serve_options){.gate = gate,
                                             .trusted = &range,
                                             .trusted_count = trusted != NULL ? 1 : 0},
                     false);
    PEER_RUN_UNTIL(loop, gate_count(gate).strangers == 1);
}

static void finish(void)
{
    size_t i;

    for (i = 0; i < PEERS_MAX; i++) {
        if (peers[i].got != NULL) {
            peer_close(&peers[i]);
        }
    }
    scene_finish();
    assert_int_equal(gate_count(gate).strangers, 0);
    assert_int_equal(gate_count(gate).terminals, 0);
    gate_destroy(&gate);
}

/* Another connection, from an address of this machine. */
static struct peer *enter(size_t which, const char *from)
{
    peer_connect_from(&peers[which], loop, port, from);
    peer_run_until_quiet(loop);
    return &peers[which];
}

static void expect_served(struct peer *at)
{
    peer_send(at, GET("/served"));
    peer_receive_text(at, "\r\n\r\n/served");
    peer_forget(at);
}

static void expect_cut(struct peer *at)
{
    peer_receive_end(at);
    assert_string_equal(at->got, "");
}

/* --- Room ------------------------------------------------------------------------ */

static void who_has_been_silent_longest_makes_room(void **state)
{
    uint64_t before = counter_read(&serve_evicted);

    (void)state;
    start(&CROWDED, NULL);
    (void)enter(0, "127.0.0.2");
    (void)enter(1, "127.0.0.3");
    expect_served(&peer); /* it has asked for something: now 0 was silent longest */
    expect_served(enter(2, "127.0.0.4"));
    expect_cut(&peers[0]);
    expect_served(enter(3, "127.0.0.5"));
    expect_cut(&peers[1]);
    expect_served(enter(4, "127.0.0.6"));
    expect_cut(&peer);
    assert_int_equal(gate_count(gate).strangers, 3);
    assert_int_equal(counter_read(&serve_evicted) - before, 3);
    finish();
}

static void two_that_come_at_once_find_room_for_two(void **state)
{
    (void)state;
    start(&CROWDED, NULL);
    (void)enter(0, "127.0.0.2");
    (void)enter(1, "127.0.0.3");
    peer_connect_from(&peers[2], loop, port, "127.0.0.4");
    peer_connect_from(&peers[3], loop, port, "127.0.0.5");
    expect_served(&peers[2]);
    expect_served(&peers[3]);
    expect_cut(&peer);
    expect_cut(&peers[0]);
    expect_served(&peers[1]);
    finish();
}

static void half_a_request_is_silence_too(void **state)
{
    (void)state;
    start(&CROWDED, NULL);
    peer_send(&peer, "GET /half HTTP/1.1\r\n");
    (void)enter(0, "127.0.0.2");
    peer_send(&peers[0], "POST /echo HTTP/1.1\r\nHost: till\r\nContent-Length: 9\r\n\r\nhalf");
    (void)enter(1, "127.0.0.3");
    peer_send(&peer, "Host: ");
    peer_run_until_quiet(loop);
    expect_served(enter(2, "127.0.0.4"));
    expect_cut(&peer);
    expect_served(enter(3, "127.0.0.5"));
    expect_cut(&peers[0]);
    scene_expect_log("GET /served | GET /served | ");
    finish();
}

static void at_its_own_limit_an_address_makes_room_among_itself(void **state)
{
    (void)state;
    start(&SMALL, NULL);
    (void)enter(0, "127.0.0.2"); /* from elsewhere, silent longer than most */
    (void)enter(1, "127.0.0.1");
    (void)enter(2, "127.0.0.1");
    expect_served(&peer);
    expect_served(enter(3, "127.0.0.1"));
    expect_cut(&peers[1]);
    expect_served(&peers[0]);
    expect_served(&peers[2]);
    expect_served(&peer);
    finish();
}

static void who_has_a_request_under_way_stays(void **state)
{
    uint64_t before = counter_read(&serve_refused[GATE_FULL]);

    (void)state;
    start(&CROWDED, NULL);
    peer_send(&peer, GET("/later/0"));
    scene_run_until_asked(1);
    peer_send(enter(0, "127.0.0.2"), GET("/later/1"));
    scene_run_until_asked(2);
    peer_send(enter(1, "127.0.0.3"), GET("/later/2"));
    scene_run_until_asked(3);
    expect_cut(enter(2, "127.0.0.4")); /* nobody can go: the new one does */
    assert_int_equal(counter_read(&serve_refused[GATE_FULL]) - before, 1);
    scene_answer("now");
    scene_receive("now");
    expect_served(enter(3, "127.0.0.4"));
    peer_receive_end(&peer);
    scene_answer("later");
    scene_answer("last");
    peer_receive_text(&peers[1], "last");
    finish();
}

static void who_has_proven_something_goes_last(void **state)
{
    (void)state;
    start(&CROWDED, NULL);
    peer_send(&peer, GET("/know"));
    scene_receive("/know");
    (void)enter(0, "127.0.0.2");
    (void)enter(1, "127.0.0.3");
    expect_served(&peers[0]);
    expect_served(&peers[1]);
    expect_served(enter(2, "127.0.0.4"));
    expect_cut(&peers[0]);
    expect_served(&peer);
    peer_send(&peers[1], GET("/know"));
    peer_receive_text(&peers[1], "/know");
    peer_send(&peers[2], GET("/know"));
    peer_receive_text(&peers[2], "/know");
    expect_served(enter(3, "127.0.0.5")); /* all have: the one idle longest goes */
    peer_receive_end(&peer);
    finish();
}

static void an_upgraded_connection_goes_after_the_silent(void **state)
{
    (void)state;
    start(&CROWDED, NULL);
    peer_send(&peer, GET("/upgrade"));
    peer_receive_text(&peer, "\r\n\r\n");
    scene_guest->rank = GUEST_UPGRADED;
    guest_waits(scene_guest);
    (void)enter(0, "127.0.0.2");
    (void)enter(1, "127.0.0.3");
    expect_served(enter(2, "127.0.0.4"));
    expect_cut(&peers[0]);
    expect_served(enter(3, "127.0.0.4"));
    expect_cut(&peers[1]);
    assert_non_null(scene_upgraded);
    peer_send(&peers[2], GET("/know"));
    peer_receive_text(&peers[2], "/know");
    peer_send(&peers[3], GET("/know"));
    peer_receive_text(&peers[3], "/know");
    expect_served(enter(4, "127.0.0.5"));
    PEER_RUN_UNTIL(loop, scene_upgraded == NULL);
    finish();
}

static void where_a_terminal_has_its_place_strangers_have_one_less(void **state)
{
    struct gate_place terminal = {0};

    (void)state;
    start(&CROWDED, NULL);
    assert_int_equal(gate_enter(gate, NULL, 0, &terminal), GATE_ENTERED);
    (void)enter(0, "127.0.0.2");
    assert_true(gate_enrol(gate, &terminal)); /* though the last place is taken */
    assert_int_equal(gate_count(gate).strangers, 2);
    expect_served(&peer);
    expect_served(enter(1, "127.0.0.3"));
    expect_cut(&peers[0]); /* of the strangers, not the terminal */
    assert_int_equal(gate_count(gate).strangers, 2);
    gate_leave(gate, &terminal);
    expect_served(enter(2, "127.0.0.4")); /* nobody has to go for it */
    expect_served(&peer);
    expect_served(&peers[1]);
    assert_int_equal(gate_count(gate).strangers, 3);
    finish();
}

static void a_listener_may_ask_for_room_without_a_gate(void **state)
{
    (void)state;
    scene_start(NULL, false);
    peer_run_until_quiet(loop);
    assert_true(serve_make_room(serve));
    expect_cut(&peer);
    peer_run_until_quiet(loop);
    assert_false(serve_make_room(serve));
    scene_finish();
}

/* --- Being refused ---------------------------------------------------------------- */

static void one_that_comes_too_often_is_closed_without_a_word(void **state)
{
    static const struct gate_options slow = {.strangers_max = 100,
                                             .terminals_max = 1,
                                             .address_max = 100,
                                             .address_per_minute = 2,
                                             .address_known_times = 2};
    uint64_t before = counter_read(&serve_refused[GATE_TOO_FAST]);

    (void)state;
    scene_other_peer = "192.0.2.1";
    start(&slow, NULL);
    expect_served(enter(0, "127.0.0.1"));
    expect_cut(enter(1, "127.0.0.1"));
    assert_int_equal(counter_read(&serve_refused[GATE_TOO_FAST]) - before, 1);
    peer_send(&peer, GET("/know"));
    scene_receive("/know");
    expect_served(enter(2, "127.0.0.1"));
    scene_other_peer = NULL;
    finish();
}

static void without_memory_the_place_is_given_back(void **state)
{
    size_t nth;
    uint64_t before = counter_read(&serve_refused[GATE_NO_MEMORY]);

    (void)state;
    for (nth = 0; nth < ALLOCATIONS_MAX; nth++) {
        bool there_was_one;

        start(&SMALL, NULL);
        peer_connect_from(&peers[0], loop, port, "127.0.0.2");
        failing_memory_start(nth);
        peer_run_until_quiet(loop);
        there_was_one = failing_memory_asked > nth;
        failing_memory_stop();
        if (!there_was_one) {
            expect_served(&peers[0]);
            finish();
            break;
        }
        peer_receive_end(&peers[0]);
        peer_run_until_quiet(loop);
        assert_int_equal(gate_count(gate).strangers, 1);
        finish();
    }
    assert_in_range(nth, 4, ALLOCATIONS_MAX); /* visitor, exchange, guest, connection */
    assert_in_range(counter_read(&serve_refused[GATE_NO_MEMORY]) - before, 4, nth);
}

/* --- Proxies --------------------------------------------------------------------------- */

static void expect_client(struct peer *at, const char *headers, const char *client)
{
    char request[512];

    assert_true(text_format(request, sizeof(request),
                            "GET /client HTTP/1.1\r\nHost: till\r\n%s\r\n", headers));
    peer_send(at, request);
    peer_receive_text(at, "\r\n\r\n");
    peer_receive_text(at, client);
    peer_forget(at);
}

static void a_trusted_proxy_is_believed_and_nobody_else(void **state)
{
    (void)state;
    start(&SMALL, "127.0.0.9");
    expect_client(&peer,
                  "X-Forwarded-For: 203.0.113.9\r\n"
                  "X-Forwarded-Proto: https\r\n",
                  "\r\n\r\n127.0.0.1 http ");
    (void)enter(0, "127.0.0.9");
    expect_client(&peers[0],
                  "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"
                  "X-Forwarded-Proto: https\r\n",
                  "\r\n\r\n203.0.113.9 https ");
    expect_client(&peers[0], "X-Forwarded-For: 203.0.113.10\r\n", "\r\n\r\n203.0.113.10 http ");
    expect_client(&peers[0], "", "\r\n\r\n127.0.0.9 http "); /* nothing is left of the last */
    expect_client(&peers[0], "X-Forwarded-For: somebody\r\n", "\r\n\r\n127.0.0.9 http ");
    finish();
}

static void a_trusted_proxys_connections_are_not_those_of_one_address(void **state)
{
    static const struct gate_options one_each = {.strangers_max = 4,
                                                 .terminals_max = 1,
                                                 .address_max = 1,
                                                 .address_per_minute = 1,
                                                 .address_known_times = 1};

    (void)state;
    start(&one_each, "127.0.0.9");
    (void)enter(0, "127.0.0.9");
    (void)enter(1, "127.0.0.9");
    (void)enter(2, "127.0.0.9");
    assert_int_equal(gate_count(gate).strangers, 4);
    (void)enter(3, "127.0.0.2");
    expect_served(&peer);
    expect_served(enter(4, "127.0.0.3")); /* a silent stranger goes before a silent proxy */
    expect_cut(&peers[3]);
    expect_served(&peer);
    expect_served(&peers[0]);
    expect_served(&peers[1]);
    expect_served(&peers[2]);
    finish();
}

static void who_a_proxy_speaks_for_becomes_known(void **state)
{
    (void)state;
    start(&SMALL, "127.0.0.9");
    peer_send(enter(0, "127.0.0.9"),
              "GET /know HTTP/1.1\r\nHost: till\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
    peer_receive_text(&peers[0], "/know");
    assert_int_equal(gate_count(gate).addresses, 2); /* of 127.0.0.1 and of 203.0.113.9 */
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_been_silent_longest_makes_room),
        cmocka_unit_test(two_that_come_at_once_find_room_for_two),
        cmocka_unit_test(half_a_request_is_silence_too),
        cmocka_unit_test(at_its_own_limit_an_address_makes_room_among_itself),
        cmocka_unit_test(who_has_a_request_under_way_stays),
        cmocka_unit_test(who_has_proven_something_goes_last),
        cmocka_unit_test(an_upgraded_connection_goes_after_the_silent),
        cmocka_unit_test(where_a_terminal_has_its_place_strangers_have_one_less),
        cmocka_unit_test(a_listener_may_ask_for_room_without_a_gate),
        cmocka_unit_test(one_that_comes_too_often_is_closed_without_a_word),
        cmocka_unit_test(without_memory_the_place_is_given_back),
        cmocka_unit_test(a_trusted_proxy_is_believed_and_nobody_else),
        cmocka_unit_test(a_trusted_proxys_connections_are_not_those_of_one_address),
        cmocka_unit_test(who_a_proxy_speaks_for_becomes_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
