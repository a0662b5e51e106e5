/* The good ways of a payment on a terminal, and the ways it may end: offer, go,
 * card, outcome, Try again, cancels, lost connections. Power cuts and nonsense
 * are in sale_trouble_test.c. */
#include "sale_story.h"

#include <string.h>

#define FORGET "store; stop step; stop backstop"

/* --- Offer, then go ------------------------------------------------------- */

static void an_offer_is_said_before_it_is_displayed_and_starts_nothing(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    assert_int_equal(story.sale.state, SALE_OFFERED);
    assert_false(sale_awaits(&story.sale, PERSON_PRESENTS));
    sale_told(&story, PERSON_PRESENTS, NULL, "");
}

static void the_reader_is_on_only_when_go_is_durable(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_go(5), "stop step; store");
    assert_int_equal(story.sale.state, SALE_STARTING);
    sale_told(&story, PERSON_PRESENTS, NULL, "");
    sale_stored(&story, "say payment_go 5; wait backstop 150000; send progress 5 card");
    assert_true(sale_awaits(&story.sale, PERSON_PRESENTS));
}

static void a_withdrawn_offer_is_gone(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_withdraw(4), "");
    sale_hears(&story, sale_withdraw(5), "say payment_withdrawn 5 server; stop step");
    sale_hears(&story, sale_go(5), "say payment_cancel 5 lost; send cancel_payment 5 lost");
    assert_int_equal(story.sale.state, SALE_IDLE);
}

static void an_offer_dies_after_ten_seconds(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_step_due(&story, "say payment_withdrawn 5 time; stop step");
    sale_hears(&story, sale_go(5), "say payment_cancel 5 lost; send cancel_payment 5 lost");
}

static void a_go_past_the_ten_seconds_is_not_acted_on_even_before_its_timer(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    story.now_ms += PAYMENT_OFFER_MS;
    sale_hears(&story, sale_go(5),
               "say payment_withdrawn 5 time; stop step; "
               "say payment_cancel 5 lost; send cancel_payment 5 lost");
    sale_to_offered(&story, "server");
    story.now_ms += PAYMENT_OFFER_MS - 1;
    sale_hears(&story, sale_go(5), "stop step; store");
}

static void an_offer_dies_with_its_connection(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_plain(&story, SALE_LOST, "say payment_withdrawn 5 connection; stop step");
    sale_plain(&story, SALE_WELCOMED, "");
    sale_hears(&story, sale_go(5), "say payment_cancel 5 lost; send cancel_payment 5 lost");
    sale_hears(&story, sale_resume(5, 0), "say payment_cancel 5 lost; send cancel_payment 5 lost");
}

static void a_go_of_another_payment_leaves_the_offer_as_it_is(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_go(6), "say payment_cancel 6 lost; send cancel_payment 6 lost");
    sale_hears(&story, sale_go(5), "stop step; store");
    sale_hears(&story, sale_go(5), "");
}

static void a_second_offer_takes_the_place_of_the_first(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_offer(6, "server"),
               "say payment_withdrawn 5 server; stop step; "
               "say payment_offered 6; send displayed 6; wait step 10000");
    sale_hears(&story, sale_go(5), "say payment_cancel 5 lost; send cancel_payment 5 lost");
    sale_hears(&story, sale_go(6), "stop step; store");
}

static void an_offer_beside_a_payment_is_not_answered(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_saying(&story);
    sale_hears(&story, sale_offer(6, "server"), "");
    sale_hears(&story, sale_go(6), "say payment_cancel 6 lost; send cancel_payment 6 lost");
    sale_hears(&story, sale_withdraw(5), "");
    assert_int_equal(story.sale.state, SALE_SAYING);
}

/* --- The server decides --------------------------------------------------- */

