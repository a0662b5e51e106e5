/* Payments: one of a key, one open on a device, and nothing changes after the
 * end. The verbs say so, and so does the database without them. */
#include "store/paying.h"

static struct payment_row found(struct store_tx *tx, const struct payment_row *row)
{
    struct payment_row out = {0};

    WORKS(store_payment_find(tx, row->business, row->id, &out));
    return out;
}

/* --- A new one ------------------------------------------------------------------ */

static void what_is_added_is_found_whole(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_of(&till, "key one");
    struct payment_row same;

    row.payment = (struct payment){.kind = PAYMENT_REFUND,
                                   .authority = AUTHORITY_TERMINAL,
                                   .state = PAYMENT_AUTHORISING,
                                   .attempt = 3,
                                   .declined = true,
                                   .reverse_if_approved = true,
                                   .cancel_asked = REASON_POS,
                                   .deadline_ms = 99};
    row.original = 20000001;
    (void)snprintf(row.invoice, sizeof(row.invoice), "INV-\xc3\xa9");
    (void)snprintf(row.customer, sizeof(row.customer), "CST-1");
    WORKS(store_payment_add(tx, &row));
    assert_string_equal(row.code, till.device.code);
    same = found(tx, &row);
    assert_memory_equal(&same, &row, sizeof(row));
    WORKS(store_payment_by_key(tx, till.business, "key one", &same));
    assert_memory_equal(&same, &row, sizeof(row));
    WORKS(store_payment_open(tx, till.business, till.device.id, &same));
    assert_memory_equal(&same, &row, sizeof(row));
}

static void texts_at_their_limit_fit_and_one_more_does_not(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_of(&till, "");
    struct payment_row same;
    int i;

    for (i = 0; i < PAYMENT_INVOICE_MAX; i++) {
        (void)snprintf(row.invoice + i * 4, 5, "\xf0\x9f\x92\xb3");
    }
    memset(row.key, 'k', PAYMENT_KEY_MAX);
    row.amount_minor = 999999999;
    WORKS(store_payment_add(tx, &row));
    same = found(tx, &row);
    assert_memory_equal(&same, &row, sizeof(row));
    payment_end(tx, &row, PAYMENT_CANCELLED);
    row = payment_of(&till, "");
    row.amount_minor = 1000000000;
    assert_int_equal(store_payment_add(tx, &row), FAIL_INVALID);
    row.amount_minor = 0;
    assert_int_equal(store_payment_add(tx, &row), FAIL_INVALID);
    row.amount_minor = 1;
    memset(row.customer, 'c', PAYMENT_INVOICE_MAX + 1);
    assert_int_equal(store_payment_add(tx, &row), FAIL_INVALID);
}

static void ids_begin_near_twenty_million_and_grow_by_random_gaps(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    int64_t last = 0;
    bool gaps[65] = {false};
    int different = 0;
    int i;

    for (i = 0; i < 200; i++) {
        struct payment_row row = payment_begin(tx, &till);

        if (i == 0) {
            assert_in_range(row.id, 19000000, 20999999);
        } else {
            assert_in_range(row.id - last, 1, 64);
            different += !gaps[row.id - last];
            gaps[row.id - last] = true;
        }
        last = row.id;
        payment_end(tx, &row, PAYMENT_REFUSED);
    }
    assert_true(different > 20);
}

/* 64 in every byte: the smallest of 64 gaps, and no number that is thrown again. */
static void smallest_gap(void *context, void *out, size_t length)
{
    (void)context;
    memset(out, 64, length);
}

static void ids_end_where_json_is_not_exact_any_more(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_begin(tx, &till);

    payment_end(tx, &row, PAYMENT_REFUSED);
    WORKS(sqlite_run(tx, "UPDATE counter SET last = 9007199254740990 WHERE name = 'payment'"));
    id_replace(smallest_gap, NULL);
    row = payment_begin(tx, &till);
    assert_int_equal(row.id, 9007199254740991);
    payment_end(tx, &row, PAYMENT_REFUSED);
    row = payment_of(&till, "");
    assert_int_equal(store_payment_add(tx, &row), FAIL_LIMIT);
    id_replace(NULL, NULL);
    assert_int_equal(row.id, 0);
}

