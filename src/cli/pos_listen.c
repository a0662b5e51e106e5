/* tillwire pos listen: the other end of a webhook, for who writes a point of
 * sale and wants to see what comes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/chapters.h"
#include "cli/output.h"
#include "cli/pos_shared.h"
#include "pos/receiver.h"
#include "wire/json_write.h"

enum { LINE_MAX_BYTES = 4 * 1024 };

static const struct cli_option OPTIONS[] = {
    {.name = "port", .value = "N", .help = "where to listen; 0: any free port", .fallback = "9090"},
    {.name = "host",
     .value = "H",
     .help = "and on which address of this machine",
     .fallback = "127.0.0.1"},
    {.name = "token",
     .value = "VERIFIER",
     .help = "the webhook's verifier token, by which messages are verified",
     .environment = "TILLWIRE_VERIFIER_TOKEN",
     .required = true},
    {.name = "forward",
     .value = "URL",
     .help = "pass each genuine message on to this address, and answer as it does"},
    {.name = "fetch", .help = "ask for the transaction that a message names; needs --api-token"},
    {.name = "api",
     .value = "URL",
     .help = "base address of the Smart Terminal API, for --fetch",
     .environment = "TILLWIRE_API",
     .fallback = POS_API_DEFAULT},
    {.name = "api-token",
     .value = "T",
     .help = "your api-token, for --fetch",
     .environment = "TILLWIRE_TOKEN"},
    POS_CA_OPTION,
    {.name = "json", .help = "print one JSON object a line"},
};

/* --- What is printed ------------------------------------------------------ */

static void on_ready(void *context, const char *address)
{
    const struct cli_given *given = context;
    struct buf object;

    if (options_flag(given, "json")) {
        pos_json_start(&object, NULL);
        json_add_text(&object, "event", "listening");
        json_add_text(&object, "address", address);
        pos_json_print(&object);
    } else {
        output_line("Waiting for webhooks at http://%s/ until Ctrl-C.", address);
    }
    (void)fflush(stdout);
}

static void add_content(struct buf *line, const struct webhook *webhook)
{
    if (webhook->transaction != 0) {
        buf_format(line, "%s %" PRId64, webhook->type, webhook->transaction);
    } else if (strcmp(webhook->type, "terminalCancel") == 0) {
        buf_format(line, "terminalCancel on %s, %s %s", webhook->code, webhook->amount,
                   webhook->currency);
        if (webhook->invoice[0] != '\0') {
            buf_format(line, ", invoice number %s", webhook->invoice);
        }
    } else {
        buf_format(line, "of an unknown kind%s%s", webhook->type[0] == '\0' ? "" : ": ",
                   webhook->type);
    }
}

static void add_fate(struct buf *line, const struct received *received)
{
    const struct pos_transaction *transaction = received->transaction;

    if (transaction != NULL) {
        buf_format(line, "; %s, %s %s", transaction->status, transaction->amount,
                   transaction->currency);
        if (transaction->invoice[0] != '\0') {
            buf_format(line, ", invoice number %s", transaction->invoice);
        }
    } else if (received->fetch_problem != NULL) {
        buf_format(line, "; it could not be fetched: %s", received->fetch_problem);
    }
    if (received->repeated) {
        buf_text(line, "; came before");
    }
    if (received->forwarded != 0) {
        buf_format(line, "; passed on, answered %d", received->forwarded);
    } else if (received->forward_problem != NULL) {
        buf_format(line, "; could not be passed on, answered %d: %s", received->answer,
                   received->forward_problem);
    }
}

static void tell(const struct received *received)
{
    struct buf line;

    if (received->refused != NULL) {
        output_line("Refused with %d: %s.", received->answer, received->refused);
        return;
    }
    buf_init(&line, LINE_MAX_BYTES);
    buf_format(&line, "%s: ", received->webhook->id);
    add_content(&line, received->webhook);
    add_fate(&line, received);
    if (line.length > 0 && strchr(".?", line.bytes[line.length - 1]) == NULL) {
        buf_byte(&line, '.'); /* a sentence of somebody else may have its own */
    }
    buf_byte(&line, '\0');
    if (buf_fail(&line) == FAIL_NONE) {
        output_line("%s", line.bytes);
    }
    buf_finish(&line);
}

static void add_text(struct buf *object, const char *name, const char *text)
{
    if (text[0] != '\0') {
        json_add_text(object, name, text);
    }
}

static void write_webhook(struct buf *object, const struct webhook *webhook)
{
    json_add_text(object, "id", webhook->id);
    json_add_text(object, "type", webhook->type[0] == '\0' ? NULL : webhook->type);
    if (webhook->transaction != 0) {
        json_add_integer(object, "transactionId", webhook->transaction);
    }
    add_text(object, "cancelledAt", webhook->cancelled_at);
    add_text(object, "deviceCode", webhook->code);
    add_text(object, "transactionAmount", webhook->amount);
    add_text(object, "currency", webhook->currency);
    add_text(object, "invoiceNumber", webhook->invoice);
}

