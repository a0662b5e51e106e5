/* tillwire serve: the system on a network. Every option may come from the
 * command line, the environment or a file; what each means is decided by
 * server/config, and here it is said where the text came from. */
#include "base/log.h"
#include "cli/chapters.h"
#include "cli/configured.h"
#include "cli/output.h"
#include "server/production.h"

enum { DESCRIPTION_MAX = 16 * 1024 };

/* The numbers of net/gate.h (GATE_USUAL), core/rate.h and device/hub.h, as
 * texts for the help; a test compares them. */
static const struct cli_option OPTIONS[] = {
    {.name = "data",
     .value = "DIR",
     .help = "the data directory, which must be there",
     .environment = "TILLWIRE_DATA",
     .required = true},
    {.name = "listen",
     .value = "[ADDR:]PORT",
     .help = "for API, pages and terminals; a port alone: on every address",
     .environment = "TILLWIRE_LISTEN",
     .required = true},
    {.name = "tls-cert",
     .value = "FILE",
     .help = "PEM: the server's certificate, then those above it; SIGHUP reads it again",
     .environment = "TILLWIRE_TLS_CERT"},
    {.name = "tls-key",
     .value = "FILE",
     .help = "PEM: its key, without a passphrase",
     .environment = "TILLWIRE_TLS_KEY"},
    {.name = "plain",
     .help = "allow plain HTTP on an address that other machines can reach",
     .environment = "TILLWIRE_PLAIN"},
    {.name = "trust-proxy",
     .value = "ADDR[/BITS],...",
     .help = "proxies whose X-Forwarded-For and X-Forwarded-Proto are believed",
     .environment = "TILLWIRE_TRUST_PROXY"},
    {.name = "origin",
     .value = "URL,...",
     .help = "pages of other hosts that may act as a terminal, like https://till.example.com",
     .environment = "TILLWIRE_ORIGIN"},
    {.name = "operations-listen",
     .value = "[ADDR:]PORT",
     .help = "plain HTTP for /healthz, /readyz and /metrics; a port alone: on 127.0.0.1",
     .environment = "TILLWIRE_OPERATIONS_LISTEN"},
    {.name = "terminals-max",
     .value = "N",
     .help = "terminals connected at once; free places are lent",
     .environment = "TILLWIRE_TERMINALS_MAX",
     .fallback = "15500"},
    {.name = "connections-max",
     .value = "N",
     .help = "other connections at once, when all terminals are there",
     .environment = "TILLWIRE_CONNECTIONS_MAX",
     .fallback = "4000"},
    {.name = "connections-per-address",
     .value = "N",
     .help = "other connections from one address",
     .environment = "TILLWIRE_CONNECTIONS_PER_ADDRESS",
     .fallback = "1000"},
    {.name = "new-connections-per-minute",
     .value = "N",
     .help = "from one address that nobody knows",
     .environment = "TILLWIRE_NEW_CONNECTIONS_PER_MINUTE",
     .fallback = "600"},
    {.name = "heartbeat",
     .value = "SECONDS",
     .help = "of silence, then a terminal is asked for a sign of life",
     .environment = "TILLWIRE_HEARTBEAT",
     .fallback = "20"},
    {.name = "heartbeat-answer",
     .value = "SECONDS",
     .help = "of silence after that, then its connection is ended",
     .environment = "TILLWIRE_HEARTBEAT_ANSWER",
     .fallback = "15"},
    {.name = "half-open",
     .value = "SECONDS",
     .help = "until a terminal that vanished from the network is noticed; 0: by heartbeats only",
     .environment = "TILLWIRE_HALF_OPEN",
     .fallback = "20"},
    {.name = "drain",
     .value = "SECONDS",
     .help = "for calls under way to end when it stops",
     .environment = "TILLWIRE_DRAIN",
     .fallback = "10"},
    {.name = "rate-limits",
     .value = "LIMITS",
     .help = "API calls of a business that has none of its own: off, or CONCURRENT,MINUTE,HOUR",
     .environment = "TILLWIRE_RATE_LIMITS",
     .fallback = "100,6000,100000"},
    {.name = "credential-days",
     .value = "N",
     .help = "a terminal that was away longer must log in anew; 0: never",
     .environment = "TILLWIRE_CREDENTIAL_DAYS",
     .fallback = "365"},
    {.name = "log-format",
     .choices = "logfmt|json",
     .help = "of the lines on standard error",
     .environment = "TILLWIRE_LOG_FORMAT",
     .fallback = "logfmt"},
    {.name = "log-level",
     .choices = "error|warning|info|debug",
     .help = "nothing below it is logged",
     .environment = "TILLWIRE_LOG_LEVEL",
     .fallback = "info"},
    {.name = "json",
     .help = "print one JSON object when it is ready, not English",
     .environment = "TILLWIRE_JSON"},
    {.name = "config",
     .value = "FILE",
     .help = "the configuration file: lines like tls-cert = /etc/tillwire/cert.pem",
     .environment = "TILLWIRE_CONFIG",
     .not_in_file = true},
    {.name = "check",
     .help = "say whether all this is good, and start nothing",
     .not_in_file = true},
};

