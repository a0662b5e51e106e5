/* The courier when the disk is full and when there is no memory: nothing is
 * lost, and nothing is sent twice that was answered once. */
#include "unit/wire/failing_memory.h"

#include "unit/hook/scene.h"

static const char DELIVERED[] = "SELECT count(*) FROM delivery WHERE state = 1";

enum { TROUBLE_MS = 1000, PATIENCE = 12, STEP = 7 };

/* Seconds go by, and everything is answered, until nothing is on its way. */
static void let_it_finish(struct scene *scene)
{
    unsigned i;

    for (i = 0; i < PATIENCE; i++) {
        answer_all(scene, 200);
        loop_advance(scene->loop, TROUBLE_MS);
    }
    assert_int_equal(unanswered(scene), 0);
}

/* A dialogue with every kind of answer: taken, refused, failed. */
static void dialogue(struct scene *scene)
{
    static const int statuses[] = {200, 404, 200, 500};
    unsigned i;

    wake(scene);
    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (i < scene->sent_count && scene->sent[i].post != NULL) {
            answer(scene, i, statuses[i]);
        }
    }
}

/* Everything was delivered, and as many attempts are written down as there were
 * answers: none was forgotten and none was made again. */
static void all_is_well(struct scene *scene)
{
    assert_int_equal(scene_number(scene, DELIVERED), 6);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM delivery_attempt"),
                     scene->sent_count);
}

static void events(struct scene *scene)
{
    (void)pay(scene, 2);
    pay_many(scene, NULL, 4);
}

static void a_full_disk_loses_nothing_and_repeats_nothing(void **state)
{
    bool failed = true;
    int nth;

    (void)state;
    for (nth = 0; failed; nth++) {
        struct scene *scene = scene_make();

        events(scene);
        fault_arm(FAULT_WRITE, FAULT_LOG, nth, SQLITE_FULL);
        dialogue(scene);
        failed = atomic_load(&fault.failed) > 0;
        fault_heal();
        let_it_finish(scene);
        all_is_well(scene);
        scene_remove(scene);
    }
    assert_true(nth > 4);
}

static void an_answer_is_kept_until_the_disk_has_room_and_nothing_goes_before_it(void **state)
{
    struct scene *scene = *state;
    unsigned i;

    pay_many(scene, NULL, 20);
    wake(scene);
    answer(scene, 0, 200);
    assert_int_equal(unanswered(scene), 2);
    fault_arm(FAULT_WRITE, FAULT_LOG, 0, SQLITE_FULL);
    answer(scene, 1, 200);
    answer(scene, 2, 200);
    assert_int_equal(scene->sent_count, 3);
    for (i = 0; i < 10; i++) {
        loop_advance(scene->loop, TROUBLE_MS);
        assert_int_equal(scene->sent_count, 3);
    }
    fault_heal();
    assert_int_equal(scene_number(scene, DELIVERED), 1);
    loop_advance(scene->loop, TROUBLE_MS);
    assert_true(scene_number(scene, DELIVERED) == 3);
    assert_true(scene->sent_count > 3);
    answer_all(scene, 200);
    assert_int_equal(scene->sent_count, 20);
}

/* The store may be past help (a rollback without memory): then the program ends
 * and is started anew. */
static bool restart_when_broken(struct scene *scene)
{
    if (scene->fixture->broken_count == 0) {
        return false;
    }
    courier_end(scene);
    store_close(&scene->fixture->store);
    fixture_open(scene->fixture, false);
    courier_begin(scene);
    return true;
}

/* Every seventh allocation is where it ends, and from there on all of them. */
static void memory_that_fails_loses_nothing_and_repeats_nothing(void **state)
{
    bool failed = true;
    size_t nth;

    (void)state;
    for (nth = 0; failed; nth += STEP) {
        struct scene *scene = scene_make();
        bool restarted;

        events(scene);
        failing_memory_start(nth);
        dialogue(scene);
        failing_memory_stop();
        failed = failing_memory_asked > nth;
        restarted = restart_when_broken(scene);
        let_it_finish(scene);
        if (!restarted) {
            all_is_well(scene);
        }
        assert_int_equal(scene_number(scene, DELIVERED), 6);
        scene_remove(scene);
    }
    assert_true(nth > 10 * STEP);
}

static void a_start_without_memory_is_made_good_later(void **state)
{
    bool failed = true;
    size_t nth;

    (void)state;
    for (nth = 0; failed; nth += STEP) {
        struct scene *scene = scene_make();

        events(scene);
        courier_end(scene);
        courier_make(scene);
        failing_memory_start(nth);
        courier_start(scene->courier);
        loop_advance(scene->loop, 0);
        failing_memory_stop();
        failed = failing_memory_asked > nth;
        let_it_finish(scene);
        all_is_well(scene);
        scene_remove(scene);
    }
    assert_true(nth > 2);
}

static void a_courier_without_memory_is_not_made(void **state)
{
    struct scene *scene = *state;
    struct courier_options options = {.loop = scene->loop, .store = scene->fixture->store};
    struct courier *courier = NULL;
    enum fail fail;

    failing_memory_start(0);
    fail = courier_create(&courier, &options);
    failing_memory_stop();
    assert_int_equal(fail, FAIL_MEMORY);
    assert_null(courier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_loses_nothing_and_repeats_nothing),
        SCENE_TEST(an_answer_is_kept_until_the_disk_has_room_and_nothing_goes_before_it),
        cmocka_unit_test(memory_that_fails_loses_nothing_and_repeats_nothing),
        cmocka_unit_test(a_start_without_memory_is_made_good_later),
        SCENE_TEST(a_courier_without_memory_is_not_made),
    };

    scene_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
