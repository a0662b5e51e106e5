/* Each change stands in the audit, and no secret does. */
#include "unit/admin/verbs.h"

/* --- The audit ----------------------------------------------------------------------------- */

#define BY " business=1 actor=uid 7 (ann) "
#define AT "{ at=2026-01-23T01:00:00.000Z"

static void each_change_stands_in_the_audit_and_no_secret(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect(scene, "user set business=1 id=1 name=Bea password=correct+donkey pin=8642",
           "{ user=1 name=Bea email=ada@example.com role=cashier pin=yes "
           "created=1970-01-01T00:00:01.000Z}");
    expect(scene, "user set business=1 id=1 role=boss", "no: --role is administrator or cashier");
    expect_secret(scene, "token add business=1 name=Till general=read expires=2027-01-31",
                  " id=1}");
    expect_secret(scene, "token rotate business=1 id=1",
                  " id=1 oldValidUntil=2026-01-24T01:00:00.000Z}");
    expect(scene, "business set id=2 api-mode=off",
           "{ business=2 name=Other currency=CAD apiMode=no preset=none rateLimits=default "
           "processor=test "
           "created=1970-01-01T00:00:01.000Z}");
    expect(scene, "token remove business=1 id=1", "{ id=1}");
    expect(scene, "business remove id=1 force=", "{ business=1}");
    expect(
        scene, "audit list business=1",
        "[" AT BY "action=user.set subject=user 1 detail=name Bea, password, pin}" AT BY
        "action=token.add subject=token 1 detail=name Till, general read, expires 2027-01-31}" AT BY
        "action=token.rotate subject=token 1 detail=grace 24}" AT BY
        "action=token.remove subject=token 1 detail=}" AT BY
        "action=business.remove subject=business 1 detail=force}]");
    expect(scene, "audit list limit=1",
           "[" AT BY "action=business.remove subject=business 1 detail=force}]");
    expect(scene, "audit list business=2",
           "[" AT " business=2 actor=uid 7 (ann) action=business.set subject=business 2 "
           "detail=api-mode off}]");
    expect(scene, "audit list business=77", "[]");
    expect(scene, "audit list limit=0", "no: --limit is a number from 1 to 10000");
    expect(scene, "audit list limit=10001", "no: --limit is a number from 1 to 10000");
    expect(scene, "audit list business=x", "no: business must be a number, as 'list' shows it");
    expect(scene, "audit show", "no: 'audit' has no such verb; there is list");
    scene_remove(scene);
}

static void a_change_that_was_refused_leaves_nothing_in_the_audit(void **state)
{
    struct scene *scene = open_scene();

    (void)state;
    expect(scene,
           "user add business=2 name=B email=ada@example.com password=correct+donkey "
           "role=cashier",
           "no: another user has the e-mail address ada@example.com");
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    expect(scene, "business set id=1 api-mode=off",
           "no: there is no room left on the disk; nothing was changed");
    fault_heal();
    expect(scene, "audit list", "[]");
    scene_remove(scene);
}

/* More rows than are first made room for, and a detail that is too long. */
static void a_long_audit_is_shown_newest_last(void **state)
{
    struct scene *scene = open_scene();
    char words[WORDS_MAX];
    struct buf answer;
    int i;

    (void)state;
    for (i = 1; i <= 250; i++) {
        (void)text_format(words, sizeof(words), "business set id=1 name=N%d", i);
        run(scene, NULL, words, &answer);
        buf_finish(&answer);
    }
    expect(scene, "audit list limit=2",
           "[" AT BY "action=business.set subject=business 1 detail=name N249}" AT BY
           "action=business.set subject=business 1 detail=name N250}]");
    assert_int_equal(fixture_number(scene->fixture, "SELECT count(*) FROM audit"), 250);
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_stands_in_the_audit_and_no_secret),
        cmocka_unit_test(a_change_that_was_refused_leaves_nothing_in_the_audit),
        cmocka_unit_test(a_long_audit_is_shown_newest_last),
    };

    id_start();
    fault_install();
    clock_replace(&VERBS_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
