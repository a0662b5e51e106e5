/* GET /devices/{code}/payments and /payments/{id}: how payments stand, to the
 * byte, and what is not there. */
#include "unit/api/counter.h"

#include "api/payment_json.h"
#include "unit/api/door_memory.h"

#define NO_PERMISSION "{\"errors\":[\"No access permission\"]}"
#define DATE "\"2026-01-22 18:00:36\""

#define DATE_MS INT64_C(1769130036000)

static int setup(void **state)
{
    (void)state;
    counter_open(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    counter_close();
    return 0;
}

static const char *listed(const char *query)
{
    return answer_of(
        &api_payment_list,
        &(struct door_request){.token = "look", .code = till.device.code, .query = query}, 200);
}

static const char *payment_text(const char *id, const char *code)
{
    static char text[160];

    assert_true(text_format(text, sizeof(text),
                            "{\"errors\":[\"payment %s of device %s not found\"]}", id, code));
    return text;
}

static const char *device_text(const char *code)
{
    static char text[96];

    assert_true(
        text_format(text, sizeof(text), "{\"errors\":[\"device with code %s not found\"]}", code));
    return text;
}

/* --- The object ----------------------------------------------------------------------- */

static void assert_json(const struct payment_json *payment, const char *expected)
{
    struct buf out;

    buf_init(&out, SERVE_LARGE);
    payment_json_write(&out, payment);
    buf_byte(&out, '\0');
    WORKS(buf_fail(&out));
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
}

static void a_payment_is_written_to_the_byte(void **state)
{
    struct payment_row row = {.id = 123,
                              .code = "JSV5",
                              .payment = {.state = PAYMENT_DISPLAYED},
                              .currency = "CAD",
                              .amount_minor = 1234,
                              .created_ms = DATE_MS};
    static const struct attempt_row attempts[] = {
        {.number = 1,
         .began_ms = DATE_MS,
         .ended_ms = DATE_MS,
         .transaction = 7,
         .reason = "Transaction Declined: PICK UP CARD - Pick up card"},
        {.number = 2, .began_ms = DATE_MS, .ended_ms = DATE_MS, .transaction = 9, .approved = true},
        {.number = 3, .began_ms = DATE_MS}};

    (void)state;
    assert_json(&(struct payment_json){.row = &row, .screen = SCREEN_CARD},
                "{\"id\":123,\"deviceCode\":\"JSV5\",\"type\":\"purchase\",\"state\":\"card\","
                "\"reason\":null,\"currency\":\"CAD\",\"transactionAmount\":12.34,"
                "\"invoiceNumber\":null,\"customerCode\":null,\"transactionId\":null,"
                "\"reversed\":false,\"dateCreated\":" DATE ",\"dateEnded\":null}");
    row.payment = (struct payment){
        .kind = PAYMENT_REFUND, .state = PAYMENT_CANCELLED, .reason = REASON_POS, .reversed = true};
    row.approved = 9;
    row.ended_ms = DATE_MS;
    row.amount_minor = 5200;
    memcpy(row.invoice, "INV7", sizeof("INV7"));
    memcpy(row.customer, "<CST>", sizeof("<CST>"));
    assert_json(
        &(struct payment_json){
            .row = &row, .screen = SCREEN_NONE, .attempts = attempts, .attempt_count = 3},
        "{\"id\":123,\"deviceCode\":\"JSV5\",\"type\":\"refund\",\"state\":\"cancelled\","
        "\"reason\":\"pos\",\"currency\":\"CAD\",\"transactionAmount\":52,"
        "\"invoiceNumber\":\"INV7\",\"customerCode\":\"\\u003cCST\\u003e\",\"transactionId\":9,"
        "\"reversed\":true,\"attempts\":["
        "{\"number\":1,\"state\":\"declined\",\"transactionId\":7,\"warning\":"
        "\"Transaction Declined: PICK UP CARD - Pick up card\",\"dateCreated\":" DATE "},"
        "{\"number\":2,\"state\":\"approved\",\"transactionId\":9,\"warning\":null,"
        "\"dateCreated\":" DATE "},"
        "{\"number\":3,\"state\":\"authorising\",\"transactionId\":null,\"warning\":null,"
        "\"dateCreated\":" DATE "}],\"dateCreated\":" DATE ",\"dateEnded\":" DATE "}");
    assert_json(&(struct payment_json){.row = &row, .attempts = attempts},
                "{\"id\":123,\"deviceCode\":\"JSV5\",\"type\":\"refund\",\"state\":\"cancelled\","
                "\"reason\":\"pos\",\"currency\":\"CAD\",\"transactionAmount\":52,"
                "\"invoiceNumber\":\"INV7\",\"customerCode\":\"\\u003cCST\\u003e\","
                "\"transactionId\":9,\"reversed\":true,\"attempts\":[],\"dateCreated\":" DATE
                ",\"dateEnded\":" DATE "}");
}

/* Every character escaped, every number at its longest. */
static void the_largest_fits_what_is_made_room_for(void **state)
{
    struct attempt_row attempt = {.number = UINT32_MAX, .transaction = INT64_MAX};
    struct payment_row row = {
        .id = INT64_MAX,
        .created_ms = INT64_MAX,
        .ended_ms = INT64_MAX,
        .approved = INT64_MAX,
        .payment = {.state = PAYMENT_AUTHORISING, .reason = REASON_ADMINISTRATOR},
        .amount_minor = INT64_C(999999999)};
    struct payment_json payment = {.row = &row, .attempts = &attempt};
    size_t without;
    struct buf out;

    (void)state;
    memset(row.invoice, '<', PAYMENT_INVOICE_MAX);
    memset(row.customer, '<', PAYMENT_INVOICE_MAX);
    memset(attempt.reason, '<', PAYMENT_REASON_MAX);
    buf_init(&out, SERVE_LARGE);
    payment_json_write(&out, &payment);
    without = out.length;
    assert_in_range(without, PAYMENT_JSON_MAX / 2, PAYMENT_JSON_MAX - 2);
    buf_clear(&out);
    payment.attempt_count = 1;
    payment_json_write(&out, &payment);
    assert_in_range(out.length - without, ATTEMPT_JSON_MAX / 2, ATTEMPT_JSON_MAX - 1);
    WORKS(buf_fail(&out));
    buf_finish(&out);
}

/* --- One ---------------------------------------------------------------------------------- */

static void a_payment_is_followed_from_its_begin_to_its_end(void **state)
{
    struct presence_table *table = &door.scene->broker->presence;
    int64_t id = counter_begin("10.51"); /* a decline, by the table of decimals */

    (void)state;
    assert_holds(shown(id), "\"state\":\"displayed\",\"reason\":null");
    assert_holds(shown(id), "\"attempts\":[]");
    presence_set_screen(table, &till.presence, id, SCREEN_PIN);
    assert_holds(shown(id), "\"state\":\"pin\"");
    assert_holds(listed(""), "\"state\":\"pin\"");
    presence_set_screen(table, &till.presence, id + 1, SCREEN_CARD); /* of another payment */
    assert_holds(shown(id), "\"state\":\"displayed\"");
    presence_set_screen(table, &till.presence, id, SCREEN_AUTHORISING);
    counter_presents(id, 1);
    assert_holds(shown(id), "\"state\":\"retry\"");
    assert_holds(shown(id),
                 "\"attempts\":[{\"number\":1,\"state\":\"declined\",\"transactionId\":");
    assert_holds(shown(id), "\"warning\":\"Transaction Declined: PICK UP CARD - Pick up card\"");
    counter_says(SAID_CANCEL, id, NULL);
    assert_holds(shown(id), "\"state\":\"declined\",\"reason\":\"customer\"");
    assert_holds(shown(id), "\"transactionId\":null,\"reversed\":false");
    assert_null(strstr(shown(id), "\"dateEnded\":null"));
}

static void an_approved_one_names_its_transaction(void **state)
{
    int64_t id = counter_begin("10");

    (void)state;
    counter_presents(id, 1);
    assert_holds(shown(id), "\"state\":\"approved\",\"reason\":null");
    assert_null(strstr(shown(id), "\"transactionId\":null"));
    assert_holds(shown(id), "\"state\":\"approved\",\"transactionId\":");
}

static void what_is_not_there_is_told_from_the_device_on(void **state)
{
    int64_t id = counter_begin("1");
    static const char *const impossible[] = {"0",  "5", "-1", "abc", "1.0", "9007199254740992",
                                             "%20"};
    static const struct {
        const struct api_route *route;
        const char *token;
        const char *body;
    } cases[] = {
        {&api_payment_show, "look", NULL},
        {&api_payment_cancel, "pos", NULL},
        {&api_payment_cancel, "pos", "{}"},
        {&api_payment_cancel, "pos", "nonsense"}, /* what is wrong with it is not told */
    };
    size_t i;
    size_t j;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct door_request request = {
            .token = cases[i].token, .code = till.device.code, .body = cases[i].body};

        for (j = 0; j < sizeof(impossible) / sizeof(impossible[0]); j++) {
            request.id = impossible[j];
            door_answers(cases[i].route, &request, 404,
                         payment_text(strcmp(impossible[j], "%20") == 0 ? " " : impossible[j],
                                      till.device.code));
        }
        request.code = till.foreign.code;
        request.id = door_text(id);
        door_answers(cases[i].route, &request, 404, device_text(till.foreign.code));
        request.code = "ZZZZ";
        door_answers(cases[i].route, &request, 404, device_text("ZZZZ"));
        request.code = "ZZZZZ";
        door_answers(cases[i].route, &request, 404, device_text("ZZZZZ"));
        request.id = "%ff";
        door_answers(cases[i].route, &request, 400,
                     "{\"errors\":[\"The number in the path is not a text.\"]}");
    }
}

