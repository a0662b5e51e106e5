/* What a configuration speaks of, looked at before anything is touched: a
 * mistake is told at a desk, not by a shop whose terminals stay dark. */
#include "server/config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/process.h"

enum { SENTENCE_SIZE = 8192, DATE_LENGTH = 10, OTHERS = 07 };

static const int64_t DAY_MS = 24LL * 60 * 60 * 1000;

struct checking {
    struct config *config;
    const struct config_source *source;
};

__attribute__((format(printf, 4, 5))) static void say(struct checking *checking, bool is_problem,
                                                      const char *option, const char *format, ...)
{
    const struct config_source *source = checking->source;
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    (is_problem ? source->problem : source->warning)(source->context, option, sentence);
}

#define PROBLEM(checking, ...) say((checking), true, __VA_ARGS__)
#define WARNING(checking, ...) say((checking), false, __VA_ARGS__)

/* --- Addresses --------------------------------------------------------------------- */

enum reach { REACH_THIS_MACHINE, REACH_OTHERS, REACH_NOWHERE };

static bool is_loopback(const struct sockaddr *socket_address)
{
    char host[NI_MAXHOST];
    struct address address;
    socklen_t length = socket_address->sa_family == AF_INET ? (socklen_t)sizeof(struct sockaddr_in)
                                                            : sizeof(struct sockaddr_in6);

    return getnameinfo(socket_address, length, host, sizeof(host), NULL, 0, NI_NUMERICHOST) == 0 &&
           address_read(slice_of(host), &address) && address_is_loopback(&address);
}

/* Who can reach a server that listens on the host. */
static enum reach reach_of(const char *host)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    struct addrinfo *one;
    enum reach reach = REACH_THIS_MACHINE;

    if (host[0] == '\0') {
        return REACH_OTHERS;
    }
    if (getaddrinfo(host, NULL, &hints, &found) != 0) {
        return REACH_NOWHERE;
    }
    for (one = found; one != NULL; one = one->ai_next) {
        reach = is_loopback(one->ai_addr) ? reach : REACH_OTHERS;
    }
    freeaddrinfo(found);
    return reach;
}

static void check_listen(struct checking *checking)
{
    const struct server_options *server = &checking->config->server;
    const char *host = server->address.host;
    bool secure = server->tls_certificate_file != NULL;
    enum reach reach;

    if (!checking->config->listens) {
        return;
    }
    reach = reach_of(host);
    if (reach == REACH_NOWHERE) {
        PROBLEM(checking, "listen", "nobody knows an address of '%s': give the address itself",
                host);
    } else if (reach == REACH_OTHERS && !secure && !checking->config->plain) {
        PROBLEM(checking, "listen",
                "%s can be reached from other machines, and without TLS whoever is on the way can "
                "read and change everything: give --tls-cert and --tls-key, or say --plain where "
                "a proxy in front does TLS",
                host[0] == '\0' ? "every address" : host);
    }
    if (reach == REACH_OTHERS && secure && server->trusted_count > 0) {
        WARNING(checking, "trust-proxy",
                "TLS ends here, so a proxy in front must encrypt again: leave this out if there "
                "is none, for whoever has such an address can pretend to be anybody");
    }
}

static void check_operations(struct checking *checking)
{
    const char *host = checking->config->server.operations.host;

    if (!checking->config->server.has_operations) {
        return;
    }
    switch (reach_of(host)) {
    case REACH_NOWHERE:
        PROBLEM(checking, "operations-listen",
                "nobody knows an address of '%s': give the address itself", host);
        return;
    case REACH_OTHERS:
        WARNING(checking, "operations-listen",
                "%s can be reached from other machines, without TLS and by anybody: see to it "
                "that only your monitoring can",
                host);
        return;
    case REACH_THIS_MACHINE:
        return;
    }
}

/* --- TLS --------------------------------------------------------------------------- */

static void date_text(int64_t moment_ms, char out[CLOCK_UTC_SIZE])
{
    clock_utc_text(moment_ms, out);
    out[DATE_LENGTH] = '\0';
}

static void check_certificate(struct checking *checking)
{
    struct config *config = checking->config;
    uint8_t ticket_key[TLS_TICKET_KEY_SIZE];
    struct tls_server_options options = {.certificate_file = config->server.tls_certificate_file,
                                         .key_file = config->server.tls_key_file,
                                         .ticket_key = ticket_key};
    char problem[TLS_PROBLEM_SIZE];
    char date[CLOCK_UTC_SIZE];
    struct tls_server *server = NULL;
    int64_t left_ms;

    if (options.certificate_file == NULL) {
        return;
    }
    id_random(ticket_key, sizeof(ticket_key)); /* it makes no tickets */
    if (tls_server_create(&server, &options, problem) != FAIL_NONE) {
        PROBLEM(checking, "tls-cert", "%s", problem);
        return;
    }
    tls_server_certificate(server, &config->certificate);
    tls_server_destroy(&server);
    left_ms = config->certificate.not_after_ms - clock_wall_ms();
    if (left_ms < CONFIG_CERTIFICATE_DAYS * DAY_MS) {
        date_text(config->certificate.not_after_ms, date);
        WARNING(checking, "tls-cert",
                "the certificate of %s ends on %s, in %lld days: renew it, and send SIGHUP",
                config->certificate.subject, date, (long long)(left_ms / DAY_MS));
    }
}

/* --- The data directory ------------------------------------------------------------ */

