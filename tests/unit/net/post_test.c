/* Posts to an endpoint on this machine that does everything wrong. */
#include "unit/net/post_scene.h"

#include <dirent.h>

enum { MANY = 40, PLACES = 8, MEBIBYTE_KIB = 1024 };

static void headers_and_body_arrive_to_the_byte(void **state)
{
    static const struct post_header headers[] = {
        {"webhook-id", "msg_1"},
        {"webhook-timestamp", "1769130000"},
        {"webhook-signature", "v1,abc= v1,def="},
    };
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(1, NULL);
    char expected[HOOK_REQUEST_MAX];
    struct letter letter;

    (void)state;
    letter_to(&letter, hook, "/status/200?shop=1&x=%20");
    letter.post.headers = headers;
    letter.post.header_count = 3;
    letter.post.body = slice_of("{\"id\":\"25764674\",\"type\":\"cardTransaction\"}");
    letter_send(poster, &letter);
    assert_int_equal(letter.post.status, 200);
    assert_string_equal(letter.post.problem, "");
    assert_int_equal(letter.post.retry_after_s, 0);
    assert_true(letter.post.took_ms >= 0 && letter.post.took_ms < HOOK_LIMIT_MS);
    assert_true(text_format(expected, sizeof(expected),
                            "POST /status/200?shop=1&x=%%20 HTTP/1.1\r\n"
                            "Host: 127.0.0.1:%u\r\n"
                            "User-Agent: Tillwire/" TILLWIRE_VERSION "\r\n"
                            "webhook-id: msg_1\r\n"
                            "webhook-timestamp: 1769130000\r\n"
                            "webhook-signature: v1,abc= v1,def=\r\n"
                            "Content-Type: application/json\r\n"
                            "Content-Length: 42\r\n\r\n"
                            "{\"id\":\"25764674\",\"type\":\"cardTransaction\"}",
                            hook->port));
    assert_string_equal(hook->last, expected);
    poster_gone(&poster);
    hook_stop(hook);
}

static void every_status_is_an_answer_and_no_redirect_is_followed(void **state)
{
    static const int statuses[] = {200, 201, 299, 300, 400, 404, 410, 429, 500, 503, 599};
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(4, NULL);
    char path[HOOK_URL_SIZE];
    struct letter letter;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        assert_true(text_format(path, sizeof(path), "/status/%d", statuses[i]));
        letter_to(&letter, hook, path);
        letter_send(poster, &letter);
        assert_int_equal(letter.post.status, statuses[i]);
        assert_string_equal(letter.post.problem, "");
    }
    assert_int_equal(hook->requests, i);
    for (i = 301; i <= 308; i++) {
        assert_true(text_format(path, sizeof(path),
                                "/say/HTTP/1.1_%zu_X+Location:_/status/200+Content-Length:_0++",
                                i));
        letter_to(&letter, hook, path);
        letter_send(poster, &letter);
        assert_int_equal(letter.post.status, i);
    }
    assert_int_equal(hook->requests, i - 301 + sizeof(statuses) / sizeof(statuses[0]));
    poster_gone(&poster);
    hook_stop(hook);
}

static void what_the_endpoint_asks_for_is_told_and_no_more_than_a_day(void **state)
{
    static const struct {
        const char *path;
        int64_t retry_after_s;
    } cases[] = {
        {"/say/HTTP/1.1_429_X+Retry-After:_7+Content-Length:_0++", 7},
        {"/say/HTTP/1.1_503_X+Retry-After:_86399+Content-Length:_0++", 86399},
        {"/say/HTTP/1.1_503_X+Retry-After:_86401+Content-Length:_0++", 86400},
        {"/say/HTTP/1.1_503_X+Retry-After:_999999999999+Content-Length:_0++", 86400},
        {"/say/HTTP/1.1_503_X+Retry-After:_99999999999999999999+Content-Length:_0++", 0},
        {"/say/HTTP/1.1_503_X+Retry-After:_-5+Content-Length:_0++", 0},
        {"/say/HTTP/1.1_503_X+Retry-After:_soon+Content-Length:_0++", 0},
        {"/say/HTTP/1.1_503_X+Content-Length:_0++", 0},
    };
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(1, NULL);
    struct letter letter;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        letter_to(&letter, hook, cases[i].path);
        letter_send(poster, &letter);
        assert_int_equal(letter.post.retry_after_s, cases[i].retry_after_s);
        assert_true(letter.post.status == 429 || letter.post.status == 503);
    }
    poster_gone(&poster);
    hook_stop(hook);
}

