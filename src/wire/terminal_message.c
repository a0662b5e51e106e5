/* Reads and writes terminal messages as the table in terminal_schema.c says;
 * nothing here knows a single message.
 *
 * What is wrong is told to the other side and may be logged there, so a
 * problem never repeats a value, and a name only when it is of letters alone:
 * a card number in the wrong place must not travel further. */
#include "wire/terminal_message.h"

#include <assert.h>

#include "wire/json_write.h"
#include "wire/terminal_schema.h"

enum { NAME_SHOWN_MAX = 32 };

static_assert(TERMINAL_FIELDS_MAX <= 32, "the fields that were met are bits of 32");

/* A message while it is read. */
struct reading {
    const struct terminal_schema *schema;
    struct terminal_message message;
    uint32_t met;  /* bit n: field n was there */
    unsigned form; /* of the first field that has one */
    char *problem;
};

/* ---- what is wrong ---- */

/* The name if it may be shown, else an empty text. */
static struct slice name_shown(struct slice name)
{
    size_t i;

    for (i = 0; i < name.length; i++) {
        char c = text_lower(name.bytes[i]);

        if ((c < 'a' || c > 'z') && c != '_') {
            return slice_of("");
        }
    }
    return name.length > NAME_SHOWN_MAX ? slice_of("") : name;
}

/* "hello: the field colour is not known". */
static enum fail refuse_name(char *problem, const char *prefix, const char *what, struct slice name)
{
    struct slice shown = name_shown(name);

    if (shown.length == 0) {
        (void)text_format(problem, TERMINAL_PROBLEM_SIZE, "%s%s is not known", prefix, what);
    } else {
        (void)text_format(problem, TERMINAL_PROBLEM_SIZE, "%s%s %.*s is not known", prefix, what,
                          (int)shown.length, shown.bytes);
    }
    return FAIL_INVALID;
}

/* "hello: the field serial is missing". */
static enum fail refuse_field(const struct reading *reading, const struct terminal_field *field,
                              const char *what)
{
    (void)text_format(reading->problem, TERMINAL_PROBLEM_SIZE, "%s: the field %s %s",
                      reading->schema->name, field->name, what);
    return FAIL_INVALID;
}

static enum fail refuse_value(const struct reading *reading, const struct terminal_field *field)
{
    char rule[TERMINAL_RULE_SIZE];

    terminal_field_rule(field, rule);
    (void)text_format(reading->problem, TERMINAL_PROBLEM_SIZE, "%s: the field %s must be %s",
                      reading->schema->name, field->name, rule);
    return FAIL_INVALID;
}

static enum fail refuse_forms(const struct reading *reading)
{
    (void)text_format(reading->problem, TERMINAL_PROBLEM_SIZE, "%s: it needs %s",
                      reading->schema->name, reading->schema->forms);
    return FAIL_INVALID;
}

/* ---- reading ---- */

/* Where the struct keeps the field; the table knows the type behind it. */
static void *field_place(struct terminal_message *message, const struct terminal_field *field)
{
    return (char *)message + field->offset;
}

static bool integer_read(const struct terminal_field *field, const struct json_value *value,
                         int64_t *out)
{
    return json_to_integer(value, field->minimum, field->maximum, out) == FAIL_NONE;
}

static bool bool_read(const struct json_value *value, bool *out)
{
    if (value->type != JSON_TRUE && value->type != JSON_FALSE) {
        return false;
    }
    *out = value->type == JSON_TRUE;
    return true;
}

static bool text_read(const struct terminal_field *field, const struct json_value *value,
                      struct slice *out)
{
    if (value->type == JSON_NULL && field->nullable) {
        *out = slice_of("");
        return true;
    }
    if (value->type != JSON_STRING || !terminal_field_takes_text(field, value->text)) {
        return false;
    }
    *out = value->text;
    return true;
}

static bool value_read(struct reading *reading, const struct terminal_field *field,
                       const struct json_value *value)
{
    void *place = field_place(&reading->message, field);

    if (field->kind == TERMINAL_FIELD_INTEGER) {
        return integer_read(field, value, place);
    }
    if (field->kind == TERMINAL_FIELD_BOOL) {
        return bool_read(value, place);
    }
    return text_read(field, value, place);
}

static enum fail field_read(struct reading *reading, const struct json_value *value)
{
    const struct terminal_field *fields = reading->schema->fields;
    const struct terminal_field *field = fields;

    while (field->name != NULL && !slice_is(value->name, field->name)) {
        field++;
    }
    if (field->name == NULL && reading->schema->lenient) {
        reading->message.dropped++;
        return FAIL_NONE;
    }
    if (field->name == NULL) {
        char prefix[NAME_SHOWN_MAX];

        (void)text_format(prefix, sizeof(prefix), "%s: ", reading->schema->name);
        return refuse_name(reading->problem, prefix, "the field", value->name);
    }
    if (field->form != 0 && reading->form != 0 && field->form != reading->form) {
        return refuse_forms(reading);
    }
    if (!value_read(reading, field, value)) {
        if (!reading->schema->lenient || !field->nullable) {
            return refuse_value(reading, field);
        }
        *(struct slice *)field_place(&reading->message, field) = slice_of("");
        reading->message.dropped++;
    }
    if (field->form != 0) {
        reading->form = field->form;
    }
    reading->met |= UINT32_C(1) << (field - fields);
    return FAIL_NONE;
}

