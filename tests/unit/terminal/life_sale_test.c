/* A payment within the life of its terminal: when it may be talked of, and what
 * the end of the one means to the other. */
#include "life_story.h"

static void start_ready(struct story *story)
{
    story_old(story, LIFE_LOG_IN_NONE, true);
    story_greet(story);
    story_message(story, story_welcome("JSV5", true, ""), "say registered JSV5; send ready");
    story_message(story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
}

static void offered(struct story *story)
{
    story_message(story, sale_offer(5, "server"),
                  "sale: say payment_offered 5; sale: send displayed 5; sale: wait step 10000");
}

static void kept(struct story *story, enum fail fail, const char *expected)
{
    story_expect(
        story,
        &(struct life_event){.kind = LIFE_SALE, .sale = {.kind = SALE_STORED, .stored = fail}},
        expected);
}

static void start_card(struct story *story)
{
    start_ready(story);
    offered(story);
    story_message(story, sale_go(5), "sale: stop step; sale: store");
    kept(story, FAIL_NONE,
         "sale: say payment_go 5; sale: wait backstop 150000; sale: send progress 5 card; "
         "sale: wait step 0");
}

/* What was open when the power went. */
static struct sale_record on_disk(enum sale_unsent unsent)
{
    const struct terminal_message offer = sale_offer(5, "server");
    struct sale_record record = sale_record_make(&offer.offer);

    record.unsent = unsent;
    record.attempt = unsent == UNSENT_ATTEMPT ? 1 : 0;
    record.card = test_card_find(slice_of("visa"))->card;
    return record;
}

static void an_offer_is_answered_only_by_a_terminal_that_is_ready(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, true);
    story_greet(&story);
    story_message(&story, sale_offer(5, "server"), "say problem; close 1008");
    story_old(&story, LIFE_LOG_IN_NONE, true);
    story_greet(&story);
    story_message(&story, story_welcome("JSV5", true, ""), "say registered JSV5; send ready");
    story_message(&story, sale_offer(5, "server"), "");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
    offered(&story);
}

static void an_offer_dies_with_its_connection_or_a_log_out(void **state)
{
    struct story story;

    (void)state;
    start_ready(&story);
    offered(&story);
    story_closed(&story, 1006, "cut",
                 "sale: say payment_withdrawn 5 connection; sale: stop step; "
                 "say disconnected 1006 cut; wait 250");
    start_ready(&story);
    offered(&story);
    story_message(&story, story_ping(1, ""), "say ping; send ping_shown 1");
    story_message(&story, story_bare(TERMINAL_LOGGED_OUT),
                  "sale: say payment_withdrawn 5 connection; sale: stop step; "
                  "say logged_out; store; say problem; close 1000");
    start_ready(&story);
    offered(&story);
    story_message(&story, story_bare(TERMINAL_PROBE_ANSWERED),
                  "say problem; sale: say payment_withdrawn 5 connection; sale: stop step; "
                  "close 1008");
    start_ready(&story);
    offered(&story);
    story_plain(&story, LIFE_STOP,
                "send bye; sale: say payment_withdrawn 5 connection; sale: stop step; close 1000");
}

static void a_payment_goes_on_over_a_lost_connection(void **state)
{
    struct story story;

    (void)state;
    start_card(&story);
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_expect(&story, &(struct life_event){.kind = LIFE_SALE, .sale = {.kind = SALE_DUE}},
                 "sale: store");
    kept(&story, FAIL_NONE, "sale: say payment_card 5 #1 9990; sale: say payment_unsent 5 attempt");
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, ""),
                  "sale: say payment_resumed 5 attempt; sale: send attempt; send ready");
    story_message(&story, sale_outcome(5, 1, true, true),
                  "sale: say payment_approved 5 #1 ABC123 final");
    story_message(&story, story_bare(TERMINAL_READY_CONFIRMED), "say ready");
    story_message(&story, sale_ended(5, "approved", ""),
                  "sale: say payment_ended 5 approved; sale: store; sale: stop step; "
                  "sale: stop backstop");
}

