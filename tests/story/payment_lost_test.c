/* Stories of terminals that are lost in the middle of a payment and come back,
 * with what they keep or without; and of offers that nobody shows. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void an_offer_that_nobody_shows(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    stage_wait(stage, 3000);
    sale_stands(&t1, 1);
    actor_displays(&t1, 1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_displays(&t1, 2);
    actor_displays(&t1, 2);
    sale_stands(&t1, 2);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                " 3000 ms  T1 is probed\n"
                                " 3000 ms  T1 <- withdraw 1\n"
                                " 3000 ms  POS <- not listening\n"
                                " 3000 ms  (payment 1 is refused by not_shown)\n"
                                " 3000 ms  T1 -> displayed 1\n"
                                " 3000 ms  T1 <- withdraw 1\n"
                                " 3000 ms  POS sells for 1234 on K3YR\n"
                                " 3000 ms  T1 <- offer 2, purchase 1234 CAD INV7, server decides\n"
                                " 3000 ms  T1 -> displayed 1\n"
                                " 3000 ms  T1 <- withdraw 1\n"
                                " 3000 ms  T1 -> displayed 2\n"
                                " 3000 ms  T1 <- go 2\n"
                                " 3000 ms  POS <- accepted, payment 2\n"
                                " 3000 ms  T1 -> displayed 2\n"
                                " 3000 ms  (payment 2 is displayed)\n");
}

static void an_offer_to_a_terminal_that_hangs(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    t1.hangs = true;
    pos_sells(&t1, 1234);
    stage_wait(stage, 5000);
    sale_stands(&t1, 1);
    t1.hangs = false;
    actor_returns(&t1);
    pos_sells(&t1, 500);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                " 3000 ms  T1 is probed\n"
                                " 3000 ms  T1 <- withdraw 1\n"
                                " 3000 ms  POS <- not listening\n"
                                " 5000 ms  T1 is cut off\n"
                                " 5000 ms  (payment 1 is refused by not_shown)\n"
                                " 5000 ms  T1 -> hello TW-1, credential A\n"
                                " 5000 ms  T1 <- welcome K3YR, Ada\n"
                                " 5000 ms  T1 -> ready\n"
                                " 5000 ms  T1 <- ready_confirmed\n"
                                " 5000 ms  POS sells for 500 on K3YR\n"
                                " 5000 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n");
}

static void a_terminal_is_lost_before_it_shows_the_amount(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    stage_wait(stage, 100);
    actor_hangs_up(&t1);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_displays(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "  100 ms  T1 hangs up\n"
                                "  100 ms  POS <- not listening\n"
                                "  100 ms  (payment 1 is refused by not_shown)\n"
                                "  100 ms  T1 -> hello TW-1, credential A\n"
                                "  100 ms  T1 <- welcome K3YR, Ada\n"
                                "  100 ms  T1 -> ready\n"
                                "  100 ms  T1 <- ready_confirmed\n"
                                "  100 ms  T1 -> displayed 1\n"
                                "  100 ms  T1 <- withdraw 1\n");
}

/* The go is committed and was never heard. */
static void a_terminal_is_lost_between_displayed_and_go(void **state)
{
    struct stage *stage = sale_stage(1, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    struct terminal_message displayed = {.type = TERMINAL_DISPLAYED};

    pos_sells(&t1, 1234);
    displayed.displayed = stage_payment(stage, 1);
    stage_note(stage, "T1 -> displayed 1");
    actor_says_only(&t1, &displayed);
    stage_note(stage, "T1 hangs up");
    actor_ends(&t1, WEBSOCKET_CLOSE_ABNORMAL);
    stage_endings_run(stage);
    stage_settle(stage);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_cancels(&t1, 1, "lost");
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  (payment 1 is displayed)\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  T1 -> cancel_payment 1 by lost\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, lost\n"
                                "    0 ms  (payment 1 is cancelled by lost)\n");
}

static void a_terminal_is_lost_after_go_and_goes_on(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_is_at_screen(&t1, 1, "card");
    actor_hangs_up(&t1);
    sale_stands(&t1, 1);
    stage_wait(stage, 1000);
    actor_returns(&t1);
    actor_is_at_screen(&t1, 1, "card");
    sale_stands(&t1, 1);
    actor_asks(&t1, 1);
    actor_attempts(&t1, 1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> progress 1 card\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  (payment 1 is displayed)\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 <- resume 1/0\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> progress 1 card\n"
                                " 1000 ms  (payment 1 is card)\n"
                                " 1000 ms  T1 -> ask_payment 1\n"
                                " 1000 ms  T1 <- resume 1/0\n"
                                " 1000 ms  T1 -> attempt 1/1\n"
                                " 1000 ms  the courier is woken\n"
                                " 1000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                " 1000 ms  T1 <- payment_ended 1 approved\n");
}

static void a_terminal_says_its_attempt_before_continue(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_attempts(&t1, 1, 1);
    pos_sells(&t1, 500);
    actor_says(&t1, TERMINAL_READY);
    pos_sells(&t1, 500);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "    0 ms  T1 <- payment_ended 1 approved\n"
                                "    0 ms  POS sells for 500 on K3YR\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  POS sells for 500 on K3YR\n"
                                "    0 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n");
}

