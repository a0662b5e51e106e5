/* The body of a purchase and its idempotency-key: what is taken, and that
 * everything that is wrong is named at once. */
#include "api/payment_request.h"

/* After ours: its macro fail would eat `enum fail (*run)(...)`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/wire/failing_memory.h"

#define SIXTEEN "0123456789abcdef"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define KEY_255 SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN "0123456789abcde"

#define CURRENCY_MISSING "currency is missing: CAD or USD"
#define CURRENCY_WRONG "currency must be CAD or USD, in upper case"
#define AMOUNT_MISSING "transactionAmount is missing: a number greater than 0, such as 10.99"
#define AMOUNT_TEXT "transactionAmount must be a number, not a text: 10.99 without quotation marks"
#define AMOUNT_TYPE "transactionAmount must be a number, such as 10.99"
#define AMOUNT_SMALL "transactionAmount must be a number greater than 0"
#define AMOUNT_FINE "transactionAmount must be a number with at most two decimals"
#define AMOUNT_LARGE "transactionAmount must be a number of at most 9999999.99"
#define TEXT_RULE " must be a text of at most 64 characters without control characters"
#define KEY_RULE "idempotency-key must have 1 to 255 visible ASCII characters"

static struct payment_request request;

/* The flaws as JSON; "" when there are none. */
static const char *flaws_of(const char *body, const char *key)
{
    static char text[2048];
    struct api_call call = {.body = slice_of(body)};
    struct flaws flaws;

    if (key != NULL) {
        call.key = slice_of(key);
    }
    flaws_init(&flaws, REPLY_ERRORS_ARRAY);
    assert_int_equal(payment_request_read(&call, &request, &flaws), FAIL_NONE);
    text[0] = '\0';
    if (flaws_exist(&flaws)) {
        const struct buf *json = flaws_json(&flaws);

        assert_non_null(json);
        assert_int_equal(slice_copy(buf_view(json), text, sizeof(text)), FAIL_NONE);
    }
    flaws_finish(&flaws);
    return text;
}

static void assert_problem(const char *body, const char *sentence)
{
    char expected[1024];

    assert_true(text_format(expected, sizeof(expected), "{\"errors\":[\"%s\"]}", sentence));
    assert_string_equal(flaws_of(body, NULL), expected);
}

/* --- What is taken ----------------------------------------------------------------- */

static void a_whole_request_is_read(void **state)
{
    (void)state;
    assert_string_equal(flaws_of("{\"currency\":\"CAD\",\"transactionAmount\":12.34,"
                                 "\"invoiceNumber\":\"INV7\",\"customerCode\":\"CST\\u00e9\"}",
                                 "key-1"),
                        "");
    assert_string_equal(request.currency, "CAD");
    assert_int_equal(request.amount_minor, 1234);
    assert_string_equal(request.invoice, "INV7");
    assert_string_equal(request.customer, "CST\xc3\xa9");
    assert_string_equal(request.key, "key-1");
}

static void what_may_be_left_out_may_be_null_or_empty(void **state)
{
    static const char *const bodies[] = {
        "{\"currency\":\"USD\",\"transactionAmount\":1}",
        "{\"currency\":\"USD\",\"transactionAmount\":1,\"invoiceNumber\":\"\",\"customerCode\":"
        "\"\"}",
        "{\"currency\":\"USD\",\"transactionAmount\":1,\"invoiceNumber\":null,"
        "\"customerCode\":null}",
        " { \"customer\" : {\"a\":[1,2,{}]} , \"transactionAmount\":1,\"currency\":\"USD\","
        "\"extra\":true } \r\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_string_equal(flaws_of(bodies[i], NULL), "");
        assert_string_equal(request.currency, "USD");
        assert_int_equal(request.amount_minor, 100);
        assert_string_equal(request.invoice, "");
        assert_string_equal(request.customer, "");
        assert_string_equal(request.key, "");
    }
}

static void an_amount_is_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t minor;
    } cases[] = {{"10.99", 1099},  {"10.9", 1090},      {"10", 1000},
                 {"10.990", 1099}, {"0.01", 1},         {"1e2", 10000},
                 {"1.5e1", 1500},  {"1099E-2", 1099},   {"9999999.99", 999999999},
                 {"0.29", 29},     {"1.005e3", 100500}, {"0.1e1", 100}};
    char body[256];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(text_format(body, sizeof(body),
                                "{\"currency\":\"CAD\",\"transactionAmount\":%s}", cases[i].text));
        assert_string_equal(flaws_of(body, NULL), "");
        assert_int_equal(request.amount_minor, cases[i].minor);
    }
}

