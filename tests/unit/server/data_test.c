/* The data directory: made, locked, reset, and refused when what is in it
 * cannot be trusted. */
#include "unit/heard.h"
#include "unit/server/folder.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"

/* The sentence for people names this. */
static void assert_says(const struct folder *folder, const char *words)
{
    assert_non_null(strstr(folder->problem, words));
}

static void a_new_directory_gets_a_database_and_a_key_of_its_own(void **state)
{
    struct folder *folder = folder_make();
    struct stat info;
    char path[FOLDER_PATH_SIZE];
    uint8_t key[SECRET_KEY_SIZE];

    (void)state;
    folder_open(folder);
    assert_string_equal(folder->data.directory, folder->path);
    memcpy(key, folder->data.pin_key, sizeof(key));
    folder_path(folder, "pin.key", path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, SECRET_KEY_SIZE);
    assert_int_equal(info.st_mode & 0777, 0600);
    data_close(&folder->data);
    assert_null(folder->data.store);
    assert_int_equal(folder->data.pin_key[0] | folder->data.pin_key[31], 0); /* wiped */
    folder_open(folder);
    assert_memory_equal(folder->data.pin_key, key, sizeof(key));
    data_close(&folder->data);
    folder_remove(folder);
}

static void the_key_of_session_tickets_is_made_once_and_a_lost_one_again(void **state)
{
    struct folder *folder = folder_make();
    uint8_t key[SECRET_KEY_SIZE];

    (void)state;
    folder_open(folder);
    memcpy(key, folder->data.ticket_key, sizeof(key));
    assert_memory_not_equal(key, folder->data.pin_key, sizeof(key));
    data_close(&folder->data);
    assert_int_equal(folder->data.ticket_key[0] | folder->data.ticket_key[31], 0); /* wiped */
    folder_open(folder);
    assert_memory_equal(folder->data.ticket_key, key, sizeof(key));
    data_close(&folder->data);
    folder_unlink(folder, "tickets.key");
    folder_open(folder);
    assert_memory_not_equal(folder->data.ticket_key, key, sizeof(key));
    data_close(&folder->data);
    folder_write(folder, "tickets.key", "damaged");
    assert_int_not_equal(folder_try(folder, true, false), FAIL_NONE);
    assert_says(folder, "tickets.key");
    folder_remove(folder);
}

static void two_do_not_share_a_directory(void **state)
{
    struct folder *folder = folder_make();
    struct folder second = {.problem = ""};

    (void)state;
    folder_open(folder);
    memcpy(second.path, folder->path, sizeof(second.path));
    assert_int_equal(folder_try(&second, true, true), FAIL_BUSY); /* and resets nothing */
    assert_says(&second, "--data");
    assert_true(folder_has(folder, "tillwire.db"));
    data_close(&folder->data);
    folder_open(&second);
    data_close(&second.data);
    folder_remove(folder);
}

static void a_reset_begins_again_and_leaves_what_is_not_ours(void **state)
{
    struct folder *folder = folder_make();
    uint8_t key[SECRET_KEY_SIZE];

    (void)state;
    folder_open(folder);
    memcpy(key, folder->data.pin_key, sizeof(key));
    data_close(&folder->data);
    folder_write(folder, "dev.json", "{}");
    folder_write(folder, "notes.txt", "mine");
    assert_int_equal(folder_try(folder, true, true), FAIL_NONE);
    assert_memory_not_equal(folder->data.pin_key, key, sizeof(key));
    assert_false(folder_has(folder, "dev.json"));
    assert_true(folder_has(folder, "notes.txt"));
    data_close(&folder->data);
    folder_remove(folder);
}

static void a_damaged_key_is_refused_and_left_as_it_is(void **state)
{
    static const char *const damaged[] = {"", "short",
                                          "a text that is longer than any PIN key may be"};
    struct folder *folder = folder_make();
    char text[128];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        folder_write(folder, "pin.key", damaged[i]);
        assert_int_not_equal(folder_try(folder, true, false), FAIL_NONE);
        assert_says(folder, "pin.key");
        folder_read(folder, "pin.key", text, sizeof(text));
        assert_string_equal(text, damaged[i]);
        assert_null(folder->data.lock); /* given back */
    }
    folder_remove(folder);
}

