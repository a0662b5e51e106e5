/* Whether the options of `tillwire terminal` make sense, and what follows from
 * them. The command line checks some of it before; this is the last word. */
#include "terminal/script_check.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/home.h"
#include "base/id.h"
#include "base/text.h"
#include "net/tls_pin.h"

enum { SERIAL_RANDOM = 10, CARD_LIST_MAX = 1024 };

void script_complain(const char *text)
{
    (void)fprintf(stderr, "tillwire terminal: %s\n", text);
}

static bool log_in_problem(const struct script_options *options, const char **problem)
{
    if ((options->email == NULL) != (options->password == NULL)) {
        *problem = "--email and --password belong together.";
        return true;
    }
    if (options->email != NULL && options->pin != NULL) {
        *problem = "Give either --email and --password, or --pin.";
        return true;
    }
    if (options->email != NULL && account_email_problem(slice_of(options->email)) != NULL) {
        *problem = "--email must be an e-mail address, such as name@example.com.";
        return true;
    }
    if (options->password != NULL &&
        (options->password[0] == '\0' || strlen(options->password) > ACCOUNT_PASSWORD_MAX ||
         !slice_is_utf8(slice_of(options->password)))) {
        *problem = "--password must have 1 to 256 characters.";
        return true;
    }
    if (options->pin != NULL && account_pin_problem(slice_of(options->pin)) != NULL) {
        *problem = "--pin must have 4 to 8 digits.";
        return true;
    }
    return false;
}

/* The serial number of terminal `number` (0: the only one) into `out`, which
 * stays empty when none was given. */
bool script_name_serial(const struct script_options *options, unsigned number,
                        char out[ACCOUNT_SERIAL_SIZE])
{
    out[0] = '\0';
    if (options->serial == NULL) {
        return true;
    }
    return account_serial_problem(slice_of(options->serial)) == NULL &&
           (number == 0 ? text_format(out, ACCOUNT_SERIAL_SIZE, "%s", options->serial)
                        : text_format(out, ACCOUNT_SERIAL_SIZE, "%s-%u", options->serial, number));
}

bool script_check(const struct script_options *options, struct url *server)
{
    char serial[ACCOUNT_SERIAL_SIZE];
    const char *problem = NULL;

    if (options->server == NULL) {
        problem = "--server is missing.";
    } else if (options->count < 1 || options->count > SCRIPT_COUNT_MAX) {
        problem = "--count must be from 1 to 1000.";
    } else if (!script_name_serial(options, options->count > 1 ? options->count : 0, serial)) {
        problem = options->count > 1 ? "--serial must have 1 to 64 of A-Z a-z 0-9 . _ - together "
                                       "with the number that is put after it."
                                     : "--serial must have 1 to 64 of A-Z a-z 0-9 . _ -";
    } else if (!log_in_problem(options, &problem) &&
               url_read(slice_of(options->server), server, &problem) != FAIL_NONE) {
        (void)fprintf(stderr, "tillwire terminal: --server: %s\n", problem);
        return false;
    } else if (problem == NULL && !server->secure && options->ca_file != NULL) {
        problem = "--ca-file needs a --server that begins with https://.";
    } else if (problem == NULL && !server->secure && options->server_key != NULL) {
        problem = "--server-key needs a --server that begins with https://.";
    }
    if (problem != NULL) {
        script_complain(problem);
        return false;
    }
    return true;
}

/* "visa, visa-2, interac": what --card may be. */
static void list_cards(struct buf *out)
{
    unsigned i;

    for (i = 0; i < TEST_CARDS_COUNT; i++) {
        buf_text(out, i == 0 ? "" : ", ");
        buf_text(out, TEST_CARDS[i].name);
    }
}

static bool find_card(const struct script_options *options, struct person *out)
{
    struct buf names;

    if (options->card == NULL) {
        return true;
    }
    out->card = test_card_find(slice_of(options->card));
    if (out->card != NULL) {
        return true;
    }
    buf_init(&names, CARD_LIST_MAX);
    list_cards(&names);
    (void)fprintf(stderr, "tillwire terminal: --card must be one of %.*s.\n", (int)names.length,
                  names.length == 0 ? "" : names.bytes);
    buf_finish(&names);
    return false;
}

bool script_find_person(const struct script_options *options, struct person *out)
{
    struct person person = person_default();
    const char *problem = NULL;

    if (options->pay != NULL && !person_way_read(slice_of(options->pay), &person.way)) {
        problem = "--pay must be approve, cancel, ignore or ask.";
    } else if (options->entry != NULL &&
               !card_entry_read(slice_of(options->entry), &person.entry)) {
        problem = "--entry must be tap, insert or swipe.";
    } else if (options->try_again > PERSON_TRY_AGAIN_MAX) {
        problem = "--try-again must be from 0 to 9.";
    } else if (options->delay_ms > PERSON_DELAY_MAX_MS) {
        problem = "--delay must be from 0 to 3600000 milliseconds.";
    }
    if (problem != NULL) {
        script_complain(problem);
        return false;
    }
    person.try_again = options->try_again;
    person.delay_ms = options->delay_ms;
    if (!find_card(options, &person)) {
        return false;
    }
    *out = person;
    return true;
}

bool script_make_tls(const struct script_options *options, const struct url *server,
                     struct tls_client **out)
{
    char problem[TLS_PROBLEM_SIZE] = "";
    uint8_t pin[TLS_PIN_SIZE];
    const struct tls_client_options wanted = {
        .ca_file = options->ca_file,
        .pin = options->server_key == NULL ? NULL : pin,
    };

    *out = NULL;
    if (!server->secure) {
        return true;
    }
    if (options->server_key != NULL && !tls_pin_read(slice_of(options->server_key), pin)) {
        script_complain("--server-key must be the SHA-256 of the server's public key in base64: "
                        "44 characters, the last one '='.");
        return false;
    }
    if (tls_client_create(out, &wanted, problem) != FAIL_NONE) {
        (void)fprintf(stderr, "tillwire terminal: %s%s\n",
                      options->ca_file == NULL ? "" : "--ca-file: ", problem);
        return false;
    }
    return true;
}

bool script_find_directory(const struct script_options *options, char out[FOLDER_PATH_SIZE])
{
    const char *given = options->data_directory;
    char home[HOME_PATH_SIZE] = "";
    enum fail fail = FAIL_NONE;

    if (given == NULL || given[0] == '\0') {
        fail = home_data_path("terminal", home);
        given = home;
    }
    if (fail == FAIL_NOT_FOUND) {
        script_complain("There is no home directory to keep data in: give --data DIR.");
        return false;
    }
    if (fail != FAIL_NONE || !text_format(out, FOLDER_PATH_SIZE, "%s", given)) {
        script_complain("The name of the data directory is too long.");
        return false;
    }
    return true;
}

void script_make_serial(char out[ACCOUNT_SERIAL_SIZE])
{
    char random[SERIAL_RANDOM + 1];
    size_t i;

    id_random_text(random, SERIAL_RANDOM);
    for (i = 0; i < SERIAL_RANDOM; i++) {
        random[i] = text_upper(random[i]);
    }
    (void)text_format(out, ACCOUNT_SERIAL_SIZE, "TW-%s", random);
}
