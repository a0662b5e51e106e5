/* A restore: what it refuses, that it destroys nothing, and that a process
 * that is killed at any of its steps leaves the old data or the new, whole. */
#include "unit/server/tree.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/lock.h"
#include "server/restore_plan.h"

enum { OLD_BUSINESSES = 5, NEW_BUSINESSES = 2, STEPS_MAX = 500 };

static int64_t businesses_in(struct tree *tree, const char *directory)
{
    struct check_report report = tree_report(tree);
    struct store_facts facts = {.businesses = -1};

    assert_int_equal(check_data(directory, NULL, &report, &facts, tree->problem), FAIL_NONE);
    assert_string_equal(tree->troubles, "");
    return facts.businesses;
}

static void key_of(const char *directory, char out[SECRET_KEY_SIZE])
{
    char path[DATA_PATH_SIZE + TREE_PATH_SIZE];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/pin.key", directory);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(out, 1, SECRET_KEY_SIZE, file), SECRET_KEY_SIZE);
    assert_int_equal(fclose(file), 0);
}

/* A backup of data with other keys, then the data: a backup of two businesses
 * beside data with five. */
static struct tree *tree_with_both(void)
{
    struct tree *tree = tree_make();

    tree_fill(tree->data, "New", NEW_BUSINESSES);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    tree_remove_below(tree->data);
    tree_fill(tree->data, "Old", OLD_BUSINESSES);
    tree_write(tree->data, "dev.json", "{\"old\":true}");
    return tree;
}

static void assert_no_trace(const struct tree *tree)
{
    assert_false(tree_has(tree->data, "restore"));
    assert_false(tree_has(tree->data, "restore.json"));
}

/* --- The way it is meant --------------------------------------------------------- */

static void a_backup_comes_back_where_there_was_nothing(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    tree_fill(tree->data, "Shop", 3);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    tree_remove_below(tree->data);
    assert_int_equal(tree_restore(tree, false), FAIL_NONE);
    assert_string_equal(tree->done.aside, "");
    assert_int_equal(tree->done.manifest.facts.businesses, 3);
    assert_int_equal(businesses_in(tree, tree->data), 3);
    assert_no_trace(tree);
    tree_fill(tree->data, "More", 1); /* it can be used */
    assert_int_equal(businesses_in(tree, tree->data), 4);
    assert_int_equal(tree_check_backup(tree), FAIL_NONE);
    assert_string_equal(tree->troubles, ""); /* and the backup is as it was */
    tree_remove(tree);
}

static void data_that_are_there_are_moved_aside_only_when_asked(void **state)
{
    struct tree *tree = tree_with_both();
    char old_key[SECRET_KEY_SIZE];
    char key[SECRET_KEY_SIZE];

    (void)state;
    key_of(tree->data, old_key);
    assert_int_equal(tree_restore(tree, false), FAIL_CONFLICT);
    assert_non_null(strstr(tree->problem, "--force"));
    assert_int_equal(businesses_in(tree, tree->data), OLD_BUSINESSES);
    assert_no_trace(tree);
    assert_int_equal(tree_restore(tree, true), FAIL_NONE);
    assert_int_equal(businesses_in(tree, tree->data), NEW_BUSINESSES);
    assert_non_null(strstr(tree->done.aside, "/before-restore-"));
    assert_int_equal(businesses_in(tree, tree->done.aside), OLD_BUSINESSES);
    key_of(tree->done.aside, key);
    assert_memory_equal(key, old_key, sizeof(key));
    key_of(tree->data, key);
    assert_memory_not_equal(key, old_key, sizeof(key));
    /* What the backup does not have is not mixed into it. */
    assert_false(tree_has(tree->data, "dev.json"));
    assert_true(tree_has(tree->done.aside, "dev.json"));
    assert_no_trace(tree);
    tree_remove(tree);
}

