/* Stories of guessing: who must wait, and who goes on as if nothing were. */
#include "story/actor.h"
#include "story/pos.h"

#define HOME "192.0.2.1"

static void guesses(struct actor *actor, unsigned times)
{
    while (times-- > 0) {
        actor_logs_in_only(actor, STAGE_EMAIL, "wrong horse");
        stage_settle(actor->stage);
    }
}

static void guesses_pins(struct actor *actor, unsigned times)
{
    while (times-- > 0) {
        actor_pin(actor, "9999");
    }
}

/* The transcript goes on without what was said so far. */
static void from_here_on(struct stage *stage)
{
    buf_clear(&stage->transcript);
}

static void five_wrong_pins(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    from_here_on(stage);
    guesses_pins(&t1, 5);
    actor_pin(&t1, STAGE_PIN);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_pin(&t1, STAGE_PIN);
    stage_note(stage, "the server starts again");
    stage_stop(stage);
    stage_start(stage);
    actor_greets(&t1);
    actor_pin(&t1, STAGE_PIN);
    actor_logs_in_only(&t1, STAGE_EMAIL, "wrong horse");
    stage_settle(stage);
    actor_logs_in(&t1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    guesses_pins(&t1, 1);
    actor_pin(&t1, STAGE_PIN);
    stage_finish(stage, "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused locked\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused locked\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- log_in_required logged_out\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused locked\n"
                        "    0 ms  the server starts again\n"
                        "    0 ms  T1 <- error stopping\n"
                        "    0 ms  T1 <- close 1001\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- log_in_required logged_out\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused locked\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- log_in_refused wrong\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential B\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n");
}

/* Other terminals of the shop are not concerned, and PINs in a row are counted
 * over connections. */
static void pins_of_one_terminal(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);

    (void)state;
    actor_registers(&t1);
    actor_registers(&t2);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_says(&t2, TERMINAL_LOG_OUT);
    guesses_pins(&t1, 4);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    from_here_on(stage);
    guesses_pins(&t1, 1);
    guesses_pins(&t2, 1);
    actor_pin(&t2, STAGE_PIN);
    stage_finish(stage, "    0 ms  T1 -> log_in PIN 9999\n"
                        "    0 ms  T1 <- log_in_refused locked\n"
                        "    0 ms  T2 -> log_in PIN 9999\n"
                        "    0 ms  T2 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T2 -> log_in PIN 1234\n"
                        "    0 ms  T2 <- welcome GZBB, Ada\n");
}

/* The stranger sits behind the shop's own address and knows its user. */
static void a_stranger_and_a_shop_behind_one_address(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 0);
    struct actor eve = actor_make(stage, "Eve", "TW-X", 0);

    (void)state;
    actor_is_at(&t1, HOME);
    actor_is_at(&t2, HOME);
    actor_is_at(&eve, HOME);
    actor_registers(&t1);
    actor_greets(&eve);
    from_here_on(stage);
    guesses(&eve, 6);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_logs_in(&t1);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_greets(&t2);
    actor_logs_in(&t2);
    stage_wait(stage, 1000);
    actor_logs_in(&t2);
    stage_finish(stage, "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused wrong\n"
                        "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused wrong\n"
                        "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused wrong\n"
                        "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused wrong\n"
                        "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused wrong\n"
                        "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused locked, wait 1 s\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  T2 -> hello TW-2\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- log_in_refused locked, wait 1 s\n"
                        " 1000 ms  T2 -> log_in ada@example.com\n"
                        " 1000 ms  T2 <- welcome GZBB, Ada, credential B\n");
}

static void unknown_users_are_locked_like_known_ones(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor eve = actor_make(stage, "Eve", "TW-X", 0);
    unsigned i;

    (void)state;
    actor_is_at(&eve, "127.0.0.1");
    actor_greets(&eve);
    guesses(&eve, 5);
    for (i = 0; i < 5; i++) {
        actor_logs_in_only(&eve, "nobody@example.com", "wrong horse");
        stage_settle(stage);
    }
    from_here_on(stage);
    actor_logs_in(&eve);
    actor_logs_in_only(&eve, "nobody@example.com", STAGE_PASSWORD);
    stage_finish(stage, "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- log_in_refused locked, wait 1 s\n"
                        "    0 ms  Eve -> log_in nobody@example.com\n"
                        "    0 ms  Eve <- log_in_refused locked, wait 1 s\n");
}

