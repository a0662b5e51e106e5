/* Full disks and broken disks, at every write and every fsync.
 *
 * Full: nothing half done, and it heals. Broken: `broken` once, nothing
 * acknowledged after it, and the next start finds all that was acknowledged
 * before (architecture.md, Laws 1 and 9). */
#include "store/damage.h"
#include "store/fault_vfs.h"
#include "store/read.h"
#include "store/writing.h"

enum { ROWS_A_JOB = 40, BEFORE = 1, DURING = 2, AFTER = 3 };

static int64_t rows_of(const struct fixture *fixture, int number)
{
    char sql[96];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM business WHERE created_ms = %d", number);
    return fixture_number(fixture, sql);
}

static enum fail write_rows(struct fixture *fixture, int number)
{
    struct add_job add = add_job_make(fixture, number);

    add.rows = ROWS_A_JOB;
    return store_write_wait(fixture->store, &add.job);
}

/* True when the fault was met: the loops go on until there is nothing to fail. */
static bool full_at(int nth)
{
    struct fixture *fixture = fixture_make();
    bool met;
    enum fail fail;

    fixture_open(fixture, nth % 2 == 1);
    WORKS(write_rows(fixture, BEFORE));
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, nth, SQLITE_FULL);
    fail = write_rows(fixture, DURING);
    met = atomic_load(&fault.failed) > 0;
    assert_int_equal(fail, met ? FAIL_FULL : FAIL_NONE);
    if (met) {
        assert_int_equal(write_rows(fixture, AFTER), FAIL_FULL);
    }
    fault_heal();
    assert_int_equal(fixture->broken_count, 0);
    assert_int_equal(rows_of(fixture, DURING), met ? 0 : ROWS_A_JOB);
    assert_int_equal(rows_of(fixture, AFTER), 0);
    WORKS(write_rows(fixture, AFTER));
    store_close(&fixture->store);
    fixture_open(fixture, false);
    assert_int_equal(rows_of(fixture, BEFORE), ROWS_A_JOB);
    assert_int_equal(rows_of(fixture, DURING), met ? 0 : ROWS_A_JOB);
    assert_int_equal(rows_of(fixture, AFTER), ROWS_A_JOB);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                     1);
    fixture_remove(fixture);
    return met;
}

static void a_full_disk_rolls_back_and_heals_at_every_write(void **state)
{
    int nth = 0;

    (void)state;
    while (full_at(nth)) {
        nth++;
    }
    assert_true(nth >= 4);
}

static bool broken_at(int calls, int nth)
{
    struct fixture *fixture = fixture_make();
    bool met;
    enum fail fail;
    int64_t during;

    fixture_open(fixture, nth % 2 == 1);
    WORKS(write_rows(fixture, BEFORE));
    fault_arm(calls, FAULT_DATABASE | FAULT_LOG, nth, SQLITE_IOERR_WRITE);
    fail = write_rows(fixture, DURING);
    met = atomic_load(&fault.failed) > 0;
    assert_int_equal(fail, met ? FAIL_IO : FAIL_NONE);
    /* Even though the disk works again: it has lied once. */
    fault_heal();
    if (met) {
        assert_int_equal(fixture->broken_count, 1);
        assert_int_equal(fixture->broken_fail, FAIL_IO);
        assert_int_equal(write_rows(fixture, AFTER), FAIL_IO);
        assert_int_equal(write_rows(fixture, AFTER), FAIL_IO);
        assert_int_equal(fixture->broken_count, 1);
    }
    store_close(&fixture->store);
    fixture_open(fixture, false);
    assert_int_equal(rows_of(fixture, BEFORE), ROWS_A_JOB);
    assert_int_equal(rows_of(fixture, AFTER), 0);
    /* What failed is unknown, but whole or not there. */
    during = rows_of(fixture, DURING);
    assert_true(during == ROWS_A_JOB || (met && during == 0));
    fixture_remove(fixture);
    return met;
}

static void after_a_failed_write_nothing_is_acknowledged(void **state)
{
    int nth = 0;

    (void)state;
    while (broken_at(FAULT_WRITE, nth)) {
        nth++;
    }
    assert_true(nth >= 4);
}

static void after_a_failed_fsync_nothing_is_acknowledged(void **state)
{
    int nth = 0;

    (void)state;
    while (broken_at(FAULT_SYNC, nth)) {
        nth++;
    }
    assert_true(nth >= 1);
}

/* A batch of: good, failing by itself, good. The disk fails at their COMMIT. */
static void batch_meets(int code, enum fail expected)
{
    struct fixture *fixture = fixture_make();
    struct add_job adds[3];
    struct gate gate;
    int i;

    fixture_open(fixture, true);
    gate_close(fixture, &gate, store_write);
    for (i = 0; i < 3; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        store_write(fixture->store, &adds[i].job);
    }
    adds[1].fail_with = FAIL_NOT_FOUND;
    fault_arm(FAULT_WRITE | FAULT_SYNC, FAULT_LOG, 0, code);
    gate_open(&gate);
    home_run(&fixture->home, 4);
    fault_heal();
    for (i = 0; i < 3; i++) {
        /* Also the second: it has seen rows that are not there any more. */
        assert_int_equal(adds[i].fail, expected);
        assert_int_equal(rows_of(fixture, i + 1), 0);
    }
    assert_int_equal(fixture->broken_count, expected == FAIL_IO);
    fixture_remove(fixture);
}

static void a_failed_commit_is_the_failure_of_every_job_in_it(void **state)
{
    (void)state;
    batch_meets(SQLITE_FULL, FAIL_FULL);
    batch_meets(SQLITE_IOERR_FSYNC, FAIL_IO);
}

