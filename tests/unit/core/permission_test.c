/* The three scales of a token, each combination of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "core/permission.h"

enum { COMBINATIONS = 3 * 3 * 4 };

static struct permissions combination(int number)
{
    return (struct permissions){.general = (uint8_t)(number % 3),
                                .settings = (uint8_t)(number / 3 % 3),
                                .processing = (uint8_t)(number / 9)};
}

static void a_token_covers_what_is_at_most_its_own_on_every_scale(void **state)
{
    int a;
    int b;

    (void)state;
    for (a = 0; a < COMBINATIONS; a++) {
        for (b = 0; b < COMBINATIONS; b++) {
            struct permissions granted = combination(a);
            struct permissions needed = combination(b);
            bool expected = needed.general <= granted.general &&
                            needed.settings <= granted.settings &&
                            needed.processing <= granted.processing;

            assert_int_equal(permissions_cover(&granted, &needed), expected);
        }
    }
}

static void no_scale_stands_in_for_another(void **state)
{
    const struct permissions granted = {ACCESS_WRITE, ACCESS_NONE, PROCESSING_ADMIN};
    const struct permissions list_devices = {ACCESS_READ, ACCESS_READ, PROCESSING_NONE};
    const struct permissions ping = {ACCESS_NONE, ACCESS_NONE, PROCESSING_NONE};

    (void)state;
    assert_false(permissions_cover(&granted, &list_devices));
    assert_true(permissions_cover(&granted, &ping));
}

static void each_step_of_a_scale_has_its_name(void **state)
{
    uint8_t step = 9;

    (void)state;
    assert_string_equal(permission_access_name(ACCESS_NONE), "none");
    assert_string_equal(permission_access_name(ACCESS_READ), "read");
    assert_string_equal(permission_access_name(ACCESS_WRITE), "write");
    assert_string_equal(permission_processing_name(PROCESSING_NONE), "none");
    assert_string_equal(permission_processing_name(PROCESSING_AUTH), "auth");
    assert_string_equal(permission_processing_name(PROCESSING_POSITIVE), "positive");
    assert_string_equal(permission_processing_name(PROCESSING_ADMIN), "admin");
    for (step = 0; step <= ACCESS_WRITE; step++) {
        uint8_t read = 9;

        assert_true(permission_access_read(slice_of(permission_access_name(step)), &read));
        assert_int_equal(read, step);
    }
    for (step = 0; step <= PROCESSING_ADMIN; step++) {
        uint8_t read = 9;

        assert_true(permission_processing_read(slice_of(permission_processing_name(step)), &read));
        assert_int_equal(read, step);
    }
}

static void a_step_past_the_last_counts_as_none(void **state)
{
    (void)state;
    assert_string_equal(permission_access_name(ACCESS_WRITE + 1), "none");
    assert_string_equal(permission_processing_name(PROCESSING_ADMIN + 1), "none");
}

static void other_words_are_refused_and_change_nothing(void **state)
{
    uint8_t step = 9;

    (void)state;
    assert_false(permission_access_read(slice_of("admin"), &step));
    assert_false(permission_access_read(slice_of("Read"), &step));
    assert_false(permission_access_read(slice_of(""), &step));
    assert_false(permission_processing_read(slice_of("write"), &step));
    assert_false(permission_processing_read(slice_of("admin "), &step));
    assert_int_equal(step, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_covers_what_is_at_most_its_own_on_every_scale),
        cmocka_unit_test(no_scale_stands_in_for_another),
        cmocka_unit_test(each_step_of_a_scale_has_its_name),
        cmocka_unit_test(a_step_past_the_last_counts_as_none),
        cmocka_unit_test(other_words_are_refused_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
