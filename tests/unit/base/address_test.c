/* Addresses as values: reading, writing, what a limit counts by, ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/address.h"

static struct address read_well(const char *text)
{
    struct address address;

    if (!address_read(slice_of(text), &address)) {
        fail_msg("not read: %s", text);
    }
    return address;
}

static void expect_text(const char *text, const char *expected)
{
    struct address address = read_well(text);
    char written[ADDRESS_TEXT_SIZE];

    address_text(&address, written);
    assert_string_equal(written, expected);
}

static void addresses_are_read_and_written(void **state)
{
    (void)state;
    expect_text("192.0.2.1", "192.0.2.1");
    expect_text("0.0.0.0", "0.0.0.0");
    expect_text("255.255.255.255", "255.255.255.255");
    expect_text("2001:db8::1", "2001:db8::1");
    expect_text("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    expect_text("::1", "::1");
    expect_text("::ffff:192.0.2.1", "192.0.2.1"); /* RFC 4291, 2.5.5.2: one and the same */
    expect_text("1111:2222:3333:4444:5555:6666:7777:8888",
                "1111:2222:3333:4444:5555:6666:7777:8888");
}

static void an_address_is_its_sixteen_bytes(void **state)
{
    static const uint8_t four[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    static const uint8_t six[] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f};
    struct address address = read_well("192.0.2.1");

    (void)state;
    assert_memory_equal(address.bytes, four, sizeof(four));
    address = read_well("2001:db8::7f");
    assert_memory_equal(address.bytes, six, sizeof(six));
}

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
    static const char *const wrong[] = {"",
                                        "localhost",
                                        "192.0.2",
                                        "192.0.2.1.5",
                                        "192.0.2.256",
                                        "192.0.2.1 ",
                                        "127.1",
                                        "0x7f.0.0.1",
                                        "2130706433",
                                        "1:2:3",
                                        "1::2::3",
                                        "[::1]",
                                        "::1%lo",
                                        "::1/128",
                                        "192.0.2.1:80",
                                        "g::1",
                                        "12345::",
                                        "0177.0.0.01",
                                        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"};
    const struct address before = {{1, 2, 3}};
    struct address address = before;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (address_read(slice_of(wrong[i]), &address)) {
            fail_msg("read: %s", wrong[i]);
        }
        assert_true(address_equals(&address, &before));
    }
    assert_false(address_read(slice_make("::1\0::2", 7), &address));
    assert_false(address_read(slice_make(NULL, 0), &address));
}

static void an_address_that_is_not_known_is_a_question_mark(void **state)
{
    const struct address none = {{0}};
    struct address any = read_well("0.0.0.0");
    char text[ADDRESS_TEXT_SIZE];

    (void)state;
    address_text(&none, text);
    assert_string_equal(text, "?");
    assert_false(address_is_known(&none));
    assert_true(address_is_known(&any));
}

static bool is_loopback(const char *text)
{
    struct address address = read_well(text);

    return address_is_loopback(&address);
}

static void loopback_is_127_and_colon_colon_1(void **state)
{
    (void)state;
    assert_true(is_loopback("127.0.0.1"));
    assert_true(is_loopback("127.255.255.254"));
    assert_true(is_loopback("::1"));
    assert_true(is_loopback("::ffff:127.0.0.1"));
    assert_false(is_loopback("126.255.255.255"));
    assert_false(is_loopback("128.0.0.1"));
    assert_false(is_loopback("::2"));
    assert_false(is_loopback("1::1"));
    assert_false(is_loopback("::7f00:1"));
}

static void expect_network(const char *text, const char *expected)
{
    struct address address = read_well(text);
    struct address network = address_network(&address);
    struct address wanted = read_well(expected);

    if (!address_equals(&network, &wanted)) {
        fail_msg("the network of %s", text);
    }
}

static void a_limit_counts_64_bits_of_version_six_and_all_of_version_four(void **state)
{
    (void)state;
    expect_network("192.0.2.7", "192.0.2.7");
    expect_network("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
    expect_network("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::");
    expect_network("2001:db8:1:3::1", "2001:db8:1:3::");
    expect_network("::1", "::1"); /* not the unknown address */
}

static bool holds(const char *range_text, const char *text)
{
    struct address address = read_well(text);
    struct address_range range;

    if (!address_range_read(slice_of(range_text), &range)) {
        fail_msg("not read: %s", range_text);
    }
    return address_range_holds(&range, &address);
}

static void a_range_holds_what_begins_as_it_does(void **state)
{
    (void)state;
    assert_true(holds("10.0.0.0/8", "10.255.255.255"));
    assert_false(holds("10.0.0.0/8", "11.0.0.0"));
    assert_true(holds("10.1.2.3/8", "10.9.9.9")); /* what stands behind the bits is ignored */
    assert_true(holds("192.0.2.128/25", "192.0.2.200"));
    assert_false(holds("192.0.2.128/25", "192.0.2.127"));
    assert_true(holds("192.0.2.1", "192.0.2.1"));
    assert_true(holds("192.0.2.1/32", "192.0.2.1"));
    assert_false(holds("192.0.2.1", "192.0.2.2"));
    assert_true(holds("0.0.0.0/0", "203.0.113.9"));
    assert_true(holds("2001:db8::/32", "2001:db8:ffff::1"));
    assert_false(holds("2001:db8::/32", "2001:db9::"));
    assert_true(holds("2001:db8::1", "2001:db8::1"));
    assert_false(holds("2001:db8::1/127", "2001:db8::2"));
    assert_true(holds("::ffff:10.0.0.0/104", "10.1.1.1"));
}

static void one_family_does_not_speak_for_the_other(void **state)
{
    (void)state;
    assert_true(holds("::/0", "2001:db8::1"));
    assert_false(holds("::/0", "192.0.2.1"));
    assert_false(holds("::/80", "10.0.0.1"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("::ffff:0:0/96", "192.0.2.1"));
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",       "/8",          "10.0.0.0/",   "10.0.0.0/33", "10.0.0.0/a", "10.0.0.0/8/8",
        "::/129", "10.0.0.0 /8", "10.0.0.0/-1", "10/8",        "::/",        "example.com/8"};
    struct address_range range;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (address_range_read(slice_of(wrong[i]), &range)) {
            fail_msg("read: %s", wrong[i]);
        }
    }
}

static void one_of_several_ranges_is_enough(void **state)
{
    struct address_range ranges[2];
    struct address first = read_well("10.1.1.1");
    struct address second = read_well("2001:db8::9");
    struct address other = read_well("192.0.2.1");

    (void)state;
    assert_true(address_range_read(slice_of("10.0.0.0/8"), &ranges[0]));
    assert_true(address_range_read(slice_of("2001:db8::/64"), &ranges[1]));
    assert_true(address_ranges_hold(ranges, 2, &first));
    assert_true(address_ranges_hold(ranges, 2, &second));
    assert_false(address_ranges_hold(ranges, 1, &second));
    assert_false(address_ranges_hold(ranges, 2, &other));
    assert_false(address_ranges_hold(NULL, 0, &first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(an_address_is_its_sixteen_bytes),
        cmocka_unit_test(what_is_no_address_is_refused_and_changes_nothing),
        cmocka_unit_test(an_address_that_is_not_known_is_a_question_mark),
        cmocka_unit_test(loopback_is_127_and_colon_colon_1),
        cmocka_unit_test(a_limit_counts_64_bits_of_version_six_and_all_of_version_four),
        cmocka_unit_test(a_range_holds_what_begins_as_it_does),
        cmocka_unit_test(one_family_does_not_speak_for_the_other),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(one_of_several_ranges_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
