/* A ping on its way: from the POS's call to the terminal's screen and back.
 * Memory only, while the terminal is connected. */
#ifndef BROKER_PING_H
#define BROKER_PING_H

#include <stdint.h>

#include "base/list.h"
#include "base/metric.h"
#include "base/task.h"
#include "broker/device_query.h"
#include "core/code.h"

struct broker;
struct presence;

enum ping_outcome {
    PING_SHOWN,         /* the terminal acknowledged it */
    PING_NOT_FOUND,     /* this business has no such device */
    PING_NOT_LISTENING, /* it has, but nothing promises that the ping was seen */
    PING_TROUBLE,       /* the store could not be asked */
};
enum { PING_OUTCOMES = PING_TROUBLE + 1 };

/* Of the whole program: how pings ended, and how long they took from the
 * call's loop and back to it. */
extern struct counter ping_outcomes[PING_OUTCOMES];
extern struct histogram ping_time;

/* Embedded in the caller's struct, which keeps it until `done`. */
struct ping {
    /* in */
    int64_t business;
    char code[CODE_SIZE];
    const char *message; /* borrowed; "" for none; at most 80 characters */
    unsigned loop;       /* the caller's, on which `done` runs */
    void (*done)(struct ping *ping, enum ping_outcome outcome);
    /* of the hub, on the terminal's loop */
    int64_t id;
    int64_t due_ms;
    void *terminal;           /* the session that shows it; borrowed */
    struct list_link waiting; /* with its terminal */
    struct list_link due;     /* with its hub, soonest first */
    /* of the broker */
    struct broker *broker;
    enum ping_outcome outcome;
    unsigned terminal_loop;
    unsigned hops;
    int64_t began_ns; /* by the machine's clock */
    struct task task;
    struct device_query query; /* while it is not connected */
};

/* On the caller's loop. */
void ping_start(struct broker *broker, struct ping *ping);
/* The hub's answer, on the terminal's loop. */
void ping_finish(struct ping *ping, enum ping_outcome outcome);

#endif
