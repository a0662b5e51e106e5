/* Between the offer and the decision: the terminal goes, moves, is late, and
 * others end the offer first. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

/* Until the call is to run on the terminal's loop. */
static void call_without_turning(struct shop *shop, struct pos *pos)
{
    payment_call_start(shop->scene->broker, pos_make(shop, pos, KEY));
}

static void expect_refused(struct shop *shop, const struct pos *pos)
{
    assert_int_equal(pos->answers, 1);
    assert_int_equal(pos->answer, PAYMENT_NOT_LISTENING);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NULL"), 1);
}

/* --- The terminal goes ------------------------------------------------------------------ */

static void a_terminal_that_leaves_on_the_way_is_refused_without_an_offer(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    call_without_turning(shop, &pos);
    shop_disconnect(shop);
    shop_turn(shop);
    expect_refused(shop, &pos);
    assert_int_equal(shop->offers, 0);
    assert_int_equal(shop->decisions, 0); /* there is nobody to withdraw from */
    shop_close(shop);
}

static void a_terminal_that_is_not_ready_any_more_is_not_disturbed(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    call_without_turning(shop, &pos);
    presence_set_ready(&shop->scene->broker->presence, &shop->terminal, false);
    shop_turn(shop);
    expect_refused(shop, &pos);
    assert_int_equal(shop->offers, 0);
    shop_close(shop);
}

static void a_terminal_that_moved_to_another_loop_is_followed(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    call_without_turning(shop, &pos);
    shop_disconnect(shop);
    shop_connect(shop, CLOCK_LOOP);
    scene_run(shop->scene, TERMINAL_LOOP, 1);
    assert_int_equal(shop->offers, 0);
    scene_run(shop->scene, CLOCK_LOOP, 1);
    assert_int_equal(shop->offers, 1);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    shop_close(shop);
}

static void a_terminal_that_keeps_moving_is_given_up_after_three_hops(void **state)
{
    static const unsigned ways[] = {TERMINAL_LOOP, CLOCK_LOOP, TERMINAL_LOOP, CLOCK_LOOP};
    struct shop *shop = shop_open();
    struct pos pos;
    size_t i;

    (void)state;
    call_without_turning(shop, &pos);
    for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        shop_disconnect(shop);
        shop_connect(shop, ways[i] == TERMINAL_LOOP ? CLOCK_LOOP : TERMINAL_LOOP);
        scene_run(shop->scene, ways[i], 1);
    }
    shop_turn(shop);
    expect_refused(shop, &pos);
    assert_int_equal(shop->offers, 0);
    shop_close(shop);
}

static void a_session_that_ends_before_it_has_shown_is_missed(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    shop->offered->terminal = NULL;
    payment_call_missed(shop->offered);
    shop_disconnect(shop);
    shop_turn(shop);
    expect_refused(shop, &pos);
    assert_int_equal(shop->decisions, 0);
    shop_close(shop);
}

/* The door's session ends while the store works: here, between the commit and
 * its answer, for the store of this test answers inside of the call. */
static void a_session_that_ends_after_its_word_is_not_told_and_the_go_stays(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct pos pos;
    struct task *answer;

    (void)state;
    payment_call_start(shop->scene->broker, pos_make(shop, &pos, KEY));
    scene_run(shop->scene, POS_LOOP, 1);      /* the row is there */
    scene_run(shop->scene, TERMINAL_LOOP, 1); /* offered */
    payment_call_shown(shop->offered);
    answer = scene_hold(&shop->scene->loops[TERMINAL_LOOP]);
    shop->offered->terminal = NULL;
    answer->run(answer);
    assert_int_equal(shop->decisions, 0);
    scene_run(shop->scene, POS_LOOP, 1);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    assert_int_equal(shop_state(shop, pos.payment), PAYMENT_DISPLAYED);
    shop_close(shop);
}

/* A commit that failed may have taken: then the row says so, and its time limit
 * must hold. */
static void a_go_that_was_committed_unheard_has_its_time_limit(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct pos pos;
    struct task *answer;

    (void)state;
    payment_call_start(shop->scene->broker, pos_make(shop, &pos, KEY));
    scene_run(shop->scene, POS_LOOP, 1);
    scene_run(shop->scene, TERMINAL_LOOP, 1);
    payment_call_shown(shop->offered);
    answer = scene_hold(&shop->scene->loops[TERMINAL_LOOP]);
    shop->offered->job.fail = FAIL_FULL;
    answer->run(answer);
    scene_run(shop->scene, TERMINAL_LOOP, 1); /* the row was read again */
    assert_true(shop->go);
    scene_run(shop->scene, POS_LOOP, 1);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    moving_clock_ms += PAYMENT_LIMIT_MS - 1000;
    (void)payment_clock_run(shop->scene->broker); /* the offer's limit, which is no more */
    scene_run(shop->scene, 0, 1);
    assert_int_equal(payment_clock_run(shop->scene->broker), 1000);
    shop_close(shop);
}

/* --- Others are first ----------------------------------------------------------------------- */

static void a_cancel_before_the_amount_is_shown_wins(void **state)
{
    struct shop *shop = shop_open();
    struct canceller canceller;
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    pos_cancel(shop, &canceller, shop->offered->row.id, false);
    assert_int_equal(canceller.answer, CANCEL_CANCELLED);
    assert_int_equal(canceller.row.payment.state, PAYMENT_REFUSED);
    assert_string_equal(canceller.row.key, "");
    assert_int_equal(pos.answers, 0); /* its terminal has not spoken */
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].row.payment.state, PAYMENT_REFUSED);
    payment_call_shown(shop->offered);
    assert_int_equal(shop->decisions, 1);
    assert_false(shop->go);
    shop_turn(shop);
    expect_refused(shop, &pos);
    shop_close(shop);
}

static void an_offer_without_a_word_dies_with_its_deadline(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    shop_wait(shop, PAYMENT_OFFER_MS - 1);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_OFFERED);
    shop_wait(shop, 1);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    payment_call_shown(shop->offered); /* too late */
    shop_turn(shop);
    assert_false(shop->go);
    expect_refused(shop, &pos);
    shop_close(shop);
}

static void what_was_offered_when_the_server_died_is_refused_at_its_start(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    shop_crash(shop);
    payment_call_free(&pos.call);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM payment WHERE key IS NULL"), 1);
    shop_connect(shop, TERMINAL_LOOP);
    (void)pos_begin(shop, 1234, KEY);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_that_leaves_on_the_way_is_refused_without_an_offer),
        cmocka_unit_test(a_terminal_that_is_not_ready_any_more_is_not_disturbed),
        cmocka_unit_test(a_terminal_that_moved_to_another_loop_is_followed),
        cmocka_unit_test(a_terminal_that_keeps_moving_is_given_up_after_three_hops),
        cmocka_unit_test(a_session_that_ends_before_it_has_shown_is_missed),
        cmocka_unit_test(a_session_that_ends_after_its_word_is_not_told_and_the_go_stays),
        cmocka_unit_test(a_go_that_was_committed_unheard_has_its_time_limit),
        cmocka_unit_test(a_cancel_before_the_amount_is_shown_wins),
        cmocka_unit_test(an_offer_without_a_word_dies_with_its_deadline),
        cmocka_unit_test(what_was_offered_when_the_server_died_is_refused_at_its_start),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
