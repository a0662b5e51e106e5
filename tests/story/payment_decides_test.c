/* Stories of payments that the terminal decides: its own certified application
 * says what became of a card, and the server believes it, once. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void an_approved_result(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_is_at_screen(&t1, 1, "card");
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    pos_sells(&t1, 500);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> progress 1 card\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n"
                         "    0 ms  POS sells for 500 on K3YR\n"
                         "    0 ms  T1 <- offer 2, purchase 500 CAD INV7, terminal decides\n");
}

static void a_declined_result_then_an_approved_one(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, false);
    sale_stands(&t1, 1);
    actor_reports(&t1, 1, 2, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> result 1/1 declined\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: NO MONEY, Try again\n"
                         "    0 ms  (payment 1 is retry, 1 declined as transaction 1)\n"
                         "    0 ms  T1 -> result 1/2 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/2 approved, transaction 2\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 declined as transaction 1, 2 "
                         "approved as transaction 2)\n");
}

static void a_declined_result_that_is_given_up(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, false);
    actor_cancels(&t1, 1, "customer");
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING
                 "    0 ms  POS sells for 1234 on K3YR\n"
                 "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                 "    0 ms  T1 -> displayed 1\n"
                 "    0 ms  T1 <- go 1\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  T1 -> result 1/1 declined\n"
                 "    0 ms  the courier is woken\n"
                 "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: NO "
                 "MONEY, Try again\n"
                 "    0 ms  T1 -> cancel_payment 1 by customer\n"
                 "    0 ms  T1 <- payment_ended 1 declined, customer\n"
                 "    0 ms  (payment 1 is declined by customer, 1 declined as transaction 1)\n");
}

/* The first acknowledgement was lost with the connection. */
static void a_repeated_result(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, true);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_reports(&t1, 1, 1, true);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  T1 hangs up\n"
                         "    0 ms  T1 -> hello TW-1, credential A\n"
                         "    0 ms  T1 <- welcome K3YR, Ada\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_result_that_comes_back_with_the_terminal(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    stage_wait(stage, 1000);
    actor_greets(&t1);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 hangs up\n"
                         " 1000 ms  T1 -> hello TW-1, credential A\n"
                         " 1000 ms  T1 <- welcome K3YR, Ada\n"
                         " 1000 ms  T1 <- resume 1/0\n"
                         " 1000 ms  T1 -> result 1/1 approved\n"
                         " 1000 ms  the courier is woken\n"
                         " 1000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         " 1000 ms  T1 <- payment_ended 1 approved\n"
                         " 1000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

/* The log shows an alarm for each, and both sides are kept. */
static void results_that_contradict_what_is_stored(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, false);
    actor_reports(&t1, 1, 1, true);
    actor_reports(&t1, 1, 2, true);
    actor_reports(&t1, 1, 2, false);
    actor_reports(&t1, 1, 3, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> result 1/1 declined\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: NO MONEY, Try again\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  T1 <- result_refused 1/1\n"
                         "    0 ms  T1 -> result 1/2 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/2 approved, transaction 2\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  T1 -> result 1/2 declined\n"
                         "    0 ms  T1 <- result_refused 1/2\n"
                         "    0 ms  T1 -> result 1/3 approved\n"
                         "    0 ms  T1 <- result_refused 1/3\n"
                         "    0 ms  (payment 1 is approved, 1 declined as transaction 1, 2 "
                         "approved as transaction 2)\n");
}

static void a_new_decline_after_the_end(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    actor_reports(&t1, 1, 1, false);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> cancel_payment 1 by customer\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                         "    0 ms  T1 -> result 1/1 declined\n"
                         "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  T1 <- result_refused 1/1\n"
                         "    0 ms  (payment 1 is cancelled by customer)\n");
}

/* The server does not decide for it, and it does not for the server. */
static void an_attempt_where_the_terminal_decides(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> attempt 1/1\n"
                         "    0 ms  T1 <- error protocol\n"
                         "    0 ms  T1 <- close 1008\n"
                         "    0 ms  (payment 1 is displayed)\n");
}

static void a_result_where_the_server_decides(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> result 1/1 approved\n"
                                "    0 ms  T1 <- error protocol\n"
                                "    0 ms  T1 <- close 1008\n"
                                "    0 ms  (payment 1 is displayed)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_result),
        cmocka_unit_test(a_declined_result_then_an_approved_one),
        cmocka_unit_test(a_declined_result_that_is_given_up),
        cmocka_unit_test(a_repeated_result),
        cmocka_unit_test(a_result_that_comes_back_with_the_terminal),
        cmocka_unit_test(results_that_contradict_what_is_stored),
        cmocka_unit_test(a_new_decline_after_the_end),
        cmocka_unit_test(an_attempt_where_the_terminal_decides),
        cmocka_unit_test(a_result_where_the_server_decides),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
