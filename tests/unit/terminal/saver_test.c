/* Saving beside a loop: the newest settings win, and the answer comes once
 * everything is durable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/id.h"
#include "net/loop.h"
#include "terminal/saver.h"

static char directory[] = "/tmp/tillwire-saver-XXXXXX";
static struct loop *loop;
static struct pool *disk;
static struct memory memory;
static unsigned answers;
static unsigned wanted; /* answers, before the loop stops */
static enum fail answer;

static int set_up(void **state)
{
    char problem[MEMORY_PROBLEM_SIZE];

    (void)state;
    answers = 0;
    wanted = 1;
    memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
    return mkdtemp(directory) == NULL || memory_open(&memory, directory, 0, problem) != FAIL_NONE ||
                   loop_create(&loop, 0) != FAIL_NONE ||
                   pool_create(&disk, "disk", 1, 2, NULL) != FAIL_NONE
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    file_disk_replace(NULL);
    pool_destroy(&disk);
    loop_destroy(&loop);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command);
}

static void on_saved(struct saver *saver, enum fail fail, const char *problem)
{
    (void)problem;
    assert_false(saver_is_busy(saver));
    answers++;
    answer = fail;
    if (answers == wanted) {
        loop_stop(loop);
    }
}

static void what_is_asked_meanwhile_follows_and_is_answered_once(void **state)
{
    struct settings settings = {.serial = "S", .code = "AAAA"};
    struct settings loaded;
    struct saver saver;
    char problem[MEMORY_PROBLEM_SIZE];

    (void)state;
    saver_init(&saver, loop_executor(loop), disk, &memory, on_saved);
    saver_save(&saver, &settings);
    memcpy(settings.code, "BBBB", sizeof(settings.code));
    saver_save(&saver, &settings);
    memcpy(settings.code, "CCCC", sizeof(settings.code));
    saver_save(&saver, &settings);
    assert_true(saver_is_busy(&saver));
    loop_run(loop);
    assert_int_equal(answers, 1);
    assert_int_equal(answer, FAIL_NONE);
    assert_int_equal(memory_load(&memory, &loaded, problem), FAIL_NONE);
    assert_string_equal(loaded.code, "CCCC");
}

static long refuse_write(void *context, int file, const void *bytes, size_t length)
{
    unsigned *writes = context;

    (void)file;
    (void)bytes;
    (void)length;
    (*writes)++;
    errno = EIO;
    return -1;
}

static void a_failure_is_answered_and_nothing_follows_it(void **state)
{
    unsigned writes = 0;
    const struct file_disk broken = {refuse_write, NULL, NULL, &writes};
    const struct settings settings = {.serial = "S"};
    struct saver saver;

    (void)state;
    file_disk_replace(&broken);
    saver_init(&saver, loop_executor(loop), disk, &memory, on_saved);
    saver_save(&saver, &settings);
    saver_save(&saver, &settings);
    loop_run(loop);
    assert_int_equal(answers, 1);
    assert_int_equal(answer, FAIL_IO);
    assert_int_equal(writes, 1);
}

static void two_savers_keep_a_file_each(void **state)
{
    const struct settings settings = {.serial = "S"};
    struct sale_record record = {.payment = 5, .amount_minor = 1, .currency = "CAD"};
    struct sale_record loaded;
    struct settings who;
    struct saver savers[2];
    char problem[MEMORY_PROBLEM_SIZE];

    (void)state;
    record.time_limit_seconds = 120;
    saver_init(&savers[0], loop_executor(loop), disk, &memory, on_saved);
    saver_init(&savers[1], loop_executor(loop), disk, &memory, on_saved);
    wanted = 2;
    saver_save_sale(&savers[1], &record);
    saver_save(&savers[0], &settings);
    record.attempt = 1;
    record.unsent = UNSENT_CANCEL;
    record.by = REASON_CUSTOMER;
    saver_save_sale(&savers[1], &record);
    loop_run(loop);
    assert_int_equal(answers, 2);
    assert_int_equal(memory_load_sale(&memory, &loaded, problem), FAIL_NONE);
    assert_int_equal(loaded.payment, 5);
    assert_int_equal(loaded.unsent, UNSENT_CANCEL);
    assert_int_equal(loaded.by, REASON_CUSTOMER);
    assert_int_equal(memory_load(&memory, &who, problem), FAIL_NONE);
    assert_string_equal(who.serial, "S");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_asked_meanwhile_follows_and_is_answered_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_savers_keep_a_file_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_is_answered_and_nothing_follows_it, set_up,
                                        tear_down),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
