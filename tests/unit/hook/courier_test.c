/* What the courier sends, in which order, and what it makes of each answer. */
#include "unit/hook/scene.h"

#include "core/delivery.h"

static const char WAITING[] = "SELECT count(*) FROM delivery WHERE state = 0";
static const char DELIVERED[] = "SELECT count(*) FROM delivery WHERE state = 1";

static void an_event_is_sent_once_signed_and_is_delivered(void **state)
{
    struct scene *scene = *state;
    const struct sent *sent = &scene->sent[0];
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    char seconds[32];

    assert_int_equal(scene->sent_count, 0);
    scene->next_transaction = 25764673;
    (void)pay(scene, 1);
    wake(scene);
    assert_int_equal(scene->sent_count, 1);
    assert_string_equal(sent->url, SCENE_URL);
    assert_string_equal(sent->body, "{\"id\":\"25764674\",\"type\":\"cardTransaction\"}");
    assert_memory_equal(sent->id, "msg_", 4);
    assert_int_equal(strlen(sent->id), 31);
    assert_int_equal(sent->seconds, SCENE_BEGIN_MS / 1000);
    assert_string_equal(header_of(sent->post, "content-type"), "application/json");
    assert_memory_equal(header_of(sent->post, "user-agent"), "Tillwire/", 9);
    secret_of(1, secret);
    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)sent->seconds);
    assert_int_equal(signature_check(slice_of(sent->id), slice_of(seconds),
                                     slice_of(sent->signatures), slice_of(sent->body), secret,
                                     sent->seconds),
                     SIGNATURE_GOOD);
    assert_null(strchr(sent->signatures, ' '));
    assert_int_equal(scene_number(scene, WAITING), 1);
    answer(scene, 0, 204);
    assert_int_equal(scene_number(scene, DELIVERED), 1);
    assert_int_equal(scene_number(scene, "SELECT status FROM delivery_attempt"), 204);
    loop_advance(scene->loop, INT64_C(1000) * 86400 * 30);
    assert_int_equal(scene->sent_count, 1);
}

static void a_cancelled_payment_tells_what_the_point_of_sale_sent(void **state)
{
    struct scene *scene = *state;
    struct scene_payment add = {.scene = scene, .invoice = "INV \"1\"", .amount_minor = 5250};
    char body[SCENE_BODY_SIZE];

    scene_do(scene, scene_payment_verb, &add);
    wake(scene);
    (void)snprintf(body, sizeof(body),
                   "{\"type\":\"terminalCancel\",\"data\":{\"cancelledAt\":"
                   "\"2026-01-14T18:38:18Z\",\"currency\":\"CAD\",\"deviceCode\":\"%s\","
                   "\"transactionAmount\":52.5,\"invoiceNumber\":\"INV \\\"1\\\"\","
                   "\"customerCode\":\"\"}}",
                   scene->till.device.code);
    assert_string_equal(scene->sent[0].body, body);
}

static void the_longest_texts_fit_into_a_body(void **state)
{
    struct scene *scene = *state;
    char invoice[PAYMENT_INVOICE_SIZE] = "";
    struct scene_payment add = {.scene = scene, .invoice = invoice, .amount_minor = 999999999};
    unsigned i;

    /* what takes most room when it is escaped */
    for (i = 0; i < PAYMENT_INVOICE_MAX; i++) {
        invoice[i] = '<';
    }
    scene_do(scene, scene_payment_verb, &add);
    wake(scene);
    assert_int_equal(scene->sent_count, 1);
    assert_non_null(strstr(scene->sent[0].body, "9999999.99"));
}

static void of_one_payment_the_next_event_waits_for_the_one_before(void **state)
{
    struct scene *scene = *state;
    char first[SCENE_BODY_SIZE];

    (void)pay(scene, 3);
    wake(scene);
    assert_int_equal(scene->sent_count, 1);
    (void)snprintf(first, sizeof(first), "%s", scene->sent[0].body);
    answer(scene, 0, 200);
    assert_int_equal(scene->sent_count, 2);
    answer(scene, 1, 200);
    assert_int_equal(scene->sent_count, 3);
    assert_string_equal(scene->sent[0].body, "{\"id\":\"1\",\"type\":\"cardTransaction\"}");
    assert_string_equal(scene->sent[1].body, "{\"id\":\"2\",\"type\":\"cardTransaction\"}");
    assert_string_equal(scene->sent[2].body, "{\"id\":\"3\",\"type\":\"cardTransaction\"}");
    answer(scene, 2, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 3);
}

