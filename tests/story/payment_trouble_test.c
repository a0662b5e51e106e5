/* Stories of payments where something is wrong: card data in a message, a payment
 * that nobody knows, a terminal that says too much, a dropped credential, a
 * device that is removed by force. */
#include "story/sale.h"

#include "device/session_payment.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void card_data_in_a_result(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    uint64_t before = counter_read(&session_fields_dropped);

    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports_with_card_data(&t1, 1);
    assert_int_equal(counter_read(&session_fields_dropped), before + 3);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> result 1/1 approved, and card data\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

/* Nobody knows who that is: no alarm, and no line of the log. */
static void card_data_of_a_stranger(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor thief = actor_make(stage, "thief", "TW-9", 0);
    uint64_t before = counter_read(&session_fields_dropped);

    (void)state;
    actor_greets(&thief);
    actor_reports_with_card_data(&thief, 1);
    assert_int_equal(counter_read(&session_fields_dropped), before);
    stage_finish(stage, "    0 ms  thief -> hello TW-9\n"
                        "    0 ms  thief <- log_in_required new\n"
                        "    0 ms  thief -> result 1/1 approved, and card data\n");
}

/* Another terminal's, and one that never was: the same answers. */
static void a_payment_that_is_not_known_for_this_terminal(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 0);

    (void)state;
    actor_opens(&t1);
    actor_opens(&t2);
    pos_sells(&t2, 1234);
    actor_displays(&t2, 1);
    actor_asks(&t1, 1);
    actor_asks(&t1, 77);
    actor_cancels(&t1, 1, "customer");
    actor_cancels(&t1, 77, "customer");
    actor_attempts(&t1, 1, 1);
    actor_reports(&t1, 1, 1, true);
    actor_reports(&t1, 77, 1, true);
    sale_stands(&t2, 1);
    stage_finish(stage,
                 OPENING "    0 ms  T2 -> hello TW-2\n"
                         "    0 ms  T2 <- log_in_required new\n"
                         "    0 ms  T2 -> log_in ada@example.com\n"
                         "    0 ms  T2 <- welcome GZBB, Ada, credential B\n"
                         "    0 ms  T2 -> ready\n"
                         "    0 ms  T2 <- ready_confirmed\n"
                         "    0 ms  POS sells for 1234 on GZBB\n"
                         "    0 ms  T2 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T2 -> displayed 1\n"
                         "    0 ms  T2 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> ask_payment 1\n"
                         "    0 ms  T1 <- payment_ended 1 unknown\n"
                         "    0 ms  T1 -> ask_payment 77\n"
                         "    0 ms  T1 <- payment_ended 77 unknown\n"
                         "    0 ms  T1 -> cancel_payment 1 by customer\n"
                         "    0 ms  T1 <- payment_ended 1 unknown\n"
                         "    0 ms  T1 -> cancel_payment 77 by customer\n"
                         "    0 ms  T1 <- payment_ended 77 unknown\n"
                         "    0 ms  T1 -> attempt 1/1\n"
                         "    0 ms  T1 <- payment_ended 1 unknown\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  T1 <- result_refused 1/1\n"
                         "    0 ms  T1 -> result 77/1 approved\n"
                         "    0 ms  T1 <- result_refused 77/1\n"
                         "    0 ms  (payment 1 is displayed)\n");
}

static void a_terminal_that_leaves_numbers_out(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 3, true);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 -> result 1/3 approved\n"
                         "    0 ms  T1 <- error protocol\n"
                         "    0 ms  T1 <- close 1008\n"
                         "    0 ms  (payment 1 is displayed)\n");
}

