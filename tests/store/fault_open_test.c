/* A database is opened on a disk that is full or broken. */
#include "store/fault_vfs.h"
#include "store/writing.h"

/* The nth call of opening a new database fails: it is refused with a
 * sentence, and the next try with a sound disk works. */
static void opening_on_a_bad_disk_fails_with_a_sentence(void **state)
{
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_FSYNC};
    static const enum fail fails[] = {FAIL_FULL, FAIL_IO};
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        bool met = true;
        int nth;

        for (nth = 0; met; nth++) {
            struct fixture *fixture = fixture_make();
            struct add_job add = add_job_make(fixture, 1);
            enum fail fail;

            fault_arm(FAULT_WRITE | FAULT_SYNC, FAULT_DATABASE | FAULT_LOG, nth, codes[i]);
            fail = fixture_try(fixture, false);
            met = atomic_load(&fault.failed) > 0;
            fault_heal();
            assert_int_equal(fail, met ? fails[i] : FAIL_NONE);
            assert_int_equal(strlen(fixture->problem) > 0, met);
            assert_int_equal(fixture->broken_count, 0);
            if (met) {
                fixture_open(fixture, false);
            }
            WORKS(store_write_wait(fixture->store, &add.job));
            fixture_remove(fixture);
        }
        assert_true(nth > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_on_a_bad_disk_fails_with_a_sentence),
    };

    id_start();
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
