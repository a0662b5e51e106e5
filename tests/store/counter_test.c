/* What the store tells of itself: how many, how long, how long the queues are,
 * and what befell the last batch. */
#include "base/clock.h"
#include "store/fault_vfs.h"
#include "store/writing.h"

static int64_t now_ms;
static int64_t step_ms; /* that each look at the machine's clock takes */

static int64_t moved_monotonic(void *context)
{
    int64_t ns = now_ms * 1000000;

    (void)context;
    now_ms += step_ms;
    return ns;
}

static const struct clock_source moved_clock = {.monotonic_ns = moved_monotonic};

static enum fail write_one(struct fixture *fixture, enum fail fail_with)
{
    struct add_job add = add_job_make(fixture, 1);

    add.fail_with = fail_with;
    return store_write_wait(fixture->store, &add.job);
}

static uint64_t commits_timed(void)
{
    uint64_t count = 0;
    size_t i;

    for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        count += counter_read(&store_commit_time.within[i]);
    }
    return count;
}

static void each_commit_is_timed(void **state)
{
    struct fixture *fixture = fixture_make();
    uint64_t timed;
    uint64_t took_us;

    (void)state;
    fixture_open(fixture, false);
    timed = commits_timed();
    took_us = counter_read(&store_commit_time.sum_us);
    step_ms = 7;
    WORKS(write_one(fixture, FAIL_NONE));
    WORKS(write_one(fixture, FAIL_NONE));
    step_ms = 0;
    assert_int_equal(commits_timed() - timed, 2);
    assert_int_equal(counter_read(&store_commit_time.sum_us) - took_us, 14000);
    assert_int_equal(store_counters(fixture->store).commits, 2);
    fixture_remove(fixture);
}

static void a_job_that_fails_by_itself_is_no_failure_of_the_store(void **state)
{
    struct fixture *fixture = fixture_make();

    (void)state;
    fixture_open(fixture, false);
    assert_int_equal(write_one(fixture, FAIL_CONFLICT), FAIL_CONFLICT);
    WORKS(store_counters(fixture->store).fail);
    assert_int_equal(store_counters(fixture->store).failures, 0);
    fixture_remove(fixture);
}

static void a_full_disk_is_told_until_a_commit_goes_well(void **state)
{
    struct fixture *fixture = fixture_make();
    uint64_t timed;

    (void)state;
    fixture_open(fixture, false);
    WORKS(write_one(fixture, FAIL_NONE));
    timed = commits_timed();
    now_ms = 5000;
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    assert_int_equal(write_one(fixture, FAIL_NONE), FAIL_FULL);
    now_ms = 9000;
    assert_int_equal(write_one(fixture, FAIL_NONE), FAIL_FULL);
    now_ms = 12000;
    assert_int_equal(store_counters(fixture->store).fail, FAIL_FULL);
    assert_int_equal(store_counters(fixture->store).failed_ms, 9000);
    assert_int_equal(store_counters(fixture->store).failures, 2);
    assert_false(store_counters(fixture->store).broken);
    assert_int_equal(commits_timed(), timed);
    fault_heal();
    WORKS(write_one(fixture, FAIL_NONE));
    WORKS(store_counters(fixture->store).fail);
    assert_int_equal(store_counters(fixture->store).failures, 2);
    assert_int_equal(store_counters(fixture->store).commits, 2);
    fixture_remove(fixture);
}

static void a_broken_disk_stays_broken(void **state)
{
    struct fixture *fixture = fixture_make();

    (void)state;
    fixture_open(fixture, false);
    WORKS(write_one(fixture, FAIL_NONE));
    assert_false(store_counters(fixture->store).broken);
    fault_arm(FAULT_SYNC, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_IOERR_FSYNC);
    assert_int_equal(write_one(fixture, FAIL_NONE), FAIL_IO);
    fault_heal();
    assert_true(store_counters(fixture->store).broken);
    assert_int_equal(write_one(fixture, FAIL_NONE), FAIL_IO);
    assert_true(store_counters(fixture->store).broken);
    fixture_remove(fixture);
}

static void jobs_that_wait_for_a_reader_are_counted(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job adds[3];
    struct gate gates[2]; /* one for each reader */
    int i;

    (void)state;
    fixture_open(fixture, true);
    gate_close(fixture, &gates[0], store_read);
    gate_close(fixture, &gates[1], store_read);
    assert_int_equal(store_counters(fixture->store).reading, 0);
    for (i = 0; i < 3; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        adds[i].rows = 0;
        store_read(fixture->store, &adds[i].job);
    }
    assert_int_equal(store_counters(fixture->store).reading, 3);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    home_run(&fixture->home, 5);
    assert_int_equal(store_counters(fixture->store).reading, 0);
    fixture_remove(fixture);
}

static int start(void **state)
{
    (void)state;
    id_start();
    fault_install();
    clock_replace(&moved_clock);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_commit_is_timed),
        cmocka_unit_test(a_job_that_fails_by_itself_is_no_failure_of_the_store),
        cmocka_unit_test(a_full_disk_is_told_until_a_commit_goes_well),
        cmocka_unit_test(a_broken_disk_stays_broken),
        cmocka_unit_test(jobs_that_wait_for_a_reader_are_counted),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
