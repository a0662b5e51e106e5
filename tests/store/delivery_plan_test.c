/* How SQLite finds webhooks and deliveries: no look-up reads a table from end
 * to end, and nothing is sorted that an index has in order. */
#include "store/delivery.h"
#include "store/paying.h"

static void ignore_row(void *context, const struct delivery_row *row)
{
    (void)context;
    (void)row;
}

static void ignore_id(void *context, int64_t id)
{
    (void)context;
    (void)id;
}

static void ignore_attempt(void *context, const struct delivery_attempt *row)
{
    (void)context;
    (void)row;
}

static void use_webhooks(struct store_tx *tx, int64_t business)
{
    uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};
    struct webhook webhook;

    WORKS(store_webhook_set(tx, business, "https://x/", 3, secret, 1));
    WORKS(store_webhook_find(tx, business, &webhook));
    WORKS(store_webhook_rotate(tx, business, secret, 5));
}

static void use_deliveries(struct store_tx *tx, const struct till *till)
{
    struct payment_row payment = payment_begin(tx, till);
    struct store_event event = {.business = till->business,
                                .kind = EVENT_TERMINAL_CANCEL,
                                .payment = payment.id,
                                .at_ms = 1};
    struct store_due due = {.business = till->business, .latest_ms = 9, .limit = 4};
    struct delivery_attempt attempt = {.status = 500};
    struct delivery_row row;
    int64_t number;
    bool delivery;
    int state;

    payment_end(tx, &payment, PAYMENT_CANCELLED);
    WORKS(store_event_add(tx, &event, &delivery));
    WORKS(store_deliveries_businesses(tx, 0, 2, ignore_id, NULL));
    WORKS(store_deliveries_due(tx, &due, ignore_row, NULL));
    WORKS(store_delivery_find(tx, till->business, 1, &row));
    row.attempts = 1;
    row.next_ms = 5;
    WORKS(store_delivery_attempted(tx, &row, &attempt));
    WORKS(store_deliveries_next(tx, &due, &number));
    WORKS(store_delivery_failing(tx, till->business, &row));
    WORKS(store_delivery_resend(tx, till->business, 1, 1));
    WORKS(store_deliveries_resend_dead(tx, till->business, 1, &number));
    WORKS(store_delivery_attempts(tx, till->business, 1, ignore_attempt, NULL));
    for (state = -1; state <= DELIVERY_DEAD; state++) {
        WORKS(store_deliveries(tx, till->business, state, 5, ignore_row, NULL));
    }
    WORKS(store_webhook_remove(tx, till->business, 1));
}

/* The plan in one text. */
static void plan_of(struct store_tx *tx, const char *sql, char *out, size_t size)
{
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *plan;
    size_t length = 0;

    assert_int_equal(sqlite3_prepare_v2(tx->handle, explain, -1, &plan, NULL), SQLITE_OK);
    sqlite3_free(explain);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        length += (size_t)snprintf(out + length, size - length, "%s\n",
                                   (const char *)sqlite3_column_text(plan, 3));
        assert_true(length < size);
    }
    (void)sqlite3_finalize(plan);
}

/* Of the rows that a piece of a list has: at most its limit. */
static bool is_piece(const char *sql)
{
    return strstr(sql, "FROM (SELECT") != NULL;
}

static void every_look_up_has_its_index(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = till_make(tx, "one");
    unsigned looked = 0;
    size_t i;

    use_webhooks(tx, till.business);
    use_deliveries(tx, &till);
    for (i = 0; i < SQLITE_STATEMENT_SLOTS; i++) {
        const char *sql = tx->statements[i].sql;
        char plan[2048] = "";

        if (sql == NULL || (strstr(sql, "delivery") == NULL && strstr(sql, "webhook") == NULL)) {
            continue;
        }
        plan_of(tx, sql, plan, sizeof(plan));
        if (!is_piece(sql) && (strstr(plan, "SCAN") != NULL || strstr(plan, "B-TREE") != NULL)) {
            print_error("%s\n%s\n", sql, plan);
            assert_true(false);
        }
        looked++;
    }
    assert_true(looked >= 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(every_look_up_has_its_index),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
