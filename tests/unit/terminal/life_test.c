/* The good days of a terminal: registration, pings, Continue, power cuts,
 * lost connections. The bad ones are in life_trouble_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "life_story.h"

/* Connected and registered as JSV5, nothing being stored. */
static void become_registered(struct story *story)
{
    story_old(story, LIFE_LOG_IN_NONE, false);
    story_greet(story);
    story_message(story, story_welcome("JSV5", true, ""), "say registered JSV5");
    assert_int_equal(story->life.state, LIFE_REGISTERED);
}

static void a_new_terminal_logs_in_and_stores_before_it_shows_its_code(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_PASSWORD);
    story_greet(&story);
    story_message(&story, story_required("new", false), "send log_in");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");
    assert_int_equal(story.life.state, LIFE_STORING);
    story_stored(&story, FAIL_NONE, "say registered JSV5");
    assert_int_equal(story.life.state, LIFE_REGISTERED);
    assert_string_equal(story.life.settings.credential, NEW_CREDENTIAL);
    assert_string_equal(story.life.settings.business_name, "Demo Shop");
    assert_int_equal(story.life.settings.business, 7);
}

static void a_new_terminal_with_continue_is_ready_only_when_it_is_confirmed(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_PASSWORD);
    story_plain(&story, LIFE_CONTINUE, "");
    story_greet(&story);
    story_message(&story, story_required("new", false), "send log_in");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");
    assert_true(story.life.settings.continued);
    story_stored(&story, FAIL_NONE, "say registered JSV5; send ready");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
    assert_int_equal(story.life.state, LIFE_READY);
}

static void a_known_terminal_needs_no_log_in_and_no_disk(void **state)
{
    struct story story;

    (void)state;
    become_registered(&story);
}

static void a_known_terminal_drops_log_in_data_that_it_does_not_need(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PASSWORD, false);
    story_greet(&story);
    story_message(&story, story_welcome("JSV5", true, ""), "drop log-in; say registered JSV5");
}

static void a_terminal_that_was_continued_before_a_power_cut_gets_ready_by_itself(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, true);
    story_greet(&story);
    story_message(&story, story_welcome("JSV5", true, ""), "say registered JSV5; send ready");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
}

static void continue_pressed_later_is_stored_and_then_sent(void **state)
{
    struct story story;

    (void)state;
    become_registered(&story);
    story_plain(&story, LIFE_CONTINUE, "store");
    story_stored(&story, FAIL_NONE, "send ready");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
}

static void a_ping_is_said_before_it_is_acknowledged(void **state)
{
    struct story story;

    (void)state;
    become_registered(&story);
    story_message(&story, story_ping(41, ""), "say ping; send ping_shown 41");
    story_message(&story, story_ping(42, "Hello"), "say ping Hello; send ping_shown 42");
}

static void a_ping_is_shown_in_every_welcomed_state(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_PASSWORD);
    story_plain(&story, LIFE_CONTINUE, "");
    story_greet(&story);
    story_message(&story, story_required("new", false), "send log_in");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");
    story_message(&story, story_ping(1, ""), "say ping; send ping_shown 1");
    story_stored(&story, FAIL_NONE, "say registered JSV5; send ready");
    story_message(&story, story_ping(2, ""), "say ping; send ping_shown 2");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
    story_message(&story, story_ping(3, ""), "say ping; send ping_shown 3");
}

static void a_pin_logs_a_terminal_in_again(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PIN, true);
    story_greet(&story);
    story_message(&story, story_required("logged_out", true), "store; send log_in");
    assert_false(story.life.settings.continued);
    story_stored(&story, FAIL_NONE, "");
    story_message(&story, story_welcome("JSV5", true, ""), "drop log-in; say registered JSV5");
    assert_string_equal(story.life.settings.credential, OLD_CREDENTIAL);
}

static void an_unknown_credential_is_forgotten_before_the_log_in(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PASSWORD, true);
    story_greet(&story);
    story_message(&story, story_required("unknown_credential", false), "store; send log_in");
    assert_string_equal(story.life.settings.credential, "");
    assert_string_equal(story.life.settings.code, "");
    assert_string_equal(story.life.settings.serial, "TW-1");
}

static void a_new_credential_is_durable_before_the_next_hello(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    story_greet(&story);
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "store");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_plain(&story, LIFE_TIME, "");
    assert_int_equal(story.life.state, LIFE_STORING_OFFLINE);
    story_stored(&story, FAIL_NONE, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, ""), "say registered JSV5");
}

static void a_disk_that_is_faster_than_the_wait_delays_nothing(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    story_greet(&story);
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "store");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_stored(&story, FAIL_NONE, "");
    story_plain(&story, LIFE_TIME, "connect");
}

