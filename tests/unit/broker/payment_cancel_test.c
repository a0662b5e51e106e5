/* A point of sale cancels, at each moment of a payment, and is told the truth. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

enum { SLOW_MINOR = 1269 }; /* approved after ten seconds */

static struct shop *open_device_decides(void)
{
    struct shop *shop = shop_open();

    shop_set(shop, shop_set_device_decides);
    return shop;
}

/* --- The server decides ------------------------------------------------------------------ */

static void before_a_card_it_is_cancelled_and_the_terminal_told(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    uint64_t cancelled = counter_read(&payment_ends[PAYMENT_CANCELLED]);
    struct canceller canceller;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(canceller.row.payment.state, PAYMENT_CANCELLED);
    assert_int_equal(canceller.row.payment.reason, REASON_POS);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].row.payment.state, PAYMENT_CANCELLED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 1);
    assert_int_equal(counter_read(&payment_ends[PAYMENT_CANCELLED]), cancelled + 1);
    pos_cancel(shop, &canceller, payment, false); /* its answer was lost */
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event"), 1);
    assert_int_equal(shop->told_count, 1);
    shop_close(shop);
}

static void also_when_its_terminal_is_away(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;

    (void)state;
    shop_disconnect(shop);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(shop_state(shop, payment), PAYMENT_CANCELLED);
    shop_close(shop);
}

static void after_a_decline_it_ends_declined(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(canceller.row.payment.state, PAYMENT_DECLINED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 0);
    shop_close(shop);
}

static void after_an_approval_it_is_too_late(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    pos_cancel(shop, &canceller, payment, true);
    assert_int_equal(canceller.answer, CANCEL_TOO_LATE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_APPROVED);
    assert_int_equal(canceller.row.approved, word.told.attempt.transaction);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void what_time_has_ended_was_not_cancelled(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;

    (void)state;
    shop_wait(shop, PAYMENT_LIMIT_MS);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_TOO_LATE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_EXPIRED);
    shop_close(shop);
}

/* --- While a card is decided about ---------------------------------------------------------- */

static int64_t begin_slow(struct shop *shop)
{
    int64_t payment = pos_begin(shop, SLOW_MINOR, KEY);
    struct word word;

    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.told.row.payment.state, PAYMENT_AUTHORISING);
    assert_int_equal(word.told.attempt.ended_ms, 0);
    return payment;
}

static void it_waits_five_seconds_and_is_too_late(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop);
    struct canceller canceller;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answers, 0);
    shop_wait(shop, PAYMENT_CANCEL_WAIT_MS - 1);
    assert_int_equal(canceller.answers, 0);
    shop_wait(shop, 1);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_TOO_LATE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_AUTHORISING);
    shop_wait(shop, 5000);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    shop_close(shop);
}

static void it_hears_of_an_approval_in_that_time(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop);
    struct canceller canceller;

    (void)state;
    shop_wait(shop, 6000);
    pos_cancel(shop, &canceller, payment, false);
    shop_wait(shop, 4000);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_TOO_LATE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_APPROVED);
    assert_true(canceller.row.approved != 0);
    shop_close(shop);
}

static void an_approval_is_reversed_where_that_is_wanted(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop);
    struct canceller canceller;

    (void)state;
    shop_wait(shop, 6000);
    pos_cancel(shop, &canceller, payment, true);
    assert_int_equal(canceller.answers, 0);
    shop_wait(shop, 4000);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(canceller.row.payment.state, PAYMENT_CANCELLED);
    assert_true(canceller.row.payment.reversed);
    assert_true(canceller.row.approved != 0);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE type = 2"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 0"), 2);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 0);
    shop_close(shop);
}

/* .68: no answer for twenty seconds, then declined. */
static void a_decline_in_that_time_is_followed_by_the_cancel(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1268, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    shop_wait(shop, 16000);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answers, 0);
    shop_wait(shop, 4000);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(canceller.row.payment.state, PAYMENT_DECLINED);
    assert_int_equal(canceller.row.payment.reason, REASON_POS);
    shop_close(shop);
}

static void two_that_cancel_at_once_are_both_answered(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop);
    struct canceller first;
    struct canceller second;

    (void)state;
    shop_wait(shop, 6000);
    pos_cancel(shop, &first, payment, true);
    pos_cancel(shop, &second, payment, true);
    shop_wait(shop, 4000);
    assert_int_equal(first.answer, CANCEL_CANCELLED);
    assert_int_equal(second.answer, CANCEL_CANCELLED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE type = 2"), 1);
    shop_close(shop);
}

/* --- The terminal decides --------------------------------------------------------------------- */

static void a_terminal_that_decides_is_asked_and_its_answer_waited_for(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answers, 0);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].row.payment.cancel_asked, REASON_POS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    say_cancel(shop, &word, payment, REASON_POS);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(canceller.row.payment.state, PAYMENT_CANCELLED);
    shop_close(shop);
}

