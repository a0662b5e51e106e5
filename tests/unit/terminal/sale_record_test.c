/* The record of a payment on disk: every form is read back as it was written,
 * and nothing that is only half right is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "terminal/sale_record.h"
#include "unit/wire/failing_memory.h"

static struct sale_record make(enum payment_authority authority)
{
    struct terminal_offer offer = {
        .payment = 99999999999,
        .kind = slice_of("refund"),
        .amount = 999999999,
        .currency = slice_of("USD"),
        .invoice = slice_of("A \"<b>\" \xc3\xa9"),
        .authority = slice_of(authority == AUTHORITY_TERMINAL ? "terminal" : "server"),
        .time_limit_seconds = 120,
    };

    return sale_record_make(&offer);
}

static struct sale_record with_card(enum payment_authority authority, enum sale_unsent unsent)
{
    struct sale_record record = make(authority);

    record.attempt = 3;
    record.unsent = unsent;
    record.card = test_card_find(slice_of("mastercard"))->card;
    record.card.entry = CARD_SWIPE;
    return record;
}

static void write_text(const struct sale_record *record, char out[SALE_RECORD_TEXT_MAX])
{
    struct buf text;

    buf_init(&text, SALE_RECORD_TEXT_MAX - 1);
    sale_record_write(&text, record);
    assert_int_equal(buf_fail(&text), FAIL_NONE);
    memcpy(out, text.bytes, text.length);
    out[text.length] = '\0';
    buf_finish(&text);
}

static void expect_same(const struct sale_record *record)
{
    char problem[SALE_RECORD_PROBLEM_SIZE] = "";
    char text[SALE_RECORD_TEXT_MAX];
    char again[SALE_RECORD_TEXT_MAX];
    struct sale_record read;

    write_text(record, text);
    assert_int_equal(sale_record_read(slice_of(text), &read, problem), FAIL_NONE);
    write_text(&read, again);
    assert_string_equal(text, again);
}

static void every_form_is_read_back_as_it_was_written(void **state)
{
    struct sale_record record = {0};

    (void)state;
    expect_same(&record);
    record = make(AUTHORITY_SERVER);
    expect_same(&record);
    record.invoice[0] = '\0';
    memset(record.invoice, 0, sizeof(record.invoice));
    record.kind = PAYMENT_PURCHASE;
    expect_same(&record);
    record = with_card(AUTHORITY_SERVER, UNSENT_ATTEMPT);
    expect_same(&record);
    record = with_card(AUTHORITY_TERMINAL, UNSENT_RESULT);
    record.approved = true;
    memcpy(record.approval_code, "Z9Z9Z9", sizeof(record.approval_code));
    expect_same(&record);
    record.approved = false;
    memset(record.approval_code, 0, sizeof(record.approval_code));
    (void)snprintf(record.reason, sizeof(record.reason), "Transaction Declined: INCORRECT PIN");
    expect_same(&record);
    record = make(AUTHORITY_TERMINAL);
    record.attempt = 2;
    record.unsent = UNSENT_CANCEL;
    record.by = REASON_ADMINISTRATOR;
    expect_same(&record);
}

static void the_text_is_the_offer_and_the_unsent_message_as_they_are_on_the_wire(void **state)
{
    struct sale_record record = with_card(AUTHORITY_SERVER, UNSENT_ATTEMPT);
    char text[SALE_RECORD_TEXT_MAX];

    (void)state;
    record.payment = 5;
    record.amount_minor = 1234;
    (void)snprintf(record.invoice, sizeof(record.invoice), "INV7");
    write_text(&record, text);
    assert_non_null(strstr(text, "{\"format\":1,\"attempt\":3,\"offer\":{\"type\":\"offer\","
                                 "\"payment\":5,\"kind\":\"refund\",\"amount\":1234,"
                                 "\"currency\":\"USD\",\"invoiceNumber\":\"INV7\","
                                 "\"authority\":\"server\",\"timeLimitSeconds\":120},"
                                 "\"unsent\":{\"type\":\"attempt\",\"payment\":5,\"attempt\":3,"
                                 "\"entry\":\"swipe\",\"brand\":\"mastercard\","));
}

#define OFFER                                                                                      \
    "{\"type\":\"offer\",\"payment\":5,\"kind\":\"purchase\",\"amount\":1,\"currency\":\"CAD\","   \
    "\"invoiceNumber\":null,\"authority\":\"server\",\"timeLimitSeconds\":120}"
#define TERMINAL_DECIDES                                                                           \
    "{\"type\":\"offer\",\"payment\":5,\"kind\":\"purchase\",\"amount\":1,\"currency\":\"CAD\","   \
    "\"invoiceNumber\":null,\"authority\":\"terminal\",\"timeLimitSeconds\":120}"
#define CARD                                                                                       \
    "\"entry\":\"tap\",\"brand\":\"visa\",\"card\":\"credit\",\"firstSix\":\"412493\","            \
    "\"lastFour\":\"9990\",\"cardHolderName\":null,\"reference\":\"abcdefgh\""
#define ATTEMPT(more) "{\"type\":\"attempt\",\"payment\":5,\"attempt\":1," CARD more "}"

static const char *const DAMAGED[][2] = {
    {"", "at byte"},
    {"[]", "it names no format"},
    {"{\"format\":1.5}", "it names no format"},
    {"{\"format\":1}", "the field attempt is missing"},
    {"{\"format\":1,\"attempt\":-1,\"offer\":null,\"unsent\":null}", "the field attempt"},
    {"{\"format\":1,\"attempt\":1001,\"offer\":null,\"unsent\":null}", "the field attempt"},
    {"{\"format\":1,\"attempt\":1,\"offer\":null,\"unsent\":null}", "an attempt of no payment"},
    {"{\"format\":1,\"attempt\":0,\"unsent\":null}", "the field offer is missing"},
    {"{\"format\":1,\"attempt\":0,\"offer\":5,\"unsent\":null}", "the field offer"},
    {"{\"format\":1,\"attempt\":0,\"offer\":{},\"unsent\":null}", "the field offer"},
    {"{\"format\":1,\"attempt\":0,\"offer\":{\"type\":\"go\",\"payment\":5},\"unsent\":null}",
     "the field offer"},
    {"{\"format\":1,\"attempt\":0,\"offer\":{\"type\":\"go\",\"payment\":[5]},\"unsent\":null}",
     "the field offer"},
    {"{\"format\":1,\"attempt\":0,\"offer\":" OFFER "}", "the field unsent is missing"},
    {"{\"format\":1,\"attempt\":0,\"offer\":" OFFER ",\"unsent\":null,\"more\":1}",
     "a field that is not known"},
    /* of another payment, another number, another authority, another kind */
    {"{\"format\":1,\"attempt\":0,\"offer\":null,\"unsent\":" ATTEMPT("") "}", "the field unsent"},
    {"{\"format\":1,\"attempt\":2,\"offer\":" OFFER ",\"unsent\":" ATTEMPT("") "}",
     "the field unsent"},
    {"{\"format\":1,\"attempt\":1,\"offer\":" OFFER
     ",\"unsent\":{\"type\":\"attempt\",\"payment\":6,\"attempt\":1," CARD "}}",
     "the field unsent"},
    {"{\"format\":1,\"attempt\":1,\"offer\":" OFFER
     ",\"unsent\":{\"type\":\"result\",\"payment\":5,\"attempt\":1," CARD
     ",\"approved\":true,\"approvalCode\":\"ABC123\",\"reason\":null}}",
     "the field unsent"},
    {"{\"format\":1,\"attempt\":1,\"offer\":" TERMINAL_DECIDES ",\"unsent\":" ATTEMPT("") "}",
     "the field unsent"},
    {"{\"format\":1,\"attempt\":0,\"offer\":" OFFER
     ",\"unsent\":{\"type\":\"displayed\",\"payment\":5}}",
     "the field unsent"},
    {"{\"format\":1,\"attempt\":0,\"offer\":" OFFER
     ",\"unsent\":{\"type\":\"cancel_payment\",\"payment\":6,\"by\":\"lost\"}}",
     "the field unsent"},
    /* the wire would only leave it out: here somebody has written a number of a card */
    {"{\"format\":1,\"attempt\":1,\"offer\":" OFFER
     ",\"unsent\":" ATTEMPT(",\"number\":\"4124939999999990\"") "}",
     "the field unsent"},
    {"{\"format\":1,\"attempt\":1,\"offer\":" OFFER ",\"unsent\":" ATTEMPT(",\"a b\":1") "}",
     "the field unsent"},
};

