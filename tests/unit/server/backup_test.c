/* A backup as a directory: what is in it, what is refused, and what a check
 * finds in one that was changed. */
#include "unit/server/tree.h"

#include <errno.h>

#include "base/file.h"

static void assert_mode(const char *directory, const char *name, mode_t mode)
{
    char path[DATA_PATH_SIZE + TREE_PATH_SIZE];
    struct stat status;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, mode);
}

/* The length of a file of the list; -1 when it is not listed. */
static int64_t listed(const struct tree *tree, const char *name)
{
    size_t i;

    for (i = 0; i < tree->manifest.file_count; i++) {
        if (strcmp(tree->manifest.files[i].name, name) == 0) {
            return tree->manifest.files[i].bytes;
        }
    }
    return -1;
}

/* --- Making one --------------------------------------------------------------- */

static void a_backup_holds_the_database_and_the_keys_and_a_list_of_them(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    tree_fill(tree->data, "Shop", 3);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    assert_mode(tree->backup, ".", 0700);
    assert_mode(tree->backup, "tillwire.db", 0600);
    assert_mode(tree->backup, "pin.key", 0600);
    assert_mode(tree->backup, "tickets.key", 0600);
    assert_mode(tree->backup, "backup.json", 0600);
    assert_false(tree_has(tree->backup, "dev.json"));
    assert_false(tree_has(tree->backup, "tillwire.db-wal"));
    assert_false(tree_has(tree->backup, "backup.json.new"));
    assert_int_equal(tree->manifest.file_count, 3);
    assert_int_equal(tree->manifest.facts.businesses, 3);
    assert_string_equal(tree->manifest.program, "tillwire " TILLWIRE_VERSION);
    assert_int_equal(listed(tree, "pin.key"), 32);
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_string_equal(tree->troubles, "");
    assert_int_equal(tree->manifest.file_count, 3);
    assert_int_equal(tree->manifest.facts.businesses, 3);
    tree_remove(tree);
}

static void the_secrets_of_a_development_server_go_with_it(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    tree_write(tree->data, "dev.json", "{}");
    tree_write(tree->data, "notes.txt", "not ours");
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    assert_int_equal(listed(tree, "dev.json"), 2);
    assert_false(tree_has(tree->backup, "notes.txt"));
    assert_false(tree_has(tree->backup, "tillwire.lock"));
    tree_remove(tree);
}

static void an_empty_directory_is_taken_and_closed_to_others(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(mkdir(tree->backup, 0755), 0);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    assert_mode(tree->backup, ".", 0700);
    tree_remove(tree);
}

static void a_directory_with_anything_in_it_is_refused_and_left_alone(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(mkdir(tree->backup, 0755), 0);
    tree_write(tree->backup, ".hidden", "");
    assert_int_equal(tree_backup(tree), FAIL_CONFLICT);
    assert_non_null(strstr(tree->problem, "not empty"));
    assert_mode(tree->backup, ".", 0755);
    assert_true(tree_has(tree->backup, ".hidden"));
    assert_false(tree_has(tree->backup, "tillwire.db"));
    tree_remove_below(tree->backup);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    assert_int_equal(tree_backup(tree), FAIL_CONFLICT);
    assert_non_null(strstr(tree->problem, "is a backup already"));
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_string_equal(tree->troubles, "");
    tree_remove_below(tree->backup);
    tree_write(tree->path, "backup", "a file");
    assert_int_equal(tree_backup(tree), FAIL_CONFLICT);
    assert_non_null(strstr(tree->problem, "no directory"));
    tree_remove(tree);
}

static void without_data_there_is_no_backup_and_no_directory(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    assert_int_equal(mkdir(tree->data, 0700), 0);
    assert_int_equal(tree_backup(tree), FAIL_NOT_FOUND);
    assert_false(tree_has(tree->path, "backup"));
    tree_fill(tree->data, "Shop", 1);
    {
        char key[TREE_PATH_SIZE + 16];

        (void)snprintf(key, sizeof(key), "%s/pin.key", tree->data);
        assert_int_equal(unlink(key), 0);
    }
    assert_int_equal(tree_backup(tree), FAIL_NOT_FOUND);
    assert_non_null(strstr(tree->problem, "pin.key"));
    assert_false(tree_has(tree->path, "backup"));
    tree_remove(tree);
}

static bool never(void *context, int64_t done, int64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return false;
}

