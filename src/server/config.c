/* Texts into numbers, addresses and lists, and what contradicts in them. */
#include "server/config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wire/url.h"

enum { SENTENCE_SIZE = 1024, SHOWN_MAX = 60, SECOND_MS = 1000, RATE_WORDS = 3 };

static const int64_t DAY_MS = 24LL * 60 * 60 * 1000;

struct reading {
    struct config *config;
    const struct config_source *source;
};

__attribute__((format(printf, 3, 4))) static void
refuse(struct reading *reading, const char *option, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    reading->source->problem(reading->source->context, option, sentence);
}

static const char *text_of(const struct reading *reading, const char *option)
{
    return reading->source->value(reading->source->context, option);
}

static bool flag_of(const struct reading *reading, const char *option)
{
    const char *text = text_of(reading, option);

    return text != NULL && strcmp(text, "true") == 0;
}

/* --- Numbers ----------------------------------------------------------------------- */

enum number_place {
    NUMBER_TERMINALS,
    NUMBER_CONNECTIONS,
    NUMBER_OF_ADDRESS,
    NUMBER_PER_MINUTE,
    NUMBER_HEARTBEAT,
    NUMBER_ANSWER,
    NUMBER_HALF_OPEN,
    NUMBER_DRAIN,
    NUMBER_CREDENTIAL,
    NUMBER_COUNT,
};

static const struct {
    const char *option;
    uint32_t minimum;
    uint32_t maximum;
    const char *unit;
} NUMBERS[NUMBER_COUNT] = {
    [NUMBER_TERMINALS] = {"terminals-max", 1, 1000000, ""},
    [NUMBER_CONNECTIONS] = {"connections-max", 1, 1000000, ""},
    [NUMBER_OF_ADDRESS] = {"connections-per-address", 1, 1000000, ""},
    [NUMBER_PER_MINUTE] = {"new-connections-per-minute", 1, 1000000, ""},
    [NUMBER_HEARTBEAT] = {"heartbeat", 1, 3600, " seconds"},
    [NUMBER_ANSWER] = {"heartbeat-answer", 1, 600, " seconds"},
    [NUMBER_HALF_OPEN] = {"half-open", 0, 3600, " seconds"},
    [NUMBER_DRAIN] = {"drain", 0, 600, " seconds"},
    [NUMBER_CREDENTIAL] = {"credential-days", 0, 36500, " days"},
};

static void read_number(struct reading *reading, enum number_place place, uint64_t *out)
{
    const char *option = NUMBERS[place].option;
    const char *text = text_of(reading, option);
    uint64_t number = 0;

    *out = NUMBERS[place].minimum;
    if (text == NULL || slice_to_unsigned(slice_of(text), NUMBERS[place].maximum, &number) != 0 ||
        number < NUMBERS[place].minimum) {
        refuse(reading, option, "it must be a whole number from %u to %u%s, not '%.*s'",
               NUMBERS[place].minimum, NUMBERS[place].maximum, NUMBERS[place].unit, SHOWN_MAX,
               text == NULL ? "" : text);
        return;
    }
    *out = number;
}

static void read_numbers(struct reading *reading)
{
    struct server_options *server = &reading->config->server;
    uint64_t numbers[NUMBER_COUNT];
    unsigned i;

    for (i = 0; i < NUMBER_COUNT; i++) {
        read_number(reading, (enum number_place)i, &numbers[i]);
    }
    server->gate = GATE_USUAL;
    server->gate.terminals_max = numbers[NUMBER_TERMINALS];
    server->gate.strangers_max = numbers[NUMBER_CONNECTIONS];
    server->gate.address_max = numbers[NUMBER_OF_ADDRESS];
    server->gate.address_per_minute = (unsigned)numbers[NUMBER_PER_MINUTE];
    server->hub.heartbeat_ms = (int64_t)numbers[NUMBER_HEARTBEAT] * SECOND_MS;
    server->hub.silence_ms = (int64_t)numbers[NUMBER_ANSWER] * SECOND_MS;
    server->hub.half_open_s = (unsigned)numbers[NUMBER_HALF_OPEN];
    server->drain_ms = (int64_t)numbers[NUMBER_DRAIN] * SECOND_MS;
    server->credential_life_ms = (int64_t)numbers[NUMBER_CREDENTIAL] * DAY_MS;
}

