/* The options reader: every form of a word, and every refusal. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VARIABLE "TILLWIRE_OPTIONS_TEST"

static const struct cli_argument ARGUMENTS[] = {{"NAME", "a name"}, {"CODE", "a code"}};
static const struct cli_option OPTIONS[] = {
    {.name = "api", .value = "URL", .environment = VARIABLE, .fallback = "http://default"},
    {.name = "token", .value = "T"},
    {.name = "mode", .choices = "on|off|half"},
    {.name = "json"},
};
static const struct cli_command COMMAND = {
    .path = "try",
    .arguments = ARGUMENTS,
    .argument_count = CLI_COUNT(ARGUMENTS),
    .options = OPTIONS,
    .option_count = CLI_COUNT(OPTIONS),
};

static const struct cli_option NEEDED_OPTIONS[] = {
    {.name = "name", .value = "N", .required = true},
    {.name = "key", .value = "K", .environment = VARIABLE, .required = true},
};
static const struct cli_command NEEDY = {
    .path = "need",
    .options = NEEDED_OPTIONS,
    .option_count = CLI_COUNT(NEEDED_OPTIONS),
};

enum { WORDS_MAX = 12 };

/* The words of a test are literals; the reader takes them as main got them. */
static enum options_result read_words(const struct cli_command *command, const char *const *words,
                                      struct cli_given *given, char *problem)
{
    char *copies[WORDS_MAX + 1] = {NULL};
    int count = 0;

    for (; words[count] != NULL; count++) {
        assert_true(count < WORDS_MAX);
        copies[count] = (char *)(uintptr_t)words[count];
    }
    return options_read(command, count, copies, given, problem);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void refuses(const struct cli_command *command, const char *const *words,
                    const char *expected)
{
    struct cli_given given;
    char problem[OPTIONS_PROBLEM_SIZE] = "";

    assert_int_equal(read_words(command, words, &given, problem), OPTIONS_WRONG);
    assert_string_equal(problem, expected);
}

static struct cli_given accepts(const char *const *words)
{
    struct cli_given given;
    char problem[OPTIONS_PROBLEM_SIZE] = "";
    enum options_result result = read_words(&COMMAND, words, &given, problem);

    assert_string_equal(problem, "");
    assert_int_equal(result, OPTIONS_READY);
    return given;
}

static int without_variable(void **state)
{
    (void)state;
    return unsetenv(VARIABLE);
}

static void options_and_arguments_may_be_mixed(void **state)
{
    struct cli_given given = accepts(WORDS("Till 1", "--token", "secret", "JSV5", "--json"));

    (void)state;
    assert_string_equal(given.arguments[0], "Till 1");
    assert_string_equal(given.arguments[1], "JSV5");
    assert_string_equal(options_value(&given, "token"), "secret");
    assert_true(options_flag(&given, "json"));
    assert_null(options_value(&given, "mode"));
}

static void a_value_may_follow_an_equals_sign(void **state)
{
    struct cli_given given = accepts(WORDS("a", "b", "--token=x=y", "--mode=half"));

    (void)state;
    assert_string_equal(options_value(&given, "token"), "x=y");
    assert_string_equal(options_value(&given, "mode"), "half");
    assert_false(options_flag(&given, "json"));
}

static void an_empty_value_is_a_value(void **state)
{
    struct cli_given given = accepts(WORDS("a", "b", "--token="));

    (void)state;
    assert_string_equal(options_value(&given, "token"), "");
}

static void after_two_dashes_everything_is_an_argument(void **state)
{
    struct cli_given given = accepts(WORDS("--json", "--", "--token", "--help"));

    (void)state;
    assert_string_equal(given.arguments[0], "--token");
    assert_string_equal(given.arguments[1], "--help");
    assert_null(options_value(&given, "token"));
}

static void a_single_dash_is_an_argument(void **state)
{
    struct cli_given given = accepts(WORDS("-", "b"));

    (void)state;
    assert_string_equal(given.arguments[0], "-");
}

static void a_value_may_begin_with_one_dash(void **state)
{
    struct cli_given given = accepts(WORDS("a", "b", "--token", "-h"));

    (void)state;
    assert_string_equal(options_value(&given, "token"), "-h");
}

static void the_line_comes_before_the_environment_and_that_before_the_fallback(void **state)
{
    struct cli_given given;

    (void)state;
    given = accepts(WORDS("a", "b"));
    assert_string_equal(options_value(&given, "api"), "http://default");
    assert_int_equal(setenv(VARIABLE, "http://environment", 1), 0);
    given = accepts(WORDS("a", "b"));
    assert_string_equal(options_value(&given, "api"), "http://environment");
    assert_false(options_typed(&given, "api"));
    given = accepts(WORDS("a", "b", "--api", "http://line"));
    assert_string_equal(options_value(&given, "api"), "http://line");
    assert_true(options_typed(&given, "api"));
}

static void an_empty_variable_counts_as_not_set(void **state)
{
    struct cli_given given;

    (void)state;
    assert_int_equal(setenv(VARIABLE, "", 1), 0);
    given = accepts(WORDS("a", "b"));
    assert_string_equal(options_value(&given, "api"), "http://default");
}

static void an_unknown_option_names_the_nearest(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("--tokn", "x"), "there is no option --tokn: did you mean --token?");
    refuses(&COMMAND, WORDS("--hlp"), "there is no option --hlp: did you mean --help?");
    refuses(&COMMAND, WORDS("--zebra"), "there is no option --zebra");
    refuses(&COMMAND, WORDS("--=x"), "there is no option --");
}

