/* Options from the line, the environment, a file and the table: which one
 * counts, and how each mistake is named. */
#include "cli/configured.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

#include "unit/wire/failing_memory.h"
#include "wire/settings.h"

static const struct cli_option OPTIONS[] = {
    {.name = "data", .value = "DIR", .environment = "TILLWIRE_TRY_DATA", .required = true},
    {.name = "tls-cert", .value = "FILE", .environment = "TILLWIRE_TRY_TLS_CERT"},
    {.name = "drain", .value = "N", .environment = "TILLWIRE_TRY_DRAIN", .fallback = "10"},
    {.name = "mode", .choices = "on|off", .environment = "TILLWIRE_TRY_MODE", .fallback = "on"},
    {.name = "plain", .environment = "TILLWIRE_TRY_PLAIN"},
    {.name = "key", .value = "K", .required = true},
    {.name = "config", .value = "F", .environment = "TILLWIRE_TRY_CONFIG", .not_in_file = true},
    {.name = "check", .not_in_file = true},
};
static const struct cli_command COMMAND = {
    .path = "try", .options = OPTIONS, .option_count = CLI_COUNT(OPTIONS), .has_file = true};

enum { WORDS_MAX = 12, TEXT_SIZE = 8192 };

/* A file, what was read with it, and what was said. */
struct scene {
    char path[64];
    struct cli_given given;
    struct problems problems;
    char said[TEXT_SIZE];
    enum options_result result;
};

static struct scene *scene_make(const char *file_text)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    size_t length = strlen(file_text);
    int file;

    assert_non_null(scene);
    (void)snprintf(scene->path, sizeof(scene->path), "/tmp/configured-test-XXXXXX");
    file = mkstemp(scene->path);
    assert_true(file >= 0);
    assert_int_equal(write(file, file_text, length), (ssize_t)length);
    assert_int_equal(close(file), 0);
    return scene;
}

/* With `path` in what is said written as FILE. */
static void keep_said(struct scene *scene)
{
    struct slice rest = buf_view(&scene->problems.lines);
    size_t length = strlen(scene->path);
    size_t used = 0;

    while (rest.length > 0) {
        assert_true(used + 5 < sizeof(scene->said));
        if (slice_starts_with(rest, scene->path)) {
            memcpy(scene->said + used, "FILE", 4);
            used += 4;
            rest = slice_make(rest.bytes + length, rest.length - length);
        } else {
            scene->said[used++] = rest.bytes[0];
            rest = slice_make(rest.bytes + 1, rest.length - 1);
        }
    }
    scene->said[used] = '\0';
}

static void scene_read(struct scene *scene, const char *const *words)
{
    char *copies[WORDS_MAX + 1] = {NULL};
    int count = 0;

    for (; words[count] != NULL; count++) {
        assert_true(count < WORDS_MAX);
        copies[count] = (char *)(uintptr_t)words[count];
    }
    problems_init(&scene->problems);
    scene->result = configured_read(&COMMAND, count, copies, &scene->given, &scene->problems);
    keep_said(scene);
}

static void scene_free(struct scene *scene)
{
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    (void)unlink(scene->path);
    free(scene);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The file, with good words beside it, leads to these sentences. */
static void says(const char *file_text, const char *expected)
{
    struct scene *scene = scene_make(file_text);

    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path));
    assert_string_equal(scene->said, expected);
    assert_int_equal(scene->result, OPTIONS_READY);
    assert_int_equal(scene->problems.count > 0, expected[0] != '\0');
    scene_free(scene);
}

static int without_variables(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < CLI_COUNT(OPTIONS); i++) {
        if (OPTIONS[i].environment != NULL) {
            assert_int_equal(unsetenv(OPTIONS[i].environment), 0);
        }
    }
    return 0;
}

static void assert_value(const struct scene *scene, const char *name, const char *value,
                         const char *where)
{
    char found[CONFIGURED_WHERE_SIZE];

    if (value == NULL) {
        assert_null(options_value(&scene->given, name));
    } else {
        assert_string_equal(options_value(&scene->given, name), value);
    }
    configured_where(&scene->given, name, found);
    assert_string_equal(found, where);
}

