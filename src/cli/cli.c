/* From the words of the command line to the subcommand that they name.
 *
 * The names of commands are paths of one to three words. There is no tree of
 * them: a word belongs to a path while some command's path goes on from there,
 * so that the tables of the chapters are the only place where a command
 * stands. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "cli/admin.h"
#include "cli/chapters.h"
#include "cli/configured.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/problems.h"
#include "server/admin_door.h"

enum { PATH_SIZE = 96, HELP_MAX = 16 * 1024, COMMANDS_MAX = 64 };

static const struct cli_chapter *const CHAPTERS[] = {
    &cli_dev_chapter,   &cli_serve_chapter,   &cli_terminal_chapter,    &cli_pos_pair_chapter,
    &cli_pos_chapter,   &cli_pos_pay_chapter, &cli_pos_payment_chapter, &cli_pos_listen_chapter,
    &cli_admin_chapter, &cli_backup_chapter,
};

static const struct help_entry GROUPS[] = {
    {"pos", "The point of sale: pair terminals, ping them, take payments, receive webhooks"},
    {"admin", "Businesses, users, api-tokens and devices, in a running server or its data"},
    {"admin business", "Businesses: merchant accounts, each with its own terminals"},
    {"admin user", "Users: the people who log in on terminals"},
    {"admin token", "Api-tokens: with which a point of sale calls the API"},
    {"admin device", "Devices: the terminals that are registered to a business"},
    {"admin audit", "The audit: who changed what, and when"},
};

static const struct help_entry OWN_COMMANDS[] = {
    {"version", "Print the version"},
    {"help", "Help for a command: tillwire help pos pair"},
};

static const char SUMMARY[] =
    "Tillwire " TILLWIRE_VERSION ": a Smart Terminal API, its terminals, and a POS kit";

/* --- The tables ------------------------------------------------------- */

/* Command number `number` of all chapters, NULL after the last. */
static const struct cli_command *command_at(size_t number)
{
    size_t i;

    for (i = 0; i < CLI_COUNT(CHAPTERS); i++) {
        if (number < CHAPTERS[i]->count) {
            return &CHAPTERS[i]->commands[number];
        }
        number -= CHAPTERS[i]->count;
    }
    return NULL;
}

static const struct cli_command *command_find(const char *path)
{
    size_t i;

    for (i = 0; command_at(i) != NULL; i++) {
        if (strcmp(command_at(i)->path, path) == 0) {
            return command_at(i);
        }
    }
    return NULL;
}

/* What follows "GROUP " in the path; NULL when the command is not below it. */
static const char *rest_below(const struct cli_command *command, const char *group)
{
    size_t length = strlen(group);

    if (length == 0) {
        return command->path;
    }
    if (strncmp(command->path, group, length) != 0 || command->path[length] != ' ') {
        return NULL;
    }
    return command->path + length + 1;
}

static bool is_group(const char *path)
{
    size_t i;

    for (i = 0; command_at(i) != NULL; i++) {
        if (rest_below(command_at(i), path) != NULL) {
            return true;
        }
    }
    return false;
}

static const char *group_summary(const char *path)
{
    size_t i;

    for (i = 0; i < CLI_COUNT(GROUPS); i++) {
        if (strcmp(GROUPS[i].path, path) == 0) {
            return GROUPS[i].summary;
        }
    }
    return SUMMARY;
}

/* --- Help ------------------------------------------------------------- */

static void print(FILE *file, struct buf *text)
{
    if (buf_fail(text) == FAIL_NONE && text->length > 0) {
        (void)fwrite(text->bytes, 1, text->length, file);
    }
    buf_finish(text);
}

