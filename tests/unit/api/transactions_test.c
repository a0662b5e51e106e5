/* GET /card-transactions and /card-transactions/{id}: the object to the byte,
 * each filter, paging, slips, and that another business's is not there. */
#include "unit/api/door.h"

#include "api/transaction_filter.h"
#include "api/transaction_json.h"
#include "api/transactions.h"
#include "base/clock.h"
#include "store/paying.h"
#include "unit/api/door_memory.h"

enum { SALES = 6, DAY_MS = 86400000 };

/* 2026-03-08, on which the clocks go forward: midnight is 07:00 UTC, and the day
 * has 23 hours. */
#define SPRING_DAY_MS INT64_C(1772953200000)

static struct till ours;
static struct till theirs;
static int64_t ids[SALES]; /* oldest first */
static int64_t foreign;

struct sale {
    int64_t at_ms;
    int64_t amount_minor;
    const char *invoice;
    const char *customer;
    const char *holder;
    bool approved;
};

static const struct sale sales[SALES] = {
    {SPRING_DAY_MS - 1000, 1234, "INV1", "CST1", "ADA LOVELACE", true},
    {SPRING_DAY_MS, 5250, "INV2", "CST1", "ADA LOVELACE", true},
    {SPRING_DAY_MS + 3600000, 100, "INV2", "CST2", "GRACE HOPPER", false},
    {SPRING_DAY_MS + DAY_MS - 3600000 - 1, 99, "INV3", "CST2", "", true},
    {SPRING_DAY_MS + DAY_MS - 3600000, 100000, "", "", "ADA LOVELACE", true},
    {SPRING_DAY_MS + 10 * INT64_C(86400000), 1, "a \"<&>", "\xc3\xa9", "GRACE HOPPER", true},
};

static int64_t sale_add(struct store_tx *tx, const struct till *till, const struct sale *sale)
{
    struct payment_row row = payment_of(till, "");
    struct attempt_row attempt = attempt_of(1, sale->approved);

    row.amount_minor = sale->amount_minor;
    (void)snprintf(row.invoice, sizeof(row.invoice), "%s", sale->invoice);
    (void)snprintf(row.customer, sizeof(row.customer), "%s", sale->customer);
    (void)snprintf(attempt.card.holder, sizeof(attempt.card.holder), "%s", sale->holder);
    if (sale->holder[0] == 'G') {
        attempt.card = (struct card){.brand = CARD_INTERAC, .kind = CARD_DEBIT};
        memcpy(attempt.card.first_six, "450060", CARD_FIRST_SIZE);
        memcpy(attempt.card.last_four, "0042", CARD_LAST_SIZE);
        memcpy(attempt.card.reference, "cardofgrace", sizeof("cardofgrace"));
        memcpy(attempt.card.holder, "GRACE HOPPER", sizeof("GRACE HOPPER"));
    }
    WORKS(store_payment_add(tx, &row));
    (void)outcome_add(tx, &row, &attempt, sale->at_ms);
    row.approved = sale->approved ? attempt.transaction : 0;
    row.payment.attempt = 1;
    payment_end(tx, &row, sale->approved ? PAYMENT_APPROVED : PAYMENT_DECLINED);
    return attempt.transaction;
}

static enum fail sales_add(struct store_tx *tx, void *argument)
{
    size_t i;

    (void)argument;
    ours = (struct till){.business = door.scene->business,
                         .device = device_add(tx, door.scene->business, "TW-1", "ours")};
    theirs = (struct till){.business = door.scene->other,
                           .device = device_add(tx, door.scene->other, "TW-2", "theirs")};
    for (i = 0; i < SALES; i++) {
        ids[i] = sale_add(tx, &ours, &sales[i]);
    }
    foreign = sale_add(tx, &theirs, &sales[1]);
    return FAIL_NONE;
}

