/* Log lines: what is written for what, escaped so that no value can pretend to
 * be another field or line, and never past 2 KB. */
#include "unit/base/log_heard.h"

#define HEAD "time=2026-01-22T18:00:36.123Z level=info event=test"

/* The line of one text field, compared from the field on. */
static void assert_value(struct slice value, const char *expected)
{
    const char *line;

    listen_now();
    log_event(LOG_INFO, "test", log_slice("v", value));
    line = heard();
    assert_int_equal(strncmp(line, HEAD " v=", strlen(HEAD " v=")), 0);
    assert_string_equal(line + strlen(HEAD " v="), expected);
}

static void a_line_has_time_level_event_and_fields(void **state)
{
    (void)state;
    listen_now();
    log_event(LOG_INFO, "test", log_text("code", "JSV5"), log_number("ms", 3));
    assert_string_equal(heard(), HEAD " code=JSV5 ms=3\n");
}

static void a_line_may_have_no_fields(void **state)
{
    (void)state;
    listen_now();
    log_write(LOG_INFO, "test", NULL, 0);
    assert_string_equal(heard(), HEAD "\n");
}

static void numbers_are_written_to_their_ends(void **state)
{
    (void)state;
    listen_now();
    log_event(LOG_INFO, "test", log_number("a", INT64_MIN), log_number("b", INT64_MAX));
    assert_string_equal(heard(), HEAD " a=-9223372036854775808 b=9223372036854775807\n");
}

static void values_are_quoted_where_a_reader_could_be_misled(void **state)
{
    (void)state;
    assert_value(slice_of("JSV5"), "JSV5\n");
    assert_value(slice_of(""), "\"\"\n");
    assert_value(slice_of("two words"), "\"two words\"\n");
    assert_value(slice_of("a=b"), "\"a=b\"\n");
    assert_value(slice_of("say \"hi\""), "\"say \\\"hi\\\"\"\n");
    assert_value(slice_of("a\\b"), "\"a\\\\b\"\n");
    assert_value(slice_of("a\nlevel=error"), "\"a\\nlevel=error\"\n");
    assert_value(slice_of("\r\t\x7f"), "\"\\x0d\\x09\\x7f\"\n");
    assert_value(slice_make("a\0b", 3), "\"a\\x00b\"\n");
}

static void a_null_text_is_an_empty_one(void **state)
{
    (void)state;
    listen_now();
    log_event(LOG_INFO, "test", log_text("v", NULL));
    assert_string_equal(heard(), HEAD " v=\"\"\n");
}

static void letters_of_other_alphabets_stay_readable(void **state)
{
    (void)state;
    assert_value(slice_of("Caf\xc3\xa9"), "\"Caf\xc3\xa9\"\n");
}

/* U+009B starts a command to some terminals, and half a code point swallows
 * what follows. */
static void bytes_that_are_no_harmless_text_are_escaped(void **state)
{
    (void)state;
    assert_value(slice_of("\xc2\x9b"
                          "2J"),
                 "\"\\xc2\\x9b2J\"\n");
    assert_value(slice_of("a\xc3"), "\"a\\xc3\"\n");
    assert_value(slice_of("\xff\xfe"), "\"\\xff\\xfe\"\n");
}

static void a_value_is_cut_at_512_bytes(void **state)
{
    static char value[514];
    char expected[520];

    (void)state;
    memset(value, 'x', sizeof(value));
    memset(expected, 'x', sizeof(expected));
    memcpy(expected + 512, "\n", 2);
    assert_value(slice_make(value, 512), expected);
    assert_value(slice_make(value, 513), expected);
}

static void a_code_point_is_not_cut_in_half(void **state)
{
    static char value[513];
    char expected[520];

    (void)state;
    memset(value, 'x', sizeof(value));
    memcpy(value + 510, "\xe2\x82\xac", 3);
    value[0] = ' ';
    expected[0] = '"';
    expected[1] = ' ';
    memset(expected + 2, 'x', 509);
    memcpy(expected + 511, "\"\n", 3);
    assert_value(slice_make(value, sizeof(value)), expected);
}

static void assert_whole_line(void)
{
    size_t quotes = 0;
    size_t i;

    assert_in_range(written_length, 1, LINE_MAX);
    assert_int_equal(written[written_length - 1], '\n');
    assert_int_equal(strlen(written), written_length);
    for (i = 0; i < written_length; i++) {
        if (written[i] == '"' && written[i - 1] != '\\') {
            quotes++;
        }
    }
    assert_int_equal(quotes % 2, 0);
}

