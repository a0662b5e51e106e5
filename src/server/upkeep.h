/* Backups and checks of a running server's data: on a thread of their own, so
 * that the administrator's other commands are answered meanwhile. */
#ifndef SERVER_UPKEEP_H
#define SERVER_UPKEEP_H

#include "admin/data.h"
#include "base/fail.h"
#include "base/metric.h"
#include "server/data.h"

struct upkeep;

/* Of this process since its start. */
extern struct counter upkeep_backups_made;
extern struct counter upkeep_backups_failed;
extern struct counter upkeep_troubles_found; /* by checks */

/* For the data in `directory`, whose lock the caller owns as long as it lives. */
MUST_CHECK enum fail upkeep_create(struct upkeep **out, const char *directory);
/* Tells what is under way to stop, and returns at once. */
void upkeep_stop(struct upkeep *upkeep);
/* Stops what is under way, which then leaves nothing behind, and waits for it: about
 * as long as the disk takes for one megabyte. Accepts NULL; sets the pointer NULL. */
void upkeep_destroy(struct upkeep **upkeep);

/* For struct admin; borrowed from the upkeep. */
const struct admin_upkeep *upkeep_port(const struct upkeep *upkeep);

#endif
