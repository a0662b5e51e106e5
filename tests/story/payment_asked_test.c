/* Stories of payments that the terminal decides, where the server can only ask:
 * a cancel, a time that is over, and what nobody knows until somebody speaks. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void the_pos_asks_to_cancel_and_the_terminal_does(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pos_cancels(&t1, 1, false);
    sale_stands(&t1, 1);
    stage_wait(stage, 500);
    actor_cancels(&t1, 1, "pos");
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  POS cancels 1\n"
                         "    0 ms  T1 <- cancel_requested 1 by pos\n"
                         "    0 ms  (payment 1 is displayed)\n"
                         "  500 ms  T1 -> cancel_payment 1 by pos\n"
                         "  500 ms  the courier is woken\n"
                         "  500 ms  T1 <- payment_ended 1 cancelled, pos\n"
                         "  500 ms  POS <- cancelled: cancelled\n"
                         "  500 ms  (payment 1 is cancelled by pos)\n");
}

static void the_pos_asks_to_cancel_and_a_card_was_quicker(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pos_cancels(&t1, 1, false);
    stage_wait(stage, 500);
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
                         "  500 ms  T1 -> result 1/1 approved\n"
                         "  500 ms  the courier is woken\n"
                         "  500 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "  500 ms  T1 <- payment_ended 1 approved\n"
                         "  500 ms  POS <- too late: approved\n"
                         "  500 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void an_approval_that_the_pos_wants_reversed(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pos_cancels(&t1, 1, true);
    stage_wait(stage, 500);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING
                 "    0 ms  POS sells for 1234 on K3YR\n"
                 "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                 "    0 ms  T1 -> displayed 1\n"
                 "    0 ms  T1 <- go 1\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  POS cancels 1, reverse if approved\n"
                 "    0 ms  T1 <- cancel_requested 1 by pos\n"
                 "  500 ms  T1 -> result 1/1 approved\n"
                 "  500 ms  the courier is woken\n"
                 "  500 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                 "  500 ms  T1 <- payment_ended 1 cancelled, pos\n"
                 "  500 ms  POS <- cancelled: cancelled\n"
                 "  500 ms  (payment 1 is cancelled by pos, 1 approved as transaction 1)\n");
}

static void a_decline_after_the_pos_has_asked(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pos_cancels(&t1, 1, false);
    actor_reports(&t1, 1, 1, false);
    actor_cancels(&t1, 1, "pos");
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  POS cancels 1\n"
                         "    0 ms  T1 <- cancel_requested 1 by pos\n"
                         "    0 ms  T1 -> result 1/1 declined\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: NO MONEY, Try again\n"
                         "    0 ms  T1 <- cancel_requested 1 by pos\n"
                         "    0 ms  T1 -> cancel_payment 1 by pos\n"
                         "    0 ms  T1 <- payment_ended 1 declined, pos\n"
                         "    0 ms  POS <- cancelled: declined\n"
                         "    0 ms  (payment 1 is declined by pos, 1 declined as transaction 1)\n");
}

static void the_pos_asks_to_cancel_in_retry(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, false);
    pos_cancels(&t1, 1, false);
    actor_asks(&t1, 1);
    actor_cancels(&t1, 1, "pos");
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
                         "    0 ms  POS cancels 1\n"
                         "    0 ms  T1 <- cancel_requested 1 by pos\n"
                         "    0 ms  T1 -> ask_payment 1\n"
                         "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: NO MONEY, Try again\n"
                         "    0 ms  T1 <- cancel_requested 1 by pos\n"
                         "    0 ms  T1 -> cancel_payment 1 by pos\n"
                         "    0 ms  T1 <- payment_ended 1 declined, pos\n"
                         "    0 ms  POS <- cancelled: declined\n"
                         "    0 ms  (payment 1 is declined by pos, 1 declined as transaction 1)\n");
}

/* A timeout is no outcome: it is unknown until the terminal has spoken. */
static void a_terminal_that_does_not_answer(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    stage_minutes_pass(stage, 2);
    sale_stands(&t1, 1);
    stage_minutes_pass(stage, 1);
    sale_stands(&t1, 1);
    pos_sells(&t1, 500);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "120000 ms  T1 <- cancel_requested 1 by time\n"
                         "120000 ms  (payment 1 is displayed)\n"
                         "180000 ms  (payment 1 is unknown)\n"
                         "180000 ms  POS sells for 500 on K3YR\n"
                         "180000 ms  POS <- busy\n"
                         "180000 ms  T1 -> result 1/1 approved\n"
                         "180000 ms  the courier is woken\n"
                         "180000 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "180000 ms  T1 <- payment_ended 1 approved\n"
                         "180000 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void an_unknown_payment_that_the_terminal_cancels_when_it_is_back(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    pos_cancels(&t1, 1, false);
    stage_minutes_pass(stage, 1);
    sale_stands(&t1, 1);
    pos_cancels(&t1, 1, false);
    stage_minutes_pass(stage, 1);
    actor_greets(&t1);
    actor_asks(&t1, 1);
    actor_cancels(&t1, 1, "lost");
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 hangs up\n"
                         "    0 ms  POS cancels 1\n"
                         "    0 ms  POS <- device unreachable: displayed\n"
                         "60000 ms  (payment 1 is unknown)\n"
                         "60000 ms  POS cancels 1\n"
                         "60000 ms  POS <- device unreachable: unknown\n"
                         "120000 ms  T1 -> hello TW-1, credential A\n"
                         "120000 ms  T1 <- welcome K3YR, Ada\n"
                         "120000 ms  T1 <- resume 1/0\n"
                         "120000 ms  T1 <- cancel_requested 1 by pos\n"
                         "120000 ms  T1 -> ask_payment 1\n"
                         "120000 ms  T1 <- resume 1/0\n"
                         "120000 ms  T1 <- cancel_requested 1 by pos\n"
                         "120000 ms  T1 -> cancel_payment 1 by lost\n"
                         "120000 ms  the courier is woken\n"
                         "120000 ms  T1 <- payment_ended 1 cancelled, lost\n"
                         "120000 ms  (payment 1 is cancelled by lost)\n");
}

static void an_unknown_payment_that_a_person_resolves(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    stage_minutes_pass(stage, 3);
    admin_resolves(&t1, 1, PAYMENT_CANCELLED);
    sale_stands(&t1, 1);
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "120000 ms  T1 <- cancel_requested 1 by time\n"
                         "180000 ms  payment 1 is resolved: cancelled\n"
                         "180000 ms  the courier is woken\n"
                         "180000 ms  T1 <- payment_ended 1 cancelled, administrator\n"
                         "180000 ms  (payment 1 is cancelled by administrator)\n"
                         "180000 ms  T1 -> result 1/1 approved\n"
                         "180000 ms  T1 <- result_refused 1/1\n"
                         "180000 ms  (payment 1 is cancelled by administrator)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pos_asks_to_cancel_and_the_terminal_does),
        cmocka_unit_test(the_pos_asks_to_cancel_and_a_card_was_quicker),
        cmocka_unit_test(an_approval_that_the_pos_wants_reversed),
        cmocka_unit_test(a_decline_after_the_pos_has_asked),
        cmocka_unit_test(the_pos_asks_to_cancel_in_retry),
        cmocka_unit_test(a_terminal_that_does_not_answer),
        cmocka_unit_test(an_unknown_payment_that_the_terminal_cancels_when_it_is_back),
        cmocka_unit_test(an_unknown_payment_that_a_person_resolves),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
