/* What is counted while the program runs, for GET /metrics.
 *
 * A counter stands, as a global, in the room that counts; what it is called
 * and what it means stands in one table, server/metrics.c. From any thread. */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdatomic.h>
#include <stdint.h>

struct counter {
    atomic_uint_fast64_t count;
};

static inline void counter_add(struct counter *counter, uint64_t more)
{
    (void)atomic_fetch_add_explicit(&counter->count, more, memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&counter->count, memory_order_relaxed);
}

/* How long things took: how many took at most each of the bounds. */
enum { HISTOGRAM_BOUNDS = 16 };
extern const int64_t HISTOGRAM_BOUND_US[HISTOGRAM_BOUNDS]; /* ascending */

struct histogram {
    struct counter within[HISTOGRAM_BOUNDS + 1]; /* each between two bounds; the last above all */
    struct counter sum_us;
};
/* `took_us` microseconds; a negative number counts as 0. */
void histogram_observe(struct histogram *histogram, int64_t took_us);

#endif
