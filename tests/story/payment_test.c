/* Stories of payments that the server decides, as they usually go: approved,
 * declined, tried again, given up, and too slow. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void an_approved_payment(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    stage_wait(stage, 400);
    sale_stands(&t1, 1);
    actor_displays(&t1, 1);
    sale_stands(&t1, 1);
    actor_is_at_screen(&t1, 1, "card");
    sale_stands(&t1, 1);
    actor_is_at_screen(&t1, 1, "pin");
    sale_stands(&t1, 1);
    stage_wait(stage, 5000);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    pos_sells(&t1, 1000);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                         "  400 ms  (payment 1 is offered)\n"
                         "  400 ms  T1 -> displayed 1\n"
                         "  400 ms  T1 <- go 1\n"
                         "  400 ms  POS <- accepted, payment 1\n"
                         "  400 ms  (payment 1 is displayed)\n"
                         "  400 ms  T1 -> progress 1 card\n"
                         "  400 ms  (payment 1 is card)\n"
                         "  400 ms  T1 -> progress 1 pin\n"
                         "  400 ms  (payment 1 is pin)\n"
                         " 5400 ms  T1 -> attempt 1/1\n"
                         " 5400 ms  the courier is woken\n"
                         " 5400 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         " 5400 ms  T1 <- payment_ended 1 approved\n"
                         " 5400 ms  (payment 1 is approved, 1 approved as transaction 1)\n"
                         " 5400 ms  POS sells for 1000 on K3YR\n"
                         " 5400 ms  T1 <- offer 2, purchase 1000 CAD INV7, server decides\n");
}

static void a_declined_payment_that_is_tried_again(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    actor_attempts(&t1, 1, 2);
    sale_stands(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_attempts(&t1, 1, 2);
    stage_finish(
        stage, OPENING
        "    0 ms  POS sells for 1055 on K3YR\n"
        "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
        "    0 ms  T1 -> displayed 1\n"
        "    0 ms  T1 <- go 1\n"
        "    0 ms  POS <- accepted, payment 1\n"
        "    0 ms  T1 -> attempt 1/1\n"
        "    0 ms  the courier is woken\n"
        "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: DECLINED - Do "
        "Not Honor, Try again\n"
        "    0 ms  (payment 1 is retry, 1 declined as transaction 1)\n"
        "    0 ms  T1 -> attempt 1/2\n"
        "    0 ms  the courier is woken\n"
        "    0 ms  T1 <- outcome 1/2 declined, transaction 2, Transaction Declined: DECLINED - Do "
        "Not Honor, Try again\n"
        "    0 ms  (payment 1 is retry, 1 declined as transaction 1, 2 declined as transaction 2)\n"
        "    0 ms  T1 -> attempt 1/1\n"
        "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: DECLINED - Do "
        "Not Honor, Try again\n"
        "    0 ms  T1 -> attempt 1/2\n"
        "    0 ms  T1 <- outcome 1/2 declined, transaction 2, Transaction Declined: DECLINED - Do "
        "Not Honor, Try again\n");
}

static void a_declined_payment_that_is_given_up(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_cancels(&t1, 1, "customer");
    sale_stands(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    actor_asks(&t1, 1);
    stage_finish(stage, OPENING
                 "    0 ms  POS sells for 1055 on K3YR\n"
                 "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                 "    0 ms  T1 -> displayed 1\n"
                 "    0 ms  T1 <- go 1\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  T1 -> attempt 1/1\n"
                 "    0 ms  the courier is woken\n"
                 "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: "
                 "DECLINED - Do Not Honor, Try again\n"
                 "    0 ms  T1 -> cancel_payment 1 by customer\n"
                 "    0 ms  T1 <- payment_ended 1 declined, customer\n"
                 "    0 ms  (payment 1 is declined by customer, 1 declined as transaction 1)\n"
                 "    0 ms  T1 -> cancel_payment 1 by customer\n"
                 "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: "
                 "DECLINED - Do Not Honor\n"
                 "    0 ms  T1 <- payment_ended 1 declined, customer\n"
                 "    0 ms  T1 -> ask_payment 1\n"
                 "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: "
                 "DECLINED - Do Not Honor\n"
                 "    0 ms  T1 <- payment_ended 1 declined, customer\n");
}

static void a_payment_that_the_customer_cancels(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "    0 ms  (payment 1 is cancelled by customer)\n");
}

static void a_payment_that_the_cashier_cancels_at_the_card(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_is_at_screen(&t1, 1, "card");
    actor_cancels(&t1, 1, "cashier");
    actor_is_at_screen(&t1, 1, "pin");
    assert_int_equal(t1.session->presence.payment, 0);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> progress 1 card\n"
                                "    0 ms  T1 -> cancel_payment 1 by cashier\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, cashier\n"
                                "    0 ms  T1 -> progress 1 pin\n"
                                "    0 ms  (payment 1 is cancelled by cashier)\n");
}

static void an_offer_that_is_cancelled_on_the_terminal(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_cancels(&t1, 1, "cashier");
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> cancel_payment 1 by cashier\n"
                                "    0 ms  T1 <- payment_ended 1 refused, cashier\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  (payment 1 is refused by cashier)\n");
}

static void a_customer_who_cancels_while_the_host_decides(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1069);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    actor_asks(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_cancels(&t1, 1, "customer");
    stage_wait(stage, 11000);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1069 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1069 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  (payment 1 is authorising, 1 undecided)\n"
                                "    0 ms  T1 -> ask_payment 1\n"
                                "    0 ms  T1 <- resume 1/1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "10000 ms  the courier is woken\n"
                                "10000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "10000 ms  T1 <- payment_ended 1 approved\n"
                                "11000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_host_that_never_answers(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1068);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    stage_minutes_pass(stage, 1);
    sale_stands(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    stage_finish(stage, OPENING "    0 ms  POS sells for 1068 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1068 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "20000 ms  the courier is woken\n"
                                "20000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                                "Declined: NETWORK ERROR - General System Error, Try again\n"
                                "60000 ms  (payment 1 is retry, 1 declined as transaction 1)\n"
                                "60000 ms  T1 -> cancel_payment 1 by customer\n"
                                "60000 ms  T1 <- payment_ended 1 declined, customer\n");
}

static void ten_declines_are_the_end(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    int64_t attempt;
    size_t before;

    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    before = stage->transcript.length;
    for (attempt = 1; attempt < PAYMENT_ATTEMPTS_MAX; attempt++) {
        stage->transcript.length = before; /* all but the last two are alike */
        actor_attempts(&t1, 1, attempt);
    }
    actor_attempts(&t1, 1, attempt);
    sale_stands(&t1, 1);
    stage_finish(
        stage, OPENING
        "    0 ms  POS sells for 1055 on K3YR\n"
        "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
        "    0 ms  T1 -> displayed 1\n"
        "    0 ms  T1 <- go 1\n"
        "    0 ms  POS <- accepted, payment 1\n"
        "    0 ms  T1 -> attempt 1/9\n"
        "    0 ms  the courier is woken\n"
        "    0 ms  T1 <- outcome 1/9 declined, transaction 9, Transaction Declined: DECLINED - Do "
        "Not Honor, Try again\n"
        "    0 ms  T1 -> attempt 1/10\n"
        "    0 ms  the courier is woken\n"
        "    0 ms  T1 <- outcome 1/10 declined, transaction 10, Transaction Declined: DECLINED - "
        "Do Not Honor\n"
        "    0 ms  T1 <- payment_ended 1 declined\n"
        "    0 ms  (payment 1 is declined, 1 declined as transaction 1, 2 declined as transaction "
        "2, 3 declined as transaction 3, 4 declined as transaction 4, 5 declined as transaction 5, "
        "6 declined as transaction 6, 7 declined as transaction 7, 8 declined as transaction 8, 9 "
        "declined as transaction 9, 10 declined as transaction 10)\n");
}