static void the_first_id_is_another_one_in_every_database(void **state)
{
    int64_t first = 0;
    int different = 0;
    int i;

    (void)state;
    for (i = 0; i < 4; i++) {
        void *own = NULL;
        struct till till;
        struct payment_row row;

        assert_int_equal(verbs_setup(&own), 0);
        till = till_make(verbs_of(&own), "B");
        row = payment_begin(verbs_of(&own), &till);
        different += row.id != first;
        first = row.id;
        fixture_remove(own);
    }
    assert_true(different >= 3);
}

static void a_device_takes_one_payment_at_a_time(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till next = {.business = till.business,
                        .device = device_add(tx, till.business, "S2", "two")};
    struct payment_row row = payment_begin(tx, &till);
    struct payment_row other = payment_of(&till, "k");
    int state_now;

    for (state_now = PAYMENT_OFFERED; state_now < PAYMENT_APPROVED; state_now++) {
        row.payment.state = (enum payment_state)state_now;
        WORKS(store_payment_save(tx, &row));
        assert_int_equal(store_payment_add(tx, &other), FAIL_BUSY);
    }
    assert_int_equal(other.id, 0);
    (void)payment_begin(tx, &next);
    payment_end(tx, &row, PAYMENT_EXPIRED);
    WORKS(store_payment_add(tx, &other));
}

static void a_key_belongs_to_one_payment_until_it_is_freed(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till foreign = till_make(tx, "C");
    struct payment_row row = payment_of(&till, "k");
    struct payment_row same = payment_of(&till, "k");
    struct payment_row theirs = payment_of(&foreign, "k");

    WORKS(store_payment_add(tx, &row));
    WORKS(store_payment_add(tx, &theirs)); /* a key space of its own */
    /* Its device is busy too, with this very request. */
    assert_int_equal(store_payment_add(tx, &same), FAIL_CONFLICT);
    payment_end(tx, &row, PAYMENT_REFUSED);
    assert_int_equal(store_payment_add(tx, &same), FAIL_CONFLICT);
    WORKS(store_payment_free_key(tx, till.business, row.id));
    assert_int_equal(store_payment_by_key(tx, till.business, "k", &row), FAIL_NOT_FOUND);
    WORKS(store_payment_add(tx, &same));
    WORKS(store_payment_by_key(tx, till.business, "k", &row));
    assert_int_equal(row.id, same.id);
    row = found(tx, &row);
    assert_string_equal(row.key, "k");
}

static void no_key_is_no_conflict(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_begin(tx, &till);

    payment_end(tx, &row, PAYMENT_CANCELLED);
    row = payment_begin(tx, &till);
    assert_string_equal(found(tx, &row).key, "");
    assert_int_equal(store_payment_by_key(tx, till.business, "", &row), FAIL_NOT_FOUND);
}

static void a_device_that_is_not_there_takes_none(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till foreign = till_make(tx, "C");
    struct payment_row row = payment_of(&till, "");

    row.device = foreign.device.id;
    assert_int_equal(store_payment_add(tx, &row), FAIL_NOT_FOUND);
    row.device = 4711;
    assert_int_equal(store_payment_add(tx, &row), FAIL_NOT_FOUND);
    row.device = till.device.id;
    WORKS(store_device_remove(tx, till.business, till.device.id));
    assert_int_equal(store_payment_add(tx, &row), FAIL_NOT_FOUND);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM payment"), 0);
}

/* --- Its life --------------------------------------------------------------------- */

