/* A sale, in the jobs that it takes, when memory, the disk or the power fails
 * in the middle of one: that job has done all of it or nothing, what was
 * acknowledged before is there, and a check finds no trouble. */
#include "store/check.h"
#include "store/delivery.h"
#include "store/fault_vfs.h"
#include "store/paying.h"
#include "unit/wire/failing_memory.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum step { STEP_PREPARE, STEP_CREATE, STEP_GO, STEP_OUTCOME, STEPS };

struct sale {
    struct store_job job;
    enum step step;
    struct till till;
    struct payment_row row; /* as it was committed last */
    struct payment_row next;
    bool delivery;
};

static enum fail prepare(struct sale *sale, struct store_tx *tx)
{
    const uint8_t secret[WEBHOOK_SECRET_SIZE] = {1};

    sale->till = till_make(tx, "B");
    sale->next = payment_of(&sale->till, "key");
    return store_webhook_set(tx, sale->till.business, "https://shop.example", 3, secret, 1);
}

static enum fail outcome(struct sale *sale, struct store_tx *tx)
{
    struct payment_row *row = &sale->next;
    struct attempt_row attempt = attempt_of(1, true);
    struct store_event event = {
        .business = row->business, .kind = EVENT_CARD_TRANSACTION, .payment = row->id, .at_ms = 7};
    enum fail fail = store_payment_find(tx, row->business, row->id, row);

    if (fail == FAIL_NONE) {
        fail = store_transaction_add(tx, row, &attempt, TRANSACTION_PURCHASE, 7, &row->approved);
    }
    if (fail == FAIL_NONE) {
        attempt.transaction = event.transaction = row->approved;
        fail = store_attempt_add(tx, row, &attempt);
    }
    if (fail == FAIL_NONE) {
        row->payment.state = PAYMENT_APPROVED;
        row->payment.attempt = 1;
        row->payment.deadline_ms = 0;
        row->ended_ms = 7;
        fail = store_payment_save(tx, row);
    }
    return fail == FAIL_NONE ? store_event_add(tx, &event, &sale->delivery) : fail;
}

static enum fail sale_run(struct store_job *job, struct store_tx *tx)
{
    struct sale *sale = LIST_ITEM(job, struct sale, job);

    switch (sale->step) {
    case STEP_PREPARE:
        return prepare(sale, tx);
    case STEP_CREATE:
        return store_payment_add(tx, &sale->next);
    case STEP_GO:
        sale->next.payment.state = PAYMENT_DISPLAYED;
        return store_payment_save(tx, &sale->next);
    case STEP_OUTCOME:
        return outcome(sale, tx);
    case STEPS:
        break;
    }
    return FAIL_INVALID;
}

/* `sale->row` is what the database must hold after it. */
static enum fail step_try(struct fixture *fixture, struct sale *sale, enum step step)
{
    struct payment_row before = sale->next;
    enum fail fail;

    sale->job = (struct store_job){.run = sale_run};
    sale->step = step;
    fail = store_write_wait(fixture->store, &sale->job);
    if (fail == FAIL_NONE) {
        sale->row = sale->next;
    } else {
        sale->next = before;
    }
    return fail;
}

static void on_trouble(void *context, const char *sentence)
{
    print_error("%s\n", sentence);
    (*(unsigned *)context)++;
}

static void assert_sound(const struct fixture *fixture)
{
    unsigned troubles = 0;
    struct store_check check = {
        .path = fixture->path, .on_trouble = on_trouble, .context = &troubles};
    struct store_facts facts;
    char problem[STORE_PROBLEM_SIZE];

    WORKS(store_check(&check, &facts, problem));
    assert_int_equal(troubles, 0);
}

/* After `steps` steps, and no other. */
static void assert_holds(const struct fixture *fixture, enum step steps)
{
    static const int expected[STEPS + 1] = {0, 0, 1000, 1100, 1019};

    /* Payments; those at go; those approved; rows of an outcome: nine. */
    assert_int_equal(
        fixture_number(fixture, "SELECT (SELECT count(*) FROM payment) * 1000"
                                " + (SELECT count(*) FROM payment WHERE state = 1) * 100"
                                " + (SELECT count(*) FROM payment WHERE state = 5) * 10"
                                " + (SELECT count(*) FROM attempt)"
                                " + (SELECT count(*) FROM card) + (SELECT count(*) FROM card_batch)"
                                " + (SELECT count(*) FROM card_transaction)"
                                " + (SELECT count(*) FROM event) + (SELECT count(*) FROM delivery)"
                                " + (SELECT count(*) FROM counter WHERE business > 0)"),
        expected[steps]);
}

static void steps_work(struct fixture *fixture, struct sale *sale, enum step from, enum step to)
{
    enum step step;

    for (step = from; step < to; step++) {
        WORKS(step_try(fixture, sale, step));
    }
}

/* --- Memory ---------------------------------------------------------------------- */