/* Whether all fields were there that the message must have. */
static enum fail fields_check(const struct reading *reading)
{
    const struct terminal_field *fields = reading->schema->fields;
    size_t i;

    if (reading->schema->forms != NULL && reading->form == 0) {
        return refuse_forms(reading);
    }
    for (i = 0; fields[i].name != NULL; i++) {
        bool met = (reading->met >> i & 1) != 0;

        if (!met && (fields[i].form == 0 || fields[i].form == reading->form)) {
            return refuse_field(reading, &fields[i], "is missing");
        }
    }
    return FAIL_NONE;
}

/* The member "type" of an object. */
static enum fail type_read(struct reading *reading, const struct json_value *type)
{
    if (type == NULL || type->type != JSON_STRING) {
        (void)text_format(reading->problem, TERMINAL_PROBLEM_SIZE,
                          "a message is a JSON object with a text named type");
        return FAIL_INVALID;
    }
    if (!terminal_schema_find(type->text, &reading->message.type)) {
        return refuse_name(reading->problem, "", "the message type", type->text);
    }
    reading->schema = terminal_schema_of(reading->message.type);
    return FAIL_NONE;
}

static enum fail message_read(struct reading *reading, const struct json_document *document)
{
    const struct json_value *root = json_root(document);
    const struct json_value *type = json_member(document, root, "type");
    const struct json_value *value;
    enum fail fail;

    fail = type_read(reading, type);
    if (fail != FAIL_NONE) {
        return fail;
    }
    for (value = json_first(document, root); value != NULL; value = json_next(document, value)) {
        fail = value == type ? FAIL_NONE : field_read(reading, value);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    return fields_check(reading);
}

enum fail terminal_message_read(struct terminal_message *message, struct json_document *document,
                                struct slice text, char problem[TERMINAL_PROBLEM_SIZE])
{
    struct reading reading = {.problem = problem};
    enum fail fail;

    if (text.length > TERMINAL_MESSAGE_MAX) {
        (void)text_format(problem, TERMINAL_PROBLEM_SIZE, "the message is longer than %d bytes",
                          TERMINAL_MESSAGE_MAX);
        return FAIL_INVALID;
    }
    fail = json_read(document, text);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, TERMINAL_PROBLEM_SIZE, "the message is not JSON: %s (byte %zu)",
                          document->problem, document->problem_at);
        return fail == FAIL_MEMORY ? FAIL_MEMORY : FAIL_INVALID;
    }
    fail = message_read(&reading, document);
    if (fail == FAIL_NONE) {
        *message = reading.message;
    }
    return fail;
}

/* ---- writing ---- */

static const void *field_value(const struct terminal_message *message,
                               const struct terminal_field *field)
{
    return (const char *)message + field->offset;
}

static void integer_write(struct buf *out, const struct terminal_field *field, int64_t value)
{
    assert(terminal_field_takes_integer(field, value));
    json_add_integer(out, field->name, value);
}

static void text_write(struct buf *out, const struct terminal_field *field, struct slice text)
{
    if (field->nullable && text.length == 0) {
        json_add_null(out, field->name);
        return;
    }
    assert(terminal_field_takes_text(field, text));
    json_add_slice(out, field->name, text);
}

static void field_write(struct buf *out, const struct terminal_message *message,
                        const struct terminal_field *field)
{
    const void *value = field_value(message, field);

    if (field->kind == TERMINAL_FIELD_INTEGER) {
        integer_write(out, field, *(const int64_t *)value);
    } else if (field->kind == TERMINAL_FIELD_BOOL) {
        json_add_bool(out, field->name, *(const bool *)value);
    } else {
        text_write(out, field, *(const struct slice *)value);
    }
}

/* The form whose fields are not empty: fields of forms are texts. Other fields
 * must then be empty, and the assert in text_write sees to the rest. */
static unsigned form_of(const struct terminal_message *message,
                        const struct terminal_schema *schema)
{
    const struct terminal_field *field;
    unsigned form = 0;

    for (field = schema->fields; field->name != NULL; field++) {
        if (field->form != 0 && ((const struct slice *)field_value(message, field))->length > 0) {
            assert(form == 0 || form == field->form);
            form = field->form;
        }
    }
    assert(schema->forms == NULL || form != 0);
    return form;
}

void terminal_message_write(struct buf *out, const struct terminal_message *message)
{
    const struct terminal_schema *schema = terminal_schema_of(message->type);
    const struct terminal_field *field;
    unsigned form = form_of(message, schema);

    json_open_object(out, NULL);
    json_add_text(out, "type", schema->name);
    for (field = schema->fields; field->name != NULL; field++) {
        if (field->form == 0 || field->form == form) {
            field_write(out, message, field);
        }
    }
    json_close_object(out);
}

/* ---- names ---- */

const char *terminal_message_name(enum terminal_message_type type)
{
    return terminal_schema_of(type)->name;
}

bool terminal_message_from_terminal(enum terminal_message_type type)
{
    return terminal_schema_of(type)->from_terminal;
}
