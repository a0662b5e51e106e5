/* One key is one payment: the same request again, at each moment of the first. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

static void a_repeat_waits_until_the_first_is_decided(void **state)
{
    struct shop *shop = shop_open();
    struct pos first;
    struct pos again;
    struct pos third;

    (void)state;
    pos_buy(shop, &first, KEY);
    pos_buy(shop, &again, KEY);
    pos_buy(shop, &third, KEY);
    assert_int_equal(again.answers, 0);
    assert_int_equal(shop->offers, 1);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    assert_int_equal(first.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.answers, 1);
    assert_int_equal(again.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.payment, first.payment);
    assert_int_equal(third.payment, first.payment);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment"), 1);
    shop_close(shop);
}

static void a_repeat_of_a_refused_one_is_refused_with_it(void **state)
{
    struct shop *shop = shop_open();
    struct pos first;
    struct pos again;

    (void)state;
    pos_buy(shop, &first, KEY);
    pos_buy(shop, &again, KEY);
    payment_call_missed(shop->offered);
    shop_turn(shop);
    assert_int_equal(first.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(again.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(again.payment, 0);
    shop_close(shop);
}

static void a_repeat_after_the_go_is_answered_at_once_also_when_all_is_over(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct pos again;
    struct word word;

    (void)state;
    pos_buy(shop, &again, KEY);
    assert_int_equal(again.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.payment, payment);
    say_attempt(shop, &word, payment, 1);
    pos_buy(shop, &again, KEY);
    assert_int_equal(again.payment, payment);
    shop_disconnect(shop); /* and when nobody listens any more */
    pos_buy(shop, &again, KEY);
    assert_int_equal(again.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.payment, payment);
    assert_int_equal(shop->offers, 1);
    shop_close(shop);
}

/* Holds the writer until it is let go. */
struct gate {
    struct store_job job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_open;
};

static enum fail gate_run(struct store_job *job, struct store_tx *tx)
{
    struct gate *gate = LIST_ITEM(job, struct gate, job);

