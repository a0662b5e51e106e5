/* The POS client without a network: what an answer means, and what can be
 * asked with. The call itself is tested with the real binary (tests/end). */
#include "pos/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NO_REASON(status)                                                                          \
    "the answer was " status ", without a reason that a Smart Terminal API would give"
#define NO_API "there is no Smart Terminal API at this address: should it end in /v2?"
#define NO_TOKEN(status) "the api-token was not accepted (" status ")"

struct answer {
    int status;
    const char *body;
    enum pos_outcome outcome;
    const char *problem;
};

static void expect(const struct answer *answer)
{
    char problem[POS_PROBLEM_SIZE] = "untouched";

    assert_int_equal(pos_outcome_of(answer->status, slice_of(answer->body), problem),
                     answer->outcome);
    assert_string_equal(problem, answer->problem);
}

#define EXPECT_ALL(table)                                                                          \
    for (size_t i = 0; i < sizeof(table) / sizeof((table)[0]); i++) {                              \
        expect(&(table)[i]);                                                                       \
    }

static void the_status_decides(void **state)
{
    static const struct answer ANSWERS[] = {
        {202, "", POS_SHOWN, "untouched"},
        {202, "not empty", POS_SHOWN, "untouched"},
        {401, "{\"errors\":[\"Unauthorized\"]}", POS_UNAUTHORIZED, "Unauthorized"},
        {403, "{\"errors\":\"No access permission\"}", POS_UNAUTHORIZED, "No access permission"},
        {403, "", POS_UNAUTHORIZED, NO_TOKEN("403")},
        {404, "{\"errors\":[\"device with code ZZZZ not found\"]}", POS_NOT_FOUND,
         "device with code ZZZZ not found"},
        {409, "{\"errors\":[\"device with code JFHP not listening\"]}", POS_NOT_LISTENING,
         "device with code JFHP not listening"},
        {409, "{\"errors\":[\"device with code JFHP busy\"]}", POS_BUSY,
         "device with code JFHP busy"},
        {429, "{\"errors\":[\"Too many requests\"]}", POS_UNEXPECTED, "Too many requests"},
        {500, "{\"errors\":\"trouble\"}", POS_UNEXPECTED, "trouble"},
        {200, "", POS_UNEXPECTED, NO_REASON("200")},
        {301, "moved", POS_UNEXPECTED, NO_REASON("301")},
    };

    (void)state;
    EXPECT_ALL(ANSWERS)
}

static void a_plain_404_is_a_wrong_address_and_no_unknown_device(void **state)
{
    static const struct answer ANSWERS[] = {
        {404, "404 page not found", POS_UNEXPECTED, NO_API},
        {404, "", POS_UNEXPECTED, NO_API},
        {404, "<html>Not found</html>", POS_UNEXPECTED, NO_API},
    };

    (void)state;
    EXPECT_ALL(ANSWERS)
}

static void a_409_without_a_known_reason_is_unexpected(void **state)
{
    static const struct answer ANSWERS[] = {
        {409, "", POS_UNEXPECTED, NO_REASON("409")},
        {409, "not listening", POS_UNEXPECTED, NO_REASON("409")},
        {409, "{\"errors\":[\"key was used\"]}", POS_REFUSED, "key was used"},
        {400, "{\"errors\":[\"currency must be CAD\"]}", POS_REFUSED, "currency must be CAD"},
        {400, "", POS_UNEXPECTED, NO_REASON("400")},
    };

    (void)state;
    EXPECT_ALL(ANSWERS)
}

static void only_the_two_forms_of_errors_are_read(void **state)
{
    static const struct answer ANSWERS[] = {
        {500, "{\"errors\":[\"a\",\"b\"]}", POS_UNEXPECTED, "a; b"},
        {500, " {\"x\":1,\"errors\":\"a\"} ", POS_UNEXPECTED, "a"},
        {500, "{\"errors\":[]}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":\"\"}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":[1]}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":[\"a\",null]}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":{\"a\":\"b\"}}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":7}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"error\":\"a\"}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "[\"errors\"]", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":\"a\"}x", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":\"a\",\"errors\":\"b\"}", POS_UNEXPECTED, NO_REASON("500")},
        {500, "{\"errors\":\"a\"", POS_UNEXPECTED, NO_REASON("500")},
    };

    (void)state;
    EXPECT_ALL(ANSWERS)
}

static void control_characters_of_a_server_do_not_reach_a_screen(void **state)
{
    static const struct answer ANSWERS[] = {
        {500, "{\"errors\":\"a\\u001b[2Jb\\u000ac\"}", POS_UNEXPECTED, "a?[2Jb?c"},
        {500, "{\"errors\":[\"caf\\u00e9\"]}", POS_UNEXPECTED, "caf\xc3\xa9"},
    };

    (void)state;
    EXPECT_ALL(ANSWERS)
}

