/* How a payment begins: each answer that a call can get, and in which order
 * things are looked at. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

/* --- Offer, then go ------------------------------------------------------------------ */

static void nothing_is_answered_before_the_terminal_shows_the_amount(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    assert_int_equal(shop->offers, 1);
    assert_int_equal(pos.answers, 0);
    assert_int_equal(shop->offered->row.amount_minor, 1234);
    assert_string_equal(shop->offered->row.invoice, "INV7");
    assert_string_equal(shop->offered->row.currency, "CAD");
    assert_int_equal(shop_state(shop, shop->offered->row.id), PAYMENT_OFFERED);
    payment_call_shown(shop->offered);
    assert_int_equal(shop->decisions, 1);
    assert_true(shop->go);
    shop_turn(shop);
    assert_int_equal(pos.answers, 1);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    assert_int_equal(shop_state(shop, pos.payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

static void go_and_answer_come_only_after_the_commit(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    payment_call_shown(shop->offered);
    assert_true(shop->go);
    assert_int_equal(shop->committed, PAYMENT_DISPLAYED);
    assert_int_equal(pos.answers, 0);
    assert_int_equal(shop_count(shop, "SELECT token FROM payment"), 7);
    shop_close(shop);
}

static void an_amount_that_is_not_shown_is_refused_and_frees_its_key(void **state)
{
    struct shop *shop = shop_open();
    uint64_t refused = counter_read(&payment_ends[PAYMENT_REFUSED]);
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    payment_call_missed(shop->offered);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(pos.payment, 0);
    assert_int_equal(shop->decisions, 1);
    assert_false(shop->go);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE state = 9"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NULL"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event"), 0);
    assert_int_equal(counter_read(&payment_ends[PAYMENT_REFUSED]), refused + 1);
    /* The key and the device are free again. */
    pos_buy(shop, &pos, KEY);
    assert_int_equal(shop->offers, 2);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    shop_close(shop);
}

static void the_time_to_the_screen_is_measured(void **state)
{
    struct shop *shop = shop_open();
    uint64_t took_us = counter_read(&payment_screen_time.sum_us);
    uint64_t accepted = counter_read(&payment_answers[PAYMENT_ACCEPTED]);
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, "");
    moving_clock_ms += 21;
    payment_call_shown(shop->offered);
    assert_int_equal(counter_read(&payment_screen_time.sum_us) - took_us, 21000);
    assert_int_equal(counter_read(&payment_answers[PAYMENT_ACCEPTED]), accepted);
    shop_turn(shop);
    assert_int_equal(counter_read(&payment_answers[PAYMENT_ACCEPTED]), accepted + 1);
    shop_close(shop);
}

static void on_the_terminals_own_loop_nothing_is_posted(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct pos pos;

    (void)state;
    call = pos_make(shop, &pos, KEY);
    call->loop = TERMINAL_LOOP;
    payment_call_start(shop->scene->broker, call);
    assert_int_equal(shop->offers, 1);
    payment_call_shown(call);
    assert_int_equal(pos.answers, 1);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    shop_close(shop);
}

/* --- Refusals, in their order ----------------------------------------------------------- */

static void unknown_and_foreign_codes_are_not_found(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct pos pos;

    (void)state;
    call = pos_make(shop, &pos, KEY);
    memcpy(call->code, "ZZZZ", CODE_SIZE);
    pos_start(shop, call);
    assert_int_equal(pos.answer, PAYMENT_NO_DEVICE);
    call = pos_make(shop, &pos, KEY);
    call->business = shop->scene->other;
    pos_start(shop, call);
    assert_int_equal(pos.answer, PAYMENT_NO_DEVICE);
    assert_int_equal(shop->offers, 0);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment"), 0);
    shop_close(shop);
}

static void another_currency_is_refused_before_the_key_is_looked_at(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct pos pos;

    (void)state;
    (void)pos_begin(shop, 1234, KEY);
    call = pos_make(shop, &pos, KEY);
    memcpy(call->currency, "USD", 4);
    pos_start(shop, call);
    assert_int_equal(pos.answer, PAYMENT_CURRENCY);
    shop_close(shop);
}

static void without_a_currency_the_businesss_own_is_meant(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct pos pos;

    (void)state;
    call = pos_make(shop, &pos, KEY);
    call->kind = PAYMENT_REFUND;
    call->currency[0] = '\0';
    call->original = 77;
    pos_start(shop, call);
    assert_string_equal(shop->offered->row.currency, "CAD");
    assert_int_equal(shop->offered->row.payment.kind, PAYMENT_REFUND);
    assert_int_equal(shop->offered->row.original, 77);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    shop_close(shop);
}

static void a_terminal_that_is_gone_or_not_ready_does_not_listen(void **state)
{
    struct shop *shop = shop_open();
    struct presence_table *table = &shop->scene->broker->presence;
    struct pos pos;

    (void)state;
    presence_set_ready(table, &shop->terminal, false);
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    presence_set_ready(table, &shop->terminal, true);
    presence_set_listening(table, &shop->terminal, false);
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    shop_disconnect(shop);
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment"), 0);
    shop_close(shop);
}

static void a_terminal_that_is_back_is_not_ready_before_it_says_so(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    shop_disconnect(shop);
    WORKS(presence_add(&shop->scene->broker->presence, &shop->terminal, shop_no_kick, NULL));
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(shop->offers, 0);
    shop_close(shop);
}

static void with_api_mode_off_nothing_listens(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    shop_set(shop, shop_set_api_mode_off);
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(shop->offers, 0);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment"), 0);
    shop_close(shop);
}

static void a_second_payment_finds_the_device_busy(void **state)
{
    struct shop *shop = shop_open();
    struct pos first;
    struct pos second;

    (void)state;
    pos_buy(shop, &first, "first");
    pos_buy(shop, &second, "second"); /* while the first is only offered */
    assert_int_equal(second.answer, PAYMENT_BUSY);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    pos_buy(shop, &second, "second");
    assert_int_equal(second.answer, PAYMENT_BUSY);
    assert_int_equal(shop->offers, 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment"), 1);
    shop_close(shop);
}

static void the_processor_says_whose_the_outcome_is(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    assert_int_equal(shop->offered->row.payment.authority, AUTHORITY_SERVER);
    payment_call_missed(shop->offered);
    shop_turn(shop);
    shop_set(shop, shop_set_device_decides);
    pos_buy(shop, &pos, KEY);
    assert_int_equal(shop->offered->row.payment.authority, AUTHORITY_TERMINAL);
    payment_call_missed(shop->offered);
    shop_close(shop);
}

static void when_the_store_cannot_be_asked_nothing_is_claimed(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    broker_stop(shop->scene->broker);
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.answers, 1);
    assert_int_equal(pos.answer, PAYMENT_TROUBLE);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_answered_before_the_terminal_shows_the_amount),
        cmocka_unit_test(go_and_answer_come_only_after_the_commit),
        cmocka_unit_test(an_amount_that_is_not_shown_is_refused_and_frees_its_key),
        cmocka_unit_test(the_time_to_the_screen_is_measured),
        cmocka_unit_test(on_the_terminals_own_loop_nothing_is_posted),
        cmocka_unit_test(unknown_and_foreign_codes_are_not_found),
        cmocka_unit_test(another_currency_is_refused_before_the_key_is_looked_at),
        cmocka_unit_test(without_a_currency_the_businesss_own_is_meant),
        cmocka_unit_test(a_terminal_that_is_gone_or_not_ready_does_not_listen),
        cmocka_unit_test(a_terminal_that_is_back_is_not_ready_before_it_says_so),
        cmocka_unit_test(with_api_mode_off_nothing_listens),
        cmocka_unit_test(a_second_payment_finds_the_device_busy),
        cmocka_unit_test(the_processor_says_whose_the_outcome_is),
        cmocka_unit_test(when_the_store_cannot_be_asked_nothing_is_claimed),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
