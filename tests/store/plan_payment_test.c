/* How SQLite finds the rows of payments, and how many statements a sale costs:
 * it is what the writer does all day. */
#include "store/delivery.h"
#include "store/paying.h"
#include "store/read.h"

static bool plan_holds(struct store_tx *tx, const char *sql, const char *word)
{
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *plan;
    bool holds = false;

    assert_int_equal(sqlite3_prepare_v2(tx->handle, explain, -1, &plan, NULL), SQLITE_OK);
    sqlite3_free(explain);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        holds = holds || strstr((const char *)sqlite3_column_text(plan, 3), word) != NULL;
    }
    (void)sqlite3_finalize(plan);
    return holds;
}

static void ignore_deadline(void *context, const struct payment_deadline *row)
{
    (void)context;
    (void)row;
}

static void ignore_attempt(void *context, const struct attempt_row *row)
{
    (void)context;
    (void)row;
}

static void ignore_payment(void *context, const struct payment_row *row)
{
    (void)context;
    (void)row;
}

static void use_payments(struct store_tx *tx, const struct till *till)
{
    struct payment_row row = payment_of(till, "k");
    struct payment_row same = payment_of(till, "k");
    struct card card = card_of("cardofada");
    bool found;

    WORKS(store_payment_add(tx, &row));
    assert_int_equal(store_payment_add(tx, &same), FAIL_CONFLICT);
    same.key[0] = '\0';
    assert_int_equal(store_payment_add(tx, &same), FAIL_BUSY);
    WORKS(store_payment_find(tx, till->business, row.id, &same));
    WORKS(store_payments_open(tx, ignore_deadline, NULL));
    WORKS(store_payment_free_key(tx, till->business, row.id));
    WORKS(store_duplicate_find(tx, &row, &card, 0, &found));
    WORKS(read_payment_rows(tx, till->business, false, 10, ignore_payment, NULL));
    WORKS(read_payment_rows(tx, till->business, true, 10, ignore_payment, NULL));
    assert_int_equal(store_business_remove(tx, till->business), FAIL_BUSY);
    payment_end(tx, &row, PAYMENT_REFUSED);
}

static void use_outcomes(struct store_tx *tx, const struct till *till)
{
    const uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};
    struct payment_row row = sale_approved(tx, payment_of(till, ""), 5);
    struct attempt_row attempt = attempt_of(1, true);
    struct store_event event = {.business = till->business,
                                .kind = EVENT_CARD_TRANSACTION,
                                .payment = row.id,
                                .transaction = row.approved};
    struct transaction_row transaction;
    bool delivery;

    WORKS(store_attempt_save(tx, &row, &attempt));
    WORKS(store_attempt_find(tx, till->business, row.id, 1, &attempt));
    WORKS(store_attempts(tx, till->business, row.id, ignore_attempt, NULL));
    WORKS(store_transaction_find(tx, till->business, row.approved, &transaction));
    WORKS(store_webhook_set(tx, till->business, "https://x", 3, secret, 1));
    WORKS(store_event_add(tx, &event, &delivery));
}

static void on_payment(struct read_payment *query)
{
    (void)query;
}

static void on_payments(struct read_payments *query)
{
    (void)query;
}

static void on_transactions(struct read_transactions *query)
{
    (void)query;
}

/* The lists belong to a store of its own; what they run is run here again. */
static void use_lists(struct store_tx *tx, const struct till *till)
{
    static struct read_payment one;
    static struct read_payments some;
    struct read_transactions all[] = {
        {.limit = 1}, {.invoice = "i"}, {.customer = "c"}, {.card_token = "t"}, {.batch = 1}};
    struct fixture *other = fixture_make();
    size_t i;

    fixture_open(other, false);
    one = (struct read_payment){.business = till->business, .done = on_payment};
    read_payment_start(other->store, &one);
    (void)snprintf(one.code, sizeof(one.code), "%s", till->device.code);
    assert_int_equal(one.job.run(&one.job, tx), FAIL_NOT_FOUND);
    for (i = 0; i < 2; i++) {
        some = (struct read_payments){
            .business = till->business, .limit = 1, .open_only = i == 1, .done = on_payments};
        read_payments_start(other->store, &some);
        (void)snprintf(some.code, sizeof(some.code), "%s", till->device.code);
        WORKS(some.job.run(&some.job, tx));
    }
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        all[i].business = till->business;
        all[i].limit = 1;
        all[i].done = on_transactions;
        read_transactions_start(other->store, &all[i]);
        WORKS(all[i].job.run(&all[i].job, tx));
        free(all[i].rows);
    }
    fixture_remove(other);
}

static void use_every_verb(struct store_tx *tx)
{
    struct till till = till_make(tx, "B");

    use_payments(tx, &till);
    use_outcomes(tx, &till);
    use_lists(tx, &till);
    WORKS(store_business_set_processor(tx, till.business, 1));
    WORKS(store_business_remove(tx, till.business));
}

static bool is_ours(const char *sql)
{
    return sql != NULL && strncmp(sql, "PRAGMA", strlen("PRAGMA")) != 0;
}

