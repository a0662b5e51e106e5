/* Stories of points of sale that cancel: at each step of a payment that the
 * server decides, with and without the wish to have an approval reversed. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void an_offer_is_cancelled(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    pos_cancels(&t1, 1, false);
    sale_stands(&t1, 1);
    stage_wait(stage, 500);
    actor_displays(&t1, 1);
    stage_wait(stage, 3000);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  POS <- cancelled: refused\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  (payment 1 is refused by pos)\n"
                                "  500 ms  T1 -> displayed 1\n"
                                "  500 ms  T1 <- withdraw 1\n");
}

static void an_offer_is_cancelled_and_nobody_shows_it(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    stage_wait(stage, 100);
    pos_cancels(&t1, 1, false);
    stage_wait(stage, 3000);
    pos_sells(&t1, 500);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "  100 ms  POS cancels 1\n"
                                "  100 ms  POS <- cancelled: refused\n"
                                "  100 ms  T1 <- withdraw 1\n"
                                "  100 ms  POS <- not listening\n"
                                " 3100 ms  POS sells for 500 on K3YR\n"
                                " 3100 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n");
}

static void a_displayed_payment_is_cancelled(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pos_cancels(&t1, 1, false);
    sale_stands(&t1, 1);
    pos_cancels(&t1, 1, false);
    actor_attempts(&t1, 1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  POS <- cancelled: cancelled\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, pos\n"
                                "    0 ms  (payment 1 is cancelled by pos)\n"
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  POS <- cancelled: cancelled\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, pos\n");
}

static void a_payment_at_the_card_is_cancelled(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_is_at_screen(&t1, 1, "card");
    pos_cancels(&t1, 1, true);
    sale_stands(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> progress 1 card\n"
                                "    0 ms  POS cancels 1, reverse if approved\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  POS <- cancelled: cancelled\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, pos\n"
                                "    0 ms  (payment 1 is cancelled by pos)\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, pos\n");
}

/* The card may be charged already: the POS is told so after five seconds. */
static void a_payment_that_the_host_decides_is_cancelled_too_late(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    stage_wait(stage, 100);
    pos_cancels(&t1, 1, false);
    stage_wait(stage, 6000);
    sale_stands(&t1, 1);
    stage_wait(stage, 4000);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "  100 ms  POS cancels 1\n"
                                " 5100 ms  POS <- too late: authorising\n"
                                " 6100 ms  (payment 1 is authorising, 1 undecided)\n"
                                "10000 ms  the courier is woken\n"
                                "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "10000 ms  T1 <- payment_ended 1 approved\n"
                                "10100 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void an_approval_that_still_lands_is_reversed(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    stage_wait(stage, 6000);
    pos_cancels(&t1, 1, true);
    stage_wait(stage, 4000);
    sale_stands(&t1, 1);
    actor_asks(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> attempt 1/1\n"
                         " 6000 ms  POS cancels 1, reverse if approved\n"
                         "10000 ms  the courier is woken\n"
                         "10000 ms  POS <- cancelled: cancelled\n"
                         "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "10000 ms  T1 <- payment_ended 1 cancelled, pos\n"
                         "10000 ms  (payment 1 is cancelled by pos, 1 approved as transaction 1)\n"
                         "10000 ms  T1 -> ask_payment 1\n"
                         "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "10000 ms  T1 <- payment_ended 1 cancelled, pos\n");
}

static void a_decline_that_still_lands_ends_a_cancelled_payment(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1068);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    stage_wait(stage, 19000);
    pos_cancels(&t1, 1, true);
    stage_wait(stage, 2000);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1068 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1068 CAD INV7, server decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> attempt 1/1\n"
                         "19000 ms  POS cancels 1, reverse if approved\n"
                         "20000 ms  the courier is woken\n"
                         "20000 ms  POS <- cancelled: declined\n"
                         "20000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: NETWORK ERROR - General System Error\n"
                         "20000 ms  T1 <- payment_ended 1 declined, pos\n"
                         "21000 ms  (payment 1 is declined by pos, 1 declined as transaction 1)\n");
}

static void a_payment_in_retry_is_cancelled(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    stage_wait(stage, 1000);
    pos_cancels(&t1, 1, false);
    sale_stands(&t1, 1);
    actor_attempts(&t1, 1, 2);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1055 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> attempt 1/1\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: DECLINED - Do Not Honor, Try again\n"
                         " 1000 ms  POS cancels 1\n"
                         " 1000 ms  POS <- cancelled: declined\n"
                         " 1000 ms  T1 <- payment_ended 1 declined, pos\n"
                         " 1000 ms  (payment 1 is declined by pos, 1 declined as transaction 1)\n"
                         " 1000 ms  T1 -> attempt 1/2\n"
                         " 1000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: DECLINED - Do Not Honor\n"
                         " 1000 ms  T1 <- payment_ended 1 declined, pos\n");
}

static void an_approved_payment_is_cancelled_too_late(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    pos_cancels(&t1, 1, false);
    pos_cancels(&t1, 1, true);
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
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  POS <- too late: approved\n"
                                "    0 ms  POS cancels 1, reverse if approved\n"
                                "    0 ms  POS <- too late: approved\n"
                                "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

/* With the server's authority nobody needs to be asked. */
static void a_payment_is_cancelled_whose_terminal_is_away(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    pos_cancels(&t1, 1, false);
    sale_stands(&t1, 1);
    actor_returns(&t1);
    actor_asks(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  POS <- cancelled: cancelled\n"
                                "    0 ms  (payment 1 is cancelled by pos)\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  T1 -> ask_payment 1\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, pos\n");
}

static void the_customer_and_the_pos_cancel_at_once(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    pos_cancels(&t1, 1, false);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "    0 ms  POS cancels 1\n"
                                "    0 ms  POS <- cancelled: cancelled\n"
                                "    0 ms  (payment 1 is cancelled by customer)\n");
}

static void a_payment_that_nobody_knows_is_cancelled(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_cancels(&t1, 7, false);
    stage_finish(stage, OPENING "    0 ms  POS cancels 7\n"
                                "    0 ms  POS <- no payment\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_is_cancelled),
        cmocka_unit_test(an_offer_is_cancelled_and_nobody_shows_it),
        cmocka_unit_test(a_displayed_payment_is_cancelled),
        cmocka_unit_test(a_payment_at_the_card_is_cancelled),
        cmocka_unit_test(a_payment_that_the_host_decides_is_cancelled_too_late),
        cmocka_unit_test(an_approval_that_still_lands_is_reversed),
        cmocka_unit_test(a_decline_that_still_lands_ends_a_cancelled_payment),
        cmocka_unit_test(a_payment_in_retry_is_cancelled),
        cmocka_unit_test(an_approved_payment_is_cancelled_too_late),
        cmocka_unit_test(a_payment_is_cancelled_whose_terminal_is_away),
        cmocka_unit_test(the_customer_and_the_pos_cancel_at_once),
        cmocka_unit_test(a_payment_that_nobody_knows_is_cancelled),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