static void a_customer_who_does_nothing(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    stage_minutes_pass(stage, 2);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "120000 ms  the courier is woken\n"
                                "120000 ms  T1 <- payment_ended 1 expired, time\n"
                                "120000 ms  (payment 1 is expired by time)\n");
}

static void a_customer_who_does_not_try_again(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    stage_minutes_pass(stage, 1);
    actor_attempts(&t1, 1, 1);
    stage_minutes_pass(stage, 1);
    actor_asks(&t1, 1);
    stage_minutes_pass(stage, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING
                 "    0 ms  POS sells for 1055 on K3YR\n"
                 "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                 "    0 ms  T1 -> displayed 1\n"
                 "    0 ms  T1 <- go 1\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "60000 ms  T1 -> attempt 1/1\n"
                 "60000 ms  the courier is woken\n"
                 "60000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: "
                 "DECLINED - Do Not Honor, Try again\n"
                 "120000 ms  T1 -> ask_payment 1\n"
                 "120000 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: "
                 "DECLINED - Do Not Honor, Try again\n"
                 "180000 ms  T1 <- payment_ended 1 declined, time\n"
                 "180000 ms  (payment 1 is declined by time, 1 declined as transaction 1)\n");
}

/* A card that is presented when its payment is over is not charged. */
static void a_card_that_comes_too_late(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "    0 ms  (payment 1 is cancelled by customer)\n");
}