/* "100,6000,100000", or "off". */
static void read_rate(struct reading *reading)
{
    static const char OPTION[] = "rate-limits";
    const char *text = text_of(reading, OPTION);
    struct rate_limits *rate = &reading->config->server.rate;
    uint32_t *parts[RATE_WORDS] = {&rate->concurrent, &rate->minute, &rate->hour};
    struct slice rest = slice_of(text == NULL ? "" : text);
    struct slice part;
    uint64_t number = 0;
    unsigned count = 0;
    bool good = true;

    *rate = RATE_OFF;
    if (slice_is(rest, "off")) {
        return;
    }
    while (good && slice_next_part(&rest, ',', &part)) {
        good = count < RATE_WORDS &&
               slice_to_unsigned(slice_trim(part), UINT32_MAX, &number) == FAIL_NONE;
        if (good) {
            *parts[count++] = (uint32_t)number;
        }
    }
    if (!good || count != RATE_WORDS) {
        refuse(reading, OPTION,
               "it must be off, or three numbers for calls at once, a minute and an hour, like "
               "100,6000,100000 (0: no limit of that kind), not '%.*s'",
               SHOWN_MAX, text == NULL ? "" : text);
    }
}

/* --- Addresses --------------------------------------------------------------------- */

/* False when there is none, or it is not good. */
static bool read_listen(struct reading *reading, const char *option, struct listen_address *out)
{
    const char *text = text_of(reading, option);
    const char *problem = NULL;

    if (text == NULL) {
        return false;
    }
    if (url_listen_read(slice_of(text), out->host, &out->port, &problem) != FAIL_NONE) {
        refuse(reading, option, "%s, not '%.*s'", problem, SHOWN_MAX, text);
        return false;
    }
    return true;
}

