/* Memory runs short at each allocation of a payment: rows stay right, and what
 * could not be remembered or told is found again. */
#include "unit/broker/payment_scene.h"

#include "broker/payment_tell.h"
#include "unit/wire/failing_memory.h"

static const char KEY[] = "key-of-a-sale";

/* A new broker whose clock knows of nothing. */
static void forget_deadlines(struct shop *shop)
{
    struct scene *scene = shop->scene;

    shop_disconnect(shop);
    broker_stop(scene->broker);
    broker_destroy(&scene->broker);
    scene_broker(scene, &SHOP_PORT);
    shop_connect(shop, TERMINAL_LOOP);
    (void)payment_clock_run(scene->broker);
}

static void a_deadline_that_could_not_be_remembered_is_read_again(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct payment_row row = shop_payment(shop, payment);

    (void)state;
    forget_deadlines(shop);
    shop->clock_calls = 0;
    failing_memory_start(0);
    payment_clock_follow(shop->scene->broker, &row, moving_clock_ms);
    failing_memory_stop();
    assert_int_equal(shop->clock_calls, 1);
    shop_wait(shop, PAYMENT_CLOCK_AGAIN_MS);
    shop_wait(shop, PAYMENT_LIMIT_MS - PAYMENT_CLOCK_AGAIN_MS - 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_DISPLAYED);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_EXPIRED);
    shop_close(shop);
}

static void on_wait_done(struct payment_wait *wait, enum fail fail)
{
    wait->fail = fail;
    wait->due_ms = 0;
}

static bool is_never_over(const struct payment_row *row)
{
    (void)row;
    return false;
}

static void a_wait_that_could_not_be_limited_is_not_begun(void **state)
{
    struct shop *shop = shop_open();
    struct payment_wait wait = {.payment = 1,
                                .business = shop->scene->business,
                                .limit_ms = 1000,
                                .loop = POS_LOOP,
                                .is_over = is_never_over,
                                .done = on_wait_done};

    (void)state;
    failing_memory_start(0);
    payment_wait_start(shop->scene->broker, &wait);
    failing_memory_stop();
    assert_int_equal(wait.due_ms, 0);
    assert_int_equal(wait.fail, FAIL_MEMORY);
    shop_close(shop);
}

static void a_terminal_that_could_not_be_told_asks(void **state)
{
    struct shop *shop = shop_open();
    struct payment_told told = {.row = shop_payment(shop, pos_begin(shop, 1234, KEY))};

    (void)state;
    failing_memory_start(0);
    payment_tell(shop->scene->broker, &told);
    failing_memory_stop();
    shop_turn(shop);
    assert_int_equal(shop->told_count, 0);
    payment_tell(shop->scene->broker, &told);
    shop_turn(shop);
    assert_int_equal(shop->told_count, 1);
    shop_close(shop);
}

/* A whole sale; the store tells what it could not do, and nobody is told
 * otherwise. */
static bool sell_with_failure(struct shop *shop, struct pos *pos, size_t nth)
{
    struct payment_report *report;
    struct word word = {0};
    bool failed;

    shop->offers = 0;
    failing_memory_start(nth);
    payment_call_start(shop->scene->broker, pos->call);
    shop_turn(shop);
    if (shop->offers > 0) {
        payment_call_shown(shop->offered);
        shop_turn(shop);
    }
    failing_memory_armed = 0;
    if (pos->answer == PAYMENT_ACCEPTED) {
        report = word_make(shop, &word, SAID_ATTEMPT, pos->payment);
        report->attempt.number = 1;
        report->attempt.card = test_card_find(slice_of("visa"))->card;
        failing_memory_armed = 1;
        word_send(shop, report);
    }
    failed = failing_memory_asked > nth;
    failing_memory_stop();
    assert_int_equal(pos->answers, 1);
    assert_true(pos->answer == PAYMENT_ACCEPTED || pos->answer == PAYMENT_TROUBLE);
    assert_true(failed || word.told.row.payment.state == PAYMENT_APPROVED);
    return failed;
}

/* What a database without memory holds is unknown: the process ends, and starts
 * again. */
static void mend(struct shop *shop)
{
    if (shop->scene->fixture->broken_count > 0) {
        shop->scene->fixture->broken_count = 0;
        shop_crash(shop);
        shop_connect(shop, TERMINAL_LOOP);
    }
    shop_wait(shop, PAYMENT_OFFER_MS + PAYMENT_CLOCK_AGAIN_MS);
    shop->told_count = 0;
}

static void after_any_failure_the_same_again_ends_well(void **state)
{
    struct shop *shop = shop_open();
    bool failed = true;
    size_t nth;

    (void)state;
    shop->is_blind = true; /* looking needs memory */
    for (nth = 0; failed; nth++) {
        struct word word;
        struct pos pos;

        (void)pos_make(shop, &pos, "");
        failed = sell_with_failure(shop, &pos, nth);
        mend(shop);
        if (pos.answer == PAYMENT_TROUBLE) {
            pos.payment = pos_begin(shop, 1234, "");
        }
        say_attempt(shop, &word, pos.payment, 1);
        assert_int_equal(word.told.row.payment.state, PAYMENT_APPROVED);
        assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE state < 5"), 0);
        assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), nth + 1);
    }
    assert_in_range(nth, 100, 2000); /* there are so many allocations */
    shop_close(shop);
}

static void without_memory_nothing_begins(void **state)
{
    struct payment_call *call;
    struct payment_report *report;
    struct payment_cancel *cancel;
    struct payment_clock *clock = NULL;
    struct payment_watch_table *watches = NULL;

    (void)state;
    failing_memory_start(0);
    call = payment_call_new();
    report = payment_report_new();
    cancel = payment_cancel_new();
    assert_int_equal(payment_clock_create(&clock), FAIL_MEMORY);
    assert_int_equal(payment_watch_table_create(&watches), FAIL_MEMORY);
    failing_memory_stop();
    assert_null(call);
    assert_null(report);
    assert_null(cancel);
    payment_call_free(&call);
    payment_report_free(&report);
    payment_cancel_free(&cancel);
    payment_clock_destroy(&clock);
    payment_watch_table_destroy(&watches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_that_could_not_be_remembered_is_read_again),
        cmocka_unit_test(a_wait_that_could_not_be_limited_is_not_begun),
        cmocka_unit_test(a_terminal_that_could_not_be_told_asks),
        cmocka_unit_test(after_any_failure_the_same_again_ends_well),
        cmocka_unit_test(without_memory_nothing_begins),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
