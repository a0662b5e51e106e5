/* Stories of calls that are repeated, with one idempotency key or without, at
 * each step of a payment; and of the preset helcim. */
#include "story/sale.h"

#define OPENING                                                                                    \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T1 -> ready\n"                                                                      \
    "    0 ms  T1 <- ready_confirmed\n"

static void one_key_while_the_offer_waits(void **state)
{
    struct stage *stage = sale_stage(2, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    stage_wait(stage, 100);
    pos_orders(&t1, &(struct pos_order){.who = "again", .amount_minor = 1234, .key = "K"});
    pos_orders(&t1,
               &(struct pos_order){.who = "there", .amount_minor = 1234, .key = "K", .loop = 1});
    pos_orders(&t1, &(struct pos_order){.who = "other", .amount_minor = 1235, .key = "K"});
    pos_orders(&t1, &(struct pos_order){.who = "third", .amount_minor = 1234});
    stage_wait(stage, 100);
    actor_displays(&t1, 1);
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR, key K\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "  100 ms  again sells for 1234 on K3YR, key K\n"
                                "  100 ms  there sells for 1234 on K3YR, key K\n"
                                "  100 ms  other sells for 1235 on K3YR, key K\n"
                                "  100 ms  other <- key taken\n"
                                "  100 ms  third sells for 1234 on K3YR\n"
                                "  100 ms  third <- busy\n"
                                "  200 ms  T1 -> displayed 1\n"
                                "  200 ms  T1 <- go 1\n"
                                "  200 ms  POS <- accepted, payment 1\n"
                                "  200 ms  again <- accepted, payment 1\n"
                                "  200 ms  there <- accepted, payment 1\n"
                                "  200 ms  (payment 1 is displayed)\n");
}

static void one_key_whose_offer_is_missed(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1234, .key = "K"});
    stage_wait(stage, 100);
    pos_orders(&t1, &(struct pos_order){.who = "again", .amount_minor = 1234, .key = "K"});
    stage_wait(stage, 3000);
    pos_orders(&t1, &(struct pos_order){.who = "later", .amount_minor = 1235, .key = "K"});
    actor_displays(&t1, 2);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1234 on K3YR, key K\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "  100 ms  again sells for 1234 on K3YR, key K\n"
                                " 3000 ms  T1 is probed\n"
                                " 3000 ms  T1 <- withdraw 1\n"
                                " 3000 ms  POS <- not listening\n"
                                " 3000 ms  again <- not listening\n"
                                " 3100 ms  later sells for 1235 on K3YR, key K\n"
                                " 3100 ms  T1 <- offer 2, purchase 1235 CAD INV7, server decides\n"
                                " 3100 ms  T1 -> displayed 2\n"
                                " 3100 ms  T1 <- go 2\n"
                                " 3100 ms  later <- accepted, payment 2\n");
}

static void one_key_after_go_and_after_the_end(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1055, .key = "K"});
    actor_displays(&t1, 1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1055, .key = "K"});
    actor_attempts(&t1, 1, 1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1055, .key = "K"});
    actor_cancels(&t1, 1, "customer");
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1055, .key = "K"});
    stage_minutes_pass(stage, 10);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 1055, .key = "K"});
    sale_stands(&t1, 1);
    stage_finish(stage, OPENING
                 "    0 ms  POS sells for 1055 on K3YR, key K\n"
                 "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                 "    0 ms  T1 -> displayed 1\n"
                 "    0 ms  T1 <- go 1\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  POS sells for 1055 on K3YR, key K\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  T1 -> attempt 1/1\n"
                 "    0 ms  the courier is woken\n"
                 "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction Declined: "
                 "DECLINED - Do Not Honor, Try again\n"
                 "    0 ms  POS sells for 1055 on K3YR, key K\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  T1 -> cancel_payment 1 by customer\n"
                 "    0 ms  T1 <- payment_ended 1 declined, customer\n"
                 "    0 ms  POS sells for 1055 on K3YR, key K\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "600000 ms  POS sells for 1055 on K3YR, key K\n"
                 "600000 ms  POS <- accepted, payment 1\n"
                 "600000 ms  (payment 1 is declined by customer, 1 declined as transaction 1)\n");
}

static void busy_at_each_step(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    pos_sells(&t1, 100);
    actor_displays(&t1, 1);
    pos_sells(&t1, 100);
    actor_attempts(&t1, 1, 1);
    pos_sells(&t1, 100);
    actor_cancels(&t1, 1, "customer");
    pos_sells(&t1, 100);
    stage_finish(stage, OPENING "    0 ms  POS sells for 1055 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                                "    0 ms  POS sells for 100 on K3YR\n"
                                "    0 ms  POS <- busy\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  POS sells for 100 on K3YR\n"
                                "    0 ms  POS <- busy\n"
                                "    0 ms  T1 -> attempt 1/1\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- outcome 1/1 declined, transaction 1, Transaction "
                                "Declined: DECLINED - Do Not Honor, Try again\n"
                                "    0 ms  POS sells for 100 on K3YR\n"
                                "    0 ms  POS <- busy\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  T1 <- payment_ended 1 declined, customer\n"
                                "    0 ms  POS sells for 100 on K3YR\n"
                                "    0 ms  T1 <- offer 2, purchase 100 CAD INV7, server decides\n");
}

/* Whoever is refused because the terminal is busy has not taken the key. */
static void a_key_of_a_call_that_was_busy(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_sells(&t1, 1055);
    actor_displays(&t1, 1);
    pos_orders(&t1, &(struct pos_order){.amount_minor = 100, .key = "K"});
    actor_cancels(&t1, 1, "customer");
    pos_orders(&t1, &(struct pos_order){.amount_minor = 200, .key = "K"});
    stage_finish(stage, OPENING "    0 ms  POS sells for 1055 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 1055 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  POS sells for 100 on K3YR, key K\n"
                                "    0 ms  POS <- busy\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "    0 ms  POS sells for 200 on K3YR, key K\n"
                                "    0 ms  T1 <- offer 2, purchase 200 CAD INV7, server decides\n");
}

