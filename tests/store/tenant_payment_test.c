/* Payments of two businesses never see each other: every verb is given the
 * other one's row, says FAIL_NOT_FOUND, and changes nothing (architecture.md,
 * Law 5). */
#include "store/paying.h"
#include "store/read.h"

struct shop {
    struct till till;
    struct payment_row open;
    struct payment_row sold;
};

static struct shop shop_make(struct store_tx *tx, const char *name)
{
    struct shop shop = {.till = till_make(tx, name)};
    struct attempt_row attempt = attempt_of(1, false);

    shop.sold = sale_approved(tx, payment_of(&shop.till, name), 1);
    shop.open = payment_begin(tx, &shop.till);
    (void)outcome_add(tx, &shop.open, &attempt, 2);
    return shop;
}

static const char *const TABLES[] = {"business", "payment",          "attempt",
                                     "card",     "card_transaction", "event"};
enum { TABLES_COUNT = sizeof(TABLES) / sizeof(TABLES[0]) };

static void tables_keep(struct store_tx *tx)
{
    char sql[128];
    size_t i;

    for (i = 0; i < TABLES_COUNT; i++) {
        (void)snprintf(sql, sizeof(sql), "CREATE TEMP TABLE before_%s AS SELECT * FROM main.%s",
                       TABLES[i], TABLES[i]);
        WORKS(sqlite_run(tx, sql));
    }
}

static void tables_are_as_they_were(struct store_tx *tx)
{
    char sql[192];
    size_t i;

    for (i = 0; i < TABLES_COUNT; i++) {
        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM (SELECT * FROM before_%s EXCEPT SELECT * FROM %s)",
                       TABLES[i], TABLES[i]);
        assert_int_equal(number_of(tx, sql), 0);
        (void)snprintf(sql, sizeof(sql),
                       "SELECT (SELECT count(*) FROM before_%s) - (SELECT count(*) FROM %s)",
                       TABLES[i], TABLES[i]);
        assert_int_equal(number_of(tx, sql), 0);
    }
}

static void payments_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct shop other = shop_make(tx, "two");
    int64_t business = own.till.business;
    struct payment_row stolen = other.open;
    struct payment_row row = payment_of(&own.till, "new");

    tables_keep(tx);
    stolen.business = business;
    stolen.payment.state = PAYMENT_CANCELLED;
    stolen.ended_ms = 5;
    row.device = other.till.device.id;
    assert_int_equal(store_payment_add(tx, &row), FAIL_NOT_FOUND);
    assert_int_equal(store_payment_find(tx, business, other.open.id, &row), FAIL_NOT_FOUND);
    assert_int_equal(store_payment_by_key(tx, business, "two", &row), FAIL_NOT_FOUND);
    assert_int_equal(store_payment_open(tx, business, other.till.device.id, &row), FAIL_NOT_FOUND);
    assert_int_equal(store_payment_save(tx, &stolen), FAIL_NOT_FOUND);
    assert_int_equal(store_payment_free_key(tx, business, other.sold.id), FAIL_NOT_FOUND);
    tables_are_as_they_were(tx);
}

static void ignore_attempt(void *context, const struct attempt_row *row)
{
    (void)row;
    (*(unsigned *)context)++;
}

static void attempts_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct shop other = shop_make(tx, "two");
    int64_t business = own.till.business;
    struct payment_row stolen = other.open;
    struct attempt_row attempt = attempt_of(1, true);
    struct attempt_row found;
    unsigned count = 0;

    tables_keep(tx);
    stolen.business = business;
    assert_int_equal(store_attempt_find(tx, business, other.open.id, 1, &found), FAIL_NOT_FOUND);
    assert_int_equal(store_attempt_save(tx, &stolen, &attempt), FAIL_NOT_FOUND);
    attempt.number = 2;
    assert_int_equal(store_attempt_add(tx, &stolen, &attempt), FAIL_NOT_FOUND);
    WORKS(store_attempts(tx, business, other.open.id, ignore_attempt, &count));
    assert_int_equal(count, 0);
    tables_are_as_they_were(tx);
}

static void transactions_and_events_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct shop other = shop_make(tx, "two");
    struct payment_row stolen = other.open;
    struct attempt_row attempt = attempt_of(2, true);
    struct store_event event = {.business = own.till.business,
                                .kind = EVENT_CARD_TRANSACTION,
                                .payment = other.sold.id,
                                .transaction = other.sold.approved};
    struct transaction_row row;
    bool delivery;
    int64_t id;

    tables_keep(tx);
    stolen.business = own.till.business;
    assert_int_equal(store_transaction_find(tx, own.till.business, other.sold.approved, &row),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_transaction_add(tx, &stolen, &attempt, TRANSACTION_PURCHASE, 1, &id),
                     FAIL_NOT_FOUND);
    (void)snprintf(stolen.invoice, sizeof(stolen.invoice), "i");
    (void)snprintf(stolen.customer, sizeof(stolen.customer), "c");
    assert_int_equal(store_transaction_add(tx, &stolen, &attempt, TRANSACTION_PURCHASE, 1, &id),
                     FAIL_NOT_FOUND);
    assert_int_equal(store_event_add(tx, &event, &delivery), FAIL_NOT_FOUND);
    tables_are_as_they_were(tx);
}

struct seen {
    int64_t business;
    unsigned count;
};

static void see_payment(void *context, const struct payment_row *row)
{
    struct seen *seen = context;

    seen->count++;
    assert_int_equal(row->business, seen->business);
}

static void lists_hold_the_payments_of_one_business(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct shop own = shop_make(tx, "one");
    struct seen seen = {.business = own.till.business};

    (void)shop_make(tx, "two");
    WORKS(read_payment_rows(tx, own.till.business, false, 100, see_payment, &seen));
    assert_int_equal(seen.count, 2);
    WORKS(read_payment_rows(tx, own.till.business, true, 100, see_payment, &seen));
    assert_int_equal(seen.count, 3);
}

static void the_database_refuses_rows_across_businesses(void **state)
{
    static const char *const steals[] = {
        "UPDATE payment SET device = (SELECT id FROM device AS d"
        " WHERE d.business <> payment.business)",
        "UPDATE attempt SET business = 3 - business",
        "UPDATE card_transaction SET business = 3 - business",
        "UPDATE card_transaction SET batch = (SELECT id FROM card_batch AS b"
        " WHERE b.business <> card_transaction.business)",
        "UPDATE card_batch SET device = (SELECT id FROM device AS d"
        " WHERE d.business <> card_batch.business)",
        "INSERT INTO event SELECT 3 - business, 1, 1, 1, id, NULL FROM payment WHERE business = 1"
        " LIMIT 1",
    };
    struct store_tx *tx = verbs_of(state);
    size_t i;

    (void)shop_make(tx, "one");
    (void)shop_make(tx, "two");
    tables_keep(tx);
    for (i = 0; i < sizeof(steals) / sizeof(steals[0]); i++) {
        if (sqlite_run(tx, steals[i]) != FAIL_NOT_FOUND) {
            print_error("not refused: %s\n", steals[i]);
            assert_true(false);
        }
    }
    tables_are_as_they_were(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(payments_of_another_business_do_not_exist),
        VERB_TEST(attempts_of_another_business_do_not_exist),
        VERB_TEST(transactions_and_events_of_another_business_do_not_exist),
        VERB_TEST(lists_hold_the_payments_of_one_business),
        VERB_TEST(the_database_refuses_rows_across_businesses),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
