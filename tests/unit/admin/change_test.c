/* Verbs beyond add, set and remove: conduct of a business, ends and rotations of
 * tokens, the life of a device. */
#include "unit/admin/verbs.h"

/* --- Conduct, ends, rotations ----------------------------------------------------------------- */

#define SHOP "{ business=1 name=Shop currency=CAD apiMode=yes"
#define SHOP_CREATED " created=1970-01-01T00:00:01.000Z}"

static void preset_and_limits_are_set_and_shown(void **state)
{
    static const char *const bad[] = {"5,100",  "5,100,3000,1", "5,,3000",
                                      "-1,2,3", "1,2,1000001",  "some"};
    struct scene *scene = open_scene();
    char words[WORDS_MAX];
    size_t i;

    (void)state;
    expect(scene, "business set id=1 preset=helcim",
           SHOP " preset=helcim rateLimits=helcim processor=test" SHOP_CREATED);
    expect(scene, "business set id=1 rate-limits=5,0,1000000",
           SHOP " preset=helcim rateLimits=5,0,1000000 processor=test" SHOP_CREATED);
    expect(scene, "business set id=1 preset=none rate-limits=off",
           SHOP " preset=none rateLimits=off processor=test" SHOP_CREATED);
    expect(scene, "business set id=1 rate-limits=default",
           SHOP " preset=none rateLimits=default processor=test" SHOP_CREATED);
    expect(scene, "business set id=1 preset=stripe", "no: --preset is helcim or none");
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)text_format(words, sizeof(words), "business set id=1 name=New rate-limits=%s",
                          bad[i]);
        expect(scene, words,
               "no: --rate-limits is default, off, or three numbers from 0 to 1000000 such as "
               "5,100,3000: calls at the same time, in a minute, in an hour; 0 for no such limit");
    }
    expect(scene, "business add name=New currency=CAD preset=helcim rate-limits=1,2,3",
           "{ business=3}");
    expect(scene, "business show id=3",
           "{ business=3 name=New currency=CAD apiMode=yes preset=helcim rateLimits=1,2,3 "
           "processor=test " CREATED "}");
    scene_remove(scene);
}

#define TILL "{ id=1 name=Till general=none settings=none processing=none " CREATED " lastUsed=none"
#define FORMS                                                                                      \
    "no: --expires is never, a date such as 2027-01-31 (it ends as that day begins in UTC), or a " \
    "moment such as 2027-01-31T18:00:00Z"

static void a_token_gets_an_end_that_is_to_come(void **state)
{
    struct scene *scene = open_scene();
    struct buf answer;

    (void)state;
    run(scene, NULL, "token add business=1 name=Till expires=2026-01-24", &answer);
    buf_finish(&answer);
    expect(scene, "token show business=1 id=1",
           TILL " expires=2026-01-24T00:00:00.000Z oldValidUntil=none}");
    expect(scene, "token set business=1 id=1 expires=2026-01-23T01:00:00.001Z",
           TILL " expires=2026-01-23T01:00:00.001Z oldValidUntil=none}");
    expect(scene, "token set business=1 id=1 expires=2026-01-23T01:00:00Z",
           "no: --expires: 2026-01-23T01:00:00Z is past; to revoke a token remove it");
    expect(scene, "token add business=1 name=Late expires=2026-01-23",
           "no: --expires: 2026-01-23 is past; to revoke a token remove it");
    expect(scene, "token set business=1 id=1 expires=tomorrow", FORMS);
    expect(scene, "token add business=1 name=Late expires=", FORMS);
    expect(scene, "token set business=1 id=1 expires=never",
           TILL " expires=none oldValidUntil=none}");
    scene_remove(scene);
}

static void a_rotated_token_tells_how_long_the_old_one_is_good(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect_secret(scene, "token add business=1 name=Till", " id=1}");
    expect_secret(scene, "token rotate business=1 id=1",
                  " id=1 oldValidUntil=2026-01-24T01:00:00.000Z}");
    expect(scene, "token show business=1 id=1",
           TILL " expires=none oldValidUntil=2026-01-24T01:00:00.000Z}");
    expect_secret(scene, "token rotate business=1 id=1 grace=8760",
                  " id=1 oldValidUntil=2027-01-23T01:00:00.000Z}");
    expect_secret(scene, "token rotate business=1 id=1 grace=0", " id=1 oldValidUntil=none}");
    expect(scene, "token show business=1 id=1", TILL " expires=none oldValidUntil=none}");
    expect(scene, "token rotate business=1 id=1 grace=8761",
           "no: --grace is a number of hours from 0 to 8760: for so long the old token is good "
           "beside the new one");
    expect(scene, "token rotate business=2 id=1", "no: business 2 has no api-token 1");
    expect(scene, "token rotat business=1 id=1",
           "no: 'token' has no such verb; there are add, list, show, set, rotate and remove; did "
           "you mean 'rotate'?");
    expect(scene, "tokens list",
           "no: there is no such thing to administer; there are business, user, token, device, "
           "payment, webhook, audit and data; did you mean 'token'?");
    scene_remove(scene);
}

