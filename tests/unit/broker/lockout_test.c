/* Who is counted for what, and what a full table forgets. */
#include "unit/broker/lockout_scene.h"
#include "unit/wire/failing_memory.h"

static struct lockout_asker proven(const char *email, int64_t business, int64_t device)
{
    return (struct lockout_asker){
        .email = email, .proven_business = business, .proven_device = device};
}

/* One try from its beginning to its end; the milliseconds that it was refused
 * for, or 0. */
static int64_t attempt(struct lockout_asker asker, enum lockout_result result)
{
    struct lockout_place place = {0};
    struct lockout_verdict verdict = lockout_enter(&table, &asker, &place);

    assert_int_equal(verdict.answer, verdict.wait_ms > 0 ? LOCKOUT_LOCKED : LOCKOUT_ADMITTED);
    lockout_leave(&table, &place, result);
    return verdict.wait_ms;
}

static void attempts_wrong(struct lockout_asker asker, unsigned count)
{
    while (count-- > 0) {
        assert_int_equal(attempt(asker, LOCKOUT_WRONG), 0);
    }
}

/* --- Who is who --------------------------------------------------------------------- */

static void a_user_is_locked_from_every_address(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 3);
    attempts_wrong(stranger("ada@example.com", "192.0.2.2"), 2);
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.3"), LOCKOUT_WRONG), 1000);
    assert_int_equal(attempt(stranger("eve@example.com", "192.0.2.3"), LOCKOUT_WRONG), 0);
}

static void an_address_is_locked_for_every_user(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 2);
    attempts_wrong(stranger("bob@example.com", "192.0.2.1"), 2);
    attempts_wrong(stranger("eve@example.com", "192.0.2.1"), 1);
    assert_int_equal(attempt(stranger("dan@example.com", "192.0.2.1"), LOCKOUT_RIGHT), 1000);
    assert_int_equal(attempt(stranger("dan@example.com", "192.0.2.2"), LOCKOUT_RIGHT), 0);
}

static void of_ipv6_a_network_is_one_address(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "2001:db8::1"), 2);
    attempts_wrong(stranger("bob@example.com", "2001:db8::2"), 3);
    assert_int_equal(attempt(stranger("dan@example.com", "2001:db8::3"), LOCKOUT_RIGHT), 1000);
    assert_int_equal(attempt(stranger("dan@example.com", "2001:db8:0:1::1"), LOCKOUT_RIGHT), 0);
}

static void strangers_on_this_machine_have_no_address_in_common(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "127.0.0.1"), 4);
    attempts_wrong(stranger("bob@example.com", "127.0.0.1"), 4);
    attempts_wrong(stranger("eve@example.com", "::1"), 4);
    assert_int_equal(attempt(stranger("dan@example.com", "127.0.0.1"), LOCKOUT_RIGHT), 0);
    attempts_wrong(stranger("ada@example.com", "127.0.0.1"), 1);
    assert_int_equal(attempt(stranger("ada@example.com", "127.0.0.1"), LOCKOUT_RIGHT), 1000);
}

static void no_stranger_locks_out_a_proven_terminal(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 5);
    assert_int_equal(attempt(proven("ada@example.com", 1, 7), LOCKOUT_WRONG), 0);
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.9"), LOCKOUT_WRONG), 1000);
}

static void no_terminal_of_another_business_locks_out_a_user(void **state)
{
    (void)state;
    attempts_wrong(proven("ada@example.com", 2, 8), 5);
    assert_int_equal(attempt(proven("ada@example.com", 2, 9), LOCKOUT_WRONG), 1000);
    assert_int_equal(attempt(proven("ada@example.com", 1, 7), LOCKOUT_RIGHT), 0);
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.1"), LOCKOUT_RIGHT), 0);
}

static void a_proven_terminal_is_locked_for_every_user(void **state)
{
    (void)state;
    attempts_wrong(proven("ada@example.com", 1, 7), 2);
    attempts_wrong(proven("bob@example.com", 1, 7), 3);
    assert_int_equal(attempt(proven("dan@example.com", 1, 7), LOCKOUT_RIGHT), 1000);
    assert_int_equal(attempt(proven("dan@example.com", 1, 8), LOCKOUT_RIGHT), 0);
}

/* --- Right ones ---------------------------------------------------------------------- */

