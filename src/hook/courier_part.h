/* What the files of the courier share. Private to hook/. */
#ifndef HOOK_COURIER_PART_H
#define HOOK_COURIER_PART_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"
#include "base/task.h"
#include "hook/courier.h"
#include "hook/load.h"

struct endpoint;

enum {
    COURIER_LOADS_MAX = 8,         /* looks into the store at once */
    COURIER_WOKEN_MAX = 256,       /* businesses that were woken and are not looked at yet */
    COURIER_SCAN_MAX = 256,        /* businesses of one look for those that wait */
    COURIER_TROUBLE_MS = 1000,     /* after a failure of ours: memory, the store */
    COURIER_SCAN_AGAIN_MS = 60000, /* while there are more endpoints than places */
};
/* No schedule and no Retry-After is longer: what is due later was written by a
 * clock that was wrong. */
#define COURIER_LATEST_MS INT64_C(108000000) /* 30 h */

/* Looking for businesses that have something waiting. */
struct scan {
    bool wanted;
    bool running;   /* with the store */
    bool whole;     /* this round began at the first business, after it was asked for */
    bool wakes_all; /* those too that are in memory: a wake was lost */
    bool crowded;   /* somebody waits in the store for a place */
    int64_t after;
    int64_t due_ms; /* the next round, by the courier's clock; INT64_MAX: none */
    unsigned count;
    int64_t businesses[COURIER_SCAN_MAX];
    struct store_job job;
};

struct courier {
    struct loop *loop;
    struct executor *home;
    struct store *store;
    struct courier_client client;
    int64_t offset_ms; /* from the loop's clock to ours */
    bool stopping;
    bool pumping;
    unsigned posts;        /* with the client */
    unsigned loads;        /* with the store */
    struct list endpoints; /* struct endpoint, by link */
    struct table table;    /* the same, by business */
    struct list turns;     /* those with something to do, by turn */
    struct load load[COURIER_LOADS_MAX];
    struct scan scan;
    struct loop_timer timer; /* always set until the stop: setting it cannot fail */
    int64_t soonest_ms;      /* what it is set for */
    struct task woken_task;
    pthread_mutex_t lock; /* of what follows */
    bool closed;
    bool woken_posted;
    bool woken_many; /* more than there is room for */
    unsigned woken_count;
    int64_t woken[COURIER_WOKEN_MAX];
};

/* The wall clock as it was at the start, moved on by the machine's: what is due
 * is measured by it, so that a wall clock that jumps changes nothing. */
int64_t courier_now_ms(const struct courier *courier);
/* Lets those with something to do do it, as far as there are places. */
void courier_pump(struct courier *courier);
/* A turn is wanted at `due_ms`, by the courier's clock. */
void courier_alarm(struct courier *courier, int64_t due_ms);
/* One that nobody uses; there is one while courier->loads is below its limit. */
struct load *courier_load_take(struct courier *courier, void *owner);
void courier_load_give(struct courier *courier, struct load *load);
/* A new endpoint of this business; where all places are taken, instead of one
 * that only waits for its time. NULL: there is no place, or no memory. */
struct endpoint *courier_place(struct courier *courier, int64_t business);
/* A place is free: somebody may wait for it in the store. */
void courier_place_freed(struct courier *courier);

/* Looks, in its turn, who has something waiting. */
void scan_ask(struct courier *courier, bool wakes_all);
void scan_turn(struct courier *courier);

#endif
