/* Somebody logs out on a terminal: durable before it is answered. */
#ifndef BROKER_DEPARTURE_H
#define BROKER_DEPARTURE_H

#include <stdint.h>

#include "base/fail.h"
#include "store/store.h"

struct broker;

/* The caller's from departure_new; its own between departure_start and `done`. */
struct departure {
    /* in */
    int64_t business;
    int64_t device;
    unsigned loop;
    void (*done)(struct departure *departure, enum fail fail);
    void *context; /* the caller's */
    /* of the departure */
    struct store_job job;
};

/* NULL when there is no memory. */
struct departure *departure_new(void);
/* Accepts NULL; sets the pointer NULL. */
void departure_free(struct departure **departure);
void departure_start(struct broker *broker, struct departure *departure);

#endif
