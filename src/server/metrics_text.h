/* The text format 0.0.4 of Prometheus: lines of HELP, TYPE and samples. */
#ifndef SERVER_METRICS_TEXT_H
#define SERVER_METRICS_TEXT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/metric.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Once before the samples of a name. */
void metrics_text_name(struct buf *out, const char *name, enum metric_type type, const char *help);

/* One label at most; `label` NULL: none. */
struct metric_label {
    const char *label;
    const char *value;
};
void metrics_text_unsigned(struct buf *out, const char *name, struct metric_label label,
                           uint64_t value);
void metrics_text_signed(struct buf *out, const char *name, struct metric_label label,
                         int64_t value);
/* Milliseconds, written as seconds. */
void metrics_text_ms(struct buf *out, const char *name, struct metric_label label, int64_t ms);
/* The samples _bucket, _sum and _count, in seconds. */
void metrics_text_histogram(struct buf *out, const char *name, const struct histogram *histogram);

#endif
