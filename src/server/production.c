/* The production server: an order of steps in which nothing is promised before
 * it is true. The service manager hears of it after the sockets listen, and of
 * the end before they close. */
#include "server/production.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "server/notify.h"
#include "wire/json_write.h"

enum { EXIT_DONE = 0, EXIT_TROUBLE = 1, READY_LINE_MAX = 4096, PORT_PRIVILEGED = 1024 };

static int refuse(const char *sentence)
{
    (void)fprintf(stderr, "tillwire serve: %s\n", sentence);
    return EXIT_TROUBLE;
}

/* No manager is no trouble; one that does not listen is the manager's. */
static void notify(const char *state)
{
    enum fail fail = notify_send(state);

    if (fail != FAIL_NONE && fail != FAIL_NOT_FOUND) {
        log_event(LOG_WARNING, "server.notification_failed", log_text("state", state),
                  log_text("why", fail_text(fail)),
                  log_text("do", "check NOTIFY_SOCKET and the service's Type="));
    }
}

static void warn_of_root(void)
{
    if (geteuid() == 0) {
        log_event(LOG_WARNING, "server.root",
                  log_text("do", "run it as a user of its own; a port below 1024 needs only "
                                 "CAP_NET_BIND_SERVICE"));
    }
}

static void print_json(const char *url, const char *operations)
{
    struct buf line;
    char api[LISTEN_TEXT_SIZE + 8];

    (void)text_format(api, sizeof(api), "%s/v2", url);
    buf_init(&line, READY_LINE_MAX);
    json_open_object(&line, NULL);
    json_add_text(&line, "api", api);
    json_add_text(&line, "operations", operations); /* null without such a listener */
    json_add_text(&line, "version", TILLWIRE_VERSION);
    json_close_object(&line);
    buf_byte(&line, '\n');
    if (buf_fail(&line) == FAIL_NONE) {
        (void)fwrite(line.bytes, 1, line.length, stdout);
    }
    buf_finish(&line);
}

static void log_ready(const char *url, const char *operations)
{
    if (operations == NULL) {
        log_event(LOG_INFO, "server.ready", log_text("url", url),
                  log_text("version", TILLWIRE_VERSION));
        return;
    }
    log_event(LOG_INFO, "server.ready", log_text("url", url), log_text("operations", operations),
              log_text("version", TILLWIRE_VERSION));
}

static void tell_ready(struct server *server, const struct config *config, bool json)
{
    char url[LISTEN_TEXT_SIZE];
    char buffer[LISTEN_TEXT_SIZE];
    const char *operations = NULL;

    server_url(server, url);
    if (config->server.has_operations) {
        server_operations_url(server, buffer);
        operations = buffer;
    }
    log_ready(url, operations);
    if (json) {
        print_json(url, operations);
    } else {
        (void)printf("Tillwire %s is ready: %s/v2\n", TILLWIRE_VERSION, url);
    }
    (void)fflush(stdout);
}

/* An empty directory has no business that anybody could log in to. */
static void log_new_data(const char *directory)
{
    char advice[DATA_PATH_SIZE + 128];

    (void)text_format(advice, sizeof(advice),
                      "add the first business: tillwire admin business add --data %s --name NAME "
                      "--currency CAD",
                      directory);
    log_event(LOG_INFO, "data.made", log_text("directory", directory), log_text("do", advice));
}

static int run_on(const struct config *config, struct data *data, bool json)
{
    struct server_options options = config->server;
    char problem[SERVER_PROBLEM_SIZE];
    struct server *server = NULL;

    options.data = data;
    if (server_start(&server, &options, problem) != FAIL_NONE) {
        return refuse(problem);
    }
    notify("READY=1");
    tell_ready(server, config, json);
    server_wait(server);
    notify("STOPPING=1");
    server_stop(&server);
    log_event(LOG_INFO, "server.stopped", log_text("data", config->data));
    return EXIT_DONE;
}

int production_run(const struct config *config, bool json)
{
    struct data_options options = {.directory = config->data, .threads = true};
    bool is_new = !data_exists(config->data);
    char problem[DATA_PROBLEM_SIZE];
    struct data data;
    long holder;
    int code;

    server_signals_block();
    if (process_harden() != FAIL_NONE) {
        log_event(LOG_WARNING, "server.not_hardened",
                  log_text("do", "core dumps may hold secrets: forbid them (LimitCORE=0)"));
    }
    warn_of_root();
    if (data_open(&data, &options, &holder, problem) != FAIL_NONE) {
        return refuse(problem);
    }
    if (is_new) {
        log_new_data(config->data);
    }
    code = run_on(config, &data, json);
    data_close(&data);
    return code;
}
