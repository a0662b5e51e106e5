/* Card transactions: an approval stands once, and what the POS did not name
 * gets a name. */
#include "store/paying.h"

static struct transaction_row transaction(struct store_tx *tx, int64_t business, int64_t id)
{
    struct transaction_row row = {0};

    WORKS(store_transaction_find(tx, business, id, &row));
    return row;
}

/* --- A transaction ------------------------------------------------------------------ */

static void a_transaction_says_all_that_is_known(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_of(&till, "");
    struct attempt_row attempt = attempt_of(1, true);
    struct transaction_row row;
    int64_t user = user_add(tx, till.business, "ada@x", NULL);
    int64_t id;

    WORKS(sqlite_run(tx, "UPDATE device SET user = 1"));
    assert_int_equal(user, 1);
    (void)snprintf(payment.invoice, sizeof(payment.invoice), "INV7");
    (void)snprintf(payment.customer, sizeof(payment.customer), "CST7");
    WORKS(store_payment_add(tx, &payment));
    id = outcome_add(tx, &payment, &attempt, 4242);
    row = transaction(tx, till.business, id);
    assert_int_equal(row.id, id);
    assert_in_range(id, 19000000, 20999999);
    assert_int_equal(row.business, till.business);
    assert_int_equal(row.payment, payment.id);
    assert_int_equal(row.attempt, 1);
    assert_int_equal(row.device, till.device.id);
    assert_int_equal(row.created_ms, 4242);
    assert_true(row.batch > 0);
    assert_true(row.approved);
    assert_int_equal(row.type, TRANSACTION_PURCHASE);
    assert_string_equal(row.user, "Ada");
    assert_int_equal(row.amount_minor, 1234);
    assert_string_equal(row.currency, "CAD");
    assert_int_equal(row.brand, CARD_VISA);
    assert_int_equal(row.kind, CARD_CREDIT);
    assert_string_equal(row.approval_code, "T4E5S6");
    assert_int_equal(strlen(row.card_token), 16);
    assert_int_equal(strspn(row.card_token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), 16);
    assert_string_equal(row.first_six, "412493");
    assert_string_equal(row.last_four, "9990");
    assert_string_equal(row.holder, "ADA LOVELACE");
    assert_string_equal(row.customer, "CST7");
    assert_string_equal(row.invoice, "INV7");
    assert_string_equal(row.warning, "");
    assert_int_equal(number_of(tx, "SELECT count(*) FROM counter WHERE business > 0"), 0);
}

static void a_declined_one_warns_with_its_reason(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_of(&till, "");
    struct attempt_row attempt = attempt_of(1, false);
    struct transaction_row row;

    payment.payment.kind = PAYMENT_REFUND;
    memset(attempt.reason, 'r', PAYMENT_REASON_MAX);
    WORKS(store_payment_add(tx, &payment));
    row = transaction(tx, till.business, outcome_add(tx, &payment, &attempt, 1));
    assert_false(row.approved);
    assert_int_equal(row.type, TRANSACTION_REFUND);
    assert_string_equal(row.approval_code, "");
    assert_string_equal(row.warning, attempt.reason);
    assert_string_equal(row.user, ""); /* nobody is logged in */
}

static void a_payment_is_approved_once_and_reversed_once(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct attempt_row declined = attempt_of(1, false);
    struct attempt_row approved = attempt_of(2, true);
    struct attempt_row third = attempt_of(3, true);
    struct transaction_row row;
    int64_t reversal = 0;
    int64_t id = 0;

    (void)outcome_add(tx, &payment, &declined, 1);
    (void)outcome_add(tx, &payment, &approved, 2);
    assert_int_equal(store_transaction_add(tx, &payment, &third, TRANSACTION_PURCHASE, 3, &id),
                     FAIL_CONFLICT);
    assert_int_equal(store_transaction_add(tx, &payment, &declined, TRANSACTION_PURCHASE, 3, &id),
                     FAIL_CONFLICT);
    assert_int_equal(id, 0);
    WORKS(store_transaction_add(tx, &payment, &approved, TRANSACTION_REVERSE, 4, &reversal));
    assert_int_equal(store_transaction_add(tx, &payment, &approved, TRANSACTION_REVERSE, 5, &id),
                     FAIL_CONFLICT);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM card_transaction"), 3);
    row = transaction(tx, till.business, reversal);
    assert_int_equal(row.type, TRANSACTION_REVERSE);
    assert_true(row.approved);
    assert_int_equal(row.attempt, 2);
}

