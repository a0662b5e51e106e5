/* The date of answers, with a clock that the test moves. */
#include "net/http_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"

static int64_t now_ms;

static int64_t wall_ms(void *context)
{
    (void)context;
    return now_ms;
}

static int64_t monotonic_ns(void *context)
{
    (void)context;
    return 0;
}

static int setup(void **state)
{
    static const struct clock_source source = {.monotonic_ns = monotonic_ns, .wall_ms = wall_ms};

    (void)state;
    clock_replace(&source);
    return 0;
}

static void a_date_is_written_as_the_rfc_writes_it(void **state)
{
    struct http_date date = {0};

    (void)state;
    now_ms = INT64_C(784111777000); /* RFC 9110, 5.6.7 */
    assert_string_equal(http_date_now(&date), "Sun, 06 Nov 1994 08:49:37 GMT");
    now_ms = INT64_C(1709251199999);
    assert_string_equal(http_date_now(&date), "Thu, 29 Feb 2024 23:59:59 GMT");
}

static void it_is_made_anew_with_each_second(void **state)
{
    struct http_date date = {0};

    (void)state;
    now_ms = INT64_C(784111777000);
    (void)http_date_now(&date);
    date.text[0] = 's'; /* shows whether it was made anew */
    now_ms += 999;
    assert_string_equal(http_date_now(&date), "sun, 06 Nov 1994 08:49:37 GMT");
    now_ms += 1;
    assert_string_equal(http_date_now(&date), "Sun, 06 Nov 1994 08:49:38 GMT");
    now_ms -= 1; /* clocks are set back, too */
    assert_string_equal(http_date_now(&date), "Sun, 06 Nov 1994 08:49:37 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_date_is_written_as_the_rfc_writes_it, setup),
        cmocka_unit_test_setup(it_is_made_anew_with_each_second, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
