/* FOUNDATION: what net/gate.c and server/server.c are to have, until they do;
 * this file goes then. Weak, so that it is in nobody's way. */
#include "net/gate.h"
#include "server/server.h"

__attribute__((weak)) const struct gate_options GATE_USUAL = {.strangers_max = 4000,
                                                              .terminals_max = 15000,
                                                              .address_max = 1000,
                                                              .address_per_minute = 600,
                                                              .address_known_times = 20};

__attribute__((weak)) void server_operations_url(const struct server *server,
                                                 char out[LISTEN_TEXT_SIZE])
{
    server_url(server, out);
}