static void what_is_only_half_right_is_damaged(void **state)
{
    char problem[SALE_RECORD_PROBLEM_SIZE];
    struct sale_record untouched;
    struct sale_record read;
    size_t i;

    (void)state;
    memset(&untouched, 7, sizeof(untouched));
    for (i = 0; i < sizeof(DAMAGED) / sizeof(DAMAGED[0]); i++) {
        memcpy(&read, &untouched, sizeof(read));
        problem[0] = '\0';
        assert_int_equal(sale_record_read(slice_of(DAMAGED[i][0]), &read, problem), FAIL_INVALID);
        if (strstr(problem, DAMAGED[i][1]) == NULL) {
            print_error("%s: %s\n", DAMAGED[i][0], problem);
        }
        assert_non_null(strstr(problem, DAMAGED[i][1]));
        assert_memory_equal(&read, &untouched, sizeof(read));
    }
}

static void the_right_one_beside_them_is_taken(void **state)
{
    char problem[SALE_RECORD_PROBLEM_SIZE];
    struct sale_record read;

    (void)state;
    assert_int_equal(sale_record_read(slice_of("{\"format\":1,\"attempt\":1,\"offer\":" OFFER
                                               ",\"unsent\":" ATTEMPT("") "}"),
                                      &read, problem),
                     FAIL_NONE);
    assert_int_equal(read.payment, 5);
    assert_int_equal(read.unsent, UNSENT_ATTEMPT);
}

