/* Who writes requests down hears of each once, with its status and its time,
 * and with what was noted of it. */
#include "unit/net/serve_scene.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: till\r\n\r\n"

static char told[1024];

static void on_answered(void *context, struct exchange *exchange, int status, int64_t took_us)
{
    const struct exchange_note *note = exchange_note(exchange);
    char address[ADDRESS_TEXT_SIZE];
    size_t length = strlen(told);

    assert_null(context);
    address_text(exchange_client(exchange), address);
    assert_true(text_format(told + length, sizeof(told) - length, "%d %s %s %lld us | ", status,
                            address, note->route == NULL ? "-" : note->route, (long long)took_us));
}

static int start(void **state)
{
    (void)state;
    told[0] = '\0';
    scene_on_answered = on_answered;
    scene_start(NULL, false);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    scene_finish();
    return 0;
}

static void each_answer_is_told_once(void **state)
{
    (void)state;
    peer_send(&peer, GET("/one") GET("/headers") GET("/two"));
    scene_receive("/two");
    assert_string_equal(told, "200 127.0.0.1 - 0 us | 202 127.0.0.1 - 0 us | "
                              "200 127.0.0.1 - 0 us | ");
}

static void an_answer_that_comes_later_has_its_time_and_its_note(void **state)
{
    (void)state;
    peer_send(&peer, GET("/later") GET("/next"));
    scene_run_until_asked(1);
    exchange_note(scene_later[0])->route = "/noted";
    peer_clock_ms += 25;
    assert_string_equal(told, "");
    scene_answer("late");
    scene_receive("/next");
    assert_string_equal(told, "200 127.0.0.1 /noted 25000 us | 200 127.0.0.1 - 0 us | ");
}

static void what_is_refused_before_it_is_asked_took_no_time(void **state)
{
    (void)state;
    peer_send(&peer, "nonsense\r\n\r\n");
    peer_receive_text(&peer, "\r\n\r\n");
    assert_string_equal(told, "400 127.0.0.1 - 0 us | ");
}

/* The note and the time of the request before are not taken over. */
static void a_refusal_after_a_request_has_nothing_of_it(void **state)
{
    (void)state;
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    exchange_note(scene_later[0])->route = "/noted";
    peer_clock_ms += 5;
    scene_answer("late");
    scene_receive("late");
    peer_send(&peer, "nonsense\r\n\r\n");
    peer_receive_text(&peer, "\r\n\r\n");
    assert_string_equal(told, "200 127.0.0.1 /noted 5000 us | 400 127.0.0.1 - 0 us | ");
}

static void a_client_that_has_gone_is_told_of_too(void **state)
{
    (void)state;
    peer_send(&peer, GET("/later"));
    scene_run_until_asked(1);
    peer_reset(&peer);
    peer_run_until_quiet(loop);
    scene_answer("late");
    assert_string_equal(told, "200 127.0.0.1 - 0 us | ");
    peer_close(&peer);
    peer_connect(&peer, loop, port);
}

static void an_upgrade_is_an_answer(void **state)
{
    (void)state;
    peer_send(&peer, GET("/upgrade"));
    peer_receive_text(&peer, "\r\n\r\n");
    assert_string_equal(told, "101 127.0.0.1 - 0 us | ");
    conn_cut(scene_upgraded);
    PEER_RUN_UNTIL(loop, scene_upgraded == NULL);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_answer_is_told_once),
        SCENE_TEST(an_answer_that_comes_later_has_its_time_and_its_note),
        SCENE_TEST(what_is_refused_before_it_is_asked_took_no_time),
        SCENE_TEST(a_refusal_after_a_request_has_nothing_of_it),
        SCENE_TEST(a_client_that_has_gone_is_told_of_too),
        SCENE_TEST(an_upgrade_is_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
