/* tillwire admin, with a transport of the test's own in place of the server:
 * what is asked, and how the replies are printed. */
#include "cli/admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/chapters.h"

enum { WORDS_MAX = 24, TEXT_SIZE = 8192 };

/* What the transport was asked, what it answers, and what was printed. */
static struct {
    char directory[TEXT_SIZE];
    char request[TEXT_SIZE];
    const char *reply;
    enum fail fail;
    int calls;
    char out[TEXT_SIZE];
    char trouble[TEXT_SIZE];
} scene;

static enum fail fake_transport(const char *directory, struct slice request, struct buf *reply)
{
    scene.calls++;
    assert_int_equal(slice_copy(slice_of(directory), scene.directory, sizeof(scene.directory)),
                     FAIL_NONE);
    assert_int_equal(slice_copy(request, scene.request, sizeof(scene.request)), FAIL_NONE);
    buf_text(reply, scene.reply);
    return scene.fail;
}

/* One of the two streams, gathered in a file while the command runs. */
struct capture {
    FILE *file;
    FILE *stream;
    int saved;
};

static struct capture capture_start(FILE *stream)
{
    struct capture capture = {.file = tmpfile(), .stream = stream};

    assert_non_null(capture.file);
    (void)fflush(stream);
    capture.saved = dup(fileno(stream));
    assert_true(capture.saved >= 0);
    assert_true(dup2(fileno(capture.file), fileno(stream)) >= 0);
    return capture;
}

static void capture_end(struct capture *capture, char out[TEXT_SIZE])
{
    (void)fflush(capture->stream);
    assert_true(dup2(capture->saved, fileno(capture->stream)) >= 0);
    (void)close(capture->saved);
    rewind(capture->file);
    out[fread(out, 1, TEXT_SIZE - 1, capture->file)] = '\0';
    (void)fclose(capture->file);
}

static const struct cli_command *command_of(const char *noun, const char *verb)
{
    char path[64];
    size_t i;

    assert_true(text_format(path, sizeof(path), "admin %s %s", noun, verb));
    for (i = 0; i < cli_admin_chapter.count; i++) {
        if (strcmp(cli_admin_chapter.commands[i].path, path) == 0) {
            return &cli_admin_chapter.commands[i];
        }
    }
    fail_msg("there is no command %s", path);
    return NULL;
}

/* As cli_run does it, without the rest of the program behind it. */
static int run(const char *noun, const char *verb, const char *const *words)
{
    const struct cli_command *command = command_of(noun, verb);
    char *copies[WORDS_MAX + 1] = {NULL};
    char problem[OPTIONS_PROBLEM_SIZE];
    struct capture out;
    struct capture trouble;
    struct cli_given given;
    int count = 0;
    int code;

    for (; words[count] != NULL; count++) {
        assert_true(count < WORDS_MAX);
        copies[count] = (char *)(uintptr_t)words[count];
    }
    assert_int_equal(options_read(command, count, copies, &given, problem), OPTIONS_READY);
    scene.calls = 0;
    scene.request[0] = '\0';
    cli_admin_use(fake_transport);
    out = capture_start(stdout);
    trouble = capture_start(stderr);
    code = command->run(&given);
    capture_end(&out, scene.out);
    capture_end(&trouble, scene.trouble);
    return code;
}

#define RUN(noun, verb, ...) run((noun), (verb), (const char *const[]){__VA_ARGS__, NULL})
#define RUN_BARE(noun, verb) run((noun), (verb), (const char *const[]){NULL})

static int clear_scene(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.reply = "{\"ok\":{}}";
    return unsetenv("COLUMNS") == 0 ? setenv("XDG_DATA_HOME", "/data", 1) : -1;
}

static void options_become_one_request(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":{\"business\":3}}";
    assert_int_equal(RUN("business", "add", "--name", "Shop", "--currency=CAD", "--api-mode", "on"),
                     CLI_DONE);
    assert_string_equal(scene.request,
                        "{\"noun\":\"business\",\"verb\":\"add\",\"options\":{\"name\":\"Shop\","
                        "\"currency\":\"CAD\",\"api-mode\":\"on\"}}");
    assert_string_equal(scene.directory, "/data/tillwire/dev");
    assert_string_equal(scene.out, "Added business 3.\n");
}