static void delays_grow_and_are_forgotten_after_an_hour_of_quiet(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor eve = actor_make(stage, "Eve", "TW-X", 0);

    (void)state;
    actor_is_at(&eve, HOME);
    actor_greets(&eve);
    guesses(&eve, 5);
    from_here_on(stage);
    stage_wait(stage, 200);
    guesses(&eve, 1);
    stage_wait(stage, 800);
    guesses(&eve, 2);
    stage_wait(stage, 2000);
    guesses(&eve, 2);
    actor_hangs_up(&eve);
    stage_minutes_pass(stage, 61);
    actor_greets(&eve);
    guesses(&eve, 6);
    stage_finish(stage, "  200 ms  Eve -> log_in ada@example.com\n"
                        "  200 ms  Eve <- log_in_refused locked, wait 1 s\n"
                        " 1000 ms  Eve -> log_in ada@example.com\n"
                        " 1000 ms  Eve <- log_in_refused wrong\n"
                        " 1000 ms  Eve -> log_in ada@example.com\n"
                        " 1000 ms  Eve <- log_in_refused locked, wait 2 s\n"
                        " 3000 ms  Eve -> log_in ada@example.com\n"
                        " 3000 ms  Eve <- log_in_refused wrong\n"
                        " 3000 ms  Eve -> log_in ada@example.com\n"
                        " 3000 ms  Eve <- log_in_refused locked, wait 4 s\n"
                        " 3000 ms  Eve hangs up\n"
                        "3663000 ms  Eve -> hello TW-X\n"
                        "3663000 ms  Eve <- log_in_required new\n"
                        "3663000 ms  Eve -> log_in ada@example.com\n"
                        "3663000 ms  Eve <- log_in_refused wrong\n"
                        "3663000 ms  Eve -> log_in ada@example.com\n"
                        "3663000 ms  Eve <- log_in_refused wrong\n"
                        "3663000 ms  Eve -> log_in ada@example.com\n"
                        "3663000 ms  Eve <- log_in_refused wrong\n"
                        "3663000 ms  Eve -> log_in ada@example.com\n"
                        "3663000 ms  Eve <- log_in_refused wrong\n"
                        "3663000 ms  Eve -> log_in ada@example.com\n"
                        "3663000 ms  Eve <- log_in_refused wrong\n"
                        "3663000 ms  Eve -> log_in ada@example.com\n"
                        "3663000 ms  Eve <- log_in_refused locked, wait 1 s\n");
}

/* Another connection is no way around, and another address only for others. */
static void a_new_connection_starts_nothing_anew(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor eve = actor_make(stage, "Eve", "TW-X", 0);
    struct actor mallory = actor_make(stage, "Mal", "TW-Y", 1);

    (void)state;
    actor_is_at(&eve, "2001:db8::1");
    actor_is_at(&mallory, "2001:db8:0:1::1");
    actor_greets(&eve);
    guesses(&eve, 5);
    actor_hangs_up(&eve);
    from_here_on(stage);
    actor_is_at(&eve, "2001:db8::2");
    actor_greets(&eve);
    actor_logs_in_only(&eve, "bob@example.com", "wrong horse");
    stage_settle(stage);
    actor_greets(&mallory);
    guesses(&mallory, 1);
    actor_logs_in_only(&mallory, "bob@example.com", "wrong horse");
    stage_finish(stage, "    0 ms  Eve -> hello TW-X\n"
                        "    0 ms  Eve <- log_in_required new\n"
                        "    0 ms  Eve -> log_in bob@example.com\n"
                        "    0 ms  Eve <- log_in_refused locked, wait 1 s\n"
                        "    0 ms  Mal -> hello TW-Y\n"
                        "    0 ms  Mal <- log_in_required new\n"
                        "    0 ms  Mal -> log_in ada@example.com\n"
                        "    0 ms  Mal <- log_in_refused locked, wait 1 s\n"
                        "    0 ms  Mal -> log_in bob@example.com\n"
                        "    0 ms  Mal <- log_in_refused wrong\n");
}

