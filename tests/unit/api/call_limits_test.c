/* The limits at the API's door: what a business may do, what is told about it,
 * and how often somebody may be wrong. */
#include "base/log.h"
#include "broker/guard.h"
#include "unit/api/door.h"
#include "unit/broker/moving_clock.h"

#define UNAUTHORIZED "{\"errors\":[\"Unauthorized\"]}"
#define NOT_FOUND "{\"errors\":[\"device with code ZZZZ not found\"]}"

enum { ANSWER_SIZE = 512 };

static int setup(void **state)
{
    (void)state;
    moving_clock_start();
    door_open(false);
    door_token("all", ACCESS_WRITE, ACCESS_WRITE, PROCESSING_ADMIN);
    door_token("weak", ACCESS_NONE, ACCESS_NONE, PROCESSING_NONE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    door_close();
    moving_clock_stop();
    return 0;
}

/* --- Calls ---------------------------------------------------------------------- */

static enum fail limits_set(struct store_tx *tx, void *argument)
{
    return store_business_set_rate(tx, door.scene->business, argument);
}

static enum fail preset_set(struct store_tx *tx, void *argument)
{
    (void)argument;
    return store_business_set_preset(tx, door.scene->business, true);
}

static void server_limits(uint32_t concurrent, uint32_t minute, uint32_t hour)
{
    door.scene->broker->rate =
        (struct rate_limits){.concurrent = concurrent, .minute = minute, .hour = hour};
}

/* Status, then its limit headers, then its body: all that a client sees of it. */
static const char *answer_of(const struct api_route *route, const char *target, const char *token,
                             const char *address)
{
    static char text[ANSWER_SIZE];
    struct exchange exchange;
    struct http_head head = fake_head(HTTP_GET, target, "localhost");
    struct slice rest;
    struct slice line;
    struct buf out;

    fake_header(&head, "api-token", token);
    fake_exchange_init(&exchange, door.loop);
    assert_true(address_read(slice_of(address), &exchange.client));
    call_start(door.scene->broker, route, &exchange,
               &(struct call_request){.head = &head, .code = head.path});
    assert_int_equal(exchange.answers, 1);
    buf_init(&out, ANSWER_SIZE - 1);
    buf_format(&out, "%d", exchange.status);
    rest = slice_of(exchange.headers.bytes);
    while (slice_next_part(&rest, '\n', &line)) {
        if (line.length > 0 && !slice_starts_with(line, "Cache-Control")) {
            buf_format(&out, " %.*s", (int)line.length, line.bytes);
        }
    }
    if (exchange.status != 200) {
        buf_format(&out, " %s", (const char *)exchange.body.bytes);
    }
    buf_byte(&out, '\0');
    WORKS(buf_fail(&out));
    memcpy(text, out.bytes, out.length);
    buf_finish(&out);
    fake_exchange_finish(&exchange);
    return text;
}

#define ASSERT_ANSWER(route, target, token, expected)                                              \
    assert_string_equal(answer_of(&(route), target, token, "192.0.2.1"), expected)

/* --- A business -------------------------------------------------------------------- */

static void without_limits_nothing_is_said_of_them(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 200; i++) {
        ASSERT_ANSWER(api_device_list, "", "all", "200");
    }
    assert_int_equal(rate_table_count(&door.scene->broker->rates), 0);
}

