/* One line for each thing that the broker asks of terminals. */
#include "device/hub_port.h"

#include "device/hub.h"
#include "device/session.h"
#include "device/session_payment.h"

static void port_ping(struct presence *presence, struct ping *ping)
{
    session_ping(LIST_ITEM(presence, struct session, presence), ping);
}

static void port_offer(struct presence *presence, struct payment_call *call)
{
    session_offer(LIST_ITEM(presence, struct session, presence), call);
}

static void port_offer_decided(struct payment_call *call, bool go)
{
    session_offer_decided(call->terminal, call, go);
}

static void port_payment_tell(struct presence *presence, const struct payment_told *told)
{
    session_payment_tell(LIST_ITEM(presence, struct session, presence), told);
}

static struct hub *hub_of(void *context, unsigned loop)
{
    struct hub_table *table = context;

    return table->by_loop[loop];
}

static void port_api_mode(void *context, unsigned loop, int64_t business, bool on)
{
    hub_api_mode(hub_of(context, loop), business, on);
}

static void port_device_removed(void *context, unsigned loop, int64_t business, int64_t device)
{
    hub_device_removed(hub_of(context, loop), business, device);
}

static void port_device_revoked(void *context, unsigned loop, int64_t business, int64_t device)
{
    hub_device_revoked(hub_of(context, loop), business, device);
}

static void port_device_moved(void *context, unsigned loop, int64_t business, int64_t device)
{
    hub_device_moved(hub_of(context, loop), business, device);
}

static void port_device_replaced(void *context, unsigned loop,
                                 const struct broker_replacement *replacement)
{
    hub_device_replaced(hub_of(context, loop), replacement);
}

static void port_business_removed(void *context, unsigned loop, int64_t business)
{
    hub_business_removed(hub_of(context, loop), business);
}

static void port_user_removed(void *context, unsigned loop, int64_t business, int64_t user)
{
    hub_user_removed(hub_of(context, loop), business, user);
}

struct port hub_port(struct hub_table *table)
{
    return (struct port){.ping = port_ping,
                         .offer = port_offer,
                         .offer_decided = port_offer_decided,
                         .payment_tell = port_payment_tell,
                         .api_mode = port_api_mode,
                         .device_removed = port_device_removed,
                         .device_revoked = port_device_revoked,
                         .device_moved = port_device_moved,
                         .device_replaced = port_device_replaced,
                         .business_removed = port_business_removed,
                         .user_removed = port_user_removed,
                         .context = table};
}
