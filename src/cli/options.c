/* The options reader.
 *
 * Our own instead of getopt, because the same tables must give the help, the
 * "did you mean", the variables of the environment and the choices; and
 * because a shop's script must not have an option silently taken twice or a
 * following option swallowed as a value. */
#include "cli/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char FLAG_CHOICES[] = "true|false";

#define TELL(problem, ...) (void)text_format((problem), OPTIONS_PROBLEM_SIZE, __VA_ARGS__)

/* Where the reader stands among the words. */
struct reader {
    const struct cli_command *command;
    char *const *words;
    int count;
    int at;
    size_t argument_count;
    bool only_arguments; /* after -- */
    char *problem;
};

size_t options_place(const struct cli_command *command, struct slice name)
{
    size_t i;

    for (i = 0; i < command->option_count; i++) {
        if (slice_is(name, command->options[i].name)) {
            break;
        }
    }
    return i;
}

static bool help_is_asked(int count, char *const *words)
{
    int i;

    for (i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--help") == 0) {
            return true;
        }
    }
    return false;
}

static bool refuse_unknown(const struct reader *reader, struct slice name)
{
    const char *names[CLI_OPTIONS_MAX + 1] = {"help"};
    char word[64];
    const char *nearest = NULL;
    size_t i;

    for (i = 0; i < reader->command->option_count; i++) {
        names[i + 1] = reader->command->options[i].name;
    }
    if (slice_copy(name, word, sizeof(word)) != FAIL_NONE) {
        TELL(reader->problem, "there is no option of that name (it is very long)");
        return false;
    }
    nearest = text_nearest(word, names, reader->command->option_count + 1);
    if (nearest == NULL) {
        TELL(reader->problem, "there is no option --%s", word);
    } else {
        TELL(reader->problem, "there is no option --%s: did you mean --%s?", word, nearest);
    }
    return false;
}

/* "none, read or write" out of "none|read|write". */
static void list_choices(const char *choices, char out[OPTIONS_PROBLEM_SIZE])
{
    struct slice rest = slice_of(choices);
    struct slice part;
    size_t length = 0;

    out[0] = '\0';
    while (slice_next_part(&rest, '|', &part)) {
        const char *glue = length == 0 ? "" : rest.bytes == NULL ? " or " : ", ";

        if (!text_format(out + length, OPTIONS_PROBLEM_SIZE - length, "%s%.*s", glue,
                         (int)part.length, part.bytes)) {
            return;
        }
        length = strlen(out);
    }
}

static bool is_choice(const char *choices, const char *value)
{
    struct slice rest = slice_of(choices);
    struct slice part;

    while (slice_next_part(&rest, '|', &part)) {
        if (slice_is(part, value)) {
            return true;
        }
    }
    return false;
}

void options_choices(const struct cli_option *option, const char *value,
                     char out[OPTIONS_PROBLEM_SIZE])
{
    const char *choices = options_is_flag(option) ? FLAG_CHOICES : option->choices;

    out[0] = '\0';
    if (choices != NULL && !is_choice(choices, value)) {
        list_choices(choices, out);
    }
}

bool options_is_flag(const struct cli_option *option)
{
    return option->value == NULL && option->choices == NULL;
}

static bool take_flag(struct reader *reader, const struct cli_option *option, const char *equals,
                      const char **out)
{
    if (equals == NULL) {
        *out = "true";
        return true;
    }
    if (!reader->command->has_file) {
        TELL(reader->problem, "--%s takes no value", option->name);
        return false;
    }
    if (!is_choice(FLAG_CHOICES, equals + 1)) {
        TELL(reader->problem, "--%s takes no value but true or false", option->name);
        return false;
    }
    *out = equals + 1;
    return true;
}

/* Takes the value: behind the '=', else the next word. */
static bool take_value(struct reader *reader, const struct cli_option *option, const char *equals,
                       const char **out)
{
    if (options_is_flag(option)) {
        return take_flag(reader, option, equals, out);
    }
    if (equals != NULL) {
        *out = equals + 1;
        return true;
    }
    if (reader->at == reader->count) {
        TELL(reader->problem, "--%s needs a value", option->name);
        return false;
    }
    if (slice_starts_with(slice_of(reader->words[reader->at]), "--")) {
        TELL(reader->problem,
             "--%s needs a value (one that begins with two dashes is written --%s=VALUE)",
             option->name, option->name);
        return false;
    }
    *out = reader->words[reader->at++];
    return true;
}

