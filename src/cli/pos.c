/* tillwire pos list, ping and unpair: what a shop does with its pairings. */
#include "base/clock.h"
#include "base/home.h"
#include "cli/chapters.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/pos_shared.h"
#include "core/code.h"
#include "pos/client.h"
#include "pos/pairings.h"
#include "wire/json_write.h"

/* --- list ------------------------------------------------------------- */

static const struct cli_option LIST_OPTIONS[] = {
    {.name = "pairings", .value = "FILE", .help = POS_FILE_HELP},
    {.name = "json", .help = POS_JSON_HELP},
};

static void list_as_json(const struct pairings *pairings)
{
    struct buf object;
    size_t i;

    pos_json_start(&object, NULL);
    json_open_array(&object, "pairings");
    for (i = 0; i < pairings->count; i++) {
        json_open_object(&object, NULL);
        json_add_text(&object, "name", pairings->items[i].name);
        json_add_text(&object, "code", pairings->items[i].code);
        json_add_text(&object, "api", pairings->items[i].api);
        json_add_text(&object, "pairedAt", pairings->items[i].paired_at);
        json_close_object(&object);
    }
    json_close_array(&object);
    pos_json_print(&object);
}

static void list_as_table(const struct pairings *pairings)
{
    enum { COLUMNS = 4 };
    static struct slice cells[(PAIRINGS_MAX + 1) * COLUMNS];
    struct buf text;
    size_t i;

    if (pairings->count == 0) {
        output_line("Nothing is paired yet: tillwire pos pair NAME CODE");
        return;
    }
    cells[0] = slice_of("NAME");
    cells[1] = slice_of("CODE");
    cells[2] = slice_of("PAIRED");
    cells[3] = slice_of("API");
    for (i = 0; i < pairings->count; i++) {
        struct slice *row = &cells[(i + 1) * COLUMNS];

        row[0] = slice_of(pairings->items[i].name);
        row[1] = slice_of(pairings->items[i].code);
        row[2] = slice_of(pairings->items[i].paired_at);
        row[3] = slice_of(pairings->items[i].api);
    }
    buf_init(&text, OUTPUT_MAX);
    output_table(&text, cells, COLUMNS, pairings->count + 1);
    if (buf_fail(&text) == FAIL_NONE) {
        output_raw(buf_view(&text));
    }
    buf_finish(&text);
}

static int run_list(const struct cli_given *given)
{
    char path[HOME_PATH_SIZE];
    char problem[PAIRINGS_PROBLEM_SIZE];
    struct pairings pairings;

    if (!pos_find_file(given, path)) {
        return CLI_FILE;
    }
    if (pairings_load(path, &pairings, problem) != FAIL_NONE) {
        return pos_refuse_file(given, problem);
    }
    if (options_flag(given, "json")) {
        list_as_json(&pairings);
    } else {
        list_as_table(&pairings);
    }
    pairings_finish(&pairings);
    return CLI_DONE;
}

/* --- ping ------------------------------------------------------------- */

static const struct cli_argument NAME_ARGUMENT[] = {{"NAME", "a name that was paired"}};
static const struct cli_option PING_OPTIONS[] = {
    {.name = "message", .value = "TEXT", .help = "shown with the ping: at most 80 characters"},
    POS_CALL_OPTIONS,
    {.name = "json", .help = POS_JSON_HELP},
};

static int print_pinged(const struct cli_given *given, const struct pairing *pairing, int64_t ms)
{
    struct buf object;

    if (!options_flag(given, "json")) {
        output_line("%s (%s) has shown the ping.", pairing->name, pairing->code);
        return CLI_DONE;
    }
    pos_json_start(&object, pos_outcome_name(POS_SHOWN));
    json_add_text(&object, "name", pairing->name);
    json_add_text(&object, "code", pairing->code);
    json_add_integer(&object, "milliseconds", ms);
    pos_json_print(&object);
    return CLI_DONE;
}

static int ping(const struct cli_given *given, const struct pairing *pairing)
{
    int64_t start_ms = clock_monotonic_ms();
    struct pos_client client;
    char problem[POS_PROBLEM_SIZE];
    enum pos_outcome outcome;

    if (!pos_find_client(given, pairing->api, &client)) {
        return CLI_USAGE;
    }
    outcome = pos_client_ping(&client, pairing->code, options_value(given, "message"), problem);
    if (outcome != POS_SHOWN) {
        return pos_refuse(given, pos_outcome_name(outcome), pos_exit_of(outcome), problem);
    }
    return print_pinged(given, pairing, clock_monotonic_ms() - start_ms);
}

static const char *ping_words_problem(const struct cli_given *given)
{
    const char *message = options_value(given, "message");
    const char *problem = pos_words_problem(given);

    if (problem == NULL && message != NULL) {
        problem = pos_message_problem(slice_of(message));
    }
    return problem;
}

static int run_ping(const struct cli_given *given)
{
    const char *wrong = ping_words_problem(given);
    struct pairing pairing;
    int code;

    if (wrong != NULL) {
        return output_usage(given->command, wrong);
    }
    code = pos_find_pairing(given, &pairing);
    return code == CLI_DONE ? ping(given, &pairing) : code;
}

/* --- unpair ----------------------------------------------------------- */

static int run_unpair(const struct cli_given *given)
{
    const char *name = given->arguments[0];
    char path[HOME_PATH_SIZE];
    char problem[PAIRINGS_PROBLEM_SIZE];
    char removed[CODE_SIZE];
    struct buf object;
    enum fail fail;

    if (!pos_find_file(given, path)) {
        return CLI_FILE;
    }
    fail = pairings_remove(path, name, removed, problem);
    if (fail == FAIL_NOT_FOUND) {
        return pos_refuse(given, "not_paired", CLI_REFUSED, problem);
    }
    if (fail != FAIL_NONE) {
        return pos_refuse_file(given, problem);
    }
    if (!options_flag(given, "json")) {
        output_line("\"%s\" is no longer paired with %s.", name, removed);
        return CLI_DONE;
    }
    pos_json_start(&object, "unpaired");
    json_add_text(&object, "name", name);
    json_add_text(&object, "code", removed);
    pos_json_print(&object);
    return CLI_DONE;
}

/* --- The table -------------------------------------------------------- */

static const struct cli_command COMMANDS[] = {
    {.path = "pos list",
     .summary = "List the stored pairings",
     .example = "tillwire pos list --json\n",
     .options = LIST_OPTIONS,
     .option_count = CLI_COUNT(LIST_OPTIONS),
     .run = run_list},
    {.path = "pos ping",
     .summary = "Ping a paired terminal: it shows that on its screen",
     .text = POS_EXIT_CODES,
     .example = "tillwire pos ping \"Till 1\" --message \"Good morning\"\n",
     .arguments = NAME_ARGUMENT,
     .argument_count = CLI_COUNT(NAME_ARGUMENT),
     .options = PING_OPTIONS,
     .option_count = CLI_COUNT(PING_OPTIONS),
     .run = run_ping},
    {.path = "pos unpair",
     .summary = "Forget a pairing; nothing changes on the terminal",
     .example = "tillwire pos unpair \"Till 1\"\n",
     .arguments = NAME_ARGUMENT,
     .argument_count = CLI_COUNT(NAME_ARGUMENT),
     .options = LIST_OPTIONS,
     .option_count = CLI_COUNT(LIST_OPTIONS),
     .run = run_unpair},
};

const struct cli_chapter cli_pos_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
