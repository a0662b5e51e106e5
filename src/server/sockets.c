/* Opening them, and handing them on. */
#include "server/sockets.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

void sockets_init(struct sockets *sockets)
{
    *sockets = (struct sockets){.operations = -1};
}

void sockets_close(struct sockets *sockets)
{
    while (sockets->count > 0) {
        (void)close(sockets_take(sockets));
    }
    if (sockets->operations >= 0) {
        (void)close(sockets_take_operations(sockets));
    }
}

enum fail sockets_open(struct sockets *sockets, const struct server_options *options,
                       unsigned loops, char problem[SERVER_PROBLEM_SIZE])
{
    const char *host = options->address.host;
    enum fail fail;

    sockets->address = options->address;
    sockets->operations_address = options->operations;
    fail = listen_open(&sockets->address, loops, sockets->descriptors, problem);
    if (fail != FAIL_NONE) {
        return fail;
    }
    sockets->count = loops;
    if (!sockets->address.loopback && !options->expose) {
        (void)text_format(problem, SERVER_PROBLEM_SIZE,
                          "%s can be reached from other machines; say --expose if that is meant",
                          host[0] == '\0' ? "every address" : host);
        return FAIL_DENIED;
    }
    return options->has_operations
               ? listen_open(&sockets->operations_address, 1, &sockets->operations, problem)
               : FAIL_NONE;
}

int sockets_take(struct sockets *sockets)
{
    assert(sockets->count > 0);
    return sockets->descriptors[--sockets->count];
}

int sockets_take_operations(struct sockets *sockets)
{
    int descriptor = sockets->operations;

    assert(descriptor >= 0);
    sockets->operations = -1;
    return descriptor;
}

void sockets_url(const struct listen_address *address, bool secure, char out[LISTEN_TEXT_SIZE])
{
    const char *host = address->host[0] == '\0' ? "127.0.0.1" : address->host;
    bool six = strchr(host, ':') != NULL;

    (void)text_format(out, LISTEN_TEXT_SIZE, "%s://%s%s%s:%u", secure ? "https" : "http",
                      six ? "[" : "", host, six ? "]" : "", address->port);
}
