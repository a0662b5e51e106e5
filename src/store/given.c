/* Where the POS has sent no invoice or no customer we give one with the
 * payment's first transaction, and all that follow have the same (contract.md,
 * Devices). A number that the business has used already is passed over: first
 * one by one, then in growing leaps, so that no till's own numbering can keep
 * the writer busy. */
#include "store/given.h"

#include <inttypes.h>

#include "base/id.h"
#include "store/number.h"
#include "store/query.h"

enum { FIRST_NUMBER = 1000, SMALL_STEPS = 16, TRIES_MAX = 64 };

static const char GIVEN_SQL[] = "SELECT invoice_given, customer_given FROM payment"
                                " WHERE business = ?1 AND id = ?2";
static const char GIVE_SQL[] = "UPDATE payment SET invoice_given = ?3, customer_given = ?4"
                               " WHERE business = ?1 AND id = ?2";
static const char INVOICE_USED_SQL[] =
    "SELECT 1 FROM card_transaction WHERE business = ?1 AND invoice = ?2";
static const char CUSTOMER_USED_SQL[] =
    "SELECT 1 FROM card_transaction WHERE business = ?1 AND customer = ?2";
static const char TOKEN_SQL[] = "SELECT token FROM card WHERE business = ?1 AND reference = ?2";
static const char TOKEN_ADD_SQL[] =
    "INSERT INTO card (business, reference, token) VALUES (?1, ?2, ?3)";
static const char BATCH_SQL[] = "SELECT id FROM card_batch WHERE business = ?1 AND device = ?2"
                                " AND currency = ?3 AND closed_ms IS NULL";
static const char BATCH_ADD_SQL[] =
    "INSERT INTO card_batch (business, device, currency, opened_ms) VALUES (?1, ?2, ?3, ?4)"
    " RETURNING id";

/* --- Invoice and customer ------------------------------------------------------- */

struct series {
    const char *name; /* of the table counter */
    const char *used_sql;
    const char *prefix;
    int digits; /* at least */
};
static const struct series INVOICES = {"invoice", INVOICE_USED_SQL, "INV", 6};
static const struct series CUSTOMERS = {"customer", CUSTOMER_USED_SQL, "CST", 1};

/* FAIL_NOT_FOUND: no transaction has it. */
static enum fail used_find(struct store_tx *tx, const char *sql, int64_t business, const char *text)
{
    struct query query;

    query_begin(&query, tx, sql);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, text);
    (void)query_next(&query);
    return query_end_found(&query);
}

static enum fail series_next(struct store_tx *tx, const struct series *series, int64_t business,
                             char out[PAYMENT_INVOICE_SIZE])
{
    struct number number = {
        .name = series->name, .business = business, .first = FIRST_NUMBER, .step = 1};
    int tries;

    for (tries = 0; tries < TRIES_MAX; tries++) {
        char text[PAYMENT_INVOICE_SIZE];
        int64_t value = 0;
        enum fail fail = number_next(tx, &number, &value);

        if (fail != FAIL_NONE) {
            return fail;
        }
        (void)text_format(text, sizeof(text), "%s%0*" PRId64, series->prefix, series->digits,
                          value);
        fail = used_find(tx, series->used_sql, business, text);
        if (fail == FAIL_NOT_FOUND) {
            (void)text_format(out, PAYMENT_INVOICE_SIZE, "%s", text);
            return FAIL_NONE;
        }
        if (fail != FAIL_NONE) {
            return fail;
        }
        number.step *= tries < SMALL_STEPS ? 1 : 2;
    }
    return FAIL_LIMIT;
}

static enum fail given_find(struct store_tx *tx, const struct payment_row *payment,
                            struct given *given)
{
    struct query query;

    query_begin(&query, tx, GIVEN_SQL);
    query_bind_integer(&query, 1, payment->business);
    query_bind_integer(&query, 2, payment->id);
    if (query_next(&query)) {
        query_text(&query, 0, given->invoice, sizeof(given->invoice));
        query_text(&query, 1, given->customer, sizeof(given->customer));
    }
    return query_end_found(&query);
}

static enum fail given_keep(struct store_tx *tx, const struct payment_row *payment,
                            const struct given *given)
{
    struct query query;

    query_begin(&query, tx, GIVE_SQL);
    query_bind_integer(&query, 1, payment->business);
    query_bind_integer(&query, 2, payment->id);
    query_bind_text(&query, 3, payment->invoice[0] == '\0' ? given->invoice : NULL);
    query_bind_text(&query, 4, payment->customer[0] == '\0' ? given->customer : NULL);
    return query_run_one(&query);
}

