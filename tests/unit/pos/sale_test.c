/* A sale against an API that answers from a list, in virtual time. */
#include "unit/pos/sale_scene.h"

#define IN_STATE(name) "{\"id\":7,\"state\":\"" name "\",\"attempts\":[]}"
#define DECLINED_ONCE                                                                              \
    "{\"number\":1,\"state\":\"declined\",\"transactionId\":90,\"warning\":\"no\"}"
#define SOLD(number, status)                                                                       \
    "{\"transactionId\":" number ",\"status\":\"" status                                           \
    "\",\"type\":\"purchase\",\"amount\":12.34,\"invoiceNumber\":\"INV 7\",\"warning\":\"no\"}"
#define APPROVED_7                                                                                 \
    "{\"id\":7,\"state\":\"approved\",\"transactionId\":91,\"attempts\":[" DECLINED_ONCE           \
    ",{\"number\":2,\"state\":\"approved\",\"transactionId\":91}]}"

/* --- With a Location --------------------------------------------------------- */

static void a_sale_is_followed_to_its_approval(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {PAYMENT, 200, IN_STATE("authorising"), 0, 0},
        {PAYMENT, 200, "{\"id\":7,\"state\":\"retry\",\"attempts\":[" DECLINED_ONCE "]}", 0, 0},
        {PAYMENT, 200, APPROVED_7, 0, 0},
        {"GET /card-transactions/91", 200, SOLD("91", "APPROVED"), 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_APPROVED, "shown\nstate card\nstate authorising\ndecline: no\nstate retry\n");
    assert_string_equal(scene.request, "{\"currency\":\"CAD\",\"transactionAmount\":12.34,"
                                       "\"invoiceNumber\":\"INV 7\"}");
    assert_string_equal(scene.key, "a-key");
    assert_int_equal(sale.transaction.id, 91);
    assert_true(sale.transaction.approved);
    assert_int_equal(scene.at, 8);
}

static void an_approval_stands_also_where_its_transaction_cannot_be_read(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, APPROVED_7, 0, 0},
        {"GET /card-transactions/91", 500, "", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_APPROVED, "shown\ndecline: no\n");
    assert_int_equal(sale.transaction.id, 0);
    assert_int_equal(sale.payment.transaction, 91);
}

static void each_end_is_told_apart(void **state)
{
    static const struct {
        const char *state;
        enum sale_end end;
    } ENDS[] = {{"declined", SALE_DECLINED},
                {"cancelled", SALE_CANCELLED},
                {"expired", SALE_EXPIRED},
                {"refused", SALE_NOT_STARTED}};
    char body[64];
    size_t i;

    for (i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        const struct line lines[] = {
            {BEFORE, 200, "[]", 0, 0}, {PURCHASE, 202, "", 0, 0}, {PAYMENT, 200, body, 0, 0}};

        (void)scene_setup(state);
        (void)snprintf(body, sizeof(body), "{\"id\":7,\"state\":\"%s\"}", ENDS[i].state);
        RUN(lines);
        EXPECT_END(ENDS[i].end, "shown\n");
    }
}

#define SAME                                                                                       \
    {                                                                                              \
        PAYMENT, 200, IN_STATE("card"), 0, 0                                                       \
    }

static void questions_come_more_slowly_while_nothing_happens(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        SAME,
        SAME,
        SAME,
        SAME,
        SAME,
        SAME,
        SAME,
        {PAYMENT, 200, "{\"id\":7,\"state\":\"expired\"}", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_EXPIRED, "shown\nstate card\n");
    assert_int_equal(scene.longest_ms, SALE_WAIT_MAX_MS);
    assert_int_equal(scene.waited_ms, 200 + 300 + 450 + 675 + 1000 * 3);
}

static void trouble_while_it_is_followed_is_told_once_and_passes(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, NO_ANSWER, "gone", true, 0},
        {PAYMENT, NO_ANSWER, "gone", true, 0},
        {PAYMENT, 429, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {PAYMENT, NO_ANSWER, "gone", true, 0},
        {PAYMENT, 200, "{\"id\":7,\"state\":\"expired\"}", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_EXPIRED, "shown\ntrouble: gone\ntrouble: the answer was 429, without a reason "
                             "that a Smart Terminal API would give\nstate card\ntrouble: gone\n");
    assert_int_equal(scene.longest_ms, SALE_WAIT_LIMITED_MS);
}

static void a_minute_of_silence_is_no_outcome(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, NO_ANSWER, "gone", true, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "shown\ntrouble: gone\n");
    assert_string_equal(sale.problem, "the API has given no answer for a minute: gone");
    assert_true(scene.now_ms - 1000 >= SALE_SILENCE_MS);
    assert_true(scene.now_ms - 1000 < SALE_SILENCE_MS + 3000);
}

static void who_may_not_read_any_more_does_not_know(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 403, "{\"errors\":[\"Unauthorized\"]}", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "shown\n");
    assert_string_equal(sale.problem, "how it stands cannot be asked: Unauthorized");
}

static void an_answer_that_is_no_payment_is_not_believed(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, "{\"state\":\"approved\"}", 0, 0},
    };

    (void)state;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "shown\n");
}

/* --- Cancel -------------------------------------------------------------------- */

