/* Time limits, outcomes that take their time, and what a new start takes up. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

static struct shop *open_device_decides(void)
{
    struct shop *shop = shop_open();

    shop_set(shop, shop_set_device_decides);
    return shop;
}

/* --- Limits -------------------------------------------------------------------------------- */

static void a_payment_that_nobody_pays_expires(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    shop_wait(shop, PAYMENT_LIMIT_MS - 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_EXPIRED);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].row.payment.state, PAYMENT_EXPIRED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 1);
    shop_close(shop);
}

static void each_decline_gives_the_customer_new_time(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, KEY);
    struct word word;

    (void)state;
    shop_wait(shop, PAYMENT_LIMIT_MS - 1000);
    say_attempt(shop, &word, payment, 1);
    shop_wait(shop, PAYMENT_LIMIT_MS - 1); /* the go's own moment has passed */
    assert_int_equal(shop_state(shop, payment), PAYMENT_RETRY);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DECLINED);
    assert_int_equal(shop_payment(shop, payment).payment.reason, REASON_TIME);
    shop_close(shop);
}

static void a_wall_clock_that_jumps_neither_ends_nor_keeps_a_payment(void **state)
{
    static const int64_t jumps[] = {INT64_C(86400000), -INT64_C(86400000), INT64_C(315360000000),
                                    -INT64_C(3000000000)};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        struct shop *shop = shop_open();
        int64_t payment = pos_begin(shop, 1234, KEY);

        moving_clock_wall_ahead_ms = jumps[i];
        shop_wait(shop, PAYMENT_LIMIT_MS - 1);
        assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
        shop_wait(shop, 1);
        assert_int_equal(shop_state(shop, payment), PAYMENT_EXPIRED);
        shop_close(shop);
    }
}

static void a_terminal_that_decides_is_asked_first_and_then_nobody_knows(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);
    uint64_t unknown = counter_read(&payment_ends[PAYMENT_UNKNOWN]);
    struct word word;

    (void)state;
    shop_wait(shop, PAYMENT_LIMIT_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].row.payment.cancel_asked, REASON_TIME);
    shop_wait(shop, PAYMENT_CANCEL_MS - 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    assert_int_equal(counter_read(&payment_ends[PAYMENT_UNKNOWN]), unknown + 1);
    shop_wait(shop, 10 * PAYMENT_LIMIT_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    say_result(shop, &word, payment, 1, true); /* its journal knows */
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    shop_close(shop);
}

/* --- Outcomes that take their time ----------------------------------------------------------- */

static int64_t begin_slow(struct shop *shop, int64_t amount_minor)
{
    int64_t payment = pos_begin(shop, amount_minor, KEY);
    struct word word;

    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.told.row.payment.state, PAYMENT_AUTHORISING);
    return payment;
}

static void a_slow_host_decides_when_it_said(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop, 1269);

    (void)state;
    shop_wait(shop, 9999);
    assert_int_equal(shop_state(shop, payment), PAYMENT_AUTHORISING);
    assert_int_equal(shop->told_count, 0);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].attempt.number, 1);
    assert_true(shop->told[0].attempt.approved);
    assert_true(shop->told[0].attempt.transaction != 0);
    shop_close(shop);
}

static void a_host_that_never_answers_is_a_decline(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop, 1268);

    (void)state;
    shop_wait(shop, 20000);
    assert_int_equal(shop_state(shop, payment), PAYMENT_RETRY);
    assert_string_equal(shop->told[0].attempt.reason,
                        "Transaction Declined: NETWORK ERROR - General System Error");
    shop_close(shop);
}

static void a_repeat_before_the_outcome_is_not_authorised_twice(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop, 1269);
    struct word word;

    (void)state;
    shop_wait(shop, 5000);
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.verdict, PAYMENT_REPEATED);
    assert_int_equal(word.told.attempt.ended_ms, 0);
    shop_wait(shop, 5000);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void an_outcome_for_a_terminal_that_is_away_is_told_when_it_asks(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop, 1269);
    struct word word;

    (void)state;
    shop_disconnect(shop);
    shop_wait(shop, 10000);
    assert_int_equal(shop->told_count, 0);
    shop_connect(shop, TERMINAL_LOOP);
    say_attempt(shop, &word, payment, 1);
    assert_int_equal(word.verdict, PAYMENT_REPEATED);
    assert_true(word.told.attempt.approved);
    shop_close(shop);
}

