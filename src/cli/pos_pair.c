/* tillwire pos pair: a name of the shop's own for the code on a terminal's
 * screen.
 *
 * A pairing is stored only after a ping has proven it: a code that was misread
 * is found out while the person still stands in front of the terminal, and not
 * at the first sale. */
#include "base/clock.h"
#include "base/home.h"
#include "cli/chapters.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/pos_shared.h"
#include "core/account.h"
#include "core/code.h"
#include "pos/client.h"
#include "pos/pairings.h"
#include "wire/json_write.h"

static const struct cli_argument PAIR_ARGUMENTS[] = {
    {"NAME", "what you call this till: 1 to 80 characters"},
    {"CODE", "the device code on the terminal's screen: four letters or digits"},
};
static const struct cli_option PAIR_OPTIONS[] = {
    {.name = "api",
     .value = "URL",
     .help = "base address of the Smart Terminal API",
     .environment = "TILLWIRE_API",
     .fallback = POS_API_DEFAULT},
    {.name = "token", .value = "T", .help = "your api-token", .environment = "TILLWIRE_TOKEN"},
    POS_CA_OPTION,
    {.name = "no-ping", .help = "store it without asking the terminal; needs no token"},
    {.name = "pairings", .value = "FILE", .help = POS_FILE_HELP},
    {.name = "json", .help = POS_JSON_HELP},
};

static void print_paired(const struct cli_given *given, const struct pairing *pairing,
                         const char *replaced)
{
    bool pinged = !options_flag(given, "no-ping");
    struct buf object;

    if (!options_flag(given, "json")) {
        output_line("Paired \"%s\" with %s%s%s%s%s.", pairing->name, pairing->code,
                    replaced[0] == '\0' ? "" : ", in place of ", replaced,
                    replaced[0] == '\0' ? "" : " before",
                    pinged ? "; the terminal has shown a ping" : "; the terminal was not asked");
        return;
    }
    pos_json_start(&object, "paired");
    json_add_text(&object, "name", pairing->name);
    json_add_text(&object, "code", pairing->code);
    json_add_text(&object, "api", pairing->api);
    json_add_text(&object, "pairedAt", pairing->paired_at);
    json_add_bool(&object, "pinged", pinged);
    json_add_text(&object, "replacedCode", replaced[0] == '\0' ? NULL : replaced);
    pos_json_print(&object);
}

/* Everything that can be wrong with the words alone; NULL when nothing is. */
static const char *read_pair_words(const struct cli_given *given, struct pairing *pairing)
{
    const char *api = options_value(given, "api");
    const char *token = options_value(given, "token");
    const char *problem = account_name_problem(slice_of(given->arguments[0]));

    if (problem != NULL) {
        return problem;
    }
    if (!code_read(slice_of(given->arguments[1]), pairing->code)) {
        return "a device code is four letters or digits, such as JSV5";
    }
    if (!options_flag(given, "no-ping")) {
        problem =
            token == NULL ? "--token (or $TILLWIRE_TOKEN) is missing" : pos_token_problem(token);
    }
    if (problem == NULL) {
        problem = pos_api_problem(api);
    }
    if (problem != NULL) {
        return problem;
    }
    (void)text_format(pairing->name, sizeof(pairing->name), "%s", given->arguments[0]);
    (void)text_format(pairing->api, sizeof(pairing->api), "%s", api);
    return NULL;
}

/* Looks at the file before the terminal is bothered: a damaged one is found
 * out first. */
static int check_file(const struct cli_given *given, const char *path)
{
    char problem[PAIRINGS_PROBLEM_SIZE];
    struct pairings pairings;

    if (pairings_load(path, &pairings, problem) != FAIL_NONE) {
        return pos_refuse_file(given, problem);
    }
    pairings_finish(&pairings);
    return CLI_DONE;
}

static int prove(const struct cli_given *given, const struct pairing *pairing)
{
    struct pos_client client;
    char problem[POS_PROBLEM_SIZE];
    char sentence[POS_PROBLEM_SIZE + 64];
    enum pos_outcome outcome;
    const char *ca_file;

    if (!pos_find_ca_file(given, pairing->api, &ca_file)) {
        return CLI_USAGE;
    }
    pos_client_init(&client, pairing->api, options_value(given, "token"), ca_file);
    outcome = pos_client_ping(&client, pairing->code, NULL, problem);
    if (outcome == POS_SHOWN) {
        return CLI_DONE;
    }
    (void)text_format(sentence, sizeof(sentence), "%s; nothing was stored", problem);
    return pos_refuse(given, pos_outcome_name(outcome), pos_exit_of(outcome), sentence);
}

static int run_pair(const struct cli_given *given)
{
    struct pairing pairing = {0};
    char path[HOME_PATH_SIZE];
    char problem[PAIRINGS_PROBLEM_SIZE];
    char replaced[CODE_SIZE];
    const char *wrong = read_pair_words(given, &pairing);
    int code;

    if (wrong != NULL) {
        return output_usage(given->command, wrong);
    }
    if (!pos_find_file(given, path)) {
        return CLI_FILE;
    }
    code = check_file(given, path);
    if (code == CLI_DONE && !options_flag(given, "no-ping")) {
        code = prove(given, &pairing);
    }
    if (code != CLI_DONE) {
        return code;
    }
    clock_utc_text(clock_wall_ms(), pairing.paired_at);
    if (pairings_put(path, &pairing, replaced, problem) != FAIL_NONE) {
        return pos_refuse_file(given, problem);
    }
    print_paired(given, &pairing, replaced);
    return CLI_DONE;
}

static const struct cli_command COMMANDS[] = {
    {.path = "pos pair",
     .summary = "Pair a name of yours with a terminal, by the device code on its screen",
     .text = "The terminal is pinged first, and the pairing is stored only when it has shown\n"
             "that ping. Pairing a name again replaces its device code.\n\n" POS_EXIT_CODES,
     .example = "tillwire pos pair \"Till 1\" JSV5\n",
     .arguments = PAIR_ARGUMENTS,
     .argument_count = CLI_COUNT(PAIR_ARGUMENTS),
     .options = PAIR_OPTIONS,
     .option_count = CLI_COUNT(PAIR_OPTIONS),
     .run = run_pair},
};

const struct cli_chapter cli_pos_pair_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
