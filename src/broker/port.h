/* What the broker asks of the doors above it. It includes none of them: the
 * server fills this struct in. Every function is called on the loop it names. */
#ifndef BROKER_PORT_H
#define BROKER_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct presence;
struct payment_call;
struct payment_told;
struct ping;
struct broker_replacement;

struct port {
    /* Shows the ping on the terminal, which is connected to this very loop,
     * and ends with ping_finish. */
    void (*ping)(struct presence *presence, struct ping *ping);
    /* Shows the amount on the terminal, which is connected to this very loop,
     * and ends with payment_call_shown or payment_call_missed. */
    void (*offer)(struct presence *presence, struct payment_call *call);
    /* The terminal whose session is call->terminal, on its loop: go, or withdraw.
     * The call is not the port's any more when this returns. */
    void (*offer_decided)(struct payment_call *call, bool go);
    /* Tells the terminal, which is connected to this very loop, how its payment
     * stands; where it is to be asked to cancel, asks it. */
    void (*payment_tell)(struct presence *presence, const struct payment_told *told);
    /* From any thread: this business has something new for its webhook. */
    void (*deliveries)(void *context, int64_t business);
    /* From any thread: payment_clock_run is due sooner than it was told. */
    void (*clock)(void *context);
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
