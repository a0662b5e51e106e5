/* What a business has waiting, read from the store a piece at a time. Private
 * to hook/. */
#ifndef HOOK_LOAD_H
#define HOOK_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "store/delivery.h"
#include "store/store.h"

struct courier;

/* Deliveries of one load: those that are on their way stand among them. */
enum { LOAD_ROWS = 16 };

struct load {
    /* in */
    void *owner; /* the endpoint; NULL: nobody uses it */
    struct store_due due;
    bool find_failing; /* the oldest at which the endpoint failed */
    int64_t probe;     /* this one, if it waits; 0: none */
    void (*done)(struct load *load, enum fail fail);
    /* out */
    bool has_webhook;
    struct webhook webhook;
    bool has_probe;
    struct delivery_row probe_row; /* what find_failing or `probe` has found */
    unsigned count;
    struct delivery_row rows[LOAD_ROWS];
    int64_t next_ms; /* when another one is due; INT64_MAX: none */
    /* of the load */
    struct store_job job;
};

/* `done` may come before this returns. */
void load_start(struct courier *courier, struct load *load);

#endif