static bool is_every_address(const char *host)
{
    return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static void read_addresses(struct reading *reading)
{
    struct server_options *server = &reading->config->server;
    const struct listen_address *address = &server->address;
    struct listen_address *operations = &server->operations;

    reading->config->listens = read_listen(reading, "listen", &server->address);
    server->expose = true; /* config_check has its own word about that */
    server->has_operations = read_listen(reading, "operations-listen", operations);
    if (server->has_operations && operations->host[0] == '\0') {
        (void)text_format(operations->host, sizeof(operations->host), "127.0.0.1");
    }
    if (reading->config->listens && server->has_operations && operations->port == address->port &&
        address->port != 0 &&
        (is_every_address(address->host) || is_every_address(operations->host) ||
         strcmp(address->host, operations->host) == 0)) {
        refuse(reading, "operations-listen",
               "it is the same address as that of --listen: choose another port, or leave it out "
               "(then both are answered there)");
    }
}

/* --- Lists ------------------------------------------------------------------------- */

static void read_trusted(struct reading *reading)
{
    static const char OPTION[] = "trust-proxy";
    struct config *config = reading->config;
    const char *text = text_of(reading, OPTION);
    struct slice rest = slice_of(text == NULL ? "" : text);
    struct slice part;

    config->server.trusted = config->trusted;
    while (text != NULL && slice_next_part(&rest, ',', &part)) {
        part = slice_trim(part);
        if (config->server.trusted_count == CONFIG_TRUSTED_MAX) {
            refuse(reading, OPTION, "there are more than %d addresses: name networks instead",
                   CONFIG_TRUSTED_MAX);
            return;
        }
        if (!address_range_read(part, &config->trusted[config->server.trusted_count])) {
            refuse(reading, OPTION,
                   "'%.*s' is no address like 192.0.2.1 and no network like 192.0.2.0/24",
                   part.length > SHOWN_MAX ? SHOWN_MAX : (int)part.length, part.bytes);
            continue;
        }
        config->server.trusted_count++;
    }
}

/* The text of an Origin header for it (RFC 6454, 6.2); NULL, or what is wrong. */
static const char *origin_read(struct slice text, char out[CONFIG_ORIGIN_SIZE])
{
    char authority[URL_HOST_SIZE + 8];
    const char *problem = NULL;
    struct url url;

    if (!slice_starts_with(text, "http://") && !slice_starts_with(text, "https://")) {
        return "an origin starts with http:// or https://";
    }
    if (url_read(text, &url, &problem) != FAIL_NONE) {
        return problem;
    }
    if (url.path[0] != '\0') {
        return "an origin has no path: only the scheme, the host and the port";
    }
    url_authority(&url, authority);
    (void)text_format(out, CONFIG_ORIGIN_SIZE, "%s://%s", url.secure ? "https" : "http", authority);
    return NULL;
}

static void read_origins(struct reading *reading)
{
    static const char OPTION[] = "origin";
    struct config *config = reading->config;
    const char *text = text_of(reading, OPTION);
    struct slice rest = slice_of(text == NULL ? "" : text);
    struct slice part;

    config->server.origins = config->origins;
    while (text != NULL && slice_next_part(&rest, ',', &part)) {
        size_t count = config->server.origin_count;
        const char *problem;

        if (count == CONFIG_ORIGINS_MAX) {
            refuse(reading, OPTION, "there are more than %d origins", CONFIG_ORIGINS_MAX);
            return;
        }
        part = slice_trim(part);
        problem = origin_read(part, config->origin_texts[count]);
        if (problem != NULL) {
            refuse(reading, OPTION, "%s, not '%.*s'", problem,
                   part.length > SHOWN_MAX ? SHOWN_MAX : (int)part.length, part.bytes);
            continue;
        }
        config->origins[count] = config->origin_texts[count];
        config->server.origin_count++;
    }
}

/* --- The whole ---------------------------------------------------------------------- */

static void read_tls(struct reading *reading)
{
    struct config *config = reading->config;
    const char *certificate = text_of(reading, "tls-cert");
    const char *key = text_of(reading, "tls-key");

    config->plain = flag_of(reading, "plain");
    if (certificate != NULL && key != NULL) {
        config->server.tls_certificate_file = certificate;
        config->server.tls_key_file = key;
    }
    if (certificate != NULL && key == NULL) {
        refuse(reading, "tls-cert", "it needs --tls-key, the file with the certificate's key");
    }
    if (key != NULL && certificate == NULL) {
        refuse(reading, "tls-key", "it needs --tls-cert, the file with the key's certificate");
    }
    if (config->plain && (certificate != NULL || key != NULL)) {
        refuse(reading, "plain", "it contradicts --tls-%s: a listener is TLS or plain",
               certificate != NULL ? "cert" : "key");
    }
}

static void read_data(struct reading *reading)
{
    const char *text = text_of(reading, "data");

    if (text == NULL) {
        return; /* whoever has the texts says that it is required */
    }
    if (text[0] == '\0') {
        refuse(reading, "data", "it must name a directory");
    } else if (strlen(text) > DATA_PATH_SIZE / 2) {
        refuse(reading, "data", "the name of the directory is too long");
    } else {
        reading->config->data = text;
    }
}

void config_read(struct config *out, const struct config_source *source)
{
    struct reading reading = {.config = out, .source = source};

    *out = (struct config){.plain = false};
    read_data(&reading);
    read_addresses(&reading);
    read_tls(&reading);
    read_trusted(&reading);
    read_origins(&reading);
    read_numbers(&reading);
    read_rate(&reading);
}
