/* Names of events and of deliveries' states. */
#include "admin/event.h"

#include <assert.h>
#include <string.h>

static const char *const NAMES[EVENT_KINDS] = {
    [EVENT_CARD_TRANSACTION] = "cardTransaction",
    [EVENT_TERMINAL_CANCEL] = "terminalCancel",
};

const char *event_name(enum event_kind kind)
{
    assert(kind < EVENT_KINDS);
    return NAMES[kind];
}

static const char *const STATES[] = {
    [DELIVERY_WAITING] = "waiting",
    [DELIVERY_DELIVERED] = "delivered",
    [DELIVERY_DEAD] = "dead",
};
enum { STATE_COUNT = sizeof(STATES) / sizeof(STATES[0]) };

const char *delivery_state_name(enum delivery_state state)
{
    assert((unsigned)state < STATE_COUNT);
    return STATES[state];
}

bool delivery_state_read(struct slice word, enum delivery_state *out)
{
    unsigned state;

    for (state = 0; state < STATE_COUNT; state++) {
        if (slice_is(word, STATES[state])) {
            *out = (enum delivery_state)state;
            return true;
        }
    }
    return false;
}

bool events_read(struct slice text, unsigned *events)
{
    unsigned found = 0;
    struct slice part;

    while (slice_next_part(&text, ',', &part)) {
        unsigned kind = 0;

        while (kind < EVENT_KINDS && !slice_is(part, NAMES[kind])) {
            kind++;
        }
        if (kind == EVENT_KINDS || (found & 1U << kind) != 0) {
            return false;
        }
        found |= 1U << kind;
    }
    *events = found == 0 ? *events : found;
    return found != 0;
}

void events_write(unsigned events, char out[EVENTS_TEXT_SIZE])
{
    size_t length = 0;
    unsigned kind;

    out[0] = '\0';
    for (kind = 0; kind < EVENT_KINDS; kind++) {
        if ((events & 1U << kind) != 0) {
            bool fits = text_format(out + length, EVENTS_TEXT_SIZE - length, "%s%s",
                                    length == 0 ? "" : ",", NAMES[kind]);

            assert(fits);
            (void)fits;
            length = strlen(out);
        }
    }
}
