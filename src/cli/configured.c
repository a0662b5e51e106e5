/* Words, variables, a file and the table become what was given. */
#include "cli/configured.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "wire/settings.h"

enum { NAME_SIZE = SETTINGS_NAME_MAX + 1, VALUE_SHOWN_MAX = 60 };

static const char FILE_OPTION[] = "config";
static const char VARIABLE_START[] = "tillwire-"; /* as names are compared */

struct reading {
    struct cli_given *given;
    struct problems *problems;
    unsigned first[CLI_OPTIONS_MAX]; /* the line of the file that names the option; 0: none */
};

static void where(const struct cli_given *given, size_t place, char out[CONFIGURED_WHERE_SIZE])
{
    const struct cli_option *option = &given->command->options[place];

    switch (given->sources[place]) {
    case CLI_ENVIRONMENT:
        (void)text_format(out, CONFIGURED_WHERE_SIZE, "$%s", option->environment);
        return;
    case CLI_SETTING:
        (void)text_format(out, CONFIGURED_WHERE_SIZE, "%s:%u: %s", given->file, given->lines[place],
                          option->name);
        return;
    case CLI_NOWHERE:
    case CLI_TYPED:
    case CLI_FALLBACK:
        (void)text_format(out, CONFIGURED_WHERE_SIZE, "--%s", option->name);
        return;
    }
}

void configured_where(const struct cli_given *given, const char *name,
                      char out[CONFIGURED_WHERE_SIZE])
{
    size_t place = options_place(given->command, slice_of(name));

    assert(place < given->command->option_count);
    where(given, place, out);
}

/* --- The environment ------------------------------------------------------ */

static void read_environment(struct cli_given *given)
{
    size_t i;

    for (i = 0; i < given->command->option_count; i++) {
        if (given->values[i] == NULL) {
            given->values[i] = options_variable(&given->command->options[i]);
            given->sources[i] = given->values[i] == NULL ? CLI_NOWHERE : CLI_ENVIRONMENT;
        }
    }
}

/* --- The file ------------------------------------------------------------- */

/* TLS_CERT, --tls-cert and TILLWIRE_TLS_CERT are slips for tls-cert. */
static void simplify(struct slice name, char out[NAME_SIZE])
{
    size_t start = strlen(VARIABLE_START);
    size_t length = 0;
    size_t i;

    for (i = 0; i < name.length && length < NAME_SIZE - 1; i++) {
        char c = name.bytes[i] == '_' ? '-' : text_lower(name.bytes[i]);

        if (c != '-' || length > 0) {
            out[length++] = c;
        }
    }
    out[length] = '\0';
    if (strncmp(out, VARIABLE_START, start) == 0) {
        memmove(out, out + start, length + 1 - start);
    }
}

static void refuse_unknown(struct reading *reading, const struct setting *setting, unsigned line)
{
    const struct cli_given *given = reading->given;
    const char *names[CLI_OPTIONS_MAX];
    char simple[NAME_SIZE];
    const char *nearest;
    size_t count = 0;
    size_t i;

    for (i = 0; i < given->command->option_count; i++) {
        if (!given->command->options[i].not_in_file) {
            names[count++] = given->command->options[i].name;
        }
    }
    simplify(setting->name, simple);
    nearest = text_nearest(simple, names, count);
    problems_add(reading->problems, "%s:%u: there is no setting '%.*s'%s%s%s", given->file, line,
                 (int)setting->name.length, setting->name.bytes,
                 nearest == NULL ? "" : ": did you mean '", nearest == NULL ? "" : nearest,
                 nearest == NULL ? "" : "'?");
}

/* The value's end becomes a zero byte: what stands there was a blank, a quote
 * or the end of the line, and is not needed any more. */
static const char *value_end(struct cli_given *given, struct slice value)
{
    size_t end = (size_t)(value.bytes - given->texts.bytes) + value.length;

    given->texts.bytes[end] = '\0';
    return value.bytes;
}

static void take_setting(struct reading *reading, const struct setting *setting, unsigned line)
{
    struct cli_given *given = reading->given;
    size_t place = options_place(given->command, setting->name);
    const struct cli_option *option;

    if (place == given->command->option_count) {
        refuse_unknown(reading, setting, line);
        return;
    }
    option = &given->command->options[place];
    if (option->not_in_file) {
        problems_add(reading->problems,
                     "%s:%u: '%s' cannot stand in a configuration file: say --%s on the command "
                     "line",
                     given->file, line, option->name, option->name);
        return;
    }
    if (reading->first[place] != 0) {
        problems_add(reading->problems, "%s:%u: '%s' stands there twice, first in line %u",
                     given->file, line, option->name, reading->first[place]);
        return;
    }
    reading->first[place] = line;
    if (given->values[place] == NULL) {
        given->values[place] = value_end(given, setting->value);
        given->sources[place] = CLI_SETTING;
        given->lines[place] = line;
    }
}

