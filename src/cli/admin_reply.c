/* Replies of the administrator's verbs, shown by their shape.
 *
 * The columns of a table are the members of its objects, in their order, so
 * that a field that the other side adds is seen here without a change. */
#include "cli/admin_reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/admin_sheet.h"
#include "cli/output.h"
#include "wire/json.h"
#include "wire/json_write.h"

static bool verb_is(const struct admin_words *words, const char *verb)
{
    return strcmp(words->verb, verb) == 0;
}

static const char *noun_for_people(const struct admin_words *words)
{
    if (verb_is(words, "deliveries") || verb_is(words, "delivery") || verb_is(words, "resend")) {
        return "delivery";
    }
    if (strcmp(words->noun, "audit") == 0) {
        return "entry in the audit";
    }
    return strcmp(words->noun, "token") == 0 ? "api-token" : words->noun;
}

/* --- Values ----------------------------------------------------------- */

static struct slice scalar(const struct json_value *value)
{
    switch (value->type) {
    case JSON_STRING:
    case JSON_NUMBER:
        return value->text;
    case JSON_TRUE:
        return slice_of("yes");
    case JSON_FALSE:
        return slice_of("no");
    case JSON_NULL:
        return slice_of("-");
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return slice_of("...");
}

/* "apiMode" and "api-mode" -> "API MODE", or "Api mode" where `loud` is false. */
static void add_label(struct buf *out, struct slice name, bool loud)
{
    size_t i;

    for (i = 0; i < name.length; i++) {
        char c = name.bytes[i];

        if (i > 0 && c >= 'A' && c <= 'Z') {
            buf_byte(out, ' ');
        }
        if (c == '-' || c == '_') {
            buf_byte(out, ' ');
        } else {
            buf_byte(out, loud || i == 0 ? text_upper(c) : text_lower(c));
        }
    }
}

/* One level inside a cell: "general read, settings none". */
static void add_value(struct buf *out, const struct json_document *document,
                      const struct json_value *value)
{
    const struct json_value *each;

    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY) {
        output_add(out, scalar(value));
        return;
    }
    for (each = json_first(document, value); each != NULL; each = json_next(document, each)) {
        if (each != json_first(document, value)) {
            buf_text(out, ", ");
        }
        if (each->name.length > 0) {
            output_add(out, each->name);
            buf_byte(out, ' ');
        }
        output_add(out, scalar(each));
    }
}

enum { DATE_LENGTH = 10, MINUTE_LENGTH = 5 };

/* --- Tables ----------------------------------------------------------- */

static size_t count_members(const struct json_document *document, const struct json_value *parent)
{
    const struct json_value *each;
    size_t count = 0;

    for (each = json_first(document, parent); each != NULL; each = json_next(document, each)) {
        count++;
    }
    return count;
}

static bool is_time(const struct json_value *value)
{
    static const char FORM[] = "0000-00-00T00:00:00.000Z";
    size_t i;

    if (value->type != JSON_STRING || value->text.length != sizeof(FORM) - 1) {
        return false;
    }
    for (i = 0; i < sizeof(FORM) - 1; i++) {
        char c = value->text.bytes[i];

        if (FORM[i] == '0' ? c < '0' || c > '9' : c != FORM[i]) {
            return false;
        }
    }
    return true;
}

/* "2026-01-22 18:00Z": in a table the minute is enough; 'show' tells all. */
static void add_time(struct buf *out, struct slice time)
{
    buf_append(out, time.bytes, DATE_LENGTH);
    buf_byte(out, ' ');
    buf_append(out, time.bytes + DATE_LENGTH + 1, MINUTE_LENGTH);
    buf_byte(out, 'Z');
}

/* The cells of one object under the names of the first. */
static void add_row(struct admin_sheet *sheet, const struct json_document *document,
                    const struct json_value *first, const struct json_value *object, size_t columns)
{
    const struct json_value *column = json_first(document, first);
    size_t i;

    for (i = 0; i < columns; i++, column = json_next(document, column)) {
        const struct json_value *each = json_first(document, object);

        while (each != NULL && !slice_equals(each->name, column->name)) {
            each = json_next(document, each);
        }
        if (each != NULL && is_time(each)) {
            add_time(&sheet->bytes, each->text);
        } else if (each != NULL) {
            add_value(&sheet->bytes, document, each);
        }
        admin_sheet_end_cell(sheet);
    }
}

static bool is_table(const struct json_document *document, const struct json_value *value)
{
    const struct json_value *first = value->type == JSON_ARRAY ? json_first(document, value) : NULL;

    return first != NULL && first->type == JSON_OBJECT;
}