static void reading_and_cancelling_need_their_own_permissions(void **state)
{
    struct door_request request = {.code = till.device.code, .id = "5"};

    (void)state;
    request.token = "pos";
    door_answers(&api_payment_show, &request, 403, NO_PERMISSION);
    door_answers(&api_payment_list, &request, 403, NO_PERMISSION);
    request.token = "look";
    door_answers(&api_payment_cancel, &request, 403, NO_PERMISSION);
    request.token = "weak";
    door_answers(&api_payment_cancel, &request, 403, NO_PERMISSION);
}

/* --- All of a device ------------------------------------------------------------------------ */

/* Lists exactly those payments, and none with its attempts. */
static void assert_lists(const char *query, const int64_t *ids, size_t count)
{
    const char *at = listed(query);
    char item[64];
    size_t i;

    assert_null(strstr(at, "attempts"));
    assert_int_equal(*at++, '[');
    for (i = 0; i < count; i++) {
        assert_true(text_format(item, sizeof(item), "{\"id\":%lld,", (long long)ids[i]));
        assert_memory_equal(at, item, strlen(item));
        at = strchr(at, '}') + 1;
        at += *at == ',';
    }
    assert_string_equal(at, "]");
}

static void payments_are_listed_newest_first(void **state)
{
    char query[64];
    int64_t ids[3] = {0};
    int i;

    (void)state;
    assert_lists("", ids, 0);
    for (i = 2; i >= 0; i--) {
        ids[i] = counter_begin("1");
        if (i > 0) {
            counter_says(SAID_CANCEL, ids[i], NULL);
        }
    }
    assert_lists("", ids, 3);
    assert_lists("limit=2", ids, 2);
    assert_lists("open=false", ids, 3);
    assert_lists("open=true", ids, 1);
    assert_true(text_format(query, sizeof(query), "before=%lld", (long long)ids[0]));
    assert_lists(query, ids + 1, 2);
    assert_true(text_format(query, sizeof(query), "before=%lld&limit=1", (long long)ids[0]));
    assert_lists(query, ids + 1, 1);
    assert_true(text_format(query, sizeof(query), "before=%lld&open=true", (long long)ids[0]));
    assert_lists(query, ids, 0);
}

