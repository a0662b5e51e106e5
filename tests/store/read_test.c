/* Lists of devices, as GET /devices asks for them. */
#include "store/read.h"

#include "store/fixture.h"

enum { ROWS = 130 };

static void on_devices(struct read_devices *query)
{
    (void)query;
}

/* A device whose code is number `number`, `created_ms` after the beginning. */
struct fill {
    struct store_job job;
    int64_t business;
    int64_t other;
};

static void row_add(struct store_tx *tx, int64_t business, uint32_t number, int64_t created_ms,
                    bool removed)
{
    char sql[256];
    char code[CODE_SIZE];

    code_from_number(number, code);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO device (business, serial, code, created_ms, credential_ms, removed)"
                   " VALUES (%lld, '%s', '%s', %lld, 0, %d)",
                   (long long)business, code, code, (long long)created_ms, removed);
    assert_int_equal(sqlite_run(tx, sql), FAIL_NONE);
}

/* Written newest first, two at each moment, some removed, some without a code. */
static enum fail fill_run(struct store_job *job, struct store_tx *tx)
{
    struct fill *fill = LIST_ITEM(job, struct fill, job);
    uint32_t i;

    fill->business = business_add(tx, "B");
    fill->other = business_add(tx, "C");
    for (i = 0; i < ROWS; i++) {
        row_add(tx, fill->business, ROWS - 1 - i, (ROWS - 1 - i) / 2, false);
    }
    row_add(tx, fill->business, 1000, 5, true);
    row_add(tx, fill->other, 3, 5, false);
    return sqlite_run(tx, "INSERT INTO device (business, serial, created_ms, credential_ms)"
                          " VALUES (1, 'uncoded', 3, 3)");
}

static struct fixture *filled(struct fill *fill)
{
    struct fixture *fixture = fixture_make();

    fixture_open(fixture, false);
    *fill = (struct fill){.job.run = fill_run};
    WORKS(store_write_wait(fixture->store, &fill->job));
    return fixture;
}

static void ask(struct fixture *fixture, struct read_devices *query)
{
    query->done = on_devices;
    query->home = &fixture->home.executor;
    read_devices_start(fixture->store, query);
    WORKS(query->fail);
}

static void the_oldest_come_first_up_to_the_limit(void **state)
{
    struct fill fill;
    struct fixture *fixture = filled(&fill);
    struct read_devices query = {.business = fill.business, .limit = READ_DEVICES_MAX};
    size_t i;

    (void)state;
    ask(fixture, &query);
    assert_int_equal(query.count, READ_DEVICES_MAX);
    for (i = 0; i < query.count; i++) {
        assert_int_equal(query.rows[i].created_ms, i / 2);
    }
    fixture_remove(fixture);
}

static void pages_meet_without_gap_or_overlap(void **state)
{
    struct fill fill;
    struct fixture *fixture = filled(&fill);
    struct read_devices query = {.business = fill.business, .limit = 7};
    bool seen[ROWS] = {false};
    size_t total = 0;

    (void)state;
    do {
        size_t i;

        ask(fixture, &query);
        for (i = 0; i < query.count; i++) {
            char code[CODE_SIZE];
            uint32_t number = 0;

            do {
                code_from_number(number++, code);
            } while (strcmp(code, query.rows[i].code) != 0);
            assert_true(number - 1 < ROWS);
            assert_false(seen[number - 1]);
            seen[number - 1] = true;
        }
        total += query.count;
        query.offset += query.limit;
    } while (query.count == query.limit);
    assert_int_equal(total, ROWS);
    fixture_remove(fixture);
}

static void an_offset_beyond_the_end_is_an_empty_list(void **state)
{
    struct fill fill;
    struct fixture *fixture = filled(&fill);
    struct read_devices query = {.business = fill.business, .limit = 1, .offset = ROWS};

    (void)state;
    ask(fixture, &query);
    assert_int_equal(query.count, 0);
    query.offset = UINT64_MAX;
    ask(fixture, &query);
    assert_int_equal(query.count, 0);
    query.offset = ROWS - 1;
    ask(fixture, &query);
    assert_int_equal(query.count, 1);
    fixture_remove(fixture);
}

static size_t count_of(struct fixture *fixture, int64_t business, const char *part)
{
    struct read_devices query = {.business = business, .limit = READ_DEVICES_MAX};

    (void)snprintf(query.code_part, sizeof(query.code_part), "%s", part);
    ask(fixture, &query);
    return query.count;
}

static void a_part_of_a_code_selects(void **state)
{
    struct fill fill;
    struct fixture *fixture = filled(&fill);
    char code[CODE_SIZE];

    (void)state;
    /* Numbers 0 to 129 are BBBB to BBGP: 29 of them begin with BBC. */
    code_from_number(30, code);
    assert_string_equal(code, "BBCC");
    assert_int_equal(count_of(fixture, fill.business, "BBCC"), 1);
    assert_int_equal(count_of(fixture, fill.business, "BBC"), 30); /* BBBC too */
    assert_int_equal(count_of(fixture, fill.business, "BGB"), 1);
    assert_int_equal(count_of(fixture, fill.business, "DZ"), 1);
    assert_int_equal(count_of(fixture, fill.business, "ZZZZ"), 0);
    assert_int_equal(count_of(fixture, fill.business, "%"), 0);
    /* The removed one and the other business's are in no list. */
    code_from_number(1000, code);
    assert_int_equal(count_of(fixture, fill.business, code), 0);
    assert_int_equal(count_of(fixture, fill.other, ""), 1);
    fixture_remove(fixture);
}

struct order {
    int64_t last;
    unsigned count;
    unsigned removed;
};

static void see_row(void *context, const struct device *row)
{
    struct order *order = context;

    order->count++;
    order->removed += row->removed;
    assert_true(row->id > order->last);
    order->last = row->id;
}

struct listing {
    struct store_job job;
    int64_t business;
    struct order order;
};

static enum fail listing_run(struct store_job *job, struct store_tx *tx)
{
    struct listing *listing = LIST_ITEM(job, struct listing, job);

    return read_device_rows(tx, listing->business, see_row, &listing->order);
}

static void the_administrator_sees_all_rows_in_order_of_id(void **state)
{
    struct fill fill;
    struct fixture *fixture = filled(&fill);
    struct listing listing = {.job.run = listing_run, .business = fill.business};

    (void)state;
    WORKS(store_read_wait(fixture->store, &listing.job));
    assert_int_equal(listing.order.count, ROWS + 2);
    assert_int_equal(listing.order.removed, 1);
    fixture_remove(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_come_first_up_to_the_limit),
        cmocka_unit_test(pages_meet_without_gap_or_overlap),
        cmocka_unit_test(an_offset_beyond_the_end_is_an_empty_list),
        cmocka_unit_test(a_part_of_a_code_selects),
        cmocka_unit_test(the_administrator_sees_all_rows_in_order_of_id),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
