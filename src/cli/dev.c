/* tillwire dev: the whole system on this machine, with a business, a user and
 * an api-token of its own, for trying out and for tests. */
#include "server/dev.h"

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
    {.name = "json", .help = "print one JSON object when it is ready, not English"},
    {.name = "log-level",
     .choices = "error|warning|info|debug",
     .help = "what is logged to standard error",
     .fallback = "info"},
};

static int run(const struct cli_given *given)
{
    const struct dev_options options = {
        .listen = options_value(given, "listen"),
        .data = options_value(given, "data"),
        .reset = options_flag(given, "reset"),
        .expose = options_flag(given, "expose"),
        .json = options_flag(given, "json"),
    };
    enum log_level level = LOG_INFO;

    if (options.data != NULL && options.data[0] == '\0') {
        return output_usage(given->command, "--data must name a directory");
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
     .example = "tillwire dev\ntillwire dev --listen 127.0.0.1:0 --data /tmp/shop --json\n",
     .options = OPTIONS,
     .option_count = CLI_COUNT(OPTIONS),
     .run = run},
};

const struct cli_chapter cli_dev_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
