/* The bad days of a terminal: refused log-ins, API mode off, replaced,
 * removed, a full disk, a server that makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "life_story.h"

static void start_registered(struct story *story, enum life_log_in log_in)
{
    story_old(story, log_in, true);
    story_greet(story);
    story_message(story, story_welcome("JSV5", true, ""),
                  log_in == LIFE_LOG_IN_NONE ? "say registered JSV5; send ready"
                                             : "drop log-in; say registered JSV5; send ready");
}

static void start_log_in(struct story *story)
{
    story_new(story, LIFE_LOG_IN_PASSWORD);
    story_greet(story);
    story_message(story, story_required("new", false), "send log_in");
}

static void a_wrong_log_in_is_final(void **state)
{
    static const char *const reasons[] = {"wrong", "serial_in_use", "no_codes_left"};
    struct story story;
    char expected[128];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        start_log_in(&story);
        (void)snprintf(
            expected, sizeof(expected),
            "say log_in_refused for good %s Sorry.; say problem; drop log-in; close 1000",
            reasons[i]);
        story_message(&story, story_refused(reasons[i]), expected);
        story_closed(&story, 1000, "", "give up 3");
    }
}

static void a_busy_server_is_asked_again_with_back_off(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_message(&story, story_refused("busy"), "say log_in_refused busy Sorry.; wait 250");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_refused("busy"), "wait 500");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_refused("trouble"), "say log_in_refused trouble Sorry.; wait 1000");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");
}

static void a_busy_server_is_given_the_time_that_it_asks_for(void **state)
{
    struct terminal_message busy = story_refused("busy");
    struct story story;

    (void)state;
    busy.log_in_refused.wait_seconds = 7;
    start_log_in(&story);
    story_message(&story, busy, "say log_in_refused (7 s) busy Sorry.; wait 7000+250");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_refused("busy"), "wait 500");
}

static void a_locked_log_in_says_for_how_long_and_is_final(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_message(&story, story_locked(90, true),
                  "say log_in_refused (90 s) for good locked Sorry.; say problem (90 s); "
                  "drop log-in; close 1000");
    story_closed(&story, 1000, "", "give up 3");
}

/* Registered without a code, so the log-in data are kept; then API mode is
 * switched on and the same log-in is needed again. */
static void start_second_log_in(struct story *story, enum life_log_in log_in)
{
    story_old(story, log_in, false);
    story_greet(story);
    story_message(story, story_required("logged_out", true), "send log_in");
    story_message(story, story_welcome("", false, ""), "say api_mode off; store");
    story_stored(story, FAIL_NONE, "");
    story_message(story, story_api_mode(true), "say api_mode on; send log_out");
    story_message(story, story_bare(TERMINAL_LOGGED_OUT), "send log_in");
}

static void a_log_in_that_was_right_before_waits_for_the_lock_to_open(void **state)
{
    struct story story;

    (void)state;
    start_second_log_in(&story, LIFE_LOG_IN_PASSWORD);
    story_message(&story, story_locked(90, false),
                  "say log_in_refused (90 s) locked Sorry.; wait 90000+250");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_locked(86400, false), "wait 86400000+500");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_welcome("JSV5", true, ""), "drop log-in; store");
}

static void a_pin_that_was_right_waits_only_while_a_pin_is_enough(void **state)
{
    struct story story;

    (void)state;
    start_second_log_in(&story, LIFE_LOG_IN_PIN);
    story_message(&story, story_locked(5, true),
                  "say log_in_refused (5 s) locked Sorry.; wait 5000+250");
    story_plain(&story, LIFE_TIME, "send log_in");
    story_message(&story, story_locked(0, false),
                  "say log_in_refused for good locked Sorry.; say problem; drop log-in; "
                  "close 1000");
}

static void a_pin_that_is_not_accepted_any_more_is_told_from_a_first_log_in(void **state)
{
    struct life_effects effects;
    struct terminal_message required = story_required("logged_out", false);
    const struct life_event event = {.kind = LIFE_MESSAGE, .heard = {.message = &required}};
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PIN, false);
    story_greet(&story);
    life_step(&story.life, &event, &effects);
    assert_int_equal(effects.list[0].say.what, LIFE_SAY_PROBLEM);
    assert_true(slice_starts_with(effects.list[0].say.word, "The server accepts no PIN"));
    story_closed(&story, 1000, "", "give up 3");
}

static void a_connection_lost_during_the_log_in_pause_starts_again(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_message(&story, story_refused("busy"), "say log_in_refused busy Sorry.; wait 250");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 500");
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_required("new", false), "send log_in");
}

static void a_pin_is_not_enough_for_the_first_log_in(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_PIN);
    story_greet(&story);
    story_message(&story, story_required("new", false), "say problem; close 1000");
    story_closed(&story, 1000, "", "give up 3");
}

static void without_log_in_data_a_log_in_is_impossible(void **state)
{
    struct story story;

    (void)state;
    story_new(&story, LIFE_LOG_IN_NONE);
    story_greet(&story);
    story_message(&story, story_required("new", false), "say problem; close 1000");
    story_closed(&story, 1006, "cut", "give up 3");
}

