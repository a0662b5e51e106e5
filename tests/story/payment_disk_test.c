/* Stories of payments on a full disk: nothing is said that is not stored, and
 * all goes on where it was when there is room again. */
#include "store/fault_vfs.h"
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

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

static void a_call(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    disk_is_full(stage);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    disk_has_room(stage);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    stage_finish(stage,
                 OPENING "    0 ms  the disk is full\n"
                         "    0 ms  POS sells for 1234 on K3YR, key K\n"
                         "    0 ms  POS <- trouble\n"
                         "    0 ms  there is room again\n"
                         "    0 ms  POS sells for 1234 on K3YR, key K\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n");
}

static void a_go(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    disk_is_full(stage);
    actor_displays(&t1, 1);
    sale_stands(&t1, 1);
    disk_has_room(stage);
    stage_wait(stage, 12000);
    sale_stands(&t1, 1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    actor_displays(&t1, 2);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR, key K\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  the disk is full\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- trouble\n"
                                "    0 ms  (payment 1 is offered)\n"
                                "    0 ms  there is room again\n"
                                "12000 ms  (payment 1 is refused by not_shown)\n"
                                "12000 ms  POS sells for 1234 on K3YR, key K\n"
                                "12000 ms  T1 <- offer 2, purchase 1234 CAD INV7, server decides\n"
                                "12000 ms  T1 -> displayed 2\n"
                                "12000 ms  T1 <- go 2\n"
                                "12000 ms  POS <- accepted, payment 2\n");
}

static void an_attempt(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    disk_is_full(stage);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    disk_has_room(stage);
    actor_returns(&t1);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  the disk is full\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 <- error trouble, not within 4370 ms\n"
                                "    0 ms  T1 <- close 1011\n"
                                "    0 ms  (payment 1 is displayed)\n"
                                "    0 ms  there is room again\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "    0 ms  T1 <- payment_ended 1 approved\n"
                                "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_slow_outcome(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    disk_is_full(stage);
    stage_wait(stage, 12000);
    sale_stands(&t1, 1);
    disk_has_room(stage);
    stage_wait(stage, 2000);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the disk is full\n"
                                "12000 ms  (payment 1 is authorising, 1 undecided)\n"
                                "12000 ms  there is room again\n"
                                "13000 ms  the courier is woken\n"
                                "13000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "13000 ms  T1 <- payment_ended 1 approved\n"
                                "14000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_result(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    disk_is_full(stage);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    disk_has_room(stage);
    actor_returns(&t1);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  the disk is full\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  T1 <- error trouble, not within 2660 ms\n"
                         "    0 ms  T1 <- close 1011\n"
                         "    0 ms  (payment 1 is displayed)\n"
                         "    0 ms  there is room again\n"
                         "    0 ms  T1 -> hello TW-1, credential A\n"
                         "    0 ms  T1 <- welcome K3YR, Ada\n"
                         "    0 ms  T1 <- resume 1/0\n"
                         "    0 ms  T1 -> ready\n"
                         "    0 ms  T1 <- ready_confirmed\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_cancel(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    disk_is_full(stage);
    actor_cancels(&t1, 1, "customer");
    pos_cancels(&t1, 1, false);
    disk_has_room(stage);
    actor_returns(&t1);
    actor_cancels(&t1, 1, "customer");
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  the disk is full\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  T1 <- error trouble, not within 3394 ms\n"
                                "    0 ms  T1 <- close 1011\n"
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  POS <- trouble\n"
                                "    0 ms  there is room again\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "    0 ms  (payment 1 is cancelled by customer)\n");
}

/* What only reads goes on. */
static void a_terminal_that_comes_back(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    disk_is_full(stage);
    actor_hangs_up(&t1);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    disk_has_room(stage);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  the disk is full\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  T1 -> ask_payment 1\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  there is room again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call),
        cmocka_unit_test(a_go),
        cmocka_unit_test(an_attempt),
        cmocka_unit_test(a_slow_outcome),
        cmocka_unit_test(a_result),
        cmocka_unit_test(a_cancel),
        cmocka_unit_test(a_terminal_that_comes_back),
    };

    fault_install();
    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
