/* GET /metrics: everything that is counted, in the text format 0.0.4 of
 * Prometheus. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <stdbool.h>

#include "net/serve.h"
#include "server/operations.h"
#include "wire/http.h"

/* `own_listener`: it came in by the listener for operations, which the
 * administrator guards. Else only this very machine is answered, and whoever
 * else asks hears that there is no such page: also a request that a proxy
 * passed on, for then the other side's address says nothing. */
void metrics_serve(const struct operations *operations, struct exchange *exchange,
                   const struct http_head *head, bool own_listener);

#endif