static void a_log_out_by_an_administrator_ends_and_takes_continue_back(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_PASSWORD);
    story_message(&story, story_bare(TERMINAL_LOGGED_OUT),
                  "say logged_out; store; say problem; close 1000");
    assert_false(story.life.settings.continued);
    assert_string_equal(story.life.settings.credential, OLD_CREDENTIAL);
    story_stored(&story, FAIL_NONE, "");
    story_closed(&story, 1000, "", "give up 3");
}

static void a_replaced_terminal_ends_by_message_and_by_close_code(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_error("replaced"), "say replaced; close 1000");
    story_closed(&story, 4001, "replaced", "give up 5");

    start_registered(&story, LIFE_LOG_IN_NONE);
    story_closed(&story, 4001, "replaced", "say replaced; give up 5");
}

static void a_removed_terminal_forgets_its_credential_and_ends(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_error("removed"), "say removed; store; close 1000");
    assert_string_equal(story.life.settings.credential, "");
    story_closed(&story, 4002, "removed", "give up 3");

    start_registered(&story, LIFE_LOG_IN_NONE);
    story_closed(&story, 4002, "removed", "say removed; store; give up 3");
    assert_string_equal(story.life.settings.credential, "");
    assert_string_equal(story.life.settings.serial, "TW-1");
}

static void a_revoked_credential_is_forgotten(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_PASSWORD);
    story_message(&story, story_error("revoked"), "say revoked; store; close 1000");
    assert_string_equal(story.life.settings.credential, "");
    assert_string_equal(story.life.settings.serial, "TW-1");
    story_closed(&story, 4002, "revoked", "give up 3");
}

static void a_server_that_stops_says_when_to_come_back(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_come_back("stopping", 9000), "say problem");
    story_closed(&story, 1001, "stopping", "say disconnected 1001 stopping; wait 9000+250");
    story_plain(&story, LIFE_TIME, "connect");
    /* It was said once, and counts once. */
    story_closed(&story, 1006, "refused", "say disconnected 1006 refused; wait 500");
}

static void a_moved_terminal_comes_back_and_shows_its_new_code(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_come_back("moved", 300), "say problem");
    story_closed(&story, 1012, "moved", "say disconnected 1012 moved; wait 300+250");
    assert_string_equal(story.life.settings.credential, OLD_CREDENTIAL);
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("K3YR", true, ""), "store");
    assert_string_equal(story.life.settings.code, "K3YR");
    story_stored(&story, FAIL_NONE, "say registered K3YR; send ready");
}

static void a_server_that_turns_it_away_says_when_to_come_back(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    story_plain(&story, LIFE_START, "connect");
    story_turned_away(&story, 30000, "say disconnected 1006 busy; wait 30000+250");
    story_plain(&story, LIFE_TIME, "connect");
    story_turned_away(&story, 0, "wait 500");
}

/* An error and a refusal at once: a proxy may have cut in. */
static void the_longer_of_two_waits_counts(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_come_back("stopping", 9000), "say problem");
    story_turned_away(&story, 4000, "say disconnected 1006 busy; wait 9000+250");
}

static void another_error_is_told_and_leads_to_a_new_connection(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_error("protocol"), "say problem");
    story_closed(&story, 1008, "protocol", "say disconnected 1008 protocol; wait 250");
}

static void api_mode_off_means_no_code_and_keeps_the_log_in_data(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_message(&story, story_welcome("", false, NEW_CREDENTIAL), "say api_mode off; store");
    story_stored(&story, FAIL_NONE, "");
    assert_int_equal(story.life.log_in, LIFE_LOG_IN_PASSWORD);
    assert_int_equal(story.life.state, LIFE_REGISTERED);
}

static void api_mode_on_logs_out_and_in_once_to_get_a_code(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_plain(&story, LIFE_CONTINUE, "");
    story_message(&story, story_welcome("", false, NEW_CREDENTIAL), "say api_mode off; store");
    assert_false(story.life.settings.continued);
    story_stored(&story, FAIL_NONE, "");
    story_message(&story, story_api_mode(true), "say api_mode on; send log_out");
    story_message(&story, story_bare(TERMINAL_LOGGED_OUT), "send log_in");
    story_message(&story, story_welcome("JSV5", true, ""), "drop log-in; store");
    story_stored(&story, FAIL_NONE, "say registered JSV5; send ready");
}

static void a_log_in_that_brings_no_code_is_not_repeated(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_message(&story, story_welcome("", true, NEW_CREDENTIAL), "drop log-in; store");
    story_stored(&story, FAIL_NONE, "");
    assert_int_equal(story.life.state, LIFE_REGISTERED);
}

static void api_mode_switched_off_and_on_is_said_and_keeps_the_code(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_message(&story, story_api_mode(false), "say api_mode off");
    story_message(&story, story_api_mode(true), "say api_mode on");
    story_message(&story, story_api_mode(true), "");
    assert_string_equal(story.life.settings.code, "JSV5");
}