    (void)tx;
    pthread_mutex_lock(&gate->lock);
    while (!gate->is_open) {
        pthread_cond_wait(&gate->wake, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
    return FAIL_NONE;
}

static void gate_done(struct store_job *job, enum fail fail)
{
    (void)job;
    WORKS(fail);
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_signal(&gate->wake);
    pthread_mutex_unlock(&gate->lock);
}

static void a_repeat_is_not_refused_while_the_first_waits_for_the_writer(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct broker *broker = shop->scene->broker;
    struct gate gate = {.job = {.run = gate_run, .done = gate_done},
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .wake = PTHREAD_COND_INITIALIZER};
    struct pos first;
    struct pos again;

    (void)state;
    broker_write(broker, &gate.job, CLOCK_LOOP);
    payment_call_start(broker, pos_make(shop, &first, KEY));
    shop_disconnect(shop);
    payment_call_start(broker, pos_make(shop, &again, KEY));
    shop_connect(shop, TERMINAL_LOOP);
    gate_open(&gate);
    scene_run(shop->scene, CLOCK_LOOP, 1);
    scene_run(shop->scene, POS_LOOP, 3); /* the first's row, the repeat, and its look at it */
    scene_run(shop->scene, TERMINAL_LOOP, 1);
    payment_call_shown(shop->offered);
    scene_run(shop->scene, TERMINAL_LOOP, 1);
    assert_int_equal(again.answers, 0);
    scene_run(shop->scene, POS_LOOP, 3); /* the watch, the answer, and the look */
    assert_int_equal(first.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.payment, first.payment);
    shop_close(shop);
}

static void a_key_survives_a_crash(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct pos again;

    (void)state;
    shop_crash(shop);
    pos_buy(shop, &again, KEY);
    assert_int_equal(again.answer, PAYMENT_ACCEPTED);
    assert_int_equal(again.payment, payment);
    shop_close(shop);
}

static void expect_taken(struct shop *shop, struct payment_call *call, struct pos *pos)
{
    pos_start(shop, call);
    assert_int_equal(pos->answer, PAYMENT_KEY_TAKEN);
    assert_int_equal(pos->payment, 0);
}

static void the_key_of_another_request_is_taken(void **state)
{
    struct shop *shop = shop_open();
    struct payment_call *call;
    struct pos pos;

    (void)state;
    (void)pos_begin(shop, 1234, KEY);
    call = pos_make(shop, &pos, KEY);
    call->amount_minor = 1235;
    expect_taken(shop, call, &pos);
    call = pos_make(shop, &pos, KEY);
    memcpy(call->invoice, "INV8", 5);
    expect_taken(shop, call, &pos);
    call = pos_make(shop, &pos, KEY);
    memcpy(call->customer, "CST1", 5);
    expect_taken(shop, call, &pos);
    call = pos_make(shop, &pos, KEY);
    call->kind = PAYMENT_REFUND;
    expect_taken(shop, call, &pos);
    call = pos_make(shop, &pos, KEY);
    call->original = 5;
    expect_taken(shop, call, &pos);
    shop_close(shop);
}

static enum fail add_second_device(struct store_tx *tx, void *argument)
{
    struct device *device = argument;

    *device = device_add(tx, device->business, "TW-2", "another credential");
    return FAIL_NONE;
}

static void the_key_of_the_same_amount_on_another_device_is_taken(void **state)
{
    struct shop *shop = shop_open();
    struct device second = {.business = shop->scene->business};
    struct payment_call *call;
    struct pos pos;

    (void)state;
    (void)pos_begin(shop, 1234, KEY);
    scene_do(shop->scene, add_second_device, &second);
    call = pos_make(shop, &pos, KEY);
    memcpy(call->code, second.code, CODE_SIZE);
    expect_taken(shop, call, &pos); /* before anybody asks whether it listens */
    shop_close(shop);
}

static enum fail add_foreign_device(struct store_tx *tx, void *argument)
{
    struct device *device = argument;

    *device = device_add(tx, device->business, "TW-3", "a third credential");
    return FAIL_NONE;
}

static void each_business_has_keys_of_its_own(void **state)
{
    struct shop *shop = shop_open();
    struct device foreign = {.business = shop->scene->other};
    struct payment_call *call;
    struct pos pos;

    (void)state;
    (void)pos_begin(shop, 1234, KEY);
    scene_do(shop->scene, add_foreign_device, &foreign);
    call = pos_make(shop, &pos, KEY);
    call->business = shop->scene->other;
    memcpy(call->code, foreign.code, CODE_SIZE);
    pos_start(shop, call);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING); /* not KEY_TAKEN */
    shop_close(shop);
}

static void without_a_key_every_call_is_a_sale(void **state)
{
    struct shop *shop = shop_open();
    int64_t first = pos_begin(shop, 1234, "");
    struct word word;

    (void)state;
    say_attempt(shop, &word, first, 1);
    assert_true(pos_begin(shop, 1234, "") != first);
    shop_close(shop);
}

/* --- The wait has an end --------------------------------------------------------------- */

static void a_repeat_does_not_wait_for_ever(void **state)
{
    struct shop *shop = shop_open();
    struct pos first;
    struct pos again;

    (void)state;
    pos_buy(shop, &first, KEY);
    pos_buy(shop, &again, KEY);
    moving_clock_ms += PAYMENT_OFFER_MS + 5000;
    /* Its wait is over in the same look that refuses the offer; without a look
     * nothing is answered. */
    shop_turn(shop);
    assert_int_equal(again.answers, 0);
    shop_wait(shop, 0);
    assert_int_equal(again.answers, 1);
    assert_int_equal(again.answer, PAYMENT_NOT_LISTENING);
    payment_call_missed(shop->offered);
    shop_turn(shop);
    assert_int_equal(first.answer, PAYMENT_NOT_LISTENING);
    shop_close(shop);
}

static void a_repeat_that_waits_when_the_server_stops_is_answered(void **state)
{
    struct shop *shop = shop_open();
    struct pos first;
    struct pos again;

    (void)state;
    pos_buy(shop, &first, KEY);
    pos_buy(shop, &again, KEY);
    broker_stop(shop->scene->broker);
    shop_turn(shop);
    assert_int_equal(again.answers, 1);
    assert_int_equal(again.answer, PAYMENT_TROUBLE);
    payment_call_missed(shop->offered); /* its session ends */
    shop_turn(shop);
    assert_int_equal(first.answer, PAYMENT_TROUBLE);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_OFFERED);
    shop_close(shop);
}

