/* Stories of administrators' changes, while all is quiet. */
#include "story/actor.h"
#include "story/pos.h"

/* A terminal that came while it was off gets its code at its next log-in. */
static void api_mode_off_and_on(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);

    (void)state;
    actor_registers(&t1);
    admin_api_mode(stage, false);
    pos_pings(stage, t1.code);
    actor_registers(&t2);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    stage_wait(stage, 1000);
    admin_api_mode(stage, true);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    actor_says(&t2, TERMINAL_LOG_OUT);
    actor_pin(&t2, STAGE_PIN);
    pos_pings(stage, t2.code);
    actor_shows(&t2, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  API mode off\n"
                        "    0 ms  T1 <- api_mode off\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T2 -> hello TW-2\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- welcome no code, Ada, API off, credential B\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, API off\n"
                        " 1000 ms  API mode on\n"
                        " 1000 ms  T1 <- api_mode on\n"
                        " 1000 ms  T2 <- api_mode on\n"
                        " 1000 ms  POS pings K3YR\n"
                        " 1000 ms  T1 <- ping 1\n"
                        " 1000 ms  T1 -> ping_shown 1\n"
                        " 1000 ms  POS <- shown\n"
                        " 1000 ms  T2 -> log_out\n"
                        " 1000 ms  T2 <- logged_out\n"
                        " 1000 ms  T2 -> log_in PIN 1234\n"
                        " 1000 ms  T2 <- welcome GZBB, Ada\n"
                        " 1000 ms  POS pings GZBB\n"
                        " 1000 ms  T2 <- ping 1\n"
                        " 1000 ms  T2 -> ping_shown 1\n"
                        " 1000 ms  POS <- shown\n");
}

/* What the terminal says before it knows of it is no mistake. */
static void a_user_is_removed(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);

    (void)state;
    actor_registers(&t1);
    actor_says(&t1, TERMINAL_READY);
    actor_greets(&t2);
    pos_pings(stage, t1.code);
    admin_removes_user(stage);
    actor_says(&t1, TERMINAL_READY);
    actor_says(&t1, TERMINAL_LOG_OUT);
    pos_pings(stage, t1.code);
    actor_pin(&t1, STAGE_PIN);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 -> ready\n"
                        "    0 ms  T1 <- ready_confirmed\n"
                        "    0 ms  T2 -> hello TW-2\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  Ada is removed\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> ready\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- log_in_required logged_out, PIN enough\n");
}

/* It gets its code back when somebody logs in on it again. */
static void a_device_is_removed_while_a_ping_waits(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    stage_wait(stage, 100);
    admin_removes_device(stage, t1.code);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    actor_greets(&t1);
    actor_logs_in(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "  100 ms  K3YR is removed\n"
                        "  100 ms  T1 <- error removed\n"
                        "  100 ms  POS <- not listening\n"
                        "  100 ms  T1 <- close 4002\n"
                        "  100 ms  POS pings K3YR\n"
                        "  100 ms  POS <- not found\n"
                        "  100 ms  T1 -> hello TW-1, credential A\n"
                        "  100 ms  T1 <- log_in_required unknown_credential\n"
                        "  100 ms  T1 -> log_in ada@example.com\n"
                        "  100 ms  T1 <- welcome K3YR, Ada, credential B\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api_mode_off_and_on),
        cmocka_unit_test(a_user_is_removed),
        cmocka_unit_test(a_device_is_removed_while_a_ping_waits),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
