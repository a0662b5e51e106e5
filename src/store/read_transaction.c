/* Card transactions for the API: one by its id, and the list with its filters.
 *
 * The list walks one index in order, newest first, and stops at its limit:
 * that of the narrowest filter, narrowed further by the others on the way. Only
 * `search` can make it walk further than it finds, and never past its business.
 *
 * Capital and small letters are alike for a-z alone: cards know no others. */
#include <assert.h>
#include <stdlib.h>

#include "store/payment.h"
#include "store/query.h"
#include "store/read.h"
#include "store/rows.h"

enum { ROWS_AT_FIRST = 32 };

/* An amount as the API writes it: 5250 is 52.5, 100 is 1. */
#define AMOUNT_TEXT "rtrim(rtrim(printf('%d.%02d', amount / 100, amount % 100), '0'), '.')"
#define SEARCHED                                                                                   \
    " AND (?8 = '' OR instr(" AMOUNT_TEXT ", ?8) > 0 OR instr(first_six || last_four, ?8) > 0"     \
    " OR instr(lower(holder), lower(?8)) > 0 OR instr(lower(approval), lower(?8)) > 0)"
#define INVOICE_OR_NONE " AND (?4 = '' OR invoice = ?4)"
#define CUSTOMER_OR_NONE " AND (?5 = '' OR customer = ?5)"
#define CARD_OR_NONE " AND (?6 = '' OR card_token = ?6)"
#define BATCH_OR_NONE " AND (?7 = 0 OR batch = ?7)"
#define LIST_BY(index, filters)                                                                    \
    "SELECT " TRANSACTION_COLUMNS " FROM card_transaction INDEXED BY " index                       \
    " WHERE business = ?1 AND created_ms >= ?2 AND created_ms < ?3" filters SEARCHED               \
    " ORDER BY created_ms DESC, id DESC LIMIT ?9 OFFSET ?10"

static const char BY_DATE_SQL[] =
    LIST_BY("transaction_date", INVOICE_OR_NONE CUSTOMER_OR_NONE CARD_OR_NONE BATCH_OR_NONE);
static const char BY_INVOICE_SQL[] =
    LIST_BY("transaction_invoice", " AND invoice = ?4" CUSTOMER_OR_NONE CARD_OR_NONE BATCH_OR_NONE);
static const char BY_CUSTOMER_SQL[] = LIST_BY(
    "transaction_customer", " AND customer = ?5" INVOICE_OR_NONE CARD_OR_NONE BATCH_OR_NONE);
static const char BY_CARD_SQL[] = LIST_BY(
    "transaction_card", " AND card_token = ?6" INVOICE_OR_NONE CUSTOMER_OR_NONE BATCH_OR_NONE);
static const char BY_BATCH_SQL[] =
    LIST_BY("transaction_batch", " AND batch = ?7" INVOICE_OR_NONE CUSTOMER_OR_NONE CARD_OR_NONE);

/* --- One ----------------------------------------------------------------------- */

static enum fail transaction_run(struct store_job *job, struct store_tx *tx)
{
    struct read_transaction *read = LIST_ITEM(job, struct read_transaction, job);

    return store_transaction_find(tx, read->business, read->transaction, &read->row);
}

static void transaction_done(struct store_job *job, enum fail fail)
{
    struct read_transaction *read = LIST_ITEM(job, struct read_transaction, job);

    read->fail = fail;
    read->done(read);
}

void read_transaction_start(struct store *store, struct read_transaction *query)
{
    query->job =
        (struct store_job){.run = transaction_run, .done = transaction_done, .home = query->home};
    store_read(store, &query->job);
}

/* --- The list -------------------------------------------------------------------- */

/* The narrowest first. */
static const char *list_sql(const struct read_transactions *list)
{
    if (list->invoice[0] != '\0') {
        return BY_INVOICE_SQL;
    }
    if (list->customer[0] != '\0') {
        return BY_CUSTOMER_SQL;
    }
    if (list->card_token[0] != '\0') {
        return BY_CARD_SQL;
    }
    return list->batch != 0 ? BY_BATCH_SQL : BY_DATE_SQL;
}

static void list_bind(const struct read_transactions *list, struct query *query)
{
    query_bind_integer(query, 1, list->business);
    query_bind_integer(query, 2, list->from_ms == 0 ? INT64_MIN : list->from_ms);
    query_bind_integer(query, 3, list->until_ms == 0 ? INT64_MAX : list->until_ms);
    query_bind_text(query, 4, list->invoice);
    query_bind_text(query, 5, list->customer);
    query_bind_text(query, 6, list->card_token);
    query_bind_integer(query, 7, list->batch);
    query_bind_text(query, 8, list->search);
    query_bind_integer(query, 9, list->limit);
    query_bind_integer(query, 10, list->offset > INT64_MAX ? INT64_MAX : (int64_t)list->offset);
}

/* Room for one more: most lists are short, and a thousand rows are a megabyte. */
static enum fail list_grow(struct read_transactions *list, size_t *room)
{
    size_t wanted = *room == 0 ? ROWS_AT_FIRST : *room * 2;
    struct transaction_row *rows;

    if (list->count < *room) {
        return FAIL_NONE;
    }
    assert(list->count < READ_TRANSACTIONS_MAX);
    rows = realloc(list->rows, wanted * sizeof(*rows));
    if (rows == NULL) {
        return FAIL_MEMORY;
    }
    list->rows = rows;
    *room = wanted;
    return FAIL_NONE;
}

static void list_clear(struct read_transactions *list)
{
    free(list->rows);
    list->rows = NULL;
    list->count = 0;
}

static enum fail transactions_run(struct store_job *job, struct store_tx *tx)
{
    struct read_transactions *list = LIST_ITEM(job, struct read_transactions, job);
    enum fail memory = FAIL_NONE;
    size_t room = 0;
    struct query query;
    enum fail fail;

    list_clear(list);
    query_begin(&query, tx, list_sql(list));
    list_bind(list, &query);
    while (memory == FAIL_NONE && query_next(&query)) {
        memory = list_grow(list, &room);
        if (memory == FAIL_NONE) {
            struct transaction_row *row = &list->rows[list->count++];

            *row = (struct transaction_row){0};
            transaction_row(&query, row);
        }
    }
    fail = query_end(&query);
    return fail == FAIL_NONE ? memory : fail;
}

static void transactions_done(struct store_job *job, enum fail fail)
{
    struct read_transactions *list = LIST_ITEM(job, struct read_transactions, job);
    struct transaction_row *rows;

    if (fail != FAIL_NONE) {
        list_clear(list);
    }
    list->fail = fail;
    rows = list->rows;
    list->done(list); /* may free the query */
    free(rows);
}

void read_transactions_start(struct store *store, struct read_transactions *query)
{
    assert(query->limit >= 1 && query->limit <= READ_TRANSACTIONS_MAX);
    query->rows = NULL;
    query->count = 0;
    query->job =
        (struct store_job){.run = transactions_run, .done = transactions_done, .home = query->home};
    store_read(store, &query->job);
}
