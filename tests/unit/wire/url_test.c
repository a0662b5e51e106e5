/* Base addresses and addresses to listen on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/url.h"

#define L16 "aaaaaaaaaaaaaaaa"
#define L63 L16 L16 L16 "aaaaaaaaaaaaaaa"
#define L253 L63 "." L63 "." L63 "." L16 L16 L16 "aaaaaaaaaaaaa"
#define P511 "/" L253 "/" L253 "/aa"

#define SCHEME "the address must start with http:// or https://"
#define BLANK "the address must not have blanks or control characters"
#define ASCII "the address must be written in ASCII (a name in its xn-- form)"
#define BACKSLASH "the address must not have a backslash"
#define QUERY "the address must not have a query (from the question mark on)"
#define FRAGMENT "the address must not have a fragment (from the # on)"
#define USER "the address must not have a user name or password"
#define NO_HOST "the host is missing"
#define HOST                                                                                       \
    "the host must be a name like pos.example.com, an IPv4 address, or an IPv6 address in "        \
    "brackets"
#define HOST_LONG "the host is longer than 253 characters"
#define IPV4 "an IPv4 address is four numbers from 0 to 255, like 127.0.0.1"
#define IPV6 "between the brackets there is no IPv6 address"
#define BRACKET "an IPv6 address must end with its closing bracket"
#define UNBRACKETED "an IPv6 address must stand in brackets, like [::1]"
#define PORT "the port must be a number of at most 65535"
#define PORT_ZERO "the port must not be 0"
#define PATH "the path has a character that must be percent-encoded"
#define PATH_LONG "the path is longer than 511 characters"
#define NO_PORT "the port is missing: write HOST:PORT, :PORT or PORT"

struct good {
    const char *text;
    bool secure;
    const char *host;
    bool ipv6;
    uint16_t port;
    const char *path;
    const char *authority;
};

static const struct good GOOD[] = {
    {"http://127.0.0.1:8080", false, "127.0.0.1", false, 8080, "", "127.0.0.1:8080"},
    {"http://127.0.0.1", false, "127.0.0.1", false, 80, "", "127.0.0.1"},
    {"https://host/v2", true, "host", false, 443, "/v2", "host"},
    {"https://host/v2/", true, "host", false, 443, "/v2", "host"},
    {"https://host/", true, "host", false, 443, "", "host"},
    {"https://host//", true, "host", false, 443, "", "host"},
    {"ws://localhost:80/", false, "localhost", false, 80, "", "localhost"},
    {"wss://a.b:443", true, "a.b", false, 443, "", "a.b"},
    {"http://host:443", false, "host", false, 443, "", "host:443"},
    {"https://host:80", true, "host", false, 80, "", "host:80"},
    {"HTTPS://API.Example.COM/V2", true, "api.example.com", false, 443, "/V2", "api.example.com"},
    {"http://host:1", false, "host", false, 1, "", "host:1"},
    {"http://host:65535", false, "host", false, 65535, "", "host:65535"},
    {"http://host:0080", false, "host", false, 80, "", "host"},
    {"http://my_service:8080", false, "my_service", false, 8080, "", "my_service:8080"},
    {"http://xn--caf-dma.example", false, "xn--caf-dma.example", false, 80, "",
     "xn--caf-dma.example"},
    {"http://1and1.example", false, "1and1.example", false, 80, "", "1and1.example"},
    {"http://0x7g", false, "0x7g", false, 80, "", "0x7g"},
    {"http://0.0.0.0", false, "0.0.0.0", false, 80, "", "0.0.0.0"},
    {"http://255.255.255.255", false, "255.255.255.255", false, 80, "", "255.255.255.255"},
    {"http://[::1]", false, "::1", true, 80, "", "[::1]"},
    {"http://[::1]:8080/v2", false, "::1", true, 8080, "/v2", "[::1]:8080"},
    {"http://[::]", false, "::", true, 80, "", "[::]"},
    {"http://[2001:DB8::1]", false, "2001:db8::1", true, 80, "", "[2001:db8::1]"},
    {"http://[1:2:3:4:5:6:7:8]", false, "1:2:3:4:5:6:7:8", true, 80, "", "[1:2:3:4:5:6:7:8]"},
    {"http://[1:2:3:4:5:6:7::]", false, "1:2:3:4:5:6:7::", true, 80, "", "[1:2:3:4:5:6:7::]"},
    {"http://[::ffff:127.0.0.1]", false, "::ffff:127.0.0.1", true, 80, "", "[::ffff:127.0.0.1]"},
    {"http://[1:2:3:4:5:6:1.2.3.4]", false, "1:2:3:4:5:6:1.2.3.4", true, 80, "",
     "[1:2:3:4:5:6:1.2.3.4]"},
    {"http://h/a/b;c=d/e:f@g/-._~!$&'()*+,=", false, "h", false, 80,
     "/a/b;c=d/e:f@g/-._~!$&'()*+,=", "h"},
    {"http://h/caf%C3%a9", false, "h", false, 80, "/caf%C3%a9", "h"},
    {"http://" L63, false, L63, false, 80, "", L63},
    {"http://" L253 ":65535", false, L253, false, 65535, "", L253 ":65535"},
    {"http://h" P511, false, "h", false, 80, P511, "h"},
};

static void base_addresses_are_taken_apart(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        char authority[URL_HOST_SIZE + 8];
        const char *problem = NULL;
        struct url url;

        if (url_read(slice_of(GOOD[i].text), &url, &problem) != FAIL_NONE) {
            fail_msg("%s: %s", GOOD[i].text, problem);
        }
        assert_int_equal(url.secure, GOOD[i].secure);
        assert_string_equal(url.host, GOOD[i].host);
        assert_int_equal(url.host_is_ipv6, GOOD[i].ipv6);
        assert_int_equal(url.port, GOOD[i].port);
        assert_string_equal(url.path, GOOD[i].path);
        url_authority(&url, authority);
        assert_string_equal(authority, GOOD[i].authority);
    }
}

struct bad {
    const char *text;
    const char *problem;
};

static const struct bad BAD[] = {
    {"", SCHEME},
    {"h", SCHEME},
    {"host", SCHEME},
    {"host:8080", SCHEME},
    {"//host", SCHEME},
    {"http:/host", SCHEME},
    {"http:host", SCHEME},
    {"http//host", SCHEME},
    {" http://host", SCHEME},
    {"ftp://host", SCHEME},
    {"file:///etc/passwd", SCHEME},
    {"gopher://host", SCHEME},
    {"data:,a", SCHEME},
    {"httpss://host", SCHEME},
    {"xhttp://host", SCHEME},
    {"http://host ", BLANK},
    {"http://ho st", BLANK},
    {"http://host\t", BLANK},
    {"http://host\r\nX: y", BLANK},
    {"http://host/\x7f", BLANK},
    {"http://caf\xc3\xa9", ASCII},
    {"http://host/\xc3\xa9", ASCII},
    {"http://host\\evil", BACKSLASH},
    {"http://host?a=b", QUERY},
    {"http://host/?", QUERY},
    {"http://host#a", FRAGMENT},
    {"http://host/v2#", FRAGMENT},
    {"http://user@host", USER},
    {"http://user:password@host", USER},
    {"http://@host", USER},
    {"http://", NO_HOST},
    {"http:///v2", NO_HOST},
    {"http://:8080", NO_HOST},
    {"http://host.", HOST},
    {"http://.host", HOST},
    {"http://a..b", HOST},
    {"http://.", HOST},
    {"http://-a", HOST},
    {"http://a-", HOST},
    {"http://a.-b", HOST},
    {"http://a%41", HOST},
    {"http://a*b", HOST},
    {"http://a]", HOST},
    {"http://a~b", HOST},
    {"http://" L63 "a", HOST},
    {"http://" L253 "a", HOST_LONG},
    {"http://127.1", IPV4},
    {"http://2130706433", IPV4},
    {"http://0x7f.1", IPV4},
    {"http://0x7f000001", IPV4},
    {"http://0X7F.0.0.1", IPV4},
    {"http://1.2.3.0x4", IPV4},
    {"http://1.2.3.0x", IPV4},
    {"http://0X7F", IPV4},
    {"http://1.2.3.0X4", IPV4},
    {"http://0177.0.0.1", IPV4},
    {"http://127.0.0.01", IPV4},
    {"http://256.0.0.1", IPV4},
    {"http://1.2.3", IPV4},
    {"http://1.2.3.4.5", IPV4},
    {"http://a.b.c.1", IPV4},
    {"http://1.2.3.0004", IPV4},
    {"http://[]", IPV6},
    {"http://[:]", IPV6},
    {"http://[:::]", IPV6},
    {"http://[1]", IPV6},
    {"http://[1:2:3:4:5:6:7]", IPV6},
    {"http://[1:2:3:4:5:6:7:8:9]", IPV6},
    {"http://[1:2:3:4:5:6:7:8::]", IPV6},
    {"http://[::1::]", IPV6},
    {"http://[1::2::3]", IPV6},
    {"http://[:1::2]", IPV6},
    {"http://[::2:]", IPV6},
    {"http://[12345::]", IPV6},
    {"http://[g::]", IPV6},
    {"http://[::1%25eth0]", IPV6},
    {"http://[1.2.3.4]", IPV6},
    {"http://[1.2.3.4::]", IPV6},
    {"http://[::1.2.3.4:5]", IPV6},
    {"http://[::1.2.3.256]", IPV6},
    {"http://[1:2:3:4:5:6:7:1.2.3.4]", IPV6},
    {"http://[::1", BRACKET},
    {"http://[", BRACKET},
    {"http://[::1]a", BRACKET},
    {"http://[::1]a:80", BRACKET},
    {"http://::1", UNBRACKETED},
    {"http://a:b:80", UNBRACKETED},
    {"http://[::1]:80:80", UNBRACKETED},
    {"http://host:", PORT},
    {"http://host:/v2", PORT},
    {"http://host:a", PORT},
    {"http://host:+80", PORT},
    {"http://host:-1", PORT},
    {"http://host:65536", PORT},
    {"http://host:99999999999999999999", PORT},
    {"http://host:0", PORT_ZERO},
    {"http://host:000", PORT_ZERO},
    {"http://h/a\"b", PATH},
    {"http://h/<a>", PATH},
    {"http://h/a|b", PATH},
    {"http://h/[a]", PATH},
    {"http://h/{code}", PATH},
    {"http://h/a^", PATH},
    {"http://h/`", PATH},
    {"http://h/%", PATH},
    {"http://h/%4", PATH},
    {"http://h/%4g", PATH},
    {"http://h/%g4", PATH},
    {"http://h/%:4", PATH},
    {"http://h/%-4", PATH},
    {"http://h" P511 "a", PATH_LONG},
};

static void other_addresses_are_refused_with_the_reason(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct url url = {.port = 77};
        const char *problem = "";

        if (url_read(slice_of(BAD[i].text), &url, &problem) != FAIL_INVALID) {
            fail_msg("%s was accepted", BAD[i].text);
        }
        assert_string_equal(problem, BAD[i].problem);
        assert_int_equal(url.port, 77);
    }
}

static void only_the_bytes_of_the_text_count(void **state)
{
    const char *problem = NULL;
    struct url url;

    (void)state;
    assert_int_equal(url_read(slice_make("http://a\0b", 10), &url, &problem), FAIL_INVALID);
    assert_string_equal(problem, BLANK);
    /* What stands behind the text does not complete its escape. */
    assert_int_equal(url_read(slice_make("http://h/%4a", 11), &url, &problem), FAIL_INVALID);
    assert_string_equal(problem, PATH);
    assert_int_equal(url_read(slice_make(NULL, 0), &url, &problem), FAIL_INVALID);
    assert_string_equal(problem, SCHEME);
}