static void read_lines(struct reading *reading)
{
    struct cli_given *given = reading->given;
    struct settings_reader reader;
    struct setting setting;
    const char *problem = NULL;
    enum settings_step step;

    /* The last byte is the zero byte that ends the last value. */
    settings_start(&reader, slice_make(given->texts.bytes, given->texts.length - 1));
    while ((step = settings_next(&reader, &setting, &problem)) != SETTINGS_END) {
        if (step == SETTINGS_WRONG) {
            problems_add(reading->problems, "%s:%u: %s", given->file, reader.line, problem);
        } else {
            take_setting(reading, &setting, reader.line);
        }
    }
}

/* `error` is what errno says, 0 when the system had no part in it. */
static const char *file_problem(enum fail fail, int error)
{
    if (fail == FAIL_INVALID) {
        return "it is no file";
    }
    if (fail == FAIL_LIMIT && error == 0) {
        return "it has more than 64 KiB";
    }
    return error == 0 ? fail_text(fail) : strerror(error);
}

static void read_file(struct reading *reading)
{
    struct cli_given *given = reading->given;
    char origin[CONFIGURED_WHERE_SIZE];
    enum fail fail;

    given->file = options_value(given, FILE_OPTION);
    if (given->file == NULL) {
        return;
    }
    buf_init(&given->texts, SETTINGS_BYTES_MAX);
    errno = 0;
    fail = file_read(given->file, &given->texts);
    if (fail == FAIL_NONE) {
        given->texts.limit++; /* the closing zero byte is ours, not the file's */
        buf_byte(&given->texts, '\0');
        fail = buf_fail(&given->texts);
    }
    if (fail != FAIL_NONE) {
        const char *why = file_problem(fail, errno);

        configured_where(given, FILE_OPTION, origin);
        problems_add(reading->problems, "%s: the configuration file %s cannot be read: %s", origin,
                     given->file, why);
        return;
    }
    read_lines(reading);
}

/* --- The rest ------------------------------------------------------------- */

static void add_missing(struct reading *reading, const struct cli_option *option)
{
    problems_add(reading->problems, "--%s%s%s%s is missing%s%s%s", option->name,
                 option->environment == NULL ? "" : " (or $",
                 option->environment == NULL ? "" : option->environment,
                 option->environment == NULL ? "" : ")",
                 option->not_in_file ? "" : ": say it, or '",
                 option->not_in_file ? "" : option->name,
                 option->not_in_file ? "" : " = ...' in the configuration file");
}

/* Fills in the table's value, and looks at what there is then. */
static void complete(struct reading *reading, size_t place)
{
    struct cli_given *given = reading->given;
    const struct cli_option *option = &given->command->options[place];
    char choices[OPTIONS_PROBLEM_SIZE];
    char origin[CONFIGURED_WHERE_SIZE];

    if (given->values[place] == NULL && option->fallback != NULL) {
        given->values[place] = option->fallback;
        given->sources[place] = CLI_FALLBACK;
    }
    if (given->values[place] == NULL) {
        if (option->required) {
            add_missing(reading, option);
        }
        return;
    }
    options_choices(option, given->values[place], choices);
    if (choices[0] != '\0') {
        where(given, place, origin);
        problems_add(reading->problems, "%s must be %s, not '%.*s'", origin, choices,
                     VALUE_SHOWN_MAX, given->values[place]);
    }
}

enum options_result configured_read(const struct cli_command *command, int count,
                                    char *const *words, struct cli_given *out,
                                    struct problems *problems)
{
    struct reading reading = {.given = out, .problems = problems};
    char problem[OPTIONS_PROBLEM_SIZE];
    enum options_result result;
    size_t i;

    assert(command->has_file);
    *out = (struct cli_given){.command = command};
    result = options_read_words(command, count, words, out, problem);
    if (result == OPTIONS_WRONG) {
        problems_add(problems, "%s", problem);
    }
    if (result != OPTIONS_READY) {
        return result;
    }
    out->problems = problems;
    read_environment(out);
    read_file(&reading);
    for (i = 0; i < command->option_count; i++) {
        complete(&reading, i);
    }
    return OPTIONS_READY;
}
