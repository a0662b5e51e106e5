/* The bad days of a payment on a terminal: a disk that fails, messages that make
 * no sense, and the terminal that decides itself while the server wants
 * otherwise. Power cuts are in sale_power_test.c. */
#include "sale_story.h"

#include <string.h>

#define FORGET "store; stop step; stop backstop"

/* --- The terminal decides -------------------------------------------------- */

static void decide(struct sale_story *story)
{
    sale_to_card(story, "terminal");
    sale_told(story, PERSON_PRESENTS, NULL,
              "say payment_card 5 #1 9990; send progress 5 authorising; wait step 0");
    assert_int_equal(story->sale.state, SALE_DECIDING);
}

static void what_the_terminal_decides_is_durable_before_it_is_said(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    sale_step_due(&story, "store");
    assert_int_equal(story.sale.record.unsent, UNSENT_RESULT);
    assert_true(story.sale.record.approved);
    sale_stored(&story, "say payment_result 5 #1 approved; send result");
    sale_hears(&story, sale_outcome(5, 1, true, true), "say payment_approved 5 #1 ABC123 final");
    sale_hears(&story, sale_ended(5, "approved", ""), "say payment_ended 5 approved; " FORGET);
}

static void an_approval_of_the_terminal_is_not_given_up_for_an_end_that_denies_it(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    sale_step_due(&story, "store");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"), "");
    sale_stored(&story, "say payment_result 5 #1 approved; send result");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"), "");
    sale_hears(&story, sale_outcome(5, 1, false, true), "");
    sale_hears(&story, sale_refused(5, 2), "");
    sale_hears(&story, sale_refused(4, 1), "");
    sale_hears(&story, sale_refused(5, 1), "say payment_result_refused 5 Ask.; " FORGET);
    assert_int_equal(story.sale.state, SALE_IDLE);
}

static void only_what_is_durable_is_said_before_a_log_in(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    sale_plain(&story, SALE_LOST, "");
    sale_plain(&story, SALE_KNOWN, "");
    sale_step_due(&story, "store");
    assert_false(sale_keeps_result(&story.sale));
    sale_plain(&story, SALE_KNOWN, "");
    sale_stored(&story, "say payment_result 5 #1 approved; say payment_unsent 5 result");
    assert_true(sale_keeps_result(&story.sale));
    sale_plain(&story, SALE_KNOWN, "say payment_resumed 5 result; send result");
}

static void an_approval_that_was_answered_may_end_reversed(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_result 5 #1 approved; send result");
    sale_hears(&story, sale_outcome(5, 1, true, true), "say payment_approved 5 #1 ABC123 final");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"),
               "say payment_ended 5 cancelled pos; " FORGET);
}

static void an_end_that_agrees_is_an_answer_too(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_result 5 #1 approved; send result");
    sale_hears(&story, sale_ended(5, "approved", ""), "say payment_ended 5 approved; " FORGET);
}

static void a_decline_of_the_terminal_is_forgotten_with_the_end(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    story.sale.record.amount_minor = 1255;
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_result 5 #1 declined; send result");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"),
               "say payment_ended 5 cancelled pos; " FORGET);
}

static void a_slow_host_of_the_terminal_takes_its_time(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "terminal");
    story.sale.record.amount_minor = 1269;
    sale_told(&story, PERSON_PRESENTS, NULL,
              "say payment_card 5 #1 9990; send progress 5 authorising; wait step 10000");
    sale_told(&story, PERSON_CANCELS, NULL, "");
    sale_due(&story, SALE_TIMER_BACKSTOP, "");
    assert_int_equal(story.sale.record.unsent, UNSENT_NOTHING);
}

static void a_cancel_that_is_wanted_is_done_where_a_person_could_cancel(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "terminal");
    sale_hears(&story, sale_cancel_requested(5, "pos"), "store");
    sale_stored(&story, "say payment_cancel 5 pos; send cancel_payment 5 pos");
    sale_hears(&story, sale_cancel_requested(5, "time"), "");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"),
               "say payment_ended 5 cancelled pos; " FORGET);

    sale_hears(&story, sale_cancel_requested(5, "administrator"),
               "say payment_cancel 5 lost; send cancel_payment 5 lost");
}

static void a_cancel_that_is_wanted_too_early_is_done_when_go_is_kept(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "terminal");
    sale_hears(&story, sale_go(5), "stop step; store");
    sale_hears(&story, sale_cancel_requested(5, "time"), "");
    sale_stored(&story, "say payment_go 5; wait backstop 150000; store");
    sale_stored(&story, "say payment_cancel 5 time; send cancel_payment 5 time");
}