static void two_calls_at_once(void **state)
{
    struct stage *stage = sale_stage(2, true, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    pos_orders_only(&t1, &(struct pos_order){.who = "A", .amount_minor = 100});
    pos_orders_only(&t1, &(struct pos_order){.who = "B", .amount_minor = 200, .loop = 1});
    stage_settle(stage);
    actor_displays(&t1, 1);
    stage_finish(stage, OPENING "    0 ms  A sells for 100 on K3YR\n"
                                "    0 ms  B sells for 200 on K3YR\n"
                                "    0 ms  T1 <- offer 1, purchase 100 CAD INV7, server decides\n"
                                "    0 ms  B <- busy\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  A <- accepted, payment 1\n");
}

static void under_the_preset_a_key_is_forgotten(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    const struct pos_order order = {.amount_minor = 1234, .key = "K", .preset_helcim = true};

    admin_sets_preset(stage);
    pos_orders(&t1, &order);
    actor_displays(&t1, 1);
    actor_cancels(&t1, 1, "customer");
    stage_minutes_pass(stage, 4);
    pos_orders(&t1, &order);
    stage_minutes_pass(stage, 1);
    pos_orders(&t1, &order);
    actor_displays(&t1, 2);
    stage_finish(stage, OPENING "    0 ms  Shop has the preset helcim\n"
                                "    0 ms  POS sells for 1234 on K3YR, key K\n"
                                "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                                "    0 ms  T1 -> displayed 1\n"
                                "    0 ms  T1 <- go 1\n"
                                "    0 ms  POS <- accepted, payment 1\n"
                                "    0 ms  T1 -> cancel_payment 1 by customer\n"
                                "    0 ms  the courier is woken\n"
                                "    0 ms  T1 <- payment_ended 1 cancelled, customer\n"
                                "240000 ms  POS sells for 1234 on K3YR, key K\n"
                                "240000 ms  POS <- accepted, payment 1\n"
                                "300000 ms  POS sells for 1234 on K3YR, key K\n"
                                "300000 ms  T1 <- offer 2, purchase 1234 CAD INV7, server decides\n"
                                "300000 ms  T1 -> displayed 2\n"
                                "300000 ms  T1 <- go 2\n"
                                "300000 ms  POS <- accepted, payment 2\n");
}

static void under_the_preset_the_same_card_and_amount_is_a_duplicate(void **state)
{
    struct stage *stage = sale_stage(1, false, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);

    (void)state;
    actor_opens(&t1);
    admin_sets_preset(stage);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 1);
    actor_attempts(&t1, 1, 1);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 2);
    actor_attempts(&t1, 2, 1);
    actor_cancels(&t1, 2, "customer");
    stage_minutes_pass(stage, 5);
    pos_sells(&t1, 1234);
    actor_displays(&t1, 3);
    actor_attempts(&t1, 3, 1);
    stage_finish(stage, OPENING
                 "    0 ms  Shop has the preset helcim\n"
                 "    0 ms  POS sells for 1234 on K3YR\n"
                 "    0 ms  T1 <- offer 1, purchase 1234 CAD INV7, server decides\n"
                 "    0 ms  T1 -> displayed 1\n"
                 "    0 ms  T1 <- go 1\n"
                 "    0 ms  POS <- accepted, payment 1\n"
                 "    0 ms  T1 -> attempt 1/1\n"
                 "    0 ms  the courier is woken\n"
                 "    0 ms  T1 <- outcome 1/1 approved, transaction 1\n"
                 "    0 ms  T1 <- payment_ended 1 approved\n"
                 "    0 ms  POS sells for 1234 on K3YR\n"
                 "    0 ms  T1 <- offer 2, purchase 1234 CAD INV7, server decides\n"
                 "    0 ms  T1 -> displayed 2\n"
                 "    0 ms  T1 <- go 2\n"
                 "    0 ms  POS <- accepted, payment 2\n"
                 "    0 ms  T1 -> attempt 2/1\n"
                 "    0 ms  the courier is woken\n"
                 "    0 ms  T1 <- outcome 2/1 declined, transaction 2, Transaction Declined: "
                 "Suspected duplicate transaction in the last 5 minutes., Try again\n"
                 "    0 ms  T1 -> cancel_payment 2 by customer\n"
                 "    0 ms  T1 <- payment_ended 2 declined, customer\n"
                 "300000 ms  POS sells for 1234 on K3YR\n"
                 "300000 ms  T1 <- offer 3, purchase 1234 CAD INV7, server decides\n"
                 "300000 ms  T1 -> displayed 3\n"
                 "300000 ms  T1 <- go 3\n"
                 "300000 ms  POS <- accepted, payment 3\n"
                 "300000 ms  T1 -> attempt 3/1\n"
                 "300000 ms  the courier is woken\n"
                 "300000 ms  T1 <- outcome 3/1 declined, transaction 3, Transaction Declined: "
                 "Suspected duplicate transaction in the last 5 minutes., Try again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_while_the_offer_waits),
        cmocka_unit_test(one_key_whose_offer_is_missed),
        cmocka_unit_test(one_key_after_go_and_after_the_end),
        cmocka_unit_test(busy_at_each_step),
        cmocka_unit_test(a_key_of_a_call_that_was_busy),
        cmocka_unit_test(two_calls_at_once),
        cmocka_unit_test(under_the_preset_a_key_is_forgotten),
        cmocka_unit_test(under_the_preset_the_same_card_and_amount_is_a_duplicate),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