static void every_answer_tells_what_is_left(void **state)
{
    (void)state;
    server_limits(0, 5, 10);
    ASSERT_ANSWER(api_device_list, "", "all",
                  "200 minute-limit-remaining: 4 hour-limit-remaining: 9");
    ASSERT_ANSWER(api_device_list, "?limit=0", "all",
                  "400 minute-limit-remaining: 3 hour-limit-remaining: 8 "
                  "{\"errors\":[\"limit must be a whole number from 1 to 100\"]}");
    ASSERT_ANSWER(api_device_show, "ZZZZ", "all",
                  "404 minute-limit-remaining: 2 hour-limit-remaining: 7 " NOT_FOUND);
    ASSERT_ANSWER(api_device_show, "%zz", "all",
                  "400 minute-limit-remaining: 1 hour-limit-remaining: 6 "
                  "{\"errors\":[\"The device code in the path is not a text.\"]}");
    ASSERT_ANSWER(api_device_list, "", "weak",
                  "403 minute-limit-remaining: 0 hour-limit-remaining: 5 "
                  "{\"errors\":[\"No access permission\"]}");
    ASSERT_ANSWER(api_device_list, "", "all",
                  "429 minute-limit-remaining: 0 hour-limit-remaining: 5 retry-after: 61 "
                  "{\"errors\":[\"Too many calls: the limit is 5 a minute. Try again in 61 "
                  "seconds.\"]}");
    /* Who is unknown is told nothing of it. */
    ASSERT_ANSWER(api_device_list, "", "unknown", "403 " UNAUTHORIZED);
}

static void a_limit_that_is_off_has_no_header(void **state)
{
    (void)state;
    server_limits(0, 5, 0);
    ASSERT_ANSWER(api_device_list, "", "all", "200 minute-limit-remaining: 4");
    server_limits(0, 0, 5);
    ASSERT_ANSWER(api_device_list, "", "all", "200 hour-limit-remaining: 3");
    server_limits(9, 0, 0);
    ASSERT_ANSWER(api_device_list, "", "all", "200");
}

static void limits_come_before_the_permission_and_after_the_token(void **state)
{
    (void)state;
    server_limits(0, 1, 0);
    ASSERT_ANSWER(api_connection_test, "", "all", "200 minute-limit-remaining: 0");
    ASSERT_ANSWER(api_connection_test, "", "weak",
                  "429 minute-limit-remaining: 0 retry-after: 61 "
                  "{\"errors\":\"Too many calls: the limit is 1 a minute. Try again in 61 "
                  "seconds.\"}");
    ASSERT_ANSWER(api_device_show, "%zz", "weak",
                  "429 minute-limit-remaining: 0 retry-after: 61 "
                  "{\"errors\":[\"Too many calls: the limit is 1 a minute. Try again in 61 "
                  "seconds.\"]}");
    moving_clock_ms += 60000;
    ASSERT_ANSWER(api_connection_test, "", "weak",
                  "429 minute-limit-remaining: 0 retry-after: 1 "
                  "{\"errors\":\"Too many calls: the limit is 1 a minute. Try again in 1 "
                  "second.\"}");
    moving_clock_ms += 1000;
    ASSERT_ANSWER(api_connection_test, "", "weak", "200 minute-limit-remaining: 0");
}

static void the_hour_has_its_own_words(void **state)
{
    (void)state;
    server_limits(0, 0, 1);
    ASSERT_ANSWER(api_connection_test, "", "all", "200 hour-limit-remaining: 0");
    ASSERT_ANSWER(api_connection_test, "", "all",
                  "429 hour-limit-remaining: 0 retry-after: 3630 "
                  "{\"errors\":\"Too many calls: the limit is 1 an hour. Try again in 3630 "
                  "seconds.\"}");
}

static void the_limits_of_the_business_hold_over_those_of_the_server(void **state)
{
    struct rate_limits own = {.minute = 2};

    (void)state;
    server_limits(0, 50, 0);
    scene_do(door.scene, limits_set, &own);
    ASSERT_ANSWER(api_connection_test, "", "all", "200 minute-limit-remaining: 1");
}

static void a_business_may_have_no_limits_where_others_have(void **state)
{
    struct rate_limits own = RATE_OFF;

    (void)state;
    server_limits(0, 50, 0);
    scene_do(door.scene, limits_set, &own);
    ASSERT_ANSWER(api_connection_test, "", "all", "200");
}