/* Root may have made or copied them. A socket is made anew at each start. */
static void check_rights(struct checking *checking)
{
    char path[DATA_PATH_SIZE];
    size_t i;

    for (i = 0; i < DATA_ENTRIES; i++) {
        if (DATA_ENTRY[i].kind != DATA_SOCKET &&
            data_path(checking->config->data, DATA_ENTRY[i].name, path) == FAIL_NONE &&
            faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0 && errno == EACCES) {
            PROBLEM(checking, "data",
                    "this user (number %u) may not read and write %s: give it to that user "
                    "(chown, chmod 600)",
                    (unsigned)geteuid(), path);
        }
    }
}

static void check_demo(struct checking *checking)
{
    const char *data = checking->config->data;
    char path[DATA_PATH_SIZE];

    if (data_path(data, "dev.json", path) == FAIL_NONE && access(path, F_OK) == 0) {
        WARNING(checking, "data",
                "%s was made by 'tillwire dev': its demo business and the token of it are still "
                "in it, remove them",
                data);
    }
}

static void check_data(struct checking *checking)
{
    const char *data = checking->config->data;
    struct stat status;

    if (data == NULL) {
        return;
    }
    if (stat(data, &status) != 0) {
        if (errno == ENOENT) {
            PROBLEM(checking, "data",
                    "the directory %s is not there: make it, for this user alone (mkdir -m 700)",
                    data);
        } else {
            PROBLEM(checking, "data", "the directory %s cannot be looked at: %s", data,
                    strerror(errno));
        }
    } else if (!S_ISDIR(status.st_mode)) {
        PROBLEM(checking, "data", "%s is no directory", data);
    } else if (faccessat(AT_FDCWD, data, R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        PROBLEM(checking, "data",
                "this user (number %u) may not write in %s: give it to that user (chown), or "
                "choose another directory",
                (unsigned)geteuid(), data);
    } else if ((status.st_mode & OTHERS) != 0) {
        PROBLEM(checking, "data", "everybody may look into %s: forbid it (chmod o-rwx %s)", data,
                data);
    } else {
        check_rights(checking);
        check_demo(checking);
    }
}

/* --- Open files -------------------------------------------------------------------- */

size_t config_files_needed(const struct gate_options *gate)
{
    return gate->terminals_max + gate->strangers_max + CONFIG_RESERVED_FILES;
}

static void check_files(struct checking *checking)
{
    struct config *config = checking->config;
    size_t needed = config_files_needed(&config->server.gate);

    if (process_descriptors(needed, &config->files_allowed) == FAIL_NONE) {
        return;
    }
    PROBLEM(checking, "terminals-max",
            "%zu terminals and %zu other connections need %zu open files, and this process may "
            "have %zu: raise that (LimitNOFILE=%zu in the service's unit, ulimit -n %zu in a "
            "shell), or lower --terminals-max or --connections-max",
            config->server.gate.terminals_max, config->server.gate.strangers_max, needed,
            config->files_allowed, needed, needed);
}

void config_check(struct config *config, const struct config_source *source)
{
    struct checking checking = {.config = config, .source = source};

    check_listen(&checking);
    check_operations(&checking);
    check_certificate(&checking);
    check_data(&checking);
    check_files(&checking);
}

/* --- For people -------------------------------------------------------------------- */

static void describe_address(const struct listen_address *address, struct buf *out)
{
    bool six = strchr(address->host, ':') != NULL;

    if (address->host[0] == '\0') {
        buf_text(out, "every address");
    } else {
        buf_format(out, "%s%s%s", six ? "[" : "", address->host, six ? "]" : "");
    }
    if (address->port == 0) {
        buf_text(out, ", any free port");
    } else {
        buf_format(out, ", port %u", address->port);
    }
}

static void describe_listen(const struct config *config, struct buf *out)
{
    const struct server_options *server = &config->server;
    char date[CLOCK_UTC_SIZE];

    buf_text(out, "  listens on   ");
    describe_address(&server->address, out);
    if (server->tls_certificate_file != NULL) {
        date_text(config->certificate.not_after_ms, date);
        buf_format(out, ", by TLS as %s until %s\n", config->certificate.subject, date);
    } else {
        buf_text(out, ", without TLS\n");
    }
    if (server->has_operations) {
        buf_text(out, "  operations   ");
        describe_address(&server->operations, out);
        buf_text(out, ", without TLS\n");
    }
    if (server->trusted_count > 0) {
        buf_format(out, "  proxies      %zu addresses or networks may say for whom they speak\n",
                   server->trusted_count);
    }
}

static void describe_rate(const struct rate_limits *rate, struct buf *out)
{
    if (rate->concurrent == 0 && rate->minute == 0 && rate->hour == 0) {
        buf_text(out, "  rate limits  none\n");
        return;
    }
    buf_format(out, "  rate limits  of a business: %u calls at once, %u a minute, %u an hour%s\n",
               rate->concurrent, rate->minute, rate->hour,
               rate->concurrent == 0 || rate->minute == 0 || rate->hour == 0 ? " (0: no limit)"
                                                                             : "");
}

void config_describe(const struct config *config, struct buf *out)
{
    const struct gate_options *gate = &config->server.gate;

    describe_listen(config, out);
    buf_format(out, "  data         %s%s\n", config->data,
               data_exists(config->data) ? "" : ": empty, the first start makes a database");
    buf_format(out, "  terminals    at most %zu, and %zu other connections\n", gate->terminals_max,
               gate->strangers_max);
    buf_format(out, "  open files   %zu are needed at most, %zu are allowed\n",
               config_files_needed(gate), config->files_allowed);
    describe_rate(&config->server.rate, out);
}
