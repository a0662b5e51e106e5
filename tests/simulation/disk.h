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

/* After so many more writes and syncs one fails, and all after it: because the
 * power does, or the disk. */
void disk_arm(unsigned calls, bool loses_power);
void disk_disarm(void);
/* Writes that would make a file larger fail. */
void disk_set_full(bool full);
bool disk_is_full(void);

/* Now; nothing is read or written any more until disk_power_on. */
void disk_power_off(void);
void disk_power_on(void);
/* The power has failed, or a call has. */
bool disk_has_failed(void);

#endif
