/* Many businesses, many events: nobody is forgotten, nobody waits for another,
 * and memory does not grow with what waits. */
#include "unit/hook/shops.h"

#include <malloc.h>

#include "hook/courier_part.h"

enum { BACKLOG = 10000, PIECE = 1000, MEMORY_SLACK = 256 * 1024 };

/* --- A client that answers by itself -------------------------------------------- */

/* A receiver that answers everything with 200 in its turn, and hears ids. */
struct receiver {
    struct scene *scene;
    struct list posts;
    unsigned count;
    int64_t last; /* transaction */
    bool ordered;
    unsigned most; /* at once */
    unsigned waiting;
    size_t memory_middle;
};

static void receiver_send(void *context, struct post *post)
{
    struct receiver *receiver = context;

    list_push_back(&receiver->posts, &post->link);
    receiver->waiting++;
    if (receiver->waiting > receiver->most) {
        receiver->most = receiver->waiting;
    }
}

/* What is not SQLite's. */
static size_t own_memory(void)
{
    return mallinfo2().uordblks - (size_t)sqlite3_memory_used();
}

static bool receiver_answer(struct receiver *receiver)
{
    struct list_link *link = list_pop_front(&receiver->posts);
    struct post *post;
    int64_t transaction;

    if (link == NULL) {
        return false;
    }
    post = LIST_ITEM(link, struct post, link);
    receiver->waiting--;
    receiver->count++;
    transaction = strtoll(post->body.bytes + strlen("{\"id\":\""), NULL, 10);
    receiver->ordered = receiver->ordered && transaction == receiver->last + 1;
    receiver->last = transaction;
    if (receiver->count == 50) {
        receiver->memory_middle = own_memory();
    }
    post->status = 200;
    post->took_ms = 1;
    post->done(post);
    return true;
}

static void receiver_begin(struct receiver *receiver, struct scene *scene)
{
    struct courier_options options = {.loop = scene->loop,
                                      .home = loop_executor(scene->loop),
                                      .store = scene->fixture->store,
                                      .client = {receiver_send, receiver}};

    *receiver = (struct receiver){.scene = scene, .ordered = true};
    list_init(&receiver->posts);
    courier_end(scene);
    WORKS(courier_create(&scene->courier, &options));
}

static void drain(struct receiver *receiver)
{
    courier_start(receiver->scene->courier);
    do {
        loop_advance(receiver->scene->loop, 0);
    } while (receiver_answer(receiver));
}

static void a_backlog_drains_in_order_and_takes_no_more_memory_than_a_little(void **state)
{
    struct scene *scene = *state;
    struct receiver receiver;
    size_t little;
    unsigned i;

    receiver_begin(&receiver, scene);
    pay_many(scene, NULL, 100);
    drain(&receiver);
    assert_int_equal(receiver.count, 100);
    little = receiver.memory_middle;
    receiver_begin(&receiver, scene);
    for (i = 0; i < BACKLOG / PIECE; i++) {
        pay_many(scene, NULL, PIECE);
    }
    receiver.last = 100;
    drain(&receiver);
    assert_int_equal(receiver.count, BACKLOG);
    assert_true(receiver.ordered);
    assert_int_equal(receiver.most, COURIER_AT_ONCE_MAX);
    assert_true(receiver.memory_middle < little + MEMORY_SLACK);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery WHERE state = 1"),
                     BACKLOG + 100);
}

/* --- Many businesses ----------------------------------------------------------------- */

static void more_wakes_at_once_than_there_is_room_for_are_not_lost(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, COURIER_WOKEN_MAX + 20);
    unsigned i;
    unsigned round;

    for (round = 1; round <= 2; round++) { /* in the second one all of them are in memory */
        scene_do(scene, shops_pay, &shops);
        for (i = 0; i < shops.count; i++) {
            courier_wake(scene->courier, shops.tills[i].business);
        }
        loop_advance(scene->loop, 0);
        assert_int_equal(unanswered(scene), COURIER_POSTS_MAX);
        answer_all(scene, 404);
        assert_int_equal(scene->sent_count, round * shops.count);
    }
    free(shops.tills);
}

static void the_start_finds_more_businesses_than_one_look_brings(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, 2 * COURIER_SCAN_MAX + 3);

    courier_end(scene);
    scene_do(scene, shops_pay, &shops);
    courier_begin(scene);
    answer_all(scene, 200);
    assert_int_equal(scene->sent_count, shops.count);
    free(shops.tills);
}

static void no_more_are_on_their_way_than_the_client_takes(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, COURIER_POSTS_MAX + 1);

    courier_end(scene);
    scene_do(scene, shops_pay, &shops);
    courier_begin(scene);
    assert_int_equal(unanswered(scene), COURIER_POSTS_MAX);
    answer(scene, 100, 200);
    assert_int_equal(unanswered(scene), COURIER_POSTS_MAX);
    assert_int_equal(scene->sent_count, shops.count);
    free(shops.tills);
}

static void one_that_takes_much_stays_below_that_too(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, COURIER_POSTS_MAX - 4);
    unsigned hanging;
    unsigned i;

    courier_end(scene);
    scene_do(scene, shops_pay, &shops);
    courier_begin(scene);
    hanging = scene->sent_count;
    pay_many(scene, NULL, 40);
    wake(scene);
    for (i = 0; i < 20; i++) {
        assert_true(unanswered(scene) <= COURIER_POSTS_MAX);
        answer(scene, hanging + i, 200);
    }
    assert_int_equal(unanswered(scene), COURIER_POSTS_MAX);
    free(shops.tills);
}

