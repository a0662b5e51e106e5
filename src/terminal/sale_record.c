/* The record as JSON: the offer as it came, the number of the last attempt,
 * and the unsent message as it will leave. Both messages are written and read
 * by the schema of the wire, so that nothing that the wire refuses (a card
 * number above all) can be on the disk either. */
#include "terminal/sale_record.h"

#include <assert.h>

#include "wire/json.h"
#include "wire/json_write.h"

enum { FORMAT = 1 }; /* the first thing a newer program would change */

enum field { FIELD_FORMAT, FIELD_ATTEMPT, FIELD_OFFER, FIELD_UNSENT, FIELDS };
static const char *const field_names[FIELDS] = {"format", "attempt", "offer", "unsent"};

/* --- Record and messages ------------------------------------------------- */

struct sale_record sale_record_make(const struct terminal_offer *offer)
{
    struct sale_record record = {
        .payment = offer->payment,
        .kind = slice_is(offer->kind, "refund") ? PAYMENT_REFUND : PAYMENT_PURCHASE,
        .amount_minor = offer->amount,
        .authority = slice_is(offer->authority, "terminal") ? AUTHORITY_TERMINAL : AUTHORITY_SERVER,
        .time_limit_seconds = offer->time_limit_seconds,
    };

    slice_keep(offer->currency, record.currency, sizeof(record.currency));
    slice_keep(offer->invoice, record.invoice, sizeof(record.invoice));
    return record;
}

const char *sale_unsent_name(enum sale_unsent unsent)
{
    static const char *const names[UNSENT_KINDS] = {
        [UNSENT_ATTEMPT] = "attempt",
        [UNSENT_RESULT] = "result",
        [UNSENT_CANCEL] = "cancel_payment",
    };

    assert(unsent < UNSENT_KINDS);
    return names[unsent];
}

static void fill_offer(const struct sale_record *record, struct terminal_message *out)
{
    *out = (struct terminal_message){.type = TERMINAL_OFFER};
    out->offer = (struct terminal_offer){
        .payment = record->payment,
        .kind = slice_of(payment_kind_name(record->kind)),
        .amount = record->amount_minor,
        .currency = slice_of(record->currency),
        .invoice = slice_of(record->invoice),
        .authority = slice_of(record->authority == AUTHORITY_TERMINAL ? "terminal" : "server"),
        .time_limit_seconds = record->time_limit_seconds,
    };
}

static void fill_attempt(const struct sale_record *record, struct terminal_attempt *out)
{
    *out = (struct terminal_attempt){
        .payment = record->payment,
        .attempt = record->attempt,
        .entry = slice_of(card_entry_name(record->card.entry)),
        .brand = slice_of(card_brand_name(record->card.brand)),
        .card = slice_of(card_kind_name(record->card.kind)),
        .first_six = slice_of(record->card.first_six),
        .last_four = slice_of(record->card.last_four),
        .holder = slice_of(record->card.holder),
        .reference = slice_of(record->card.reference),
    };
}

void sale_record_message(const struct sale_record *record, struct terminal_message *out)
{
    assert(record->payment != 0 && record->unsent != UNSENT_NOTHING);
    *out = (struct terminal_message){.type = TERMINAL_ATTEMPT};
    if (record->unsent == UNSENT_CANCEL) {
        out->type = TERMINAL_CANCEL_PAYMENT;
        out->cancel_payment.payment = record->payment;
        out->cancel_payment.by = slice_of(payment_reason_name(record->by));
    } else if (record->unsent == UNSENT_RESULT) {
        out->type = TERMINAL_RESULT;
        fill_attempt(record, &out->result.attempt);
        out->result.approved = record->approved;
        out->result.approval_code = slice_of(record->approval_code);
        out->result.reason = slice_of(record->reason);
    } else {
        fill_attempt(record, &out->attempt);
    }
}

/* --- Writing ------------------------------------------------------------- */

static void add_message(struct buf *out, const char *name, const struct terminal_message *message)
{
    struct buf text;

    buf_init(&text, TERMINAL_MESSAGE_MAX);
    terminal_message_write(&text, message);
    if (buf_fail(&text) == FAIL_NONE) {
        json_add_raw(out, name, buf_view(&text));
    } else {
        out->fail = buf_fail(&text);
    }
    buf_finish(&text);
}

