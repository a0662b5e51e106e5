/* Configuration files, line by line. */
#include "wire/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NO_VALUE "there is no value after the equals sign"
#define QUOTES "a value that begins with a quote ends with one, and has none inside"
#define COMMENT "a comment needs a line of its own, a value with a # needs quotes"
#define NO_UTF8 "the line is not UTF-8 text"
#define CONTROL "the line has a control character in it"
#define SECTION "there are no sections: each line is NAME = VALUE"
#define NO_EQUALS "a line is NAME = VALUE, or a comment that begins with #"
#define NO_NAME "what stands before the equals sign is no name of a setting"
#define LINES "the file has more than 1000 lines"

#define N16 "aaaaaaaaaaaaaaaa"
#define N64 N16 N16 N16 N16

enum { TOLD_SIZE = 1024, LONG_SIZE = 4096 };

/* What a text says, as "LINE NAME=VALUE;" or "LINE !PROBLEM;" one after another. */
static void tell(struct slice text, char told[TOLD_SIZE])
{
    struct settings_reader reader;
    struct setting setting;
    const char *problem = NULL;
    enum settings_step step;
    size_t length = 0;

    told[0] = '\0';
    settings_start(&reader, text);
    while ((step = settings_next(&reader, &setting, &problem)) != SETTINGS_END) {
        if (step == SETTINGS_WRONG) {
            assert_true(
                text_format(told + length, TOLD_SIZE - length, "%u !%s;", reader.line, problem));
        } else {
            assert_true(text_format(told + length, TOLD_SIZE - length, "%u %.*s=%.*s;", reader.line,
                                    (int)setting.name.length, setting.name.bytes,
                                    (int)setting.value.length, setting.value.bytes));
        }
        length = strlen(told);
    }
    assert_int_equal(settings_next(&reader, &setting, &problem), SETTINGS_END); /* for good */
}

struct example {
    const char *text;
    const char *told;
};

static void check_all(const struct example *examples, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        char told[TOLD_SIZE];
        char *exact = malloc(strlen(examples[i].text) + 1); /* for the address sanitizer */

        assert_non_null(exact);
        memcpy(exact, examples[i].text, strlen(examples[i].text) + 1);
        tell(slice_of(exact), told);
        assert_string_equal(told, examples[i].told);
        free(exact);
    }
}

#define CHECK_ALL(examples) check_all((examples), sizeof(examples) / sizeof((examples)[0]))

static void lines_are_names_and_values(void **state)
{
    static const struct example EXAMPLES[] = {
        {"a = b", "1 a=b;"},
        {"a=b", "1 a=b;"},
        {"a=b\n", "1 a=b;"},
        {"\ta\t=\tb\t\n", "1 a=b;"},
        {"  tls-cert   =   /etc/x.pem  \nlisten=8443", "1 tls-cert=/etc/x.pem;2 listen=8443;"},
        {"a = b c  d", "1 a=b c  d;"},
        {"a = b\tc", "1 a=b\tc;"},
        {"a = x=y=z", "1 a=x=y=z;"},
        {"A_b.9 = x", "1 A_b.9=x;"},
        {"a = b\r\nc = d\r\n", "1 a=b;2 c=d;"},
        {"a = b\r", "1 a=b;"},
        {"caf\xc3\xa9 = x", "1 !" NO_NAME ";"},
        {"a = caf\xc3\xa9", "1 a=caf\xc3\xa9;"},
        {"a = b#c", "1 a=b#c;"},
        {N64 " = b", "1 " N64 "=b;"},
    };

    (void)state;
    CHECK_ALL(EXAMPLES);
}

static void quotes_keep_blanks(void **state)
{
    static const struct example EXAMPLES[] = {
        {"a = \" b \"", "1 a= b ;"},        {"a = \"\"", "1 a=;"},
        {"a = \"b # c\"  ", "1 a=b # c;"},  {"a = b \"c\"", "1 a=b \"c\";"},
        {"a = \"", "1 !" QUOTES ";"},       {"a = \"b", "1 !" QUOTES ";"},
        {"a = \"b\"c", "1 !" QUOTES ";"},   {"a = \"b\" \"c\"", "1 !" QUOTES ";"},
        {"a = \"b\"c\"", "1 !" QUOTES ";"}, {"a = \"b\\\"c\"", "1 !" QUOTES ";"},
    };

    (void)state;
    CHECK_ALL(EXAMPLES);
}

