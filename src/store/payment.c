/* Payments: the row that core/payment's state lives in.
 *
 * What the rules forbid the database refuses by itself: unique indexes hold one
 * open payment of a device and one payment of a key, a trigger holds what is
 * final. The verbs only say which of them spoke. */
#include "store/payment.h"

#include "store/number.h"
#include "store/query.h"
#include "store/rows.h"

static const char CODE_SQL[] =
    "SELECT code FROM device WHERE business = ?1 AND id = ?2 AND removed = 0";
static const char ADD_SQL[] =
    "INSERT INTO payment (id, business, device, token, kind, authority, state, reason, attempt,"
    " declined, reverse, reversed, cancel_asked, currency, amount, invoice, customer, original,"
    " key, approved, created_ms, deadline_ms, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)";
static const char FIND_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment WHERE business = ?1 AND id = ?2";
static const char BY_KEY_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment WHERE business = ?1 AND key = ?2";
static const char OPEN_SQL[] =
    "SELECT " PAYMENT_COLUMNS " FROM payment WHERE business = ?1 AND device = ?2 AND state < 5";
static const char SAVE_SQL[] =
    "UPDATE payment SET state = ?3, reason = ?4, attempt = ?5, declined = ?6, reverse = ?7,"
    " reversed = ?8, cancel_asked = ?9, deadline_ms = ?10, approved = ?11, ended_ms = ?12"
    " WHERE business = ?1 AND id = ?2";
static const char FREE_KEY_SQL[] = "UPDATE payment SET key = NULL WHERE business = ?1 AND id = ?2";
/* Through the index of what is open: a server has few of them, and many rows. */
static const char ALL_OPEN_SQL[] =
    "SELECT business, id, state, deadline_ms FROM payment INDEXED BY payment_open WHERE state < 5"
    " ORDER BY deadline_ms = 0, deadline_ms, id";

static void bind_key(struct query *query, int at, const char *key)
{
    query_bind_text(query, at, key[0] == '\0' ? NULL : key);
}

void payment_row(struct query *query, struct payment_row *out)
{
    struct payment *payment = &out->payment;

    out->id = query_integer(query, 0);
    out->business = query_integer(query, 1);
    out->device = query_integer(query, 2);
    query_text(query, 3, out->code, sizeof(out->code));
    out->token = query_integer(query, 4);
    payment->kind = (enum payment_kind)query_integer(query, 5);
    payment->authority = (enum payment_authority)query_integer(query, 6);
    payment->state = (enum payment_state)query_integer(query, 7);
    payment->reason = (enum payment_reason)query_integer(query, 8);
    payment->attempt = (uint32_t)query_integer(query, 9);
    payment->declined = query_boolean(query, 10);
    payment->reverse_if_approved = query_boolean(query, 11);
    payment->reversed = query_boolean(query, 12);
    payment->cancel_asked = (enum payment_reason)query_integer(query, 13);
    query_text(query, 14, out->currency, sizeof(out->currency));
    out->amount_minor = query_integer(query, 15);
    query_text(query, 16, out->invoice, sizeof(out->invoice));
    query_text(query, 17, out->customer, sizeof(out->customer));
    out->original = query_integer(query, 18);
    query_text(query, 19, out->key, sizeof(out->key));
    out->approved = query_integer(query, 20);
    out->created_ms = query_integer(query, 21);
    payment->deadline_ms = query_integer(query, 22);
    out->ended_ms = query_integer(query, 23);
}

/* Ends a query of PAYMENT_COLUMNS that finds at most one. */
static enum fail payment_read(struct query *query, struct payment_row *out)
{
    struct payment_row row = {0};
    enum fail fail;

    if (query_next(query)) {
        payment_row(query, &row);
    }
    fail = query_end_found(query);
    if (fail == FAIL_NONE) {
        *out = row;
    }
    return fail;
}

/* --- A new one ---------------------------------------------------------------- */

static enum fail code_find(struct store_tx *tx, const struct payment_row *row, char code[CODE_SIZE])
{
    struct query query;

    query_begin(&query, tx, CODE_SQL);
    query_bind_integer(&query, 1, row->business);
    query_bind_integer(&query, 2, row->device);
    if (query_next(&query)) {
        query_text(&query, 0, code, CODE_SIZE);
    }
    return query_end_found(&query);
}

