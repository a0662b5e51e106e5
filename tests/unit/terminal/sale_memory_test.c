/* sale.json on the disk: kept beside terminal.json, whole whatever step of a
 * save fails, and never overwritten when it is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "terminal/memory.h"

static char directory[] = "/tmp/tillwire-sale-XXXXXX";
static char problem[MEMORY_PROBLEM_SIZE];
static struct memory memory;

static int set_up(void **state)
{
    (void)state;
    memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
    return mkdtemp(directory) == NULL || memory_open(&memory, directory, 0, problem) != FAIL_NONE
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    file_disk_replace(NULL);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command);
}

static struct sale_record record_of(int64_t payment)
{
    return (struct sale_record){
        .payment = payment,
        .amount_minor = 1234,
        .currency = "CAD",
        .time_limit_seconds = 120,
    };
}

static void without_a_file_there_is_no_payment(void **state)
{
    struct sale_record loaded = record_of(5);

    (void)state;
    assert_int_equal(memory_load_sale(&memory, &loaded, problem), FAIL_NONE);
    assert_int_equal(loaded.payment, 0);
}

static void what_was_saved_is_there_and_readable_by_its_owner_alone(void **state)
{
    struct sale_record saved = record_of(5);
    struct sale_record loaded;
    struct stat found;
    char path[256];

    (void)state;
    assert_int_equal(memory_save_sale(&memory, &saved, problem), FAIL_NONE);
    assert_int_equal(memory_load_sale(&memory, &loaded, problem), FAIL_NONE);
    assert_int_equal(loaded.payment, 5);
    (void)snprintf(path, sizeof(path), "%s/sale.json", directory);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    saved = (struct sale_record){0};
    assert_int_equal(memory_save_sale(&memory, &saved, problem), FAIL_NONE);
    assert_int_equal(memory_load_sale(&memory, &loaded, problem), FAIL_NONE);
    assert_int_equal(loaded.payment, 0);
}

/* The nth thing that is done to the disk fails. */
struct fault {
    size_t count;
    size_t fail_at;
};

static bool step(void *context)
{
    struct fault *fault = context;

    fault->count++;
    errno = ENOSPC;
    return fault->count != fault->fail_at;
}

static long fault_write(void *context, int file, const void *bytes, size_t length)
{
    return step(context) ? write(file, bytes, length) : -1;
}

static int fault_sync(void *context, int file)
{
    return step(context) ? fsync(file) : -1;
}

static int fault_rename(void *context, const char *from, const char *to)
{
    return step(context) ? rename(from, to) : -1;
}

static void whatever_step_fails_there_is_a_whole_file(void **state)
{
    struct sale_record old = record_of(5);
    struct sale_record new = record_of(6);
    struct sale_record loaded;
    size_t at;

    (void)state;
    for (at = 1; at <= 4; at++) {
        struct fault fault = {.fail_at = at};
        const struct file_disk disk = {fault_write, fault_sync, fault_rename, &fault};

        file_disk_replace(NULL);
        assert_int_equal(memory_save_sale(&memory, &old, problem), FAIL_NONE);
        file_disk_replace(&disk);
        assert_int_equal(memory_save_sale(&memory, &new, problem), FAIL_FULL);
        assert_non_null(strstr(problem, "sale.json cannot be written"));
        assert_int_equal(memory_load_sale(&memory, &loaded, problem), FAIL_NONE);
        assert_int_equal(loaded.payment, at == 4 ? 6 : 5);
    }
}

static void a_damaged_file_is_told_with_a_way_out(void **state)
{
    struct sale_record loaded = record_of(7);
    char path[256];
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/sale.json", directory);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs("{\"format\":1,\"att", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(memory_load_sale(&memory, &loaded, problem), FAIL_INVALID);
    assert_non_null(strstr(problem, "sale.json is damaged"));
    assert_non_null(strstr(problem, "look on the server what became of it"));
    assert_int_equal(loaded.payment, 7);
}

#define DISK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(without_a_file_there_is_no_payment),
        DISK_TEST(what_was_saved_is_there_and_readable_by_its_owner_alone),
        DISK_TEST(whatever_step_fails_there_is_a_whole_file),
        DISK_TEST(a_damaged_file_is_told_with_a_way_out),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
