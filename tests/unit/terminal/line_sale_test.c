/* The journal of payments, letter by letter: programs read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "terminal/line.h"

static const struct settings settings = {.serial = "S-2"};
static struct sale_record record;
static struct card card;

static int set_up(void **state)
{
    (void)state;
    record = (struct sale_record){
        .payment = 5,
        .amount_minor = 1230,
        .currency = "CAD",
        .invoice = "INV7",
        .attempt = 2,
    };
    card = test_card_find(slice_of("visa"))->card;
    card.entry = CARD_INSERT;
    return 0;
}

static void expect(bool json, const struct life_effect *effect, const char *expected)
{
    const struct line_form form = {.json = json};
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    line_write(&line, &form, &settings, effect);
    buf_byte(&line, '\0');
    assert_int_equal(buf_fail(&line), FAIL_NONE);
    assert_string_equal(line.bytes, expected);
    buf_finish(&line);
}

static struct life_effect saying(enum sale_saying what, const char *word, const char *text)
{
    struct life_effect effect = {.kind = LIFE_DO_SALE};

    effect.sale.kind = SALE_SAY;
    effect.sale.say.what = what;
    effect.sale.say.payment = 5;
    effect.sale.say.attempt = 2;
    effect.sale.say.transaction = 77;
    effect.sale.say.record = &record;
    effect.sale.say.card = &card;
    effect.sale.say.word = slice_of(word);
    effect.sale.say.text = slice_of(text);
    return effect;
}

static void expect_both(enum sale_saying what, const char *word, const char *text,
                        const char *const lines[2])
{
    struct life_effect effect = saying(what, word, text);

    expect(true, &effect, lines[0]);
    expect(false, &effect, lines[1]);
}

#define BOTH(json, english)                                                                        \
    (const char *const[2])                                                                         \
    {                                                                                              \
        json "\n", english "\n"                                                                    \
    }

static void an_offer_and_its_go(void **state)
{
    (void)state;
    expect_both(SALE_SAY_OFFERED, "", "",
                BOTH("{\"event\":\"payment_offered\",\"payment\":5,\"kind\":\"purchase\","
                     "\"amount\":12.3,\"currency\":\"CAD\",\"invoiceNumber\":\"INV7\","
                     "\"authority\":\"server\"}",
                     "Payment 5: 12.30 CAD (invoice INV7) is on the screen, a purchase."));
    record.invoice[0] = '\0';
    record.kind = PAYMENT_REFUND;
    record.authority = AUTHORITY_TERMINAL;
    expect_both(SALE_SAY_OFFERED, "", "",
                BOTH("{\"event\":\"payment_offered\",\"payment\":5,\"kind\":\"refund\","
                     "\"amount\":12.3,\"currency\":\"CAD\",\"invoiceNumber\":null,"
                     "\"authority\":\"terminal\"}",
                     "Payment 5: 12.30 CAD is on the screen, a refund."));
    expect_both(SALE_SAY_WITHDRAWN, "server", "",
                BOTH("{\"event\":\"payment_withdrawn\",\"payment\":5,\"reason\":\"server\"}",
                     "Payment 5: withdrawn by the point of sale."));
    expect_both(SALE_SAY_WITHDRAWN, "time", "",
                BOTH("{\"event\":\"payment_withdrawn\",\"payment\":5,\"reason\":\"time\"}",
                     "Payment 5: the point of sale did not go on with it; it is not on the screen "
                     "any more."));
    expect_both(SALE_SAY_WITHDRAWN, "connection", "",
                BOTH("{\"event\":\"payment_withdrawn\",\"payment\":5,\"reason\":\"connection\"}",
                     "Payment 5: the connection was lost before it began; it is not on the screen "
                     "any more."));
    expect_both(SALE_SAY_GO, "", "",
                BOTH("{\"event\":\"payment_go\",\"payment\":5}",
                     "Payment 5: begun. Tap, insert or swipe a card."));
}

static void a_card_and_its_outcome(void **state)
{
    struct life_effect effect = saying(SALE_SAY_DECLINED, "", "No.");

    (void)state;
    expect_both(SALE_SAY_CARD, "", "",
                BOTH("{\"event\":\"payment_card\",\"payment\":5,\"attempt\":2,\"brand\":\"visa\","
                     "\"card\":\"credit\",\"entry\":\"insert\",\"lastFour\":\"9990\"}",
                     "Payment 5: card 2, visa credit ending in 9990, inserted."));
    expect_both(SALE_SAY_APPROVED, "", "ABC123",
                BOTH("{\"event\":\"payment_approved\",\"payment\":5,\"attempt\":2,"
                     "\"transaction\":77,\"approvalCode\":\"ABC123\"}",
                     "Payment 5: approved, transaction 77."));
    expect(true, &effect,
           "{\"event\":\"payment_declined\",\"payment\":5,\"attempt\":2,\"transaction\":77,"
           "\"reason\":\"No.\",\"final\":false}\n");
    expect(false, &effect, "Payment 5: declined (No.). Try again is offered.\n");
    effect.sale.say.final = true;
    expect(false, &effect, "Payment 5: declined (No.).\n");
    memcpy(record.reason, "No.", 4);
    expect_both(SALE_SAY_RESULT, "", "",
                BOTH("{\"event\":\"payment_result\",\"payment\":5,\"attempt\":2,"
                     "\"approved\":false,\"approvalCode\":null,\"reason\":\"No.\"}",
                     "Payment 5: this terminal has declined it (No.)."));
    record.approved = true;
    record.reason[0] = '\0';
    memcpy(record.approval_code, "ABC123", 7);
    expect_both(SALE_SAY_RESULT, "", "",
                BOTH("{\"event\":\"payment_result\",\"payment\":5,\"attempt\":2,"
                     "\"approved\":true,\"approvalCode\":\"ABC123\",\"reason\":null}",
                     "Payment 5: this terminal has approved it (approval code ABC123)."));
}

static void its_ends_and_what_is_said_again(void **state)
{
    (void)state;
    expect_both(SALE_SAY_CANCEL, "customer", "",
                BOTH("{\"event\":\"payment_cancel\",\"payment\":5,\"by\":\"customer\"}",
                     "Payment 5: ended here without an approval (by the customer)."));
    expect_both(SALE_SAY_UNSENT, "attempt", "",
                BOTH("{\"event\":\"payment_unsent\",\"payment\":5,\"attempt\":2,"
                     "\"message\":\"attempt\"}",
                     "Payment 5: not known to the server for sure (attempt); kept, and said "
                     "again."));
    expect_both(SALE_SAY_RESUMED, "ask_payment", "",
                BOTH("{\"event\":\"payment_resumed\",\"payment\":5,\"kind\":\"purchase\","
                     "\"amount\":12.3,\"currency\":\"CAD\",\"invoiceNumber\":\"INV7\","
                     "\"authority\":\"server\",\"attempt\":2,\"message\":\"ask_payment\"}",
                     "Payment 5: 12.30 CAD (invoice INV7), connected again and going on "
                     "(ask_payment)."));
    expect_both(SALE_SAY_ENDED, "cancelled", "pos",
                BOTH("{\"event\":\"payment_ended\",\"payment\":5,\"attempt\":2,"
                     "\"state\":\"cancelled\",\"reason\":\"pos\"}",
                     "Payment 5: ended: cancelled (by the point of sale)."));
    expect_both(SALE_SAY_ENDED, "expired", "time",
                BOTH("{\"event\":\"payment_ended\",\"payment\":5,\"attempt\":2,"
                     "\"state\":\"expired\",\"reason\":\"time\"}",
                     "Payment 5: ended: expired (its time was over)."));
    expect_both(SALE_SAY_ENDED, "cancelled", "weather",
                BOTH("{\"event\":\"payment_ended\",\"payment\":5,\"attempt\":2,"
                     "\"state\":\"cancelled\",\"reason\":\"weather\"}",
                     "Payment 5: ended: cancelled (weather)."));
    expect_both(SALE_SAY_ENDED, "approved", "",
                BOTH("{\"event\":\"payment_ended\",\"payment\":5,\"attempt\":2,"
                     "\"state\":\"approved\",\"reason\":null}",
                     "Payment 5: ended: approved."));
    expect_both(SALE_SAY_RESULT_REFUSED, "", "Ask.",
                BOTH("{\"event\":\"payment_result_refused\",\"payment\":5,\"attempt\":2,"
                     "\"message\":\"Ask.\"}",
                     "Payment 5: the server does not accept what this terminal has decided; its "
                     "operator has been told: Ask."));
}

static void a_text_of_others_cannot_move_the_cursor(void **state)
{
    struct life_effect effect = saying(SALE_SAY_DECLINED, "", "a\x1b[2J");

    (void)state;
    expect(false, &effect, "Payment 5: declined (a?[2J). Try again is offered.\n");
    memcpy(record.invoice, "a\x07", 3);
    effect = saying(SALE_SAY_OFFERED, "", "");
    expect(false, &effect, "Payment 5: 12.30 CAD (invoice a?) is on the screen, a purchase.\n");
}

#define LINE_TEST(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(an_offer_and_its_go),
        LINE_TEST(a_card_and_its_outcome),
        LINE_TEST(its_ends_and_what_is_said_again),
        LINE_TEST(a_text_of_others_cannot_move_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