static void write_fate(struct buf *object, const struct received *received)
{
    const struct pos_transaction *transaction = received->transaction;

    json_add_bool(object, "repeated", received->repeated);
    if (received->forwarded != 0) {
        json_add_integer(object, "forwarded", received->forwarded);
    }
    if (received->forward_problem != NULL) {
        json_add_text(object, "forwardProblem", received->forward_problem);
    }
    if (transaction != NULL) {
        json_add_text(object, "status", transaction->status);
        json_add_text(object, "amount", transaction->amount);
        json_add_text(object, "currency", transaction->currency);
        json_add_text(object, "invoiceNumber", transaction->invoice);
        json_add_text(object, "warning", transaction->warning);
    }
    if (received->fetch_problem != NULL) {
        json_add_text(object, "fetchProblem", received->fetch_problem);
    }
    json_add_slice(object, "body", received->body);
}

static void write_line(const struct received *received)
{
    struct buf object;

    pos_json_start(&object, NULL);
    json_add_text(&object, "event", received->refused == NULL ? "webhook" : "refused");
    if (received->refused == NULL) {
        write_webhook(&object, received->webhook);
        write_fate(&object, received);
    } else {
        json_add_text(&object, "problem", received->refused);
    }
    json_add_integer(&object, "answer", received->answer);
    pos_json_print(&object);
}

static void on_received(void *context, const struct received *received)
{
    if (options_flag(context, "json")) {
        write_line(received);
    } else {
        tell(received);
    }
    (void)fflush(stdout);
}

/* --- Words -------------------------------------------------------------------- */

static const char *read_fetch(const struct cli_given *given)
{
    const char *token = options_value(given, "api-token");

    if (!options_flag(given, "fetch")) {
        return NULL;
    }
    if (token == NULL) {
        return "--fetch needs --api-token (or $TILLWIRE_TOKEN)";
    }
    return pos_token_problem(token) != NULL ? pos_token_problem(token)
                                            : pos_api_problem(options_value(given, "api"));
}

static const char *read_words(const struct cli_given *given, struct receiver_options *options)
{
    const char *forward = options_value(given, "forward");
    uint64_t port;

    if (slice_to_unsigned(slice_of(options_value(given, "port")), UINT16_MAX, &port) != FAIL_NONE) {
        return "--port must be a number from 0 to 65535";
    }
    options->port = (uint16_t)port;
    options->host = options_value(given, "host");
    if (signature_token_read(slice_of(options_value(given, "token")), options->secret) !=
        FAIL_NONE) {
        return "--token must be the verifier token of the webhook, 44 characters of base64: "
               "'tillwire admin webhook set' or 'rotate' has printed it";
    }
    if (forward != NULL && !slice_starts_with(slice_of(forward), "http://") &&
        !slice_starts_with(slice_of(forward), "https://")) {
        return "--forward must start with http:// or https://";
    }
    options->forward = forward;
    return read_fetch(given);
}

/* The CA file stands in for the system's authorities of whichever is https. */
static bool find_trust(const struct cli_given *given, struct receiver_options *options,
                       struct pos_client *client)
{
    const char *api = options_value(given, "api");
    const char *forward = options->forward;
    const char *ca_file;
    bool fetches = options_flag(given, "fetch");
    bool is_for_api = fetches && slice_starts_with(slice_of(api), "https://");

    if (!pos_find_ca_file(given, is_for_api || forward == NULL ? api : forward, &ca_file)) {
        return false;
    }
    options->ca_file = ca_file;
    if (fetches) {
        pos_client_init(client, api, options_value(given, "api-token"), ca_file);
        options->client = client;
    }
    return true;
}

/* net/listen names the option that a server has for both. */
static int refuse_address(const struct cli_given *given, const char *problem)
{
    static const char WORD[] = "--listen";
    const char *at = strstr(problem, WORD);
    char sentence[RECEIVER_PROBLEM_SIZE + 16];

    if (at == NULL) {
        return pos_refuse(given, "not_listening", CLI_REFUSED, problem);
    }
    (void)text_format(sentence, sizeof(sentence), "%.*s--host and --port%s", (int)(at - problem),
                      problem, at + sizeof(WORD) - 1);
    return pos_refuse(given, "not_listening", CLI_REFUSED, sentence);
}

static int run(const struct cli_given *given)
{
    struct receiver_options options = {.on_ready = on_ready, .on_received = on_received};
    struct cli_given context = *given; /* it is lent as what can be changed */
    const char *wrong = read_words(given, &options);
    char problem[RECEIVER_PROBLEM_SIZE];
    struct pos_client client;
    int code = CLI_DONE;

    if (wrong != NULL) {
        code = output_usage(given->command, wrong);
    } else if (!find_trust(given, &options, &client)) {
        code = CLI_USAGE;
    } else {
        options.context = &context;
        if (receiver_run(&options, problem) != FAIL_NONE) {
            code = refuse_address(given, problem);
        }
    }
    secret_wipe(options.secret, sizeof(options.secret));
    return code;
}

static const struct cli_command COMMANDS[] = {
    {.path = "pos listen",
     .summary = "Receive webhooks, verify and print them",
     .text = "Takes POST requests on any path, by plain HTTP. What is signed with the verifier\n"
             "token and not older than 5 minutes is answered 200 and printed, a webhook-id that\n"
             "came before is called so; everything else is answered 401 and not passed on. With\n"
             "--forward the answer is that of your own server, 502 when it gives none.\n\n"
             "Exit codes: 0 stopped; 1 it cannot listen there; 2 wrong usage.\n",
     .example = "tillwire pos listen --port 9090 --forward http://127.0.0.1:3000/webhook\n",
     CLI_OPTIONS(OPTIONS),
     .run = run},
};

const struct cli_chapter cli_pos_listen_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
