/* From a token to its business: what a loop remembers, and that a change is
 * never answered from before it. */
#include "base/clock.h"
#include "broker/access.h"
#include "broker/usage.h"
#include "unit/broker/scene.h"

enum { QUESTIONS = 300, CHANGES = 40 };

static const struct port NO_PORT;
static const struct permissions READS = {ACCESS_READ, ACCESS_READ, PROCESSING_NONE};
static const struct permissions PINGS = {ACCESS_NONE, ACCESS_NONE, PROCESSING_NONE};

static int64_t wall_ms = 50000;

static int64_t wall_now(void *context)
{
    (void)context;
    return wall_ms;
}

static struct scene *open_scene(bool threads)
{
    return scene_make(&NO_PORT, threads);
}

/* --- Tokens -------------------------------------------------------------- */

static enum fail token_add(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;
    struct store_token_new token = {.business = scene->business,
                                    .name = "till",
                                    .hash = hash_of("till"),
                                    .permissions = READS,
                                    .now_ms = NOW_MS};
    int64_t id;

    return store_token_add(tx, &token, &id);
}

static enum fail token_weaken(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;
    struct secret_hash hash = hash_of("till");
    struct token token;
    enum fail fail = store_token_by_hash(tx, &hash, &token);

    return fail != FAIL_NONE ? fail : store_token_set(tx, scene->business, token.id, NULL, &PINGS);
}

static enum fail token_revoke(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;
    struct secret_hash hash = hash_of("till");
    struct token token;
    enum fail fail = store_token_by_hash(tx, &hash, &token);

    return fail != FAIL_NONE ? fail : store_token_remove(tx, scene->business, token.id);
}

/* --- Questions ------------------------------------------------------------- */

struct question {
    struct access_query query;
    bool answered;
    enum fail fail;
};

static void on_answer(struct access_query *query, enum fail fail)
{
    struct question *question = LIST_ITEM(query, struct question, query);

    assert_false(question->answered);
    question->answered = true;
    question->fail = fail;
}

static void ask(struct scene *scene, struct question *question, const char *token, unsigned loop)
{
    *question = (struct question){
        .query.token = hash_of(token), .query.loop = loop, .query.done = on_answer};
    access_start(scene->broker, &question->query);
}

static bool known(struct scene *scene, const char *token, unsigned loop)
{
    struct secret_hash hash = hash_of(token);
    struct access_grant grant;

    return access_known(scene->broker, loop, &hash, &grant);
}

static void the_first_question_of_a_loop_is_asked_and_the_next_is_known(void **state)
{
    struct scene *scene = open_scene(false);
    struct secret_hash hash = hash_of("till");
    struct access_grant grant = {0};
    struct question question;

    (void)state;
    scene_do(scene, token_add, scene);
    assert_false(known(scene, "till", 0));
    ask(scene, &question, "till", 0);
    assert_true(question.answered);
    assert_int_equal(question.fail, FAIL_NONE);
    assert_int_equal(question.query.grant.business, scene->business);
    assert_int_equal(question.query.grant.permissions.general, ACCESS_READ);
    assert_true(access_known(scene->broker, 0, &hash, &grant));
    assert_int_equal(grant.business, scene->business);
    assert_int_equal(grant.token, question.query.grant.token);
    assert_false(known(scene, "till", 1)); /* each loop learns by itself */
    ask(scene, &question, "till", 0);      /* two first calls at once */
    assert_int_equal(question.fail, FAIL_NONE);
    scene_remove(scene);
}

static void an_unknown_token_is_asked_every_time(void **state)
{
    struct scene *scene = open_scene(false);
    struct question question;

    (void)state;
    ask(scene, &question, "till", 0);
    assert_int_equal(question.fail, FAIL_NOT_FOUND);
    assert_false(known(scene, "till", 0));
    scene_do(scene, token_add, scene); /* a new token needs no forgetting */
    ask(scene, &question, "till", 0);
    assert_int_equal(question.fail, FAIL_NONE);
    scene_remove(scene);
}

static void forgetting_empties_every_loop(void **state)
{
    struct scene *scene = open_scene(false);
    struct question question;
    unsigned loop;

    (void)state;
    scene_do(scene, token_add, scene);
    for (loop = 0; loop < SCENE_LOOPS; loop++) {
        ask(scene, &question, "till", loop);
        assert_true(known(scene, "till", loop));
    }
    scene_do(scene, token_revoke, scene);
    scene_on_every_loop(scene, access_forget);
    for (loop = 0; loop < SCENE_LOOPS; loop++) {
        assert_false(known(scene, "till", loop));
        ask(scene, &question, "till", loop);
        assert_int_equal(question.fail, FAIL_NOT_FOUND);
    }
    scene_remove(scene);
}