/* What was found, with the place where it can be mended. */
struct findings {
    const struct cli_given *given;
    struct problems warnings;
};

static const char *value(void *context, const char *option)
{
    const struct findings *findings = context;

    return options_value(findings->given, option);
}

static void add(struct findings *findings, struct problems *list, const char *option,
                const char *sentence)
{
    char where[CONFIGURED_WHERE_SIZE];

    configured_where(findings->given, option, where);
    problems_add(list, "%s: %s", where, sentence);
}

static void on_problem(void *context, const char *option, const char *sentence)
{
    struct findings *findings = context;

    add(findings, findings->given->problems, option, sentence);
}

static void on_warning(void *context, const char *option, const char *sentence)
{
    struct findings *findings = context;

    add(findings, &findings->warnings, option, sentence);
}

static void set_log(const struct cli_given *given)
{
    enum log_format format = LOG_FORMAT_LOGFMT;
    enum log_level level = LOG_INFO;

    if (log_level_of(options_value(given, "log-level"), &level)) {
        log_set_level(level);
    }
    if (log_format_of(options_value(given, "log-format"), &format)) {
        log_set_format(format);
    }
}

static void log_warnings(const struct problems *warnings)
{
    struct slice rest = buf_view(&warnings->lines);
    struct slice line;

    while (slice_next_part(&rest, '\n', &line) && rest.bytes != NULL) {
        log_event(LOG_WARNING, "config.doubtful", log_slice("what", line));
    }
}

/* --check: everything is good. */
static int say_good(const struct config *config, const struct problems *warnings)
{
    struct buf text;
    struct slice rest;
    struct slice line;

    buf_init(&text, DESCRIPTION_MAX);
    config_describe(config, &text);
    output_line("the configuration is good");
    rest = buf_view(&text);
    while (slice_next_part(&rest, '\n', &line) && rest.bytes != NULL) {
        output_line("%.*s", (int)line.length, line.bytes);
    }
    rest = buf_view(&warnings->lines);
    while (slice_next_part(&rest, '\n', &line) && rest.bytes != NULL) {
        output_line("warning: %.*s", (int)line.length, line.bytes);
    }
    buf_finish(&text);
    return CLI_DONE;
}

static int say_bad(const struct cli_given *given)
{
    problems_print(given->problems);
    output_trouble("'tillwire %s --help' tells more", given->command->path);
    return CLI_USAGE;
}

static int run(const struct cli_given *given)
{
    struct findings findings = {.given = given};
    const struct config_source source = {
        .value = value, .problem = on_problem, .warning = on_warning, .context = &findings};
    struct config config;
    int code;

    problems_init(&findings.warnings);
    set_log(given);
    config_read(&config, &source);
    config_check(&config, &source);
    if (given->problems->count > 0) {
        code = say_bad(given);
    } else if (options_flag(given, "check")) {
        code = say_good(&config, &findings.warnings);
    } else {
        log_warnings(&findings.warnings);
        code = production_run(&config, options_flag(given, "json"));
    }
    problems_finish(&findings.warnings);
    return code;
}

static const struct cli_command COMMANDS[] = {
    {.path = "serve",
     .summary = "Run the system for a shop, on a network",
     .text = "Serves the API, the pages and the terminals, by TLS. What it needs beside a data\n"
             "directory is a business, which 'tillwire admin business add --data DIR' makes.\n"
             "SIGHUP reads the certificate again; SIGTERM lets calls under way end, then stops.\n"
             "\n"
             "Each option may stand on the command line, else in the environment, else in the\n"
             "configuration file, one a line, without dashes: 'listen = 8443', 'plain = true'.\n",
     .example =
         "tillwire serve --data /var/lib/tillwire --listen 8443 --tls-cert c.pem --tls-key k.pem\n"
         "tillwire serve --config /etc/tillwire/tillwire.conf --check\n",
     .options = OPTIONS,
     .option_count = CLI_COUNT(OPTIONS),
     .has_file = true,
     .run = run},
};

const struct cli_chapter cli_serve_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
