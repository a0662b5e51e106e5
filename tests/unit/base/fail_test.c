/* Every failure has words of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/fail.h"

static void every_failure_has_words_of_its_own(void **state)
{
    int a;
    int b;

    (void)state;
    for (a = FAIL_NONE; a <= FAIL_VERSION; a++) {
        assert_string_not_equal(fail_text((enum fail)a), "unknown failure");
        for (b = FAIL_NONE; b < a; b++) {
            assert_string_not_equal(fail_text((enum fail)a), fail_text((enum fail)b));
        }
    }
    assert_string_equal(fail_text(FAIL_FULL), "no room on the disk");
}

static void a_number_that_is_no_failure_is_called_unknown(void **state)
{
    (void)state;
    assert_string_equal(fail_text((enum fail)(FAIL_VERSION + 1)), "unknown failure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_has_words_of_its_own),
        cmocka_unit_test(a_number_that_is_no_failure_is_called_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
