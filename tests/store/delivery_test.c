/* Webhooks and deliveries: what waits, in which order, and what came of it. */
#include "store/delivery.h"
#include "store/paying.h"

enum { ROWS_MAX = 16, FAR_MS = 1000000 };
#define URL "https://pos.example/hook"

struct heard {
    unsigned count;
    struct delivery_row rows[ROWS_MAX];
};

static void hear(void *context, const struct delivery_row *row)
{
    struct heard *heard = context;

    assert_true(heard->count < ROWS_MAX);
    heard->rows[heard->count++] = *row;
}

struct heard_ids {
    unsigned count;
    int64_t ids[ROWS_MAX];
};

static void hear_id(void *context, int64_t id)
{
    struct heard_ids *heard = context;

    heard->ids[heard->count++] = id;
}

struct heard_attempts {
    unsigned count;
    struct delivery_attempt rows[ROWS_MAX];
};

static void hear_attempt(void *context, const struct delivery_attempt *row)
{
    struct heard_attempts *heard = context;

    heard->rows[heard->count++] = *row;
}

static void secret_of(uint8_t first, uint8_t secret[WEBHOOK_SECRET_SIZE])
{
    memset(secret, first, WEBHOOK_SECRET_SIZE);
}

/* A till whose business has a webhook for everything. */
static struct till hooked(struct store_tx *tx, const char *name)
{
    struct till till = till_make(tx, name);
    uint8_t secret[WEBHOOK_SECRET_SIZE];

    secret_of(1, secret);
    WORKS(store_webhook_set(tx, till.business, URL, 3, secret, NOW_MS));
    return till;
}

static void event_add(struct store_tx *tx, const struct payment_row *payment, int64_t transaction)
{
    struct store_event event = {.business = payment->business,
                                .kind = transaction == 0 ? EVENT_TERMINAL_CANCEL
                                                         : EVENT_CARD_TRANSACTION,
                                .payment = payment->id,
                                .transaction = transaction,
                                .at_ms = NOW_MS + 7};
    bool delivery = false;

    WORKS(store_event_add(tx, &event, &delivery));
    assert_true(delivery);
}

/* A payment that has ended, with so many transactions told of; each is a delivery. */
static struct payment_row told(struct store_tx *tx, const struct till *till, unsigned transactions)
{
    struct payment_row row = payment_begin(tx, till);
    unsigned i;

    payment_end(tx, &row, PAYMENT_DECLINED);
    for (i = 1; i <= transactions; i++) {
        event_add(tx, &row, row.id * 100 + i);
    }
    return row;
}

static struct heard due(struct store_tx *tx, int64_t business, int64_t now_ms, unsigned limit)
{
    struct store_due query = {
        .business = business, .now_ms = now_ms, .latest_ms = now_ms + FAR_MS, .limit = limit};
    struct heard heard = {0};

    WORKS(store_deliveries_due(tx, &query, hear, &heard));
    return heard;
}

static struct delivery_row found(struct store_tx *tx, int64_t business, int64_t id)
{
    struct delivery_row row;

    WORKS(store_delivery_find(tx, business, id, &row));
    return row;
}

/* One attempt more: it waits until `next_ms`; 0: it is over, as `state` says. */
static enum fail attempted(struct store_tx *tx, struct delivery_row row, int status,
                           enum delivery_state state, int64_t next_ms)
{
    struct delivery_attempt attempt = {
        .at_ms = NOW_MS + 20, .took_ms = 3, .status = status, .problem = "so it is"};

    row.attempts++;
    row.state = state;
    row.next_ms = next_ms;
    row.ended_ms = state == DELIVERY_WAITING ? 0 : NOW_MS + 30;
    return store_delivery_attempted(tx, &row, &attempt);
}

/* --- Webhooks ------------------------------------------------------------------ */

