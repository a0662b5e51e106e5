/* A terminal comes back with its credential: known or not, logged in or not,
 * the next credential's first use, the renewal of an old one - and what
 * happens when something changes between the look and the write. */
#include "unit/broker/coming.h"

/* --- Known or not ------------------------------------------------------------------ */

static void a_known_terminal_learns_who_is_logged_in_on_it(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = registered_with(scene, "first", false);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    come(scene, &coming);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    assert_int_equal(coming.arrival->device.id, device.id);
    assert_string_equal(coming.arrival->device.code, device.code);
    assert_string_equal(coming.arrival->business.name, "Shop");
    assert_int_equal(coming.arrival->user.id, scene->user);
    assert_string_equal(coming.arrival->next, "");
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

static void an_unknown_credential_is_unknown(void **state)
{
    struct scene *scene = open_scene(false);

    (void)state;
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    (void)registered_with(scene, "first", false);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_UNKNOWN);
    scene_remove(scene);
}

static void a_credential_belongs_to_one_serial_number(void **state)
{
    struct scene *scene = open_scene(false);

    (void)state;
    (void)registered_with(scene, "first", false);
    assert_int_equal(outcome_of(scene, "TW-2", "first"), ARRIVAL_UNKNOWN);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    scene_remove(scene);
}

static void a_removed_terminal_is_unknown(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = registered_with(scene, "first", false);

    (void)state;
    scene_do(scene, device_remove, &device);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    scene_remove(scene);
}

static void on_departed(struct departure *departure, enum fail fail)
{
    *(enum fail *)departure->context = fail;
}

static enum fail depart(struct scene *scene, const struct device *device)
{
    struct departure *departure = departure_new();
    enum fail fail = FAIL_TIMEOUT;

    assert_non_null(departure);
    departure->business = device->business;
    departure->device = device->id;
    departure->done = on_departed;
    departure->context = &fail;
    departure_start(scene->broker, departure);
    departure_free(&departure);
    assert_null(departure);
    return fail;
}

static void after_a_departure_it_is_known_and_logged_out(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = registered_with(scene, "first", false);
    struct device foreign = device;

    (void)state;
    foreign.business = scene->other;
    assert_int_equal(depart(scene, &foreign), FAIL_NOT_FOUND);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    assert_int_equal(depart(scene, &device), FAIL_NONE);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_OUT);
    scene_remove(scene);
}

/* --- The next credential ---------------------------------------------------------- */

static void the_next_credential_retires_the_old_one_when_it_first_arrives(void **state)
{
    struct scene *scene = open_scene(false);

    (void)state;
    (void)registered_with(scene, "first", false);
    (void)registered_with(scene, "second", true);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN); /* still */
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN);
    scene_remove(scene);
}

/* The reader found it as the next one; before the writer's turn another log-in
 * put a third in its place, which the terminal may not hold. */
