/* A checkpoint, on which no job waits, meets a full disk or a broken one. */
#include "store/fault_vfs.h"
#include "store/writing.h"

/* Enough to fill the log up to its checkpoint. */
static enum fail write_until_checkpoint(struct fixture *fixture)
{
    enum fail fail = FAIL_NONE;
    int i;

    for (i = 0; i < 100 && fail == FAIL_NONE; i++) {
        struct add_job add = add_job_make(fixture, 1);

        add.rows = 1600;
        fail = store_write_wait(fixture->store, &add.job);
    }
    return fail;
}

static void a_checkpoint_that_meets_a_broken_disk_is_heard(void **state)
{
    struct fixture *fixture = fixture_make();

    (void)state;
    fixture_open(fixture, false);
    fault_arm(FAULT_SYNC, FAULT_DATABASE, 0, SQLITE_IOERR_FSYNC);
    assert_int_equal(write_until_checkpoint(fixture), FAIL_IO);
    assert_int_equal(fixture->broken_count, 1);
    assert_int_equal(atomic_load(&fault.seen), 1);
    fault_heal();
    fixture_remove(fixture);
}

static void a_checkpoint_that_meets_a_full_disk_waits_for_room(void **state)
{
    struct fixture *fixture = fixture_make();

    (void)state;
    fixture_open(fixture, false);
    fault_arm(FAULT_WRITE, FAULT_DATABASE, 0, SQLITE_FULL);
    WORKS(write_until_checkpoint(fixture));
    assert_true(atomic_load(&fault.failed) > 0);
    fault_heal();
    WORKS(write_until_checkpoint(fixture));
    assert_int_equal(fixture->broken_count, 0);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_that_meets_a_broken_disk_is_heard),
        cmocka_unit_test(a_checkpoint_that_meets_a_full_disk_waits_for_room),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