static void a_new_token_is_shown(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":{\"token\":\"SECRET\",\"id\":7}}";
    assert_int_equal(RUN("token", "add", "--name", "Till", "--general", "read", "--settings",
                         "read", "--processing", "positive"),
                     CLI_DONE);
    assert_string_equal(scene.out, "Added api-token 7.\nToken:  SECRET\nId:     7\n");
}

static void arguments_and_flags_are_strings_too(void **state)
{
    (void)state;
    assert_int_equal(RUN("business", "remove", "7", "--force", "--data", "/somewhere"), CLI_DONE);
    assert_string_equal(scene.request, "{\"noun\":\"business\",\"verb\":\"remove\",\"options\":{"
                                       "\"id\":\"7\",\"force\":\"true\"}}");
    assert_string_equal(scene.directory, "/somewhere");
    assert_string_equal(scene.out, "Removed business 7.\n");
}

static void a_device_is_named_by_its_code(void **state)
{
    (void)state;
    assert_int_equal(RUN("device", "set", "jsv5", "--name", "Front", "--business", "1"), CLI_DONE);
    assert_string_equal(scene.request,
                        "{\"noun\":\"device\",\"verb\":\"set\",\"options\":{\"code\":\"JSV5\","
                        "\"business\":\"1\",\"name\":\"Front\"}}");
    assert_int_equal(RUN("device", "show", "JSV"), CLI_USAGE);
    assert_int_equal(scene.calls, 0);
}

static void a_password_may_come_from_standard_input(void **state)
{
    FILE *input = tmpfile();
    int saved = dup(STDIN_FILENO);

    (void)state;
    assert_non_null(input);
    assert_true(fputs("correct horse\r\nnot this", input) >= 0);
    rewind(input);
    assert_true(dup2(fileno(input), STDIN_FILENO) >= 0);
    assert_int_equal(RUN("user", "add", "--name", "Ana", "--email", "a@example.com",
                         "--password-stdin", "--role", "cashier"),
                     CLI_DONE);
    assert_string_equal(scene.request,
                        "{\"noun\":\"user\",\"verb\":\"add\",\"options\":{\"name\":\"Ana\","
                        "\"email\":\"a@example.com\",\"role\":\"cashier\","
                        "\"password\":\"correct horse\"}}");
    assert_true(dup2(saved, STDIN_FILENO) >= 0);
    (void)close(saved);
    (void)fclose(input);
}

static void a_user_needs_exactly_one_password(void **state)
{
    (void)state;
    assert_int_equal(
        RUN("user", "add", "--name", "A", "--email", "a@example.com", "--role", "cashier"),
        CLI_USAGE);
    assert_non_null(strstr(scene.trouble, "--password-stdin or --password is missing"));
    assert_int_equal(RUN("user", "set", "1", "--password", "x", "--password-stdin"), CLI_USAGE);
    assert_int_equal(scene.calls, 0);
}

static void a_set_without_a_change_is_refused(void **state)
{
    (void)state;
    assert_int_equal(RUN("token", "set", "1", "--business", "1", "--json"), CLI_USAGE);
    assert_non_null(strstr(scene.trouble, "nothing to set"));
    assert_int_equal(RUN("token", "set", "1", "--general", "none"), CLI_DONE);
    assert_string_equal(scene.out, "Changed api-token 1.\n");
}

static void an_id_is_a_number(void **state)
{
    (void)state;
    assert_int_equal(RUN("user", "show", "ana"), CLI_USAGE);
    assert_int_equal(RUN("user", "show", "99999999999999999999"), CLI_USAGE);
    assert_int_equal(scene.calls, 0);
}

static void a_list_is_a_table(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":{\"devices\":[{\"code\":\"JSV5\",\"name\":\"caf\xc3\xa9\",\"on\":true},"
                  "{\"on\":false,\"name\":null,\"code\":\"AB12\"},{\"code\":\"X\\u001b\"}]}}";
    assert_int_equal(RUN_BARE("device", "list"), CLI_DONE);
    assert_string_equal(scene.out, "CODE  NAME  ON\n"
                                   "JSV5  caf\xc3\xa9  yes\n"
                                   "AB12  -     no\n"
                                   "X?          \n");
    scene.reply = "{\"ok\":[]}";
    assert_int_equal(RUN_BARE("token", "list"), CLI_DONE);
    assert_string_equal(scene.out, "There is no api-token.\n");
}

