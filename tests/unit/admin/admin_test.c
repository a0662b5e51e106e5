/* The administrator's verbs: each request as a line of words, its answer as a
 * line of text, on a database with two businesses; and what a running server
 * is told of a change. */
#include "unit/admin/verbs.h"

/* --- Business ----------------------------------------------------------------------------- */

static void a_business_is_added_shown_changed_and_removed(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect(scene, "business add name=Third+Shop currency=USD", "{ business=3}");
    expect(scene, "business show id=3",
           "{ business=3 name=Third Shop currency=USD apiMode=yes preset=none "
           "rateLimits=default processor=test " CREATED "}");
    expect(scene, "business add name=x currency=EUR", "no: --currency: the currency is CAD or USD");
    expect(scene, "business add currency=CAD", "no: --name is missing");
    expect(scene, "business add name=x currency=CAD api-mode=maybe", "no: --api-mode is on or off");
    expect(scene, "business set id=3 name=New api-mode=off",
           "{ business=3 name=New currency=USD apiMode=no preset=none rateLimits=default "
           "processor=test " CREATED "}");
    expect(scene, "business set id=3",
           "no: nothing to set: give --name, --api-mode, --preset, --rate-limits or --processor");
    expect(scene, "business show id=9", "no: there is no business 9");
    expect(scene, "business show id=one", "no: id must be a number, as 'list' shows it");
    expect(scene, "business show", "no: id must be a number, as 'list' shows it");
    expect(scene, "business remove id=3", "{ business=3}");
    expect(scene, "business remove id=3", "no: there is no business 3");
    expect(scene, "business sell id=1",
           "no: 'business' has no such verb; there are add, list, show, set and remove");
    expect(scene, "shop list",
           "no: there is no such thing to administer; there are business, user, token, device, "
           "payment, webhook, audit and data");
    scene_remove(scene);
}

static void a_business_with_people_is_removed_only_by_force(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect(scene, "business remove id=1",
           "no: Shop has users, tokens or devices, which would be removed with it; "
           "say --force if that is meant");
    expect(scene, "business remove id=1 force=", "{ business=1}");
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM user"), 0);
    scene_remove(scene);
}

static void one_business_need_not_be_named_two_must(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect(scene, "user list", "no: there are 2 businesses; say which one with --business ID");
    expect(scene, "user list business=7", "no: there is no business 7");
    expect(scene, "user list business=2", "[]");
    expect(scene, "business remove id=1 force=", "{ business=1}");
    expect(scene, "user list", "[]");
    expect(scene, "business remove id=2", "{ business=2}");
    expect(scene, "user list", "no: there is no business yet; add one with 'business add'");
    scene_remove(scene);
}

/* --- User ------------------------------------------------------------------------------------ */

static void a_user_is_added_shown_changed_and_removed(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect(scene,
           "user add business=1 name=Bob email=Bob@Example.com password=correct+horse pin=9999 "
           "role=administrator",
           "{ user=2}");
    expect(scene, "user show business=1 id=2",
           "{ user=2 name=Bob email=bob@example.com role=administrator pin=yes " CREATED "}");
    expect(scene, "user add business=1 name=Eve",
           "no: a user needs --name, --email, --password and --role");
    expect(scene,
           "user add business=2 name=Eve email=BOB@example.com password=correct+horse role=cashier",
           "no: another user has the e-mail address bob@example.com");
    expect(scene,
           "user add business=1 name=Eve email=eve@example.com password=correct+horse pin=9999 "
           "role=cashier",
           "no: another user of this business has this PIN; choose another");
    expect(scene,
           "user add business=2 name=Eve email=eve@example.com password=correct+horse pin=9999 "
           "role=cashier",
           "{ user=3}");
    expect(scene, "user set business=1 id=2 name=Robert role=cashier",
           "{ user=2 name=Robert email=bob@example.com role=cashier pin=yes " CREATED "}");
    expect(scene, "user set business=1 id=2 role=boss", "no: --role is administrator or cashier");
    expect(scene, "user remove business=1 id=2", "{ user=2}");
    expect(scene, "user remove business=1 id=2", "no: business 1 has no user 2");
    scene_remove(scene);
}