static enum fail payment_insert(struct store_tx *tx, const struct payment_row *row, int64_t id)
{
    const struct payment *payment = &row->payment;
    struct query query;

    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, id);
    query_bind_integer(&query, 2, row->business);
    query_bind_integer(&query, 3, row->device);
    query_bind_integer(&query, 4, row->token);
    query_bind_integer(&query, 5, payment->kind);
    query_bind_integer(&query, 6, payment->authority);
    query_bind_integer(&query, 7, payment->state);
    query_bind_integer(&query, 8, payment->reason);
    query_bind_integer(&query, 9, payment->attempt);
    query_bind_integer(&query, 10, payment->declined);
    query_bind_integer(&query, 11, payment->reverse_if_approved);
    query_bind_integer(&query, 12, payment->reversed);
    query_bind_integer(&query, 13, payment->cancel_asked);
    query_bind_text(&query, 14, row->currency);
    query_bind_integer(&query, 15, row->amount_minor);
    query_bind_text(&query, 16, row->invoice);
    query_bind_text(&query, 17, row->customer);
    query_bind_id(&query, 18, row->original);
    bind_key(&query, 19, row->key);
    query_bind_id(&query, 20, row->approved);
    query_bind_integer(&query, 21, row->created_ms);
    query_bind_integer(&query, 22, payment->deadline_ms);
    query_bind_id(&query, 23, row->ended_ms);
    return query_run(&query);
}

/* Why a new row met an old one: the same request again comes before a device
 * that is busy, for it is busy with just that. */
static enum fail conflict_of(struct store_tx *tx, const struct payment_row *row)
{
    struct payment_row other;
    enum fail fail = FAIL_NOT_FOUND;

    if (row->key[0] != '\0') {
        fail = store_payment_by_key(tx, row->business, row->key, &other);
    }
    if (fail != FAIL_NOT_FOUND) {
        return fail == FAIL_NONE ? FAIL_CONFLICT : fail;
    }
    fail = store_payment_open(tx, row->business, row->device, &other);
    return fail == FAIL_NONE ? FAIL_BUSY : fail == FAIL_NOT_FOUND ? FAIL_CONFLICT : fail;
}

enum fail store_payment_add(struct store_tx *tx, struct payment_row *row)
{
    char code[CODE_SIZE] = "";
    int64_t id = 0;
    enum fail fail = code_find(tx, row, code);

    if (fail == FAIL_NONE) {
        fail = number_id(tx, "payment", &id);
    }
    if (fail == FAIL_NONE) {
        fail = payment_insert(tx, row, id);
    }
    if (fail == FAIL_CONFLICT) {
        return conflict_of(tx, row);
    }
    if (fail == FAIL_NONE) {
        row->id = id;
        (void)text_format(row->code, sizeof(row->code), "%s", code);
    }
    return fail;
}

/* --- Found -------------------------------------------------------------------- */

enum fail store_payment_find(struct store_tx *tx, int64_t business, int64_t id,
                             struct payment_row *out)
{
    struct query query;

    query_begin(&query, tx, FIND_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    return payment_read(&query, out);
}

enum fail store_payment_by_key(struct store_tx *tx, int64_t business, const char *key,
                               struct payment_row *out)
{
    struct query query;

    query_begin(&query, tx, BY_KEY_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, key);
    return payment_read(&query, out);
}

enum fail store_payment_open(struct store_tx *tx, int64_t business, int64_t device,
                             struct payment_row *out)
{
    struct query query;

    query_begin(&query, tx, OPEN_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, device);
    return payment_read(&query, out);
}

enum fail store_payments_open(struct store_tx *tx,
                              void (*each)(void *context, const struct payment_deadline *row),
                              void *context)
{
    struct query query;

    query_begin(&query, tx, ALL_OPEN_SQL);
    while (query_next(&query)) {
        struct payment_deadline row = {.business = query_integer(&query, 0),
                                       .payment = query_integer(&query, 1),
                                       .state = (enum payment_state)query_integer(&query, 2),
                                       .deadline_ms = query_integer(&query, 3)};

        each(context, &row);
    }
    return query_end(&query);
}

/* --- Changed ------------------------------------------------------------------ */

enum fail store_payment_save(struct store_tx *tx, const struct payment_row *row)
{
    const struct payment *payment = &row->payment;
    struct query query;

    query_begin(&query, tx, SAVE_SQL);
    query_bind_integer(&query, 1, row->business);
    query_bind_integer(&query, 2, row->id);
    query_bind_integer(&query, 3, payment->state);
    query_bind_integer(&query, 4, payment->reason);
    query_bind_integer(&query, 5, payment->attempt);
    query_bind_integer(&query, 6, payment->declined);
    query_bind_integer(&query, 7, payment->reverse_if_approved);
    query_bind_integer(&query, 8, payment->reversed);
    query_bind_integer(&query, 9, payment->cancel_asked);
    query_bind_integer(&query, 10, payment->deadline_ms);
    query_bind_id(&query, 11, row->approved);
    query_bind_id(&query, 12, row->ended_ms);
    return query_run_one(&query);
}

enum fail store_payment_free_key(struct store_tx *tx, int64_t business, int64_t id)
{
    struct query query;

    query_begin(&query, tx, FREE_KEY_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_integer(&query, 2, id);
    return query_run_one(&query);
}
