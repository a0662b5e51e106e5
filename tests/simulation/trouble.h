/* What goes wrong in a run: each kind at moments of its own, until all is calm. */
#ifndef TESTS_SIMULATION_TROUBLE_H
#define TESTS_SIMULATION_TROUBLE_H

#include "simulation/world.h"

void trouble_begin(struct world *world);
/* Everything is mended, and nothing breaks any more. */
void trouble_end(struct world *world);
void trouble_destroy(struct world *world);

#endif
