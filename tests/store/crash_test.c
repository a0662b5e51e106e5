/* A process dies by SIGKILL in the middle of writing. What it had acknowledged
 * is there, whole, at the next start. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/read.h"
#include "store/writing.h"

enum { ROUNDS = 8, IN_FLIGHT = 200, ACKNOWLEDGED_BEFORE_KILL = 500 };

struct stream {
    struct add_job add;
    struct fixture *fixture;
    int *next; /* the number of the next job */
    int out;
};

/* Acknowledged: tell the parent, then write the next one. */
static void stream_done(struct store_job *job, enum fail fail)
{
    struct stream *stream = LIST_ITEM(job, struct stream, add.job);

    if (fail != FAIL_NONE ||
        write(stream->out, &stream->add.number, sizeof(int)) != (ssize_t)sizeof(int)) {
        _exit(1);
    }
    stream->add.number = (*stream->next)++;
    store_write(stream->fixture->store, &stream->add.job);
}

static void child_write_for_ever(struct fixture *fixture, int first, int out)
{
    struct stream *streams = calloc(IN_FLIGHT, sizeof(*streams));
    int next = first;
    int i;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* not even a failed test leaves it behind */
    if (streams == NULL || fixture_try(fixture, true) != FAIL_NONE) {
        _exit(2);
    }
    for (i = 0; i < IN_FLIGHT; i++) {
        streams[i] = (struct stream){
            .add = add_job_make(fixture, next++), .fixture = fixture, .next = &next, .out = out};
        streams[i].add.job.done = stream_done;
        store_write(fixture->store, &streams[i].add.job);
    }
    for (;;) {
        home_run(&fixture->home, 1);
    }
}

/* The numbers that the child has acknowledged by the time it is dead; the
 * greatest is returned. */
static int crash(struct fixture *fixture, int first, bool *acknowledged)
{
    int ends[2];
    int count = 0;
    int greatest = first;
    int number;
    int status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        child_write_for_ever(fixture, first, ends[1]);
    }
    (void)close(ends[1]);
    while (read(ends[0], &number, sizeof(number)) == (ssize_t)sizeof(number)) {
        assert_in_range(number, first, ORDER_MAX * 8 - 1);
        acknowledged[number] = true;
        greatest = number > greatest ? number : greatest;
        if (++count == ACKNOWLEDGED_BEFORE_KILL) {
            (void)kill(child, SIGKILL);
        }
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(count >= ACKNOWLEDGED_BEFORE_KILL);
    return greatest;
}

struct check_job {
    struct store_job job;
    unsigned *rows; /* by number of the job that wrote them */
};

static void check_row(void *context, const struct business *row)
{
    unsigned *rows = context;

    rows[row->created_ms]++;
}

static enum fail check_run(struct store_job *job, struct store_tx *tx)
{
    struct check_job *check = LIST_ITEM(job, struct check_job, job);

    return read_businesses(tx, check_row, check->rows);
}

static int64_t log_size(const struct fixture *fixture)
{
    char path[FIXTURE_PATH_SIZE + 8];
    struct stat status;

    (void)snprintf(path, sizeof(path), "%s-wal", fixture->path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void all_that_was_acknowledged_is_there(struct fixture *fixture, const bool *acknowledged)
{
    unsigned *rows = calloc(ORDER_MAX * 8, sizeof(*rows));
    struct check_job check = {.job.run = check_run, .rows = rows};
    int i;

    assert_non_null(rows);
    assert_true(log_size(fixture) > 0);
    fixture_open(fixture, false);
    assert_int_equal(log_size(fixture), 0); /* checkpointed before anything is served */
    WORKS(store_write_wait(fixture->store, &check.job));
    for (i = 0; i < ORDER_MAX * 8; i++) {
        /* Both rows of a job, or none of it. */
        assert_true(rows[i] == 2 || (rows[i] == 0 && !acknowledged[i]));
    }
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                     1);
    store_close(&fixture->store);
    free(rows);
}

static void nothing_acknowledged_is_lost_by_kill_9(void **state)
{
    struct fixture *fixture = fixture_make();
    bool *acknowledged = calloc(ORDER_MAX * 8, sizeof(*acknowledged));
    int first = 0;
    int round;

    (void)state;
    assert_non_null(acknowledged);
    for (round = 0; round < ROUNDS; round++) {
        first = crash(fixture, first, acknowledged) + IN_FLIGHT * 2 + 1;
        all_that_was_acknowledged_is_there(fixture, acknowledged);
    }
    free(acknowledged);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_by_kill_9),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
