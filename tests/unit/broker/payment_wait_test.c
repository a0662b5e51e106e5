/* Watches of payments, and the wait that is built on them. */
#include "unit/broker/payment_scene.h"

struct watcher {
    struct payment_watch watch;
    unsigned moved;
    unsigned moved_ended;
};

static void on_moved(struct payment_watch *watch)
{
    struct watcher *watcher = LIST_ITEM(watch, struct watcher, watch);

    watcher->moved++;
    watcher->moved_ended += watch->ended;
}

static void watch_add(struct shop *shop, struct watcher *watcher, int64_t payment)
{
    *watcher = (struct watcher){.watch = {.payment = payment, .loop = POS_LOOP, .moved = on_moved}};
    WORKS(payment_watch_add(shop->scene->broker, &watcher->watch));
}

static void a_watch_hears_of_its_payment_alone_and_stays(void **state)
{
    struct shop *shop = shop_open();
    struct broker *broker = shop->scene->broker;
    struct watcher own;
    struct watcher other;

    (void)state;
    watch_add(shop, &own, 7);
    watch_add(shop, &other, 8);
    payment_watch_tell(broker, 7);
    assert_int_equal(own.moved, 0); /* not on the teller's thread */
    shop_turn(shop);
    payment_watch_tell(broker, 7);
    shop_turn(shop);
    assert_int_equal(own.moved, 2);
    assert_int_equal(other.moved, 0);
    assert_true(payment_watch_remove(&own.watch));
    assert_true(payment_watch_remove(&other.watch));
    payment_watch_tell(broker, 7);
    shop_turn(shop);
    assert_int_equal(own.moved, 2);
    shop_close(shop);
}

static void several_moves_before_its_loop_turns_are_told_once(void **state)
{
    struct shop *shop = shop_open();
    struct watcher watcher;

    (void)state;
    watch_add(shop, &watcher, 7);
    payment_watch_tell(shop->scene->broker, 7);
    payment_watch_tell(shop->scene->broker, 7);
    shop_turn(shop);
    assert_int_equal(watcher.moved, 1);
    assert_true(payment_watch_remove(&watcher.watch));
    shop_close(shop);
}

static void one_that_is_removed_while_it_is_posted_comes_once_more(void **state)
{
    struct shop *shop = shop_open();
    struct watcher watcher;

    (void)state;
    watch_add(shop, &watcher, 7);
    payment_watch_tell(shop->scene->broker, 7);
    assert_false(payment_watch_remove(&watcher.watch));
    payment_watch_tell(shop->scene->broker, 7);
    shop_turn(shop);
    assert_int_equal(watcher.moved, 1);
    assert_int_equal(watcher.moved_ended, 1);
    shop_close(shop);
}

static void there_is_room_for_so_many_watches_and_no_more(void **state)
{
    struct shop *shop = shop_open();
    struct watcher *watchers = calloc(PAYMENT_WATCHES_MAX, sizeof(*watchers));
    struct watcher one_more = {.watch = {.payment = 1, .moved = on_moved}};
    size_t i;

    (void)state;
    assert_non_null(watchers);
    for (i = 0; i < PAYMENT_WATCHES_MAX; i++) {
        watch_add(shop, &watchers[i], (int64_t)i + 1);
    }
    assert_int_equal(payment_watch_add(shop->scene->broker, &one_more.watch), FAIL_LIMIT);
    payment_watch_tell(shop->scene->broker, 5);
    shop_turn(shop);
    for (i = 0; i < PAYMENT_WATCHES_MAX; i++) {
        assert_int_equal(watchers[i].moved, watchers[i].watch.payment == 5);
    }
    assert_true(payment_watch_remove(&watchers[77].watch));
    WORKS(payment_watch_add(shop->scene->broker, &one_more.watch));
    watchers[77] = one_more;
    assert_true(payment_watch_remove(&one_more.watch));
    for (i = 0; i < PAYMENT_WATCHES_MAX; i++) {
        assert_true(i == 77 || payment_watch_remove(&watchers[i].watch));
    }
    free(watchers);
    shop_close(shop);
}

/* --- Waits ------------------------------------------------------------------------------------ */

struct waiter {
    struct payment_wait wait;
    unsigned answers;
    enum fail fail;
};

static bool is_final(const struct payment_row *row)
{
    return payment_is_final(row->payment.state);
}

static void on_done(struct payment_wait *wait, enum fail fail)
{
    struct waiter *waiter = LIST_ITEM(wait, struct waiter, wait);

    waiter->answers++;
    waiter->fail = fail;
}

static void wait_start(struct shop *shop, struct waiter *waiter, int64_t payment)
{
    *waiter = (struct waiter){.wait = {.business = shop->scene->business,
                                       .payment = payment,
                                       .limit_ms = 1000,
                                       .loop = POS_LOOP,
                                       .is_over = is_final,
                                       .done = on_done}};
    payment_wait_start(shop->scene->broker, &waiter->wait);
}

static void what_is_over_already_is_not_waited_for(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, "");
    struct waiter waiter;
    struct word word;

    (void)state;
    say_attempt(shop, &word, payment, 1);
    wait_start(shop, &waiter, payment);
    assert_int_equal(waiter.answers, 1);
    assert_int_equal(waiter.fail, FAIL_NONE);
    assert_int_equal(waiter.wait.row.payment.state, PAYMENT_APPROVED);
    shop_close(shop);
}

