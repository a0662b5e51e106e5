/* The members by name, and whose the outcome is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "processor/processor.h"

static void each_member_has_a_name_that_is_read_back(void **state)
{
    static const char *const names[] = {"test", "device"};
    enum processor_kind kind = PROCESSOR_KINDS;
    unsigned i;

    (void)state;
    for (i = 0; i < PROCESSOR_KINDS; i++) {
        assert_string_equal(processor_name((enum processor_kind)i), names[i]);
        assert_true(processor_read(slice_of(names[i]), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(processor_read(slice_of("Test"), &kind));
    assert_false(processor_read(slice_of(""), &kind));
    assert_false(processor_read(slice_of("devices"), &kind));
    assert_int_equal(kind, PROCESSOR_DEVICE);
}

static void the_outcome_is_the_terminals_only_with_its_own_application(void **state)
{
    (void)state;
    assert_int_equal(processor_authority(PROCESSOR_TEST), AUTHORITY_SERVER);
    assert_int_equal(processor_authority(PROCESSOR_DEVICE), AUTHORITY_TERMINAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_member_has_a_name_that_is_read_back),
        cmocka_unit_test(the_outcome_is_the_terminals_only_with_its_own_application),
    };

    return cmocka_run_group_tests_name("processor/processor", tests, NULL, NULL);
}