static void a_disk_that_fails_ends_the_terminal(void **state)
{
    struct story story;

    (void)state;
    start_log_in(&story);
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");
    story_stored(&story, FAIL_FULL, "close 1000");
    story_closed(&story, 1000, "", "give up 4");

    start_log_in(&story);
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_stored(&story, FAIL_IO, "give up 4");
}

static void a_message_that_is_not_due_hangs_up_and_begins_again(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    story_greet(&story);
    story_message(&story, story_ping(1, ""), "say problem; close 1008");
    story_message(&story, story_welcome("JSV5", true, ""), "");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
}

static void a_message_that_cannot_be_read_hangs_up_and_begins_again(void **state)
{
    struct story story;

    (void)state;
    start_registered(&story, LIFE_LOG_IN_NONE);
    story_expect(&story,
                 &(struct life_event){.kind = LIFE_UNREADABLE, .problem = slice_of("nonsense")},
                 "say problem; close 1008");
    story_plain(&story, LIFE_STOP, "");
    assert_int_equal(story.life.state, LIFE_CLOSING);
    story_closed(&story, 1008, "", "give up 0");
}

/* Each message of the server in each state: taken, or hung up on, or (without
 * a connection) dropped; never an assert, never a move that is not allowed. */
static void no_message_in_no_state_breaks_a_terminal(void **state)
{
    static const struct settings known = {.serial = "TW-1", .code = "JSV5"};
    struct life_event event = {.kind = LIFE_MESSAGE};
    struct life_effects effects;
    struct life life;
    int at;
    int type;

    (void)state;
    for (at = LIFE_OFF; at < LIFE_STATES; at++) {
        for (type = 0; type < TERMINAL_MESSAGE_TYPES; type++) {
            struct terminal_message message = story_welcome("JSV5", true, "");

            if (type != TERMINAL_WELCOME) {
                message = story_bare((enum terminal_message_type)type);
            }
            if (type == TERMINAL_LOG_IN_REFUSED || type == TERMINAL_LOG_IN_REQUIRED ||
                type == TERMINAL_ERROR) {
                message.error.reason = slice_of("wrong"); /* the first member of all three */
                message.error.message = slice_of("");
            }
            if (type == TERMINAL_CANCEL_REQUESTED) {
                message.cancel_requested.by = slice_of("pos");
            }
            event.heard.message = &message;
            life_init(&life, &known);
            life.state = (enum life_state)at;
            life_step(&life, &event, &effects);
            assert_true(effects.count <= LIFE_EFFECTS_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_log_in_is_final),
        cmocka_unit_test(a_busy_server_is_asked_again_with_back_off),
        cmocka_unit_test(a_busy_server_is_given_the_time_that_it_asks_for),
        cmocka_unit_test(a_locked_log_in_says_for_how_long_and_is_final),
        cmocka_unit_test(a_log_in_that_was_right_before_waits_for_the_lock_to_open),
        cmocka_unit_test(a_pin_that_was_right_waits_only_while_a_pin_is_enough),
        cmocka_unit_test(a_pin_that_is_not_accepted_any_more_is_told_from_a_first_log_in),
        cmocka_unit_test(a_connection_lost_during_the_log_in_pause_starts_again),
        cmocka_unit_test(a_pin_is_not_enough_for_the_first_log_in),
        cmocka_unit_test(without_log_in_data_a_log_in_is_impossible),
        cmocka_unit_test(a_log_out_by_an_administrator_ends_and_takes_continue_back),
        cmocka_unit_test(a_replaced_terminal_ends_by_message_and_by_close_code),
        cmocka_unit_test(a_removed_terminal_forgets_its_credential_and_ends),
        cmocka_unit_test(a_revoked_credential_is_forgotten),
        cmocka_unit_test(a_server_that_stops_says_when_to_come_back),
        cmocka_unit_test(a_moved_terminal_comes_back_and_shows_its_new_code),
        cmocka_unit_test(a_server_that_turns_it_away_says_when_to_come_back),
        cmocka_unit_test(the_longer_of_two_waits_counts),
        cmocka_unit_test(another_error_is_told_and_leads_to_a_new_connection),
        cmocka_unit_test(api_mode_off_means_no_code_and_keeps_the_log_in_data),
        cmocka_unit_test(api_mode_on_logs_out_and_in_once_to_get_a_code),
        cmocka_unit_test(a_log_in_that_brings_no_code_is_not_repeated),
        cmocka_unit_test(api_mode_switched_off_and_on_is_said_and_keeps_the_code),
        cmocka_unit_test(a_disk_that_fails_ends_the_terminal),
        cmocka_unit_test(a_message_that_is_not_due_hangs_up_and_begins_again),
        cmocka_unit_test(a_message_that_cannot_be_read_hangs_up_and_begins_again),
        cmocka_unit_test(no_message_in_no_state_breaks_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
