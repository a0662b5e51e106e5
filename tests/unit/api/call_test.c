/* The order of checks (contract.md, Common): token, permission, path, then
 * what the route looks at; and what a code in the path may be. */
#include "base/clock.h"
#include "unit/api/door.h"

#define UNAUTHORIZED "{\"errors\":[\"Unauthorized\"]}"
#define NO_PERMISSION "{\"errors\":[\"No access permission\"]}"
#define NO_TEXT "{\"errors\":[\"The device code in the path is not a text.\"]}"

static int setup(void **state)
{
    (void)state;
    door_open(false);
    door_token("all", ACCESS_WRITE, ACCESS_WRITE, PROCESSING_ADMIN);
    door_token("weak", ACCESS_READ, ACCESS_NONE, PROCESSING_AUTH);
    return 0;
}

static int setup_slow(void **state)
{
    (void)state;
    door_open(true);
    door_token("all", ACCESS_WRITE, ACCESS_WRITE, PROCESSING_ADMIN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    door_close();
    return 0;
}

static void each_check_comes_in_its_turn(void **state)
{
    (void)state;
    door_expect(&api_device_show, "%zz", NULL, 401, UNAUTHORIZED);
    door_expect(&api_device_show, "%zz", "", 401, UNAUTHORIZED);
    door_expect(&api_device_show, "%zz", "unknown", 403, UNAUTHORIZED);
    door_expect(&api_device_show, "%zz", "weak", 403, NO_PERMISSION);
    door_expect(&api_device_show, "%zz", "all", 400, NO_TEXT);
    door_expect(&api_device_show, "ZZZZ", "all", 404,
                "{\"errors\":[\"device with code ZZZZ not found\"]}");
}

static void a_loop_that_knows_the_token_checks_in_the_same_order(void **state)
{
    (void)state;
    door_expect(&api_device_show, "ZZZZ", "weak", 403, NO_PERMISSION);
    door_expect(&api_device_show, "%zz", "weak", 403, NO_PERMISSION); /* known now */
    door_expect(&api_device_list, "", "all", 200, "[]");
    door_expect(&api_device_show, "%zz", "all", 400, NO_TEXT);
    door_expect(&api_device_list, "?limit=0", "all", 400,
                "{\"errors\":[\"limit must be a whole number from 1 to 100\"]}");
}

static void errors_have_the_form_of_their_route(void **state)
{
    (void)state;
    door_expect(&api_connection_test, "", NULL, 401, "{\"errors\":\"Unauthorized\"}");
    door_expect(&api_connection_test, "", "unknown", 403, "{\"errors\":\"Unauthorized\"}");
    door_expect(&api_connection_test, "", "weak", 200, "{\"message\":\"Connection Successful\"}");
}

static void a_code_is_quoted_as_given_in_upper_case_cut_at_sixteen(void **state)
{
    static const char *const cases[][2] = {
        {"zzzz", "ZZZZ"},
        {"JSV", "JSV"},
        {"JSV55", "JSV55"},
        {"%4aSV5x", "JSV5X"},
        {"JS%2FV", "JS/V"},
        {"a%22b", "A\\\"B"},
        {"0123456789abcdef", "0123456789ABCDEF"},
        {"0123456789abcdefg", "0123456789ABCDEF"},
        /* Sixteen characters, not bytes, and none is cut in two. */
        {"%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%"
         "A9"
         "%C3%A9%C3%A9",
         "éééééééééééééééé"},
    };
    char expected[256];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)text_format(expected, sizeof(expected),
                          "{\"errors\":[\"device with code %s not found\"]}", cases[i][1]);
        door_expect(&api_device_show, cases[i][0], "all", 404, expected);
        door_expect(&api_device_ping, cases[i][0], "all", 404, expected);
    }
}

static void what_is_no_text_is_no_code(void **state)
{
    static const char *const cases[] = {"%", "%4", "%00", "A%00BC", "%ff", "%C3", "%ED%A0%80"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        door_expect(&api_device_show, cases[i], "all", 400, NO_TEXT);
    }
}

static void a_token_past_its_limit_is_unknown(void **state)
{
    char token[ACCESS_TOKEN_MAX + 2] = "";

    (void)state;
    memset(token, 'x', ACCESS_TOKEN_MAX);
    door_token(token, ACCESS_READ, ACCESS_READ, PROCESSING_NONE);
    door_expect(&api_device_list, "", token, 200, "[]");
    token[ACCESS_TOKEN_MAX] = 'x';
    door_token(token, ACCESS_READ, ACCESS_READ, PROCESSING_NONE);
    door_expect(&api_device_list, "", token, 403, UNAUTHORIZED);
}

/* For the line of the log that is written with the answer. */
static void who_asked_and_why_it_was_refused_is_noted(void **state)
{
    struct {
        const char *token;
        const char *reason;
        bool known;
    } cases[] = {{NULL, NULL, false},
                 {"unknown", "unknown_token", false},
                 {"weak", "no_permission", true},
                 {"all", NULL, true}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange exchange;

        door_call(&exchange, &api_device_list, "", cases[i].token);
        assert_int_equal(exchange.answers, 1);
        assert_int_equal(exchange.note.business, cases[i].known ? door.scene->business : 0);
        assert_int_equal(exchange.note.token != 0, cases[i].known);
        assert_int_equal(exchange.known, cases[i].known); /* to the gate */
        assert_int_equal(exchange.note.reason == NULL, cases[i].reason == NULL);
        if (cases[i].reason != NULL) {
            assert_string_equal(exchange.note.reason, cases[i].reason);
        }
        fake_exchange_finish(&exchange);
    }
}