static void texts_and_keys_at_their_limit_are_taken(void **state)
{
    char invoice[PAYMENT_INVOICE_SIZE] = "";
    char body[1024];
    int i;

    (void)state;
    for (i = 0; i < PAYMENT_INVOICE_MAX; i++) {
        memcpy(invoice + (ptrdiff_t)i * 4, "\xf0\x9f\x92\xb3", 5);
    }
    assert_true(
        text_format(body, sizeof(body),
                    "{\"currency\":\"CAD\",\"transactionAmount\":1,\"invoiceNumber\":\"%s\","
                    "\"customerCode\":\"" SIXTY_FOUR "\"}",
                    invoice));
    assert_string_equal(flaws_of(body, KEY_255), "");
    assert_string_equal(request.invoice, invoice);
    assert_string_equal(request.customer, SIXTY_FOUR);
    assert_string_equal(request.key, KEY_255);
    assert_string_equal(flaws_of(body, "!"), "");
    assert_string_equal(request.key, "!");
}

/* --- What is not -------------------------------------------------------------------- */

static void each_slip_has_its_sentence(void **state)
{
    static const char *const cases[][3] = {
        /* currency, transactionAmount, sentence */
        {"null", "1", CURRENCY_MISSING},
        {"\"cad\"", "1", CURRENCY_WRONG},
        {"\"EUR\"", "1", CURRENCY_WRONG},
        {"\"\"", "1", CURRENCY_WRONG},
        {"\"CADX\"", "1", CURRENCY_WRONG},
        {"\" CAD\"", "1", CURRENCY_WRONG},
        {"124", "1", CURRENCY_WRONG},
        {"[\"CAD\"]", "1", CURRENCY_WRONG},
        {"\"CAD\"", "null", AMOUNT_MISSING},
        {"\"CAD\"", "\"10.99\"", AMOUNT_TEXT},
        {"\"CAD\"", "\"\"", AMOUNT_TEXT},
        {"\"CAD\"", "true", AMOUNT_TYPE},
        {"\"CAD\"", "{}", AMOUNT_TYPE},
        {"\"CAD\"", "[1]", AMOUNT_TYPE},
        {"\"CAD\"", "0", AMOUNT_SMALL},
        {"\"CAD\"", "-0", AMOUNT_SMALL},
        {"\"CAD\"", "0.00", AMOUNT_SMALL},
        {"\"CAD\"", "-1", AMOUNT_SMALL},
        {"\"CAD\"", "0.005", AMOUNT_FINE},
        {"\"CAD\"", "10.999", AMOUNT_FINE},
        {"\"CAD\"", "1e400", AMOUNT_LARGE},
        {"\"CAD\"", "10000000", AMOUNT_LARGE},
        {"\"CAD\"", "9999999.991", AMOUNT_FINE},
    };
    char body[256];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(text_format(body, sizeof(body), "{\"currency\":%s,\"transactionAmount\":%s}",
                                cases[i][0], cases[i][1]));
        assert_problem(body, cases[i][2]);
    }
}

static void a_text_past_its_limit_or_of_another_kind_is_refused(void **state)
{
    static const char *const wrong[] = {
        "\"" SIXTY_FOUR "x\"", "\"a\\nb\"", "\"\\u0085\"", "7", "false", "[\"INV7\"]", "{}"};
    static const char *const names[] = {"invoiceNumber", "customerCode"};
    char body[256];
    char sentence[256];
    size_t i;

    (void)state;
    for (i = 0; i < 2 * sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *name = names[i % 2];

        assert_true(text_format(body, sizeof(body),
                                "{\"currency\":\"CAD\",\"transactionAmount\":1,\"%s\":%s}", name,
                                wrong[i / 2]));
        assert_true(text_format(sentence, sizeof(sentence), "%s" TEXT_RULE, name));
        assert_problem(body, sentence);
    }
}

static void every_problem_is_named_at_once(void **state)
{
    (void)state;
    assert_problem("{}", CURRENCY_MISSING "\",\"" AMOUNT_MISSING);
    assert_string_equal(
        flaws_of("{\"currency\":\"cad\",\"transactionAmount\":\"1\",\"invoiceNumber\":1,"
                 "\"customerCode\":2}",
                 "a b"),
        "{\"errors\":[\"" CURRENCY_WRONG "\",\"" AMOUNT_TEXT "\",\"invoiceNumber" TEXT_RULE
        "\",\"customerCode" TEXT_RULE "\",\"" KEY_RULE "\"]}");
}

