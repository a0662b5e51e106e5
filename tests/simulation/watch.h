/* Looks at the rows of payments after every commit: what was once there stays,
 * finals never change, attempts only grow (I6), one is open on a device (I7). */
#ifndef TESTS_SIMULATION_WATCH_H
#define TESTS_SIMULATION_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/payment.h"
#include "simulation/world.h"

struct watch_payment {
    int64_t id;
    int64_t business;
    int64_t device;
    enum payment_authority authority;
    enum payment_state state;
    enum payment_reason reason;
    uint32_t attempt;
    bool reversed;
    int64_t approved;
    int64_t amount_minor;
    char invoice[40];
    bool resolved; /* by an administrator, who says what no journal knows */
};

struct watch {
    struct world *world;
    struct watch_payment *payments; /* owned; in order of id */
    size_t count;
    size_t capacity;
    uint64_t commits; /* at the last look */
    uint64_t starts;
    size_t next; /* of a look that is under way */
};

void watch_create(struct world *world);
void watch_destroy(struct world *world);
/* Does nothing where nothing was committed since the last time. */
void watch_look(struct world *world);
void watch_resolved(struct world *world, int64_t payment);
/* No payment is open, nothing waits for a receiver, no terminal is at a sale. */
bool watch_is_quiet(struct world *world);
struct watch_payment *watch_find(struct world *world, int64_t payment);

#endif
