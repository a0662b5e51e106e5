/* tillwire terminal: Smart Terminals without a screen. */
#include "base/secret.h"
#include "base/text.h"
#include "cli/chapters.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/password_input.h"
#include "terminal/person.h"
#include "terminal/script.h"

static const struct cli_option OPTIONS[] = {
    {.name = "server",
     .value = "URL",
     .help = "address of the server",
     .environment = "TILLWIRE_SERVER",
     .fallback = "http://127.0.0.1:8080"},
    {.name = "ca-file",
     .value = "FILE",
     .help = "certificates (PEM) that vouch for an https server, not the system's",
     .environment = "TILLWIRE_CA_FILE"},
    {.name = "server-key",
     .value = "SHA256",
     .help = "connect only to the https server with this public key",
     .environment = "TILLWIRE_SERVER_KEY"},
    {.name = "email", .value = "E-MAIL", .help = "log in with this e-mail address"},
    {.name = "password",
     .value = "P",
     .help = "and this password",
     .environment = "TILLWIRE_PASSWORD"},
    {.name = "password-stdin", .help = "and the password in the first line of standard input"},
    {.name = "pin",
     .value = "PIN",
     .help = "log in again with a PIN, on a terminal that is registered",
     .environment = "TILLWIRE_PIN"},
    {.name = "serial", .value = "S", .help = "serial number; made up at the first start otherwise"},
    {.name = "data",
     .value = "DIR",
     .help = "what it remembers, instead of tillwire/terminal in your data folder"},
    {.name = "continue", .help = "press Continue by itself, so that it gets ready"},
    {.name = "count", .value = "N", .help = "so many terminals, 1 to 1000", .fallback = "1"},
    {.name = "pay",
     .value = "HOW",
     .choices = "approve|cancel|ignore|ask",
     .help = "what the person does about a payment: present a card, cancel, nothing, or type",
     .environment = "TILLWIRE_PAY",
     .fallback = "approve"},
    {.name = "card",
     .value = "NAME",
     .help = "the test card they present: visa, mastercard, amex, discover, interac, ...",
     .environment = "TILLWIRE_CARD",
     .fallback = "visa"},
    {.name = "entry",
     .value = "HOW",
     .choices = "tap|insert|swipe",
     .help = "how they present it",
     .environment = "TILLWIRE_ENTRY",
     .fallback = "tap"},
    {.name = "try-again",
     .value = "N",
     .help = "how often they try again after a decline, 0 to 9",
     .environment = "TILLWIRE_TRY_AGAIN",
     .fallback = "0"},
    {.name = "delay",
     .value = "MS",
     .help = "how long they think before each thing that they do, in milliseconds",
     .environment = "TILLWIRE_DELAY",
     .fallback = "0"},
    {.name = "json", .help = "print events as JSON objects, one a line"},
};

/* Two ways to log in at once are refused when both were typed; a variable of
 * the environment that is of no use here is left aside, so that a shell may
 * have all of them set. NULL, or what is wrong. */
static const char *choose_log_in(const struct cli_given *given, struct script_options *options)
{
    bool from_input = options_flag(given, "password-stdin");
    bool password_typed = options_typed(given, "password");

    if (options->email == NULL && (from_input || password_typed)) {
        return "a password needs --email";
    }
    if (options->email == NULL) {
        options->password = NULL;
        return NULL;
    }
    if (options_typed(given, "pin")) {
        return "--email and --pin are two ways to log in: give one of them";
    }
    if (from_input && password_typed) {
        return "--password and --password-stdin are the same: give one of them";
    }
    if (!from_input && options->password == NULL) {
        return "--email needs --password-stdin or --password (or $TILLWIRE_PASSWORD)";
    }
    options->pin = NULL;
    return NULL;
}

/* Of no use with http: refused when it was typed (script_check.c), and a
 * variable of the environment is left aside. */
static const char *for_https(const struct cli_given *given, const char *name)
{
    bool is_https = slice_starts_with(slice_of(options_value(given, "server")), "https:");

    return is_https || options_typed(given, name) ? options_value(given, name) : NULL;
}

static const char *read_words(const struct cli_given *given, struct script_options *options)
{
    uint64_t count = 0;
    uint64_t try_again = 0;
    uint64_t delay = 0;

    if (slice_to_unsigned(slice_of(options_value(given, "count")), SCRIPT_COUNT_MAX, &count) !=
            FAIL_NONE ||
        count == 0) {
        return "--count must be a number from 1 to 1000";
    }
    options->count = (unsigned)count;
    if (slice_to_unsigned(slice_of(options_value(given, "try-again")), PERSON_TRY_AGAIN_MAX,
                          &try_again) != FAIL_NONE) {
        return "--try-again must be a number from 0 to 9";
    }
    if (slice_to_unsigned(slice_of(options_value(given, "delay")), PERSON_DELAY_MAX_MS, &delay) !=
        FAIL_NONE) {
        return "--delay must be a number of milliseconds from 0 to 3600000";
    }
    options->try_again = (unsigned)try_again;
    options->delay_ms = (uint32_t)delay;
    return choose_log_in(given, options);
}

static int run(const struct cli_given *given)
{
    struct script_options options = {
        .server = options_value(given, "server"),
        .email = options_value(given, "email"),
        .password = options_value(given, "password"),
        .pin = options_value(given, "pin"),
        .serial = options_value(given, "serial"),
        .ca_file = for_https(given, "ca-file"),
        .server_key = for_https(given, "server-key"),
        .data_directory = options_value(given, "data"),
        .continue_ = options_flag(given, "continue"),
        .json = options_flag(given, "json"),
        .pay = options_value(given, "pay"),
        .card = options_value(given, "card"),
        .entry = options_value(given, "entry"),
    };
    char password[PASSWORD_INPUT_SIZE] = "";
    const char *problem = read_words(given, &options);
    int code;

    if (problem == NULL && options_flag(given, "password-stdin")) {
        problem = password_input(password);
        options.password = password;
    }
    code = problem == NULL ? script_run(&options) : output_usage(given->command, problem);
    secret_wipe(password, sizeof(password));
    return code;
}

static const struct cli_command COMMANDS[] = {
    {.path = "terminal",
     .summary = "Run Smart Terminals without a screen",
     .text = "A terminal logs in once and remembers that in its data directory; after that no\n"
             "log-in is needed. It runs, prints what happens to it, shows pings and takes\n"
             "payments, until Ctrl-C. With --pay ask a person types what happens, one thing a\n"
             "line: approve (presents the card), card NAME, retry, cancel.\n\n"
             "Exit codes: 0 stopped; 1 out of memory, or standard output is gone; 2 wrong\n"
             "usage; 3 a log-in is needed or was refused; 4 the data directory cannot be used;\n"
             "5 another connection of this terminal took its place.\n",
     .example = "tillwire terminal --email owner@example.com --password-stdin --continue\n",
     .options = OPTIONS,
     .option_count = CLI_COUNT(OPTIONS),
     .run = run},
};

const struct cli_chapter cli_terminal_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
