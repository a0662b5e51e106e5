/* Fuzz: a terminal message that is read is written again with the same
 * members, and nothing else comes through; what is refused says why.
 *
 * The schema is closed, so member by member the written message must have the
 * names, types and texts of the one that was read. An attempt or a result may
 * have lost members, which are counted; whatever it had, no text and no number
 * that comes through has as many digits as a card number. */
#include <stdlib.h>
#include <string.h>

#include "wire/terminal_message.h"

enum { CARD_DIGITS_MIN = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A whole number may have been written as -0. */
static bool same_text(const struct json_value *a, const struct json_value *b)
{
    return slice_equals(a->text, b->text) ||
           (a->type == JSON_NUMBER && slice_is(a->text, "-0") && slice_is(b->text, "0"));
}

/* How many members are written as they were read; any other is null. */
static unsigned members_kept(const struct json_document *before, const struct json_document *after)
{
    unsigned as_it_was = 0;
    const struct json_value *value;

    for (value = json_first(after, json_root(after)); value != NULL;
         value = json_next(after, value)) {
        char name[64];
        const struct json_value *found;

        check(slice_copy(value->name, name, sizeof(name)) == FAIL_NONE);
        found = json_member(before, json_root(before), name);
        check(found != NULL);
        if (found->type == value->type && same_text(value, found)) {
            as_it_was++;
        } else {
            check(value->type == JSON_NULL);
        }
    }
    return as_it_was;
}

static unsigned members_of(const struct json_document *document)
{
    const struct json_value *value = json_first(document, json_root(document));
    unsigned count = 0;

    for (; value != NULL; value = json_next(document, value)) {
        count++;
    }
    return count;
}

static void check_no_card_number(const struct json_document *document)
{
    const struct json_value *value = json_first(document, json_root(document));

    for (; value != NULL; value = json_next(document, value)) {
        unsigned digits = 0;
        size_t i;

        for (i = 0; i < value->text.length; i++) {
            digits += value->text.bytes[i] >= '0' && value->text.bytes[i] <= '9';
        }
        check(digits < CARD_DIGITS_MIN);
    }
}

static void check_members(const struct json_document *before, const struct json_document *after)
{
    const struct json_value *value;

    check(before->count == after->count);
    for (value = json_first(before, json_root(before)); value != NULL;
         value = json_next(before, value)) {
        char name[64];
        const struct json_value *found;

        check(slice_copy(value->name, name, sizeof(name)) == FAIL_NONE);
        found = json_member(after, json_root(after), name);
        check(found != NULL && found->type == value->type && same_text(value, found));
        check(value->type != JSON_ARRAY && value->type != JSON_OBJECT);
    }
}

static bool is_of_a_card(enum terminal_message_type type)
{
    return type == TERMINAL_ATTEMPT || type == TERMINAL_RESULT;
}

static void check_written_again(const struct json_document *document,
                                const struct terminal_message *message)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message again;
    struct json_document again_document;
    struct buf out;
    struct buf out_again;

    buf_init(&out, TERMINAL_MESSAGE_MAX);
    buf_init(&out_again, TERMINAL_MESSAGE_MAX);
    json_document_init(&again_document);
    terminal_message_write(&out, message);
    check(buf_fail(&out) == FAIL_NONE);
    check(terminal_message_read(&again, &again_document, buf_view(&out), problem) == FAIL_NONE);
    check(again.type == message->type);
    if (message->dropped == 0) {
        check_members(document, &again_document);
    } else {
        check(is_of_a_card(message->type));
        check(members_kept(document, &again_document) + message->dropped == members_of(document));
    }
    if (is_of_a_card(message->type)) {
        check_no_card_number(&again_document);
    }
    terminal_message_write(&out_again, &again);
    check(slice_equals(buf_view(&out), buf_view(&out_again)));
    json_document_finish(&again_document);
    buf_finish(&out);
    buf_finish(&out_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;
    enum fail fail;

    memset(problem, '#', sizeof(problem));
    json_document_init(&document);
    fail = terminal_message_read(&message, &document, text, problem);
    if (fail == FAIL_NONE) {
        check(size <= TERMINAL_MESSAGE_MAX);
        check(strlen(terminal_message_name(message.type)) > 0);
        check_written_again(&document, &message);
    } else {
        check(fail == FAIL_INVALID);
        /* A sentence that ends, and that nobody's input can have shaped much. */
        check(memchr(problem, '\0', sizeof(problem)) != NULL && problem[0] != '\0');
        check(!slice_has_control(slice_of(problem)) && slice_is_utf8(slice_of(problem)));
    }
    json_document_finish(&document);
    return 0;
}
