/* How a sale starts: what is certain, what is in doubt, and what an API without
 * a Location leaves to be looked for. */
#include "unit/pos/sale_scene.h"

#define UNKNOWN_503 "{\"errors\":[\"What became of this payment cannot be said now.\"]}"
#define BUSY "{\"errors\":[\"device with code JSV5 busy\"]}"
#define NOT_LISTENING "{\"errors\":[\"device with code JSV5 not listening\"]}"
#define SOLD(number, status, type, invoice)                                                        \
    "{\"transactionId\":" number ",\"status\":\"" status "\",\"type\":\"" type                     \
    "\",\"amount\":12.34,\"invoiceNumber\":\"" invoice "\",\"warning\":\"no\"}"

/* --- Certain: nothing was started ----------------------------------------------- */

static void an_api_that_cannot_be_asked_first_is_sent_nothing(void **state)
{
    static const struct line SILENT[] = {{BEFORE, NO_ANSWER, "nobody", false, 0}};
    static const struct line DENIED[] = {
        {BEFORE, 403, "{\"errors\":\"No access permission\"}", 0, 0}};

    RUN(SILENT);
    EXPECT_END(SALE_NOT_STARTED, "");
    assert_int_equal(sale.refusal, POS_UNREACHABLE);
    assert_string_equal(sale.problem, "nobody");
    assert_false(sale.is_sent);
    (void)scene_setup(state);
    RUN(DENIED);
    EXPECT_END(SALE_NOT_STARTED, "");
    assert_int_equal(sale.refusal, POS_UNAUTHORIZED);
    assert_false(sale.is_sent);
}

static void a_refusal_of_the_first_request_is_certain(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum pos_outcome refusal;
    } REFUSALS[] = {
        {400, "{\"errors\":[\"currency must be CAD\"]}", POS_REFUSED},
        {401, "", POS_UNAUTHORIZED},
        {404, "{\"errors\":[\"device with code JSV5 not found\"]}", POS_NOT_FOUND},
        {404, "404 page not found", POS_UNEXPECTED},
        {409, BUSY, POS_BUSY},
        {409, NOT_LISTENING, POS_NOT_LISTENING},
    };
    size_t i;

    for (i = 0; i < sizeof(REFUSALS) / sizeof(REFUSALS[0]); i++) {
        const struct line lines[] = {{BEFORE, 200, "[]", 0, 0},
                                     {PURCHASE, REFUSALS[i].status, REFUSALS[i].body, 0, 0}};

        (void)scene_setup(state);
        RUN(lines);
        EXPECT_END(SALE_NOT_STARTED, "");
        assert_int_equal(sale.refusal, REFUSALS[i].refusal);
        assert_true(sale.is_sent);
        assert_int_equal(scene.at, 2);
    }
}

static void a_request_that_cannot_have_arrived_started_nothing(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, NO_ANSWER, "could not connect", false, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_NOT_STARTED, "");
    assert_int_equal(sale.refusal, POS_UNREACHABLE);
    assert_int_equal(scene.at, 2);
}

/* --- In doubt ---------------------------------------------------------------------- */

static void a_request_in_doubt_is_repeated_with_its_key(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, NO_ANSWER, "no answer within 10 seconds", true, 0},
        {PURCHASE, NO_ANSWER, "could not connect", false, 0},
        {PURCHASE, 503, UNKNOWN_503, 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, "{\"id\":7,\"state\":\"expired\"}", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_EXPIRED, "again: no answer within 10 seconds\nagain: could not connect\n"
                             "again: What became of this payment cannot be said now.\nshown\n");
}

static void trouble_inside_the_api_is_a_doubt_by_itself(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 503, UNKNOWN_503, 0, 0},
        {PURCHASE, 403, "", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "again: What became of this payment cannot be said now.\n");
}

static void a_doubt_that_lasts_stays_unknown(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, NO_ANSWER, "no answer within 10 seconds", true, 10000},
    };

    (void)state;
    RUN(LINES);
    assert_string_equal(sale_end_name(sale.end), "unknown");
    assert_string_equal(sale.problem, "no answer within 10 seconds");
    assert_true(scene.now_ms >= 1000 + SALE_START_MS);
    assert_true(scene.now_ms < 1000 + SALE_START_MS + 11000);
}

static void in_doubt_a_revoked_token_says_nothing_of_the_sale(void **state)
{
    static const struct line LINES[] = {{BEFORE, 200, "[]", 0, 0},
                                        {PURCHASE, NO_ANSWER, "late", true, 0},
                                        {PURCHASE, 403, "", 0, 0}};

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "again: late\n");
}

