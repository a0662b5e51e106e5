/* What a terminal says of a payment, and what it is told. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

/* --- The server decides ----------------------------------------------------------------- */

static void an_approved_card_ends_the_payment_in_one_job(void **state)
{
    struct shop *shop = shop_open();
    uint64_t approved = counter_read(&payment_ends[PAYMENT_APPROVED]);
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.answers, 1);
    assert_int_equal(word.fail, FAIL_NONE);
    assert_int_equal(word.verdict, PAYMENT_TAKEN);
    assert_int_equal(word.told.row.payment.state, PAYMENT_APPROVED);
    assert_true(word.told.attempt.approved);
    assert_int_equal(strlen(word.told.attempt.approval_code), 6);
    assert_true(word.told.attempt.transaction > 0);
    assert_int_equal(word.told.row.approved, word.told.attempt.transaction);
    assert_int_equal(shop_payment(shop, payment).approved, word.told.attempt.transaction);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE status = 1"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 0"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM attempt WHERE outcome = 1"), 1);
    assert_int_equal(counter_read(&payment_ends[PAYMENT_APPROVED]), approved + 1);
    assert_int_equal(shop->told_count, 0); /* its own session answers */
    shop_close(shop);
}

static void a_declined_card_may_be_tried_again(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, KEY);
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.told.row.payment.state, PAYMENT_RETRY);
    assert_string_equal(word.told.attempt.reason, "Transaction Declined: INCORRECT PIN");
    assert_false(word.told.attempt.approved);
    say_attempt(shop, &word, payment, 2);
    assert_int_equal(word.told.attempt.number, 2);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE status = 0"), 2);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event"), 2);
    assert_int_equal(shop_payment(shop, payment).approved, 0);
    shop_close(shop);
}

static void an_attempt_that_is_repeated_is_answered_as_the_first_time(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, KEY);
    struct word first;
    struct word again;

    (void)state;
    say_attempt(shop, &first, payment, 1);
    say_attempt(shop, &again, payment, 2);
    say_attempt(shop, &again, payment, 1);
    assert_int_equal(again.verdict, PAYMENT_REPEATED);
    assert_int_equal(again.told.attempt.number, 1);
    assert_int_equal(again.told.attempt.transaction, first.told.attempt.transaction);
    assert_string_equal(again.told.attempt.reason, first.told.attempt.reason);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 2);
    say_cancel(shop, &again, payment, REASON_CUSTOMER);
    say_attempt(shop, &again, payment, 2); /* also when all is over */
    assert_int_equal(again.verdict, PAYMENT_REPEATED);
    assert_int_equal(again.told.attempt.number, 2);
    assert_int_equal(again.told.row.payment.state, PAYMENT_DECLINED);
    shop_close(shop);
}

static void an_attempt_out_of_turn_is_not_taken(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, KEY);
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    say_attempt(shop, &word, payment, 3);
    assert_int_equal(word.fail, FAIL_NONE);
    assert_int_equal(word.verdict, PAYMENT_UNEXPECTED);
    assert_int_equal(word.told.attempt.number, 1); /* the last one that counts */
    say_result(shop, &word, payment, 2, true);
    assert_int_equal(word.verdict, PAYMENT_UNEXPECTED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM attempt"), 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_RETRY);
    shop_close(shop);
}

static void a_card_that_crosses_with_the_end_is_not_charged(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.verdict, PAYMENT_LATE);
    assert_int_equal(word.told.row.payment.state, PAYMENT_CANCELLED);
    assert_int_equal(word.told.attempt.number, 0);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 0);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM attempt"), 0);
    shop_close(shop);
}

static void a_cancel_on_the_terminal_ends_it_with_terminal_cancel(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;

    (void)state;
    say_cancel(shop, &word, payment, REASON_CASHIER);
    assert_int_equal(word.verdict, PAYMENT_TAKEN);
    assert_int_equal(word.told.row.payment.state, PAYMENT_CANCELLED);
    assert_int_equal(word.told.row.payment.reason, REASON_CASHIER);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 1);
    assert_true(shop_payment(shop, payment).ended_ms == moving_clock_ms);
    say_cancel(shop, &word, payment, REASON_CASHIER); /* its answer was lost */
    assert_int_equal(word.told.row.payment.state, PAYMENT_CANCELLED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 1);
    shop_close(shop);
}

/* --- Whose payment it is ------------------------------------------------------------------- */

static enum fail add_second_device(struct store_tx *tx, void *argument)
{
    struct device *device = argument;

    *device = device_add(tx, device->business, "TW-2", "another credential");
    return FAIL_NONE;
}