struct listen_case {
    const char *text;
    const char *host;
    uint16_t port;
    const char *problem; /* NULL: accepted */
};

static const struct listen_case LISTEN[] = {
    {"8080", "", 8080, NULL},
    {"0", "", 0, NULL},
    {":8080", "", 8080, NULL},
    {":0", "", 0, NULL},
    {"127.0.0.1:8080", "127.0.0.1", 8080, NULL},
    {"0.0.0.0:1", "0.0.0.0", 1, NULL},
    {"LocalHost:65535", "localhost", 65535, NULL},
    {"[::1]:8080", "::1", 8080, NULL},
    {"[::]:0", "::", 0, NULL},
    {"", "", 0, NO_PORT},
    {"localhost", "", 0, NO_PORT},
    {"127.0.0.1", "", 0, NO_PORT},
    {"[::1]", "", 0, NO_PORT},
    {"[::1", "", 0, NO_PORT},
    {":", "", 0, PORT},
    {"localhost:", "", 0, PORT},
    {"localhost:http", "", 0, PORT},
    {":65536", "", 0, PORT},
    {"65536", "", 0, PORT},
    {"99999999999999999999", "", 0, PORT},
    {"-1", "", 0, NO_PORT},
    {"a:-1", "", 0, PORT},
    {"::1:8080", "", 0, UNBRACKETED},
    {"::", "", 0, UNBRACKETED},
    {"127.1:80", "", 0, IPV4},
    {"[::1]x:80", "", 0, BRACKET},
    {"[1]:80", "", 0, IPV6},
    {"a b:80", "", 0, HOST},
    {" :80", "", 0, HOST},
    {"http://host:80", "", 0, UNBRACKETED},
};

static void addresses_to_listen_on_are_split(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(LISTEN) / sizeof(LISTEN[0]); i++) {
        const struct listen_case *row = &LISTEN[i];
        char host[URL_HOST_SIZE] = "untouched";
        const char *problem = "accepted";
        uint16_t port = 77;
        enum fail fail = url_listen_read(slice_of(row->text), host, &port, &problem);

        assert_string_equal(problem, row->problem == NULL ? "accepted" : row->problem);
        assert_int_equal(fail, row->problem == NULL ? FAIL_NONE : FAIL_INVALID);
        assert_string_equal(host, row->problem == NULL ? row->host : "untouched");
        assert_int_equal(port, row->problem == NULL ? row->port : 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_addresses_are_taken_apart),
        cmocka_unit_test(other_addresses_are_refused_with_the_reason),
        cmocka_unit_test(only_the_bytes_of_the_text_count),
        cmocka_unit_test(addresses_to_listen_on_are_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