static void a_lists_slips_are_named_at_once_and_only_of_a_device_that_is_there(void **state)
{
#define LIMIT "limit must be a whole number from 1 to 100"
#define BEFORE "before must be the id of a payment: only older ones are listed"
#define OPEN "open must be true or false"
    static const char *const cases[][2] = {
        {"limit=0", LIMIT},
        {"limit=101", LIMIT},
        {"before=0", BEFORE},
        {"before=x", BEFORE},
        {"open=", OPEN},
        {"open=1", OPEN},
        {"open=TRUE", OPEN},
        {"open=true&open=true", OPEN},
        {"limit=x&before=-1&open=maybe", LIMIT "\",\"" BEFORE "\",\"" OPEN}};
    struct door_request request = {.token = "look", .code = till.device.code};
    char expected[256];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request.query = cases[i][0];
        assert_true(text_format(expected, sizeof(expected), "{\"errors\":[\"%s\"]}", cases[i][1]));
        door_answers(&api_payment_list, &request, 400, expected);
    }
    request.code = till.foreign.code;
    door_answers(&api_payment_list, &request, 404, device_text(till.foreign.code));
    request.query = NULL;
    door_answers(&api_payment_list, &request, 404, device_text(till.foreign.code));
    request.code = "ZZZZ";
    door_answers(&api_payment_list, &request, 404, device_text("ZZZZ"));
}

/* --- Trouble -----------------------------------------------------------------------------------
 */

static void each_allocation_may_fail(void **state)
{
    struct door_request request = {.code = till.device.code, .id = door_text(counter_begin("1"))};

    (void)state;
    request.token = "look";
    door_walk_memory(&api_payment_show, &request, 200);
    door_walk_memory(&api_payment_list, &request, 200);
    request.query = "limit=x";
    door_walk_memory(&api_payment_list, &request, 400);
    request.token = "pos";
    request.query = NULL;
    request.body = "{}";
    door_walk_memory(&api_payment_purchase, &request, 400);
    request.body = "[";
    door_walk_memory(&api_payment_cancel, &request, 400);
    request.body = "{}";
    door_walk_memory(&api_payment_cancel, &request, 200);
    request.body = "{\"currency\":\"CAD\",\"transactionAmount\":1}";
    request.key = "key";
    door_walk_memory(&api_payment_purchase, &request, 202);
}

#define PAYMENT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payment_is_written_to_the_byte),
        cmocka_unit_test(the_largest_fits_what_is_made_room_for),
        PAYMENT_TEST(a_payment_is_followed_from_its_begin_to_its_end),
        PAYMENT_TEST(an_approved_one_names_its_transaction),
        PAYMENT_TEST(what_is_not_there_is_told_from_the_device_on),
        PAYMENT_TEST(reading_and_cancelling_need_their_own_permissions),
        PAYMENT_TEST(payments_are_listed_newest_first),
        PAYMENT_TEST(a_lists_slips_are_named_at_once_and_only_of_a_device_that_is_there),
        PAYMENT_TEST(each_allocation_may_fail),
    };

    id_start();
    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
