/* The one flag that writer and readers share. */
#include "store/damage.h"

#include <stddef.h>

bool damage_is_known(struct damage *damage)
{
    return atomic_load(&damage->known);
}

void damage_report(struct damage *damage, enum fail fail)
{
    if (!atomic_exchange(&damage->known, true) && damage->broken != NULL) {
        damage->broken(damage->context, fail);
    }
}