static void the_preset_has_the_limits_of_helcim(void **state)
{
    (void)state;
    scene_do(door.scene, preset_set, NULL);
    ASSERT_ANSWER(api_connection_test, "", "all",
                  "200 minute-limit-remaining: 99 hour-limit-remaining: 2999");
}

/* --- Calls at once -------------------------------------------------------------------- */

static void no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
    abort();
}

static void a_call_is_under_way_until_it_is_answered(void **state)
{
    struct presence terminal = {
        .device = 1, .business = door.scene->business, .code = "JSV5", .listening = true};
    struct exchange exchange;

    (void)state;
    server_limits(1, 0, 0);
    WORKS(presence_add(&door.scene->broker->presence, &terminal, no_kick, NULL));
    door_call(&exchange, &api_device_ping, "JSV5", "all");
    assert_int_equal(exchange.answers, 0);
    ASSERT_ANSWER(api_connection_test, "", "all",
                  "429 retry-after: 1 {\"errors\":\"Too many calls at once: the limit is 1. Try "
                  "again in 1 second.\"}");
    ping_finish(door.ping, PING_SHOWN);
    assert_int_equal(exchange.status, 202);
    ASSERT_ANSWER(api_connection_test, "", "all", "200");
    fake_exchange_finish(&exchange);
    assert_true(presence_remove(&door.scene->broker->presence, &terminal));
}

static void every_end_of_a_call_gives_its_place_back(void **state)
{
    static const struct {
        const struct api_route *route;
        const char *target;
        int status;
    } cases[] = {
        {&api_connection_test, "", 200},     {&api_device_list, "", 200},
        {&api_device_list, "?limit=0", 400}, {&api_device_list, "?code=%00", 200},
        {&api_device_show, "ZZZZ", 404},     {&api_device_show, "%zz", 400},
        {&api_device_ping, "ZZZZ", 404},     {&api_device_ping, "ZZZZ?message=", 400},
        {&api_device_ping, "JSV55", 404},
    };
    size_t round;
    size_t i;

    (void)state;
    server_limits(1, 0, 0);
    for (round = 0; round < 2; round++) { /* once with the token's look-up, once without */
        for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            char status[8];

            (void)text_format(status, sizeof(status), "%d", cases[i].status);
            assert_true(slice_starts_with(
                slice_of(answer_of(cases[i].route, cases[i].target, "all", "192.0.2.1")), status));
        }
    }
}

/* A client that has its answer may call again at once: by then the first call
 * is not under way any more. */
static bool was_free_when_answered;

static void on_answer(struct exchange *exchange)
{
    struct rate_place place = {0};
    struct rate_verdict verdict;

    (void)exchange;
    WORKS(rate_enter(&door.scene->broker->rates, door.scene->business, &door.scene->broker->rate,
                     &place, &verdict));
    was_free_when_answered = verdict.answer == RATE_ADMITTED;
    rate_leave(&door.scene->broker->rates, &place);
}

static void the_place_is_free_before_the_answer_is_out(void **state)
{
    static const struct {
        const struct api_route *route;
        const char *target;
    } cases[] = {{&api_connection_test, ""},
                 {&api_device_list, ""},
                 {&api_device_list, "?limit=0"},
                 {&api_device_show, "ZZZZ"}};
    size_t i;

    (void)state;
    server_limits(1, 0, 0);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_free_when_answered = false;
        fake_exchange_on_answer = on_answer;
        (void)answer_of(cases[i].route, cases[i].target, "all", "192.0.2.1");
        fake_exchange_on_answer = NULL;
        assert_true(was_free_when_answered);
    }
}

/* --- Tokens -------------------------------------------------------------------------------- */

static void token_guesses(const char *address, unsigned times)
{
    char token[32];
    unsigned i;

    for (i = 0; i < times; i++) {
        (void)text_format(token, sizeof(token), "guess %u", i);
        assert_string_equal(answer_of(&api_device_list, "", token, address), "403 " UNAUTHORIZED);
    }
}

