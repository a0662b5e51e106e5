/* POST /devices/{code}/payment/purchase: each answer of the broker, the order of
 * checks, and that a call's body lives as long as its token is looked up. */
#include "unit/api/counter.h"
#include "unit/broker/moving_clock.h"

#define BODY "{\"currency\":\"CAD\",\"transactionAmount\":12.34}"
#define NO_PERMISSION "{\"errors\":[\"No access permission\"]}"
#define UNAUTHORIZED "{\"errors\":[\"Unauthorized\"]}"
#define MISSING                                                                                    \
    "{\"errors\":[\"currency is missing: CAD or USD\",\"transactionAmount is missing: a number "   \
    "greater than 0, such as 10.99\"]}"

static int setup(void **state)
{
    (void)state;
    counter_open(false);
    return 0;
}

static int setup_slow(void **state)
{
    (void)state;
    counter_open(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    counter_close();
    return 0;
}

static const char *device_text(const char *code, const char *what)
{
    static char text[128];

    assert_true(
        text_format(text, sizeof(text), "{\"errors\":[\"device with code %s %s\"]}", code, what));
    return text;
}

static void buys(const char *body, const char *key, int status, const char *answer)
{
    door_answers(
        &api_payment_purchase,
        &(struct door_request){.token = "pos", .code = till.device.code, .body = body, .key = key},
        status, answer);
}

static enum fail payment_load(struct store_tx *tx, void *argument)
{
    struct payment_row *row = argument;

    return store_payment_find(tx, door.scene->business, row->id, row);
}

/* --- Taken -------------------------------------------------------------------------- */

static void a_shown_amount_is_a_202_without_a_body_that_says_where_to_look(void **state)
{
    struct exchange exchange;
    struct payment_row row = {0};
    char expected[96];

    (void)state;
    door_send(&exchange, &api_payment_purchase,
              &(struct door_request){.token = "all",
                                     .code = till.device.code,
                                     .key = "k-1",
                                     .body = "{\"currency\":\"CAD\",\"transactionAmount\":1e1,"
                                             "\"invoiceNumber\":\"INV7\",\"customerCode\":"
                                             "\"CST1\",\"unknown\":[]}"});
    assert_int_equal(exchange.answers, 1);
    assert_int_equal(exchange.status, 202);
    assert_string_equal(exchange.body.bytes, "");
    assert_string_equal(exchange.type, "");
    row.id = strtoll(strstr(exchange.headers.bytes, "/payments/") + strlen("/payments/"), NULL, 10);
    scene_do(door.scene, payment_load, &row);
    assert_true(text_format(expected, sizeof(expected), "Location: /v2/devices/%s/payments/%lld\n",
                            till.device.code, (long long)row.id));
    assert_non_null(strstr(exchange.headers.bytes, expected));
    fake_exchange_finish(&exchange);
    assert_int_equal(row.device, till.device.id);
    assert_int_equal(row.payment.state, PAYMENT_DISPLAYED);
    assert_int_equal(row.payment.kind, PAYMENT_PURCHASE);
    assert_int_equal(row.amount_minor, 1000);
    assert_string_equal(row.currency, "CAD");
    assert_string_equal(row.invoice, "INV7");
    assert_string_equal(row.customer, "CST1");
    assert_string_equal(row.key, "k-1");
    assert_int_equal(row.token, 3); /* the third that was made */
    assert_int_equal(till.goes, 1);
}

static void a_code_in_lower_case_is_the_same_device(void **state)
{
    char code[CODE_SIZE];
    struct exchange exchange;
    int i;

    (void)state;
    for (i = 0; i < CODE_SIZE; i++) {
        code[i] = text_lower(till.device.code[i]);
    }
    door_send(&exchange, &api_payment_purchase,
              &(struct door_request){.token = "pos", .code = code, .body = BODY});
    assert_int_equal(exchange.status, 202);
    assert_non_null(strstr(exchange.headers.bytes, till.device.code)); /* in its one form */
    fake_exchange_finish(&exchange);
}

static void the_answer_waits_for_the_terminal(void **state)
{
    struct exchange exchange;

    (void)state;
    till.does = COUNTER_WAITS;
    door_send(&exchange, &api_payment_purchase,
              &(struct door_request){.token = "pos", .code = till.device.code, .body = BODY});
    assert_int_equal(exchange.answers, 0);
    payment_call_shown(till.call);
    assert_int_equal(exchange.answers, 1);
    assert_int_equal(exchange.status, 202);
    fake_exchange_finish(&exchange);
}

static void the_same_request_again_gets_the_same_answer(void **state)
{
    char first[128];
    struct exchange exchange;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        door_send(&exchange, &api_payment_purchase,
                  &(struct door_request){
                      .token = "pos", .code = till.device.code, .body = BODY, .key = "one"});
        assert_int_equal(exchange.status, 202);
        if (i == 0) {
            assert_true(text_format(first, sizeof(first), "%s",
                                    strstr(exchange.headers.bytes, "Location: ")));
        } else {
            assert_string_equal(strstr(exchange.headers.bytes, "Location: "), first);
        }
        fake_exchange_finish(&exchange);
    }
    assert_int_equal(till.offers, 1);
}

