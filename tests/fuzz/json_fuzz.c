/* Fuzz: what the JSON reader accepts, the writer can say again, and that reads
 * as the same values; what it refuses has a reason and a place.
 *
 * Every text is read twice, into a document that is new and one that has been
 * used: they must agree. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/json.h"
#include "wire/json_write.h"

/* An escape makes at most six bytes of one. */
enum { AGAIN_MAX = 8 * JSON_BYTES_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The same values in the same places; `again` of another text. */
static void check_same(const struct json_document *document, const struct json_document *again)
{
    size_t i;

    check(document->count == again->count);
    for (i = 0; i < document->count; i++) {
        const struct json_value *a = &document->values[i];
        const struct json_value *b = &again->values[i];

        check(a->type == b->type && a->next == b->next && a->first == b->first);
        check(slice_equals(a->text, b->text));
        check(slice_equals(a->name, b->name));
    }
}

/* What must be true of any document that was read. */
static void check_values(const struct json_document *document)
{
    size_t i;

    check(document->count >= 1 && document->count <= JSON_VALUES_MAX);
    check(json_root(document)->next == 0);
    for (i = 0; i < document->count; i++) {
        const struct json_value *value = &document->values[i];

        check(slice_is_utf8(value->text) && slice_is_utf8(value->name));
        check(value->text.length <= JSON_STRING_MAX && value->name.length <= JSON_STRING_MAX);
        check(value->type != JSON_NUMBER || value->text.length <= JSON_NUMBER_MAX);
        /* Links only lead forward, so that nobody runs in circles. */
        check(value->first == 0 || value->first == i + 1);
        check(value->next == 0 || (value->next > i && value->next < document->count));
        check(value->first == 0 || value->type == JSON_ARRAY || value->type == JSON_OBJECT);
    }
}

static void write_value(struct buf *out, const struct json_value *value, bool named)
{
    if (named) {
        json_add_slice(out, NULL, value->name);
        buf_byte(out, ':');
    }
    switch (value->type) {
    case JSON_NULL:
        json_add_null(out, NULL);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_add_bool(out, NULL, value->type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        json_add_raw(out, NULL, value->text);
        break;
    case JSON_STRING:
        json_add_slice(out, NULL, value->text);
        break;
    case JSON_ARRAY:
        json_open_array(out, NULL);
        break;
    case JSON_OBJECT:
        json_open_object(out, NULL);
        break;
    }
}

static void close_container(struct buf *out, const struct json_value *value)
{
    if (value->type == JSON_ARRAY) {
        json_close_array(out);
    } else {
        json_close_object(out);
    }
}

/* Walks by the links, not by the order of the array, and never by recursion. */
static void write_document(struct buf *out, const struct json_document *document)
{
    const struct json_value *open[JSON_DEPTH_MAX];
    const struct json_value *value = json_root(document);
    size_t depth = 0;

    while (value != NULL) {
        write_value(out, value, depth > 0 && open[depth - 1]->type == JSON_OBJECT);
        if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
            check(depth < JSON_DEPTH_MAX);
            open[depth++] = value;
            value = json_first(document, value);
        } else {
            value = json_next(document, value);
        }
        while (value == NULL && depth > 0) {
            depth--;
            close_container(out, open[depth]);
            value = json_next(document, open[depth]);
        }
    }
}

static void check_written_again(const struct json_document *document)
{
    struct json_document again;
    struct buf out;
    enum fail fail;

    buf_init(&out, AGAIN_MAX);
    write_document(&out, document);
    check(buf_fail(&out) == FAIL_NONE);
    json_document_init(&again);
    fail = json_read(&again, buf_view(&out));
    if (fail == FAIL_NONE) {
        check_same(document, &again);
    } else {
        /* Only because escapes made it too long. */
        check(fail == FAIL_LIMIT && out.length > JSON_BYTES_MAX);
    }
    json_document_finish(&again);
    buf_finish(&out);
}

static void check_integers(const struct json_document *document)
{
    size_t i;

    for (i = 0; i < document->count; i++) {
        const struct json_value *value = &document->values[i];
        char text[JSON_NUMBER_MAX + 1];
        int64_t number = 0;

        if (json_to_integer(value, INT64_MIN, INT64_MAX, &number) != FAIL_NONE) {
            continue;
        }
        check(text_format(text, sizeof(text), "%lld", (long long)number));
        check(slice_is(value->text, text) || slice_is(value->text, "-0"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_document used; /* keeps its arrays from one input to the next */
    struct slice text = slice_make((const char *)data, size);
    struct json_document document;
    enum fail fail;

    json_document_init(&document);
    fail = json_read(&document, text);
    check(json_read(&used, text) == fail);
    check_same(&document, &used);
    if (fail == FAIL_NONE) {
        check(document.problem == NULL);
        check_values(&document);
        check_integers(&document);
        check_written_again(&document);
    } else {
        check(fail == FAIL_INVALID || fail == FAIL_LIMIT);
        check(document.count == 0 && document.problem_at <= size);
        check(strcmp(document.problem, used.problem) == 0);
        check(document.problem_at == used.problem_at);
    }
    json_document_finish(&document);
    return 0;
}
