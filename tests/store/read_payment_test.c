/* Payments as the doors and the administrator read them. */
#include "store/paying.h"
#include "store/read.h"

enum { PAYMENTS = READ_PAYMENTS_MAX + 20, ENDED_ATTEMPTS = 3 };

/* A till with many payments, the last of them open, one beside it, and a till
 * of another business. */
struct scene {
    struct store_job job;
    struct till till;
    struct till beside;
    struct till foreign;
    int64_t ids[PAYMENTS]; /* of the till, oldest first */
    int64_t beside_id;
    int64_t foreign_id;
};

static enum fail scene_run(struct store_job *job, struct store_tx *tx)
{
    struct scene *scene = LIST_ITEM(job, struct scene, job);
    struct payment_row row;
    uint32_t number;
    int i;

    scene->till = till_make(tx, "B");
    scene->beside = (struct till){.business = scene->till.business,
                                  .device = device_add(tx, scene->till.business, "S2", "two")};
    scene->foreign = till_make(tx, "C");
    for (i = 0; i < PAYMENTS; i++) {
        row = payment_begin(tx, &scene->till);
        scene->ids[i] = row.id;
        if (i < PAYMENTS - 1) {
            payment_end(tx, &row, PAYMENT_EXPIRED);
        }
    }
    for (number = ENDED_ATTEMPTS; number > 0; number--) {
        struct attempt_row attempt = attempt_of(number, false);

        (void)outcome_add(tx, &row, &attempt, number);
    }
    scene->beside_id = payment_begin(tx, &scene->beside).id;
    scene->foreign_id = payment_begin(tx, &scene->foreign).id;
    return FAIL_NONE;
}

static struct fixture *scene_make(struct scene *scene)
{
    struct fixture *fixture = fixture_make();

    fixture_open(fixture, true);
    *scene = (struct scene){.job.run = scene_run};
    WORKS(store_write_wait(fixture->store, &scene->job));
    return fixture;
}

static void on_payment(struct read_payment *query)
{
    (void)query;
}

static struct read_payment ask(struct fixture *fixture, int64_t business, const char *code,
                               int64_t payment)
{
    static struct read_payment query; /* some kilobytes */

    memset(&query, 0x5a, sizeof(query)); /* what the caller leaves out says nothing */
    query.business = business;
    (void)snprintf(query.code, sizeof(query.code), "%s", code);
    query.payment = payment;
    query.home = &fixture->home.executor;
    query.done = on_payment;
    read_payment_start(fixture->store, &query);
    home_run(&fixture->home, 1);
    return query;
}

static void on_payments(struct read_payments *query)
{
    (void)query;
}

static void ask_list(struct fixture *fixture, struct read_payments *query, const struct till *till)
{
    query->business = till->business;
    (void)snprintf(query->code, sizeof(query->code), "%s", till->device.code);
    query->home = &fixture->home.executor;
    query->done = on_payments;
    read_payments_start(fixture->store, query);
    home_run(&fixture->home, 1);
}

/* --- One --------------------------------------------------------------------------- */

static void a_payment_is_read_with_its_attempts_in_order(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene);
    struct read_payment read =
        ask(fixture, scene.till.business, scene.till.device.code, scene.ids[PAYMENTS - 1]);
    size_t i;

    (void)state;
    WORKS(read.fail);
    assert_true(read.device_found);
    assert_int_equal(read.row.id, scene.ids[PAYMENTS - 1]);
    assert_int_equal(read.row.amount_minor, 1234);
    assert_string_equal(read.row.code, scene.till.device.code);
    assert_int_equal(read.attempt_count, ENDED_ATTEMPTS);
    for (i = 0; i < read.attempt_count; i++) {
        assert_int_equal(read.attempts[i].number, i + 1);
        assert_string_equal(read.attempts[i].card.last_four, "9990");
        assert_true(read.attempts[i].transaction > 0);
    }
    read = ask(fixture, scene.till.business, scene.till.device.code, scene.ids[0]);
    WORKS(read.fail);
    assert_int_equal(read.attempt_count, 0);
    assert_int_equal(read.row.payment.state, PAYMENT_EXPIRED);
    fixture_remove(fixture);
}

static void an_unknown_payment_and_an_unknown_device_are_told_apart(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene);
    const struct till *till = &scene.till;
    const int64_t wrong[] = {4711, 0, -1, scene.foreign_id, scene.beside_id};
    struct read_payment read;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        read = ask(fixture, till->business, till->device.code, wrong[i]);
        assert_int_equal(read.fail, FAIL_NOT_FOUND);
        assert_true(read.device_found);
        assert_int_equal(read.attempt_count, 0);
    }
    read = ask(fixture, till->business, "????", scene.ids[0]);
    assert_int_equal(read.fail, FAIL_NOT_FOUND);
    assert_false(read.device_found);
    read = ask(fixture, 4711, till->device.code, scene.ids[0]);
    assert_int_equal(read.fail, FAIL_NOT_FOUND);
    assert_false(read.device_found);
    fixture_remove(fixture);
}