static void many_are_under_way_at_once_but_no_more_than_there_are_places(void **state)
{
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(PLACES, NULL);
    static struct letter letters[MANY];
    unsigned i;

    (void)state;
    for (i = 0; i < MANY; i++) {
        letter_to(&letters[i], hook, "/hold");
        poster_send(poster, &letters[i].post);
    }
    hook_wait_held(hook, PLACES);
    assert_true(home_is_empty());
    hook_release(hook);
    for (i = 0; i < MANY; i++) {
        home_run_one();
    }
    for (i = 0; i < MANY; i++) {
        assert_int_equal(letters[i].answers, 1);
        assert_int_equal(letters[i].post.status, 204);
    }
    assert_int_equal(hook->held_most, PLACES);
    assert_int_equal(hook->requests, MANY);
    poster_gone(&poster);
    hook_stop(hook);
}

static void one_that_hangs_delays_no_other_and_ends_at_its_limit(void **state)
{
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(2, NULL);
    struct letter hanging;
    struct letter letter;
    char expected[POST_PROBLEM_SIZE];
    unsigned i;

    (void)state;
    letter_to(&hanging, hook, "/hold");
    hanging.post.limit_ms = 1500;
    poster_send(poster, &hanging.post);
    hook_wait_held(hook, 1);
    for (i = 0; i < 10; i++) {
        letter_to(&letter, hook, "/status/200");
        letter_send(poster, &letter);
        assert_int_equal(letter.post.status, 200);
    }
    assert_int_equal(hanging.answers, 0);
    home_run_one();
    assert_int_equal(hanging.answers, 1);
    assert_int_equal(hanging.post.status, 0);
    assert_true(hanging.post.took_ms >= 1400 && hanging.post.took_ms < HOOK_LIMIT_MS);
    assert_true(text_format(expected, sizeof(expected),
                            "127.0.0.1 port %u gave no answer within 1 seconds", hook->port));
    assert_string_equal(hanging.post.problem, expected);
    poster_gone(&poster);
    hook_stop(hook);
}

/* Kibibytes that this process has in memory. */
static long resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128];
    char *second;

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_int_equal(fclose(file), 0);
    second = strchr(line, ' ');
    assert_non_null(second);
    return strtol(second, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

static void a_gigabyte_of_answer_is_cut_off_and_its_status_counts(void **state)
{
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(1, NULL);
    struct letter letter;
    long before = 0;
    unsigned i;

    (void)state;
    for (i = 0; i < 20; i++) {
        letter_to(&letter, hook, "/pour");
        letter_send(poster, &letter);
        assert_int_equal(letter.post.status, 200);
        assert_string_equal(letter.post.problem, "");
        before = i == 4 ? resident() : before;
    }
    assert_true(resident() - before < 16 * MEBIBYTE_KIB);
    poster_gone(&poster);
    hook_stop(hook);
}

static void a_failure_is_told_in_words_that_name_the_endpoint(void **state)
{
    static const struct {
        const char *path;
        const char *problem; /* %u: the port */
    } cases[] = {
        {"/reset", "127.0.0.1 port %u cut the connection without a whole answer"},
        {"/close", "127.0.0.1 port %u cut the connection without a whole answer"},
        {"/say/SSH-2.0-OpenSSH+", "what answers at 127.0.0.1 port %u does not speak HTTP"},
        {"/say/HTTP/9.9_200_OK++", "what answers at 127.0.0.1 port %u does not speak HTTP"},
    };
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(1, NULL);
    char expected[POST_PROBLEM_SIZE];
    struct letter letter;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = strstr(cases[i].problem, "%u");

        assert_non_null(at);
        letter_to(&letter, hook, cases[i].path);
        letter_send(poster, &letter);
        assert_int_equal(letter.post.status, 0);
        assert_true(text_format(expected, sizeof(expected), "%.*s%u%s",
                                (int)(at - cases[i].problem), cases[i].problem, hook->port,
                                at + 2));
        assert_string_equal(letter.post.problem, expected);
    }
    hook_stop(hook);
    letter.post.status = 200; /* of the attempt before */
    letter.post.retry_after_s = 5;
    letter_send(poster, &letter); /* nobody listens there now */
    assert_int_equal(letter.post.status, 0);
    assert_int_equal(letter.post.retry_after_s, 0);
    assert_non_null(strstr(letter.post.problem, "could not connect to 127.0.0.1 port "));
    poster_gone(&poster);
}

