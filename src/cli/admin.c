/* From the words of an admin command to a request, and over to the reply.
 *
 * What the words mean is decided on the other side, where the data are; here
 * only what would be a slip of the keyboard is refused. */
#include "cli/admin.h"

#include <assert.h>
#include <string.h>

#include "base/home.h"
#include "base/secret.h"
#include "cli/admin_reply.h"
#include "cli/output.h"
#include "cli/password_input.h"
#include "core/code.h"
#include "wire/json_write.h"

enum { REQUEST_MAX = 256 * 1024, REQUEST_ROOM = 16 * 1024 };

static cli_admin_transport *transport_now;

void cli_admin_use(cli_admin_transport *transport)
{
    transport_now = transport;
}

/* --- The words -------------------------------------------------------- */

static bool has_option(const struct cli_given *given, const char *name)
{
    size_t i;

    for (i = 0; i < given->command->option_count; i++) {
        if (strcmp(given->command->options[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Of this side, or of the place where a thing stands: no change by itself. */
static bool is_change(const char *option)
{
    return strcmp(option, "data") != 0 && strcmp(option, "json") != 0 &&
           strcmp(option, "business") != 0;
}

static const char *password_problem(const struct cli_given *given, const char *verb)
{
    bool typed;
    bool from_input;

    if (!has_option(given, "password")) {
        return NULL;
    }
    typed = options_value(given, "password") != NULL;
    from_input = options_flag(given, "password-stdin");
    if (typed && from_input) {
        return "--password and --password-stdin are the same: give one of them";
    }
    if (strcmp(verb, "add") == 0 && !typed && !from_input) {
        return "--password-stdin or --password is missing";
    }
    return NULL;
}

static const char *argument_problem(const struct cli_given *given)
{
    char code[CODE_SIZE];
    uint64_t id;

    if (given->command->argument_count == 0 || given->arguments[0] == NULL) {
        return NULL;
    }
    if (strcmp(given->command->arguments[0].name, "CODE") == 0) {
        return code_read(slice_of(given->arguments[0]), code)
                   ? NULL
                   : "a device code is four letters or digits, such as JSV5";
    }
    return slice_to_unsigned(slice_of(given->arguments[0]), INT64_MAX, &id) == FAIL_NONE
               ? NULL
               : "an ID is a number, as 'list' shows it";
}

static const char *words_problem(const struct cli_given *given, const char *verb)
{
    const char *problem = argument_problem(given);
    size_t i;

    if (problem == NULL) {
        problem = password_problem(given, verb);
    }
    if (problem != NULL || strcmp(verb, "set") != 0) {
        return problem;
    }
    for (i = 0; i < given->command->option_count; i++) {
        if (given->values[i] != NULL && is_change(given->command->options[i].name)) {
            return NULL;
        }
    }
    return "there is nothing to set: give at least one option";
}

/* --- The request ------------------------------------------------------ */

static void add_argument(struct buf *request, const struct cli_given *given)
{
    char code[CODE_SIZE];

    if (given->command->argument_count == 0 || given->arguments[0] == NULL) {
        return;
    }
    if (strcmp(given->command->arguments[0].name, "CODE") != 0) {
        json_add_text(request, "id", given->arguments[0]);
    } else if (code_read(slice_of(given->arguments[0]), code)) {
        json_add_text(request, "code", code);
    }
}

/* `password` is NULL unless it came from standard input. */
static void write_request(struct buf *request, const struct cli_given *given,
                          const struct admin_words *words, const char *password)
{
    size_t i;

    json_open_object(request, NULL);
    json_add_text(request, "noun", words->noun);
    json_add_text(request, "verb", words->verb);
    json_open_object(request, "options");
    add_argument(request, given);
    for (i = 0; i < given->command->option_count; i++) {
        const char *name = given->command->options[i].name;
        bool is_ours = strcmp(name, "data") == 0 || strcmp(name, "json") == 0 ||
                       strcmp(name, "password-stdin") == 0;

        if (given->values[i] != NULL && !is_ours) {
            json_add_text(request, name, given->values[i]);
        }
    }
    if (password != NULL) {
        json_add_text(request, "password", password);
    }
    json_close_object(request);
    json_close_object(request);
}

static int refuse_transport(enum fail fail, const char *directory)
{
    if (fail == FAIL_NOT_FOUND) {
        output_trouble("there is no Tillwire data in %s: 'tillwire dev' makes them", directory);
    } else if (fail == FAIL_BUSY) {
        output_trouble("the data in %s are in use by a program that does not answer", directory);
    } else {
        output_trouble("the data in %s cannot be used: %s", directory, fail_text(fail));
    }
    return CLI_UNREACHABLE;
}

static int call(const struct cli_given *given, const struct admin_words *words,
                struct slice request)
{
    const char *named = options_value(given, "data");
    char directory[HOME_PATH_SIZE];
    struct buf reply;
    enum fail fail;
    int code;

    fail = named != NULL ? slice_copy(slice_of(named), directory, sizeof(directory))
                         : home_data_path("dev", directory);
    if (fail != FAIL_NONE || directory[0] == '\0') {
        return output_usage(given->command, "the data directory is not known: give --data DIR");
    }
    if (transport_now == NULL) {
        return refuse_transport(FAIL_CLOSED, directory);
    }
    buf_init(&reply, OUTPUT_MAX);
    fail = transport_now(directory, request, &reply);
    if (fail == FAIL_NONE) {
        fail = buf_fail(&reply);
    }
    code = fail == FAIL_NONE ? admin_reply_print(given, words, buf_view(&reply))
                             : refuse_transport(fail, directory);
    buf_wipe(&reply); /* a new api-token stands in it */
    return code;
}

static int send_request(const struct cli_given *given, const struct admin_words *words,
                        const char *password)
{
    struct buf request;
    int code = CLI_USAGE;

    buf_init(&request, REQUEST_MAX);
    /* At once, so that growing leaves no copies of a password behind. */
    (void)buf_reserve(&request, REQUEST_ROOM);
    write_request(&request, given, words, password);
    if (buf_fail(&request) == FAIL_NONE) {
        code = call(given, words, buf_view(&request));
    } else {
        output_trouble("the command is too long");
    }
    buf_wipe(&request);
    return code;
}

/* "admin business add" -> business, add. */
static void split_path(const char *path, struct admin_words *words)
{
    struct slice rest = slice_of(path);
    struct slice part;
    bool whole = slice_next_part(&rest, ' ', &part) && slice_next_part(&rest, ' ', &part) &&
                 slice_copy(part, words->noun, sizeof(words->noun)) == FAIL_NONE &&
                 slice_next_part(&rest, ' ', &part) &&
                 slice_copy(part, words->verb, sizeof(words->verb)) == FAIL_NONE;

    assert(whole);
    (void)whole;
}

int cli_admin_run(const struct cli_given *given)
{
    struct admin_words words;
    char password[PASSWORD_INPUT_SIZE] = "";
    bool from_input = has_option(given, "password-stdin") && options_flag(given, "password-stdin");
    const char *problem;
    int code;

    split_path(given->command->path, &words);
    problem = words_problem(given, words.verb);
    if (problem == NULL && from_input) {
        problem = password_input(password);
    }
    code = problem == NULL ? send_request(given, &words, from_input ? password : NULL)
                           : output_usage(given->command, problem);
    secret_wipe(password, sizeof(password));
    return code;
}
