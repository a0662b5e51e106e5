/* A terminal comes back with its credential: known or not, logged in or not,
 * the next credential's first use, the renewal of an old one - and what
 * happens when something changes between the look and the write. */
#include "base/clock.h"
#include "broker/arrival.h"
#include "broker/departure.h"
#include "broker/usage.h"
#include "store/fault_vfs.h"
#include "unit/broker/scene.h"
#include "unit/heard.h"

static const struct port NO_PORT;

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static int64_t wall_ms;

static int64_t wall_now(void *context)
{
    (void)context;
    return wall_ms;
}

/* --- Arrivals ------------------------------------------------------------------ */

struct coming {
    struct arrival *arrival;
    unsigned answers;
    enum arrival_outcome outcome;
};

static void on_done(struct arrival *arrival, enum arrival_outcome outcome)
{
    struct coming *coming = arrival->context;

    coming->answers++;
    coming->outcome = outcome;
}

static struct coming coming_make(const char *serial, const char *credential)
{
    struct coming coming = {.arrival = arrival_new()};

    assert_non_null(coming.arrival);
    coming.arrival->done = on_done;
    coming.arrival->credential = hash_of(credential);
    (void)text_format(coming.arrival->serial, ACCOUNT_SERIAL_SIZE, "%s", serial);
    return coming;
}

static void come(struct scene *scene, struct coming *coming)
{
    coming->arrival->context = coming;
    arrival_start(scene->broker, coming->arrival);
}

/* With a store that answers at once. */
static enum arrival_outcome outcome_of(struct scene *scene, const char *serial,
                                       const char *credential)
{
    struct coming coming = coming_make(serial, credential);
    enum arrival_outcome outcome;

    come(scene, &coming);
    assert_int_equal(coming.answers, 1);
    outcome = coming.outcome;
    arrival_free(&coming.arrival);
    assert_null(coming.arrival);
    return outcome;
}

/* --- The store from the side ----------------------------------------------------- */

struct registering {
    const struct scene *scene;
    const char *credential;
    bool proven;
    struct device device; /* out */
};

static enum fail device_register(struct store_tx *tx, void *argument)
{
    struct registering *registering = argument;
    struct secret_hash hash = hash_of(registering->credential);
    struct store_registration registration = {.business = registering->scene->business,
                                              .serial = "TW-1",
                                              .user = registering->scene->user,
                                              .with_code = true,
                                              .proven = registering->proven,
                                              .credential = &hash,
                                              .now_ms = wall_ms};

    return store_device_register(tx, &registration, &registering->device);
}

static struct device registered_with(struct scene *scene, const char *credential, bool proven)
{
    struct registering registering = {.scene = scene, .credential = credential, .proven = proven};

    scene_do(scene, device_register, &registering);
    return registering.device;
}

static enum fail device_log_out(struct store_tx *tx, void *argument)
{
    const struct device *device = argument;

    return store_device_log_out(tx, device->business, device->id);
}

static enum fail device_remove(struct store_tx *tx, void *argument)
{
    const struct device *device = argument;

    return store_device_remove(tx, device->business, device->id);
}

static struct scene *open_scene(bool threads)
{
    wall_ms = 1000 * (int64_t)DAY_MS;
    return scene_make(&NO_PORT, threads);
}

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
    static const struct clock_source clock = {.wall_ms = wall_now};
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
        cmocka_unit_test(a_rotated_credential_is_renewed_whatever_its_age),
        cmocka_unit_test(of_two_connections_at_once_one_is_given_the_new_credential),
        cmocka_unit_test(a_credential_ends_with_its_life),
        cmocka_unit_test(a_clock_set_back_ends_nothing_and_dates_anew),
        cmocka_unit_test(within_five_minutes_a_clock_set_back_costs_nothing),
        cmocka_unit_test(a_dropped_credential_is_unknown_and_told),
        cmocka_unit_test(a_terminal_that_is_here_is_noted),
        cmocka_unit_test(looking_once_more_changes_nothing),
        cmocka_unit_test(a_retired_credential_is_not_saved_by_the_serial_number),
        cmocka_unit_test(what_was_read_before_a_change_can_be_told),
        cmocka_unit_test(on_a_full_disk_a_due_renewal_is_put_off),
        cmocka_unit_test(on_a_full_disk_a_next_credential_is_trouble_and_nothing_is_lost),
        cmocka_unit_test(a_stopping_broker_knows_nobody_and_says_so),
    };

    id_start();
    fault_install();
    clock_replace(&clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