static void a_terminal_that_moves_between_loops_is_followed_by_its_news(void **state)
{
    struct shop *shop = shop_open();

    (void)state;
    (void)begin_slow(shop, 1269);
    moving_clock_ms += 10000;
    (void)payment_clock_run(shop->scene->broker);
    shop_disconnect(shop);
    shop_connect(shop, POS_LOOP);
    scene_run(shop->scene, TERMINAL_LOOP, 1);
    assert_int_equal(shop->told_count, 0);
    scene_run(shop->scene, POS_LOOP, 1);
    assert_int_equal(shop->told_count, 1);
    shop_close(shop);
}

static void news_for_a_terminal_that_has_just_gone_are_dropped(void **state)
{
    struct shop *shop = shop_open();

    (void)state;
    (void)begin_slow(shop, 1269);
    moving_clock_ms += 10000;
    (void)payment_clock_run(shop->scene->broker);
    shop_disconnect(shop);
    shop_turn(shop);
    assert_int_equal(shop->told_count, 0);
    shop_close(shop);
}

/* --- Many at once ---------------------------------------------------------------------------- */

enum { MANY = STORE_BATCH_MAX + 10 };

struct many {
    struct shop *shop;
    struct payment_row rows[MANY];
};

static enum fail add_many(struct store_tx *tx, void *argument)
{
    struct many *many = argument;
    unsigned i;

    for (i = 0; i < MANY; i++) {
        struct payment_row *row = &many->rows[i];
        char serial[16];

        (void)text_format(serial, sizeof(serial), "MANY-%u", i);
        *row = (struct payment_row){
            .business = many->shop->scene->business,
            .device = device_add(tx, many->shop->scene->business, serial, serial).id,
            .payment = payment_make(PAYMENT_PURCHASE, AUTHORITY_SERVER, moving_clock_ms),
            .currency = "CAD",
            .amount_minor = 100,
            .created_ms = moving_clock_ms};
        WORKS(store_payment_add(tx, row));
    }
    return FAIL_NONE;
}

/* More than are looked at at once: those that come back make room for the rest,
 * without another call of the owner. */
static void many_that_are_due_at_once_are_all_looked_at(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct many *many = calloc(1, sizeof(*many));
    unsigned i;

    (void)state;
    assert_non_null(many);
    many->shop = shop;
    scene_do(shop->scene, add_many, many);
    for (i = 0; i < MANY; i++) {
        payment_clock_follow(shop->scene->broker, &many->rows[i], moving_clock_ms);
    }
    moving_clock_ms += PAYMENT_OFFER_MS;
    (void)payment_clock_run(shop->scene->broker);
    scene_run(shop->scene, CLOCK_LOOP, MANY);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE state = 9"), MANY);
    free(many);
    shop_close(shop);
}

/* --- The owner's timer ------------------------------------------------------------------------ */

static void the_owner_is_told_when_to_come_and_called_when_sooner(void **state)
{
    struct shop *shop = shop_open();
    struct broker *broker = shop->scene->broker;

    (void)state;
    assert_int_equal(payment_clock_run(broker), PAYMENT_CLOCK_LOOK_MS);
    assert_int_equal(shop->clock_calls, 0);
    (void)pos_begin(shop, 1234, KEY); /* the offer's limit is sooner than the next look */
    assert_int_equal(shop->clock_calls, 1);
    assert_int_equal(payment_clock_run(broker), PAYMENT_OFFER_MS);
    shop_wait(shop, PAYMENT_OFFER_MS);
    assert_int_equal(payment_clock_run(broker), PAYMENT_CLOCK_LOOK_MS);
    shop_wait(shop, 100000);
    assert_int_equal(payment_clock_run(broker), PAYMENT_LIMIT_MS - 100000 - PAYMENT_OFFER_MS);
    assert_int_equal(shop->clock_calls, 1);
    shop_close(shop);
}

