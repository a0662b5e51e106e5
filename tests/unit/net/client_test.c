/* One HTTP call against a server that says what the test tells it to. */
#include "net/client.h"

#include "unit/net/fake_http.h"

enum { CALL_MS = 20000, SHORT_MS = 300, MEBIBYTE = 1024 * 1024 };

static struct fake_http fake;
static struct client_reply reply;
static char problem[CLIENT_PROBLEM_SIZE];
static char url[FAKE_URL_SIZE];

static int setup(void **state)
{
    (void)state;
    memset(&reply, 0, sizeof(reply));
    memset(&fake, 0, sizeof(fake));
    return 0;
}

static void answer_with(const char *answer)
{
    fake_http_start(&fake, answer, strlen(answer));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v2/devices?limit=25", fake.port);
}

static enum fail call(const struct client_request *request)
{
    enum fail fail;

    problem[0] = '\0';
    fail = client_call(request, &reply, problem);
    fake_http_finish(&fake);
    return fail;
}

static enum fail get(void)
{
    return call(&(struct client_request){.method = "GET", .url = url, .timeout_ms = CALL_MS});
}

static void expect_reply(int status, const char *body)
{
    assert_int_equal(reply.status, status);
    assert_true(slice_is(buf_view(&reply.body), body));
    buf_finish(&reply.body);
}

/* `problem`, with the port of the server where %u stands. */
static void expect_problem(const char *format)
{
    const char *at = strstr(format, "%u");
    char expected[CLIENT_PROBLEM_SIZE];

    assert_non_null(at);
    (void)snprintf(expected, sizeof(expected), "%.*s%u%s", (int)(at - format), format, fake.port,
                   at + 2);
    assert_string_equal(problem, expected);
}

/* --- What is sent ------------------------------------------------------------- */