#define SLOW_TOKENS(seconds)                                                                       \
    "429 retry-after: " seconds                                                                    \
    " {\"errors\":[\"Too many unknown api-tokens. Try again in " seconds " seconds.\"]}"

static void past_sixty_unknown_tokens_a_minute_an_address_is_told_to_wait(void **state)
{
    uint64_t unknown = counter_read(&guard_tokens_unknown);
    uint64_t refused = counter_read(&guard_tokens_refused);

    (void)state;
    token_guesses("192.0.2.1", GUARD_TOKENS_PER_MINUTE);
    ASSERT_ANSWER(api_device_list, "", "unknown", SLOW_TOKENS("61"));
    assert_int_equal(counter_read(&guard_tokens_unknown) - unknown, 61);
    assert_int_equal(counter_read(&guard_tokens_refused) - refused, 1);
    token_guesses("192.0.2.2", 1);
    moving_clock_ms += 61000;
    token_guesses("192.0.2.1", 1);
}

static void a_good_token_works_also_where_somebody_guesses(void **state)
{
    (void)state;
    token_guesses("192.0.2.1", GUARD_TOKENS_PER_MINUTE);
    ASSERT_ANSWER(api_device_list, "", "unknown", SLOW_TOKENS("61"));
    ASSERT_ANSWER(api_device_list, "", "all", "200"); /* looked up */
    ASSERT_ANSWER(api_device_list, "", "all", "200"); /* known */
}

static void tokens_past_their_length_are_counted_too(void **state)
{
    char token[ACCESS_TOKEN_MAX + 2] = "";
    unsigned i;

    (void)state;
    memset(token, 'x', ACCESS_TOKEN_MAX + 1);
    for (i = 0; i < GUARD_TOKENS_PER_MINUTE; i++) {
        ASSERT_ANSWER(api_device_list, "", token, "403 " UNAUTHORIZED);
    }
    ASSERT_ANSWER(api_device_list, "", token, SLOW_TOKENS("61"));
}

static void a_missing_token_is_no_unknown_one(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i <= GUARD_TOKENS_PER_MINUTE; i++) {
        ASSERT_ANSWER(api_device_list, "", "", "401 " UNAUTHORIZED);
    }
    token_guesses("192.0.2.1", 1);
}

static void on_this_machine_no_token_is_counted(void **state)
{
    (void)state;
    token_guesses("127.0.0.1", 3 * GUARD_TOKENS_PER_MINUTE);
}

static enum fail token_expires(struct store_tx *tx, void *argument)
{
    return store_token_set_expiry(tx, door.scene->business, *(const int64_t *)argument,
                                  moving_clock_ms + 1000);
}

static void an_expired_token_is_an_unknown_one(void **state)
{
    (void)state;
    scene_do(door.scene, token_expires, &door.next_token_id); /* the last one: "weak" */
    ASSERT_ANSWER(api_connection_test, "", "weak", "200");
    moving_clock_ms += 999;
    ASSERT_ANSWER(api_connection_test, "", "weak", "200");
    moving_clock_ms += 1;
    ASSERT_ANSWER(api_connection_test, "", "weak", "403 {\"errors\":\"Unauthorized\"}");
    assert_int_equal(guard_count(&door.scene->broker->unknown_tokens), 1);
    ASSERT_ANSWER(api_connection_test, "", "all", "200");
}

/* --- Device codes ------------------------------------------------------------------------------
 */

#define SLOW_CODES(seconds)                                                                        \
    "429 retry-after: " seconds                                                                    \
    " {\"errors\":[\"Too many unknown device codes. Try again in " seconds " seconds.\"]}"

