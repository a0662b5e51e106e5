/* What the broker asks of others than terminals; these have theirs in
 * device/hub_port. */
#include "server/doorway.h"

#include "hook/courier.h"

static struct doorway *doorway_of(void *context)
{
    return LIST_ITEM(context, struct doorway, hubs);
}

static void port_deliveries(void *context, int64_t business)
{
    struct doorway *doorway = doorway_of(context);

    if (doorway->courier != NULL) {
        courier_wake(doorway->courier, business);
    }
}

static void port_clock(void *context)
{
    node_clock_sooner(doorway_of(context)->first);
}

struct port doorway_port(struct doorway *doorway)
{
    struct port port = hub_port(&doorway->hubs);

    port.deliveries = port_deliveries;
    port.clock = port_clock;
    return port;
}