/* A closed database that has had the steps before this one. */
static struct fixture *template_make(enum step step, struct sale *sale)
{
    struct fixture *fixture = fixture_make();

    fixture_open(fixture, false);
    steps_work(fixture, sale, STEP_PREPARE, step);
    store_close(&fixture->store);
    return fixture;
}

/* Much quicker than another new one. */
static struct fixture *copy_make(const struct fixture *of)
{
    struct fixture *fixture = fixture_make();
    char bytes[4096];
    FILE *from = fopen(of->path, "rb");
    FILE *to = fopen(fixture->path, "wb");
    size_t length;

    assert_true(from != NULL && to != NULL);
    while ((length = fread(bytes, 1, sizeof(bytes), from)) > 0) {
        assert_int_equal(fwrite(bytes, 1, length, to), length);
    }
    assert_int_equal(fclose(to), 0);
    (void)fclose(from);
    fixture_open(fixture, false);
    return fixture;
}

/* True while there was an allocation to fail. */
static bool memory_fails_at(const struct fixture *before, struct sale sale, enum step step,
                            size_t nth)
{
    struct fixture *fixture = copy_make(before);
    bool met;
    enum fail fail;

    failing_memory_start(nth);
    fail = step_try(fixture, &sale, step);
    failing_memory_stop();
    met = failing_memory_asked > nth;
    assert_true(fail == FAIL_MEMORY || fail == FAIL_NONE);
    assert_int_equal(fixture->broken_count, 0);
    if (fail != FAIL_NONE) {
        assert_true(met);
        assert_holds(fixture, step);
        WORKS(step_try(fixture, &sale, step)); /* it has healed */
    }
    assert_holds(fixture, step + 1);
    fixture_remove(fixture);
    return met;
}

static void without_memory_a_step_does_nothing_and_works_later(void **state)
{
    enum step step;

    (void)state;
    for (step = STEP_CREATE; step < STEPS; step++) {
        struct sale sale = {.row.id = 0};
        struct fixture *before = template_make(step, &sale);
        size_t nth = 0;

        while (memory_fails_at(before, sale, step, nth)) {
            nth++;
        }
        assert_true(nth >= 100); /* of the statements, when they are prepared */
        fixture_remove(before);
    }
}

/* --- The disk ---------------------------------------------------------------------- */

static bool disk_fails_at(enum step step, int nth, int calls, int code)
{
    struct fixture *fixture = fixture_make();
    struct sale sale = {.row.id = 0};
    enum fail expected = code == SQLITE_FULL ? FAIL_FULL : FAIL_IO;
    bool met;
    enum fail fail;

    fixture_open(fixture, nth % 2 == 1);
    steps_work(fixture, &sale, STEP_PREPARE, step);
    fault_arm(calls, FAULT_DATABASE | FAULT_LOG, nth, code);
    fail = step_try(fixture, &sale, step);
    met = atomic_load(&fault.failed) > 0;
    fault_heal();
    assert_int_equal(fail, met ? expected : FAIL_NONE);
    assert_int_equal(fixture->broken_count, met && expected == FAIL_IO);
    if (met && expected == FAIL_FULL) {
        assert_holds(fixture, step);
        WORKS(step_try(fixture, &sale, step));
        assert_holds(fixture, step + 1);
    }
    store_close(&fixture->store);
    fixture_open(fixture, false); /* the next start */
    if (met && expected == FAIL_IO) {
        /* What failed is unknown, but whole or not there. */
        bool is_there = fixture_number(fixture, step == STEP_CREATE ? "SELECT count(*) FROM payment"
                                                : step == STEP_GO
                                                    ? "SELECT count(*) FROM payment WHERE state = 1"
                                                    : "SELECT count(*) FROM event") > 0;

        assert_holds(fixture, is_there ? step + 1 : step);
    } else {
        assert_holds(fixture, step + 1);
    }
    assert_sound(fixture);
    fixture_remove(fixture);
    return met;
}

static void a_full_disk_undoes_the_step_and_heals(void **state)
{
    enum step step;

    (void)state;
    for (step = STEP_CREATE; step < STEPS; step++) {
        int nth = 0;

        while (disk_fails_at(step, nth, FAULT_WRITE, SQLITE_FULL)) {
            nth++;
        }
        assert_true(nth >= 2);
    }
}

static void after_a_broken_disk_the_next_start_is_right(void **state)
{
    enum step step;

    (void)state;
    for (step = STEP_CREATE; step < STEPS; step++) {
        int nth = 0;

        while (disk_fails_at(step, nth, FAULT_WRITE | FAULT_SYNC, SQLITE_IOERR_WRITE)) {
            nth++;
        }
        assert_true(nth >= 3);
    }
}

/* --- The power ---------------------------------------------------------------------- */

enum { DEVICES = 40, SALES_BEFORE_KILL = 150, ROUNDS = 4 };

struct stream {
    struct sale sale;
    struct fixture *fixture;
    int out;
};

/* What a POS or a terminal would have been told. */
struct told {
    int64_t payment;
    int64_t approved; /* 0: it was only created */
};