/* --- Which one counts --------------------------------------------------------- */

static void the_line_beats_the_environment_beats_the_file_beats_the_table(void **state)
{
    struct scene *scene = scene_make("drain = 4\n");
    char in_file[128];

    (void)state;
    (void)snprintf(in_file, sizeof(in_file), "%s:1: drain", scene->path);
    scene_read(scene, WORDS("--key=k", "--data=d"));
    assert_value(scene, "drain", "10", "--drain");
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path));
    assert_value(scene, "drain", "4", in_file);
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    assert_int_equal(setenv("TILLWIRE_TRY_DRAIN", "3", 1), 0);
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path));
    assert_value(scene, "drain", "3", "$TILLWIRE_TRY_DRAIN");
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path, "--drain", "2"));
    assert_value(scene, "drain", "2", "--drain");
    assert_string_equal(scene->said, "");
    scene_free(scene);
}

static void every_option_may_stand_in_the_file(void **state)
{
    struct scene *scene = scene_make("# all of them\r\n"
                                     "data = /srv/a b\r\n"
                                     "tls-cert=\" /x \"\n"
                                     "mode = off\n"
                                     "plain = true\n"
                                     "drain=7\n"
                                     "key = the last line has no end");

    (void)state;
    assert_int_equal(setenv("TILLWIRE_TRY_CONFIG", scene->path, 1), 0);
    scene_read(scene, WORDS("--"));
    assert_string_equal(scene->said, "");
    assert_string_equal(options_value(&scene->given, "data"), "/srv/a b");
    assert_string_equal(options_value(&scene->given, "tls-cert"), " /x ");
    assert_string_equal(options_value(&scene->given, "mode"), "off");
    assert_string_equal(options_value(&scene->given, "drain"), "7");
    assert_string_equal(options_value(&scene->given, "key"), "the last line has no end");
    assert_true(options_flag(&scene->given, "plain"));
    assert_false(options_flag(&scene->given, "check"));
    assert_false(options_typed(&scene->given, "data"));
    assert_string_equal(scene->given.file, scene->path);
    scene_free(scene);
}

static void an_empty_variable_leaves_the_word_to_the_file(void **state)
{
    struct scene *scene = scene_make("drain = 4\n");

    (void)state;
    assert_int_equal(setenv("TILLWIRE_TRY_DRAIN", "", 1), 0);
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path));
    assert_string_equal(options_value(&scene->given, "drain"), "4");
    scene_free(scene);
}

static void a_flag_of_the_file_can_be_taken_back(void **state)
{
    struct scene *scene = scene_make("plain = true\n");

    (void)state;
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path, "--plain=false"));
    assert_false(options_flag(&scene->given, "plain"));
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    assert_int_equal(setenv("TILLWIRE_TRY_PLAIN", "false", 1), 0);
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path));
    assert_false(options_flag(&scene->given, "plain"));
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    scene_read(scene, WORDS("--key=k", "--data=d", "--plain"));
    assert_true(options_flag(&scene->given, "plain"));
    assert_string_equal(scene->said, "");
    scene_free(scene);
}

/* --- What is wrong ------------------------------------------------------------ */

static void an_unknown_setting_names_the_nearest(void **state)
{
    (void)state;
    says("tls-crt = x\n", "FILE:1: there is no setting 'tls-crt': did you mean 'tls-cert'?\n");
    says("\nTLS_CERT = x\n", "FILE:2: there is no setting 'TLS_CERT': did you mean 'tls-cert'?\n");
    says("--drain = 1\n", "FILE:1: there is no setting '--drain': did you mean 'drain'?\n");
    says("TILLWIRE_DRAIN = 1\n",
         "FILE:1: there is no setting 'TILLWIRE_DRAIN': did you mean 'drain'?\n");
    says("zebra = 1\n", "FILE:1: there is no setting 'zebra'\n");
    says("chek = true\n", "FILE:1: there is no setting 'chek'\n"); /* it has no place there */
}

