/* Histograms: the bounds are the same for all, from 100 us to 10 s. */
#include "base/metric.h"

const int64_t HISTOGRAM_BOUND_US[HISTOGRAM_BOUNDS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

void histogram_observe(struct histogram *histogram, int64_t took_us)
{
    unsigned i = 0;

    if (took_us < 0) {
        took_us = 0;
    }
    while (i < HISTOGRAM_BOUNDS && took_us > HISTOGRAM_BOUND_US[i]) {
        i++;
    }
    counter_add(&histogram->within[i], 1);
    counter_add(&histogram->sum_us, (uint64_t)took_us);
}
