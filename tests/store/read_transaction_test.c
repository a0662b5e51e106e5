/* Card transactions as the API reads them: by id, and the list with each of its
 * filters, alone and together. */
#include "core/money.h"
#include "store/paying.h"
#include "store/read.h"

enum { SALES = 12, HOUR_MS = 3600000 };

/* Twelve sales of a till, one an hour, the first at one o'clock, and one of
 * another business that looks like them. Sale number i (from 1): amount i + 0.5,
 * invoice T-(i % 3), customer C-(i % 2), card of its own for each fourth. */
struct scene {
    struct store_job job;
    struct till till;
    struct till foreign;
    int64_t ids[SALES + 1]; /* by number */
    int64_t foreign_id;
    char card_token[CARD_TOKEN_SIZE]; /* of each fourth */
    int64_t batch;                    /* of those from 9 on */
};

static int64_t sale_add(struct store_tx *tx, const struct till *till, int number)
{
    struct payment_row payment = payment_of(till, "");
    struct attempt_row attempt = attempt_of(1, true);

    payment.amount_minor = number * 100 + 50;
    (void)snprintf(payment.invoice, sizeof(payment.invoice), "T-%d", number % 3);
    (void)snprintf(payment.customer, sizeof(payment.customer), "C-%d", number % 2);
    WORKS(store_payment_add(tx, &payment));
    if (number % 4 == 0) {
        attempt.card = card_of("fourthcard");
        (void)snprintf(attempt.card.holder, sizeof(attempt.card.holder), "Bob %d", number);
        (void)snprintf(attempt.card.first_six, sizeof(attempt.card.first_six), "541333");
    }
    (void)snprintf(attempt.approval_code, sizeof(attempt.approval_code), "AP%02dxY", number);
    payment.approved = outcome_add(tx, &payment, &attempt, (int64_t)number * HOUR_MS);
    payment_end(tx, &payment, PAYMENT_APPROVED);
    return payment.approved;
}

static enum fail scene_run(struct store_job *job, struct store_tx *tx)
{
    struct scene *scene = LIST_ITEM(job, struct scene, job);
    struct transaction_row row;
    int i;

    scene->till = till_make(tx, "B");
    scene->foreign = till_make(tx, "C");
    for (i = 1; i <= SALES; i++) {
        scene->ids[i] = sale_add(tx, &scene->till, i);
        if (i == 8) {
            WORKS(sqlite_run(tx, "UPDATE card_batch SET closed_ms = 1"));
        }
    }
    scene->foreign_id = sale_add(tx, &scene->foreign, 4);
    WORKS(store_transaction_find(tx, scene->till.business, scene->ids[SALES], &row));
    (void)snprintf(scene->card_token, sizeof(scene->card_token), "%s", row.card_token);
    scene->batch = row.batch;
    return FAIL_NONE;
}

static struct fixture *scene_make(struct scene *scene, bool threads)
{
    struct fixture *fixture = fixture_make();

    fixture_open(fixture, threads);
    *scene = (struct scene){.job.run = scene_run};
    WORKS(store_write_wait(fixture->store, &scene->job));
    return fixture;
}

/* The answer as text: the numbers of the sales in their order. */
struct answer {
    struct read_transactions query;
    const struct scene *scene;
    enum fail fail;
    char numbers[256];
};

static void on_list(struct read_transactions *query)
{
    struct answer *answer = LIST_ITEM(query, struct answer, query);
    size_t i;

    answer->fail = query->fail;
    for (i = 0; i < query->count; i++) {
        const struct transaction_row *row = &query->rows[i];
        size_t length = strlen(answer->numbers);
        int number = 1;

        assert_int_equal(row->business, answer->query.business);
        while (number <= SALES && answer->scene->ids[number] != row->id) {
            number++;
        }
        (void)snprintf(answer->numbers + length, sizeof(answer->numbers) - length, "%s%d",
                       length == 0 ? "" : " ", number);
    }
}

static void assert_lists(const struct scene *scene, struct fixture *fixture,
                         struct read_transactions query, const char *numbers)
{
    struct answer answer = {.query = query, .scene = scene};

    answer.query.business = scene->till.business;
    answer.query.limit = query.limit == 0 ? READ_TRANSACTIONS_MAX : query.limit;
    answer.query.done = on_list;
    answer.query.home = &fixture->home.executor;
    read_transactions_start(fixture->store, &answer.query);
    WORKS(answer.fail);
    assert_string_equal(answer.numbers, numbers);
}

#define LISTS(numbers, ...)                                                                        \
    assert_lists(&scene, fixture, (struct read_transactions){__VA_ARGS__}, numbers)

