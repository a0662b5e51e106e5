/* Copies and checksums of whole files: exact, durable, private, and never half. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail` */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"

enum { PLACE_SIZE = 64, PATH_SIZE = 128, MANY = 300000 };

struct place {
    char directory[PLACE_SIZE];
    char from[PATH_SIZE];
    char to[PATH_SIZE];
};

static struct place place_make(size_t length)
{
    struct place place = {.directory = "/tmp/tillwire-copy-XXXXXX"};
    FILE *file;
    size_t i;

    assert_non_null(mkdtemp(place.directory));
    (void)snprintf(place.from, sizeof(place.from), "%s/from", place.directory);
    (void)snprintf(place.to, sizeof(place.to), "%s/to", place.directory);
    file = fopen(place.from, "wb");
    assert_non_null(file);
    for (i = 0; i < length; i++) {
        (void)fputc('a', file);
    }
    assert_int_equal(fclose(file), 0);
    return place;
}

/* Fails when anything but the two files was left behind. */
static void place_remove(const struct place *place)
{
    file_disk_replace(NULL);
    (void)unlink(place->from);
    (void)unlink(place->to);
    assert_int_equal(rmdir(place->directory), 0);
}

/* The sums are those of sha256sum. */
static void a_checksum_is_that_of_all_bytes(void **state)
{
    static const struct {
        size_t length;
        const char *sum;
    } cases[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
        {65536, "bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a"},
        {65537, "008ffc88d3c96a9f307524eb361e47c5222a887fc45fa0c1fb8d429c5c23b430"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct place place = place_make(cases[i].length);
        char sum[CHECKSUM_SIZE];
        int64_t bytes = -1;

        assert_int_equal(checksum_file(place.from, NULL, sum, &bytes), FAIL_NONE);
        assert_string_equal(sum, cases[i].sum);
        assert_int_equal(bytes, cases[i].length);
        place_remove(&place);
    }
}

static void what_is_no_file_has_no_checksum(void **state)
{
    struct place place = place_make(1);
    char sum[CHECKSUM_SIZE] = "untouched";
    int64_t bytes = -1;

    (void)state;
    assert_int_equal(checksum_file(place.to, NULL, sum, &bytes), FAIL_NOT_FOUND);
    assert_int_equal(checksum_file(place.directory, NULL, sum, &bytes), FAIL_INVALID);
    assert_int_equal(mkfifo(place.to, 0600), 0);
    assert_int_equal(checksum_file(place.to, NULL, sum, &bytes),
                     FAIL_INVALID); /* and is not waited for */
    assert_string_equal(sum, "untouched");
    place_remove(&place);
}

static void a_copy_is_the_same_and_private(void **state)
{
    struct place place = place_make(MANY);
    char sums[2][CHECKSUM_SIZE];
    int64_t bytes = 0;
    struct stat status;

    (void)state;
    assert_int_equal(chmod(place.from, 0644), 0);
    assert_int_equal(file_copy(place.from, place.to, NULL), FAIL_NONE);
    assert_int_equal(checksum_file(place.from, NULL, sums[0], &bytes), FAIL_NONE);
    assert_int_equal(checksum_file(place.to, NULL, sums[1], &bytes), FAIL_NONE);
    assert_string_equal(sums[0], sums[1]);
    assert_int_equal(bytes, MANY);
    assert_int_equal(stat(place.to, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(file_copy(place.from, place.to, NULL), FAIL_CONFLICT);
    assert_int_equal(unlink(place.to), 0);
    assert_int_equal(file_copy(place.to, place.from, NULL), FAIL_NOT_FOUND);
    assert_int_equal(stat(place.from, &status), 0);
    assert_int_equal(status.st_size, MANY);
    place_remove(&place);
}

/* The nth of the calls that reach the disk fails. */
struct failing {
    int left;
};

static long failing_write(void *context, int file, const void *bytes, size_t length)
{
    struct failing *failing = context;

    errno = ENOSPC;
    /* Short, as a write may be. */
    return failing->left-- == 0 ? -1 : write(file, bytes, length / 2 + 1);
}

static int failing_sync(void *context, int file)
{
    struct failing *failing = context;

    (void)file;
    errno = EIO;
    return failing->left-- == 0 ? -1 : 0;
}

static void each_write_and_sync_that_fails_leaves_no_copy(void **state)
{
    struct place place = place_make(1000);
    int nth = 0;
    enum fail fail;

    (void)state;
    do {
        struct failing failing = {.left = nth++};
        struct file_disk disk = {.write = failing_write, .sync = failing_sync, .context = &failing};

        file_disk_replace(&disk);
        fail = file_copy(place.from, place.to, NULL);
        file_disk_replace(NULL);
        assert_true((access(place.to, F_OK) == 0) == (fail == FAIL_NONE));
        assert_true(fail == FAIL_NONE || fail == FAIL_FULL || fail == FAIL_IO);
        assert_true(nth > 1 || fail == FAIL_FULL);
    } while (fail != FAIL_NONE);
    assert_true(nth > 5);
    place_remove(&place);
}

static bool go_on(void *context, int64_t done, int64_t total)
{
    int *left = context;

    assert_true(done >= 0 && done <= total);
    assert_int_equal(total, MANY);
    return (*left)-- > 0;
}

static void both_can_be_stopped(void **state)
{
    struct place place = place_make(MANY);
    char sum[CHECKSUM_SIZE];
    int64_t bytes;
    int left = 2;
    struct progress progress = {.go_on = go_on, .context = &left};

    (void)state;
    assert_int_equal(file_copy(place.from, place.to, &progress), FAIL_CLOSED);
    assert_int_equal(access(place.to, F_OK), -1);
    left = 0;
    assert_int_equal(checksum_file(place.from, &progress, sum, &bytes), FAIL_CLOSED);
    left = 1000;
    assert_int_equal(file_copy(place.from, place.to, &progress), FAIL_NONE);
    place_remove(&place);
}

static void a_file_gets_another_name_and_replaces_what_had_it(void **state)
{
    struct place place = place_make(7);
    struct stat status;

    (void)state;
    assert_int_equal(file_replace(place.to, slice_of("old")), FAIL_NONE);
    assert_int_equal(file_rename(place.from, place.to), FAIL_NONE);
    assert_int_equal(stat(place.to, &status), 0);
    assert_int_equal(status.st_size, 7);
    assert_int_equal(file_rename(place.from, place.to), FAIL_NOT_FOUND);
    assert_int_equal(file_sync(place.to), FAIL_NONE);
    assert_int_equal(file_sync(place.directory), FAIL_NONE);
    assert_int_equal(file_sync(place.from), FAIL_NOT_FOUND);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checksum_is_that_of_all_bytes),
        cmocka_unit_test(what_is_no_file_has_no_checksum),
        cmocka_unit_test(a_copy_is_the_same_and_private),
        cmocka_unit_test(each_write_and_sync_that_fails_leaves_no_copy),
        cmocka_unit_test(both_can_be_stopped),
        cmocka_unit_test(a_file_gets_another_name_and_replaces_what_had_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