/* Fields of every length up to far more than fits, of the bytes that grow most. */
static void a_line_is_never_past_2_kb_and_stays_readable(void **state)
{
    static const char *const kinds[] = {"x", "\x01", "\xff", "\"", "\xc3\xa9", "\n"};
    static char value[700];
    size_t kind;
    size_t length;

    (void)state;
    for (kind = 0; kind < COUNT_OF(kinds); kind++) {
        size_t i;

        for (i = 0; i < sizeof(value); i++) {
            value[i] = kinds[kind][i % strlen(kinds[kind])];
        }
        for (length = 0; length < sizeof(value); length += 2) {
            struct slice text = slice_make(value, length);

            listen_now();
            log_event(LOG_INFO, "test", log_slice("a", text), log_slice("b", text),
                      log_slice("c", text), log_slice("d", text), log_slice("e", text),
                      log_number("n", INT64_MIN), log_text("z", "end of it"));
            (void)heard();
            assert_whole_line();
            if (strstr(written, " n=") != NULL) {
                assert_non_null(strstr(written, " n=-9223372036854775808"));
            }
        }
    }
}

static void an_endless_event_is_cut_too(void **state)
{
    static char event[5000];

    (void)state;
    memset(event, 'e', sizeof(event) - 1);
    listen_now();
    log_event(LOG_INFO, event, log_number("n", 1));
    (void)heard();
    assert_int_equal(written_length, LINE_MAX);
    assert_whole_line();
}

static void lines_above_the_level_are_not_written(void **state)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    int set;
    int level;

    (void)state;
    for (set = LOG_ERROR; set <= LOG_DEBUG; set++) {
        log_set_level((enum log_level)set);
        for (level = LOG_ERROR; level <= LOG_DEBUG; level++) {
            char expected[40];

            listen_now();
            log_write((enum log_level)level, "test", NULL, 0);
            assert_true(text_format(expected, sizeof(expected), "level=%s", words[level]));
            assert_int_equal(strstr(heard(), expected) != NULL, level <= set);
        }
    }
    log_set_level(LOG_INFO);
}

static void levels_have_their_words(void **state)
{
    enum log_level level = LOG_INFO;

    (void)state;
    assert_true(log_level_of("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_true(log_level_of("warning", &level));
    assert_int_equal(level, LOG_WARNING);
    assert_true(log_level_of("info", &level));
    assert_int_equal(level, LOG_INFO);
    assert_true(log_level_of("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_of("Debug", &level));
    assert_false(log_level_of("", &level));
    assert_int_equal(level, LOG_DEBUG);
}

static void ids_are_16_digits_and_addresses_as_people_write_them(void **state)
{
    struct address four;
    struct address six;
    struct address unknown = {0};

    (void)state;
    assert_true(address_read(slice_of("192.0.2.1"), &four));
    assert_true(address_read(slice_of("2001:db8::1"), &six));
    listen_now();
    log_event(LOG_INFO, "test", log_id("request", 0xabc), log_id("most", UINT64_MAX),
              log_address("client", &four), log_address("six", &six),
              log_address("gone", &unknown));
    assert_string_equal(heard(), HEAD " request=0000000000000abc most=ffffffffffffffff"
                                      " client=192.0.2.1 six=2001:db8::1 gone=?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_event_and_fields),
        cmocka_unit_test(a_line_may_have_no_fields),
        cmocka_unit_test(numbers_are_written_to_their_ends),
        cmocka_unit_test(values_are_quoted_where_a_reader_could_be_misled),
        cmocka_unit_test(a_null_text_is_an_empty_one),
        cmocka_unit_test(letters_of_other_alphabets_stay_readable),
        cmocka_unit_test(bytes_that_are_no_harmless_text_are_escaped),
        cmocka_unit_test(a_value_is_cut_at_512_bytes),
        cmocka_unit_test(a_code_point_is_not_cut_in_half),
        cmocka_unit_test(a_line_is_never_past_2_kb_and_stays_readable),
        cmocka_unit_test(an_endless_event_is_cut_too),
        cmocka_unit_test(lines_above_the_level_are_not_written),
        cmocka_unit_test(levels_have_their_words),
        cmocka_unit_test(ids_are_16_digits_and_addresses_as_people_write_them),
    };

    return cmocka_run_group_tests(tests, clocks_start, NULL);
}