static int setup(void **state)
{
    (void)state;
    door_open(false);
    door_token("till", ACCESS_READ, ACCESS_NONE, PROCESSING_NONE);
    scene_do(door.scene, sales_add, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    door_close();
    return 0;
}

/* The body of GET /card-transactions with this query; 200. To be freed. */
static char *listed(const char *query)
{
    struct exchange exchange;
    char *body;

    door_send(&exchange, &api_transaction_list,
              &(struct door_request){.token = "till", .query = query});
    assert_int_equal(exchange.answers, 1);
    if (exchange.status != 200) {
        print_message("%s: %s\n", query, (const char *)exchange.body.bytes);
    }
    assert_int_equal(exchange.status, 200);
    body = strdup(exchange.body.bytes);
    assert_non_null(body);
    fake_exchange_finish(&exchange);
    return body;
}

/* Lists exactly those sales, as digits of their numbers: "10". */
static void assert_lists(const char *query, const char *numbers)
{
    char *body = listed(query);
    const char *at = body;
    char item[64];

    assert_int_equal(*at++, '[');
    for (; *numbers != '\0'; numbers++) {
        assert_true(text_format(item, sizeof(item), "{\"transactionId\":%lld,",
                                (long long)ids[*numbers - '0']));
        if (strncmp(at, item, strlen(item)) != 0) {
            print_message("%s: not %c but %.60s\n", query, *numbers, at);
            assert_true(false);
        }
        at = strchr(at, '}') + 1;
        at += *at == ',';
    }
    if (strcmp(at, "]") != 0) {
        print_message("%s: too many: %.60s\n", query, at);
    }
    assert_string_equal(at, "]");
    free(body);
}

/* --- The object ------------------------------------------------------------------- */

static void a_transaction_is_written_to_the_byte(void **state)
{
    static const struct transaction_row row = {.id = 25764674,
                                               .created_ms = INT64_C(1769130036000),
                                               .batch = 11,
                                               .approved = true,
                                               .type = TRANSACTION_PURCHASE,
                                               .user = "Ada <admin>",
                                               .amount_minor = 1150,
                                               .currency = "CAD",
                                               .brand = CARD_MASTERCARD,
                                               .kind = CARD_CREDIT,
                                               .approval_code = "T4E5S6",
                                               .card_token = "5454JK97UU1F5454",
                                               .first_six = "541333",
                                               .last_four = "9130",
                                               .holder = "JOHN SMITH",
                                               .customer = "CST1010",
                                               .invoice = "INV2022"};
    struct buf out;

    (void)state;
    buf_init(&out, TRANSACTION_JSON_MAX);
    transaction_json_write(&out, &row);
    buf_byte(&out, '\0');
    WORKS(buf_fail(&out));
    assert_string_equal(
        out.bytes,
        "{\"transactionId\":25764674,\"dateCreated\":\"2026-01-22 18:00:36\",\"cardBatchId\":11,"
        "\"status\":\"APPROVED\",\"user\":\"Ada \\u003cadmin\\u003e\",\"type\":\"purchase\","
        "\"amount\":11.5,\"currency\":\"CAD\",\"avsResponse\":\"\",\"cvvResponse\":\"\","
        "\"cardType\":\"MC\",\"approvalCode\":\"T4E5S6\",\"cardToken\":\"5454JK97UU1F5454\","
        "\"cardNumber\":\"5413339130\",\"cardHolderName\":\"JOHN SMITH\","
        "\"customerCode\":\"CST1010\",\"invoiceNumber\":\"INV2022\",\"warning\":\"\"}");
    buf_finish(&out);
}

static void a_declined_one_says_why_and_each_kind_has_its_word(void **state)
{
    struct transaction_row row = {.id = 1,
                                  .currency = "USD",
                                  .amount_minor = 5200,
                                  .warning = "Transaction Declined: EXPIRED CARD - Expired Card"};
    static const char *const types[] = {"\"type\":\"purchase\"", "\"type\":\"refund\"",
                                        "\"type\":\"reverse\""};
    struct buf out;
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++) {
        row.type = (enum transaction_type)i;
        buf_init(&out, TRANSACTION_JSON_MAX);
        transaction_json_write(&out, &row);
        buf_byte(&out, '\0');
        WORKS(buf_fail(&out));
        assert_non_null(strstr(out.bytes, "\"status\":\"DECLINED\""));
        assert_non_null(strstr(out.bytes, types[i]));
        assert_non_null(strstr(out.bytes, "\"amount\":52,"));
        assert_non_null(
            strstr(out.bytes, "\"warning\":\"Transaction Declined: EXPIRED CARD - Expired Card\""));
        buf_finish(&out);
    }
}