static void a_webhook_is_set_changed_rotated_and_removed(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    struct webhook webhook;

    secret_of(1, secret);
    assert_int_equal(store_webhook_find(tx, business, &webhook), FAIL_NOT_FOUND);
    assert_int_equal(store_webhook_set(tx, business, URL, 1, NULL, 5), FAIL_INVALID);
    assert_int_equal(store_webhook_set(tx, business + 1, URL, 1, secret, 5), FAIL_NOT_FOUND);
    assert_int_equal(store_webhook_set(tx, business + 1, URL, 1, NULL, 5), FAIL_NOT_FOUND);
    WORKS(store_webhook_set(tx, business, URL, 1, secret, 5));
    WORKS(store_webhook_find(tx, business, &webhook));
    assert_string_equal(webhook.url, URL);
    assert_int_equal(webhook.events, 1);
    assert_int_equal(webhook.created_ms, 5);
    assert_int_equal(webhook.business, business);
    assert_memory_equal(webhook.secret, secret, sizeof(secret));
    assert_false(webhook.has_old_secret);
    secret_of(9, secret); /* a change keeps the secret */
    WORKS(store_webhook_set(tx, business, "https://b/", 2, secret, 6));
    WORKS(store_webhook_find(tx, business, &webhook));
    assert_string_equal(webhook.url, "https://b/");
    assert_int_equal(webhook.events, 2);
    assert_int_equal(webhook.secret[0], 1);
    secret_of(2, secret);
    WORKS(store_webhook_rotate(tx, business, secret, 99));
    WORKS(store_webhook_find(tx, business, &webhook));
    assert_int_equal(webhook.secret[31], 2);
    assert_true(webhook.has_old_secret);
    assert_int_equal(webhook.old_secret[31], 1);
    assert_int_equal(webhook.old_until_ms, 99);
    secret_of(3, secret); /* the old one at once no more */
    WORKS(store_webhook_rotate(tx, business, secret, 0));
    WORKS(store_webhook_find(tx, business, &webhook));
    assert_false(webhook.has_old_secret);
    assert_int_equal(webhook.old_until_ms, 0);
    WORKS(store_webhook_remove(tx, business, 7));
    assert_int_equal(store_webhook_remove(tx, business, 7), FAIL_NOT_FOUND);
    assert_int_equal(store_webhook_rotate(tx, business, secret, 0), FAIL_NOT_FOUND);
}

static void what_waits_for_a_removed_webhook_is_dead(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct till other = hooked(tx, "two");
    int64_t count = 0;

    (void)told(tx, &till, 2);
    (void)told(tx, &other, 1);
    WORKS(attempted(tx, found(tx, till.business, 1), 200, DELIVERY_DELIVERED, 0));
    WORKS(store_webhook_remove(tx, till.business, 77));
    assert_int_equal(found(tx, till.business, 1).state, DELIVERY_DELIVERED);
    assert_int_equal(found(tx, till.business, 2).state, DELIVERY_DEAD);
    assert_int_equal(found(tx, till.business, 2).ended_ms, 77);
    assert_int_equal(found(tx, other.business, 3).state, DELIVERY_WAITING);
    /* without a webhook nothing is sent again */
    assert_int_equal(store_delivery_resend(tx, till.business, 2, 80), FAIL_CONFLICT);
    assert_int_equal(store_deliveries_resend_dead(tx, till.business, 80, &count), FAIL_CONFLICT);
}

/* --- What may be sent ------------------------------------------------------------- */

static void a_delivery_holds_what_its_body_says(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct payment_row payment = payment_of(&till, "");
    struct delivery_row row;

    (void)snprintf(payment.invoice, sizeof(payment.invoice), "INV1");
    (void)snprintf(payment.customer, sizeof(payment.customer), "CST1");
    WORKS(store_payment_add(tx, &payment));
    payment_end(tx, &payment, PAYMENT_CANCELLED);
    event_add(tx, &payment, 0);
    event_add(tx, &payment, 25764674);
    row = found(tx, till.business, 1);
    assert_int_equal(row.kind, EVENT_TERMINAL_CANCEL);
    assert_int_equal(row.event, 1);
    assert_int_equal(row.payment, payment.id);
    assert_int_equal(row.at_ms, NOW_MS + 7);
    assert_int_equal(row.created_ms, NOW_MS + 7);
    assert_int_equal(row.amount_minor, 1234);
    assert_int_equal(row.transaction, 0);
    assert_string_equal(row.code, till.device.code);
    assert_string_equal(row.currency, "CAD");
    assert_string_equal(row.invoice, "INV1");
    assert_string_equal(row.customer, "CST1");
    assert_memory_equal(row.message_id, "msg_", 4);
    assert_int_equal(strlen(row.message_id), 31);
    assert_int_equal(found(tx, till.business, 2).kind, EVENT_CARD_TRANSACTION);
    assert_int_equal(found(tx, till.business, 2).transaction, 25764674);
    assert_string_not_equal(found(tx, till.business, 2).message_id, row.message_id);
}

