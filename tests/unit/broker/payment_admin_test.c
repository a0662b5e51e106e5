/* What an administrator does to payments: a device removed by force, and an
 * unknown payment resolved. */
#include "unit/broker/payment_scene.h"

static const char KEY[] = "key-of-a-sale";

enum { SLOW_MINOR = 1269 }; /* approved after ten seconds */

struct verb {
    struct shop *shop;
    int64_t payment;
    enum payment_state state;
    struct payment_after after;
};

static enum fail run_resolve(struct store_tx *tx, void *argument)
{
    struct verb *verb = argument;

    return payment_resolve(tx, verb->shop->scene->business, verb->payment, verb->state,
                           clock_wall_ms(), &verb->after);
}

static enum fail run_removed(struct store_tx *tx, void *argument)
{
    struct verb *verb = argument;

    return payment_device_removed(tx, verb->shop->scene->business, verb->shop->device.id,
                                  clock_wall_ms(), &verb->after);
}

static enum fail do_verb(struct shop *shop, struct verb *verb, scene_verb *run)
{
    enum fail fail;

    verb->shop = shop;
    fail = scene_try(shop->scene, run, verb);
    if (fail == FAIL_NONE) {
        payment_after(shop->scene->broker, &verb->after);
        shop_turn(shop);
    }
    return fail;
}

static enum fail resolve(struct shop *shop, int64_t payment, enum payment_state state)
{
    struct verb verb = {.payment = payment, .state = state};

    return do_verb(shop, &verb, run_resolve);
}

static void remove_device(struct shop *shop)
{
    struct verb verb = {0};

    WORKS(do_verb(shop, &verb, run_removed));
}

/* A terminal that decides did not answer. */
static int64_t make_unknown(struct shop *shop)
{
    int64_t payment;

    shop_set(shop, shop_set_device_decides);
    payment = pos_begin(shop, 1234, KEY);
    shop_wait(shop, PAYMENT_LIMIT_MS);
    shop_wait(shop, PAYMENT_CANCEL_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    shop->told_count = 0;
    return payment;
}

static void an_unknown_payment_is_cancelled_by_a_person(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = make_unknown(shop);

    (void)state;
    WORKS(resolve(shop, payment, PAYMENT_CANCELLED));
    assert_int_equal(shop_state(shop, payment), PAYMENT_CANCELLED);
    assert_int_equal(shop_payment(shop, payment).payment.reason, REASON_ADMINISTRATOR);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 1"), 1);
    assert_int_equal(shop->told_count, 1);
    assert_int_equal(shop->told[0].row.payment.state, PAYMENT_CANCELLED);
    (void)pos_begin(shop, 500, "the device is free again");
    shop_close(shop);
}

static void where_the_server_decides_a_cards_outcome_needs_a_card(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    remove_device(shop);
    assert_int_equal(resolve(shop, payment, PAYMENT_APPROVED), FAIL_INVALID);
    assert_int_equal(resolve(shop, payment, PAYMENT_DECLINED), FAIL_INVALID);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    shop_close(shop);
}

/* Seen in the terminal's own journal, or on the card's statement. */
static void what_a_terminal_charged_is_on_record_by_a_persons_word(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = make_unknown(shop);
    struct word word;

    (void)state;
    WORKS(resolve(shop, payment, PAYMENT_APPROVED));
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE status = 1"
                                      " AND type = 0 AND amount = 1234 AND attempt = 1"
                                      " AND first_six || last_four || card_token || holder = ''"),
                     1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM event WHERE kind = 0"), 1);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card"), 0);
    assert_int_equal(shop->told_count, 1);
    say_result(shop, &word, payment, 1, true);
    assert_int_equal(word.verdict, PAYMENT_REPEATED);
    say_result(shop, &word, payment, 1, false);
    assert_int_equal(word.verdict, PAYMENT_CONTRADICTED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void what_a_terminal_declined_is_on_record_once(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = make_unknown(shop);

    (void)state;
    WORKS(resolve(shop, payment, PAYMENT_DECLINED));
    assert_int_equal(shop_state(shop, payment), PAYMENT_DECLINED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction WHERE status = 0"
                                      " AND warning <> ''"),
                     1);
    shop_close(shop);
}

static void what_is_known_needs_nobody_to_resolve_it(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);
    struct verb verb = {.payment = payment, .state = PAYMENT_CANCELLED};

    (void)state;
    assert_int_equal(do_verb(shop, &verb, run_resolve), FAIL_CONFLICT);
    assert_int_equal(verb.after.told.row.payment.state, PAYMENT_DISPLAYED);
    verb.payment = payment + 1;
    assert_int_equal(do_verb(shop, &verb, run_resolve), FAIL_NOT_FOUND);
    shop_close(shop);
}

