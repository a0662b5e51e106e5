/* struct pos_api over net/client. */
#include "cli/pos_live.h"

#include "base/clock.h"
#include "cli/interrupt.h"

static void call(void *context, const struct pos_ask *ask, struct pos_said *said)
{
    pos_call(context, ask, said);
}

static void wait_for(void *context, int64_t wait_ms)
{
    (void)context;
    interrupt_wait(wait_ms);
}

static int64_t now_ms(void *context)
{
    (void)context;
    return clock_monotonic_ms();
}

static bool is_cancel_wanted(void *context)
{
    (void)context;
    return interrupt_happened();
}

struct pos_api pos_live(struct pos_client *client)
{
    return (struct pos_api){.call = call,
                            .wait = wait_for,
                            .now_ms = now_ms,
                            .is_cancel_wanted = is_cancel_wanted,
                            .context = client};
}
