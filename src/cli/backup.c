/* tillwire admin backup, check, restore: all of the data at once. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/admin.h"
#include "cli/chapters.h"
#include "cli/options.h"
#include "cli/output.h"
#include "server/check.h"
#include "server/data.h"
#include "server/restore.h"
#include "server/upkeep_call.h"
#include "wire/json_write.h"

enum { JSON_MAX = 512 * 1024, PERCENT = 100, KILOBYTE = 1000 };

/* What the troubles of a check are gathered in. */
struct findings {
    bool json;
    unsigned count;
    struct buf list; /* with --json: the elements of an array */
};

static void print_json(struct buf *object)
{
    json_close_object(object);
    buf_byte(object, '\n');
    if (buf_fail(object) == FAIL_NONE) {
        output_raw(buf_view(object));
    }
    buf_finish(object);
}

/* Says why; with --json an object to standard output as well. */
static int refuse(const struct cli_given *given, enum fail fail, const char *problem)
{
    struct buf object;

    output_trouble("%s", problem);
    if (options_flag(given, "json")) {
        buf_init(&object, JSON_MAX);
        json_open_object(&object, NULL);
        json_add_text(&object, "error", problem);
        print_json(&object);
    }
    return fail == FAIL_BUSY || fail == FAIL_NOT_FOUND ? CLI_UNREACHABLE : CLI_REFUSED;
}

/* The data directory that is meant; false after it has said why not. */
static bool find_data(const struct cli_given *given, char out[DATA_PATH_SIZE])
{
    const char *named = options_value(given, "data");

    if ((named == NULL || named[0] != '\0') && data_directory(named, out) == FAIL_NONE) {
        return true;
    }
    (void)output_usage(given->command, "the data directory is not known: give --data DIR");
    return false;
}

/* The server has another working directory. */
static bool make_absolute(const char *path, char out[DATA_PATH_SIZE])
{
    return path[0] != '\0' && data_directory(path, out) == FAIL_NONE;
}

/* "1.2 MB": for people. */
static void add_size(struct buf *out, int64_t bytes)
{
    static const char *const UNITS[] = {"kB", "MB", "GB", "TB"};
    const int64_t next_unit = 10 * (int64_t)KILOBYTE;
    int64_t tenths = bytes * 10 / KILOBYTE;
    size_t unit = 0;

    while (tenths >= next_unit && unit + 1 < CLI_COUNT(UNITS)) {
        tenths /= KILOBYTE;
        unit++;
    }
    buf_format(out, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10),
               UNITS[unit]);
}

static void add_count(struct buf *out, int64_t count, const char *one, const char *many)
{
    buf_format(out, "%lld %s", (long long)count, count == 1 ? one : many);
}

/* "2 businesses and 1 terminal". */
static void add_facts(struct buf *out, const struct store_facts *facts)
{
    add_count(out, facts->businesses, "business", "businesses");
    buf_text(out, " and ");
    add_count(out, facts->devices, "terminal", "terminals");
}

static void json_facts(struct buf *out, const struct store_facts *facts)
{
    json_add_integer(out, "schema", facts->schema);
    json_add_integer(out, "businesses", facts->businesses);
    json_add_integer(out, "devices", facts->devices);
}

static void print_text(struct buf *text)
{
    if (buf_fail(text) == FAIL_NONE) {
        output_line("%.*s", (int)text->length, text->bytes);
    }
    buf_finish(text);
}

/* --- Progress ------------------------------------------------------------------ */

/* On a screen only, one line that is written over. */
static void on_progress(void *context, int64_t done_bytes, int64_t total_bytes)
{
    (void)context;
    if (total_bytes > 0 && isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r%3lld %%\r", (long long)(done_bytes * PERCENT / total_bytes));
    }
}

static void on_trouble(void *context, const char *sentence)
{
    struct findings *findings = context;

    findings->count++;
    if (findings->json) {
        json_add_text(&findings->list, NULL, sentence);
    } else {
        output_line("%s", sentence);
    }
}

/* --- backup -------------------------------------------------------------------- */

static void print_backup(const struct cli_given *given, const char *to,
                         const struct upkeep_answer *answer)
{
    struct buf text;

    buf_init(&text, JSON_MAX);
    if (options_flag(given, "json")) {
        json_open_object(&text, NULL);
        json_add_text(&text, "directory", to);
        json_add_text(&text, "made", answer->made);
        json_add_text(&text, "program", answer->program);
        json_add_integer(&text, "files", answer->files);
        json_add_integer(&text, "bytes", answer->bytes);
        json_facts(&text, &answer->facts);
        print_json(&text);
        return;
    }
    buf_text(&text, "Backup of ");
    add_facts(&text, &answer->facts);
    buf_format(&text, " in %s (", to);
    add_size(&text, answer->bytes);
    buf_text(&text, ").");
    print_text(&text);
    output_line("It holds keys and password hashes: keep it as safe as the data.");
}