static void past_twenty_unknown_codes_a_minute_a_business_is_told_to_wait(void **state)
{
    struct presence terminal = {
        .device = 1, .business = door.scene->business, .code = "JSV5", .listening = true};
    uint64_t refused = counter_read(&guard_codes_refused);
    unsigned i;

    (void)state;
    WORKS(presence_add(&door.scene->broker->presence, &terminal, no_kick, NULL));
    for (i = 0; i < GUARD_CODES_PER_MINUTE; i++) {
        ASSERT_ANSWER(*(i % 2 == 0 ? &api_device_show : &api_device_ping), "ZZZZ", "all",
                      "404 " NOT_FOUND);
    }
    ASSERT_ANSWER(api_device_show, "ZZZZ", "all", SLOW_CODES("61"));
    ASSERT_ANSWER(api_device_ping, "ZZZZ", "weak", SLOW_CODES("61")); /* another token of it */
    ASSERT_ANSWER(api_device_ping, "ABC", "all", SLOW_CODES("61"));   /* no code at all */
    ASSERT_ANSWER(api_device_show, "JSV5", "all", "200");             /* what is right goes on */
    assert_int_equal(counter_read(&guard_codes_refused) - refused, 3);
    moving_clock_ms += 30000;
    ASSERT_ANSWER(api_device_show, "ZZZZ", "all", SLOW_CODES("31"));
    moving_clock_ms += 31000;
    ASSERT_ANSWER(api_device_show, "ZZZZ", "all", "404 " NOT_FOUND);
    assert_true(presence_remove(&door.scene->broker->presence, &terminal));
}

/* A device of another business is counted, and answered, like none. */
static void unknown_and_foreign_codes_are_told_to_wait_alike(void **state)
{
    struct presence foreign = {
        .device = 1, .business = door.scene->other, .code = "JSV5", .listening = true};
    char unknown[ANSWER_SIZE];
    unsigned i;

    (void)state;
    WORKS(presence_add(&door.scene->broker->presence, &foreign, no_kick, NULL));
    for (i = 0; i < GUARD_CODES_PER_MINUTE; i++) {
        ASSERT_ANSWER(api_device_ping, "JSV5", "all",
                      "404 {\"errors\":[\"device with code JSV5 not found\"]}");
    }
    (void)text_format(unknown, sizeof(unknown), "%s",
                      answer_of(&api_device_ping, "ZZZZ", "all", "192.0.2.1"));
    ASSERT_ANSWER(api_device_ping, "JSV5", "all", unknown);
    assert_string_equal(unknown, SLOW_CODES("61"));
    assert_true(presence_remove(&door.scene->broker->presence, &foreign));
}

#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOOR_TEST(without_limits_nothing_is_said_of_them),
        DOOR_TEST(every_answer_tells_what_is_left),
        DOOR_TEST(a_limit_that_is_off_has_no_header),
        DOOR_TEST(limits_come_before_the_permission_and_after_the_token),
        DOOR_TEST(the_hour_has_its_own_words),
        DOOR_TEST(the_limits_of_the_business_hold_over_those_of_the_server),
        DOOR_TEST(a_business_may_have_no_limits_where_others_have),
        DOOR_TEST(the_preset_has_the_limits_of_helcim),
        DOOR_TEST(a_call_is_under_way_until_it_is_answered),
        DOOR_TEST(every_end_of_a_call_gives_its_place_back),
        DOOR_TEST(the_place_is_free_before_the_answer_is_out),
        DOOR_TEST(past_sixty_unknown_tokens_a_minute_an_address_is_told_to_wait),
        DOOR_TEST(a_good_token_works_also_where_somebody_guesses),
        DOOR_TEST(tokens_past_their_length_are_counted_too),
        DOOR_TEST(a_missing_token_is_no_unknown_one),
        DOOR_TEST(on_this_machine_no_token_is_counted),
        DOOR_TEST(an_expired_token_is_an_unknown_one),
        DOOR_TEST(past_twenty_unknown_codes_a_minute_a_business_is_told_to_wait),
        DOOR_TEST(unknown_and_foreign_codes_are_told_to_wait_alike),
    };

    id_start();
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
