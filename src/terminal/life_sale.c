/* Where a life and its payment meet: what happens to the one, as far as the
 * other must know it, and the effects of both in one list. */
#include <assert.h>

#include "terminal/life_part.h"

void life_sale(struct life *life, const struct sale_event *event, struct life_effects *effects)
{
    struct sale_effects wanted;
    size_t i;

    assert(life->state != LIFE_CLOSING && life->state != LIFE_ENDED);
    sale_step(&life->sale, event, &wanted);
    for (i = 0; i < wanted.count; i++) {
        life_add(effects, LIFE_DO_SALE)->sale = wanted.list[i];
    }
}

void life_sale_plain(struct life *life, enum sale_event_kind kind, struct life_effects *effects)
{
    life_sale(life, &(struct sale_event){.kind = kind}, effects);
}