static void blank_lines_and_comments_count_as_lines_and_say_nothing(void **state)
{
    static const struct example EXAMPLES[] = {
        {"", ""},
        {"\n", ""},
        {"\n\n \t \r\n", ""},
        {"# a = b\n  # c\n\na = b\n", "4 a=b;"},
        {"#", ""},
        {"#\xff\x01\n", ""},
        {"\xef\xbb\xbf"
         "a = b",
         "1 a=b;"},
        {"\xef\xbb\xbf", ""},
    };

    (void)state;
    CHECK_ALL(EXAMPLES);
}

static void each_wrong_line_is_named_and_the_others_are_read(void **state)
{
    static const struct example EXAMPLES[] = {
        {"a\nb = c\n= d\ne =\nf = g",
         "1 !" NO_EQUALS ";2 b=c;3 !" NO_NAME ";4 !" NO_VALUE ";5 f=g;"},
        {"[server]\na = b", "1 !" SECTION ";2 a=b;"},
        {"a = b # c", "1 !" COMMENT ";"},
        {"a = b\t# c", "1 !" COMMENT ";"},
        {"a = # c", "1 !" COMMENT ";"},
        {"a = #", "1 !" COMMENT ";"},
        {"a b = c", "1 !" NO_NAME ";"},
        {"a\"b = c", "1 !" NO_NAME ";"},
        {"a#b = c", "1 !" NO_NAME ";"},
        {N64 "a = b", "1 !" NO_NAME ";"},
        {"a = \x01", "1 !" CONTROL ";"},
        {"a = b\rc", "1 !" CONTROL ";"},
        {"a = b\r\r", "1 !" CONTROL ";"},
        {"a = \x7f", "1 !" CONTROL ";"},
        {"a = \xc2\x9b", "1 !" CONTROL ";"},
        {"a = \xff", "1 !" NO_UTF8 ";"},
        {"a = \xc3\nb = c", "1 !" NO_UTF8 ";2 b=c;"},
        {"a = \"\xc3\"", "1 !" NO_UTF8 ";"},
    };

    (void)state;
    CHECK_ALL(EXAMPLES);
}

static void a_zero_byte_is_a_control_character(void **state)
{
    static const char TEXT[] = "a = b\0c\nd = e";
    char told[TOLD_SIZE];

    (void)state;
    tell(slice_make(TEXT, sizeof(TEXT) - 1), told);
    assert_string_equal(told, "1 !" CONTROL ";2 d=e;");
}

static void a_thousand_lines_and_no_more(void **state)
{
    char text[LONG_SIZE];
    char told[TOLD_SIZE];

    (void)state;
    memset(text, '\n', sizeof(text));
    memcpy(text + SETTINGS_LINES_MAX - 1, "a=b", 3); /* line 1000 */
    tell(slice_make(text, SETTINGS_LINES_MAX + 2), told);
    assert_string_equal(told, "1000 a=b;");
    tell(slice_make(text, SETTINGS_LINES_MAX + 3), told);
    assert_string_equal(told, "1000 a=b;"); /* its line feed begins no other line */
    memcpy(text + SETTINGS_LINES_MAX + 3, "c=d\ne=f\n", 8);
    tell(slice_make(text, SETTINGS_LINES_MAX + 11), told);
    assert_string_equal(told, "1000 a=b;1001 !" LINES ";"); /* said once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_names_and_values),
        cmocka_unit_test(quotes_keep_blanks),
        cmocka_unit_test(blank_lines_and_comments_count_as_lines_and_say_nothing),
        cmocka_unit_test(each_wrong_line_is_named_and_the_others_are_read),
        cmocka_unit_test(a_zero_byte_is_a_control_character),
        cmocka_unit_test(a_thousand_lines_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