static void two_restores_in_one_second_keep_both_old_data(void **state)
{
    struct tree *tree = tree_with_both();
    char first[DATA_PATH_SIZE];

    (void)state;
    assert_int_equal(tree_restore(tree, true), FAIL_NONE);
    memcpy(first, tree->done.aside, sizeof(first));
    assert_int_equal(tree_restore(tree, true), FAIL_NONE);
    assert_string_not_equal(first, tree->done.aside);
    assert_int_equal(businesses_in(tree, first), OLD_BUSINESSES);
    assert_int_equal(businesses_in(tree, tree->done.aside), NEW_BUSINESSES);
    tree_remove(tree);
}

/* --- What is refused --------------------------------------------------------------- */

static void a_damaged_backup_changes_nothing(void **state)
{
    struct tree *tree = tree_with_both();

    (void)state;
    tree_write(tree->backup, "tickets.key", "another key of thirty-two bytes!");
    assert_int_equal(tree_restore(tree, true), FAIL_INVALID);
    assert_non_null(strstr(tree->troubles, "tickets.key is not what was written"));
    assert_non_null(strstr(tree->problem, "nothing was changed"));
    assert_int_equal(businesses_in(tree, tree->data), OLD_BUSINESSES);
    assert_no_trace(tree);
    tree_remove(tree);
}

static void a_backup_of_a_newer_program_is_refused(void **state)
{
    struct tree *tree = tree_make();
    char path[TREE_PATH_SIZE + 16];
    unsigned char version[4] = {0, 0, 0x12, 0x67};
    FILE *file;
    size_t i;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(tree_backup(tree), FAIL_NONE);
    /* user_version stands at byte 60 of the file. */
    (void)snprintf(path, sizeof(path), "%s/tillwire.db", tree->backup);
    file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 60, SEEK_SET), 0);
    assert_int_equal(fwrite(version, 1, sizeof(version), file), sizeof(version));
    assert_int_equal(fclose(file), 0);
    for (i = 0; i < tree->manifest.file_count; i++) {
        if (strcmp(tree->manifest.files[i].name, "tillwire.db") == 0) {
            assert_int_equal(checksum_file(path, NULL, tree->manifest.files[i].sha256,
                                           &tree->manifest.files[i].bytes),
                             FAIL_NONE);
        }
    }
    assert_int_equal(manifest_write(tree->backup, &tree->manifest, tree->problem), FAIL_NONE);
    assert_int_equal(tree_restore(tree, true), FAIL_VERSION);
    assert_non_null(strstr(tree->problem, "newer"));
    assert_int_equal(businesses_in(tree, tree->data), 1);
    tree_remove(tree);
}

static void while_somebody_uses_the_data_nothing_is_restored(void **state)
{
    struct tree *tree = tree_with_both();
    char path[TREE_PATH_SIZE + 32];
    struct lock *lock = NULL;
    long holder;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/tillwire.lock", tree->data);
    assert_int_equal(lock_take(&lock, path, &holder), FAIL_NONE);
    assert_int_equal(tree_restore(tree, true), FAIL_BUSY);
    assert_non_null(strstr(tree->problem, "stop it"));
    lock_release(&lock);
    assert_int_equal(businesses_in(tree, tree->data), OLD_BUSINESSES);
    tree_remove(tree);
}

static void a_plan_that_is_none_of_ours_stops_the_start(void **state)
{
    static const char *const plans[] = {
        "",
        "{}",
        "{\"aside\":\"../elsewhere\",\"files\":[]}",
        "{\"aside\":\"before-restore-1/../../x\",\"files\":[]}",
        "{\"aside\":\"before-restore-1\",\"files\":[\"admin.sock\"]}",
        "{\"aside\":\"before-restore-1\",\"files\":[\"../pin.key\"]}",
        "{\"aside\":\"before-restore-1\",\"files\":[7]}",
        "{\"aside\":\"before-restore-1\"}",
    };
    struct tree *tree = tree_make();
    size_t i;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    for (i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        tree_write(tree->data, "restore.json", plans[i]);
        assert_int_equal(restore_settle(tree->data, tree->problem), FAIL_INVALID);
        assert_non_null(strstr(tree->problem, "restore.json"));
    }
    assert_true(tree_has(tree->data, "tillwire.db"));
    tree_remove(tree);
}