static void a_setting_twice_names_both_lines(void **state)
{
    (void)state;
    says("drain = 1\nmode = on\ndrain = 1\ndrain = 2\n",
         "FILE:3: 'drain' stands there twice, first in line 1\n"
         "FILE:4: 'drain' stands there twice, first in line 1\n");
    /* also where the command line has another word */
    says("data = x\ndata = y\n", "FILE:2: 'data' stands there twice, first in line 1\n");
}

static void some_options_have_no_place_in_a_file(void **state)
{
    (void)state;
    says("check = true\nconfig = x\n",
         "FILE:1: 'check' cannot stand in a configuration file: say --check on the command line\n"
         "FILE:2: 'config' cannot stand in a configuration file: say --config on the command "
         "line\n");
}

static void only_the_choices_are_accepted_wherever_they_stand(void **state)
{
    struct scene *scene = scene_make("mode = \"\"\n");

    (void)state;
    says("mode = ON\n", "FILE:1: mode must be on or off, not 'ON'\n");
    says("plain = yes\n", "FILE:1: plain must be true or false, not 'yes'\n");
    assert_int_equal(setenv("TILLWIRE_TRY_MODE", "half", 1), 0);
    assert_int_equal(setenv("TILLWIRE_TRY_PLAIN", "1", 1), 0);
    says("mode = on\n", "$TILLWIRE_TRY_MODE must be on or off, not 'half'\n"
                        "$TILLWIRE_TRY_PLAIN must be true or false, not '1'\n");
    (void)without_variables(NULL);
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path, "--mode", "x"));
    assert_string_equal(scene->said, "--mode must be on or off, not 'x'\n");
    scene_free(scene);
}

static void what_is_missing_says_where_it_may_stand(void **state)
{
    struct scene *scene = scene_make("");

    (void)state;
    scene_read(scene, WORDS("--"));
    assert_string_equal(
        scene->said,
        "--data (or $TILLWIRE_TRY_DATA) is missing: say it, or 'data = ...' in the configuration "
        "file\n"
        "--key is missing: say it, or 'key = ...' in the configuration file\n");
    assert_int_equal(scene->result, OPTIONS_READY); /* and the command may look further */
    assert_int_equal(scene->problems.count, 2);
    assert_ptr_equal(scene->given.problems, &scene->problems);
    scene_free(scene);
}

static void everything_is_named_not_only_the_first(void **state)
{
    (void)state;
    says("nonsense\n[part]\ntls-cert =\ndrain = 1 # x\nzebra=1\nmode=2\n",
         "FILE:1: a line is NAME = VALUE, or a comment that begins with #\n"
         "FILE:2: there are no sections: each line is NAME = VALUE\n"
         "FILE:3: there is no value after the equals sign\n"
         "FILE:4: a comment needs a line of its own, a value with a # needs quotes\n"
         "FILE:5: there is no setting 'zebra'\n"
         "FILE:6: mode must be on or off, not '2'\n");
}

static void a_wrong_word_ends_it_there(void **state)
{
    struct scene *scene = scene_make("zebra = 1\n");

    (void)state;
    scene_read(scene, WORDS("--config", scene->path, "--dran", "1"));
    assert_int_equal(scene->result, OPTIONS_WRONG);
    assert_string_equal(scene->said, "there is no option --dran: did you mean --drain?\n");
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    scene_read(scene, WORDS("--plain=maybe"));
    assert_string_equal(scene->said, "--plain takes no value but true or false\n");
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    scene_read(scene, WORDS("--zebra", "--help"));
    assert_int_equal(scene->result, OPTIONS_HELP);
    scene_free(scene);
}

/* --- The file itself ------------------------------------------------------------ */