static void times_in_a_table_have_minutes(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":[{\"at\":\"2026-01-22T18:00:36.123Z\",\"end\":null},"
                  "{\"at\":\"2026-01-22T18:00:36.123\",\"end\":\"2026-x1-22T18:00:36.123Z\"}]}";
    assert_int_equal(RUN_BARE("audit", "list"), CLI_DONE);
    assert_string_equal(scene.out, "AT                       END\n"
                                   "2026-01-22 18:00Z        -\n"
                                   "2026-01-22T18:00:36.123  2026-x1-22T18:00:36.123Z\n");
}

static void a_table_that_is_too_wide_is_shown_thing_by_thing(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":[{\"code\":\"JSV5\",\"at\":\"2026-01-22T18:00:36.123Z\"},"
                  "{\"code\":\"AB12\",\"at\":null}]}";
    assert_int_equal(setenv("COLUMNS", "23", 1), 0);
    assert_int_equal(RUN_BARE("device", "list"), CLI_DONE);
    assert_string_equal(scene.out, "CODE  AT\n"
                                   "JSV5  2026-01-22 18:00Z\n"
                                   "AB12  -\n");
    assert_int_equal(setenv("COLUMNS", "22", 1), 0);
    assert_int_equal(RUN_BARE("device", "list"), CLI_DONE);
    assert_string_equal(scene.out, "Code:  JSV5\n"
                                   "At:    2026-01-22T18:00:36.123Z\n"
                                   "\n"
                                   "Code:  AB12\n"
                                   "At:    -\n");
    assert_int_equal(setenv("COLUMNS", "wide", 1), 0); /* means nothing: no terminal, no limit */
    assert_int_equal(RUN_BARE("device", "list"), CLI_DONE);
    assert_int_equal(strncmp(scene.out, "CODE  AT\n", 9), 0);
    assert_int_equal(unsetenv("COLUMNS"), 0);
}

static void each_change_is_told_in_words(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":{\"code\":\"JSV5\"}}";
    assert_int_equal(RUN("device", "revoke", "JSV5"), CLI_DONE);
    assert_string_equal(scene.out, "Revoked the credential of device JSV5.\n");
    assert_int_equal(RUN("device", "rotate", "JSV5"), CLI_DONE);
    assert_string_equal(scene.out, "Ordered a new credential for device JSV5.\n");
    assert_int_equal(RUN("device", "remove", "JSV5", "--force"), CLI_DONE);
    assert_string_equal(scene.out, "Removed device JSV5.\n");
    assert_non_null(strstr(scene.request, "\"force\":\"true\""));
    scene.reply = "{\"ok\":{\"code\":\"JSV5\",\"next\":\"log in\"}}";
    assert_int_equal(RUN("device", "replace", "JSV5", "--with", "K3MT"), CLI_DONE);
    assert_string_equal(scene.out, "Replaced the terminal of device JSV5.\n"
                                   "Code:  JSV5\n"
                                   "Next:  log in\n");
    scene.reply = "{\"ok\":{\"token\":\"SECRET\",\"id\":7}}";
    assert_int_equal(RUN("token", "rotate", "7", "--grace", "0"), CLI_DONE);
    assert_string_equal(scene.out, "Gave a new secret to api-token 7.\n"
                                   "Token:  SECRET\n"
                                   "Id:     7\n");
    scene.reply = "{\"ok\":[]}";
    assert_int_equal(RUN_BARE("audit", "list"), CLI_DONE);
    assert_string_equal(scene.out, "There is no entry in the audit.\n");
}

static void one_thing_is_shown_line_by_line(void **state)
{
    (void)state;
    scene.reply = "{\"ok\":{\"id\":1,\"permissions\":{\"general\":\"read\",\"settings\":\"none\"},"
                  "\"lastUsed\":null}}";
    assert_int_equal(RUN("token", "show", "1"), CLI_DONE);
    assert_string_equal(scene.out, "Id:           1\n"
                                   "Permissions:  general read, settings none\n"
                                   "Last used:    -\n");
}

static void with_json_the_ok_object_is_one_line(void **state)
{
    (void)state;
    scene.reply = " { \"ok\" : {\"id\":1,\n\"a:b\":[{}]} } \n";
    assert_int_equal(RUN("business", "show", "1", "--json"), CLI_DONE);
    assert_string_equal(scene.out, "{\"id\":1, \"a:b\":[{}]}\n");
}

