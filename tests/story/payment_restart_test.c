/* Stories of payments while the server is stopped and started again: at each
 * step the store alone knows, and the terminal says the rest. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void stopped_while_an_offer_waits(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    server_stops(stage);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_displays(&t1, 1);
    pos_sells(&t1, 500);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                "    0 ms  POS <- trouble\n"
                                " 1000 ms  the server starts\n"
                                " 1000 ms  (payment 1 is refused by not_shown)\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> displayed 1\n"
                                " 1000 ms  T1 <- withdraw 1\n"
                                " 1000 ms  POS sells for 500 on K3YR\n"
                                " 1000 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n");
}

static void stopped_after_go(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_is_at_screen(&t1, 1, "card");
    server_stops(stage);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> progress 1 card\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                " 1000 ms  the server starts\n"
                                " 1000 ms  (payment 1 is displayed)\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 <- resume 1/0\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> attempt 1/1\n"
                                " 1000 ms  the courier is woken\n"
                                " 1000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                " 1000 ms  T1 <- payment_ended 1 approved\n"
                                " 1000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void stopped_while_the_host_decides(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    server_stops(stage);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_attempts(&t1, 1, 1);
    stage_wait(stage, 10000);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                " 1000 ms  the server starts\n"
                                " 1000 ms  (payment 1 is authorising, 1 undecided)\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 <- resume 1/1\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> attempt 1/1\n"
                                "10000 ms  the courier is woken\n"
                                "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "10000 ms  T1 <- payment_ended 1 approved\n"
                                "11000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void stopped_until_the_host_has_decided(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    server_stops(stage);
    stage_wait_stopped(stage, 20000);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                "21000 ms  the server starts\n"
                                "21000 ms  (payment 1 is approved, 1 approved as transaction 1)\n"
                                "21000 ms  T1 -> hello TW-1, credential A\n"
                                "21000 ms  T1 <- welcome K3YR, Ada\n"
                                "21000 ms  T1 -> ready\n"
                                "21000 ms  T1 <- ready_confirmed\n"
                                "21000 ms  T1 -> ask_payment 1\n"
                                "21000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "21000 ms  T1 <- payment_ended 1 approved\n");
}

static void stopped_in_retry(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    server_stops(stage);
    server_starts(stage);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    actor_attempts(&t1, 1, 2);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1055 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                                "Declined: DECLINED - Do Not Honor, Try again\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                " 1000 ms  the server starts\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 <- resume 1/1\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> ask_payment 1\n"
                                " 1000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                                "Declined: DECLINED - Do Not Honor, Try again\n"
                                " 1000 ms  T1 -> attempt 1/2\n"
                                " 1000 ms  the courier is woken\n"
                                " 1000 ms  T1 <- outcome 1/2 declined, transaction 2, Transaction "
                                "Declined: DECLINED - Do Not Honor, Try again\n"
                                " 1000 ms  (payment 1 is retry, 1 declined as transaction 1, 2 "
                                "declined as transaction 2)\n");
}

static void stopped_when_it_was_approved(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    server_stops(stage);
    server_starts(stage);
    actor_returns(&t1);
    actor_attempts(&t1, 1, 1);
    actor_asks(&t1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "    0 ms  T1 <- payment_ended 1 approved\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                " 1000 ms  the server starts\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> attempt 1/1\n"
                                " 1000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                " 1000 ms  T1 <- payment_ended 1 approved\n"
                                " 1000 ms  T1 -> ask_payment 1\n"
                                " 1000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                " 1000 ms  T1 <- payment_ended 1 approved\n"
                                " 1000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void stopped_until_the_time_was_over(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    server_stops(stage);
    stage_wait_stopped(stage, 200000);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                "201000 ms  the server starts\n"
                                "201000 ms  (payment 1 is expired by time)\n"
                                "201000 ms  T1 -> hello TW-1, credential A\n"
                                "201000 ms  T1 <- welcome K3YR, Ada\n"
                                "201000 ms  T1 -> ready\n"
                                "201000 ms  T1 <- ready_confirmed\n"
                                "201000 ms  T1 -> ask_payment 1\n"
                                "201000 ms  T1 <- payment_ended 1 expired, time\n");
}

static void stopped_after_the_terminal_was_asked_to_cancel(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pos_cancels(&t1, 1, false);
    server_stops(stage);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  POS cancels 1\n"
                         "    0 ms  T1 <- cancel_requested 1 by pos\n"
                         "    0 ms  the server stops\n"
                         "    0 ms  T1 <- error stopping\n"
                         "    0 ms  T1 <- close 1001\n"
                         "    0 ms  POS <- device unreachable: displayed\n"
                         " 1000 ms  the server starts\n"
                         " 1000 ms  (payment 1 is displayed)\n"
                         " 1000 ms  T1 -> hello TW-1, credential A\n"
                         " 1000 ms  T1 <- welcome K3YR, Ada\n"
                         " 1000 ms  T1 <- resume 1/0\n"
                         " 1000 ms  T1 <- cancel_requested 1 by pos\n"
                         " 1000 ms  T1 -> ready\n"
                         " 1000 ms  T1 <- ready_confirmed\n"
                         " 1000 ms  T1 -> result 1/1 approved\n"
                         " 1000 ms  the courier is woken\n"
                         " 1000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         " 1000 ms  T1 <- payment_ended 1 approved\n"
                         " 1000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void stopped_when_it_was_unknown(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    stage_minutes_pass(stage, 3);
    server_stops(stage);
    server_starts(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 hangs up\n"
                         "180000 ms  the server stops\n"
                         "181000 ms  the server starts\n"
                         "181000 ms  (payment 1 is unknown)\n"
                         "181000 ms  T1 -> hello TW-1, credential A\n"
                         "181000 ms  T1 <- welcome K3YR, Ada\n"
                         "181000 ms  T1 <- resume 1/0\n"
                         "181000 ms  T1 <- cancel_requested 1 by time\n"
                         "181000 ms  T1 -> ready\n"
                         "181000 ms  T1 <- ready_confirmed\n"
                         "181000 ms  T1 -> result 1/1 approved\n"
                         "181000 ms  the courier is woken\n"
                         "181000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "181000 ms  T1 <- payment_ended 1 approved\n"
                         "181000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void an_earlier_call_with_its_key_after_a_restart(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    actor_displays(&t1, 1);
    server_stops(stage);
    server_starts(stage);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1235, .key = "K"});
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR, key K\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  the server stops\n"
                                "    0 ms  T1 <- error stopping\n"
                                "    0 ms  T1 <- close 1001\n"
                                " 1000 ms  the server starts\n"
                                " 1000 ms  POS sells for 1234 on K3YR, key K\n"
                                " 1000 ms  POS <- accepted, payment 1\n"
                                " 1000 ms  POS sells for 1235 on K3YR, key K\n"
                                " 1000 ms  POS <- key taken\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_while_an_offer_waits),
        cmocka_unit_test(stopped_after_go),
        cmocka_unit_test(stopped_while_the_host_decides),
        cmocka_unit_test(stopped_until_the_host_has_decided),
        cmocka_unit_test(stopped_in_retry),
        cmocka_unit_test(stopped_when_it_was_approved),
        cmocka_unit_test(stopped_until_the_time_was_over),
        cmocka_unit_test(stopped_after_the_terminal_was_asked_to_cancel),
        cmocka_unit_test(stopped_when_it_was_unknown),
        cmocka_unit_test(an_earlier_call_with_its_key_after_a_restart),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