static void of_a_payment_only_the_oldest_that_waits_may_be_sent(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct heard heard;

    (void)told(tx, &till, 3); /* 1 2 3 */
    (void)told(tx, &till, 2); /* 4 5 */
    heard = due(tx, till.business, NOW_MS + 100, ROWS_MAX);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.rows[0].id, 1);
    assert_int_equal(heard.rows[1].id, 4);
    WORKS(attempted(tx, heard.rows[0], 200, DELIVERY_DELIVERED, 0));
    WORKS(attempted(tx, heard.rows[1], 404, DELIVERY_WAITING, NOW_MS + 500));
    heard = due(tx, till.business, NOW_MS + 499, ROWS_MAX);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.rows[0].id, 2);
    /* dead: the next one of its payment may go */
    WORKS(attempted(tx, found(tx, till.business, 4), 404, DELIVERY_DEAD, 0));
    heard = due(tx, till.business, NOW_MS + 499, ROWS_MAX);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.rows[1].id, 5);
}

static void what_was_sent_before_goes_when_its_time_has_come_and_first(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct store_due query = {.business = till.business, .now_ms = 4999, .latest_ms = 9000};
    struct heard heard;
    int64_t next_ms = -1;
    unsigned i;

    for (i = 0; i < 4; i++) {
        (void)told(tx, &till, 1);
    }
    assert_int_equal(store_deliveries_next(tx, &query, &next_ms), FAIL_NOT_FOUND);
    WORKS(attempted(tx, found(tx, till.business, 2), 404, DELIVERY_WAITING, 6000));
    WORKS(attempted(tx, found(tx, till.business, 3), 404, DELIVERY_WAITING, 5000));
    assert_int_equal(due(tx, till.business, 4999, ROWS_MAX).count, 2);
    WORKS(store_deliveries_next(tx, &query, &next_ms));
    assert_int_equal(next_ms, 5000);
    heard = due(tx, till.business, 5000, ROWS_MAX);
    assert_int_equal(heard.count, 3);
    assert_int_equal(heard.rows[0].id, 3);
    assert_int_equal(heard.rows[1].id, 1);
    assert_int_equal(heard.rows[2].id, 4);
    query.now_ms = 5000; /* that one is due, so it is the next one no more */
    WORKS(store_deliveries_next(tx, &query, &next_ms));
    assert_int_equal(next_ms, 6000);
    heard = due(tx, till.business, 6000, 3);
    assert_int_equal(heard.count, 3);
    assert_int_equal(heard.rows[0].id, 3);
    assert_int_equal(heard.rows[1].id, 2);
    assert_int_equal(heard.rows[2].id, 1);
}

static void a_time_that_no_clock_of_ours_wrote_is_due(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct store_due query = {
        .business = till.business, .now_ms = 1000, .latest_ms = 1000 + FAR_MS};
    int64_t next_ms;

    (void)told(tx, &till, 1);
    WORKS(attempted(tx, found(tx, till.business, 1), 404, DELIVERY_WAITING, 1000 + FAR_MS));
    assert_int_equal(due(tx, till.business, 1000, ROWS_MAX).count, 0);
    WORKS(store_deliveries_next(tx, &query, &next_ms));
    assert_int_equal(due(tx, till.business, 999, ROWS_MAX).count, 1);
    query.latest_ms--;
    assert_int_equal(store_deliveries_next(tx, &query, &next_ms), FAIL_NOT_FOUND);
}

static void the_oldest_at_which_the_endpoint_failed_is_found(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct delivery_row row;
    unsigned i;

    for (i = 0; i < 4; i++) {
        (void)told(tx, &till, 1);
    }
    assert_int_equal(store_delivery_failing(tx, till.business, &row), FAIL_NOT_FOUND);
    WORKS(attempted(tx, found(tx, till.business, 1), 404, DELIVERY_WAITING, 9));
    assert_int_equal(store_delivery_failing(tx, till.business, &row), FAIL_NOT_FOUND);
    WORKS(attempted(tx, found(tx, till.business, 3), 0, DELIVERY_WAITING, 7));
    WORKS(attempted(tx, found(tx, till.business, 2), 503, DELIVERY_WAITING, 5));
    WORKS(store_delivery_failing(tx, till.business, &row));
    assert_int_equal(row.id, 2);
    /* its last attempt says it, not the one before */
    WORKS(attempted(tx, row, 403, DELIVERY_WAITING, 8));
    WORKS(store_delivery_failing(tx, till.business, &row));
    assert_int_equal(row.id, 3);
    WORKS(attempted(tx, row, 500, DELIVERY_DEAD, 0));
    assert_int_equal(store_delivery_failing(tx, till.business, &row), FAIL_NOT_FOUND);
}