/* --- Not taken ------------------------------------------------------------------------- */

static void a_terminal_that_does_not_show_it_is_not_listening(void **state)
{
    (void)state;
    till.does = COUNTER_MISSES;
    buys(BODY, NULL, 409, device_text(till.device.code, "not listening"));
    assert_int_equal(till.withdrawals, 1);
    presence_set_ready(&door.scene->broker->presence, &till.presence, false);
    buys(BODY, NULL, 409, device_text(till.device.code, "not listening"));
    assert_int_equal(till.offers, 1);
}

static void a_terminal_with_an_open_payment_is_busy(void **state)
{
    (void)state;
    (void)counter_begin("1");
    buys(BODY, NULL, 409, device_text(till.device.code, "busy"));
}

static void a_key_of_another_request_is_told_so(void **state)
{
    (void)state;
    buys(BODY, "key", 202, "");
    buys(
        "{\"currency\":\"CAD\",\"transactionAmount\":12.35}", "key", 409,
        "{\"errors\":[\"This idempotency-key belongs to another request. A new payment needs a new "
        "key.\"]}");
}

static enum fail preset_set(struct store_tx *tx, void *argument)
{
    (void)argument;
    return store_business_set_preset(tx, door.scene->business, true);
}

/* As Helcim does it: the window in which a sale can be charged twice. */
static void under_the_preset_a_key_is_forgotten_after_five_minutes(void **state)
{
    unsigned offers;

    (void)state;
    scene_do(door.scene, preset_set, NULL);
    moving_clock_start();
    (void)payment_clock_run(door.scene->broker);
    buys(BODY, "key", 202, "");
    offers = till.offers;
    buys(BODY, "key", 202, "");
    assert_int_equal(till.offers, offers);
    moving_clock_ms += PAYMENT_KEY_LIFE_HELCIM_MS;
    (void)payment_clock_run(door.scene->broker); /* the first one's time is over */
    buys(BODY, "key", 202, "");
    assert_int_equal(till.offers, offers + 1);
    moving_clock_stop();
}

static enum fail us_business(struct store_tx *tx, void *argument)
{
    int64_t *business = argument;

    return store_business_add(tx, "US", "USD", true, NOW_MS, business);
}

static enum fail us_token(struct store_tx *tx, void *argument)
{
    const int64_t *business = argument;
    struct store_token_new token = {.business = *business,
                                    .name = "till",
                                    .hash = hash_of("us"),
                                    .permissions = {0, 0, PROCESSING_POSITIVE},
                                    .now_ms = NOW_MS};
    int64_t id;

    till.foreign = device_add(tx, *business, "TW-3", "us");
    return store_token_add(tx, &token, &id);
}

static void the_currency_is_the_businesss(void **state)
{
    int64_t business = 0;

    (void)state;
    buys("{\"currency\":\"USD\",\"transactionAmount\":1}", NULL, 400,
         "{\"errors\":[\"currency must be CAD, the currency of this business\"]}");
    scene_do(door.scene, us_business, &business);
    scene_do(door.scene, us_token, &business);
    door_answers(&api_payment_purchase,
                 &(struct door_request){.token = "us", .code = till.foreign.code, .body = BODY},
                 400, "{\"errors\":[\"currency must be USD, the currency of this business\"]}");
}

static void fails_later(const char *key, const char *answer)
{
    struct exchange exchange;

    door_send(
        &exchange, &api_payment_purchase,
        &(struct door_request){.token = "pos", .code = till.device.code, .body = BODY, .key = key});
    scene_run(door.scene, 0, 1);
    assert_int_equal(exchange.status, 503);
    assert_string_equal(exchange.body.bytes, answer);
    fake_exchange_finish(&exchange);
}

static void without_its_store_nobody_is_told_that_no_sale_was_started(void **state)
{
    char look[160];

    (void)state;
    buys(BODY, NULL, 202, ""); /* this loop knows the token */
    broker_stop(door.scene->broker);
    fails_later("k", "{\"errors\":[\"What became of this payment cannot be said now. Send the same "
                     "request with the same idempotency-key again in a moment.\"]}");
    assert_true(
        text_format(look, sizeof(look),
                    "{\"errors\":[\"What became of this payment cannot be said now. Look at "
                    "GET /v2/devices/%s/payments before you send it again.\"]}",
                    till.device.code));
    fails_later(NULL, look);
}

/* --- The order of checks ------------------------------------------------------------------ */