static void a_backup_that_is_stopped_leaves_nothing(void **state)
{
    struct tree *tree = tree_make();
    struct progress progress = {.go_on = never};

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(
        backup_make(tree->data, tree->backup, &progress, &tree->manifest, tree->problem),
        FAIL_CLOSED);
    assert_non_null(strstr(tree->problem, "stopped"));
    assert_false(tree_has(tree->path, "backup"));
    assert_int_equal(mkdir(tree->backup, 0700), 0);
    assert_int_equal(
        backup_make(tree->data, tree->backup, &progress, &tree->manifest, tree->problem),
        FAIL_CLOSED);
    assert_int_equal(rmdir(tree->backup), 0); /* it was there, and is empty again */
    tree_remove(tree);
}

/* The nth of the calls that reach the disk fails. */
struct failing {
    int left;
    int error;
};

static bool failing_now(struct failing *failing)
{
    errno = failing->error;
    return failing->left-- == 0;
}

static long failing_write(void *context, int file, const void *bytes, size_t length)
{
    return failing_now(context) ? -1 : write(file, bytes, length);
}

static int failing_sync(void *context, int file)
{
    return failing_now(context) ? -1 : fsync(file);
}

static int failing_rename(void *context, const char *from, const char *to)
{
    return failing_now(context) ? -1 : rename(from, to);
}

static void each_failure_of_the_disk_leaves_no_backup_behind(void **state)
{
    struct tree *tree = tree_make();
    int nth;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    for (nth = 0;; nth++) {
        struct failing failing = {.left = nth, .error = nth % 2 == 0 ? ENOSPC : EIO};
        struct file_disk disk = {.write = failing_write,
                                 .sync = failing_sync,
                                 .rename = failing_rename,
                                 .context = &failing};
        enum fail fail;

        file_disk_replace(&disk);
        fail = tree_backup(tree);
        file_disk_replace(NULL);
        if (fail == FAIL_NONE) {
            break;
        }
        assert_int_equal(fail, nth % 2 == 0 ? FAIL_FULL : FAIL_IO);
        assert_true(strlen(tree->problem) > 0);
        assert_false(tree_has(tree->path, "backup"));
    }
    assert_true(nth > 8);
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_string_equal(tree->troubles, "");
    tree_remove(tree);
}

/* --- Checking one -------------------------------------------------------------- */

static void change_a_byte(const char *directory, const char *name, long at)
{
    char path[DATA_PATH_SIZE + TREE_PATH_SIZE];
    FILE *file;
    int byte;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    (void)fputc(byte ^ 1, file);
    assert_int_equal(fclose(file), 0);
}

static void a_changed_byte_in_any_file_is_found(void **state)
{
    static const struct {
        const char *name;
        long at;
    } places[] = {{"tillwire.db", 0}, {"tillwire.db", 5000}, {"pin.key", 31}, {"tickets.key", 0}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct tree *tree = tree_make();

        tree_fill(tree->data, "Shop", 1);
        assert_int_equal(tree_backup(tree), FAIL_NONE);
        change_a_byte(tree->backup, places[i].name, places[i].at);
        assert_int_equal(tree_check_backup(tree), FAIL_NONE);
        assert_non_null(strstr(tree->troubles, places[i].name));
        assert_non_null(strstr(tree->troubles, "SHA-256"));
        tree_remove(tree);
    }
}