/* --- Under the preset --------------------------------------------------------------------- */

static struct payment_call *preset_make(struct shop *shop, struct pos *pos)
{
    struct payment_call *call = pos_make(shop, pos, KEY);

    call->preset_helcim = true;
    return call;
}

static void the_preset_forgets_a_key_after_five_minutes(void **state)
{
    struct shop *shop = shop_open();
    int64_t first = pos_begin(shop, 1234, KEY);
    struct payment_call *call;
    struct word word;
    struct pos pos;

    (void)state;
    say_attempt(shop, &word, first, 1);
    moving_clock_ms += PAYMENT_KEY_LIFE_HELCIM_MS - 1;
    pos_start(shop, preset_make(shop, &pos));
    assert_int_equal(pos.payment, first);
    moving_clock_ms += 1;
    call = preset_make(shop, &pos);
    call->amount_minor = 999; /* a key that is forgotten is anybody's */
    pos_start(shop, call);
    assert_int_equal(pos.answers, 0);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    assert_true(pos.payment != first);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NULL"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NOT NULL"), 1);
    shop_close(shop);
}

static void without_the_preset_a_key_lives_as_long_as_its_payment(void **state)
{
    struct shop *shop = shop_open();
    int64_t first = pos_begin(shop, 1234, KEY);
    struct word word;
    struct pos pos;

    (void)state;
    say_attempt(shop, &word, first, 1);
    moving_clock_ms += 10 * PAYMENT_KEY_LIFE_HELCIM_MS;
    pos_buy(shop, &pos, KEY);
    assert_int_equal(pos.payment, first);
    shop_close(shop);
}

static void a_forgotten_key_stays_bound_where_its_new_call_is_refused(void **state)
{
    struct shop *shop = shop_open();
    struct word word;
    struct pos pos;
    int64_t first;

    (void)state;
    first = pos_begin(shop, 1234, KEY);
    say_attempt(shop, &word, first, 1);
    moving_clock_ms += PAYMENT_KEY_LIFE_HELCIM_MS;
    (void)pos_begin(shop, 500, "another");
    pos_start(shop, preset_make(shop, &pos));
    assert_int_equal(pos.answer, PAYMENT_BUSY);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NOT NULL"), 2);
    shop_disconnect(shop);
    pos_start(shop, preset_make(shop, &pos));
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NOT NULL"), 2);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeat_waits_until_the_first_is_decided),
        cmocka_unit_test(a_repeat_of_a_refused_one_is_refused_with_it),
        cmocka_unit_test(a_repeat_after_the_go_is_answered_at_once_also_when_all_is_over),
        cmocka_unit_test(a_repeat_is_not_refused_while_the_first_waits_for_the_writer),
        cmocka_unit_test(a_key_survives_a_crash),
        cmocka_unit_test(the_key_of_another_request_is_taken),
        cmocka_unit_test(the_key_of_the_same_amount_on_another_device_is_taken),
        cmocka_unit_test(each_business_has_keys_of_its_own),
        cmocka_unit_test(without_a_key_every_call_is_a_sale),
        cmocka_unit_test(a_repeat_does_not_wait_for_ever),
        cmocka_unit_test(a_repeat_that_waits_when_the_server_stops_is_answered),
        cmocka_unit_test(the_preset_forgets_a_key_after_five_minutes),
        cmocka_unit_test(without_the_preset_a_key_lives_as_long_as_its_payment),
        cmocka_unit_test(a_forgotten_key_stays_bound_where_its_new_call_is_refused),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
