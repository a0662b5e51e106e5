/* Whose payments are: they stay with the device's code, and go with their
 * business. */
#include "store/paying.h"

static struct payment_row found(struct store_tx *tx, const struct payment_row *row)
{
    struct payment_row out = {0};

    WORKS(store_payment_find(tx, row->business, row->id, &out));
    return out;
}

/* --- The device it was made on ------------------------------------------------------ */

static void payments_stay_with_the_code_when_a_terminal_is_replaced(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till broken = till_make(tx, "S1");
    struct till spare = {.business = broken.business,
                         .device = device_add(tx, broken.business, "S2", "two")};
    struct payment_row of_broken = payment_begin(tx, &broken);
    struct payment_row of_spare = payment_begin(tx, &spare);
    struct store_replacement replacement = {
        .business = broken.business, .device = broken.device.id, .serial = "S2"};
    struct device device;

    WORKS(store_device_replace(tx, &replacement));
    WORKS(store_device_by_serial(tx, broken.business, "S2", &device));
    assert_string_equal(device.code, broken.device.code);
    assert_int_equal(found(tx, &of_broken).device, device.id);
    assert_string_equal(found(tx, &of_broken).code, device.code);
    /* The spare's own stay with the code that it had. */
    assert_int_equal(found(tx, &of_spare).device, spare.device.id);
    assert_string_equal(found(tx, &of_spare).code, spare.device.code);
}

static void payments_of_a_removed_device_live_on(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_begin(tx, &till);

    row.payment.state = PAYMENT_UNKNOWN;
    WORKS(store_payment_save(tx, &row));
    WORKS(store_device_remove(tx, till.business, till.device.id));
    assert_string_equal(found(tx, &row).code, till.device.code);
    payment_end(tx, &row, PAYMENT_CANCELLED);
    assert_int_equal(sqlite_run(tx, "DELETE FROM device"), FAIL_NOT_FOUND);
}

static void a_payment_of_a_device_without_a_code_has_none(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row;

    WORKS(sqlite_run(tx, "UPDATE device SET code = NULL"));
    row = payment_begin(tx, &till);
    assert_string_equal(row.code, "");
    assert_string_equal(found(tx, &row).code, "");
}

/* --- The business ------------------------------------------------------------------- */

static void a_business_has_its_processor(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    int64_t other = business_add(tx, "C");
    struct business row;

    WORKS(store_business_find(tx, business, &row));
    assert_int_equal(row.processor, 0);
    WORKS(store_business_set_processor(tx, business, 1));
    WORKS(store_business_find(tx, business, &row));
    assert_int_equal(row.processor, 1);
    WORKS(store_business_find(tx, other, &row));
    assert_int_equal(row.processor, 0);
    assert_int_equal(store_business_set_processor(tx, business, 2), FAIL_INVALID);
    assert_int_equal(store_business_set_processor(tx, 4711, 1), FAIL_NOT_FOUND);
}

static void a_business_goes_with_all_its_payments_but_not_with_an_open_one(void **state)
{
    static const char *const tables[] = {"payment",    "attempt", "card_transaction",
                                         "card_batch", "card",    "device"};
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till foreign = till_make(tx, "C");
    struct payment_row open;
    size_t i;

    (void)sale_approved(tx, payment_of(&till, ""), NOW_MS);
    (void)sale_approved(tx, payment_of(&foreign, ""), NOW_MS);
    WORKS(sqlite_run(tx,
                     "INSERT INTO event SELECT business, 1, 1, 0, payment, id FROM"
                     " card_transaction;"
                     "INSERT INTO webhook SELECT id, 'https://x', 3, zeroblob(32), NULL, NULL, 1"
                     " FROM business;"
                     "INSERT INTO delivery (business, event, payment, message_id, state,"
                     " attempts, next_ms, created_ms) SELECT business, 1, payment, 'msg_' ||"
                     " business, 0, 0, 1, 1 FROM event;"
                     "INSERT INTO delivery_attempt SELECT id, 1, 1, 1, 500, '' FROM delivery"));
    open = payment_begin(tx, &till);
    assert_int_equal(store_business_remove(tx, till.business), FAIL_BUSY);
    open.payment.state = PAYMENT_UNKNOWN;
    WORKS(store_payment_save(tx, &open));
    assert_int_equal(store_business_remove(tx, till.business), FAIL_BUSY);
    payment_end(tx, &open, PAYMENT_CANCELLED);
    WORKS(store_business_remove(tx, till.business));
    assert_int_equal(store_business_remove(tx, till.business), FAIL_NOT_FOUND);
    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char sql[96];

        (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE business = %d", tables[i],
                       (int)till.business);
        assert_int_equal(number_of(tx, sql), 0);
        (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(number_of(tx, sql), 1);
    }
    assert_int_equal(number_of(tx, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM"
                                   " webhook) + (SELECT count(*) FROM delivery)"
                                   " + (SELECT count(*) FROM delivery_attempt)"),
                     4);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM counter WHERE business = 1"), 0);
    assert_int_equal(number_of(tx, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(payments_stay_with_the_code_when_a_terminal_is_replaced),
        VERB_TEST(payments_of_a_removed_device_live_on),
        VERB_TEST(a_payment_of_a_device_without_a_code_has_none),
        VERB_TEST(a_business_has_its_processor),
        VERB_TEST(a_business_goes_with_all_its_payments_but_not_with_an_open_one),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
