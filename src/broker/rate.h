/* How many calls each business makes, over all its tokens and all loops: one
 * locked table.
 *
 * A business has an entry from its first call until it has been quiet for
 * RATE_FORGET_MS; one without limits has none. */
#ifndef BROKER_RATE_H
#define BROKER_RATE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/list.h"
#include "base/metric.h"
#include "base/table.h"
#include "core/rate.h"

/* Businesses that are remembered; of more, the one longest quiet is forgotten. */
enum { RATE_BUSINESSES_MAX = 1 << 20 };

struct rate_table {
    pthread_mutex_t lock;
    struct table businesses; /* struct rate_entry */
    struct list quiet;       /* those without a call under way, longest quiet first */
    size_t limit;
};

/* A call on its way. Zeros: none is counted. */
struct rate_entry;
struct rate_place {
    struct rate_entry *entry;
};

void rate_table_init(struct rate_table *table, size_t limit);
void rate_table_finish(struct rate_table *table);

/* A call of the business arrives. When it is admitted, `*place` is counted
 * until rate_leave. FAIL_MEMORY, FAIL_LIMIT (every entry has a call under way):
 * nobody can tell whether it may. From any thread. */
MUST_CHECK enum fail rate_enter(struct rate_table *table, int64_t business,
                                const struct rate_limits *limits, struct rate_place *place,
                                struct rate_verdict *verdict);
/* Accepts a place that is none; it is none afterwards. */
void rate_leave(struct rate_table *table, struct rate_place *place);
size_t rate_table_count(struct rate_table *table);

/* Calls that were refused. */
extern struct counter rate_refused_concurrent;
extern struct counter rate_refused_minute;
extern struct counter rate_refused_hour;

#endif