static void a_long_error_is_cut_between_two_characters(void **state)
{
    char body[2 * POS_PROBLEM_SIZE];
    char problem[POS_PROBLEM_SIZE];
    size_t length;
    size_t i;

    (void)state;
    memcpy(body, "{\"errors\":\"x", 12);
    for (i = 12; i < 12 + 800; i += 2) {
        memcpy(body + i, "\xc3\xa9", 2);
    }
    memcpy(body + i, "\"}", 3);
    assert_int_equal(pos_outcome_of(500, slice_of(body), problem), POS_UNEXPECTED);
    length = strlen(problem);
    assert_true(slice_is_utf8(slice_of(problem)));
    assert_int_equal(length, POS_PROBLEM_SIZE - 1);
    memmove(body + 11, body + 12, strlen(body + 12) + 1); /* the x goes: the cut moves by one */
    assert_int_equal(pos_outcome_of(500, slice_of(body), problem), POS_UNEXPECTED);
    assert_true(slice_is_utf8(slice_of(problem)));
    assert_int_equal(strlen(problem), POS_PROBLEM_SIZE - 2);
}

static void a_base_address_is_used_as_given(void **state)
{
    struct pos_client client;

    (void)state;
    pos_client_init(&client, "http://127.0.0.1:8080/v2", "t", NULL);
    assert_string_equal(client.base, "http://127.0.0.1:8080/v2");
    pos_client_init(&client, "http://127.0.0.1:8080/v2/", "t", NULL);
    assert_string_equal(client.base, "http://127.0.0.1:8080/v2");
    pos_client_init(&client, "https://api.example.com", "t", NULL);
    assert_string_equal(client.base, "https://api.example.com");
    pos_client_init(&client, "https://api.example.com/", "t", NULL);
    assert_string_equal(client.base, "https://api.example.com");
}

static void addresses_that_cannot_be_used_are_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "127.0.0.1:8080",
        "ftp://127.0.0.1",
        "ws://127.0.0.1",
        "http://",
        "http://u:p@127.0.0.1",
        "http://127.0.0.1/v2?x=1",
        "http://127.0.0.1/v2#x",
        "http://127.0.0.1:65536",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nx: y",
        "http://127.0.0.1/caf\xc3\xa9",
    };
    char longest[POS_API_SIZE + 1];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        assert_non_null(pos_api_problem(BAD[i]));
    }
    assert_null(pos_api_problem("http://[::1]:8080/v2"));
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "http://a/", 9);
    longest[POS_API_SIZE] = '\0';
    assert_non_null(pos_api_problem(longest));
}

static void a_token_cannot_carry_another_header(void **state)
{
    char longest[POS_TOKEN_MAX + 2];

    (void)state;
    assert_null(pos_token_problem("abc-DEF_123"));
    assert_non_null(pos_token_problem(""));
    assert_non_null(pos_token_problem("a b"));
    assert_non_null(pos_token_problem("a\r\nx: y"));
    assert_non_null(pos_token_problem("caf\xc3\xa9"));
    memset(longest, 'a', sizeof(longest));
    longest[POS_TOKEN_MAX] = '\0';
    assert_null(pos_token_problem(longest));
    longest[POS_TOKEN_MAX] = 'a';
    longest[POS_TOKEN_MAX + 1] = '\0';
    assert_non_null(pos_token_problem(longest));
}

static void a_message_has_at_most_80_characters(void **state)
{
    char text[2 * (POS_MESSAGE_MAX + 1) + 1];
    size_t i;

    (void)state;
    for (i = 0; i < POS_MESSAGE_MAX + 1; i++) {
        memcpy(text + 2 * i, "\xc3\xa9", 2);
    }
    text[2 * POS_MESSAGE_MAX + 2] = '\0';
    assert_non_null(pos_message_problem(slice_of(text)));
    text[2 * POS_MESSAGE_MAX] = '\0';
    assert_null(pos_message_problem(slice_of(text)));
    assert_non_null(pos_message_problem(slice_of("")));
    assert_non_null(pos_message_problem(slice_of("a\nb")));
    assert_non_null(pos_message_problem(slice_of("\xff")));
}

static void each_outcome_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(pos_outcome_name(POS_SHOWN), "shown");
    assert_string_equal(pos_outcome_name(POS_NOT_FOUND), "not_found");
    assert_string_equal(pos_outcome_name(POS_NOT_LISTENING), "not_listening");
    assert_string_equal(pos_outcome_name(POS_BUSY), "busy");
    assert_string_equal(pos_outcome_name(POS_UNAUTHORIZED), "unauthorized");
    assert_string_equal(pos_outcome_name(POS_UNREACHABLE), "unreachable");
    assert_string_equal(pos_outcome_name(POS_UNEXPECTED), "unexpected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_decides),
        cmocka_unit_test(a_plain_404_is_a_wrong_address_and_no_unknown_device),
        cmocka_unit_test(a_409_without_a_known_reason_is_unexpected),
        cmocka_unit_test(only_the_two_forms_of_errors_are_read),
        cmocka_unit_test(control_characters_of_a_server_do_not_reach_a_screen),
        cmocka_unit_test(a_long_error_is_cut_between_two_characters),
        cmocka_unit_test(a_base_address_is_used_as_given),
        cmocka_unit_test(addresses_that_cannot_be_used_are_refused),
        cmocka_unit_test(a_token_cannot_carry_another_header),
        cmocka_unit_test(a_message_has_at_most_80_characters),
        cmocka_unit_test(each_outcome_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