static void what_belongs_to_another_business_is_not_there(void **state)
{
    struct scene *scene = open_scene();
    struct device device = registered(scene);
    char words[WORDS_MAX];
    char expected[WORDS_MAX];
    size_t i;
    static const char *const verbs[] = {"show", "set", "remove"};

    (void)state;
    expect(scene, "user show business=2 id=1", "no: business 2 has no user 1");
    expect(scene, "user set business=2 id=1 name=Mine", "no: business 2 has no user 1");
    expect(scene, "user remove business=2 id=1", "no: business 2 has no user 1");
    (void)text_format(expected, sizeof(expected), "no: business 2 has no device with code %s",
                      device.code);
    for (i = 0; i < 3; i++) {
        (void)text_format(words, sizeof(words), "device %s business=2 code=%s name=Mine", verbs[i],
                          device.code);
        expect(scene, words, expected);
    }
    expect(scene, "device list business=2", "[]");
    scene_remove(scene);
}

/* --- Token -------------------------------------------------------------------------------------
 */

struct token_look {
    struct secret_hash hash;
    struct token token;
};

static enum fail token_find(struct store_tx *tx, void *argument)
{
    struct token_look *look = argument;

    return store_token_by_hash(tx, &look->hash, &look->token);
}

static void a_token_is_shown_once_and_never_again(void **state)
{
    struct scene *scene = open_scene();
    struct token_look look;
    struct buf answer;
    char secret[SECRET_TEXT_SIZE];

    (void)state;
    run(scene, NULL, "token add business=1 name=POS general=read processing=positive", &answer);
    assert_memory_equal(answer.bytes, "{ token=", 8);
    WORKS(slice_copy(slice_make(answer.bytes + 8, SECRET_TEXT_SIZE - 1), secret, sizeof(secret)));
    assert_string_equal(answer.bytes + 8 + SECRET_TEXT_SIZE - 1, " id=1}");
    look.hash = secret_hash_of(slice_of(secret));
    scene_do(scene, token_find, &look);
    assert_int_equal(look.token.business, 1);
    buf_finish(&answer);
    expect(scene, "token list business=1",
           "[{ id=1 name=POS general=read settings=none processing=positive " CREATED UNUSED "}]");
    expect(scene, "token set business=1 id=1 general=none settings=write",
           "{ id=1 name=POS general=none settings=write processing=positive " CREATED UNUSED "}");
    expect(scene, "token set business=1 id=1 general=much", "no: --general is none, read or write");
    expect(scene, "token set business=1 id=1 processing=write",
           "no: --processing is none, auth, positive or admin");
    expect(scene, "token show business=2 id=1", "no: business 2 has no api-token 1");
    expect(scene, "token remove business=2 id=1", "no: business 2 has no api-token 1");
    expect(scene, "token remove business=1 id=1", "{ id=1}");
    expect(scene, "token list business=1", "[]");
    scene_remove(scene);
}

/* --- Device
 * --------------------------------------------------------------------------------------- */

static void a_device_is_shown_named_and_removed(void **state)
{
    struct scene *scene = open_scene();
    struct device device = registered(scene);
    char words[WORDS_MAX];
    char expected[WORDS_MAX];

    (void)state;
    expect(scene, "device add business=1",
           "no: devices register themselves: log in on the terminal with a user of the business, "
           "and it gets its device code");
    expect(scene, "device show business=1 code=ZZ", "no: a device code is four of A-Z and 0-9");
    (void)text_format(words, sizeof(words), "device set business=1 code=%s name=Front",
                      device.code);
    (void)text_format(expected, sizeof(expected),
                      "{ code=%s name=Front serial=TW-1 loggedIn=no "
                      "created=1970-01-01T00:00:01.000Z lastSeen=1970-01-01T00:00:01.000Z "
                      "credential=1970-01-01T00:00:01.000Z}",
                      device.code);
    expect(scene, words, expected);
    (void)text_format(words, sizeof(words), "device remove business=1 code=%s", device.code);
    (void)text_format(expected, sizeof(expected), "{ code=%s}", device.code);
    expect(scene, words, expected);
    expect(scene, "device list business=1", "[]");
    scene_remove(scene);
}

