/* What terminals say of payments has no room for card data: each field of
 * attempt and result is tried with a card number, and with what else must not
 * travel. What can be left out is left out and counted, for the outcome must
 * not be lost with it; all else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/terminal_message.h"
#include "wire/terminal_schema.h"

#define NUMBER "4124930000009990"
#define TRACK ";4124930000009990=29122010000000000?"

enum { TEXT_MAX = 2048 };

static const enum terminal_message_type CARD_MESSAGES[] = {TERMINAL_ATTEMPT, TERMINAL_RESULT};

struct filled {
    const char *name;
    const char *value; /* JSON */
};

/* A good value of each field. */
static const struct filled GOOD[] = {
    {"payment", "7"},
    {"attempt", "1"},
    {"entry", "\"tap\""},
    {"brand", "\"visa\""},
    {"card", "\"credit\""},
    {"firstSix", "\"412493\""},
    {"lastFour", "\"9990\""},
    {"cardHolderName", "\"Ada Lovelace\""},
    {"reference", "\"VisaOfTheTray\""},
    {"approved", "true"},
    {"approvalCode", "\"T00042\""},
    {"reason", "\"Transaction Declined: INCORRECT PIN\""},
};

static const char *good_value(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        if (strcmp(GOOD[i].name, name) == 0) {
            return GOOD[i].value;
        }
    }
    fail_msg("this test knows no good value of %s", name);
    return NULL;
}

/* The message whose field `name` has the JSON text `value` and all others good
 * ones; `more` is added as it is. */
static void message_text(char out[TEXT_MAX], enum terminal_message_type type, const char *name,
                         const char *value, const char *more)
{
    const struct terminal_field *field = terminal_schema_of(type)->fields;
    struct buf text;

    buf_init(&text, TEXT_MAX);
    buf_format(&text, "{\"type\":\"%s\"", terminal_message_name(type));
    for (; field->name != NULL; field++) {
        buf_format(&text, ",\"%s\":%s", field->name,
                   strcmp(field->name, name) == 0 ? value : good_value(field->name));
    }
    buf_format(&text, "%s}", more);
    buf_byte(&text, '\0');
    assert_int_equal(buf_fail(&text), FAIL_NONE);
    memcpy(out, text.bytes, text.length);
    buf_finish(&text);
}

static enum fail message_read(const char *text, struct terminal_message *message,
                              struct json_document *document, char problem[TERMINAL_PROBLEM_SIZE])
{
    *message = (struct terminal_message){.type = TERMINAL_MESSAGE_TYPES};
    problem[0] = '\0';
    return terminal_message_read(message, document, slice_of(text), problem);
}

/* Refused, or left out of what is taken. */
static void comes_not_through(const char *text, const char *name, bool may_be_left_out)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;
    enum fail fail;

    json_document_init(&document);
    fail = message_read(text, &message, &document, problem);
    if (may_be_left_out) {
        struct buf out;

        assert_int_equal(fail, FAIL_NONE);
        assert_int_equal(message.dropped, 1);
        buf_init(&out, TERMINAL_MESSAGE_MAX);
        terminal_message_write(&out, &message);
        buf_byte(&out, '\0');
        assert_int_equal(buf_fail(&out), FAIL_NONE);
        assert_null(strstr(out.bytes, "0000009990"));
        buf_finish(&out);
    } else {
        assert_int_equal(fail, FAIL_INVALID);
        assert_non_null(strstr(problem, name));
        assert_null(strstr(problem, "9990"));
    }
    json_document_finish(&document);
}

static void a_card_number_fits_in_no_field(void **state)
{
    static const char *const NUMBERS[] = {
        "\"" NUMBER "\"",
        NUMBER,
        "\"" TRACK "\"",
        "\"4124 9300 0000 9990\"",
        "\"4124-9300-0000-9990\"",
        "\"My card is " NUMBER "\"",
        "412493000000",         /* a short one of twelve digits */
        "\"6304930000009\"",    /* thirteen */
        "\"3742450000010060\"", /* fifteen and one more */
        "{\"pan\":" NUMBER "}",
        "[\"" NUMBER "\"]",
    };
    size_t of;
    size_t i;

    (void)state;
    for (of = 0; of < 2; of++) {
        const struct terminal_field *field = terminal_schema_of(CARD_MESSAGES[of])->fields;

        for (; field->name != NULL; field++) {
            for (i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
                char text[TEXT_MAX];

                message_text(text, CARD_MESSAGES[of], field->name, NUMBERS[i], "");
                comes_not_through(text, field->name, field->nullable);
            }
        }
    }
}

