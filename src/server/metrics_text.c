/* Numbers are written from integers, exactly; floating point is not needed. */
#include "server/metrics_text.h"

#include <inttypes.h>
#include <stddef.h>

enum { MS_PER_SECOND = 1000, US_PER_SECOND = 1000000, NUMBER_SIZE = 48 };

static const char *const TYPES[] = {"counter", "gauge", "histogram"};

/* A backslash and a line feed are escaped, in a label's value also the quote. */
static void put_escaped(struct buf *out, const char *text, bool quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || (quote && *text == '"')) {
            buf_byte(out, '\\');
            buf_byte(out, *text);
        } else if (*text == '\n') {
            buf_text(out, "\\n");
        } else {
            buf_byte(out, *text);
        }
    }
}

void metrics_text_name(struct buf *out, const char *name, enum metric_type type, const char *help)
{
    buf_format(out, "# HELP %s ", name);
    put_escaped(out, help, false);
    buf_format(out, "\n# TYPE %s %s\n", name, TYPES[type]);
}

static void put_start(struct buf *out, const char *name, struct metric_label label)
{
    buf_text(out, name);
    if (label.label != NULL) {
        buf_format(out, "{%s=\"", label.label);
        put_escaped(out, label.value, true);
        buf_text(out, "\"}");
    }
    buf_byte(out, ' ');
}

void metrics_text_unsigned(struct buf *out, const char *name, struct metric_label label,
                           uint64_t value)
{
    put_start(out, name, label);
    buf_unsigned(out, value);
    buf_byte(out, '\n');
}

void metrics_text_signed(struct buf *out, const char *name, struct metric_label label,
                         int64_t value)
{
    put_start(out, name, label);
    buf_signed(out, value);
    buf_byte(out, '\n');
}

void metrics_text_ms(struct buf *out, const char *name, struct metric_label label, int64_t ms)
{
    uint64_t size = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;

    put_start(out, name, label);
    buf_format(out, "%s%" PRIu64 ".%03" PRIu64 "\n", ms < 0 ? "-" : "", size / MS_PER_SECOND,
               size % MS_PER_SECOND);
}

/* "0.00025": without zeros at the end. */
static void seconds_text(uint64_t us, char out[NUMBER_SIZE])
{
    size_t length;

    (void)text_format(out, NUMBER_SIZE, "%" PRIu64 ".%06" PRIu64, us / US_PER_SECOND,
                      us % US_PER_SECOND);
    length = slice_of(out).length;
    while (out[length - 1] == '0') {
        length--;
    }
    if (out[length - 1] == '.') {
        length--;
    }
    out[length] = '\0';
}

/* Each bucket holds those before it, and `_count` is the last, so that the
 * lines agree although counting goes on meanwhile. */
void metrics_text_histogram(struct buf *out, const char *name, const struct histogram *histogram)
{
    uint64_t count = 0;
    char number[NUMBER_SIZE];
    size_t i;

    for (i = 0; i < HISTOGRAM_BOUNDS; i++) {
        count += counter_read(&histogram->within[i]);
        seconds_text((uint64_t)HISTOGRAM_BOUND_US[i], number);
        buf_format(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, number, count);
    }
    count += counter_read(&histogram->within[HISTOGRAM_BOUNDS]);
    seconds_text(counter_read(&histogram->sum_us), number);
    buf_format(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    buf_format(out, "%s_sum %s\n", name, number);
    buf_format(out, "%s_count %" PRIu64 "\n", name, count);
}
