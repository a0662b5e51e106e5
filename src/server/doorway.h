/* How the broker reaches what stands above it: its port, filled in with the
 * hubs of the nodes, the courier, and the timer of the payments' time limits. */
#ifndef SERVER_DOORWAY_H
#define SERVER_DOORWAY_H

#include "broker/port.h"
#include "device/hub_port.h"
#include "server/node.h"

struct courier;

/* What the port works on; it stays where it is. */
struct doorway {
    struct hub_table hubs;   /* of the nodes */
    struct node *first;      /* borrowed; it has the clock */
    struct courier *courier; /* borrowed; NULL until there is one */
};

/* `doorway` is borrowed and stays. */
struct port doorway_port(struct doorway *doorway);

#endif