/* "Name:  Main shop", a line for each member that is no table. */
static void print_lines(const struct json_document *document, const struct json_value *thing)
{
    const struct json_value *each;
    struct admin_sheet sheet;
    size_t members = count_members(document, thing);

    if (members == 0) {
        return;
    }
    if (admin_sheet_start(&sheet, members * 2)) {
        for (each = json_first(document, thing); each != NULL; each = json_next(document, each)) {
            if (is_table(document, each)) {
                continue;
            }
            add_label(&sheet.bytes, each->name, false);
            buf_byte(&sheet.bytes, ':');
            admin_sheet_end_cell(&sheet);
            if (each->type == JSON_ARRAY && json_first(document, each) == NULL) {
                buf_text(&sheet.bytes, "none");
            } else {
                add_value(&sheet.bytes, document, each);
            }
            admin_sheet_end_cell(&sheet);
        }
        admin_sheet_print(&sheet, 2);
    }
    admin_sheet_finish(&sheet);
}

/* A table that the screen would fold cannot be read: one thing after another,
 * with an empty line between them. */
static void print_list_long(const struct json_document *document, const struct json_value *list)
{
    const struct json_value *each;

    for (each = json_first(document, list); each != NULL; each = json_next(document, each)) {
        if (each != json_first(document, list)) {
            output_line("%s", "");
        }
        print_lines(document, each);
    }
}

static void print_list(const struct json_document *document, const struct json_value *list,
                       const struct admin_words *words)
{
    const struct json_value *first = json_first(document, list);
    size_t columns = first == NULL ? 0 : count_members(document, first);
    const struct json_value *each;
    struct admin_sheet sheet;
    size_t i;

    if (columns == 0) {
        output_line("There is no %s.", noun_for_people(words));
        return;
    }
    columns = columns > OUTPUT_COLUMNS_MAX ? OUTPUT_COLUMNS_MAX : columns;
    if (admin_sheet_start(&sheet, columns * (count_members(document, list) + 1))) {
        each = json_first(document, first);
        for (i = 0; i < columns; i++, each = json_next(document, each)) {
            add_label(&sheet.bytes, each->name, true);
            admin_sheet_end_cell(&sheet);
        }
        for (each = first; each != NULL; each = json_next(document, each)) {
            add_row(&sheet, document, first, each, columns);
        }
        admin_sheet_cut(&sheet);
        if (output_table_width(sheet.cells, columns, sheet.count / columns) <= output_width()) {
            admin_sheet_print(&sheet, columns);
        } else {
            print_list_long(document, list);
        }
    }
    admin_sheet_finish(&sheet);
}

/* Its lines, then its tables, each under its name. */
static void print_thing(const struct json_document *document, const struct json_value *thing,
                        const struct admin_words *words)
{
    const struct json_value *each;
    struct buf label;

    print_lines(document, thing);
    for (each = json_first(document, thing); each != NULL; each = json_next(document, each)) {
        if (!is_table(document, each)) {
            continue;
        }
        buf_init(&label, OUTPUT_MAX);
        buf_byte(&label, '\n');
        add_label(&label, each->name, false);
        buf_text(&label, ":\n");
        output_raw(buf_view(&label));
        buf_finish(&label);
        print_list(document, each, words);
    }
}

/* --- The reply -------------------------------------------------------- */

/* The number of what was added: "id", or a number under the noun's own name
 * (an api-token stands under "token" as a text, and is no number). */
static struct slice number_of(const struct json_document *document, const struct json_value *ok,
                              const struct admin_words *words)
{
    const struct json_value *id = json_member(document, ok, "id");

    if (id == NULL) {
        id = json_member(document, ok, words->noun);
    }
    return id != NULL && id->type == JSON_NUMBER ? id->text : slice_of("");
}

static const char *done_of(const struct admin_words *words)
{
    static const struct {
        const char *verb;
        const char *done;
    } WORDS[] = {{"add", "Added"},
                 {"set", "Changed"},
                 {"revoke", "Revoked the credential of"},
                 {"replace", "Replaced the terminal of"},
                 {"resolve", "Resolved"},
                 {"resend", "Waiting to be sent again:"}};
    size_t i;

    if (strcmp(words->noun, "webhook") == 0 && verb_is(words, "set")) {
        return "Set";
    }
    if (strcmp(words->verb, "rotate") == 0) {
        return strcmp(words->noun, "device") == 0 ? "Ordered a new credential for"
                                                  : "Gave a new secret to";
    }
    for (i = 0; i < CLI_COUNT(WORDS); i++) {
        if (strcmp(words->verb, WORDS[i].verb) == 0) {
            return WORDS[i].done;
        }
    }
    return "Removed";
}

/* Whether the answer holds more than has been said: not after `set`, which
 * shows the whole thing again, unless there is a verifier token in it. */
static bool tells_more(const struct admin_words *words)
{
    return verb_is(words, "add") || verb_is(words, "rotate") || verb_is(words, "replace") ||
           verb_is(words, "resolve") || verb_is(words, "revoke") || verb_is(words, "remove") ||
           (strcmp(words->noun, "webhook") == 0 && verb_is(words, "set"));
}

