/* Stories of pings: shown, too late, by nobody, and too many. */
#include "story/actor.h"
#include "story/pos.h"

static void a_ping_that_nobody_shows(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    t1.hangs = true;
    stage_wait(stage, 10);
    pos_pings(stage, t1.code);
    stage_wait(stage, 1000);
    pos_pings(stage, t1.code);
    stage_wait(stage, 4000);
    pos_pings(stage, t1.code);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "   10 ms  POS pings K3YR\n"
                        "   10 ms  T1 <- ping 1\n"
                        " 1010 ms  POS pings K3YR\n"
                        " 1010 ms  T1 <- ping 2\n"
                        " 3010 ms  T1 is probed\n"
                        " 3010 ms  POS <- not listening\n"
                        " 4010 ms  T1 is probed\n"
                        " 4010 ms  POS <- not listening\n"
                        " 5010 ms  T1 is cut off\n"
                        " 5010 ms  POS pings K3YR\n"
                        " 5010 ms  POS <- not listening\n");
}

/* A second answer, or one to a ping that is over, means nothing. */
static void a_ping_that_is_shown_too_late(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    stage_wait(stage, 3001);
    actor_shows(&t1, 1);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    actor_shows(&t1, 2);
    actor_shows(&t1, 2);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        " 3000 ms  T1 is probed\n"
                        " 3000 ms  POS <- not listening\n"
                        " 3001 ms  T1 -> ping_shown 1\n"
                        " 3001 ms  POS pings K3YR\n"
                        " 3001 ms  T1 <- ping 2\n"
                        " 3001 ms  T1 -> ping_shown 1\n"
                        " 3001 ms  T1 -> ping_shown 2\n"
                        " 3001 ms  POS <- shown\n"
                        " 3001 ms  T1 -> ping_shown 2\n");
}

static void a_ping_whose_terminal_hangs_up(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    pos_pings(stage, t1.code);
    stage_wait(stage, 500);
    actor_hangs_up(&t1);
    pos_pings(stage, t1.code);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 2\n"
                        "  500 ms  T1 hangs up\n"
                        "  500 ms  POS <- not listening\n"
                        "  500 ms  POS <- not listening\n"
                        "  500 ms  POS pings K3YR\n"
                        "  500 ms  POS <- not listening\n");
}

static void a_ping_whose_terminal_goes_to_sleep_or_logs_out(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_shows(&t1, 1);
    actor_pin(&t1, STAGE_PIN);
    pos_pings(stage, t1.code);
    actor_says(&t1, TERMINAL_BYE);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T1 <- logged_out\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  T1 -> log_in PIN 1234\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 2\n"
                        "    0 ms  T1 -> bye\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T1 <- close 1000\n");
}

static void a_terminal_on_another_loop(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 1);

    (void)state;
    actor_registers(&t1);
    pos_pings(stage, t1.code);
    stage_wait(stage, 50);
    actor_shows(&t1, 1);
    pos_pings_from(stage, 1, t1.code, "from its own");
    pos_pings_from(stage, 0, t1.code, "from the other");
    actor_shows(&t1, 3);
    actor_shows(&t1, 2);
    pos_pings(stage, t1.code);
    stage_wait(stage, 3000);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "   50 ms  T1 -> ping_shown 1\n"
                        "   50 ms  POS <- shown\n"
                        "   50 ms  POS pings K3YR\n"
                        "   50 ms  T1 <- ping 2 from its own\n"
                        "   50 ms  POS pings K3YR\n"
                        "   50 ms  T1 <- ping 3 from the other\n"
                        "   50 ms  T1 -> ping_shown 3\n"
                        "   50 ms  POS <- shown\n"
                        "   50 ms  T1 -> ping_shown 2\n"
                        "   50 ms  POS <- shown\n"
                        "   50 ms  POS pings K3YR\n"
                        "   50 ms  T1 <- ping 4\n"
                        " 3050 ms  T1 is probed\n"
                        " 3050 ms  POS <- not listening\n");
}

static void thirty_three_pings_at_once(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    int i;

    actor_registers(&t1);
    stage->quiet = true;
    for (i = 0; i < HUB_PINGS_WAITING_MAX; i++) {
        pos_pings(stage, t1.code);
    }
    stage_note(stage, "%u wait", stage->pings_under_way);
    stage->quiet = false;
    pos_pings(stage, t1.code);
    stage->quiet = true;
    for (i = HUB_PINGS_WAITING_MAX; i > 0; i--) {
        actor_shows(&t1, i);
    }
    stage_note(stage, "%u shown, %u wait", stage->pings_shown, stage->pings_under_way);
    stage->quiet = false;
    pos_pings(stage, t1.code);
    actor_shows(&t1, HUB_PINGS_WAITING_MAX + 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  32 wait\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  32 shown, 0 wait\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 33\n"
                        "    0 ms  T1 -> ping_shown 33\n"
                        "    0 ms  POS <- shown\n");
}

static void pings_of_two_terminals_end_in_their_order(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 0);

    (void)state;
    actor_registers(&t1);
    actor_registers(&t2);
    t1.hangs = true;
    pos_pings(stage, t1.code);
    stage_wait(stage, 1000);
    pos_pings(stage, t2.code);
    stage_wait(stage, 1000);
    pos_pings(stage, t1.code);
    stage_wait(stage, 1500);
    actor_shows(&t2, 2);
    stage_wait(stage, 2000);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T2 -> hello TW-2\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- welcome GZBB, Ada, credential B\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        " 1000 ms  POS pings GZBB\n"
                        " 1000 ms  T2 <- ping 2\n"
                        " 2000 ms  POS pings K3YR\n"
                        " 2000 ms  T1 <- ping 3\n"
                        " 3000 ms  T1 is probed\n"
                        " 3000 ms  POS <- not listening\n"
                        " 3500 ms  T2 -> ping_shown 2\n"
                        " 3500 ms  POS <- shown\n"
                        " 5000 ms  T1 is probed\n"
                        " 5000 ms  POS <- not listening\n"
                        " 5000 ms  T1 is cut off\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ping_that_nobody_shows),
        cmocka_unit_test(a_ping_that_is_shown_too_late),
        cmocka_unit_test(a_ping_whose_terminal_hangs_up),
        cmocka_unit_test(a_ping_whose_terminal_goes_to_sleep_or_logs_out),
        cmocka_unit_test(a_terminal_on_another_loop),
        cmocka_unit_test(thirty_three_pings_at_once),
        cmocka_unit_test(pings_of_two_terminals_end_in_their_order),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
