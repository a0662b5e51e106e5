/* Two terminals that claim to be one: when it is told, where, and how often. */
#include "base/clock.h"
#include "broker/conflict.h"
#include "store/fault_vfs.h"
#include "unit/broker/scene.h"
#include "unit/heard.h"

enum { MINUTE_MS = 60 * 1000 };

static const struct port NO_PORT;
static int64_t now_ms;

static int64_t wall_now(void *context)
{
    (void)context;
    return 5000 + now_ms;
}

static int64_t monotonic_now(void *context)
{
    (void)context;
    return now_ms * 1000000;
}

static struct scene *open_scene(bool threads)
{
    now_ms = 10 * (int64_t)MINUTE_MS;
    return scene_make(&NO_PORT, threads);
}

static int64_t audited(const struct scene *scene)
{
    return fixture_number(scene->fixture,
                          "SELECT count(*) FROM audit WHERE action = 'device.conflict'");
}

static struct device device_of(const struct scene *scene, int64_t id)
{
    return (struct device){
        .id = id, .business = scene->business, .code = "JSV5", .has_credential = true};
}

static void a_dropped_credential_is_told_once_a_minute_for_a_device(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = device_of(scene, 7);
    struct device other = device_of(scene, 8);
    uint64_t before = counter_read(&conflict_old_credentials);
    struct heard heard;

    (void)state;
    heard_begin(&heard);
    conflict_old_credential(scene->broker, 0, &device);
    conflict_old_credential(scene->broker, 1, &device);
    now_ms += MINUTE_MS - 1;
    conflict_old_credential(scene->broker, 0, &device);
    conflict_old_credential(scene->broker, 0, &other);
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "event=device.conflict"), 2);
    assert_int_equal(heard_count(&heard, "business=1 code=JSV5 why=dropped"), 2);
    assert_int_equal(audited(scene), 2);
    now_ms++;
    device.has_credential = false;
    heard_begin(&heard);
    conflict_old_credential(scene->broker, 0, &device);
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "why=retired"), 1);
    assert_int_equal(audited(scene), 3);
    assert_int_equal(counter_read(&conflict_old_credentials), before + 3);
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM audit WHERE business = 1"
                                                    " AND actor = 'tillwire' AND at_ms > 5000"
                                                    " AND subject = 'device JSV5'"),
                     3);
    scene_remove(scene);
}

static void the_third_replacement_within_a_minute_is_told(void **state)
{
    struct scene *scene = open_scene(false);
    struct presence presence = {.device = 7, .business = scene->business, .code = "JSV5"};
    struct presence other = {.device = 8, .business = scene->business, .code = "K3MT"};
    uint64_t before = counter_read(&conflict_replacements);
    struct heard heard;
    int i;

    (void)state;
    heard_begin(&heard);
    conflict_replaced(scene->broker, &presence);
    conflict_replaced(scene->broker, &presence);
    conflict_replaced(scene->broker, &other);
    assert_int_equal(audited(scene), 0);
    now_ms += MINUTE_MS - 1;
    conflict_replaced(scene->broker, &presence);
    assert_int_equal(audited(scene), 1);
    for (i = 0; i < 5; i++) {
        conflict_replaced(scene->broker, &presence);
    }
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "code=JSV5 why=replaced"), 1);
    assert_int_equal(counter_read(&conflict_replacements), before + 1);
    scene_remove(scene);
}

static void replacements_over_a_longer_time_are_everyday_life(void **state)
{
    struct scene *scene = open_scene(false);
    struct presence presence = {.device = 7, .business = scene->business, .code = "JSV5"};
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        conflict_replaced(scene->broker, &presence);
        now_ms += MINUTE_MS / 2;
    }
    assert_int_equal(audited(scene), 0);
    scene_remove(scene);
}

static void both_kinds_together_are_told_once_a_minute(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = device_of(scene, 7);
    struct presence presence = {.device = 7, .business = scene->business, .code = "JSV5"};
    struct heard heard;
    int i;

    (void)state;
    heard_begin(&heard);
    conflict_old_credential(scene->broker, 0, &device);
    for (i = 0; i < 3; i++) {
        conflict_replaced(scene->broker, &presence);
    }
    (void)heard_end(&heard);
    assert_int_equal(audited(scene), 1);
    scene_remove(scene);
}

/* A flood of other devices makes it forget, not grow. */
static void past_the_limit_all_are_forgotten(void **state)
{
    struct scene *scene = open_scene(false);
    struct presence presence = {.device = 7, .business = scene->business, .code = "JSV5"};
    struct heard heard;
    int64_t i;

    (void)state;
    heard_begin(&heard);
    conflict_replaced(scene->broker, &presence);
    conflict_replaced(scene->broker, &presence);
    for (i = 0; i < CONFLICT_DEVICES_MAX; i++) {
        struct presence other = {.device = 100 + i, .business = scene->business};

        conflict_replaced(scene->broker, &other);
    }
    conflict_replaced(scene->broker, &presence);
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "event="), 0);
    scene_remove(scene);
}

static void a_full_disk_and_a_stopping_broker_lose_the_audit_and_no_memory(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = device_of(scene, 7);
    struct heard heard;

    (void)state;
    heard_begin(&heard);
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    conflict_old_credential(scene->broker, 0, &device);
    fault_heal();
    broker_stop(scene->broker);
    now_ms += MINUTE_MS;
    conflict_old_credential(scene->broker, 2, &device);
    scene_run(scene, 2, 1);
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "event=device.conflict"), 2);
    assert_int_equal(audited(scene), 0);
    scene_remove(scene);
}

int main(void)
{
    static const struct clock_source clock = {.wall_ms = wall_now, .monotonic_ns = monotonic_now};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dropped_credential_is_told_once_a_minute_for_a_device),
        cmocka_unit_test(the_third_replacement_within_a_minute_is_told),
        cmocka_unit_test(replacements_over_a_longer_time_are_everyday_life),
        cmocka_unit_test(both_kinds_together_are_told_once_a_minute),
        cmocka_unit_test(past_the_limit_all_are_forgotten),
        cmocka_unit_test(a_full_disk_and_a_stopping_broker_lose_the_audit_and_no_memory),
    };

    id_start();
    fault_install();
    clock_replace(&clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
