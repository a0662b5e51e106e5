/* An amount is the text of its number: no floating point touches it. */
#include "api/payment_request.h"

#include <string.h>

#include "api/body.h"
#include "core/money.h"

static const char EXAMPLE[] = "{\"currency\":\"CAD\",\"transactionAmount\":10.99}";
static const char TEXT_RULE[] =
    "must be a text of at most 64 characters without control characters";

static bool is_left_out(const struct json_value *value)
{
    return value == NULL || value->type == JSON_NULL;
}

static void currency_read(const struct json_document *document, struct payment_request *out,
                          struct flaws *flaws)
{
    const struct json_value *value = json_member(document, json_root(document), "currency");

    if (is_left_out(value)) {
        flaws_add(flaws, "currency", "is missing: CAD or USD");
    } else if (value->type != JSON_STRING || account_currency_problem(value->text) != NULL ||
               slice_copy(value->text, out->currency, sizeof(out->currency)) != FAIL_NONE) {
        flaws_add(flaws, "currency", "must be CAD or USD, in upper case");
    }
}

static void amount_read(const struct json_document *document, struct payment_request *out,
                        struct flaws *flaws)
{
    static const char NAME[] = "transactionAmount";
    const struct json_value *value = json_member(document, json_root(document), NAME);
    const char *problem = NULL;

    if (is_left_out(value)) {
        problem = "is missing: a number greater than 0, such as 10.99";
    } else if (value->type == JSON_STRING) {
        problem = "must be a number, not a text: 10.99 without quotation marks";
    } else if (value->type != JSON_NUMBER) {
        problem = "must be a number, such as 10.99";
    } else {
        problem = money_read(value->text, &out->amount_minor);
    }
    if (problem != NULL) {
        flaws_add(flaws, NAME, problem);
    }
}

static void text_read(const struct json_document *document, const char *name, char *out,
                      struct flaws *flaws)
{
    const struct body_text what = {
        .name = name, .max = PAYMENT_INVOICE_MAX, .size = PAYMENT_INVOICE_SIZE, .rule = TEXT_RULE};

    body_text(document, &what, out, flaws);
}

static void key_read(const struct api_call *call, struct payment_request *out, struct flaws *flaws)
{
    static const char NAME[] = "idempotency-key";

    if (call->key.bytes == NULL) {
        return;
    }
    if (call->key_twice) {
        flaws_add(flaws, NAME, "stands twice among the headers");
    } else if (!slice_is_visible_ascii(call->key) ||
               slice_copy(call->key, out->key, sizeof(out->key)) != FAIL_NONE) {
        flaws_add(flaws, NAME, "must have 1 to 255 visible ASCII characters");
    }
}

enum fail payment_request_read(const struct api_call *call, struct payment_request *out,
                               struct flaws *flaws)
{
    struct json_document document;
    enum fail fail;

    memset(out, 0, sizeof(*out));
    json_document_init(&document);
    fail = body_read(&document, call->body, EXAMPLE, flaws);
    if (fail == FAIL_NONE && !flaws_exist(flaws)) {
        currency_read(&document, out, flaws);
        amount_read(&document, out, flaws);
        text_read(&document, "invoiceNumber", out->invoice, flaws);
        text_read(&document, "customerCode", out->customer, flaws);
        key_read(call, out, flaws);
    }
    json_document_finish(&document);
    return fail;
}
