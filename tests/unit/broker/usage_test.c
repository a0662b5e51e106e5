/* Last use: noted at once, written by a job once a minute, and never lost by
 * more than that. */
#include "base/clock.h"
#include "broker/usage.h"
#include "store/fault_vfs.h"
#include "unit/broker/scene.h"

enum { MINUTE_MS = 60 * 1000, WALL_START_MS = 100 * MINUTE_MS + 7 };

static const struct port NO_PORT;
static int64_t now_ms;

static int64_t wall_now(void *context)
{
    (void)context;
    return WALL_START_MS + now_ms;
}

static int64_t monotonic_now(void *context)
{
    (void)context;
    return now_ms * 1000000;
}

/* --- The scene ------------------------------------------------------------- */

struct things {
    int64_t token;
    struct device device;
};

struct adding {
    struct scene *scene;
    struct things things;
};

static enum fail things_add(struct store_tx *tx, void *argument)
{
    struct adding *adding = argument;
    struct store_token_new token = {
        .business = adding->scene->business, .name = "till", .hash = hash_of("till"), .now_ms = 1};

    adding->things.device = device_add(tx, adding->scene->business, "TW-1", "one");
    return store_token_add(tx, &token, &adding->things.token);
}

static struct scene *open_scene(bool threads, struct things *things)
{
    struct adding adding = {0};
    struct scene *scene;

    now_ms = 0;
    scene = scene_make(&NO_PORT, threads);
    adding.scene = scene;
    scene_do(scene, things_add, &adding);
    *things = adding.things;
    return scene;
}

static int64_t used_ms(const struct scene *scene)
{
    return fixture_number(scene->fixture, "SELECT coalesce(used_ms, 0) FROM token");
}

static int64_t seen_ms(const struct scene *scene)
{
    return fixture_number(scene->fixture, "SELECT seen_ms FROM device");
}

static int64_t moment_ms(const struct scene *scene)
{
    return fixture_number(scene->fixture, "SELECT coalesce(max(wall_ms), 0) FROM moment");
}

/* --- When it is written ------------------------------------------------------ */

static void notes_are_written_with_the_first_note_a_minute_later(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);

    (void)state;
    usage_token(scene->broker, 0, scene->business, things.token);
    usage_device(scene->broker, 1, scene->business, things.device.id);
    now_ms = MINUTE_MS - 1;
    usage_token(scene->broker, 0, scene->business, things.token);
    assert_int_equal(used_ms(scene), 0);
    assert_int_equal(moment_ms(scene), 0);
    now_ms = MINUTE_MS;
    usage_token(scene->broker, 2, scene->business, things.token);
    assert_int_equal(used_ms(scene), 101 * MINUTE_MS); /* the latest, to the minute */
    assert_int_equal(seen_ms(scene), 100 * MINUTE_MS);
    assert_int_equal(moment_ms(scene), WALL_START_MS + MINUTE_MS);
    now_ms = 2 * MINUTE_MS - 1;
    usage_device(scene->broker, 0, scene->business, things.device.id);
    assert_int_equal(seen_ms(scene), 100 * MINUTE_MS);
    now_ms = 2 * MINUTE_MS;
    usage_tick(scene->broker, 0);
    assert_int_equal(seen_ms(scene), 102 * MINUTE_MS);
    scene_remove(scene);
}

static void a_tick_without_notes_writes_nothing(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);
    uint64_t commits = store_counters(scene->store).commits;

    (void)state;
    now_ms = 5 * MINUTE_MS;
    usage_tick(scene->broker, 0);
    WORKS(usage_write(scene->broker));
    assert_int_equal(store_counters(scene->store).commits, commits);
    scene_remove(scene);
}

static void the_administrator_sees_what_is_noted_now(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);

    (void)state;
    usage_token(scene->broker, 0, scene->business, things.token);
    WORKS(usage_write(scene->broker));
    assert_int_equal(used_ms(scene), 100 * MINUTE_MS);
    scene_remove(scene);
}

static void at_the_end_all_is_written_and_the_moment_of_it(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);

    (void)state;
    now_ms = 3 * MINUTE_MS;
    broker_stop(scene->broker);
    usage_token(scene->broker, 0, scene->business, things.token); /* no job any more */
    assert_int_equal(used_ms(scene), 0);
    WORKS(usage_write(scene->broker));
    assert_int_equal(used_ms(scene), 103 * MINUTE_MS);
    now_ms++;
    WORKS(usage_write(scene->broker));
    assert_int_equal(moment_ms(scene), WALL_START_MS + now_ms);
    scene_remove(scene);
}