static void after_a_stop_nothing_is_looked_at(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    broker_stop(shop->scene->broker);
    moving_clock_ms += PAYMENT_LIMIT_MS;
    assert_int_equal(payment_clock_run(shop->scene->broker), PAYMENT_CLOCK_LOOK_MS);
    shop_turn(shop);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

/* --- After a crash ------------------------------------------------------------------------------
 */

static void what_is_left_of_a_limit_counts_after_a_crash(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    shop_wait(shop, 50000);
    moving_clock_ms += 20000;
    shop_crash(shop); /* 70 s since the go */
    shop_wait(shop, PAYMENT_LIMIT_MS - 70000 - 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_EXPIRED);
    shop_close(shop);
}

static void a_limit_that_passed_while_nothing_ran_is_over_at_the_start(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    moving_clock_ms += 3 * PAYMENT_LIMIT_MS;
    shop_crash(shop);
    assert_int_equal(shop_state(shop, payment), PAYMENT_EXPIRED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 1);
    shop_close(shop);
}

static void a_limit_that_a_start_prolongs_is_kept_from_there(void **state)
{
    struct shop *shop = open_device_decides();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    moving_clock_ms += PAYMENT_LIMIT_MS;
    shop_crash(shop);
    assert_int_equal(shop_payment(shop, payment).payment.cancel_asked, REASON_TIME);
    shop_wait(shop, PAYMENT_CANCEL_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    shop_close(shop);
}

static void a_start_before_the_payment_by_the_wall_clock_waits_one_limit_at_most(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    moving_clock_wall_ahead_ms = -INT64_C(3000000000);
    shop_crash(shop);
    shop_wait(shop, PAYMENT_LIMIT_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_EXPIRED);
    shop_close(shop);
}

static void a_card_that_was_decided_about_is_decided_after_the_crash(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow(shop, 1269);

    (void)state;
    moving_clock_ms += 4000;
    shop_crash(shop);
    shop_wait(shop, 5999);
    assert_int_equal(shop_state(shop, payment), PAYMENT_AUTHORISING);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void a_start_with_nothing_open_looks_at_nothing(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    shop_crash(shop);
    assert_int_equal(payment_clock_run(shop->scene->broker), PAYMENT_CLOCK_LOOK_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payment_that_nobody_pays_expires),
        cmocka_unit_test(each_decline_gives_the_customer_new_time),
        cmocka_unit_test(a_wall_clock_that_jumps_neither_ends_nor_keeps_a_payment),
        cmocka_unit_test(a_terminal_that_decides_is_asked_first_and_then_nobody_knows),
        cmocka_unit_test(a_slow_host_decides_when_it_said),
        cmocka_unit_test(a_host_that_never_answers_is_a_decline),
        cmocka_unit_test(a_repeat_before_the_outcome_is_not_authorised_twice),
        cmocka_unit_test(an_outcome_for_a_terminal_that_is_away_is_told_when_it_asks),
        cmocka_unit_test(a_terminal_that_moves_between_loops_is_followed_by_its_news),
        cmocka_unit_test(news_for_a_terminal_that_has_just_gone_are_dropped),
        cmocka_unit_test(many_that_are_due_at_once_are_all_looked_at),
        cmocka_unit_test(the_owner_is_told_when_to_come_and_called_when_sooner),
        cmocka_unit_test(after_a_stop_nothing_is_looked_at),
        cmocka_unit_test(what_is_left_of_a_limit_counts_after_a_crash),
        cmocka_unit_test(a_limit_that_passed_while_nothing_ran_is_over_at_the_start),
        cmocka_unit_test(a_limit_that_a_start_prolongs_is_kept_from_there),
        cmocka_unit_test(a_start_before_the_payment_by_the_wall_clock_waits_one_limit_at_most),
        cmocka_unit_test(a_card_that_was_decided_about_is_decided_after_the_crash),
        cmocka_unit_test(a_start_with_nothing_open_looks_at_nothing),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