static void a_payment_of_another_device_or_business_is_not_found(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct device second = {.business = shop->scene->business};
    struct payment_report *report;
    struct word word;

    (void)state;
    scene_do(shop->scene, add_second_device, &second);
    report = word_make(shop, &word, SAID_CANCEL, payment);
    report->device = second.id;
    report->by = REASON_CUSTOMER;
    word_send(shop, report);
    assert_int_equal(word.fail, FAIL_NOT_FOUND);
    report = word_make(shop, &word, SAID_CANCEL, payment);
    report->business = shop->scene->other;
    word_send(shop, report);
    assert_int_equal(word.fail, FAIL_NOT_FOUND);
    say_cancel(shop, &word, payment + 1, REASON_CUSTOMER);
    assert_int_equal(word.fail, FAIL_NOT_FOUND);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

static void a_payment_begun_after_a_credentials_end_is_not_found_under_it(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct payment_report *report;
    struct word word;

    (void)state;
    report = word_make(shop, &word, SAID_ASK, payment);
    report->begun_before_ms = moving_clock_ms;
    word_send(shop, report);
    assert_int_equal(word.fail, FAIL_NOT_FOUND);
    report = word_make(shop, &word, SAID_ASK, payment);
    report->begun_before_ms = moving_clock_ms + 1;
    word_send(shop, report);
    assert_int_equal(word.fail, FAIL_NONE);
    shop_close(shop);
}

/* --- How does it stand? ---------------------------------------------------------------------- */

static void a_terminal_that_asks_hears_how_it_stands(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, KEY);
    struct word word;

    (void)state;
    say_ask(shop, &word, payment);
    assert_int_equal(word.fail, FAIL_NONE);
    assert_int_equal(word.verdict, PAYMENT_LATE);
    assert_int_equal(word.told.row.payment.state, PAYMENT_DISPLAYED);
    assert_int_equal(word.told.attempt.number, 0);
    say_attempt(shop, &word, payment, 1);
    say_ask(shop, &word, payment);
    assert_int_equal(word.told.attempt.number, 1);
    assert_string_equal(word.told.attempt.reason, "Transaction Declined: INCORRECT PIN");
    shop_close(shop);
}

static void without_a_number_it_hears_of_the_one_that_is_open(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;

    (void)state;
    say_ask(shop, &word, 0);
    assert_int_equal(word.fail, FAIL_NONE);
    assert_int_equal(word.told.row.id, payment);
    say_attempt(shop, &word, payment, 1);
    say_ask(shop, &word, 0);
    assert_int_equal(word.fail, FAIL_NOT_FOUND);
    shop_close(shop);
}

/* --- The terminal decides -----------------------------------------------------------------------
 */

static struct shop *open_device_decides(void)
{
    struct shop *shop = shop_open();

    shop_set(shop, shop_set_device_decides);
    return shop;
}

static void a_result_is_stored_as_the_terminal_says_it(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;
    struct word again;

    (void)state;
    say_result(shop, &word, payment, 1, false);
    assert_int_equal(word.told.row.payment.state, PAYMENT_RETRY);
    assert_string_equal(word.told.attempt.reason, "Transaction Declined: INCORRECT PIN");
    say_result(shop, &word, payment, 2, true);
    assert_int_equal(word.verdict, PAYMENT_TAKEN);
    assert_int_equal(word.told.row.payment.state, PAYMENT_APPROVED);
    assert_string_equal(word.told.attempt.approval_code, "AB12CD");
    assert_int_equal(shop_payment(shop, payment).approved, word.told.attempt.transaction);
    say_result(shop, &again, payment, 2, true);
    assert_int_equal(again.verdict, PAYMENT_REPEATED);
    assert_int_equal(again.told.attempt.transaction, word.told.attempt.transaction);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 2);
    shop_close(shop);
}

static void the_server_is_not_asked_to_decide_for_it(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.verdict, PAYMENT_UNEXPECTED);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

