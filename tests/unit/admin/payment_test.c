/* The administrator's payments: listed, shown, resolved; and what is not
 * removed while one is not final. */
#include "unit/admin/verbs.h"

#include "store/paying.h"

#define ROW                                                                                        \
    " code=%s kind=purchase amount=12.34 currency=CAD state=%s reason=%s invoiceNumber=none "      \
    "transaction=none created=1970-01-01T00:00:01.000Z ended=none"

/* A shop whose device has a payment that is unknown. */
struct shop {
    struct scene *scene;
    struct till till;
    struct payment_row row;
    enum payment_state state;
    unsigned attempts; /* without an outcome */
    bool terminal_decides;
    bool reverse; /* the point of sale wants an approval taken back */
};

static enum fail fill(struct store_tx *tx, void *argument)
{
    struct shop *shop = argument;
    struct attempt_row attempt = attempt_of(1, true);

    shop->till.business = shop->scene->business;
    shop->till.device = device_add(tx, shop->scene->business, "TW-1", "credential");
    shop->row = payment_of(&shop->till, "");
    shop->row.payment.authority = shop->terminal_decides ? AUTHORITY_TERMINAL : AUTHORITY_SERVER;
    WORKS(store_payment_add(tx, &shop->row));
    shop->row.payment.state = shop->state;
    shop->row.payment.reverse_if_approved = shop->reverse;
    shop->row.payment.attempt = shop->attempts;
    if (shop->attempts > 0) {
        attempt.ended_ms = 0;
        attempt.approved = false;
        attempt.approval_code[0] = '\0';
        WORKS(store_attempt_add(tx, &shop->row, &attempt));
    }
    return store_payment_save(tx, &shop->row);
}

static struct shop open_shop(enum payment_state state, unsigned attempts)
{
    struct shop shop = {.scene = open_scene(), .state = state, .attempts = attempts};

    scene_do(shop.scene, fill, &shop);
    return shop;
}

/* `words` has the payment's number for %lld. */
static void ask(const struct shop *shop, const char *verb, const char *rest, struct buf *answer)
{
    char words[WORDS_MAX];

    assert_true(text_format(words, sizeof(words), "payment %s business=1 id=%lld%s", verb,
                            (long long)shop->row.id, rest));
    run(shop->scene, NULL, words, answer);
}

static void expect_answer(const struct shop *shop, const char *verb, const char *rest,
                          const char *part)
{
    struct buf answer;

    ask(shop, verb, rest, &answer);
    if (strstr(answer.bytes, part) == NULL) {
        print_error("%s%s: %s lacks %s\n", verb, rest, answer.bytes, part);
        assert_true(false);
    }
    buf_finish(&answer);
}

static void payments_are_listed_and_shown(void **state)
{
    struct shop shop = open_shop(PAYMENT_UNKNOWN, 1);
    char expected[WORDS_MAX];
    const char *code = shop.till.device.code;

    (void)state;
    assert_true(text_format(expected, sizeof(expected), "[{ id=%lld" ROW "}]",
                            (long long)shop.row.id, code, "unknown", "none"));
    expect(shop.scene, "payment list business=1", expected);
    expect(shop.scene, "payment list business=1 open=true", expected);
    expect(shop.scene, "payment list business=2", "[]");
    expect(shop.scene, "payment list business=1 limit=0", "no: --limit is a number from 1 to 1000");
    expect_answer(&shop, "show", "",
                  " attempts=[{ number=1 card=visa lastFour=9990 outcome=none reason=");
    expect_answer(&shop, "show", "", " events=[]}");
    expect(shop.scene, "payment show business=2 id=1", "no: business 2 has no payment 1");
    scene_remove(shop.scene);
}