static void back_off_doubles_to_its_bound_and_restarts_after_a_welcome(void **state)
{
    static const char *const waits[] = {"wait 500",  "wait 1000",  "wait 2000", "wait 4000",
                                        "wait 8000", "wait 15000", "wait 15000"};
    struct story story;
    size_t i;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    story_plain(&story, LIFE_START, "connect");
    story_closed(&story, 1006, "refused", "say disconnected 1006 refused; wait 250");
    for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        story_plain(&story, LIFE_TIME, "connect");
        story_closed(&story, 1006, "refused", waits[i]);
    }
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, ""), "say registered JSV5");
    story_closed(&story, 1001, "stopping", "say disconnected 1001 stopping; wait 250");
}

static void a_disconnection_is_said_once_per_change_of_reason(void **state)
{
    struct story story;

    (void)state;
    become_registered(&story);
    story_closed(&story, 1001, "stopping", "say disconnected 1001 stopping; wait 250");
    story_plain(&story, LIFE_TIME, "connect");
    story_closed(&story, 1006, "refused", "say disconnected 1006 refused; wait 500");
    story_plain(&story, LIFE_TIME, "connect");
    story_closed(&story, 1006, "refused", "wait 1000");
    story_plain(&story, LIFE_TIME, "connect");
    story_closed(&story, 1011, "refused", "say disconnected 1011 refused; wait 2000");
}

static void a_code_is_said_once_and_again_when_it_changes(void **state)
{
    struct story story;

    (void)state;
    become_registered(&story);
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, ""), "");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("AB2C", true, ""), "store");
    story_stored(&story, FAIL_NONE, "say registered AB2C");
}

static void ready_is_sent_and_said_after_every_reconnection(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, true);
    story_greet(&story);
    story_message(&story, story_welcome("JSV5", true, ""), "say registered JSV5; send ready");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, ""), "send ready");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
}

static void the_heartbeat_of_the_welcome_counts(void **state)
{
    struct terminal_message welcome = story_welcome("JSV5", true, "");
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    story_greet(&story);
    assert_int_equal(story.life.heartbeat_seconds, LIFE_HEARTBEAT_SECONDS);
    welcome.welcome.heartbeat_seconds = 5;
    story_message(&story, welcome, "say registered JSV5");
    assert_int_equal(story.life.heartbeat_seconds, 5);
}

static void a_signal_says_bye_when_welcomed_and_closes(void **state)
{
    struct story story;

    (void)state;
    become_registered(&story);
    story_plain(&story, LIFE_STOP, "send bye; close 1000");
    story_plain(&story, LIFE_STOP, "");
    story_message(&story, story_ping(1, ""), "");
    story_closed(&story, 1000, "", "give up 0");
    story_plain(&story, LIFE_STOP, "");
    story_plain(&story, LIFE_TIME, "");
}

static void a_signal_before_the_welcome_only_closes(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_PASSWORD);
    story_plain(&story, LIFE_START, "connect");
    story_plain(&story, LIFE_STOP, "close 1000");
    story_plain(&story, LIFE_OPENED, "");
    story_closed(&story, 1006, "", "give up 0");

    story_new(&story, LIFE_LOG_IN_PASSWORD);
    story_greet(&story);
    story_message(&story, story_required("new", false), "send log_in");
    story_plain(&story, LIFE_STOP, "close 1000");
}

static void a_signal_without_a_connection_ends_at_once(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_NONE);
    story_plain(&story, LIFE_START, "connect");
    story_closed(&story, 1006, "refused", "say disconnected 1006 refused; wait 250");
    story_plain(&story, LIFE_STOP, "give up 0");
    story_plain(&story, LIFE_TIME, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_terminal_logs_in_and_stores_before_it_shows_its_code),
        cmocka_unit_test(a_new_terminal_with_continue_is_ready_only_when_it_is_confirmed),
        cmocka_unit_test(a_known_terminal_needs_no_log_in_and_no_disk),
        cmocka_unit_test(a_known_terminal_drops_log_in_data_that_it_does_not_need),
        cmocka_unit_test(a_terminal_that_was_continued_before_a_power_cut_gets_ready_by_itself),
        cmocka_unit_test(continue_pressed_later_is_stored_and_then_sent),
        cmocka_unit_test(a_ping_is_said_before_it_is_acknowledged),
        cmocka_unit_test(a_ping_is_shown_in_every_welcomed_state),
        cmocka_unit_test(a_pin_logs_a_terminal_in_again),
        cmocka_unit_test(an_unknown_credential_is_forgotten_before_the_log_in),
        cmocka_unit_test(a_new_credential_is_durable_before_the_next_hello),
        cmocka_unit_test(a_disk_that_is_faster_than_the_wait_delays_nothing),
        cmocka_unit_test(back_off_doubles_to_its_bound_and_restarts_after_a_welcome),
        cmocka_unit_test(a_disconnection_is_said_once_per_change_of_reason),
        cmocka_unit_test(a_code_is_said_once_and_again_when_it_changes),
        cmocka_unit_test(ready_is_sent_and_said_after_every_reconnection),
        cmocka_unit_test(the_heartbeat_of_the_welcome_counts),
        cmocka_unit_test(a_signal_says_bye_when_welcomed_and_closes),
        cmocka_unit_test(a_signal_before_the_welcome_only_closes),
        cmocka_unit_test(a_signal_without_a_connection_ends_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