static void a_result_against_what_is_final_is_kept_in_the_audit(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    uint64_t contradictions = counter_read(&payment_contradictions);
    struct word word;

    (void)state;
    say_result(shop, &word, payment, 1, true);
    say_result(shop, &word, payment, 1, false);
    assert_int_equal(word.fail, FAIL_NONE);
    assert_int_equal(word.verdict, PAYMENT_CONTRADICTED);
    assert_true(word.told.attempt.approved); /* what is kept */
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    assert_int_equal(counter_read(&payment_contradictions), contradictions + 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM audit WHERE action ="
                                      " 'payment.contradicted' AND detail LIKE"
                                      " '%attempt 1 was declined%kept: approved%'"),
                     1);
    say_result(shop, &word, payment, 2, true);
    assert_int_equal(word.verdict, PAYMENT_CONTRADICTED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

/* --- Refunds, the preset, webhooks
 * ---------------------------------------------------------------- */

static void a_refund_makes_a_refund(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct word word;
    struct pos pos;

    (void)state;
    call = pos_make(shop, &pos, KEY);
    call->kind = PAYMENT_REFUND;
    pos_start(shop, call);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    say_attempt(shop, &word, pos.payment, 1);
    assert_int_equal(shop_count(shop, "SELECT type FROM card_transaction"), TRANSACTION_REFUND);
    shop_close(shop);
}

static enum payment_state buy_again(struct shop *shop, const char *key)
{
    int64_t payment = pos_begin(shop, 1234, key);
    struct word word;

    say_attempt(shop, &word, payment, 1);
    return word.told.row.payment.state;
}

static void the_same_card_and_amount_twice_is_declined_under_the_preset_alone(void **state)
{
    struct shop *shop = shop_open();
    struct word word;

    (void)state;
    assert_int_equal(buy_again(shop, "1"), PAYMENT_APPROVED);
    assert_int_equal(buy_again(shop, "2"), PAYMENT_APPROVED);
    shop_set(shop, shop_set_preset);
    moving_clock_ms += PROCESSOR_DUPLICATE_MS - 1;
    assert_int_equal(buy_again(shop, "3"), PAYMENT_RETRY);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE warning ="
                                      " 'Transaction Declined: Suspected duplicate transaction in"
                                      " the last 5 minutes.'"),
                     1);
    say_ask(shop, &word, 0);
    say_cancel(shop, &word, word.told.row.id, REASON_CUSTOMER);
    moving_clock_ms += 2;
    assert_int_equal(buy_again(shop, "4"), PAYMENT_APPROVED);
    shop_close(shop);
}

static void a_refund_is_never_a_suspected_duplicate(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct word word;
    struct pos pos;

    (void)state;
    shop_set(shop, shop_set_preset);
    assert_int_equal(buy_again(shop, "1"), PAYMENT_APPROVED);
    call = pos_make(shop, &pos, "2");
    call->kind = PAYMENT_REFUND;
    pos_start(shop, call);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    say_attempt(shop, &word, pos.payment, 1);
    assert_int_equal(word.told.row.payment.state, PAYMENT_APPROVED);
    assert_false(word.told.attempt.duplicate);
    shop_close(shop);
}

static enum fail set_webhook(struct store_tx *tx, void *argument)
{
    struct shop *shop = argument;
    static const uint8_t secret[WEBHOOK_SECRET_SIZE] = "a secret of thirty-two bytes....";

    return store_webhook_set(tx, shop->scene->business, "https://shop.example/hook",
                             1U << EVENT_CARD_TRANSACTION, secret, NOW_MS);
}

static void the_courier_is_woken_where_the_webhook_wants_it(void **state)
{
    struct shop *shop = shop_open();
    struct word word;
    int64_t payment;

    (void)state;
    assert_int_equal(buy_again(shop, "1"), PAYMENT_APPROVED);
    assert_int_equal(shop->deliveries, 0);
    shop_set(shop, set_webhook);
    assert_int_equal(buy_again(shop, "2"), PAYMENT_APPROVED);
    assert_int_equal(shop->deliveries, 1);
    payment = pos_begin(shop, 1234, "3");
    say_cancel(shop, &word, payment, REASON_CUSTOMER); /* terminalCancel is not wanted */
    assert_int_equal(shop->deliveries, 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM delivery"), 1);
    shop_close(shop);
}

static void when_the_store_cannot_be_asked_the_terminal_repeats(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;

    (void)state;
    broker_stop(shop->scene->broker);
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.fail, FAIL_CLOSED);
    say_ask(shop, &word, payment);
    assert_int_equal(word.fail, FAIL_CLOSED);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_card_ends_the_payment_in_one_job),
        cmocka_unit_test(a_declined_card_may_be_tried_again),
        cmocka_unit_test(an_attempt_that_is_repeated_is_answered_as_the_first_time),
        cmocka_unit_test(an_attempt_out_of_turn_is_not_taken),
        cmocka_unit_test(a_card_that_crosses_with_the_end_is_not_charged),
        cmocka_unit_test(a_cancel_on_the_terminal_ends_it_with_terminal_cancel),
        cmocka_unit_test(a_payment_of_another_device_or_business_is_not_found),
        cmocka_unit_test(a_payment_begun_after_a_credentials_end_is_not_found_under_it),
        cmocka_unit_test(a_terminal_that_asks_hears_how_it_stands),
        cmocka_unit_test(without_a_number_it_hears_of_the_one_that_is_open),
        cmocka_unit_test(a_result_is_stored_as_the_terminal_says_it),
        cmocka_unit_test(the_server_is_not_asked_to_decide_for_it),
        cmocka_unit_test(a_result_against_what_is_final_is_kept_in_the_audit),
        cmocka_unit_test(a_refund_makes_a_refund),
        cmocka_unit_test(the_same_card_and_amount_twice_is_declined_under_the_preset_alone),
        cmocka_unit_test(a_refund_is_never_a_suspected_duplicate),
        cmocka_unit_test(the_courier_is_woken_where_the_webhook_wants_it),
        cmocka_unit_test(when_the_store_cannot_be_asked_the_terminal_repeats),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