static void a_cancel_that_is_wanted_while_it_decides_waits_for_the_result(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    decide(&story);
    story.sale.record.amount_minor = 1255;
    sale_hears(&story, sale_cancel_requested(5, "pos"), "");
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_result 5 #1 declined; send result");
    sale_hears(&story, sale_outcome(5, 1, false, false),
               "say payment_declined 5 #1 No.; wait backstop 150000; store");
    sale_stored(&story, "say payment_cancel 5 pos; send cancel_payment 5 pos");
    sale_hears(&story, sale_ended(5, "declined", ""), "say payment_ended 5 declined; " FORGET);

    sale_to_card(&story, "terminal"); /* and the next payment knows nothing of it */
    assert_int_equal(story.sale.cancel_asked, REASON_NONE);
}

static void where_the_server_decides_it_asks_for_no_cancel(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "server");
    sale_hears(&story, sale_cancel_requested(5, "pos"), "");
    assert_int_equal(story.sale.state, SALE_CARD);
    assert_int_equal(story.sale.cancel_asked, REASON_NONE);
}

/* --- Resume ------------------------------------------------------------------ */

static void a_payment_that_is_open_on_the_server_alone_is_lost(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_hears(&story, sale_resume(5, 1), "say payment_cancel 5 lost; send cancel_payment 5 lost");
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_resume(5, 0),
               "say payment_withdrawn 5 server; stop step; "
               "say payment_cancel 5 lost; send cancel_payment 5 lost");
    sale_to_saying(&story);
    sale_hears(&story, sale_resume(6, 0), "say payment_cancel 6 lost; send cancel_payment 6 lost");
    assert_int_equal(story.sale.record.payment, 5);
}

static void without_a_connection_nothing_is_answered(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_plain(&story, SALE_LOST, "");
    sale_hears(&story, sale_resume(5, 1), "");
    sale_hears(&story, sale_go(5), "");
}

/* --- The disk ------------------------------------------------------------------ */

static void a_go_that_cannot_be_kept_is_given_back(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_go(5), "stop step; store");
    sale_story_expect(&story, &(struct sale_event){.kind = SALE_STORED, .stored = FAIL_FULL},
                      "say payment_cancel 5 lost; send cancel_payment 5 lost");
    assert_int_equal(story.sale.state, SALE_IDLE);
}

static void a_card_that_cannot_be_kept_is_never_sent(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "server");
    sale_told(&story, PERSON_PRESENTS, NULL, "store");
    sale_story_expect(&story, &(struct sale_event){.kind = SALE_STORED, .stored = FAIL_IO}, "");
    assert_int_equal(story.sale.state, SALE_KEEPING);
}

/* --- Every message in every state --------------------------------------------- */

/* Brings a sale of payment 5 into a state, by the way that a real one takes. */
static void bring_to(struct sale_story *story, enum sale_state to, const char *authority)
{
    struct terminal_message message;

    sale_new(story, PERSON_ASK);
    if (to == SALE_IDLE) {
        return;
    }
    sale_to_offered(story, authority);
    if (to == SALE_OFFERED) {
        return;
    }
    sale_hears(story, sale_go(5), "stop step; store");
    if (to == SALE_STARTING) {
        return;
    }
    sale_stored(story, "say payment_go 5; wait backstop 150000; send progress 5 card");
    if (to == SALE_PIN) {
        sale_told(story, PERSON_PRESENTS, "interac", "send progress 5 pin; wait step 0");
    } else if (to == SALE_DECIDING) {
        story->sale.record.authority = AUTHORITY_TERMINAL;
        sale_told(story, PERSON_PRESENTS, NULL,
                  "say payment_card 5 #1 9990; send progress 5 authorising; wait step 0");
    } else if (to != SALE_CARD) {
        story->sale.record.authority = AUTHORITY_SERVER;
        sale_told(story, PERSON_PRESENTS, NULL, "store");
        if (to != SALE_KEEPING) {
            sale_stored(story, "say payment_card 5 #1 9990; send attempt");
        }
        message = sale_outcome(5, 1, to == SALE_OVER, to == SALE_OVER);
        if (to == SALE_RETRY) {
            sale_hears(story, message, "say payment_declined 5 #1 No.; wait backstop 150000");
        } else if (to == SALE_OVER) {
            sale_hears(story, message, "say payment_approved 5 #1 ABC123 final");
        }
    }
    assert_int_equal(story->sale.state, to);
}

