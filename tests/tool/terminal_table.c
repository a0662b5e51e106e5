/* The messages of the terminal protocol as the program knows them, for tests
 * that compare documents with it.
 *
 *   terminal_table          prints the table as JSON
 *   terminal_table --read   reads a message a line from standard input and
 *                           prints "ok", "ok, 1 left out", or what is wrong with it, a line each */
#include <stdio.h>
#include <string.h>

#include "wire/json_write.h"
#include "wire/terminal_message.h"
#include "wire/terminal_schema.h"

enum { TABLE_MAX = 256 * 1024, INPUT_LINE_MAX = 16 * 1024 };

static const char *const KINDS[] = {
    [TERMINAL_FIELD_INTEGER] = "integer",     [TERMINAL_FIELD_BOOL] = "boolean",
    [TERMINAL_FIELD_TEXT] = "text",           [TERMINAL_FIELD_SHORT_TEXT] = "short_text",
    [TERMINAL_FIELD_SERIAL] = "serial",       [TERMINAL_FIELD_VISIBLE] = "visible",
    [TERMINAL_FIELD_DIGITS] = "digits",       [TERMINAL_FIELD_CODE] = "code",
    [TERMINAL_FIELD_BASE64URL] = "base64url", [TERMINAL_FIELD_IDENTIFIER] = "identifier",
    [TERMINAL_FIELD_WORD] = "word",           [TERMINAL_FIELD_NAME] = "name",
    [TERMINAL_FIELD_LETTERS] = "letters",     [TERMINAL_FIELD_REASON] = "reason",
};

static void field_write(struct buf *out, const struct terminal_field *field)
{
    char rule[TERMINAL_RULE_SIZE];

    terminal_field_rule(field, rule);
    json_open_object(out, NULL);
    json_add_text(out, "name", field->name);
    json_add_text(out, "kind", KINDS[field->kind]);
    json_add_bool(out, "nullable", field->nullable);
    json_add_integer(out, "form", field->form);
    json_add_integer(out, "minimum", field->minimum);
    json_add_integer(out, "maximum", field->maximum);
    json_add_text(out, "words", field->words);
    json_add_text(out, "rule", rule);
    json_close_object(out);
}

static void message_write(struct buf *out, const struct terminal_schema *schema)
{
    const struct terminal_field *field;

    json_open_object(out, NULL);
    json_add_text(out, "name", schema->name);
    json_add_bool(out, "fromTerminal", schema->from_terminal);
    json_add_text(out, "forms", schema->forms);
    json_add_bool(out, "lenient", schema->lenient);
    json_open_array(out, "fields");
    for (field = schema->fields; field->name != NULL; field++) {
        field_write(out, field);
    }
    json_close_array(out);
    json_close_object(out);
}

static int table_print(void)
{
    struct buf out;
    unsigned type;
    int code = 1;

    buf_init(&out, TABLE_MAX);
    json_open_object(&out, NULL);
    json_add_integer(&out, "protocol", TERMINAL_PROTOCOL);
    json_add_integer(&out, "messageMax", TERMINAL_MESSAGE_MAX);
    json_open_array(&out, "messages");
    for (type = 0; type < TERMINAL_MESSAGE_TYPES; type++) {
        message_write(&out, terminal_schema_of((enum terminal_message_type)type));
    }
    json_close_array(&out);
    json_close_object(&out);
    if (buf_fail(&out) == FAIL_NONE) {
        (void)fwrite(out.bytes, 1, out.length, stdout);
        code = 0;
    }
    buf_finish(&out);
    return code;
}

static int lines_read(void)
{
    static char line[INPUT_LINE_MAX];
    static struct json_document document;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        struct slice text = slice_make(line, strcspn(line, "\n"));
        char problem[TERMINAL_PROBLEM_SIZE] = "";
        struct terminal_message message;
        enum fail fail = terminal_message_read(&message, &document, text, problem);

        if (fail == FAIL_NONE && message.dropped > 0) {
            (void)printf("ok, %u left out\n", message.dropped);
        } else {
            (void)printf("%s\n", fail == FAIL_NONE ? "ok" : problem);
        }
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 1) {
        return table_print();
    }
    if (count == 2 && strcmp(arguments[1], "--read") == 0) {
        return lines_read();
    }
    (void)fprintf(stderr, "usage: terminal_table [--read]\n");
    return 2;
}
