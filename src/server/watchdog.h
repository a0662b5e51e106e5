/* The service manager's watchdog (sd_notify(3), WatchdogSec=): it is told that
 * the program lives only as long as each loop runs what it is handed. */
#ifndef SERVER_WATCHDOG_H
#define SERVER_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/task.h"

struct watchdog;

enum { WATCHDOG_LOOPS_MAX = 64 };

/* Watches these (borrowed until watchdog_stop), from a thread of its own, where
 * the manager asked for it (notify_watchdog_ms); else there is no thread. */
MUST_CHECK enum fail watchdog_start(struct watchdog **out, struct executor *const *loops,
                                    size_t count);
/* Nothing is posted to a loop any more. Accepts NULL. */
void watchdog_stop(struct watchdog *watchdog);
/* After watchdog_stop, when the loops have run or will never run what was posted to
 * them. Accepts NULL; sets the pointer NULL. */
void watchdog_destroy(struct watchdog **watchdog);

/* One round, as the thread makes it twice in the manager's interval: tells the
 * manager, if all loops have answered the round before, and asks those again that
 * have. Returns whether they had; the first round always has. For tests. */
bool watchdog_round(struct watchdog *watchdog);

#endif
