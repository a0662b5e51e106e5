/* The assembly: loops and their threads, doors, broker, the admin socket. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "net/listen.h"
#include "server/data.h"

struct server;

enum { SERVER_PROBLEM_SIZE = 512 };

struct server_options {
    struct data *data; /* borrowed: open, with threads */
    struct listen_address address;
    bool expose; /* answer under any Host name, on any address */
};

/* SIGINT and SIGTERM wait for server_wait, on this thread and all that it makes
 * from now on: call it before the first thread is made (the store makes some).
 * SIGPIPE is ignored. */
void server_signals_block(void);

/* Listens and serves from now on. On failure `problem` is a sentence for
 * people. */
MUST_CHECK enum fail server_start(struct server **out, const struct server_options *options,
                                  char problem[SERVER_PROBLEM_SIZE]);
/* "http://127.0.0.1:8080", the address that was taken. */
void server_url(const struct server *server, char out[LISTEN_TEXT_SIZE]);
/* Until SIGINT or SIGTERM. */
void server_wait(struct server *server);
/* Ends everything and frees it; the store of `data` is closed, too, because
 * its last answers are for the loops. Accepts NULL; sets the pointer NULL. */
void server_stop(struct server **server);

#endif