/* A service may have a /tmp of its own. */
static bool is_seen_here(const char *to)
{
    char path[DATA_PATH_SIZE];

    return data_path(to, MANIFEST_FILE, path) == FAIL_NONE &&
           (access(path, F_OK) == 0 || errno != ENOENT);
}

static int run_backup(const struct cli_given *given)
{
    char directory[DATA_PATH_SIZE];
    char to[DATA_PATH_SIZE];
    char problem[DATA_PROBLEM_SIZE] = "";
    struct upkeep_answer answer;
    struct upkeep_call call = {
        .directory = directory, .work = ADMIN_BACKUP, .to = to, .on_progress = on_progress};
    enum fail fail;

    if (!make_absolute(given->arguments[0], to)) {
        return output_usage(given->command, "DIR must name a directory");
    }
    if (!find_data(given, directory)) {
        return CLI_USAGE;
    }
    fail = upkeep_call(&call, &answer, problem);
    if (fail != FAIL_NONE) {
        return refuse(given, fail, problem);
    }
    if (!is_seen_here(to)) {
        (void)text_format(problem, sizeof(problem),
                          "the server has made a backup in %s, which is not to be seen from here: "
                          "a service has a /tmp of its own; name another directory",
                          to);
        return refuse(given, FAIL_DENIED, problem);
    }
    print_backup(given, to, &answer);
    return CLI_DONE;
}

/* --- check --------------------------------------------------------------------- */

static int print_check(const char *what, const struct store_facts *facts, struct findings *findings)
{
    struct buf text;

    buf_init(&text, JSON_MAX);
    if (findings->json) {
        json_open_object(&text, NULL);
        json_add_bool(&text, "whole", findings->count == 0);
        json_facts(&text, facts);
        json_close_array(&findings->list);
        json_add_raw(&text, "troubles", buf_view(&findings->list));
        print_json(&text);
    } else if (findings->count > 0) {
        add_count(&text, findings->count, "trouble was", "troubles were");
        buf_format(&text, " found in %s.", what);
        print_text(&text);
    } else {
        buf_format(&text, "%s is whole: ", what);
        add_facts(&text, facts);
        buf_byte(&text, '.');
        print_text(&text);
    }
    return findings->count == 0 ? CLI_DONE : CLI_REFUSED;
}

static enum fail check_the_backup(const char *from, struct findings *findings,
                                  struct store_facts *facts, char problem[DATA_PROBLEM_SIZE])
{
    struct check_report report = {.on_trouble = on_trouble, .context = findings};
    struct manifest manifest;
    enum fail fail = check_backup(from, NULL, &report, &manifest, problem);

    if (fail == FAIL_NONE) {
        *facts = manifest.facts;
    }
    return fail == FAIL_NOT_FOUND ? FAIL_INVALID : fail;
}

static enum fail check_the_data(const char *directory, struct findings *findings,
                                struct store_facts *facts, char problem[DATA_PROBLEM_SIZE])
{
    struct upkeep_answer answer;
    struct upkeep_call call = {
        .directory = directory, .work = ADMIN_CHECK, .on_trouble = on_trouble, .context = findings};
    enum fail fail = upkeep_call(&call, &answer, problem);

    if (fail == FAIL_NONE) {
        *facts = answer.facts;
    }
    return fail;
}

static int run_check(const struct cli_given *given)
{
    const char *from = options_value(given, "backup");
    struct findings findings = {.json = options_flag(given, "json")};
    char directory[DATA_PATH_SIZE];
    char problem[DATA_PROBLEM_SIZE] = "";
    struct store_facts facts = {.schema = 0};
    enum fail fail;
    int code;

    if (from != NULL && options_value(given, "data") != NULL) {
        return output_usage(given->command, "--data and --backup are two checks: give one of them");
    }
    if (from == NULL ? !find_data(given, directory) : !make_absolute(from, directory)) {
        return from == NULL ? CLI_USAGE
                            : output_usage(given->command, "--backup must name a directory");
    }
    buf_init(&findings.list, JSON_MAX / 2);
    json_open_array(&findings.list, NULL);
    fail = from == NULL ? check_the_data(directory, &findings, &facts, problem)
                        : check_the_backup(directory, &findings, &facts, problem);
    if (fail == FAIL_NONE) {
        code = print_check(directory, &facts, &findings);
    } else {
        code = refuse(given, fail, problem);
    }
    buf_finish(&findings.list);
    return code;
}

