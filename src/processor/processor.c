/* The members by name, and whose the outcome is with each. */
#include "processor/processor.h"

#include <assert.h>

static const char *const NAMES[PROCESSOR_KINDS] = {
    [PROCESSOR_TEST] = "test",
    [PROCESSOR_DEVICE] = "device",
};

const char *processor_name(enum processor_kind kind)
{
    assert(kind < PROCESSOR_KINDS);
    return NAMES[kind];
}

bool processor_read(struct slice word, enum processor_kind *out)
{
    unsigned i;

    for (i = 0; i < PROCESSOR_KINDS; i++) {
        if (slice_is(word, NAMES[i])) {
            *out = (enum processor_kind)i;
            return true;
        }
    }
    return false;
}

enum payment_authority processor_authority(enum processor_kind kind)
{
    assert(kind < PROCESSOR_KINDS);
    return kind == PROCESSOR_DEVICE ? AUTHORITY_TERMINAL : AUTHORITY_SERVER;
}