/* --- Those of a device ---------------------------------------------------------------- */

static void the_newest_come_first_page_by_page(void **state)
{
    static struct read_payments query;
    struct scene scene;
    struct fixture *fixture = scene_make(&scene);
    size_t i;

    (void)state;
    query = (struct read_payments){.limit = READ_PAYMENTS_MAX};
    ask_list(fixture, &query, &scene.till);
    WORKS(query.fail);
    assert_int_equal(query.count, READ_PAYMENTS_MAX);
    for (i = 0; i < query.count; i++) {
        assert_int_equal(query.rows[i].id, scene.ids[PAYMENTS - 1 - i]);
        assert_string_equal(query.rows[i].code, scene.till.device.code);
    }
    query.before = query.rows[query.count - 1].id;
    ask_list(fixture, &query, &scene.till);
    assert_int_equal(query.count, PAYMENTS - READ_PAYMENTS_MAX);
    assert_int_equal(query.rows[query.count - 1].id, scene.ids[0]);
    query.before = scene.ids[0];
    ask_list(fixture, &query, &scene.till);
    WORKS(query.fail);
    assert_int_equal(query.count, 0);
    query = (struct read_payments){.limit = 3};
    ask_list(fixture, &query, &scene.beside);
    assert_int_equal(query.count, 1);
    assert_int_equal(query.rows[0].id, scene.beside_id);
    fixture_remove(fixture);
}

static void only_the_open_one_when_that_is_asked(void **state)
{
    static struct read_payments query;
    struct scene scene;
    struct fixture *fixture = scene_make(&scene);

    (void)state;
    query = (struct read_payments){.limit = READ_PAYMENTS_MAX, .open_only = true};
    ask_list(fixture, &query, &scene.till);
    assert_int_equal(query.count, 1);
    assert_int_equal(query.rows[0].id, scene.ids[PAYMENTS - 1]);
    query.before = scene.ids[PAYMENTS - 1];
    ask_list(fixture, &query, &scene.till);
    assert_int_equal(query.count, 0);
    fixture_remove(fixture);
}

static void the_list_of_an_unknown_device_is_no_empty_one(void **state)
{
    static struct read_payments query;
    struct scene scene;
    struct fixture *fixture = scene_make(&scene);

    (void)state;
    query = (struct read_payments){.limit = 1};
    scene.till.business = scene.foreign.business;
    ask_list(fixture, &query, &scene.till);
    assert_int_equal(query.fail, FAIL_NOT_FOUND);
    assert_int_equal(query.count, 0);
    fixture_remove(fixture);
}

/* --- Those of a business ---------------------------------------------------------------- */

struct rows {
    struct store_job job;
    int64_t business;
    bool open_only;
    int64_t limit;
    unsigned count;
    int64_t last;
};

static void take_row(void *context, const struct payment_row *row)
{
    struct rows *rows = context;

    assert_int_equal(row->business, rows->business);
    assert_true(rows->last == 0 || row->id < rows->last);
    assert_true(!rows->open_only || row->payment.state < PAYMENT_APPROVED);
    rows->last = row->id;
    rows->count++;
}

static enum fail rows_run(struct store_job *job, struct store_tx *tx)
{
    struct rows *rows = LIST_ITEM(job, struct rows, job);

    return read_payment_rows(tx, rows->business, rows->open_only, rows->limit, take_row, rows);
}

static unsigned rows_of(struct fixture *fixture, int64_t business, bool open_only, int64_t limit)
{
    struct rows rows = {
        .job.run = rows_run, .business = business, .open_only = open_only, .limit = limit};

    WORKS(store_read_wait(fixture->store, &rows.job));
    return rows.count;
}

static void an_administrator_sees_those_of_all_devices_of_a_business(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene);

    (void)state;
    assert_int_equal(rows_of(fixture, scene.till.business, false, 1000), PAYMENTS + 1);
    assert_int_equal(rows_of(fixture, scene.till.business, false, 7), 7);
    assert_int_equal(rows_of(fixture, scene.till.business, true, 1000), 2);
    assert_int_equal(rows_of(fixture, scene.till.business, true, 1), 1);
    assert_int_equal(rows_of(fixture, scene.foreign.business, false, 1000), 1);
    assert_int_equal(rows_of(fixture, 4711, false, 1000), 0);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payment_is_read_with_its_attempts_in_order),
        cmocka_unit_test(an_unknown_payment_and_an_unknown_device_are_told_apart),
        cmocka_unit_test(the_newest_come_first_page_by_page),
        cmocka_unit_test(only_the_open_one_when_that_is_asked),
        cmocka_unit_test(the_list_of_an_unknown_device_is_no_empty_one),
        cmocka_unit_test(an_administrator_sees_those_of_all_devices_of_a_business),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