/* --- Killed at each step ------------------------------------------------------------ */

struct stops {
    int left;
    bool before; /* the step that it is killed at is not done any more */
};

/* Every call that reaches the disk counts. */
static bool dies_now(struct stops *stops)
{
    return stops->left-- == 0;
}

static long counted_write(void *context, int file, const void *bytes, size_t length)
{
    if (dies_now(context)) {
        (void)!write(file, bytes, length / 2); /* torn */
        _exit(1);
    }
    return write(file, bytes, length);
}

static int counted_sync(void *context, int file)
{
    (void)file;
    if (dies_now(context)) {
        _exit(1);
    }
    return 0;
}

static int counted_rename(void *context, const char *from, const char *to)
{
    struct stops *stops = context;
    bool dies = dies_now(stops);
    int result = dies && stops->before ? 0 : rename(from, to);

    if (dies) {
        _exit(1);
    }
    return result;
}

/* False when the child was done before its step `left` came. */
static bool child_dies(struct tree *tree, int left, bool (*work)(struct tree *tree))
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct stops stops = {.left = left, .before = left % 2 == 0};
        struct file_disk disk = {.write = counted_write,
                                 .sync = counted_sync,
                                 .rename = counted_rename,
                                 .context = &stops};

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        log_set_level(LOG_ERROR);
        file_disk_replace(&disk);
        _exit(work(tree) ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

static bool restores(struct tree *tree)
{
    return tree_restore(tree, true) == FAIL_NONE;
}

static bool settles(struct tree *tree)
{
    return restore_settle(tree->data, tree->problem) == FAIL_NONE;
}

/* What a start makes of it: the old data or the new, all of them, and the
 * other ones aside where they have to be. */
static bool assert_old_or_new(struct tree *tree, const char old_key[SECRET_KEY_SIZE])
{
    char key[SECRET_KEY_SIZE];
    int64_t count;

    assert_true(data_exists(tree->data));
    assert_int_equal(restore_settle(tree->data, tree->problem), FAIL_NONE);
    assert_no_trace(tree);
    count = businesses_in(tree, tree->data);
    key_of(tree->data, key);
    if (count == OLD_BUSINESSES) {
        assert_memory_equal(key, old_key, sizeof(key));
        assert_true(tree_has(tree->data, "dev.json"));
        return false;
    }
    assert_int_equal(count, NEW_BUSINESSES);
    assert_memory_not_equal(key, old_key, sizeof(key));
    assert_false(tree_has(tree->data, "dev.json"));
    return true;
}

static void assert_old_is_aside(struct tree *tree)
{
    DIR *directory = opendir(tree->data);
    char path[DATA_PATH_SIZE + TREE_PATH_SIZE] = "";
    const struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        if (strncmp(entry->d_name, "before-restore-", strlen("before-restore-")) == 0) {
            assert_string_equal(path, "");
            (void)snprintf(path, sizeof(path), "%s/%s", tree->data, entry->d_name);
        }
    }
    (void)closedir(directory);
    assert_int_equal(businesses_in(tree, path), OLD_BUSINESSES);
    assert_true(tree_has(path, "dev.json"));
}