static void what_is_saved_is_found(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_of(&till, "k");
    struct payment_row same;

    WORKS(store_payment_add(tx, &row));
    row.payment.state = PAYMENT_RETRY;
    row.payment.attempt = 2;
    row.payment.declined = true;
    row.payment.reverse_if_approved = true;
    row.payment.cancel_asked = REASON_TIME;
    row.payment.deadline_ms = 55;
    WORKS(store_payment_save(tx, &row));
    same = found(tx, &row);
    assert_memory_equal(&same, &row, sizeof(row));
    row.payment.state = PAYMENT_CANCELLED;
    row.payment.reason = REASON_CASHIER;
    row.payment.reversed = true;
    row.payment.deadline_ms = 0;
    row.approved = 20000005;
    row.ended_ms = 56;
    WORKS(store_payment_save(tx, &row));
    same = found(tx, &row);
    assert_memory_equal(&same, &row, sizeof(row));
    assert_int_equal(store_payment_open(tx, till.business, till.device.id, &same), FAIL_NOT_FOUND);
}

static void nothing_changes_after_the_end(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    int final;

    for (final = PAYMENT_APPROVED; final < PAYMENT_STATES; final++) {
        struct payment_row row = payment_begin(tx, &till);
        struct payment_row changed;

        row.approved = final == PAYMENT_APPROVED ? 20000001 : 0;
        payment_end(tx, &row, (enum payment_state) final);
        WORKS(store_payment_save(tx, &row)); /* the same again is no change */
        changed = row;
        changed.payment.state = final == PAYMENT_DECLINED ? PAYMENT_EXPIRED : PAYMENT_DECLINED;
        changed.approved = 0;
        assert_int_equal(store_payment_save(tx, &changed), FAIL_CONFLICT);
        changed = row;
        changed.payment.state = PAYMENT_UNKNOWN;
        changed.approved = 0;
        changed.ended_ms = 0;
        assert_int_equal(store_payment_save(tx, &changed), FAIL_CONFLICT);
        changed = row;
        changed.payment.reason = REASON_LOST;
        assert_int_equal(store_payment_save(tx, &changed), FAIL_CONFLICT);
        changed = found(tx, &row);
        assert_memory_equal(&changed, &row, sizeof(row));
    }
}

static void a_cancelled_one_is_not_reversed_later(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_begin(tx, &till);

    payment_end(tx, &row, PAYMENT_CANCELLED);
    row.payment.reversed = true;
    row.approved = 20000001;
    assert_int_equal(store_payment_save(tx, &row), FAIL_CONFLICT);
}

static void an_end_has_its_time_and_an_approval_its_transaction(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_begin(tx, &till);

    row.payment.state = PAYMENT_EXPIRED;
    assert_int_equal(store_payment_save(tx, &row), FAIL_INVALID);
    row.payment.state = PAYMENT_RETRY;
    row.ended_ms = 5;
    assert_int_equal(store_payment_save(tx, &row), FAIL_INVALID);
    row.payment.state = PAYMENT_APPROVED;
    assert_int_equal(store_payment_save(tx, &row), FAIL_INVALID);
    row.payment.state = PAYMENT_DECLINED;
    row.approved = 20000001;
    assert_int_equal(store_payment_save(tx, &row), FAIL_INVALID);
    row.payment.reversed = true; /* only a cancelled one is */
    assert_int_equal(store_payment_save(tx, &row), FAIL_INVALID);
    row.payment.state = PAYMENT_CANCELLED;
    WORKS(store_payment_save(tx, &row));
}

struct deadlines {
    unsigned count;
    struct payment_deadline rows[8];
};

static void take_deadline(void *context, const struct payment_deadline *row)
{
    struct deadlines *deadlines = context;

    assert_true(deadlines->count < 8);
    deadlines->rows[deadlines->count++] = *row;
}

