/* Stories of the terminal door: payments beside log-out, sleep, the switch of
 * API mode, a second connection, and messages in the wrong place. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void a_terminal_that_is_not_ready(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    pos_sells(&t1, 1234);
    actor_says(&t1, TERMINAL_READY);
    actor_says(&t1, TERMINAL_LOG_OUT);
    pos_sells(&t1, 1234);
    actor_pin(&t1, STAGE_PIN);
    pos_sells(&t1, 1234);
    stage_finish(stage, OPENING "    0 ms  T1 hangs up\n"
                                "    0 ms  T1 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  T1 -> log_out\n"
                                "    0 ms  T1 <- logged_out\n"
                                "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 -> log_in PIN 1234\n"
                                "    0 ms  T1 <- welcome K3YR, Ada, credential B\n"
                                "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  POS <- not listening\n");
}

static void logged_out_with_an_offer(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_says(&t1, TERMINAL_LOG_OUT);
    sale_stands(&t1, 1);
    actor_displays(&t1, 1);
    actor_pin(&t1, STAGE_PIN);
    actor_says(&t1, TERMINAL_READY);
    pos_sells(&t1, 500);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> log_out\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 <- logged_out\n"
                                "    0 ms  (payment 1 is refused by not_shown)\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 -> log_in PIN 1234\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 -> ready\n"
                                "    0 ms  T1 <- ready_confirmed\n"
                                "    0 ms  POS sells for 500 on K3YR\n"
                                "    0 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n");
}

/* The go is committed; a reader must not go on where nobody is logged in. */
static void logged_out_while_go_is_stored(void **state)
{
    struct stage *stage = sale_stage(1, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    struct terminal_message displayed = {.type = TERMINAL_DISPLAYED};
    struct terminal_message log_out = {.type = TERMINAL_LOG_OUT};

    pos_sells(&t1, 1234);
    displayed.displayed = stage_payment(stage, 1);
    stage_note(stage, "T1 -> displayed 1");
    actor_says_only(&t1, &displayed);
    stage_note(stage, "T1 -> log_out");
    actor_says_only(&t1, &log_out);
    stage_settle(stage);
    sale_stands(&t1, 1);
    actor_pin(&t1, STAGE_PIN);
    actor_cancels(&t1, 1, "lost");
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 -> log_out\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 <- logged_out\n"
                                "    0 ms  (payment 1 is displayed)\n"
                                "    0 ms  T1 -> log_in PIN 1234\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> cancel_payment 1 by lost\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, lost\n");
}