/* Its attempt was taken, its answer was not heard. */
static void a_terminal_is_lost_after_its_attempt(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_hangs_up(&t1);
    stage_wait(stage, 1000);
    actor_returns(&t1);
    actor_attempts(&t1, 1, 1);
    actor_asks(&t1, 1);
    stage_wait(stage, 9000);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 hangs up\n"
                                " 1000 ms  T1 -> hello TW-1, credential A\n"
                                " 1000 ms  T1 <- welcome K3YR, Ada\n"
                                " 1000 ms  T1 <- resume 1/1\n"
                                " 1000 ms  T1 -> ready\n"
                                " 1000 ms  T1 <- ready_confirmed\n"
                                " 1000 ms  T1 -> attempt 1/1\n"
                                " 1000 ms  T1 -> ask_payment 1\n"
                                " 1000 ms  T1 <- resume 1/1\n"
                                "10000 ms  the courier is woken\n"
                                "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "10000 ms  T1 <- payment_ended 1 approved\n"
                                "10000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void an_outcome_that_was_not_heard(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_hangs_up(&t1);
    stage_wait(stage, 10000);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_attempts(&t1, 1, 1);
    actor_asks(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 hangs up\n"
                                "10000 ms  the courier is woken\n"
                                "10000 ms  (payment 1 is approved, 1 approved as transaction 1)\n"
                                "10000 ms  T1 -> hello TW-1, credential A\n"
                                "10000 ms  T1 <- welcome K3YR, Ada\n"
                                "10000 ms  T1 -> ready\n"
                                "10000 ms  T1 <- ready_confirmed\n"
                                "10000 ms  T1 -> attempt 1/1\n"
                                "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "10000 ms  T1 <- payment_ended 1 approved\n"
                                "10000 ms  T1 -> ask_payment 1\n"
                                "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "10000 ms  T1 <- payment_ended 1 approved\n");
}

static void a_decline_that_was_not_heard(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1068);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_hangs_up(&t1);
    stage_wait(stage, 21000);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    stage_finish(stage, OPENING "    0 ms  POS sells for 1068 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1068 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 hangs up\n"
                                "20000 ms  the courier is woken\n"
                                "21000 ms  T1 -> hello TW-1, credential A\n"
                                "21000 ms  T1 <- welcome K3YR, Ada\n"
                                "21000 ms  T1 <- resume 1/1\n"
                                "21000 ms  T1 -> ready\n"
                                "21000 ms  T1 <- ready_confirmed\n"
                                "21000 ms  T1 -> ask_payment 1\n"
                                "21000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                                "Declined: NETWORK ERROR - General System Error, Try again\n"
                                "21000 ms  T1 -> cancel_payment 1 by customer\n"
                                "21000 ms  T1 <- payment_ended 1 declined, customer\n");
}

static void a_terminal_is_rebooted_and_has_no_memory(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_cancels(&t1, 1, "lost");
    sale_stands(&t1, 1);
    actor_says(&t1, TERMINAL_READY);
    pos_sells(&t1, 500);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> cancel_payment 1 by lost\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, lost\n"
                                "    0 ms  (payment 1 is cancelled by lost)\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  POS sells for 500 on K3YR\n"
                                "    0 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n");
}

static void a_terminal_stays_away(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    stage_minutes_pass(stage, 2);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 hangs up\n"
                                "120000 ms  the courier is woken\n"
                                "120000 ms  (payment 1 is expired by time)\n"
                                "120000 ms  T1 -> hello TW-1, credential A\n"
                                "120000 ms  T1 <- welcome K3YR, Ada\n"
                                "120000 ms  T1 -> ready\n"
                                "120000 ms  T1 <- ready_confirmed\n"
                                "120000 ms  T1 -> ask_payment 1\n"
                                "120000 ms  T1 <- payment_ended 1 expired, time\n");
}

static void a_terminal_goes_to_sleep_with_an_offer(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_says(&t1, TERMINAL_BYE);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> bye\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 <- close 1000\n"
                                "    0 ms  (payment 1 is refused by not_shown)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_that_nobody_shows),
        cmocka_unit_test(an_offer_to_a_terminal_that_hangs),
        cmocka_unit_test(a_terminal_is_lost_before_it_shows_the_amount),
        cmocka_unit_test(a_terminal_is_lost_between_displayed_and_go),
        cmocka_unit_test(a_terminal_is_lost_after_go_and_goes_on),
        cmocka_unit_test(a_terminal_says_its_attempt_before_continue),
        cmocka_unit_test(a_terminal_is_lost_after_its_attempt),
        cmocka_unit_test(an_outcome_that_was_not_heard),
        cmocka_unit_test(a_decline_that_was_not_heard),
        cmocka_unit_test(a_terminal_is_rebooted_and_has_no_memory),
        cmocka_unit_test(a_terminal_stays_away),
        cmocka_unit_test(a_terminal_goes_to_sleep_with_an_offer),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
