/* URLs of webhooks: what may be asked for, and what is refused by its text
 * alone. Where names lead to is tested with the poster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/webhook_url.h"

#define SCHEME "the address must start with https://"
#define PRIVATE                                                                                    \
    "the host must not be a private, local or reserved address: a webhook is sent over the "       \
    "Internet"
#define INNER                                                                                      \
    "the host must not be this machine or of a private network: a webhook is sent over the "       \
    "Internet"
#define DOMAIN "the host must have its domain, such as shop.example.com"
#define PORT "the port must be 443 or one from 1024 on"
#define QUERY "the query has a character that must be percent-encoded"
#define LONG "the address is longer than 1,024 characters"
#define USER "the address must not have a user name or password"
#define BACKSLASH "the address must not have a backslash"
#define BLANK "the address must not have blanks or control characters"
#define ASCII "the address must be written in ASCII (a name in its xn-- form)"
#define FRAGMENT "the address must not have a fragment (from the # on)"
#define HOST                                                                                       \
    "the host must be a name like pos.example.com, an IPv4 address, or an IPv6 address in "        \
    "brackets"
#define IPV4 "an IPv4 address is four numbers from 0 to 255, like 127.0.0.1"
#define IPV6 "between the brackets there is no IPv6 address"
#define NO_HOST "the host is missing"

static const char *const GOOD[] = {
    "https://shop.example.com",
    "https://shop.example.com/",
    "https://shop.example.com/hook//x/?a=b&c=%20",
    "https://shop.example.com/hook?shop=1&x=%20",
    "https://shop.example.com?x",
    "https://shop.example.com:443/",
    "https://shop.example.com:1024/",
    "https://shop.example.com:65535/",
    "https://SHOP.Example.com/Hook",
    "https://xn--caf-dma.example/",
    "https://a.b/?q=/:@!$&'()*+,;=-._~%0d%0a",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/hook",
    "https://[2606:4700:4700::1111]:8443/hook",
    "https://notlocalhost.example/",
    "https://internal.example/",
    "https://localhost.example/",
};

static void a_public_https_address_is_taken(void **state)
{
    struct url url;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        const char *problem = webhook_url_problem(slice_of(GOOD[i]), false);

        if (problem != NULL) {
            fail_msg("%s: %s", GOOD[i], problem);
        }
        assert_null(webhook_url_problem(slice_of(GOOD[i]), true));
    }
    assert_null(webhook_url_read(slice_of("https://[2606:4700::1]:8443/a?b"), false, &url));
    assert_string_equal(url.host, "2606:4700::1");
    assert_true(url.host_is_ipv6 && url.secure);
    assert_int_equal(url.port, 8443);
    assert_string_equal(url.path, "/a");
}

struct bad {
    const char *text;
    const char *problem;
};

static const struct bad BAD[] = {
    /* schemes */
    {"", SCHEME},
    {"shop.example.com", SCHEME},
    {"//shop.example.com", SCHEME},
    {"http://shop.example.com/", SCHEME},
    {"HTTPS://shop.example.com/", SCHEME},
    {" https://shop.example.com/", SCHEME},
    {"https:/shop.example.com/", SCHEME},
    {"https:shop.example.com", SCHEME},
    {"file:///etc/passwd", SCHEME},
    {"ftp://shop.example.com/", SCHEME},
    {"gopher://shop.example.com/_POST", SCHEME},
    {"dict://127.0.0.1:11211/", SCHEME},
    {"ws://shop.example.com/", SCHEME},
    {"wss://shop.example.com/", SCHEME},
    {"data:text/plain,x", SCHEME},
    {"javascript:alert(1)", SCHEME},
    {"unix:///run/docker.sock", SCHEME},
    /* parts that do not belong there */
    {"https://", NO_HOST},
    {"https:///", NO_HOST},
    {"https:///etc/passwd", NO_HOST},
    {"https://:443/", NO_HOST},
    {"https://user@shop.example.com/", USER},
    {"https://user:secret@shop.example.com/", USER},
    {"https://shop.example.com@10.0.0.1/", USER},
    {"https://shop.example.com:443@10.0.0.1/", USER},
    {"https://@shop.example.com/", USER},
    {"https://shop.example.com/#top", FRAGMENT},
    {"https://shop.example.com#@10.0.0.1/", FRAGMENT},
    {"https://shop.example.com/?a=b#c", QUERY},
    {"https://shop.example.com\\@10.0.0.1/", BACKSLASH},
    {"https:\\\\shop.example.com/", SCHEME},
    {"https://shop.example.com/\\x", BACKSLASH},
    {"https://shop.example.com/a b", BLANK},
    {"https://shop.example.com/\r\nX-Evil: 1", BLANK},
    {"https://shop.example.com/?a\r\nX-Evil: 1", QUERY},
    {"https://shop.example.com\t/", BLANK},
    {"https://shop.example.com/?a b", QUERY},
    {"https://shop.example.com/?\x7f", QUERY},
    {"https://caf\xc3\xa9.example/", ASCII},
    {"https://shop.example.com/?caf\xc3\xa9", QUERY},
    {"https://shop%2eexample.com/", HOST},
    {"https://shop.example.com%00.evil.example/", HOST},
    {"https://\xef\xbc\x91\xef\xbc\x90.0.0.1/", ASCII},
    /* hosts */
    {"https://shop", DOMAIN},
    {"https://intranet/", DOMAIN},
    {"https://shop..example.com/", HOST},
    {"https://.example.com/", HOST},
    {"https://-shop.example.com/", HOST},
    {"https://localhost/", INNER},
    {"https://LOCALHOST/", INNER},
    {"https://shop.localhost/", INNER},
    {"https://printer.local/", INNER},
    {"https://metadata.google.internal/", INNER},
    {"https://internal/", INNER},
    {"https://nas.lan/", INNER},
    {"https://router.home.arpa/", INNER},
    /* ports */
    {"https://shop.example.com:1023/", PORT},
    {"https://shop.example.com:22/", PORT},
    {"https://shop.example.com:25/", PORT},
    {"https://shop.example.com:80/", PORT},
    {"https://shop.example.com:1/", PORT},
    {"https://shop.example.com:0/", "the port must not be 0"},
    {"https://shop.example.com:65536/", "the port must be a number of at most 65535"},
    {"https://shop.example.com:/", "the port must be a number of at most 65535"},
    {"https://shop.example.com:-1/", "the port must be a number of at most 65535"},
    {"https://shop.example.com:443x/", "the port must be a number of at most 65535"},
    /* IPv4 in all its ways to be written */
    {"https://127.0.0.1/", PRIVATE},
    {"https://127.1/", IPV4},
    {"https://2130706433/", IPV4},
    {"https://0x7f.1/", IPV4},
    {"https://0x7f000001/", IPV4},
    {"https://0177.0.0.1/", IPV4},
    {"https://127.0.0.1./", HOST},
    {"https://127.0.0.01/", IPV4},
    {"https://127.0.0.256/", IPV4},
    {"https://1.2.3.4.5/", IPV4},
    {"https://0/", IPV4},
    {"https://0.0.0.0/", PRIVATE},
    {"https://10.1.2.3/", PRIVATE},
    {"https://100.64.0.1/", PRIVATE},
    {"https://169.254.169.254/latest/meta-data/", PRIVATE},
    {"https://172.16.0.1/", PRIVATE},
    {"https://192.168.1.1/", PRIVATE},
    {"https://198.18.0.1/", PRIVATE},
    {"https://224.0.0.1/", PRIVATE},
    {"https://240.0.0.1/", PRIVATE},
    {"https://255.255.255.255/", PRIVATE},
    /* IPv6 */
    {"https://[::]/", PRIVATE},
    {"https://[::1]/", PRIVATE},
    {"https://[0:0:0:0:0:0:0:1]/", PRIVATE},
    {"https://[::127.0.0.1]/", PRIVATE},
    {"https://[::ffff:127.0.0.1]/", PRIVATE},
    {"https://[::ffff:7f00:1]/", PRIVATE},
    {"https://[::ffff:8.8.8.8]/", PRIVATE},
    {"https://[64:ff9b::7f00:1]/", PRIVATE},
    {"https://[64:ff9b:1::1]/", PRIVATE},
    {"https://[2002:7f00:1::]/", PRIVATE},
    {"https://[2001::1]/", PRIVATE},
    {"https://[2001:db8::1]/", PRIVATE},
    {"https://[fc00::1]/", PRIVATE},
    {"https://[fd12:3456::1]/", PRIVATE},
    {"https://[fe80::1]/", PRIVATE},
    {"https://[fe80::1%25eth0]/", IPV6},
    {"https://[fec0::1]/", PRIVATE},
    {"https://[ff02::1]/", PRIVATE},
    {"https://[100::1]/", PRIVATE},
    {"https://[5f00::1]/", PRIVATE},
    {"https://[::1/", "an IPv6 address must end with its closing bracket"},
    {"https://::1/", "an IPv6 address must stand in brackets, like [::1]"},
    {"https://[]/", IPV6},
};