static void an_unknown_payment_is_resolved_once(void **state)
{
    static const struct {
        const char *as;
        const char *part;
        const char *means;
    } cases[] = {
        {" as=approved", "state=approved", "means=the card was charged: an approved transaction"},
        {" as=declined", "state=declined reason=administrator",
         "means=the card was not charged: a declined transaction"},
        {" as=cancelled", "state=cancelled reason=administrator", "means=no card was charged"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shop shop = open_shop(PAYMENT_UNKNOWN, 1);
        struct buf answer;

        ask(&shop, "resolve", cases[i].as, &answer);
        assert_non_null(strstr(answer.bytes, cases[i].part));
        assert_non_null(strstr(answer.bytes, cases[i].means));
        buf_finish(&answer);
        expect_answer(&shop, "resolve", " as=cancelled", "; only one that is unknown can be");
        expect(shop.scene, "payment list business=1 open=true", "[]");
        expect_answer(&shop, "show", "", i == 2 ? "type=terminalCancel" : "type=cardTransaction");
        run(shop.scene, NULL, "audit list limit=1", &answer);
        assert_non_null(strstr(answer.bytes, "action=payment.resolve subject=payment "));
        assert_non_null(strstr(answer.bytes, cases[i].as + 4));
        buf_finish(&answer);
        scene_remove(shop.scene);
    }
}

/* A person has seen it, and nobody has told of the card. */
static void what_a_terminal_that_decides_has_charged_can_be_said(void **state)
{
    struct shop shop = {
        .scene = open_scene(), .state = PAYMENT_UNKNOWN, .terminal_decides = true, .reverse = true};

    (void)state;
    scene_do(shop.scene, fill, &shop);
    expect_answer(&shop, "resolve", " as=approved",
                  "on record, and the point of sale is told. It had asked for a charge to be taken "
                  "back; nothing does that by itself now");
    expect_answer(&shop, "show", "",
                  " attempts=[{ number=1 card=none lastFour=none outcome=approved reason=none");
    expect_answer(&shop, "show", "", "type=cardTransaction");
    scene_remove(shop.scene);
}

static void what_cannot_have_happened_is_refused(void **state)
{
    struct shop shop = open_shop(PAYMENT_UNKNOWN, 0);

    (void)state;
    expect_answer(&shop, "resolve", " as=approved",
                  "has no card whose outcome is open, so nothing can have been charged for it");
    expect_answer(&shop, "resolve", " as=declined", "no: no card was presented for payment ");
    expect_answer(&shop, "resolve", " as=lost",
                  "no: --as is approved, declined or cancelled: what became of it at the terminal");
    expect_answer(&shop, "resolve", "", "no: --as is approved, declined or cancelled");
    expect(shop.scene, "payment resolve business=1 id=99 as=cancelled",
           "no: business 1 has no payment 99");
    expect(shop.scene, "payment resolve business=2 id=1 as=cancelled",
           "no: business 2 has no payment 1");
    expect_answer(&shop, "resolve", " as=cancelled", "state=cancelled");
    scene_remove(shop.scene);
    shop = open_shop(PAYMENT_DISPLAYED, 0);
    expect_answer(&shop, "resolve", " as=cancelled",
                  " is displayed; only one that is unknown can be resolved");
    scene_remove(shop.scene);
}

static void a_device_with_an_open_payment_is_removed_by_force_alone(void **state)
{
    struct shop shop = open_shop(PAYMENT_DISPLAYED, 0);
    const char *code = shop.till.device.code;
    long long id = shop.row.id;
    char words[WORDS_MAX];
    char expected[WORDS_MAX];

    (void)state;
    assert_true(text_format(words, sizeof(words), "device remove business=1 code=%s", code));
    assert_true(text_format(expected, sizeof(expected),
                            "no: %s has a payment of 12.34 CAD that is not final (number %lld, "
                            "displayed); let it end first, or say --force: then it stays unknown "
                            "until you say, with 'payment resolve %lld', what became of it",
                            code, id, id));
    expect(shop.scene, words, expected);
    expect(shop.scene, "business remove id=1 force=true",
           "no: Shop has payments that are not final, and nobody could learn what became of them; "
           "let them end, or resolve those that are unknown: 'payment list --open --business 1' "
           "shows them");
    assert_true(
        text_format(words, sizeof(words), "device remove business=1 code=%s force=true", code));
    assert_true(
        text_format(expected, sizeof(expected), "{ code=%s unknownPayment=%lld}", code, id));
    expect(shop.scene, words, expected);
    expect_answer(&shop, "show", "", "state=unknown");
    expect_answer(&shop, "resolve", " as=cancelled", "state=cancelled");
    expect(shop.scene, "business remove id=1 force=true", "{ business=1}");
    scene_remove(shop.scene);
}

static void one_that_is_unknown_already_is_to_be_resolved_first(void **state)
{
    struct shop shop = open_shop(PAYMENT_UNKNOWN, 0);
    char words[WORDS_MAX];
    struct buf answer;

    (void)state;
    assert_true(text_format(words, sizeof(words), "device remove business=1 code=%s",
                            shop.till.device.code));
    run(shop.scene, NULL, words, &answer);
    assert_non_null(strstr(answer.bytes, "of which nobody knows what became of it; say so first"));
    buf_finish(&answer);
    expect_answer(&shop, "show", "", "state=unknown");
    scene_remove(shop.scene);
}

static void an_offer_that_nobody_has_seen_ends_with_its_device(void **state)
{
    struct shop shop = open_shop(PAYMENT_OFFERED, 0);
    char words[WORDS_MAX];
    char expected[WORDS_MAX];

    (void)state;
    assert_true(text_format(words, sizeof(words), "device remove business=1 code=%s force=true",
                            shop.till.device.code));
    assert_true(text_format(expected, sizeof(expected), "{ code=%s}", shop.till.device.code));
    expect(shop.scene, words, expected);
    expect_answer(&shop, "show", "", "state=refused");
    scene_remove(shop.scene);
}

static void on_a_full_disk_a_payment_stays_unknown(void **state)
{
    struct shop shop = open_shop(PAYMENT_UNKNOWN, 1);

    (void)state;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    expect_answer(&shop, "resolve", " as=approved",
                  "no: there is no room left on the disk; nothing was changed");
    fault_heal();
    expect_answer(&shop, "show", "", "state=unknown");
    scene_remove(shop.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payments_are_listed_and_shown),
        cmocka_unit_test(an_unknown_payment_is_resolved_once),
        cmocka_unit_test(what_a_terminal_that_decides_has_charged_can_be_said),
        cmocka_unit_test(what_cannot_have_happened_is_refused),
        cmocka_unit_test(a_device_with_an_open_payment_is_removed_by_force_alone),
        cmocka_unit_test(one_that_is_unknown_already_is_to_be_resolved_first),
        cmocka_unit_test(an_offer_that_nobody_has_seen_ends_with_its_device),
        cmocka_unit_test(on_a_full_disk_a_payment_stays_unknown),
    };

    id_start();
    fault_install();
    clock_replace(&VERBS_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
