/* Slices: what each question answers at the limit and one past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct slice NOTHING = {NULL, 0};

/* A slice of a literal that may hold zero bytes. */
#define BYTES(literal) slice_make((literal), sizeof(literal) - 1)

static void slices_are_equal_when_their_bytes_are(void **state)
{
    (void)state;
    assert_true(slice_equals(slice_of("ab"), slice_of("ab")));
    assert_false(slice_equals(slice_of("ab"), slice_of("aB")));
    assert_false(slice_equals(slice_of("ab"), slice_of("abc")));
    assert_true(slice_equals(NOTHING, slice_of("")));
    assert_false(slice_equals(BYTES("a\0b"), BYTES("a\0c")));
    assert_true(slice_is(slice_of("ping"), "ping"));
    assert_false(slice_is(slice_of("ping"), "pin"));
    assert_true(slice_is(NOTHING, ""));
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(slice_is_ignoring_case(slice_of("Api-Token"), "api-token"));
    assert_true(slice_is_ignoring_case(slice_of("api-token"), "API-TOKEN"));
    assert_false(slice_is_ignoring_case(slice_of("api-toke"), "api-token"));
    assert_false(slice_is_ignoring_case(slice_of("api-tokens"), "api-token"));
    assert_false(slice_is_ignoring_case(BYTES("a\0"), "a"));
    assert_false(slice_is_ignoring_case(slice_of("["), "{"));
    assert_false(slice_is_ignoring_case(slice_of("@"), "`"));
    assert_true(slice_is_ignoring_case(NOTHING, ""));
}

static void a_prefix_is_found_at_the_start_alone(void **state)
{
    (void)state;
    assert_true(slice_starts_with(slice_of("/v2/devices"), "/v2/"));
    assert_true(slice_starts_with(slice_of("/v2/"), "/v2/"));
    assert_false(slice_starts_with(slice_of("/v2"), "/v2/"));
    assert_false(slice_starts_with(slice_of("x/v2/"), "/v2/"));
    assert_true(slice_starts_with(NOTHING, ""));
    assert_false(slice_starts_with(NOTHING, "a"));
}

static void trimming_takes_spaces_and_tabs_and_nothing_else(void **state)
{
    (void)state;
    assert_true(slice_is(slice_trim(slice_of(" \t a b \t")), "a b"));
    assert_true(slice_is(slice_trim(slice_of("\ra\n")), "\ra\n"));
    assert_int_equal(slice_trim(slice_of(" \t ")).length, 0);
    assert_int_equal(slice_trim(NOTHING).length, 0);
}

static void a_list_is_cut_into_all_its_parts(void **state)
{
    struct slice rest = slice_of("a,,bc,");
    struct slice part;

    (void)state;
    assert_true(slice_next_part(&rest, ',', &part));
    assert_true(slice_is(part, "a"));
    assert_true(slice_next_part(&rest, ',', &part));
    assert_true(slice_is(part, ""));
    assert_true(slice_next_part(&rest, ',', &part));
    assert_true(slice_is(part, "bc"));
    assert_true(slice_next_part(&rest, ',', &part));
    assert_true(slice_is(part, ""));
    assert_null(rest.bytes);
    assert_false(slice_next_part(&rest, ',', &part));
}

static void an_empty_list_has_one_empty_part(void **state)
{
    struct slice rest = slice_of("");
    struct slice part = slice_of("before");

    (void)state;
    assert_true(slice_next_part(&rest, ',', &part));
    assert_int_equal(part.length, 0);
    assert_false(slice_next_part(&rest, ',', &part));
}

static void copying_fits_exactly_or_not_at_all(void **state)
{
    char out[5] = "old";

    (void)state;
    assert_int_equal(slice_copy(slice_of("JSV55"), out, sizeof(out)), FAIL_LIMIT);
    assert_string_equal(out, "old");
    assert_int_equal(slice_copy(BYTES("a\0b"), out, sizeof(out)), FAIL_INVALID);
    assert_string_equal(out, "old");
    assert_int_equal(slice_copy(slice_of("JSV5"), out, sizeof(out)), FAIL_NONE);
    assert_string_equal(out, "JSV5");
    assert_int_equal(slice_copy(NOTHING, out, 1), FAIL_NONE);
    assert_string_equal(out, "");
    assert_int_equal(slice_copy(NOTHING, out, 0), FAIL_LIMIT);
}

static void what_was_checked_is_kept_with_zeros_behind_it(void **state)
{
    char out[8] = "1234567";

    (void)state;
    slice_keep(slice_of("JSV5"), out, sizeof(out));
    assert_memory_equal(out, "JSV5\0\0\0", sizeof(out));
    slice_keep(NOTHING, out, sizeof(out));
    assert_memory_equal(out, "\0\0\0\0\0\0\0", sizeof(out));
    slice_keep(slice_of("1234567"), out, sizeof(out));
    assert_string_equal(out, "1234567");
}

