/* One process owns what a lock file stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lock.h"

enum { PLACE_SIZE = 64 };

/* A directory of its own, and a lock file in it. */
struct place {
    char directory[PLACE_SIZE];
    char path[PLACE_SIZE + 8];
};

static struct place place_make(void)
{
    struct place place = {.directory = "/tmp/tillwire-lock-XXXXXX"};

    assert_non_null(mkdtemp(place.directory));
    (void)snprintf(place.path, sizeof(place.path), "%s/lock", place.directory);
    return place;
}

static void place_remove(const struct place *place)
{
    (void)unlink(place->path);
    assert_int_equal(rmdir(place->directory), 0);
}

static void the_lock_is_taken_given_back_and_taken_again(void **state)
{
    struct place place = place_make();
    struct lock *lock = NULL;
    long holder = -1;

    (void)state;
    assert_int_equal(lock_take(&lock, place.path, &holder), FAIL_NONE);
    assert_non_null(lock);
    lock_release(&lock);
    assert_null(lock);
    lock_release(&lock);
    assert_int_equal(lock_take(&lock, place.path, &holder), FAIL_NONE);
    lock_release(&lock);
    place_remove(&place);
}

/* The child takes the lock, says so, and waits to be killed. */
static pid_t holder_start(const char *path)
{
    int ends[2];
    char ready = 0;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct lock *lock = NULL;
        long holder;

        /* Not even a failed test leaves it behind. */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (lock_take(&lock, path, &holder) == FAIL_NONE) {
            (void)!write(ends[1], "r", 1);
        }
        (void)pause();
        _exit(0);
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &ready, 1), 1);
    (void)close(ends[0]);
    return child;
}

static void another_process_holds_it_until_it_dies(void **state)
{
    struct place place = place_make();
    pid_t child = holder_start(place.path);
    struct lock *lock = NULL;
    long holder = 0;
    int status;

    (void)state;
    assert_int_equal(lock_take(&lock, place.path, &holder), FAIL_BUSY);
    assert_int_equal(holder, child);
    assert_null(lock);
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(lock_take(&lock, place.path, &holder), FAIL_NONE);
    lock_release(&lock);
    place_remove(&place);
}

static void a_number_longer_than_ours_leaves_nothing_behind(void **state)
{
    struct place place = place_make();
    struct lock *lock = NULL;
    struct lock *second = NULL;
    long holder = 0;
    FILE *file;

    (void)state;
    file = fopen(place.path, "w");
    assert_non_null(file);
    (void)fputs("99999999999999999\nand more", file);
    (void)fclose(file);
    assert_int_equal(lock_take(&lock, place.path, &holder), FAIL_NONE);
    /* flock is of the open file, so this process can meet itself. */
    assert_int_equal(lock_take(&second, place.path, &holder), FAIL_BUSY);
    assert_int_equal(holder, getpid());
    file = fopen(place.path, "r");
    assert_non_null(file);
    (void)fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), snprintf(NULL, 0, "%d\n", (int)getpid()));
    (void)fclose(file);
    lock_release(&lock);
    place_remove(&place);
}

static void no_directory_no_lock(void **state)
{
    struct lock *lock = NULL;
    long holder;

    (void)state;
    assert_int_equal(lock_take(&lock, "/nonexistent/lock", &holder), FAIL_NOT_FOUND);
    assert_null(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_is_taken_given_back_and_taken_again),
        cmocka_unit_test(another_process_holds_it_until_it_dies),
        cmocka_unit_test(a_number_longer_than_ours_leaves_nothing_behind),
        cmocka_unit_test(no_directory_no_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