/* --- The life of a device ----------------------------------------------------------------------
 */

static enum fail another_register(struct store_tx *tx, void *argument)
{
    struct device *device = argument;

    *device = device_add(tx, device->business, "TW-2", "another credential");
    return FAIL_NONE;
}

static void a_device_is_revoked_rotated_and_replaced(void **state)
{
    struct scene *scene = open_scene();
    struct device device = registered(scene);
    struct device other = {.business = scene->business};
    char words[WORDS_MAX];
    char expected[WORDS_MAX];

    (void)state;
    scene_do(scene, another_register, &other);
    (void)text_format(expected, sizeof(expected), "{ code=%s}", device.code);
    (void)text_format(words, sizeof(words), "device rotate business=1 code=%s", device.code);
    expect(scene, words, expected);
    assert_int_equal(fixture_number(scene->fixture, "SELECT renew FROM device WHERE id = 1"), 1);
    (void)text_format(words, sizeof(words), "device revoke business=1 code=%s", device.code);
    expect(scene, words, expected);
    (void)text_format(words, sizeof(words), "device rotate business=1 code=%s", device.code);
    (void)text_format(expected, sizeof(expected),
                      "no: %s has no credential; its terminal gets one when somebody logs in on it "
                      "with e-mail and password",
                      device.code);
    expect(scene, words, expected);
    (void)text_format(words, sizeof(words), "device replace business=1 code=%s with=%s",
                      device.code, other.code);
    (void)text_format(expected, sizeof(expected),
                      "{ code=%s serial=TW-2 next=the terminal connects again by itself and shows "
                      "this code}",
                      device.code);
    expect(scene, words, expected);
    (void)text_format(words, sizeof(words), "device replace business=1 code=%s serial=TW-3",
                      device.code);
    (void)text_format(expected, sizeof(expected),
                      "{ code=%s serial=TW-3 next=log in on that terminal, and it shows this code}",
                      device.code);
    expect(scene, words, expected);
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM audit WHERE action ="
                                                    " 'device.replace' AND detail LIKE '%, from"
                                                    " TW-_ to TW-_'"),
                     2);
    scene_remove(scene);
}

static void no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
}

static void a_connected_device_is_removed_only_by_force(void **state)
{
    struct scene *scene = open_scene();
    struct device device = registered(scene);
    struct presence presence = {.device = device.id, .business = device.business};
    struct thread_run argument = {.scene = scene};
    char words[WORDS_MAX];
    char expected[WORDS_MAX];

    (void)state;
    WORKS(presence_add(&scene->broker->presence, &presence, no_kick, NULL));
    (void)text_format(words, sizeof(words), "device remove business=1 code=%s", device.code);
    (void)text_format(expected, sizeof(expected),
                      "no: %s is connected; switch it off first, or say --force", device.code);
    argument.words = words;
    (void)thread_run(&argument); /* nobody is told: it does not wait for the loops */
    assert_string_equal(argument.answer.bytes, expected);
    buf_finish(&argument.answer);
    (void)text_format(words, sizeof(words), "device remove business=1 code=%s force=true",
                      device.code);
    expect_told(scene, words, 1, "device 0 1 1; device 1 1 1; device 2 1 1; ");
    (void)presence_remove(&scene->broker->presence, &presence);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preset_and_limits_are_set_and_shown),
        cmocka_unit_test(a_token_gets_an_end_that_is_to_come),
        cmocka_unit_test(a_rotated_token_tells_how_long_the_old_one_is_good),
        cmocka_unit_test(a_device_is_revoked_rotated_and_replaced),
        cmocka_unit_test(a_connected_device_is_removed_only_by_force),
    };

    id_start();
    fault_install();
    clock_replace(&VERBS_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