static void each_check_comes_in_its_turn(void **state)
{
    const char *ours = till.device.code;
    struct {
        struct door_request request;
        int status;
        const char *answer;
    } cases[] = {
        {{.token = "", .code = "%zz"}, 401, UNAUTHORIZED},
        {{.token = "unknown", .code = "%zz"}, 403, UNAUTHORIZED},
        {{.token = "weak", .code = "%zz"}, 403, NO_PERMISSION},
        {{.token = "weak", .code = "ZZZZ", .body = "{}"}, 403, NO_PERMISSION},
        {{.token = "look", .code = ours, .body = BODY}, 403, NO_PERMISSION},
        {{.token = "pos", .code = "%zz", .body = "{"},
         400,
         "{\"errors\":[\"The device code in the path is not a text.\"]}"},
        {{.token = "pos", .code = "ABCDE", .body = "{"},
         404,
         "{\"errors\":[\"device with code ABCDE not found\"]}"},
        {{.token = "pos", .code = "ZZZZ", .body = "{"},
         404,
         "{\"errors\":[\"device with code ZZZZ not found\"]}"},
        {{.token = "pos", .code = "ZZZZ", .body = BODY},
         404,
         "{\"errors\":[\"device with code ZZZZ not found\"]}"},
        {{.token = "pos", .code = ours, .body = "{}", .key = "a b"},
         400,
         "{\"errors\":[\"currency is missing: CAD or USD\",\"transactionAmount is missing: a "
         "number "
         "greater than 0, such as 10.99\",\"idempotency-key must have 1 to 255 visible ASCII "
         "characters\"]}"},
        {{.token = "pos", .code = ours, .body = BODY, .key = "a", .second_key = "a"},
         400,
         "{\"errors\":[\"idempotency-key stands twice among the headers\"]}"},
        {{.token = "pos", .code = ours, .body = BODY, .key = ""},
         400,
         "{\"errors\":[\"idempotency-key must have 1 to 255 visible ASCII characters\"]}"},
    };
    size_t round;
    size_t i;

    (void)state;
    for (round = 0; round < 2; round++) { /* once with the token's look-up, once without */
        for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            door_answers(&api_payment_purchase, &cases[i].request, cases[i].status,
                         cases[i].answer);
        }
    }
    assert_int_equal(till.offers, 0);
}

/* A business learns nothing of another's devices, also not by what it sends. */
static void a_foreign_device_is_not_found_whatever_the_body(void **state)
{
    static const char *const bodies[] = {BODY, "{}", "", "nonsense"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        door_answers(
            &api_payment_purchase,
            &(struct door_request){.token = "pos", .code = till.foreign.code, .body = bodies[i]},
            404, device_text(till.foreign.code, "not found"));
    }
}

static void the_body_and_the_key_live_while_the_token_is_looked_up(void **state)
{
    struct payment_row row = {0};
    struct exchange exchange;
    unsigned jobs;

    (void)state;
    door_send(&exchange, &api_payment_purchase,
              &(struct door_request){
                  .token = "pos", .code = till.device.code, .body = BODY, .key = "kept"});
    for (jobs = 0; exchange.answers == 0 && jobs < 8; jobs++) {
        scene_run(door.scene, 0, 1);
    }
    assert_int_equal(exchange.status, 202);
    row.id = strtoll(strstr(exchange.headers.bytes, "/payments/") + strlen("/payments/"), NULL, 10);
    scene_do(door.scene, payment_load, &row);
    assert_int_equal(row.amount_minor, 1234);
    assert_string_equal(row.key, "kept");
    fake_exchange_finish(&exchange);
    door_send(&exchange, &api_payment_purchase,
              &(struct door_request){.token = "all", .code = till.device.code, .body = "{}"});
    for (jobs = 0; exchange.answers == 0 && jobs < 8; jobs++) {
        scene_run(door.scene, 0, 1);
    }
    assert_int_equal(exchange.status, 400);
    assert_string_equal(exchange.body.bytes, MISSING);
    fake_exchange_finish(&exchange);
}

#define PURCHASE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PURCHASE_TEST(a_shown_amount_is_a_202_without_a_body_that_says_where_to_look),
        PURCHASE_TEST(a_code_in_lower_case_is_the_same_device),
        PURCHASE_TEST(the_answer_waits_for_the_terminal),
        PURCHASE_TEST(the_same_request_again_gets_the_same_answer),
        PURCHASE_TEST(a_terminal_that_does_not_show_it_is_not_listening),
        PURCHASE_TEST(a_terminal_with_an_open_payment_is_busy),
        PURCHASE_TEST(a_key_of_another_request_is_told_so),
        PURCHASE_TEST(under_the_preset_a_key_is_forgotten_after_five_minutes),
        PURCHASE_TEST(the_currency_is_the_businesss),
        PURCHASE_TEST(without_its_store_nobody_is_told_that_no_sale_was_started),
        PURCHASE_TEST(each_check_comes_in_its_turn),
        PURCHASE_TEST(a_foreign_device_is_not_found_whatever_the_body),
        cmocka_unit_test_setup_teardown(the_body_and_the_key_live_while_the_token_is_looked_up,
                                        setup_slow, teardown),
    };

    id_start();
    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
