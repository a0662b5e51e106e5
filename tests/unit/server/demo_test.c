/* The demo business: its secrets outlive a restart, a lost file, and a lost
 * database, and the person, the PIN and the token always fit together. */
#include "unit/server/folder.h"

#include <errno.h>

#include "base/file.h"
#include "base/id.h"
#include "broker/log_in.h"
#include "server/demo.h"

/* --- What the database holds ----------------------------------------------------- */

struct look {
    struct store_job job;
    const struct folder *folder;
    const struct demo *demo;
    int64_t user_business;
    int64_t token_business;
    int64_t pin_user;
    int64_t user;
    struct permissions permissions;
    bool password_right;
};

static enum fail look_run(struct store_job *job, struct store_tx *tx)
{
    struct look *look = LIST_ITEM(job, struct look, job);
    const struct demo *demo = look->demo;
    struct secret_hash pin = log_in_pin_hash(look->folder->data.pin_key, demo->business, demo->pin);
    struct secret_hash token_hash = secret_hash_of(slice_of(demo->token));
    char hash[PASSWORD_HASH_SIZE];
    struct user user;
    struct user by_pin;
    struct token token;
    enum fail fail = store_user_by_email(tx, demo->email, &user, hash);

    if (fail == FAIL_NONE) {
        fail = store_user_by_pin(tx, demo->business, &pin, &by_pin);
    }
    if (fail == FAIL_NONE) {
        fail = store_token_by_hash(tx, &token_hash, &token);
    }
    if (fail == FAIL_NONE) {
        look->user_business = user.business;
        look->user = user.id;
        look->pin_user = by_pin.id;
        look->token_business = token.business;
        look->permissions = token.permissions;
        look->password_right = password_matches(hash, slice_of(demo->password));
    }
    return fail;
}

/* Whoever logs in with what is printed registers terminals that the token sees. */
static void assert_fits(struct folder *folder, const struct demo *demo)
{
    struct look look = {.job.run = look_run, .folder = folder, .demo = demo};

    assert_int_equal(store_read_wait(folder->data.store, &look.job), FAIL_NONE);
    assert_int_equal(look.user_business, demo->business);
    assert_int_equal(look.token_business, demo->business);
    assert_int_equal(look.pin_user, look.user);
    assert_int_equal(look.permissions.processing, PROCESSING_ADMIN);
    assert_true(look.password_right);
}

static struct demo load(struct folder *folder)
{
    struct demo demo;

    folder_open(folder);
    assert_int_equal(demo_load(&demo, &folder->data, DEMO_PRESET_AS_IT_IS, folder->problem),
                     FAIL_NONE);
    assert_fits(folder, &demo);
    data_close(&folder->data);
    return demo;
}

static void assert_same(const struct demo *a, const struct demo *b)
{
    assert_int_equal(a->business, b->business);
    assert_string_equal(a->token, b->token);
    assert_string_equal(a->email, b->email);
    assert_string_equal(a->password, b->password);
    assert_string_equal(a->pin, b->pin);
}