static void transactions_grow_by_random_gaps_in_a_series_of_their_own(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    int64_t last = 0;
    int different = 0;
    int64_t gap = 0;
    int i;

    for (i = 0; i < 20; i++) {
        struct payment_row payment = sale_approved(tx, payment_of(&till, ""), i);

        if (last != 0) {
            assert_in_range(payment.approved - last, 1, 64);
            different += payment.approved - last != gap;
            gap = payment.approved - last;
        }
        last = payment.approved;
    }
    assert_true(different > 5);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM counter WHERE business = 0"), 2);
}

static void ids_that_are_used_up_are_said(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = sale_approved(tx, payment_of(&till, ""), 1);
    struct attempt_row attempt = attempt_of(1, true);
    int64_t id = 0;

    payment = payment_begin(tx, &till);
    WORKS(sqlite_run(tx, "UPDATE counter SET last = 9007199254740991 WHERE name = 'transaction'"));
    assert_int_equal(store_transaction_add(tx, &payment, &attempt, TRANSACTION_PURCHASE, 1, &id),
                     FAIL_LIMIT);
    assert_int_equal(id, 0);
}

/* --- Invoice and customer ------------------------------------------------------------ */

static void what_the_pos_did_not_name_gets_a_name_and_keeps_it(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct attempt_row first = attempt_of(1, false);
    struct attempt_row second = attempt_of(2, true);
    struct transaction_row row;
    struct payment_row same;
    int64_t id;

    row = transaction(tx, till.business, outcome_add(tx, &payment, &first, 1));
    assert_string_equal(row.invoice, "INV001000");
    assert_string_equal(row.customer, "CST1000");
    row = transaction(tx, till.business, outcome_add(tx, &payment, &second, 2));
    assert_string_equal(row.invoice, "INV001000");
    assert_string_equal(row.customer, "CST1000");
    WORKS(store_transaction_add(tx, &payment, &second, TRANSACTION_REVERSE, 3, &id));
    row = transaction(tx, till.business, id);
    assert_string_equal(row.invoice, "INV001000");
    assert_string_equal(row.customer, "CST1000");
    WORKS(store_payment_find(tx, till.business, payment.id, &same));
    assert_string_equal(same.invoice, ""); /* as the POS sent it */
    assert_string_equal(same.customer, "");
    payment.approved = second.transaction;
    payment_end(tx, &payment, PAYMENT_APPROVED);
    payment = sale_approved(tx, payment_of(&till, ""), 4);
    row = transaction(tx, till.business, payment.approved);
    assert_string_equal(row.invoice, "INV001001");
    assert_string_equal(row.customer, "CST1001");
}

static void only_what_is_missing_is_given(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_of(&till, "");
    struct attempt_row again = attempt_of(2, false);
    struct transaction_row row;

    (void)snprintf(payment.invoice, sizeof(payment.invoice), "T-1");
    WORKS(store_payment_add(tx, &payment));
    (void)outcome_add(tx, &payment, &again, 1);
    again.number = 3;
    row = transaction(tx, till.business, outcome_add(tx, &payment, &again, 1));
    assert_string_equal(row.invoice, "T-1");
    assert_string_equal(row.customer, "CST1000");
    payment_end(tx, &payment, PAYMENT_DECLINED);
    payment = payment_of(&till, "");
    (void)snprintf(payment.customer, sizeof(payment.customer), "Ada");
    payment = sale_approved(tx, payment, 2);
    row = transaction(tx, till.business, payment.approved);
    assert_string_equal(row.invoice, "INV001000");
    assert_string_equal(row.customer, "Ada");
}

static void a_cancelled_payment_takes_no_name(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);

    payment_end(tx, &payment, PAYMENT_CANCELLED);
    payment = sale_approved(tx, payment_of(&till, ""), 1);
    assert_string_equal(transaction(tx, till.business, payment.approved).invoice, "INV001000");
}