/* --- restore ------------------------------------------------------------------- */

static const char *const WARNINGS[] = {
    "Terminals whose credential is newer than the backup must log in again with",
    "e-mail and password; tokens, users and terminals that were removed since are",
    "back and valid: remove them again. docs/backup.md tells more.",
};

static void print_restore(const struct cli_given *given, const char *directory,
                          const struct restore_done *done)
{
    struct buf text;
    size_t i;

    buf_init(&text, JSON_MAX);
    if (options_flag(given, "json")) {
        json_open_object(&text, NULL);
        json_add_text(&text, "directory", directory);
        json_add_text(&text, "made", done->manifest.made);
        json_add_text(&text, "program", done->manifest.program);
        json_add_text(&text, "movedTo", done->aside[0] == '\0' ? NULL : done->aside);
        json_facts(&text, &done->manifest.facts);
        print_json(&text);
        return;
    }
    buf_format(&text, "%s holds the backup of %s: ", directory, done->manifest.made);
    add_facts(&text, &done->manifest.facts);
    buf_byte(&text, '.');
    print_text(&text);
    if (done->aside[0] != '\0') {
        output_line("What was there is in %s.", done->aside);
    }
    for (i = 0; i < CLI_COUNT(WARNINGS); i++) {
        output_line("%s", WARNINGS[i]);
    }
}

static void on_damage(void *context, const char *sentence)
{
    (void)context;
    output_trouble("%s", sentence);
}

static int run_restore(const struct cli_given *given)
{
    char directory[DATA_PATH_SIZE];
    char from[DATA_PATH_SIZE];
    char problem[DATA_PROBLEM_SIZE] = "";
    struct restore_options options = {.directory = directory,
                                      .from = from,
                                      .force = options_flag(given, "force"),
                                      .report = {.on_trouble = on_damage}};
    struct restore_done done;
    enum fail fail;

    if (!make_absolute(given->arguments[0], from)) {
        return output_usage(given->command, "DIR must name a directory");
    }
    if (!find_data(given, directory)) {
        return CLI_USAGE;
    }
    fail = restore_run(&options, &done, problem);
    if (fail != FAIL_NONE) {
        return refuse(given, fail == FAIL_BUSY || fail == FAIL_NOT_FOUND ? FAIL_DENIED : fail,
                      problem);
    }
    print_restore(given, directory, &done);
    return CLI_DONE;
}

/* --- The commands --------------------------------------------------------------- */

static const struct cli_argument TO_ARGUMENT[] = {
    {"DIR", "where the backup is to be: a directory that is new or empty"}};
static const struct cli_argument FROM_ARGUMENT[] = {{"DIR", "the backup"}};

static const struct cli_option BACKUP_OPTIONS[] = {CLI_ADMIN_DATA, CLI_ADMIN_JSON};
static const struct cli_option CHECK_OPTIONS[] = {
    {.name = "backup", .value = "DIR", .help = "check this backup, not the data"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option RESTORE_OPTIONS[] = {
    {.name = "force", .help = "also where there are data: they are moved aside"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

static const struct cli_command COMMANDS[] = {
    {.path = "admin backup",
     .summary = "Copy all of the data to a directory, also while a server runs on them",
     .text = "A running server makes the copy and goes on working; the directory must be\n"
             "one that the server may write. It is a backup once backup.json is in it.\n",
     .example = "tillwire admin backup /var/backups/tillwire/2026-01-22\n",
     CLI_ARGUMENTS(TO_ARGUMENT),
     CLI_OPTIONS(BACKUP_OPTIONS),
     .run = run_backup},
    {.path = "admin check",
     .summary = "Look whether the data, or a backup, are whole",
     .text = "Changes nothing. Exit code 0: whole; 1: each trouble is said on a line.\n",
     .example = "tillwire admin check\n"
                "tillwire admin check --backup /var/backups/tillwire/2026-01-22\n",
     CLI_OPTIONS(CHECK_OPTIONS),
     .run = run_check},
    {.path = "admin restore",
     .summary = "Put a backup in the place of the data; the server must be stopped",
     .text = "Nothing is destroyed: with --force the data that are there are moved to a\n"
             "directory before-restore-... in the data directory.\n",
     .example = "tillwire admin restore /var/backups/tillwire/2026-01-22 --force\n",
     CLI_ARGUMENTS(FROM_ARGUMENT),
     CLI_OPTIONS(RESTORE_OPTIONS),
     .run = run_restore},
};

const struct cli_chapter cli_backup_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
