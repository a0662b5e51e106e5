/* A transaction is readable before its webhook is sent: what is shown here is
 * what was committed. Unknown and foreign ones are the same look-up and the
 * same answer (architecture.md, Law 5). */
#include "api/transactions.h"

#include <assert.h>
#include <stdlib.h>

#include "api/transaction_filter.h"
#include "api/transaction_json.h"
#include "base/log.h"
#include "store/read.h"
#include "wire/json_write.h"

enum { LIST_BODY_MAX = READ_TRANSACTIONS_MAX * TRANSACTION_JSON_MAX, TEXT_SIZE = 128 };

static_assert((int)LIST_BODY_MAX <= (int)SERVE_ANSWER_MAX, "the longest list can be sent");

/* --- One ------------------------------------------------------------------------ */

struct show_call {
    struct api_call *call;
    struct read_transaction query;
};

static void fail_unknown(struct api_call *call)
{
    char text[TEXT_SIZE];

    (void)text_format(text, sizeof(text), "Failed to retrieve card transaction #%s.", call->id);
    call_fail(call, 400, text);
}

static void on_shown(struct read_transaction *query)
{
    struct show_call *show_call = LIST_ITEM(query, struct show_call, query);
    struct api_call *call = show_call->call;
    struct buf body;

    if (query->fail == FAIL_NONE) {
        buf_init(&body, TRANSACTION_JSON_MAX);
        transaction_json_write(&body, &query->row);
        call_answer_buf(call, &body);
    } else if (query->fail == FAIL_NOT_FOUND) {
        fail_unknown(call);
    } else {
        log_event(LOG_ERROR, "transaction.read_failed", log_text("why", fail_text(query->fail)));
        call_fail(call, 503, "The transaction could not be read now. Try again in a moment.");
    }
    free(show_call);
}

static void show_handle(struct api_call *call)
{
    struct show_call *show_call;
    int64_t id = call_id(call);

    if (id == 0) {
        fail_unknown(call);
        return;
    }
    show_call = calloc(1, sizeof(*show_call));
    if (show_call == NULL) {
        call_fail_memory(call);
        return;
    }
    show_call->call = call;
    show_call->query.business = call->grant.business;
    show_call->query.transaction = id;
    show_call->query.home = call->broker->loops[call->loop];
    show_call->query.done = on_shown;
    read_transaction_start(call->broker->store, &show_call->query);
}

const struct api_route api_transaction_show = {.needs = {ACCESS_READ, ACCESS_NONE, PROCESSING_NONE},
                                               .errors = REPLY_ERRORS_STRING,
                                               .handle = show_handle};

/* --- Many ------------------------------------------------------------------------- */

struct list_call {
    struct api_call *call;
    struct read_transactions query;
};

/* Room for all of them is made at once, so that nothing is copied while it grows. */
static void list(struct api_call *call, const struct read_transactions *query)
{
    struct buf body;
    size_t i;

    buf_init(&body, LIST_BODY_MAX);
    (void)buf_reserve(&body, (query->count + 1) * TRANSACTION_JSON_USUAL);
    json_open_array(&body, NULL);
    for (i = 0; i < query->count; i++) {
        transaction_json_write(&body, &query->rows[i]);
    }
    json_close_array(&body);
    call_answer_buf(call, &body);
}

static void on_listed(struct read_transactions *query)
{
    struct list_call *list_call = LIST_ITEM(query, struct list_call, query);

    if (query->fail != FAIL_NONE) {
        log_event(LOG_ERROR, "transactions.list_failed", log_text("why", fail_text(query->fail)));
        call_fail(list_call->call, 503,
                  "The transactions could not be read now. Try again in a moment.");
    } else {
        list(list_call->call, query);
    }
    free(list_call);
}

static void list_handle(struct api_call *call)
{
    struct list_call *list_call = calloc(1, sizeof(*list_call));
    struct flaws flaws;
    bool nothing;

    if (list_call == NULL) {
        call_fail_memory(call);
        return;
    }
    flaws_init(&flaws, call->route->errors);
    transaction_filter_read(call->query, &list_call->query, &nothing, &flaws);
    if (flaws_exist(&flaws) || nothing) {
        free(list_call);
        if (flaws_exist(&flaws)) {
            call_fail_flaws(call, &flaws);
        } else {
            call_answer_json(call, slice_of("[]"));
        }
        return;
    }
    list_call->call = call;
    list_call->query.business = call->grant.business;
    list_call->query.home = call->broker->loops[call->loop];
    list_call->query.done = on_listed;
    read_transactions_start(call->broker->store, &list_call->query);
}

const struct api_route api_transaction_list = {.needs = {ACCESS_READ, ACCESS_NONE, PROCESSING_NONE},
                                               .errors = REPLY_ERRORS_STRING,
                                               .handle = list_handle};
