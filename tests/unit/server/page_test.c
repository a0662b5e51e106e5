/* Static files: what is found under which path, as what, and when it is not
 * sent again. */
#include "server/page.h"
#include "server/pages.h"
#include "unit/fake_exchange.h"

/* After ours: its macro fail would eat `enum fail (*run)(...)`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FILE_OF(path, text)                                                                        \
    {                                                                                              \
        (path), (const unsigned char *)(text), sizeof(text) - 1                                    \
    }

/* In place of web/; the last two are as long and differ in one byte. */
const struct page pages[] = {
    FILE_OF("/index.html", "root"),        FILE_OF("/terminal/app.js", "let a;"),
    FILE_OF("/terminal/data.bin", "a\0b"), FILE_OF("/terminal/grain.svg", "<svg/>"),
    FILE_OF("/terminal/icon.png", "PNG"),  FILE_OF("/terminal/index.html", "<p>terminal"),
    FILE_OF("/terminal/noending", "?"),    FILE_OF("/terminal/one.css", "a{}"),
    FILE_OF("/terminal/two.css", "b{}"),
};
const size_t pages_count = sizeof(pages) / sizeof(pages[0]);

static bool serve(struct exchange *exchange, enum http_method method, const char *target,
                  const char *if_none_match)
{
    struct http_head head = fake_head(method, target, "localhost");
    bool served;

    if (if_none_match != NULL) {
        fake_header(&head, "if-none-match", if_none_match);
    }
    fake_exchange_init(exchange, NULL);
    served = page_serve(exchange, &head);
    assert_int_equal(exchange->answers, served);
    return served;
}

/* The value of a header in the answer, "" when it is not there. */
static void header_of(const struct exchange *exchange, const char *name, char *out, size_t size)
{
    const char *at = strstr(exchange->headers.bytes, name);
    const char *end;

    out[0] = '\0';
    if (at != NULL) {
        at += strlen(name) + 2;
        end = strchr(at, '\n');
        assert_int_equal(slice_copy(slice_make(at, (size_t)(end - at)), out, size), FAIL_NONE);
    }
}

static void a_file_is_found_by_its_path_and_a_folder_by_its_index(void **state)
{
    static const struct {
        const char *target;
        const char *body; /* NULL: no such page */
        const char *type;
    } cases[] = {
        {"/terminal/app.js", "let a;", "text/javascript; charset=utf-8"},
        {"/terminal/app.js?v=2", "let a;", "text/javascript; charset=utf-8"},
        {"/terminal/one.css", "a{}", "text/css; charset=utf-8"},
        {"/terminal/grain.svg", "<svg/>", "image/svg+xml"},
        {"/terminal/icon.png", "PNG", "image/png"},
        {"/terminal/noending", "?", "application/octet-stream"},
        {"/terminal", "<p>terminal", "text/html; charset=utf-8"},
        {"/terminal/", "<p>terminal", "text/html; charset=utf-8"},
        {"/terminal/index.html", "<p>terminal", "text/html; charset=utf-8"},
        {"/index.html", "root", "text/html; charset=utf-8"},
        {"/terminal/app.js/", NULL, NULL},
        {"/terminal//", NULL, NULL},
        {"/Terminal", NULL, NULL},
        {"/termina", NULL, NULL},
        {"/terminals", NULL, NULL},
        {"/terminal/app", NULL, NULL},
        {"/terminal/../index.html", NULL, NULL},
        {"/terminal/%61pp.js", NULL, NULL},
        {"terminal", NULL, NULL},
        {"", NULL, NULL},
        {"*", NULL, NULL},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange exchange;
        bool served = serve(&exchange, HTTP_GET, cases[i].target, NULL);

        if (served != (cases[i].body != NULL)) {
            fail_msg("%s", cases[i].target);
        }
        if (served) {
            assert_int_equal(exchange.status, 200);
            assert_string_equal(exchange.body.bytes, cases[i].body);
            assert_string_equal(exchange.type, cases[i].type);
        }
        fake_exchange_finish(&exchange);
    }
}

static void bytes_are_sent_as_they_are(void **state)
{
    struct exchange exchange;

    (void)state;
    assert_true(serve(&exchange, HTTP_GET, "/terminal/data.bin", NULL));
    assert_int_equal(exchange.body.length, 3 + 1);
    assert_memory_equal(exchange.body.bytes, "a\0b", 3);
    fake_exchange_finish(&exchange);
}

