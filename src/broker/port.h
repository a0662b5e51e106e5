/* What the broker asks of the doors above it. It includes none of them: the
 * server fills this struct in. Every function is called on the loop it names. */
#ifndef BROKER_PORT_H
#define BROKER_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct presence;
struct ping;
struct broker_replacement;

struct port {
    /* Shows the ping on the terminal, which is connected to this very loop,
     * and ends with ping_finish. */
    void (*ping)(struct presence *presence, struct ping *ping);
    /* An administrator changed something; `context` is the port's. */
    void (*api_mode)(void *context, unsigned loop, int64_t business, bool on);
    void (*device_removed)(void *context, unsigned loop, int64_t business, int64_t device);
    /* Its credentials are retired; somebody must log in anew. */
    void (*device_revoked)(void *context, unsigned loop, int64_t business, int64_t device);
    /* It is to connect again, and is then told what has become of it. */
    void (*device_moved)(void *context, unsigned loop, int64_t business, int64_t device);
    void (*device_replaced)(void *context, unsigned loop,
                            const struct broker_replacement *replacement);
    void (*business_removed)(void *context, unsigned loop, int64_t business);
    void (*user_removed)(void *context, unsigned loop, int64_t business, int64_t user);
    void *context; /* borrowed */
};

#endif