static void what_was_open_at_the_power_cut_is_said_after_the_first_welcome(void **state)
{
    const struct person person = person_default();
    struct sale_record record = on_disk(UNSENT_ATTEMPT);
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    life_take_up(&story.life, &record, &person);
    story_plain(&story, LIFE_START, "sale: say payment_unsent 5 attempt; connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL),
                  "sale: say payment_resumed 5 attempt; sale: send attempt; store");
    story_message(&story, sale_resume(5, 1), "sale: wait backstop 150000");

    record = on_disk(UNSENT_NOTHING);
    story_old(&story, LIFE_LOG_IN_NONE, false);
    life_take_up(&story.life, &record, &person);
    story_plain(&story, LIFE_START,
                "sale: say payment_cancel 5 lost; sale: say payment_unsent 5 cancel_payment; "
                "connect");
}

static void a_disk_that_cannot_keep_a_payment_ends_the_terminal(void **state)
{
    struct story story;

    (void)state;
    start_ready(&story);
    offered(&story);
    story_message(&story, sale_go(5), "sale: stop step; sale: store");
    kept(&story, FAIL_FULL,
         "sale: say payment_cancel 5 lost; sale: send cancel_payment 5 lost; close 1000");
    story_closed(&story, 1000, "", "give up 4");
    kept(&story, FAIL_FULL, "");

    start_card(&story);
    story_expect(&story, &(struct life_event){.kind = LIFE_SALE, .sale = {.kind = SALE_DUE}},
                 "sale: store");
    kept(&story, FAIL_IO, "close 1000");
}

static void nothing_of_a_payment_happens_after_the_end(void **state)
{
    struct story story;

    (void)state;
    start_card(&story);
    story_plain(&story, LIFE_STOP, "send bye; close 1000");
    story_expect(&story, &(struct life_event){.kind = LIFE_SALE, .sale = {.kind = SALE_DUE}}, "");
    story_message(&story, sale_ended(5, "approved", ""), "");
    story_closed(&story, 1000, "", "give up 0");
    story_expect(&story, &(struct life_event){.kind = LIFE_SALE, .sale = {.kind = SALE_DUE}}, "");
}

static void a_logged_out_terminal_takes_what_crossed_and_sends_nothing(void **state)
{
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PIN, true);
    story_greet(&story);
    story_message(&story, story_required("logged_out", true), "store; send log_in");
    story_stored(&story, FAIL_NONE, "");
    story_message(&story, sale_go(5), "");
    story_message(&story, sale_offer(5, "server"), "");
    story_message(&story, sale_resume(5, 1), "");
}

static struct sale_record result_on_disk(void)
{
    struct sale_record record = on_disk(UNSENT_ATTEMPT);

    record.authority = AUTHORITY_TERMINAL;
    record.unsent = UNSENT_RESULT;
    record.approved = true;
    return record;
}

/* Up to the result that is said before the log-in. */
static void deliver(struct story *story, const char *reason)
{
    const struct sale_record record = result_on_disk();
    const struct person person = person_default();

    story_old(story, LIFE_LOG_IN_PASSWORD, false);
    life_take_up(&story->life, &record, &person);
    story_plain(story, LIFE_START, "sale: say payment_unsent 5 result; connect");
    story_plain(story, LIFE_OPENED, "send hello");
    story_message(story, story_required(reason, false),
                  "sale: say payment_resumed 5 result; sale: send result; wait 15000+0");
    assert_string_equal(story->life.settings.credential, OLD_CREDENTIAL);
}

static void a_result_is_said_before_the_log_in_and_before_the_credential_is_forgotten(void **state)
{
    struct story story;

    (void)state;
    deliver(&story, "unknown_credential");
    story_message(&story, sale_outcome(4, 1, true, true), "");
    story_message(&story, sale_outcome(5, 1, true, true),
                  "sale: say payment_approved 5 #1 ABC123 final");
    story_message(&story, sale_ended(5, "approved", ""),
                  "sale: say payment_ended 5 approved; sale: store; sale: stop step; "
                  "sale: stop backstop; store; send log_in");
    assert_string_equal(story.life.settings.credential, "");
    story_stored(&story, FAIL_NONE, "");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL), "drop log-in; store");

    deliver(&story, "logged_out");
    story_message(&story, sale_refused(5, 1),
                  "sale: say payment_result_refused 5 Ask.; sale: store; sale: stop step; "
                  "sale: stop backstop; send log_in");
    assert_string_equal(story.life.settings.credential, OLD_CREDENTIAL);
}

