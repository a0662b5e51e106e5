/* Refusals, files and JSON objects of `tillwire pos`. */
#include "cli/pos_shared.h"

#include "base/text.h"
#include "cli/output.h"
#include "net/tls.h"
#include "wire/json_write.h"

int pos_exit_of(enum pos_outcome outcome)
{
    switch (outcome) {
    case POS_SHOWN:
        return CLI_DONE;
    case POS_NOT_FOUND:
    case POS_NOT_LISTENING:
    case POS_BUSY:
    case POS_REFUSED:
        return CLI_REFUSED;
    case POS_UNAUTHORIZED:
        return CLI_DENIED;
    case POS_UNREACHABLE:
    case POS_UNEXPECTED:
        break;
    }
    return CLI_UNREACHABLE;
}

void pos_json_start(struct buf *object, const char *outcome)
{
    buf_init(object, OUTPUT_MAX);
    json_open_object(object, NULL);
    if (outcome != NULL) {
        json_add_text(object, "outcome", outcome);
    }
}

void pos_json_print(struct buf *object)
{
    json_close_object(object);
    buf_byte(object, '\n');
    if (buf_fail(object) == FAIL_NONE) {
        output_raw(buf_view(object));
    }
    buf_finish(object);
}

int pos_refuse(const struct cli_given *given, const char *outcome, int code, const char *problem)
{
    struct buf object;

    output_trouble("%s", problem);
    if (options_flag(given, "json")) {
        pos_json_start(&object, outcome);
        json_add_text(&object, "problem", problem);
        pos_json_print(&object);
    }
    return code;
}

int pos_refuse_file(const struct cli_given *given, const char *problem)
{
    return pos_refuse(given, "pairings_file", CLI_FILE, problem);
}

/* Of no use with http: refused when it was typed, and a variable of the
 * environment is left aside. */
bool pos_find_ca_file(const struct cli_given *given, const char *api, const char **out)
{
    const char *file = options_value(given, "ca-file");
    const struct tls_client_options options = {.ca_file = file};
    char problem[TLS_PROBLEM_SIZE] = "";
    struct tls_client *client = NULL;

    *out = NULL;
    if (file == NULL) {
        return true;
    }
    if (!slice_starts_with(slice_of(api), "https://")) {
        if (options_typed(given, "ca-file")) {
            output_trouble("--ca-file is of no use with %s: the address must begin with https://",
                           api);
            return false;
        }
        return true;
    }
    if (tls_client_create(&client, &options, problem) != FAIL_NONE) {
        output_trouble("--ca-file: %s", problem);
        return false;
    }
    tls_client_destroy(&client);
    *out = file;
    return true;
}

bool pos_find_file(const struct cli_given *given, char path[HOME_PATH_SIZE])
{
    const char *named = options_value(given, "pairings");
    enum fail fail = named != NULL ? slice_copy(slice_of(named), path, HOME_PATH_SIZE)
                                   : home_data_path("pairings.json", path);

    if (fail == FAIL_NONE && path[0] != '\0') {
        return true;
    }
    (void)pos_refuse_file(
        given, named == NULL ? "your data folder is not known: set HOME, or give --pairings FILE"
                             : "--pairings must name a file");
    return false;
}

const char *pos_words_problem(const struct cli_given *given)
{
    const char *api = options_value(given, "api");
    const char *problem = pos_token_problem(options_value(given, "token"));

    return problem == NULL && api != NULL ? pos_api_problem(api) : problem;
}

bool pos_find_client(const struct cli_given *given, const char *paired_api,
                     struct pos_client *client)
{
    const char *other = options_value(given, "api");
    const char *api = other == NULL ? paired_api : other;
    const char *ca_file;

    if (!pos_find_ca_file(given, api, &ca_file)) {
        return false;
    }
    pos_client_init(client, api, options_value(given, "token"), ca_file);
    return true;
}

/* With the paired name that is nearest to what was typed. */
static int refuse_name(const struct cli_given *given, const struct pairings *pairings,
                       const char *name)
{
    const char *names[PAIRINGS_MAX];
    char sentence[2 * ACCOUNT_NAME_SIZE + 80];
    const char *nearest;
    size_t i;

    for (i = 0; i < pairings->count; i++) {
        names[i] = pairings->items[i].name;
    }
    nearest = text_nearest(name, names, pairings->count);
    if (nearest == NULL) {
        (void)text_format(sentence, sizeof(sentence), "nothing is paired under the name \"%.80s\"",
                          name);
    } else {
        (void)text_format(sentence, sizeof(sentence),
                          "nothing is paired under the name \"%.80s\": did you mean \"%s\"?", name,
                          nearest);
    }
    return pos_refuse(given, "not_paired", CLI_REFUSED, sentence);
}

int pos_find_pairing(const struct cli_given *given, struct pairing *out)
{
    const struct pairing *pairing;
    char path[HOME_PATH_SIZE];
    char problem[PAIRINGS_PROBLEM_SIZE];
    struct pairings pairings;
    int code = CLI_DONE;

    if (!pos_find_file(given, path)) {
        return CLI_FILE;
    }
    if (pairings_load(path, &pairings, problem) != FAIL_NONE) {
        return pos_refuse_file(given, problem);
    }
    pairing = pairings_find(&pairings, given->arguments[0]);
    if (pairing == NULL) {
        code = refuse_name(given, &pairings, given->arguments[0]);
    } else {
        *out = *pairing;
    }
    pairings_finish(&pairings);
    return code;
}