/* The outcome is kept, and that something was left out is known. */
static void a_field_that_is_not_known_is_left_out_of_a_result(void **state)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;
    char text[TEXT_MAX];
    size_t of;

    (void)state;
    json_document_init(&document);
    for (of = 0; of < 2; of++) {
        message_text(text, CARD_MESSAGES[of], "", "",
                     ",\"pan\":\"" NUMBER "\",\"cvv\":\"123\",\"" NUMBER "\":1");
        assert_int_equal(message_read(text, &message, &document, problem), FAIL_NONE);
        assert_int_equal(message.dropped, 3);
        message_text(text, CARD_MESSAGES[of], "", "", "");
        assert_int_equal(message_read(text, &message, &document, problem), FAIL_NONE);
        assert_int_equal(message.dropped, 0);
    }
    json_document_finish(&document);
}

/* A field that is needed is not made up for one that is left out. */
static void a_field_that_is_missing_is_missed_everywhere(void **state)
{
    size_t of;

    (void)state;
    for (of = 0; of < 2; of++) {
        const struct terminal_field *field = terminal_schema_of(CARD_MESSAGES[of])->fields;

        for (; field->name != NULL; field++) {
            char problem[TERMINAL_PROBLEM_SIZE];
            char name[64];
            char text[TEXT_MAX];
            struct terminal_message message;
            struct json_document document;
            char *at;

            message_text(text, CARD_MESSAGES[of], "", "", "");
            (void)text_format(name, sizeof(name), ",\"%s\":", field->name);
            at = strstr(text, name);
            assert_non_null(at);
            at[2] = 'Q';
            json_document_init(&document);
            assert_int_equal(message_read(text, &message, &document, problem), FAIL_INVALID);
            assert_non_null(strstr(problem, field->name));
            assert_non_null(strstr(problem, "is missing"));
            json_document_finish(&document);
        }
    }
}

static void everything_else_of_a_payment_is_closed(void **state)
{
    static const struct {
        const char *text;
        const char *problem;
    } REFUSED[] = {
        {"{\"type\":\"displayed\",\"payment\":7,\"pan\":1}",
         "displayed: the field pan is not known"},
        {"{\"type\":\"displayed\",\"payment\":0}",
         "displayed: the field payment must be 1 to 99999999999"},
        {"{\"type\":\"ask_payment\",\"payment\":" NUMBER "}",
         "ask_payment: the field payment must be 1 to 99999999999"},
        {"{\"type\":\"progress\",\"payment\":7,\"screen\":\"receipt\"}",
         "progress: the field screen must be one of tip card pin authorising"},
        {"{\"type\":\"progress\",\"payment\":7,\"screen\":\"card\",\"pin\":\"1234\"}",
         "progress: the field pin is not known"},
        {"{\"type\":\"cancel_payment\",\"payment\":7,\"by\":\"not_shown\"}",
         "cancel_payment: the field by must be one of customer cashier pos time lost "
         "administrator"},
        {"{\"type\":\"cancel_payment\",\"payment\":7,\"by\":\"time\",\"card\":1}",
         "cancel_payment: the field card is not known"},
    };
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;
    size_t i;

    (void)state;
    json_document_init(&document);
    for (i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        assert_int_equal(message_read(REFUSED[i].text, &message, &document, problem), FAIL_INVALID);
        assert_string_equal(problem, REFUSED[i].problem);
    }
    json_document_finish(&document);
}

/* Of a field of a result: how many were left out with this value, or -1: it is
 * refused. */
