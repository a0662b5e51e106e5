/* GET /devices: which rows, in which order, and what a query may say. */
#include "base/clock.h"
#include "unit/api/door.h"

enum { DEVICES = 105 };

static char codes[DEVICES][CODE_SIZE]; /* in the order of their registration */

static enum fail devices_add(struct store_tx *tx, void *argument)
{
    unsigned i;

    (void)argument;
    for (i = 0; i < DEVICES; i++) {
        char serial[16];
        struct secret_hash hash;
        struct store_registration registration = {.business = door.scene->business,
                                                  .serial = serial,
                                                  .with_code = true,
                                                  .credential = &hash,
                                                  .now_ms = NOW_MS + i};
        struct device device = {0};

        (void)text_format(serial, sizeof(serial), "TW-%u", i);
        hash = hash_of(serial);
        WORKS(store_device_register(tx, &registration, &device));
        memcpy(codes[i], device.code, CODE_SIZE);
    }
    (void)device_add(tx, door.scene->other, "TW-1", "theirs");
    return FAIL_NONE;
}

static int setup(void **state)
{
    (void)state;
    door_open(false);
    door_token("till", ACCESS_READ, ACCESS_READ, PROCESSING_NONE);
    scene_do(door.scene, devices_add, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    door_close();
    return 0;
}

/* The list holds exactly codes[from] to codes[to - 1], in this order. */
static void assert_lists(const char *query, unsigned from, unsigned to)
{
    struct exchange exchange;
    const char *at;
    unsigned i;

    door_call(&exchange, &api_device_list, query, "till");
    assert_int_equal(exchange.answers, 1);
    assert_int_equal(exchange.status, 200);
    assert_string_equal(exchange.type, "application/json");
    at = exchange.body.bytes;
    assert_true(*at++ == '[');
    for (i = from; i < to; i++) {
        char item[96];

        (void)text_format(item, sizeof(item), "%s{\"code\":\"%s\",\"dateCreated\":\"",
                          i == from ? "" : ",", codes[i]);
        if (strncmp(at, item, strlen(item)) != 0) {
            print_message("%s: at %u: %.60s\n", query, i, at);
            assert_true(false);
        }
        at += strlen(item) + CLOCK_MOUNTAIN_SIZE - 1 + strlen("\"}");
    }
    assert_string_equal(at, "]");
    fake_exchange_finish(&exchange);
}

static void pages_are_cut_by_limit_offset_and_page(void **state)
{
    static const struct {
        const char *query;
        unsigned from;
        unsigned to;
    } cases[] = {
        {"", 0, 100},
        {"?", 0, 100},
        {"?limit=100", 0, 100},
        {"?limit=1", 0, 1},
        {"?limit=25", 0, 25},
        {"?limit=25&offset=0", 0, 25},
        {"?limit=25&offset=30", 30, 55},
        {"?offset=100", 100, 105},
        {"?offset=104&limit=1", 104, 105},
        {"?offset=105", 105, 105},
        {"?offset=1000000000", 105, 105},
        {"?page=0&limit=50", 0, 50}, /* the first, as 1 is */
        {"?page=1&limit=50", 0, 50},
        {"?page=2&limit=50", 50, 100},
        {"?page=3&limit=50", 100, 105},
        {"?page=2", 100, 105},
        {"?page=1000000000&limit=100", 105, 105},
        {"?unknown=1&limit=2", 0, 2},
        {"?%6cimit=2", 0, 2},
        {"?code=", 0, 100},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_lists(cases[i].query, cases[i].from, cases[i].to);
    }
}

static void a_part_of_a_code_finds_those_that_hold_it(void **state)
{
    static const char *const impossible[] = {"?code=JSV55", "?code=%2A",    "?code=_",  "?code=%25",
                                             "?code=J%20V", "?code=%C3%A9", "?code=%00"};
    char query[32];
    size_t i;

    (void)state;
    (void)text_format(query, sizeof(query), "?code=%s", codes[42]);
    assert_lists(query, 42, 43);
    (void)text_format(query, sizeof(query), "?code=%c%c%c%c", text_lower(codes[7][0]),
                      text_lower(codes[7][1]), text_lower(codes[7][2]), text_lower(codes[7][3]));
    assert_lists(query, 7, 8);
    for (i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        assert_lists(impossible[i], 0, 0);
    }
}

static void every_slip_gets_its_sentence(void **state)
{
    static const char LIMIT[] = "{\"errors\":[\"limit must be a whole number from 1 to 100\"]}";
    static const char OFFSET[] = "{\"errors\":[\"offset must be a whole number, 0 or more\"]}";
    static const char PAGE[] = "{\"errors\":[\"page must be a whole number, 0 or more\"]}";
    static const char BOTH[] = "{\"errors\":[\"offset and page cannot be used together\"]}";
    static const char *const cases[][2] = {
        {"?limit=0", LIMIT},
        {"?limit=101", LIMIT},
        {"?limit=-1", LIMIT},
        {"?limit=", LIMIT},
        {"?limit", LIMIT},
        {"?limit=1.0", LIMIT},
        {"?limit=0x10", LIMIT},
        {"?limit=+5", LIMIT},
        {"?limit=99999999999999999999", LIMIT},
        {"?limit=5&limit=5", LIMIT},
        {"?limit=%zz", LIMIT},
        {"?offset=-1", OFFSET},
        {"?offset=1000000001", OFFSET},
        {"?offset=x", OFFSET},
        {"?page=-1", PAGE},
        {"?page=1e3", PAGE},
        {"?page=1&offset=0", BOTH},
        {"?page=0&offset=0", BOTH},
        {"?code=A&code=B", "{\"errors\":[\"code stands twice\"]}"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        door_expect(&api_device_list, cases[i][0], "till", 400, cases[i][1]);
    }
}

static void a_stopping_server_lists_nothing_half(void **state)
{
    struct exchange exchange;

    (void)state;
    broker_stop(door.scene->broker);
    door_call(&exchange, &api_device_list, "", "till");
    scene_run(door.scene, 0, 1);
    assert_int_equal(exchange.status, 503);
    fake_exchange_finish(&exchange);
}

#define LIST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIST_TEST(pages_are_cut_by_limit_offset_and_page),
        LIST_TEST(a_part_of_a_code_finds_those_that_hold_it),
        LIST_TEST(every_slip_gets_its_sentence),
        LIST_TEST(a_stopping_server_lists_nothing_half),
    };

    id_start();
    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
