/* A moment as people write it: "2027-01-31", which is its beginning in UTC, or
 * an RFC 3339 date-time such as "2027-01-31T18:00:00Z" or
 * "2027-01-31T11:00:00-07:00". */
#ifndef ADMIN_DATE_H
#define ADMIN_DATE_H

#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"

/* Milliseconds since 1970 UTC, of years 1970 to 9999; digits past the
 * milliseconds are dropped. FAIL_INVALID for anything else, also for days that
 * no calendar has. */
MUST_CHECK enum fail date_read(struct slice text, int64_t *wall_ms);

#endif
