/* Stories of connections: silent ones, wrong ones, and two of one terminal. */
#include "story/actor.h"
#include "story/pos.h"

static void a_terminal_that_says_nothing_is_closed_after_five_seconds(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 0);

    (void)state;
    stage_note(stage, "T1 connects");
    actor_connects(&t1);
    stage_wait(stage, 4999);
    actor_greets(&t2);
    stage_wait(stage, 1);
    stage_wait(stage, 10000);
    stage_finish(stage, "    0 ms  T1 connects\n"
                        " 4999 ms  T2 -> hello TW-2\n"
                        " 4999 ms  T2 <- log_in_required new\n"
                        " 5000 ms  T1 <- error hello_expected\n"
                        " 5000 ms  T1 <- close 1008\n");
}

static void who_breaks_the_protocol_is_told_and_closed(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_connects(&t1);
    actor_babbles(&t1, "hello");
    actor_connects(&t1);
    actor_babbles(&t1, "{\"type\":\"ready\"}");
    actor_connects(&t1);
    actor_babbles(&t1, "{\"type\":\"bye\",\"reason\":\"sleep\"}");
    actor_connects(&t1);
    actor_babbles(&t1, "{\"type\":\"logged_out\"}");
    actor_connects(&t1);
    actor_babbles(&t1, "{\"type\":\"probe\"}");
    actor_greets(&t1);
    actor_says(&t1, TERMINAL_READY);
    actor_babbles(&t1, "{\"type\":\"ready\",\"pan\":1}");
    actor_registers(&t1);
    actor_babbles(&t1, "{\"type\":\"log_in\",\"pin\":\"1234\"}");
    stage_finish(stage, "    0 ms  T1 -> hello\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> {\"type\":\"ready\"}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> {\"type\":\"bye\",\"reason\":\"sleep\"}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> {\"type\":\"logged_out\"}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> {\"type\":\"probe\"}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> ready\n"
                        "    0 ms  T1 -> {\"type\":\"ready\",\"pan\":1}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 -> {\"type\":\"log_in\",\"pin\":\"1234\"}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n");
}

static void a_probe_is_answered_whenever_hello_was_said(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets(&t1);
    actor_says(&t1, TERMINAL_PROBE);
    actor_logs_in(&t1);
    actor_says(&t1, TERMINAL_PROBE);
    actor_says(&t1, TERMINAL_READY);
    actor_says(&t1, TERMINAL_PROBE);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> probe\n"
                        "    0 ms  T1 <- probe_answered\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 -> probe\n"
                        "    0 ms  T1 <- probe_answered\n"
                        "    0 ms  T1 -> ready\n"
                        "    0 ms  T1 <- ready_confirmed\n"
                        "    0 ms  T1 -> probe\n"
                        "    0 ms  T1 <- probe_answered\n");
}

/* The second one's memory was wiped, or it is another device: whoever knows a
 * password may have the code, but not while the first is connected. */
static void two_terminals_with_one_serial_number(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);

    (void)state;
    actor_registers(&t1);
    actor_registers(&t2);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    actor_hangs_up(&t1);
    actor_logs_in(&t2);
    actor_greets(&t1);
    pos_pings(stage, t2.code);
    actor_shows(&t2, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T2 -> hello TW-1\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- log_in_refused serial_in_use\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- welcome K3YR, Ada, credential B\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- log_in_required unknown_credential\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T2 <- ping 1\n"
                        "    0 ms  T2 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n");
}

static void a_second_connection_replaces_the_first_while_a_ping_waits(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    stage_wait(stage, 100);
    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    actor_greets(&t2);
    pos_pings(stage, t2.code);
    actor_shows(&t2, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "  100 ms  T2 -> hello TW-1, credential A\n"
                        "  100 ms  T2 <- welcome K3YR, Ada\n"
                        "  100 ms  T1 <- error replaced\n"
                        "  100 ms  POS <- not listening\n"
                        "  100 ms  T1 <- close 4001\n"
                        "  100 ms  POS pings K3YR\n"
                        "  100 ms  T2 <- ping 1\n"
                        "  100 ms  T2 -> ping_shown 1\n"
                        "  100 ms  POS <- shown\n");
}

/* The kick is on its way to the other loop when the line ends. */
static void a_connection_ends_before_it_hears_that_it_was_replaced(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    actor_greets_only(&t2);
    stage_note(stage, "T1 hangs up");
    actor_ends(&t1, WEBSOCKET_CLOSE_ABNORMAL);
    stage_endings_run(stage);
    pos_pings(stage, t2.code);
    actor_shows(&t2, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T2 -> hello TW-1, credential A\n"
                        "    0 ms  T2 <- welcome K3YR, Ada\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T2 <- ping 1\n"
                        "    0 ms  T2 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n");
}

static void three_connections_of_one_terminal(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);
    struct actor t3 = actor_make(stage, "T3", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    memcpy(t3.credential, t1.credential, SECRET_TEXT_SIZE);
    actor_greets_only(&t2);
    actor_greets_only(&t3);
    stage_settle(stage);
    pos_pings(stage, t3.code);
    actor_shows(&t3, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T2 -> hello TW-1, credential A\n"
                        "    0 ms  T2 <- welcome K3YR, Ada\n"
                        "    0 ms  T3 -> hello TW-1, credential A\n"
                        "    0 ms  T3 <- welcome K3YR, Ada\n"
                        "    0 ms  T1 <- error replaced\n"
                        "    0 ms  T1 <- close 4001\n"
                        "    0 ms  T2 <- error replaced\n"
                        "    0 ms  T2 <- close 4001\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T3 <- ping 1\n"
                        "    0 ms  T3 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_that_says_nothing_is_closed_after_five_seconds),
        cmocka_unit_test(who_breaks_the_protocol_is_told_and_closed),
        cmocka_unit_test(a_probe_is_answered_whenever_hello_was_said),
        cmocka_unit_test(two_terminals_with_one_serial_number),
        cmocka_unit_test(a_second_connection_replaces_the_first_while_a_ping_waits),
        cmocka_unit_test(a_connection_ends_before_it_hears_that_it_was_replaced),
        cmocka_unit_test(three_connections_of_one_terminal),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