static void each_business_counts_for_itself(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till one = till_make(tx, "B");
    struct till two = till_make(tx, "C");
    struct payment_row payment = sale_approved(tx, payment_of(&one, ""), 1);

    payment = sale_approved(tx, payment_of(&two, ""), 1);
    assert_string_equal(transaction(tx, two.business, payment.approved).invoice, "INV001000");
    assert_string_equal(transaction(tx, two.business, payment.approved).customer, "CST1000");
}

static void names_that_the_pos_has_used_are_passed_over(void **state)
{
    static const char *const used[] = {"INV001000", "INV001001", "INV001003"};
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till other = till_make(tx, "C");
    struct payment_row payment = payment_of(&other, "");
    size_t i;

    (void)snprintf(payment.invoice, sizeof(payment.invoice), "INV001002");
    (void)sale_approved(tx, payment, 1);
    for (i = 0; i < 3; i++) {
        payment = payment_of(&till, "");
        (void)snprintf(payment.invoice, sizeof(payment.invoice), "%s", used[i]);
        (void)snprintf(payment.customer, sizeof(payment.customer), "CST1000");
        (void)sale_approved(tx, payment, 1);
    }
    payment = sale_approved(tx, payment_of(&till, ""), 1);
    assert_string_equal(transaction(tx, till.business, payment.approved).invoice, "INV001002");
    assert_string_equal(transaction(tx, till.business, payment.approved).customer, "CST1001");
    payment = sale_approved(tx, payment_of(&till, ""), 1);
    assert_string_equal(transaction(tx, till.business, payment.approved).invoice, "INV001004");
}

/* A hundred thousand, which would take the writer minutes one by one. */
static void a_tills_long_series_is_leapt_over(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_of(&till, "");
    struct transaction_row row;
    int64_t number;

    (void)snprintf(payment.invoice, sizeof(payment.invoice), "INV001000");
    payment = sale_approved(tx, payment, 1);
    WORKS(sqlite_run(
        tx, "WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 101000)"
            " INSERT INTO card_transaction SELECT id + i, business, payment, i, device, created_ms,"
            " batch, 0, type, user, amount, currency, brand, kind, approval, card_token, first_six,"
            " last_four, holder, customer, printf('INV%06d', i), warning"
            " FROM card_transaction, n"));
    WORKS(sqlite_run(tx, "UPDATE counter SET last = (SELECT max(id) FROM card_transaction)"
                         " WHERE name = 'transaction'"));
    payment = sale_approved(tx, payment_of(&till, ""), 1);
    row = transaction(tx, till.business, payment.approved);
    number = strtoll(row.invoice + 3, NULL, 10);
    assert_in_range(number, 101001, 400000);
}

/* --- The card's token ------------------------------------------------------------------ */

static int64_t sale_by(struct store_tx *tx, const struct till *till, const char *reference)
{
    struct payment_row payment = payment_begin(tx, till);
    struct attempt_row attempt = attempt_of(1, true);

    attempt.card = card_of(reference);
    payment.approved = outcome_add(tx, &payment, &attempt, 1);
    payment_end(tx, &payment, PAYMENT_APPROVED);
    return payment.approved;
}

/* Only a person's word does without a card's facts. */
static void a_card_of_which_nothing_is_known_has_no_token(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct attempt_row attempt = attempt_of(1, true);
    struct transaction_row row;

    attempt.card = (struct card){.brand = CARD_UNKNOWN};
    payment.approved = outcome_add(tx, &payment, &attempt, 1);
    payment.payment.attempt = 1;
    payment_end(tx, &payment, PAYMENT_APPROVED);
    row = transaction(tx, till.business, payment.approved);
    assert_int_equal(row.brand, CARD_UNKNOWN);
    assert_string_equal(row.card_token, "");
    assert_string_equal(row.first_six, "");
    assert_int_equal(sqlite_run(tx, "UPDATE card_transaction SET brand = 0"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE attempt SET brand = 0"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE attempt SET reference = 'cardofada'"), FAIL_INVALID);
}