static void a_right_password_forgets_the_users_wrong_ones_of_its_kind(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 4);
    attempts_wrong(proven("ada@example.com", 1, 7), 4);
    assert_int_equal(attempt(proven("ada@example.com", 1, 8), LOCKOUT_RIGHT), 0);
    attempts_wrong(proven("ada@example.com", 1, 9), 4);
    attempts_wrong(stranger("ada@example.com", "192.0.2.2"), 1);
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.3"), LOCKOUT_WRONG), 1000);
}

/* Who has an account must not get five tries for others by each log-in. */
static void a_right_password_forgets_nothing_of_its_address(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 4);
    assert_int_equal(attempt(stranger("eve@example.com", "192.0.2.1"), LOCKOUT_RIGHT), 0);
    attempts_wrong(stranger("bob@example.com", "192.0.2.1"), 1);
    assert_int_equal(attempt(stranger("eve@example.com", "192.0.2.1"), LOCKOUT_RIGHT), 1000);
}

static void a_right_password_costs_its_address_no_new_delay(void **state)
{
    unsigned i;

    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 5);
    moving_clock_ms += 1000;
    for (i = 0; i < 10; i++) {
        assert_int_equal(attempt(stranger("eve@example.com", "192.0.2.1"), LOCKOUT_RIGHT), 0);
    }
}

static void a_right_password_is_not_looked_at_while_a_delay_runs(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 5);
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.2"), LOCKOUT_RIGHT), 1000);
    moving_clock_ms += 999;
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.2"), LOCKOUT_RIGHT), 1);
    moving_clock_ms += 1;
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.2"), LOCKOUT_RIGHT), 0);
}

static void the_longer_delay_is_told(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 5);
    moving_clock_ms += 1000;
    attempts_wrong(stranger("ada@example.com", "192.0.2.2"), 1); /* ada: 2 s */
    moving_clock_ms += 100;
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.1"), LOCKOUT_WRONG), 1900);
    moving_clock_ms += 1900;
    attempts_wrong(stranger("bob@example.com", "192.0.2.1"), 1); /* the address: 2 s */
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.1"), LOCKOUT_WRONG), 2000);
}

static void a_delay_is_told_for_the_first_time_once(void **state)
{
    struct lockout_asker asker = stranger("ada@example.com", "192.0.2.1");
    struct lockout_place place = {0};

    (void)state;
    attempts_wrong(asker, 5);
    assert_true(lockout_enter(&table, &asker, &place).is_first);
    assert_false(lockout_enter(&table, &asker, &place).is_first);
    moving_clock_ms += 1000;
    attempts_wrong(asker, 1);
    assert_true(lockout_enter(&table, &asker, &place).is_first);
    assert_false(lockout_enter(&table, &asker, &place).is_first);
}

/* --- The table ------------------------------------------------------------------------ */

static void what_came_to_nothing_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.1"), LOCKOUT_RIGHT), 0);
    assert_int_equal(attempt(stranger("bob@example.com", "192.0.2.1"), LOCKOUT_UNTRIED), 0);
    assert_int_equal(lockout_table_count(&table), 0);
}

static void what_is_over_is_forgotten_by_those_that_come(void **state)
{
    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 5);
    assert_int_equal(lockout_table_count(&table), 2);
    moving_clock_ms += LOCKOUT_FORGET_MS + 999;
    attempts_wrong(stranger("bob@example.com", "192.0.2.2"), 1);
    assert_int_equal(lockout_table_count(&table), 4);
    moving_clock_ms += 1;
    attempts_wrong(stranger("dan@example.com", "192.0.2.3"), 1);
    assert_int_equal(lockout_table_count(&table), 4);
}

static void a_flood_of_keys_pushes_out_itself_and_not_who_is_locked(void **state)
{
    char email[64];
    char address[32];
    unsigned i;

    (void)state;
    attempts_wrong(stranger("ada@example.com", "192.0.2.1"), 5);
    for (i = 0; i < 250; i++) {
        (void)text_format(email, sizeof(email), "user%u@example.com", i);
        (void)text_format(address, sizeof(address), "198.51.100.%u", i);
        attempts_wrong(stranger(email, address), 4);
        assert_true(lockout_table_count(&table) <= KEYS);
    }
    assert_int_equal(attempt(stranger("ada@example.com", "192.0.2.9"), LOCKOUT_WRONG), 1000);
    assert_int_equal(attempt(stranger("dan@example.com", "192.0.2.1"), LOCKOUT_WRONG), 1000);
}