/* "Changed user 3." */
static void print_change(const struct json_document *document, const struct json_value *ok,
                         const struct cli_given *given, const struct admin_words *words)
{
    const struct json_value *resent = json_member(document, ok, "resent");
    struct slice which = given->arguments[0] != NULL ? slice_of(given->arguments[0])
                                                     : number_of(document, ok, words);

    if (resent != NULL && given->arguments[0] == NULL) {
        output_line("Waiting to be sent again: %.*s that had been given up.",
                    (int)resent->text.length, resent->text.bytes);
        return;
    }
    output_line("%s %s%s%.*s.", done_of(words), noun_for_people(words),
                which.length == 0 ? "" : " ", (int)which.length, which.bytes);
}

/* The array itself, or the only array that an object holds; NULL: neither. */
static const struct json_value *find_list(const struct json_document *document,
                                          const struct json_value *ok)
{
    const struct json_value *each;

    if (ok->type == JSON_ARRAY) {
        return ok;
    }
    for (each = json_first(document, ok); each != NULL; each = json_next(document, each)) {
        if (each->type == JSON_ARRAY) {
            return each;
        }
    }
    return NULL;
}

static void print_ok(const struct json_document *document, const struct json_value *ok,
                     const struct cli_given *given, const struct admin_words *words)
{
    const struct json_value *list = find_list(document, ok);

    if ((verb_is(words, "list") || verb_is(words, "deliveries")) && list != NULL) {
        print_list(document, list, words);
    } else if (verb_is(words, "list") || verb_is(words, "show") || verb_is(words, "delivery")) {
        print_thing(document, ok, words);
    } else {
        print_change(document, ok, given, words);
        /* Such as the new api-token; its number alone has been said already. */
        if (tells_more(words) && count_members(document, ok) > 1) {
            print_thing(document, ok, words);
        }
    }
}

/* The text of the only member: between the first colon (its name holds none)
 * and the last brace. Line breaks can only stand between tokens there. */
static void print_raw_ok(struct slice reply)
{
    const char *colon = memchr(reply.bytes, ':', reply.length);
    const char *brace = memrchr(reply.bytes, '}', reply.length);
    const char *at;
    struct buf line;

    assert(colon != NULL && brace != NULL);
    buf_init(&line, OUTPUT_MAX);
    for (at = colon + 1; at < brace; at++) {
        buf_byte(&line, *at == '\n' || *at == '\r' ? ' ' : *at);
    }
    if (buf_fail(&line) == FAIL_NONE) {
        output_raw(slice_trim(buf_view(&line)));
        output_raw(slice_of("\n"));
    }
    buf_wipe(&line);
}

static int refuse(const struct cli_given *given, struct slice sentence)
{
    struct buf object;

    output_trouble("%.*s", (int)sentence.length, sentence.bytes);
    if (options_flag(given, "json")) {
        buf_init(&object, OUTPUT_MAX);
        json_open_object(&object, NULL);
        json_add_slice(&object, "error", sentence);
        json_close_object(&object);
        buf_byte(&object, '\n');
        output_raw(buf_view(&object));
        buf_finish(&object);
    }
    return CLI_REFUSED;
}

static int print_document(const struct json_document *document, const struct cli_given *given,
                          const struct admin_words *words, struct slice reply)
{
    const struct json_value *root = json_root(document);
    const struct json_value *error = json_member(document, root, "error");
    const struct json_value *ok = json_member(document, root, "ok");

    if (error != NULL && error->type == JSON_STRING) {
        return refuse(given, error->text);
    }
    if (ok == NULL || count_members(document, root) != 1) {
        output_trouble("the answer of the server cannot be understood");
        return CLI_UNREACHABLE;
    }
    if (options_flag(given, "json")) {
        print_raw_ok(reply);
    } else {
        print_ok(document, ok, given, words);
    }
    return CLI_DONE;
}

/* A list past the limits of the reader (wire/json.h): scripts get it as it is. */
static int print_unread(const struct cli_given *given, const struct json_document *document,
                        enum fail fail, struct slice reply)
{
    struct slice text = slice_trim(reply);
    bool is_ok = slice_starts_with(text, "{\"ok\":") && text.bytes[text.length - 1] == '}';

    if (fail == FAIL_LIMIT && is_ok && options_flag(given, "json")) {
        print_raw_ok(text);
        return CLI_DONE;
    }
    if (fail == FAIL_LIMIT && is_ok) {
        output_trouble("the list is too long for a table: give --json");
    } else {
        output_trouble("the answer of the server cannot be read: %s",
                       document->problem == NULL ? fail_text(fail) : document->problem);
    }
    return CLI_UNREACHABLE;
}

int admin_reply_print(const struct cli_given *given, const struct admin_words *words,
                      struct slice reply)
{
    struct json_document document;
    enum fail fail;
    int code;

    json_document_init(&document);
    fail = json_read(&document, reply);
    code = fail == FAIL_NONE ? print_document(&document, given, words, reply)
                             : print_unread(given, &document, fail, reply);
    json_document_finish(&document);
    return code;
}