static void a_wait_ends_with_the_move_it_waits_for_or_with_its_time(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1252, "");
    struct waiter waiter;
    struct waiter longer;
    struct word word;

    (void)state;
    wait_start(shop, &waiter, payment);
    say_attempt(shop, &word, payment, 1); /* a move, but not that one */
    assert_int_equal(waiter.answers, 0);
    shop_wait(shop, 999);
    assert_int_equal(waiter.answers, 0);
    wait_start(shop, &longer, payment);
    shop_wait(shop, 1);
    assert_int_equal(waiter.answers, 1);
    assert_int_equal(waiter.fail, FAIL_TIMEOUT);
    assert_int_equal(waiter.wait.row.payment.state, PAYMENT_RETRY);
    assert_int_equal(longer.answers, 0);
    say_cancel(shop, &word, payment, REASON_CUSTOMER);
    assert_int_equal(longer.answers, 1);
    assert_int_equal(longer.fail, FAIL_NONE);
    shop_close(shop);
}

static void a_payment_that_is_not_there_is_not_waited_for(void **state)
{
    struct shop *shop = shop_open();
    struct waiter waiter;

    (void)state;
    wait_start(shop, &waiter, 12345);
    assert_int_equal(waiter.answers, 1);
    assert_int_equal(waiter.fail, FAIL_NOT_FOUND);
    shop_close(shop);
}

/* With a store of threads: the read is on its way when the payment moves. */
static void a_move_during_a_read_is_followed_by_another_read(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct broker *broker = shop->scene->broker;
    struct waiter waiter;
    struct task *read;

    (void)state;
    wait_start(shop, &waiter, 12345);
    read = scene_hold(&shop->scene->loops[POS_LOOP]);
    payment_watch_tell(broker, 12345);
    scene_run(shop->scene, POS_LOOP, 1);
    assert_true(waiter.wait.moved);
    assert_int_equal(waiter.answers, 0);
    read->run(read);
    assert_int_equal(waiter.answers, 1);
    assert_int_equal(waiter.fail, FAIL_NOT_FOUND);
    shop_close(shop);
}

/* The watch is told between the read and its answer: the owner keeps the wait
 * until the watch has come back. */
static void the_answer_waits_for_a_watch_that_is_posted(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct broker *broker = shop->scene->broker;
    struct waiter waiter;
    struct task *read;

    (void)state;
    wait_start(shop, &waiter, 12345);
    read = scene_hold(&shop->scene->loops[POS_LOOP]);
    payment_watch_tell(broker, 12345);
    read->run(read);
    assert_int_equal(waiter.answers, 0);
    scene_run(shop->scene, POS_LOOP, 1);
    assert_int_equal(waiter.answers, 1);
    assert_int_equal(waiter.fail, FAIL_NOT_FOUND);
    shop_close(shop);
}

static void a_move_that_was_missed_by_the_read_is_read_again(void **state)
{
    struct shop *shop = shop_open_with(true);
    struct broker *broker = shop->scene->broker;
    struct payment_row before;
    struct waiter waiter;
    struct task *read;
    struct pos pos;
    struct task *answer;

    (void)state;
    payment_call_start(broker, pos_make(shop, &pos, ""));
    scene_run(shop->scene, POS_LOOP, 1);
    scene_run(shop->scene, TERMINAL_LOOP, 1);
    before = shop->offered->row;
    wait_start(shop, &waiter, before.id);
    read = scene_hold(&shop->scene->loops[POS_LOOP]); /* it has seen OFFERED */
    payment_call_missed(shop->offered);
    answer = scene_hold(&shop->scene->loops[TERMINAL_LOOP]);
    answer->run(answer);                 /* committed, and the watch told */
    scene_run(shop->scene, POS_LOOP, 1); /* the watch: a read is on its way */
    assert_int_equal(waiter.answers, 0);
    read->run(read);
    assert_int_equal(waiter.answers, 0);
    scene_run(shop->scene, POS_LOOP, 2); /* the call's answer, and the second read */
    assert_int_equal(waiter.answers, 1);
    assert_int_equal(waiter.wait.row.payment.state, PAYMENT_REFUSED);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_watch_hears_of_its_payment_alone_and_stays),
        cmocka_unit_test(several_moves_before_its_loop_turns_are_told_once),
        cmocka_unit_test(one_that_is_removed_while_it_is_posted_comes_once_more),
        cmocka_unit_test(there_is_room_for_so_many_watches_and_no_more),
        cmocka_unit_test(what_is_over_already_is_not_waited_for),
        cmocka_unit_test(a_wait_ends_with_the_move_it_waits_for_or_with_its_time),
        cmocka_unit_test(a_payment_that_is_not_there_is_not_waited_for),
        cmocka_unit_test(a_move_during_a_read_is_followed_by_another_read),
        cmocka_unit_test(the_answer_waits_for_a_watch_that_is_posted),
        cmocka_unit_test(a_move_that_was_missed_by_the_read_is_read_again),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