static void where_all_are_locked_the_longest_quiet_goes(void **state)
{
    char email[64];
    unsigned i;

    (void)state;
    for (i = 0; i < KEYS; i++) {
        (void)text_format(email, sizeof(email), "user%u@example.com", i);
        attempts_wrong(stranger(email, "127.0.0.1"), 5);
    }
    attempts_wrong(stranger("ada@example.com", "127.0.0.1"), 4);
    assert_int_equal(lockout_table_count(&table), KEYS);
    assert_int_equal(attempt(stranger("user1@example.com", "127.0.0.1"), LOCKOUT_WRONG), 1000);
    assert_int_equal(attempt(stranger("user0@example.com", "127.0.0.1"), LOCKOUT_WRONG), 0);
}

static void tries_under_way_are_never_pushed_out(void **state)
{
    struct lockout_place places[KEYS] = {0};
    struct lockout_place none = {0};
    struct lockout_asker late = stranger("late@example.com", "127.0.0.1");
    char email[64];
    unsigned i;

    (void)state;
    for (i = 0; i < KEYS; i++) {
        struct lockout_asker asker;

        (void)text_format(email, sizeof(email), "user%u@example.com", i);
        asker = stranger(email, "127.0.0.1");
        assert_int_equal(lockout_enter(&table, &asker, &places[i]).answer, LOCKOUT_ADMITTED);
    }
    assert_int_equal(lockout_enter(&table, &late, &none).answer, LOCKOUT_NO_ROOM);
    lockout_leave(&table, &none, LOCKOUT_UNTRIED); /* it is none */
    for (i = 0; i < KEYS; i++) {
        lockout_leave(&table, &places[i], LOCKOUT_WRONG);
    }
    assert_int_equal(lockout_enter(&table, &late, &none).answer, LOCKOUT_ADMITTED);
    lockout_leave(&table, &none, LOCKOUT_WRONG);
}

/* With room for one of the two keys alone. */
static void a_try_is_counted_for_both_or_for_none(void **state)
{
    struct lockout_table narrow;
    struct lockout_asker asker = stranger("ada@example.com", "192.0.2.1");
    struct lockout_place place = {0};

    (void)state;
    lockout_table_init(&narrow, 1);
    assert_int_equal(lockout_enter(&narrow, &asker, &place).answer, LOCKOUT_NO_ROOM);
    assert_null(place.user);
    assert_null(place.origin);
    assert_int_equal(lockout_table_count(&narrow), 0);
    lockout_table_finish(&narrow);
}

static void without_memory_nothing_is_admitted(void **state)
{
    struct lockout_asker asker = stranger("ada@example.com", "192.0.2.1");
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        struct lockout_place place = {0};
        struct lockout_verdict verdict;

        failing_memory_start(i);
        verdict = lockout_enter(&table, &asker, &place);
        failing_memory_stop();
        assert_int_equal(verdict.answer, LOCKOUT_NO_ROOM);
        assert_null(place.user);
        assert_null(place.origin);
        assert_int_equal(lockout_table_count(&table), 0);
    }
    attempts_wrong(asker, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLE_TEST(a_user_is_locked_from_every_address),
        TABLE_TEST(an_address_is_locked_for_every_user),
        TABLE_TEST(of_ipv6_a_network_is_one_address),
        TABLE_TEST(strangers_on_this_machine_have_no_address_in_common),
        TABLE_TEST(no_stranger_locks_out_a_proven_terminal),
        TABLE_TEST(no_terminal_of_another_business_locks_out_a_user),
        TABLE_TEST(a_proven_terminal_is_locked_for_every_user),
        TABLE_TEST(a_right_password_forgets_the_users_wrong_ones_of_its_kind),
        TABLE_TEST(a_right_password_forgets_nothing_of_its_address),
        TABLE_TEST(a_right_password_costs_its_address_no_new_delay),
        TABLE_TEST(a_right_password_is_not_looked_at_while_a_delay_runs),
        TABLE_TEST(the_longer_delay_is_told),
        TABLE_TEST(a_delay_is_told_for_the_first_time_once),
        TABLE_TEST(what_came_to_nothing_leaves_nothing),
        TABLE_TEST(what_is_over_is_forgotten_by_those_that_come),
        TABLE_TEST(a_flood_of_keys_pushes_out_itself_and_not_who_is_locked),
        TABLE_TEST(where_all_are_locked_the_longest_quiet_goes),
        TABLE_TEST(tries_under_way_are_never_pushed_out),
        TABLE_TEST(a_try_is_counted_for_both_or_for_none),
        TABLE_TEST(without_memory_nothing_is_admitted),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
