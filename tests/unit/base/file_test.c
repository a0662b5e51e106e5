/* Files that must be whole: each step fails once, and the old file stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { PLACE_SIZE = 64, PATH_SIZE = 128 };

struct place {
    char directory[PLACE_SIZE];
    char path[PATH_SIZE];
};

static struct place place_make(void)
{
    struct place place = {.directory = "/tmp/tillwire-file-XXXXXX"};

    assert_non_null(mkdtemp(place.directory));
    (void)snprintf(place.path, sizeof(place.path), "%s/file", place.directory);
    return place;
}

/* Fails when anything but the file was left behind. */
static void place_remove(const struct place *place)
{
    file_disk_replace(NULL);
    (void)unlink(place->path);
    assert_int_equal(rmdir(place->directory), 0);
}

static void holds(const char *path, const char *expected)
{
    struct buf bytes;

    buf_init(&bytes, 1024);
    assert_int_equal(file_read(path, &bytes), FAIL_NONE);
    assert_true(slice_is(buf_view(&bytes), expected));
    buf_finish(&bytes);
}

static void what_was_written_is_read_and_private(void **state)
{
    struct place place = place_make();
    struct stat status;

    (void)state;
    assert_int_equal(file_replace(place.path, slice_of("one")), FAIL_NONE);
    holds(place.path, "one");
    assert_int_equal(chmod(place.path, 0644), 0);
    assert_int_equal(file_replace(place.path, slice_of("")), FAIL_NONE);
    holds(place.path, "");
    assert_int_equal(stat(place.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    place_remove(&place);
}

/* --- Trouble ---------------------------------------------------------------- */

/* Counts the calls that reach the disk and fails the one of number `fail_at`;
 * notes their order. */
struct note {
    unsigned calls;
    unsigned fail_at;
    char order[16];
};

static int noted(struct note *note, char what)
{
    note->order[note->calls++] = what;
    if (note->calls == note->fail_at) {
        errno = ENOSPC;
        return -1;
    }
    return 0;
}

static long note_write(void *context, int file, const void *bytes, size_t length)
{
    return noted(context, 'w') != 0 ? -1 : write(file, bytes, length);
}

static int note_sync(void *context, int file)
{
    return noted(context, 's') != 0 ? -1 : fsync(file);
}

static int note_rename(void *context, const char *from, const char *to)
{
    return noted(context, 'r') != 0 ? -1 : rename(from, to);
}

static void it_is_synced_before_and_after_it_takes_its_name(void **state)
{
    struct place place = place_make();
    struct note note = {0};
    struct file_disk disk = {note_write, note_sync, note_rename, &note};

    (void)state;
    file_disk_replace(&disk);
    assert_int_equal(file_replace(place.path, slice_of("new")), FAIL_NONE);
    assert_string_equal(note.order, "wsrs");
    place_remove(&place);
}

static void each_step_that_fails_leaves_the_old_file(void **state)
{
    struct place place = place_make();
    unsigned step;

    (void)state;
    for (step = 1; step <= 3; step++) {
        struct note note = {.fail_at = step};
        struct file_disk disk = {note_write, note_sync, note_rename, &note};

        file_disk_replace(NULL);
        assert_int_equal(file_replace(place.path, slice_of("old")), FAIL_NONE);
        file_disk_replace(&disk);
        assert_int_equal(file_replace(place.path, slice_of("new")), FAIL_FULL);
        assert_int_equal(errno, ENOSPC);
        assert_int_equal(note.calls, step); /* no second try */
        holds(place.path, "old");
    }
    place_remove(&place);
}

static void the_last_sync_that_fails_is_told_too(void **state)
{
    struct place place = place_make();
    struct note note = {.fail_at = 4};
    struct file_disk disk = {note_write, note_sync, note_rename, &note};

    (void)state;
    file_disk_replace(&disk);
    assert_int_equal(file_replace(place.path, slice_of("new")), FAIL_FULL);
    place_remove(&place);
}

static void what_is_no_file_or_too_long_is_refused(void **state)
{
    struct place place = place_make();
    char long_path[FILE_PATH_SIZE + 8];
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 4);
    assert_int_equal(file_read(place.path, &bytes), FAIL_NOT_FOUND);
    assert_int_equal(file_read(place.directory, &bytes), FAIL_INVALID);
    assert_int_equal(mkfifo(place.path, 0600), 0);
    assert_int_equal(file_read(place.path, &bytes), FAIL_INVALID); /* and does not wait */
    assert_int_equal(file_replace(place.path, slice_of("12345")), FAIL_NONE);
    assert_int_equal(file_read(place.path, &bytes), FAIL_LIMIT);
    buf_finish(&bytes);
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(file_replace(long_path, slice_of("")), FAIL_LIMIT);
    assert_int_equal(directory_make(long_path), FAIL_LIMIT);
    assert_int_equal(file_replace("/nonexistent/file", slice_of("")), FAIL_NOT_FOUND);
    place_remove(&place);
}

/* --- Directories --------------------------------------------------------------- */

static void directories_are_made_with_their_parents(void **state)
{
    struct place place = place_make();
    char path[PATH_SIZE + 32];
    struct stat status;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s//b//", place.path);
    assert_int_equal(directory_make(path), FAIL_NONE);
    (void)snprintf(path, sizeof(path), "%s/b", place.path);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(directory_make(path), FAIL_NONE);
    assert_int_equal(directory_make("/"), FAIL_NONE);
    assert_int_equal(directory_make(""), FAIL_INVALID);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(place.path), 0);
    place_remove(&place);
}

static void a_file_in_the_way_is_refused(void **state)
{
    struct place place = place_make();
    char below[PATH_SIZE + 8];

    (void)state;
    assert_int_equal(file_replace(place.path, slice_of("")), FAIL_NONE);
    (void)snprintf(below, sizeof(below), "%s/x", place.path);
    assert_int_equal(directory_make(place.path), FAIL_DENIED);
    assert_int_equal(directory_make(below), FAIL_DENIED);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_and_private),
        cmocka_unit_test(it_is_synced_before_and_after_it_takes_its_name),
        cmocka_unit_test(each_step_that_fails_leaves_the_old_file),
        cmocka_unit_test(the_last_sync_that_fails_is_told_too),
        cmocka_unit_test(what_is_no_file_or_too_long_is_refused),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(a_file_in_the_way_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
