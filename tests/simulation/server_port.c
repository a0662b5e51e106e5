/* What the broker asks of the courier and of the clock; device/hub_port has the
 * rest. */
#include "hook/courier.h"
#include "simulation/server_part.h"

static struct server *server_of(void *context)
{
    return LIST_ITEM(context, struct server, hubs);
}

static void port_deliveries(void *context, int64_t business)
{
    courier_wake(server_of(context)->courier, business);
}

static void port_clock(void *context)
{
    server_of(context)->clock_is_sooner = true;
}

struct port server_port(struct server *server)
{
    struct port port = hub_port(&server->hubs);

    port.deliveries = port_deliveries;
    port.clock = port_clock;
    return port;
}
