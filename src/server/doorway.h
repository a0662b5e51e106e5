/* How the broker reaches the terminals' doors: its port, filled in with the
 * hubs of the nodes. */
#ifndef SERVER_DOORWAY_H
#define SERVER_DOORWAY_H

#include "broker/port.h"
#include "server/node.h"

/* `nodes`, one for each loop in their order, is borrowed and stays. */
struct port doorway_port(struct node *nodes);

#endif
