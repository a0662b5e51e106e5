/* Stories of trouble: a full disk in each thing that a terminal does, and a
 * business that goes with all that it has. */
#include "store/fault_vfs.h"
#include "story/actor.h"
#include "story/pos.h"

static void disk_is_full(struct stage *stage)
{
    stage_note(stage, "the disk is full");
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
}

static void disk_has_room(struct stage *stage)
{
    stage_note(stage, "there is room again");
    fault_heal();
}

static void a_log_in_on_a_full_disk(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets(&t1);
    disk_is_full(stage);
    actor_logs_in(&t1);
    disk_has_room(stage);
    actor_logs_in(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  the disk is full\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- log_in_refused trouble\n"
                        "    0 ms  there is room again\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome GZBB, Ada, credential A\n");
}

/* Nothing is known of the log-out, so it is not answered; the terminal comes
 * back and is logged in still. */
static void a_log_out_on_a_full_disk(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    disk_is_full(stage);
    actor_says(&t1, TERMINAL_LOG_OUT);
    disk_has_room(stage);
    actor_greets(&t1);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  the disk is full\n"
                        "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- error trouble\n"
                        "    0 ms  T1 <- close 1011\n"
                        "    0 ms  there is room again\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n");
}

/* Reading goes on, and what need not be written now is put off. */
static void arrivals_on_a_full_disk(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_registers(&t1);
    actor_hangs_up(&t1);
    disk_is_full(stage);
    actor_greets(&t1);
    pos_pings(stage, t1.code);
    actor_shows(&t1, 1);
    actor_hangs_up(&t1);
    stage_days_pass(stage, 31);
    actor_greets(&t1);
    actor_hangs_up(&t1);
    disk_has_room(stage);
    actor_greets(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  the disk is full\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  POS <- shown\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  31 days pass\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada\n"
                        "    0 ms  T1 hangs up\n"
                        "    0 ms  there is room again\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential B\n");
}

static void a_business_is_removed_with_all_it_has(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);
    struct actor t3 = actor_make(stage, "T3", "TW-3", 1);

    (void)state;
    actor_registers(&t1);
    actor_registers(&t2);
    actor_says(&t2, TERMINAL_LOG_OUT);
    actor_greets(&t3);
    pos_pings(stage, t1.code);
    admin_removes_business(stage);
    stage_settle(stage);
    pos_pings(stage, t1.code);
    actor_greets(&t1);
    actor_logs_in(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"
                        "    0 ms  T2 -> hello TW-2\n"
                        "    0 ms  T2 <- log_in_required new\n"
                        "    0 ms  T2 -> log_in ada@example.com\n"
                        "    0 ms  T2 <- welcome GZBB, Ada, credential B\n"
                        "    0 ms  T2 -> log_out\n"
                        "    0 ms  T2 <- logged_out\n"
                        "    0 ms  T3 -> hello TW-3\n"
                        "    0 ms  T3 <- log_in_required new\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  T1 <- ping 1\n"
                        "    0 ms  Shop is removed\n"
                        "    0 ms  T1 <- error removed\n"
                        "    0 ms  POS <- not listening\n"
                        "    0 ms  T1 <- close 4002\n"
                        "    0 ms  T2 <- error removed\n"
                        "    0 ms  T2 <- close 4002\n"
                        "    0 ms  POS pings K3YR\n"
                        "    0 ms  POS <- not found\n"
                        "    0 ms  T1 -> hello TW-1, credential A\n"
                        "    0 ms  T1 <- log_in_required unknown_credential\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- log_in_refused wrong\n");
}

static void the_server_stops_while_a_terminal_logs_in(void **state)
{
    struct stage *stage = stage_make(1, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_greets(&t1);
    actor_logs_in_only(&t1, STAGE_EMAIL, STAGE_PASSWORD);
    stage_note(stage, "the server stops");
    stage_stop(stage);
    stage_start(stage);
    actor_greets(&t1);
    actor_logs_in(&t1);
    stage_finish(stage, "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  the server stops\n"
                        "    0 ms  T1 <- error stopping\n"
                        "    0 ms  T1 <- close 1001\n"
                        "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n");
}

static void messages_in_the_wrong_place_are_told_apart(void **state)
{
    struct stage *stage = stage_make(1, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_connects(&t1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_connects(&t1);
    actor_shows(&t1, 1);
    actor_greets(&t1);
    actor_babbles(&t1, "{\"type\":\"hello\",\"protocol\":1,\"serial\":\"TW-1\","
                       "\"version\":\"1\",\"credential\":null}");
    actor_greets(&t1);
    actor_shows(&t1, 7);
    actor_logs_in(&t1);
    stage_finish(stage, "    0 ms  T1 -> log_out\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> ping_shown 1\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> "
                        "{\"type\":\"hello\",\"protocol\":1,\"serial\":\"TW-1\",\"version\":\"1\","
                        "\"credential\":null}\n"
                        "    0 ms  T1 <- error protocol\n"
                        "    0 ms  T1 <- close 1008\n"
                        "    0 ms  T1 -> hello TW-1\n"
                        "    0 ms  T1 <- log_in_required new\n"
                        "    0 ms  T1 -> ping_shown 7\n"
                        "    0 ms  T1 -> log_in ada@example.com\n"
                        "    0 ms  T1 <- welcome K3YR, Ada, credential A\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_in_on_a_full_disk),
        cmocka_unit_test(a_log_out_on_a_full_disk),
        cmocka_unit_test(arrivals_on_a_full_disk),
        cmocka_unit_test(a_business_is_removed_with_all_it_has),
        cmocka_unit_test(the_server_stops_while_a_terminal_logs_in),
        cmocka_unit_test(messages_in_the_wrong_place_are_told_apart),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