/* The answer was read before the change and arrives after the forgetting: as
 * it is, it would be remembered for ever. */
static void a_change_between_read_and_answer_leads_to_a_second_look(void **state)
{
    struct scene *scene = open_scene(true);
    struct question question;
    struct task *answer;

    (void)state;
    scene_do(scene, token_add, scene);
    ask(scene, &question, "till", 0);
    answer = scene_hold(&scene->loops[0]);
    scene_do(scene, token_weaken, scene);
    scene_on_every_loop(scene, access_forget);
    answer->run(answer);
    assert_false(question.answered);
    scene_run(scene, 0, 1);
    assert_true(question.answered);
    assert_int_equal(question.fail, FAIL_NONE);
    assert_int_equal(question.query.grant.permissions.general, ACCESS_NONE);
    scene_remove(scene);
}

static void a_revocation_between_read_and_answer_is_obeyed(void **state)
{
    struct scene *scene = open_scene(true);
    struct question question;
    struct task *answer;

    (void)state;
    scene_do(scene, token_add, scene);
    ask(scene, &question, "till", 2);
    answer = scene_hold(&scene->loops[2]);
    scene_do(scene, token_revoke, scene);
    scene_on_every_loop(scene, access_forget);
    answer->run(answer);
    scene_run(scene, 2, 1);
    assert_int_equal(question.fail, FAIL_NOT_FOUND);
    assert_false(known(scene, "till", 2));
    scene_remove(scene);
}

static void after_three_changes_in_a_row_nothing_is_claimed(void **state)
{
    struct scene *scene = open_scene(true);
    struct question question;
    unsigned i;

    (void)state;
    scene_do(scene, token_add, scene);
    ask(scene, &question, "till", 0);
    for (i = 0; i < 3; i++) {
        struct task *answer = scene_hold(&scene->loops[0]);

        assert_false(question.answered);
        scene_on_every_loop(scene, access_forget);
        answer->run(answer);
    }
    assert_true(question.answered);
    assert_int_equal(question.fail, FAIL_CONFLICT);
    assert_false(known(scene, "till", 0));
    scene_remove(scene);
}

static void a_stopping_broker_learns_nothing(void **state)
{
    struct scene *scene = open_scene(false);
    struct question question;

    (void)state;
    scene_do(scene, token_add, scene);
    broker_stop(scene->broker);
    ask(scene, &question, "till", 0);
    assert_false(question.answered); /* not from inside the question */
    scene_run(scene, 0, 1);
    assert_int_equal(question.fail, FAIL_CLOSED);
    scene_remove(scene);
}

/* --- What the grant says -------------------------------------------------------- */

struct changing {
    struct scene *scene;
    int64_t expires_ms;
    int64_t old_until_ms;
    bool helcim;
    const struct rate_limits *rate;
};

static enum fail token_id(struct store_tx *tx, const struct scene *scene, int64_t *id)
{
    struct secret_hash hash = hash_of("till");
    struct token token = {0};
    enum fail fail = store_token_by_hash(tx, &hash, &token);

    (void)scene;
    *id = token.id;
    return fail;
}

static enum fail token_end(struct store_tx *tx, void *argument)
{
    const struct changing *changing = argument;
    int64_t id;
    enum fail fail = token_id(tx, changing->scene, &id);

    return fail != FAIL_NONE
               ? fail
               : store_token_set_expiry(tx, changing->scene->business, id, changing->expires_ms);
}

static enum fail token_rotate(struct store_tx *tx, void *argument)
{
    const struct changing *changing = argument;
    struct secret_hash next = hash_of("next till");
    int64_t id;
    enum fail fail = token_id(tx, changing->scene, &id);

    return fail != FAIL_NONE ? fail
                             : store_token_rotate(tx, changing->scene->business, id, &next,
                                                  changing->old_until_ms);
}

static enum fail conduct_set(struct store_tx *tx, void *argument)
{
    const struct changing *changing = argument;
    enum fail fail = store_business_set_preset(tx, changing->scene->business, changing->helcim);

    return fail != FAIL_NONE
               ? fail
               : store_business_set_rate(tx, changing->scene->business, changing->rate);
}

static enum fail asked(struct scene *scene, const char *token, struct access_grant *grant)
{
    struct question question;

    ask(scene, &question, token, 0);
    assert_true(question.answered);
    *grant = question.query.grant;
    return question.fail;
}

static void a_token_is_unknown_from_the_moment_of_its_end_on(void **state)
{
    struct scene *scene = open_scene(false);
    struct changing changing = {.scene = scene};
    struct access_grant grant;

    (void)state;
    wall_ms = 50000;
    changing.expires_ms = 60000;
    scene_do(scene, token_add, scene);
    scene_do(scene, token_end, &changing);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    assert_int_equal(grant.expires_ms, 60000);
    wall_ms = 59999;
    assert_true(known(scene, "till", 0));
    wall_ms = 60000;
    assert_false(known(scene, "till", 0)); /* also where it is remembered */
    assert_int_equal(asked(scene, "till", &grant), FAIL_NOT_FOUND);
    wall_ms = 50000; /* the clock was set back: it is as it was */
    assert_true(known(scene, "till", 0));
    scene_remove(scene);
}