/* The messages of the table below, of payment 5; W: of payment 6. */
static struct terminal_message message_of(char letter)
{
    switch (letter) {
    case 'o':
        return sale_offer(6, "server");
    case 'w':
        return sale_withdraw(5);
    case 'g':
        return sale_go(5);
    case 'a':
        return sale_outcome(5, 1, true, true);
    case 'd':
        return sale_outcome(5, 1, false, false);
    case 'e':
        return sale_ended(5, "cancelled", "pos");
    case 'r':
        return sale_resume(5, 0);
    case 'c':
        return sale_cancel_requested(5, "pos");
    case 'f':
        return sale_refused(5, 1);
    default:
        return sale_ended(6, "cancelled", "pos");
    }
}

/* Where each message leads, of authority `server` unless the state says
 * otherwise; '.': nothing changes and nothing is done, '=': the state stays, but
 * something is done. */
static void each_message_in_each_state_leads_where_the_table_says(void **state)
{
    static const char letters[] = "owgadercf6";
    static const char *const names[SALE_STATES] = {
        [SALE_IDLE] = "idle",       [SALE_OFFERED] = "offered", [SALE_STARTING] = "starting",
        [SALE_CARD] = "card",       [SALE_PIN] = "pin",         [SALE_DECIDING] = "deciding",
        [SALE_KEEPING] = "keeping", [SALE_SAYING] = "saying",   [SALE_RETRY] = "retry",
        [SALE_OVER] = "over"};
    static const struct {
        enum sale_state from;
        const char *to[10];
    } rows[] = {
        /*              offer 6    withdraw go          approved declined ended   resume  cancel
           refused ended 6 */
        {SALE_IDLE, {"offered", ".", "=", ".", ".", ".", "=", "=", ".", "."}},
        {SALE_OFFERED, {"=", "idle", "starting", ".", ".", "idle", "idle", "=", ".", "."}},
        {SALE_STARTING, {".", ".", ".", "over", "=", "idle", "=", ".", ".", "."}},
        {SALE_CARD, {".", ".", ".", "over", "=", "idle", "=", ".", ".", "."}},
        {SALE_PIN, {".", ".", ".", "over", "=", "idle", "=", ".", ".", "."}},
        {SALE_DECIDING, {".", ".", ".", "over", "=", "idle", "=", ".", ".", "."}},
        {SALE_KEEPING, {".", ".", ".", "over", "=", "idle", "=", ".", ".", "."}},
        {SALE_SAYING, {".", ".", ".", "over", "retry", "idle", "=", ".", ".", "."}},
        {SALE_RETRY, {".", ".", ".", "over", ".", "idle", "=", ".", ".", "."}},
        {SALE_OVER, {".", ".", ".", ".", ".", "idle", "=", ".", ".", "."}},
    };
    struct sale_effects effects;
    struct sale_story story;
    size_t row;
    size_t at;

    (void)state;
    for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        for (at = 0; letters[at] != '\0'; at++) {
            struct terminal_message message = message_of(letters[at]);
            const char *expected = rows[row].to[at];
            const char *to;

            bring_to(&story, rows[row].from,
                     rows[row].from == SALE_DECIDING ? "terminal" : "server");
            sale_step(&story.sale,
                      &(struct sale_event){.kind = SALE_MESSAGE, .heard = {&message, 1000}},
                      &effects);
            to = names[story.sale.state];
            if (story.sale.state == rows[row].from) {
                to = effects.count == 0 ? "." : "=";
            }
            if (strcmp(to, expected) != 0) {
                print_error("%s, message %c\n", names[rows[row].from], letters[at]);
            }
            assert_string_equal(to, expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_terminal_decides_is_durable_before_it_is_said),
        cmocka_unit_test(an_approval_of_the_terminal_is_not_given_up_for_an_end_that_denies_it),
        cmocka_unit_test(only_what_is_durable_is_said_before_a_log_in),
        cmocka_unit_test(an_approval_that_was_answered_may_end_reversed),
        cmocka_unit_test(an_end_that_agrees_is_an_answer_too),
        cmocka_unit_test(a_decline_of_the_terminal_is_forgotten_with_the_end),
        cmocka_unit_test(a_slow_host_of_the_terminal_takes_its_time),
        cmocka_unit_test(a_cancel_that_is_wanted_is_done_where_a_person_could_cancel),
        cmocka_unit_test(a_cancel_that_is_wanted_too_early_is_done_when_go_is_kept),
        cmocka_unit_test(a_cancel_that_is_wanted_while_it_decides_waits_for_the_result),
        cmocka_unit_test(where_the_server_decides_it_asks_for_no_cancel),
        cmocka_unit_test(a_payment_that_is_open_on_the_server_alone_is_lost),
        cmocka_unit_test(without_a_connection_nothing_is_answered),
        cmocka_unit_test(a_go_that_cannot_be_kept_is_given_back),
        cmocka_unit_test(a_card_that_cannot_be_kept_is_never_sent),
        cmocka_unit_test(each_message_in_each_state_leads_where_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