static void businesses_with_something_waiting_are_listed_in_pieces(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till tills[4];
    struct heard_ids heard = {0};
    const char *names[] = {"a", "b", "c", "d"};
    unsigned i;

    for (i = 0; i < 4; i++) {
        tills[i] = hooked(tx, names[i]);
        (void)told(tx, &tills[i], 2);
    }
    WORKS(attempted(tx, found(tx, tills[1].business, 3), 200, DELIVERY_DELIVERED, 0));
    WORKS(attempted(tx, found(tx, tills[1].business, 4), 200, DELIVERY_DEAD, 0));
    WORKS(store_deliveries_businesses(tx, 0, 2, hear_id, &heard));
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.ids[0], tills[0].business);
    assert_int_equal(heard.ids[1], tills[2].business);
    WORKS(store_deliveries_businesses(tx, heard.ids[1], 2, hear_id, &heard));
    assert_int_equal(heard.count, 3);
    assert_int_equal(heard.ids[2], tills[3].business);
}

/* --- Attempts ------------------------------------------------------------------- */

static void an_attempt_is_written_down_once(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct heard_attempts heard = {0};
    struct delivery_row row;

    (void)told(tx, &till, 1);
    row = found(tx, till.business, 1);
    WORKS(attempted(tx, row, 500, DELIVERY_WAITING, 50));
    /* the same one again, as after a commit whose answer was lost */
    assert_int_equal(attempted(tx, row, 500, DELIVERY_WAITING, 60), FAIL_NOT_FOUND);
    row = found(tx, till.business, 1);
    assert_int_equal(row.attempts, 1);
    assert_int_equal(row.next_ms, 50);
    WORKS(attempted(tx, row, 204, DELIVERY_DELIVERED, 50));
    assert_int_equal(attempted(tx, row, 204, DELIVERY_DELIVERED, 50), FAIL_NOT_FOUND);
    row = found(tx, till.business, 1);
    assert_int_equal(row.state, DELIVERY_DELIVERED);
    assert_int_equal(row.ended_ms, NOW_MS + 30);
    WORKS(store_delivery_attempts(tx, till.business, 1, hear_attempt, &heard));
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.rows[0].number, 1);
    assert_int_equal(heard.rows[0].status, 500);
    assert_string_equal(heard.rows[0].problem, "so it is");
    assert_int_equal(heard.rows[1].number, 2);
    assert_int_equal(heard.rows[1].at_ms, NOW_MS + 20);
    assert_int_equal(heard.rows[1].took_ms, 3);
}

static void what_is_resent_begins_anew_and_goes_on_counting(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct heard_attempts heard = {0};
    struct delivery_row row;
    int64_t count = -1;

    (void)told(tx, &till, 1);
    (void)told(tx, &till, 1);
    WORKS(attempted(tx, found(tx, till.business, 1), 500, DELIVERY_WAITING, 900));
    WORKS(store_delivery_resend(tx, till.business, 1, 80)); /* it waits: now, its attempts stay */
    row = found(tx, till.business, 1);
    assert_int_equal(row.attempts, 1);
    assert_int_equal(row.next_ms, 0);
    WORKS(attempted(tx, row, 500, DELIVERY_DEAD, 0));
    WORKS(attempted(tx, found(tx, till.business, 2), 500, DELIVERY_DEAD, 0));
    WORKS(store_delivery_resend(tx, till.business, 1, 80));
    row = found(tx, till.business, 1);
    assert_int_equal(row.state, DELIVERY_WAITING);
    assert_int_equal(row.attempts, 0);
    assert_int_equal(row.next_ms, 80);
    assert_int_equal(row.ended_ms, 0);
    WORKS(attempted(tx, row, 200, DELIVERY_DELIVERED, 0));
    WORKS(store_delivery_attempts(tx, till.business, 1, hear_attempt, &heard));
    assert_int_equal(heard.rows[2].number, 3);
    WORKS(store_deliveries_resend_dead(tx, till.business, 90, &count));
    assert_int_equal(count, 1);
    assert_int_equal(found(tx, till.business, 2).state, DELIVERY_WAITING);
    assert_int_equal(found(tx, till.business, 2).next_ms, 90);
    assert_int_equal(found(tx, till.business, 1).state, DELIVERY_DELIVERED);
    WORKS(store_deliveries_resend_dead(tx, till.business, 90, &count));
    assert_int_equal(count, 0);
}