static void many_that_are_refused_are_all_tried(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 5 * LOAD_ROWS);
    wake(scene);
    answer_all(scene, 404);
    assert_int_equal(scene->sent_count, 5 * LOAD_ROWS);
}

/* --- More than there are places --------------------------------------------------------- */

/* All their webhooks are down; each has its turn all the same. */
static void endpoints_that_only_wait_give_way_to_others(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, 30);
    uint64_t tried = 0;
    unsigned i;

    courier_end(scene);
    scene_do(scene, shops_pay, &shops);
    courier_make(scene);
    scene->courier->table.limit = 8; /* places */
    courier_start(scene->courier);
    loop_advance(scene->loop, 0);
    for (i = 0; i < 20; i++) {
        answer_all(scene, 500);
        assert_true(scene->courier->table.count <= 8);
        loop_advance(scene->loop, COURIER_SCAN_AGAIN_MS);
    }
    tried = (uint64_t)scene_number(scene, "SELECT count(*) FROM delivery WHERE attempts >= 2");
    assert_int_equal(tried, shops.count);
    /* and when they are well again all is delivered */
    for (i = 0; i < 120; i++) {
        answer_all(scene, 200);
        loop_advance(scene->loop, COURIER_SCAN_AGAIN_MS);
    }
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery WHERE state = 1"),
                     shops.count);
    assert_int_equal(scene->courier->table.count, 0);
    free(shops.tills);
}

static void shop_pays(struct scene *scene, const struct till *till)
{
    pay_many(scene, till, 1);
    courier_wake(scene->courier, till->business);
    loop_advance(scene->loop, 0);
}

static void the_one_with_the_most_time_gives_way(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, 3);

    scene->courier->table.limit = 2;
    shop_pays(scene, &shops.tills[0]);
    answer(scene, 0, 500);
    loop_advance(scene->loop, 6000);
    answer(scene, 1, 500); /* five minutes */
    shop_pays(scene, &shops.tills[1]);
    answer(scene, 2, 500); /* five seconds */
    shop_pays(scene, &shops.tills[2]);
    assert_int_equal(scene->sent_count, 4);
    loop_advance(scene->loop, 6000);
    assert_int_equal(scene->sent_count, 5);
    assert_string_equal(scene->sent[4].id, scene->sent[2].id);
    free(shops.tills);
}

/* Both times come at once: the retry, and the look for those without a place. */
static void the_one_whose_time_has_come_does_not_give_way(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, 2);

    scene->courier->table.limit = 1;
    shop_pays(scene, &shops.tills[0]);
    answer(scene, 0, 500);
    pay_many(scene, &shops.tills[1], 1);
    scene->courier->scan.due_ms = courier_now_ms(scene->courier);
    scene->courier->scan.crowded = true;
    loop_advance(scene->loop, 6000);
    assert_int_equal(scene->sent_count, 2);
    assert_string_equal(scene->sent[1].id, scene->sent[0].id);
    answer_all(scene, 200);
    assert_int_equal(scene->sent_count, 3);
    free(shops.tills);
}

static void those_that_hang_keep_their_places_and_the_rest_comes_after_them(void **state)
{
    struct scene *scene = *state;
    struct shops shops = shops_of(scene, 20);

    courier_end(scene);
    scene_do(scene, shops_pay, &shops);
    courier_make(scene);
    scene->courier->table.limit = 4;
    courier_start(scene->courier);
    loop_advance(scene->loop, 0);
    assert_int_equal(unanswered(scene), 4);
    loop_advance(scene->loop, COURIER_SCAN_AGAIN_MS);
    assert_int_equal(unanswered(scene), 4);
    answer(scene, 2, 200); /* its place is free at once */
    assert_int_equal(unanswered(scene), 4);
    answer_all(scene, 200);
    assert_int_equal(scene->sent_count, shops.count);
    assert_false(scene->courier->scan.crowded);
    free(shops.tills);
}

static void nothing_that_waits_is_nothing_in_memory(void **state)
{
    struct scene *scene = *state;

    pay_many(scene, NULL, 20);
    wake(scene);
    answer_all(scene, 200);
    assert_int_equal(scene->courier->table.count, 0);
    assert_true(list_is_empty(&scene->courier->turns));
    assert_int_equal(scene->courier->loads, 0);
    wake(scene); /* for nothing */
    assert_int_equal(scene->courier->table.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_backlog_drains_in_order_and_takes_no_more_memory_than_a_little),
        SCENE_TEST(more_wakes_at_once_than_there_is_room_for_are_not_lost),
        SCENE_TEST(the_start_finds_more_businesses_than_one_look_brings),
        SCENE_TEST(no_more_are_on_their_way_than_the_client_takes),
        SCENE_TEST(one_that_takes_much_stays_below_that_too),
        SCENE_TEST(many_that_are_refused_are_all_tried),
        SCENE_TEST(endpoints_that_only_wait_give_way_to_others),
        SCENE_TEST(the_one_with_the_most_time_gives_way),
        SCENE_TEST(the_one_whose_time_has_come_does_not_give_way),
        SCENE_TEST(those_that_hang_keep_their_places_and_the_rest_comes_after_them),
        SCENE_TEST(nothing_that_waits_is_nothing_in_memory),
    };

    scene_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