static enum fail names_give(struct store_tx *tx, const struct payment_row *payment,
                            struct given *given)
{
    enum fail fail = FAIL_NONE;

    if (payment->invoice[0] == '\0') {
        fail = series_next(tx, &INVOICES, payment->business, given->invoice);
    }
    if (fail == FAIL_NONE && payment->customer[0] == '\0') {
        fail = series_next(tx, &CUSTOMERS, payment->business, given->customer);
    }
    return fail == FAIL_NONE ? given_keep(tx, payment, given) : fail;
}

static enum fail names_take(struct store_tx *tx, const struct payment_row *payment,
                            struct given *given)
{
    bool has_invoice = payment->invoice[0] != '\0';
    bool has_customer = payment->customer[0] != '\0';
    enum fail fail = FAIL_NONE;

    if (!has_invoice || !has_customer) {
        fail = given_find(tx, payment, given);
        if (fail == FAIL_NONE && given->invoice[0] == '\0' && given->customer[0] == '\0') {
            fail = names_give(tx, payment, given);
        }
    }
    if (has_invoice) {
        (void)text_format(given->invoice, sizeof(given->invoice), "%s", payment->invoice);
    }
    if (has_customer) {
        (void)text_format(given->customer, sizeof(given->customer), "%s", payment->customer);
    }
    return fail;
}

/* --- The card's token ------------------------------------------------------------ */

static void token_make(char out[CARD_TOKEN_SIZE])
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t i;

    for (i = 0; i < CARD_TOKEN_SIZE - 1; i++) {
        out[i] = ALPHABET[id_random_below(sizeof(ALPHABET) - 1)];
    }
    out[i] = '\0';
}

static enum fail token_find(struct store_tx *tx, int64_t business, const char *reference,
                            char out[CARD_TOKEN_SIZE])
{
    struct query query;

    query_begin(&query, tx, TOKEN_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, reference);
    if (query_next(&query)) {
        query_text(&query, 0, out, CARD_TOKEN_SIZE);
    }
    return query_end_found(&query);
}

static enum fail token_take(struct store_tx *tx, int64_t business, const char *reference,
                            char out[CARD_TOKEN_SIZE])
{
    struct query query;
    enum fail fail = token_find(tx, business, reference, out);

    if (fail != FAIL_NOT_FOUND) {
        return fail;
    }
    token_make(out);
    query_begin(&query, tx, TOKEN_ADD_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, reference);
    query_bind_text(&query, 3, out);
    return query_run(&query);
}

/* --- The batch ------------------------------------------------------------------- */

static enum fail batch_take(struct store_tx *tx, const struct payment_row *payment, int64_t now_ms,
                            int64_t *out)
{
    struct query query;
    int64_t batch = 0;
    enum fail fail;

    query_begin(&query, tx, BATCH_SQL);
    query_bind_integer(&query, 1, payment->business);
    query_bind_integer(&query, 2, payment->device);
    query_bind_text(&query, 3, payment->currency);
    if (query_next(&query)) {
        batch = query_integer(&query, 0);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NOT_FOUND) {
        query_begin(&query, tx, BATCH_ADD_SQL);
        query_bind_integer(&query, 1, payment->business);
        query_bind_integer(&query, 2, payment->device);
        query_bind_text(&query, 3, payment->currency);
        query_bind_integer(&query, 4, now_ms);
        fail = query_run_id(&query, &batch);
    }
    if (fail == FAIL_NONE) {
        *out = batch;
    }
    return fail;
}

enum fail given_take(struct store_tx *tx, const struct payment_row *payment,
                     const struct card *card, int64_t now_ms, struct given *out)
{
    struct given given = {.batch = 0};
    enum fail fail = names_take(tx, payment, &given);

    if (fail == FAIL_NONE && card->brand != CARD_UNKNOWN) {
        fail = token_take(tx, payment->business, card->reference, given.card_token);
    }
    if (fail == FAIL_NONE) {
        fail = batch_take(tx, payment, now_ms, &given.batch);
    }
    if (fail == FAIL_NONE) {
        *out = given;
    }
    return fail;
}
