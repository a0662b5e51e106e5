/* What a grant says: when it ends, which limits hold, and that its use is noted. */
#include "unit/broker/question.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_unknown_from_the_moment_of_its_end_on),
        cmocka_unit_test(an_old_secret_ends_with_its_grace_or_with_the_token),
        cmocka_unit_test(an_old_secret_does_not_outlive_its_token),
        cmocka_unit_test(limits_are_the_businesss_own_the_presets_or_the_servers),
        cmocka_unit_test(use_is_noted_by_the_first_question_and_once_a_minute_after_it),
    };

    id_start();
    clock_replace(&QUESTION_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