static void a_card_is_durable_and_said_before_it_is_sent(void **state)
{
    struct sale_story story;
    struct terminal_message attempt;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_card(&story, "server");
    sale_step_due(&story, "store");
    assert_int_equal(story.sale.record.unsent, UNSENT_ATTEMPT);
    sale_stored(&story, "say payment_card 5 #1 9990; send attempt");
    sale_record_message(&story.sale.record, &attempt);
    assert_int_equal(attempt.attempt.attempt, 1);
    assert_true(slice_is(attempt.attempt.brand, "visa"));
    assert_true(slice_is(attempt.attempt.entry, "tap"));
    sale_hears(&story, sale_outcome(5, 1, true, true), "say payment_approved 5 #1 ABC123 final");
    sale_hears(&story, sale_ended(5, "approved", ""), "say payment_ended 5 approved; " FORGET);
    assert_int_equal(story.sale.record.payment, 0);
    sale_stored(&story, "");
    sale_to_card(&story, "server");
}

static void a_debit_card_asks_for_its_pin(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    story.sale.person.card = test_card_find(slice_of("interac"));
    story.sale.person.entry = CARD_INSERT;
    sale_to_card(&story, "server");
    sale_step_due(&story, "send progress 5 pin; wait step 0");
    assert_int_equal(story.sale.state, SALE_PIN);
    sale_step_due(&story, "store");
    assert_int_equal(story.sale.record.card.kind, CARD_DEBIT);
    assert_int_equal(story.sale.record.card.entry, CARD_INSERT);
}

static void a_declined_card_is_tried_again_as_often_as_the_person_wants(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    story.sale.person.try_again = 1;
    story.sale.person.delay_ms = 700;
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_go(5), "stop step; store");
    sale_stored(&story,
                "say payment_go 5; wait backstop 150000; send progress 5 card; wait step 700");
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_card 5 #1 9990; send attempt");
    sale_hears(&story, sale_outcome(5, 1, false, false),
               "say payment_declined 5 #1 No.; wait backstop 150000; wait step 700");
    sale_step_due(&story, "send progress 5 card; wait step 700");
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_card 5 #2 9990; send attempt");
    sale_hears(&story, sale_outcome(5, 2, false, false),
               "say payment_declined 5 #2 No.; wait backstop 150000; wait step 700");
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_cancel 5 customer; send cancel_payment 5 customer");
    sale_hears(&story, sale_outcome(5, 2, false, true), "");
    sale_hears(&story, sale_ended(5, "declined", ""), "say payment_ended 5 declined; " FORGET);
}

static void a_final_decline_waits_for_its_end(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_saying(&story);
    sale_hears(&story, sale_outcome(5, 1, false, true), "say payment_declined 5 #1 No. final");
    assert_int_equal(story.sale.state, SALE_OVER);
    sale_told(&story, PERSON_TRIES_AGAIN, NULL, "");
    sale_hears(&story, sale_outcome(5, 1, false, true), "");
    sale_hears(&story, sale_offer(6, "server"), "");
    sale_hears(&story, sale_ended(5, "declined", ""), "say payment_ended 5 declined; " FORGET);
}

static void an_outcome_that_was_heard_or_is_of_nobody_is_left_aside(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_hears(&story, sale_outcome(5, 1, true, true), "");
    sale_to_retry(&story);
    sale_hears(&story, sale_outcome(5, 1, false, false), "");
    sale_hears(&story, sale_outcome(4, 2, false, false), "");
    sale_told(&story, PERSON_TRIES_AGAIN, NULL, "send progress 5 card");
    sale_hears(&story, sale_outcome(5, 1, false, false), "");
    sale_told(&story, PERSON_PRESENTS, "amex", "store");
    sale_hears(&story, sale_outcome(5, 1, false, true), "");
    sale_stored(&story, "say payment_card 5 #2 1006; send attempt");
    sale_hears(&story, sale_outcome(5, 1, false, false), "");
}

