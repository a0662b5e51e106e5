/* One session against a fake server, where the command would take too long:
 * its watch over the server's silence, and a screen that is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"
#include "fake_server.h"
#include "net/loop.h"
#include "terminal/session.h"

/* A session and what it told its owner. */
struct stage {
    struct loop *loop;
    struct pool *disk;
    struct url url;
    struct session_log_in log_in;
    struct session_shared shared;
    struct session *session;
    char said[FAKE_TEXT_MAX];
    size_t length;
    int exit_code;
    bool screen_is_gone;
    enum life_saying stop_at;
};

static char directory[] = "/tmp/tillwire-session-XXXXXX";
static struct fake_server server;

static bool on_say(void *context, const struct session *session, const struct life_effect *effect)
{
    struct stage *stage = context;
    int wrote = snprintf(stage->said + stage->length, sizeof(stage->said) - stage->length,
                         "%d %.*s\n", (int)effect->say.what, (int)effect->say.text.length,
                         effect->say.text.length == 0 ? "" : effect->say.text.bytes);

    (void)session;
    stage->length += (size_t)wrote;
    return !stage->screen_is_gone;
}

static void on_log_in_done(void *context, const struct session *session)
{
    (void)context;
    (void)session;
}

static void on_end(void *context, struct session *session, int exit_code)
{
    struct stage *stage = context;

    stage->exit_code = exit_code;
    session_destroy(&session);
    stage->session = NULL;
    loop_stop(stage->loop);
}

static void play(struct stage *stage, void (*dialogue)(struct fake_server *))
{
    const struct settings settings = {.serial = "S", .code = "JSV5"};
    struct session_options options = {.settings = &settings};
    struct memory memory;
    char problem[MEMORY_PROBLEM_SIZE];

    fake_start(&server, dialogue);
    stage->url = (struct url){.host = "127.0.0.1", .port = server.port};
    stage->shared = (struct session_shared){
        .server = &stage->url,
        .log_in = &stage->log_in,
        .silence_spare_seconds = 0,
        .on_say = on_say,
        .on_log_in_done = on_log_in_done,
        .on_end = on_end,
        .context = stage,
    };
    assert_int_equal(loop_create(&stage->loop, 0), FAIL_NONE);
    assert_int_equal(pool_create(&stage->disk, "disk", 1, 1, NULL), FAIL_NONE);
    assert_int_equal(memory_open(&memory, directory, 0, problem), FAIL_NONE);
    stage->shared.loop = stage->loop;
    stage->shared.disk = stage->disk;
    options.memory = &memory;
    assert_int_equal(session_create(&stage->session, &stage->shared, &options), FAIL_NONE);
    session_start(stage->session);
    loop_run(stage->loop);
    pool_destroy(&stage->disk);
    loop_destroy(&stage->loop);
    fake_finish(&server);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command);
}

/* Welcomes, is silent, and notes that the terminal goes and comes back. */
static void fall_silent(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_welcome(fake, "JSV5", "null");
    fake_hear(fake);
    (void)close(fake->connection);
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_close(fake, 4001);
}

static void a_silent_server_is_left_and_tried_again(void **state)
{
    struct stage stage = {0};
    char expected[256];

    (void)state;
    play(&stage, fall_silent);
    assert_non_null(strstr(server.transcript, "}\nend\n{\"type\":\"hello\""));
    (void)snprintf(expected, sizeof(expected),
                   "%d JSV5\n%d nothing was heard from the server for 1 seconds\n%d \n",
                   LIFE_SAY_REGISTERED, LIFE_SAY_DISCONNECTED, LIFE_SAY_REPLACED);
    assert_string_equal(stage.said, expected);
    assert_int_equal(stage.exit_code, LIFE_EXIT_REPLACED);
}

/* Pings of WebSocket count as a sign of life, and are answered. */
static void breathe(struct fake_server *fake)
{
    unsigned i;

    fake_accept(fake, 0);
    fake_hear(fake);
    fake_welcome(fake, "JSV5", "null");
    for (i = 0; i < 15; i++) {
        const struct timeval tenth = {.tv_usec = 100000};

        fake_frame(fake, WEBSOCKET_PING, "x", 1);
        fake_hear(fake);
        (void)setsockopt(fake->connection, SOL_SOCKET, SO_RCVTIMEO, &tenth, sizeof(tenth));
        fake_hear(fake); /* a tenth of a second of nothing */
    }
    fake_close(fake, 4001);
}