/* What a terminal says that takes no sale now. */
static const struct {
    const char *body;
    enum pos_outcome refusal;
    const char *told;
} NOT_NOW[] = {
    {BUSY, POS_BUSY, "search: device with code JSV5 busy\n"},
    {NOT_LISTENING, POS_NOT_LISTENING, "search: device with code JSV5 not listening\n"},
};
enum { NOT_NOW_COUNT = sizeof(NOT_NOW) / sizeof(NOT_NOW[0]) };

/* It has looked for the key before it looked at the terminal. */
static void in_doubt_an_api_that_keeps_keys_is_certain_about_its_terminal(void **state)
{
    size_t i;

    for (i = 0; i < NOT_NOW_COUNT; i++) {
        const struct line lines[] = {{BEFORE, 200, "[]", 0, 0},
                                     {PURCHASE, NO_ANSWER, "late", true, 0},
                                     {PURCHASE, 409, NOT_NOW[i].body, 0, 0},
                                     {OPEN, 200, "[]", 0, 0}};

        (void)scene_setup(state);
        RUN(lines);
        EXPECT_END(SALE_NOT_STARTED, "again: late\n");
        assert_int_equal(sale.refusal, NOT_NOW[i].refusal);
        assert_int_equal(scene.at, 4);
    }
}

/* An API that does not know the key would say so of this very sale. */
static void in_doubt_any_other_api_may_speak_of_this_sale(void **state)
{
    static const struct {
        int status;
        const char *body;
    } OTHERS[] = {{404, "404 page not found"}, {NO_ANSWER, "nobody"}};
    char told[256];
    size_t i;

    for (i = 0; i < NOT_NOW_COUNT; i++) {
        const struct line lines[] = {
            {BEFORE, 200, "[]", 0, 0},
            {PURCHASE, NO_ANSWER, "late", true, 0},
            {PURCHASE, 409, NOT_NOW[i].body, 0, 0},
            {OPEN, OTHERS[i].status, OTHERS[i].body, 0, 0},
            {BEFORE, 200, "[" SOLD("91", "APPROVED", "purchase", "INV 7") "]", 0, 0},
        };

        (void)scene_setup(state);
        RUN(lines);
        (void)snprintf(told, sizeof(told), "again: late\n%s", NOT_NOW[i].told);
        EXPECT_END(SALE_APPROVED, told);
        assert_string_equal(sale.problem, "");
    }
}

/* With a key of an earlier call the first request is in doubt already. */
static void the_terminal_of_a_repeated_key_may_be_at_the_earlier_sale(void **state)
{
    size_t i;

    for (i = 0; i < NOT_NOW_COUNT; i++) {
        const struct line kept[] = {{BEFORE, 200, "[]", 0, 0},
                                    {PURCHASE, 409, NOT_NOW[i].body, 0, 0},
                                    {OPEN, 200, "[]", 0, 0}};
        const struct line other[] = {
            {BEFORE, 200, "[]", 0, 0},
            {PURCHASE, 409, NOT_NOW[i].body, 0, 0},
            {OPEN, 404, "404 page not found", 0, 0},
            {BEFORE, 200, "[" SOLD("91", "APPROVED", "purchase", "INV 7") "]", 0, 0},
        };

        (void)scene_setup(state);
        sale.is_repeat = true;
        RUN(kept);
        EXPECT_END(SALE_NOT_STARTED, "");
        (void)scene_setup(state);
        sale.is_repeat = true;
        RUN(other);
        EXPECT_END(SALE_APPROVED, NOT_NOW[i].told);
    }
}

static void a_limit_on_calls_is_waited_out_and_is_no_doubt(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 429, "{\"errors\":[\"slow down\"]}", 0, 0},
        {PURCHASE, 409, BUSY, 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_NOT_STARTED, "again: slow down\n");
    assert_int_equal(scene.longest_ms, SALE_WAIT_LIMITED_MS);
}

static void an_odd_success_is_not_taken_for_a_sale(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 200, "", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "");
}

/* --- Without a Location --------------------------------------------------------------- */

static void without_a_location_its_transactions_are_looked_for(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[" SOLD("80", "APPROVED", "purchase", "INV 7") "]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {BEFORE, 200, "[" SOLD("80", "APPROVED", "purchase", "INV 7") "]", 0, 0},
        {BEFORE, 200,
         "[" SOLD("90", "DECLINED", "purchase", "INV 7") "," SOLD("80", "APPROVED", "purchase",
                                                                  "INV 7") "]",
         0, 0},
        {BEFORE, 200,
         "[" SOLD("93", "APPROVED", "purchase",
                  "INV 7") "," SOLD("92", "APPROVED", "reverse",
                                    "INV 7") "," SOLD("91", "APPROVED", "purchase", "INV 77") "]",
         0, 0},
    };

    (void)state;
    scene.location = 0;
    RUN(LINES);
    EXPECT_END(SALE_APPROVED, "shown\ndecline: no\n");
    assert_int_equal(sale.transaction.id, 93);
    assert_int_equal(sale.payment.id, 0);
}