static void killed_at_any_step_it_leaves_the_old_data_or_the_new(void **state)
{
    int step;
    int old = 0;
    int new = 0;
    bool died = true;

    (void)state;
    log_set_level(LOG_ERROR);
    for (step = 0; died; step++) {
        struct tree *tree = tree_with_both();
        char old_key[SECRET_KEY_SIZE];

        assert_true(step < STEPS_MAX);
        key_of(tree->data, old_key);
        died = child_dies(tree, step, restores);
        if (assert_old_or_new(tree, old_key)) {
            assert_old_is_aside(tree);
            new ++;
        } else {
            assert_int_equal(new, 0); /* the decision falls in one moment */
            old++;
        }
        tree_remove(tree);
    }
    log_set_level(LOG_INFO);
    assert_true(old > 8);
    assert_true(new > 8);
}

/* The start that ends a restore is killed, too; and so the next, each one step
 * further. */
static void a_start_that_is_killed_while_it_settles_is_settled_by_the_next(void **state)
{
    struct tree *tree;
    char old_key[SECRET_KEY_SIZE];
    int step;
    int deaths = 0;

    (void)state;
    for (step = 0; step < STEPS_MAX; step++) {
        tree = tree_with_both();
        assert_true(child_dies(tree, step, restores));
        if (restore_is_under_way(tree->data)) {
            break;
        }
        tree_remove(tree);
    }
    key_of(tree->data, old_key);
    while (child_dies(tree, deaths, settles)) {
        deaths++;
        assert_true(deaths < STEPS_MAX);
    }
    assert_true(deaths > 4);
    assert_true(assert_old_or_new(tree, old_key));
    assert_old_is_aside(tree);
    tree_remove(tree);
}

/* --- The disk fails ------------------------------------------------------------------- */

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
    (void)file;
    return failing_now(context) ? -1 : 0;
}

static int failing_rename(void *context, const char *from, const char *to)
{
    return failing_now(context) ? -1 : rename(from, to);
}

static void each_failure_of_the_disk_is_told_and_the_next_start_is_right(void **state)
{
    int nth;
    int ended_later = 0;

    (void)state;
    log_set_level(LOG_ERROR);
    for (nth = 0; nth < STEPS_MAX; nth++) {
        struct tree *tree = tree_with_both();
        struct failing failing = {.left = nth, .error = nth % 2 == 0 ? ENOSPC : EIO};
        struct file_disk disk = {.write = failing_write,
                                 .sync = failing_sync,
                                 .rename = failing_rename,
                                 .context = &failing};
        char old_key[SECRET_KEY_SIZE];
        enum fail fail;

        key_of(tree->data, old_key);
        file_disk_replace(&disk);
        fail = tree_restore(tree, true);
        file_disk_replace(NULL);
        if (fail == FAIL_NONE) {
            tree_remove(tree);
            break;
        }
        assert_int_equal(fail, nth % 2 == 0 ? FAIL_FULL : FAIL_IO);
        assert_true(strlen(tree->problem) > 0);
        if (restore_is_under_way(tree->data)) {
            assert_non_null(strstr(tree->problem, "next start of the server ends the restore"));
            ended_later++;
        }
        (void)assert_old_or_new(tree, old_key);
        tree_remove(tree);
    }
    log_set_level(LOG_INFO);
    assert_true(ended_later > 4);
    assert_true(nth > ended_later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_comes_back_where_there_was_nothing),
        cmocka_unit_test(data_that_are_there_are_moved_aside_only_when_asked),
        cmocka_unit_test(two_restores_in_one_second_keep_both_old_data),
        cmocka_unit_test(a_damaged_backup_changes_nothing),
        cmocka_unit_test(a_backup_of_a_newer_program_is_refused),
        cmocka_unit_test(while_somebody_uses_the_data_nothing_is_restored),
        cmocka_unit_test(a_plan_that_is_none_of_ours_stops_the_start),
        cmocka_unit_test(killed_at_any_step_it_leaves_the_old_data_or_the_new),
        cmocka_unit_test(a_start_that_is_killed_while_it_settles_is_settled_by_the_next),
        cmocka_unit_test(each_failure_of_the_disk_is_told_and_the_next_start_is_right),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