static void a_failed_commit_is_not_tried_again(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job later = add_job_make(fixture, AFTER);

    (void)state;
    fixture_open(fixture, true);
    WORKS(write_rows(fixture, BEFORE));
    fault_arm(FAULT_SYNC, FAULT_LOG, 0, SQLITE_IOERR_FSYNC);
    assert_int_equal(write_rows(fixture, DURING), FAIL_IO);
    assert_int_equal(store_write_wait(fixture->store, &later.job), FAIL_IO);
    assert_int_equal(later.id, 0); /* it was not even begun */
    store_close(&fixture->store);
    assert_int_equal(atomic_load(&fault.seen), 1);
    fault_heal();
    fixture_remove(fixture);
}

/* With so small a cache rows reach the log before the commit: the disk fails
 * inside the job, which does not care. */
static enum fail careless_run(struct store_job *job, struct store_tx *tx)
{
    struct add_job *add = LIST_ITEM(job, struct add_job, job);
    enum fail fail = sqlite_run(tx, "PRAGMA cache_size = 5");

    add->rows = 2000;
    if (fail == FAIL_NONE) {
        fail = add_run(job, tx);
    }
    /* It was met here and not at the commit. */
    return fail == FAIL_FULL ? FAIL_NONE : FAIL_INVALID;
}

static void a_job_cannot_swallow_a_full_disk(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job adds[3];
    struct gate gate;
    int i;

    (void)state;
    fixture_open(fixture, true);
    gate_close(fixture, &gate, store_write);
    for (i = 0; i < 3; i++) {
        adds[i] = add_job_make(fixture, i + 1);
        adds[i].job.run = i == 1 ? careless_run : add_run;
        store_write(fixture->store, &adds[i].job);
    }
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    gate_open(&gate);
    home_run(&fixture->home, 4);
    fault_heal();
    for (i = 0; i < 3; i++) {
        assert_int_equal(adds[i].fail, FAIL_FULL);
        assert_int_equal(rows_of(fixture, i + 1), 0);
    }
    assert_int_equal(fixture->broken_count, 0);
    WORKS(write_rows(fixture, AFTER));
    assert_int_equal(rows_of(fixture, AFTER), ROWS_A_JOB);
    fixture_remove(fixture);
}

static enum fail troubled_run(struct store_job *job, struct store_tx *tx)
{
    (void)add_run(job, tx);
    tx->trouble = FAIL_MEMORY; /* as a verb leaves it whose statement found no memory */
    return FAIL_NONE;
}

static void a_job_cannot_swallow_the_want_of_memory(void **state)
{
    struct fixture *fixture = fixture_make();
    struct add_job add = add_job_make(fixture, DURING);

    (void)state;
    fixture_open(fixture, false);
    add.job.run = troubled_run;
    assert_int_equal(store_write_wait(fixture->store, &add.job), FAIL_MEMORY);
    assert_int_equal(rows_of(fixture, DURING), 0);
    WORKS(write_rows(fixture, AFTER));
    fixture_remove(fixture);
}

static void only_the_first_damage_is_reported(void **state)
{
    struct fixture *fixture = fixture_make();
    struct damage damage = {.broken = on_broken, .context = fixture};

    (void)state;
    assert_false(damage_is_known(&damage));
    damage_report(&damage, FAIL_IO);
    damage_report(&damage, FAIL_IO);
    assert_true(damage_is_known(&damage));
    assert_int_equal(fixture->broken_count, 1);
    fixture_remove(fixture);
}

static void ignore_business(void *context, const struct business *row)
{
    (void)context;
    (void)row;
}

static enum fail list_run(struct store_job *job, struct store_tx *tx)
{
    (void)job;
    return read_businesses(tx, ignore_business, NULL);
}

static void a_reader_that_meets_a_broken_disk_stops_the_writer(void **state)
{
    bool modes[] = {false, true};
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct fixture *fixture = fixture_make();
        struct store_job job = {.run = list_run};

        fixture_open(fixture, modes[i]);
        WORKS(write_rows(fixture, BEFORE));
        fault_arm(FAULT_READ, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_IOERR_READ);
        assert_int_equal(store_read_wait(fixture->store, &job), FAIL_IO);
        fault_heal();
        assert_int_equal(fixture->broken_count, 1);
        assert_int_equal(write_rows(fixture, AFTER), FAIL_IO);
        assert_int_equal(store_read_wait(fixture->store, &job), FAIL_IO);
        assert_int_equal(fixture->broken_count, 1);
        store_close(&fixture->store);
        fixture_open(fixture, false);
        assert_int_equal(rows_of(fixture, BEFORE), ROWS_A_JOB);
        assert_int_equal(rows_of(fixture, AFTER), 0);
        fixture_remove(fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_rolls_back_and_heals_at_every_write),
        cmocka_unit_test(after_a_failed_write_nothing_is_acknowledged),
        cmocka_unit_test(after_a_failed_fsync_nothing_is_acknowledged),
        cmocka_unit_test(a_failed_commit_is_the_failure_of_every_job_in_it),
        cmocka_unit_test(a_failed_commit_is_not_tried_again),
        cmocka_unit_test(a_job_cannot_swallow_a_full_disk),
        cmocka_unit_test(a_job_cannot_swallow_the_want_of_memory),
        cmocka_unit_test(only_the_first_damage_is_reported),
        cmocka_unit_test(a_reader_that_meets_a_broken_disk_stops_the_writer),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