static void an_endpoint_that_takes_them_gets_more_and_more_at_once_up_to_eight(void **state)
{
    struct scene *scene = *state;
    unsigned i;

    pay_many(scene, NULL, 100);
    wake(scene);
    assert_int_equal(unanswered(scene), 1);
    for (i = 0; i < 20; i++) {
        answer(scene, i, 200);
        assert_int_equal(unanswered(scene), i < 7 ? i + 2 : 8);
    }
    answer_all(scene, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 100);
    assert_int_equal(scene->sent_count, 100);
}

static void a_slow_endpoint_stays_with_one_at_a_time(void **state)
{
    struct scene *scene = *state;
    unsigned i;

    pay_many(scene, NULL, 5);
    wake(scene);
    for (i = 0; i < 5; i++) {
        assert_int_equal(unanswered(scene), 1);
        answer_whole(scene, i, 200, 0, 1000);
    }
    assert_int_equal(scene_number(scene, DELIVERED), 5);
}

static void any_2xx_is_success_and_a_redirect_is_none(void **state)
{
    struct scene *scene = *state;

    (void)pay(scene, 1);
    wake(scene);
    answer(scene, 0, 299);
    assert_int_equal(scene_number(scene, DELIVERED), 1);
    (void)pay(scene, 1);
    wake(scene);
    answer(scene, 1, 302);
    assert_int_equal(scene_number(scene, DELIVERED), 1);
    assert_int_equal(scene_number(scene, WAITING), 1);
    assert_int_equal(scene_number(scene, "SELECT problem LIKE '%302%redirect%' FROM"
                                         " delivery_attempt WHERE status = 302"),
                     1);
    /* it is refused: the endpoint itself is well, others go on */
    (void)pay(scene, 1);
    wake(scene);
    assert_int_equal(scene->sent_count, 3);
}

static void a_refused_event_keeps_only_its_payments_later_events_waiting(void **state)
{
    struct scene *scene = *state;

    (void)pay(scene, 2);
    (void)pay(scene, 2);
    wake(scene);
    answer(scene, 0, 404);
    assert_int_equal(scene->sent_count, 2); /* the other payment's */
    answer(scene, 1, 200);
    assert_int_equal(scene->sent_count, 3);
    answer(scene, 2, 200);
    assert_int_equal(scene->sent_count, 3);
    loop_advance(scene->loop, 4999);
    assert_int_equal(scene->sent_count, 3);
    loop_advance(scene->loop, 501);
    assert_int_equal(scene->sent_count, 4);
    assert_string_equal(scene->sent[3].id, scene->sent[0].id);
    answer(scene, 3, 200);
    assert_int_equal(scene->sent_count, 5);
    answer(scene, 4, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 4);
}

static void a_refused_event_that_is_dead_lets_its_payments_later_events_go(void **state)
{
    struct scene *scene = *state;
    uint64_t dead = counter_read(&courier_dead);
    uint64_t refused = counter_read(&courier_refused);
    unsigned i;

    (void)pay(scene, 2);
    wake(scene);
    for (i = 0; i < DELIVERY_ATTEMPTS_MAX; i++) {
        assert_int_equal(scene->sent_count, i + 1);
        answer(scene, i, 410);
        loop_advance(scene->loop, INT64_C(1000) * 3600 * 11);
    }
    assert_int_equal(scene->sent_count, 9);
    assert_string_not_equal(scene->sent[8].id, scene->sent[0].id);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery WHERE state = 2"), 1);
    assert_int_equal(counter_read(&courier_dead) - dead, 1);
    assert_int_equal(counter_read(&courier_refused) - refused, 8);
}

struct rotation {
    struct scene *scene;
    int64_t old_until_ms;
};

static enum fail rotate(struct store_tx *tx, void *argument)
{
    struct rotation *rotation = argument;
    uint8_t secret[WEBHOOK_SECRET_SIZE];

    secret_of(2, secret);
    return store_webhook_rotate(tx, rotation->scene->till.business, secret, rotation->old_until_ms);
}

/* Whether the last post is signed with the secret made of `first`. */
static bool is_signed(const struct scene *scene, uint8_t first)
{
    const struct sent *sent = last_sent(scene);
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    char seconds[32];

    secret_of(first, secret);
    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)sent->seconds);
    return signature_check(slice_of(sent->id), slice_of(seconds), slice_of(sent->signatures),
                           slice_of(sent->body), secret, sent->seconds) == SIGNATURE_GOOD;
}

static void both_secrets_sign_while_the_old_one_is_good(void **state)
{
    struct scene *scene = *state;
    struct rotation rotation = {scene, SCENE_BEGIN_MS + 60000};

    scene_do(scene, rotate, &rotation);
    (void)pay(scene, 1);
    wake(scene);
    assert_true(is_signed(scene, 2));
    assert_true(is_signed(scene, 1));
    answer(scene, 0, 200);
    loop_advance(scene->loop, 60000);
    (void)pay(scene, 1);
    wake(scene);
    assert_true(is_signed(scene, 2));
    assert_false(is_signed(scene, 1));
}