static void whole_numbers_are_read_up_to_their_maximum(void **state)
{
    static const struct {
        const char *text;
        uint64_t maximum;
        enum fail fail;
        uint64_t value;
    } cases[] = {
        {"0", 0, FAIL_NONE, 0},
        {"1", 0, FAIL_LIMIT, 0},
        {"00", 0, FAIL_NONE, 0},
        {"100", 100, FAIL_NONE, 100},
        {"101", 100, FAIL_LIMIT, 0},
        {"7", 6, FAIL_LIMIT, 0},
        {"10", 5, FAIL_LIMIT, 0},
        {"0000000000000000000000000000000000042", 42, FAIL_NONE, 42},
        {"65535", 65535, FAIL_NONE, 65535},
        {"65536", 65535, FAIL_LIMIT, 0},
        {"18446744073709551615", UINT64_MAX, FAIL_NONE, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, FAIL_LIMIT, 0},
        {"18446744073709551614", UINT64_MAX - 1, FAIL_NONE, UINT64_MAX - 1},
        {"18446744073709551615", UINT64_MAX - 1, FAIL_LIMIT, 0},
        {"28446744073709551615", UINT64_MAX, FAIL_LIMIT, 0},
        {"184467440737095516150", UINT64_MAX, FAIL_LIMIT, 0},
        {"999999999999999999999999999999", UINT64_MAX, FAIL_LIMIT, 0},
        {"", 9, FAIL_INVALID, 0},
        {"+5", 9, FAIL_INVALID, 0},
        {"-5", 9, FAIL_INVALID, 0},
        {" 5", 9, FAIL_INVALID, 0},
        {"5 ", 9, FAIL_INVALID, 0},
        {"0x5", 9, FAIL_INVALID, 0},
        {"5.0", 9, FAIL_INVALID, 0},
        {"99999999999999999999999999999x", 9, FAIL_INVALID, 0},
        {"/", 9, FAIL_INVALID, 0},
        {":", 9, FAIL_INVALID, 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 77;

        assert_int_equal(slice_to_unsigned(slice_of(cases[i].text), cases[i].maximum, &value),
                         cases[i].fail);
        assert_int_equal(value, cases[i].fail == FAIL_NONE ? cases[i].value : 77);
    }
}

/* Every maximum against every number near it, by plain arithmetic. */
static void small_numbers_agree_with_arithmetic(void **state)
{
    uint64_t maximum;
    uint64_t number;

    (void)state;
    for (maximum = 0; maximum <= 130; maximum++) {
        for (number = 0; number <= 1400; number++) {
            char text[8];
            uint64_t value = 0;
            enum fail fail;

            assert_true(text_format(text, sizeof(text), "%u", (unsigned)number));
            fail = slice_to_unsigned(slice_of(text), maximum, &value);
            assert_int_equal(fail, number <= maximum ? FAIL_NONE : FAIL_LIMIT);
            assert_int_equal(value, number <= maximum ? number : 0);
        }
    }
}

static void utf8_is_judged_by_rfc_3629(void **state)
{
    static const char *const good[] = {
        "",
        "a",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x7f",
        "\xc2\xc0",
        "\xe0\x9f\xbf",
        "\xe1\x80",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe1\x80\x7f",
        "\xe1\x80\xc0",
        "\xf0\x8f\xbf\xbf",
        "\xf1\x80\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "ok\xc3",
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(good); i++) {
        assert_true(slice_is_utf8(slice_of(good[i])));
    }
    for (i = 0; i < COUNT_OF(bad); i++) {
        assert_false(slice_is_utf8(slice_of(bad[i])));
    }
    /* cut short, though the missing byte stands behind the end */
    assert_false(slice_is_utf8(slice_make("\xc3\xa9", 1)));
    assert_false(slice_is_utf8(slice_make("\xe2\x82\xac", 2)));
    assert_false(slice_is_utf8(slice_make("\xf0\x9f\x8d\x8e", 3)));
    assert_true(slice_is_utf8(NOTHING));
}

static void code_points_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(slice_code_points(NOTHING), 0);
    assert_int_equal(slice_code_points(slice_of("caf\xc3\xa9")), 4);
    assert_int_equal(slice_code_points(slice_of("\xf0\x9f\x8d\x8e\xe2\x82\xac")), 2);
}

static void visible_ascii_has_no_blank_and_is_not_empty(void **state)
{
    (void)state;
    assert_true(slice_is_visible_ascii(slice_of("!~")));
    assert_false(slice_is_visible_ascii(slice_of(" ")));
    assert_false(slice_is_visible_ascii(slice_of("\x7f")));
    assert_false(slice_is_visible_ascii(slice_of("\xc3\xa9")));
    assert_false(slice_is_visible_ascii(NOTHING));
}