static void an_old_secret_ends_with_its_grace_or_with_the_token(void **state)
{
    struct scene *scene = open_scene(false);
    struct changing changing = {.scene = scene, .old_until_ms = 70000, .expires_ms = 80000};
    struct access_grant grant;

    (void)state;
    wall_ms = 50000;
    scene_do(scene, token_add, scene);
    scene_do(scene, token_end, &changing);
    scene_do(scene, token_rotate, &changing);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    assert_int_equal(grant.expires_ms, 70000);
    assert_int_equal(asked(scene, "next till", &grant), FAIL_NONE);
    assert_int_equal(grant.expires_ms, 80000);
    wall_ms = 70000;
    assert_int_equal(asked(scene, "till", &grant), FAIL_NOT_FOUND);
    assert_true(known(scene, "next till", 0));
    wall_ms = 80000;
    assert_false(known(scene, "next till", 0));
    scene_remove(scene);
}

static void an_old_secret_does_not_outlive_its_token(void **state)
{
    struct scene *scene = open_scene(false);
    struct changing changing = {.scene = scene, .old_until_ms = 70000, .expires_ms = 60000};
    struct access_grant grant;

    (void)state;
    wall_ms = 50000;
    scene_do(scene, token_add, scene);
    scene_do(scene, token_end, &changing);
    scene_do(scene, token_rotate, &changing);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    assert_int_equal(grant.expires_ms, 60000);
    scene_remove(scene);
}

static void limits_are_the_businesss_own_the_presets_or_the_servers(void **state)
{
    static const struct rate_limits own = {.concurrent = 1, .minute = 2, .hour = 3};
    struct scene *scene = open_scene(false);
    struct changing changing = {.scene = scene};
    struct access_grant grant;

    (void)state;
    scene_do(scene, token_add, scene);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    assert_false(grant.rate_is_own || grant.preset_helcim);
    changing.helcim = true;
    scene_do(scene, conduct_set, &changing);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    assert_true(grant.rate_is_own && grant.preset_helcim);
    assert_memory_equal(&grant.rate, &RATE_HELCIM, sizeof(grant.rate));
    changing.rate = &own;
    scene_do(scene, conduct_set, &changing);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    assert_true(grant.rate_is_own && grant.preset_helcim);
    assert_memory_equal(&grant.rate, &own, sizeof(grant.rate));
    scene_remove(scene);
}

static enum fail used_forget(struct store_tx *tx, void *argument)
{
    (void)argument;
    return sqlite_run(tx, "UPDATE token SET used_ms = NULL");
}

static int64_t used_ms(const struct scene *scene)
{
    return fixture_number(scene->fixture, "SELECT coalesce(used_ms, 0) FROM token");
}

static void use_is_noted_by_the_first_question_and_once_a_minute_after_it(void **state)
{
    struct scene *scene = open_scene(false);
    struct access_grant grant;

    (void)state;
    wall_ms = 120000;
    scene_do(scene, token_add, scene);
    assert_int_equal(asked(scene, "till", &grant), FAIL_NONE);
    WORKS(usage_write(scene->broker));
    assert_int_equal(used_ms(scene), 120000);
    assert_true(known(scene, "till", 0)); /* notes it once more */
    WORKS(usage_write(scene->broker));
    scene_do(scene, used_forget, NULL);
    wall_ms = 179999;
    assert_true(known(scene, "till", 0)); /* still the same minute */
    WORKS(usage_write(scene->broker));
    assert_int_equal(used_ms(scene), 0);
    wall_ms = 180000;
    assert_true(known(scene, "till", 0));
    WORKS(usage_write(scene->broker));
    assert_int_equal(used_ms(scene), 180000);
    scene_remove(scene);
}

/* --- The limit ---------------------------------------------------------------- */

static enum fail tokens_add(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;
    unsigned i;

    for (i = 0; i <= ACCESS_CACHE_MAX; i++) {
        struct store_token_new token = {
            .business = scene->business, .name = "many", .permissions = READS, .now_ms = NOW_MS};
        char text[16];
        int64_t id;

        (void)text_format(text, sizeof(text), "many %u", i);
        token.hash = hash_of(text);
        WORKS(store_token_add(tx, &token, &id));
    }
    return FAIL_NONE;
}