static void a_cancel_is_asked_for_once_and_the_state_ends_it(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {CANCEL, 200, "{\"result\":\"cancelled\",\"state\":\"cancelled\"}", 0, 0},
        {PAYMENT, 200, "{\"id\":7,\"state\":\"cancelled\",\"reason\":\"pos\"}", 0, 0},
    };

    (void)state;
    scene.cancel_at = 3;
    RUN(LINES);
    EXPECT_END(SALE_CANCELLED, "shown\nstate card\ncancel: cancelled\n");
    assert_string_equal(sale.payment.reason, "pos");
    assert_int_equal(scene.at, 5);
}

static void a_cancel_that_is_too_late_is_no_cancel(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("authorising"), 0, 0},
        {CANCEL, 200, "{\"result\":\"too late\",\"state\":\"authorising\"}", 0, 0},
        {PAYMENT, 200, IN_STATE("authorising"), 0, 0},
        {PAYMENT, 200, APPROVED_7, 0, 0},
        {"GET /card-transactions/91", 200, SOLD("91", "APPROVED"), 0, 0},
    };

    (void)state;
    scene.cancel_at = 3;
    RUN(LINES);
    EXPECT_END(SALE_APPROVED, "shown\nstate authorising\ncancel: too late\ndecline: no\n");
}

static void a_cancel_without_an_answer_is_asked_for_again(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {CANCEL, NO_ANSWER, "gone", true, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {CANCEL, 200, "{\"result\":\"cancelled\",\"state\":\"cancelled\"}", 0, 0},
        {PAYMENT, 200, "{\"id\":7,\"state\":\"cancelled\"}", 0, 0},
    };

    (void)state;
    scene.cancel_at = 3;
    RUN(LINES);
    EXPECT_END(SALE_CANCELLED, "shown\nstate card\ntrouble: gone\ncancel: cancelled\n");
}

static void a_refused_cancel_leaves_the_sale_going_on(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {CANCEL, 403, "{\"errors\":[\"No access permission\"]}", 0, 0},
        {PAYMENT, 200, "{\"id\":7,\"state\":\"expired\"}", 0, 0},
    };

    (void)state;
    scene.cancel_at = 3;
    RUN(LINES);
    EXPECT_END(SALE_EXPIRED, "shown\nstate card\nno cancel: No access permission\n");
}

static void an_unreachable_terminal_leaves_it_unknown(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 0},
        {CANCEL, 200, "{\"result\":\"device unreachable\",\"state\":\"unknown\"}", 0, 0},
        {PAYMENT, 200, IN_STATE("unknown"), 0, 0},
    };

    (void)state;
    scene.cancel_at = 3;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "shown\nstate card\ncancel: device unreachable\nstate unknown\n");
    assert_int_equal(scene.at, 5);
}

static void the_time_for_a_sale_ends_with_a_cancel(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0},
        {PURCHASE, 202, "", 0, 0},
        {PAYMENT, 200, IN_STATE("card"), 0, 5000},
        {CANCEL, 200, "{\"result\":\"too late\",\"state\":\"authorising\"}", 0, 0},
        {PAYMENT, 200, IN_STATE("authorising"), 0, 0},
    };

    (void)state;
    sale.limit_ms = 4000;
    RUN(LINES);
    EXPECT_END(SALE_UNKNOWN, "shown\nstate card\nlimit\ncancel: too late\nstate authorising\n");
    assert_string_equal(sale.problem, "it was not over a minute after it was to be cancelled");
    assert_true(scene.now_ms < 1000 + 6000 + SALE_AFTER_MS + 3000);
}

static void a_cancel_before_anything_was_asked_asks_nothing(void **state)
{
    (void)state;
    scene.cancel_at = 1;
    sale_run(&sale);
    EXPECT_END(SALE_NOT_STARTED, "");
    assert_int_equal(scene.at, 0);
    assert_false(sale.is_sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_sale_is_followed_to_its_approval, scene_setup),
        cmocka_unit_test_setup(an_approval_stands_also_where_its_transaction_cannot_be_read,
                               scene_setup),
        cmocka_unit_test_setup(each_end_is_told_apart, scene_setup),
        cmocka_unit_test_setup(questions_come_more_slowly_while_nothing_happens, scene_setup),
        cmocka_unit_test_setup(trouble_while_it_is_followed_is_told_once_and_passes, scene_setup),
        cmocka_unit_test_setup(a_minute_of_silence_is_no_outcome, scene_setup),
        cmocka_unit_test_setup(who_may_not_read_any_more_does_not_know, scene_setup),
        cmocka_unit_test_setup(an_answer_that_is_no_payment_is_not_believed, scene_setup),
        cmocka_unit_test_setup(a_cancel_is_asked_for_once_and_the_state_ends_it, scene_setup),
        cmocka_unit_test_setup(a_cancel_that_is_too_late_is_no_cancel, scene_setup),
        cmocka_unit_test_setup(a_cancel_without_an_answer_is_asked_for_again, scene_setup),
        cmocka_unit_test_setup(a_refused_cancel_leaves_the_sale_going_on, scene_setup),
        cmocka_unit_test_setup(an_unreachable_terminal_leaves_it_unknown, scene_setup),
        cmocka_unit_test_setup(the_time_for_a_sale_ends_with_a_cancel, scene_setup),
        cmocka_unit_test_setup(a_cancel_before_anything_was_asked_asks_nothing, scene_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
