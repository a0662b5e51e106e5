/* Inside terminal_message.c: what the messages of docs/terminal-protocol.md
 * consist of, as one table. */
#ifndef WIRE_TERMINAL_SCHEMA_H
#define WIRE_TERMINAL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "wire/terminal_message.h"

enum {
    TERMINAL_FIELDS_MAX = 12, /* of one message, besides "type" */
    TERMINAL_RULE_SIZE = 128,
};

/* What a field holds. All but the first two are texts. */
enum terminal_field_kind {
    TERMINAL_FIELD_INTEGER,
    TERMINAL_FIELD_BOOL,
    TERMINAL_FIELD_TEXT,       /* any UTF-8 without U+0000 */
    TERMINAL_FIELD_SHORT_TEXT, /* likewise, of at most 80 characters (code points) */
    TERMINAL_FIELD_NAME,       /* likewise, of at most 26 characters, none of them a digit */
    TERMINAL_FIELD_REASON,     /* any UTF-8 without U+0000, with at most 8 digits */
    TERMINAL_FIELD_LETTERS,    /* A-Z a-z */
    TERMINAL_FIELD_SERIAL,     /* A-Z a-z 0-9 . _ - */
    TERMINAL_FIELD_VISIBLE,    /* visible ASCII */
    TERMINAL_FIELD_DIGITS,     /* 0-9 */
    TERMINAL_FIELD_CODE,       /* A-Z 0-9 */
    TERMINAL_FIELD_BASE64URL,  /* A-Z a-z 0-9 - _ */
    TERMINAL_FIELD_IDENTIFIER, /* a-z _ */
    TERMINAL_FIELD_WORD,       /* one of `words` */
};

struct terminal_field {
    const char *name; /* NULL: there are no more */
    enum terminal_field_kind kind;
    bool nullable;     /* null on the wire, an empty slice in the struct */
    uint8_t form;      /* 0: always there; else there exactly when the message has that form */
    int64_t minimum;   /* of an integer its value, of a text its bytes */
    int64_t maximum;   /* likewise */
    const char *words; /* separated by single blanks */
    size_t offset;     /* in struct terminal_message */
};

struct terminal_schema {
    const char *name; /* the value of "type" */
    bool from_terminal;
    const char *forms; /* of a message that has several: what is needed, for people */
    /* A field that is not known, or that may be null and is not what it should
     * be, is left out and counted, and the rest counts. */
    bool lenient;
    struct terminal_field fields[TERMINAL_FIELDS_MAX + 1];
};

const struct terminal_schema *terminal_schema_of(enum terminal_message_type type);
/* False when no message has that name. */
bool terminal_schema_find(struct slice name, enum terminal_message_type *out);

/* Whether a value keeps the field's limits. */
bool terminal_field_takes_integer(const struct terminal_field *field, int64_t value);
bool terminal_field_takes_text(const struct terminal_field *field, struct slice text);

/* The field's limits for people: "4 to 8 of 0-9". */
void terminal_field_rule(const struct terminal_field *field, char out[TERMINAL_RULE_SIZE]);

#endif