/* Seventeen messages before the store has answered one. */
static void a_terminal_that_says_too_much_at_once(void **state)
{
    struct stage *stage = sale_stage(1, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    struct terminal_message ask = {.type = TERMINAL_ASK_PAYMENT};
    size_t before;
    int i;

    ask.ask_payment = 77;
    for (i = 0; i < SESSION_REPORTS_MAX; i++) {
        actor_says_only(&t1, &ask);
    }
    before = stage->transcript.length;
    stage_settle(stage);
    assert_true(stage->transcript.length > before);
    stage->transcript.length = before; /* sixteen answers, all alike */
    stage_note(stage, "T1 is still there");
    for (i = 0; i <= SESSION_REPORTS_MAX; i++) {
        actor_says_only(&t1, &ask);
    }
    stage_settle(stage);
    stage_finish(stage, OPENING "    0 ms  T1 is still there\n"
                                "    0 ms  T1 <- error protocol\n"
                                "    0 ms  T1 <- close 1008\n");
}

/* Its answers find nobody. */
static void a_terminal_that_is_gone_before_its_answers(void **state)
{
    struct stage *stage = sale_stage(1, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    struct terminal_message attempt = {.type = TERMINAL_ATTEMPT};

    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    attempt.attempt = sale_card(stage_payment(stage, 1), 1);
    actor_says_only(&t1, &attempt);
    actor_says_only(&t1, &attempt);
    stage_note(stage, "T1 hangs up");
    actor_ends(&t1, WEBSOCKET_CLOSE_ABNORMAL);
    stage_endings_run(stage);
    stage_settle(stage);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 hangs up\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n");
}

static void a_device_that_is_removed_by_force(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    admin_removes_by_force(&t1);
    sale_stands(&t1, 1);
    actor_greets(&t1);
    actor_asks(&t1, 1);
    actor_cancels(&t1, 1, "lost");
    actor_reports(&t1, 1, 1, true);
    sale_stands(&t1, 1);
    actor_logs_in(&t1);
    assert_null(t1.session->sale); /* an idle session has none */
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  K3YR is removed by force\n"
                         "    0 ms  T1 <- cancel_requested 1 by administrator\n"
                         "    0 ms  T1 <- error removed\n"
                         "    0 ms  T1 <- close 4002\n"
                         "    0 ms  (payment 1 is unknown)\n"
                         "    0 ms  T1 -> hello TW-1, credential A\n"
                         "    0 ms  T1 <- log_in_required unknown_credential\n"
                         "    0 ms  T1 -> ask_payment 1\n"
                         "    0 ms  T1 -> cancel_payment 1 by lost\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  (payment 1 is approved, 1 approved as transaction 1)\n"
                         "    0 ms  T1 -> log_in ada@example.com\n"
                         "    0 ms  T1 <- welcome K3YR, Ada, credential B\n");
}

static void a_device_that_is_removed_while_an_offer_waits(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    admin_removes_by_force(&t1);
    sale_stands(&t1, 1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  K3YR is removed by force\n"
                         "    0 ms  T1 <- withdraw 1\n"
                         "    0 ms  POS <- not listening\n"
                         "    0 ms  T1 <- error removed\n"
                         "    0 ms  T1 <- close 4002\n"
                         "    0 ms  (payment 1 is refused by administrator)\n");
}

/* It was reset, and somebody logs in: its old credential is dropped. */
static void starts_anew(struct actor *actor)
{
    actor_hangs_up(actor);
    stage_wait(actor->stage, 10);
    actor->credential[0] = '\0';
    actor_opens(actor);
}

static void says_all_it_can(struct actor *old)
{
    actor_greets(old);
    actor_attempts(old, 1, 2);
    actor_cancels(old, 1, "lost");
    actor_asks(old, 1);
    actor_reports(old, 1, 1, false);
    actor_reports(old, 1, 2, true);
    actor_reports(old, 2, 1, true);
}

/* A copy of the old credential speaks of a payment that was begun under it, and
 * of one that was not. */
static void results_under_a_dropped_credential(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor old = actor_make(stage, "old", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    memcpy(old.credential, t1.credential, SECRET_TEXT_SIZE);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_reports(&t1, 1, 1, false);
    actor_cancels(&t1, 1, "customer");
    starts_anew(&t1);
    pos_sells(&t1, 500);
    actor_displays(&t1, 2);
    says_all_it_can(&old);
    sale_stands(&t1, 1);
    sale_stands(&t1, 2);
    stage_finish(
        stage, OPENING
        "    0 ms  POS sells for 1234 on K3YR\n"
        "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
        "    0 ms  T1 -> displayed 1\n"
        "    0 ms  T1 <- go 1\n"
        "    0 ms  POS <- accepted, payment 1\n"
        "    0 ms  T1 -> result 1/1 declined\n"
        "    0 ms  the courier is woken\n"
        "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: NO MONEY, Try "
        "again\n"
        "    0 ms  T1 -> cancel_payment 1 by customer\n"
        "    0 ms  T1 <- payment_ended 1 declined, customer\n"
        "    0 ms  T1 hangs up\n"
        "   10 ms  T1 -> hello TW-1\n"
        "   10 ms  T1 <- log_in_required new\n"
        "   10 ms  T1 -> log_in ada@example.com\n"
        "   10 ms  T1 <- welcome K3YR, Ada, credential B\n"
        "   10 ms  T1 -> ready\n"
        "   10 ms  T1 <- ready_confirmed\n"
        "   10 ms  POS sells for 500 on K3YR\n"
        "   10 ms  T1 <- offer 2, purchase 500 CAD INV7, terminal decides\n"
        "   10 ms  T1 -> displayed 2\n"
        "   10 ms  T1 <- go 2\n"
        "   10 ms  POS <- accepted, payment 2\n"
        "   10 ms  old -> hello TW-1, credential A\n"
        "   10 ms  old <- log_in_required unknown_credential\n"
        "   10 ms  old -> attempt 1/2\n"
        "   10 ms  old -> cancel_payment 1 by lost\n"
        "   10 ms  old -> ask_payment 1\n"
        "   10 ms  old -> result 1/1 declined\n"
        "   10 ms  old <- outcome 1/1 declined, transaction 1, Transaction Declined: NO MONEY\n"
        "   10 ms  old <- payment_ended 1 declined, customer\n"
        "   10 ms  old -> result 1/2 approved\n"
        "   10 ms  old <- result_refused 1/2\n"
        "   10 ms  old -> result 2/1 approved\n"
        "   10 ms  old <- result_refused 2/1\n"
        "   10 ms  (payment 1 is declined by customer, 1 declined as transaction 1)\n"
        "   10 ms  (payment 2 is displayed)\n");
}

/* It was away for too long: what it has to say was begun under its credential. */
static void a_result_under_a_credential_that_has_ended(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    stage->broker->credential_life_ms = INT64_C(365) * 24 * 60 * 60 * 1000;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    stage_days_pass(stage, 366);
    actor_greets(&t1);
    actor_logs_in(&t1);
    actor_reports(&t1, 1, 1, true);
    actor_logs_in(&t1);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 hangs up\n"
                         "    0 ms  366 days pass\n"
                         "    0 ms  T1 -> hello TW-1, credential A\n"
                         "    0 ms  T1 <- log_in_required unknown_credential\n"
                         "    0 ms  T1 -> log_in ada@example.com\n"
                         "    0 ms  T1 <- log_in_refused serial_in_use\n"
                         "    0 ms  T1 -> result 1/1 approved\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                         "    0 ms  T1 <- payment_ended 1 approved\n"
                         "    0 ms  T1 -> log_in ada@example.com\n"
                         "    0 ms  T1 <- welcome K3YR, Ada, credential B\n");
}

/* Who claims its serial number may not end its payment. */
static void a_log_in_while_the_payment_is_open(void **state)
{
    struct stage *stage = sale_stage(1, false, true);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_hangs_up(&t1);
    actor_greets(&t2);
    actor_logs_in(&t2);
    actor_greets(&t1);
    actor_cancels(&t1, 1, "cashier");
    actor_hangs_up(&t1);
    actor_logs_in(&t2);
    stage_finish(stage,
                 OPENING "    0 ms  POS sells for 1234 on K3YR\n"
                         "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, terminal decides\n"
                         "    0 ms  T1 -> displayed 1\n"
                         "    0 ms  T1 <- go 1\n"
                         "    0 ms  POS <- accepted, payment 1\n"
                         "    0 ms  T1 hangs up\n"
                         "    0 ms  T2 -> hello TW-1\n"
                         "    0 ms  T2 <- log_in_required new\n"
                         "    0 ms  T2 -> log_in ada@example.com\n"
                         "    0 ms  T2 <- log_in_refused serial_in_use\n"
                         "    0 ms  T1 -> hello TW-1, credential A\n"
                         "    0 ms  T1 <- welcome K3YR, Ada\n"
                         "    0 ms  T1 <- resume 1/0\n"
                         "    0 ms  T1 -> cancel_payment 1 by cashier\n"
                         "    0 ms  the courier is woken\n"
                         "    0 ms  T1 <- payment_ended 1 cancelled, cashier\n"
                         "    0 ms  T1 hangs up\n"
                         "    0 ms  T2 -> log_in ada@example.com\n"
                         "    0 ms  T2 <- welcome K3YR, Ada, credential B\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_data_in_a_result),
        cmocka_unit_test(card_data_of_a_stranger),
        cmocka_unit_test(a_payment_that_is_not_known_for_this_terminal),
        cmocka_unit_test(a_terminal_that_leaves_numbers_out),
        cmocka_unit_test(a_terminal_that_says_too_much_at_once),
        cmocka_unit_test(a_terminal_that_is_gone_before_its_answers),
        cmocka_unit_test(a_device_that_is_removed_by_force),
        cmocka_unit_test(a_device_that_is_removed_while_an_offer_waits),
        cmocka_unit_test(results_under_a_dropped_credential),
        cmocka_unit_test(a_result_under_a_credential_that_has_ended),
        cmocka_unit_test(a_log_in_while_the_payment_is_open),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
