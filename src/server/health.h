/* Whether the server lives, and whether it can do its work. */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

#include "net/serve.h"
#include "server/operations.h"

/* GET /healthz: 200 "ok", from the loop that was asked. Nothing else is looked
 * at: who gets no answer here may start the program again. */
void health_serve(struct exchange *exchange);

/* GET /readyz: 200 {"ready":true,"warnings":[...]} or 503
 * {"ready":false,"problems":[...],"warnings":[...]}, in sentences for people.
 * A problem is a reason to send callers elsewhere, a warning one to look. */
void health_serve_ready(const struct operations *operations, struct exchange *exchange);

#endif