static void one_token_past_the_limit_empties_the_loop_and_is_remembered(void **state)
{
    struct scene *scene = open_scene(false);
    struct question question;
    char text[16];
    unsigned i;

    (void)state;
    scene_do(scene, tokens_add, scene);
    for (i = 0; i < ACCESS_CACHE_MAX; i++) {
        (void)text_format(text, sizeof(text), "many %u", i);
        ask(scene, &question, text, 0);
        assert_int_equal(question.fail, FAIL_NONE);
    }
    assert_true(known(scene, "many 0", 0));
    assert_true(known(scene, text, 0));
    (void)text_format(text, sizeof(text), "many %u", ACCESS_CACHE_MAX);
    ask(scene, &question, text, 0);
    assert_int_equal(question.fail, FAIL_NONE);
    assert_true(known(scene, text, 0));
    assert_false(known(scene, "many 0", 0));
    scene_remove(scene);
}

/* --- Loops of their own, and an administrator ----------------------------------- */

struct runner {
    struct access_query query;
    struct scene *scene;
    unsigned loop;
    unsigned asked;
    struct task begin;
    struct task end;
    bool finished; /* all is asked and answered */
    bool ended;    /* and no change comes any more */
    unsigned answered;
};

static void runner_ask(struct runner *runner);

static void runner_answer(struct access_query *query, enum fail fail)
{
    struct runner *runner = LIST_ITEM(query, struct runner, query);

    /* Changed all the time, but never gone. */
    if (fail != FAIL_NONE && fail != FAIL_CONFLICT) {
        abort();
    }
    runner->answered++;
    runner_ask(runner);
}

static void runner_ask(struct runner *runner)
{
    while (runner->asked < QUESTIONS) {
        struct secret_hash hash = hash_of("till");
        struct access_grant grant;

        runner->asked++;
        if (!access_known(runner->scene->broker, runner->loop, &hash, &grant) ||
            runner->asked % 4 == 0) {
            runner->query =
                (struct access_query){.token = hash, .loop = runner->loop, .done = runner_answer};
            access_start(runner->scene->broker, &runner->query);
            return;
        }
    }
    runner->finished = true;
}

static void runner_begin(struct task *task)
{
    runner_ask(TASK_OWNER(task, struct runner, begin));
}

static void runner_end(struct task *task)
{
    TASK_OWNER(task, struct runner, end)->ended = true;
}

static void *runner_run(void *argument)
{
    struct runner *runner = argument;

    while (!runner->ended || !runner->finished) {
        scene_run(runner->scene, runner->loop, 1);
    }
    return NULL;
}

static void loops_ask_while_tokens_change(void **state)
{
    struct scene *scene = open_scene(true);
    static struct runner runners[SCENE_LOOPS];
    pthread_t threads[SCENE_LOOPS];
    unsigned i;

    (void)state;
    scene_do(scene, token_add, scene);
    for (i = 0; i < SCENE_LOOPS; i++) {
        runners[i] = (struct runner){
            .scene = scene, .loop = i, .begin.run = runner_begin, .end.run = runner_end};
        assert_int_equal(pthread_create(&threads[i], NULL, runner_run, &runners[i]), 0);
        executor_post(&scene->loops[i].executor, &runners[i].begin);
    }
    for (i = 0; i < CHANGES; i++) {
        access_forget(scene->broker);
    }
    for (i = 0; i < SCENE_LOOPS; i++) {
        executor_post(&scene->loops[i].executor, &runners[i].end);
    }
    for (i = 0; i < SCENE_LOOPS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(runners[i].answered >= QUESTIONS / 4);
    }
    scene_remove(scene);
}

int main(void)
{
    static const struct clock_source clock = {.wall_ms = wall_now};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_question_of_a_loop_is_asked_and_the_next_is_known),
        cmocka_unit_test(an_unknown_token_is_asked_every_time),
        cmocka_unit_test(forgetting_empties_every_loop),
        cmocka_unit_test(a_change_between_read_and_answer_leads_to_a_second_look),
        cmocka_unit_test(a_revocation_between_read_and_answer_is_obeyed),
        cmocka_unit_test(after_three_changes_in_a_row_nothing_is_claimed),
        cmocka_unit_test(a_stopping_broker_learns_nothing),
        cmocka_unit_test(a_token_is_unknown_from_the_moment_of_its_end_on),
        cmocka_unit_test(an_old_secret_ends_with_its_grace_or_with_the_token),
        cmocka_unit_test(an_old_secret_does_not_outlive_its_token),
        cmocka_unit_test(limits_are_the_businesss_own_the_presets_or_the_servers),
        cmocka_unit_test(use_is_noted_by_the_first_question_and_once_a_minute_after_it),
        cmocka_unit_test(one_token_past_the_limit_empties_the_loop_and_is_remembered),
        cmocka_unit_test(loops_ask_while_tokens_change),
    };

    id_start();
    clock_replace(&clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