/* Every character escaped, every number at its longest. */
static void the_largest_fits_what_lists_make_room_for(void **state)
{
    struct transaction_row row = {.id = INT64_MAX,
                                  .created_ms = INT64_MAX,
                                  .batch = INT64_MAX,
                                  .amount_minor = INT64_C(999999999)};
    struct buf out;

    (void)state;
    memset(row.user, '<', ACCOUNT_NAME_MAX);
    memset(row.holder, '<', CARD_HOLDER_MAX);
    memset(row.customer, '<', PAYMENT_INVOICE_MAX);
    memset(row.invoice, '<', PAYMENT_INVOICE_MAX);
    memset(row.warning, '<', PAYMENT_REASON_MAX);
    memset(row.approval_code, '<', PAYMENT_APPROVAL_SIZE - 1);
    memset(row.card_token, 'A', CARD_TOKEN_SIZE - 1);
    buf_init(&out, TRANSACTION_JSON_MAX);
    transaction_json_write(&out, &row);
    buf_byte(&out, ',');
    WORKS(buf_fail(&out));
    assert_in_range(out.length, TRANSACTION_JSON_MAX * 8 / 10, TRANSACTION_JSON_MAX);
    buf_finish(&out);
}

/* --- One ---------------------------------------------------------------------------- */

static void one_is_shown_by_its_id(void **state)
{
    struct exchange exchange;
    char id[24];
    char expected[96];

    (void)state;
    (void)text_format(id, sizeof(id), "%lld", (long long)ids[0]);
    (void)text_format(expected, sizeof(expected),
                      "{\"transactionId\":%s,\"dateCreated\":\"2026-03-07 23:59:59\"", id);
    door_send(&exchange, &api_transaction_show, &(struct door_request){.token = "till", .id = id});
    assert_int_equal(exchange.status, 200);
    assert_ptr_equal(strstr(exchange.body.bytes, expected), exchange.body.bytes);
    assert_non_null(strstr(exchange.body.bytes, "\"invoiceNumber\":\"INV1\",\"warning\":\"\"}"));
    fake_exchange_finish(&exchange);
}

static void unknown_foreign_and_impossible_ids_are_answered_alike(void **state)
{
    static const char *const cases[][2] = {
        {"1", "1"},
        {"0", "0"},
        {"-1", "-1"},
        {"abc", "abc"},
        {"1.0", "1.0"},
        {"%20", " "},
        {"a%22b", "a\\\"b"},
        {"9007199254740991", "9007199254740991"},
        {"9007199254740992", "9007199254740992"},
        {"99999999999999999999", "9999999999999999"},
    };
    char id[24];
    char expected[128];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)text_format(expected, sizeof(expected),
                          "{\"errors\":\"Failed to retrieve card transaction #%s.\"}", cases[i][1]);
        door_answers(&api_transaction_show,
                     &(struct door_request){.token = "till", .id = cases[i][0]}, 400, expected);
    }
    /* The first sixteen of its characters are a transaction's number. */
    (void)text_format(id, sizeof(id), "%016lldx", (long long)ids[0]);
    (void)text_format(expected, sizeof(expected),
                      "{\"errors\":\"Failed to retrieve card transaction #%.16s.\"}", id);
    door_answers(&api_transaction_show, &(struct door_request){.token = "till", .id = id}, 400,
                 expected);
    (void)text_format(id, sizeof(id), "%lld", (long long)foreign);
    (void)text_format(expected, sizeof(expected),
                      "{\"errors\":\"Failed to retrieve card transaction #%s.\"}", id);
    door_answers(&api_transaction_show, &(struct door_request){.token = "till", .id = id}, 400,
                 expected);
    door_answers(&api_transaction_show, &(struct door_request){.token = "till", .id = "%ff"}, 400,
                 "{\"errors\":\"The number in the path is not a text.\"}");
}

