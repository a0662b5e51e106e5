/* Attempts: a number is authorised once; and which approval of the same card
 * makes a suspected duplicate. */
#include "store/paying.h"

/* --- Attempts --------------------------------------------------------------------- */

static void an_attempt_is_found_as_it_was_added_and_saved(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct attempt_row row = {.number = 1,
                              .began_ms = 5,
                              .due_ms = 10005,
                              .duplicate = true,
                              .card = {.brand = CARD_INTERAC,
                                       .kind = CARD_DEBIT,
                                       .entry = CARD_SWIPE,
                                       .first_six = "450644",
                                       .last_four = "0001",
                                       .holder = "",
                                       .reference = "interacofada"}};
    struct attempt_row same;

    WORKS(store_attempt_add(tx, &payment, &row));
    WORKS(store_attempt_find(tx, till.business, payment.id, 1, &same));
    assert_memory_equal(&same, &row, sizeof(row));
    row.ended_ms = 10006;
    row.approved = true;
    (void)snprintf(row.approval_code, sizeof(row.approval_code), "AB12CD");
    row.transaction = 20000001;
    WORKS(store_attempt_save(tx, &payment, &row));
    WORKS(store_attempt_find(tx, till.business, payment.id, 1, &same));
    assert_memory_equal(&same, &row, sizeof(row));
    row.approved = false;
    (void)snprintf(row.reason, sizeof(row.reason), "Transaction Declined: INVALID CARD");
    memset(row.approval_code, 0, sizeof(row.approval_code));
    WORKS(store_attempt_save(tx, &payment, &row));
    WORKS(store_attempt_find(tx, till.business, payment.id, 1, &same));
    assert_memory_equal(&same, &row, sizeof(row));
    row.number = 2;
    assert_int_equal(store_attempt_save(tx, &payment, &row), FAIL_NOT_FOUND);
    assert_int_equal(store_attempt_find(tx, till.business, payment.id, 2, &same), FAIL_NOT_FOUND);
}

static void an_attempts_number_is_taken_once(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct payment_row unknown = payment;
    struct attempt_row first = attempt_of(1, false);
    struct attempt_row again = attempt_of(1, true);

    WORKS(store_attempt_add(tx, &payment, &first));
    assert_int_equal(store_attempt_add(tx, &payment, &again), FAIL_CONFLICT);
    again.number = 2;
    WORKS(store_attempt_add(tx, &payment, &again));
    unknown.id = 4711;
    assert_int_equal(store_attempt_add(tx, &unknown, &first), FAIL_NOT_FOUND);
    again.number = 0;
    assert_int_equal(store_attempt_add(tx, &payment, &again), FAIL_INVALID);
    again.number = PAYMENT_ATTEMPTS_MAX;
    WORKS(store_attempt_add(tx, &payment, &again));
    again.number = PAYMENT_ATTEMPTS_MAX + 1;
    assert_int_equal(store_attempt_add(tx, &payment, &again), FAIL_INVALID);
}

struct numbers {
    unsigned count;
    uint32_t seen[16];
};

static void take_number(void *context, const struct attempt_row *row)
{
    struct numbers *numbers = context;

    assert_true(numbers->count < 16);
    numbers->seen[numbers->count++] = row->number;
}

static void attempts_come_in_order_of_their_numbers(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct numbers numbers = {0};
    uint32_t number;

    for (number = PAYMENT_ATTEMPTS_MAX; number > 0; number--) {
        struct attempt_row row = attempt_of(number, false);

        WORKS(store_attempt_add(tx, &payment, &row));
    }
    WORKS(store_attempts(tx, till.business, payment.id, take_number, &numbers));
    assert_int_equal(numbers.count, PAYMENT_ATTEMPTS_MAX);
    for (number = 0; number < PAYMENT_ATTEMPTS_MAX; number++) {
        assert_int_equal(numbers.seen[number], number + 1);
    }
}

static void a_card_number_fits_nowhere(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row payment = payment_begin(tx, &till);
    struct attempt_row row = attempt_of(1, false);

    WORKS(store_attempt_add(tx, &payment, &row));
    assert_int_equal(sqlite_run(tx, "UPDATE attempt SET first_six = '4124939990'"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE attempt SET last_four = '99990'"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE attempt SET approval = '1234567'"), FAIL_INVALID);
    assert_int_equal(sqlite_run(tx, "UPDATE attempt SET ended_ms = NULL"), FAIL_INVALID);
}

/* --- The suspected duplicate ------------------------------------------------------------- */

static bool is_duplicate(struct store_tx *tx, const struct payment_row *payment,
                         const struct card *card, int64_t since_ms)
{
    bool found = !payment;

    WORKS(store_duplicate_find(tx, payment, card, since_ms, &found));
    return found;
}

static void the_same_card_holder_and_amount_is_a_duplicate_for_its_time(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till foreign = till_make(tx, "C");
    struct payment_row before = sale_approved(tx, payment_of(&till, ""), 500);
    struct payment_row payment = payment_begin(tx, &till);
    struct payment_row theirs = payment_begin(tx, &foreign);
    struct card card = card_of("cardofada");
    struct card other = card_of("othercard");

    assert_true(is_duplicate(tx, &payment, &card, 500));
    assert_false(is_duplicate(tx, &payment, &card, 501));
    assert_false(is_duplicate(tx, &before, &card, 0)); /* not of itself */
    assert_false(is_duplicate(tx, &theirs, &card, 0));
    assert_false(is_duplicate(tx, &payment, &other, 0));
    other = card;
    (void)snprintf(other.holder, sizeof(other.holder), "BOB");
    assert_false(is_duplicate(tx, &payment, &other, 0));
    payment.amount_minor++;
    assert_false(is_duplicate(tx, &payment, &card, 0));
    payment.amount_minor--;
    (void)snprintf(payment.currency, sizeof(payment.currency), "USD");
    assert_false(is_duplicate(tx, &payment, &card, 0));
}

static void what_was_declined_or_refunded_makes_no_duplicate(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row refund = payment_of(&till, "");
    struct payment_row payment = payment_begin(tx, &till);
    struct attempt_row declined = attempt_of(1, false);
    struct card card = card_of("cardofada");

    (void)outcome_add(tx, &payment, &declined, 500);
    payment_end(tx, &payment, PAYMENT_DECLINED);
    refund.payment.kind = PAYMENT_REFUND;
    (void)sale_approved(tx, refund, 500);
    payment = payment_begin(tx, &till);
    assert_false(is_duplicate(tx, &payment, &card, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(an_attempt_is_found_as_it_was_added_and_saved),
        VERB_TEST(an_attempts_number_is_taken_once),
        VERB_TEST(attempts_come_in_order_of_their_numbers),
        VERB_TEST(a_card_number_fits_nowhere),
        VERB_TEST(the_same_card_holder_and_amount_is_a_duplicate_for_its_time),
        VERB_TEST(what_was_declined_or_refunded_makes_no_duplicate),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