static void a_file_that_cannot_be_read_is_a_problem(void **state)
{
    struct scene *scene = scene_make("");

    (void)state;
    scene_read(scene, WORDS("--key=k", "--data=d", "--config=/no/such/file"));
    assert_string_equal(scene->said, "--config: the configuration file /no/such/file cannot be "
                                     "read: No such file or directory\n");
    options_finish(&scene->given);
    problems_finish(&scene->problems);
    assert_int_equal(setenv("TILLWIRE_TRY_CONFIG", "/tmp", 1), 0);
    scene_read(scene, WORDS("--key=k", "--data=d"));
    assert_string_equal(scene->said, "$TILLWIRE_TRY_CONFIG: the configuration file /tmp cannot be "
                                     "read: it is no file\n");
    scene_free(scene);
}

/* A file of that many bytes, all of them a comment. */
static struct scene *scene_of_length(size_t length)
{
    char *text = malloc(length + 1);
    struct scene *scene;

    assert_non_null(text);
    memset(text, '#', length);
    text[length] = '\0';
    scene = scene_make(text);
    free(text);
    return scene;
}

static void sixty_four_kib_and_no_more(void **state)
{
    struct scene *scene = scene_of_length(SETTINGS_BYTES_MAX);
    struct scene *larger = scene_of_length(SETTINGS_BYTES_MAX + 1);

    (void)state;
    scene_read(scene, WORDS("--key=k", "--data=d", "--config", scene->path));
    assert_string_equal(scene->said, "");
    scene_read(larger, WORDS("--key=k", "--data=d", "--config", larger->path));
    assert_string_equal(
        larger->said,
        "--config: the configuration file FILE cannot be read: it has more than 64 KiB\n");
    scene_free(scene);
    scene_free(larger);
}

static void an_empty_file_says_nothing(void **state)
{
    (void)state;
    says("", "");
    says("\n\n", "");
}

static void what_it_says_is_safe_to_show(void **state)
{
    (void)state;
    assert_int_equal(setenv("TILLWIRE_TRY_MODE", "\x1b[2J\nx", 1), 0);
    says("", "$TILLWIRE_TRY_MODE must be on or off, not '?[2J?x'\n");
}

/* Whatever allocation fails: either all was read, or it says that it was not. */
static void a_lack_of_memory_is_never_taken_for_a_good_file(void **state)
{
    size_t allowed;
    bool was_read = false;

    (void)state;
    for (allowed = 0; !was_read; allowed++) {
        struct scene *scene = scene_make("drain = 4\nzebra = 1\n");
        char *words[] = {(char[]){"--key=k"}, (char[]){"--data=d"}, (char[]){"--config"},
                         scene->path};

        problems_init(&scene->problems);
        failing_memory_start(allowed);
        scene->result = configured_read(&COMMAND, 4, words, &scene->given, &scene->problems);
        failing_memory_stop();
        assert_int_equal(scene->result, OPTIONS_READY);
        assert_int_equal(scene->problems.count, 1); /* of the file, or of its line */
        keep_said(scene);
        was_read = failing_memory_asked <= allowed;
        if (was_read) {
            assert_string_equal(scene->said, "FILE:2: there is no setting 'zebra'\n");
        } else {
            assert_null(strstr(scene->said, "zebra"));
            problems_print(&scene->problems); /* says that there is more, and survives */
        }
        scene_free(scene);
    }
    assert_true(allowed > 2);
}

#define TEST(name) cmocka_unit_test_setup((name), without_variables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_line_beats_the_environment_beats_the_file_beats_the_table),
        TEST(every_option_may_stand_in_the_file),
        TEST(an_empty_variable_leaves_the_word_to_the_file),
        TEST(a_flag_of_the_file_can_be_taken_back),
        TEST(an_unknown_setting_names_the_nearest),
        TEST(a_setting_twice_names_both_lines),
        TEST(some_options_have_no_place_in_a_file),
        TEST(only_the_choices_are_accepted_wherever_they_stand),
        TEST(what_is_missing_says_where_it_may_stand),
        TEST(everything_is_named_not_only_the_first),
        TEST(a_wrong_word_ends_it_there),
        TEST(a_file_that_cannot_be_read_is_a_problem),
        TEST(sixty_four_kib_and_no_more),
        TEST(an_empty_file_says_nothing),
        TEST(what_it_says_is_safe_to_show),
        TEST(a_lack_of_memory_is_never_taken_for_a_good_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
