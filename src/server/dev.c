/* The development server: data, demo business, server, and what it prints. */
#include "server/dev.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/process.h"
#include "server/config.h"
#include "server/server.h"
#include "wire/json_write.h"
#include "wire/url.h"

enum { EXIT_DONE = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2, READY_LINE_MAX = 4096, DRAIN_MS = 2000 };

static int refuse(int code, const char *sentence)
{
    (void)fprintf(stderr, "tillwire dev: %s\n", sentence);
    return code;
}

static void print_json(const struct demo *demo, const struct demo_webhook *webhook, const char *url)
{
    struct buf line;
    char api[LISTEN_TEXT_SIZE + 8];
    char page[LISTEN_TEXT_SIZE + 16];

    (void)text_format(api, sizeof(api), "%s/v2", url);
    (void)text_format(page, sizeof(page), "%s/terminal", url);
    buf_init(&line, READY_LINE_MAX);
    json_open_object(&line, NULL);
    json_add_text(&line, "api", api);
    json_add_text(&line, "token", demo->token);
    json_add_text(&line, "terminalPage", page);
    json_add_text(&line, "email", demo->email);
    json_add_text(&line, "password", demo->password);
    json_add_text(&line, "pin", demo->pin);
    json_add_integer(&line, "business", demo->business);
    if (webhook->verifier_token[0] != '\0') {
        json_add_text(&line, "webhook", webhook->url);
        json_add_text(&line, "verifierToken", webhook->verifier_token);
    }
    json_close_object(&line);
    buf_byte(&line, '\n');
    (void)fwrite(line.bytes, 1, line.length, stdout);
    (void)fflush(stdout);
    buf_wipe(&line);
}

static void print_words(const struct demo *demo, const struct demo_webhook *webhook,
                        const char *url, const char *directory)
{
    bool secure = strncmp(url, "https:", 6) == 0; /* perhaps by a certificate that nobody knows */

    (void)printf("Tillwire %s is ready. Data: %s\n\n", TILLWIRE_VERSION, directory);
    (void)printf("  API base URL     %s/v2\n", url);
    (void)printf("  api-token        %s\n", demo->token);
    (void)printf("  Smart Terminal   %s/terminal\n", url);
    (void)printf("  Log in with      %s   password %s   (then PIN %s)\n", demo->email,
                 demo->password, demo->pin);
    if (webhook->verifier_token[0] != '\0') {
        (void)printf("  Webhook          %s\n", webhook->url);
        (void)printf("  Verifier token   %s\n", webhook->verifier_token);
    }
    (void)printf("\n");
    (void)printf(
        "Open the Smart Terminal, log in, and read its device code (JSV5 below). Then:\n\n");
    (void)printf("  export TILLWIRE_API=%s/v2 TILLWIRE_TOKEN=%s\n", url, demo->token);
    (void)printf("  curl -i%s -H \"api-token: $TILLWIRE_TOKEN\" $TILLWIRE_API/devices/JSV5/ping\n",
                 secure ? "k" : "");
    (void)printf("  build/tillwire pos pair front-counter JSV5\n");
    (void)printf("  build/tillwire pos pay front-counter 12.34\n\n");
    (void)printf("Ctrl-C stops it. The next start keeps the code, the token and the log-in.\n");
    (void)fflush(stdout);
}

static int run_on(const struct dev_options *options, struct server_options *server_options)
{
    char problem[DATA_PROBLEM_SIZE];
    char url[LISTEN_TEXT_SIZE];
    struct server *server = NULL;
    struct demo_webhook webhook = {0};
    struct demo demo;

    if (demo_load(&demo, server_options->data, options->preset, problem) != FAIL_NONE ||
        !demo_webhook_load(&webhook, &demo, server_options->data, &options->webhook, problem) ||
        server_start(&server, server_options, problem) != FAIL_NONE) {
        secret_wipe(&demo, sizeof(demo));
        secret_wipe(&webhook, sizeof(webhook));
        return refuse(EXIT_TROUBLE, problem);
    }
    server_url(server, url);
    if (options->json) {
        print_json(&demo, &webhook, url);
    } else {
        print_words(&demo, &webhook, url, server_options->data->directory);
    }
    secret_wipe(&demo, sizeof(demo));
    secret_wipe(&webhook, sizeof(webhook));
    server_wait(server);
    server_stop(&server);
    return EXIT_DONE;
}

/* Where fewer files may be open than there are places, there are fewer places. */
static void descriptors_fit(struct gate_options *gate)
{
    size_t have = 0;

    if (process_descriptors(config_files_needed(gate), &have) != FAIL_NONE) {
        gate->terminals_max = 1 + have / 2;
        gate->strangers_max = 1 + have / 4;
    }
}

int dev_run(const struct dev_options *options)
{
    struct data_options data_options = {
        .directory = options->data, .make = true, .reset = options->reset, .threads = true};
    struct server_options server_options = {.expose = options->expose,
                                            .loopback_hosts_only = !options->expose,
                                            .tls_certificate_file = options->tls_certificate_file,
                                            .tls_key_file = options->tls_key_file,
                                            .rate = RATE_OFF,
                                            .webhooks_to_loopback = true,
                                            .gate = GATE_USUAL,
                                            .hub = {.heartbeat_ms = HUB_HEARTBEAT_MS,
                                                    .silence_ms = HUB_SILENCE_MS,
                                                    .half_open_s = HUB_HALF_OPEN_S},
                                            .drain_ms = DRAIN_MS};
    char problem[DATA_PROBLEM_SIZE];
    const char *listen_problem = NULL;
    struct data data;
    long holder;
    int code;

    if (url_listen_read(slice_of(options->listen), server_options.address.host,
                        &server_options.address.port, &listen_problem) != FAIL_NONE) {
        return refuse(EXIT_USAGE, listen_problem);
    }
    if (server_options.address.host[0] == '\0' && !options->expose) {
        (void)text_format(server_options.address.host, sizeof(server_options.address.host),
                          "127.0.0.1");
    }
    server_signals_block();
    descriptors_fit(&server_options.gate);
    if (data_open(&data, &data_options, &holder, problem) != FAIL_NONE) {
        return refuse(EXIT_TROUBLE, problem);
    }
    server_options.data = &data;
    code = run_on(options, &server_options);
    data_close(&data);
    return code;
}