/* --- One --------------------------------------------------------------------------- */

static void on_transaction(struct read_transaction *query)
{
    (void)query;
}

static struct read_transaction ask(struct fixture *fixture, int64_t business, int64_t id)
{
    struct read_transaction query = {.business = business,
                                     .transaction = id,
                                     .home = &fixture->home.executor,
                                     .done = on_transaction};

    read_transaction_start(fixture->store, &query);
    home_run(&fixture->home, 1);
    return query;
}

static void a_transaction_is_read_by_its_business_alone(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene, true);
    struct read_transaction read = ask(fixture, scene.till.business, scene.ids[4]);

    (void)state;
    WORKS(read.fail);
    assert_int_equal(read.row.id, scene.ids[4]);
    assert_int_equal(read.row.amount_minor, 450);
    assert_string_equal(read.row.holder, "Bob 4");
    assert_int_equal(ask(fixture, scene.foreign.business, scene.ids[4]).fail, FAIL_NOT_FOUND);
    assert_int_equal(ask(fixture, scene.till.business, scene.foreign_id).fail, FAIL_NOT_FOUND);
    assert_int_equal(ask(fixture, scene.till.business, INT64_MAX).fail, FAIL_NOT_FOUND);
    assert_int_equal(ask(fixture, scene.till.business, -1).fail, FAIL_NOT_FOUND);
    fixture_remove(fixture);
}

/* --- The list ------------------------------------------------------------------------ */

static void the_newest_come_first_page_by_page(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene, false);

    (void)state;
    LISTS("12 11 10 9 8 7 6 5 4 3 2 1", .limit = 0);
    LISTS("12 11 10 9 8", .limit = 5);
    LISTS("7 6 5 4 3", .limit = 5, .offset = 5);
    LISTS("2 1", .limit = 5, .offset = 10);
    LISTS("", .limit = 5, .offset = 12);
    LISTS("", .limit = 5, .offset = UINT64_MAX);
    fixture_remove(fixture);
}

static void each_filter_narrows_the_list(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene, false);
    struct read_transactions card = {0};

    (void)state;
    LISTS("10 7 4 1", .invoice = "T-1");
    LISTS("12 10 8 6 4 2", .customer = "C-0");
    (void)snprintf(card.card_token, sizeof(card.card_token), "%s", scene.card_token);
    assert_lists(&scene, fixture, card, "12 8 4");
    LISTS("12 11 10 9", .batch = scene.batch);
    LISTS("12 11 10", .from_ms = (int64_t)10 * HOUR_MS);
    LISTS("3 2 1", .until_ms = (int64_t)4 * HOUR_MS);
    LISTS("6 5", .from_ms = (int64_t)5 * HOUR_MS, .until_ms = (int64_t)7 * HOUR_MS);
    LISTS("", .invoice = "T-9");
    LISTS("", .invoice = "t-1"); /* a filter is exact */
    LISTS("", .customer = "C-");
    LISTS("", .card_token = "AAAAAAAAAAAAAAAA");
    LISTS("", .batch = scene.batch + 9);
    fixture_remove(fixture);
}

static void filters_work_together_whichever_comes_first(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene, false);
    struct read_transactions card = {.customer = "C-0", .limit = 2, .offset = 1};

    (void)state;
    LISTS("10 4", .invoice = "T-1", .customer = "C-0");
    LISTS("10", .invoice = "T-1", .customer = "C-0", .batch = scene.batch);
    LISTS("12 10", .customer = "C-0", .batch = scene.batch);
    LISTS("7 4", .invoice = "T-1", .from_ms = (int64_t)4 * HOUR_MS,
          .until_ms = (int64_t)8 * HOUR_MS);
    LISTS("10 9", .batch = scene.batch, .until_ms = (int64_t)11 * HOUR_MS);
    LISTS("6", .customer = "C-0", .from_ms = (int64_t)5 * HOUR_MS,
          .until_ms = (int64_t)8 * HOUR_MS);
    (void)snprintf(card.card_token, sizeof(card.card_token), "%s", scene.card_token);
    assert_lists(&scene, fixture, card, "8 4");
    card = (struct read_transactions){.invoice = "T-0"};
    (void)snprintf(card.card_token, sizeof(card.card_token), "%s", scene.card_token);
    assert_lists(&scene, fixture, card, "12");
    card = (struct read_transactions){.batch = scene.batch, .search = "12"};
    (void)snprintf(card.card_token, sizeof(card.card_token), "%s", scene.card_token);
    assert_lists(&scene, fixture, card, "12");
    fixture_remove(fixture);
}