static void a_result_that_is_not_answered_is_said_again_with_the_same_credential(void **state)
{
    struct story story;

    (void)state;
    deliver(&story, "unknown_credential");
    story_closed(&story, 1006, "cut", "say disconnected 1006 cut; wait 250");
    story_plain(&story, LIFE_TIME, "connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_required("unknown_credential", false),
                  "sale: say payment_resumed 5 result; sale: send result; wait 15000+0");
    story_plain(&story, LIFE_TIME, "store; send log_in");
    story_stored(&story, FAIL_NONE, "");
    story_message(&story, story_welcome("JSV5", true, NEW_CREDENTIAL),
                  "sale: say payment_resumed 5 result; sale: send result; drop log-in; store");
}

static void an_outcome_without_the_end_that_follows_does_not_keep_the_log_in_waiting(void **state)
{
    struct story story;

    (void)state;
    deliver(&story, "logged_out");
    story_message(&story, sale_outcome(5, 1, true, true),
                  "sale: say payment_approved 5 #1 ABC123 final");
    story_plain(&story, LIFE_TIME, "send log_in");
}

/* Welcomed with a result that nobody has answered. */
static void start_saying(struct story *story)
{
    const struct sale_record record = result_on_disk();
    const struct person person = person_default();

    story_old(story, LIFE_LOG_IN_NONE, false);
    life_take_up(&story->life, &record, &person);
    story_plain(story, LIFE_START, "sale: say payment_unsent 5 result; connect");
    story_plain(story, LIFE_OPENED, "send hello");
    story_message(story, story_welcome("JSV5", true, ""),
                  "sale: say payment_resumed 5 result; sale: send result; say registered JSV5");
}

/* Once more, with the credential that was retired; nobody logs in on it. */
static void deliver_and_end(struct story *story)
{
    assert_string_equal(story->life.settings.credential, OLD_CREDENTIAL);
    story_plain(story, LIFE_TIME, "connect");
    story_plain(story, LIFE_OPENED, "send hello");
    story_message(story, story_required("unknown_credential", false),
                  "sale: say payment_resumed 5 result; sale: send result; wait 15000+0");
    story_message(story, sale_outcome(5, 1, true, true),
                  "sale: say payment_approved 5 #1 ABC123 final");
    story_message(story, sale_ended(5, "approved", ""),
                  "sale: say payment_ended 5 approved; sale: store; sale: stop step; "
                  "sale: stop backstop; store; say problem; close 1000");
    assert_string_equal(story->life.settings.credential, "");
    story_closed(story, 1000, "", "give up 3");
}

static void a_removed_terminal_comes_back_to_deliver_its_result(void **state)
{
    struct story story;

    (void)state;
    start_saying(&story);
    story_message(&story, story_error("removed"),
                  "say removed; sale: say payment_unsent 5 result; close 1000");
    story_closed(&story, 4002, "removed", "say disconnected 4002 removed; wait 250");
    deliver_and_end(&story);

    start_saying(&story);
    story_message(&story, story_error("revoked"),
                  "say revoked; sale: say payment_unsent 5 result; close 1000");
    story_closed(&story, 1006, "", "say disconnected 1006; wait 250");
    deliver_and_end(&story);

    start_saying(&story); /* the error was lost */
    story_closed(&story, 4002, "removed",
                 "sale: say payment_unsent 5 result; say removed; wait 250");
    deliver_and_end(&story);
}