/* --- A running server, and a full disk
 * ------------------------------------------------------------ */

static void every_loop_of_a_running_server_is_told(void **state)
{
    struct scene *scene = open_scene();
    struct device device = registered(scene);
    uint64_t changes = broker_changes(scene->broker);
    char words[WORDS_MAX];

    (void)state;
    expect_told(scene, "business set id=1 api-mode=off", 1,
                "api_mode 0 1 0; api_mode 1 1 0; api_mode 2 1 0; ");
    expect_told(scene, "business set id=1 name=Renamed", 0, "");
    expect_told(scene, "business set id=1 preset=helcim", 1, ""); /* caches are emptied */
    expect_told(scene, "business set id=1 rate-limits=off", 1, "");
    (void)text_format(words, sizeof(words), "device rotate business=1 code=%s", device.code);
    expect_told(scene, words, 1, "moved 0 1 1; moved 1 1 1; moved 2 1 1; ");
    (void)text_format(words, sizeof(words), "device revoke business=1 code=%s", device.code);
    expect_told(scene, words, 1, "revoked 0 1 1; revoked 1 1 1; revoked 2 1 1; ");
    (void)text_format(words, sizeof(words), "device replace business=1 code=%s serial=S9",
                      device.code);
    expect_told(scene, words, 1, "S9 0 1 0; S9 1 1 0; S9 2 1 0; ");
    (void)text_format(words, sizeof(words), "device remove business=1 code=%s", device.code);
    expect_told(scene, words, 1, "device 0 1 1; device 1 1 1; device 2 1 1; ");
    expect_told(scene, "user remove business=1 id=1", 1, "user 0 1 1; user 1 1 1; user 2 1 1; ");
    expect_told(scene, "token add business=1 name=POS", 0, "");
    expect_told(scene, "token set business=1 id=1 general=read", 1, ""); /* caches are emptied */
    expect_told(scene, "token rotate business=1 id=1", 1, "");
    expect_told(scene, "token remove business=1 id=1", 1, "");
    expect_told(scene, "business remove id=1 force=", 2,
                "business 0 1 0; business 1 1 0; business 2 1 0; ");
    assert_int_equal(broker_changes(scene->broker), changes + 7);
    scene_remove(scene);
}

static void on_a_full_disk_nothing_is_changed_and_the_reason_told(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    expect(scene, "business set id=1 api-mode=off",
           "no: there is no room left on the disk; nothing was changed");
    fault_heal();
    expect(scene, "business show id=2",
           "{ business=2 name=Other currency=CAD apiMode=yes preset=none rateLimits=default "
           "processor=test "
           "created=1970-01-01T00:00:01.000Z}");
    expect(scene, "business set id=1 api-mode=off",
           "{ business=1 name=Shop currency=CAD apiMode=no preset=none rateLimits=default "
           "processor=test "
           "created=1970-01-01T00:00:01.000Z}");
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_business_is_added_shown_changed_and_removed),
        cmocka_unit_test(a_business_with_people_is_removed_only_by_force),
        cmocka_unit_test(one_business_need_not_be_named_two_must),
        cmocka_unit_test(a_user_is_added_shown_changed_and_removed),
        cmocka_unit_test(what_belongs_to_another_business_is_not_there),
        cmocka_unit_test(a_token_is_shown_once_and_never_again),
        cmocka_unit_test(a_device_is_shown_named_and_removed),
        cmocka_unit_test(every_loop_of_a_running_server_is_told),
        cmocka_unit_test(on_a_full_disk_nothing_is_changed_and_the_reason_told),
    };

    id_start();
    fault_install();
    clock_replace(&VERBS_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
