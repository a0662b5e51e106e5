/* Attempts: a card presented for a payment, and what came of it. A number is
 * given once, so that a repeat is never authorised twice. */
#include "store/payment.h"
#include "store/query.h"
#include "store/rows.h"

static const char ADD_SQL[] =
    "INSERT INTO attempt (business, payment, number, began_ms, due_ms, ended_ms, outcome, brand,"
    " kind, entry, first_six, last_four, holder, reference, duplicate, reason, approval,"
    " \"transaction\") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
    " ?16, ?17, ?18)";
static const char FIND_SQL[] = "SELECT " ATTEMPT_COLUMNS " FROM attempt"
                               " WHERE business = ?1 AND payment = ?2 AND number = ?3";
static const char SAVE_SQL[] =
    "UPDATE attempt SET ended_ms = ?4, outcome = ?5, reason = ?6, approval = ?7,"
    " \"transaction\" = ?8 WHERE business = ?1 AND payment = ?2 AND number = ?3";
static const char ALL_SQL[] = "SELECT " ATTEMPT_COLUMNS " FROM attempt"
                              " WHERE business = ?1 AND payment = ?2 ORDER BY number";
/* By another payment: this one's own approval is no duplicate of itself. */
static const char DUPLICATE_SQL[] =
    "SELECT 1 FROM card JOIN card_transaction AS earlier ON earlier.business = card.business"
    " AND earlier.card_token = card.token WHERE card.business = ?1 AND card.reference = ?2"
    " AND earlier.created_ms >= ?3 AND earlier.holder = ?4 AND earlier.amount = ?5"
    " AND earlier.currency = ?6 AND earlier.status = 1 AND earlier.type = 0"
    " AND earlier.payment <> ?7";

void attempt_row(struct query *query, struct attempt_row *out)
{
    struct card *card = &out->card;

    out->number = (uint32_t)query_integer(query, 0);
    out->began_ms = query_integer(query, 1);
    out->due_ms = query_integer(query, 2);
    out->ended_ms = query_integer(query, 3);
    out->approved = query_boolean(query, 4);
    out->duplicate = query_boolean(query, 5);
    card->brand = (enum card_brand)query_integer(query, 6);
    card->kind = (enum card_kind)query_integer(query, 7);
    card->entry = (enum card_entry)query_integer(query, 8);
    query_text(query, 9, card->first_six, sizeof(card->first_six));
    query_text(query, 10, card->last_four, sizeof(card->last_four));
    query_text(query, 11, card->holder, sizeof(card->holder));
    query_text(query, 12, card->reference, sizeof(card->reference));
    query_text(query, 13, out->reason, sizeof(out->reason));
    query_text(query, 14, out->approval_code, sizeof(out->approval_code));
    out->transaction = query_integer(query, 15);
}

/* Until it has ended there is none. */
static void bind_outcome(struct query *query, int at, const struct attempt_row *attempt)
{
    if (attempt->ended_ms != 0) {
        query_bind_integer(query, at, attempt->approved);
    }
}

enum fail store_attempt_add(struct store_tx *tx, const struct payment_row *payment,
                            const struct attempt_row *attempt)
{
    const struct card *card = &attempt->card;
    struct query query;

    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, payment->business);
    query_bind_integer(&query, 2, payment->id);
    query_bind_integer(&query, 3, attempt->number);
    query_bind_integer(&query, 4, attempt->began_ms);
    query_bind_integer(&query, 5, attempt->due_ms);
    query_bind_id(&query, 6, attempt->ended_ms);
    bind_outcome(&query, 7, attempt);
    query_bind_integer(&query, 8, card->brand);
    query_bind_integer(&query, 9, card->kind);
    query_bind_integer(&query, 10, card->entry);
    query_bind_text(&query, 11, card->first_six);
    query_bind_text(&query, 12, card->last_four);
    query_bind_text(&query, 13, card->holder);
    query_bind_text(&query, 14, card->reference);
    query_bind_integer(&query, 15, attempt->duplicate);
    query_bind_text(&query, 16, attempt->reason);
    query_bind_text(&query, 17, attempt->approval_code);
    query_bind_id(&query, 18, attempt->transaction);
    return query_run(&query);
}

enum fail store_attempt_find(struct store_tx *tx, int64_t business, int64_t payment,
                             uint32_t number, struct attempt_row *out)
{
    struct attempt_row row = {0};
    struct query query;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, payment);
    query_bind_integer(&query, 3, number);
    if (query_next(&query)) {
        attempt_row(&query, &row);
    }
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

enum fail store_attempt_save(struct store_tx *tx, const struct payment_row *payment,
                             const struct attempt_row *attempt)
{
    struct query query;

    query_begin(&query, tx, SAVE_SQL);
    query_bind_integer(&query, 1, payment->business);
    query_bind_integer(&query, 2, payment->id);
    query_bind_integer(&query, 3, attempt->number);
    query_bind_id(&query, 4, attempt->ended_ms);
    bind_outcome(&query, 5, attempt);
    query_bind_text(&query, 6, attempt->reason);
    query_bind_text(&query, 7, attempt->approval_code);
    query_bind_id(&query, 8, attempt->transaction);
    return query_run_one(&query);
}

enum fail store_attempts(struct store_tx *tx, int64_t business, int64_t payment,
                         void (*each)(void *context, const struct attempt_row *row), void *context)
{
    struct query query;

    query_begin(&query, tx, ALL_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, payment);
    while (query_next(&query)) {
        struct attempt_row row = {0};

        attempt_row(&query, &row);
        if (query.fail == FAIL_NONE) {
            each(context, &row);
        }
    }
    return query_end(&query);
}

enum fail store_duplicate_find(struct store_tx *tx, const struct payment_row *payment,
                               const struct card *card, int64_t since_ms, bool *found)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, DUPLICATE_SQL);
    query_bind_integer(&query, 1, payment->business);
    query_bind_text(&query, 2, card->reference);
    query_bind_integer(&query, 3, since_ms);
    query_bind_text(&query, 4, card->holder);
    query_bind_integer(&query, 5, payment->amount_minor);
    query_bind_text(&query, 6, payment->currency);
    query_bind_integer(&query, 7, payment->id);
    (void)query_next(&query);
    fail = query_end_found(&query);
    if (fail == FAIL_NONE || fail == FAIL_NOT_FOUND) {
        *found = fail == FAIL_NONE;
        return FAIL_NONE;
    }
    return fail;
}
