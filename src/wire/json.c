/* The strict JSON reader (RFC 8259).
 *
 * One pass, one loop, no recursion: what is open stands in an array of
 * JSON_DEPTH_MAX entries. The loop alternates between a value and what stands
 * between two values (commas, closing brackets, the next name). Strings are
 * read in json_string.c, names that stand twice are found in json_duplicate.c.
 * Reading into a document that has read before allocates nothing unless the
 * new one is larger than all before. */
#include "wire/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_duplicate.h"
#include "wire/json_string.h"

enum { CAPACITY_FIRST = 32 /* values */ };

/* A container whose end has not come yet. */
struct open_container {
    uint32_t index; /* of its value */
    uint32_t last;  /* index of its last member so far, 0 for none */
};

struct reader {
    struct json_document *document;
    struct slice bytes;
    size_t at;
    struct slice name; /* of the next value; empty outside objects */
    size_t depth;
    struct open_container open[JSON_DEPTH_MAX];
};

/* The byte at the present place; 0, which no JSON holds outside of strings, at
 * the end. */
static char peek(const struct reader *reader)
{
    return reader->at < reader->bytes.length ? reader->bytes.bytes[reader->at] : '\0';
}

/* The byte at the present place does not fit there. */
static enum fail refuse_here(struct reader *reader, const char *problem)
{
    if (reader->at == reader->bytes.length) {
        problem = "the document ends too early";
    }
    return json_refuse(reader->document, FAIL_INVALID, problem, reader->at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline void skip_blanks(struct reader *reader)
{
    while (is_blank(peek(reader))) {
        reader->at++;
    }
}

/* ---- values ---- */

/* Room for one more value. */
static enum fail values_reserve(struct reader *reader)
{
    struct json_document *document = reader->document;
    size_t capacity = document->capacity == 0 ? CAPACITY_FIRST : document->capacity * 2;
    struct json_value *values;

    if (document->count == JSON_VALUES_MAX) {
        return json_refuse(document, FAIL_LIMIT, "there are more than 4,096 values", reader->at);
    }
    if (document->count < document->capacity) {
        return FAIL_NONE;
    }
    values = realloc(document->values, capacity * sizeof(*values));
    if (values == NULL) {
        return json_refuse(document, FAIL_MEMORY, "out of memory", reader->at);
    }
    document->values = values;
    document->capacity = capacity;
    return FAIL_NONE;
}

/* Adds a value to the innermost open container, or the root. */
static enum fail value_add(struct reader *reader, enum json_type type, struct slice text)
{
    struct json_document *document = reader->document;
    uint32_t index = (uint32_t)document->count;
    enum fail fail = values_reserve(reader);

    if (fail != FAIL_NONE) {
        return fail;
    }
    document->values[index] = (struct json_value){.type = type, .text = text, .name = reader->name};
    document->count++;
    if (reader->depth > 0) {
        struct open_container *parent = &reader->open[reader->depth - 1];

        if (parent->last == 0) {
            document->values[parent->index].first = index;
        } else {
            document->values[parent->last].next = index;
        }
        parent->last = index;
    }
    return FAIL_NONE;
}

static enum fail string_read(struct reader *reader)
{
    struct slice text;
    enum fail fail = json_string_read(reader->document, reader->bytes, &reader->at, &text);

    return fail != FAIL_NONE ? fail : value_add(reader, JSON_STRING, text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* At least one digit. */
static bool digits_skip(struct reader *reader)
{
    size_t start = reader->at;

    while (is_digit(peek(reader))) {
        reader->at++;
    }
    return reader->at > start;
}

/* `int` of RFC 8259, 6, without its sign: no leading zeros. */
static bool whole_part_skip(struct reader *reader)
{
    if (peek(reader) != '0') {
        return digits_skip(reader);
    }
    reader->at++;
    return !is_digit(peek(reader));
}

/* `number` of RFC 8259, 6. */
static bool number_skip(struct reader *reader)
{
    if (peek(reader) == '-') {
        reader->at++;
    }
    if (!whole_part_skip(reader)) {
        return false;
    }
    if (peek(reader) == '.') {
        reader->at++;
        if (!digits_skip(reader)) {
            return false;
        }
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        reader->at++;
        if (peek(reader) == '+' || peek(reader) == '-') {
            reader->at++;
        }
        return digits_skip(reader);
    }
    return true;
}

static enum fail number_read(struct reader *reader)
{
    size_t start = reader->at;
    struct slice text;

    if (!number_skip(reader)) {
        return refuse_here(reader, "a number is not written as JSON demands");
    }
    text = slice_make(reader->bytes.bytes + start, reader->at - start);
    if (text.length > JSON_NUMBER_MAX) {
        return json_refuse(reader->document, FAIL_LIMIT, "a number is longer than 32 characters",
                           start);
    }
    return value_add(reader, JSON_NUMBER, text);
}

static enum fail word_read(struct reader *reader, const char *word, enum json_type type)
{
    struct slice rest =
        slice_make(reader->bytes.bytes + reader->at, reader->bytes.length - reader->at);

    if (!slice_starts_with(rest, word)) {
        return refuse_here(reader, "a value is expected");
    }
    reader->at += strlen(word);
    return value_add(reader, type, (struct slice){NULL, 0});
}

static enum fail container_open(struct reader *reader, enum json_type type)
{
    uint32_t index = (uint32_t)reader->document->count;
    enum fail fail;

    if (reader->depth == JSON_DEPTH_MAX) {
        return json_refuse(reader->document, FAIL_LIMIT,
                           "lists and objects are nested more than 16 deep", reader->at);
    }
    fail = value_add(reader, type, (struct slice){NULL, 0});
    if (fail != FAIL_NONE) {
        return fail;
    }
    reader->open[reader->depth] = (struct open_container){.index = index};
    reader->depth++;
    reader->at++;
    return FAIL_NONE;
}

/* One value; of a list or an object the opening bracket. */
static enum fail value_read(struct reader *reader)
{
    char c = peek(reader);

    switch (c) {
    case '{':
        return container_open(reader, JSON_OBJECT);
    case '[':
        return container_open(reader, JSON_ARRAY);
    case '"':
        return string_read(reader);
    case 't':
        return word_read(reader, "true", JSON_TRUE);
    case 'f':
        return word_read(reader, "false", JSON_FALSE);
    case 'n':
        return word_read(reader, "null", JSON_NULL);
    default:
        if (c == '-' || is_digit(c)) {
            return number_read(reader);
        }
        return refuse_here(reader, "a value is expected");
    }
}

/* ---- between values ---- */

static bool inside_object(const struct reader *reader)
{
    const struct open_container *innermost = &reader->open[reader->depth - 1];

    return reader->document->values[innermost->index].type == JSON_OBJECT;
}

static enum fail container_close(struct reader *reader)
{
    const struct json_value *values = reader->document->values;
    uint32_t first = values[reader->open[reader->depth - 1].index].first;
    uint32_t duplicate = inside_object(reader) ? json_duplicate_find(values, first) : 0;

    if (duplicate != 0) {
        return json_refuse(
            reader->document, FAIL_INVALID, "a name stands twice in one object",
            json_string_offset(reader->document, reader->bytes, values[duplicate].name));
    }
    reader->depth--;
    reader->at++;
    return FAIL_NONE;
}

/* What stands before a value in the innermost container: a name and a colon
 * in an object, nothing in a list. */
static enum fail name_read(struct reader *reader)
{
    enum fail fail;

    skip_blanks(reader);
    if (!inside_object(reader)) {
        reader->name = (struct slice){NULL, 0};
        return FAIL_NONE;
    }
    if (peek(reader) != '"') {
        return refuse_here(reader, "a name in quotation marks is expected");
    }
    fail = json_string_read(reader->document, reader->bytes, &reader->at, &reader->name);
    if (fail != FAIL_NONE) {
        return fail;
    }
    skip_blanks(reader);
    if (peek(reader) != ':') {
        return refuse_here(reader, "a colon is expected after a name");
    }
    reader->at++;
    skip_blanks(reader);
    return FAIL_NONE;
}

/* From behind a member that is complete, or behind an opening bracket, to the
 * value of the next member, which must be there. */
static enum fail member_start(struct reader *reader, bool object)
{
    bool is_first = reader->open[reader->depth - 1].last == 0;

    if (!is_first) {
        if (peek(reader) != ',') {
            return refuse_here(reader, object ? "a comma or the object's end is expected"
                                              : "a comma or the list's end is expected");
        }
        reader->at++;
    }
    return name_read(reader);
}

/* From behind a value, or behind an opening bracket, to the start of the next
 * value, closing what ends between them. At depth 0 afterwards the document is
 * complete. */
static enum fail next_value_find(struct reader *reader)
{
    while (reader->depth > 0) {
        bool object = inside_object(reader);
        enum fail fail;

        skip_blanks(reader);
        if (peek(reader) != (object ? '}' : ']')) {
            return member_start(reader, object);
        }
        fail = container_close(reader);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    return FAIL_NONE;
}

/* Of UTF-8, or of UTF-16 in either order. */
static bool has_byte_order_mark(struct slice bytes)
{
    if (bytes.length == 0 || (unsigned char)bytes.bytes[0] < 0x80) {
        return false;
    }
    return slice_starts_with(bytes, "\xef\xbb\xbf") || slice_starts_with(bytes, "\xfe\xff") ||
           slice_starts_with(bytes, "\xff\xfe");
}

static enum fail document_read(struct reader *reader)
{
    enum fail fail;

    if (reader->bytes.length > JSON_BYTES_MAX) {
        return json_refuse(reader->document, FAIL_LIMIT, "the document is longer than 256 KB",
                           JSON_BYTES_MAX);
    }
    if (has_byte_order_mark(reader->bytes)) {
        return refuse_here(reader, "a byte order mark stands before the document");
    }
    skip_blanks(reader);
    do {
        fail = value_read(reader);
        if (fail == FAIL_NONE) {
            fail = next_value_find(reader);
        }
        if (fail != FAIL_NONE) {
            return fail;
        }
    } while (reader->depth > 0);
    skip_blanks(reader);
    if (reader->at < reader->bytes.length) {
        return refuse_here(reader, "something follows after the document's end");
    }
    return FAIL_NONE;
}

/* ---- public ---- */

void json_document_init(struct json_document *document)
{
    *document = (struct json_document){.values = NULL};
}

void json_document_finish(struct json_document *document)
{
    free(document->values);
    free(document->strings);
    json_document_init(document);
}

enum fail json_read(struct json_document *document, struct slice bytes)
{
    struct reader reader = {.document = document, .bytes = bytes};
    enum fail fail;

    document->count = 0;
    document->strings_used = 0;
    document->problem = NULL;
    document->problem_at = 0;
    fail = document_read(&reader);
    if (fail != FAIL_NONE) {
        document->count = 0;
    }
    return fail;
}

const struct json_value *json_root(const struct json_document *document)
{
    assert(document->count > 0);
    return &document->values[0];
}

const struct json_value *json_member(const struct json_document *document,
                                     const struct json_value *object, const char *name)
{
    struct slice wanted = slice_of(name);
    const struct json_value *member;

    if (object->type != JSON_OBJECT) {
        return NULL;
    }
    for (member = json_first(document, object); member != NULL;
         member = json_next(document, member)) {
        if (slice_equals(member->name, wanted)) {
            return member;
        }
    }
    return NULL;
}

const struct json_value *json_first(const struct json_document *document,
                                    const struct json_value *container)
{
    return container->first == 0 ? NULL : &document->values[container->first];
}

const struct json_value *json_next(const struct json_document *document,
                                   const struct json_value *value)
{
    return value->next == 0 ? NULL : &document->values[value->next];
}

enum fail json_to_integer(const struct json_value *value, int64_t minimum, int64_t maximum,
                          int64_t *out)
{
    struct slice digits = value->text;
    bool negative = digits.length > 0 && digits.bytes[0] == '-';
    uint64_t magnitude;
    int64_t number;
    enum fail fail;

    assert(minimum <= maximum);
    if (value->type != JSON_NUMBER) {
        return FAIL_INVALID;
    }
    if (negative) {
        digits = slice_make(digits.bytes + 1, digits.length - 1);
    }
    fail = slice_to_unsigned(digits, (uint64_t)INT64_MAX + (negative ? 1 : 0), &magnitude);
    if (fail != FAIL_NONE) {
        return fail;
    }
    /* In unsigned arithmetic, because the least int64_t has no positive twin. */
    number = (int64_t)(negative ? 0 - magnitude : magnitude);
    if (number < minimum || number > maximum) {
        return FAIL_LIMIT;
    }
    *out = number;
    return FAIL_NONE;
}
