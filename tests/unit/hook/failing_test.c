/* Endpoints that fail: what is tried again, when, and what is not. */
#include "unit/hook/scene.h"

#include "core/delivery.h"

static const char WAITING[] = "SELECT count(*) FROM delivery WHERE state = 0";
static const char DELIVERED[] = "SELECT count(*) FROM delivery WHERE state = 1";
static const char DEAD[] = "SELECT count(*) FROM delivery WHERE state = 2";
static const char ATTEMPTS[] = "SELECT sum(attempts) FROM delivery";

enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000 };

/* The waits of the contract, without the jitter of a tenth. */
static const int64_t WAITS_MS[] = {5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
                                   5 * HOUR_MS,   10 * HOUR_MS,  10 * HOUR_MS};

/* Nothing is sent before `wait_ms`, and one post by a tenth after it. */
static void one_goes_after(struct scene *scene, int64_t wait_ms)
{
    unsigned before = scene->sent_count;

    loop_advance(scene->loop, wait_ms - 1);
    assert_int_equal(scene->sent_count, before);
    loop_advance(scene->loop, wait_ms / 10 + 1);
    assert_int_equal(scene->sent_count, before + 1);
}

/* Nothing random: no jitter. */
static void no_chance(void *context, void *out, size_t length)
{
    (void)context;
    memset(out, 0, length);
}

static void the_oldest_is_tried_eight_times_to_the_second_and_then_dead(void **state)
{
    static const int statuses[] = {500, 0, 503, 429, 0, 599, 500, 502};
    struct scene *scene = *state;
    uint64_t dead = counter_read(&courier_dead);
    unsigned i;

    pay_many(scene, NULL, 3);
    wake(scene);
    id_replace(no_chance, NULL);
    for (i = 0; i < DELIVERY_ATTEMPTS_MAX - 1; i++) {
        assert_int_equal(scene->sent_count, i + 1);
        assert_string_equal(last_sent(scene)->id, scene->sent[0].id);
        answer(scene, i, statuses[i]);
        loop_advance(scene->loop, WAITS_MS[i] - 1);
        assert_int_equal(scene->sent_count, i + 1);
        loop_advance(scene->loop, 1);
        assert_int_equal(last_sent(scene)->at_ms, loop_now_ms(scene->loop));
        assert_int_equal(last_sent(scene)->seconds,
                         (SCENE_BEGIN_MS + loop_now_ms(scene->loop)) / 1000);
    }
    id_replace(NULL, NULL);
    assert_int_equal(counter_read(&courier_dead), dead);
    answer(scene, 7, statuses[7]);
    assert_int_equal(scene_number(scene, DEAD), 1);
    assert_int_equal(counter_read(&courier_dead), dead + 1);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery_attempt"), 8);
    /* the next one is tried, and it alone */
    assert_int_equal(scene->sent_count, 9);
    assert_string_not_equal(last_sent(scene)->id, scene->sent[0].id);
    assert_int_equal(unanswered(scene), 1);
}

static void nothing_else_goes_while_it_fails_and_all_goes_when_it_is_well(void **state)
{
    struct scene *scene = *state;
    unsigned i;

    pay_many(scene, NULL, 30);
    wake(scene);
    answer(scene, 0, 500);
    pay_many(scene, NULL, 5);
    wake(scene);
    assert_int_equal(scene->sent_count, 1);
    one_goes_after(scene, WAITS_MS[0]);
    answer(scene, 1, 200);
    answer_all(scene, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 35);
    assert_int_equal(scene->sent_count, 36);
    for (i = 1; i < 36; i++) { /* in order */
        char body[64];

        (void)snprintf(body, sizeof(body), "{\"id\":\"%u\",\"type\":\"cardTransaction\"}", i);
        assert_string_equal(scene->sent[i].body, body);
    }
}

/* Eight on their way, from the first `taken` answers. */
static void eight_on_their_way(struct scene *scene)
{
    unsigned i;

    pay_many(scene, NULL, 40);
    wake(scene);
    for (i = 0; i < 7; i++) {
        answer(scene, i, 200);
    }
    assert_int_equal(unanswered(scene), 8);
}

static void of_several_that_fail_only_the_oldest_counts(void **state)
{
    struct scene *scene = *state;
    unsigned i;

    eight_on_their_way(scene); /* 7 to 14 */
    answer(scene, 9, 503);
    answer(scene, 7, 200); /* still counts as delivered */
    for (i = 14; i >= 10; i--) {
        answer(scene, i, 0);
        assert_int_equal(scene_number(scene, ATTEMPTS), 8);
    }
    assert_int_equal(scene->sent_count, 15);
    answer(scene, 8, 500); /* the last answer: of the oldest */
    assert_int_equal(scene_number(scene, ATTEMPTS), 9);
    assert_int_equal(scene_number(scene, "SELECT attempts FROM delivery WHERE id = 9"), 1);
    one_goes_after(scene, WAITS_MS[0]);
    assert_string_equal(last_sent(scene)->id, scene->sent[8].id);
    answer(scene, 15, 200);
    assert_int_equal(unanswered(scene), 2); /* it begins with few again */
    answer_all(scene, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 40);
}