/* The whole program: its groups by name, its other commands one by one. */
static size_t list_program(struct help_entry *entries)
{
    size_t count = 0;
    size_t i;

    for (i = 0; command_at(i) != NULL; i++) {
        const struct cli_command *command = command_at(i);

        if (strchr(command->path, ' ') == NULL) {
            entries[count++] = (struct help_entry){command->path, command->summary};
        }
    }
    for (i = 0; i < CLI_COUNT(GROUPS); i++) {
        if (strchr(GROUPS[i].path, ' ') == NULL) {
            entries[count++] = GROUPS[i];
        }
    }
    for (i = 0; i < CLI_COUNT(OWN_COMMANDS); i++) {
        entries[count++] = OWN_COMMANDS[i];
    }
    return count;
}

static void print_group(FILE *file, const char *path)
{
    struct help_entry entries[COMMANDS_MAX];
    struct buf text;
    size_t count = 0;
    size_t i;

    if (path[0] == '\0') {
        count = list_program(entries);
    } else {
        for (i = 0; command_at(i) != NULL && count < COMMANDS_MAX; i++) {
            const char *rest = rest_below(command_at(i), path);

            if (rest != NULL) {
                entries[count++] = (struct help_entry){rest, command_at(i)->summary};
            }
        }
    }
    buf_init(&text, HELP_MAX);
    help_of_group(&text, path, group_summary(path), entries, count);
    print(file, &text);
}

static void print_command(const struct cli_command *command)
{
    struct buf text;

    buf_init(&text, HELP_MAX);
    help_of_command(&text, command);
    print(stdout, &text);
}

/* --- Finding ---------------------------------------------------------- */

struct place {
    char path[PATH_SIZE]; /* of the words that were understood */
    int used;             /* how many */
    const struct cli_command *command;
};

/* Goes along the words as far as they name a group or a command. */
static void find(int count, char *const *words, struct place *place)
{
    *place = (struct place){0};
    while (place->used < count && place->command == NULL) {
        char longer[PATH_SIZE];

        if (!text_format(longer, sizeof(longer), "%s%s%s", place->path, place->used == 0 ? "" : " ",
                         words[place->used])) {
            return;
        }
        place->command = command_find(longer);
        if (place->command == NULL && !is_group(longer)) {
            return;
        }
        memcpy(place->path, longer, sizeof(longer));
        place->used++;
    }
}

/* Words that one would expect, and why they are no commands. */
static const struct {
    const char *path;
    const char *word;
    const char *reason;
} NO_COMMANDS[] = {
    {"admin device", "add",
     "devices register themselves: log in on the terminal as a user of the business"},
};

static const char *reason_against(const struct place *place, const char *word)
{
    size_t i;

    for (i = 0; i < CLI_COUNT(NO_COMMANDS); i++) {
        if (strcmp(NO_COMMANDS[i].path, place->path) == 0 &&
            strcmp(NO_COMMANDS[i].word, word) == 0) {
            return NO_COMMANDS[i].reason;
        }
    }
    return NULL;
}

/* The word that the person may have meant, in `out`; NULL: none is near. */
static const char *nearest_word(const struct place *place, const char *word, char out[PATH_SIZE])
{
    char firsts[COMMANDS_MAX][PATH_SIZE];
    const char *names[COMMANDS_MAX];
    const char *nearest;
    size_t count = 0;
    size_t i;

    for (i = 0; command_at(i) != NULL && count < COMMANDS_MAX; i++) {
        const char *rest = rest_below(command_at(i), place->path);

        if (rest != NULL &&
            text_format(firsts[count], PATH_SIZE, "%.*s", (int)strcspn(rest, " "), rest)) {
            names[count] = firsts[count];
            count++;
        }
    }
    for (i = 0; place->used == 0 && i < CLI_COUNT(OWN_COMMANDS) && count < COMMANDS_MAX; i++) {
        names[count++] = OWN_COMMANDS[i].path;
    }
    nearest = text_nearest(word, names, count);
    return nearest != NULL && text_format(out, PATH_SIZE, "%s", nearest) ? out : NULL;
}