/* --- Pings ------------------------------------------------------------------------------ */

static void no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
    abort();
}

static void every_outcome_of_a_ping_has_its_answer(void **state)
{
    static const struct {
        enum ping_outcome outcome;
        int status;
        const char *body;
    } cases[] = {
        {PING_SHOWN, 202, ""},
        {PING_NOT_FOUND, 404, "{\"errors\":[\"device with code JSV5 not found\"]}"},
        {PING_NOT_LISTENING, 409, "{\"errors\":[\"device with code JSV5 not listening\"]}"},
        {PING_TROUBLE, 503,
         "{\"errors\":[\"The device could not be looked up now. Try again in a moment.\"]}"},
    };
    struct presence terminal = {
        .device = 1, .business = door.scene->business, .code = "JSV5", .listening = true};
    size_t i;

    (void)state;
    WORKS(presence_add(&door.scene->broker->presence, &terminal, no_kick, NULL));
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange exchange;

        door_call(&exchange, &api_device_ping, "jsv5", "weak");
        assert_int_equal(exchange.answers, 0);
        ping_finish(door.ping, cases[i].outcome);
        assert_int_equal(exchange.answers, 1);
        assert_int_equal(exchange.status, cases[i].status);
        assert_string_equal(exchange.body.bytes, cases[i].body);
        fake_exchange_finish(&exchange);
    }
    assert_true(presence_remove(&door.scene->broker->presence, &terminal));
}

static void the_words_of_a_ping_are_checked(void **state)
{
    static const char RULE[] = "{\"errors\":[\"message has 1 to 80 characters of text without "
                               "control characters, and stands once\"]}";
    struct presence terminal = {
        .device = 1, .business = door.scene->business, .code = "JSV5", .listening = true};
    char eighty[128] = "JSV5?message=";
    struct exchange exchange;

    (void)state;
    WORKS(presence_add(&door.scene->broker->presence, &terminal, no_kick, NULL));
    memset(eighty + strlen(eighty), 'x', 80);
    door_expect(&api_device_ping, "JSV5?message=hi", "weak", 403, NO_PERMISSION);
    door_expect(&api_device_ping, "JSV5?message=", "all", 400, RULE);
    door_expect(&api_device_ping, "JSV5?message", "all", 400, RULE);
    door_expect(&api_device_ping, "JSV5?message=a%0Ab", "all", 400, RULE);
    door_expect(&api_device_ping, "JSV5?message=%00", "all", 400, RULE);
    door_expect(&api_device_ping, "JSV5?message=a&message=b", "all", 400, RULE);
    door_call(&exchange, &api_device_ping, eighty, "all");
    assert_string_equal(door.ping->message, eighty + strlen("JSV5?message="));
    ping_finish(door.ping, PING_SHOWN);
    fake_exchange_finish(&exchange);
    eighty[strlen(eighty)] = 'x';
    door_expect(&api_device_ping, eighty, "all", 400, RULE);
    door_call(&exchange, &api_device_ping, "JSV5?message=a+b%20c", "all");
    assert_string_equal(door.ping->message, "a b c");
    ping_finish(door.ping, PING_SHOWN);
    fake_exchange_finish(&exchange);
    assert_true(presence_remove(&door.scene->broker->presence, &terminal));
}

/* --- The end ------------------------------------------------------------------------------- */

/* The token was looked up before the end, and the answer is run after the
 * store is closed: the list must not be asked of it. */
static void an_answer_after_the_end_begins_nothing_new(void **state)
{
    struct exchange exchange;
    struct task *answer;

    (void)state;
    door_call(&exchange, &api_device_list, "", "all");
    answer = scene_hold(&door.scene->loops[0]);
    broker_stop(door.scene->broker);
    store_close(&door.scene->fixture->store);
    assert_int_equal(exchange.answers, 0);
    answer->run(answer);
    assert_int_equal(exchange.answers, 1);
    assert_int_equal(exchange.status, 503);
    fake_exchange_finish(&exchange);
}

#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOOR_TEST(each_check_comes_in_its_turn),
        DOOR_TEST(a_loop_that_knows_the_token_checks_in_the_same_order),
        DOOR_TEST(errors_have_the_form_of_their_route),
        DOOR_TEST(a_code_is_quoted_as_given_in_upper_case_cut_at_sixteen),
        DOOR_TEST(what_is_no_text_is_no_code),
        DOOR_TEST(a_token_past_its_limit_is_unknown),
        DOOR_TEST(who_asked_and_why_it_was_refused_is_noted),
        DOOR_TEST(every_outcome_of_a_ping_has_its_answer),
        DOOR_TEST(the_words_of_a_ping_are_checked),
        cmocka_unit_test_setup_teardown(an_answer_after_the_end_begins_nothing_new, setup_slow,
                                        teardown),
    };

    id_start();
    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