static void a_restart_forgets_delays(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor eve = actor_make(stage, "Eve", "TW-X", 0);

    (void)state;
    actor_greets(&eve);
    guesses(&eve, 5);
    stage_stop(stage);
    stage_start(stage);
    from_here_on(stage);
    actor_greets(&eve);
    actor_logs_in(&eve);
    stage_finish(stage, "    0 ms  Eve -> hello TW-X\n"
                        "    0 ms  Eve <- log_in_required new\n"
                        "    0 ms  Eve -> log_in ada@example.com\n"
                        "    0 ms  Eve <- welcome K3YR, Ada, credential A\n");
}

/* --- Those who never log in ------------------------------------------------------------- */

static void a_terminal_on_which_nobody_logs_in_is_closed_after_ten_minutes(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 0);

    (void)state;
    actor_greets(&t1);
    stage_minutes_pass(stage, 5);
    actor_greets(&t2);
    guesses(&t2, 1);
    stage_minutes_pass(stage, 4);
    guesses(&t1, 1); /* trying is not enough */
    stage_minutes_pass(stage, 10);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "300000 ms  T2 -> hello TW-2\n"
                        "300000 ms  T2 <- log_in_required new\n"
                        "300000 ms  T2 -> log_in ada@example.com\n"
                        "300000 ms  T2 <- log_in_refused wrong\n"
                        "540000 ms  T1 -> log_in ada@example.com\n"
                        "540000 ms  T1 <- log_in_refused wrong\n"
                        "600000 ms  T1 <- error log_in_expected\n"
                        "600000 ms  T1 <- close 1008\n"
                        "900000 ms  T2 <- error log_in_expected\n"
                        "900000 ms  T2 <- close 1008\n");
}

static void a_terminal_that_has_proven_itself_may_stay(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 0);
    struct actor t3 = actor_make(stage, "T3", "TW-3", 0);

    (void)state;
    actor_greets(&t3);
    assert_false(t3.enrolled);
    actor_registers(&t1);
    assert_true(t1.enrolled);
    actor_registers(&t2);
    actor_says(&t2, TERMINAL_LOG_OUT);
    actor_hangs_up(&t2);
    actor_greets(&t2);
    assert_true(t2.enrolled);
    from_here_on(stage);
    stage_minutes_pass(stage, 30);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_pin(&t1, STAGE_PIN);
    actor_pin(&t2, STAGE_PIN);
    stage_finish(stage, "600000 ms  T3 <- error log_in_expected\n"
                        "600000 ms  T3 <- close 1008\n"
                        "1800000 ms  T1 -> log_out\n"
                        "1800000 ms  T1 <- logged_out\n"
                        "1800000 ms  T1 -> log_in PIN 1234\n"
                        "1800000 ms  T1 <- welcome K3YR, Ada\n"
                        "1800000 ms  T2 -> log_in PIN 1234\n"
                        "1800000 ms  T2 <- welcome GZBB, Ada, credential C\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_wrong_pins),
        cmocka_unit_test(pins_of_one_terminal),
        cmocka_unit_test(a_stranger_and_a_shop_behind_one_address),
        cmocka_unit_test(unknown_users_are_locked_like_known_ones),
        cmocka_unit_test(delays_grow_and_are_forgotten_after_an_hour_of_quiet),
        cmocka_unit_test(a_new_connection_starts_nothing_anew),
        cmocka_unit_test(a_restart_forgets_delays),
        cmocka_unit_test(a_terminal_on_which_nobody_logs_in_is_closed_after_ten_minutes),
        cmocka_unit_test(a_terminal_that_has_proven_itself_may_stay),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
