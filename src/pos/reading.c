/* Every text is copied out with a limit: what is longer than its field can be
 * is none of ours and is left out, as is a field of another type. */
#include "pos/reading.h"

#include <string.h>

#include "wire/json.h"

/* --- Fields ----------------------------------------------------------- */

struct object {
    const struct json_document *document;
    const struct json_value *value;
};

static void text_read(const struct object *object, const char *name, char *out, size_t size)
{
    const struct json_value *value = json_member(object->document, object->value, name);

    out[0] = '\0';
    if (value != NULL && (value->type == JSON_STRING || value->type == JSON_NUMBER) &&
        slice_copy(value->text, out, size) != FAIL_NONE) {
        out[0] = '\0';
    }
}

#define TEXT_READ(object, name, field) text_read((object), (name), (field), sizeof(field))

/* An id, written as a number or, as webhooks do, as a text of digits; else 0. */
static int64_t id_read(const struct object *object, const char *name)
{
    char digits[POS_WORD_SIZE];
    uint64_t id;

    TEXT_READ(object, name, digits);
    return slice_to_unsigned(slice_of(digits), INT64_MAX, &id) == FAIL_NONE ? (int64_t)id : 0;
}

static bool bool_read(const struct object *object, const char *name)
{
    const struct json_value *value = json_member(object->document, object->value, name);

    return value != NULL && value->type == JSON_TRUE;
}

/* --- Payments ----------------------------------------------------------- */

static void attempts_read(const struct object *object, struct pos_payment *out)
{
    const struct json_value *list = json_member(object->document, object->value, "attempts");
    const struct json_value *each = NULL;

    if (list != NULL && list->type == JSON_ARRAY) {
        each = json_first(object->document, list);
    }
    for (; each != NULL && out->attempt_count < PAYMENT_ATTEMPTS_MAX;
         each = json_next(object->document, each)) {
        const struct object attempt = {object->document, each};
        struct pos_attempt *place = &out->attempts[out->attempt_count++];

        place->number = id_read(&attempt, "number");
        place->transaction = id_read(&attempt, "transactionId");
        TEXT_READ(&attempt, "state", place->state);
        TEXT_READ(&attempt, "warning", place->warning);
    }
}

static bool payment_read(const struct object *object, struct pos_payment *out)
{
    memset(out, 0, sizeof(*out));
    out->id = id_read(object, "id");
    out->transaction = id_read(object, "transactionId");
    out->reversed = bool_read(object, "reversed");
    TEXT_READ(object, "state", out->state);
    TEXT_READ(object, "reason", out->reason);
    TEXT_READ(object, "transactionAmount", out->amount);
    TEXT_READ(object, "currency", out->currency);
    TEXT_READ(object, "invoiceNumber", out->invoice);
    TEXT_READ(object, "dateCreated", out->created);
    attempts_read(object, out);
    return out->id != 0 && out->state[0] != '\0';
}

/* --- Transactions --------------------------------------------------------- */

static bool transaction_read(const struct object *object, struct pos_transaction *out)
{
    memset(out, 0, sizeof(*out));
    out->id = id_read(object, "transactionId");
    TEXT_READ(object, "status", out->status);
    TEXT_READ(object, "type", out->type);
    TEXT_READ(object, "amount", out->amount);
    TEXT_READ(object, "currency", out->currency);
    TEXT_READ(object, "dateCreated", out->created);
    TEXT_READ(object, "cardType", out->card_type);
    TEXT_READ(object, "cardNumber", out->card_number);
    TEXT_READ(object, "approvalCode", out->approval_code);
    TEXT_READ(object, "invoiceNumber", out->invoice);
    TEXT_READ(object, "customerCode", out->customer);
    TEXT_READ(object, "warning", out->warning);
    out->approved = strcmp(out->status, "APPROVED") == 0;
    return out->id != 0 && out->status[0] != '\0';
}

/* --- Documents -------------------------------------------------------------- */

enum kind { KIND_PAYMENT, KIND_TRANSACTION, KIND_CANCELLED };

static bool cancelled_read(const struct object *object, struct pos_cancelled *out)
{
    memset(out, 0, sizeof(*out));
    out->transaction = id_read(object, "transactionId");
    TEXT_READ(object, "result", out->result);
    TEXT_READ(object, "state", out->state);
    return out->result[0] != '\0';
}

static bool object_read(const struct object *object, enum kind kind, void *out)
{
    if (object->value->type != JSON_OBJECT) {
        return false;
    }
    switch (kind) {
    case KIND_PAYMENT:
        return payment_read(object, out);
    case KIND_TRANSACTION:
        return transaction_read(object, out);
    case KIND_CANCELLED:
        break;
    }
    return cancelled_read(object, out);
}

static enum fail one_read(struct slice body, enum kind kind, void *out)
{
    struct json_document document;
    enum fail fail;

    json_document_init(&document);
    fail = json_read(&document, body);
    if (fail == FAIL_NONE) {
        const struct object object = {&document, json_root(&document)};

        fail = object_read(&object, kind, out) ? FAIL_NONE : FAIL_INVALID;
    }
    json_document_finish(&document);
    return fail == FAIL_LIMIT ? FAIL_INVALID : fail;
}

struct list {
    enum kind kind;
    char *places; /* POS_LIST_MAX of them */
    size_t size;  /* of one */
    size_t count;
};

static enum fail list_fill(const struct json_document *document, struct list *list)
{
    const struct json_value *root = json_root(document);
    const struct json_value *each;

    if (root->type != JSON_ARRAY) {
        return FAIL_INVALID;
    }
    for (each = json_first(document, root); each != NULL; each = json_next(document, each)) {
        const struct object object = {document, each};

        if (list->count == POS_LIST_MAX ||
            !object_read(&object, list->kind, list->places + list->count * list->size)) {
            return FAIL_INVALID;
        }
        list->count++;
    }
    return FAIL_NONE;
}

static enum fail list_read(struct slice body, struct list *list, size_t *count)
{
    struct json_document document;
    enum fail fail;

    json_document_init(&document);
    fail = json_read(&document, body);
    if (fail == FAIL_NONE) {
        fail = list_fill(&document, list);
    }
    json_document_finish(&document);
    if (fail == FAIL_NONE) {
        *count = list->count;
    }
    return fail == FAIL_LIMIT ? FAIL_INVALID : fail;
}

enum fail pos_read_payment(struct slice body, struct pos_payment *out)
{
    return one_read(body, KIND_PAYMENT, out);
}

enum fail pos_read_payments(struct slice body, struct pos_payment out[POS_LIST_MAX], size_t *count)
{
    struct list list = {.kind = KIND_PAYMENT, .places = (char *)out, .size = sizeof(*out)};

    return list_read(body, &list, count);
}

enum fail pos_read_transaction(struct slice body, struct pos_transaction *out)
{
    return one_read(body, KIND_TRANSACTION, out);
}

enum fail pos_read_transactions(struct slice body, struct pos_transaction out[POS_LIST_MAX],
                                size_t *count)
{
    struct list list = {.kind = KIND_TRANSACTION, .places = (char *)out, .size = sizeof(*out)};

    return list_read(body, &list, count);
}

enum fail pos_read_cancelled(struct slice body, struct pos_cancelled *out)
{
    return one_read(body, KIND_CANCELLED, out);
}