static void a_device_removed_before_a_card_leaves_its_payment_unknown(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = pos_begin(shop, 1234, KEY);

    (void)state;
    remove_device(shop);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    shop_wait(shop, 10 * PAYMENT_LIMIT_MS);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    remove_device(shop); /* once more changes nothing */
    WORKS(resolve(shop, payment, PAYMENT_CANCELLED));
    shop_close(shop);
}

static void a_device_removed_before_its_screen_refuses_the_offer(void **state)
{
    struct shop *shop = shop_open();
    struct pos pos;

    (void)state;
    pos_buy(shop, &pos, KEY);
    remove_device(shop);
    assert_int_equal(shop_count(shop, "SELECT state FROM payment"), PAYMENT_REFUSED);
    payment_call_shown(shop->offered);
    shop_turn(shop);
    assert_int_equal(pos.answer, PAYMENT_NOT_LISTENING);
    assert_false(shop->go);
    shop_close(shop);
}

static void a_device_without_an_open_payment_has_nothing_to_lose(void **state)
{
    struct shop *shop = shop_open();
    struct verb verb = {0};

    (void)state;
    assert_int_equal(do_verb(shop, &verb, run_removed), FAIL_NOT_FOUND);
    shop_close(shop);
}

static int64_t begin_slow_and_remove(struct shop *shop)
{
    int64_t payment = pos_begin(shop, SLOW_MINOR, KEY);
    struct word word;

    say_attempt(shop, &word, payment, 1);
    remove_device(shop);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    return payment;
}

static void a_processor_that_owes_an_answer_still_gives_it(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow_and_remove(shop);

    (void)state;
    shop_wait(shop, 9999);
    assert_int_equal(shop_state(shop, payment), PAYMENT_UNKNOWN);
    shop_wait(shop, 1);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    shop_close(shop);
}

static void it_gives_it_also_after_a_crash(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = begin_slow_and_remove(shop);

    (void)state;
    shop_crash(shop);
    shop_wait(shop, 0);
    assert_int_equal(shop_state(shop, payment), PAYMENT_APPROVED);
    assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
    shop_close(shop);
}

static void a_person_who_is_first_decides_about_the_card(void **state)
{
    static const struct {
        enum payment_state said;
        const char *sql;
    } cases[] = {
        {PAYMENT_APPROVED, "SELECT count(*) FROM card_transaction WHERE status = 1"},
        {PAYMENT_DECLINED, "SELECT count(*) FROM card_transaction WHERE status = 0 AND warning ="
                           " 'Transaction Declined: RESOLVED - by an administrator'"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shop *shop = shop_open();
        int64_t payment = begin_slow_and_remove(shop);

        WORKS(resolve(shop, payment, cases[i].said));
        assert_int_equal(shop_state(shop, payment), cases[i].said);
        assert_int_equal(shop_count(shop, cases[i].sql), 1);
        shop_wait(shop, 20000); /* the processor's answer comes too late */
        assert_int_equal(shop_state(shop, payment), cases[i].said);
        assert_int_equal(shop_count(shop, "SELECT count(*) FROM card_transaction"), 1);
        shop_close(shop);
    }
}

static void without_a_server_nobody_is_told(void **state)
{
    struct shop *shop = shop_open();
    int64_t payment = make_unknown(shop);
    struct verb verb = {.shop = shop, .payment = payment, .state = PAYMENT_CANCELLED};

    (void)state;
    WORKS(scene_try(shop->scene, run_resolve, &verb));
    payment_after(NULL, &verb.after);
    shop_turn(shop);
    assert_int_equal(shop->told_count, 0);
    assert_int_equal(shop_state(shop, payment), PAYMENT_CANCELLED);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_payment_is_cancelled_by_a_person),
        cmocka_unit_test(where_the_server_decides_a_cards_outcome_needs_a_card),
        cmocka_unit_test(what_a_terminal_charged_is_on_record_by_a_persons_word),
        cmocka_unit_test(what_a_terminal_declined_is_on_record_once),
        cmocka_unit_test(what_is_known_needs_nobody_to_resolve_it),
        cmocka_unit_test(a_device_removed_before_a_card_leaves_its_payment_unknown),
        cmocka_unit_test(a_device_removed_before_its_screen_refuses_the_offer),
        cmocka_unit_test(a_device_without_an_open_payment_has_nothing_to_lose),
        cmocka_unit_test(a_processor_that_owes_an_answer_still_gives_it),
        cmocka_unit_test(it_gives_it_also_after_a_crash),
        cmocka_unit_test(a_person_who_is_first_decides_about_the_card),
        cmocka_unit_test(without_a_server_nobody_is_told),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
