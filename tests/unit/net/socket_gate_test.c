/* The place of a terminal: it comes with the connection, is nobody else's once
 * the terminal has proven itself, and is given back in the end. */
#include "net/gate.h"
#include "unit/net/socket_scene.h"

static const struct gate_options ONE = {.strangers_max = 2,
                                        .terminals_max = 1,
                                        .address_max = 2,
                                        .address_per_minute = 1000,
                                        .address_known_times = 1};

/* Two places, of which one is lent until there is a terminal. */
static const struct gate_options LENDING = {.strangers_max = 1,
                                            .terminals_max = 1,
                                            .address_max = 2,
                                            .address_per_minute = 1000,
                                            .address_known_times = 1};

static void start(const struct gate_options *options)
{
    assert_int_equal(gate_create(&scene_gate, options), FAIL_NONE);
    scene_start();
}

static void finish(void)
{
    scene_finish();
    assert_int_equal(gate_count(scene_gate).strangers, 0);
    assert_int_equal(gate_count(scene_gate).terminals, 0);
    gate_destroy(&scene_gate);
    scene_trusted = NULL;
}

static void expect_inside(size_t strangers, size_t terminals)
{
    struct gate_counts counts = gate_count(scene_gate);

    assert_int_equal(counts.strangers, strangers);
    assert_int_equal(counts.terminals, terminals);
}

static void enrol(void)
{
    scene_in_call = true;
    line_enrol(line);
    scene_in_call = false;
}

static void expect_address(const char *expected)
{
    struct address address = line_address(line);
    char text[ADDRESS_TEXT_SIZE];

    address_text(&address, text);
    assert_string_equal(text, expected);
}

/* Others connect, silent, until no stranger finds room without another's. */
static void crowd(struct peer *others, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        peer_connect_from(&others[i], loop, port, "127.0.0.2");
        peer_run_until_quiet(loop);
    }
}

static void an_enrolled_terminal_has_a_place_of_its_own(void **state)
{
    struct peer others[4];
    unsigned i;

    (void)state;
    start(&ONE);
    expect_inside(1, 0);
    expect_address("127.0.0.1");
    enrol();
    expect_inside(0, 1);
    enrol(); /* once is enough */
    expect_inside(0, 1);
    expect_address("127.0.0.1");
    crowd(others, 4);
    expect_inside(2, 1);
    assert_false(scene_ended);
    text_send("still here");
    server_hears("text still here | ");
    scene_send("and so are we");
    client_hears("text and so are we");
    for (i = 0; i < 4; i++) {
        peer_close(&others[i]);
    }
    finish();
}

static void it_enrols_though_strangers_have_borrowed_every_place(void **state)
{
    struct peer others[2];

    (void)state;
    start(&LENDING);
    crowd(others, 1);
    expect_inside(2, 0);
    enrol();
    expect_inside(1, 1);
    peer_connect_from(&others[1], loop, port, "127.0.0.3");
    peer_receive_end(&others[0]); /* the stranger goes, who was here after it */
    expect_inside(1, 1);
    assert_false(scene_ended);
    text_send("still here");
    server_hears("text still here | ");
    peer_close(&others[0]);
    peer_close(&others[1]);
    finish();
}

static void a_terminal_finds_room_where_strangers_have_borrowed_every_place(void **state)
{
    struct peer others[2];

    (void)state;
    start(&LENDING);
    crowd(others, 1);
    expect_inside(2, 0);
    peer_connect_from(&others[1], loop, port, "127.0.0.3");
    peer_receive_end(&others[0]); /* who never spoke */
    handshake(&others[1]);
    enrol(); /* the first terminal; the other waits for its own proof */
    expect_inside(1, 1);
    peer_close(&others[0]);
    peer_close(&others[1]);
    finish();
}

static void one_that_has_proven_nothing_goes_after_the_silent(void **state)
{
    struct peer others[2];

    (void)state;
    start(&LENDING);
    crowd(others, 2); /* the second pushes out the first */
    peer_receive_end(&others[0]);
    assert_false(scene_ended);
    expect_inside(2, 0);
    peer_close(&others[0]);
    peer_close(&others[1]);
    finish();
}

static void when_there_are_only_sockets_the_oldest_goes(void **state)
{
    struct peer others[2];

    (void)state;
    start(&LENDING);
    peer_connect_from(&others[0], loop, port, "127.0.0.2");
    handshake(&others[0]);
    peer_connect_from(&others[1], loop, port, "127.0.0.3");
    server_hears("end 1006");
    peer_receive_end(&peer);
    handshake(&others[1]);
    peer_close(&others[0]);
    peer_close(&others[1]);
    finish();
}

static void a_terminal_for_which_no_place_is_left_stays(void **state)
{
    struct gate_place taken = {0};
    struct peer others[2];

    (void)state;
    start(&ONE);
    assert_int_equal(gate_enter(scene_gate, NULL, 0, &taken), GATE_ENTERED);
    assert_true(gate_enrol(scene_gate, &taken));
    enrol();
    expect_inside(1, 1);
    enrol();
    crowd(others, 2); /* it has proven itself: it is not asked to go */
    peer_receive_end(&others[0]);
    assert_false(scene_ended);
    gate_leave(scene_gate, &taken);
    enrol();
    expect_inside(1, 1);
    peer_close(&others[0]);
    peer_close(&others[1]);
    finish();
}

static void to_enrol_one_that_is_being_cut_does_no_harm(void **state)
{
    struct peer others[2];

    (void)state;
    start(&ONE);
    peer_connect_from(&others[0], loop, port, "127.0.0.2");
    handshake(&others[0]);
    assert_true(serve_make_room(serve)); /* it is cut, and has not heard of it yet */
    enrol();
    expect_inside(1, 0);
    server_hears("end 1006");
    expect_inside(1, 0);
    peer_close(&others[0]);
    finish();
}

static void without_a_gate_nobody_counts(void **state)
{
    (void)state;
    scene_start();
    enrol();
    enrol();
    expect_address("127.0.0.1");
    assert_false(serve_make_room(serve)); /* but it has proven itself */
    scene_finish();
}

static void behind_a_proxy_the_address_is_the_terminals_own(void **state)
{
    struct address_range proxy;

    (void)state;
    assert_true(address_range_read(slice_of("127.0.0.1"), &proxy));
    scene_trusted = &proxy;
    assert_int_equal(gate_create(&scene_gate, &ONE), FAIL_NONE);
    scene_start_bare();
    peer_send(&peer, "GET / HTTP/1.1\r\nHost: till\r\nX-Forwarded-For: 203.0.113.9\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    peer_receive_text(&peer, SCENE_ANSWER);
    peer_forget(&peer);
    expect_address("203.0.113.9");
    enrol();
    expect_address("203.0.113.9");
    expect_inside(0, 1);
    enrol();
    expect_inside(0, 1);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enrolled_terminal_has_a_place_of_its_own),
        cmocka_unit_test(it_enrols_though_strangers_have_borrowed_every_place),
        cmocka_unit_test(a_terminal_finds_room_where_strangers_have_borrowed_every_place),
        cmocka_unit_test(one_that_has_proven_nothing_goes_after_the_silent),
        cmocka_unit_test(when_there_are_only_sockets_the_oldest_goes),
        cmocka_unit_test(a_terminal_for_which_no_place_is_left_stays),
        cmocka_unit_test(to_enrol_one_that_is_being_cut_does_no_harm),
        cmocka_unit_test(without_a_gate_nobody_counts),
        cmocka_unit_test(behind_a_proxy_the_address_is_the_terminals_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