static void a_key_is_visible_ascii_and_stands_once(void **state)
{
    static const char body[] = "{\"currency\":\"CAD\",\"transactionAmount\":1}";
    static const char *const wrong[] = {"", "a b", "\xc3\xa9", "a\x7f", KEY_255 "x"};
    struct api_call call = {.body = slice_of(body), .key = slice_of("one"), .key_twice = true};
    struct flaws flaws;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_string_equal(flaws_of(body, wrong[i]), "{\"errors\":[\"" KEY_RULE "\"]}");
    }
    flaws_init(&flaws, REPLY_ERRORS_ARRAY);
    assert_int_equal(payment_request_read(&call, &request, &flaws), FAIL_NONE);
    assert_true(slice_is(buf_view(flaws_json(&flaws)),
                         "{\"errors\":[\"idempotency-key stands twice among the headers\"]}"));
    flaws_finish(&flaws);
}

static void what_is_no_object_is_told_in_one_sentence(void **state)
{
#define EXAMPLE "{\\\"currency\\\":\\\"CAD\\\",\\\"transactionAmount\\\":10.99}"
    static const char *const cases[][2] = {
        {"", "The body is empty. It must be a JSON object such as " EXAMPLE},
        {"[]", "The body is an array. It must be a JSON object such as " EXAMPLE},
        {"null", "The body is null. It must be a JSON object such as " EXAMPLE},
        {"12", "The body is a number. It must be a JSON object such as " EXAMPLE},
        {"\"a\"", "The body is text. It must be a JSON object such as " EXAMPLE},
        {"true", "The body is true. It must be a JSON object such as " EXAMPLE},
        {"false", "The body is false. It must be a JSON object such as " EXAMPLE},
        {"{\"currency\":\"CAD\"",
         "The body is not valid JSON: the document ends too early, at byte 17."},
    };
    static const char *const broken[] = {"currency=CAD&transactionAmount=1",
                                         "{\"currency\":\"CAD\",\"currency\":\"USD\"}",
                                         "{\"a\":1}x",
                                         "{'currency':'CAD'}",
                                         "{\"transactionAmount\":10,99}",
                                         "{\"transactionAmount\":0x10}",
                                         "\xef\xbb\xbf{}",
                                         "{\"a\":NaN}",
                                         "{\"a\":01}",
                                         "{\"a\":1,}",
                                         "{\"a\":123456789012345678901234567890123}",
                                         "{\"a\":\"\xff\"}",
                                         "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_problem(cases[i][0], cases[i][1]);
    }
    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const char *said = flaws_of(broken[i], NULL);

        if (strstr(said, "{\"errors\":[\"The body is not valid JSON: ") != said ||
            strstr(said, ", at byte ") == NULL || strstr(said, "\",\"") != NULL) {
            fail_msg("%s: %s", broken[i], said);
        }
    }
}

/* --- Without memory -------------------------------------------------------------------- */

static void each_allocation_may_fail(void **state)
{
    static const char body[] = "{\"currency\":\"CAD\",\"transactionAmount\":\"1\",\"a\":\"\\n\"}";
    struct api_call call = {.body = slice_of(body)};
    bool whole = false;
    size_t left;

    (void)state;
    for (left = 0; !whole; left++) {
        struct flaws flaws;
        const struct buf *json = NULL;
        enum fail said;

        flaws_init(&flaws, REPLY_ERRORS_ARRAY);
        failing_memory_start(left);
        said = payment_request_read(&call, &request, &flaws);
        if (said == FAIL_NONE) {
            json = flaws_json(&flaws);
        }
        failing_memory_stop();
        whole = failing_memory_asked <= left;
        assert_true(said == FAIL_NONE || said == FAIL_MEMORY);
        assert_int_equal(json != NULL, whole); /* never half of the flaws */
        flaws_finish(&flaws);
    }
    assert_true(left > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_request_is_read),
        cmocka_unit_test(what_may_be_left_out_may_be_null_or_empty),
        cmocka_unit_test(an_amount_is_exact),
        cmocka_unit_test(texts_and_keys_at_their_limit_are_taken),
        cmocka_unit_test(each_slip_has_its_sentence),
        cmocka_unit_test(a_text_past_its_limit_or_of_another_kind_is_refused),
        cmocka_unit_test(every_problem_is_named_at_once),
        cmocka_unit_test(a_key_is_visible_ascii_and_stands_once),
        cmocka_unit_test(what_is_no_object_is_told_in_one_sentence),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