static void a_url_that_a_webhook_may_not_have_is_refused_before_anything_is_sent(void **state)
{
    const struct poster_options options = {.allow_loopback = false, .at_once = 1};
    struct hook *hook = hook_start();
    struct poster *poster = poster_of(1, NULL);
    struct letter letter;

    (void)state;
    letter_write(&letter, "http://10.0.0.1/");
    letter_send(poster, &letter);
    assert_string_equal(letter.post.problem, "the address must start with https://");
    letter_write(&letter, "https://no-such-host.invalid/");
    letter_send(poster, &letter);
    assert_non_null(strstr(letter.post.problem, "the host no-such-host.invalid cannot be found"));
    poster_gone(&poster);
    assert_int_equal(poster_create(&poster, &options), FAIL_NONE);
    letter_to(&letter, hook, "/status/200");
    letter_send(poster, &letter);
    assert_string_equal(letter.post.problem, "the address must start with https://");
    assert_int_equal(letter.post.status, 0);
    assert_int_equal(hook->line_count, 0);
    poster_gone(&poster);
    hook_stop(hook);
}

static void a_proxy_of_the_environment_is_not_used(void **state)
{
    struct hook *hook = hook_start();
    struct poster *poster;
    struct letter letter;

    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    poster = poster_of(1, NULL);
    letter_to(&letter, hook, "/status/200");
    letter_send(poster, &letter);
    assert_int_equal(letter.post.status, 200);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("ALL_PROXY"), 0);
    poster_gone(&poster);
    hook_stop(hook);
}

static unsigned descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void destroyed_in_the_middle_each_post_is_answered_exactly_once(void **state)
{
    struct hook *hook = hook_start();
    static struct letter letters[MANY];
    struct poster *poster = poster_of(PLACES, NULL);
    unsigned cut = 0;
    unsigned i;

    (void)state;
    for (i = 0; i < MANY; i++) {
        letter_to(&letters[i], hook, "/hold");
        poster_send(poster, &letters[i].post);
    }
    hook_wait_held(hook, PLACES);
    poster_destroy(&poster);
    for (i = 0; i < MANY; i++) {
        home_run_one();
    }
    assert_true(home_is_empty());
    for (i = 0; i < MANY; i++) {
        assert_int_equal(letters[i].answers, 1);
        assert_int_equal(letters[i].post.status, 0);
        cut += strcmp(letters[i].post.problem, "the server stopped meanwhile") == 0;
    }
    assert_int_equal(cut, MANY);
    hook_stop(hook);
    poster_destroy(&poster); /* nothing */
}

static void made_and_destroyed_often_it_leaves_nothing_behind(void **state)
{
    struct poster *poster = poster_of(1, NULL);
    unsigned before;
    unsigned i;

    (void)state;
    poster_gone(&poster);
    before = descriptors();
    for (i = 0; i < 20; i++) {
        poster = poster_of(1, NULL);
        poster_gone(&poster);
    }
    assert_int_equal(descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_and_body_arrive_to_the_byte),
        cmocka_unit_test(every_status_is_an_answer_and_no_redirect_is_followed),
        cmocka_unit_test(what_the_endpoint_asks_for_is_told_and_no_more_than_a_day),
        cmocka_unit_test(many_are_under_way_at_once_but_no_more_than_there_are_places),
        cmocka_unit_test(one_that_hangs_delays_no_other_and_ends_at_its_limit),
        cmocka_unit_test(a_gigabyte_of_answer_is_cut_off_and_its_status_counts),
        cmocka_unit_test(a_failure_is_told_in_words_that_name_the_endpoint),
        cmocka_unit_test(a_url_that_a_webhook_may_not_have_is_refused_before_anything_is_sent),
        cmocka_unit_test(a_proxy_of_the_environment_is_not_used),
        cmocka_unit_test(destroyed_in_the_middle_each_post_is_answered_exactly_once),
        cmocka_unit_test(made_and_destroyed_often_it_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