/* What is open is few, and asked for once, at the start of a server. */
static void only_the_look_at_all_that_is_open_scans(void **state)
{
    struct store_tx *tx = verbs_of(state);
    unsigned statements = 0;
    unsigned scans = 0;
    size_t i;

    use_every_verb(tx);
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        const char *sql = tx->statements[i].sql;

        if (is_ours(sql) && plan_holds(tx, sql, "SCAN")) {
            scans++;
            if (!plan_holds(tx, sql, "SCAN payment USING INDEX payment_open")) {
                print_error("scans: %s\n", sql);
                assert_true(false);
            }
        }
        statements += is_ours(sql);
    }
    assert_true(statements > 50);
    assert_int_equal(scans, 1);
}

static void lists_come_in_order_from_an_index(void **state)
{
    static const struct {
        const char *sql;
        const char *plan;
    } lists[] = {
        {"INDEXED BY transaction_date", "transaction_date (business=? AND created_ms>"},
        {"INDEXED BY transaction_invoice", "(business=? AND invoice=? AND created_ms>"},
        {"INDEXED BY transaction_customer", "(business=? AND customer=? AND created_ms>"},
        {"INDEXED BY transaction_card", "(business=? AND card_token=? AND created_ms>"},
        {"INDEXED BY transaction_batch", "(business=? AND batch=? AND created_ms>"},
        {"INDEXED BY payment_device", "payment_device (business=? AND device=? AND rowid<"},
        {"FROM payment WHERE business = ?1 ORDER BY", "payment_1 (business=?)"},
        {"AND earlier.created_ms", "(business=? AND card_token=? AND created_ms>"},
    };
    struct store_tx *tx = verbs_of(state);
    size_t list;

    use_every_verb(tx);
    for (list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        unsigned found = 0;
        size_t i;

        for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
            const char *sql = tx->statements[i].sql;

            if (sql != NULL && strstr(sql, lists[list].sql) != NULL) {
                found++;
                if (!plan_holds(tx, sql, lists[list].plan) || plan_holds(tx, sql, "TEMP B-TREE")) {
                    print_error("not in order from its index: %s\n", sql);
                    assert_true(false);
                }
            }
        }
        assert_int_equal(found, 1);
    }
}

/* How many statements have run since it was asked last. */
static int statements_run(struct store_tx *tx)
{
    int runs = 0;
    size_t i;

    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        if (tx->statements[i].handle != NULL) {
            runs += sqlite3_stmt_status(tx->statements[i].handle, SQLITE_STMTSTATUS_RUN, 1);
        }
    }
    return runs;
}

static void a_sale_costs_few_statements(void **state)
{
    const uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct payment_row row = payment_of(&till, "key");
    struct attempt_row attempt = attempt_of(1, true);
    struct store_event event = {.business = till.business, .kind = EVENT_CARD_TRANSACTION};
    bool delivery;

    WORKS(store_webhook_set(tx, till.business, "https://x", 3, secret, 1));
    (void)sale_approved(tx, payment_of(&till, ""), 1); /* its card and batch are known */
    (void)statements_run(tx);
    WORKS(store_payment_add(tx, &row)); /* code, id, row */
    assert_int_equal(statements_run(tx), 3);
    WORKS(store_payment_find(tx, till.business, row.id, &row)); /* go */
    row.payment.state = PAYMENT_DISPLAYED;
    WORKS(store_payment_save(tx, &row));
    assert_int_equal(statements_run(tx), 3); /* with the trigger that guards what is final */
    WORKS(store_payment_find(tx, till.business, row.id, &row)); /* attempt and outcome */
    event.payment = row.id;
    event.transaction = row.approved = outcome_add(tx, &row, &attempt, 1);
    /* Attempt; card, batch, id, row; what was given, twice a number and a look, kept. */
    assert_int_equal(statements_run(tx), 1 + 1 + 4 + 1 + 4 + 1);
    WORKS(store_event_add(tx, &event, &delivery)); /* number, row, webhook, delivery */
    assert_int_equal(statements_run(tx), 4);
    payment_end(tx, &row, PAYMENT_APPROVED);
    assert_int_equal(statements_run(tx), 2);
}

/* Foreign keys are looked up by the engine itself, in no plan: but it counts. */
static void a_sale_and_a_removal_cost_the_same_among_many(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "B");
    struct till other = till_make(tx, "C");
    int steps = 0;
    size_t i;

    (void)sale_approved(tx, payment_of(&other, ""), 1);
    WORKS(sqlite_run(
        tx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            " INSERT INTO card_transaction SELECT id + i, business, payment, i + 1, device, i,"
            " batch, 0, type, user, amount, currency, brand, kind, '', card_token, first_six,"
            " last_four, holder, customer, invoice, warning FROM card_transaction, n;"
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            " INSERT INTO event SELECT business, i, 1, 0, payment, id FROM card_transaction, n"
            " WHERE attempt = 1;"
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            " INSERT INTO card_batch (business, device, currency, opened_ms, closed_ms)"
            " SELECT business, device, 'USD', 1, 1 FROM card_batch, n;"
            "UPDATE counter SET last = last + 4000"));
    (void)sale_approved(tx, payment_of(&till, ""), 1);
    WORKS(store_business_remove(tx, till.business));
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        sqlite3_stmt *handle = tx->statements[i].handle;

        if (handle != NULL) {
            steps += sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 0);
        }
    }
    assert_in_range(steps, 100, 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(only_the_look_at_all_that_is_open_scans),
        VERB_TEST(lists_come_in_order_from_an_index),
        VERB_TEST(a_sale_costs_few_statements),
        VERB_TEST(a_sale_and_a_removal_cost_the_same_among_many),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