static void what_is_open_comes_soonest_deadline_first(void **state)
{
    static const int64_t deadlines_ms[] = {0, 900, 100, 500};
    struct store_tx *tx = verbs_of(state);
    struct deadlines seen = {0};
    struct payment_row ended;
    struct till till = till_make(tx, "other business");
    int i;

    WORKS(store_payments_open(tx, take_deadline, &seen));
    assert_int_equal(seen.count, 0);
    ended = payment_begin(tx, &till);
    payment_end(tx, &ended, PAYMENT_REFUSED);
    for (i = 0; i < 4; i++) {
        char name[16];
        struct payment_row row;

        (void)snprintf(name, sizeof(name), "B%d", i);
        till = till_make(tx, name);
        row = payment_begin(tx, &till);
        row.payment.state = PAYMENT_RETRY;
        row.payment.deadline_ms = deadlines_ms[i];
        WORKS(store_payment_save(tx, &row));
    }
    WORKS(store_payments_open(tx, take_deadline, &seen));
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.rows[0].deadline_ms, 100);
    assert_int_equal(seen.rows[1].deadline_ms, 500);
    assert_int_equal(seen.rows[2].deadline_ms, 900);
    assert_int_equal(seen.rows[3].deadline_ms, 0);
    assert_int_equal(seen.rows[0].state, PAYMENT_RETRY);
    assert_int_equal(seen.rows[3].business, till.business - 3);
    assert_true(seen.rows[0].payment > seen.rows[2].payment);
}

/* --- Without the verbs -------------------------------------------------------------- */

/* Another row like the one that is there, with this key. */
#define COPY_PAYMENT(key)                                                                          \
    "INSERT INTO payment SELECT id + 1, business, device, token, kind, authority, state, reason,"  \
    " attempt, declined, reverse, reversed, cancel_asked, currency, amount, invoice, customer,"    \
    " NULL, NULL, original, " key ", approved, created_ms, deadline_ms, ended_ms FROM payment"

static void the_database_itself_refuses_a_second_one(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till foreign = till_make(tx, "C");
    struct payment_row row = payment_of(&till, "k");

    WORKS(store_payment_add(tx, &row));
    /* Open on the device. */
    assert_int_equal(sqlite_run(tx, COPY_PAYMENT("NULL")), FAIL_CONFLICT);
    payment_end(tx, &row, PAYMENT_CANCELLED);
    /* Of the key. */
    assert_int_equal(sqlite_run(tx, COPY_PAYMENT("key")), FAIL_CONFLICT);
    /* On a device of another business. */
    assert_int_equal(sqlite_run(tx, "UPDATE payment SET device = (SELECT max(id) FROM device)"),
                     FAIL_NOT_FOUND);
    assert_int_equal(foreign.device.id, number_of(tx, "SELECT max(id) FROM device"));
    assert_int_equal(number_of(tx, "SELECT count(*) FROM payment"), 1);
}

static void the_database_itself_keeps_what_is_final(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_begin(tx, &till);

    payment_end(tx, &row, PAYMENT_DECLINED);
    assert_int_equal(sqlite_run(tx, "UPDATE payment SET state = 3, ended_ms = NULL"),
                     FAIL_CONFLICT);
    assert_int_equal(sqlite_run(tx, "UPDATE payment SET state = 5, approved = 9"), FAIL_CONFLICT);
    WORKS(sqlite_run(tx, "UPDATE payment SET key = NULL"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(what_is_added_is_found_whole),
        VERB_TEST(texts_at_their_limit_fit_and_one_more_does_not),
        VERB_TEST(ids_begin_near_twenty_million_and_grow_by_random_gaps),
        VERB_TEST(ids_end_where_json_is_not_exact_any_more),
        cmocka_unit_test(the_first_id_is_another_one_in_every_database),
        VERB_TEST(a_device_takes_one_payment_at_a_time),
        VERB_TEST(a_key_belongs_to_one_payment_until_it_is_freed),
        VERB_TEST(no_key_is_no_conflict),
        VERB_TEST(a_device_that_is_not_there_takes_none),
        VERB_TEST(what_is_saved_is_found),
        VERB_TEST(nothing_changes_after_the_end),
        VERB_TEST(a_cancelled_one_is_not_reversed_later),
        VERB_TEST(an_end_has_its_time_and_an_approval_its_transaction),
        VERB_TEST(what_is_open_comes_soonest_deadline_first),
        VERB_TEST(the_database_itself_refuses_a_second_one),
        VERB_TEST(the_database_itself_keeps_what_is_final),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