static void a_directory_that_is_not_there_is_made_only_when_asked(void **state)
{
    struct folder *folder = folder_make();
    struct data_options options = {.make = false};
    struct data data;
    char path[FOLDER_PATH_SIZE];
    char problem[DATA_PROBLEM_SIZE];
    long holder;

    (void)state;
    folder_path(folder, "below", path);
    options.directory = path;
    assert_int_not_equal(data_open(&data, &options, &holder, problem), FAIL_NONE);
    assert_non_null(strstr(problem, path));
    options.make = true;
    assert_int_equal(data_open(&data, &options, &holder, problem), FAIL_NONE);
    options.reset = true;
    data_close(&data);
    assert_int_equal(data_open(&data, &options, &holder, problem), FAIL_NONE);
    data_close(&data);
    memcpy(folder->path, path, strlen(path) + 1);
    folder_remove(folder);
    *strrchr(path, '/') = '\0';
    assert_int_equal(rmdir(path), 0);
}

static void a_file_in_the_directorys_place_is_refused(void **state)
{
    struct folder *folder = folder_make();
    struct data_options options = {.make = true};
    struct data data;
    char path[FOLDER_PATH_SIZE];
    char problem[DATA_PROBLEM_SIZE] = "";
    long holder;

    (void)state;
    folder_write(folder, "file", "");
    folder_path(folder, "file", path);
    options.directory = path;
    assert_int_equal(data_open(&data, &options, &holder, problem), FAIL_DENIED);
    assert_non_null(strstr(problem, path));
    folder_remove(folder);
}

/* --- Where the directory is ---------------------------------------------------- */

static void without_a_name_it_is_where_users_keep_their_data(void **state)
{
    char path[DATA_PATH_SIZE];

    (void)state;
    assert_int_equal(data_directory("/given", path), FAIL_NONE);
    assert_string_equal(path, "/given");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(data_directory("given", path), FAIL_NONE);
    assert_string_equal(path, "//given"); /* whole, whoever reads it where */
    assert_int_equal(setenv("HOME", "/home/ada", 1), 0);
    assert_int_equal(setenv("XDG_DATA_HOME", "/data", 1), 0);
    assert_int_equal(data_directory(NULL, path), FAIL_NONE);
    assert_string_equal(path, "/data/tillwire/dev");
    assert_int_equal(setenv("XDG_DATA_HOME", "relative", 1), 0); /* to be ignored */
    assert_int_equal(data_directory(NULL, path), FAIL_NONE);
    assert_string_equal(path, "/home/ada/.local/share/tillwire/dev");
    assert_int_equal(unsetenv("XDG_DATA_HOME"), 0);
    assert_int_equal(setenv("HOME", "", 1), 0);
    assert_int_equal(data_directory(NULL, path), FAIL_NOT_FOUND);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(data_directory(NULL, path), FAIL_NOT_FOUND);
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    static char name[DATA_PATH_SIZE + 1];
    struct data_options options = {.directory = name, .make = true};
    char problem[DATA_PROBLEM_SIZE] = "";
    char path[DATA_PATH_SIZE];
    struct data data;
    long holder;

    (void)state;
    memset(name, 'x', DATA_PATH_SIZE);
    name[0] = '/';
    assert_int_equal(data_directory(name, path), FAIL_LIMIT);
    assert_int_equal(data_directory(name + 1, path), FAIL_LIMIT);
    assert_int_equal(data_open(&data, &options, &holder, problem), FAIL_LIMIT);
    assert_non_null(strstr(problem, "too long"));
    name[DATA_PATH_SIZE - 1] = '\0';
    assert_int_equal(data_directory(name, path), FAIL_NONE);
    assert_int_equal(data_directory(name + 1, path), FAIL_LIMIT); /* not even behind "/" */
    assert_int_equal(data_path(name, "x", path), FAIL_LIMIT);
}

/* --- The disk fails ---------------------------------------------------------------- */

static int sync_fails(void *context, int file)
{
    (void)context;
    (void)file;
    errno = EIO;
    return -1;
}

static long disk_is_full(void *context, int file, const void *bytes, size_t length)
{
    (void)context;
    (void)file;
    (void)bytes;
    (void)length;
    errno = ENOSPC;
    return -1;
}

static void a_key_that_cannot_be_stored_is_not_used(void **state)
{
    static const struct file_disk disks[] = {{.write = disk_is_full}, {.sync = sync_fails}};
    struct folder *folder = folder_make();
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        file_disk_replace(&disks[i]);
        assert_int_equal(folder_try(folder, true, false), i == 0 ? FAIL_FULL : FAIL_IO);
        file_disk_replace(NULL);
        assert_says(folder, "pin.key");
        assert_false(folder_has(folder, "pin.key"));
        assert_false(folder_has(folder, "tillwire.db"));
    }
    folder_open(folder);
    data_close(&folder->data);
    folder_remove(folder);
}

/* --- The wall clock --------------------------------------------------------------- */

