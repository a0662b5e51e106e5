/* POST /devices/{code}/payment/purchase: the terminal shows the amount, and its
 * word is the 202 (architecture.md, The path of a payment).
 *
 * What is wrong with the body is told only of a device that is there: so it is
 * looked for first (contract.md, Common, the order of checks). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/devices.h"
#include "api/payment_request.h"
#include "api/payments.h"
#include "broker/device_query.h"
#include "broker/payment_call.h"

enum { TEXT_SIZE = 192 };

/* --- A request that cannot be taken -------------------------------------------- */

struct refused_call {
    struct api_call *call;
    struct flaws flaws;
    struct device_query query;
};

static void on_looked(struct device_query *query, enum fail fail)
{
    struct refused_call *refused = LIST_ITEM(query, struct refused_call, query);
    struct api_call *call = refused->call;

    if (fail == FAIL_NONE) {
        call_fail_flaws(call, &refused->flaws);
    } else {
        flaws_finish(&refused->flaws);
        device_fail_read(call, fail);
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
    refused->query.loop = call->loop;
    refused->query.done = on_looked;
    device_query_start(call->broker, &refused->query);
}

/* --- One that can ----------------------------------------------------------------- */

static void accepted(struct api_call *call, int64_t payment)
{
    char location[TEXT_SIZE];

    (void)text_format(location, sizeof(location), "/v2/devices/%s/payments/%" PRId64, call->code,
                      payment);
    exchange_add_header(call->exchange, "Location", location);
    call_answer_empty(call, 202);
}

/* There are two currencies: who sent one of a business of the other. */
static void fail_currency(struct api_call *call, const char *sent)
{
    char text[TEXT_SIZE];

    (void)text_format(text, sizeof(text), "currency must be %s, the currency of this business",
                      strcmp(sent, "CAD") == 0 ? "USD" : "CAD");
    call_fail(call, 400, text);
}

/* Nobody may believe that no sale was started, nor start another one at once. */
static void fail_trouble(struct api_call *call, bool has_key)
{
    char text[TEXT_SIZE];

    if (has_key) {
        call_fail(call, 503,
                  "What became of this payment cannot be said now. Send the same request with the "
                  "same idempotency-key again in a moment.");
        return;
    }
    (void)text_format(text, sizeof(text),
                      "What became of this payment cannot be said now. Look at GET "
                      "/v2/devices/%s/payments before you send it again.",
                      call->code);
    call_fail(call, 503, text);
}

static void on_answer(struct payment_call *payment, enum payment_answer answer)
{
    struct api_call *call = payment->context;

    switch (answer) {
    case PAYMENT_ACCEPTED:
        accepted(call, payment->payment);
        break;
    case PAYMENT_NO_DEVICE:
        call_fail_unknown_device(call);
        break;
    case PAYMENT_NOT_LISTENING:
        call_fail_device(call, 409, "not listening");
        break;
    case PAYMENT_BUSY:
        call_fail_device(call, 409, "busy");
        break;
    case PAYMENT_KEY_TAKEN:
        call_fail(
            call, 409,
            "This idempotency-key belongs to another request. A new payment needs a new key.");
        break;
    case PAYMENT_CURRENCY:
        fail_currency(call, payment->currency);
        break;
    case PAYMENT_TROUBLE:
        fail_trouble(call, payment->key[0] != '\0');
        break;
    }
    payment_call_free(&payment);
}

static void begin(struct api_call *call, const struct payment_request *request)
{
    struct payment_call *payment = payment_call_new();

    if (payment == NULL) {
        call_fail_memory(call);
        return;
    }
    payment->business = call->grant.business;
    payment->token = call->grant.token;
    payment->preset_helcim = call->grant.preset_helcim;
    memcpy(payment->code, call->code, CODE_SIZE);
    payment->kind = PAYMENT_PURCHASE;
    memcpy(payment->currency, request->currency, sizeof(payment->currency));
    payment->amount_minor = request->amount_minor;
    memcpy(payment->invoice, request->invoice, sizeof(payment->invoice));
    memcpy(payment->customer, request->customer, sizeof(payment->customer));
    memcpy(payment->key, request->key, sizeof(payment->key));
    payment->loop = call->loop;
    payment->done = on_answer;
    payment->context = call;
    payment_call_start(call->broker, payment);
}

static void handle(struct api_call *call)
{
    struct payment_request request;
    struct flaws flaws;
    enum fail fail;

    if (!call_has_code(call)) {
        return;
    }
    flaws_init(&flaws, call->route->errors);
    fail = payment_request_read(call, &request, &flaws);
    if (fail != FAIL_NONE) {
        flaws_finish(&flaws);
        call_fail_memory(call);
    } else if (flaws_exist(&flaws)) {
        refuse(call, &flaws);
    } else {
        begin(call, &request);
    }
}

const struct api_route api_payment_purchase = {
    .needs = {ACCESS_NONE, ACCESS_NONE, PROCESSING_POSITIVE},
    .errors = REPLY_ERRORS_ARRAY,
    .handle = handle};