static void a_server_that_pings_is_not_silent(void **state)
{
    struct stage stage = {0};
    char expected[256];

    (void)state;
    play(&stage, breathe);
    (void)snprintf(expected, sizeof(expected), "%d JSV5\n%d \n", LIFE_SAY_REGISTERED,
                   LIFE_SAY_REPLACED);
    assert_string_equal(stage.said, expected);
}

static void ping_in_vain(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_welcome(fake, "JSV5", "null");
    fake_say(fake, "{\"type\":\"ping\",\"id\":1,\"message\":null}");
    fake_close(fake, 4001);
}

static void a_ping_that_could_not_be_shown_is_not_acknowledged(void **state)
{
    struct stage stage = {.screen_is_gone = true};

    (void)state;
    play(&stage, ping_in_vain);
    assert_null(strstr(server.transcript, "ping_shown"));
    assert_non_null(strstr(server.transcript, "close 4001"));
}

static void talk_nonsense(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_say(fake, "{\"type\":\"welcome\",\"cardNumber\":\"4124939999999990\"}");
    fake_hear(fake);
    fake_answer_close(fake);
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_close(fake, 4001);
}

static void a_server_that_breaks_the_schema_is_left_and_tried_again(void **state)
{
    struct stage stage = {0};

    (void)state;
    play(&stage, talk_nonsense);
    assert_non_null(strstr(server.transcript, "}\nclose 1008\n{\"type\":\"hello\""));
    assert_int_equal(stage.exit_code, LIFE_EXIT_REPLACED);
}

/* When the server's error asked it to come back, and when it did. */
static int64_t sent_away_ms;
static int64_t came_back_ms;

static void stop_and_come_up(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_welcome(fake, "JSV5", "null");
    fake_say(fake, "{\"type\":\"error\",\"reason\":\"stopping\",\"message\":\"Stopping.\","
                   "\"retryAfterMs\":800}");
    sent_away_ms = clock_monotonic_ms();
    fake_close(fake, 1001);
    fake_accept_raw(fake, 0);
    came_back_ms = clock_monotonic_ms();
    fake_shake(fake);
    fake_hear(fake);
    fake_close(fake, 4001);
}

static void a_server_that_stops_is_left_alone_for_as_long_as_it_asks(void **state)
{
    struct stage stage = {0};

    (void)state;
    play(&stage, stop_and_come_up);
    assert_true(came_back_ms - sent_away_ms >= 800);
    assert_int_equal(stage.exit_code, LIFE_EXIT_REPLACED);
}

static void turn_away(struct fake_server *fake)
{
    static const char ANSWER[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                 "Content-Length: 0\r\nConnection: close\r\n\r\n";

    fake_accept_raw(fake, 0);
    fake_write(fake, ANSWER, strlen(ANSWER));
    sent_away_ms = clock_monotonic_ms();
    fake_accept_raw(fake, 1);
    came_back_ms = clock_monotonic_ms();
    fake_shake(fake);
    fake_hear(fake);
    fake_close(fake, 4001);
}

static void a_server_that_is_full_is_left_alone_for_as_long_as_it_asks(void **state)
{
    struct stage stage = {0};

    (void)state;
    play(&stage, turn_away);
    assert_true(came_back_ms - sent_away_ms >= 1000);
    assert_int_equal(stage.exit_code, LIFE_EXIT_REPLACED);
}

#define SESSION_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSION_TEST(a_silent_server_is_left_and_tried_again),
        SESSION_TEST(a_server_that_pings_is_not_silent),
        SESSION_TEST(a_ping_that_could_not_be_shown_is_not_acknowledged),
        SESSION_TEST(a_server_that_breaks_the_schema_is_left_and_tried_again),
        SESSION_TEST(a_server_that_stops_is_left_alone_for_as_long_as_it_asks),
        SESSION_TEST(a_server_that_is_full_is_left_alone_for_as_long_as_it_asks),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
