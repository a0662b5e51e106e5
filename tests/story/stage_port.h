/* Of the stage: what the broker asks of the doors, as the server fills it in;
 * the courier only notes that it is woken. Included by stage.h. */
#ifndef TESTS_STORY_STAGE_PORT_H
#define TESTS_STORY_STAGE_PORT_H

#include "device/session_payment.h"
#include "story/stage.h"

static inline void stage_port_ping(struct presence *presence, struct ping *ping)
{
    session_ping(LIST_ITEM(presence, struct session, presence), ping);
}

static inline struct hub *stage_hub_of(void *context, unsigned loop)
{
    return ((struct stage *)context)->hubs[loop];
}

static inline void stage_port_api_mode(void *context, unsigned loop, int64_t business, bool on)
{
    hub_api_mode(stage_hub_of(context, loop), business, on);
}

static inline void stage_port_device_removed(void *context, unsigned loop, int64_t business,
                                             int64_t device)
{
    hub_device_removed(stage_hub_of(context, loop), business, device);
}

static inline void stage_port_device_revoked(void *context, unsigned loop, int64_t business,
                                             int64_t device)
{
    hub_device_revoked(stage_hub_of(context, loop), business, device);
}

static inline void stage_port_device_moved(void *context, unsigned loop, int64_t business,
                                           int64_t device)
{
    hub_device_moved(stage_hub_of(context, loop), business, device);
}

static inline void stage_port_device_replaced(void *context, unsigned loop,
                                              const struct broker_replacement *replacement)
{
    hub_device_replaced(stage_hub_of(context, loop), replacement);
}

static inline void stage_port_business_removed(void *context, unsigned loop, int64_t business)
{
    hub_business_removed(stage_hub_of(context, loop), business);
}

static inline void stage_port_user_removed(void *context, unsigned loop, int64_t business,
                                           int64_t user)
{
    hub_user_removed(stage_hub_of(context, loop), business, user);
}

/* --- Payments -------------------------------------------------------------------- */

static inline void stage_port_offer(struct presence *presence, struct payment_call *call)
{
    session_offer(LIST_ITEM(presence, struct session, presence), call);
}

static inline void stage_port_offer_decided(struct payment_call *call, bool go)
{
    session_offer_decided(call->terminal, call, go);
}

static inline void stage_port_payment_tell(struct presence *presence,
                                           const struct payment_told *told)
{
    session_payment_tell(LIST_ITEM(presence, struct session, presence), told);
}

static inline void stage_port_deliveries(void *context, int64_t business)
{
    struct stage *stage = context;

    STAGE_SERVER_ENDS();
    assert_int_equal(business, stage->business);
    stage_note(stage, "the courier is woken");
    STAGE_SERVER_BEGINS();
}

/* From any thread: it is looked at when the stage settles. */
static inline void stage_port_clock(void *context)
{
    struct stage *stage = context;

    pthread_mutex_lock(&stage->lock);
    stage->clock_is_sooner = true;
    pthread_mutex_unlock(&stage->lock);
}

static inline void stage_clock_is_due(struct loop_timer *timer)
{
    stage_port_clock(LIST_ITEM(timer, struct stage, clock_timer));
}

static inline void stage_clock_run(struct stage *stage)
{
    bool now;

    pthread_mutex_lock(&stage->lock);
    now = stage->clock_is_sooner;
    stage->clock_is_sooner = false;
    pthread_mutex_unlock(&stage->lock);
    if (now && !broker_is_stopping(stage->broker)) {
        int64_t delay_ms;

        STAGE_SERVER_BEGINS();
        delay_ms = payment_clock_run(stage->broker);
        STAGE_SERVER_ENDS();
        loop_timer_cancel(stage->loops[0], &stage->clock_timer);
        WORKS(loop_timer_set(stage->loops[0], &stage->clock_timer, delay_ms, stage_clock_is_due));
    }
}

static inline struct port stage_port(struct stage *stage)
{
    return (struct port){.ping = stage_port_ping,
                         .offer = stage_port_offer,
                         .offer_decided = stage_port_offer_decided,
                         .payment_tell = stage_port_payment_tell,
                         .deliveries = stage_port_deliveries,
                         .clock = stage_port_clock,
                         .api_mode = stage_port_api_mode,
                         .device_removed = stage_port_device_removed,
                         .device_revoked = stage_port_device_revoked,
                         .device_moved = stage_port_device_moved,
                         .device_replaced = stage_port_device_replaced,
                         .business_removed = stage_port_business_removed,
                         .user_removed = stage_port_user_removed,
                         .context = stage};
}

#endif
