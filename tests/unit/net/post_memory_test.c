/* The poster while memory is short: each post is answered exactly once, and
 * what is answered 200 has arrived. The endpoint is a process of its own, which
 * has memory. The sanitizers' own parts do not bear a thread that cannot be
 * made, nor the thread sanitizer an allocator that threads share in this way. */
#include "unit/wire/failing_memory.h"

#include "unit/net/post_scene.h"

#include <signal.h>
#include <sys/wait.h>

enum { STEPS = 400 };

#if defined(__SANITIZE_THREAD__)
enum { THREADS_ARE_WATCHED = 1 };
#else
enum { THREADS_ARE_WATCHED = 0 };
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* The endpoint as a process: its number; its port is in `hook`. Before any
 * thread is made. */
static pid_t hook_fork(struct hook *hook)
{
    int pipes[2];
    pid_t child;

    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct hook *own = hook_start();

        if (write(pipes[1], &own->port, sizeof(own->port)) != (ssize_t)sizeof(own->port)) {
            abort();
        }
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(read(pipes[0], &hook->port, sizeof(hook->port)), sizeof(hook->port));
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    return child;
}

static void hook_kill(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void each_post_is_answered_whatever_allocation_fails(void **state)
{
    static struct hook hook;
    pid_t endpoint = hook_fork(&hook);
    struct poster *poster = poster_of(2, NULL);
    struct letter letter;
    unsigned arrived = 0;
    unsigned missed = 0;
    size_t i;

    (void)state;
    letter_to(&letter, &hook, "/status/200");
    letter_send(poster, &letter); /* what is made once is made */
    assert_int_equal(letter.post.status, 200);
    for (i = 0; i < STEPS && arrived < 3 && !THREADS_ARE_WATCHED; i++) {
        letter_to(&letter, &hook, "/status/200");
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
    assert_true(THREADS_ARE_WATCHED || (arrived == 3 && missed > 10));
    poster_gone(&poster);
    hook_kill(endpoint);
}

static void without_memory_there_is_no_poster_and_nothing_is_left_behind(void **state)
{
    const struct poster_options options = {.allow_loopback = true, .at_once = 1};
    struct poster *poster = poster_of(1, NULL); /* libcurl itself is made once */
    enum fail fail = FAIL_MEMORY;
    size_t i;

    (void)state;
    poster_gone(&poster);
    if (IS_SANITIZED) {
        return;
    }
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