static bool read_option(struct reader *reader, const char *word, struct cli_given *given)
{
    const char *equals = strchr(word, '=');
    struct slice name = slice_of(word);
    size_t place;

    if (equals != NULL) {
        name.length = (size_t)(equals - word);
    }
    place = options_place(reader->command, name);
    if (place == reader->command->option_count) {
        return refuse_unknown(reader, name);
    }
    if (given->values[place] != NULL) {
        TELL(reader->problem, "--%s is given twice", reader->command->options[place].name);
        return false;
    }
    given->sources[place] = CLI_TYPED;
    return take_value(reader, &reader->command->options[place], equals, &given->values[place]);
}

static bool read_argument(struct reader *reader, const char *word, struct cli_given *given)
{
    if (reader->argument_count == reader->command->argument_count) {
        TELL(reader->problem, "there is one word too many: '%.80s'", word);
        return false;
    }
    given->arguments[reader->argument_count++] = word;
    return true;
}

static bool read_word(struct reader *reader, struct cli_given *given)
{
    const char *word = reader->words[reader->at++];

    if (reader->only_arguments) {
        return read_argument(reader, word, given);
    }
    if (strcmp(word, "--") == 0) {
        reader->only_arguments = true;
        return true;
    }
    if (slice_starts_with(slice_of(word), "--")) {
        return read_option(reader, word + 2, given);
    }
    if (word[0] == '-' && word[1] != '\0') {
        TELL(reader->problem, "there are no options of one dash such as '%.20s'", word);
        return false;
    }
    return read_argument(reader, word, given);
}

const char *options_variable(const struct cli_option *option)
{
    const char *found = option->environment == NULL ? NULL : getenv(option->environment);

    return found == NULL || found[0] == '\0' ? NULL : found;
}

/* Fills in the environment and the fallback, and looks at what there is then. */
static bool complete(struct cli_given *given, size_t place, char *problem)
{
    const struct cli_option *option = &given->command->options[place];
    char choices[OPTIONS_PROBLEM_SIZE];

    if (given->values[place] == NULL) {
        given->values[place] = options_variable(option);
        given->sources[place] = CLI_ENVIRONMENT;
    }
    if (given->values[place] == NULL) {
        given->values[place] = option->fallback;
        given->sources[place] = option->fallback == NULL ? CLI_NOWHERE : CLI_FALLBACK;
    }
    if (given->values[place] == NULL) {
        if (option->required) {
            TELL(problem,
                 option->environment == NULL ? "--%s is missing" : "--%s (or $%s) is missing",
                 option->name, option->environment);
        }
        return !option->required;
    }
    options_choices(option, given->values[place], choices);
    if (choices[0] != '\0') {
        TELL(problem, "--%s must be %s", option->name, choices);
        return false;
    }
    return true;
}

enum options_result options_read_words(const struct cli_command *command, int count,
                                       char *const *words, struct cli_given *out,
                                       char problem[OPTIONS_PROBLEM_SIZE])
{
    struct reader reader = {.command = command, .words = words, .count = count, .problem = problem};
    struct cli_given given = {.command = command};

    assert(command->option_count <= CLI_OPTIONS_MAX);
    assert(command->argument_count <= CLI_ARGUMENTS_MAX);
    /* First, so that help comes whatever else is wrong. */
    if (help_is_asked(count, words)) {
        return OPTIONS_HELP;
    }
    while (reader.at < count) {
        if (!read_word(&reader, &given)) {
            return OPTIONS_WRONG;
        }
    }
    if (reader.argument_count < command->argument_count && !command->argument_optional) {
        TELL(problem, "%s is missing", command->arguments[reader.argument_count].name);
        return OPTIONS_WRONG;
    }
    *out = given;
    return OPTIONS_READY;
}

enum options_result options_read(const struct cli_command *command, int count, char *const *words,
                                 struct cli_given *out, char problem[OPTIONS_PROBLEM_SIZE])
{
    struct cli_given given;
    enum options_result result = options_read_words(command, count, words, &given, problem);
    size_t i;

    for (i = 0; result == OPTIONS_READY && i < command->option_count; i++) {
        if (!complete(&given, i, problem)) {
            result = OPTIONS_WRONG;
        }
    }
    if (result == OPTIONS_READY) {
        *out = given;
    }
    return result;
}

void options_finish(struct cli_given *given)
{
    buf_finish(&given->texts);
}

const char *options_value(const struct cli_given *given, const char *name)
{
    size_t place = options_place(given->command, slice_of(name));

    assert(place < given->command->option_count);
    return given->values[place];
}

bool options_flag(const struct cli_given *given, const char *name)
{
    const char *value = options_value(given, name);

    return value != NULL && strcmp(value, "true") == 0;
}

bool options_typed(const struct cli_given *given, const char *name)
{
    size_t place = options_place(given->command, slice_of(name));

    assert(place < given->command->option_count);
    return given->sources[place] == CLI_TYPED;
}
