/* Stories of a broken terminal whose place another one takes. */
#include "story/actor.h"
#include "story/pos.h"

/* T1 is broken, and TW-2 takes its place. */
static struct broker_replacement replaced;

static enum fail admin_replace(struct stage_job *job, struct store_tx *tx)
{
    struct store_replacement replacement = {.business = job->stage->business, .serial = "TW-2"};
    enum fail fail = store_device_by_serial(tx, job->stage->business, "TW-1", &job->device);

    replacement.device = job->device.id;
    fail = fail == FAIL_NONE ? store_device_replace(tx, &replacement) : fail;
    replaced = (struct broker_replacement){.business = replacement.business,
                                           .device = replacement.device,
                                           .other = replacement.other,
                                           .serial = replacement.serial};
    return fail;
}

static void admin_commits(struct stage *stage)
{
    stage_note(stage, "TW-1 is replaced by TW-2");
    stage_job_do(&(struct stage_job){.stage = stage, .verb = admin_replace});
}

static void tell(struct admin_change *change)
{
    broker_device_replaced(change->stage->broker, &replaced);
}

static void admin_tells(struct stage *stage)
{
    stage_note(stage, "the loops are told");
    admin_tell(&(struct admin_change){.stage = stage, .tell = tell});
}

#define BOTH_REGISTER                                                                              \
    "    0 ms  T1 -> hello TW-1\n"                                                                 \
    "    0 ms  T1 <- log_in_required new\n"                                                        \
    "    0 ms  T1 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T1 <- welcome K3YR, Ada, credential A\n"                                            \
    "    0 ms  T2 -> hello TW-2\n"                                                                 \
    "    0 ms  T2 <- log_in_required new\n"                                                        \
    "    0 ms  T2 -> log_in ada@example.com\n"                                                     \
    "    0 ms  T2 <- welcome GZBB, Ada, credential B\n"

static void another_terminal_takes_code_and_pings(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);

    (void)state;
    actor_registers(&t1);
    actor_registers(&t2);
    pos_pings(stage, t1.code);
    admin_commits(stage);
    admin_tells(stage);
    stage_settle(stage);
    actor_greets(&t2);
    pos_pings(stage, t2.code);
    actor_shows(&t2, 1);
    actor_greets(&t1);
    stage_finish(stage, BOTH_REGISTER "    0 ms  POS pings K3YR\n"
                                      "    0 ms  T1 <- ping 1\n"
                                      "    0 ms  TW-1 is replaced by TW-2\n"
                                      "    0 ms  the loops are told\n"
                                      "    0 ms  T1 <- error removed\n"
                                      "    0 ms  POS <- not listening\n"
                                      "    0 ms  T1 <- close 4002\n"
                                      "    0 ms  T2 <- error moved\n"
                                      "    0 ms  T2 <- close 1012\n"
                                      "    0 ms  T2 -> hello TW-2, credential B\n"
                                      "    0 ms  T2 <- welcome K3YR, Ada\n"
                                      "    0 ms  POS pings K3YR\n"
                                      "    0 ms  T2 <- ping 1\n"
                                      "    0 ms  T2 -> ping_shown 1\n"
                                      "    0 ms  POS <- shown\n"
                                      "    0 ms  T1 -> hello TW-1, credential A\n"
                                      "    0 ms  T1 <- log_in_required unknown_credential\n");
}

/* It comes back by itself between the commit and the telling: it is right
 * already, has taken the broken one's place, and is not sent away. */
static void one_that_comes_back_too_early_stays(void **state)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-2", 1);

    (void)state;
    actor_registers(&t1);
    actor_registers(&t2);
    actor_hangs_up(&t2);
    admin_commits(stage);
    actor_greets(&t2);
    admin_tells(stage);
    stage_settle(stage);
    pos_pings(stage, t2.code);
    actor_shows(&t2, 1);
    stage_finish(stage, BOTH_REGISTER "    0 ms  T2 hangs up\n"
                                      "    0 ms  TW-1 is replaced by TW-2\n"
                                      "    0 ms  T2 -> hello TW-2, credential B\n"
                                      "    0 ms  T2 <- welcome K3YR, Ada\n"
                                      "    0 ms  T1 <- error replaced\n"
                                      "    0 ms  T1 <- close 4001\n"
                                      "    0 ms  the loops are told\n"
                                      "    0 ms  POS pings K3YR\n"
                                      "    0 ms  T2 <- ping 1\n"
                                      "    0 ms  T2 -> ping_shown 1\n"
                                      "    0 ms  POS <- shown\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_terminal_takes_code_and_pings),
        cmocka_unit_test(one_that_comes_back_too_early_stays),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