static void a_number_that_only_the_server_knows_is_not_used_again(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "server");
    sale_hears(&story, sale_outcome(5, 3, false, false), "say payment_declined 5 #3 No.");
    sale_told(&story, PERSON_PRESENTS, NULL, "store");
    sale_hears(&story, sale_outcome(5, 5, false, false), "");
    sale_stored(&story, "say payment_card 5 #4 9990; send attempt");
}

static void an_approval_overtakes_a_cancel(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_retry(&story);
    sale_told(&story, PERSON_CANCELS, NULL, "store");
    sale_stored(&story, "say payment_cancel 5 customer; send cancel_payment 5 customer");
    sale_hears(&story, sale_outcome(5, 1, true, true), "say payment_approved 5 #1 ABC123 final");
    sale_hears(&story, sale_ended(5, "approved", ""), "say payment_ended 5 approved; " FORGET);
}

/* --- Ends ------------------------------------------------------------------ */

static void the_customer_cancels_at_the_card_screen(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_CANCEL);
    sale_to_card(&story, "server");
    sale_step_due(&story, "store");
    sale_stored(&story, "say payment_cancel 5 customer; send cancel_payment 5 customer");
    assert_int_equal(story.sale.record.attempt, 0);
    sale_hears(&story, sale_ended(5, "cancelled", "customer"),
               "say payment_ended 5 cancelled customer; " FORGET);
}

static void nobody_does_anything_and_the_server_ends_it(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_IGNORE);
    sale_to_card(&story, "server");
    sale_step_due(&story, "");
    sale_hears(&story, sale_ended(5, "expired", "time"),
               "say payment_ended 5 expired time; " FORGET);
}

static void an_end_at_the_card_screen_holds_at_once_also_while_the_person_thinks(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_card(&story, "server");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"),
               "say payment_ended 5 cancelled pos; " FORGET);
    sale_step_due(&story, "");
    sale_due(&story, SALE_TIMER_BACKSTOP, "");
}

static void the_backstop_ends_it_where_a_person_stands(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_IGNORE);
    sale_to_card(&story, "server");
    sale_plain(&story, SALE_LOST, "");
    sale_due(&story, SALE_TIMER_BACKSTOP, "store");
    sale_stored(&story, "say payment_cancel 5 time; say payment_unsent 5 cancel_payment");
    sale_plain(&story, SALE_WELCOMED,
               "say payment_resumed 5 cancel_payment; send cancel_payment 5 time");
}

static void the_backstop_never_ends_what_the_server_was_asked(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_saying(&story);
    sale_due(&story, SALE_TIMER_BACKSTOP, "");
    assert_int_equal(story.sale.record.unsent, UNSENT_ATTEMPT);
}

/* --- Lost connections ------------------------------------------------------- */

static void what_is_unanswered_is_said_again_after_each_welcome(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_saying(&story);
    sale_plain(&story, SALE_LOST, "say payment_unsent 5 attempt");
    sale_plain(&story, SALE_LOST, "");
    sale_plain(&story, SALE_WELCOMED, "say payment_resumed 5 attempt; send attempt");
    sale_hears(&story, sale_resume(5, 1), "wait backstop 150000");
    sale_plain(&story, SALE_LOST, "say payment_unsent 5 attempt");
    sale_plain(&story, SALE_WELCOMED, "say payment_resumed 5 attempt; send attempt");
    sale_hears(&story, sale_outcome(5, 1, true, true), "say payment_approved 5 #1 ABC123 final");
    sale_plain(&story, SALE_LOST, "");
    sale_plain(&story, SALE_WELCOMED, "say payment_resumed 5 ask_payment; send ask_payment 5");
    sale_hears(&story, sale_outcome(5, 1, true, true), "");
    sale_hears(&story, sale_ended(5, "approved", ""), "say payment_ended 5 approved; " FORGET);
}

static void where_nothing_is_unanswered_it_asks(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "server");
    sale_plain(&story, SALE_LOST, "");
    sale_plain(&story, SALE_WELCOMED, "say payment_resumed 5 ask_payment; send ask_payment 5");
    sale_hears(&story, sale_resume(5, 0), "wait backstop 150000");
    sale_told(&story, PERSON_PRESENTS, NULL, "store");
    assert_int_equal(story.sale.record.attempt, 1);
}