static int refuse_word(const struct place *place, const char *word)
{
    const char *reason = reason_against(place, word);
    const char *blank = place->used == 0 ? "" : " ";
    char nearest[PATH_SIZE];

    if (reason != NULL) {
        output_trouble("%s", reason);
        return CLI_USAGE;
    }
    if (word[0] == '-') {
        output_trouble("a command is expected before '%.40s'", word);
    } else if (nearest_word(place, word, nearest) == NULL) {
        output_trouble("there is no command '%s%s%.40s'", place->path, blank, word);
    } else {
        output_trouble("there is no command '%s%s%.40s': did you mean '%s'?", place->path, blank,
                       word, nearest);
    }
    output_trouble("'tillwire %s%s--help' lists the commands", place->path, blank);
    return CLI_USAGE;
}

/* They have no help but the list in which they stand. */
static bool is_own_command(const char *word)
{
    size_t i;

    for (i = 0; i < CLI_COUNT(OWN_COMMANDS); i++) {
        if (strcmp(OWN_COMMANDS[i].path, word) == 0) {
            return true;
        }
    }
    return false;
}

static int run_help(int count, char *const *words)
{
    struct place place;

    find(count, words, &place);
    if (place.used < count && strcmp(words[place.used], "--help") != 0 &&
        !is_own_command(words[0])) {
        return refuse_word(&place, words[place.used]);
    }
    if (place.command != NULL) {
        print_command(place.command);
    } else {
        print_group(stdout, place.path);
    }
    return CLI_DONE;
}

/* A command without a configuration file names the first problem only. */
static enum options_result read_words(const struct cli_command *command, int count,
                                      char *const *words, struct cli_given *given,
                                      struct problems *problems)
{
    char problem[OPTIONS_PROBLEM_SIZE];
    enum options_result result;

    if (command->has_file) {
        return configured_read(command, count, words, given, problems);
    }
    *given = (struct cli_given){.command = command};
    result = options_read(command, count, words, given, problem);
    if (result == OPTIONS_WRONG) {
        problems_add(problems, "%s", problem);
    }
    return result;
}

static int run_command(const struct cli_command *command, int count, char *const *words)
{
    struct cli_given given;
    struct problems problems;
    int code = CLI_DONE;

    problems_init(&problems);
    switch (read_words(command, count, words, &given, &problems)) {
    case OPTIONS_HELP:
        print_command(command);
        break;
    case OPTIONS_WRONG:
        problems_print(&problems);
        output_trouble("'tillwire %s --help' tells more", command->path);
        code = CLI_USAGE;
        break;
    case OPTIONS_READY:
        code = command->run(&given);
        break;
    }
    problems_finish(&problems);
    options_finish(&given);
    return code;
}

static int dispatch(int count, char *const *words)
{
    const char *first = count == 0 ? "" : words[0];
    struct place place;

    if (strcmp(first, "help") == 0) {
        return run_help(count - 1, words + 1);
    }
    if (strcmp(first, "version") == 0 || strcmp(first, "--version") == 0) {
        if (count > 1 && strcmp(words[1], "--help") != 0) {
            output_trouble("'tillwire version' takes nothing more");
            return CLI_USAGE;
        }
        output_line("tillwire %s", TILLWIRE_VERSION);
        return CLI_DONE;
    }
    find(count, words, &place);
    if (place.command != NULL) {
        return run_command(place.command, count - place.used, words + place.used);
    }
    if (place.used == count) {
        print_group(stderr, place.path);
        return CLI_USAGE;
    }
    if (strcmp(words[place.used], "--help") == 0 || strcmp(words[place.used], "-h") == 0) {
        print_group(stdout, place.path);
        return CLI_DONE;
    }
    return refuse_word(&place, words[place.used]);
}

int cli_run(int argc, char **argv)
{
    int code;

    clock_start();
    id_start();
    cli_admin_use(admin_door_call);
    /* A reader that goes away must not end a command half-way through a change. */
    (void)signal(SIGPIPE, SIG_IGN);
    code = dispatch(argc > 0 ? argc - 1 : 0, argv + 1);
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && code == CLI_DONE) {
        if (errno != EPIPE) {
            output_trouble("standard output could not be written");
        }
        return CLI_FILE;
    }
    return code;
}