static void logged_out_with_a_payment(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_says(&t1, TERMINAL_LOG_OUT);
    actor_attempts(&t1, 1, 1);
    actor_cancels(&t1, 1, "customer");
    sale_stands(&t1, 1);
    actor_pin(&t1, STAGE_PIN);
    actor_attempts(&t1, 1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> log_out\n"
                                "    0 ms  T1 <- logged_out\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  (payment 1 is displayed)\n"
                                "    0 ms  T1 -> log_in PIN 1234\n"
                                "    0 ms  T1 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- resume 1/0\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "    0 ms  T1 <- payment_ended 1 approved\n");
}

static void the_user_is_removed_with_an_offer(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    admin_removes_user(stage);
    stage_settle(stage);
    actor_displays(&t1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  Ada is removed\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 <- logged_out\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  (payment 1 is refused by not_shown)\n");
}

/* Nobody is logged in any more; the card was charged all the same. */
static void a_result_after_the_user_was_removed(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    admin_removes_user(stage);
    stage_settle(stage);
    actor_cancels(&t1, 1, "customer");
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  Ada is removed\n"
                         "    0 ms  T1 <- logged_out\n"
                         "    0 ms  T1 -> cancel_payment 1 by customer\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_result_of_a_terminal_that_is_logged_out(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    admin_removes_user(stage);
    actor_hangs_up(&t1);
    actor_greets(&t1);
    actor_reports(&t1, 1, 1, false);
    actor_asks(&t1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  Ada is removed\n"
                         "    0 ms  T1 <- logged_out\n"
                         "    0 ms  T1 hangs up\n"
                         "    0 ms  T1 -> hello TW-1, credential A\n"
                         "    0 ms  T1 <- log_in_required logged_out, PIN enough\n"
                         "    0 ms  T1 -> result 1/1 declined\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                         "Declined: NO MONEY, Try again\n"
                         "    0 ms  T1 -> ask_payment 1\n"
                         "    0 ms  (payment 1 is retry, 1 declined as transaction 1)\n");
}

static void api_mode_is_switched_off_with_an_offer(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    admin_api_mode(stage, false);
    stage_settle(stage);
    actor_displays(&t1, 1);
    pos_sells(&t1, 500);
    admin_api_mode(stage, true);
    stage_settle(stage);
    pos_sells(&t1, 500);
    actor_displays(&t1, 2);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  API mode off\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 <- api_mode off\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- withdraw 1\n"
                                "    0 ms  POS sells for 500 on K3YR\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  API mode on\n"
                                "    0 ms  T1 <- api_mode on\n"
                                "    0 ms  POS sells for 500 on K3YR\n"
                                "    0 ms  T1 <- offer 2, purchase 500 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 2\n"
                                "    0 ms  T1 <- go 2\n"
                                "    0 ms  POS <- accepted, payment 2\n");
}

static void api_mode_is_switched_off_with_a_payment(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    admin_api_mode(stage, false);
    stage_settle(stage);
    actor_attempts(&t1, 1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  API mode off\n"
                                "    0 ms  T1 <- api_mode off\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                                "    0 ms  T1 <- payment_ended 1 approved\n"
                                "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void two_connections_of_one_terminal(void **state)
{
    struct stage *stage = sale_stage(2, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    actor_greets(&t2);
    actor_attempts(&t2, 1, 1);
    sale_stands(&t2, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T2 -> hello TW-1, credential A\n"
                                "    0 ms  T2 <- welcome K3YR, Ada\n"
                                "    0 ms  T2 <- resume 1/0\n"
                                "    0 ms  T1 <- error replaced\n"
                                "    0 ms  T1 <- close 4001\n"
                                "    0 ms  T2 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T2 <- outcome 1/1 approved, transaction 1\n"
                                "    0 ms  T2 <- payment_ended 1 approved\n"
                                "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_second_connection_while_an_offer_waits(void **state)
{
    struct stage *stage = sale_stage(2, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    actor_greets(&t2);
    sale_stands(&t1, 1);
    actor_says(&t2, TERMINAL_READY);
    actor_displays(&t2, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T2 -> hello TW-1, credential A\n"
                                "    0 ms  T2 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- error replaced\n"
                                "    0 ms  POS <- not listening\n"
                                "    0 ms  T1 <- close 4001\n"
                                "    0 ms  (payment 1 is refused by not_shown)\n"
                                "    0 ms  T2 -> ready\n"
                                "    0 ms  T2 <- ready_confirmed\n"
                                "    0 ms  T2 -> displayed 1\n"
                                "    0 ms  T2 <- withdraw 1\n");
}

static void a_second_connection_while_go_is_stored(void **state)
{
    struct stage *stage = sale_stage(2, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);

    (void)state;
    actor_opens(&t1);
    struct terminal_message displayed = {.type = TERMINAL_DISPLAYED};

    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    pos_sells(&t1, 1234);
    displayed.displayed = stage_payment(stage, 1);
    stage_note(stage, "T1 -> displayed 1");
    actor_says_only(&t1, &displayed);
    actor_greets_only(&t2);
    stage_settle(stage);
    sale_stands(&t1, 1);
    actor_cancels(&t2, 1, "lost");
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T2 -> hello TW-1, credential A\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T2 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- error replaced\n"
                                "    0 ms  T1 <- close 4001\n"
                                "    0 ms  T2 <- resume 1/0\n"
                                "    0 ms  (payment 1 is displayed)\n"
                                "    0 ms  T2 -> cancel_payment 1 by lost\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T2 <- payment_ended 1 cancelled, lost\n");
}

/* What the store has said to loop 1 is on its way for a while. */
static void answers_are_held(struct stage *stage, struct list *held)
{
    list_init(held);
    stage_store_works(stage);
    pthread_mutex_lock(&stage->lock);
    list_move_all(&stage->executors[1].answers, held);
    pthread_mutex_unlock(&stage->lock);
    assert_false(list_is_empty(held));
}

/* The look at its credential was too early to see the payment. */
static void a_payment_that_begins_while_another_connection_is_looked_up(void **state)
{
    struct stage *stage = sale_stage(2, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);
    struct list held;

    (void)state;
    actor_opens(&t1);
    memcpy(t2.credential, t1.credential, SECRET_TEXT_SIZE);
    actor_greets_only(&t2);
    answers_are_held(stage, &held);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    pthread_mutex_lock(&stage->lock);
    list_move_all(&held, &stage->executors[1].answers);
    pthread_mutex_unlock(&stage->lock);
    stage_settle(stage);
    stage_finish(stage, OPENING "    0 ms  T2 -> hello TW-1, credential A\n"
                                "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T2 <- welcome K3YR, Ada\n"
                                "    0 ms  T1 <- error replaced\n"
                                "    0 ms  T1 <- close 4001\n"
                                "    0 ms  T2 <- resume 1/0\n");
}

static void messages_before_welcome(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    actor_hangs_up(&t1);
    t1.credential[0] = '\0';
    actor_connects(&t1);
    actor_asks(&t1, 1);
    actor_greets(&t1);
    actor_asks(&t1, 1);
    actor_attempts(&t1, 1, 1);
    actor_reports(&t1, 1, 1, true);
    actor_displays(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  T1 hangs up\n"
                                "    0 ms  T1 -> ask_payment 1\n"
                                "    0 ms  T1 <- error protocol\n"
                                "    0 ms  T1 <- close 1008\n"
                                "    0 ms  T1 -> hello TW-1\n"
                                "    0 ms  T1 <- log_in_required new\n"
                                "    0 ms  T1 -> ask_payment 1\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  T1 -> result 1/1 approved\n"
                                "    0 ms  T1 -> displayed 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_that_is_not_ready),
        cmocka_unit_test(logged_out_with_an_offer),
        cmocka_unit_test(logged_out_while_go_is_stored),
        cmocka_unit_test(logged_out_with_a_payment),
        cmocka_unit_test(the_user_is_removed_with_an_offer),
        cmocka_unit_test(a_result_after_the_user_was_removed),
        cmocka_unit_test(a_result_of_a_terminal_that_is_logged_out),
        cmocka_unit_test(api_mode_is_switched_off_with_an_offer),
        cmocka_unit_test(api_mode_is_switched_off_with_a_payment),
        cmocka_unit_test(two_connections_of_one_terminal),
        cmocka_unit_test(a_second_connection_while_an_offer_waits),
        cmocka_unit_test(a_second_connection_while_go_is_stored),
        cmocka_unit_test(a_payment_that_begins_while_another_connection_is_looked_up),
        cmocka_unit_test(messages_before_welcome),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
