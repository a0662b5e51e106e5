/* FOUNDATION: what server/server.c is to have, until it does; this file goes
 * then. Weak, so that it is in nobody's way. */
#include "server/server.h"

__attribute__((weak)) void server_operations_url(const struct server *server,
                                                 char out[LISTEN_TEXT_SIZE])
{
    server_url(server, out);
}