/* --- The list -------------------------------------------------------------------------- */

static void newest_come_first_and_no_others_business_is_among_them(void **state)
{
    (void)state;
    assert_lists("", "543210");
    assert_lists("unknown=1&dateFrom=&dateTo=&search=&customerCode=&invoiceNumber=&cardToken=",
                 "543210");
}

/* The day of the change has its 23 hours, and the day named last counts whole. */
static void days_are_those_of_mountain_time(void **state)
{
    (void)state;
    assert_lists("dateFrom=2026-03-08&dateTo=2026-03-08", "321");
    assert_lists("dateFrom=2026-03-08", "54321");
    assert_lists("dateTo=2026-03-08", "3210");
    assert_lists("dateTo=2026-03-07", "0");
    assert_lists("dateFrom=2026-03-09&dateTo=2026-03-10", "4");
    assert_lists("dateFrom=2026-03-09&dateTo=2026-03-08", "");
    assert_lists("dateFrom=2026-03-08+01:00:00&dateTo=2026-03-08+01:00:00", "2");
    assert_lists("dateFrom=2026-03-08T01:00:01", "543");
    assert_lists("dateTo=2026-03-08%2000:59:59", "10");
    assert_lists("dateFrom=1950-01-01", "543210");
    assert_lists("dateTo=1950-01-01", "");
    assert_lists("dateTo=1969-12-31+16:59:59", ""); /* up to the moment 0 */
    assert_lists("dateTo=9999-12-31", "543210");
}

static void each_filter_narrows_and_all_together(void **state)
{
    (void)state;
    assert_lists("invoiceNumber=INV2", "21");
    assert_lists("invoiceNumber=INV", "");
    assert_lists("invoiceNumber=a+%22%3C%26%3E", "5");
    assert_lists("customerCode=CST2", "32");
    assert_lists("customerCode=%C3%A9", "5");
    assert_lists("invoiceNumber=INV2&customerCode=CST1", "1");
    assert_lists("search=52.5", "1");
    assert_lists("search=grace", "52");
    assert_lists("search=4124939990", "4310");
    assert_lists("search=450060", "52");
    assert_lists("search=t4e5s6", "54310");
    assert_lists("search=%25", "");
    assert_lists("cardBatchId=1&invoiceNumber=INV1", "0");
    assert_lists("cardBatchId=9007199254740991", "");
}

static void a_cards_token_finds_its_transactions(void **state)
{
    char *body = listed("invoiceNumber=INV1");
    const char *token = strstr(body, "\"cardToken\":\"") + strlen("\"cardToken\":\"");
    char query[64];

    (void)state;
    (void)text_format(query, sizeof(query), "cardToken=%.16s", token);
    assert_lists(query, "4310");
    assert_lists("cardToken=5454HCMXTEST5454", "");
    assert_lists("cardToken=x", "");
    assert_lists("cardToken=12345678901234567", "");
    free(body);
}

static void pages_are_cut_by_limit_and_page(void **state)
{
    (void)state;
    assert_lists("limit=2", "54");
    assert_lists("limit=2&page=0", "54");
    assert_lists("limit=2&page=1", "54");
    assert_lists("limit=2&page=2", "32");
    assert_lists("limit=4&page=2", "10");
    assert_lists("limit=1000", "543210");
    assert_lists("limit=1000&page=2", "");
    assert_lists("limit=1000&page=1000000000", "");
}