static const struct {
    const char *name;
    const char *value;
    int dropped; /* -1: refused */
} CASES[] = {
    {"payment", "99999999999", 0},
    {"payment", "100000000000", -1},
    {"attempt", "1000", 0},
    {"attempt", "1001", -1},
    {"attempt", "0", -1},
    {"firstSix", "\"41249\"", -1},
    {"firstSix", "\"4124930\"", -1},
    {"firstSix", "null", -1},
    {"lastFour", "\"99900\"", -1},
    {"lastFour", "\"999x\"", -1},
    {"reference", "\"abcdefg\"", -1},
    {"reference", "\"abcdefgh\"", 0},
    {"reference", "\"abcdefghijklmnopqrstuvwxyzABCDEF\"", 0},
    {"reference", "\"abcdefghijklmnopqrstuvwxyzABCDEFG\"", -1},
    {"reference", "\"abcdefg1\"", -1},
    {"cardHolderName", "null", 0},
    {"cardHolderName", "\"ABCDEFGHIJKLM NOPQRSTUVWXY\"", 0},
    {"cardHolderName", "\"ABCDEFGHIJKLM NOPQRSTUVWXYZ\"", 1},
    {"cardHolderName", "\"Agent 7\"", 1},
    {"cardHolderName", "\"\"", 1},
    {"approved", "null", -1},
    {"approvalCode", "null", 0},
    {"approvalCode", "\"T0004\"", 1},
    {"approvalCode", "\"t00042\"", 1},
    {"reason", "null", 0},
    {"reason", "\"12345678 is all\"", 0},
    {"reason", "\"1234 5678 9\"", 1},
    {"reason", "17", 1},
    {"entry", "\"insert\"", 0},
    {"entry", "\"keyed\"", -1},
    {"brand", "\"interac\"", 0},
    {"brand", "\"maestro\"", -1},
    {"card", "\"debit\"", 0},
    {"card", "\"prepaid\"", -1},
};

static void values_at_their_limits(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char problem[TERMINAL_PROBLEM_SIZE];
        char text[TEXT_MAX];
        struct terminal_message message;
        struct json_document document;
        enum fail fail;

        json_document_init(&document);
        message_text(text, TERMINAL_RESULT, CASES[i].name, CASES[i].value, "");
        fail = message_read(text, &message, &document, problem);
        if ((fail == FAIL_NONE ? (int)message.dropped : -1) != CASES[i].dropped) {
            fail_msg("%s %s: %s, %u left out", CASES[i].name, CASES[i].value, problem,
                     message.dropped);
        }
        json_document_finish(&document);
    }
}

static void each_field_of_a_result_comes_to_its_place(void **state)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    char text[TEXT_MAX];
    struct terminal_message message;
    struct json_document document;
    const struct terminal_result *result = &message.result;

    (void)state;
    json_document_init(&document);
    message_text(text, TERMINAL_RESULT, "", "", "");
    assert_int_equal(message_read(text, &message, &document, problem), FAIL_NONE);
    assert_int_equal(message.type, TERMINAL_RESULT);
    assert_int_equal(result->attempt.payment, 7);
    assert_int_equal(result->attempt.attempt, 1);
    assert_true(slice_is(result->attempt.entry, "tap"));
    assert_true(slice_is(result->attempt.brand, "visa"));
    assert_true(slice_is(result->attempt.card, "credit"));
    assert_true(slice_is(result->attempt.first_six, "412493"));
    assert_true(slice_is(result->attempt.last_four, "9990"));
    assert_true(slice_is(result->attempt.holder, "Ada Lovelace"));
    assert_true(slice_is(result->attempt.reference, "VisaOfTheTray"));
    assert_true(result->approved);
    assert_true(slice_is(result->approval_code, "T00042"));
    assert_true(slice_is(result->reason, "Transaction Declined: INCORRECT PIN"));
    json_document_finish(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_number_fits_in_no_field),
        cmocka_unit_test(a_field_that_is_not_known_is_left_out_of_a_result),
        cmocka_unit_test(a_field_that_is_missing_is_missed_everywhere),
        cmocka_unit_test(everything_else_of_a_payment_is_closed),
        cmocka_unit_test(values_at_their_limits),
        cmocka_unit_test(each_field_of_a_result_comes_to_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
