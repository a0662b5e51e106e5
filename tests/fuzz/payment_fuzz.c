/* The table of payments, over events in any order.
 *
 * The first byte says who decides; each three after it are an event: its kind,
 * the number of an attempt, and who, what and how much later. Holds: all of
 * payment_properties.h. */
#include <stdio.h>
#include <stdlib.h>

#include "payment_properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void step(struct walk *walk, const uint8_t *bytes)
{
    struct walk_choice choice = {bytes[0], bytes[1], bytes[2]};
    struct payment_event event = walk_event(walk, choice);
    struct payment_step came;
    const char *broken = walk_step(walk, &event, &came);

    if (broken != NULL) {
        fprintf(stderr, "does not hold: %s\n", broken);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct walk walk;
    size_t i;

    if (size == 0) {
        return 0;
    }
    walk = walk_begin(data[0] % 2 == 0 ? AUTHORITY_SERVER : AUTHORITY_TERMINAL);
    for (i = 1; i + 3 <= size; i += 3) {
        step(&walk, data + i);
    }
    return 0;
}