static void the_first_start_makes_secrets_and_the_next_keeps_them(void **state)
{
    struct folder *folder = folder_make();
    struct demo first = load(folder);
    struct demo second = load(folder);
    struct stat info;
    char path[FOLDER_PATH_SIZE];

    (void)state;
    assert_int_equal(first.business, 1);
    assert_int_equal(strlen(first.token), SECRET_TEXT_SIZE - 1);
    assert_null(account_password_problem(slice_of(first.password)));
    assert_null(account_pin_problem(slice_of(first.pin)));
    assert_null(account_email_problem(slice_of(first.email)));
    assert_same(&first, &second);
    folder_path(folder, "dev.json", path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    folder_remove(folder);
}

static void two_directories_have_different_secrets(void **state)
{
    struct folder *one = folder_make();
    struct folder *two = folder_make();
    struct demo first = load(one);
    struct demo second = load(two);

    (void)state;
    assert_string_not_equal(first.token, second.token);
    assert_string_not_equal(first.password, second.password);
    folder_remove(one);
    folder_remove(two);
}

/* As our own sentence about a damaged file says. */
static void without_dev_json_the_same_business_gets_new_secrets(void **state)
{
    struct folder *folder = folder_make();
    struct demo first = load(folder);
    struct demo second;

    (void)state;
    folder_unlink(folder, "dev.json");
    second = load(folder);
    assert_int_equal(second.business, first.business);
    assert_string_not_equal(second.token, first.token);
    assert_string_not_equal(second.password, first.password);
    folder_remove(folder);
}

static void without_the_database_the_old_secrets_are_stored_again(void **state)
{
    struct folder *folder = folder_make();
    struct demo first = load(folder);
    struct demo second;

    (void)state;
    folder_unlink(folder, "tillwire.db");
    second = load(folder);
    assert_same(&first, &second);
    folder_remove(folder);
}

static int rename_fails(void *context, const char *from, const char *to)
{
    (void)context;
    (void)from;
    (void)to;
    errno = EIO;
    return -1;
}

/* Killed between the database and the file, at the very first start. */
static void a_first_start_that_was_cut_off_is_done_again(void **state)
{
    static const struct file_disk disk = {.rename = rename_fails};
    struct folder *folder = folder_make();
    struct demo demo;

    (void)state;
    folder_open(folder);
    file_disk_replace(&disk);
    assert_int_equal(demo_load(&demo, &folder->data, DEMO_PRESET_AS_IT_IS, folder->problem),
                     FAIL_IO);
    file_disk_replace(NULL);
    data_close(&folder->data);
    assert_false(folder_has(folder, "dev.json"));
    demo = load(folder);
    assert_int_equal(demo.business, 1);
    folder_remove(folder);
}

static void a_damaged_dev_json_is_refused_and_left_as_it_is(void **state)
{
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"token\":\"t\",\"email\":\"e\",\"password\":\"p\",\"pin\":\"1234\"}",
        "{\"token\":\"t\",\"email\":\"e\",\"password\":\"p\",\"pin\":\"1234\",\"business\":0}",
        "{\"token\":\"t\",\"email\":\"e\",\"password\":\"p\",\"pin\":\"1234\",\"business\":\"1\"}",
        "{\"token\":\"t\",\"email\":\"e\",\"password\":\"p\",\"pin\":1234,\"business\":1}",
        "{\"token\":\"t\",\"email\":\"e\",\"password\":\"p\",\"pin\":\"123456789\",\"business\":1}",
        "{\"token\":\"\",\"email\":\"e\",\"password\":\"p\",\"pin\":\"1234\",\"business\":1}",
        "{\"token\":\"t\",\"email\":\"e\",\"password\":\"p\",\"pin\":\"1234\",\"business\":1}x",
    };
    struct folder *folder = folder_make();
    struct demo demo;
    char text[256];
    size_t i;

    (void)state;
    folder_open(folder);
    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        folder_write(folder, "dev.json", damaged[i]);
        assert_int_not_equal(demo_load(&demo, &folder->data, DEMO_PRESET_AS_IT_IS, folder->problem),
                             FAIL_NONE);
        assert_non_null(strstr(folder->problem, "dev.json"));
        assert_non_null(strstr(folder->problem, "--reset"));
        folder_read(folder, "dev.json", text, sizeof(text));
        assert_string_equal(text, damaged[i]);
    }
    data_close(&folder->data);
    folder_remove(folder);
}

static void a_dev_json_past_the_limit_is_refused(void **state)
{
    static char text[5000];
    struct folder *folder = folder_make();
    struct demo demo;

    (void)state;
    memset(text, ' ', sizeof(text) - 1);
    folder_open(folder);
    folder_write(folder, "dev.json", text);
    assert_int_equal(demo_load(&demo, &folder->data, DEMO_PRESET_AS_IT_IS, folder->problem),
                     FAIL_LIMIT);
    data_close(&folder->data);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_start_makes_secrets_and_the_next_keeps_them),
        cmocka_unit_test(two_directories_have_different_secrets),
        cmocka_unit_test(without_dev_json_the_same_business_gets_new_secrets),
        cmocka_unit_test(without_the_database_the_old_secrets_are_stored_again),
        cmocka_unit_test(a_first_start_that_was_cut_off_is_done_again),
        cmocka_unit_test(a_damaged_dev_json_is_refused_and_left_as_it_is),
        cmocka_unit_test(a_dev_json_past_the_limit_is_refused),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
