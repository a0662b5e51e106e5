/* What an open dial answers by itself, and each way in which it ends. */
#include "unit/net/dial_scene.h"

#include <signal.h>

#include "base/id.h"
#include "unit/wire/failing_memory.h"

static struct scene scene;

static void answer_well(struct scene *at)
{
    scene_shake(at, "", 0);
}

static void assert_log(const char *expected)
{
    assert_string_equal(scene.log, expected);
}

/* Hangs up when the client has: most servers would. */
static void follow(struct scene *at)
{
    if (at->peer_has_ended) {
        scene_hang_up(at);
    }
}

static void play(void (*answer)(struct scene *at), void (*react)(struct scene *at))
{
    scene_start(&scene, answer);
    scene.react = react;
    scene_play(&scene);
}

/* --- What it answers by itself ------------------------------------------ */

static void answer_and_ping(struct scene *at)
{
    scene_shake(at, "", 0);
    scene_send(at, WEBSOCKET_PING, "are you there");
    scene_send(at, WEBSOCKET_PING, "");
}

static void close_after_pongs(struct scene *at)
{
    if (strcmp(at->record.text, "pong are you there | pong") == 0) {
        scene_send_close(at, 1000, "");
    }
    follow(at);
}

static void a_ping_is_heard_and_answered(void **state)
{
    (void)state;
    play(answer_and_ping, close_after_pongs);
    assert_log("open | end 1000: the server closed the connection");
    assert_string_equal(scene.record.text, "pong are you there | pong | close 1000");
    assert_true(scene.heard >= 1);
    scene_finish(&scene);
}

static void answer_in_fragments(struct scene *at)
{
    scene_shake(at,
                "\x01\x03"
                "wel",
                5);
    scene_write(at, "\x8a\x00", 2); /* a pong nobody asked for */
    scene_write(at,
                "\x80\x04"
                "come",
                6);
    scene_send_close(at, 1001, "stopping");
}

static void a_text_in_two_fragments_is_one_message(void **state)
{
    (void)state;
    play(answer_in_fragments, follow);
    assert_log("open | text welcome | end 1001: stopping");
    assert_string_equal(scene.record.text, "close 1001");
    scene_finish(&scene);
}

static void answer_with_4001(struct scene *at)
{
    scene_shake(at, "", 0);
    scene_send_close(at, 4001, "another\tconnection of this terminal replaced this one");
}

static void a_close_of_the_server_is_answered_and_told(void **state)
{
    (void)state;
    play(answer_with_4001, follow);
    assert_log("open | end 4001: another connection of this terminal replaced this one");
    assert_string_equal(scene.record.text, "close 4001");
    scene_finish(&scene);
}

static void answer_with_bare_close(struct scene *at)
{
    scene_shake(at, "\x88\x00", 2);
}

static void a_close_without_code_is_answered_without_one(void **state)
{
    (void)state;
    play(answer_with_bare_close, follow);
    assert_log("open | end 1005: the server closed the connection");
    assert_string_equal(scene.record.text, "close 1005");
    scene_finish(&scene);
}

/* The server keeps the connection after its close frame. */
static void move_past_goodbye(struct scene *at)
{
    if (at->record.events == 1) {
        scene_move_clock(2000);
    }
}

static void a_server_that_stays_after_its_close_is_left_after_two_seconds(void **state)
{
    (void)state;
    play(answer_with_4001, move_past_goodbye);
    assert_log("open | end 4001: another connection of this terminal replaced this one");
    scene_finish(&scene);
}

/* --- A server that breaks the rules ------------------------------------- */

static const char *wrong_frames;
static size_t wrong_length;

static void answer_wrongly(struct scene *at)
{
    scene_shake(at, wrong_frames, wrong_length);
}