static void what_the_browser_has_is_not_sent_again(void **state)
{
    struct exchange exchange;
    char tag[64];
    char other[64];

    (void)state;
    assert_true(serve(&exchange, HTTP_GET, "/terminal/one.css", NULL));
    header_of(&exchange, "ETag", tag, sizeof(tag));
    fake_exchange_finish(&exchange);
    assert_int_equal(strlen(tag), 18); /* a quoted strong tag (RFC 9110, 8.8.3) */
    assert_true(tag[0] == '"' && tag[17] == '"');

    assert_true(serve(&exchange, HTTP_GET, "/terminal/one.css", tag));
    assert_int_equal(exchange.status, 304);
    assert_string_equal(exchange.body.bytes, "");
    assert_string_equal(exchange.type, "");
    header_of(&exchange, "ETag", other, sizeof(other));
    assert_string_equal(other, tag);
    fake_exchange_finish(&exchange);

    assert_true(serve(&exchange, HTTP_GET, "/terminal/two.css", tag));
    assert_int_equal(exchange.status, 200);
    header_of(&exchange, "ETag", other, sizeof(other));
    assert_string_not_equal(other, tag);
    fake_exchange_finish(&exchange);
}

/* If-None-Match in the forms of RFC 9110, 13.1.2. `%s` is the page's tag. */
static void a_list_of_tags_is_understood(void **state)
{
    static const struct {
        const char *form;
        int status;
    } cases[] = {{"\"other\", %s", 304},
                 {"%s,\"other\"", 304},
                 {"W/%s", 304},
                 {"W/\"x\" , W/%s", 304},
                 {"*", 304},
                 {"\"other\", W/\"x\"", 200},
                 {"", 200},
                 {",,", 200},
                 {"w/%s", 200},
                 {"x%s", 200},
                 {"%sx", 200}};
    struct exchange exchange;
    char tag[64];
    char list[256];
    size_t i;

    (void)state;
    assert_true(serve(&exchange, HTTP_GET, "/terminal/one.css", NULL));
    header_of(&exchange, "ETag", tag, sizeof(tag));
    fake_exchange_finish(&exchange);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = strstr(cases[i].form, "%s");
        size_t before = at == NULL ? strlen(cases[i].form) : (size_t)(at - cases[i].form);

        assert_true(text_format(list, sizeof(list), "%.*s%s%s", (int)before, cases[i].form,
                                at == NULL ? "" : tag, at == NULL ? "" : at + 2));
        assert_true(serve(&exchange, HTTP_GET, "/terminal/one.css", list));
        if (exchange.status != cases[i].status) {
            fail_msg("%s: %d", list, exchange.status);
        }
        fake_exchange_finish(&exchange);
    }
}

static void every_answer_carries_the_policy(void **state)
{
    static const char *const names[] = {"Content-Security-Policy", "Referrer-Policy",
                                        "Cross-Origin-Opener-Policy", "Cache-Control"};
    struct exchange exchange;
    char value[512];
    size_t i;

    (void)state;
    assert_true(serve(&exchange, HTTP_GET, "/terminal", NULL));
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        header_of(&exchange, names[i], value, sizeof(value));
        assert_true(strlen(value) > 0);
        assert_null(strstr(value, "unsafe"));
    }
    header_of(&exchange, "Content-Security-Policy", value, sizeof(value));
    assert_non_null(strstr(value, "default-src 'none'"));
    assert_non_null(strstr(value, "frame-ancestors 'none'"));
    fake_exchange_finish(&exchange);
}

static void a_page_is_got_or_headed_and_nothing_else(void **state)
{
    static const enum http_method others[] = {HTTP_POST,   HTTP_PUT,     HTTP_PATCH,
                                              HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER};
    struct exchange exchange;
    size_t i;

    (void)state;
    assert_true(serve(&exchange, HTTP_HEAD, "/terminal", NULL));
    assert_int_equal(exchange.status, 200); /* net/serve leaves the body out */
    fake_exchange_finish(&exchange);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_true(serve(&exchange, others[i], "/terminal", NULL));
        assert_int_equal(exchange.status, 405);
        assert_string_equal(exchange.headers.bytes, "Allow: GET, HEAD\n");
        fake_exchange_finish(&exchange);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_found_by_its_path_and_a_folder_by_its_index),
        cmocka_unit_test(bytes_are_sent_as_they_are),
        cmocka_unit_test(what_the_browser_has_is_not_sent_again),
        cmocka_unit_test(a_list_of_tags_is_understood),
        cmocka_unit_test(every_answer_carries_the_policy),
        cmocka_unit_test(a_page_is_got_or_headed_and_nothing_else),
    };

    page_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
