/* The growing buffer: its limit, its failures that stick, and every allocation
 * that may be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit/wire/failing_memory.h"

static void assert_holds(const struct buf *buf, const char *text)
{
    assert_true(slice_is(buf_view(buf), text));
}

static void a_new_buffer_is_empty_and_owns_nothing(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 10);
    assert_int_equal(buf_fail(&buf), FAIL_NONE);
    assert_int_equal(buf_view(&buf).length, 0);
    assert_null(buf.bytes);
    buf_finish(&buf);
    buf_wipe(&buf);
}

static void everything_can_be_appended(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 200);
    buf_append(&buf, "abc", 2);
    buf_byte(&buf, '\n');
    buf_text(&buf, "text");
    buf_text(&buf, "");
    buf_slice(&buf, slice_of("slice"));
    buf_slice(&buf, (struct slice){NULL, 0});
    buf_format(&buf, "<%d %s>", 5, "x");
    assert_holds(&buf, "ab\ntextslice<5 x>");
    buf_finish(&buf);
}

static void numbers_are_written_to_their_ends(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 200);
    buf_unsigned(&buf, 0);
    buf_byte(&buf, ' ');
    buf_unsigned(&buf, UINT64_MAX);
    buf_byte(&buf, ' ');
    buf_signed(&buf, INT64_MIN);
    buf_byte(&buf, ' ');
    buf_signed(&buf, -1);
    buf_byte(&buf, ' ');
    buf_signed(&buf, INT64_MAX);
    assert_holds(&buf, "0 18446744073709551615 -9223372036854775808 -1 9223372036854775807");
    buf_finish(&buf);
}

static void the_limit_can_be_reached_but_not_passed(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 4);
    buf_text(&buf, "JSV5");
    assert_int_equal(buf_fail(&buf), FAIL_NONE);
    buf_byte(&buf, '!');
    assert_int_equal(buf_fail(&buf), FAIL_LIMIT);
    assert_holds(&buf, "JSV5");
    buf_finish(&buf);
}

static void the_limit_holds_wherever_growth_stands(void **state)
{
    static char chunk[701];
    size_t limit;

    (void)state;
    for (limit = 1; limit <= 700; limit++) {
        struct buf buf;

        buf_init(&buf, limit);
        buf_append(&buf, chunk, limit);
        assert_int_equal(buf_fail(&buf), FAIL_NONE);
        assert_true(buf.capacity <= limit);
        buf_byte(&buf, 'x');
        assert_int_equal(buf_fail(&buf), FAIL_LIMIT);
        buf_finish(&buf);
    }
}

static void a_failure_sticks_until_the_buffer_is_cleared(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 4);
    buf_text(&buf, "ab");
    buf_text(&buf, "too long");
    buf_text(&buf, "c");
    assert_int_equal(buf_fail(&buf), FAIL_LIMIT);
    assert_null(buf_reserve(&buf, 1));
    assert_holds(&buf, "ab");
    buf_clear(&buf);
    assert_int_equal(buf_fail(&buf), FAIL_NONE);
    buf_text(&buf, "c");
    assert_holds(&buf, "c");
    buf_finish(&buf);
}

static void an_absurd_length_is_over_the_limit(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, SIZE_MAX / 2);
    buf_byte(&buf, 'x');
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_int_equal(buf_fail(&buf), FAIL_LIMIT);
    buf_finish(&buf);
}

static void a_formatted_text_has_at_most_1023_bytes(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 4096);
    buf_format(&buf, "%1023d", 1);
    assert_int_equal(buf_fail(&buf), FAIL_NONE);
    assert_int_equal(buf.length, 1023);
    buf_format(&buf, "%1024d", 1);
    assert_int_equal(buf_fail(&buf), FAIL_LIMIT);
    assert_int_equal(buf.length, 1023);
    buf_finish(&buf);
}

static void reserved_room_counts_when_it_has_grown(void **state)
{
    struct buf buf;
    char *room;

    (void)state;
    buf_init(&buf, 8);
    buf_byte(&buf, 'a');
    room = buf_reserve(&buf, 7);
    assert_non_null(room);
    memcpy(room, "bcdefgh", 7);
    assert_holds(&buf, "a");
    buf_grown(&buf, 3);
    assert_holds(&buf, "abcd");
    assert_null(buf_reserve(&buf, 5));
    buf_finish(&buf);
}

static void consuming_moves_the_rest_forward(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 8);
    buf_consume(&buf, 0);
    buf_text(&buf, "abcdef");
    buf_consume(&buf, 2);
    assert_holds(&buf, "cdef");
    buf_consume(&buf, 0);
    assert_holds(&buf, "cdef");
    buf_text(&buf, "ghij");
    assert_holds(&buf, "cdefghij");
    buf_consume(&buf, 8);
    assert_holds(&buf, "");
    buf_finish(&buf);
}

static void a_finished_buffer_may_be_used_again(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 3);
    buf_text(&buf, "abcd");
    buf_finish(&buf);
    assert_int_equal(buf_fail(&buf), FAIL_NONE);
    buf_text(&buf, "abc");
    assert_holds(&buf, "abc");
    buf_wipe(&buf);
    assert_null(buf.bytes);
    assert_int_equal(buf.limit, 3);
}

static void each_refused_allocation_leaves_what_was_there(void **state)
{
    static char chunk[256];
    size_t successes;

    (void)state;
    for (successes = 0; successes < 3; successes++) {
        struct buf buf;
        size_t i;

        buf_init(&buf, 4096);
        failing_memory_start(successes);
        for (i = 0; i < 16; i++) {
            buf_append(&buf, chunk, sizeof(chunk));
        }
        failing_memory_stop();
        assert_int_equal(buf_fail(&buf), FAIL_MEMORY);
        /* 256, 512, 1024: what fitted into the allocations that worked */
        assert_int_equal(buf.length, successes == 0 ? 0 : 128U << successes);
        buf_clear(&buf);
        buf_byte(&buf, 'x');
        assert_int_equal(buf_fail(&buf), FAIL_NONE);
        buf_finish(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_buffer_is_empty_and_owns_nothing),
        cmocka_unit_test(everything_can_be_appended),
        cmocka_unit_test(numbers_are_written_to_their_ends),
        cmocka_unit_test(the_limit_can_be_reached_but_not_passed),
        cmocka_unit_test(the_limit_holds_wherever_growth_stands),
        cmocka_unit_test(a_failure_sticks_until_the_buffer_is_cleared),
        cmocka_unit_test(an_absurd_length_is_over_the_limit),
        cmocka_unit_test(a_formatted_text_has_at_most_1023_bytes),
        cmocka_unit_test(reserved_room_counts_when_it_has_grown),
        cmocka_unit_test(consuming_moves_the_rest_forward),
        cmocka_unit_test(a_finished_buffer_may_be_used_again),
        cmocka_unit_test(each_refused_allocation_leaves_what_was_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
