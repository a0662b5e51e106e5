/* The signature is checked over the bytes as they came, before anything of
 * them is read. What is genuine is taken also when its body is of a kind that
 * this program does not know: a newer server may have more to tell. */
#include "pos/webhook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"

/* --- Is it genuine? ------------------------------------------------------ */

static const char *verdict_sentence(enum signature_verdict verdict)
{
    switch (verdict) {
    case SIGNATURE_GOOD:
        return NULL;
    case SIGNATURE_WRONG:
        return "the signature is not by this verifier token, or the message was changed on its way";
    case SIGNATURE_MALFORMED:
        return "webhook-id, webhook-timestamp or webhook-signature is missing or malformed";
    case SIGNATURE_TOO_OLD:
        break;
    }
    return "the timestamp is more than 5 minutes from this clock: an old message sent again, or "
           "one clock is wrong";
}

static bool read_header(const struct http_head *head, const char *name, char *out, size_t size)
{
    return slice_copy(http_header_value(head, name), out, size) == FAIL_NONE;
}

/* --- What does it say? ------------------------------------------------------ */

static void read_text(const struct json_document *document, const struct json_value *object,
                      const char *name, char *out, size_t size)
{
    const struct json_value *value = json_member(document, object, name);

    if (value == NULL || (value->type != JSON_STRING && value->type != JSON_NUMBER) ||
        slice_copy(value->text, out, size) != FAIL_NONE) {
        out[0] = '\0';
    }
}

#define READ_TEXT(document, object, name, field)                                                   \
    read_text((document), (object), (name), (field), sizeof(field))

static void read_members(const struct json_document *document, struct webhook *out)
{
    const struct json_value *root = json_root(document);
    const struct json_value *data = json_member(document, root, "data");
    char id[POS_WORD_SIZE];
    uint64_t number;

    READ_TEXT(document, root, "type", out->type);
    READ_TEXT(document, root, "id", id);
    if (strcmp(out->type, "cardTransaction") == 0 &&
        slice_to_unsigned(slice_of(id), INT64_MAX, &number) == FAIL_NONE) {
        out->transaction = (int64_t)number;
    }
    if (data != NULL) {
        READ_TEXT(document, data, "cancelledAt", out->cancelled_at);
        READ_TEXT(document, data, "deviceCode", out->code);
        READ_TEXT(document, data, "transactionAmount", out->amount);
        READ_TEXT(document, data, "currency", out->currency);
        READ_TEXT(document, data, "invoiceNumber", out->invoice);
    }
}

const char *webhook_read(const struct http_head *head, struct slice body,
                         const uint8_t secret[SIGNATURE_SECRET_SIZE], int64_t now_s,
                         struct webhook *out)
{
    struct json_document document;
    const char *wrong;

    memset(out, 0, sizeof(*out));
    if (!read_header(head, "webhook-id", out->id, sizeof(out->id)) ||
        !read_header(head, "webhook-timestamp", out->timestamp, sizeof(out->timestamp)) ||
        !read_header(head, "webhook-signature", out->signatures, sizeof(out->signatures))) {
        return verdict_sentence(SIGNATURE_MALFORMED);
    }
    wrong = verdict_sentence(signature_check(slice_of(out->id), slice_of(out->timestamp),
                                             slice_of(out->signatures), body, secret, now_s));
    if (wrong != NULL) {
        return wrong;
    }
    json_document_init(&document);
    if (json_read(&document, body) == FAIL_NONE) {
        read_members(&document, out);
    }
    json_document_finish(&document);
    return NULL;
}

/* --- Did it come before? ------------------------------------------------------ */

struct webhook_memory {
    char ids[WEBHOOK_KNOWN_MAX][WEBHOOK_ID_SIZE];
    size_t next; /* the place of the next one: the oldest makes room */
};

enum fail webhook_memory_create(struct webhook_memory **out)
{
    struct webhook_memory *memory = calloc(1, sizeof(*memory));

    if (memory == NULL) {
        return FAIL_MEMORY;
    }
    *out = memory;
    return FAIL_NONE;
}

void webhook_memory_destroy(struct webhook_memory **memory)
{
    free(*memory);
    *memory = NULL;
}

bool webhook_memory_note(struct webhook_memory *memory, const char *id)
{
    size_t i;

    assert(id[0] != '\0' && strlen(id) < WEBHOOK_ID_SIZE);
    for (i = 0; i < WEBHOOK_KNOWN_MAX; i++) {
        if (strcmp(memory->ids[i], id) == 0) {
            return true;
        }
    }
    (void)text_format(memory->ids[memory->next], WEBHOOK_ID_SIZE, "%s", id);
    memory->next = (memory->next + 1) % WEBHOOK_KNOWN_MAX;
    return false;
}
