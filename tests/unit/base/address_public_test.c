/* Which addresses are of the Internet: the first and the last of each range
 * that is not, and their neighbours, which are (RFC 6890 and IANA's registries
 * of special-purpose addresses). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

#define F5 "ffff:ffff:ffff:ffff:ffff"
#define F6 "ffff:" F5
#define F7 "ffff:" F6

/* "" where the neighbour is not of the Internet either, or there is none. */
struct range {
    const char *before;
    const char *first;
    const char *last;
    const char *after;
};

static const struct range RANGES[] = {
    {"", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", ""},
    {"", "240.0.0.0", "255.255.255.255", ""},
    {"", "::", "::", ""},
    {"", "::1", "::1", ""},
    {"", "64:ff9b::", "64:ff9b::255.255.255.255", ""},
    {"", "64:ff9b:1::", "64:ff9b:1:" F5, ""},
    {"", "100::", "100::ffff:ffff:ffff:ffff", ""},
    {"", "::2", "1fff:" F7, "2000::"},
    {"2000:" F7, "2001::", "2001:1ff:" F6, "2001:200::"},
    {"2001:db7:" F6, "2001:db8::", "2001:db8:" F6, "2001:db9::"},
    {"2001:" F7, "2002::", "2002:" F7, "2003::"},
    {"3ffe:" F7, "3fff::", "3fff:fff:" F6, "3fff:1000::"},
    {"3fff:" F7, "4000::", "fbff:" F7, ""},
    {"", "5f00::", "5f00:" F7, ""},
    {"", "fc00::", "fdff:" F7, ""},
    {"", "fe00::", "fe7f:" F7, ""},
    {"", "fe80::", "febf:" F7, ""},
    {"", "fec0::", "feff:" F7, ""},
    {"", "ff00::", "ffff:" F7, ""},
};

static void expect_public(const char *text, bool expected)
{
    struct address address;

    if (text[0] == '\0') {
        return;
    }
    if (!address_read(slice_of(text), &address)) {
        fail_msg("not read: %s", text);
    }
    if (address_is_public(&address) != expected) {
        fail_msg("%s is %s", text, expected ? "of the Internet" : "not of the Internet");
    }
}

static void the_ends_of_each_range_are_not_public_and_their_neighbours_are(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(RANGES) / sizeof(RANGES[0]); i++) {
        expect_public(RANGES[i].before, true);
        expect_public(RANGES[i].first, false);
        expect_public(RANGES[i].last, false);
        expect_public(RANGES[i].after, true);
    }
}

static void ipv4_inside_ipv6_is_what_it_is_as_ipv4(void **state)
{
    (void)state;
    expect_public("::ffff:8.8.8.8", true);
    expect_public("::ffff:10.0.0.1", false);
    expect_public("::ffff:127.0.0.1", false);
    expect_public("::ffff:0.0.0.0", false);
    expect_public("::ffff:255.255.255.255", false);
    expect_public("::8.8.8.8", false); /* the form that was given up */
}

static void addresses_of_known_places_are_public(void **state)
{
    (void)state;
    expect_public("1.1.1.1", true);
    expect_public("8.8.8.8", true);
    expect_public("93.184.216.34", true);
    expect_public("2606:4700:4700::1111", true);
    expect_public("2a00:1450:4001:82a::200e", true);
    expect_public("2001:4860:4860::8888", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_each_range_are_not_public_and_their_neighbours_are),
        cmocka_unit_test(ipv4_inside_ipv6_is_what_it_is_as_ipv4),
        cmocka_unit_test(addresses_of_known_places_are_public),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