static void a_file_that_is_missing_or_cut_is_found(void **state)
{
    struct tree *tree = tree_make();
    char path[TREE_PATH_SIZE + 16];

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    (void)snprintf(path, sizeof(path), "%s/tillwire.db", tree->backup);
    assert_int_equal(truncate(path, 4096), 0);
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_non_null(strstr(tree->troubles, "4096 bytes instead of"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_non_null(strstr(tree->troubles, "tillwire.db is missing"));
    tree_remove(tree);
}

static void a_list_that_cannot_be_believed_is_refused(void **state)
{
#define SUM "\"sha256\":\"x\"}"
#define DB "{\"name\":\"tillwire.db\",\"bytes\":1," SUM
#define KEY "{\"name\":\"pin.key\",\"bytes\":1," SUM
#define LIST(format, files)                                                                        \
    "{\"format\":" format ",\"program\":\"p\",\"made\":\"m\",\"schema\":1,\"businesses\":0,"       \
    "\"devices\":0,\"files\":[" files "]}"
    static const struct {
        const char *text;
        enum fail fail;
    } cases[] = {
        {"", FAIL_INVALID},
        {"{}", FAIL_INVALID},
        {"[]", FAIL_INVALID},
        {LIST("0", DB "," KEY), FAIL_INVALID},
        {LIST("2", DB "," KEY), FAIL_VERSION},
        {"{\"format\":99}", FAIL_VERSION},
        {LIST("1", DB), FAIL_INVALID},
        {LIST("1", KEY), FAIL_INVALID},
        {LIST("1", DB "," KEY "," KEY), FAIL_INVALID},
        {LIST("1", DB "," KEY ",{\"name\":\"../../etc/passwd\",\"bytes\":1," SUM), FAIL_INVALID},
        {LIST("1", DB "," KEY ",{\"name\":\"tillwire.db-wal\",\"bytes\":1," SUM), FAIL_INVALID},
        {LIST("1", DB "," KEY ",{\"name\":\"dev.json\",\"bytes\":-1," SUM), FAIL_INVALID},
        {LIST("1", DB "," KEY ",{\"name\":\"dev.json\"," SUM), FAIL_INVALID},
        {LIST("1", DB "," KEY ",7"), FAIL_INVALID},
        {"{\"format\":1,\"files\":[" DB "," KEY "]}", FAIL_INVALID},
        {LIST("1", DB "," KEY), FAIL_NONE}, /* that it is believed so far is the test's own test */
    };
    struct tree *tree = tree_make();
    size_t i;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tree_write(tree->backup, "backup.json", cases[i].text);
        tree->problem[0] = '\0';
        assert_int_equal(tree_check_backup(tree), cases[i].fail);
        assert_true((strlen(tree->problem) > 0) == (cases[i].fail != FAIL_NONE));
    }
    tree_remove(tree);
}

static void a_list_of_another_backup_is_found_out(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    tree_fill(tree->data, "Shop", 2);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    tree->manifest.facts.businesses = 1;
    assert_int_equal(manifest_write(tree->backup, &tree->manifest, tree->problem), FAIL_NONE);
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_non_null(strstr(tree->troubles, "backup.json does not fit"));
    tree_remove(tree);
}

static void a_backup_that_was_cut_off_is_none(void **state)
{
    struct tree *tree = tree_make();
    char path[TREE_PATH_SIZE + 16];

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    (void)snprintf(path, sizeof(path), "%s/backup.json", tree->backup);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(tree_check_backup(tree), FAIL_NOT_FOUND);
    assert_non_null(strstr(tree->problem, "cut off"));
    tree_remove(tree);
}

/* --- Checking data --------------------------------------------------------------- */

static void check(struct tree *tree)
{
    struct check_report report = tree_report(tree);
    struct store_facts facts;

    assert_int_equal(check_data(tree->data, NULL, &report, &facts, tree->problem), FAIL_NONE);
    assert_int_equal(facts.businesses, 1);
}

static void the_keys_of_the_data_are_looked_at(void **state)
{
    struct tree *tree = tree_make();
    char path[TREE_PATH_SIZE + 16];

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    check(tree);
    assert_string_equal(tree->troubles, "");
    (void)snprintf(path, sizeof(path), "%s/tickets.key", tree->data);
    assert_int_equal(chmod(path, 0640), 0);
    check(tree);
    assert_non_null(strstr(tree->troubles, "other users"));
    tree_write(tree->data, "tickets.key", "short");
    check(tree);
    assert_non_null(strstr(tree->troubles, "tickets.key is damaged: a key has 32 bytes"));
    assert_int_equal(unlink(path), 0);
    check(tree);
    assert_string_equal(tree->troubles, ""); /* the next start makes one */
    (void)snprintf(path, sizeof(path), "%s/pin.key", tree->data);
    assert_int_equal(unlink(path), 0);
    check(tree);
    assert_non_null(strstr(tree->troubles, "pin.key is missing"));
    tree_remove(tree);
}

static void without_a_database_there_is_nothing_to_check(void **state)
{
    struct tree *tree = tree_make();
    struct check_report report = tree_report(tree);
    struct store_facts facts;

    (void)state;
    assert_int_equal(check_data(tree->data, NULL, &report, &facts, tree->problem), FAIL_NOT_FOUND);
    assert_non_null(strstr(tree->problem, "tillwire.db"));
    tree_remove(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_holds_the_database_and_the_keys_and_a_list_of_them),
        cmocka_unit_test(the_secrets_of_a_development_server_go_with_it),
        cmocka_unit_test(an_empty_directory_is_taken_and_closed_to_others),
        cmocka_unit_test(a_directory_with_anything_in_it_is_refused_and_left_alone),
        cmocka_unit_test(without_data_there_is_no_backup_and_no_directory),
        cmocka_unit_test(a_backup_that_is_stopped_leaves_nothing),
        cmocka_unit_test(each_failure_of_the_disk_leaves_no_backup_behind),
        cmocka_unit_test(a_changed_byte_in_any_file_is_found),
        cmocka_unit_test(a_file_that_is_missing_or_cut_is_found),
        cmocka_unit_test(a_list_that_cannot_be_believed_is_refused),
        cmocka_unit_test(a_list_of_another_backup_is_found_out),
        cmocka_unit_test(a_backup_that_was_cut_off_is_none),
        cmocka_unit_test(the_keys_of_the_data_are_looked_at),
        cmocka_unit_test(without_a_database_there_is_nothing_to_check),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
