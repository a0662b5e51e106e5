/* The JSON reader when memory runs out, and when it needs none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/wire/failing_memory.h"

#include "base/buf.h"
#include "wire/json.h"
#include "wire/json_write.h"
#include "wire/terminal_message.h"

enum { WALK_MAX = 100, ELEMENTS = 1000 };

/* Under valgrind, which puts its own allocator over ours, nothing can be made
 * to fail: the walk is skipped there, and seen by the sanitizers instead. */
static void need_failing_memory(void)
{
    struct buf probe;
    bool works;

    buf_init(&probe, 1);
    failing_memory_start(0);
    buf_byte(&probe, 'x');
    failing_memory_stop();
    works = buf_fail(&probe) == FAIL_MEMORY;
    buf_finish(&probe);
    if (!works) {
        skip();
    }
}

/* More values than fit at first, and escapes: every allocation of the reader. */
static struct buf large_text(void)
{
    struct buf text;
    size_t i;

    buf_init(&text, 65536);
    json_open_array(&text, NULL);
    for (i = 0; i < ELEMENTS; i++) {
        json_add_text(&text, NULL, i % 2 == 0 ? "plain" : "with\nescape");
    }
    json_close_array(&text);
    assert_int_equal(buf_fail(&text), FAIL_NONE);
    return text;
}

static void each_allocation_may_fail(void **state)
{
    struct buf text;
    enum fail fail = FAIL_MEMORY;
    size_t failures = 0;
    size_t n;

    (void)state;
    need_failing_memory();
    text = large_text();
    for (n = 0; fail != FAIL_NONE && n < WALK_MAX; n++) {
        struct json_document document;

        json_document_init(&document);
        failing_memory_start(n);
        fail = json_read(&document, buf_view(&text));
        failing_memory_stop();
        if (fail != FAIL_NONE) {
            failures++;
            assert_int_equal(fail, FAIL_MEMORY);
            assert_string_equal(document.problem, "out of memory");
            assert_int_equal(document.count, 0);
            /* It is as good as before. */
            assert_int_equal(json_read(&document, buf_view(&text)), FAIL_NONE);
        }
        assert_int_equal(document.count, ELEMENTS + 1);
        json_document_finish(&document);
    }
    assert_int_equal(fail, FAIL_NONE);
    assert_int_equal(failures, 7); /* 32, 64, ... 1,024 values; one for the strings */
    buf_finish(&text);
}

static void a_used_document_allocates_nothing(void **state)
{
    struct json_document document;
    struct buf text;

    (void)state;
    need_failing_memory();
    text = large_text();
    json_document_init(&document);
    assert_int_equal(json_read(&document, buf_view(&text)), FAIL_NONE);
    failing_memory_start(0);
    assert_int_equal(json_read(&document, buf_view(&text)), FAIL_NONE);
    failing_memory_stop();
    assert_int_equal(failing_memory_asked, 0);
    json_document_finish(&document);
    buf_finish(&text);
}

static void a_terminal_message_needs_no_memory_in_a_used_document(void **state)
{
    struct slice text = slice_of("{\"type\":\"ping_shown\",\"id\":123456}");
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;

    (void)state;
    need_failing_memory();
    json_document_init(&document);
    failing_memory_start(0);
    assert_int_equal(terminal_message_read(&message, &document, text, problem), FAIL_MEMORY);
    failing_memory_stop();
    assert_string_equal(problem, "the message is not JSON: out of memory (byte 0)");
    assert_int_equal(terminal_message_read(&message, &document, text, problem), FAIL_NONE);
    failing_memory_start(0);
    assert_int_equal(terminal_message_read(&message, &document, text, problem), FAIL_NONE);
    failing_memory_stop();
    assert_int_equal(failing_memory_asked, 0);
    assert_int_equal(message.ping_shown, 123456);
    json_document_finish(&document);
}

static void a_writer_without_memory_says_so_at_the_end(void **state)
{
    enum fail fail = FAIL_MEMORY;
    size_t n;

    (void)state;
    need_failing_memory();
    for (n = 0; fail != FAIL_NONE && n < WALK_MAX; n++) {
        struct buf out;
        size_t i;

        buf_init(&out, 65536);
        failing_memory_start(n);
        json_open_object(&out, NULL);
        for (i = 0; i < 100; i++) {
            json_add_text(&out, "name", "value with \" and \xe2\x80\xa8 and \xff");
        }
        json_close_object(&out);
        failing_memory_stop();
        fail = buf_fail(&out);
        assert_true(fail == FAIL_NONE || fail == FAIL_MEMORY);
        buf_finish(&out);
    }
    assert_int_equal(fail, FAIL_NONE);
    assert_true(n > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_used_document_allocates_nothing),
        cmocka_unit_test(a_terminal_message_needs_no_memory_in_a_used_document),
        cmocka_unit_test(a_writer_without_memory_says_so_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
