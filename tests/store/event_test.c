/* Events: numbered in their business, without gaps, and on their way where a
 * webhook wants them. */
#include "store/delivery.h"
#include "store/paying.h"

static struct store_event event_of(const struct payment_row *payment, enum event_kind kind)
{
    return (struct store_event){.business = payment->business,
                                .kind = kind,
                                .payment = payment->id,
                                .transaction =
                                    kind == EVENT_CARD_TRANSACTION ? payment->approved : 0,
                                .at_ms = 4242};
}

/* Whether it goes to a webhook. */
static bool add(struct store_tx *tx, const struct payment_row *payment, enum event_kind kind)
{
    struct store_event event = event_of(payment, kind);
    bool delivery = false;

    WORKS(store_event_add(tx, &event, &delivery));
    return delivery;
}

static void events_are_numbered_in_their_business(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till one = till_make(tx, "B");
    struct till two = till_make(tx, "C");
    struct payment_row sale = sale_approved(tx, payment_of(&one, ""), 1);
    struct payment_row other = sale_approved(tx, payment_of(&two, ""), 1);
    int i;

    for (i = 0; i < 5; i++) {
        assert_false(add(tx, &sale, i % 2 == 0 ? EVENT_CARD_TRANSACTION : EVENT_TERMINAL_CANCEL));
    }
    assert_false(add(tx, &other, EVENT_CARD_TRANSACTION));
    assert_int_equal(number_of(tx, "SELECT count(*) FROM event WHERE business = 1"), 5);
    assert_int_equal(number_of(tx, "SELECT min(number) FROM event WHERE business = 1"), 1);
    assert_int_equal(number_of(tx, "SELECT max(number) FROM event WHERE business = 1"), 5);
    assert_int_equal(number_of(tx, "SELECT number FROM event WHERE business = 2"), 1);
    assert_int_equal(number_of(tx, "SELECT kind FROM event WHERE business = 1 AND number = 2"),
                     EVENT_TERMINAL_CANCEL);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM event WHERE at_ms = 4242"), 6);
    assert_int_equal(number_of(tx, "SELECT \"transaction\" FROM event WHERE business = 1"
                                   " AND number = 3"),
                     sale.approved);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM delivery"), 0);
}

static void a_number_is_not_given_again_when_old_events_are_gone(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row sale = sale_approved(tx, payment_of(&till, ""), 1);

    (void)add(tx, &sale, EVENT_CARD_TRANSACTION);
    WORKS(sqlite_run(tx, "DELETE FROM event"));
    (void)add(tx, &sale, EVENT_CARD_TRANSACTION);
    assert_int_equal(number_of(tx, "SELECT number FROM event"), 2);
}

static void what_the_webhook_wants_is_on_its_way(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till other = till_make(tx, "C");
    struct payment_row sale = sale_approved(tx, payment_of(&till, ""), 1);
    struct payment_row foreign = sale_approved(tx, payment_of(&other, ""), 1);
    const uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};
    unsigned wanted;

    for (wanted = 1; wanted <= 3; wanted++) {
        WORKS(store_webhook_set(tx, till.business, "https://x", wanted, secret, 1));
        assert_int_equal(add(tx, &sale, EVENT_CARD_TRANSACTION),
                         (wanted >> EVENT_CARD_TRANSACTION & 1U) != 0);
        assert_int_equal(add(tx, &sale, EVENT_TERMINAL_CANCEL),
                         (wanted >> EVENT_TERMINAL_CANCEL & 1U) != 0);
    }
    assert_false(add(tx, &foreign, EVENT_CARD_TRANSACTION)); /* has no webhook */
    assert_int_equal(number_of(tx, "SELECT count(*) FROM delivery"), 4);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM delivery JOIN event"
                                   " ON event.business = delivery.business AND number = event"
                                   " AND event.payment = delivery.payment"
                                   " WHERE delivery.created_ms = 4242 AND state = 0"),
                     4);
    assert_int_equal(number_of(tx, "SELECT group_concat(event, '') FROM delivery"), 1456);
}

static void an_event_of_a_payment_that_is_not_there_is_none(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till other = till_make(tx, "C");
    struct payment_row sale = sale_approved(tx, payment_of(&till, ""), 1);
    struct store_event event = event_of(&sale, EVENT_CARD_TRANSACTION);
    bool delivery = true;

    event.business = other.business;
    assert_int_equal(store_event_add(tx, &event, &delivery), FAIL_NOT_FOUND);
    event = event_of(&sale, EVENT_CARD_TRANSACTION);
    event.payment++;
    assert_int_equal(store_event_add(tx, &event, &delivery), FAIL_NOT_FOUND);
    assert_true(delivery); /* untouched */
    assert_int_equal(number_of(tx, "SELECT count(*) FROM event"), 0);
}

static void a_card_transaction_names_its_transaction_and_a_cancel_none(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row sale = sale_approved(tx, payment_of(&till, ""), 1);

    (void)add(tx, &sale, EVENT_CARD_TRANSACTION);
    assert_int_equal(sqlite_run(tx, "UPDATE event SET \"transaction\" = NULL"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE event SET kind = 1"), FAIL_INVALID);
    WORKS(sqlite_run(tx, "UPDATE event SET kind = 1, \"transaction\" = NULL"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(events_are_numbered_in_their_business),
        VERB_TEST(a_number_is_not_given_again_when_old_events_are_gone),
        VERB_TEST(what_the_webhook_wants_is_on_its_way),
        VERB_TEST(an_event_of_a_payment_that_is_not_there_is_none),
        VERB_TEST(a_card_transaction_names_its_transaction_and_a_cancel_none),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
