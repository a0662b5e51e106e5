/* GET /devices/{code}/payments and /devices/{code}/payments/{id}: how payments
 * stand. What is stored is read; where a terminal is with an open one is asked
 * of its connection. */
#include "api/payments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/parameter.h"
#include "api/payment_json.h"
#include "base/log.h"
#include "store/read.h"
#include "wire/json_write.h"

enum {
    SHOW_BODY_MAX = PAYMENT_JSON_MAX + READ_ATTEMPTS_MAX * ATTEMPT_JSON_MAX,
    LIST_BODY_MAX = READ_PAYMENTS_MAX * PAYMENT_JSON_MAX,
    TEXT_SIZE = 2 * CALL_CODE_SIZE + 64,
};

void payment_fail_unknown(struct api_call *call)
{
    char text[TEXT_SIZE];

    (void)text_format(text, sizeof(text), "payment %s of device %s not found", call->id,
                      call->code);
    call_fail(call, 404, text);
}

void payment_fail_read(struct api_call *call, const struct read_payment *query)
{
    assert(query->fail != FAIL_NONE);
    if (query->fail != FAIL_NOT_FOUND) {
        log_event(LOG_ERROR, "payment.read_failed", log_text("why", fail_text(query->fail)));
        call_fail(call, 503, "The payment could not be read now. Try again in a moment.");
    } else if (query->device_found) {
        payment_fail_unknown(call);
    } else {
        call_fail_unknown_device(call);
    }
}

/* --- One --------------------------------------------------------------------------- */

struct show_call {
    struct api_call *call;
    struct read_payment query;
};

static void show(struct api_call *call, const struct read_payment *query)
{
    const struct payment_json payment = {.row = &query->row,
                                         .screen = payment_json_screen(call->broker, &query->row),
                                         .attempts = query->attempts,
                                         .attempt_count = query->attempt_count};
    struct buf body;

    buf_init(&body, SHOW_BODY_MAX);
    payment_json_write(&body, &payment);
    call_answer_buf(call, &body);
}

static void on_shown(struct read_payment *query)
{
    struct show_call *show_call = LIST_ITEM(query, struct show_call, query);
    struct api_call *call = show_call->call;

    if (query->fail == FAIL_NONE) {
        show(call, query);
    } else {
        payment_fail_read(call, query);
    }
    free(show_call);
}

static void show_handle(struct api_call *call)
{
    struct show_call *show_call;

    if (!call_has_code(call)) {
        return;
    }
    show_call = calloc(1, sizeof(*show_call));
    if (show_call == NULL) {
        call_fail_memory(call);
        return;
    }
    show_call->call = call;
    show_call->query.business = call->grant.business;
    memcpy(show_call->query.code, call->code, CODE_SIZE);
    show_call->query.payment = call_id(call);
    show_call->query.home = call->broker->loops[call->loop];
    show_call->query.done = on_shown;
    read_payment_start(call->broker->store, &show_call->query);
}

const struct api_route api_payment_show = {.needs = {ACCESS_READ, ACCESS_NONE, PROCESSING_NONE},
                                           .errors = REPLY_ERRORS_ARRAY,
                                           .handle = show_handle};

/* --- All of a device ------------------------------------------------------------------ */

struct list_call {
    struct api_call *call;
    struct flaws flaws;
    struct read_payments query;
};

static void list(struct api_call *call, const struct read_payments *query)
{
    struct buf body;
    size_t i;

    buf_init(&body, LIST_BODY_MAX);
    json_open_array(&body, NULL);
    for (i = 0; i < query->count; i++) {
        const struct payment_row *row = &query->rows[i];
        enum payment_screen screen = payment_is_final(row->payment.state)
                                         ? SCREEN_NONE
                                         : payment_json_screen(call->broker, row);

        payment_json_write(&body, &(struct payment_json){.row = row, .screen = screen});
    }
    json_close_array(&body);
    call_answer_buf(call, &body);
}

static void on_listed(struct read_payments *query)
{
    struct list_call *list_call = LIST_ITEM(query, struct list_call, query);
    struct api_call *call = list_call->call;

    if (query->fail == FAIL_NOT_FOUND) {
        call_fail_unknown_device(call);
    } else if (query->fail != FAIL_NONE) {
        log_event(LOG_ERROR, "payments.list_failed", log_text("why", fail_text(query->fail)));
        call_fail(call, 503, "The payments could not be read now. Try again in a moment.");
    } else if (flaws_exist(&list_call->flaws)) {
        call_fail_flaws(call, &list_call->flaws);
    } else {
        list(call, query);
    }
    flaws_finish(&list_call->flaws);
    free(list_call);
}

static void list_read(struct list_call *list_call, const char *query)
{
    static const struct parameter_number LIMIT = {"limit", 1, READ_PAYMENTS_MAX,
                                                  "must be a whole number from 1 to 100"};
    static const struct parameter_number BEFORE = {
        "before", 1, CALL_ID_MAX, "must be the id of a payment: only older ones are listed"};
    uint64_t limit = READ_PAYMENTS_MAX;
    uint64_t before = 0;

    flaws_init(&list_call->flaws, REPLY_ERRORS_ARRAY);
    (void)parameter_number(&list_call->flaws, query, &LIMIT, &limit);
    (void)parameter_number(&list_call->flaws, query, &BEFORE, &before);
    parameter_bool(&list_call->flaws, query, "open", &list_call->query.open_only);
    list_call->query.limit = (unsigned)limit;
    list_call->query.before = (int64_t)before;
}

/* The device is looked for also where the parameters are wrong: who may not
 * know that it exists learns nothing from them. */
static void list_handle(struct api_call *call)
{
    struct list_call *list_call;

    if (!call_has_code(call)) {
        return;
    }
    list_call = calloc(1, sizeof(*list_call));
    if (list_call == NULL) {
        call_fail_memory(call);
        return;
    }
    list_call->call = call;
    list_read(list_call, call->query);
    list_call->query.business = call->grant.business;
    memcpy(list_call->query.code, call->code, CODE_SIZE);
    list_call->query.home = call->broker->loops[call->loop];
    list_call->query.done = on_listed;
    read_payments_start(call->broker->store, &list_call->query);
}

const struct api_route api_payment_list = {.needs = {ACCESS_READ, ACCESS_NONE, PROCESSING_NONE},
                                           .errors = REPLY_ERRORS_ARRAY,
                                           .handle = list_handle};
