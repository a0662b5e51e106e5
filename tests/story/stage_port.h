/* Of the stage: what the broker asks of the courier, which only notes that it is
 * woken, and of the clock. Included by stage.h. */
#ifndef TESTS_STORY_STAGE_PORT_H
#define TESTS_STORY_STAGE_PORT_H

#include "story/stage.h"

static inline struct stage *stage_of(void *context)
{
    return LIST_ITEM(context, struct stage, hubs);
}

static inline void stage_port_deliveries(void *context, int64_t business)
{
    struct stage *stage = stage_of(context);

    STAGE_SERVER_ENDS();
    assert_int_equal(business, stage->business);
    stage_note(stage, "the courier is woken");
    STAGE_SERVER_BEGINS();
}

/* From any thread: it is looked at when the stage settles. */
static inline void stage_clock_sooner(struct stage *stage)
{
    pthread_mutex_lock(&stage->lock);
    stage->clock_is_sooner = true;
    pthread_mutex_unlock(&stage->lock);
}

static inline void stage_port_clock(void *context)
{
    stage_clock_sooner(stage_of(context));
}

static inline void stage_clock_is_due(struct loop_timer *timer)
{
    stage_clock_sooner(LIST_ITEM(timer, struct stage, clock_timer));
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
    struct port port = hub_port(&stage->hubs);

    port.deliveries = stage_port_deliveries;
    port.clock = stage_port_clock;
    return port;
}

#endif