void sale_record_write(struct buf *out, const struct sale_record *record)
{
    struct terminal_message message;

    json_open_object(out, NULL);
    json_add_integer(out, field_names[FIELD_FORMAT], FORMAT);
    json_add_integer(out, field_names[FIELD_ATTEMPT], record->payment == 0 ? 0 : record->attempt);
    if (record->payment == 0) {
        json_add_null(out, field_names[FIELD_OFFER]);
    } else {
        fill_offer(record, &message);
        add_message(out, field_names[FIELD_OFFER], &message);
    }
    if (record->payment == 0 || record->unsent == UNSENT_NOTHING) {
        json_add_null(out, field_names[FIELD_UNSENT]);
    } else {
        sale_record_message(record, &message);
        add_message(out, field_names[FIELD_UNSENT], &message);
    }
    json_close_object(out);
    buf_byte(out, '\n');
}

/* --- Reading ------------------------------------------------------------- */

/* The one value of a message's member as JSON again; false when it is no plain one. */
static bool add_member(struct buf *out, const char *name, const struct json_value *value)
{
    switch (value->type) {
    case JSON_NULL:
        json_add_null(out, name);
        return true;
    case JSON_FALSE:
    case JSON_TRUE:
        json_add_bool(out, name, value->type == JSON_TRUE);
        return true;
    case JSON_NUMBER:
        json_add_raw(out, name, value->text);
        return true;
    case JSON_STRING:
        json_add_slice(out, name, value->text);
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return false;
}

/* A name as a text of its own; "" (which no message has) when it is too long or
 * has to be escaped. */
static void copy_name(struct slice name, char out[TERMINAL_REASON_MAX])
{
    size_t i;

    out[0] = '\0';
    for (i = 0; i < name.length; i++) {
        char c = text_lower(name.bytes[i]);

        if (c < 'a' || c > 'z') {
            return;
        }
    }
    if (name.length < TERMINAL_REASON_MAX) {
        (void)text_format(out, TERMINAL_REASON_MAX, "%.*s", (int)name.length, name.bytes);
    }
}

/* One object of the file, read as the wire reads a message. `text` holds what
 * the message's texts point to. */
static enum fail read_message(const struct json_document *file, const struct json_value *object,
                              struct json_document *document, struct buf *text,
                              struct terminal_message *out)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    char name[TERMINAL_REASON_MAX];
    const struct json_value *value;
    enum fail fail;

    if (object->type != JSON_OBJECT) {
        return FAIL_INVALID;
    }
    json_open_object(text, NULL);
    for (value = json_first(file, object); value != NULL; value = json_next(file, value)) {
        copy_name(value->name, name);
        if (name[0] == '\0' || !add_member(text, name, value)) {
            return FAIL_INVALID;
        }
    }
    json_close_object(text);
    fail = buf_fail(text);
    if (fail == FAIL_NONE) {
        fail = terminal_message_read(out, document, buf_view(text), problem);
    }
    if (fail == FAIL_LIMIT) {
        return FAIL_INVALID;
    }
    return fail == FAIL_NONE && out->dropped > 0 ? FAIL_INVALID : fail;
}

static bool keep_card(const struct terminal_attempt *attempt, struct sale_record *out)
{
    struct card *card = &out->card;

    slice_keep(attempt->first_six, card->first_six, sizeof(card->first_six));
    slice_keep(attempt->last_four, card->last_four, sizeof(card->last_four));
    slice_keep(attempt->holder, card->holder, sizeof(card->holder));
    slice_keep(attempt->reference, card->reference, sizeof(card->reference));
    return card_entry_read(attempt->entry, &card->entry) &&
           card_brand_read(attempt->brand, &card->brand) &&
           card_kind_read(attempt->card, &card->kind) && attempt->payment == out->payment &&
           attempt->attempt == out->attempt;
}

/* False when it does not fit to the offer and the number of the attempt. */
static bool keep_unsent(const struct terminal_message *message, struct sale_record *out)
{
    if (message->type == TERMINAL_ATTEMPT) {
        out->unsent = UNSENT_ATTEMPT;
        return out->authority == AUTHORITY_SERVER && keep_card(&message->attempt, out);
    }
    if (message->type == TERMINAL_RESULT) {
        out->unsent = UNSENT_RESULT;
        out->approved = message->result.approved;
        slice_keep(message->result.approval_code, out->approval_code, sizeof(out->approval_code));
        slice_keep(message->result.reason, out->reason, sizeof(out->reason));
        return out->authority == AUTHORITY_TERMINAL && keep_card(&message->result.attempt, out);
    }
    out->unsent = UNSENT_CANCEL;
    return message->type == TERMINAL_CANCEL_PAYMENT &&
           message->cancel_payment.payment == out->payment &&
           payment_reason_read(message->cancel_payment.by, &out->by);
}