static void a_removed_terminal_keeps_its_credential_for_nothing_but_a_result(void **state)
{
    const struct sale_record record = on_disk(UNSENT_ATTEMPT);
    const struct person person = person_default();
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_NONE, false);
    life_take_up(&story.life, &record, &person);
    story_plain(&story, LIFE_START, "sale: say payment_unsent 5 attempt; connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("JSV5", true, ""),
                  "sale: say payment_resumed 5 attempt; sale: send attempt; say registered JSV5");
    story_message(&story, story_error("removed"),
                  "say removed; store; sale: say payment_unsent 5 attempt; close 1000");
    assert_string_equal(story.life.settings.credential, "");
}

static void a_removed_terminal_does_not_log_in_again_by_itself(void **state)
{
    const struct sale_record record = result_on_disk();
    const struct person person = person_default();
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PASSWORD, false);
    life_take_up(&story.life, &record, &person);
    story_plain(&story, LIFE_START, "sale: say payment_unsent 5 result; connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_welcome("", false, ""),
                  "say api_mode off; sale: say payment_resumed 5 result; sale: send result; store");
    story_message(&story, story_error("removed"),
                  "say removed; drop log-in; sale: say payment_unsent 5 result; close 1000");
    story_closed(&story, 4002, "removed", "say disconnected 4002 removed; wait 250");
    deliver_and_end(&story);
}

static void a_removed_terminal_keeps_its_credential_while_a_result_goes_to_the_disk(void **state)
{
    struct story story;

    (void)state;
    start_saying(&story);
    story.life.sale.state = SALE_KEEPING;
    story_message(&story, story_error("removed"), "say removed; close 1000");
    kept(&story, FAIL_NONE,
         "sale: say payment_result 5 #1 approved; sale: say payment_unsent 5 result");
    story_closed(&story, 4002, "removed", "say disconnected 4002 removed; wait 250");
    deliver_and_end(&story);
}

static void nothing_but_a_result_is_said_before_a_log_in(void **state)
{
    const struct person person = person_default();
    struct sale_record record = on_disk(UNSENT_ATTEMPT);
    struct story story;

    (void)state;
    story_old(&story, LIFE_LOG_IN_PASSWORD, false);
    life_take_up(&story.life, &record, &person);
    story_plain(&story, LIFE_START, "sale: say payment_unsent 5 attempt; connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_required("logged_out", false), "send log_in");

    record = result_on_disk(); /* and nothing by a terminal that cannot prove who it is */
    story_new(&story, LIFE_LOG_IN_PASSWORD);
    life_take_up(&story.life, &record, &person);
    story_plain(&story, LIFE_START, "sale: say payment_unsent 5 result; connect");
    story_plain(&story, LIFE_OPENED, "send hello");
    story_message(&story, story_required("new", false), "send log_in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_is_answered_only_by_a_terminal_that_is_ready),
        cmocka_unit_test(an_offer_dies_with_its_connection_or_a_log_out),
        cmocka_unit_test(a_payment_goes_on_over_a_lost_connection),
        cmocka_unit_test(what_was_open_at_the_power_cut_is_said_after_the_first_welcome),
        cmocka_unit_test(a_disk_that_cannot_keep_a_payment_ends_the_terminal),
        cmocka_unit_test(nothing_of_a_payment_happens_after_the_end),
        cmocka_unit_test(a_result_is_said_before_the_log_in_and_before_the_credential_is_forgotten),
        cmocka_unit_test(a_result_that_is_not_answered_is_said_again_with_the_same_credential),
        cmocka_unit_test(an_outcome_without_the_end_that_follows_does_not_keep_the_log_in_waiting),
        cmocka_unit_test(a_removed_terminal_comes_back_to_deliver_its_result),
        cmocka_unit_test(a_removed_terminal_keeps_its_credential_for_nothing_but_a_result),
        cmocka_unit_test(a_removed_terminal_does_not_log_in_again_by_itself),
        cmocka_unit_test(a_removed_terminal_keeps_its_credential_while_a_result_goes_to_the_disk),
        cmocka_unit_test(nothing_but_a_result_is_said_before_a_log_in),
        cmocka_unit_test(a_logged_out_terminal_takes_what_crossed_and_sends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