static void all_else_is_refused_in_a_sentence(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct url url = {.port = 7};
        const char *problem = webhook_url_read(slice_of(BAD[i].text), false, &url);

        if (problem == NULL || strcmp(problem, BAD[i].problem) != 0) {
            fail_msg("%s: %s", BAD[i].text, problem == NULL ? "taken" : problem);
        }
        assert_int_equal(url.port, 7); /* untouched */
    }
    assert_ptr_equal(webhook_url_problem(slice_make("https://a.example/?a\0b", 22), false),
                     webhook_url_problem(slice_of("https://a.example/?a b"), false));
}

static void for_tests_this_machine_may_be_named_and_nothing_else_more(void **state)
{
    static const char *const good[] = {
        "http://localhost/",      "http://localhost:80/", "http://127.0.0.1:9000/hook?x",
        "http://127.255.255.254", "http://[::1]:1/",      "https://localhost:8443/",
        "https://127.0.0.1:22/",
    };
    static const char *const bad[] = {
        "http://shop.example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://x.localhost/",
        "http://localhost./",
        "http://[::ffff:127.0.0.1]/",
        "http://127.1/",
        "http://192.168.0.1/",
        "https://printer.local/",
        "ftp://localhost/",
        "https://10.0.0.1/",
        "http://u@localhost/",
        "http://169.254.169.254/",
        "ws://localhost:8080/",
        "http://localhost:0/",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(webhook_url_problem(slice_of(good[i]), true));
        assert_non_null(webhook_url_problem(slice_of(good[i]), false));
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (webhook_url_problem(slice_of(bad[i]), true) == NULL) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

static void a_url_has_1024_characters_and_no_more(void **state)
{
    static const char start[] = "https://shop.example.com/?";
    char text[WEBHOOK_URL_MAX + 2];

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text, start, sizeof(start) - 1);
    assert_null(webhook_url_problem(slice_make(text, WEBHOOK_URL_MAX), false));
    assert_string_equal(webhook_url_problem(slice_make(text, WEBHOOK_URL_MAX + 1), false), LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_https_address_is_taken),
        cmocka_unit_test(all_else_is_refused_in_a_sentence),
        cmocka_unit_test(for_tests_this_machine_may_be_named_and_nothing_else_more),
        cmocka_unit_test(a_url_has_1024_characters_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
