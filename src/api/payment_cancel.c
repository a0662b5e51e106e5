/* POST /devices/{code}/payments/{id}/cancel: the POS wants it ended, and is told
 * what is true. */
#include "broker/payment_cancel.h"

#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/payment_json.h"
#include "api/payments.h"
#include "store/read.h"
#include "wire/json_write.h"

enum { CANCEL_BODY_MAX = 512 };

static const char FIELD[] = "reverseIfApproved";

/* --- A request that cannot be taken ------------------------------------------- */

/* Of a payment that is there; else it is not found (the order of checks). */
struct refused_call {
    struct api_call *call;
    struct flaws flaws;
    struct read_payment query;
};

static void on_looked(struct read_payment *query)
{
    struct refused_call *refused = LIST_ITEM(query, struct refused_call, query);
    struct api_call *call = refused->call;

    if (query->fail == FAIL_NONE) {
        call_fail_flaws(call, &refused->flaws);
    } else {
        flaws_finish(&refused->flaws);
        payment_fail_read(call, query);
    }
    free(refused);
}

/* Takes the flaws. */
static void refuse(struct api_call *call, struct flaws *flaws)
{
    struct refused_call *refused = calloc(1, sizeof(*refused));

    if (refused == NULL) {
        flaws_finish(flaws);
        call_fail_memory(call);
        return;
    }
    refused->call = call;
    refused->flaws = *flaws;
    refused->query.business = call->grant.business;
    memcpy(refused->query.code, call->code, CODE_SIZE);
    refused->query.payment = call_id(call);
    refused->query.home = call->broker->loops[call->loop];
    refused->query.done = on_looked;
    read_payment_start(call->broker->store, &refused->query);
}

/* --- One that can ---------------------------------------------------------------- */

static void answer(struct api_call *call, const char *result, const struct payment_row *row)
{
    struct buf body;

    buf_init(&body, CANCEL_BODY_MAX);
    json_open_object(&body, NULL);
    json_add_text(&body, "result", result);
    json_add_text(&body, "state", payment_json_state(row, payment_json_screen(call->broker, row)));
    payment_json_id(&body, "transactionId", row->approved);
    json_close_object(&body);
    call_answer_buf(call, &body);
}

static void on_answer(struct payment_cancel *cancel, enum payment_cancel_answer said)
{
    struct api_call *call = cancel->context;

    switch (said) {
    case CANCEL_CANCELLED:
        answer(call, "cancelled", &cancel->row);
        break;
    case CANCEL_TOO_LATE:
        answer(call, "too late", &cancel->row);
        break;
    case CANCEL_DEVICE_UNREACHABLE:
        answer(call, "device unreachable", &cancel->row);
        break;
    case CANCEL_NO_DEVICE:
        call_fail_unknown_device(call);
        break;
    case CANCEL_NO_PAYMENT:
        payment_fail_unknown(call);
        break;
    case CANCEL_TROUBLE:
        call_fail(call, 503,
                  "Whether the payment is cancelled cannot be said now. Try again in a moment.");
        break;
    }
    payment_cancel_free(&cancel);
}

static void begin(struct api_call *call, bool reverse_if_approved)
{
    struct payment_cancel *cancel = payment_cancel_new();

    if (cancel == NULL) {
        call_fail_memory(call);
        return;
    }
    cancel->business = call->grant.business;
    memcpy(cancel->code, call->code, CODE_SIZE);
    cancel->payment = call_id(call);
    cancel->reverse_if_approved = reverse_if_approved;
    cancel->loop = call->loop;
    cancel->done = on_answer;
    cancel->context = call;
    payment_cancel_start(call->broker, cancel);
}

/* An empty body is {}. */
static enum fail request_read(struct slice body, bool *reverse_if_approved, struct flaws *flaws)
{
    struct json_document document;
    const struct json_value *value = NULL;
    enum fail fail;

    *reverse_if_approved = false;
    if (body.length == 0) {
        return FAIL_NONE;
    }
    json_document_init(&document);
    fail = body_read(&document, body, "{\"reverseIfApproved\":true}", flaws);
    if (fail == FAIL_NONE && !flaws_exist(flaws)) {
        value = json_member(&document, json_root(&document), FIELD);
    }
    if (value != NULL) {
        *reverse_if_approved = value->type == JSON_TRUE;
        if (value->type != JSON_TRUE && value->type != JSON_FALSE && value->type != JSON_NULL) {
            flaws_add(flaws, FIELD, "must be true or false");
        }
    }
    json_document_finish(&document);
    return fail;
}

static void handle(struct api_call *call)
{
    struct flaws flaws;
    bool reverse_if_approved;
    enum fail fail;

    if (!call_has_code(call)) {
        return;
    }
    flaws_init(&flaws, call->route->errors);
    fail = request_read(call->body, &reverse_if_approved, &flaws);
    if (fail != FAIL_NONE) {
        flaws_finish(&flaws);
        call_fail_memory(call);
    } else if (flaws_exist(&flaws)) {
        refuse(call, &flaws);
    } else {
        begin(call, reverse_if_approved);
    }
}

const struct api_route api_payment_cancel = {
    .needs = {ACCESS_NONE, ACCESS_NONE, PROCESSING_POSITIVE},
    .errors = REPLY_ERRORS_ARRAY,
    .handle = handle};