static void a_newer_program_is_told_from_damage(void **state)
{
    char problem[SALE_RECORD_PROBLEM_SIZE];
    struct sale_record read;

    (void)state;
    assert_int_equal(sale_record_read(slice_of("{\"format\":2,\"new\":1}"), &read, problem),
                     FAIL_VERSION);
    assert_string_equal(problem, "a newer tillwire wrote it");
}

/* Whichever allocation fails, it is told, and never half a record. */
static void short_memory_is_told_when_it_is_read_and_written(void **state)
{
    struct sale_record record = with_card(AUTHORITY_SERVER, UNSENT_ATTEMPT);
    char problem[SALE_RECORD_PROBLEM_SIZE];
    char text[SALE_RECORD_TEXT_MAX];
    struct sale_record read;
    struct buf out;
    enum fail fail = FAIL_MEMORY;
    size_t n;

    (void)state;
    write_text(&record, text);
    for (n = 0; fail == FAIL_MEMORY; n++) {
        memset(&read, 0, sizeof(read));
        failing_memory_start(n);
        fail = sale_record_read(slice_of(text), &read, problem);
        failing_memory_stop();
        assert_true(fail == FAIL_NONE || read.payment == 0);
    }
    assert_int_equal(fail, FAIL_NONE);
    assert_true(n > 3);
    fail = FAIL_MEMORY;
    for (n = 0; fail == FAIL_MEMORY; n++) {
        buf_init(&out, SALE_RECORD_TEXT_MAX);
        failing_memory_start(n);
        sale_record_write(&out, &record);
        failing_memory_stop();
        fail = buf_fail(&out);
        buf_finish(&out);
    }
    assert_int_equal(fail, FAIL_NONE);
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read_back_as_it_was_written),
        cmocka_unit_test(the_text_is_the_offer_and_the_unsent_message_as_they_are_on_the_wire),
        cmocka_unit_test(what_is_only_half_right_is_damaged),
        cmocka_unit_test(the_right_one_beside_them_is_taken),
        cmocka_unit_test(a_newer_program_is_told_from_damage),
        cmocka_unit_test(short_memory_is_told_when_it_is_read_and_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