static void control_characters_are_found_in_every_form(void **state)
{
    (void)state;
    assert_true(slice_has_control(BYTES("a\0")));
    assert_true(slice_has_control(slice_of("\x1f")));
    assert_true(slice_has_control(slice_of("a\x7f")));
    assert_true(slice_has_control(slice_of("\xc2\x80")));
    assert_true(slice_has_control(slice_of("\xc2\x9f")));
    assert_false(slice_has_control(slice_of("\xc2\xa0")));
    assert_false(slice_has_control(slice_of(" ~caf\xc3\xa9")));
    assert_false(slice_has_control(NOTHING));
}

static void letters_change_case_and_nothing_else_does(void **state)
{
    (void)state;
    assert_int_equal(text_upper('a'), 'A');
    assert_int_equal(text_upper('z'), 'Z');
    assert_int_equal(text_upper('{'), '{');
    assert_int_equal(text_upper('`'), '`');
    assert_int_equal(text_lower('A'), 'a');
    assert_int_equal(text_lower('Z'), 'z');
    assert_int_equal(text_lower('['), '[');
    assert_int_equal(text_lower('@'), '@');
}

static void formatting_says_whether_it_fitted(void **state)
{
    char out[5];

    (void)state;
    assert_true(text_format(out, sizeof(out), "%d", 1234));
    assert_string_equal(out, "1234");
    assert_false(text_format(out, sizeof(out), "%d", 12345));
    assert_string_equal(out, "1234");
}

static void a_slip_of_the_pen_finds_the_word_meant(void **state)
{
    static const char *const words[] = {"business", "device", "token", "user"};
    char longest[42];

    (void)state;
    assert_string_equal(text_nearest("device", words, COUNT_OF(words)), "device");
    assert_string_equal(text_nearest("devcie", words, COUNT_OF(words)), "device");
    assert_string_equal(text_nearest("tokens", words, COUNT_OF(words)), "token");
    assert_string_equal(text_nearest("busines", words, COUNT_OF(words)), "business");
    assert_null(text_nearest("terminal", words, COUNT_OF(words)));
    assert_null(text_nearest("xxer", words, COUNT_OF(words))); /* half of "user" is no slip */
    assert_null(text_nearest("", words, COUNT_OF(words)));
    assert_null(text_nearest("device", words, 0));
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(text_nearest(longest, words, COUNT_OF(words)));
}

static void of_two_as_near_the_first_is_meant(void **state)
{
    static const char *const words[] = {"paired", "paires"};

    (void)state;
    assert_string_equal(text_nearest("pairex", words, COUNT_OF(words)), "paired");
}

static void words_of_forty_characters_are_compared_and_longer_ones_passed_over(void **state)
{
    char forty[41];
    char longer[42];
    const char *words[] = {longer, forty};

    (void)state;
    memset(forty, 'x', sizeof(forty) - 1);
    forty[sizeof(forty) - 1] = '\0';
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_ptr_equal(text_nearest(forty, words, COUNT_OF(words)), forty);
    assert_null(text_nearest(forty, words, 1));
}

static void a_list_holds_its_words_in_any_case(void **state)
{
    (void)state;
    assert_true(slice_list_holds(slice_of("upgrade"), "Upgrade"));
    assert_true(slice_list_holds(slice_of("keep-alive ,\t UPGRADE,"), "upgrade"));
    assert_false(slice_list_holds(slice_of("upgraded, up grade"), "upgrade"));
    assert_false(slice_list_holds(slice_of(""), "upgrade"));
    assert_false(slice_list_holds(slice_make(NULL, 0), "upgrade"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_holds_its_words_in_any_case),
        cmocka_unit_test(slices_are_equal_when_their_bytes_are),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(a_prefix_is_found_at_the_start_alone),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_and_nothing_else),
        cmocka_unit_test(a_list_is_cut_into_all_its_parts),
        cmocka_unit_test(an_empty_list_has_one_empty_part),
        cmocka_unit_test(copying_fits_exactly_or_not_at_all),
        cmocka_unit_test(what_was_checked_is_kept_with_zeros_behind_it),
        cmocka_unit_test(whole_numbers_are_read_up_to_their_maximum),
        cmocka_unit_test(small_numbers_agree_with_arithmetic),
        cmocka_unit_test(utf8_is_judged_by_rfc_3629),
        cmocka_unit_test(code_points_are_counted_not_bytes),
        cmocka_unit_test(visible_ascii_has_no_blank_and_is_not_empty),
        cmocka_unit_test(control_characters_are_found_in_every_form),
        cmocka_unit_test(letters_change_case_and_nothing_else_does),
        cmocka_unit_test(formatting_says_whether_it_fitted),
        cmocka_unit_test(a_slip_of_the_pen_finds_the_word_meant),
        cmocka_unit_test(of_two_as_near_the_first_is_meant),
        cmocka_unit_test(words_of_forty_characters_are_compared_and_longer_ones_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
