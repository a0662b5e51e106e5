/* The poster while memory is short: each post is answered exactly once, and
 * what is answered 200 has arrived. */
#include "unit/wire/failing_memory.h"

#include "unit/net/post_scene.h"

enum { STEPS = 400 };

static void each_post_is_answered_whatever_allocation_fails(void **state)
{
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(2, NULL);
    struct letter letter;
    unsigned arrived = 0;
    unsigned missed = 0;
    size_t i;

    (void)state;
    letter_to(&letter, hook, "/status/200");
    letter_send(poster, &letter); /* what is made once is made */
    assert_int_equal(letter.post.status, 200);
    for (i = 0; i < STEPS && arrived < 3; i++) {
        letter_to(&letter, hook, "/status/200");
        failing_memory_start(i);
        poster_send(poster, &letter.post);
        home_run_one();
        failing_memory_stop();
        assert_int_equal(letter.answers, 1);
        if (letter.post.status == 200) {
            assert_string_equal(letter.post.problem, "");
            arrived++;
        } else {
            assert_int_equal(letter.post.status, 0);
            assert_string_not_equal(letter.post.problem, "");
            arrived = 0;
            missed++;
        }
    }
    assert_int_equal(arrived, 3);
    assert_true(missed > 10);
    poster_gone(&poster);
    hook_stop(hook);
}

static void without_memory_there_is_no_poster_and_nothing_is_left_behind(void **state)
{
    const struct poster_options options = {.allow_loopback = true, .at_once = 1};
    struct poster *poster = poster_of(1, NULL); /* libcurl itself is made once */
    enum fail fail = FAIL_MEMORY;
    size_t i;

    (void)state;
    poster_gone(&poster);
    for (i = 0; i < STEPS && fail != FAIL_NONE; i++) {
        failing_memory_start(i);
        fail = poster_create(&poster, &options);
        failing_memory_stop();
        if (fail != FAIL_NONE) {
            assert_int_equal(fail, FAIL_MEMORY);
            assert_null(poster);
        }
    }
    assert_true(i > 3);
    assert_int_equal(fail, FAIL_NONE);
    poster_gone(&poster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_post_is_answered_whatever_allocation_fails),
        cmocka_unit_test(without_memory_there_is_no_poster_and_nothing_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