static enum fail take_message(const struct json_document *file, enum field field,
                              const struct json_value *value, struct sale_record *out)
{
    struct terminal_message message;
    struct json_document document;
    struct buf text;
    enum fail fail;

    if (value->type == JSON_NULL) {
        return FAIL_NONE;
    }
    buf_init(&text, TERMINAL_MESSAGE_MAX);
    json_document_init(&document);
    fail = read_message(file, value, &document, &text, &message);
    if (fail == FAIL_NONE && field == FIELD_OFFER) {
        uint32_t attempt = out->attempt;

        fail = message.type == TERMINAL_OFFER ? FAIL_NONE : FAIL_INVALID;
        if (fail == FAIL_NONE) {
            *out = sale_record_make(&message.offer);
            out->attempt = attempt;
        }
    } else if (fail == FAIL_NONE) {
        fail = out->payment != 0 && keep_unsent(&message, out) ? FAIL_NONE : FAIL_INVALID;
    }
    json_document_finish(&document);
    buf_finish(&text);
    return fail;
}

static enum fail take_field(const struct json_document *file, enum field field,
                            const struct json_value *value, struct sale_record *out)
{
    int64_t attempt = 0;
    enum fail fail;

    if (field == FIELD_FORMAT) {
        return FAIL_NONE; /* looked at before the others */
    }
    if (field == FIELD_ATTEMPT) {
        fail = json_to_integer(value, 0, TERMINAL_ATTEMPT_MAX, &attempt);
        out->attempt = (uint32_t)attempt;
        return fail == FAIL_NONE ? FAIL_NONE : FAIL_INVALID;
    }
    return take_message(file, field, value, out);
}

/* The format first: of a newer one nothing else can be said. */
static enum fail check_format(const struct json_document *file,
                              char problem[SALE_RECORD_PROBLEM_SIZE])
{
    const struct json_value *value = json_member(file, json_root(file), field_names[FIELD_FORMAT]);
    int64_t format = 0;

    if (value == NULL || json_to_integer(value, 1, INT64_MAX, &format) != FAIL_NONE) {
        (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "it names no format");
        return FAIL_INVALID;
    }
    if (format != FORMAT) {
        (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "a newer tillwire wrote it");
        return FAIL_VERSION;
    }
    return FAIL_NONE;
}

static enum fail take_all(const struct json_document *file, struct sale_record *out,
                          char problem[SALE_RECORD_PROBLEM_SIZE])
{
    const struct json_value *value;
    enum fail fail = check_format(file, problem);
    size_t there = 0;
    int field;

    for (field = 0; fail == FAIL_NONE && field < FIELDS; field++) {
        value = json_member(file, json_root(file), field_names[field]);
        fail = value == NULL ? FAIL_INVALID : take_field(file, (enum field)field, value, out);
        if (fail != FAIL_NONE) {
            (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "the field %s %s",
                              field_names[field], value == NULL ? "is missing" : "makes no sense");
        }
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    for (value = json_first(file, json_root(file)); value != NULL; value = json_next(file, value)) {
        there++;
    }
    if (there != FIELDS) { /* names are unique, so that one more is one unknown */
        (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "it has a field that is not known");
        return FAIL_INVALID;
    }
    if (out->payment == 0 && out->attempt != 0) {
        (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "it has an attempt of no payment");
        return FAIL_INVALID;
    }
    return FAIL_NONE;
}

enum fail sale_record_read(struct slice text, struct sale_record *out,
                           char problem[SALE_RECORD_PROBLEM_SIZE])
{
    struct json_document file;
    struct sale_record taken = {0};
    enum fail fail;

    json_document_init(&file);
    fail = json_read(&file, text);
    if (fail == FAIL_NONE) {
        fail = take_all(&file, &taken, problem);
    } else if (fail != FAIL_MEMORY) {
        (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "%s, at byte %zu", file.problem,
                          file.problem_at);
        fail = FAIL_INVALID;
    }
    if (fail == FAIL_MEMORY) {
        (void)text_format(problem, SALE_RECORD_PROBLEM_SIZE, "%s", fail_text(fail));
    }
    if (fail == FAIL_NONE) {
        *out = taken;
    }
    json_document_finish(&file);
    return fail;
}