static void the_longest_retry_after_of_them_holds(void **state)
{
    struct scene *scene = *state;
    unsigned i;

    eight_on_their_way(scene);
    for (i = 7; i < 14; i++) {
        answer(scene, i, 500);
    }
    answer_whole(scene, 14, 429, 120, 5);
    one_goes_after(scene, 120 * SECOND_MS);
}

static void retry_after_lengthens_a_wait_and_never_shortens_it(void **state)
{
    struct scene *scene = *state;

    (void)pay(scene, 1);
    wake(scene);
    answer_whole(scene, 0, 429, 60, 5);
    one_goes_after(scene, 60 * SECOND_MS);
    answer_whole(scene, 1, 503, 1, 5);
    one_goes_after(scene, WAITS_MS[1]);
    answer_whole(scene, 2, 400, 7200, 5); /* of a refusal too */
    one_goes_after(scene, 7200 * SECOND_MS);
}

static void a_refusal_while_it_fails_shows_that_it_is_well(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 2);
    wake(scene);
    answer(scene, 0, 500);
    one_goes_after(scene, WAITS_MS[0]);
    answer(scene, 1, 404);
    assert_int_equal(scene->sent_count, 3);
    answer(scene, 2, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 1);
    one_goes_after(scene, WAITS_MS[1]); /* its second wait */
}

/* --- Restarts -------------------------------------------------------------------- */

static void a_restart_keeps_to_the_schedule(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 3);
    wake(scene);
    answer(scene, 0, 500);
    one_goes_after(scene, WAITS_MS[0]);
    id_replace(no_chance, NULL);
    answer(scene, 1, 500);
    id_replace(NULL, NULL);
    loop_advance(scene->loop, 2 * MINUTE_MS);
    courier_restart(scene);
    assert_int_equal(scene->sent_count, 2);
    wake(scene);
    assert_int_equal(scene->sent_count, 2); /* the others do not go either */
    one_goes_after(scene, WAITS_MS[1] - 2 * MINUTE_MS);
    assert_string_equal(last_sent(scene)->id, scene->sent[0].id);
    answer(scene, 2, 200);
    answer_all(scene, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 3);
}

static void an_attempt_that_fell_into_the_restart_is_made_at_once_and_alone(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 3);
    wake(scene);
    answer(scene, 0, 500);
    courier_end(scene);
    loop_advance(scene->loop, MINUTE_MS);
    courier_begin(scene);
    assert_int_equal(scene->sent_count, 2);
    assert_int_equal(scene_number(scene, "SELECT max(attempts) FROM delivery"), 1);
    answer(scene, 1, 500);
    assert_int_equal(scene_number(scene, "SELECT max(attempts) FROM delivery"), 2);
}

static void a_refused_one_keeps_its_time_over_a_restart_and_others_go(void **state)
{
    struct scene *scene = *state;

    (void)pay(scene, 2);
    wake(scene);
    answer(scene, 0, 404);
    courier_restart(scene);
    (void)pay(scene, 1);
    wake(scene);
    assert_int_equal(scene->sent_count, 2);
    answer(scene, 1, 200);
    one_goes_after(scene, WAITS_MS[0]);
    assert_string_equal(last_sent(scene)->id, scene->sent[0].id);
}

/* --- Clocks ------------------------------------------------------------------------- */

static void a_wall_clock_that_jumps_neither_storms_nor_sticks(void **state)
{
    static const int64_t YEARS_MS = INT64_C(1000) * 86400 * 3650;
    struct scene *scene = *state;

    pay_many(scene, NULL, 2);
    wake(scene);
    answer(scene, 0, 500);
    scene->wall_jump_ms = YEARS_MS;
    one_goes_after(scene, WAITS_MS[0]);
    assert_int_equal(last_sent(scene)->seconds,
                     (SCENE_BEGIN_MS + YEARS_MS + loop_now_ms(scene->loop)) / 1000);
    answer(scene, 1, 500);
    scene->wall_jump_ms = -YEARS_MS;
    one_goes_after(scene, WAITS_MS[1]);
    answer(scene, 2, 404);
    scene->wall_jump_ms = 2 * YEARS_MS;
    assert_int_equal(scene->sent_count, 4); /* the other one */
    answer(scene, 3, 200);
    one_goes_after(scene, WAITS_MS[2]);
}

static void what_a_wrong_clock_wrote_is_due_at_the_start(void **state)
{
    struct scene *scene = *state;

    /* as if the clock had been ten years ahead */
    scene->wall_jump_ms = INT64_C(1000) * 86400 * 3650;
    courier_restart(scene);
    (void)pay(scene, 1);
    wake(scene);
    answer(scene, 0, 500);
    scene->wall_jump_ms = 0;
    courier_restart(scene);
    assert_int_equal(scene->sent_count, 2);
    answer(scene, 1, 500);
    one_goes_after(scene, WAITS_MS[1]);
    /* and of a refused one */
    answer(scene, 2, 404);
    courier_end(scene);
    scene->wall_jump_ms = -INT64_C(1000) * 86400 * 3650;
    courier_begin(scene);
    assert_int_equal(scene->sent_count, 4);
    answer(scene, 3, 404);
    one_goes_after(scene, WAITS_MS[3]);
}

