/* The words of payments, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/payment.h"

static void a_displayed_payment_is_where_its_terminal_says(void **state)
{
    static const char *const names[PAYMENT_STATES] = {
        "offered",  "displayed", "authorising", "retry",   "unknown",
        "approved", "declined",  "cancelled",   "expired", "refused",
    };
    static const char *const screens[SCREENS] = {"displayed", "tip", "card", "pin", "authorising"};
    unsigned i;

    (void)state;
    for (i = 0; i < PAYMENT_STATES; i++) {
        assert_string_equal(payment_state_name((enum payment_state)i, SCREEN_NONE), names[i]);
        if (i != PAYMENT_DISPLAYED) {
            assert_string_equal(payment_state_name((enum payment_state)i, SCREEN_PIN), names[i]);
        }
        assert_int_equal(payment_is_final((enum payment_state)i), i >= 5);
    }
    for (i = 0; i < SCREENS; i++) {
        assert_string_equal(payment_state_name(PAYMENT_DISPLAYED, (enum payment_screen)i),
                            screens[i]);
    }
}

static void screens_are_read_back(void **state)
{
    enum payment_screen screen = SCREEN_NONE;
    unsigned i;

    (void)state;
    assert_null(payment_screen_name(SCREEN_NONE));
    for (i = SCREEN_TIP; i < SCREENS; i++) {
        assert_true(
            payment_screen_read(slice_of(payment_screen_name((enum payment_screen)i)), &screen));
        assert_int_equal(screen, i);
    }
    assert_false(payment_screen_read(slice_of("displayed"), &screen));
    assert_false(payment_screen_read(slice_of(""), &screen));
    assert_int_equal(screen, SCREEN_AUTHORISING);
}

static void reasons_are_read_back(void **state)
{
    static const char *const names[PAYMENT_REASONS] = {
        NULL, "customer", "cashier", "pos", "time", "lost", "not_shown", "administrator",
    };
    enum payment_reason reason = REASON_NONE;
    unsigned i;

    (void)state;
    assert_null(payment_reason_name(REASON_NONE));
    for (i = REASON_CUSTOMER; i < PAYMENT_REASONS; i++) {
        assert_string_equal(payment_reason_name((enum payment_reason)i), names[i]);
        assert_true(payment_reason_read(slice_of(names[i]), &reason));
        assert_int_equal(reason, i);
    }
    assert_false(payment_reason_read(slice_of("none"), &reason));
    assert_false(payment_reason_read(slice_of(""), &reason));
    assert_int_equal(reason, REASON_ADMINISTRATOR);
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(payment_kind_name(PAYMENT_PURCHASE), "purchase");
    assert_string_equal(payment_kind_name(PAYMENT_REFUND), "refund");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_displayed_payment_is_where_its_terminal_says),
        cmocka_unit_test(screens_are_read_back),
        cmocka_unit_test(reasons_are_read_back),
        cmocka_unit_test(kinds_have_names),
    };

    return cmocka_run_group_tests_name("core/payment, names", tests, NULL, NULL);
}
