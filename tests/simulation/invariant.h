/* What must hold when all is quiet: the journals of tills, terminals and
 * receivers beside the server's rows (I1 to I5, I8, I12). */
#ifndef TESTS_SIMULATION_INVARIANT_H
#define TESTS_SIMULATION_INVARIANT_H

#include "simulation/world.h"

void invariants_check(struct world *world);
/* Of those: what tells of events and deliveries. */
void invariants_check_deliveries(struct world *world);

#endif