static void stream_go_on(struct stream *stream)
{
    stream->sale.job.run = sale_run;
    store_write(stream->fixture->store, &stream->sale.job);
}

static void stream_done(struct store_job *job, enum fail fail)
{
    struct stream *stream = LIST_ITEM(job, struct stream, sale.job);
    struct sale *sale = &stream->sale;
    struct told told = {.payment = sale->next.id, .approved = sale->next.approved};

    if (fail != FAIL_NONE || write(stream->out, &told, sizeof(told)) != (ssize_t)sizeof(told)) {
        _exit(1);
    }
    if (sale->step == STEP_OUTCOME) {
        sale->next = payment_of(&sale->till, "");
        sale->step = STEP_CREATE;
    } else {
        sale->step++;
    }
    stream_go_on(stream);
}

static enum fail tills_run(struct store_job *job, struct store_tx *tx)
{
    struct sale *sale = LIST_ITEM(job, struct sale, job);
    char name[32];
    int64_t business = business_add(tx, "B");
    int i;

    sale->till.business = business;
    for (i = 0; i < DEVICES; i++) {
        (void)snprintf(name, sizeof(name), "S%d-%d", (int)business, i);
        (void)device_add(tx, business, name, name);
    }
    return FAIL_NONE;
}

/* One business a round, one device a stream; ids of devices grow from 1. */
static void child_sell_for_ever(struct fixture *fixture, int round, int out)
{
    struct stream *streams = calloc(DEVICES, sizeof(*streams));
    int i;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (streams == NULL || fixture_try(fixture, true) != FAIL_NONE) {
        _exit(2);
    }
    streams[0].sale.job.run = tills_run;
    if (store_write_wait(fixture->store, &streams[0].sale.job) != FAIL_NONE) {
        _exit(3);
    }
    for (i = 0; i < DEVICES; i++) {
        struct stream *stream = &streams[i];

        stream->fixture = fixture;
        stream->out = out;
        stream->sale.till.business = streams[0].sale.till.business;
        stream->sale.till.device.id = (int64_t)round * DEVICES + i + 1;
        stream->sale.next = payment_of(&stream->sale.till, "");
        stream->sale.step = STEP_CREATE;
        stream->sale.job.home = &fixture->home.executor;
        stream->sale.job.done = stream_done;
        stream_go_on(stream);
    }
    for (;;) {
        home_run(&fixture->home, 1);
    }
}

static unsigned crash(struct fixture *fixture, int round, struct told *heard, unsigned room)
{
    unsigned count = 0;
    unsigned approved = 0;
    struct told told;
    int ends[2];
    int status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        child_sell_for_ever(fixture, round, ends[1]);
    }
    (void)close(ends[1]);
    while (read(ends[0], &told, sizeof(told)) == (ssize_t)sizeof(told)) {
        assert_true(count < room);
        heard[count++] = told;
        approved += told.approved != 0;
        if (approved == SALES_BEFORE_KILL && told.approved != 0) {
            (void)kill(child, SIGKILL);
        }
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status)) {
        print_error("the child ended with %d\n", WEXITSTATUS(status));
    }
    assert_true(WIFSIGNALED(status));
    assert_true(approved >= SALES_BEFORE_KILL);
    return count;
}

static void all_is_so(const struct fixture *fixture, const struct told *heard, unsigned count)
{
    static const char FIND[] = "SELECT 1 FROM payment WHERE id = ?1"
                               " AND (?2 = 0 OR (state = 5 AND approved = ?2))";
    sqlite3_stmt *find;
    sqlite3 *handle;
    unsigned i;

    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, FIND, -1, &find, NULL), SQLITE_OK);
    for (i = 0; i < count; i++) {
        (void)sqlite3_bind_int64(find, 1, heard[i].payment);
        (void)sqlite3_bind_int64(find, 2, heard[i].approved);
        assert_int_equal(sqlite3_step(find), SQLITE_ROW);
        (void)sqlite3_reset(find);
    }
    (void)sqlite3_finalize(find);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void what_was_told_is_so_after_kill_9(void **state)
{
    enum { ROOM = 100000 };
    struct fixture *fixture = fixture_make();
    struct told *heard = calloc(ROOM, sizeof(*heard));
    int round;

    (void)state;
    assert_non_null(heard);
    for (round = 0; round < ROUNDS; round++) {
        unsigned count = crash(fixture, round, heard, ROOM);

        fixture_open(fixture, false);
        all_is_so(fixture, heard, count);
        store_close(&fixture->store);
        assert_sound(fixture);
    }
    free(heard);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_a_step_does_nothing_and_works_later),
        cmocka_unit_test(a_full_disk_undoes_the_step_and_heals),
        cmocka_unit_test(after_a_broken_disk_the_next_start_is_right),
        cmocka_unit_test(what_was_told_is_so_after_kill_9),
    };

    id_start();
    fault_install();
    fault.skips_syncs = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