static void a_refusal_is_a_sentence_and_exit_code_1(void **state)
{
    (void)state;
    scene.reply = "{\"error\":\"that e-mail address is taken\"}";
    assert_int_equal(RUN("user", "set", "1", "--email", "a@example.com"), CLI_REFUSED);
    assert_string_equal(scene.out, "");
    assert_string_equal(scene.trouble, "tillwire: that e-mail address is taken\n");
    assert_int_equal(RUN("user", "set", "1", "--email", "a@example.com", "--json"), CLI_REFUSED);
    assert_string_equal(scene.out, "{\"error\":\"that e-mail address is taken\"}\n");
}

static void a_reply_that_means_nothing_is_no_success(void **state)
{
    static const char *const REPLIES[] = {
        "", "{}", "[]", "{\"ok\":{}}x", "{\"ok\":{},\"more\":1}", "{\"error\":7}", "{\"ok\"",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(REPLIES) / sizeof(REPLIES[0]); i++) {
        scene.reply = REPLIES[i];
        assert_int_equal(RUN("business", "remove", "1"), CLI_UNREACHABLE);
        assert_string_equal(scene.out, "");
    }
}

static void a_list_past_the_reader_goes_to_scripts_alone(void **state)
{
    enum { ELEMENTS = 5000 };
    static char reply[16 + 2 * ELEMENTS];
    size_t length = strlen("{\"ok\":[");
    size_t i;

    (void)state;
    memcpy(reply, "{\"ok\":[", length);
    for (i = 0; i < ELEMENTS; i++) {
        reply[length++] = '1';
        reply[length++] = ',';
    }
    memcpy(reply + length - 1, "]}", 3);
    scene.reply = reply;
    assert_int_equal(RUN_BARE("device", "list"), CLI_UNREACHABLE);
    assert_string_equal(scene.trouble, "tillwire: the list is too long for a table: give --json\n");
    assert_int_equal(RUN("device", "list", "--json"), CLI_DONE);
    assert_int_equal(strncmp(scene.out, "[1,1,1,", 7), 0);
}

static void a_failing_transport_is_told_by_its_kind(void **state)
{
    (void)state;
    scene.fail = FAIL_NOT_FOUND;
    assert_int_equal(RUN("business", "list", "--data", "/no"), CLI_UNREACHABLE);
    assert_non_null(strstr(scene.trouble, "there is no Tillwire data in /no"));
    scene.fail = FAIL_IO;
    assert_int_equal(RUN("business", "list", "--data", "/no"), CLI_UNREACHABLE);
    assert_non_null(strstr(scene.trouble, "input or output error"));
}

/* Every command has what its help is made of, and an example that names it. */
static void every_command_can_tell_about_itself(void **state)
{
    static const struct cli_chapter *const CHAPTERS[] = {
        &cli_pos_pair_chapter,
        &cli_pos_chapter,
        &cli_admin_chapter,
    };
    size_t i;
    size_t j;
    size_t k;

    (void)state;
    for (i = 0; i < CLI_COUNT(CHAPTERS); i++) {
        for (j = 0; j < CHAPTERS[i]->count; j++) {
            const struct cli_command *command = &CHAPTERS[i]->commands[j];

            assert_non_null(command->summary);
            assert_non_null(command->run);
            assert_non_null(strstr(command->example, command->path));
            assert_true(command->option_count <= CLI_OPTIONS_MAX);
            assert_true(command->argument_count <= CLI_ARGUMENTS_MAX);
            for (k = 0; k < command->option_count; k++) {
                assert_non_null(command->options[k].help);
            }
        }
    }
}

#define TEST(name) cmocka_unit_test_setup((name), clear_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_become_one_request),
        TEST(a_new_token_is_shown),
        TEST(arguments_and_flags_are_strings_too),
        TEST(a_device_is_named_by_its_code),
        TEST(a_password_may_come_from_standard_input),
        TEST(a_user_needs_exactly_one_password),
        TEST(a_set_without_a_change_is_refused),
        TEST(an_id_is_a_number),
        TEST(a_list_is_a_table),
        TEST(times_in_a_table_have_minutes),
        TEST(a_table_that_is_too_wide_is_shown_thing_by_thing),
        TEST(each_change_is_told_in_words),
        TEST(one_thing_is_shown_line_by_line),
        TEST(with_json_the_ok_object_is_one_line),
        TEST(a_refusal_is_a_sentence_and_exit_code_1),
        TEST(a_reply_that_means_nothing_is_no_success),
        TEST(a_list_past_the_reader_goes_to_scripts_alone),
        TEST(a_failing_transport_is_told_by_its_kind),
        TEST(every_command_can_tell_about_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
