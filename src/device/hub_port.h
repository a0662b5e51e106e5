/* The broker's port, as far as the terminals of all loops answer it. */
#ifndef DEVICE_HUB_PORT_H
#define DEVICE_HUB_PORT_H

#include "broker/broker.h"
#include "broker/port.h"

struct hub;

struct hub_table {
    struct hub *by_loop[BROKER_LOOPS_MAX]; /* borrowed */
};

/* All but `deliveries` and `clock`, which are not the terminals' and stay NULL:
 * who has a courier and a clock sets them. The port's context is `table`, which
 * stays where it is; it is filled before the broker asks. */
struct port hub_port(struct hub_table *table);

#endif
