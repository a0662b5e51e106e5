/* Whom a proxy speaks for: 10.0.0.0/8 and 2001:db8:f::/48 are trusted, the
 * proxy next to us is 10.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/forwarded.h"

enum { RANGES = 2 };

static struct http_head head;

static struct forwarded read_it(void)
{
    struct address_range trusted[RANGES];
    struct address proxy;

    assert_true(address_range_read(slice_of("10.0.0.0/8"), &trusted[0]));
    assert_true(address_range_read(slice_of("2001:db8:f::/48"), &trusted[1]));
    assert_true(address_read(slice_of("10.0.0.1"), &proxy));
    return forwarded_read(&head, &proxy, trusted, RANGES);
}

static void add(const char *name, const char *value)
{
    head.headers[head.header_count++] =
        (struct http_header){.name = slice_of(name), .value = slice_of(value)};
}

/* The client of what was added, which is forgotten. */
static void expect(const char *client)
{
    struct forwarded forwarded = read_it();
    char text[ADDRESS_TEXT_SIZE];

    address_text(&forwarded.client, text);
    assert_string_equal(text, client);
    head.header_count = 0;
}

static void expect_of(const char *list, const char *client)
{
    add("X-Forwarded-For", list);
    expect(client);
}

static void the_client_is_the_last_that_is_no_trusted_proxy(void **state)
{
    (void)state;
    expect_of("203.0.113.9", "203.0.113.9");
    expect_of("198.51.100.7, 203.0.113.9", "203.0.113.9");
    expect_of("198.51.100.7, 203.0.113.9, 10.1.2.3", "203.0.113.9");
    expect_of("203.0.113.9,10.1.2.3,2001:db8:f::5", "203.0.113.9");
    expect_of("203.0.113.9,\t 10.1.2.3 ", "203.0.113.9");
    expect_of("2001:db8::9", "2001:db8::9");
    expect_of("127.0.0.1", "127.0.0.1");
}

static void when_all_are_trusted_it_is_the_first(void **state)
{
    (void)state;
    expect_of("10.9.9.9, 10.8.8.8", "10.9.9.9");
    expect_of("10.9.9.9", "10.9.9.9");
}

static void without_a_list_it_is_the_proxy_itself(void **state)
{
    (void)state;
    expect("10.0.0.1");
    add("X-Forwarded-Proto", "https");
    add("Forwarded", "for=203.0.113.9");
    add("X-Forwarded-For-Real", "203.0.113.9");
    expect("10.0.0.1");
}

static void several_headers_are_one_list(void **state)
{
    (void)state;
    add("x-forwarded-for", "198.51.100.7");
    add("Accept", "text/html");
    add("X-FORWARDED-FOR", "203.0.113.9, 10.1.1.1");
    expect("203.0.113.9");
    add("X-Forwarded-For", "198.51.100.7");
    add("X-Forwarded-For", "10.1.1.1");
    expect("198.51.100.7");
}

static void what_a_client_made_up_is_never_reached(void **state)
{
    (void)state;
    expect_of("1.2.3.4, nonsense, 203.0.113.9", "203.0.113.9");
    expect_of("10.0.0.1, 127.0.0.1, 203.0.113.9, 10.2.2.2", "203.0.113.9");
    add("X-Forwarded-For", ", , nonsense");
    add("X-Forwarded-For", "203.0.113.9");
    expect("203.0.113.9");
}

static void what_is_no_address_at_its_place_makes_it_the_proxy(void **state)
{
    static const char *const wrong[] = {"",
                                        "unknown",
                                        "nonsense",
                                        "203.0.113.9,",
                                        "1.2.3.4,,",
                                        "203.0.113.256",
                                        "203.0.113.9 1.2.3.4",
                                        "[2001:db8::1",
                                        "::",
                                        ":80",
                                        "[]",
                                        "::1%lo",
                                        "\"203.0.113.9\"",
                                        "_hidden"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_of(wrong[i], "10.0.0.1");
    }
    expect_of("203.0.113.9, nonsense, 10.3.3.3", "10.0.0.1");
    add("X-Forwarded-For", "203.0.113.9");
    add("X-Forwarded-For", "");
    expect("10.0.0.1");
}

static void a_port_is_cut_off(void **state)
{
    (void)state;
    expect_of("203.0.113.9:4711", "203.0.113.9");
    expect_of("[2001:db8::9]:4711", "2001:db8::9");
    expect_of("[2001:db8::9]", "2001:db8::9");
    expect_of("203.0.113.9:4711, 10.1.1.1:80", "203.0.113.9");
}

static void expect_secure(const char *value, bool secure)
{
    add("X-Forwarded-Proto", value);
    assert_int_equal(read_it().secure, secure);
    head.header_count = 0;
}

static void the_proxy_says_whether_it_was_reached_over_tls(void **state)
{
    (void)state;
    assert_false(read_it().secure);
    expect_secure("https", true);
    expect_secure("HTTPS", true);
    expect_secure("http", false);
    expect_secure("", false);
    expect_secure("httpss", false);
    expect_secure("http, https", true); /* the one next to us wrote last */
    expect_secure("https, http", false);
    add("X-Forwarded-Proto", "https");
    expect_secure("http", false);
    add("X-Forwarded-Proto", "http");
    expect_secure("https", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_last_that_is_no_trusted_proxy),
        cmocka_unit_test(when_all_are_trusted_it_is_the_first),
        cmocka_unit_test(without_a_list_it_is_the_proxy_itself),
        cmocka_unit_test(several_headers_are_one_list),
        cmocka_unit_test(what_a_client_made_up_is_never_reached),
        cmocka_unit_test(what_is_no_address_at_its_place_makes_it_the_proxy),
        cmocka_unit_test(a_port_is_cut_off),
        cmocka_unit_test(the_proxy_says_whether_it_was_reached_over_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
