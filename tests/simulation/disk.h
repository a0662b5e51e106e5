/* The server's disk: files in memory behind SQLite, which remember what was
 * synced. When the power fails, what was not synced is kept, lost, or torn in
 * the middle, each write by itself. */
#ifndef TESTS_SIMULATION_DISK_H
#define TESTS_SIMULATION_DISK_H

#include <stdbool.h>

#include "simulation/chance.h"

/* From now on every connection of this process goes through it; once. */
void disk_install(void);
/* An empty one for a new run, whose chances come from there. */
void disk_begin(struct chance *chance);
void disk_end(void);

/* What is stored now, to begin other runs with, and back. */
void disk_remember(void);
void disk_recall(void);

/* After so many more writes and syncs the power fails; 0: at the next one. */
void disk_arm(unsigned calls);
void disk_disarm(void);
/* After so many more of them one fails, and all after it, while the power stays. */
void disk_arm_error(unsigned calls);
/* Writes that would make a file larger fail. */
void disk_set_full(bool full);
bool disk_is_full(void);

/* Now; nothing is read or written any more until disk_power_on. */
void disk_power_off(void);
void disk_power_on(void);
/* The power has failed, or a call has. */
bool disk_has_failed(void);

#endif
