/* The life of a credential: rotated, ended, dropped, and clocks that jump. */
#include "unit/broker/coming.h"

static enum fail device_renew(struct store_tx *tx, void *argument)
{
    const struct device *device = argument;

    return store_device_renew(tx, device->business, device->id);
}

static void a_rotated_credential_is_renewed_whatever_its_age(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = registered_with(scene, "first", false);
    struct coming coming = coming_make("TW-1", "first");
    struct coming again = coming_make("TW-1", "first");

    (void)state;
    scene_do(scene, device_renew, &device);
    come(scene, &coming);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    assert_int_equal(strlen(coming.arrival->next), SECRET_TEXT_SIZE - 1);
    come(scene, &again); /* the first one holds, and once is enough */
    assert_int_equal(again.outcome, ARRIVAL_LOGGED_IN);
    assert_string_equal(again.arrival->next, "");
    assert_int_equal(outcome_of(scene, "TW-1", coming.arrival->next), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    arrival_free(&coming.arrival);
    arrival_free(&again.arrival);
    scene_remove(scene);
}

/* Both were looked up before either was written. */
static void of_two_connections_at_once_one_is_given_the_new_credential(void **state)
{
    struct scene *scene = open_scene(true);
    struct device device = registered_with(scene, "first", false);
    struct coming one = coming_make("TW-1", "first");
    struct coming two = coming_make("TW-1", "first");
    struct task *answers[2];

    (void)state;
    scene_do(scene, device_renew, &device);
    come(scene, &one);
    answers[0] = scene_hold(&scene->loops[0]);
    come(scene, &two);
    answers[1] = scene_hold(&scene->loops[0]);
    answers[0]->run(answers[0]);
    answers[1]->run(answers[1]);
    scene_run(scene, 0, 2);
    assert_int_equal(one.outcome, ARRIVAL_LOGGED_IN);
    assert_int_equal(two.outcome, ARRIVAL_LOGGED_IN);
    assert_string_not_equal(one.arrival->next, "");
    assert_string_equal(two.arrival->next, "");
    arrival_free(&one.arrival);
    arrival_free(&two.arrival);
    scene_remove(scene);
}

/* --- The end of a credential, and clocks that jump ----------------------------------- */

static void a_credential_ends_with_its_life(void **state)
{
    struct scene *scene = open_scene(false);
    struct heard heard;

    (void)state;
    scene->broker->credential_life_ms = DAY_MS;
    (void)registered_with(scene, "first", false);
    wall_ms += DAY_MS;
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    wall_ms++;
    heard_begin(&heard);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "event=device.credential_expired business=1 code="), 1);
    assert_int_equal(heard_count(&heard, "event=device.conflict"), 0);
    (void)registered_with(scene, "second", false);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN);
    scene->broker->credential_life_ms = 0;
    wall_ms += 10000 * (int64_t)DAY_MS;
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN); /* for ever */
    scene_remove(scene);
}

static void a_clock_set_back_ends_nothing_and_dates_anew(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    scene->broker->credential_life_ms = DAY_MS;
    (void)registered_with(scene, "first", false);
    wall_ms -= ARRIVAL_AHEAD_MS;
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    wall_ms -= 500 * (int64_t)DAY_MS;
    come(scene, &coming);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    assert_string_not_equal(coming.arrival->next, "");
    assert_int_equal(outcome_of(scene, "TW-1", coming.arrival->next), ARRIVAL_LOGGED_IN);
    arrival_free(&coming.arrival);
    assert_int_equal(fixture_number(scene->fixture, "SELECT credential_ms FROM device"), wall_ms);
    scene_remove(scene);
}

static void within_five_minutes_a_clock_set_back_costs_nothing(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    (void)registered_with(scene, "first", false);
    wall_ms -= ARRIVAL_AHEAD_MS;
    come(scene, &coming);
    assert_string_equal(coming.arrival->next, "");
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

/* --- Credentials that were dropped ------------------------------------------------------ */

static void a_dropped_credential_is_unknown_and_told(void **state)
{
    struct scene *scene = open_scene(false);
    struct heard heard;
    struct device device;

    (void)state;
    (void)registered_with(scene, "first", false);
    device = registered_with(scene, "second", true);
    heard_begin(&heard);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", "never given"), ARRIVAL_UNKNOWN);
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM audit"
                                                    " WHERE action = 'device.conflict'"),
                     0);
    /* Also with another serial number: the copy may have got one of its own. */
    assert_int_equal(outcome_of(scene, "TW-2", "first"), ARRIVAL_UNKNOWN);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN); /* once a minute */
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "event=device.conflict"), 1);
    assert_non_null(strstr(heard.text, device.code));
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM audit"
                                                    " WHERE action = 'device.conflict'"),
                     1);
    scene_remove(scene);
}

static void a_terminal_that_is_here_is_noted(void **state)
{
    struct scene *scene = open_scene(false);

    (void)state;
    (void)registered_with(scene, "first", false);
    wall_ms += 3 * 60000 + 5;
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    WORKS(usage_write(scene->broker));
    assert_int_equal(fixture_number(scene->fixture, "SELECT seen_ms FROM device"),
                     wall_ms / 60000 * 60000);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rotated_credential_is_renewed_whatever_its_age),
        cmocka_unit_test(of_two_connections_at_once_one_is_given_the_new_credential),
        cmocka_unit_test(a_credential_ends_with_its_life),
        cmocka_unit_test(a_clock_set_back_ends_nothing_and_dates_anew),
        cmocka_unit_test(within_five_minutes_a_clock_set_back_costs_nothing),
        cmocka_unit_test(a_dropped_credential_is_unknown_and_told),
        cmocka_unit_test(a_terminal_that_is_here_is_noted),
    };

    id_start();
    fault_install();
    clock_replace(&COMING_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
