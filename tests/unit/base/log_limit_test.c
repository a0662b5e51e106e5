/* Places that strangers can make speak: so many lines a minute, then how many
 * were left out. */
#include "unit/base/log_heard.h"

#include <pthread.h>

static size_t lines_of(const char *text, const char *with)
{
    size_t count = 0;

    while ((text = strstr(text, with)) != NULL) {
        count++;
        text += strlen(with);
    }
    return count;
}

static void knock(struct log_limit *limit, unsigned times)
{
    while (times-- > 0) {
        log_limited(limit, LOG_INFO, "door.knocked", log_number("n", 1));
    }
}

static void so_many_lines_a_minute_and_then_none(void **state)
{
    struct log_limit limit = {.per_minute = 3};

    (void)state;
    listen_now();
    knock(&limit, 3);
    assert_int_equal(lines_of(heard(), "event=door.knocked n=1\n"), 3);
    listen_now();
    knock(&limit, 5);
    now_ms += 59999;
    knock(&limit, 1);
    assert_string_equal(heard(), "");
    listen_now();
    log_finish();
    (void)heard();
}

static void after_the_minute_it_is_said_how_many_were_left_out(void **state)
{
    struct log_limit limit = {.per_minute = 2};

    (void)state;
    listen_now();
    knock(&limit, 9);
    (void)heard();
    now_ms += 60000;
    listen_now();
    knock(&limit, 4);
    (void)heard();
    assert_int_equal(
        strncmp(written,
                "time=2026-01-22T18:00:36.123Z level=info event=log.suppressed what=door.knocked "
                "lines=7\n",
                strlen("time=2026-01-22T18:00:36.123Z level=info event=log.suppressed "
                       "what=door.knocked lines=7\n")),
        0);
    assert_int_equal(lines_of(written, "log.suppressed"), 1);
    assert_int_equal(lines_of(written, "event=door.knocked"), 2);
    listen_now();
    log_finish();
    assert_int_equal(lines_of(heard(), "what=door.knocked lines=2\n"), 1);
}

static void a_line_of_another_place_tells_it_too(void **state)
{
    struct log_limit limit = {.per_minute = 1};

    (void)state;
    listen_now();
    knock(&limit, 3);
    now_ms += 59999;
    log_event(LOG_INFO, "other", log_number("n", 1));
    assert_int_equal(lines_of(heard(), "log.suppressed"), 0);
    now_ms += 1;
    listen_now();
    log_event(LOG_INFO, "other", log_number("n", 1));
    log_event(LOG_INFO, "other", log_number("n", 1));
    assert_int_equal(lines_of(heard(), "log.suppressed what=door.knocked lines=2\n"), 1);
}

static void the_end_tells_what_nobody_was_told(void **state)
{
    struct log_limit first = {.per_minute = 1};
    struct log_limit second = {.per_minute = 1};

    (void)state;
    listen_now();
    knock(&first, 2);
    knock(&second, 4);
    log_finish();
    (void)heard();
    assert_int_equal(lines_of(written, "lines=1\n"), 1);
    assert_int_equal(lines_of(written, "lines=3\n"), 1);
    listen_now();
    log_finish();
    assert_string_equal(heard(), "");
}

static void each_place_has_its_own_limit_and_minute(void **state)
{
    struct log_limit first = {.per_minute = 1};
    struct log_limit second = {.per_minute = 1};

    (void)state;
    listen_now();
    knock(&first, 2);
    now_ms += 30000;
    knock(&second, 2);
    (void)heard();
    listen_now();
    now_ms += 30000;
    knock(&first, 1);
    knock(&second, 1);
    (void)heard();
    assert_int_equal(lines_of(written, "log.suppressed"), 1);
    assert_int_equal(lines_of(written, "event=door.knocked"), 1);
    listen_now();
    now_ms += 30000;
    knock(&second, 1);
    (void)heard();
    assert_int_equal(lines_of(written, "what=door.knocked lines=2\n"), 1);
    assert_int_equal(lines_of(written, "event=door.knocked"), 1);
}

static void a_line_that_is_not_wanted_is_not_counted(void **state)
{
    struct log_limit limit = {.per_minute = 1};

    (void)state;
    listen_now();
    log_limited(&limit, LOG_DEBUG, "door.seen", log_number("n", 1));
    knock(&limit, 1);
    log_finish();
    (void)heard();
    assert_int_equal(lines_of(written, "door.seen"), 0);
    assert_int_equal(lines_of(written, "event=door.knocked"), 1);
    assert_int_equal(lines_of(written, "log.suppressed"), 0);
}

/* --- From any thread --------------------------------------------------------- */

enum { THREADS = 4, KNOCKS = 500 };
static struct log_limit shared = {.per_minute = 5};

static void *knock_often(void *argument)
{
    (void)argument;
    knock(&shared, KNOCKS);
    return NULL;
}

static void threads_count_together(void **state)
{
    pthread_t threads[THREADS];
    unsigned i;

    (void)state;
    listen_now();
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, knock_often, NULL), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    log_finish();
    (void)heard();
    assert_int_equal(lines_of(written, "event=door.knocked"), 5);
    assert_int_equal(lines_of(written, "lines=1995\n"), 1);
}

static int quiet(void **state)
{
    (void)state;
    now_ms += 3600000;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(so_many_lines_a_minute_and_then_none, quiet),
        cmocka_unit_test_setup(after_the_minute_it_is_said_how_many_were_left_out, quiet),
        cmocka_unit_test_setup(a_line_of_another_place_tells_it_too, quiet),
        cmocka_unit_test_setup(the_end_tells_what_nobody_was_told, quiet),
        cmocka_unit_test_setup(each_place_has_its_own_limit_and_minute, quiet),
        cmocka_unit_test_setup(a_line_that_is_not_wanted_is_not_counted, quiet),
        cmocka_unit_test_setup(threads_count_together, quiet),
    };

    return cmocka_run_group_tests(tests, clocks_start, NULL);
}
