/* tillwire dev: the whole system on this machine, with a business, a user and
 * an api-token of its own, for trying out and for tests. */
#include "server/dev.h"

#include <string.h>

#include "base/log.h"
#include "cli/chapters.h"
#include "cli/options.h"
#include "cli/output.h"

static const struct cli_option OPTIONS[] = {
    {.name = "listen",
     .value = "HOST:PORT",
     .help = "where to listen; port 0: any free one",
     .fallback = "127.0.0.1:8080"},
    {.name = "data",
     .value = "DIR",
     .help = "the data directory, instead of tillwire/dev in your data folder"},
    {.name = "reset", .help = "begin with an empty data directory"},
    {.name = "expose", .help = "allow an address that other machines can reach"},
    {.name = "preset",
     .choices = "helcim|none",
     .help = "of the demo business: helcim for Helcim's own limits; kept for later starts"},
    {.name = "webhook",
     .value = "URL",
     .help = "send the events of the demo business there; kept for later starts"},
    {.name = "webhook-events",
     .value = "EVENTS",
     .help = "cardTransaction,terminalCancel (both if not told), or one"},
    {.name = "tls-cert", .value = "FILE", .help = "serve by TLS: its certificate, PEM"},
    {.name = "tls-key", .value = "FILE", .help = "and the certificate's key, PEM"},
    {.name = "json", .help = "print one JSON object when it is ready, not English"},
    {.name = "log-format",
     .choices = "logfmt|json",
     .help = "of the lines on standard error",
     .fallback = "logfmt"},
    {.name = "log-level",
     .choices = "error|warning|info|debug",
     .help = "what is logged to standard error",
     .fallback = "info"},
};

static enum demo_preset preset_of(const char *word)
{
    if (word == NULL) {
        return DEMO_PRESET_AS_IT_IS;
    }
    return strcmp(word, "helcim") == 0 ? DEMO_PRESET_HELCIM : DEMO_PRESET_NONE;
}

static int run(const struct cli_given *given)
{
    const struct dev_options options = {
        .listen = options_value(given, "listen"),
        .data = options_value(given, "data"),
        .reset = options_flag(given, "reset"),
        .expose = options_flag(given, "expose"),
        .json = options_flag(given, "json"),
        .preset = preset_of(options_value(given, "preset")),
        .tls_certificate_file = options_value(given, "tls-cert"),
        .tls_key_file = options_value(given, "tls-key"),
        .webhook = {.url = options_value(given, "webhook"),
                    .events = options_value(given, "webhook-events")},
    };
    enum log_format format = LOG_FORMAT_LOGFMT;
    enum log_level level = LOG_INFO;

    if (options.data != NULL && options.data[0] == '\0') {
        return output_usage(given->command, "--data must name a directory");
    }
    if ((options.tls_certificate_file == NULL) != (options.tls_key_file == NULL)) {
        return output_usage(given->command, "--tls-cert and --tls-key belong together: give both");
    }
    if (log_format_of(options_value(given, "log-format"), &format)) {
        log_set_format(format);
    }
    if (log_level_of(options_value(given, "log-level"), &level)) {
        log_set_level(level);
    }
    return dev_run(&options);
}

static const struct cli_command COMMANDS[] = {
    {.path = "dev",
     .summary = "Run the whole system on this machine, ready to be tried out",
     .text = "Starts the API, the terminal page and a business with a user and an api-token,\n"
             "and prints where they are. What it stores outlives it; stop it with Ctrl-C.\n",
     .example = "tillwire dev\ntillwire dev --listen 127.0.0.1:0 --data /tmp/shop --json\n"
                "tillwire dev --preset helcim\n"
                "tillwire dev --webhook http://127.0.0.1:9000/hook\n",
     .options = OPTIONS,
     .option_count = CLI_COUNT(OPTIONS),
     .run = run},
};

const struct cli_chapter cli_dev_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
