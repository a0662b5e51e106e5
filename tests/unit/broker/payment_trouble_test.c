/* The disk is full, or fails, at each moment of a payment: nobody is told what
 * is not stored, and what was cut off is mended when there is room. */
#include "unit/broker/payment_scene.h"

#include "store/fault_vfs.h"

static const char KEY[] = "key-of-a-sale";

static void disk_full(void)
{
    fault_arm(FAULT_WRITE, FAULT_LOG, 0, SQLITE_FULL);
}

static void disk_broken(void)
{
    fault_arm(FAULT_SYNC | FAULT_WRITE, FAULT_LOG, 0, SQLITE_IOERR);
}

static void without_room_no_payment_begins(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    disk_full();
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answer, PAYMENT_TROUBLE);
    assert_int_equal(shop->offers, 0);
    fault_heal();
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment"), 0);
    (void)pos_begin(shop, 1234, KEY);
    shop_close(shop);
}

static void a_go_that_is_not_stored_is_not_given(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    disk_full();
    payment_call_shown(shop->offered);
    assert_int_equal(shop->decisions, 1);
    assert_false(shop->go);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_TROUBLE);
    shop_wait(shop, PAYMENT_OFFER_MS); /* still full: looked at again */
    fault_heal();
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_OFFERED);
    shop_wait(shop, PAYMENT_CLOCK_AGAIN_MS - 1);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_OFFERED);
    shop_wait(shop, 1);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    (void)pos_begin(shop, 1234, KEY);
    shop_close(shop);
}

static void a_miss_that_is_not_stored_promises_nothing(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    disk_full();
    payment_call_missed(shop->offered);
    assert_false(shop->go);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_TROUBLE);
    fault_heal();
    shop_wait(shop, PAYMENT_OFFER_MS);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    shop_close(shop);
}

static void where_nothing_can_be_read_either_the_offer_is_withdrawn(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    disk_broken();
    payment_call_shown(shop->offered);
    assert_int_equal(shop->decisions, 1);
    assert_false(shop->go);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_TROUBLE);
    assert_int_equal(shop->scene->fixture->broken_count, 1);
    fault_heal();
    shop_close(shop);
}

static void a_word_that_is_not_stored_is_repeated_and_counts_once(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    uint64_t approved = counter_read(&payment_ends[PAYMENT_APPROVED]);
    struct word word;

    (void)state;
    disk_full();
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.fail, FAIL_FULL);
    fault_heal();
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    assert_int_equal(counter_read(&payment_ends[PAYMENT_APPROVED]), approved);
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.told.row.payment.state, PAYMENT_APPROVED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void a_cancel_that_is_not_stored_is_trouble(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct canceller canceller;

    (void)state;
    disk_full();
    pos_cancel(shop, &canceller, payment, false);
    assert_int_equal(canceller.answer, CANCEL_TROUBLE);
    assert_int_equal(shop->told_count, 0);
    fault_heal();
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

static void an_outcome_that_is_not_stored_is_decided_again(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1269, KEY);
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    disk_full();
    shop_wait(shop, 10000);
    assert_int_equal(shop->told_count, 0);
    shop_wait(shop, PAYMENT_CLOCK_AGAIN_MS);
    fault_heal();
    assert_int_equal(shop_state(shop, payment), PAYMENT_AUTHORISING);
    shop_wait(shop, PAYMENT_CLOCK_AGAIN_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void a_start_on_a_full_disk_refuses_its_offers_when_there_is_room(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    disk_full();
    shop_crash(shop);
    payment_call_free(&pos.call);
    fault_heal();
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_OFFERED);
    shop_wait(shop, PAYMENT_CLOCK_AGAIN_MS);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    shop_close(shop);
}

/* --- Each write of a sale fails alone --------------------------------------------------------- */

/* A whole sale, with what the disk lets through; then there is room again. */
static bool sell_with_fault(struct shop *shop, struct pos *pos, int nth)
{
    struct word word = {0};
    bool failed;

    fault_arm(FAULT_WRITE, FAULT_LOG, nth, SQLITE_FULL);
    pos_buy(shop, pos, KEY);
    if (shop->offers > 0) {
        payment_call_shown(shop->offered);
        shop_turn(shop);
    }
    if (pos->answer == PAYMENT_ACCEPTED) {
        say_attempt(shop, &word, pos->payment, 1);
    }
    failed = atomic_load(&fault.failed) > 0;
    fault_heal();
    assert_true(failed || word.told.row.payment.state == PAYMENT_APPROVED);
    return failed;
}

static void after_a_failure_of_any_write_the_same_again_ends_well(void **state)
{
    bool failed = true;
    int nth;

    (void)state;
    for (nth = 0; failed; nth++) {
        struct shop *shop = shop_open();
        struct word word;
        struct pos pos;

        failed = sell_with_fault(shop, &pos, nth);
        assert_true(pos.answer == PAYMENT_ACCEPTED || pos.answer == PAYMENT_TROUBLE);
        assert_int_equal(shop->go, pos.answer == PAYMENT_ACCEPTED);
        shop_wait(shop, PAYMENT_OFFER_MS);
        if (pos.answer == PAYMENT_TROUBLE) {
            pos.payment = pos_begin(shop, 1234, KEY);
        }
        say_attempt(shop, &word, pos.payment, 1);
        assert_int_equal(word.told.row.payment.state, PAYMENT_APPROVED);
        assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
        assert_int_equal(shop_count(shop, "SELECT count(*) FROM event"), 1);
        assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE state < 5"), 0);
        shop_close(shop);
    }
    assert_in_range(nth, 10, 500); /* there are so many writes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_room_no_payment_begins),
        cmocka_unit_test(a_go_that_is_not_stored_is_not_given),
        cmocka_unit_test(a_miss_that_is_not_stored_promises_nothing),
        cmocka_unit_test(where_nothing_can_be_read_either_the_offer_is_withdrawn),
        cmocka_unit_test(a_word_that_is_not_stored_is_repeated_and_counts_once),
        cmocka_unit_test(a_cancel_that_is_not_stored_is_trouble),
        cmocka_unit_test(an_outcome_that_is_not_stored_is_decided_again),
        cmocka_unit_test(a_start_on_a_full_disk_refuses_its_offers_when_there_is_room),
        cmocka_unit_test(after_a_failure_of_any_write_the_same_again_ends_well),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
