/* Log lines as JSON: each is one object, whatever its values hold and wherever
 * it had to be cut. */
#include "unit/base/log_heard.h"

#define HEAD "{\"time\":\"2026-01-22T18:00:36.123Z\",\"level\":\"info\",\"event\":\"test\""

/* The line of one text field, compared from its value on. */
static void assert_value(struct slice value, const char *expected)
{
    const char *line;

    listen_now();
    log_event(LOG_INFO, "test", log_slice("v", value));
    line = heard();
    assert_int_equal(strncmp(line, HEAD ",\"v\":", strlen(HEAD ",\"v\":")), 0);
    assert_string_equal(line + strlen(HEAD ",\"v\":"), expected);
}

/* --- A reader of its own, for lines of texts and integers ------------------- */

static const char *read_escape(const char *at)
{
    size_t i;

    if (strchr("\"\\n", *at) != NULL && *at != '\0') {
        return at + 1;
    }
    assert_int_equal(*at, 'u');
    for (i = 1; i <= 4; i++) {
        assert_true(at[i] != '\0' && strchr("0123456789abcdef", at[i]) != NULL);
    }
    return at + 5;
}

static const char *read_string(const char *at)
{
    const char *begins = at + 1;

    assert_int_equal(*at, '"');
    at++;
    while (*at != '"') {
        assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
        at = *at == '\\' ? read_escape(at + 1) : at + 1;
    }
    assert_true(slice_is_utf8(slice_make(begins, (size_t)(at - begins))));
    return at + 1;
}

static const char *read_value(const char *at)
{
    size_t digits = strspn(*at == '-' ? at + 1 : at, "0123456789");

    if (*at == '"') {
        return read_string(at);
    }
    assert_true(digits > 0);
    return at + digits + (*at == '-');
}

/* What was heard is one whole object and its newline. */
static void assert_object(void)
{
    const char *at = written;

    assert_in_range(written_length, 1, LINE_MAX);
    assert_int_equal(strlen(written), written_length);
    assert_int_equal(*at, '{');
    do {
        at = read_string(at + 1);
        assert_int_equal(*at, ':');
        at = read_value(at + 1);
    } while (*at == ',');
    assert_string_equal(at, "}\n");
}

/* --- Tests -------------------------------------------------------------------- */

static void a_line_is_one_object(void **state)
{
    struct address address;

    (void)state;
    assert_true(address_read(slice_of("192.0.2.1"), &address));
    listen_now();
    log_event(LOG_INFO, "test", log_text("code", "JSV5"), log_number("ms", -3),
              log_id("request", 0xabc), log_address("client", &address));
    assert_string_equal(heard(), HEAD ",\"code\":\"JSV5\",\"ms\":-3,"
                                      "\"request\":\"0000000000000abc\","
                                      "\"client\":\"192.0.2.1\"}\n");
    assert_object();
}

static void a_line_may_have_no_fields(void **state)
{
    (void)state;
    listen_now();
    log_write(LOG_INFO, "test", NULL, 0);
    assert_string_equal(heard(), HEAD "}\n");
}

static void numbers_are_written_to_their_ends(void **state)
{
    (void)state;
    listen_now();
    log_event(LOG_INFO, "test", log_number("a", INT64_MIN), log_number("b", INT64_MAX));
    assert_string_equal(heard(), HEAD ",\"a\":-9223372036854775808,\"b\":9223372036854775807}\n");
}

static void values_are_escaped(void **state)
{
    (void)state;
    assert_value(slice_of(""), "\"\"}\n");
    assert_value(slice_of("two words"), "\"two words\"}\n");
    assert_value(slice_of("\",\"level\":\"error"), "\"\\\",\\\"level\\\":\\\"error\"}\n");
    assert_value(slice_of("a\\b"), "\"a\\\\b\"}\n");
    assert_value(slice_of("a\nb"), "\"a\\nb\"}\n");
    assert_value(slice_of("\r\t\x7f\x1f"), "\"\\u000d\\u0009\\u007f\\u001f\"}\n");
    assert_value(slice_make("a\0b", 3), "\"a\\u0000b\"}\n");
    assert_value(slice_of("\xc2\x9b"
                          "2J"),
                 "\"\\u009b2J\"}\n"); /* starts a command to some terminals */
}

