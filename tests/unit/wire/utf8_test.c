/* The UTF-8 reader against the whole-text check of base/text.h, which was
 * written apart from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "wire/utf8.h"

static bool is_valid(const char *bytes, size_t length)
{
    struct utf8_reader reader;

    utf8_start(&reader);
    return utf8_feed(&reader, bytes, length) && utf8_is_whole(&reader);
}

static bool is_valid_bytewise(const char *bytes, size_t length)
{
    struct utf8_reader reader;
    size_t i;

    utf8_start(&reader);
    for (i = 0; i < length; i++) {
        if (!utf8_feed(&reader, bytes + i, 1)) {
            return false;
        }
    }
    return utf8_is_whole(&reader);
}

static void check(const char *bytes, size_t length)
{
    bool expected = slice_is_utf8(slice_make(bytes, length));

    assert_int_equal(is_valid(bytes, length), expected);
    assert_int_equal(is_valid_bytewise(bytes, length), expected);
}

static void every_text_of_three_bytes_is_judged_right(void **state)
{
    uint32_t value;

    (void)state;
    for (value = 0; value <= 0xffffff; value++) {
        const char bytes[3] = {(char)(value >> 16), (char)(value >> 8), (char)value};

        if (slice_is_utf8(slice_make(bytes, 3)) != is_valid(bytes, 3)) {
            fail_msg("%06x is judged wrong", value);
        }
    }
}

/* The bytes at which something changes, at each place of four, also after
 * eight ASCII bytes, where the fast step ends. */
static void four_bytes_at_each_border_are_judged_right(void **state)
{
    static const unsigned char BORDER[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                           0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                           0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { BORDERS = sizeof(BORDER) };
    size_t i;

    (void)state;
    for (i = 0; i < (size_t)BORDERS * BORDERS * BORDERS * BORDERS; i++) {
        const char bytes[12] = {'1',
                                '2',
                                '3',
                                '4',
                                '5',
                                '6',
                                '7',
                                '8',
                                (char)BORDER[i % BORDERS],
                                (char)BORDER[i / BORDERS % BORDERS],
                                (char)BORDER[i / BORDERS / BORDERS % BORDERS],
                                (char)BORDER[i / BORDERS / BORDERS / BORDERS]};

        check(bytes, 12);
        check(bytes + 8, 4);
    }
}

static void it_fails_at_the_first_hopeless_byte(void **state)
{
    struct utf8_reader reader;

    (void)state;
    utf8_start(&reader);
    assert_true(utf8_feed(&reader, "abcdefgh\xf4", 9));
    assert_false(utf8_is_whole(&reader));
    assert_false(utf8_feed(&reader, "\x90", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_of_three_bytes_is_judged_right),
        cmocka_unit_test(four_bytes_at_each_border_are_judged_right),
        cmocka_unit_test(it_fails_at_the_first_hopeless_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
