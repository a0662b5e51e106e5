/* POST /devices/{code}/payments/{id}/cancel: what each cancel is answered. */
#include "broker/payment_cancel.h"
#include "processor/processor.h"
#include "unit/api/counter.h"
#include "unit/broker/moving_clock.h"

static int setup(void **state)
{
    (void)state;
    counter_open(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    counter_close();
    return 0;
}

static const char *cancelled(int64_t id, const char *body)
{
    return answer_of(
        &api_payment_cancel,
        &(struct door_request){
            .token = "pos", .code = till.device.code, .id = door_text(id), .body = body},
        200);
}

/* --- Cancelling ---------------------------------------------------------------------------------
 */

static void a_cancel_before_the_card_ends_it(void **state)
{
    static const char *const bodies[] = {NULL,
                                         "",
                                         "{}",
                                         "{\"reverseIfApproved\":false}",
                                         "{\"reverseIfApproved\":true}",
                                         "{\"reverseIfApproved\":null,\"more\":[1]}"};
    static const char expected[] =
        "{\"result\":\"cancelled\",\"state\":\"cancelled\",\"transactionId\":null}";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        int64_t id = counter_begin("1");

        assert_string_equal(cancelled(id, bodies[i]), expected);
        assert_holds(shown(id), "\"state\":\"cancelled\",\"reason\":\"pos\"");
        assert_string_equal(cancelled(id, bodies[i]), expected); /* and again */
    }
}

static void a_cancel_after_the_approval_is_too_late(void **state)
{
    int64_t id = counter_begin("1");
    const char *answer;

    (void)state;
    counter_presents(id, 1);
    answer = cancelled(id, NULL);
    assert_holds(answer, "{\"result\":\"too late\",\"state\":\"approved\",\"transactionId\":");
    assert_null(strstr(answer, "null"));
}

static void a_cancel_after_a_decline_leaves_it_declined(void **state)
{
    int64_t id = counter_begin("1.51");

    (void)state;
    counter_presents(id, 1);
    assert_string_equal(cancelled(id, NULL),
                        "{\"result\":\"cancelled\",\"state\":\"declined\",\"transactionId\":null}");
}

static enum fail decides_itself(struct store_tx *tx, void *argument)
{
    (void)argument;
    return store_business_set_processor(tx, door.scene->business, PROCESSOR_DEVICE);
}

static void a_terminal_that_decides_and_is_gone_is_unreachable(void **state)
{
    int64_t id;

    (void)state;
    scene_do(door.scene, decides_itself, NULL);
    id = counter_begin("1");
    assert_true(presence_remove(&door.scene->broker->presence, &till.presence));
    assert_string_equal(
        cancelled(id, NULL),
        "{\"result\":\"device unreachable\",\"state\":\"displayed\",\"transactionId\":null}");
}

/* .69 is approved after ten seconds: longer than a cancel waits. */
static void an_approval_that_still_lands_is_reversed_where_the_pos_wants_it(void **state)
{
    static const struct {
        const char *body;
        const char *end;
    } cases[] = {{NULL, "\"state\":\"approved\",\"reason\":null"},
                 {"{\"reverseIfApproved\":true}", "\"state\":\"cancelled\",\"reason\":\"pos\""}};
    size_t i;

    (void)state;
    moving_clock_start();
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange exchange;
        int64_t id = counter_begin("1.69");

        counter_presents(id, 1);
        door_send(&exchange, &api_payment_cancel,
                  &(struct door_request){.token = "pos",
                                         .code = till.device.code,
                                         .id = door_text(id),
                                         .body = cases[i].body});
        assert_int_equal(exchange.answers, 0); /* it waits for what is under way */
        moving_clock_ms += PAYMENT_CANCEL_WAIT_MS + 1;
        (void)payment_clock_run(door.scene->broker);
        counter_turn();
        assert_int_equal(exchange.answers, 1);
        assert_string_equal(
            exchange.body.bytes,
            "{\"result\":\"too late\",\"state\":\"authorising\",\"transactionId\":null}");
        fake_exchange_finish(&exchange);
        moving_clock_ms += 10000;
        (void)payment_clock_run(door.scene->broker);
        counter_turn();
        assert_holds(shown(id), cases[i].end);
        assert_holds(shown(id), i == 0 ? "\"reversed\":false" : "\"reversed\":true");
    }
    moving_clock_stop();
}

static void a_cancels_body_is_checked(void **state)
{
    int64_t id = counter_begin("1");
    static const char RULE[] = "{\"errors\":[\"reverseIfApproved must be true or false\"]}";
    static const char *const cases[][2] = {
        {"{\"reverseIfApproved\":1}", RULE},
        {"{\"reverseIfApproved\":\"true\"}", RULE},
        {"{\"reverseIfApproved\":{}}", RULE},
        {"[]", "{\"errors\":[\"The body is an array. It must be a JSON object such as "
               "{\\\"reverseIfApproved\\\":true}\"]}"},
        {"{\"reverseIfApproved\":true",
         "{\"errors\":[\"The body is not valid JSON: the document ends too early, at byte "
         "25.\"]}"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        door_answers(
            &api_payment_cancel,
            &(struct door_request){
                .token = "pos", .code = till.device.code, .id = door_text(id), .body = cases[i][0]},
            400, cases[i][1]);
    }
    assert_holds(shown(id), "\"state\":\"displayed\"");
}

/* --- Trouble -----------------------------------------------------------------------------------
 */

static void a_cancel_that_cannot_be_stored_is_told_so(void **state)
{
    int64_t id = counter_begin("1");
    struct exchange exchange;

    (void)state;
    broker_stop(door.scene->broker);
    door_send(
        &exchange, &api_payment_cancel,
        &(struct door_request){.token = "pos", .code = till.device.code, .id = door_text(id)});
    scene_run(door.scene, 0, 1);
    assert_int_equal(exchange.status, 503);
    assert_string_equal(exchange.body.bytes, "{\"errors\":[\"Whether the payment is cancelled "
                                             "cannot be said now. Try again in a moment.\"]}");
    fake_exchange_finish(&exchange);
}

#define CANCEL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CANCEL_TEST(a_cancel_before_the_card_ends_it),
        CANCEL_TEST(a_cancel_after_the_approval_is_too_late),
        CANCEL_TEST(a_cancel_after_a_decline_leaves_it_declined),
        CANCEL_TEST(a_terminal_that_decides_and_is_gone_is_unreachable),
        CANCEL_TEST(an_approval_that_still_lands_is_reversed_where_the_pos_wants_it),
        CANCEL_TEST(a_cancels_body_is_checked),
        CANCEL_TEST(a_cancel_that_cannot_be_stored_is_told_so),
    };

    id_start();
    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