static void a_card_has_one_token_of_each_business(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till one = till_make(tx, "B");
    struct till two = till_make(tx, "C");
    struct transaction_row first = transaction(tx, one.business, sale_by(tx, &one, "firstcard"));
    struct transaction_row again = transaction(tx, one.business, sale_by(tx, &one, "firstcard"));
    struct transaction_row other = transaction(tx, one.business, sale_by(tx, &one, "othercard"));
    struct transaction_row foreign = transaction(tx, two.business, sale_by(tx, &two, "firstcard"));

    assert_string_equal(first.card_token, again.card_token);
    assert_string_not_equal(first.card_token, other.card_token);
    assert_string_not_equal(first.card_token, foreign.card_token);
}

/* --- The batch -------------------------------------------------------------------------- */

static void a_batch_is_of_one_device_and_one_currency_until_it_is_closed(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till next = {.business = till.business,
                        .device = device_add(tx, till.business, "S2", "two")};
    struct payment_row dollars = payment_of(&till, "");
    int64_t first = transaction(tx, 1, sale_by(tx, &till, "firstcard")).batch;

    assert_int_equal(transaction(tx, 1, sale_by(tx, &till, "othercard")).batch, first);
    assert_int_not_equal(transaction(tx, 1, sale_by(tx, &next, "firstcard")).batch, first);
    (void)snprintf(dollars.currency, sizeof(dollars.currency), "USD");
    dollars = sale_approved(tx, dollars, 1);
    assert_int_not_equal(transaction(tx, 1, dollars.approved).batch, first);
    WORKS(sqlite_run(tx, "UPDATE card_batch SET closed_ms = 5 WHERE id = 1"));
    assert_int_equal(first, 1);
    assert_int_not_equal(transaction(tx, 1, sale_by(tx, &till, "firstcard")).batch, first);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM card_batch"), 4);
    assert_int_equal(sqlite_run(tx, "INSERT INTO card_batch (business, device, currency, opened_ms)"
                                    " SELECT business, device, currency, 9 FROM card_batch"
                                    " WHERE closed_ms IS NULL"),
                     FAIL_CONFLICT);
}

/* --- Without the verbs -------------------------------------------------------------------- */

#define COPY_TRANSACTION(attempt, type)                                                            \
    "INSERT INTO card_transaction SELECT id + 1, business, payment, " attempt ", device,"          \
    " created_ms, batch, status, " type ", user, amount, currency, brand, kind, approval,"         \
    " card_token, first_six, last_four, holder, customer, invoice, warning FROM card_transaction"

static void the_database_itself_refuses_a_second_approval(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");

    (void)till_make(tx, "C");
    (void)sale_approved(tx, payment_of(&till, ""), 1);
    assert_int_equal(sqlite_run(tx, COPY_TRANSACTION("attempt + 1", "type")), FAIL_CONFLICT);
    WORKS(sqlite_run(tx, COPY_TRANSACTION("attempt", "2")));
    assert_int_equal(sqlite_run(tx, "UPDATE card_transaction SET business = 2"), FAIL_NOT_FOUND);
    assert_int_equal(sqlite_run(tx, "UPDATE card_transaction SET first_six = '4124939'"),
                     FAIL_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_transaction_says_all_that_is_known),
        VERB_TEST(a_declined_one_warns_with_its_reason),
        VERB_TEST(a_payment_is_approved_once_and_reversed_once),
        VERB_TEST(transactions_grow_by_random_gaps_in_a_series_of_their_own),
        VERB_TEST(ids_that_are_used_up_are_said),
        VERB_TEST(what_the_pos_did_not_name_gets_a_name_and_keeps_it),
        VERB_TEST(only_what_is_missing_is_given),
        VERB_TEST(a_cancelled_payment_takes_no_name),
        VERB_TEST(each_business_counts_for_itself),
        VERB_TEST(names_that_the_pos_has_used_are_passed_over),
        VERB_TEST(a_tills_long_series_is_leapt_over),
        VERB_TEST(a_card_of_which_nothing_is_known_has_no_token),
        VERB_TEST(a_card_has_one_token_of_each_business),
        VERB_TEST(a_batch_is_of_one_device_and_one_currency_until_it_is_closed),
        VERB_TEST(the_database_itself_refuses_a_second_approval),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
