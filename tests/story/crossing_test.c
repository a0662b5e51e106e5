/* Stories of changes that cross with a terminal's doings: the store has answered,
 * the loop has not heard of it yet, and an administrator comes in between. */
#include "story/actor.h"
#include "story/pos.h"

/* The store has registered the terminal; its answer is still on its way. The
 * terminal has proven nothing, so a PIN is worth nothing on it. */
static void a_user_is_removed_while_his_first_log_in_is_stored(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets(&t1);
    stage_settle(stage);
    actor_logs_in_only(&t1, STAGE_EMAIL, STAGE_PASSWORD);
    stage_store_works(stage);
    stage_answers_arrive(stage);
    loop_advance(stage->loops[0], 0);
    stage_store_works(stage);
    admin_removes_user(stage);
    stage_settle(stage);
    actor_pin(&t1, STAGE_PIN);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  Ada is removed\n"
                        "    0 ms  T1 <- log_in_refused trouble\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused wrong\n");
}

static void a_user_is_removed_while_his_pin_is_checked(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_pin_only(&t1, STAGE_PIN);
    stage_store_works(stage);
    admin_removes_user(stage);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    actor_pin(&t1, STAGE_PIN);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  Ada is removed\n"
                        "    0 ms  T1 <- log_in_refused trouble, PIN enough\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- log_in_refused wrong, PIN enough\n");
}

static void a_device_is_removed_while_somebody_logs_in_on_it(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    actor_greets(&t2);
    stage_settle(stage);
    actor_logs_in_only(&t2, STAGE_EMAIL, STAGE_PASSWORD);
    stage_store_works(stage);
    stage_answers_arrive(stage);
    loop_advance(stage->loops[0], 0);
    stage_store_works(stage);
    admin_removes_device(stage, t1.code);
    stage_settle(stage);
    actor_pin(&t2, STAGE_PIN);
    actor_logs_in(&t2);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T2 -> hello TW-1\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  K3YR is removed\n"
                        "    0 ms  T2 <- log_in_refused trouble\n"
                        "    0 ms  T2 -> log_in PIN 1234\n"
                        "    0 ms  T2 <- log_in_refused wrong\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- welcome K3YR, Ada, credential B\n");
}

static void a_device_is_removed_while_it_arrives(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    actor_greets_only(&t1);
    stage_store_works(stage);
    admin_removes_device(stage, t1.code);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  K3YR is removed\n"
                        "    0 ms  T1 <- log_in_required unknown_credential\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not found\n");
}

static void a_user_is_removed_while_the_terminal_arrives(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    actor_greets_only(&t1);
    stage_store_works(stage);
    admin_removes_user(stage);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  Ada is removed\n"
                        "    0 ms  T1 <- log_in_required logged_out, PIN enough\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n");
}

static void api_mode_goes_off_while_a_terminal_arrives(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    actor_greets_only(&t1);
    stage_store_works(stage);
    admin_api_mode(stage, false);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    admin_api_mode(stage, true);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  API mode off\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, API off\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  API mode on\n"
                        "    0 ms  T1 <- api_mode on\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n");
}

static void a_renewed_credential_survives_the_second_look(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    stage_days_pass(stage, 31);
    actor_greets_only(&t1);
    stage_store_works(stage);
    stage_answers_arrive(stage);
    loop_advance(stage->loops[0], 0);
    stage_store_works(stage);
    admin_api_mode(stage, false);
    stage_settle(stage);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  31 days pass\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  API mode off\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, API off, credential B\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential B\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, API off\n");
}

static void a_user_is_removed_while_he_logs_out(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_says_only(&t1, &(struct terminal_message){.type = TERMINAL_LOG_OUT});
    stage_note(stage, "T1 -> log_out");
    stage_store_works(stage);
    admin_removes_user(stage);
    stage_settle(stage);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  Ada is removed\n"
                        "    0 ms  T1 <- logged_out\n");
}

static void a_terminal_hangs_up_before_the_store_has_answered(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets_only(&t1);
    actor_logs_in_only(&t1, STAGE_EMAIL, STAGE_PASSWORD);
    stage_note(stage, "T1 hangs up");
    actor_ends(&t1, WEBSOCKET_CLOSE_ABNORMAL);
    stage_endings_run(stage);
    stage_settle(stage);
    actor_greets(&t1);
    actor_logs_in(&t1);
    actor_hangs_up(&t1);
    actor_greets_only(&t1);
    stage_note(stage, "T1 hangs up");
    actor_ends(&t1, WEBSOCKET_CLOSE_ABNORMAL);
    stage_endings_run(stage);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_removed_while_his_first_log_in_is_stored),
        cmocka_unit_test(a_user_is_removed_while_his_pin_is_checked),
        cmocka_unit_test(a_device_is_removed_while_somebody_logs_in_on_it),
        cmocka_unit_test(a_device_is_removed_while_it_arrives),
        cmocka_unit_test(a_user_is_removed_while_the_terminal_arrives),
        cmocka_unit_test(api_mode_goes_off_while_a_terminal_arrives),
        cmocka_unit_test(a_renewed_credential_survives_the_second_look),
        cmocka_unit_test(a_user_is_removed_while_he_logs_out),
        cmocka_unit_test(a_terminal_hangs_up_before_the_store_has_answered),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
