/* Stories of one terminal: how it comes to its code, and how it keeps it. */
#include "story/actor.h"
#include "story/pos.h"

static void first_registration_and_ping(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets(&t1);
    stage_wait(stage, 5000);
    actor_logs_in(&t1);
    stage_wait(stage, 10);
    pos_pings(stage, t1.code);
    stage_wait(stage, 20);
    actor_shows(&t1, 1);
    actor_says(&t1, TERMINAL_READY);
    pos_pings_from(stage, 0, t1.code, "Hello, Ada");
    actor_shows(&t1, 2);
    pos_pings(stage, "ZZZZ");
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        " 5000 ms  T1 -> log_in ada@example.com\n"
                        " 5000 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        " 5010 ms  POS pings K3YR\n"
                        " 5010 ms  T1 <- ping 1\n"
                        " 5030 ms  T1 -> ping_shown 1\n"
                        " 5030 ms  POS <- shown\n"
                        " 5030 ms  T1 -> ready\n"
                        " 5030 ms  T1 <- ready_confirmed\n"
                        " 5030 ms  POS pings K3YR\n"
                        " 5030 ms  T1 <- ping 2 Hello, Ada\n"
                        " 5030 ms  T1 -> ping_shown 2\n"
                        " 5030 ms  POS <- shown\n"
                        " 5030 ms  POS pings ZZZZ\n"
                        " 5030 ms  POS <- not found\n");
}

static void a_restart_of_the_server_changes_nothing(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    stage_wait(stage, 100);
    stage_note(stage, "the server stops");
    stage_stop(stage);
    stage_wait_stopped(stage, 400);
    stage_start(stage);
    pos_pings(stage, t1.code);
    stage_wait(stage, 250);
    actor_greets(&t1);
    actor_says(&t1, TERMINAL_READY);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "  100 ms  the server stops\n"
                        "  100 ms  T1 <- error stopping\n"
                        "  100 ms  T1 <- close 1001\n"
                        "  500 ms  POS pings K3YR\n"
                        "  500 ms  POS <- not listening\n"
                        "  750 ms  T1 -> hello TW-1, credential A\n"
                        "  750 ms  T1 <- welcome K3YR, Ada\n"
                        "  750 ms  T1 -> ready\n"
                        "  750 ms  T1 <- ready_confirmed\n"
                        "  750 ms  POS pings K3YR\n"
                        "  750 ms  T1 <- ping 1\n"
                        "  750 ms  T1 -> ping_shown 1\n"
                        "  750 ms  POS <- shown\n");
}

static void sleep_and_wake(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_says(&t1, TERMINAL_READY);
    stage_wait(stage, 1000);
    actor_says(&t1, TERMINAL_BYE);
    pos_pings(stage, t1.code);
    stage_wait(stage, 60000);
    actor_greets(&t1);
    actor_says(&t1, TERMINAL_READY);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 -> ready\n"
                        "    0 ms  T1 <- ready_confirmed\n"
                        " 1000 ms  T1 -> bye\n"
                        " 1000 ms  T1 <- close 1000\n"
                        " 1000 ms  POS pings K3YR\n"
                        " 1000 ms  POS <- not listening\n"
                        "61000 ms  T1 -> hello TW-1, credential A\n"
                        "61000 ms  T1 <- welcome K3YR, Ada\n"
                        "61000 ms  T1 -> ready\n"
                        "61000 ms  T1 <- ready_confirmed\n"
                        "61000 ms  POS pings K3YR\n"
                        "61000 ms  T1 <- ping 1\n"
                        "61000 ms  T1 -> ping_shown 1\n"
                        "61000 ms  POS <- shown\n");
}

/* The second log-in on a connection gives no credential: the terminal may not
 * have shown the first one yet. */
