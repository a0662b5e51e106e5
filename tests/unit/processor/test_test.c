/* The test processor, every cent of every hundred, against the contract's words
 * written down a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "processor/processor.h"

/* .51 to .68; contract.md, The test processor. */
static const char *const REASONS[] = {
    "Transaction Declined: PICK UP CARD - Pick up card",
    "Transaction Declined: INCORRECT PIN",
    "Transaction Declined: AMOUNT ERROR - Tran Amount Error",
    "Transaction Declined: EXPIRED CARD - Expired Card",
    "Transaction Declined: DECLINED - Do Not Honor",
    "Transaction Declined: CALL AUTH. CENTER - Refer to Issuer",
    "Transaction Declined: SERV NOT ALLOWED - Invalid request",
    "Transaction Declined: AMT OVER SVC LMT - Amount is more than established service limit",
    "Transaction Declined: REQ. EXCEEDS BAL. - Req. exceeds balance",
    "Transaction Declined: INVALID CARD - Invalid Card",
    "Transaction Declined: DECLINED T4 - Do Not Honor. Failed negative check, unpaid items",
    "Transaction Declined: DECLINED-HELP 9999 - System Error",
    "Transaction Declined: APPL TYPE ERROR - Call support for help with this error",
    "Transaction Declined: INVALID TERM ID - Invalid Terminal ID",
    "Transaction Declined: NETWORK ERROR - General System Error",
    "Transaction Declined: PLEASE RETRY - Please Retry/Reenter Transaction",
    "Transaction Declined: SUSPECTED FRAUD",
    "Transaction Declined: NETWORK ERROR - General System Error",
};

static struct processor_verdict ask(int64_t amount_minor, enum payment_kind kind, bool duplicate)
{
    const struct processor_request request = {
        .kind = kind,
        .amount_minor = amount_minor,
        .card = &TEST_CARDS[0].card,
        .duplicate = duplicate,
        .chance = (uint64_t)amount_minor * UINT64_C(0x9e3779b97f4a7c15),
    };

    return processor_test(&request);
}

static void assert_code(const char *code)
{
    assert_int_equal(strlen(code), 6);
    assert_int_equal(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), 6);
}

static void the_decimals_decide(void **state)
{
    int64_t amount;

    (void)state;
    for (amount = 1; amount <= 20000; amount++) {
        const enum payment_kind kind = amount % 3 == 0 ? PAYMENT_REFUND : PAYMENT_PURCHASE;
        const struct processor_verdict verdict = ask(amount, kind, false);
        int64_t cents = amount % 100;
        bool is_declined = cents >= 51 && cents <= 68;

        assert_int_equal(verdict.approved, !is_declined);
        if (is_declined) {
            assert_string_equal(verdict.reason, REASONS[cents - 51]);
            assert_string_equal(verdict.approval_code, "");
        } else {
            assert_string_equal(verdict.reason, "");
            assert_code(verdict.approval_code);
        }
        assert_int_equal(verdict.delay_ms, cents == 68 ? 20000 : cents == 69 ? 10000 : 0);
        assert_int_equal(verdict.reversed, cents == 68);
    }
}

static void the_table_covers_each_decimal_once(void **state)
{
    unsigned next = 0;
    unsigned i;

    (void)state;
    for (i = 0; i < PROCESSOR_TABLE_COUNT; i++) {
        assert_int_equal(PROCESSOR_TABLE[i].from, next);
        assert_true(PROCESSOR_TABLE[i].to >= PROCESSOR_TABLE[i].from);
        assert_int_equal(PROCESSOR_TABLE[i].approved, PROCESSOR_TABLE[i].reason == NULL);
        next = PROCESSOR_TABLE[i].to + 1U;
    }
    assert_int_equal(next, 100);
}

static void a_suspected_duplicate_is_declined_at_once(void **state)
{
    static const int64_t amounts[] = {1000, 1069, 1052, 1068};
    struct processor_verdict verdict;
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        verdict = ask(amounts[i], PAYMENT_PURCHASE, true);
        assert_false(verdict.approved);
        assert_int_equal(verdict.delay_ms, 0);
        assert_false(verdict.reversed);
        assert_string_equal(verdict.approval_code, "");
        assert_string_equal(verdict.reason, "Transaction Declined: Suspected duplicate transaction "
                                            "in the last 5 minutes.");
    }
    assert_int_equal(PROCESSOR_DUPLICATE_MS, 5 * 60 * 1000);
}

static void a_refund_is_no_duplicate_of_its_purchase(void **state)
{
    (void)state;
    assert_true(ask(1000, PAYMENT_REFUND, true).approved);
}

static void approval_codes_come_from_chance_and_from_nothing_else(void **state)
{
    struct processor_request request = {.amount_minor = 100, .card = &TEST_CARDS[0].card};
    struct processor_verdict verdict;
    bool seen[6][128] = {{false}};
    char before[PAYMENT_APPROVAL_SIZE] = "";
    unsigned places = 0;
    unsigned place;
    unsigned i;

    (void)state;
    assert_string_equal(processor_test(&request).approval_code, "AAAAAA");
    request.chance = 1;
    assert_string_equal(processor_test(&request).approval_code, "BAAAAA");
    request.chance = 36;
    assert_string_equal(processor_test(&request).approval_code, "ABAAAA");
    request.chance = 36 * 36 + 35;
    assert_string_equal(processor_test(&request).approval_code, "9ABAAA");
    request.chance = UINT64_MAX;
    assert_code(processor_test(&request).approval_code);
    for (i = 0; i < 5000; i++) {
        request.chance = (i + 1) * UINT64_C(0xd1342543de82ef95);
        verdict = processor_test(&request);
        assert_string_not_equal(verdict.approval_code, before);
        memcpy(before, verdict.approval_code, sizeof(before));
        for (place = 0; place < 6; place++) {
            bool *mark = &seen[place][(unsigned char)verdict.approval_code[place]];

            places += !*mark;
            *mark = true;
        }
    }
    assert_int_equal(places, 6 * 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_decimals_decide),
        cmocka_unit_test(the_table_covers_each_decimal_once),
        cmocka_unit_test(a_suspected_duplicate_is_declined_at_once),
        cmocka_unit_test(a_refund_is_no_duplicate_of_its_purchase),
        cmocka_unit_test(approval_codes_come_from_chance_and_from_nothing_else),
    };

    return cmocka_run_group_tests_name("processor/test", tests, NULL, NULL);
}