/* One job at a time: the second note waits until it is back. */
static void while_a_job_is_under_way_notes_are_gathered(void **state)
{
    struct things things;
    struct scene *scene = open_scene(true, &things);
    struct task *answer;

    (void)state;
    now_ms = MINUTE_MS;
    usage_token(scene->broker, 0, scene->business, things.token);
    answer = scene_hold(&scene->loops[0]);
    now_ms = 3 * MINUTE_MS;
    usage_token(scene->broker, 1, scene->business, things.token);
    assert_true(list_is_empty(&scene->loops[1].tasks));
    answer->run(answer);
    usage_tick(scene->broker, 2);
    scene_run(scene, 2, 1);
    assert_int_equal(used_ms(scene), 103 * MINUTE_MS);
    scene_remove(scene);
}

/* --- What does not fit --------------------------------------------------------- */

static enum fail token_remove(struct store_tx *tx, void *argument)
{
    const struct adding *adding = argument;

    return store_token_remove(tx, adding->scene->business, adding->things.token);
}

static void a_token_that_was_removed_meanwhile_keeps_nobody_from_being_noted(void **state)
{
    struct adding adding = {0};

    (void)state;
    adding.scene = open_scene(false, &adding.things);
    usage_token(adding.scene->broker, 0, adding.scene->business, adding.things.token);
    usage_device(adding.scene->broker, 0, adding.scene->business, adding.things.device.id);
    scene_do(adding.scene, token_remove, &adding);
    WORKS(usage_write(adding.scene->broker));
    assert_int_equal(seen_ms(adding.scene), 100 * MINUTE_MS);
    scene_remove(adding.scene);
}

static void on_a_full_disk_the_notes_are_lost_and_the_next_are_written(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);

    (void)state;
    now_ms = MINUTE_MS;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    usage_token(scene->broker, 0, scene->business, things.token);
    fault_heal();
    assert_int_equal(used_ms(scene), 0);
    now_ms = 2 * MINUTE_MS;
    usage_token(scene->broker, 0, scene->business, things.token);
    assert_int_equal(used_ms(scene), 102 * MINUTE_MS);
    scene_remove(scene);
}

static void more_than_the_limit_is_lost_and_does_no_harm(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);
    int64_t i;

    (void)state;
    usage_token(scene->broker, 0, scene->business, things.token);
    for (i = 0; i < USAGE_NOTES_MAX; i++) { /* one too many */
        usage_token(scene->broker, 0, scene->business, 1000 + i);
    }
    WORKS(usage_write(scene->broker));
    assert_int_equal(used_ms(scene), 100 * MINUTE_MS);
    usage_token(scene->broker, 0, scene->business, things.token); /* there is room again */
    now_ms = MINUTE_MS;
    WORKS(usage_write(scene->broker));
    scene_remove(scene);
}

/* What is noted and never written is freed with the broker (address sanitizer). */
static void a_broker_may_end_with_notes(void **state)
{
    struct things things;
    struct scene *scene = open_scene(false, &things);

    (void)state;
    usage_device(scene->broker, 0, scene->business, things.device.id);
    scene_remove(scene);
}

int main(void)
{
    static const struct clock_source clock = {.wall_ms = wall_now, .monotonic_ns = monotonic_now};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_written_with_the_first_note_a_minute_later),
        cmocka_unit_test(a_tick_without_notes_writes_nothing),
        cmocka_unit_test(the_administrator_sees_what_is_noted_now),
        cmocka_unit_test(at_the_end_all_is_written_and_the_moment_of_it),
        cmocka_unit_test(while_a_job_is_under_way_notes_are_gathered),
        cmocka_unit_test(a_token_that_was_removed_meanwhile_keeps_nobody_from_being_noted),
        cmocka_unit_test(on_a_full_disk_the_notes_are_lost_and_the_next_are_written),
        cmocka_unit_test(more_than_the_limit_is_lost_and_does_no_harm),
        cmocka_unit_test(a_broker_may_end_with_notes),
    };

    id_start();
    fault_install();
    clock_replace(&clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
