/* Hardware Settings as JSON: one object, every field always there, nothing
 * else accepted. Strict, because a file that is only half right is damaged,
 * and a terminal must not guess who it is. */
#include "terminal/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "core/account.h"
#include "core/code.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { FORMAT = 1 }; /* the first thing a newer program would change */

enum field {
    FIELD_FORMAT,
    FIELD_SERIAL,
    FIELD_CREDENTIAL,
    FIELD_CODE,
    FIELD_BUSINESS,
    FIELD_BUSINESS_NAME,
    FIELD_CONTINUED,
    FIELDS,
};

static const char *const field_names[FIELDS] = {
    "format", "serial", "credential", "code", "business", "businessName", "continued",
};

bool settings_equal(const struct settings *a, const struct settings *b)
{
    return strcmp(a->serial, b->serial) == 0 && strcmp(a->credential, b->credential) == 0 &&
           strcmp(a->code, b->code) == 0 && a->business == b->business &&
           strcmp(a->business_name, b->business_name) == 0 && a->continued == b->continued;
}

void settings_forget(struct settings *settings)
{
    secret_wipe(settings->credential, sizeof(settings->credential));
    settings->code[0] = '\0';
    settings->business = 0;
    settings->business_name[0] = '\0';
    settings->continued = false;
}

static void add_text_or_null(struct buf *out, const char *name, const char *text)
{
    json_add_text(out, name, text[0] == '\0' ? NULL : text);
}

void settings_write(struct buf *out, const struct settings *settings)
{
    json_open_object(out, NULL);
    json_add_integer(out, field_names[FIELD_FORMAT], FORMAT);
    json_add_text(out, field_names[FIELD_SERIAL], settings->serial);
    add_text_or_null(out, field_names[FIELD_CREDENTIAL], settings->credential);
    add_text_or_null(out, field_names[FIELD_CODE], settings->code);
    json_add_integer(out, field_names[FIELD_BUSINESS], settings->business);
    add_text_or_null(out, field_names[FIELD_BUSINESS_NAME], settings->business_name);
    json_add_bool(out, field_names[FIELD_CONTINUED], settings->continued);
    json_close_object(out);
    buf_byte(out, '\n');
}

/* A text into `out`; null becomes "" where it is allowed. */
static enum fail take_text(const struct json_value *value, bool may_be_null, char *out, size_t size)
{
    if (may_be_null && value->type == JSON_NULL) {
        memset(out, 0, size);
        return FAIL_NONE;
    }
    if (value->type != JSON_STRING || value->text.length == 0) {
        return FAIL_INVALID;
    }
    return slice_copy(value->text, out, size);
}

static bool is_credential(struct slice text)
{
    return text.length == TERMINAL_CREDENTIAL_LENGTH && slice_is_visible_ascii(text);
}

static enum fail take_code(const struct json_value *value, struct settings *out)
{
    if (value->type == JSON_NULL) {
        out->code[0] = '\0';
        return FAIL_NONE;
    }
    return value->type == JSON_STRING && code_read(value->text, out->code) ? FAIL_NONE
                                                                           : FAIL_INVALID;
}

static enum fail take_field(enum field field, const struct json_value *value, struct settings *out)
{
    switch (field) {
    case FIELD_FORMAT:
        return FAIL_NONE; /* looked at before the others */
    case FIELD_SERIAL:
        if (account_serial_problem(value->text) != NULL) {
            return FAIL_INVALID;
        }
        return take_text(value, false, out->serial, sizeof(out->serial));
    case FIELD_CREDENTIAL:
        if (value->type == JSON_STRING && !is_credential(value->text)) {
            return FAIL_INVALID;
        }
        return take_text(value, true, out->credential, sizeof(out->credential));
    case FIELD_CODE:
        return take_code(value, out);
    case FIELD_BUSINESS:
        return json_to_integer(value, 0, INT64_MAX, &out->business);
    case FIELD_BUSINESS_NAME:
        return take_text(value, true, out->business_name, sizeof(out->business_name));
    case FIELD_CONTINUED:
        out->continued = value->type == JSON_TRUE;
        return value->type == JSON_TRUE || value->type == JSON_FALSE ? FAIL_NONE : FAIL_INVALID;
    case FIELDS:
        break;
    }
    return FAIL_INVALID;
}

/* The format first: of a newer one nothing else can be said. */
static enum fail check_format(const struct json_document *document, const struct json_value *root,
                              char problem[SETTINGS_PROBLEM_SIZE])
{
    const struct json_value *value = json_member(document, root, field_names[FIELD_FORMAT]);
    int64_t format = 0;

    if (value == NULL || json_to_integer(value, 1, INT64_MAX, &format) != FAIL_NONE) {
        (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "it names no format");
        return FAIL_INVALID;
    }
    if (format != FORMAT) {
        (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "a newer tillwire wrote it");
        return FAIL_VERSION;
    }
    return FAIL_NONE;
}

static enum fail take_all(const struct json_document *document, struct settings *out,
                          char problem[SETTINGS_PROBLEM_SIZE])
{
    const struct json_value *root = json_root(document);
    const struct json_value *value;
    enum fail fail = check_format(document, root, problem);
    size_t there = 0;
    int field;

    if (fail != FAIL_NONE) {
        return fail;
    }
    for (field = 0; field < FIELDS; field++) {
        value = json_member(document, root, field_names[field]);
        if (value == NULL) {
            (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "the field %s is missing",
                              field_names[field]);
            return FAIL_INVALID;
        }
        if (take_field((enum field)field, value, out) != FAIL_NONE) {
            (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "the field %s makes no sense",
                              field_names[field]);
            return FAIL_INVALID;
        }
    }
    for (value = json_first(document, root); value != NULL; value = json_next(document, value)) {
        there++;
    }
    if (there != FIELDS) { /* names are unique, so that one more is one unknown */
        (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "it has a field that is not known");
        return FAIL_INVALID;
    }
    return FAIL_NONE;
}

enum fail settings_read(struct slice text, struct settings *out,
                        char problem[SETTINGS_PROBLEM_SIZE])
{
    struct json_document document;
    struct settings taken = {0};
    enum fail fail;

    json_document_init(&document);
    fail = json_read(&document, text);
    if (fail == FAIL_NONE) {
        fail = take_all(&document, &taken, problem);
    } else if (fail != FAIL_MEMORY) {
        (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "%s, at byte %zu", document.problem,
                          document.problem_at);
        fail = FAIL_INVALID;
    } else {
        (void)text_format(problem, SETTINGS_PROBLEM_SIZE, "%s", fail_text(fail));
    }
    if (fail == FAIL_NONE) {
        *out = taken;
    }
    secret_wipe(&taken, sizeof(taken));
    json_document_finish(&document);
    return fail;
}