static void every_slip_gets_its_sentence_and_all_at_once(void **state)
{
#define DATE "must be a day, such as 2026-01-22, or a moment, such as 2026-01-22 18:00:36"
#define LIMIT "{\"errors\":{\"limit\":\"must be a whole number from 1 to 1000\"}}"
#define PAGE "{\"errors\":{\"page\":\"must be a whole number, 1 or more\"}}"
#define BATCH "{\"errors\":{\"cardBatchId\":\"must be the number of a batch\"}}"
    static const char *const cases[][2] = {
        {"limit=0", LIMIT},
        {"limit=1001", LIMIT},
        {"limit=", LIMIT},
        {"limit=5&limit=5", LIMIT},
        {"page=-1", PAGE},
        {"page=1000000001", PAGE},
        {"cardBatchId=0", BATCH},
        {"cardBatchId=x", BATCH},
        {"dateFrom=today", "{\"errors\":{\"dateFrom\":\"" DATE "\"}}"},
        {"dateTo=2026-02-30", "{\"errors\":{\"dateTo\":\"" DATE "\"}}"},
        {"dateTo=2026-02-2800000000000000000000000000000000",
         "{\"errors\":{\"dateTo\":\"" DATE "\"}}"},
        {"search=a&search=b", "{\"errors\":{\"search\":\"stands twice\"}}"},
        {"search=%ff", "{\"errors\":{\"search\":\"must be a text of at most 128 bytes\"}}"},
        {"customerCode=%00",
         "{\"errors\":{\"customerCode\":\"must be a text of at most 64 characters\"}}"},
        {"invoiceNumber=12345678901234567890123456789012345678901234567890123456789012345",
         "{\"errors\":{\"invoiceNumber\":\"must be a text of at most 64 characters\"}}"},
        {"cardToken=%ff", "{\"errors\":{\"cardToken\":\"must be a card's token\"}}"},
        {"limit=0&page=x&dateFrom=x", "{\"errors\":{\"dateFrom\":\"" DATE
                                      "\",\"limit\":\"must be a whole number from 1 to 1000\","
                                      "\"page\":\"must be a whole number, 1 or more\"}}"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        door_answers(&api_transaction_list,
                     &(struct door_request){.token = "till", .query = cases[i][0]}, 400,
                     cases[i][1]);
    }
}

static enum fail many_add(struct store_tx *tx, void *argument)
{
    static const struct sale sale = {SPRING_DAY_MS, 1150, "INV2022", "CST1010", "JOHN", true};
    unsigned i;

    (void)argument;
    for (i = 0; i < READ_TRANSACTIONS_MAX; i++) {
        (void)sale_add(tx, &ours, &sale);
    }
    return FAIL_NONE;
}

static void a_thousand_are_one_answer(void **state)
{
    size_t count = 0;
    const char *at;
    char *body;

    (void)state;
    scene_do(door.scene, many_add, NULL);
    body = listed("");
    for (at = body; (at = strstr(at, "\"transactionId\":")) != NULL; at++) {
        count++;
    }
    assert_int_equal(count, READ_TRANSACTIONS_MAX);
    assert_true(strlen(body) > 350 * 1000);
    assert_string_equal(body + strlen(body) - 2, "}]");
    free(body);
}

/* --- Trouble ------------------------------------------------------------------------- */

/* What cannot be read is said so, and never a list with less in it. */
static void each_allocation_may_fail(void **state)
{
    const struct door_request request = {.token = "till", .id = door_text(ids[3])};

    (void)state;
    door_walk_memory(&api_transaction_list, &request, 200);
    door_walk_memory(&api_transaction_show, &request, 200);
}

#define TRANSACTION_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_is_written_to_the_byte),
        cmocka_unit_test(a_declined_one_says_why_and_each_kind_has_its_word),
        cmocka_unit_test(the_largest_fits_what_lists_make_room_for),
        TRANSACTION_TEST(one_is_shown_by_its_id),
        TRANSACTION_TEST(unknown_foreign_and_impossible_ids_are_answered_alike),
        TRANSACTION_TEST(newest_come_first_and_no_others_business_is_among_them),
        TRANSACTION_TEST(days_are_those_of_mountain_time),
        TRANSACTION_TEST(each_filter_narrows_and_all_together),
        TRANSACTION_TEST(a_cards_token_finds_its_transactions),
        TRANSACTION_TEST(pages_are_cut_by_limit_and_page),
        TRANSACTION_TEST(every_slip_gets_its_sentence_and_all_at_once),
        TRANSACTION_TEST(a_thousand_are_one_answer),
        TRANSACTION_TEST(each_allocation_may_fail),
    };

    id_start();
    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
