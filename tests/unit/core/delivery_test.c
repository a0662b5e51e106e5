/* The schedule of the contract, its jitter, and what an endpoint may ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/delivery.h"

#define S INT64_C(1000)
#define MIN (60 * S)
#define H (60 * MIN)

static const int64_t WAITS_MS[] = {5 * S, 5 * MIN, 30 * MIN, 2 * H, 5 * H, 10 * H, 10 * H};

static void eight_attempts_are_made_as_the_contract_says(void **state)
{
    unsigned i;

    (void)state;
    assert_int_equal(DELIVERY_ATTEMPTS_MAX, 8);
    for (i = 0; i < 7; i++) {
        assert_int_equal(delivery_wait_ms(i + 1, 0, 0), WAITS_MS[i]);
    }
    assert_int_equal(delivery_wait_ms(8, 0, 0), -1);
    assert_int_equal(delivery_wait_ms(9, UINT32_MAX, 60), -1);
}

static void jitter_adds_up_to_a_tenth(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 7; i++) {
        assert_int_equal(delivery_wait_ms(i + 1, UINT32_MAX, 0), WAITS_MS[i] + WAITS_MS[i] / 10);
        assert_in_range(delivery_wait_ms(i + 1, UINT32_MAX / 2, 0), WAITS_MS[i] + WAITS_MS[i] / 21,
                        WAITS_MS[i] + WAITS_MS[i] / 20);
    }
}

static void an_endpoint_may_lengthen_a_wait_and_never_shorten_it(void **state)
{
    (void)state;
    assert_int_equal(delivery_wait_ms(1, 0, 4), 5 * S);
    assert_int_equal(delivery_wait_ms(1, 0, 6), 6 * S);
    assert_int_equal(delivery_wait_ms(1, UINT32_MAX, 60), 66 * S);
    assert_int_equal(delivery_wait_ms(7, 0, 60), 10 * H);
    assert_int_equal(delivery_wait_ms(7, 0, 86400), 24 * H);
    assert_int_equal(delivery_wait_ms(7, 0, 86401), 24 * H);
    assert_int_equal(delivery_wait_ms(1, 0, INT64_MAX), 24 * H);
    assert_int_equal(delivery_wait_ms(1, 0, -1), 5 * S);
    assert_int_equal(delivery_wait_ms(1, 0, INT64_MIN), 5 * S);
}

static void only_a_2xx_is_success_and_only_a_3xx_or_4xx_is_about_the_event(void **state)
{
    int status;

    (void)state;
    for (status = -1; status <= 1000; status++) {
        enum delivery_answer expected = DELIVERY_ENDPOINT_FAILED;

        if (status / 100 == 2) {
            expected = DELIVERY_TAKEN;
        } else if ((status / 100 == 3 || status / 100 == 4) && status != 429) {
            expected = DELIVERY_REFUSED;
        }
        assert_int_equal(delivery_answer_of(status), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_attempts_are_made_as_the_contract_says),
        cmocka_unit_test(jitter_adds_up_to_a_tenth),
        cmocka_unit_test(an_endpoint_may_lengthen_a_wait_and_never_shorten_it),
        cmocka_unit_test(only_a_2xx_is_success_and_only_a_3xx_or_4xx_is_about_the_event),
    };

    return cmocka_run_group_tests_name("core/delivery", tests, NULL, NULL);
}