static void a_card_presented_without_a_connection_waits_for_the_next_one(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "server");
    sale_plain(&story, SALE_LOST, "");
    sale_told(&story, PERSON_PRESENTS, "interac", "wait step 0");
    sale_told(&story, PERSON_ENTERS_PIN, NULL, "store");
    sale_stored(&story, "say payment_card 5 #1 0017; say payment_unsent 5 attempt");
    sale_plain(&story, SALE_WELCOMED, "say payment_resumed 5 attempt; send attempt");
}

static void what_is_on_its_way_to_the_disk_is_sent_when_it_is_there(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_ASK);
    sale_to_card(&story, "server");
    sale_told(&story, PERSON_PRESENTS, NULL, "store");
    sale_plain(&story, SALE_LOST, "");
    sale_plain(&story, SALE_WELCOMED, "");
    sale_hears(&story, sale_resume(5, 0), "wait backstop 150000");
    sale_stored(&story, "say payment_card 5 #1 9990; send attempt");
}

static void an_end_while_go_is_on_its_way_to_the_disk_leaves_the_reader_off(void **state)
{
    struct sale_story story;

    (void)state;
    sale_new(&story, PERSON_APPROVE);
    sale_to_offered(&story, "server");
    sale_hears(&story, sale_go(5), "stop step; store");
    sale_hears(&story, sale_ended(5, "cancelled", "pos"),
               "say payment_ended 5 cancelled pos; " FORGET);
    sale_stored(&story, "");
    assert_int_equal(story.sale.state, SALE_IDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_is_said_before_it_is_displayed_and_starts_nothing),
        cmocka_unit_test(the_reader_is_on_only_when_go_is_durable),
        cmocka_unit_test(a_withdrawn_offer_is_gone),
        cmocka_unit_test(an_offer_dies_after_ten_seconds),
        cmocka_unit_test(a_go_past_the_ten_seconds_is_not_acted_on_even_before_its_timer),
        cmocka_unit_test(an_offer_dies_with_its_connection),
        cmocka_unit_test(a_go_of_another_payment_leaves_the_offer_as_it_is),
        cmocka_unit_test(a_second_offer_takes_the_place_of_the_first),
        cmocka_unit_test(an_offer_beside_a_payment_is_not_answered),
        cmocka_unit_test(a_card_is_durable_and_said_before_it_is_sent),
        cmocka_unit_test(a_debit_card_asks_for_its_pin),
        cmocka_unit_test(a_declined_card_is_tried_again_as_often_as_the_person_wants),
        cmocka_unit_test(a_final_decline_waits_for_its_end),
        cmocka_unit_test(an_outcome_that_was_heard_or_is_of_nobody_is_left_aside),
        cmocka_unit_test(a_number_that_only_the_server_knows_is_not_used_again),
        cmocka_unit_test(an_approval_overtakes_a_cancel),
        cmocka_unit_test(the_customer_cancels_at_the_card_screen),
        cmocka_unit_test(nobody_does_anything_and_the_server_ends_it),
        cmocka_unit_test(an_end_at_the_card_screen_holds_at_once_also_while_the_person_thinks),
        cmocka_unit_test(the_backstop_ends_it_where_a_person_stands),
        cmocka_unit_test(the_backstop_never_ends_what_the_server_was_asked),
        cmocka_unit_test(what_is_unanswered_is_said_again_after_each_welcome),
        cmocka_unit_test(where_nothing_is_unanswered_it_asks),
        cmocka_unit_test(a_card_presented_without_a_connection_waits_for_the_next_one),
        cmocka_unit_test(what_is_on_its_way_to_the_disk_is_sent_when_it_is_there),
        cmocka_unit_test(an_end_while_go_is_on_its_way_to_the_disk_leaves_the_reader_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