static void a_get_sends_its_headers_and_nothing_strange(void **state)
{
    const struct client_header headers[] = {{"api-token", "secret"}, {"X-Empty", ""}};
    const struct client_request request = {
        .method = "GET", .url = url, .headers = headers, .header_count = 2, .timeout_ms = CALL_MS};
    char expected[512];

    (void)state;
    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
    (void)snprintf(expected, sizeof(expected),
                   "GET /v2/devices?limit=25 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                   "User-Agent: tillwire/" TILLWIRE_VERSION "\r\nAccept: */*\r\n"
                   "api-token: secret\r\nX-Empty:\r\n\r\n",
                   fake.port);
    assert_int_equal(call(&request), FAIL_NONE);
    expect_reply(200, "[]");
    assert_string_equal(fake.request, expected);
}

static void a_body_is_sent_with_its_length(void **state)
{
    const struct client_header header = {"Content-Type", "application/json"};
    const struct client_request request = {.method = "POST",
                                           .url = url,
                                           .headers = &header,
                                           .header_count = 1,
                                           .body = {.bytes = "{\"a\":1}!", .length = 7},
                                           .timeout_ms = CALL_MS};

    (void)state;
    answer_with("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call(&request), FAIL_NONE);
    expect_reply(202, "");
    assert_true(
        slice_starts_with(slice_of(fake.request), "POST /v2/devices?limit=25 HTTP/1.1\r\n"));
    assert_non_null(strstr(fake.request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(fake.request, "\r\nContent-Length: 7\r\n"));
    assert_string_equal(strstr(fake.request, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
}

static void expect_first_line(const char *method, const char *expected, bool has_length)
{
    answer_with("HTTP/1.1 204 No Content\r\n\r\n");
    assert_int_equal(
        call(&(struct client_request){.method = method, .url = url, .timeout_ms = CALL_MS}),
        FAIL_NONE);
    expect_reply(204, "");
    assert_true(slice_starts_with(slice_of(fake.request), expected));
    assert_int_equal(strstr(fake.request, "\r\nContent-Length: 0\r\n") != NULL, has_length);
}

static void a_method_may_be_any(void **state)
{
    (void)state;
    expect_first_line("POST", "POST /v2/devices?limit=25 HTTP/1.1\r\n", true);
    expect_first_line("HEAD", "HEAD /v2/devices?limit=25 HTTP/1.1\r\n", false);
    expect_first_line("DELETE", "DELETE /v2/devices?limit=25 HTTP/1.1\r\n", false);
}

/* --- What comes back ------------------------------------------------------------ */

static void an_error_of_the_server_is_a_reply(void **state)
{
    (void)state;
    answer_with("HTTP/1.1 409 Conflict\r\nContent-Length: 13\r\n\r\n{\"errors\":[]}");
    assert_int_equal(get(), FAIL_NONE);
    expect_reply(409, "{\"errors\":[]}");
}

static void a_redirection_is_not_followed(void **state)
{
    (void)state;
    answer_with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(get(), FAIL_NONE);
    expect_reply(302, "");
}

static void a_reply_may_be_chunked_or_end_with_the_connection(void **state)
{
    (void)state;
    answer_with(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    assert_int_equal(get(), FAIL_NONE);
    expect_reply(200, "abc");
    answer_with("HTTP/1.0 200 OK\r\n\r\nto the end");
    assert_int_equal(get(), FAIL_NONE);
    expect_reply(200, "to the end");
}

static void start_big(char *answer, size_t body)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";

    memcpy(answer, head, sizeof(head) - 1);
    memset(answer + sizeof(head) - 1, 'b', body);
    fake_http_start(&fake, answer, sizeof(head) - 1 + body);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", fake.port);
}

static void a_reply_has_at_most_a_mebibyte(void **state)
{
    char *answer = malloc(MEBIBYTE + 100);

    (void)state;
    assert_non_null(answer);
    start_big(answer, MEBIBYTE);
    assert_int_equal(get(), FAIL_NONE);
    assert_int_equal(reply.body.length, MEBIBYTE);
    buf_finish(&reply.body);
    memset(&reply, 0, sizeof(reply));
    start_big(answer, MEBIBYTE + 1);
    assert_int_equal(get(), FAIL_LIMIT);
    expect_problem("the answer of 127.0.0.1 port %u is larger than 1 MiB");
    assert_null(reply.body.bytes); /* untouched on failure */
    free(answer);
}

/* --- What goes wrong -------------------------------------------------------------- */

static void nobody_listening_is_told(void **state)
{
    (void)state;
    answer_with("");
    fake_http_finish(&fake); /* the port is free again */
    problem[0] = '\0';
    assert_int_equal(
        client_call(&(struct client_request){.method = "GET", .url = url, .timeout_ms = CALL_MS},
                    &reply, problem),
        FAIL_CLOSED);
    expect_problem("could not connect to 127.0.0.1 port %u: is Tillwire running there?");
}

static void an_answer_that_does_not_come_is_not_waited_for_longer(void **state)
{
    (void)state;
    fake.holds = true;
    answer_with("");
    assert_int_equal(
        call(&(struct client_request){.method = "GET", .url = url, .timeout_ms = SHORT_MS}),
        FAIL_TIMEOUT);
    assert_non_null(strstr(problem, "gave no answer within 1 second"));
}

static void a_connection_that_ends_too_early_is_told(void **state)
{
    (void)state;
    answer_with("");
    assert_int_equal(get(), FAIL_CLOSED);
    expect_problem("127.0.0.1 port %u closed the connection without an answer");
    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    assert_int_equal(get(), FAIL_CLOSED);
    expect_problem("the connection to 127.0.0.1 port %u was cut before the answer was complete");
}

static void what_does_not_speak_http_is_told(void **state)
{
    (void)state;
    answer_with("SSH-2.0-OpenSSH_9.2\r\n");
    assert_int_equal(get(), FAIL_INVALID);
    expect_problem("what answers at 127.0.0.1 port %u does not speak HTTP");
}

static void a_secure_call_to_a_plain_server_is_told(void **state)
{
    (void)state;
    fake.speaks_first = true;
    answer_with("HTTP/1.1 400 Bad Request\r\n\r\n");
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", fake.port);
    assert_int_equal(get(), FAIL_CLOSED);
    assert_non_null(strstr(problem, "does it speak https?"));
}

/* --- What is never sent ------------------------------------------------------------ */

static void expect_invalid_url(const char *text, const char *expected)
{
    problem[0] = '\0';
    assert_int_equal(
        client_call(&(struct client_request){.method = "GET", .url = text, .timeout_ms = CALL_MS},
                    &reply, problem),
        FAIL_INVALID);
    assert_true(slice_starts_with(slice_of(problem), expected));
}

static void addresses_that_are_none_are_refused(void **state)
{
    (void)state;
    expect_invalid_url("ftp://127.0.0.1/", "the address must start with http:// or https://");
    expect_invalid_url("127.0.0.1", "the address must start with http:// or https://");
    expect_invalid_url("file:///etc/passwd", "the address must start with http:// or https://");
    expect_invalid_url("http://", "the address cannot be read: ");
    expect_invalid_url("http://user:password@127.0.0.1/", "the address cannot be read: ");
    expect_invalid_url("http://127.0.0.1:99999/", "the address cannot be read: ");
}

static void expect_invalid_header(const char *name, const char *value)
{
    const struct client_header header = {name, value};

    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call(&(struct client_request){.method = "GET",
                                                   .url = url,
                                                   .headers = &header,
                                                   .header_count = 1,
                                                   .timeout_ms = CALL_MS}),
                     FAIL_INVALID);
    assert_non_null(strstr(problem, "a header "));
    assert_int_equal(fake.request_length, 0);
}

static void headers_that_would_become_others_are_refused(void **state)
{
    char value[9 * 1024];

    (void)state;
    memset(value, 'v', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    expect_invalid_header("api-token", "a\r\nX-Admin: yes");
    expect_invalid_header("api-token", "a\nb");
    expect_invalid_header("api-token: a", "b");
    expect_invalid_header("", "b");
    expect_invalid_header("api token", "b");
    expect_invalid_header("api-token", value);
}

static void a_location_is_kept_as_it_came(void **state)
{
    char answer[CLIENT_LOCATION_SIZE + 128];

    (void)state;
    answer_with("HTTP/1.1 202 Accepted\r\nlocation: /v2/devices/JSV5/payments/7\r\n"
                "Content-Length: 0\r\n\r\n");
    assert_int_equal(get(), FAIL_NONE);
    assert_string_equal(reply.location, "/v2/devices/JSV5/payments/7");
    expect_reply(202, "");
    answer_with("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(get(), FAIL_NONE);
    assert_string_equal(reply.location, "");
    expect_reply(202, "");
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 202 Accepted\r\nLocation: %01024d\r\nContent-Length: 0\r\n\r\n", 0);
    answer_with(answer);
    assert_int_equal(get(), FAIL_NONE);
    assert_string_equal(reply.location, "");
    expect_reply(202, "");
}

static void what_cannot_have_arrived_is_told_apart_from_what_may_have(void **state)
{
    (void)state;
    fake.holds = true;
    answer_with("");
    assert_int_equal(
        call(&(struct client_request){.method = "POST", .url = url, .timeout_ms = SHORT_MS}),
        FAIL_TIMEOUT);
    assert_true(reply.may_have_arrived);
    fake.holds = false;
    answer_with("");
    assert_int_equal(get(), FAIL_CLOSED);
    assert_true(reply.may_have_arrived);
    assert_int_equal(
        client_call(&(struct client_request){.method = "POST", .url = url, .timeout_ms = CALL_MS},
                    &reply, problem),
        FAIL_CLOSED); /* nobody listens there any more */
    assert_false(reply.may_have_arrived);
    reply.may_have_arrived = true;
    assert_int_equal(
        client_call(
            &(struct client_request){.method = "POST", .url = "ftp://x", .timeout_ms = CALL_MS},
            &reply, problem),
        FAIL_INVALID);
    assert_false(reply.may_have_arrived);
}

static void this_machine_is_never_asked_through_a_proxy(void **state)
{
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_int_equal(get(), FAIL_NONE);
    expect_reply(200, "ok");
    assert_true(slice_starts_with(slice_of(fake.request), "GET /v2"));
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_get_sends_its_headers_and_nothing_strange, setup),
        cmocka_unit_test_setup(a_body_is_sent_with_its_length, setup),
        cmocka_unit_test_setup(a_method_may_be_any, setup),
        cmocka_unit_test_setup(an_error_of_the_server_is_a_reply, setup),
        cmocka_unit_test_setup(a_redirection_is_not_followed, setup),
        cmocka_unit_test_setup(a_reply_may_be_chunked_or_end_with_the_connection, setup),
        cmocka_unit_test_setup(a_reply_has_at_most_a_mebibyte, setup),
        cmocka_unit_test_setup(nobody_listening_is_told, setup),
        cmocka_unit_test_setup(an_answer_that_does_not_come_is_not_waited_for_longer, setup),
        cmocka_unit_test_setup(a_connection_that_ends_too_early_is_told, setup),
        cmocka_unit_test_setup(what_does_not_speak_http_is_told, setup),
        cmocka_unit_test_setup(a_secure_call_to_a_plain_server_is_told, setup),
        cmocka_unit_test_setup(addresses_that_are_none_are_refused, setup),
        cmocka_unit_test_setup(headers_that_would_become_others_are_refused, setup),
        cmocka_unit_test_setup(a_location_is_kept_as_it_came, setup),
        cmocka_unit_test_setup(what_cannot_have_arrived_is_told_apart_from_what_may_have, setup),
        cmocka_unit_test_setup(this_machine_is_never_asked_through_a_proxy, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
