/* Whether the disk has betrayed us: set once, never taken back. Private to
 * store/. */
#ifndef STORE_DAMAGE_H
#define STORE_DAMAGE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/fail.h"

struct damage {
    atomic_bool known;
    void (*broken)(void *context, enum fail fail); /* may be NULL */
    void *context;                                 /* borrowed */
};

/* From the moment this returns true nothing may be acknowledged. */
bool damage_is_known(struct damage *damage);
/* Calls `broken` the first time, on the calling thread. */
void damage_report(struct damage *damage, enum fail fail);

#endif