static void a_terminal_on_another_loop(void **state)
{
    struct stage *stage = sale_stage(2, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);

    (void)state;
    actor_opens(&t1);
    actor_opens(&t2);
    pos_sells(&t2, 1234);
    stage_wait(stage, 200);
    actor_displays(&t2, 1);
    actor_attempts(&t2, 1, 1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 500, .loop = 1});
    actor_displays(&t1, 2);
    actor_cancels(&t1, 2, "customer");
    stage_finish(stage, OPENING "    0 ms  T2 -> hello TW-2\n"
                                "    0 ms  T2 <- log_in_required new\n"
                                "    0 ms  T2 -> log_in ada@example.com\n"
                                "    0 ms  T2 <- welcome GZBB, Ada, credential B\n"
                                "    0 ms  T2 -> ready\n"
                                "    0 ms  T2 <- ready_confirmed\n"
                                "    0 ms  POS sells for 1234 on GZBB\n"
                                "    0 ms  T2 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "  200 ms  T2 -> displayed 1\n"
                                "  200 ms  T2 <- go 1\n"
                                "  200 ms  POS <- accepted, payment 1\n"
                                "  200 ms  T2 -> attempt 1/1\n"
                                "  200 ms  the courier is woken\n"
                                "  200 ms  T2 <- outcome 1/1 approved, transaction 1\n"
                                "  200 ms  T2 <- payment_ended 1 approved\n"
                                "  200 ms  POS sells for 500 on K3YR\n"
                                "  200 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n"
                                "  200 ms  T1 -> displayed 2\n"
                                "  200 ms  T1 <- go 2\n"
                                "  200 ms  POS <- accepted, payment 2\n"
                                "  200 ms  T1 -> cancel_payment 2 by customer\n"
                                "  200 ms  the courier is woken\n"
                                "  200 ms  T1 <- payment_ended 2 cancelled, customer\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_payment),
        cmocka_unit_test(a_declined_payment_that_is_tried_again),
        cmocka_unit_test(a_declined_payment_that_is_given_up),
        cmocka_unit_test(a_payment_that_the_customer_cancels),
        cmocka_unit_test(a_payment_that_the_cashier_cancels_at_the_card),
        cmocka_unit_test(an_offer_that_is_cancelled_on_the_terminal),
        cmocka_unit_test(a_customer_who_cancels_while_the_host_decides),
        cmocka_unit_test(a_host_that_never_answers),
        cmocka_unit_test(ten_declines_are_the_end),
        cmocka_unit_test(a_customer_who_does_nothing),
        cmocka_unit_test(a_customer_who_does_not_try_again),
        cmocka_unit_test(a_card_that_comes_too_late),
        cmocka_unit_test(a_terminal_on_another_loop),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
