/* From a token to its business: what a loop remembers, and that a change is
 * never answered from before it. */
#include "unit/broker/question.h"

enum { QUESTIONS = 300, CHANGES = 40 };

static const struct permissions PINGS = {ACCESS_NONE, ACCESS_NONE, PROCESSING_NONE};

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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_question_of_a_loop_is_asked_and_the_next_is_known),
        cmocka_unit_test(an_unknown_token_is_asked_every_time),
        cmocka_unit_test(forgetting_empties_every_loop),
        cmocka_unit_test(a_change_between_read_and_answer_leads_to_a_second_look),
        cmocka_unit_test(a_revocation_between_read_and_answer_is_obeyed),
        cmocka_unit_test(after_three_changes_in_a_row_nothing_is_claimed),
        cmocka_unit_test(a_stopping_broker_learns_nothing),
        cmocka_unit_test(one_token_past_the_limit_empties_the_loop_and_is_remembered),
        cmocka_unit_test(loops_ask_while_tokens_change),
    };

    id_start();
    clock_replace(&QUESTION_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
