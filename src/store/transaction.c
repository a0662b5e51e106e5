/* Card transactions: what became of an attempt, in the words of the API. A row
 * is written once and never changes. */
#include <assert.h>

#include "store/given.h"
#include "store/number.h"
#include "store/payment.h"
#include "store/query.h"
#include "store/rows.h"

/* The user is who is logged in on the terminal now. */
static const char ADD_SQL[] =
    "INSERT INTO card_transaction (id, business, payment, attempt, device, created_ms, batch,"
    " status, type, user, amount, currency, brand, kind, approval, card_token, first_six, "
    "last_four,"
    " holder, customer, invoice, warning) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
    " coalesce((SELECT user.name FROM device JOIN user ON user.id = device.user"
    " WHERE device.id = ?5 AND device.business = ?2), ''),"
    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
static const char FIND_SQL[] =
    "SELECT " TRANSACTION_COLUMNS " FROM card_transaction WHERE business = ?1 AND id = ?2";

void transaction_row(struct query *query, struct transaction_row *out)
{
    out->id = query_integer(query, 0);
    out->business = query_integer(query, 1);
    out->payment = query_integer(query, 2);
    out->attempt = (uint32_t)query_integer(query, 3);
    out->device = query_integer(query, 4);
    out->created_ms = query_integer(query, 5);
    out->batch = query_integer(query, 6);
    out->approved = query_boolean(query, 7);
    out->type = (enum transaction_type)query_integer(query, 8);
    query_text(query, 9, out->user, sizeof(out->user));
    out->amount_minor = query_integer(query, 10);
    query_text(query, 11, out->currency, sizeof(out->currency));
    out->brand = (enum card_brand)query_integer(query, 12);
    out->kind = (enum card_kind)query_integer(query, 13);
    query_text(query, 14, out->approval_code, sizeof(out->approval_code));
    query_text(query, 15, out->card_token, sizeof(out->card_token));
    query_text(query, 16, out->first_six, sizeof(out->first_six));
    query_text(query, 17, out->last_four, sizeof(out->last_four));
    query_text(query, 18, out->holder, sizeof(out->holder));
    query_text(query, 19, out->customer, sizeof(out->customer));
    query_text(query, 20, out->invoice, sizeof(out->invoice));
    query_text(query, 21, out->warning, sizeof(out->warning));
}

static void bind_card(struct query *query, const struct attempt_row *attempt,
                      const struct given *given)
{
    query_bind_integer(query, 12, attempt->card.brand);
    query_bind_integer(query, 13, attempt->card.kind);
    query_bind_text(query, 14, attempt->approval_code);
    query_bind_text(query, 15, given->card_token);
    query_bind_text(query, 16, attempt->card.first_six);
    query_bind_text(query, 17, attempt->card.last_four);
    query_bind_text(query, 18, attempt->card.holder);
}

enum fail store_transaction_add(struct store_tx *tx, const struct payment_row *payment,
                                const struct attempt_row *attempt, enum transaction_type type,
                                int64_t now_ms, int64_t *id)
{
    struct given given;
    struct query query;
    int64_t new_id = 0;
    enum fail fail = given_take(tx, payment, &attempt->card, now_ms, &given);

    assert(attempt->ended_ms != 0);
    assert(type == TRANSACTION_REVERSE ? attempt->approved
                                       : (int)type == (int)payment->payment.kind);
    if (fail == FAIL_NONE) {
        fail = number_id(tx, "transaction", &new_id);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, new_id);
    query_bind_integer(&query, 2, payment->business);
    query_bind_integer(&query, 3, payment->id);
    query_bind_integer(&query, 4, attempt->number);
    query_bind_integer(&query, 5, payment->device);
    query_bind_integer(&query, 6, now_ms);
    query_bind_integer(&query, 7, given.batch);
    query_bind_integer(&query, 8, attempt->approved);
    query_bind_integer(&query, 9, type);
    query_bind_integer(&query, 10, payment->amount_minor);
    query_bind_text(&query, 11, payment->currency);
    bind_card(&query, attempt, &given);
    query_bind_text(&query, 19, given.customer);
    query_bind_text(&query, 20, given.invoice);
    query_bind_text(&query, 21, attempt->reason);
    fail = query_run(&query);
    if (fail == FAIL_NONE) {
        *id = new_id;
    }
    return fail;
}

enum fail store_transaction_find(struct store_tx *tx, int64_t business, int64_t id,
                                 struct transaction_row *out)
{
    struct transaction_row row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    if (query_next(&query)) {
        transaction_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}