static void log_out_and_pin(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    stage_wait(stage, 10);
    actor_says(&t1, TERMINAL_LOG_OUT);
    pos_pings(stage, t1.code);
    actor_pin(&t1, "4321");
    actor_pin(&t1, STAGE_PIN);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    stage_wait(stage, 10);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_pin(&t1, STAGE_PIN);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_pin(&t1, STAGE_PIN);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "   10 ms  T1 -> log_out\n"
                        "   10 ms  T1 <- logged_out\n"
                        "   10 ms  POS pings K3YR\n"
                        "   10 ms  POS <- not listening\n"
                        "   10 ms  T1 -> log_in PIN 4321\n"
                        "   10 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "   10 ms  T1 -> log_in PIN 1234\n"
                        "   10 ms  T1 <- welcome K3YR, Ada, credential B\n"
                        "   10 ms  POS pings K3YR\n"
                        "   10 ms  T1 <- ping 1\n"
                        "   10 ms  T1 -> ping_shown 1\n"
                        "   10 ms  POS <- shown\n"
                        "   20 ms  T1 -> log_out\n"
                        "   20 ms  T1 <- logged_out\n"
                        "   20 ms  T1 -> log_in PIN 1234\n"
                        "   20 ms  T1 <- welcome K3YR, Ada\n"
                        "   20 ms  T1 -> log_out\n"
                        "   20 ms  T1 <- logged_out\n"
                        "   20 ms  T1 hangs up\n"
                        "   20 ms  T1 -> hello TW-1, credential B\n"
                        "   20 ms  T1 <- log_in_required logged_out, PIN enough\n"
                        "   20 ms  T1 -> log_in PIN 1234\n"
                        "   20 ms  T1 <- welcome K3YR, Ada, credential C\n");
}

static void a_first_log_in_by_pin_is_refused(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets(&t1);
    actor_pin(&t1, STAGE_PIN);
    actor_logs_in_only(&t1, STAGE_EMAIL, "wrong horse");
    stage_settle(stage);
    actor_logs_in_only(&t1, "eve@example.com", STAGE_PASSWORD);
    stage_settle(stage);
    actor_logs_in(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused wrong\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- log_in_refused wrong\n"
                        "    0 ms  T1 -> log_in eve@example.com\n"
                        "    0 ms  T1 <- log_in_refused wrong\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n");
}

/* The old credential (the clone's) holds until the new one was shown. */
static void a_credential_is_renewed_after_thirty_days(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor clone = actor_make(stage, "clone", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    stage_days_pass(stage, 30);
    actor_greets(&t1);
    actor_hangs_up(&t1);
    stage_days_pass(stage, 1);
    actor_greets(&t1);
    actor_hangs_up(&t1);
    memcpy(clone.credential, stage->credentials[0], SECRET_TEXT_SIZE);
    actor_greets(&clone);
    actor_hangs_up(&clone);
    actor_greets(&t1);
    actor_hangs_up(&t1);
    actor_greets(&clone);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  30 days pass\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  1 days pass\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential B\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  clone -> hello TW-1, credential A\n"
                        "    0 ms  clone <- welcome K3YR, Ada\n"
                        "    0 ms  clone hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential B\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  clone -> hello TW-1, credential A\n"
                        "    0 ms  clone <- log_in_required unknown_credential\n");
}

static void power_lost_before_a_new_credential_was_stored(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    t1.loses_power = true;
    actor_pin(&t1, STAGE_PIN);
    actor_hangs_up(&t1);
    t1.loses_power = false;
    actor_greets(&t1);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_pin(&t1, STAGE_PIN);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential B\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential C\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential C\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_registration_and_ping),
        cmocka_unit_test(a_restart_of_the_server_changes_nothing),
        cmocka_unit_test(sleep_and_wake),
        cmocka_unit_test(log_out_and_pin),
        cmocka_unit_test(a_first_log_in_by_pin_is_refused),
        cmocka_unit_test(a_credential_is_renewed_after_thirty_days),
        cmocka_unit_test(power_lost_before_a_new_credential_was_stored),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
