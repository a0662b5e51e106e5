/* Guessing: what is counted, what is not looked at any more, and that unknown
 * and wrong cannot be told apart. */
#include "base/log.h"
#include "store/fault_vfs.h"
#include "unit/broker/attempt.h"
#include "unit/broker/moving_clock.h"

/* --- In place of base/password's: the same answers, cheap, and counted ---------------- */

static struct {
    unsigned checks;
    unsigned of_nobody;
} passwords;

bool password_matches(const char *hash, struct slice password)
{
    static char nobody[PASSWORD_HASH_SIZE];
    bool matches;

    if (nobody[0] == '\0') {
        cheap_password_hash("nobody's password", nobody);
    }
    passwords.checks++;
    passwords.of_nobody += hash == NULL;
    matches = crypto_pwhash_argon2id_str_verify(hash == NULL ? nobody : hash, password.bytes,
                                                password.length) == 0;
    return hash != NULL && matches;
}

static struct scene *scene;

static int setup(void **state)
{
    (void)state;
    moving_clock_start();
    passwords.checks = 0;
    passwords.of_nobody = 0;
    scene = scene_make(&NO_PORT, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scene_remove(scene);
    moving_clock_stop();
    return 0;
}

static struct attempt from(struct attempt attempt, const char *address)
{
    assert_true(address_read(slice_of(address), &attempt.log_in->address));
    return attempt;
}

/* To its end, where it may be refused at once; what remains to be waited. */
static enum log_in_outcome end_of(struct attempt attempt, int64_t *wait_ms)
{
    start(scene, &attempt);
    if (attempt.answers == 0) {
        scene_run(scene, 0, 1);
    }
    assert_int_equal(attempt.answers, 1);
    assert_string_equal(attempt.log_in->password, ""); /* wiped */
    assert_string_equal(attempt.log_in->pin, "");
    *wait_ms = attempt.log_in->wait_ms;
    log_in_free(&attempt.log_in);
    return attempt.outcome;
}

static enum log_in_outcome try(struct attempt attempt)
{
    int64_t wait_ms;

    return end_of(attempt, &wait_ms);
}

static void guess(const char *email, const char *address, unsigned times)
{
    while (times-- > 0) {
        assert_int_equal(try(from(by_password("TW-1", email, "wrong horse"), address)),
                         LOG_IN_WRONG);
    }
}

/* --- Passwords ---------------------------------------------------------------------------- */

static void after_five_wrong_passwords_not_even_the_right_one_is_looked_at(void **state)
{
    int64_t wait_ms;

    (void)state;
    guess(SCENE_EMAIL, "192.0.2.1", 5);
    assert_int_equal(passwords.checks, 5);
    assert_int_equal(
        end_of(from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.2"), &wait_ms),
        LOG_IN_LOCKED);
    assert_int_equal(wait_ms, 1000);
    assert_int_equal(passwords.checks, 5);
    moving_clock_ms += 1000;
    assert_int_equal(try(from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.2")),
                     LOG_IN_DONE);
    guess(SCENE_EMAIL, "192.0.2.2", 4); /* the count of the user is cleared */
}

static void a_stranger_does_not_lock_out_the_shops_terminals(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");
    struct attempt proven;
    struct attempt strange;

    (void)state;
    guess(SCENE_EMAIL, "192.0.2.1", 5);
    proven = from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1");
    prove(&proven, &terminal.device);
    assert_int_equal(try(proven), LOG_IN_DONE);
    strange = from(by_password("TW-2", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1");
    assert_int_equal(try(strange), LOG_IN_LOCKED);
}

static void a_proven_terminal_is_counted_too(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");
    unsigned i;

    (void)state;
    for (i = 0; i < 6; i++) {
        struct attempt attempt = by_password("TW-1", SCENE_EMAIL, "wrong horse");

        prove(&attempt, &terminal.device);
        assert_int_equal(try(attempt), i < 5 ? LOG_IN_WRONG : LOG_IN_LOCKED);
    }
}

/* Runs the loop until it has nothing to do. */
static void run_all(void)
{
    while (!list_is_empty(&scene->loops[0].tasks)) {
        scene_run(scene, 0, 1);
    }
}

static void guesses_at_once_are_five(void **state)
{
    struct attempt attempts[60];
    unsigned outcomes[LOG_IN_OUTCOMES] = {0};
    unsigned i;

    (void)state;
    for (i = 0; i < 60; i++) {
        attempts[i] = from(by_password("TW-1", SCENE_EMAIL, "wrong horse"), "127.0.0.1");
        start(scene, &attempts[i]);
        assert_int_equal(attempts[i].answers, 0);
    }
    assert_int_equal(passwords.checks, 5);
    run_all();
    assert_int_equal(passwords.checks, 5);
    for (i = 0; i < 60; i++) {
        assert_int_equal(attempts[i].answers, 1);
        outcomes[attempts[i].outcome]++;
        log_in_free(&attempts[i].log_in);
    }
    assert_int_equal(outcomes[LOG_IN_WRONG], 5);
    assert_int_equal(outcomes[LOG_IN_LOCKED], 55);
    assert_int_equal(atomic_load(&scene->broker->strangers_checked), 0);
}

/* A shop sets up all its terminals, with one user. */
static void right_passwords_at_once_all_log_in(void **state)
{
    struct attempt attempts[40];
    char serial[16];
    unsigned i;

    (void)state;
    for (i = 0; i < 40; i++) {
        (void)text_format(serial, sizeof(serial), "TW-%u", i);
        attempts[i] = from(by_password(serial, SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1");
        start(scene, &attempts[i]);
    }
    assert_int_equal(passwords.checks, 5);
    run_all();
    for (i = 0; i < 40; i++) {
        assert_int_equal(attempts[i].answers, 1);
        assert_int_equal(attempts[i].outcome, LOG_IN_DONE);
        log_in_free(&attempts[i].log_in);
    }
    assert_int_equal(lockout_table_count(&scene->broker->lockouts), 0);
}

static void at_the_end_nobody_waits_for_a_turn(void **state)
{
    struct attempt attempts[40];
    unsigned i;

    (void)state;
    for (i = 0; i < 40; i++) {
        attempts[i] = from(by_password("TW-1", SCENE_EMAIL, "wrong horse"), "127.0.0.1");
        start(scene, &attempts[i]);
    }
    broker_stop(scene->broker);
    scene_run(scene, 0, 5);  /* the five that were looked at */
    scene_run(scene, 0, 35); /* and at once all the others */
    assert_true(list_is_empty(&scene->loops[0].tasks));
    for (i = 0; i < 40; i++) {
        assert_int_equal(attempts[i].answers, 1);
        assert_int_equal(attempts[i].outcome, i < 5 ? LOG_IN_WRONG : LOG_IN_TROUBLE);
        log_in_free(&attempts[i].log_in);
    }
}

/* All that somebody outside could tell two e-mails by, and all the work. */
struct traces {
    enum log_in_outcome outcomes[12];
    int64_t waits_ms[12];
    unsigned checks;
    size_t keys;
    uint64_t commits;
    uint64_t jobs;
};

static void traces_of(const char *email, struct traces *out)
{
    struct store_counters before = store_counters(scene->store);
    struct store_counters after;
    size_t keys = lockout_table_count(&scene->broker->lockouts);
    unsigned checks = passwords.checks;
    unsigned i;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < 12; i++) {
        out->outcomes[i] =
            end_of(from(by_password("TW-1", email, "wrong horse"), "127.0.0.1"), &out->waits_ms[i]);
        moving_clock_ms += i % 2 == 0 ? 500 : 3000;
    }
    after = store_counters(scene->store);
    out->checks = passwords.checks - checks;
    out->keys = lockout_table_count(&scene->broker->lockouts) - keys;
    out->commits = after.commits - before.commits;
    out->jobs = after.jobs - before.jobs;
}

static void unknown_and_wrong_leave_the_same_traces(void **state)
{
    struct traces wrong;
    struct traces unknown;

    (void)state;
    traces_of(SCENE_EMAIL, &wrong);
    assert_int_equal(passwords.of_nobody, 0);
    traces_of("nobody@example.com", &unknown);
    assert_int_equal(passwords.of_nobody, unknown.checks);
    assert_memory_equal(&wrong, &unknown, sizeof(wrong));
    assert_int_equal(wrong.outcomes[0], LOG_IN_WRONG);
    assert_int_equal(wrong.outcomes[5], LOG_IN_LOCKED);
    assert_in_range(wrong.checks, 6, 9);
}

/* --- Places in the pool ------------------------------------------------------------------------
 */

static void strangers_leave_places_for_terminals_that_are_known(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");
    struct attempt strangers[LOG_IN_STRANGERS_MAX];
    struct attempt one_more = from(by_password("TW-X", SCENE_EMAIL, SCENE_PASSWORD), "127.0.0.1");
    struct attempt known = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    char email[64];
    unsigned i;

    (void)state;
    for (i = 0; i < LOG_IN_STRANGERS_MAX; i++) {
        (void)text_format(email, sizeof(email), "user%u@example.com", i);
        strangers[i] = from(by_password("TW-2", email, "wrong horse"), "127.0.0.1");
        start(scene, &strangers[i]);
        assert_int_equal(strangers[i].answers, 0);
    }
    assert_int_equal(try(one_more), LOG_IN_BUSY);
    prove(&known, &terminal.device);
    start(scene, &known);
    assert_int_equal(known.answers, 0);
    scene_run(scene, 0, LOG_IN_STRANGERS_MAX + 1);
    assert_int_equal(known.outcome, LOG_IN_DONE);
    for (i = 0; i < LOG_IN_STRANGERS_MAX; i++) {
        assert_int_equal(strangers[i].outcome, LOG_IN_WRONG);
        log_in_free(&strangers[i].log_in);
    }
    log_in_free(&known.log_in);
    assert_int_equal(atomic_load(&scene->broker->strangers_checked), 0);
    one_more = from(by_password("TW-X", SCENE_EMAIL, SCENE_PASSWORD), "127.0.0.1");
    assert_int_equal(try(one_more), LOG_IN_DONE);
}

static void who_was_told_to_come_again_has_not_tried(void **state)
{
    struct attempt attempt;
    unsigned i;

    (void)state;
    atomic_store(&scene->broker->strangers_checked, LOG_IN_STRANGERS_MAX);
    for (i = 0; i < 20; i++) {
        attempt = from(by_password("TW-1", SCENE_EMAIL, "wrong horse"), "192.0.2.1");
        assert_int_equal(try(attempt), LOG_IN_BUSY);
    }
    assert_int_equal(lockout_table_count(&scene->broker->lockouts), 0);
    atomic_store(&scene->broker->strangers_checked, 0);
    guess(SCENE_EMAIL, "192.0.2.1", 5);
}

static void without_an_entry_left_nothing_is_tried(void **state)
{
    (void)state;
    lockout_table_finish(&scene->broker->lockouts);
    lockout_table_init(&scene->broker->lockouts, 0);
    assert_int_equal(try(from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1")),
                     LOG_IN_BUSY);
    assert_int_equal(passwords.checks, 0);
}

static void trouble_of_the_store_counts_for_nobody(void **state)
{
    (void)state;
    guess(SCENE_EMAIL, "192.0.2.1", 4);
    broker_stop(scene->broker);
    assert_int_equal(try(from(by_password("TW-1", SCENE_EMAIL, "wrong horse"), "192.0.2.1")),
                     LOG_IN_TROUBLE);
    atomic_store(&scene->broker->stopping, false);
    guess(SCENE_EMAIL, "192.0.2.1", 1);
    assert_int_equal(try(from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1")),
                     LOG_IN_LOCKED);
}

/* --- PINs ---------------------------------------------------------------------------------------
 */

static void guess_pins(const struct device *device, unsigned times)
{
    while (times-- > 0) {
        assert_int_equal(try(by_pin("TW-1", "9999", device)), LOG_IN_WRONG);
    }
}

static void five_wrong_pins_lock_the_terminal_until_a_password(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");
    uint64_t locks = counter_read(&log_in_pin_locks);
    struct attempt attempt;

    (void)state;
    guess_pins(&terminal.device, 4);
    assert_int_equal(try(by_pin("TW-1", "9999", &terminal.device)), LOG_IN_PIN_LOCKED);
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_PIN_LOCKED);
    moving_clock_ms += INT64_C(1000) * 24 * 3600 * 1000; /* for good */
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_PIN_LOCKED);
    assert_int_equal(counter_read(&log_in_pin_locks) - locks, 1);
    assert_int_equal(fixture_number(scene->fixture,
                                    "SELECT count(*) FROM audit WHERE action = 'terminal.pin_lock'"
                                    " AND subject = 'terminal TW-1' AND actor = 'tillwire'"),
                     1);
    attempt = by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD);
    prove(&attempt, &terminal.device);
    assert_int_equal(try(attempt), LOG_IN_DONE);
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_DONE);
}

static void a_right_pin_begins_the_count_anew(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");

    (void)state;
    guess_pins(&terminal.device, 4);
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_DONE);
    guess_pins(&terminal.device, 4);
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_DONE);
}

static void wrong_pins_are_of_one_terminal(void **state)
{
    struct registered one = registered_as(scene, "TW-1");
    struct registered two = registered_as(scene, "TW-2");

    (void)state;
    guess_pins(&one.device, 4);
    assert_int_equal(try(by_pin("TW-2", "9999", &two.device)), LOG_IN_WRONG);
    assert_int_equal(try(by_pin("TW-2", SCENE_PIN, &two.device)), LOG_IN_DONE);
    assert_int_equal(try(by_pin("TW-1", "9999", &one.device)), LOG_IN_PIN_LOCKED);
}

static void wrong_pins_are_counted_over_a_restart(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");

    (void)state;
    guess_pins(&terminal.device, 4);
    broker_destroy(&scene->broker);
    store_close(&scene->fixture->store);
    fixture_open(scene->fixture, false);
    scene->store = scene->fixture->store;
    scene_broker(scene, &NO_PORT);
    assert_int_equal(try(by_pin("TW-1", "9999", &terminal.device)), LOG_IN_PIN_LOCKED);
}

/* Nobody learns from a full disk whether a PIN was right. */
static void a_pin_that_cannot_be_counted_is_not_answered(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");

    (void)state;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    assert_int_equal(try(by_pin("TW-1", "9999", &terminal.device)), LOG_IN_TROUBLE);
    fault_heal();
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_TROUBLE);
    fault_heal();
    guess_pins(&terminal.device, 4);
}

static enum fail device_remove(struct store_tx *tx, void *argument)
{
    return store_device_remove(tx, scene->business, *(const int64_t *)argument);
}

static void a_pin_on_a_terminal_that_was_removed_is_wrong(void **state)
{
    struct registered terminal = registered_as(scene, "TW-1");

    (void)state;
    scene_do(scene, device_remove, &terminal.device.id);
    assert_int_equal(try(by_pin("TW-1", SCENE_PIN, &terminal.device)), LOG_IN_WRONG);
}

/* The credential that was shown is of another row than the serial number. */
static void a_pin_is_of_the_terminal_that_was_proven(void **state)
{
    struct registered one = registered_as(scene, "TW-1");

    (void)state;
    (void)registered_as(scene, "TW-2");
    assert_int_equal(try(by_pin("TW-2", SCENE_PIN, &one.device)), LOG_IN_WRONG);
}

/* --- Counters
 * -------------------------------------------------------------------------------------- */

static void each_log_in_is_counted_by_its_outcome(void **state)
{
    uint64_t before[LOG_IN_OUTCOMES];
    unsigned i;

    (void)state;
    for (i = 0; i < LOG_IN_OUTCOMES; i++) {
        before[i] = counter_read(&log_in_counters[i]);
    }
    guess(SCENE_EMAIL, "192.0.2.1", 5);
    (void)try(from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1"));
    moving_clock_ms += 1000;
    (void)try(from(by_password("TW-1", SCENE_EMAIL, SCENE_PASSWORD), "192.0.2.1"));
    assert_int_equal(counter_read(&log_in_counters[LOG_IN_WRONG]) - before[LOG_IN_WRONG], 5);
    assert_int_equal(counter_read(&log_in_counters[LOG_IN_LOCKED]) - before[LOG_IN_LOCKED], 1);
    assert_int_equal(counter_read(&log_in_counters[LOG_IN_DONE]) - before[LOG_IN_DONE], 1);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(after_five_wrong_passwords_not_even_the_right_one_is_looked_at),
        SCENE_TEST(a_stranger_does_not_lock_out_the_shops_terminals),
        SCENE_TEST(a_proven_terminal_is_counted_too),
        SCENE_TEST(guesses_at_once_are_five),
        SCENE_TEST(right_passwords_at_once_all_log_in),
        SCENE_TEST(at_the_end_nobody_waits_for_a_turn),
        SCENE_TEST(unknown_and_wrong_leave_the_same_traces),
        SCENE_TEST(strangers_leave_places_for_terminals_that_are_known),
        SCENE_TEST(who_was_told_to_come_again_has_not_tried),
        SCENE_TEST(without_an_entry_left_nothing_is_tried),
        SCENE_TEST(trouble_of_the_store_counts_for_nobody),
        SCENE_TEST(five_wrong_pins_lock_the_terminal_until_a_password),
        SCENE_TEST(a_right_pin_begins_the_count_anew),
        SCENE_TEST(wrong_pins_are_of_one_terminal),
        SCENE_TEST(wrong_pins_are_counted_over_a_restart),
        SCENE_TEST(a_pin_that_cannot_be_counted_is_not_answered),
        SCENE_TEST(a_pin_on_a_terminal_that_was_removed_is_wrong),
        SCENE_TEST(a_pin_is_of_the_terminal_that_was_proven),
        SCENE_TEST(each_log_in_is_counted_by_its_outcome),
    };

    id_start();
    fault_install();
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