static void letters_of_other_alphabets_stay_readable(void **state)
{
    (void)state;
    assert_value(slice_of("Caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
                 "\"Caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}\n");
}

#define BROKEN "\xef\xbf\xbd" /* U+FFFD */

static void broken_text_is_replaced(void **state)
{
    (void)state;
    assert_value(slice_of("a\xc3"), "\"a" BROKEN "\"}\n");
    assert_value(slice_of("\xc3\x41"), "\"" BROKEN "A\"}\n");
    assert_value(slice_make("a\xc3\xa9", 2), "\"a" BROKEN "\"}\n"); /* what follows is not ours */
    assert_value(slice_of("\xff\xfe"), "\"" BROKEN BROKEN "\"}\n");
    assert_value(slice_of("\xc0\xaf"), "\"" BROKEN BROKEN "\"}\n"); /* overlong */
    assert_value(slice_of("\xed\xa0\x80"), "\"" BROKEN BROKEN BROKEN "\"}\n");
    assert_value(slice_of("\x80\xe2\x82"), "\"" BROKEN BROKEN BROKEN "\"}\n");
    assert_value(slice_of("\xc3\xa9\xff\xc3\xa9"), "\"\xc3\xa9" BROKEN "\xc3\xa9\"}\n");
}

static void a_value_is_cut_at_512_bytes_between_code_points(void **state)
{
    static char value[600];
    char expected[520];

    (void)state;
    memset(value, 'x', sizeof(value));
    memcpy(value + 510, "\xe2\x82\xac", 3);
    expected[0] = '"';
    memset(expected + 1, 'x', 510);
    memcpy(expected + 511, "\"}\n", 4);
    assert_value(slice_make(value, sizeof(value)), expected);
    /* One byte less before it, and it fits. */
    memmove(expected + 510, "\xe2\x82\xac\"}\n", 7);
    assert_value(slice_make(value + 1, 512), expected);
}

/* Fields of every length up to far more than fits, of the bytes that grow most. */
static void a_line_is_never_past_2_kb_and_stays_an_object(void **state)
{
    static const char *const kinds[] = {
        "x", "\x01", "\xff", "\"", "\xc3\xa9", "\n", "\xf0\x9f\x98\x80"};
    static char value[700];
    size_t kind;
    size_t length;

    (void)state;
    for (kind = 0; kind < COUNT_OF(kinds); kind++) {
        size_t i;

        for (i = 0; i < sizeof(value); i++) {
            value[i] = kinds[kind][i % strlen(kinds[kind])];
        }
        for (length = 0; length < sizeof(value); length++) {
            struct slice text = slice_make(value, length);

            listen_now();
            log_event(LOG_INFO, "test", log_slice("a", text), log_slice("b", text),
                      log_slice("c", text), log_slice("d", text), log_slice("e", text),
                      log_number("n", INT64_MIN), log_text("z", "end of it"));
            (void)heard();
            assert_object();
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
    assert_object();
}

static void formats_have_their_words(void **state)
{
    enum log_format format = LOG_FORMAT_JSON;

    (void)state;
    assert_true(log_format_of("logfmt", &format));
    assert_int_equal(format, LOG_FORMAT_LOGFMT);
    assert_true(log_format_of("json", &format));
    assert_int_equal(format, LOG_FORMAT_JSON);
    assert_false(log_format_of("JSON", &format));
    assert_false(log_format_of("", &format));
    assert_int_equal(format, LOG_FORMAT_JSON);
}

static int start(void **state)
{
    log_set_format(LOG_FORMAT_JSON);
    return clocks_start(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_object),
        cmocka_unit_test(a_line_may_have_no_fields),
        cmocka_unit_test(numbers_are_written_to_their_ends),
        cmocka_unit_test(values_are_escaped),
        cmocka_unit_test(letters_of_other_alphabets_stay_readable),
        cmocka_unit_test(broken_text_is_replaced),
        cmocka_unit_test(a_value_is_cut_at_512_bytes_between_code_points),
        cmocka_unit_test(a_line_is_never_past_2_kb_and_stays_an_object),
        cmocka_unit_test(an_endless_event_is_cut_too),
        cmocka_unit_test(formats_have_their_words),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
