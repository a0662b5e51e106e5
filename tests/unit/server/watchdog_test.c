/* The watchdog over loops that answer, and one that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's macro would eat `enum fail` */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/list.h"
#include "server/watchdog.h"

enum { LOOPS = 3, TEXT_SIZE = 64, WAIT_SECONDS = 20 };

/* A loop that runs what was posted when the test says so, or at once. */
struct slow_loop {
    struct executor executor;
    bool at_once;
    int posted;
    struct task *task; /* waiting */
};

static void loop_post(struct executor *executor, struct task *task)
{
    struct slow_loop *loop = LIST_ITEM(executor, struct slow_loop, executor);

    assert_null(loop->task); /* a task in a queue must not be posted again */
    loop->posted++;
    if (loop->at_once) {
        task->run(task);
    } else {
        loop->task = task;
    }
}

static void loop_run(struct slow_loop *loop)
{
    struct task *task = loop->task;

    assert_non_null(task);
    loop->task = NULL;
    task->run(task);
}

struct scene {
    int manager; /* its socket */
    struct slow_loop loops[LOOPS];
    struct executor *executors[LOOPS];
    struct watchdog *watchdog;
};

static struct scene *scene_make(const char *interval_us, bool at_once)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = WAIT_SECONDS};
    char name[TEXT_SIZE];
    struct scene *scene = calloc(1, sizeof(*scene));
    size_t i;

    assert_non_null(scene);
    (void)snprintf(name, sizeof(name), "@tillwire-watchdog-%d", (int)getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    scene->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(scene->manager >= 0);
    assert_int_equal(bind(scene->manager, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    (void)setsockopt(scene->manager, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    if (interval_us == NULL) {
        assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
    } else {
        assert_int_equal(setenv("WATCHDOG_USEC", interval_us, 1), 0);
    }
    for (i = 0; i < LOOPS; i++) {
        scene->loops[i] = (struct slow_loop){.executor.post = loop_post, .at_once = at_once};
        scene->executors[i] = &scene->loops[i].executor;
    }
    assert_int_equal(watchdog_start(&scene->watchdog, scene->executors, LOOPS), FAIL_NONE);
    return scene;
}

static void scene_remove(struct scene *scene)
{
    watchdog_stop(scene->watchdog);
    watchdog_destroy(&scene->watchdog);
    assert_null(scene->watchdog);
    (void)close(scene->manager);
    free(scene);
}

static bool hears(const struct scene *scene, int flags)
{
    char text[TEXT_SIZE];
    ssize_t length = recv(scene->manager, text, sizeof(text) - 1, flags);

    if (length < 0) {
        return false;
    }
    text[length] = '\0';
    assert_string_equal(text, "WATCHDOG=1");
    return true;
}

static void a_round_tells_the_manager_only_when_every_loop_has_answered(void **state)
{
    struct scene *scene = scene_make(NULL, false);

    (void)state;
    assert_true(watchdog_round(scene->watchdog)); /* nobody was asked yet */
    assert_true(hears(scene, MSG_DONTWAIT));
    loop_run(&scene->loops[0]);
    loop_run(&scene->loops[2]);
    assert_false(watchdog_round(scene->watchdog));
    assert_false(hears(scene, MSG_DONTWAIT));
    assert_int_equal(scene->loops[0].posted, 2);
    assert_int_equal(scene->loops[1].posted, 1); /* it has the question still */
    loop_run(&scene->loops[0]);
    loop_run(&scene->loops[1]);
    assert_false(watchdog_round(scene->watchdog)); /* the third was asked again meanwhile */
    loop_run(&scene->loops[0]);
    loop_run(&scene->loops[1]);
    loop_run(&scene->loops[2]);
    assert_true(watchdog_round(scene->watchdog));
    assert_true(hears(scene, MSG_DONTWAIT));
    assert_false(hears(scene, MSG_DONTWAIT));
    scene_remove(scene);
}

static void loops_that_turn_are_told_again_and_again(void **state)
{
    struct scene *scene = scene_make("20000", true);
    int i;

    (void)state;
    for (i = 0; i < 5; i++) {
        assert_true(hears(scene, 0));
    }
    scene_remove(scene);
}

static void the_thread_ends_at_once_however_long_the_interval_is(void **state)
{
    struct scene *scene = scene_make("3600000000", true);

    (void)state;
    assert_true(hears(scene, 0)); /* it is in its wait of half an hour now, or will be */
    scene_remove(scene);
}

static void a_manager_that_does_not_watch_hears_nothing(void **state)
{
    struct scene *scene = scene_make(NULL, true);

    (void)state;
    watchdog_stop(scene->watchdog);
    assert_int_equal(scene->loops[0].posted, 0);
    assert_false(hears(scene, MSG_DONTWAIT));
    scene_remove(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_tells_the_manager_only_when_every_loop_has_answered),
        cmocka_unit_test(loops_that_turn_are_told_again_and_again),
        cmocka_unit_test(the_thread_ends_at_once_however_long_the_interval_is),
        cmocka_unit_test(a_manager_that_does_not_watch_hears_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