static void a_search_finds_parts_of_what_a_person_sees(void **state)
{
    struct scene scene;
    struct fixture *fixture = scene_make(&scene, false);

    (void)state;
    LISTS("4", .search = "4.5"); /* not 4.50 */
    LISTS("12", .search = "12.5");
    LISTS("12 2", .search = "2.5");
    LISTS("", .search = "4.50");
    LISTS("12 8 4", .search = "bOb");
    LISTS("12", .search = "Bob 12");
    LISTS("11 10 9 7 6 5 3 2 1", .search = "lovelace");
    LISTS("12 8 4", .search = "541333");
    LISTS("12 8 4", .search = "3339990"); /* first six and last four */
    LISTS("7", .search = "ap07XY");
    LISTS("4", .search = "p04", .customer = "C-0");
    LISTS("", .search = "%");
    LISTS("", .search = "_");
    LISTS("", .search = "T-1"); /* an invoice has a filter of its own */
    LISTS("8", .search = "bob", .limit = 1, .offset = 1);
    fixture_remove(fixture);
}

struct amounts {
    struct store_job job;
    struct scene *scene;
    int64_t minor;
};

static enum fail amounts_run(struct store_job *job, struct store_tx *tx)
{
    struct amounts *amounts = LIST_ITEM(job, struct amounts, job);
    char sql[96];

    (void)snprintf(sql, sizeof(sql), "UPDATE card_transaction SET amount = %lld WHERE id = %lld",
                   (long long)amounts->minor, (long long)amounts->scene->ids[1]);
    return sqlite_run(tx, sql);
}

/* The text in the statement is core/money's. */
static void an_amount_is_searched_as_the_api_writes_it(void **state)
{
    static const int64_t minors[] = {1,   5,    10,    90,    99,        100,       101,
                                     110, 1000, 10000, 77700, 999999900, 999999990, 999999999};
    struct scene scene;
    struct fixture *fixture = scene_make(&scene, false);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(minors) / sizeof(minors[0]); i++) {
        struct amounts amounts = {.job.run = amounts_run, .scene = &scene, .minor = minors[i]};
        struct read_transactions query = {.invoice = "T-1", .until_ms = (int64_t)2 * HOUR_MS};

        WORKS(store_write_wait(fixture->store, &amounts.job));
        money_write(minors[i], query.search);
        assert_lists(&scene, fixture, query, "1");
        query.search[strlen(query.search)] = '0'; /* the rest is zeros */
        assert_lists(&scene, fixture, query, "");
    }
    fixture_remove(fixture);
}

struct many {
    struct store_job job;
    int64_t business;
};

static enum fail many_run(struct store_job *job, struct store_tx *tx)
{
    struct many *many = LIST_ITEM(job, struct many, job);
    struct till till = till_make(tx, "B");

    many->business = till.business;
    (void)sale_add(tx, &till, 1);
    return sqlite_run(
        tx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
            " INSERT INTO card_transaction SELECT id + i, business, payment, i + 1, device, i,"
            " batch, 0, type, user, amount, currency, brand, kind, '', card_token, first_six,"
            " last_four, holder, customer, invoice, warning FROM card_transaction, n");
}

static void on_many(struct read_transactions *query)
{
    WORKS(query->fail);
    assert_int_equal(query->count, READ_TRANSACTIONS_MAX);
    assert_true(query->rows[0].created_ms > query->rows[READ_TRANSACTIONS_MAX - 1].created_ms);
    free(query); /* it is the caller's again */
}

static void a_thousand_come_at_once_to_a_caller_that_lets_go(void **state)
{
    struct fixture *fixture = fixture_make();
    struct read_transactions *query = calloc(1, sizeof(*query));
    struct many many = {.job.run = many_run};

    (void)state;
    assert_non_null(query);
    fixture_open(fixture, true);
    WORKS(store_write_wait(fixture->store, &many.job));
    *query = (struct read_transactions){.business = many.business,
                                        .limit = READ_TRANSACTIONS_MAX,
                                        .home = &fixture->home.executor,
                                        .done = on_many};
    read_transactions_start(fixture->store, query);
    home_run(&fixture->home, 1);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_is_read_by_its_business_alone),
        cmocka_unit_test(the_newest_come_first_page_by_page),
        cmocka_unit_test(each_filter_narrows_the_list),
        cmocka_unit_test(filters_work_together_whichever_comes_first),
        cmocka_unit_test(a_search_finds_parts_of_what_a_person_sees),
        cmocka_unit_test(an_amount_is_searched_as_the_api_writes_it),
        cmocka_unit_test(a_thousand_come_at_once_to_a_caller_that_lets_go),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