static void lists_are_newest_first_and_by_state(void **state)
{
    static const unsigned counts[] = {
        [DELIVERY_WAITING] = 2, [DELIVERY_DELIVERED] = 2, [DELIVERY_DEAD] = 1};
    struct store_tx *tx = verbs_of(state);
    struct till till = hooked(tx, "one");
    struct heard heard = {0};
    unsigned i;
    int one;

    for (i = 0; i < 5; i++) {
        (void)told(tx, &till, 1);
    }
    WORKS(attempted(tx, found(tx, till.business, 2), 200, DELIVERY_DELIVERED, 0));
    WORKS(attempted(tx, found(tx, till.business, 3), 500, DELIVERY_DEAD, 0));
    WORKS(attempted(tx, found(tx, till.business, 4), 200, DELIVERY_DELIVERED, 0));
    WORKS(store_deliveries(tx, till.business, -1, 4, hear, &heard));
    assert_int_equal(heard.count, 4);
    assert_int_equal(heard.rows[0].id, 5);
    assert_int_equal(heard.rows[3].id, 2);
    for (one = DELIVERY_WAITING; one <= DELIVERY_DEAD; one++) {
        heard.count = 0;
        WORKS(store_deliveries(tx, till.business, one, ROWS_MAX, hear, &heard));
        assert_int_equal(heard.count, counts[one]);
        assert_int_equal(heard.rows[0].state, one);
        assert_true(heard.count == 1 || heard.rows[0].id > heard.rows[1].id);
        heard.count = 0;
        WORKS(store_deliveries(tx, till.business, one, 1, hear, &heard));
        assert_int_equal(heard.count, 1);
    }
}

/* --- Tenants ------------------------------------------------------------------------ */

static void deliveries_of_another_business_do_not_exist(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct till own = hooked(tx, "one");
    struct till other = hooked(tx, "two");
    struct heard_attempts attempts = {0};
    struct heard heard = {0};
    struct delivery_row row;
    int64_t count = -1;

    (void)told(tx, &own, 2);
    row = found(tx, own.business, 1);
    WORKS(attempted(tx, row, 500, DELIVERY_WAITING, 5));
    row = found(tx, own.business, 1);
    assert_int_equal(store_delivery_find(tx, other.business, 1, &row), FAIL_NOT_FOUND);
    row.business = other.business;
    assert_int_equal(attempted(tx, row, 200, DELIVERY_DELIVERED, 0), FAIL_NOT_FOUND);
    assert_int_equal(store_delivery_resend(tx, other.business, 1, 9), FAIL_NOT_FOUND);
    assert_int_equal(store_delivery_failing(tx, other.business, &row), FAIL_NOT_FOUND);
    WORKS(store_delivery_attempts(tx, other.business, 1, hear_attempt, &attempts));
    assert_int_equal(attempts.count, 0);
    WORKS(store_deliveries(tx, other.business, -1, ROWS_MAX, hear, &heard));
    assert_int_equal(heard.count, 0);
    assert_int_equal(due(tx, other.business, NOW_MS, ROWS_MAX).count, 0);
    WORKS(store_deliveries_resend_dead(tx, other.business, 9, &count));
    assert_int_equal(count, 0);
    assert_int_equal(store_delivery_add(tx, other.business, 1, row.payment, 9), FAIL_NOT_FOUND);
    assert_int_equal(found(tx, own.business, 1).next_ms, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_webhook_is_set_changed_rotated_and_removed),
        VERB_TEST(what_waits_for_a_removed_webhook_is_dead),
        VERB_TEST(a_delivery_holds_what_its_body_says),
        VERB_TEST(of_a_payment_only_the_oldest_that_waits_may_be_sent),
        VERB_TEST(what_was_sent_before_goes_when_its_time_has_come_and_first),
        VERB_TEST(a_time_that_no_clock_of_ours_wrote_is_due),
        VERB_TEST(the_oldest_at_which_the_endpoint_failed_is_found),
        VERB_TEST(businesses_with_something_waiting_are_listed_in_pieces),
        VERB_TEST(an_attempt_is_written_down_once),
        VERB_TEST(what_is_resent_begins_anew_and_goes_on_counting),
        VERB_TEST(lists_are_newest_first_and_by_state),
        VERB_TEST(deliveries_of_another_business_do_not_exist),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