static int64_t wall_ms;

static int64_t wall_now(void *context)
{
    (void)context;
    return wall_ms;
}

static enum fail moment_set(struct store_job *job, struct store_tx *tx)
{
    (void)job;
    return store_moment_set(tx, clock_wall_ms());
}

static void a_clock_that_was_set_back_is_told_at_the_start(void **state)
{
    static const struct clock_source source = {.wall_ms = wall_now};
    static const struct {
        int64_t later_ms;
        unsigned told;
    } STARTS[] = {{0, 0}, {1000, 0}, {-300000, 0}, {-300001, 1}, {-86400000, 1}};
    struct folder *folder = folder_make();
    struct store_job job = {.run = moment_set};
    struct heard heard;
    size_t i;

    (void)state;
    wall_ms = 1769104836123; /* 2026-01-22T18:00:36.123Z */
    clock_replace(&source);
    heard_begin(&heard);
    folder_open(folder);
    assert_int_equal(store_write_wait(folder->data.store, &job), FAIL_NONE);
    data_close(&folder->data);
    (void)heard_end(&heard);
    assert_int_equal(heard_count(&heard, "clock.behind"), 0); /* a new database knows nothing */
    for (i = 0; i < sizeof(STARTS) / sizeof(STARTS[0]); i++) {
        wall_ms = 1769104836123 + STARTS[i].later_ms;
        heard_begin(&heard);
        folder_open(folder);
        data_close(&folder->data);
        (void)heard_end(&heard);
        assert_int_equal(heard_count(&heard, "event=clock.behind"), STARTS[i].told);
        assert_int_equal(heard_count(&heard, "2026-01-22T18:00:36.123Z seconds="), STARTS[i].told);
    }
    clock_replace(NULL);
    folder_remove(folder);
}

enum { NOBODY = 65534 };

static void what_root_makes_belongs_to_the_owner_of_the_directory(void **state)
{
    static const char *const MADE[] = {"tillwire.db", "pin.key", "tickets.key", "tillwire.lock"};
    struct folder *folder;
    char path[FOLDER_PATH_SIZE];
    struct stat info;
    size_t i;

    (void)state;
    if (geteuid() != 0) {
        skip(); /* only root can give a file away */
    }
    folder = folder_make();
    assert_int_equal(chown(folder->path, NOBODY, NOBODY), 0);
    folder_open(folder);
    data_close(&folder->data);
    for (i = 0; i < sizeof(MADE) / sizeof(MADE[0]); i++) {
        folder_path(folder, MADE[i], path);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_uid, NOBODY);
        assert_int_equal(info.st_gid, NOBODY);
    }
    assert_int_equal(seteuid(NOBODY), 0);
    folder_open(folder);
    data_close(&folder->data);
    assert_int_equal(seteuid(0), 0);
    folder_remove(folder);
}

static void who_may_not_look_into_a_directory_is_not_told_that_it_is_empty(void **state)
{
    struct folder *folder;

    (void)state;
    if (geteuid() != 0) {
        skip(); /* only root can become somebody else */
    }
    folder = folder_make();
    assert_false(data_exists(folder->path));
    folder_open(folder);
    data_close(&folder->data);
    assert_int_equal(seteuid(NOBODY), 0);
    assert_true(data_exists(folder->path));
    assert_int_equal(folder_try(folder, false, false), FAIL_DENIED);
    assert_int_equal(seteuid(0), 0);
    assert_says(folder, "this user (number 65534) may not write in the data directory");
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_directory_gets_a_database_and_a_key_of_its_own),
        cmocka_unit_test(the_key_of_session_tickets_is_made_once_and_a_lost_one_again),
        cmocka_unit_test(two_do_not_share_a_directory),
        cmocka_unit_test(a_reset_begins_again_and_leaves_what_is_not_ours),
        cmocka_unit_test(a_damaged_key_is_refused_and_left_as_it_is),
        cmocka_unit_test(a_directory_that_is_not_there_is_made_only_when_asked),
        cmocka_unit_test(a_file_in_the_directorys_place_is_refused),
        cmocka_unit_test(without_a_name_it_is_where_users_keep_their_data),
        cmocka_unit_test(a_name_that_is_too_long_is_refused),
        cmocka_unit_test(a_key_that_cannot_be_stored_is_not_used),
        cmocka_unit_test(a_clock_that_was_set_back_is_told_at_the_start),
        cmocka_unit_test(what_root_makes_belongs_to_the_owner_of_the_directory),
        cmocka_unit_test(who_may_not_look_into_a_directory_is_not_told_that_it_is_empty),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