static void a_rotation_holds_for_what_was_loaded_before_it(void **state)
{
    struct scene *scene = *state;
    struct rotation rotation = {scene, 0};

    pay_many(scene, NULL, 4);
    wake(scene);
    assert_true(is_signed(scene, 1));
    scene_do(scene, rotate, &rotation);
    wake(scene);
    answer(scene, 0, 200);
    assert_true(scene->sent_count > 1);
    assert_true(is_signed(scene, 2));
    assert_false(is_signed(scene, 1));
}

static enum fail remove_webhook(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;

    return store_webhook_remove(tx, scene->till.business, scene_wall(scene));
}

static void a_webhook_that_is_removed_gets_nothing_more(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 4);
    wake(scene);
    scene_do(scene, remove_webhook, scene);
    wake(scene);
    answer(scene, 0, 200);
    assert_int_equal(scene->sent_count, 1);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery WHERE state = 2"), 4);
    loop_advance(scene->loop, INT64_C(1000) * 86400);
    assert_int_equal(scene->sent_count, 1);
}

static enum fail resend_first(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;

    return store_delivery_resend(tx, scene->till.business, 1, scene_wall(scene));
}

static void what_is_resent_goes_under_the_same_id(void **state)
{
    struct scene *scene = *state;

    (void)pay(scene, 1);
    wake(scene);
    answer(scene, 0, 200);
    scene_do(scene, resend_first, scene);
    wake(scene);
    assert_int_equal(scene->sent_count, 2);
    assert_string_equal(scene->sent[1].id, scene->sent[0].id);
    answer(scene, 1, 200);
    assert_int_equal(scene_number(scene, "SELECT max(number) FROM delivery_attempt"), 2);
    assert_int_equal(scene_number(scene, DELIVERED), 1);
}

static void what_waits_at_the_start_goes(void **state)
{
    struct scene *scene = *state;

    courier_end(scene);
    (void)pay(scene, 1);
    courier_begin(scene);
    assert_int_equal(scene->sent_count, 1);
}

static void what_was_cut_off_by_the_end_goes_again_and_has_not_counted(void **state)
{
    struct scene *scene = *state;
    uint64_t failed = counter_read(&courier_failed);

    pay_many(scene, NULL, 3);
    wake(scene);
    answer(scene, 0, 200);
    assert_int_equal(unanswered(scene), 2);
    courier_end(scene);
    assert_int_equal(counter_read(&courier_failed), failed);
    assert_int_equal(scene_number(scene, "SELECT sum(attempts) FROM delivery"), 1);
    courier_begin(scene);
    assert_int_equal(scene->sent_count, 4);
    assert_string_equal(scene->sent[3].id, scene->sent[1].id);
}

static void an_answer_that_comes_after_the_stop_is_written_down(void **state)
{
    struct scene *scene = *state;

    (void)pay(scene, 1);
    wake(scene);
    courier_stop(scene->courier);
    courier_wake(scene->courier, scene->till.business); /* nobody hears it any more */
    answer(scene, 0, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(an_event_is_sent_once_signed_and_is_delivered),
        SCENE_TEST(a_cancelled_payment_tells_what_the_point_of_sale_sent),
        SCENE_TEST(the_longest_texts_fit_into_a_body),
        SCENE_TEST(of_one_payment_the_next_event_waits_for_the_one_before),
        SCENE_TEST(an_endpoint_that_takes_them_gets_more_and_more_at_once_up_to_eight),
        SCENE_TEST(a_slow_endpoint_stays_with_one_at_a_time),
        SCENE_TEST(any_2xx_is_success_and_a_redirect_is_none),
        SCENE_TEST(a_refused_event_keeps_only_its_payments_later_events_waiting),
        SCENE_TEST(a_refused_event_that_is_dead_lets_its_payments_later_events_go),
        SCENE_TEST(both_secrets_sign_while_the_old_one_is_good),
        SCENE_TEST(a_rotation_holds_for_what_was_loaded_before_it),
        SCENE_TEST(a_webhook_that_is_removed_gets_nothing_more),
        SCENE_TEST(what_is_resent_goes_under_the_same_id),
        SCENE_TEST(what_waits_at_the_start_goes),
        SCENE_TEST(what_was_cut_off_by_the_end_goes_again_and_has_not_counted),
        SCENE_TEST(an_answer_that_comes_after_the_stop_is_written_down),
    };

    scene_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