static void a_repeated_key_may_find_its_earlier_transaction(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[" SOLD("80", "APPROVED", "purchase", "INV 7") "]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {BEFORE, 200, "[" SOLD("80", "APPROVED", "purchase", "INV 7") "]", 0, 0},
    };

    (void)state;
    scene.location = 0;
    sale.is_repeat = true;
    RUN(LINES);
    EXPECT_END(SALE_APPROVED, "shown\n");
    assert_int_equal(sale.transaction.id, 80);
}

static void without_a_location_time_ends_it_with_what_is_known(void **state)
{
    static const struct line NOTHING[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {BEFORE, 200, "[]", 0, 0},
    };
    static const struct line DECLINED[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {BEFORE, 200, "[" SOLD("90", "DECLINED", "purchase", "INV 7") "]", 0, 0},
    };

    scene.location = 0;
    RUN(NOTHING);
    EXPECT_END(SALE_UNKNOWN, "shown\n");
    assert_string_equal(sale.problem,
                        "no transaction with the invoice number INV 7 has come in time");
    assert_true(scene.now_ms >= 1000 + sale.limit_ms);
    (void)scene_setup(state);
    scene.location = 0;
    RUN(DECLINED);
    EXPECT_END(SALE_DECLINED, "shown\ndecline: no\n");
}

static void without_a_location_a_cancel_is_told_to_be_impossible_once(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {BEFORE, 200, "[]", 0, 0},
        {BEFORE, 200, "[]", 0, 0},
        {BEFORE, 200, "[" SOLD("91", "APPROVED", "purchase", "INV 7") "]", 0, 0},
    };

    (void)state;
    scene.location = 0;
    scene.cancel_at = 3;
    RUN(LINES);
    EXPECT_END(SALE_APPROVED, "shown\nno cancel\n");
}

static void a_location_is_a_payment_of_this_device_only(void **state)
{
    (void)state;
    assert_int_equal(pos_location_payment("/v2/devices/JSV5/payments/7", "JSV5"), 7);
    assert_int_equal(pos_location_payment("https://x/a/devices/JSV5/payments/12", "JSV5"), 12);
    assert_int_equal(pos_location_payment("/v2/devices/ABCD/payments/7", "JSV5"), 0);
    assert_int_equal(pos_location_payment("/v2/devices/JSV5/payments/", "JSV5"), 0);
    assert_int_equal(pos_location_payment("/v2/devices/JSV5/payments/7/x", "JSV5"), 0);
    assert_int_equal(pos_location_payment("/v2/devices/JSV5/payments/-7", "JSV5"), 0);
    assert_int_equal(pos_location_payment("/v2/devices/JSV5", "JSV5"), 0);
    assert_int_equal(pos_location_payment("", "JSV5"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_api_that_cannot_be_asked_first_is_sent_nothing, scene_setup),
        cmocka_unit_test_setup(a_refusal_of_the_first_request_is_certain, scene_setup),
        cmocka_unit_test_setup(a_request_that_cannot_have_arrived_started_nothing, scene_setup),
        cmocka_unit_test_setup(a_request_in_doubt_is_repeated_with_its_key, scene_setup),
        cmocka_unit_test_setup(trouble_inside_the_api_is_a_doubt_by_itself, scene_setup),
        cmocka_unit_test_setup(a_doubt_that_lasts_stays_unknown, scene_setup),
        cmocka_unit_test_setup(in_doubt_a_revoked_token_says_nothing_of_the_sale, scene_setup),
        cmocka_unit_test_setup(in_doubt_an_api_that_keeps_keys_is_certain_about_its_terminal,
                               scene_setup),
        cmocka_unit_test_setup(in_doubt_any_other_api_may_speak_of_this_sale, scene_setup),
        cmocka_unit_test_setup(the_terminal_of_a_repeated_key_may_be_at_the_earlier_sale,
                               scene_setup),
        cmocka_unit_test_setup(a_limit_on_calls_is_waited_out_and_is_no_doubt, scene_setup),
        cmocka_unit_test_setup(an_odd_success_is_not_taken_for_a_sale, scene_setup),
        cmocka_unit_test_setup(without_a_location_its_transactions_are_looked_for, scene_setup),
        cmocka_unit_test_setup(a_repeated_key_may_find_its_earlier_transaction, scene_setup),
        cmocka_unit_test_setup(without_a_location_time_ends_it_with_what_is_known, scene_setup),
        cmocka_unit_test_setup(without_a_location_a_cancel_is_told_to_be_impossible_once,
                               scene_setup),
        cmocka_unit_test(a_location_is_a_payment_of_this_device_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