static void its_approval_is_the_truth(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    say_result(shop, &word, payment, 1, true);
    assert_int_equal(canceller.answer, CANCEL_TOO_LATE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_APPROVED);
    shop_close(shop);
}

static void a_terminal_that_is_away_is_unreachable_at_once(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;
    struct word word;

    (void)state;
    shop_disconnect(shop);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_DEVICE_UNREACHABLE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_DISPLAYED);
    /* When it is back it hears of it. */
    shop_connect(shop, TERMINAL_LOOP);
    say_ask(shop, &word, 0);
    assert_int_equal(word.told.row.payment.cancel_asked, REASON_POS);
    shop_close(shop);
}

static void a_terminal_that_does_not_answer_is_unreachable_after_five_seconds(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    shop_wait(shop, PAYMENT_CANCEL_WAIT_MS);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_DEVICE_UNREACHABLE);
    shop_close(shop);
}

static void an_unknown_one_is_asked_again_and_counted_once(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    uint64_t unknown = counter_read(&payment_ends[PAYMENT_UNKNOWN]);
    struct canceller canceller;

    (void)state;
    shop_wait(shop, PAYMENT_LIMIT_MS);
    shop_wait(shop, PAYMENT_CANCEL_MS);
    assert_int_equal(shop->told_count, 1);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(shop->told_count, 2);
    assert_int_equal(canceller.answers, 0);
    shop_wait(shop, PAYMENT_CANCEL_WAIT_MS);
    assert_int_equal(canceller.answer, CANCEL_DEVICE_UNREACHABLE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_UNKNOWN);
    assert_int_equal(counter_read(&payment_ends[PAYMENT_UNKNOWN]), unknown + 1);
    shop_close(shop);
}

/* --- Other answers ------------------------------------------------------------------------------
 */

static enum fail add_second_device(struct store_tx *tx, void *argument)
{
    struct device *device = argument;

    *device = device_add(tx, device->business, "TW-2", "another credential");
    return FAIL_NONE;
}

static void what_is_not_there_cannot_be_cancelled(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct device own = shop->device;
    struct device second = {.business = shop->scene->business};
    struct canceller canceller;

    (void)state;
    pos_cancel(shop, &canceller, payment + 1, false);
    assert_int_equal(canceller.answer, CANCEL_NO_PAYMENT);
    scene_do(shop->scene, add_second_device, &second);
    shop->device = second;
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_NO_PAYMENT);
    memcpy(shop->device.code, "ZZZZ", CODE_SIZE);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_NO_DEVICE);
    shop->device = own;
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

static void when_the_store_cannot_be_asked_nothing_is_claimed(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;

    (void)state;
    broker_stop(shop->scene->broker);
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_TROUBLE);
    shop_close(shop);
}

static void a_cancel_that_waits_when_the_server_stops_is_answered(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop);
    struct canceller canceller;

    (void)state;
    pos_cancel(shop, &canceller, payment, false);
    broker_stop(shop->scene->broker);
    shop_turn(shop);
    assert_int_equal(canceller.answers, 1);
    assert_int_equal(canceller.answer, CANCEL_TOO_LATE);
    assert_int_equal(canceller.row.payment.state, PAYMENT_AUTHORISING);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_a_card_it_is_cancelled_and_the_terminal_told),
        cmocka_unit_test(also_when_its_terminal_is_away),
        cmocka_unit_test(after_a_decline_it_ends_declined),
        cmocka_unit_test(after_an_approval_it_is_too_late),
        cmocka_unit_test(what_time_has_ended_was_not_cancelled),
        cmocka_unit_test(it_waits_five_seconds_and_is_too_late),
        cmocka_unit_test(it_hears_of_an_approval_in_that_time),
        cmocka_unit_test(an_approval_is_reversed_where_that_is_wanted),
        cmocka_unit_test(a_decline_in_that_time_is_followed_by_the_cancel),
        cmocka_unit_test(two_that_cancel_at_once_are_both_answered),
        cmocka_unit_test(a_terminal_that_decides_is_asked_and_its_answer_waited_for),
        cmocka_unit_test(its_approval_is_the_truth),
        cmocka_unit_test(a_terminal_that_is_away_is_unreachable_at_once),
        cmocka_unit_test(a_terminal_that_does_not_answer_is_unreachable_after_five_seconds),
        cmocka_unit_test(an_unknown_one_is_asked_again_and_counted_once),
        cmocka_unit_test(what_is_not_there_cannot_be_cancelled),
        cmocka_unit_test(when_the_store_cannot_be_asked_nothing_is_claimed),
        cmocka_unit_test(a_cancel_that_waits_when_the_server_stops_is_answered),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