static void each_broken_rule_is_closed_with_its_code(void **state)
{
    static const struct {
        const char *frames;
        size_t length;
        const char *log;
        const char *server;
    } CASES[] = {
        {"\x82\x01x\x81\x01y", 6,
         "open | end 1003: the server sent a binary message, and only text is understood",
         "close 1003"},
        {"\x81\x81\0\0\0\0x", 7, "open | end 1002: the server broke the rules of WebSocket",
         "close 1002"},
        {"\x81\x01\xff", 3, "open | end 1007: the server sent a text that is not UTF-8",
         "close 1007"},
        {"\x81\x7f\0\0\0\0\0\x01\0\x01", 10,
         "open | end 1009: the server sent a message that is too long", "close 1009"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        wrong_frames = CASES[i].frames;
        wrong_length = CASES[i].length;
        play(answer_wrongly, follow);
        assert_log(CASES[i].log);
        assert_string_equal(scene.record.text, CASES[i].server);
        scene_finish(&scene);
    }
}

static void answer_and_hang_up(struct scene *at)
{
    scene_shake(at, "\x81\x02hi", 4);
    at->react = NULL;
}

static void hang_up_after_message(struct scene *at)
{
    scene_hang_up(at);
}

static void an_end_without_a_close_frame_is_1006(void **state)
{
    (void)state;
    scene_start(&scene, answer_and_hang_up);
    scene.on_message = hang_up_after_message;
    scene_play(&scene);
    assert_log("open | text hi | end 1006: the server ended the connection without a goodbye");
    scene_finish(&scene);
}

/* A wall of pings, and nobody who reads the pongs. */
static void answer_with_a_wall(struct scene *at)
{
    enum { PING_SIZE = 127, PINGS = 150000 };
    char *wall = malloc((size_t)PING_SIZE * PINGS);
    size_t i;

    assert_non_null(wall);
    memset(wall, 'p', (size_t)PING_SIZE * PINGS);
    for (i = 0; i < PINGS; i++) {
        memcpy(wall + i * PING_SIZE, "\x89\x7d", 2);
    }
    scene_shake(at, "", 0);
    (void)uv_read_stop((uv_stream_t *)&at->peer);
    scene_write(at, wall, (size_t)PING_SIZE * PINGS);
    free(wall);
}

static void a_server_that_never_reads_is_left(void **state)
{
    (void)state;
    play(answer_with_a_wall, NULL);
    assert_log("open | end 1006: the server does not take what is sent to it");
    scene_finish(&scene);
}

/* --- Ends that we want --------------------------------------------------- */

static void cut(struct scene *at)
{
    dial_cut(at->dial);
    dial_send(at->dial, slice_of("too late"));
    dial_close(at->dial, 1000, "too late");
    assert_int_equal(at->ends, 0);
}

/* Three messages, a ping and a close frame, all at once. */
static void answer_with_much(struct scene *at)
{
    static const char FRAMES[] = "\x81\x01"
                                 "1\x81\x01"
                                 "2\x81\x01"
                                 "3\x89\x01p\x88\x02\x03\xe8";

    scene_shake(at, FRAMES, sizeof(FRAMES) - 1);
}

static void a_cut_says_nothing_and_nothing_comes_after_it(void **state)
{
    (void)state;
    scene_start(&scene, answer_with_much);
    scene.on_message = cut;
    scene_play(&scene);
    assert_log("open | text 1 | end 1006: cut off by this side");
    assert_string_equal(scene.record.text, "");
    scene_finish(&scene);
}

static void close_politely(struct scene *at)
{
    dial_close(at->dial, 1001, "");
}

static void a_cut_may_come_from_on_open(void **state)
{
    (void)state;
    scene_start(&scene, answer_with_much);
    scene.on_open = cut;
    scene_play(&scene);
    assert_log("open | end 1006: cut off by this side");
    assert_int_equal(scene.heard, 0);
    scene_finish(&scene);
}

static void move_past_unanswered_goodbye(struct scene *at)
{
    if (strcmp(at->record.text, "close 1001") == 0) {
        scene_move_clock(2000);
    }
}

static void a_goodbye_without_answer_ends_after_two_seconds(void **state)
{
    (void)state;
    scene_start(&scene, answer_well);
    scene.on_open = close_politely;
    scene.react = move_past_unanswered_goodbye;
    scene_play(&scene);
    assert_log("open | end 1006: the server did not answer the goodbye");
    scene_finish(&scene);
}

static void answer_with_messages(struct scene *at)
{
    scene_shake(at,
                "\x81\x01"
                "1\x82\x01"
                "2\x89\x00",
                8);
}

static void answer_goodbye(struct scene *at)
{
    if (strcmp(at->record.text, "close 1001") == 0 && !at->peer_has_ended) {
        scene_send_close(at, 1001, "");
    }
    follow(at);
}

static void a_goodbye_with_answer_ends_with_its_code(void **state)
{
    (void)state;
    scene_start(&scene, answer_with_messages);
    scene.on_open = close_politely;
    scene.react = answer_goodbye;
    scene_play(&scene);
    assert_log("open | end 1001: closed as asked for");
    scene_finish(&scene);
}

/* --- Memory -------------------------------------------------------------- */

static void each_allocation_that_fails_at_the_start_is_reported(void **state)
{
    size_t successes = 0;
    bool failed = true;

    (void)state;
    while (failed) {
        enum fail fail;

        scene_start(&scene, answer_with_bare_close);
        scene.react = follow;
        failing_memory_start(successes);
        fail = scene_dial(&scene);
        failing_memory_stop();
        failed = failing_memory_asked > successes;
        if (fail == FAIL_NONE) {
            loop_run(scene.loop);
            assert_int_equal(scene.ends, 1);
            assert_int_equal(strncmp(scene.log, "end 1006: ", 10) == 0, failed);
        } else {
            assert_int_equal(fail, FAIL_MEMORY);
            uv_close((uv_handle_t *)&scene.listener, NULL);
        }
        scene_finish(&scene);
        successes++;
    }
    assert_true(successes > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ping_is_heard_and_answered),
        cmocka_unit_test(a_text_in_two_fragments_is_one_message),
        cmocka_unit_test(a_close_of_the_server_is_answered_and_told),
        cmocka_unit_test(a_close_without_code_is_answered_without_one),
        cmocka_unit_test(a_server_that_stays_after_its_close_is_left_after_two_seconds),
        cmocka_unit_test(each_broken_rule_is_closed_with_its_code),
        cmocka_unit_test(an_end_without_a_close_frame_is_1006),
        cmocka_unit_test(a_server_that_never_reads_is_left),
        cmocka_unit_test(a_cut_says_nothing_and_nothing_comes_after_it),
        cmocka_unit_test(a_cut_may_come_from_on_open),
        cmocka_unit_test(a_goodbye_without_answer_ends_after_two_seconds),
        cmocka_unit_test(a_goodbye_with_answer_ends_with_its_code),
        cmocka_unit_test(each_allocation_that_fails_at_the_start_is_reported),
    };

    id_start();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)alarm(60); /* a hang is a failure */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