static void a_next_credential_replaced_in_between_is_not_promoted(void **state)
{
    struct scene *scene = open_scene(true);
    struct coming coming = coming_make("TW-1", "second");
    struct task *answer;

    (void)state;
    (void)registered_with(scene, "first", false);
    (void)registered_with(scene, "second", true);
    come(scene, &coming);
    answer = scene_hold(&scene->loops[0]);
    (void)registered_with(scene, "third", true);
    answer->run(answer);
    scene_run(scene, 0, 1);
    assert_int_equal(coming.outcome, ARRIVAL_UNKNOWN);
    arrival_free(&coming.arrival);
    coming = coming_make("TW-1", "first"); /* holds until the third arrives */
    come(scene, &coming);
    scene_run(scene, 0, 1);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

static void a_log_out_in_between_is_noticed(void **state)
{
    struct scene *scene = open_scene(true);
    struct coming coming = coming_make("TW-1", "second");
    struct device device;
    struct task *answer;

    (void)state;
    (void)registered_with(scene, "first", false);
    device = registered_with(scene, "second", true);
    come(scene, &coming);
    answer = scene_hold(&scene->loops[0]);
    scene_do(scene, device_log_out, &device);
    answer->run(answer);
    scene_run(scene, 0, 1);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_OUT);
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

/* --- Renewal ------------------------------------------------------------------------ */

static void after_thirty_days_a_credential_is_renewed(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    (void)registered_with(scene, "first", false);
    wall_ms += ARRIVAL_RENEW_MS;
    come(scene, &coming);
    assert_string_equal(coming.arrival->next, ""); /* not older than 30 days */
    arrival_free(&coming.arrival);
    wall_ms++;
    coming = coming_make("TW-1", "first");
    come(scene, &coming);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    assert_int_equal(strlen(coming.arrival->next), SECRET_TEXT_SIZE - 1);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", coming.arrival->next), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

static void a_renewal_is_offered_once_in_thirty_days(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming first = coming_make("TW-1", "first");
    struct coming second = coming_make("TW-1", "first");

    (void)state;
    (void)registered_with(scene, "first", false);
    wall_ms += ARRIVAL_RENEW_MS + 1;
    come(scene, &first);
    assert_string_not_equal(first.arrival->next, "");
    come(scene, &second);
    assert_string_equal(second.arrival->next, "");
    arrival_free(&first.arrival);
    arrival_free(&second.arrival);
    scene_remove(scene);
}

static void a_next_credential_that_is_old_is_promoted_and_renewed_at_once(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming coming = coming_make("TW-1", "second");

    (void)state;
    (void)registered_with(scene, "first", false);
    (void)registered_with(scene, "second", true);
    wall_ms += ARRIVAL_RENEW_MS + 1;
    come(scene, &coming);
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_UNKNOWN);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", coming.arrival->next), ARRIVAL_LOGGED_IN);
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

/* --- Looking once more ----------------------------------------------------------------- */

static struct coming again_make(const struct scene *scene, const char *credential, bool by_serial)
{
    struct coming coming = coming_make("TW-1", credential);

    coming.arrival->again = scene->business;
    coming.arrival->by_serial = by_serial;
    return coming;
}

static enum arrival_outcome again_outcome(struct scene *scene, const char *credential,
                                          bool by_serial)
{
    struct coming coming = again_make(scene, credential, by_serial);

    come(scene, &coming);
    assert_int_equal(coming.answers, 1);
    assert_string_equal(coming.arrival->next, "");
    arrival_free(&coming.arrival);
    return coming.outcome;
}

static void looking_once_more_changes_nothing(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = registered_with(scene, "first", false);

    (void)state;
    (void)registered_with(scene, "second", true);
    wall_ms += ARRIVAL_RENEW_MS + 1;
    assert_int_equal(again_outcome(scene, "second", false), ARRIVAL_LOGGED_IN);
    assert_int_equal(again_outcome(scene, "nothing", true), ARRIVAL_LOGGED_IN);
    assert_int_equal(again_outcome(scene, "first", false), ARRIVAL_LOGGED_IN);
    scene_do(scene, device_remove, &device);
    assert_int_equal(again_outcome(scene, "second", false), ARRIVAL_UNKNOWN);
    assert_int_equal(again_outcome(scene, "nothing", true), ARRIVAL_UNKNOWN);
    scene_remove(scene);
}

/* Removed, and registered by whoever has its serial number now. */
static void a_retired_credential_is_not_saved_by_the_serial_number(void **state)
{
    struct scene *scene = open_scene(false);
    struct device device = registered_with(scene, "first", false);

    (void)state;
    scene_do(scene, device_remove, &device);
    (void)registered_with(scene, "other terminal's", false);
    assert_int_equal(again_outcome(scene, "first", false), ARRIVAL_UNKNOWN);
    scene_remove(scene);
}

static void what_was_read_before_a_change_can_be_told(void **state)
{
    struct scene *scene = open_scene(true);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    (void)registered_with(scene, "first", false);
    come(scene, &coming);
    assert_int_equal(coming.arrival->changes, broker_changes(scene->broker));
    atomic_fetch_add(&scene->broker->changes, 1);
    scene_run(scene, 0, 1);
    assert_int_not_equal(coming.arrival->changes, broker_changes(scene->broker));
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

/* --- Trouble ------------------------------------------------------------------------------ */

/* The shop goes on: what it has still holds. */
static void on_a_full_disk_a_due_renewal_is_put_off(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    (void)registered_with(scene, "first", false);
    wall_ms += ARRIVAL_RENEW_MS + 1;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    come(scene, &coming);
    fault_heal();
    assert_int_equal(coming.outcome, ARRIVAL_LOGGED_IN);
    assert_string_equal(coming.arrival->next, "");
    arrival_free(&coming.arrival);
    coming = coming_make("TW-1", "first");
    come(scene, &coming);
    assert_string_not_equal(coming.arrival->next, "");
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

/* Whoever shows the next one has thrown the old one away: it must be stored. */
static void on_a_full_disk_a_next_credential_is_trouble_and_nothing_is_lost(void **state)
{
    struct scene *scene = open_scene(false);

    (void)state;
    (void)registered_with(scene, "first", false);
    (void)registered_with(scene, "second", true);
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_TROUBLE);
    fault_heal();
    assert_int_equal(outcome_of(scene, "TW-1", "first"), ARRIVAL_LOGGED_IN);
    assert_int_equal(outcome_of(scene, "TW-1", "second"), ARRIVAL_LOGGED_IN);
    scene_remove(scene);
}

static void a_stopping_broker_knows_nobody_and_says_so(void **state)
{
    struct scene *scene = open_scene(false);
    struct coming coming = coming_make("TW-1", "first");

    (void)state;
    (void)registered_with(scene, "first", false);
    broker_stop(scene->broker);
    come(scene, &coming);
    assert_int_equal(coming.answers, 0);
    scene_run(scene, 0, 1);
    assert_int_equal(coming.outcome, ARRIVAL_TROUBLE);
    arrival_free(&coming.arrival);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_terminal_learns_who_is_logged_in_on_it),
        cmocka_unit_test(an_unknown_credential_is_unknown),
        cmocka_unit_test(a_credential_belongs_to_one_serial_number),
        cmocka_unit_test(a_removed_terminal_is_unknown),
        cmocka_unit_test(after_a_departure_it_is_known_and_logged_out),
        cmocka_unit_test(the_next_credential_retires_the_old_one_when_it_first_arrives),
        cmocka_unit_test(a_next_credential_replaced_in_between_is_not_promoted),
        cmocka_unit_test(a_log_out_in_between_is_noticed),
        cmocka_unit_test(after_thirty_days_a_credential_is_renewed),
        cmocka_unit_test(a_renewal_is_offered_once_in_thirty_days),
        cmocka_unit_test(a_next_credential_that_is_old_is_promoted_and_renewed_at_once),
        cmocka_unit_test(looking_once_more_changes_nothing),
        cmocka_unit_test(a_retired_credential_is_not_saved_by_the_serial_number),
        cmocka_unit_test(what_was_read_before_a_change_can_be_told),
        cmocka_unit_test(on_a_full_disk_a_due_renewal_is_put_off),
        cmocka_unit_test(on_a_full_disk_a_next_credential_is_trouble_and_nothing_is_lost),
        cmocka_unit_test(a_stopping_broker_knows_nobody_and_says_so),
    };

    id_start();
    fault_install();
    clock_replace(&COMING_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
