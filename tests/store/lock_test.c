/* One process owns a data directory. */
#include "store/lock.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/fixture.h"

static void the_lock_is_taken_given_back_and_taken_again(void **state)
{
    struct fixture *fixture = fixture_make();
    struct lock *lock = NULL;
    long holder = -1;

    (void)state;
    WORKS(lock_take(&lock, fixture->directory, &holder));
    assert_non_null(lock);
    lock_release(&lock);
    assert_null(lock);
    lock_release(&lock);
    WORKS(lock_take(&lock, fixture->directory, &holder));
    lock_release(&lock);
    fixture_remove(fixture);
}

/* The child takes the lock, says so, and waits to be killed. */
static pid_t holder_start(const char *directory)
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
        if (lock_take(&lock, directory, &holder) == FAIL_NONE) {
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
    struct fixture *fixture = fixture_make();
    pid_t child = holder_start(fixture->directory);
    struct lock *lock = NULL;
    long holder = 0;
    int status;

    (void)state;
    assert_int_equal(lock_take(&lock, fixture->directory, &holder), FAIL_BUSY);
    assert_int_equal(holder, child);
    assert_null(lock);
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    WORKS(lock_take(&lock, fixture->directory, &holder));
    lock_release(&lock);
    fixture_remove(fixture);
}

static void a_number_longer_than_ours_leaves_nothing_behind(void **state)
{
    struct fixture *fixture = fixture_make();
    char path[FIXTURE_PATH_SIZE];
    struct lock *lock = NULL;
    struct lock *second = NULL;
    long holder = 0;
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/tillwire.lock", fixture->directory);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("99999999999999999\nand more", file);
    (void)fclose(file);
    WORKS(lock_take(&lock, fixture->directory, &holder));
    /* flock is of the open file, so this process can meet itself. */
    assert_int_equal(lock_take(&second, fixture->directory, &holder), FAIL_BUSY);
    assert_int_equal(holder, getpid());
    file = fopen(path, "r");
    assert_non_null(file);
    (void)fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), snprintf(NULL, 0, "%d\n", (int)getpid()));
    (void)fclose(file);
    lock_release(&lock);
    fixture_remove(fixture);
}

static void no_directory_no_lock(void **state)
{
    struct lock *lock = NULL;
    long holder;

    (void)state;
    assert_int_equal(lock_take(&lock, "/nonexistent/directory", &holder), FAIL_NOT_FOUND);
    assert_null(lock);
}

static void directories_are_made_with_their_parents(void **state)
{
    struct fixture *fixture = fixture_make();
    char outer[FIXTURE_PATH_SIZE];
    char path[FIXTURE_PATH_SIZE + 16];
    char trailing[FIXTURE_PATH_SIZE + 32];
    struct stat status;

    (void)state;
    (void)snprintf(outer, sizeof(outer), "%s/a", fixture->directory);
    (void)snprintf(path, sizeof(path), "%s/b", outer);
    (void)snprintf(trailing, sizeof(trailing), "%s//b//", outer);
    WORKS(directory_make(trailing));
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0700);
    WORKS(directory_make(path));
    WORKS(directory_make("/"));
    assert_int_equal(directory_make(""), FAIL_INVALID);
    (void)rmdir(path);
    (void)rmdir(outer);
    fixture_remove(fixture);
}

static void a_file_in_the_way_is_refused(void **state)
{
    struct fixture *fixture = fixture_make();
    char below[FIXTURE_PATH_SIZE + 16];
    FILE *file = fopen(fixture->path, "w");

    (void)state;
    assert_non_null(file);
    (void)fclose(file);
    (void)snprintf(below, sizeof(below), "%s/x", fixture->path);
    assert_int_equal(directory_make(fixture->path), FAIL_DENIED);
    assert_int_equal(directory_make(below), FAIL_DENIED);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_is_taken_given_back_and_taken_again),
        cmocka_unit_test(another_process_holds_it_until_it_dies),
        cmocka_unit_test(a_number_longer_than_ours_leaves_nothing_behind),
        cmocka_unit_test(no_directory_no_lock),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(a_file_in_the_way_is_refused),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