/* --- Changes meanwhile ---------------------------------------------------------------- */

static enum fail move_webhook(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;

    return store_webhook_set(tx, scene->till.business, "https://new.example/", 3, NULL, 0);
}

static void another_url_is_tried_at_once(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 2);
    wake(scene);
    answer(scene, 0, 500);
    wake(scene);
    assert_int_equal(scene->sent_count, 1);
    scene_do(scene, move_webhook, scene);
    wake(scene);
    assert_int_equal(scene->sent_count, 2);
    assert_string_equal(scene->sent[1].url, "https://new.example/");
    assert_string_equal(scene->sent[1].id, scene->sent[0].id);
    /* it fails too: the schedule goes on, and the same URL is not tried again */
    answer(scene, 1, 500);
    wake(scene);
    assert_int_equal(scene->sent_count, 2);
    one_goes_after(scene, WAITS_MS[1]);
}

static enum fail resend_first(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;

    return store_delivery_resend(tx, scene->till.business, 1, scene_wall(scene));
}

static void somebody_who_has_mended_his_endpoint_need_not_wait(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 3);
    wake(scene);
    answer(scene, 0, 500);
    scene_do(scene, resend_first, scene);
    wake(scene);
    assert_int_equal(scene->sent_count, 2);
    answer(scene, 1, 200);
    answer_all(scene, 200);
    assert_int_equal(scene_number(scene, DELIVERED), 3);
}

static enum fail remove_webhook(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;

    return store_webhook_remove(tx, scene->till.business, scene_wall(scene));
}

static void a_webhook_that_is_removed_while_it_fails_is_forgotten(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 3);
    wake(scene);
    answer(scene, 0, 500);
    scene_do(scene, remove_webhook, scene);
    wake(scene);
    loop_advance(scene->loop, 24 * HOUR_MS);
    assert_int_equal(scene->sent_count, 1);
    assert_int_equal(scene_number(scene, DEAD), 3);
    assert_int_equal(scene_number(scene, WAITING), 0);
}

static void a_webhook_that_is_removed_while_it_is_asked_is_forgotten(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 3);
    wake(scene);
    scene_do(scene, remove_webhook, scene);
    answer(scene, 0, 500);
    loop_advance(scene->loop, 24 * HOUR_MS);
    assert_int_equal(scene->sent_count, 1);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery_attempt"), 0);
}

/* --- Others ------------------------------------------------------------------------------ */

static enum fail second_shop(struct store_tx *tx, void *argument)
{
    struct till *till = argument;
    uint8_t secret[WEBHOOK_SECRET_SIZE];

    *till = till_make(tx, "Other");
    secret_of(3, secret);
    return store_webhook_set(tx, till->business, "https://other.example/", 3, secret, NOW_MS);
}

static void one_that_hangs_does_not_delay_another(void **state)
{
    struct scene *scene = *state;
    struct till other;
    unsigned i;

    scene_do(scene, second_shop, &other);
    pay_many(scene, NULL, 50);
    wake(scene);
    assert_int_equal(unanswered(scene), 1); /* and never answered */
    pay_many(scene, &other, 50);
    courier_wake(scene->courier, other.business);
    loop_advance(scene->loop, 0);
    for (i = 1; i <= 50; i++) {
        assert_true(scene->sent_count > i);
        assert_string_equal(scene->sent[i].url, "https://other.example/");
        answer(scene, i, 200);
    }
    assert_int_equal(scene_number(scene, DELIVERED), 50);
    assert_int_equal(unanswered(scene), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_oldest_is_tried_eight_times_to_the_second_and_then_dead),
        SCENE_TEST(nothing_else_goes_while_it_fails_and_all_goes_when_it_is_well),
        SCENE_TEST(of_several_that_fail_only_the_oldest_counts),
        SCENE_TEST(the_longest_retry_after_of_them_holds),
        SCENE_TEST(retry_after_lengthens_a_wait_and_never_shortens_it),
        SCENE_TEST(a_refusal_while_it_fails_shows_that_it_is_well),
        SCENE_TEST(a_restart_keeps_to_the_schedule),
        SCENE_TEST(an_attempt_that_fell_into_the_restart_is_made_at_once_and_alone),
        SCENE_TEST(a_refused_one_keeps_its_time_over_a_restart_and_others_go),
        SCENE_TEST(a_wall_clock_that_jumps_neither_storms_nor_sticks),
        SCENE_TEST(what_a_wrong_clock_wrote_is_due_at_the_start),
        SCENE_TEST(another_url_is_tried_at_once),
        SCENE_TEST(somebody_who_has_mended_his_endpoint_need_not_wait),
        SCENE_TEST(a_webhook_that_is_removed_while_it_fails_is_forgotten),
        SCENE_TEST(a_webhook_that_is_removed_while_it_is_asked_is_forgotten),
        SCENE_TEST(one_that_hangs_does_not_delay_another),
    };

    scene_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
