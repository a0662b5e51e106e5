/* Lines that a person types arrive on the loop, one by one, and the reader of
 * them ends whenever it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "net/loop.h"
#include "terminal/typing.h"

static struct loop *loop;
static int ends[2];
static char typed[1024];
static unsigned wanted; /* lines, before the loop stops */

static void on_line(void *context, struct slice line)
{
    size_t used = strlen(typed);

    (void)context;
    (void)snprintf(typed + used, sizeof(typed) - used, "<%.*s>", (int)line.length, line.bytes);
    wanted--;
    if (wanted == 0) {
        loop_stop(loop);
    }
}

static void run_posted(void *context)
{
    loop_run_posted(context);
}

static int set_up(void **state)
{
    (void)state;
    typed[0] = '\0';
    return loop_create(&loop, 0) != FAIL_NONE || pipe(ends) != 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_destroy(&loop);
    (void)close(ends[0]);
    return 0;
}

static void type(const char *text)
{
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void lines_come_one_by_one_and_the_last_needs_no_end(void **state)
{
    struct typing *typing;

    (void)state;
    type("approve\n\ncard amex\ncancel");
    (void)close(ends[1]);
    wanted = 4;
    assert_int_equal(typing_start(&typing, loop_executor(loop), ends[0], on_line, NULL), FAIL_NONE);
    loop_run(loop);
    typing_finish(&typing, run_posted, loop);
    assert_null(typing);
    assert_string_equal(typed, "<approve><><card amex><cancel>");
}

static void a_line_that_is_too_long_is_cut(void **state)
{
    struct typing *typing;
    char line[TYPING_LINE_MAX + 40];

    (void)state;
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    type(line);
    type("next\n");
    wanted = 2;
    assert_int_equal(typing_start(&typing, loop_executor(loop), ends[0], on_line, NULL), FAIL_NONE);
    loop_run(loop);
    typing_finish(&typing, run_posted, loop);
    (void)close(ends[1]);
    assert_int_equal(strlen(typed), TYPING_LINE_MAX + strlen("<><next>"));
}

static void it_ends_while_nobody_types(void **state)
{
    struct typing *typing;

    (void)state;
    assert_int_equal(typing_start(&typing, loop_executor(loop), ends[0], on_line, NULL), FAIL_NONE);
    typing_finish(&typing, run_posted, loop);
    (void)close(ends[1]);
    assert_string_equal(typed, "");
}

/* The loop is at its end; what was typed then is told to nobody. */
static void what_is_typed_at_the_end_is_told_to_nobody(void **state)
{
    struct typing *typing;
    char byte;

    (void)state;
    type("first\nsecond\n");
    assert_int_equal(typing_start(&typing, loop_executor(loop), ends[0], on_line, NULL), FAIL_NONE);
    typing_finish(&typing, run_posted, loop);
    (void)close(ends[1]);
    while (read(ends[0], &byte, 1) > 0) {
    }
    assert_string_equal(typed, "");
}

#define TYPING_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TYPING_TEST(lines_come_one_by_one_and_the_last_needs_no_end),
        TYPING_TEST(a_line_that_is_too_long_is_cut),
        TYPING_TEST(it_ends_while_nobody_types),
        TYPING_TEST(what_is_typed_at_the_end_is_told_to_nobody),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
