/* Tries at once: who waits, who is woken, and that none is given away. */
#include "unit/broker/lockout_scene.h"

static void who_waits_is_woken_by_each_that_ends(void **state)
{
    struct lockout_asker asker = stranger("ada@example.com", "127.0.0.1");
    struct lockout_place places[5] = {0};
    struct lockout_place late[2] = {{.home = &turns.executor}, {.home = &turns.executor}};
    unsigned i;

    (void)state;
    for (i = 0; i < 5; i++) {
        assert_int_equal(lockout_enter(&table, &asker, &places[i]).answer, LOCKOUT_ADMITTED);
    }
    for (i = 0; i < 2; i++) {
        assert_int_equal(lockout_enter(&table, &asker, &late[i]).answer, LOCKOUT_WAITING);
        assert_false(turn_came(&late[i]));
    }
    lockout_leave(&table, &places[0], LOCKOUT_RIGHT);
    assert_true(turn_came(&late[0]) && turn_came(&late[1]));
    assert_int_equal(lockout_enter(&table, &asker, &late[0]).answer, LOCKOUT_ADMITTED);
    assert_int_equal(lockout_enter(&table, &asker, &late[1]).answer, LOCKOUT_WAITING);
    for (i = 1; i < 5; i++) {
        lockout_leave(&table, &places[i], LOCKOUT_WRONG);
        assert_true(turn_came(&late[1]));
        assert_int_equal(lockout_enter(&table, &asker, &late[1]).answer, LOCKOUT_WAITING);
    }
    lockout_leave(&table, &late[0], LOCKOUT_WRONG);
    assert_true(turn_came(&late[1]));
    assert_int_equal(lockout_enter(&table, &asker, &late[1]).answer, LOCKOUT_LOCKED);
}

static void who_waits_for_an_address_is_not_woken_by_others(void **state)
{
    static const char *const emails[] = {"a@example.com", "b@example.com", "c@example.com",
                                         "d@example.com", "e@example.com"};
    struct lockout_asker late_asker = stranger("ada@example.com", "192.0.2.1");
    struct lockout_asker other_asker = stranger("ada@example.com", "192.0.2.2");
    struct lockout_place places[5] = {0};
    struct lockout_place late = {.home = &turns.executor};
    struct lockout_place other = {0};
    unsigned i;

    (void)state;
    for (i = 0; i < 5; i++) {
        struct lockout_asker asker = stranger(emails[i], "192.0.2.1");

        assert_int_equal(lockout_enter(&table, &asker, &places[i]).answer, LOCKOUT_ADMITTED);
    }
    assert_int_equal(lockout_enter(&table, &late_asker, &late).answer, LOCKOUT_WAITING);
    assert_int_equal(lockout_enter(&table, &other_asker, &other).answer, LOCKOUT_ADMITTED);
    lockout_leave(&table, &other, LOCKOUT_RIGHT);
    assert_false(turn_came(&late));
    lockout_leave(&table, &places[0], LOCKOUT_UNTRIED);
    assert_true(turn_came(&late));
    assert_int_equal(lockout_enter(&table, &late_asker, &late).answer, LOCKOUT_ADMITTED);
    lockout_leave(&table, &late, LOCKOUT_UNTRIED);
    for (i = 1; i < 5; i++) {
        lockout_leave(&table, &places[i], LOCKOUT_UNTRIED);
    }
}

/* --- Threads ------------------------------------------------------------------------------ */

enum { THREADS = 4 };

static pthread_barrier_t barrier;

static void *guess_at_once(void *argument)
{
    struct lockout_asker asker = stranger("ada@example.com", "127.0.0.1");
    unsigned *admitted = argument;
    unsigned i;

    pthread_barrier_wait(&barrier);
    for (i = 0; i < 2500; i++) {
        struct lockout_place place = {.home = &turns.executor};

        switch (lockout_enter(&table, &asker, &place).answer) {
        case LOCKOUT_ADMITTED:
            (*admitted)++;
            lockout_leave(&table, &place, LOCKOUT_WRONG);
            break;
        case LOCKOUT_WAITING:
            turn_await(&place);
            break;
        case LOCKOUT_LOCKED:
        case LOCKOUT_NO_ROOM:
            break;
        }
    }
    return NULL;
}

static void ten_thousand_at_once_are_five_tries(void **state)
{
    pthread_t threads[THREADS];
    unsigned admitted[THREADS] = {0};
    unsigned total = 0;
    unsigned i;

    (void)state;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, guess_at_once, &admitted[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        total += admitted[i];
    }
    pthread_barrier_destroy(&barrier);
    assert_int_equal(total, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLE_TEST(who_waits_is_woken_by_each_that_ends),
        TABLE_TEST(who_waits_for_an_address_is_not_woken_by_others),
        TABLE_TEST(ten_thousand_at_once_are_five_tries),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