static void the_value_of_an_unknown_option_is_not_repeated(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("--tokn=secret"), "there is no option --tokn: did you mean --token?");
}

static void a_very_long_option_is_refused_too(void **state)
{
    char word[300] = "--";

    (void)state;
    memset(word + 2, 'x', sizeof(word) - 3);
    word[sizeof(word) - 1] = '\0';
    refuses(&COMMAND, WORDS(word), "there is no option of that name (it is very long)");
}

static void options_of_one_dash_are_refused(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("-t"), "there are no options of one dash such as '-t'");
}

static void a_missing_value_is_refused(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("a", "b", "--token"), "--token needs a value");
    refuses(&COMMAND, WORDS("a", "b", "--token", "--json"),
            "--token needs a value (one that begins with two dashes is written --token=VALUE)");
}

static void a_flag_takes_no_value(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("a", "b", "--json=yes"), "--json takes no value");
}

static void an_option_twice_is_refused(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("--token", "x", "--token=x"), "--token is given twice");
    refuses(&COMMAND, WORDS("--json", "--json"), "--json is given twice");
}

static void only_the_choices_are_accepted(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("a", "b", "--mode", "ON"), "--mode must be on, off or half");
    refuses(&COMMAND, WORDS("a", "b", "--mode=on|off"), "--mode must be on, off or half");
    refuses(&COMMAND, WORDS("a", "b", "--mode="), "--mode must be on, off or half");
}

static void missing_and_superfluous_arguments_are_refused(void **state)
{
    (void)state;
    refuses(&COMMAND, WORDS("--json"), "NAME is missing");
    refuses(&COMMAND, WORDS("a"), "CODE is missing");
    refuses(&COMMAND, WORDS("a", "b", "c"), "there is one word too many: 'c'");
}

static void a_required_option_may_come_from_the_environment(void **state)
{
    struct cli_given given;
    char problem[OPTIONS_PROBLEM_SIZE];

    (void)state;
    refuses(&NEEDY, WORDS("--key", "k"), "--name is missing");
    refuses(&NEEDY, WORDS("--name", "n"), "--key (or $" VARIABLE ") is missing");
    assert_int_equal(setenv(VARIABLE, "k", 1), 0);
    assert_int_equal(read_words(&NEEDY, WORDS("--name", "n"), &given, problem), OPTIONS_READY);
    assert_string_equal(options_value(&given, "key"), "k");
}

static void help_comes_whatever_else_is_wrong(void **state)
{
    struct cli_given given;
    char problem[OPTIONS_PROBLEM_SIZE];

    (void)state;
    assert_int_equal(read_words(&COMMAND, WORDS("--zebra", "x", "--help"), &given, problem),
                     OPTIONS_HELP);
    assert_int_equal(read_words(&COMMAND, WORDS("--help"), &given, problem), OPTIONS_HELP);
}

#define TEST(name) cmocka_unit_test_setup((name), without_variable)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_and_arguments_may_be_mixed),
        TEST(a_value_may_follow_an_equals_sign),
        TEST(an_empty_value_is_a_value),
        TEST(after_two_dashes_everything_is_an_argument),
        TEST(a_single_dash_is_an_argument),
        TEST(a_value_may_begin_with_one_dash),
        TEST(the_line_comes_before_the_environment_and_that_before_the_fallback),
        TEST(an_empty_variable_counts_as_not_set),
        TEST(an_unknown_option_names_the_nearest),
        TEST(the_value_of_an_unknown_option_is_not_repeated),
        TEST(a_very_long_option_is_refused_too),
        TEST(options_of_one_dash_are_refused),
        TEST(a_missing_value_is_refused),
        TEST(a_flag_takes_no_value),
        TEST(an_option_twice_is_refused),
        TEST(only_the_choices_are_accepted),
        TEST(missing_and_superfluous_arguments_are_refused),
        TEST(a_required_option_may_come_from_the_environment),
        TEST(help_comes_whatever_else_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
