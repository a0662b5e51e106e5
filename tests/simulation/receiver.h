/* The endpoint of a shop's webhook, which is not always well, and writes down
 * what it was told. */
#ifndef TESTS_SIMULATION_RECEIVER_H
#define TESTS_SIMULATION_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulation/world.h"

struct post;

enum { RECEIVER_ID_SIZE = 64, RECEIVER_BODY_SIZE = 400 };

enum receiver_mood {
    RECEIVER_WELL,
    RECEIVER_GONE,      /* nobody answers, and nothing is received */
    RECEIVER_FORGETFUL, /* it takes it, and its answer is lost */
    RECEIVER_SLOW,      /* it takes it, and answers after the time is over */
    RECEIVER_BROKEN,    /* 500 */
    RECEIVER_REFUSING,  /* 400 */
    RECEIVER_BUSY,      /* 429, come back later */
    RECEIVER_MOODS,
};

/* One post that came, in the order of their coming; not of RECEIVER_GONE. */
struct received {
    int64_t at_ms;
    bool taken; /* answered 2xx, as the receiver sees it */
    char id[RECEIVER_ID_SIZE];
    char body[RECEIVER_BODY_SIZE];
};

struct receiver {
    struct world *world;
    unsigned shop;
    uint8_t secret[32];
    enum receiver_mood mood;
    struct received *journal; /* owned */
    size_t count;
    size_t capacity;
};

void receiver_finish(struct receiver *receiver);
/* The courier's client; `context` is the world, the url names the shop. */
void receiver_send(void *context, struct post *post);
/* The server ends: what is on its way is answered, cut off. */
void receivers_cut(struct world *world);

#endif
